"""When the bar truly rests. A bar held in the hands never does; a slow lift must never be taken for rest."""

import numpy as np

from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray
from bartracker.timebase import Hop

_MEAN_S = 0.01


def hop_moments(hop: Hop) -> FloatArray:
    """(13,) count, sums and sums of squares of acceleration and rate, averaged to 10 ms first so that no chip's
    bandwidth matters.

    A hop with lost or clipped samples gets an infinite square: it is never still.
    """
    each = min(len(hop), max(1, round(_MEAN_S / hop.period_s)))
    count = len(hop) // each
    values = np.concatenate([hop.acc_mps2, hop.gyr_radps], axis=1)[: count * each]
    means = values.reshape(count, each, 6).mean(axis=1)
    moments = np.empty(13)
    moments[0] = count
    moments[1:7] = means.sum(axis=0)
    moments[7:] = (means**2).sum(axis=0)
    if hop.lost.any() or hop.acc_clipped.any() or hop.gyr_clipped.any():
        moments[7:] = np.inf
    return moments


def is_still(moments: FloatArray, settings: MotionSettings) -> BoolArray:
    """Stillness (M,) of windows given as sums of hop moments, (M, 13)."""
    count = moments[:, :1]
    variance = np.maximum(moments[:, 7:] / count - (moments[:, 1:7] / count) ** 2, 0.0)
    acc = np.sqrt(variance[:, :3].sum(axis=1))
    force = np.sqrt(((moments[:, 1:4] / count) ** 2).sum(axis=1))
    steady = np.abs(force - settings.gravity_mps2) < settings.still_force_mps2
    gyr = np.sqrt(variance[:, 3:].sum(axis=1))
    return steady & (acc < settings.still_acc_mps2) & (gyr < settings.still_gyr_radps)
