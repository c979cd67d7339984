"""Is the sensor calibrated? What the samples have said answers, and the estimate follows.

A sensor's accelerometer errors are either those of its chip as bought or the small rest that a calibration leaves.
Filter and smoother estimate with the wide prior of the first; a Gaussian estimate under the wide prior tells that under
the narrow one, and the odds of the two, in closed form: the ratio of two Gaussian priors is a Gaussian measurement of
the errors as zero. What is given on is the mean and covariance of both, weighed by their odds. Who has a calibration
with its uncertainty needs not ask.
"""

from dataclasses import replace
from math import exp, log
from typing import Final

import numpy as np

from bartracker.calibration import Calibration
from bartracker.motion.model import ACC_BIAS, ACC_MATRIX
from bartracker.motion.settings import MotionSettings
from bartracker.motion.whitening import whitened
from bartracker.samples import FloatArray

_ERRORS: Final = ACC_MATRIX.stop
# What a scale changes until a later session, besides a calibration's own uncertainty. Data sheets: 0.01 to 0.02 %/K.
_LATER_SCALE: Final = 0.001


def settings_for_calibration(settings: MotionSettings, calibration: Calibration) -> MotionSettings:
    """Parameters for samples that go through a calibration: the gravity that its scale rests on, and, where it tells
    its uncertainty, that as the sensor's errors.
    """
    if calibration.gravity_mps2 is not None:
        settings = replace(settings, gravity_mps2=calibration.gravity_mps2)
    acc_bias, acc_matrix = calibration.acc_bias_sigma_mps2, calibration.acc_matrix_sigma
    gyr_bias, gyr_matrix = calibration.gyr_bias_sigma_radps, calibration.gyr_matrix_sigma
    if acc_bias is None or acc_matrix is None or gyr_bias is None or gyr_matrix is None:
        return settings

    def later(sigma: FloatArray) -> float:
        return float(np.hypot(_root_mean_square(sigma), _LATER_SCALE))

    across = ~np.eye(3, dtype=np.bool_)
    scale = later(np.diagonal(acc_matrix))
    return replace(
        settings,
        calibrated_share=0.0,
        acc_bias_mps2=_root_mean_square(acc_bias),
        acc_scale=scale,
        acc_cross=later(acc_matrix[across]),
        dynamic_scale=scale,
        gyr_bias_radps=_root_mean_square(gyr_bias),
        gyr_scale=later(gyr_matrix),
    )


def _root_mean_square(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def acc_error_sigma(settings: MotionSettings) -> FloatArray:
    """(9,) standard uncertainty of the accelerometer's errors of a sensor as bought: bias, scale, cross-axis."""
    sigma = np.empty(_ERRORS)
    sigma[ACC_BIAS] = settings.acc_bias_mps2
    sigma[ACC_MATRIX] = [settings.acc_scale] * 3 + [settings.acc_cross] * 3
    return sigma


class CalibratedOrNot:
    """Weighs the two; `first` is where the nine accelerometer errors begin among the states."""

    def __init__(self, settings: MotionSettings, first: int) -> None:
        self._errors = slice(first, first + _ERRORS)
        wide = acc_error_sigma(settings) ** 2
        # Of the errors measured as zero: what makes the wide prior the narrow one.
        of_bias, of_matrix = settings.calibrated_ratio
        left = np.array([of_bias] * 3 + [of_matrix] * 6)
        self._variance = wide / (1.0 / left**2 - 1.0)
        share = settings.calibrated_share
        self._possible = share > 0.0
        self._log_odds = float(np.log(share / (1.0 - share))) if self._possible else 0.0
        self._log_odds += 0.5 * float(np.log(wide + self._variance).sum())

    def weighed(self, mean: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean (K,) and covariance (K, K) from those under the wide prior."""
        if not self._possible:
            return mean, covariance
        error, rows = mean[self._errors], covariance[self._errors]
        size = len(mean)
        # Side by side: rows of the covariance, and the errors themselves.
        known = np.empty((_ERRORS, size + 1))
        known[:, :size], known[:, size] = rows, error
        innovation = rows[:, self._errors].copy()
        innovation.reshape(-1)[:: _ERRORS + 1] += self._variance
        try:
            factor, solved = whitened(innovation, known)
        except FloatingPointError:
            return mean, covariance
        gain, off = solved[:, :size], solved[:, size]
        explained = float(off @ off)
        half_log_determinant = sum(map(log, factor.diagonal().tolist()))
        log_odds = self._log_odds - half_log_determinant - 0.5 * explained
        calibrated = 1.0 / (1.0 + exp(-min(max(log_odds, -50.0), 50.0)))
        shift = -off @ gain
        weighed = covariance - calibrated * (gain.T @ gain)
        weighed += shift[:, None] * ((calibrated * (1.0 - calibrated)) * shift)
        return mean + calibrated * shift, weighed
