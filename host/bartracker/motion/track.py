"""Motion over hops: the online stream (past alone, one pass) and the smoother (past and future) on the same filter. No
rep is known here.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bartracker.motion.attitude import OnlineAttitude, offline_attitude, up_in_sensor, world_acceleration
from bartracker.motion.rows import Rows
from bartracker.motion.settings import MotionSettings
from bartracker.motion.stillness import hop_moments, is_still
from bartracker.motion.velocity import (
    STATES,
    FilterTrack,
    HopIncrement,
    SmoothTrack,
    StackedIncrements,
    VelocityFilter,
    backward_gain,
    between_nodes,
    smooth,
    smooth_mean,
)
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop

_KIND = np.array([1, 1, 0])
# Attributes of the filter that smoothing needs, in the order of FilterTrack.
_FILTER_ROWS = ("mean", "covariance", "predicted_mean", "predicted_covariance", "transition")
_INCREMENT_ROWS = ("times_s", "delta_vel_mps", "delta_pos_m", "up_s", "up_s2")


@dataclass(frozen=True, slots=True)
class Visit:
    """The bar is at a place whose height is the same at every visit (lock-out, floor), sigma_m; what reps add to
    motion.
    """

    t_s: float
    place: str
    sigma_m: float


@dataclass(frozen=True, slots=True)
class HopMotion:
    """Online motion at the samples of one hop, (N, ...); see events.MotionUpdate."""

    t_s: FloatArray
    quat_ws: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray


@dataclass(frozen=True, slots=True)
class SmoothedMotion:
    """Smoothed motion of one unbroken segment, samples (N, ...), with the node states behind it.

    node_t_s (M,) and nodes give covariances between any two moments.
    """

    sample_index: IntArray
    t_s: FloatArray
    period_s: float
    quat_ws: FloatArray
    acc_w_mps2: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray
    lost: BoolArray
    clipped: BoolArray
    node_t_s: FloatArray
    nodes: SmoothTrack

    def __len__(self) -> int:
        return len(self.t_s)

    def displacement_sigma_m(self, from_s: float, to_s: float) -> tuple[float, float]:
        """Standard uncertainty of the vertical and of each horizontal displacement between two moments, m."""
        first, second = sorted((self._node(from_s), self._node(to_s)))
        if first == second:
            second = min(first + 1, len(self.node_t_s) - 1)
            first = max(0, second - 1)
        cross = self.nodes.cross_covariance(first, second)
        variance = self.nodes.covariance[first, :, 0, 0] + self.nodes.covariance[second, :, 0, 0] - 2 * cross[:, 0, 0]
        vertical, horizontal = np.sqrt(np.maximum(variance, 1e-10))
        return float(vertical), float(horizontal)

    def _node(self, t_s: float) -> int:
        return int(np.abs(self.node_t_s - t_s).argmin())


def increment(
    hop: Hop,
    acc_w_mps2: FloatArray,
    up_s_frame: FloatArray,
    before: tuple[FloatArray, FloatArray] | None,
    settings: MotionSettings,
) -> HopIncrement:
    """Integrals over one hop of world acceleration and of the up axis in the sensor frame, (N, 3) each; `before` holds
    both (3,) at the sample before it.
    """
    period = hop.period_s
    last_acc, last_up = before if before is not None else (acc_w_mps2[0], up_s_frame[0])
    velocity, position = _integrals(acc_w_mps2, last_acc, period)
    up_s, up_s2 = _integrals(up_s_frame, last_up, period)
    square = np.cumsum(acc_w_mps2**2, axis=0) * period
    excess = np.maximum(np.sqrt((acc_w_mps2**2).sum(axis=1)) - settings.impact_acc_mps2, 0.0)
    rate = np.sqrt((hop.gyr_radps**2).sum(axis=1))
    return HopIncrement(
        times_s=period * np.arange(1, len(hop) + 1, dtype=np.float64),
        delta_vel_mps=velocity,
        delta_pos_m=position,
        up_s=up_s,
        up_s2=up_s2,
        square_acc=np.stack([square[:, 2], square[:, 0] + square[:, 1]]),
        turned_rad=np.cumsum(rate) * period,
        clipped=np.cumsum(hop.acc_clipped | hop.gyr_clipped, dtype=np.int64),
        lost=np.cumsum(hop.lost, dtype=np.int64),
        impact_mps=np.cumsum(excess) * period,
    )


def _integrals(values: FloatArray, last: FloatArray, period_s: float) -> tuple[FloatArray, FloatArray]:
    """First and second integral (N, 3), exact for what is linear between samples; `last` is the sample before."""
    before = np.concatenate([last[None], values[:-1]])
    first = np.cumsum(0.5 * period_s * (before + values), axis=0)
    first_before = np.concatenate([np.zeros((1, 3)), first[:-1]])
    return first, np.cumsum(period_s * first_before + period_s**2 * (before / 3 + values / 6), axis=0)


class _History:
    """What the filter went through, one row a hop. A last, shorter hop is padded by repeating its last sample."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self.still: list[bool] = []
        self.acc_w: list[FloatArray] = []
        self.quat: list[FloatArray] = []
        self.increments: list[HopIncrement] = []
        self._rows = {name: Rows() for name in (*_FILTER_ROWS, *_INCREMENT_ROWS, "gain_z")}

    def add(
        self, hop: Hop, quat: FloatArray, acc_w: FloatArray, inc: HopIncrement, state: VelocityFilter, *, still: bool
    ) -> None:
        length = len(self.hops[0]) if self.hops else len(hop)
        if self.hops:
            before = self._rows["covariance"].since(len(self.hops) - 1)[0, :1]
            gain = backward_gain(before, state.predicted_covariance[:1], state.transition[:1])
            self._rows["gain_z"].append(gain)
        for name in _FILTER_ROWS:
            self._rows[name].append(getattr(state, name))
        for name in _INCREMENT_ROWS:
            row: FloatArray = getattr(inc, name)
            padding = np.repeat(row[-1:], length - len(row), axis=0)
            self._rows[name].append(np.concatenate([row, padding]) if len(padding) else row)
        self.hops.append(hop)
        self.increments.append(inc)
        self.still.append(still)
        self.acc_w.append(acc_w)
        self.quat.append(quat)

    def first_hop(self, t_s: float) -> int:
        """The first hop that ends at or after t_s, or the last."""
        return min(bisect_left(self.hops, t_s, key=lambda hop: float(hop.t_s[-1])), len(self.hops) - 1)

    def drop(self, count: int) -> None:
        for kept in (self.hops, self.increments, self.still, self.acc_w, self.quat):
            del kept[:count]
        for rows in self._rows.values():
            rows.drop(count)

    def revisited(self, first: int, visits: Sequence[Visit], state: VelocityFilter) -> "_History":
        """The same hops from `first` on, filtered again from where the filter stood there, with what visits tell."""
        again = _History()
        state = state.going_on_from(self._rows["mean"].since(first)[0], self._rows["covariance"].since(first)[0])
        visit_at = _nodes_of(visits, self.hops[first + 1 :])
        for node, at in enumerate(range(first + 1, len(self.hops))):
            state.cross(self.increments[at])
            state.update(float(self.increments[at].times_s[-1]), still=self.still[at])
            if node in visit_at:
                state.meet(visit_at[node].place, visit_at[node].sigma_m)
            again.add(self.hops[at], self.quat[at], self.acc_w[at], self.increments[at], state, still=self.still[at])
        return again

    def vertical(self, first: int) -> tuple[FloatArray, FloatArray, BoolArray]:
        """t_s, smoothed vertical velocity, stillness (N,) of all samples from hop `first` on, without uncertainty."""
        rows = {name: self._rows[name].since(first) for name in ("mean", "predicted_mean")}
        gain = self._rows["gain_z"].since(first) if len(self.hops) > 1 else np.empty((0, 1, STATES, STATES))
        nodes = smooth_mean(rows["mean"][:, 2:], rows["predicted_mean"][:, 2:], gain)
        velocity, _ = self._at_samples(first, nodes, slice(2, 3))
        hops = self.hops[first:]
        return np.concatenate([h.t_s for h in hops]), velocity[:, 0], _per_sample(hops, self.still[first:])

    def smoothed(self, first: int) -> SmoothedMotion:
        """Motion of all samples from hop `first` on."""
        nodes = smooth(FilterTrack(*(self._rows[name].since(first) for name in _FILTER_ROWS)))
        hops = self.hops[first:]
        velocity, position = self._at_samples(first, nodes.mean, slice(0, 3))
        t_s = np.concatenate([h.t_s for h in hops])
        node_t_s = np.array([h.t_s[-1] for h in hops])
        deviation = np.sqrt(np.maximum(np.diagonal(nodes.covariance, axis1=-2, axis2=-1), 0.0))
        sigma = [
            np.stack([np.interp(t_s, node_t_s, deviation[:, kind, state]) for kind in _KIND], axis=1)
            for state in (0, 1)
        ]
        return SmoothedMotion(
            sample_index=np.concatenate([h.sample_index for h in hops]),
            t_s=t_s,
            period_s=hops[-1].period_s,
            quat_ws=np.concatenate(self.quat[first:]),
            acc_w_mps2=np.concatenate(self.acc_w[first:]),
            vel_w_mps=velocity,
            pos_w_m=position,
            sigma_vel_w_mps=sigma[1],
            sigma_pos_w_m=sigma[0],
            resting=_per_sample(hops, self.still[first:]),
            lost=np.concatenate([h.lost for h in hops]),
            clipped=np.concatenate([h.acc_clipped | h.gyr_clipped for h in hops]),
            node_t_s=node_t_s,
            nodes=nodes,
        )

    def _at_samples(self, first: int, nodes: FloatArray, axes: slice) -> tuple[FloatArray, FloatArray]:
        """Velocity and position (N, axes) at all samples of the hops from `first` on."""
        rows = {name: self._rows[name].since(first) for name in _INCREMENT_ROWS}
        for name in ("delta_vel_mps", "delta_pos_m"):
            rows[name] = rows[name][..., axes]
        velocity, position = between_nodes(StackedIncrements(**rows), nodes)
        count = sum(len(hop) for hop in self.hops[first:])
        width = velocity.shape[-1]
        return velocity.reshape(-1, width)[:count], position.reshape(-1, width)[:count]


def _nodes_of(visits: Sequence[Visit], hops: list[Hop]) -> dict[int, Visit]:
    """The hop at whose end each visit that falls among them is met."""
    node_t_s = np.array([hop.t_s[-1] for hop in hops])
    return {int(np.abs(node_t_s - v.t_s).argmin()): v for v in visits if hops[0].t_s[0] <= v.t_s <= node_t_s[-1]}


def _per_sample(hops: list[Hop], still: list[bool]) -> BoolArray:
    return np.repeat(np.array(still), [len(h) for h in hops])


class OnlineMotion:
    """The stream: push hops, get motion that uses nothing later than each sample. Keeps the current segment for
    re-smoothing.
    """

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self.settings = settings or MotionSettings()
        self._attitude: OnlineAttitude | None = None
        self._begin_segment(moving=False)

    def _begin_segment(self, *, moving: bool) -> None:
        self._history = _History()
        self._moments: list[FloatArray] = []
        online = replace(self.settings, reach_m=self.settings.online_reach_m)
        self._filter = VelocityFilter(online, moving=moving)
        self._was_still = False
        self._before: tuple[FloatArray, FloatArray] | None = None

    def push(self, hop: Hop) -> HopMotion:
        """Motion of the hop's samples, each from what came up to it."""
        if hop.starts_segment or self._attitude is None:
            self._begin_segment(moving=self._attitude is not None)
            self._attitude = OnlineAttitude(hop.period_s, self.settings)
        quat = self._attitude.push(hop.acc_mps2, hop.gyr_radps)
        acc_w = world_acceleration(hop.acc_mps2, quat, self.settings.gravity_mps2)
        up = up_in_sensor(quat)
        inc = increment(hop, acc_w, up, self._before, self.settings)
        self._before = (acc_w[-1], up[-1])
        velocity, position, sigma_v, sigma_p = self._filter.cross(inc)
        window = max(1, round(self.settings.still_window_s / inc.times_s[-1]))
        self._moments = [*self._moments[1 - window :], hop_moments(hop)] if window > 1 else [hop_moments(hop)]
        still = len(self._moments) >= window and bool(is_still(np.sum(self._moments, axis=0)[None], self.settings)[0])
        # The hop's own stillness is known only at its end: its samples carry that of the hop before.
        was_still, self._was_still = self._was_still, still
        self._filter.update(float(inc.times_s[-1]), still=still)
        self._history.add(hop, quat, acc_w, inc, self._filter, still=still)
        return HopMotion(hop.t_s, quat, velocity, position, sigma_v, sigma_p, np.full(len(hop), was_still))

    def forget_before(self, t_s: float) -> None:
        """Drop what ended before t_s; smoothing then starts from the filter's state there."""
        self._history.drop(self._history.first_hop(t_s))

    def vertical_since(self, t_s: float) -> tuple[FloatArray, FloatArray, BoolArray]:
        """t_s (N,), smoothed vertical velocity (N,), resting (N,) of the current segment from t_s to now: a quick
        look.
        """
        return self._history.vertical(self._history.first_hop(t_s))

    def smoothed_since(self, t_s: float, visits: Sequence[Visit] = ()) -> SmoothedMotion:
        """The current segment from t_s to now, smoothed with what is known now."""
        first = self._history.first_hop(t_s)
        if visits and first + 2 < len(self._history.hops):
            return self._history.revisited(first, visits, self._filter).smoothed(0)
        return self._history.smoothed(first)


def smooth_segment(
    hops: list[Hop], settings: MotionSettings, *, moving: bool, visits: Sequence[Visit] = ()
) -> SmoothedMotion:
    """Smoothed motion of one unbroken run of hops, attitude included, using past and future of every sample.

    `moving`: a gap lies before it, nothing is known of its first velocity. `visits`: moments at which the bar is known
    to be at equal heights.
    """
    acc = np.concatenate([h.acc_mps2 for h in hops])
    gyr = np.concatenate([h.gyr_radps for h in hops])
    period = float(np.mean([h.period_s for h in hops]))
    quat = offline_attitude(acc, gyr, period, settings)
    acc_w = world_acceleration(acc, quat, settings.gravity_mps2)
    still = _still_around(hops, settings)
    state, history = VelocityFilter(settings, moving=moving), _History()
    visit_at = _nodes_of(visits, hops)
    at = 0
    up = up_in_sensor(quat)
    before: tuple[FloatArray, FloatArray] | None = None
    for node, (hop, hop_still) in enumerate(zip(hops, still, strict=True)):
        part = slice(at, at + len(hop))
        inc = increment(hop, acc_w[part], up[part], before, settings)
        state.cross(inc)
        state.update(float(inc.times_s[-1]), still=bool(hop_still))
        if node in visit_at:
            state.meet(visit_at[node].place, visit_at[node].sigma_m)
        history.add(hop, quat[part], acc_w[part], inc, state, still=bool(hop_still))
        at += len(hop)
        before = (acc_w[at - 1], up[at - 1])
    return history.smoothed(0)


def _still_around(hops: list[Hop], settings: MotionSettings) -> BoolArray:
    """Stillness at each node: any window that contains the hop and the next one is still."""
    moments = np.stack([hop_moments(h) for h in hops])
    hop_s = hops[0].period_s * len(hops[0])
    window = max(1, round(settings.still_window_s / hop_s))
    result = np.zeros(len(hops), bool)
    if len(hops) < window:
        return result
    still = is_still(sliding_window_view(moments, window, axis=0).sum(axis=-1), settings)
    for start in np.flatnonzero(still):
        result[start : start + window - 1] = True
    return result
