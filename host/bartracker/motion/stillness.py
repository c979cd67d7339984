"""When the bar truly rests. A bar held in the hands never does; a slow lift must never be taken for rest."""

from math import sqrt

import numpy as np

from bartracker.motion.settings import MotionSettings
from bartracker.samples import FloatArray
from bartracker.timebase import Hop

_MEAN_S = 0.01


def hop_moments(hop: Hop) -> FloatArray:
    """(13,) count, sums and sums of squares of acceleration and rate, averaged to 10 ms first so that no chip's
    bandwidth matters.

    A hop with lost or clipped samples gets an infinite square: it is never still.
    """
    each = min(len(hop), max(1, round(_MEAN_S / hop.period_s)))
    count = len(hop) // each
    means = np.empty((count, 6))
    for axes, samples in ((slice(0, 3), hop.acc_mps2), (slice(3, 6), hop.gyr_radps)):
        means[:, axes] = samples[: count * each].reshape(count, each, 3).sum(axis=1)
    means /= each
    moments = np.empty(13)
    moments[0] = count
    moments[1:7] = means.sum(axis=0)
    moments[7:] = (means**2).sum(axis=0)
    if np.count_nonzero(hop.lost | hop.acc_clipped | hop.gyr_clipped):
        moments[7:] = np.inf
    return moments


def is_still(moments: FloatArray, settings: MotionSettings) -> bool:
    """Whether a window was still, from the sum of its hops' moments (13,)."""
    count, *sums = moments.tolist()
    mean = [each / count for each in sums[:6]]
    variance = [max(square / count - each * each, 0.0) for square, each in zip(sums[6:], mean, strict=True)]
    force = sqrt(mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2)
    return (
        abs(force - settings.gravity_mps2) < settings.still_force_mps2
        and sum(variance[:3]) < settings.still_acc_mps2**2
        and sum(variance[3:]) < settings.still_gyr_radps**2
    )
