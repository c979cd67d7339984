"""What in the smoothed velocity is not the bar's movement.

The bar's structure rings after it is set down; its velocity does not. Ringing is told from movement by its swings
through zero, and taken out. Bounces of a dropped bar are movement and stay. Whip and contacts cannot be told from
movement: they are quicker than lifters move a bar, and what is so quick is doubted.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray


def without_ringing(
    vel_z_mps: FloatArray, acc_w_mps2: FloatArray, period_s: float, settings: MotionSettings
) -> tuple[FloatArray, FloatArray]:
    """Vertical velocity (N,) with the ringing after each contact averaged out, and what was taken away (N,), m/s.

    acc_w_mps2 (N, 3): world acceleration. What comes before a contact stays as it is.
    """
    hold = max(1, round(settings.ringing_s / period_s))
    width = 2 * round(settings.ringing_average_s / period_s / 2) + 1
    size = np.sqrt((acc_w_mps2**2).sum(axis=1))
    result = vel_z_mps.copy()
    for first, stop in _contacts(size > settings.contact_acc_mps2, hold):
        after = vel_z_mps[first:stop]
        before = vel_z_mps[max(0, first - 1)]
        one_contact = width <= len(after) <= 1.2 * hold
        if not one_contact or abs(before) > settings.set_down_mps or not _rings(after, settings):
            continue
        # Mirrored at the contact: nothing of the lowering comes in.
        padded = np.concatenate([after[:width][::-1], after, vel_z_mps[stop : stop + width]])
        steady = uniform_filter1d(uniform_filter1d(padded, width), width // 2 + 1)[width : width + len(after)]
        fade = np.clip((len(after) - np.arange(len(after))) / (0.25 * hold), 0.0, 1.0)
        result[first:stop] = fade * steady + (1.0 - fade) * after
    return result, vel_z_mps - result


def quick_sigma(vel_z_mps: FloatArray, period_s: float, settings: MotionSettings) -> FloatArray:
    """Standard uncertainty (N,) of vertical velocity from what in it is too quick for a lifter, m/s."""
    width = settings.quick_s / period_s

    def slow(values: FloatArray) -> FloatArray:
        return np.asarray(gaussian_filter1d(values, width, mode="nearest"), dtype=np.float64)

    # Twice, so that of a movement of 1 s half a percent is left.
    quick = vel_z_mps - slow(vel_z_mps)
    quick -= slow(quick)
    return settings.quick_error * np.sqrt(np.maximum(slow(quick**2), 0.0))


def _contacts(hit: BoolArray, hold: int) -> list[tuple[int, int]]:
    """Half-open runs from a first hit until `hold` samples after the last that follows within as many."""
    places = np.flatnonzero(hit)
    if not len(places):
        return []
    runs = np.split(places, np.flatnonzero(np.diff(places) > hold) + 1)
    return [(int(run[0]), min(len(hit), int(run[-1]) + hold)) for run in runs]


def _rings(vel_mps: FloatArray, settings: MotionSettings) -> bool:
    """Whether velocity turns on both sides of zero often enough."""
    turns = vel_mps[1:-1][np.diff(np.sign(np.diff(vel_mps))) != 0]
    large = np.sign(turns[np.abs(turns) > settings.ringing_mps])
    return int((np.diff(large) != 0).sum()) >= settings.ringing_swings
