"""A first attitude of the sensor in a z-up world, heading arbitrary, and rotation by the gyroscope alone; the filter
and the smoother correct its tilt.

The first attitude is VQF's (Laidig and Seel, Information Fusion 2023, doi 10.1016/j.inffus.2022.10.014); its online
form sees the past alone, its offline form the whole piece it is given.
"""

from typing import Any

import numpy as np
import vqf

from bartracker.motion.rotation import from_rotation_vector, multiply
from bartracker.motion.settings import MotionSettings
from bartracker.samples import FloatArray


def _filter_settings(settings: MotionSettings) -> dict[str, Any]:
    return {"biasClip": settings.gyr_bias_clip_dps, "biasSigmaInit": settings.gyr_bias_sigma_dps}


def at_samples(quat_ws: FloatArray, gyr_radps: FloatArray, period_s: float, settings: MotionSettings) -> FloatArray:
    """quat_ws (N, 4) brought from where adding up the rates (N, 3) has led, half a period after the moment that a
    sample tells of, to the moment of the sample's stamp.
    """
    return multiply(quat_ws, from_rotation_vector((settings.sample_age - 0.5) * period_s * gyr_radps))


class Strapdown:
    """Rotation since the first sample by the gyroscope alone, no bias removed; pieces of any length give the same
    bits. The accelerometer has no part in it.
    """

    def __init__(self, period_s: float) -> None:
        self._filter = vqf.VQF(period_s, motionBiasEstEnabled=False, restBiasEstEnabled=False)

    def push(self, acc_mps2: FloatArray, gyr_radps: FloatArray) -> FloatArray:
        """(N, 4) from (N, 3) samples."""
        gyr, acc = np.ascontiguousarray(gyr_radps), np.ascontiguousarray(acc_mps2)
        return np.asarray(self._filter.updateBatchFullState(gyr, acc)["gyrQuat"], dtype=np.float64)

    def push_to_last(self, acc_mps2: FloatArray, gyr_radps: FloatArray) -> FloatArray:
        """(1, 4) at the last of (N, 3) samples alone, which costs a fifth."""
        self._filter.updateBatch(np.ascontiguousarray(gyr_radps), np.ascontiguousarray(acc_mps2))
        return np.asarray(self._filter.getQuat3D(), dtype=np.float64)[None]


class OnlineAttitude:
    """Attitude sample by sample; pieces of any length give the same bits."""

    def __init__(self, period_s: float, settings: MotionSettings) -> None:
        self._filter = vqf.VQF(period_s, **_filter_settings(settings))

    def push(self, acc_mps2: FloatArray, gyr_radps: FloatArray) -> FloatArray:
        """quat_ws (N, 4) from (N, 3) samples."""
        result = self._filter.updateBatch(np.ascontiguousarray(gyr_radps), np.ascontiguousarray(acc_mps2))
        return np.asarray(result["quat6D"], dtype=np.float64)


def offline_attitude(
    acc_mps2: FloatArray, gyr_radps: FloatArray, period_s: float, settings: MotionSettings
) -> FloatArray:
    """quat_ws (N, 4) of one unbroken piece, using past and future."""
    result = vqf.offlineVQF(
        np.ascontiguousarray(gyr_radps), np.ascontiguousarray(acc_mps2), None, period_s, _filter_settings(settings)
    )
    return np.asarray(result["quat6D"], dtype=np.float64)
