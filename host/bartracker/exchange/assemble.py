"""From a foreign file's arrays to a Recording: checked, counted, cut into blocks. Reading bytes and writing files live
elsewhere.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.exchange.checks import (
    CheckParameters,
    check_finite,
    check_sequence,
    check_times,
    check_units,
    frozen_sentences,
)
from bartracker.exchange.clipping import ClippingParameters, find_acc_clipped, find_gyr_clipped
from bartracker.exchange.raw_samples import RawSamples
from bartracker.recording.recording import Recording
from bartracker.samples import FloatArray, IntArray, StampedBlock


@dataclass(frozen=True, slots=True)
class AssembleParameters:
    """How samples without a count are counted and how they are cut.

    Attributes:
        hole_from: a step longer than this, in sample periods, may be a hole; shorter ones are jitter.
        hole_neighbours: samples on each side whose stamps are averaged to tell a hole's size from jitter.
        regular_fraction: least share of steps within half a period of the mean; below it stamps are no sample times.
        burst_share: share of steps that are holes from which on, if more is lost than there is, the stamps are those of
            bursts (packets as they arrived); the worst real recording seen has 0.007.
        block_samples: samples a block where the file does not say how they arrived: one packet of the wire protocol.
        largest_block_samples: blocks that arrived as one are cut at this many samples.
        checks, clipping: what the values are held against.
    """

    hole_from: float = 1.5
    hole_neighbours: int = 8
    regular_fraction: float = 0.8
    burst_share: float = 0.02
    block_samples: int = 19
    largest_block_samples: int = 256
    checks: CheckParameters = field(default_factory=CheckParameters)
    clipping: ClippingParameters = field(default_factory=ClippingParameters)


def assemble(raw: RawSamples, parameters: AssembleParameters | None = None) -> Recording:
    """The recording that `raw` holds; BartrackerError naming row, factor or remedy where it cannot be one."""
    parameters = parameters or AssembleParameters()
    given = str(raw.path)
    if len(raw.acc_mps2) < 2:
        raise BartrackerError(given, f"holds {len(raw.acc_mps2)} samples", "a recording needs at least two")
    check_finite(raw, parameters.checks)
    check_sequence(raw)
    t_s = _times(raw)
    period_s = check_times(raw, t_s, parameters.checks)
    problems = raw.problems + frozen_sentences(raw, period_s, parameters.checks)
    check_units(raw, period_s, parameters.checks)
    index = raw.sequence if raw.sequence is not None else count_samples(t_s, period_s, given, parameters)
    stamp_s = t_s if raw.stamped is None else np.where(raw.stamped, t_s, np.nan)
    acc_clipped = raw.acc_clipped
    gyr_clipped = raw.gyr_clipped
    if acc_clipped is None:
        acc_clipped = find_acc_clipped(raw.acc_mps2, parameters.clipping)
    if gyr_clipped is None:
        gyr_clipped = find_gyr_clipped(raw.gyr_radps, parameters.clipping)
    for array in (index, stamp_s, raw.acc_mps2, raw.gyr_radps, acc_clipped, gyr_clipped):
        array.setflags(write=False)
    bounds = _block_bounds(len(index), raw.arrival_s, parameters)
    blocks = tuple(
        StampedBlock(
            sample_index=index[start:stop],
            stamp_s=stamp_s[start:stop],
            acc_mps2=raw.acc_mps2[start:stop],
            gyr_radps=raw.gyr_radps[start:stop],
            acc_clipped=acc_clipped[start:stop],
            gyr_clipped=gyr_clipped[start:stop],
            arrival_s=float("nan") if raw.arrival_s is None else float(raw.arrival_s[stop - 1]),
        )
        for start, stop in pairwise(bounds)
    )
    return Recording(raw.metadata, blocks, raw.nominal_rate_hz, problems, raw.path, raw.chip)


def _times(raw: RawSamples) -> FloatArray:
    if raw.t_s is not None:
        return raw.t_s
    if raw.nominal_rate_hz is None:
        raise BartrackerError(
            str(raw.path), "has neither times (t) nor a sample rate (fs)", "add t in seconds or fs in Hz"
        )
    counts = np.arange(len(raw.acc_mps2)) if raw.sequence is None else raw.sequence - raw.sequence[0]
    return counts.astype(np.float64) / raw.nominal_rate_hz


def count_samples(t_s: FloatArray, median_s: float, given: str, parameters: AssembleParameters) -> IntArray:
    """(N,) sample numbers, from 0, that rising stamps t_s (N,), s, imply: holes in time become numbers left out, jitter
    does not.

    median_s is the median step. The period is the mean of the ordinary steps (coarse clocks repeat two values around
    it). At each step that may be a hole the
    samples on both sides are projected onto it and averaged, so that one late stamp loses nothing. BartrackerError if
    irregular.
    """
    steps_s = np.diff(t_s)
    ordinary = (steps_s > 0.25 * median_s) & (steps_s < 1.75 * median_s)
    period_s = float(np.mean(steps_s[ordinary])) if ordinary.any() else median_s
    regular = np.abs(steps_s / period_s - 1.0) <= 0.5
    irregular = BartrackerError(
        given,
        "t is too irregular for sample times",
        "give the sensor's own times, not those of arrival, or add its sample number as seq",
    )
    if np.count_nonzero(regular) < parameters.regular_fraction * len(steps_s):
        raise irregular
    candidates = np.flatnonzero(steps_s > parameters.hole_from * period_s)
    advance: IntArray = np.ones(len(t_s), dtype=np.int64)
    advance[0] = 0
    edges: list[int] = [-1, *candidates.tolist(), len(steps_s)]
    for before, here, after in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        first = max(before + 1, here + 1 - parameters.hole_neighbours)
        last = min(after, here + parameters.hole_neighbours)
        left_s = np.mean(t_s[first : here + 1]) + period_s * (here - first) / 2
        right_s = np.mean(t_s[here + 1 : last + 1]) - period_s * (last - here - 1) / 2
        advance[here + 1] = max(1, round(float(right_s - left_s) / period_s))
    holes = np.count_nonzero(advance > 1)
    index = np.cumsum(advance)
    if holes > parameters.burst_share * len(steps_s) and index[-1] >= 2 * len(t_s):
        raise irregular
    return index


def _block_bounds(count: int, arrival_s: FloatArray | None, parameters: AssembleParameters) -> list[int]:
    if arrival_s is None:
        return [*range(0, count, parameters.block_samples), count]
    same = (arrival_s[1:] == arrival_s[:-1]) | (np.isnan(arrival_s[1:]) & np.isnan(arrival_s[:-1]))
    starts = [0, *(np.flatnonzero(~same) + 1).tolist(), count]
    bounds: list[int] = []
    for start, stop in pairwise(starts):
        bounds.extend(range(start, stop, parameters.largest_block_samples))
    return [*bounds, count]
