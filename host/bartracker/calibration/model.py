"""Linear error model of an inertial sensor and its inverse: measured = matrix @ true + bias, for accelerometer and
gyroscope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class Calibration:
    """acc_matrix, gyr_matrix (3, 3) scale and cross-axis; acc_bias_mps2, gyr_bias_radps (3,), sensor frame."""

    name: str
    acc_matrix: FloatArray
    acc_bias_mps2: FloatArray
    gyr_matrix: FloatArray
    gyr_bias_radps: FloatArray

    def corrected(self, acc_mps2: FloatArray, gyr_radps: FloatArray) -> tuple[FloatArray, FloatArray]:
        """True specific force and angular rate, (N, 3) each, from measured ones."""
        if self is IDENTITY:
            return acc_mps2, gyr_radps
        acc = (acc_mps2 - self.acc_bias_mps2) @ np.linalg.inv(self.acc_matrix).T
        gyr = (gyr_radps - self.gyr_bias_radps) @ np.linalg.inv(self.gyr_matrix).T
        return acc, gyr

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "acc_matrix": self.acc_matrix.tolist(),
            "acc_bias_mps2": self.acc_bias_mps2.tolist(),
            "gyr_matrix": self.gyr_matrix.tolist(),
            "gyr_bias_radps": self.gyr_bias_radps.tolist(),
        }

    @staticmethod
    def from_dict(given: str, document: Mapping[str, object]) -> "Calibration":
        """Checked inverse of to_dict; `given` is how errors name the source.

        Raises:
            BartrackerError: a key is missing, a shape is wrong, a value not finite or a matrix far from a scale near
            one.
        """

        def array(key: str, shape: tuple[int, ...]) -> FloatArray:
            try:
                value = np.array(cast("list[float]", document[key]), dtype=np.float64)
            except (KeyError, TypeError, ValueError):
                raise BartrackerError(
                    given, f"calibration has no numeric {key}", "record without it, or calibrate again"
                ) from None
            if value.shape != shape or not np.isfinite(value).all():
                raise BartrackerError(given, f"calibration {key} is not {shape} finite numbers", "calibrate again")
            return value

        result = Calibration(
            str(document.get("name", "unnamed")),
            array("acc_matrix", (3, 3)),
            array("acc_bias_mps2", (3,)),
            array("gyr_matrix", (3, 3)),
            array("gyr_bias_radps", (3,)),
        )
        for matrix in (result.acc_matrix, result.gyr_matrix):
            if not np.abs(matrix - np.eye(3)).max() < 0.5:
                raise BartrackerError(
                    given, "calibration matrix is further than 50 % from the identity", "calibrate again"
                )
        return result


IDENTITY = Calibration("none", np.eye(3), np.zeros(3), np.eye(3), np.zeros(3))
