"""A sensor at rest, measured: a pure state machine, push(block) until `done`, then `result`."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from bartracker.samples import BoolArray, FloatArray, IntArray, StampedBlock
from bartracker.self_test.settings import SelfTestSettings
from bartracker.timebase import Hop, TimeBase


class RestState(Enum):
    """Waiting until it lies still, measuring, or done."""

    WAITING = "waiting"
    MEASURING = "measuring"
    DONE = "done"


@dataclass(frozen=True, slots=True, eq=False)
class RestResult:
    """What was measured.

    values (N, 6): m/s^2 and rad/s in the sensor frame, the longest stretch without a lost sample; period_s of a sample
    by the device's clock; seconds in all; moved_share of it that was motion, 1; same_s: the longest time in which no
    value changed.
    """

    values: FloatArray
    period_s: float
    seconds: float
    moved_share: float
    same_s: float


class RestMeasurement:
    """Push blocks until `state` is DONE, or the samples end."""

    def __init__(self, nominal_rate_hz: float | None, settings: SelfTestSettings) -> None:
        self.state = RestState.WAITING
        self._settings = settings
        self._timebase = TimeBase(nominal_rate_hz)
        self._hops: list[Hop] = []
        self._first_s: float | None = None

    def push(self, block: StampedBlock) -> None:
        """Take the next samples."""
        for hop in self._timebase.push(block):
            self._take(hop)

    def result(self) -> RestResult | None:
        """What there is so far; None: nothing was measured. Ends the measurement."""
        for hop in self._timebase.flush():
            self._take(hop)
        if not self._hops or self.state is RestState.WAITING:
            return None
        values, period_s = longest_part(self._hops)
        moved = _strays(_means(self._hops), self._settings)
        return RestResult(
            values=values,
            period_s=period_s,
            seconds=sum(map(len, self._hops)) * period_s,
            moved_share=float(moved.mean()),
            same_s=_longest_same(values) * period_s,
        )

    def _take(self, hop: Hop) -> None:
        now_s = float(hop.t_s[-1])
        self._first_s = float(hop.t_s[0]) if self._first_s is None else self._first_s
        if self.state is RestState.DONE:
            return
        self._hops.append(hop)
        if self.state is RestState.WAITING:
            self._wait(now_s)
        elif now_s - float(self._hops[0].t_s[0]) >= self._settings.measure_s:
            self.state = RestState.DONE

    def _wait(self, now_s: float) -> None:
        settings = self._settings
        assert self._first_s is not None
        while now_s - float(self._hops[0].t_s[0]) > settings.quiet_s:
            del self._hops[0]
        waited_s = now_s - self._first_s
        quiet = waited_s >= settings.quiet_s and not _strays(_means(self._hops), settings).any()
        if quiet or waited_s >= settings.patience_s:
            self.state = RestState.MEASURING
            del self._hops[:-1]


def longest_part(hops: list[Hop]) -> tuple[FloatArray, float]:
    """(N, 6) samples of the longest stretch in which none was lost, and their period, s; N 0 if there is none."""
    parts: list[list[Hop]] = [[]]
    for hop in hops:
        if hop.lost.any() or hop.starts_segment:
            parts.append([])
        if not hop.lost.any():
            parts[-1].append(hop)
    longest = max(parts, key=lambda part: sum(map(len, part)))
    if not longest:
        return np.zeros((0, 6)), 1.0
    values = [np.concatenate([hop.acc_mps2, hop.gyr_radps], axis=1) for hop in longest]
    return np.concatenate(values), float(np.mean([hop.period_s for hop in longest]))


def _means(hops: list[Hop]) -> FloatArray:
    """(M, 6) mean of each hop."""
    return np.array([np.concatenate([hop.acc_mps2.mean(axis=0), hop.gyr_radps.mean(axis=0)]) for hop in hops])


def _strays(means: FloatArray, settings: SelfTestSettings) -> BoolArray:
    """(M,) whether a hop is motion."""
    limit = np.array([settings.moved_mps2] * 3 + [settings.moved_radps] * 3)
    strays: BoolArray = np.any(np.abs(means - np.median(means, axis=0)) > limit, axis=1)
    return strays


def _longest_same(values: FloatArray) -> int:
    """Samples in the longest run in which none of the six values changed; 0 without a repetition."""
    if len(values) < 2:
        return 0
    changes: IntArray = np.flatnonzero((np.diff(values, axis=0) != 0).any(axis=1))
    borders = np.concatenate([[-1], changes, [len(values) - 1]])
    longest = int(np.diff(borders).max())
    return longest if longest > 1 else 0
