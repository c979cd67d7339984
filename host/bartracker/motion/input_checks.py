"""Plain arrays held against what a sensor can say: refused in one line where they cannot be what they are said to be,
marked where they are doubtful. No motion is estimated here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bartracker.errors import BartrackerError
from bartracker.motion.attitude import Strapdown
from bartracker.motion.rotation import matrix
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, IntArray, StampedBlock
from bartracker.timebase import TimeBaseSettings


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
    end_stop_share: a largest reading this near to a usual full scale of an accelerometer is its end stop.
    end_stop_samples: any number that is an axis's largest (or smallest) and is read so often, to the bit, at least
        twice in a row, is its end stop,
    end_stop_least_mps2, end_stop_least_radps: if it is no less than the smallest usual full scales (2 g, 250 deg/s).
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
    end_stop_samples: int = 3
    end_stop_least_mps2: float = 19.0
    end_stop_least_radps: float = 4.3


_CHECKS = InputChecks()
# Lower ones are reached by movements too.
_USUAL_RANGES_G = (8, 16, 32)


def index_from_stamps(stamp_s: FloatArray) -> IntArray:
    """Sample numbers (N,) for rising stamps (N,) without them, each from the stamps up to it and the first 64: a clock
    runs along with the stamps, and each is the whole number of periods nearest to it, at least one after the last.
    """
    count = len(stamp_s)
    steps = np.diff(stamp_s)
    first = TimeBaseSettings().first_guess_samples
    early = steps[: first - 1]
    # The mean is far surer than the median, which tells the holes.
    period = float(early[early < 1.5 * np.median(early)].mean()) if count > 1 else 1.0
    index: IntArray = np.arange(count, dtype=np.int64)
    if (steps < 1.5 * period).all():
        return index
    stamps: list[float] = (stamp_s - stamp_s[0]).tolist()
    clock, at = 0.0, 0
    # Sums of the line of least squares through stamps against sample numbers.
    sum_i, sum_t, sum_ii, sum_it = 0, 0.0, 0, 0.0
    for row in range(1, count):
        stamp = stamps[row]
        passed = max(1, round((stamp - clock) / period))
        at += passed
        clock += passed * period
        clock += _CHECKS.clock_gain * (stamp - clock)
        sum_i, sum_t, sum_ii, sum_it = sum_i + at, sum_t + stamp, sum_ii + at * at, sum_it + at * stamp
        if row >= first:
            period = ((row + 1) * sum_it - sum_i * sum_t) / ((row + 1) * sum_ii - sum_i * sum_i)
        index[row] = at
    return index


def checked_block(t_s: ArrayLike, acc_mps2: ArrayLike, gyr_radps: ArrayLike, *, causal: bool) -> StampedBlock:
    """The arrays as samples, numbered by their stamps and marked where at an end stop. Raises BartrackerError."""
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
    acc_clipped = _at_usual_range(acc, causal=causal)
    acc_clipped |= _at_extreme(acc, _CHECKS.end_stop_least_mps2, causal=causal)
    gyr_clipped = _at_extreme(gyr, _CHECKS.end_stop_least_radps, causal=causal)
    return StampedBlock(index_from_stamps(t), t, acc, gyr, acc_clipped, gyr_clipped, float("nan"))


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


def _at_usual_range(acc_mps2: FloatArray, *, causal: bool) -> BoolArray:
    """Samples at an accelerometer's end stop: within 0.5 % of a usual range (8 to 32 g), none beyond it (so far)."""
    size = np.abs(acc_mps2).max(axis=1)
    largest = np.maximum.accumulate(size) if causal else np.full(len(size), size.max())
    stopped = np.zeros(len(size), np.bool_)
    share = _CHECKS.end_stop_share
    for full_scale_g in _USUAL_RANGES_G:
        end = full_scale_g * STANDARD_GRAVITY_MPS2
        stopped |= (size >= (1 - share) * end) & (largest > (1 - share) * end) & (largest <= (1 + share) * end)
    return stopped


def _at_extreme(values: FloatArray, least: float, *, causal: bool) -> BoolArray:
    """Samples (N,) at which an axis reads its extreme, no smaller than `least`, one of `end_stop_samples` or more that
    read the same to the bit, at least two of them in a row; causal: the extreme so far, and once that is so.
    """
    stopped = np.zeros(len(values), np.bool_)
    for reading in (*values.T, *-values.T):
        largest = np.maximum.accumulate(reading)
        if largest[-1] < least:
            continue
        at = (reading == largest) & (reading >= least)
        in_a_row = np.concatenate([[False], at[1:] & (reading[1:] == reading[:-1])])
        # Counts begin anew where a larger reading comes.
        begins = np.flatnonzero(np.diff(largest, prepend=-np.inf) > 0)
        group = np.searchsorted(begins, np.arange(len(at)), side="right") - 1
        seen, rows = (np.cumsum(each) - (np.cumsum(each) - each)[begins][group] for each in (at, in_a_row))
        enough = (seen >= _CHECKS.end_stop_samples) & (rows > 0)
        stopped |= at & (enough if causal else (group == group[-1]) & enough[-1])
    return stopped


def frozen(block: StampedBlock, *, causal: bool) -> BoolArray:
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


def dead(block: StampedBlock, *, causal: bool) -> BoolArray:
    """Samples (so far) throughout which an axis reads one number while the sensor moves: no number can be trusted."""
    values = np.concatenate([block.acc_mps2, block.gyr_radps], axis=1)
    stuck = np.logical_and.accumulate(values == values[0], axis=0).any(axis=1)
    force = np.sqrt((block.acc_mps2**2).sum(axis=1))
    moved = np.maximum.accumulate(force) - np.minimum.accumulate(force) > _CHECKS.alive_mps2
    result: BoolArray = np.asarray(
        stuck & moved & (block.stamp_s - block.stamp_s[0] > _CHECKS.frozen_s), dtype=np.bool_
    )
    return result if causal else np.full(len(result), result[-1])
