"""Motion against movements known exactly, its causality, and what it refuses."""

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.motion import Motion, estimate_motion

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


def test_online_uses_the_past_alone() -> None:
    t, acc, gyr, _ = lift()
    whole = estimate_motion(t, acc, gyr, mode="online")
    for cut in (700, 1501, 3123):
        part = estimate_motion(t[:cut], acc[:cut], gyr[:cut], mode="online")
        for name in ("quat_ws", "vel_w_mps", "pos_w_m", "sigma_vel_w_mps", "sigma_pos_w_m", "resting"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[:cut]), name


def test_online_follows_after_a_rest() -> None:
    t, acc, gyr, velocity = lift()
    motion = estimate_motion(t, acc, gyr, mode="online")
    assert np.sqrt(np.mean((motion.vel_w_mps[:, 2] - velocity) ** 2)) < 0.06


@pytest.mark.parametrize("rate_hz", [50, 100, 416, 1000])
def test_any_rate(rate_hz: int) -> None:
    t, acc, gyr, velocity = lift()
    fine = np.arange(0, t[-1], 1 / rate_hz)
    at = lambda x: np.stack([np.interp(fine, t, column) for column in x.T], axis=1)  # noqa: E731
    motion = estimate_motion(fine, at(acc), at(gyr))
    assert np.sqrt(np.mean((motion.vel_w_mps[:, 2] - np.interp(fine, t, velocity)) ** 2)) < 0.015


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t, a, g: (t[::-1], a, g), "t_s does not rise at row 1"),
        (lambda t, a, g: (np.where(t == t[7], t[6], t), a, g), "t_s does not rise at row 7"),
        (lambda t, a, g: (t, np.where(a == a[9], np.nan, a), g), "acc_mps2 is not a number in row 9"),
        (lambda t, a, g: (t, a, np.where(g == g[4], np.inf, g)), "gyr_radps is not a number in row 4"),
        (lambda t, a, g: (t, a[:, :2], g), "do not belong together"),
        (lambda t, a, g: (t[:1], a[:1], g[:1]), "do not belong together"),
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
