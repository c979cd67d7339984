"""Linear error model of an inertial sensor and its inverse, with what is known of its own uncertainty.

measured force = acc_matrix @ true + acc_bias; measured rate = gyr_matrix @ true + gyr_bias + gyr_per_acc @ true force.
How the numbers are found is solver.py's; the file is exchange/calibration_json.py's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray

ACC_BIAS: Final = slice(0, 3)
ACC_MATRIX: Final = slice(3, 12)
GYR_BIAS: Final = slice(12, 15)
GYR_MATRIX: Final = slice(15, 24)
PARAMETERS: Final = 24
"""Order of the covariance: both biases and both matrices, these row by row."""

# What a bias changes from one session to the next besides the fit's own uncertainty: turn-on and temperature. Data
# sheets: accelerometer 0.1 to 0.5 mg/K, gyroscope 0.01 to 0.015 deg/s/K; 5 K between sessions.
LATER_ACC_BIAS_MPS2: Final = 0.01
LATER_GYR_BIAS_RADPS: Final = 0.0015

_FARTHEST_FROM_IDENTITY: Final = 0.5
_RETRY: Final = "calibrate again"


def _zeros() -> FloatArray:
    return np.zeros((3, 3))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one specimen's samples must go through before they are physics.

    Attributes:
        name: what a person calls it.
        acc_matrix, gyr_matrix: (3, 3) scale and cross-axis, near the identity. The accelerometer's is symmetric in what
            the solver finds: what is left of a matrix is a rotation of the sensor, which no use of it can notice.
        acc_bias_mps2, gyr_bias_radps: (3,) sensor frame.
        gyr_per_acc: (3, 3) rate that specific force feigns (g-sensitivity), rad/s per m/s^2; zero unless the data
            showed it.
        covariance: (24, 24) of the moment it was made, SI units, in the order of `PARAMETERS`; None: not known.
        gravity_mps2: specific force at rest that the accelerometer's scale was set by; None: not known.
        sensor_id: the sensor's device id, hex; chip: its name; made_utc: ISO 8601; temperature_degc: of the die then.
    """

    name: str
    acc_matrix: FloatArray
    acc_bias_mps2: FloatArray
    gyr_matrix: FloatArray
    gyr_bias_radps: FloatArray
    gyr_per_acc: FloatArray = field(default_factory=_zeros)
    covariance: FloatArray | None = None
    gravity_mps2: float | None = None
    sensor_id: str | None = None
    chip: str | None = None
    made_utc: str | None = None
    temperature_degc: float | None = None

    @property
    def acc_bias_sigma_mps2(self) -> FloatArray | None:
        """(3,) standard uncertainty of the bias in a later session: the fit's, and what a bias changes until then."""
        sigma = self._sigma(ACC_BIAS)
        return None if sigma is None else np.hypot(sigma, LATER_ACC_BIAS_MPS2)

    @property
    def acc_matrix_sigma(self) -> FloatArray | None:
        """(3, 3) standard uncertainty of each element."""
        sigma = self._sigma(ACC_MATRIX)
        return None if sigma is None else sigma.reshape(3, 3)

    @property
    def gyr_bias_sigma_radps(self) -> FloatArray | None:
        """(3,) standard uncertainty of the bias in a later session: the fit's, and what a bias changes until then."""
        sigma = self._sigma(GYR_BIAS)
        return None if sigma is None else np.hypot(sigma, LATER_GYR_BIAS_RADPS)

    @property
    def gyr_matrix_sigma(self) -> FloatArray | None:
        """(3, 3) standard uncertainty of each element."""
        sigma = self._sigma(GYR_MATRIX)
        return None if sigma is None else sigma.reshape(3, 3)

    def _sigma(self, part: slice) -> FloatArray | None:
        return None if self.covariance is None else np.sqrt(np.diagonal(self.covariance)[part])

    def corrected(self, acc_mps2: FloatArray, gyr_radps: FloatArray) -> tuple[FloatArray, FloatArray]:
        """True specific force and angular rate, (N, 3) each, from measured ones."""
        if self is IDENTITY:
            return acc_mps2, gyr_radps
        acc = (acc_mps2 - self.acc_bias_mps2) @ np.linalg.inv(self.acc_matrix).T
        rate = gyr_radps - self.gyr_bias_radps
        if self.gyr_per_acc.any():
            rate = rate - acc @ self.gyr_per_acc.T
        return acc, rate @ np.linalg.inv(self.gyr_matrix).T

    def to_dict(self) -> dict[str, object]:
        """JSON-able; of the covariance the lower triangle, row by row, to six digits. Unknown entries are left out."""
        document: dict[str, object] = {
            "name": self.name,
            "acc_matrix": self.acc_matrix.tolist(),
            "acc_bias_mps2": self.acc_bias_mps2.tolist(),
            "gyr_matrix": self.gyr_matrix.tolist(),
            "gyr_bias_radps": self.gyr_bias_radps.tolist(),
        }
        if self.gyr_per_acc.any():
            document["gyr_per_acc"] = self.gyr_per_acc.tolist()
        if self.covariance is not None:
            lower = self.covariance[np.tril_indices(PARAMETERS)].tolist()
            document["covariance"] = [float(f"{value:.6g}") for value in lower]
        known = {
            "gravity_mps2": self.gravity_mps2,
            "temperature_degc": self.temperature_degc,
            "sensor_id": self.sensor_id,
            "chip": self.chip,
            "made_utc": self.made_utc,
        }
        return document | {name: value for name, value in known.items() if value is not None}

    @staticmethod
    def from_dict(given: str, document: Mapping[str, object]) -> "Calibration":
        """Checked inverse of to_dict; `given` is how errors name the source. Keys it does not know are ignored.

        Raises:
            BartrackerError: a key is missing, a shape is wrong, a value not finite, a matrix far from the identity, or
                a variance negative.
        """
        result = Calibration(
            name=str(document.get("name", "unnamed")),
            acc_matrix=_array(given, document, "acc_matrix", (3, 3)),
            acc_bias_mps2=_array(given, document, "acc_bias_mps2", (3,)),
            gyr_matrix=_array(given, document, "gyr_matrix", (3, 3)),
            gyr_bias_radps=_array(given, document, "gyr_bias_radps", (3,)),
            gyr_per_acc=_array(given, document, "gyr_per_acc", (3, 3)) if "gyr_per_acc" in document else _zeros(),
            covariance=_covariance(given, document) if "covariance" in document else None,
            gravity_mps2=_number(given, document, "gravity_mps2"),
            temperature_degc=_number(given, document, "temperature_degc"),
            sensor_id=_text(given, document, "sensor_id"),
            chip=_text(given, document, "chip"),
            made_utc=_text(given, document, "made_utc"),
        )
        for matrix in (result.acc_matrix, result.gyr_matrix):
            if not np.abs(matrix - np.eye(3)).max() < _FARTHEST_FROM_IDENTITY:
                raise BartrackerError(given, "calibration matrix is further than 50 % from the identity", _RETRY)
        if result.gravity_mps2 is not None and not 9.7 < result.gravity_mps2 < 9.9:
            raise BartrackerError(
                given, f"calibration gravity_mps2 {result.gravity_mps2:g} is not of this earth", _RETRY
            )
        return result


IDENTITY = Calibration("none", np.eye(3), np.zeros(3), np.eye(3), np.zeros(3))
"""No calibration: samples pass as they are, and nothing is known of their errors."""


def _array(given: str, document: Mapping[str, object], key: str, shape: tuple[int, ...]) -> FloatArray:
    try:
        value = np.array(cast("list[float]", document[key]), dtype=np.float64)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BartrackerError(given, f"calibration has no numeric {key}", f"record without it, or {_RETRY}") from None
    if value.shape != shape or not np.isfinite(value).all():
        raise BartrackerError(given, f"calibration {key} is not {shape} finite numbers", _RETRY)
    return value


def _covariance(given: str, document: Mapping[str, object]) -> FloatArray:
    rows, columns = np.tril_indices(PARAMETERS)
    covariance = np.zeros((PARAMETERS, PARAMETERS))
    covariance[rows, columns] = _array(given, document, "covariance", (len(rows),))
    covariance[columns, rows] = covariance[rows, columns]
    if (np.diagonal(covariance) < 0).any():
        raise BartrackerError(given, "calibration covariance has a negative variance", _RETRY)
    return covariance


def _number(given: str, document: Mapping[str, object], key: str) -> float | None:
    return None if document.get(key) is None else float(_array(given, document, key, ()))


def _text(given: str, document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise BartrackerError(given, f"calibration {key} is not text", _RETRY)
    return value
