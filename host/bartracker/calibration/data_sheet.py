"""Noise that makers state, by chip; densities at 16 g and 2000 deg/s."""

from dataclasses import dataclass
from math import radians
from typing import Final

from bartracker.samples import STANDARD_GRAVITY_MPS2


@dataclass(frozen=True, slots=True)
class StatedNoise:
    """Noise densities, m/s^2 and rad/s per root Hz."""

    acc_mps2: float
    gyr_radps: float


def _stated(acc_ug: float, gyr_mdps: float) -> StatedNoise:
    return StatedNoise(acc_ug * 1e-6 * STANDARD_GRAVITY_MPS2, radians(gyr_mdps * 1e-3))


STATED_NOISE: Final[dict[str, StatedNoise]] = {
    "LSM6DSO/DSOX": _stated(110, 3.8),  # ST DS12140, table 2, high-performance mode
    "BMI270": _stated(160, 7.0),  # Bosch BST-BMI270-DS000
    "ICM-42688-P": _stated(70, 2.8),  # TDK DS-000347
    "MPU6886": _stated(100, 4.0),  # TDK DS-000193
    "MPU6050": _stated(400, 5.0),  # InvenSense PS-MPU-6000A
}
"""By the chip's name as the sensor tells it; chips without an entry are not compared."""
