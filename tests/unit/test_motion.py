"""Motion against movements known exactly, its causality, and what it refuses."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.errors import BartrackerError
from bartracker.motion import Motion, MotionSettings, estimate_motion
from bartracker.motion.input_checks import index_from_stamps
from bartracker.motion.model import GYR_DELAY
from bartracker.motion.online import HopMotion, OnlineMotion
from bartracker.motion.segments import smooth_segment
from bartracker.samples import StampedBlock
from bartracker.timebase import TimeBase

RATE_HZ = 200.0
GRAVITY = np.array([0.0, 0.0, 9.81])


def rotation(axis: np.ndarray, angle_rad: float) -> np.ndarray:
    x, y, z = axis / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle_rad) * k + (1 - np.cos(angle_rad)) * k @ k


def lift(seconds: float = 20.0, bias: float = 0.2, seed: int = 3) -> tuple[np.ndarray, ...]:
    """A tilted sensor that rests 3 s, rises and sinks 0.5 m five times, and rests again; t, acc, gyr, true velocity."""
    t = np.arange(0, seconds, 1 / RATE_HZ)
    moving = (t > 3) & (t < seconds - 3)
    phase = np.where(moving, 2 * np.pi * (t - 3) / ((seconds - 6) / 5), 0.0)
    # Height 0.25 (1 - cos): starts and ends at rest.
    rate = 2 * np.pi / ((seconds - 6) / 5)
    velocity = np.where(moving, 0.25 * rate * np.sin(phase), 0.0)
    acceleration = np.where(moving, 0.25 * rate**2 * np.cos(phase), 0.0)
    world = np.zeros((len(t), 3))
    world[:, 2] = acceleration
    to_sensor = rotation(np.array([1.0, 2.0, 0.5]), 0.7).T
    rng = np.random.default_rng(seed)
    acc = (world + GRAVITY) @ to_sensor.T + bias * np.array([1.0, -0.5, 0.7]) + rng.normal(0, 0.01, (len(t), 3))
    gyr = np.array([0.02, -0.03, 0.01]) + rng.normal(0, 0.0008, (len(t), 3))
    return t, acc, gyr, velocity


@pytest.fixture(scope="module")
def offline() -> tuple[Motion, np.ndarray]:
    t, acc, gyr, velocity = lift()
    return estimate_motion(t, acc, gyr), velocity


def test_offline_velocity_and_height(offline: tuple[Motion, np.ndarray]) -> None:
    motion, velocity = offline
    assert np.sqrt(np.mean((motion.vel_w_mps[:, 2] - velocity) ** 2)) < 0.01
    assert np.ptp(motion.pos_w_m[:, 2]) == pytest.approx(0.5, abs=0.02)
    assert np.abs(np.linalg.norm(motion.quat_ws, axis=1) - 1).max() < 1e-9


def test_velocity_is_the_derivative_of_position(offline: tuple[Motion, np.ndarray]) -> None:
    motion, _ = offline
    derivative = np.gradient(motion.pos_w_m[:, 2], motion.t_s)
    assert np.abs(derivative - motion.vel_w_mps[:, 2])[5:-5].max() < 0.01


def test_the_intervals_hold_and_rest_is_surer_than_movement(offline: tuple[Motion, np.ndarray]) -> None:
    motion, velocity = offline
    error = np.abs(motion.vel_w_mps[:, 2] - velocity)
    assert np.mean(error <= 1.96 * motion.sigma_vel_w_mps[:, 2]) > 0.9
    assert motion.resting[200:500].all()
    assert not motion.resting[800:3000].any()
    assert motion.sigma_vel_w_mps[motion.resting, 2].mean() < motion.sigma_vel_w_mps[~motion.resting, 2].mean()


def troubled() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A lift with lost samples, an end stop of 16 g (and later a reading beyond it) and 1.5 s of a frozen sensor."""
    t, acc, gyr, _ = lift()
    acc[900:903] = 16 * 9.80665
    acc[3000] = 20 * 9.80665
    acc[1600:1900], gyr[1600:1900] = acc[1600], gyr[1600]
    keep = (t < 10.02) | (t > 10.22)
    return t[keep], acc[keep], gyr[keep]


TROUBLED = troubled()


@pytest.fixture(scope="module")
def online_troubled() -> Motion:
    return estimate_motion(*TROUBLED, mode="online")


@settings(deadline=None, max_examples=8)
@given(cut=st.integers(64, len(TROUBLED[0])))
def test_online_uses_the_past_alone(online_troubled: Motion, cut: int) -> None:
    part = estimate_motion(*(values[:cut] for values in TROUBLED), mode="online")
    for field in fields(Motion):
        assert np.array_equal(getattr(part, field.name), getattr(online_troubled, field.name)[:cut]), field.name


def test_offline_uses_the_future_too() -> None:
    t, acc, gyr, _ = lift()
    part = estimate_motion(t[:2000], acc[:2000], gyr[:2000])
    whole = estimate_motion(t, acc, gyr)
    assert not np.array_equal(part.vel_w_mps[1500:1900], whole.vel_w_mps[1500:1900])


def streamed(block: StampedBlock, sizes: list[int]) -> list[HopMotion]:
    timebase, stream = TimeBase(), OnlineMotion()
    bounds = np.minimum(np.cumsum([0, *sizes, len(block)]), len(block))
    hops = []
    for start, stop in pairwise(bounds):
        piece = slice(start, stop)
        values = (getattr(block, field.name) for field in fields(StampedBlock) if field.name != "arrival_s")
        hops += timebase.push(StampedBlock(*(each[piece] for each in values), arrival_s=float("nan")))
    return [stream.push(hop) for hop in hops + timebase.flush()]


def stamped(t: np.ndarray, acc: np.ndarray, gyr: np.ndarray) -> StampedBlock:
    no = np.zeros(len(t), np.bool_)
    return StampedBlock(index_from_stamps(t), t, acc, gyr, no, no, float("nan"))


@pytest.fixture(scope="module")
def block() -> StampedBlock:
    return stamped(*(values[400:1400] for values in TROUBLED))


@pytest.fixture(scope="module")
def at_once(block: StampedBlock) -> list[HopMotion]:
    return streamed(block, [])


@settings(deadline=None, max_examples=8)
@given(sizes=st.lists(st.integers(1, 400), max_size=12))
def test_the_stream_takes_blocks_of_any_size(block: StampedBlock, at_once: list[HopMotion], sizes: list[int]) -> None:
    for whole, part in zip(at_once, streamed(block, sizes), strict=True):
        for field in fields(HopMotion):
            assert np.array_equal(getattr(whole, field.name), getattr(part, field.name)), field.name


def test_online_follows_after_a_rest() -> None:
    t, acc, gyr, velocity = lift()
    motion = estimate_motion(t, acc, gyr, mode="online")
    assert np.sqrt(np.mean((motion.vel_w_mps[:, 2] - velocity) ** 2)) < 0.06


@pytest.mark.parametrize("jitter", [0.0, 0.1])
@pytest.mark.parametrize("rate_hz", [50, 100, 416, 1000])
def test_any_rate_constant_or_jittering(rate_hz: int, jitter: float) -> None:
    t, acc, gyr, velocity = lift()
    rng = np.random.default_rng(rate_hz)
    fine = np.arange(0, t[-1], 1 / rate_hz)
    at = lambda x: np.stack([np.interp(fine, t, column) for column in x.T], axis=1)  # noqa: E731
    stamps = fine + np.clip(rng.normal(0, jitter, len(fine)), -0.45, 0.45) / rate_hz
    # These samples are instants, not means over a period.
    motion = estimate_motion(stamps, at(acc), at(gyr), settings=MotionSettings(sample_age=0.0))
    error = motion.vel_w_mps[:, 2] - np.interp(fine, t, velocity)
    assert np.sqrt(np.mean(error**2)) < 0.015
    # Acceleration begins with a jump, which 50 Hz cannot place.
    assert np.mean(np.abs(error) <= 1.96 * motion.sigma_vel_w_mps[:, 2]) > (0.85 if rate_hz == 50 else 0.9)
    assert motion.quality.all()


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 1000),
    rate_hz=st.floats(50, 1000),
    holes=st.lists(st.tuples(st.integers(70, 2900), st.integers(1, 400)), max_size=3),
)
def test_jitter_makes_no_hole_and_hides_none(seed: int, rate_hz: float, holes: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(seed)
    keep = np.ones(3000, np.bool_)
    for start, length in holes:
        keep[start : start + length] = False
    # Alone between two holes, or beside the ends, a sample has no neighbours to tell its number from.
    true = np.flatnonzero(keep)
    stamps = (true + np.clip(rng.normal(0, 0.1, len(true)), -0.3, 0.3)) / rate_hz
    assert np.abs(index_from_stamps(stamps) - (true - true[0])).max() <= 1


def test_a_hole_raises_the_uncertainty_and_leaves_no_sample_out() -> None:
    t, acc, gyr, _ = lift()
    keep = (t < 8.0) | (t > 8.4)
    whole = estimate_motion(t, acc, gyr)
    holed = estimate_motion(t[keep], acc[keep], gyr[keep])
    assert len(holed.t_s) == keep.sum()
    near = np.searchsorted(t, 8.4) + 5
    assert holed.sigma_vel_w_mps[np.searchsorted(t[keep], 8.4) + 5, 2] > 2 * whole.sigma_vel_w_mps[near, 2]


def test_a_hole_of_minutes_starts_anew() -> None:
    t, acc, gyr, _ = lift()
    later = np.concatenate([t, t + 200])
    motion = estimate_motion(later, np.concatenate([acc, acc]), np.concatenate([gyr, gyr]))
    assert np.isfinite(motion.vel_w_mps).all()
    assert np.abs(motion.vel_w_mps[-100:, 2]).max() < 0.02


def test_the_sensors_biases_are_found_within_their_uncertainty(offline: tuple[Motion, np.ndarray]) -> None:
    motion, _ = offline
    acc_bias, gyr_bias = 0.2 * np.array([1.0, -0.5, 0.7]), np.array([0.02, -0.03, 0.01])
    assert (np.abs(motion.acc_bias_mps2 - acc_bias) < 3 * motion.sigma_acc_bias_mps2).all()
    assert (np.abs(motion.gyr_bias_radps - gyr_bias) < 3 * motion.sigma_gyr_bias_radps).all()
    # A bias across gravity looks like tilt: what is known without turning the sensor is the part along it.
    up = rotation(np.array([1.0, 2.0, 0.5]), 0.7).T @ np.array([0.0, 0.0, 1.0])
    # A scale error could read the same.
    assert (motion.acc_bias_mps2 @ up)[-1] == pytest.approx(acc_bias @ up, abs=0.02)
    assert (motion.sigma_tilt_rad > 0).all()


def test_quality_marks_what_leans_on_lost_clipped_and_frozen_samples(online_troubled: Motion) -> None:
    t = TROUBLED[0]
    for motion in (estimate_motion(*TROUBLED), online_troubled):
        frozen = (t > 9.1) & (t < 9.49)
        assert not motion.quality[frozen].any()
        assert not motion.resting[frozen].any()
        assert motion.quality[(t > 4.7) & (t < 7.9)].all()
        assert motion.quality[t > 10.3].all()
        assert not motion.quality[np.searchsorted(t, 10.02)]
    # The largest reading of the whole lies beyond 16 g, so only the past takes 16 g for an end stop.
    assert not online_troubled.quality[902]


def test_clipped_samples_raise_the_uncertainty() -> None:
    t, acc, gyr, _ = lift()
    plain = estimate_motion(t, acc, gyr)
    acc[900:903] = 16 * 9.80665
    clipped = estimate_motion(t, acc, gyr)
    assert not clipped.quality[900:903].any()
    assert clipped.sigma_vel_w_mps[905, 2] > 1.5 * plain.sigma_vel_w_mps[905, 2]


@pytest.mark.parametrize(("axis", "end"), [(0, 31.4), (1, -77.7), (4, 6.1)])
def test_an_end_stop_of_no_usual_range_is_known_by_its_runs(axis: int, end: float) -> None:
    t, acc, gyr, _ = lift()
    values = np.concatenate([acc, gyr], axis=1)
    for first in (900, 2100):
        values[first : first + 3, axis] = end
    offline = estimate_motion(t, values[:, :3], values[:, 3:])
    online = estimate_motion(t, values[:, :3], values[:, 3:], mode="online")
    for first in (900, 2100):
        assert not offline.quality[first : first + 3].any()
    # From the past alone the third reading tells.
    assert online.quality[900:902].all()
    assert not online.quality[[902, 2100, 2101, 2102]].any()
    plain = estimate_motion(t, acc, gyr, mode="online")
    if axis > 2:
        assert online.sigma_tilt_rad[915] > 1.5 * plain.sigma_tilt_rad[915]
    else:
        assert online.sigma_vel_w_mps[905, 2] > 1.5 * plain.sigma_vel_w_mps[905, 2]


def test_one_largest_reading_or_a_small_one_is_no_end_stop() -> None:
    t, acc, gyr, _ = lift()
    acc[[900, 1200, 1500, 1800], 0] = 31.4
    acc[:, 1] = np.minimum(acc[:, 1], np.quantile(acc[:, 1], 0.9))
    assert estimate_motion(t, acc, gyr).quality.all()
    assert estimate_motion(t, acc, gyr, mode="online").quality.all()


@pytest.mark.parametrize("axis", [0, 4])
def test_a_dead_axis_leaves_no_sample_fit(axis: int) -> None:
    t, acc, gyr, _ = lift()
    values = np.concatenate([acc, gyr], axis=1)
    values[:, axis] = 0.0
    assert not estimate_motion(t, values[:, :3], values[:, 3:]).quality.any()


def test_a_sensor_that_never_changes_is_frozen_not_at_rest() -> None:
    t = np.arange(1000) / RATE_HZ
    motion = estimate_motion(t, np.tile(GRAVITY, (1000, 1)), np.zeros((1000, 3)))
    assert not motion.quality[1:].any()
    assert not motion.resting.any()
    assert motion.sigma_vel_w_mps[500, 2] > 0.1


def turning(gyr_delay_s: float = 0.0) -> tuple[np.ndarray, ...]:
    """A sensor turned about a level axis in place, by 1.2 rad in 0.7 s and back after a rest of 1 s; what it reads is
    of the moment of the stamp, the gyroscope's of gyr_delay_s before. t, acc, gyr, true angle.
    """
    t = np.arange(0, 20, 1 / RATE_HZ)
    rng = np.random.default_rng(11)

    def angle(at: np.ndarray) -> np.ndarray:
        turns = (at - 2.0) / 1.7
        share = np.clip((turns % 1.0) * 1.7 / 0.7, 0.0, 1.0)
        moved = 10 * share**3 - 15 * share**4 + 6 * share**5
        return np.where((turns > 0) & (turns < 10), 1.2 * np.abs(moved - np.floor(turns) % 2), 0.0)

    acc = 9.81 * np.stack([np.zeros(len(t)), np.sin(angle(t)), np.cos(angle(t))], axis=1)
    gyr = np.zeros((len(t), 3))
    step = 1e-5
    gyr[:, 0] = (angle(t - gyr_delay_s + step) - angle(t - gyr_delay_s - step)) / (2 * step)
    return t, acc + rng.normal(0, 0.01, acc.shape), gyr + rng.normal(0, 0.0008, gyr.shape), angle(t)


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_the_attitude_is_that_of_the_stamp_not_of_half_a_period_later(mode: str) -> None:
    t, acc, gyr, angle = turning()
    instants = MotionSettings(sample_age=0.0)
    motion = estimate_motion(t, acc, gyr, settings=instants, mode=mode)  # type: ignore[arg-type]
    w, x = motion.quat_ws[:, 0], motion.quat_ws[:, 1]
    error = 2 * np.arctan2(x, w) - angle
    fast = np.abs(gyr[:, 0]) > 3
    # Error per rate is time.
    late_s = float(error[fast] @ gyr[fast, 0] / (gyr[fast, 0] @ gyr[fast, 0]))
    assert abs(late_s) < 0.1 / RATE_HZ


@pytest.mark.parametrize("gyr_delay_s", [0.0, 0.002, -0.002])
def test_a_gyroscope_that_lags_the_accelerometer_is_found_and_costs_nothing(gyr_delay_s: float) -> None:
    t, acc, gyr, _ = turning(gyr_delay_s)
    instants = MotionSettings(sample_age=0.0)
    hops = TimeBase(RATE_HZ).push(stamped(t, acc, gyr))
    smoothed = smooth_segment(hops, instants, moving=False)
    sigma = float(np.sqrt(smoothed.nodes.constants_covariance[GYR_DELAY, GYR_DELAY]))
    assert sigma < 0.0005
    assert abs(smoothed.nodes.constants[GYR_DELAY] - gyr_delay_s) < 3 * sigma
    left = estimate_motion(t, acc, gyr, settings=instants)
    deaf = estimate_motion(t, acc, gyr, settings=MotionSettings(sample_age=0.0, gyr_delay_s=1e-6))
    best = np.sqrt(np.mean(left.vel_w_mps**2))
    assert best < 0.01
    if gyr_delay_s:
        assert best < 0.8 * np.sqrt(np.mean(deaf.vel_w_mps**2))


def test_no_rest_at_all_works_and_is_less_sure() -> None:
    t, acc, gyr, velocity = lift()
    whole = estimate_motion(t, acc, gyr)
    moving = slice(700, 3300)
    motion = estimate_motion(t[moving], acc[moving], gyr[moving])
    error = np.abs(motion.vel_w_mps[:, 2] - velocity[moving])
    assert not motion.resting.any()
    assert np.median(motion.sigma_vel_w_mps[:, 2]) > 1.5 * np.median(whole.sigma_vel_w_mps[moving, 2])
    assert np.mean(error <= 1.96 * motion.sigma_vel_w_mps[:, 2]) > 0.9


@pytest.mark.parametrize("mode", ["offline", "online"])
@pytest.mark.parametrize("count", [2, 3, 11, 50])
def test_fewer_samples_than_a_rest(count: int, mode: str) -> None:
    t, acc, gyr, _ = lift()
    motion = estimate_motion(t[:count], acc[:count], gyr[:count], mode=mode)  # type: ignore[arg-type]
    assert np.isfinite(motion.vel_w_mps).all()
    assert (motion.sigma_vel_w_mps[:, 2] > 0.01).all()
    assert not motion.resting.any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t, a, g: (t[::-1], a, g), "t_s does not rise at row 1"),
        (lambda t, a, g: (np.where(t == t[7], t[6], t), a, g), "t_s does not rise at row 7"),
        (lambda t, a, g: (t, np.where(a == a[9], np.nan, a), g), "acc_mps2 is not a number in row 9"),
        (lambda t, a, g: (t, a, np.where(g == g[4], np.inf, g)), "gyr_radps is not a number in row 4"),
        (lambda t, a, g: (t, a[:, :2], g), "do not belong together"),
        (lambda t, a, g: (t[:1], a[:1], g[:1]), "do not belong together"),
        (lambda t, a, g: (t, [*a.tolist()[:-1], [1.0]], g), "acc_mps2 is no array of numbers"),
        (lambda t, a, g: (1000 * t, a, g), "t_s steps by 5 a sample"),
        (lambda t, a, g: (t, a / 9.80665, g), "looks like g; multiply by 9.80665"),
        (lambda t, a, g: (t, 1000 * a / 9.80665, g), "looks like thousandths of g"),
        (lambda t, a, g: (t, a - a.mean(axis=0), g), "gravity alone is 9.81"),
        (lambda t, a, g: (t, 0 * a, g), "the accelerometer is dead"),
        (lambda t, a, g: (t, a, np.degrees(g)), "looks like deg/s; multiply by pi / 180"),
        (lambda t, a, g: (t, np.where(a == a[9], 1e9, a), g), r"acc_mps2 is 1e\+09 in row 9, beyond any sensor"),
    ],
)
def test_bad_input_is_refused_in_words(change: object, said: str) -> None:
    t, acc, gyr, _ = lift(8.0)
    with pytest.raises(BartrackerError, match=said):
        estimate_motion(*change(t, acc, gyr))  # type: ignore[operator]


def test_an_unknown_mode_is_refused() -> None:
    t, acc, gyr, _ = lift(8.0)
    with pytest.raises(BartrackerError, match="no such mode"):
        estimate_motion(t, acc, gyr, mode="sideways")  # type: ignore[arg-type]
