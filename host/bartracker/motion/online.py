"""The online stream: motion from past samples alone, in one pass over hops, and the smoothed motion of its newest part.
No rep is known here.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bartracker.motion.attitude import OnlineAttitude, Strapdown, at_samples
from bartracker.motion.filter import MotionFilter
from bartracker.motion.model import (
    BIAS_Z,
    NODE_STATES,
    TILT,
    Before,
    HopIntegrals,
    HopModels,
    Samples,
    column_weights,
    hop_models,
    stacked,
)
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoothed_motion import SmoothedMotion, Stretch, Visit, tilt_by
from bartracker.motion.smoother import Prior, vertical_nodes
from bartracker.motion.stillness import hop_moments, is_still
from bartracker.samples import BoolArray, FloatArray
from bartracker.timebase import Hop

_NO_MOMENTS: Final = np.zeros(13)


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
class _Past:
    """One hop of the stream: what smoothing needs of it. prior, known_mean: what was known at the node before it, for
    a sensor as bought and as it seems to be (filter.py). gain_z (N, 14), rise_z (14,): the vertical columns of its
    integrals, of velocity at each sample and of height at its end.
    """

    hop: Hop
    quat_ws: FloatArray
    model: HopModels
    integrals: HopIntegrals
    still: bool
    prior: Prior
    known_mean: FloatArray
    gain_z: FloatArray
    rise_z: FloatArray


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
        gain_z, rise_z = integrals.integrals[0, :, 2], integrals.integrals[1, -1, 2]
        self._past.append(_Past(hop, quat, model, integrals, still, prior, known, gain_z, rise_z))
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
        t_s_of = [each.hop.t_s for each in past]
        lengths = np.array([len(each) for each in t_s_of])
        ends = np.cumsum(lengths)
        known = np.concatenate([each.known_mean for each in past]).reshape(len(past), -1)
        weights = column_weights(known[:, :NODE_STATES], self._filter.known_mean[NODE_STATES:])
        weights[:, BIAS_Z - TILT.start + 1] = 0.0
        gained = (np.concatenate([each.gain_z for each in past]) * np.repeat(weights, lengths, axis=0)).sum(axis=1)
        risen = (np.concatenate([each.rise_z for each in past]).reshape(len(past), -1) * weights).sum(axis=1)
        still = np.array([each.still for each in past])
        hop_s = np.concatenate([each.model.duration_s for each in past])
        variance = np.concatenate([each.model.vel_variance for each in past])[:, 2]
        offset = np.stack([risen, gained[ends - 1]], axis=1)
        nodes = vertical_nodes(hop_s, variance, offset, still, past[0].prior, self.settings)
        since = np.concatenate([each.integrals.since_s for each in past])
        before, duration = np.repeat(nodes[:-1], lengths, axis=0), np.repeat(hop_s, lengths)
        velocity = before[:, 1] + gained - since * before[:, 2]
        gap = np.repeat(nodes[1:, 1] - velocity[ends - 1], lengths)
        return np.concatenate(t_s_of), velocity + gap * since / duration, np.repeat(still, lengths)

    def smoothed_since(self, t_s: float, visits: Sequence[Visit] = ()) -> SmoothedMotion:
        """The current segment from t_s to now, smoothed with what is known now."""
        past = self._past[self._first(t_s) :]
        stretch = Stretch(
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
