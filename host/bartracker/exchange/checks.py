"""What a foreign file's samples must be to be believed: finite, in SI units, in order. Refuses in words; changes
nothing.

Whether a sensor is a good one (scale, bias, noise) is the pipeline's to say, not this module's.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.exchange.raw_samples import RawSamples
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, IntArray

_G_FACTOR = f"{STANDARD_GRAVITY_MPS2:.5f}"
_DEG_FACTOR = "0.0174533"


@dataclass(frozen=True, slots=True)
class CheckParameters:
    """Bounds of what a sensor on a bar can have measured.

    Attributes:
        largest_value: largest |acc| or |gyr| taken for a measurement in whatever unit; beyond it bytes are damaged.
        largest_time: likewise for t (nanoseconds since 1970 stay below).
        least_rate_hz, most_rate_hz: sample rates outside are mistakes in the unit of time (bars are recorded at 50 to
            1000 Hz).
        longest_s: longest recording, s; a day. Longer spans are damaged stamps.
        rate_agreement: largest ratio between the stamps' rate and the nominal one (real chips run up to 12 % off).
        gravity_mps2: where the median of |acc| must lie, m/s^2; sensors err by a few percent, lifts average to 1 g.
        gravity_g: where it lies when acc is in g by mistake.
        gravity_mg: where it lies when acc is in thousandths of g.
        fastest_gyr_radps: 99th percentile of |gyr| above which the unit must be deg/s; common chips end at 2000 deg/s =
            34.9 rad/s.
        turn_window_s: gravity's turn is compared with the gyroscope's over such windows, s; short against a spin of the
            sleeve.
        turn_least_rad, turn_most_rad: turns claimed by the gyroscope that are compared: above bias and noise, small
            enough to add up.
        turn_least_windows: fewest windows that allow a verdict (2 s in all).
        turn_still: gravity's turn over the gyroscope's below which a window shows no turn: 1 in SI, 0.017 in deg/s.
        turn_still_share: share of such windows from which on gyr must be in deg/s. Measured on 37 recordings: at most
            0.17 in SI, at least 0.68 in deg/s.
        frozen_s, frozen_samples: all six values unchanged for at least so long and so many samples is no measurement:
            noise would show.
    """

    largest_value: float = 1e6
    largest_time: float = 1e19
    least_rate_hz: float = 10.0
    most_rate_hz: float = 10_000.0
    longest_s: float = 86_400.0
    rate_agreement: float = 1.25
    gravity_mps2: tuple[float, float] = (5.0, 20.0)
    gravity_g: tuple[float, float] = (0.5, 2.0)
    gravity_mg: tuple[float, float] = (500.0, 2000.0)
    fastest_gyr_radps: float = 35.0
    turn_window_s: float = 0.1
    turn_least_rad: float = 0.03
    turn_most_rad: float = 0.5
    turn_least_windows: int = 20
    turn_still: float = 0.3
    turn_still_share: float = 0.5
    frozen_s: float = 1.0
    frozen_samples: int = 50


def check_finite(raw: RawSamples, parameters: CheckParameters) -> None:
    """BartrackerError naming the first row (from 1) in which a measured value is NaN, infinite or absurdly large."""
    largest = parameters.largest_value
    for name, values, bound in (
        ("acc", raw.acc_mps2, largest),
        ("gyr", raw.gyr_radps, largest),
        ("t", raw.t_s, parameters.largest_time),
    ):
        if values is None:
            continue
        good: BoolArray = np.abs(values) <= bound
        bad_rows = np.flatnonzero(~(good.all(axis=1) if good.ndim == 2 else good))
        if len(bad_rows):
            row = int(bad_rows[0])
            bad = values[row]
            value = float(bad[~good[row]][0] if bad.ndim else bad)
            raise BartrackerError(
                str(raw.path),
                f"{name} is {value:g} in row {row + 1} ({len(bad_rows)} such rows in all)",
                "leave out rows that hold no measurement; bartracker counts them as lost",
            )


def check_sequence(raw: RawSamples) -> None:
    """BartrackerError unless the sample numbers, if any, rise from row to row and fit an unsigned 32-bit count."""
    if raw.sequence is None:
        return
    falls = np.flatnonzero(np.diff(raw.sequence) <= 0)
    if len(falls):
        row = int(falls[0])
        raise BartrackerError(
            str(raw.path),
            f"seq does not rise after row {row + 1} ({raw.sequence[row]}, then {raw.sequence[row + 1]})",
            "sort the rows, drop repeated ones and split the file where the sensor restarted",
        )
    if raw.sequence[0] < 0 or raw.sequence[-1] >= 2**32:
        raise BartrackerError(str(raw.path), "seq lies outside 0 to 4294967295", "count samples from 0")


def check_times(raw: RawSamples, t_s: FloatArray, parameters: CheckParameters) -> float:
    """Sample period, s, of stamps in order and in seconds; BartrackerError naming the row where time runs backwards or
    stands still.
    """
    given = str(raw.path)
    steps_s = np.diff(t_s)
    counts: IntArray = np.ones(len(steps_s), dtype=np.int64) if raw.sequence is None else np.diff(raw.sequence)
    period_s = float(np.median(steps_s / counts))
    backwards = np.flatnonzero(steps_s < 0.0)
    if len(backwards):
        row = int(backwards[0])
        raise BartrackerError(
            given,
            f"time runs backwards after row {row + 1} ({t_s[row]:.6f} s, then {t_s[row + 1]:.6f} s)",
            "sort the rows by time, or split the file where the clock restarted",
        )
    still = np.flatnonzero(steps_s == 0.0)
    if len(still) and (raw.sequence is None or period_s == 0):
        row = int(still[0])
        raise BartrackerError(
            given,
            f"rows {row + 1} and {row + 2} bear the same time ({t_s[row]:.6f} s; {len(still)} such rows in all)",
            "give each sample its own time in full precision (float64), or add the sensor's sample number as seq",
        )
    _check_rate(given, period_s, parameters)
    span_s = float(t_s[-1] - t_s[0])
    if span_s > parameters.longest_s:
        row = int(np.argmax(steps_s))
        raise BartrackerError(
            given,
            f"t spans {span_s / 3600:.1f} hours (largest step after row {row + 1}: {steps_s[row]:.6g} s)",
            "split the file into sessions and give t in seconds",
        )
    if raw.nominal_rate_hz is not None:
        ratio = 1.0 / (period_s * raw.nominal_rate_hz)
        if not 1.0 / parameters.rate_agreement <= ratio <= parameters.rate_agreement:
            raise BartrackerError(
                given,
                f"t runs at {1.0 / period_s:.6g} samples a second, but the file says {raw.nominal_rate_hz:.6g} Hz",
                "correct t (seconds) or the nominal rate (Hz)",
            )
    return period_s


def _check_rate(given: str, period_s: float, parameters: CheckParameters) -> None:
    rate_hz = 1.0 / period_s
    if parameters.least_rate_hz <= rate_hz <= parameters.most_rate_hz:
        return
    for unit, factor in (("milliseconds", 1e-3), ("microseconds", 1e-6), ("nanoseconds", 1e-9)):
        if parameters.least_rate_hz <= rate_hz / factor <= parameters.most_rate_hz:
            raise BartrackerError(
                given, f"t is in {unit} (steps of {period_s:.6g})", f"multiply t by {factor:g} to get seconds"
            )
    raise BartrackerError(
        given,
        f"{rate_hz:.6g} samples a second is no rate of a bar sensor",
        f"give t in seconds at {parameters.least_rate_hz:g} to {parameters.most_rate_hz:g} Hz",
    )


def check_units(raw: RawSamples, period_s: float, parameters: CheckParameters) -> None:
    """BartrackerError naming the factor where acc is not in m/s^2 or gyr not in rad/s."""
    given = str(raw.path)
    norm = float(np.median(np.linalg.norm(raw.acc_mps2, axis=1)))
    low, high = parameters.gravity_mps2
    if norm == 0.0:
        raise BartrackerError(
            given, "acc is zero: the accelerometer measured nothing", "check the sensor and record again"
        )
    if not low <= norm <= high:
        if parameters.gravity_g[0] <= norm <= parameters.gravity_g[1]:
            problem, remedy = f"acc is in g (median {norm:.3g})", f"multiply acc by {_G_FACTOR} to get m/s^2"
        elif parameters.gravity_mg[0] <= norm <= parameters.gravity_mg[1]:
            problem = f"acc is in thousandths of g (median {norm:.4g})"
            remedy = f"multiply acc by {STANDARD_GRAVITY_MPS2 / 1000:.8f} to get m/s^2"
        else:
            problem = f"the median of |acc| is {norm:.3g}; gravity makes it about 9.8 m/s^2"
            remedy = "give specific force in m/s^2 with gravity in it, not counts and not gravity-free acceleration"
        raise BartrackerError(given, problem, remedy)
    fastest = float(np.percentile(np.abs(raw.gyr_radps), 99))
    if fastest > parameters.fastest_gyr_radps:
        raise BartrackerError(
            given, f"gyr is in deg/s (99 % lie below {fastest:.4g})", f"multiply gyr by {_DEG_FACTOR} to get rad/s"
        )
    if _gravity_stays(raw, period_s, parameters):
        raise BartrackerError(
            given, "gyr is in deg/s (gravity does not turn as gyr says)", f"multiply gyr by {_DEG_FACTOR} to get rad/s"
        )


def _gravity_stays(raw: RawSamples, period_s: float, parameters: CheckParameters) -> bool:
    """Whether gravity, in the sensor's axes, stays where it is through most of the turns that gyr claims."""
    width = max(1, round(parameters.turn_window_s / period_s))
    count = len(raw.acc_mps2) // width
    if count < 2:
        return False
    shape = (count, width, 3)
    acc = raw.acc_mps2[: count * width].reshape(shape).mean(axis=1)
    gyr = raw.gyr_radps[: count * width].reshape(shape).mean(axis=1)
    norm = np.linalg.norm(acc, axis=1, keepdims=True)
    up = acc / np.where(norm > 0, norm, 1.0)
    claimed = np.cross(up[:-1], (gyr[:-1] + gyr[1:]) / 2) * (width * period_s)
    angle = np.linalg.norm(claimed, axis=1)
    moved = np.diff(up, axis=0)
    usable = (angle >= parameters.turn_least_rad) & (angle <= parameters.turn_most_rad) & np.any(moved != 0.0, axis=1)
    if raw.sequence is not None:
        ends = raw.sequence[: count * width].reshape(count, width)
        usable &= ends[1:, -1] - ends[:-1, 0] == 2 * width - 1
    if np.count_nonzero(usable) < parameters.turn_least_windows:
        return False
    ratio: FloatArray = np.sum(claimed[usable] * moved[usable], axis=1) / angle[usable] ** 2
    still = np.count_nonzero(np.abs(ratio) < parameters.turn_still)
    return bool(still > parameters.turn_still_share * len(ratio))


def frozen_sentences(raw: RawSamples, period_s: float, parameters: CheckParameters) -> tuple[str, ...]:
    """Sentences on stretches in which no value changes; BartrackerError if that is the whole file."""
    sentences: list[str] = []
    least = max(parameters.frozen_samples, round(parameters.frozen_s / period_s))
    both = np.hstack((raw.acc_mps2, raw.gyr_radps))
    changes = np.flatnonzero(np.any(np.diff(both, axis=0) != 0.0, axis=1)) + 1
    bounds = np.concatenate(([0], changes, [len(both)]))
    lengths = np.diff(bounds)
    longest = int(np.argmax(lengths))
    if lengths[longest] == len(both) and len(both) >= parameters.frozen_samples:
        raise BartrackerError(
            str(raw.path), "every row holds the same values: the sensor is frozen", "check the sensor and record again"
        )
    if lengths[longest] >= least:
        first = int(bounds[longest])
        sentences.append(
            f"The sensor is frozen from row {first + 1} to row {first + int(lengths[longest])}: no value changes."
        )
    if not np.any(raw.gyr_radps):
        sentences.append("The gyroscope reads zero throughout: tilt rests on the accelerometer alone.")
    return tuple(sentences)
