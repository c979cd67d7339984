"""Whole segments of hops, smoothed with past and future of every sample. No rep is known here."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bartracker.motion.attitude import Strapdown, offline_attitude
from bartracker.motion.model import TILT, Samples, hop_models
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoothed_motion import SmoothedMotion, Stretch, Visit, at_times, tilt_by
from bartracker.motion.smoother import first_prior, tilted
from bartracker.motion.stillness import hop_moments, is_still
from bartracker.samples import BoolArray
from bartracker.timebase import Hop


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
    tilt = at_times(period * np.arange(1.0, len(quat) + 1.0), node_t_s, nodes)
    samples = replace(samples, quat_ws=tilt_by(tilt, quat), tilt_rad=nodes[1:])
    shifted = prior.mean.copy()
    shifted[TILT] = -nodes[0]
    models, integrals, _ = hop_models(samples, None, settings)
    prior = replace(prior, mean=shifted)
    return Stretch(hops, samples.quat_ws, models, integrals, still, prior).smoothed(visits, settings)


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
