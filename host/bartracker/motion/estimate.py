"""`estimate_motion`: motion of any sensor from plain arrays, offline or online, and which arrays it refuses or doubts.
The pipeline uses the same parts hop by hop.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bartracker.errors import BartrackerError
from bartracker.motion.attitude import Strapdown
from bartracker.motion.model import ACC_BIAS, GYR_BIAS
from bartracker.motion.rotation import matrix
from bartracker.motion.settings import MotionSettings
from bartracker.motion.track import HopMotion, OnlineMotion, SmoothedMotion, smooth_segment
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, IntArray, StampedBlock
from bartracker.timebase import Hop, TimeBase, TimeBaseSettings


@dataclass(frozen=True, slots=True)
class InputChecks:
    """When given arrays cannot be what they are said to be.

    longest_period_s, shortest_period_s: usual steps of time outside these are not seconds, or no sampling that motion
        can be integrated from; rates from 50 to 1000 Hz are what the model is made for.
    force_mps2: the median of |specific force| lies in here, whatever a lifter does: gravity is in it, and no sensor is
        40 % wrong.
    force_g, force_mg: the same in units of gravity, and in thousandths of it.
    largest_acc_mps2, largest_gyr_radps: beyond what any sensor on a bar can read (1000 g, 57 000 deg/s).
    frozen_s: longer than this no live sensor repeats all six of its numbers to the bit.
    alive_mps2: |specific force| that has varied by so much shows movement: then no axis reads one number throughout.
    degree_window_s, degree_turn_rad: windows of this length in which the gyroscope, as given, turns more than this
        tell rad/s from deg/s,
    degree_windows: if there are as many of them
    degree_residual_rad, degree_ratio: and between them the direction of gravity, carried along by the gyroscope, jumps
        by more than the one (median), and by less than its other-th part if the numbers are deg/s.
    clock_gain: share of a stamp's difference from the expected one that the clock follows when samples are counted.
    end_stop_share: a largest reading this near to a usual full scale is its end stop.
    """

    longest_period_s: float = 0.1
    shortest_period_s: float = 5e-5
    force_mps2: tuple[float, float] = (6.0, 14.0)
    force_g: tuple[float, float] = (0.6, 1.4)
    force_mg: tuple[float, float] = (600.0, 1400.0)
    largest_acc_mps2: float = 1e4
    largest_gyr_radps: float = 1e3
    frozen_s: float = 1.0
    alive_mps2: float = 0.5
    degree_window_s: float = 0.6
    degree_turn_rad: float = 0.3
    degree_windows: int = 4
    degree_residual_rad: float = 0.3
    degree_ratio: float = 4.0
    clock_gain: float = 0.2
    end_stop_share: float = 0.005


_CHECKS = InputChecks()
_USUAL_RANGES_G = (2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion at each of N given samples; world frame z up, heading arbitrary; origin at the first sample.

    Attributes:
        t_s: (N,) time as given, s.
        quat_ws: (N, 4) attitude w, x, y, z, sensor to world.
        vel_w_mps, pos_w_m: (N, 3) velocity, m/s, and position, m.
        sigma_vel_w_mps, sigma_pos_w_m: (N, 3) their standard uncertainties.
        resting: (N,) true stillness: the bar lies on rack or floor.
        acc_bias_mps2, gyr_bias_radps: (N, 3) what the sensor reads too much, sensor frame; offline one value a segment,
            online as known before the sample's hop (of about 50 ms).
        sigma_acc_bias_mps2, sigma_gyr_bias_radps: (N, 3) their standard uncertainties.
        sigma_tilt_rad: (N,) standard uncertainty of inclination.
        quality: (N,) False where the numbers lean on samples that were clipped or lost (in the same hop), or the sensor
            was frozen or one of its axes dead; those samples count as lost, and their numbers follow from the rest.
    """

    t_s: FloatArray
    quat_ws: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray
    acc_bias_mps2: FloatArray
    gyr_bias_radps: FloatArray
    sigma_acc_bias_mps2: FloatArray
    sigma_gyr_bias_radps: FloatArray
    sigma_tilt_rad: FloatArray
    quality: BoolArray


def estimate_motion(
    t_s: ArrayLike,
    acc_mps2: ArrayLike,
    gyr_radps: ArrayLike,
    *,
    mode: Literal["offline", "online"] = "offline",
    settings: MotionSettings | None = None,
) -> Motion:
    """Attitude, velocity and position of the sensor, with standard uncertainties.

    Args:
        t_s: (N,) time stamps, s, rising; jitter is averaged out, holes longer than 1.5 samples are lost samples.
        acc_mps2: (N, 3) specific force, sensor frame, m/s^2.
        gyr_radps: (N, 3) angular rate, sensor frame, rad/s.
        mode: "online" uses at every sample that sample and the past alone (but for the sampling period, which is
            guessed from the first 64 stamps); "offline" the whole recording.
        settings: model of sensor and bar.

    Returns:
        Motion at the N samples.

    Raises:
        BartrackerError: shapes differ, fewer than 2 samples, a value is not finite or beyond any sensor, time does not
            rise or is not in seconds, acceleration is not in m/s^2 (g, or without gravity) or rate in deg/s.
    """
    if mode not in ("offline", "online"):
        raise BartrackerError(f"mode={mode!r}", "there is no such mode", 'use "offline" or "online"')
    causal = mode == "online"
    block = _checked(t_s, acc_mps2, gyr_radps, causal=causal)
    settings = settings or MotionSettings()
    # Nobody promises that these arrays begin with a bar at rest.
    settings = replace(settings, start_velocity_mps=settings.segment_velocity_mps)
    timebase = TimeBase()
    hops = timebase.push(block) + timebase.flush()
    if causal:
        hops = [_filled(hop, max(map(len, hops))) for hop in hops]
    given = np.concatenate([~hop.lost for hop in hops])
    unfit = _frozen(block, causal=causal)
    hops = [_marked(hop, block.sample_index, unfit) for hop in hops]
    if causal:
        stream = OnlineMotion(settings)
        rows = [_rows(motion, motion.constants, motion.sigma_constants) for motion in map(stream.push, hops)]
    else:
        segments = enumerate(segments_of(hops))
        smoothed = [smooth_segment(segment, settings, moving=number > 0) for number, segment in segments]
        rows = [
            _rows(each, each.nodes.constants, np.sqrt(np.diagonal(each.nodes.constants_covariance)))
            for each in smoothed
        ]
    columns = {name: np.concatenate([part[name] for part in rows])[given] for name in rows[0]}
    columns["pos_w_m"] = columns["pos_w_m"] - columns["pos_w_m"][0]
    fit = np.concatenate([_fit(hop, causal=causal) for hop in hops])[given]
    quality: BoolArray = np.asarray(fit & ~_dead(block, causal=causal), dtype=np.bool_)
    resting: BoolArray = columns.pop("resting").astype(np.bool_)
    return Motion(t_s=block.stamp_s, resting=resting, quality=quality, **columns)


def segments_of(hops: list[Hop]) -> list[list[Hop]]:
    """Hops grouped at the starts of segments."""
    segments: list[list[Hop]] = []
    for hop in hops:
        if hop.starts_segment or not segments:
            segments.append([])
        segments[-1].append(hop)
    return segments


def index_from_stamps(stamp_s: FloatArray) -> IntArray:
    """Sample numbers (N,) for rising stamps (N,) without them, each from the stamps up to it and the first 64: a clock
    runs along with the stamps, and each is the whole number of periods nearest to it, at least one after the last.
    """
    count = len(stamp_s)
    steps = np.diff(stamp_s)
    first = TimeBaseSettings().first_guess_samples
    period = float(np.median(steps[: first - 1])) if count > 1 else 1.0
    index: IntArray = np.arange(count, dtype=np.int64)
    if (steps < 1.5 * period).all():
        return index
    stamps: list[float] = stamp_s.tolist()
    clock, at = stamps[0], 0
    for row in range(1, count):
        stamp = stamps[row]
        passed = max(1, round((stamp - clock) / period))
        at += passed
        clock += passed * period
        clock += _CHECKS.clock_gain * (stamp - clock)
        if row >= first:
            period = (stamp - stamps[0]) / at
        index[row] = at
    return index


def _rows(motion: HopMotion | SmoothedMotion, constants: FloatArray, sigma: FloatArray) -> dict[str, FloatArray]:
    """What `Motion` tells of each sample of one hop or segment."""
    count = len(motion.t_s)

    def each(values: FloatArray) -> FloatArray:
        return np.tile(values, (count, 1))

    return {
        "quat_ws": motion.quat_ws,
        "vel_w_mps": motion.vel_w_mps,
        "pos_w_m": motion.pos_w_m,
        "sigma_vel_w_mps": motion.sigma_vel_w_mps,
        "sigma_pos_w_m": motion.sigma_pos_w_m,
        "resting": motion.resting.astype(np.float64),
        "acc_bias_mps2": each(constants[ACC_BIAS]),
        "gyr_bias_radps": each(constants[GYR_BIAS]),
        "sigma_acc_bias_mps2": each(sigma[ACC_BIAS]),
        "sigma_gyr_bias_radps": each(sigma[GYR_BIAS]),
        "sigma_tilt_rad": motion.sigma_tilt_rad,
    }


def _checked(t_s: ArrayLike, acc_mps2: ArrayLike, gyr_radps: ArrayLike, *, causal: bool) -> StampedBlock:
    t, acc, gyr = (
        _numbers(name, given) for name, given in (("t_s", t_s), ("acc_mps2", acc_mps2), ("gyr_radps", gyr_radps))
    )
    if t.ndim != 1 or len(t) < 2 or acc.shape != (len(t), 3) or gyr.shape != (len(t), 3):
        raise _refusal(
            f"t_s {t.shape}, acc_mps2 {acc.shape}, gyr_radps {gyr.shape} do not belong together",
            "give (N,), (N, 3), (N, 3) with N at least 2",
        )
    for name, values in (("t_s", t[:, None]), ("acc_mps2", acc), ("gyr_radps", gyr)):
        bad = ~np.isfinite(values).all(axis=1)
        if bad.any():
            raise _refusal(
                f"{name} is not a number in row {int(bad.argmax())}", "leave such samples out; holes are allowed"
            )
    _check_time(t)
    _check_force(acc)
    _check_degrees(t, acc, gyr)
    for name, values, limit in (
        ("acc_mps2", acc, _CHECKS.largest_acc_mps2),
        ("gyr_radps", gyr, _CHECKS.largest_gyr_radps),
    ):
        beyond = (np.abs(values) > limit).any(axis=1)
        if beyond.any():
            row = int(beyond.argmax())
            raise _refusal(
                f"{name} is {float(np.abs(values[row]).max()):.3g} in row {row}, beyond any sensor",
                "check units, or leave such samples out; holes are allowed",
            )
    no = np.zeros(len(t), np.bool_)
    return StampedBlock(index_from_stamps(t), t, acc, gyr, _at_end_stop(acc, causal=causal), no, float("nan"))


def _numbers(name: str, given: ArrayLike) -> FloatArray:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise _refusal(f"{name} is no array of numbers", "give rows of equal length, numbers alone") from None


def _refusal(problem: str, remedy: str) -> BartrackerError:
    return BartrackerError("estimate_motion", problem, remedy)


def _check_time(t_s: FloatArray) -> None:
    steps = np.diff(t_s)
    if not (steps > 0).all():
        row = int((steps <= 0).argmax()) + 1
        raise _refusal(f"t_s does not rise at row {row}", "sort the samples by time, without duplicates")
    period = float(np.median(steps))
    if not _CHECKS.shortest_period_s <= period <= _CHECKS.longest_period_s:
        raise _refusal(
            f"t_s steps by {period:.3g} a sample: not a sampling period in seconds",
            "give t_s in s (ms / 1000, us / 1e6), sampled at 50 to 1000 Hz",
        )


def _check_force(acc_mps2: FloatArray) -> None:
    usual = float(np.median(np.sqrt((acc_mps2**2).sum(axis=1))))

    def within(bounds: tuple[float, float]) -> bool:
        return bounds[0] <= usual <= bounds[1]

    if within(_CHECKS.force_mps2):
        return
    said = f"acc_mps2 has a median length of {usual:.3g}, and gravity alone is 9.81 m/s^2"
    if within(_CHECKS.force_g):
        raise _refusal(f"{said}: this looks like g", "multiply by 9.80665")
    if within(_CHECKS.force_mg):
        raise _refusal(f"{said}: this looks like thousandths of g", "multiply by 0.00980665")
    if usual == 0.0:
        raise _refusal(f"{said}: the accelerometer is dead", "check the sensor")
    raise _refusal(said, "give specific force in m/s^2, gravity included")


def _check_degrees(t_s: FloatArray, acc_mps2: FloatArray, gyr_radps: FloatArray) -> None:
    """Gravity's direction, carried into one frame by the gyroscope, stays where it is if the unit is right."""
    period = float(np.median(np.diff(t_s)))
    length = max(2, round(_CHECKS.degree_window_s / period))
    count = len(t_s) // length
    rate = np.sqrt((gyr_radps[: count * length] ** 2).sum(axis=1)).reshape(count, length)
    turned = period * rate.sum(axis=1)
    turns = (turned[1:] > _CHECKS.degree_turn_rad) & (turned[:-1] > _CHECKS.degree_turn_rad)
    if turns.sum() < _CHECKS.degree_windows:
        return

    def jumps_rad(rates: FloatArray) -> float:
        carried = matrix(Strapdown(period).push(acc_mps2, rates)) @ acc_mps2[:, :, None]
        mean = carried[: count * length, :, 0].reshape(count, length, 3).sum(axis=1)
        mean /= np.maximum(np.sqrt((mean**2).sum(axis=1, keepdims=True)), 1e-9)
        angle = np.arccos(np.clip((mean[1:] * mean[:-1]).sum(axis=1), -1.0, 1.0))
        return float(np.median(angle[turns]))

    as_given = jumps_rad(gyr_radps)
    if as_given > _CHECKS.degree_residual_rad and as_given > _CHECKS.degree_ratio * jumps_rad(np.radians(gyr_radps)):
        raise _refusal(
            "gyr_radps turns far more than the accelerometer's direction does: this looks like deg/s",
            "multiply by pi / 180",
        )


def _at_end_stop(acc_mps2: FloatArray, *, causal: bool) -> BoolArray:
    """Samples at an accelerometer's end stop: within 0.5 % of a usual range (2 to 32 g), none beyond it (so far)."""
    size = np.abs(acc_mps2).max(axis=1)
    largest = np.maximum.accumulate(size) if causal else np.full(len(size), size.max())
    stopped = np.zeros(len(size), np.bool_)
    share = _CHECKS.end_stop_share
    for full_scale_g in _USUAL_RANGES_G:
        end = full_scale_g * STANDARD_GRAVITY_MPS2
        stopped |= (size >= (1 - share) * end) & (largest > (1 - share) * end) & (largest <= (1 + share) * end)
    return stopped


def _frozen(block: StampedBlock, *, causal: bool) -> BoolArray:
    """Samples of a sensor that repeats itself: in runs longer than `frozen_s` all but the first; causal: only once the
    run is as long.
    """
    values = np.concatenate([block.acc_mps2, block.gyr_radps], axis=1)
    changes: BoolArray = np.concatenate([[True], (np.diff(values, axis=0) != 0).any(axis=1)])
    starts = np.flatnonzero(changes)
    run = np.cumsum(changes) - 1
    since = block.stamp_s - block.stamp_s[starts][run]
    if causal:
        return np.asarray(since > _CHECKS.frozen_s, dtype=np.bool_)
    span = np.maximum.reduceat(since, starts)[run]
    return np.asarray((span > _CHECKS.frozen_s) & ~changes, dtype=np.bool_)


def _dead(block: StampedBlock, *, causal: bool) -> BoolArray:
    """Samples (so far) throughout which an axis reads one number while the sensor moves: no number can be trusted."""
    values = np.concatenate([block.acc_mps2, block.gyr_radps], axis=1)
    stuck = np.logical_and.accumulate(values == values[0], axis=0).any(axis=1)
    force = np.sqrt((block.acc_mps2**2).sum(axis=1))
    moved = np.maximum.accumulate(force) - np.minimum.accumulate(force) > _CHECKS.alive_mps2
    dead: BoolArray = np.asarray(stuck & moved & (block.stamp_s - block.stamp_s[0] > _CHECKS.frozen_s), dtype=np.bool_)
    return dead if causal else np.full(len(dead), dead[-1])


def _filled(hop: Hop, length: int) -> Hop:
    """A hop cut short, filled up with lost samples: results depend on the shapes of arrays in their last bit."""
    more = length - len(hop)
    if not more:
        return hop
    after = np.arange(1, more + 1)

    def held(values: FloatArray) -> FloatArray:
        return np.concatenate([values, np.repeat(values[-1:], more, axis=0)])

    return replace(
        hop,
        sample_index=np.concatenate([hop.sample_index, hop.sample_index[-1] + after]),
        t_s=np.concatenate([hop.t_s, hop.t_s[-1] + after * hop.period_s]),
        acc_mps2=held(hop.acc_mps2),
        gyr_radps=held(hop.gyr_radps),
        lost=np.concatenate([hop.lost, np.ones(more, np.bool_)]),
        acc_clipped=np.concatenate([hop.acc_clipped, np.zeros(more, np.bool_)]),
        gyr_clipped=np.concatenate([hop.gyr_clipped, np.zeros(more, np.bool_)]),
    )


def _marked(hop: Hop, sample_index: IntArray, unfit: BoolArray) -> Hop:
    """The hop with unfit samples counted as lost."""
    row = np.minimum(np.searchsorted(sample_index, hop.sample_index), len(unfit) - 1)
    return replace(hop, lost=hop.lost | (unfit[row] & (sample_index[row] == hop.sample_index)))


def _fit(hop: Hop, *, causal: bool) -> BoolArray:
    """Samples of a hop that lean on no lost or clipped one."""
    wrong = hop.lost | hop.acc_clipped | hop.gyr_clipped
    return ~(np.logical_or.accumulate(wrong) if causal else np.full(len(wrong), wrong.any()))
