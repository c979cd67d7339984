"""What the gyroscope reads while the sensor lies still: bias, its drift and, where the data show it, g-sensitivity."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.calibration.poses import Pose
from bartracker.calibration.settings import SolverSettings
from bartracker.samples import FloatArray

# Drift while calibrating, rad/s in 100 s, before the fit: 5 K at 0.015 deg/s/K.
_DRIFT_RADPS: Final = 0.0013
_PER_S: Final = 100.0
# g-sensitivity before the fit: data sheets that name it say 0.1 deg/s per g.
_PER_ACC: Final = 0.0005


@dataclass(frozen=True, slots=True)
class RestRates:
    """bias_radps (3,) at the last pose, its covariance (3, 3); per_acc (3, 3) rad/s per m/s^2, zero unless shown."""

    bias_radps: FloatArray
    covariance: FloatArray
    per_acc: FloatArray
    remarks: tuple[str, ...]


def rest_rates(poses: list[Pose], settings: SolverSettings) -> RestRates:
    """Weighted least squares of the poses' mean rates against time and, with enough poses, force."""
    t_s = np.array([pose.t_s for pose in poses])
    rate = np.array([pose.gyr_radps for pose in poses])
    force = np.array([pose.acc_mps2 for pose in poses])
    sigma = np.hypot([pose.gyr_sigma_radps for pose in poses], settings.gyr_floor_radps)
    time = np.column_stack([np.ones(len(poses)), (t_s - t_s[-1]) / _PER_S])
    prior = np.array([0.0, 1 / _DRIFT_RADPS**2])
    remarks = ["temperature slopes are not fitted: a table calibration is made at one temperature"]
    if len(poses) >= settings.g_sensitivity_poses:
        columns = np.hstack([time, force])
        values, covariance = _solved(columns, rate, sigma, np.array([*prior, *[1 / _PER_ACC**2] * 3]))
        per_acc = values[2:].T
        shown = np.abs(per_acc) / np.sqrt(np.diagonal(covariance)[2:])
        if shown.max() > settings.g_sensitivity_sigma:
            return RestRates(values[0], np.eye(3) * covariance[0, 0], per_acc, tuple(remarks))
        remarks.append("g-sensitivity of the gyroscope is too small to be seen")
    else:
        remarks.append("g-sensitivity of the gyroscope is not fitted: too few poses")
    values, covariance = _solved(time, rate, sigma, prior)
    return RestRates(values[0], np.eye(3) * covariance[0, 0], np.zeros((3, 3)), tuple(remarks))


def _solved(
    columns: FloatArray, rate: FloatArray, sigma: FloatArray, prior: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Values (C, 3) and the covariance (C, C) of one axis, which holds the scatter where it is larger than stated."""
    weighted = columns / sigma[:, None]
    information = weighted.T @ weighted + np.diag(prior)
    inverse: FloatArray = np.asarray(np.linalg.inv(information), dtype=np.float64)
    values: FloatArray = inverse @ (weighted.T @ (rate / sigma[:, None]))
    left = (rate - columns @ values) / sigma[:, None]
    chi_square = float((left**2).sum() / max(1, left.size - 3 * columns.shape[1]))
    return values, inverse * max(1.0, chi_square)
