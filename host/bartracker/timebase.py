"""From stamped samples with holes to uniform hops on a steady clock: true sample period, time of every sample, gaps.

Everything behind works on `Hop`s. Their boundaries depend on the samples alone, never on how these were cut into
blocks: that is what makes live and replayed results identical to the bit. No physics here.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from bartracker.samples import BoolArray, FloatArray, Gap, IntArray, StampedBlock

_CENTROIDS: Final = 256


@dataclass(frozen=True, slots=True)
class TimeBaseSettings:
    """Parameters of the time base.

    hop_s: length of a hop, s (0.02-0.1): results appear once a hop; shorter costs time, longer delays.
    fit_window_s: span of the running line fit of stamp against sample index, s (5-30): long enough to average the
        jitter of stamps, short enough to follow the drift of a warming oscillator.
    period_prior_relative: how far the true period may be from the first guess, 1 sigma (data sheets allow 1-5 % in
        all).
    stamp_jitter_s: usual jitter of a stamp, s; weighs the first few stamps against that prior.
    longest_bridge_s: holes up to this are bridged by interpolation, marked lost; longer ones start a new segment.
    stamp_jump_s: a hop whose stamps are further from the line than this restarts the clock fit in a new segment.
    first_guess_samples: samples collected to guess the period when the source names no rate.
    """

    hop_s: float = 0.05
    fit_window_s: float = 10.0
    period_prior_relative: float = 0.01
    stamp_jitter_s: float = 0.0005
    longest_bridge_s: float = 2.0
    stamp_jump_s: float = 0.1
    first_guess_samples: int = 64


@dataclass(frozen=True, slots=True)
class Hop:
    """Samples on a uniform grid, (N,) or (N, 3); N is the same for all hops but the last of a segment.

    t_s on the recording's clock; period_s the true sample period by the device's clock; lost marks interpolated
    samples. `starts_segment`: what came before is too long ago to integrate across.
    """

    sample_index: IntArray
    t_s: FloatArray
    period_s: float
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    lost: BoolArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray
    starts_segment: bool

    def __len__(self) -> int:
        return len(self.sample_index)


@dataclass(slots=True)
class _Columns:
    """Samples waiting for their hop, one row a grid point."""

    index: IntArray
    stamp_s: FloatArray
    values: FloatArray  # (N, 6): acceleration, angular rate
    lost: BoolArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: slice) -> "_Columns":
        return _Columns(
            self.index[rows],
            self.stamp_s[rows],
            self.values[rows],
            self.lost[rows],
            self.acc_clipped[rows],
            self.gyr_clipped[rows],
        )

    @staticmethod
    def joined(parts: "list[_Columns]") -> "_Columns":
        if len(parts) == 1:
            return parts[0]
        return _Columns(
            np.concatenate([p.index for p in parts]),
            np.concatenate([p.stamp_s for p in parts]),
            np.concatenate([p.values for p in parts]),
            np.concatenate([p.lost for p in parts]),
            np.concatenate([p.acc_clipped for p in parts]),
            np.concatenate([p.gyr_clipped for p in parts]),
        )


class _ClockFit:
    """Running line through stamps against sample index, with a prior on its slope; predicts one hop ahead."""

    def __init__(self, period_s: float, settings: TimeBaseSettings) -> None:
        self._settings = settings
        self._guess_s = period_s
        self.period_s = period_s
        # Of each hop in the window: mean index, mean stamp, how many stamps. The window slides along the array.
        self._centroids: FloatArray = np.empty((3, 0))
        self._first: int = 0
        self._stop: int = 0
        self._at = (0.0, 0.0)

    def residual_s(self, t_s: FloatArray, stamp_s: FloatArray) -> float:
        """Mean of stamps minus predicted times over one hop; 0 where there is nothing to compare."""
        known = np.isfinite(stamp_s)
        count = int(np.count_nonzero(known))
        if not self.started or not count:
            return 0.0
        return float((stamp_s - t_s)[known].sum()) / count

    def time_s(self, index: IntArray) -> FloatArray:
        index_at, time_at = self._at
        return time_at + (index.astype(np.float64) - index_at) * self.period_s

    def restart(self) -> None:
        self._first = self._stop = 0

    @property
    def started(self) -> bool:
        return self._stop > self._first

    def take(self, index: IntArray, stamp_s: FloatArray) -> None:
        known = np.isfinite(stamp_s)
        count = int(np.count_nonzero(known))
        if not count:
            return
        if count < len(known):
            index, stamp_s = index[known], stamp_s[known]
        self._append(float(index.sum()) / count, float(stamp_s.sum()) / count, count)
        i, t, weight = self._centroids[:, self._first : self._stop]
        total = weight.sum()
        i_mean, t_mean = float(weight @ i / total), float(weight @ t / total)
        from_mean = i - i_mean
        weighed = weight * from_mean
        spread = float(weighed @ from_mean)
        # The prior counts as a measured slope: its weight is the ratio of the stamps' variance to its own.
        prior = (self._settings.stamp_jitter_s / (self._settings.period_prior_relative * self._guess_s)) ** 2
        slope = (float(weighed @ (t - t_mean)) + prior * self._guess_s) / (spread + prior)
        self.period_s = slope
        self._at = (i_mean, t_mean)

    def _append(self, index: float, stamp_s: float, count: int) -> None:
        if self._stop == len(self._centroids[0]):
            kept = self._stop - self._first
            centroids = np.empty((3, 2 * kept + _CENTROIDS))
            centroids[:, :kept] = self._centroids[:, self._first :]
            self._centroids, self._first, self._stop = centroids, 0, kept
        self._centroids[:, self._stop] = index, stamp_s, count
        self._stop += 1
        oldest = index - self._settings.fit_window_s / self._guess_s
        while self._centroids[0, self._first] < oldest:
            self._first += 1


class TimeBase:
    """Push stamped blocks, get hops. `gaps` lists every hole met so far.

    Source of the clock: the device's stamps alone; the host's arrival times never enter. With stamps of 0.2 ms jitter
    the period is right to 1e-4 after 1 s.
    """

    def __init__(self, nominal_rate_hz: float | None = None, settings: TimeBaseSettings | None = None) -> None:
        self.settings = settings or TimeBaseSettings()
        self.gaps: list[Gap] = []
        self._nominal_period_s = 1.0 / nominal_rate_hz if nominal_rate_hz else None
        self._clock: _ClockFit | None = None
        self._hop_length = 0
        self._pending: list[_Columns] = []
        self._pending_length = 0
        self._last: tuple[int, FloatArray] | None = None
        self._segment_starts = True
        self._last_t_s = -np.inf

    @property
    def period_s(self) -> float | None:
        """The true sample period as known now, s; None before the first samples."""
        return self._clock.period_s if self._clock else None

    def push(self, block: StampedBlock) -> list[Hop]:
        """Hops that the samples of this block complete. Samples not newer than the last one are ignored (sources count
        them).
        """
        hops: list[Hop] = []
        columns = _Columns(
            block.sample_index.astype(np.int64),
            block.stamp_s,
            np.concatenate([block.acc_mps2, block.gyr_radps], axis=1).astype(np.float64, copy=False),
            np.zeros(len(block), bool),
            block.acc_clipped,
            block.gyr_clipped,
        )
        if self._last is not None:
            old = np.count_nonzero(block.sample_index <= self._last[0])
            columns = columns[old:] if old else columns
        if not len(columns):
            return hops
        edges = np.flatnonzero(np.diff(columns.index) != 1) + 1
        for start, stop in pairwise([0, *edges.tolist(), len(columns)]):
            run = columns if stop - start == len(columns) else columns[start:stop]
            if self._last is not None and run.index[0] > self._last[0] + 1:
                self._bridge_or_break(run, hops)
            self._enqueue(run)
            self._last = int(run.index[-1]), run.values[-1]
            self._emit(hops)
        return hops

    def flush(self) -> list[Hop]:
        """The last, shorter hop: no more samples will come."""
        hops: list[Hop] = []
        if self._clock is None and self._pending_length:
            self._start_clock()
            self._emit(hops)
        self._end_segment(hops)
        return hops

    def _bridge_or_break(self, run: _Columns, hops: list[Hop]) -> None:
        assert self._last is not None
        last, last_values = self._last
        if self._clock is None:
            self._start_clock()
            self._emit(hops)
        clock = self._clock
        assert clock is not None
        first, count = last + 1, int(run.index[0]) - last - 1
        ends = np.array([first, first + count])
        if not clock.started:
            waiting = _Columns.joined(self._pending)
            clock.take(waiting.index, waiting.stamp_s)
            from_s, to_s = clock.time_s(ends).tolist()
            clock.restart()
        else:
            from_s, to_s = clock.time_s(ends).tolist()
        self.gaps.append(Gap(from_s, to_s, count))
        if (count + 1) * clock.period_s > self.settings.longest_bridge_s:
            self._end_segment(hops)
            return
        missing = np.arange(first, first + count)
        share = ((missing - last) / (len(missing) + 1))[:, None]
        no = np.zeros(len(missing), bool)
        self._enqueue(
            _Columns(
                missing,
                np.full(len(missing), np.nan),
                (1 - share) * last_values + share * run.values[0],
                ~no,
                no,
                no,
            )
        )

    def _enqueue(self, columns: _Columns) -> None:
        self._pending.append(columns)
        self._pending_length += len(columns)

    def _start_clock(self) -> None:
        period = self._nominal_period_s
        if period is None:
            waiting = _Columns.joined(self._pending)[: self.settings.first_guess_samples]
            known = np.isfinite(waiting.stamp_s)
            steps = np.diff(waiting.stamp_s[known]) / np.diff(waiting.index[known])
            period = float(np.median(steps)) if len(steps) else 0.01
        self._clock = _ClockFit(period, self.settings)
        self._hop_length = max(2, round(self.settings.hop_s / period))

    def _emit(self, hops: list[Hop]) -> None:
        if self._clock is None:
            if self._nominal_period_s is None and self._pending_length < self.settings.first_guess_samples:
                return
            self._start_clock()
        if self._pending_length < self._hop_length:
            return
        waiting = _Columns.joined(self._pending)
        at = 0
        while len(waiting) - at >= self._hop_length:
            hops.append(self._hop(waiting[at : at + self._hop_length]))
            at += self._hop_length
        self._pending = [waiting[at:]] if at < len(waiting) else []
        self._pending_length = len(waiting) - at

    def _end_segment(self, hops: list[Hop]) -> None:
        if self._pending_length:
            self._emit(hops)
        if self._pending_length:
            hops.append(self._hop(_Columns.joined(self._pending)))
        self._pending, self._pending_length = [], 0
        self._segment_starts = True

    def _hop(self, columns: _Columns) -> Hop:
        clock = self._clock
        assert clock is not None
        period, t_s = clock.period_s, clock.time_s(columns.index)
        jumped = abs(clock.residual_s(t_s, columns.stamp_s)) > self.settings.stamp_jump_s
        if jumped:
            clock.restart()
        fresh = not clock.started
        clock.take(columns.index, columns.stamp_s)
        if fresh:
            period, t_s = clock.period_s, clock.time_s(columns.index)
        # A correction of the clock may not turn time back across the border of two hops.
        t_s = t_s + max(0.0, self._last_t_s + 0.5 * period - float(t_s[0]))
        self._last_t_s = float(t_s[-1])
        hop = Hop(
            columns.index,
            t_s,
            period,
            # One layout however the samples came: sums over another differ in their last bits.
            np.ascontiguousarray(columns.values[:, :3]),
            np.ascontiguousarray(columns.values[:, 3:]),
            columns.lost,
            columns.acc_clipped,
            columns.gyr_clipped,
            starts_segment=self._segment_starts or jumped,
        )
        self._segment_starts = False
        return hop


def with_values(hop: Hop, acc_mps2: FloatArray, gyr_radps: FloatArray) -> Hop:
    """The same hop with calibrated samples."""
    return replace(hop, acc_mps2=acc_mps2, gyr_radps=gyr_radps)
