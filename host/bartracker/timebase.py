"""From stamped samples with holes to uniform hops on a steady clock: true sample period, time of every sample, gaps.

Everything behind works on `Hop`s. Their boundaries depend on the samples alone, never on how these were cut into
blocks: that is what makes live and replayed results identical to the bit. No physics here.
"""

from collections import deque
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bartracker.samples import BoolArray, FloatArray, Gap, IntArray, StampedBlock


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
        self._centroids: deque[tuple[float, float, int]] = deque()
        self._at = (0.0, 0.0)

    def residual_s(self, index: IntArray, stamp_s: FloatArray) -> float:
        """Mean of stamps minus prediction over one hop; 0 where there is nothing to compare."""
        known = np.isfinite(stamp_s)
        if not self._centroids or not known.any():
            return 0.0
        return float(np.mean(stamp_s[known] - self.time_s(index[known])))

    def time_s(self, index: IntArray) -> FloatArray:
        index_at, time_at = self._at
        return time_at + (index.astype(np.float64) - index_at) * self.period_s

    def restart(self) -> None:
        self._centroids.clear()

    @property
    def started(self) -> bool:
        return bool(self._centroids)

    def take(self, index: IntArray, stamp_s: FloatArray) -> None:
        known = np.isfinite(stamp_s)
        count = int(known.sum())
        if not count:
            return
        self._centroids.append((float(index[known].mean()), float(stamp_s[known].mean()), count))
        while (self._centroids[-1][0] - self._centroids[0][0]) * self._guess_s > self._settings.fit_window_s:
            self._centroids.popleft()
        i, t, weight = np.array(self._centroids).T
        total = weight.sum()
        i_mean, t_mean = float((weight * i).sum() / total), float((weight * t).sum() / total)
        spread = float((weight * (i - i_mean) ** 2).sum())
        # The prior counts as a measured slope: its weight is the ratio of the stamps' variance to its own.
        prior = (self._settings.stamp_jitter_s / (self._settings.period_prior_relative * self._guess_s)) ** 2
        slope = (float((weight * (i - i_mean) * (t - t_mean)).sum()) + prior * self._guess_s) / (spread + prior)
        self.period_s = slope
        self._at = (i_mean, t_mean)


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
        self._last: _Columns | None = None
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
        fresh = np.ones(len(block), bool)
        if self._last is not None:
            fresh &= block.sample_index > self._last.index[-1]
        columns = _Columns(
            block.sample_index[fresh].astype(np.int64),
            block.stamp_s[fresh],
            np.concatenate([block.acc_mps2[fresh], block.gyr_radps[fresh]], axis=1).astype(np.float64),
            np.zeros(int(fresh.sum()), bool),
            block.acc_clipped[fresh],
            block.gyr_clipped[fresh],
        )
        if not len(columns):
            return hops
        edges = np.flatnonzero(np.diff(columns.index) != 1) + 1
        for start, stop in pairwise([0, *edges.tolist(), len(columns)]):
            run = columns[start:stop]
            if self._last is not None and run.index[0] > self._last.index[-1] + 1:
                self._bridge_or_break(run, hops)
            self._enqueue(run)
            self._last = run[len(run) - 1 :]
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
        last = self._last
        assert last is not None
        if self._clock is None:
            self._start_clock()
            self._emit(hops)
        clock = self._clock
        assert clock is not None
        first, count = int(last.index[-1]) + 1, int(run.index[0] - last.index[-1]) - 1
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
        share = ((missing - last.index[-1]) / (len(missing) + 1))[:, None]
        no = np.zeros(len(missing), bool)
        self._enqueue(
            _Columns(
                missing,
                np.full(len(missing), np.nan),
                (1 - share) * last.values[-1] + share * run.values[0],
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
        jumped = abs(clock.residual_s(columns.index, columns.stamp_s)) > self.settings.stamp_jump_s
        if jumped:
            clock.restart()
        if not clock.started:
            clock.take(columns.index, columns.stamp_s)
            period = clock.period_s
            t_s = clock.time_s(columns.index)
        else:
            period = clock.period_s
            t_s = clock.time_s(columns.index)
            clock.take(columns.index, columns.stamp_s)
        # A correction of the clock may not turn time back across the border of two hops.
        t_s = t_s + max(0.0, self._last_t_s + 0.5 * period - float(t_s[0]))
        self._last_t_s = float(t_s[-1])
        hop = Hop(
            columns.index,
            t_s,
            period,
            columns.values[:, :3],
            columns.values[:, 3:],
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
