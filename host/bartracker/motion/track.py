"""Motion over hops: the online stream (past alone, one pass) and the smoothed motion of a stretch (past and future), on
the same models of hops. No rep is known here.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bartracker.motion.attitude import OnlineAttitude, Strapdown, at_samples, offline_attitude
from bartracker.motion.filter import MotionFilter
from bartracker.motion.model import (
    BIAS_Z,
    NODE_STATES,
    POS,
    TILT,
    VEL,
    Before,
    HopIntegrals,
    HopModels,
    Samples,
    column_weights,
    hop_models,
    of_columns,
    stacked,
)
from bartracker.motion.places import REST, Contact
from bartracker.motion.ringing import quick_sigma, without_ringing
from bartracker.motion.rotation import from_rotation_vector, multiply
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoother import Prior, SmoothTrack, first_prior, smooth, tilted, vertical_nodes
from bartracker.motion.stillness import hop_moments, is_still
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop

_Scalar = TypeVar("_Scalar", bound=np.generic)
_NO_MOMENTS: Final = np.zeros(13)


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
    """Online motion at the samples of one hop, (N, ...); see events.MotionUpdate. sigma_tilt_rad: of inclination;
    constants, sigma_constants (25,): the segment's constants (model.py) as known before the hop.
    """

    t_s: FloatArray
    quat_ws: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    sigma_tilt_rad: FloatArray
    resting: BoolArray
    constants: FloatArray
    sigma_constants: FloatArray


@dataclass(frozen=True, slots=True)
class SmoothedMotion:
    """Smoothed motion of one unbroken stretch, samples (N, ...), with the node states behind it.

    node_t_s (M + 1,) and nodes give covariances between any two moments; dynamic_scale is the part of every velocity
    and displacement that may be wrong besides.
    """

    sample_index: IntArray
    t_s: FloatArray
    period_s: float
    dynamic_scale: float
    quat_ws: FloatArray
    acc_w_mps2: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    sigma_tilt_rad: FloatArray
    resting: BoolArray
    lost: BoolArray
    clipped: BoolArray
    node_t_s: FloatArray
    nodes: SmoothTrack

    def __len__(self) -> int:
        return len(self.t_s)

    def displacement_sigma_m(self, from_s: float, to_s: float) -> tuple[float, float]:
        """Standard uncertainty of the vertical and of each horizontal displacement between two moments, m."""
        way = np.array([np.diff(np.interp([from_s, to_s], self.t_s, self.pos_w_m[:, axis]))[0] for axis in range(3)])
        scale = self.dynamic_scale * way
        variance = self.nodes.change_variance(*self._nodes(from_s, to_s))[POS] + scale**2
        x, y, z = np.sqrt(np.maximum(variance, 1e-10))
        return float(z), float(np.hypot(x, y) / np.sqrt(2.0))

    def rise_covariance(self, from_s: float, to_s: float) -> FloatArray:
        """(3, 3) of the height gained between two moments and of vertical velocity at both, dynamic_scale left out."""
        return self.nodes.vertical_covariance(*self._nodes(from_s, to_s))

    def with_vertical_doubt(self, times: float) -> "SmoothedMotion":
        """The same motion, so many times as unsure of heights and vertical velocities; dynamic_scale and what is quick
        stay.
        """
        nodes = self.nodes.with_vertical_doubt(times)
        change = (times**2 - 1.0) * self.nodes.covariance()[:, [5, 2], [5, 2]]
        sigma_vel, sigma_pos = self.sigma_vel_w_mps.copy(), self.sigma_pos_w_m.copy()
        for column, sigma in enumerate((sigma_vel, sigma_pos)):
            gained: FloatArray = np.interp(self.t_s, self.node_t_s, change[:, column])
            sigma[:, 2] = np.sqrt(np.maximum(sigma[:, 2] ** 2 + gained, 1e-8))
        return replace(self, nodes=nodes, sigma_vel_w_mps=sigma_vel, sigma_pos_w_m=sigma_pos)

    def velocity_change_sigma_mps(self, from_s: float, to_s: float) -> float:
        """Standard uncertainty of the change of vertical velocity between two moments, m/s."""
        variance = self.nodes.change_variance(*self._nodes(from_s, to_s))[VEL]
        return float(np.sqrt(max(float(variance[2]), 1e-8)))

    def _nodes(self, from_s: float, to_s: float) -> tuple[int, int]:
        """The nodes nearest two moments, two different ones."""
        first, second = sorted(int(np.abs(self.node_t_s - t_s).argmin()) for t_s in (from_s, to_s))
        if first == second:
            second = min(first + 1, len(self.node_t_s) - 1)
            first = max(0, second - 1)
        return first, second


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Unbroken hops with their models, ready to be smoothed; quat_ws (N, 4) is the attitude that tilts refer to."""

    hops: list[Hop]
    quat_ws: FloatArray
    models: HopModels
    integrals: HopIntegrals
    still: BoolArray
    prior: Prior

    def smoothed(self, visits: Sequence[Visit], settings: MotionSettings) -> SmoothedMotion:
        hops = self.hops
        track = smooth(self.models, self.still, self._contacts(visits, settings), self.prior, settings)
        velocity, position = between_nodes(self.integrals, track.nodes, track.constants)
        t_s = np.concatenate([hop.t_s for hop in hops])
        node_t_s = np.concatenate([hops[0].t_s[:1] - hops[0].period_s, [hop.t_s[-1] for hop in hops]])
        tilt = _at(t_s, node_t_s, track.nodes[:, TILT])
        gyr = np.concatenate([hop.gyr_radps for hop in hops])
        weights = _at(t_s, node_t_s, column_weights(track.nodes, track.constants))
        acceleration = of_columns(self.integrals.columns, weights)
        velocity[:, 2], ringing = without_ringing(velocity[:, 2], acceleration, hops[-1].period_s, settings)
        variance = np.diagonal(track.covariance(), axis1=1, axis2=2)
        sigma = _at(t_s, node_t_s, np.sqrt(np.maximum(variance, 0.0)))
        sigma_vel = np.hypot(sigma[:, VEL], settings.dynamic_scale * velocity)
        quick = quick_sigma(velocity[:, 2], hops[-1].period_s, settings)
        sigma_vel[:, 2] = np.sqrt(sigma_vel[:, 2] ** 2 + quick**2 + (0.5 * ringing) ** 2)
        return SmoothedMotion(
            sample_index=np.concatenate([hop.sample_index for hop in hops]),
            t_s=t_s,
            period_s=hops[-1].period_s,
            dynamic_scale=settings.dynamic_scale,
            quat_ws=at_samples(tilt_by(tilt, self.quat_ws), gyr, hops[-1].period_s, settings),
            acc_w_mps2=acceleration,
            vel_w_mps=velocity,
            pos_w_m=position,
            sigma_vel_w_mps=sigma_vel,
            sigma_pos_w_m=sigma[:, POS],
            sigma_tilt_rad=np.hypot(sigma[:, 6], sigma[:, 7]),
            resting=_per_sample(hops, self.still),
            lost=np.concatenate([hop.lost for hop in hops]),
            clipped=np.concatenate([hop.acc_clipped | hop.gyr_clipped for hop in hops]),
            node_t_s=node_t_s,
            nodes=track,
        )

    def _contacts(self, visits: Sequence[Visit], settings: MotionSettings) -> list[Contact]:
        begins = self.still & ~np.concatenate([[False], self.still[:-1]])
        contacts = [Contact(int(hop) + 1, REST, settings.rest_height_m) for hop in np.flatnonzero(begins)]
        node_t_s = np.array([hop.t_s[-1] for hop in self.hops])
        contacts += [
            Contact(int(np.abs(node_t_s - visit.t_s).argmin()) + 1, visit.place, visit.sigma_m)
            for visit in visits
            if self.hops[0].t_s[0] <= visit.t_s <= node_t_s[-1]
        ]
        return sorted(contacts, key=lambda contact: contact.node)


def between_nodes(integrals: HopIntegrals, nodes: FloatArray, constants: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Velocity and position (N, 3) at the samples of M hops from the states of their M + 1 nodes.

    Each hop is integrated from the node before it and closed on its own node by a cubic, so that velocity stays the
    derivative of position.
    """
    ends, since = integrals.ends, integrals.since_s[:, None]
    lengths = np.diff(ends, prepend=0)

    def spread(values: FloatArray) -> FloatArray:
        return np.repeat(values, lengths, axis=0)

    before = spread(nodes[:-1])
    weights = spread(column_weights(nodes[:-1], constants))
    velocity = before[:, VEL] + of_columns(integrals.integrals[0], weights)
    position = before[:, POS] + since * before[:, VEL] + of_columns(integrals.integrals[1], weights)
    gap_p = spread(nodes[1:, POS] - position[ends - 1])
    gap_v = spread(nodes[1:, VEL] - velocity[ends - 1])
    duration = spread(since[ends - 1])
    u = since / duration
    position += gap_p * (3 * u**2 - 2 * u**3) + gap_v * duration * (u**3 - u**2)
    velocity += gap_p * (6 * u - 6 * u**2) / duration + gap_v * (3 * u**2 - 2 * u)
    return velocity, position


def tilt_by(tilt_rad: FloatArray, quat_ws: FloatArray) -> FloatArray:
    """Attitude (N, 4) tilted further by (N, 2) or (2,) about the world's x and y."""
    vector = np.zeros((*tilt_rad.shape[:-1], 3))
    vector[..., :2] = tilt_rad
    return multiply(from_rotation_vector(vector), quat_ws)


def _at(t_s: FloatArray, node_t_s: FloatArray, values: FloatArray) -> FloatArray:
    """Columns of (M + 1, K) between nodes, linearly."""
    return np.stack([np.interp(t_s, node_t_s, values[:, column]) for column in range(values.shape[1])], axis=1)


def _per_sample(hops: list[Hop], values: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """What is known of each hop, (M, ...), at all its samples."""
    return np.repeat(values, [len(hop) for hop in hops], axis=0)


@dataclass(frozen=True, slots=True)
class _Past:
    """One hop of the stream: what smoothing needs of it. prior, known_mean: what was known at the node before it, for
    a sensor as bought and as it seems to be (filter.py).
    """

    hop: Hop
    quat_ws: FloatArray
    model: HopModels
    integrals: HopIntegrals
    still: bool
    prior: Prior
    known_mean: FloatArray


class OnlineMotion:
    """The stream: push hops, get motion that uses nothing later than each sample. Keeps the current segment for
    smoothing.
    """

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self.settings = settings or MotionSettings()
        self._attitude: OnlineAttitude | None = None

    def _begin_segment(self, period_s: float) -> None:
        moving = self._attitude is not None
        self._attitude = OnlineAttitude(period_s, self.settings)
        self._strapdown = Strapdown(period_s)
        self._filter = MotionFilter(self.settings, moving=moving)
        self._past: list[_Past] = []
        self._moments: list[FloatArray] = []
        self._was_still = False
        self._before: Before | None = None

    def push(self, hop: Hop) -> HopMotion:
        """Motion of the hop's samples, each from what came up to it."""
        if hop.starts_segment or self._attitude is None:
            self._begin_segment(hop.period_s)
        assert self._attitude is not None
        quat = self._attitude.push(hop.acc_mps2, hop.gyr_radps)
        strapdown = self._strapdown.push_to_last(hop.acc_mps2, hop.gyr_radps)
        model, integrals, self._before = hop_models(Samples.of([hop], quat, strapdown), self._before, self.settings)
        state, prior = self._filter, self._filter.prior
        known, variance = state.known_mean, np.diagonal(state.known_covariance)
        sigma_tilt = np.sqrt(variance[6] + variance[7])
        sigma_constants = np.sqrt(variance[NODE_STATES:])
        velocity, position, sigma_v, sigma_p = state.cross(model, integrals)
        window = max(1, round(self.settings.still_window_s / integrals.since_s[-1]))
        self._moments = [*self._moments[1 - window :], hop_moments(hop)] if window > 1 else [hop_moments(hop)]
        still = len(self._moments) >= window and is_still(sum(self._moments, _NO_MOMENTS), self.settings)
        # The hop's own stillness is known only at its end: its samples carry that of the hop before.
        was_still, self._was_still = self._was_still, still
        state.update(model, still=still)
        self._past.append(_Past(hop, quat, model, integrals, still, prior, known))
        return HopMotion(
            t_s=hop.t_s,
            quat_ws=at_samples(tilt_by(known[TILT], quat), hop.gyr_radps, hop.period_s, self.settings),
            vel_w_mps=velocity,
            pos_w_m=position,
            sigma_vel_w_mps=np.hypot(sigma_v, self.settings.dynamic_scale * velocity),
            sigma_pos_w_m=sigma_p,
            sigma_tilt_rad=np.full(len(hop), sigma_tilt),
            resting=np.full(len(hop), was_still),
            constants=known[NODE_STATES:],
            sigma_constants=sigma_constants,
        )

    def expect_stillness(self, still_acc_mps2: float, still_gyr_radps: float) -> None:
        """From the next hop on this much spread passes for rest at most; see `MotionSettings`."""
        settings = self.settings
        if (still_acc_mps2, still_gyr_radps) != (settings.still_acc_mps2, settings.still_gyr_radps):
            self.settings = replace(settings, still_acc_mps2=still_acc_mps2, still_gyr_radps=still_gyr_radps)

    def forget_before(self, t_s: float) -> None:
        """Drop what ended before t_s; smoothing then starts from the filter's state there."""
        del self._past[: self._first(t_s)]

    def vertical_since(self, t_s: float) -> tuple[FloatArray, FloatArray, BoolArray]:
        """t_s (N,), vertical velocity (N,), resting (N,) of the current segment from t_s to now: a quick look that
        takes the sensor's errors as the stream knows them now.
        """
        past = self._past[self._first(t_s) :]
        hops = [each.hop for each in past]
        weights = column_weights(
            np.stack([each.known_mean[:NODE_STATES] for each in past]), self._filter.known_mean[NODE_STATES:]
        )
        weights[:, BIAS_Z - TILT.start + 1] = 0.0
        columns = np.concatenate([each.integrals.integrals[0, :, 2] for each in past])
        gained = (columns * _per_sample(hops, weights)).sum(axis=1)
        ends = np.cumsum([len(hop) for hop in hops])
        risen = (np.stack([each.integrals.integrals[1, -1, 2] for each in past]) * weights).sum(axis=1)
        still = np.array([each.still for each in past])
        hop_s = np.concatenate([each.model.duration_s for each in past])
        variance = np.concatenate([each.model.vel_variance[:, 2] for each in past])
        offset = np.stack([risen, gained[ends - 1]], axis=1)
        nodes = vertical_nodes(hop_s, variance, offset, still, past[0].prior, self.settings)
        since = np.concatenate([each.integrals.since_s for each in past])
        before, duration = _per_sample(hops, nodes[:-1]), _per_sample(hops, hop_s)
        velocity = before[:, 1] + gained - since * before[:, 2]
        gap = _per_sample(hops, nodes[1:, 1] - velocity[ends - 1])
        return np.concatenate([hop.t_s for hop in hops]), velocity + gap * since / duration, _per_sample(hops, still)

    def smoothed_since(self, t_s: float, visits: Sequence[Visit] = ()) -> SmoothedMotion:
        """The current segment from t_s to now, smoothed with what is known now."""
        past = self._past[self._first(t_s) :]
        stretch = _Stretch(
            hops=[each.hop for each in past],
            quat_ws=np.concatenate([each.quat_ws for each in past]),
            models=stacked([each.model for each in past]),
            integrals=HopIntegrals.joined([each.integrals for each in past]),
            still=np.array([each.still for each in past]),
            prior=past[0].prior,
        )
        # So short a stretch tells little of the sensor's errors: the reach must hold it as it holds the stream.
        return stretch.smoothed(visits, replace(self.settings, reach_m=self.settings.online_reach_m))

    def _first(self, t_s: float) -> int:
        """The first hop that ends at or after t_s, or the last."""
        return min(bisect_left(self._past, t_s, key=lambda past: float(past.hop.t_s[-1])), len(self._past) - 1)


def segments_of(hops: list[Hop]) -> list[list[Hop]]:
    """Hops grouped at the starts of segments."""
    segments: list[list[Hop]] = []
    for hop in hops:
        if hop.starts_segment or not segments:
            segments.append([])
        segments[-1].append(hop)
    return segments


def smooth_segment(
    hops: list[Hop], settings: MotionSettings, *, moving: bool, visits: Sequence[Visit] = ()
) -> SmoothedMotion:
    """Smoothed motion of one unbroken run of hops, attitude included, using past and future of every sample.

    `moving`: a gap lies before it, nothing is known of its first velocity. `visits`: moments at which the bar is known
    to be at equal heights.
    """
    acc = np.concatenate([hop.acc_mps2 for hop in hops])
    gyr = np.concatenate([hop.gyr_radps for hop in hops])
    period = float(np.mean([hop.period_s for hop in hops]))
    quat = offline_attitude(acc, gyr, period, settings)
    ends = np.cumsum([len(hop) for hop in hops])
    samples = Samples.of(hops, quat, Strapdown(period).push(acc, gyr)[ends - 1])
    still = still_around(hops, settings)
    prior = first_prior(settings, moving=moving)
    models, _, _ = hop_models(samples, None, settings)
    nodes = tilted(models, still, prior, settings)
    # The model is linear in tilt: once more about the better attitude.
    node_t_s = np.concatenate([[0.0], period * samples.ends])
    tilt = _at(period * np.arange(1.0, len(quat) + 1.0), node_t_s, nodes)
    samples = replace(samples, quat_ws=tilt_by(tilt, quat), tilt_rad=nodes[1:])
    shifted = prior.mean.copy()
    shifted[TILT] = -nodes[0]
    models, integrals, _ = hop_models(samples, None, settings)
    prior = replace(prior, mean=shifted)
    return _Stretch(hops, samples.quat_ws, models, integrals, still, prior).smoothed(visits, settings)


def still_around(hops: list[Hop], settings: MotionSettings) -> BoolArray:
    """Stillness at each node: any window that contains the hop and the next one is still."""
    moments = np.stack([hop_moments(h) for h in hops])
    hop_s = hops[0].period_s * len(hops[0])
    window = max(1, round(settings.still_window_s / hop_s))
    result = np.zeros(len(hops), bool)
    if len(hops) < window:
        return result
    for start, in_window in enumerate(sliding_window_view(moments, window, axis=0).sum(axis=-1)):
        if is_still(in_window, settings):
            result[start : start + window - 1] = True
    return result
