"""The simulated chips by name."""

from dataclasses import replace
from typing import Final, TypeAlias

from bartracker.errors import BartrackerError
from bartracker.sim.chips.base import MotionSource, Specimen
from bartracker.sim.chips.bmi270 import Bmi270
from bartracker.sim.chips.icm42688p import Icm42688p
from bartracker.sim.chips.lsm6ds3trc import Lsm6ds3trc
from bartracker.sim.chips.lsm6dso import Lsm6dso
from bartracker.sim.chips.mpu6 import MPU6050, MPU6886, Mpu6
from bartracker.sim.imu import CHIP_SPECS

Chip: TypeAlias = Lsm6dso | Lsm6ds3trc | Mpu6 | Bmi270 | Icm42688p

CHIP_NAMES: Final = ("lsm6dso", "lsm6dsox", "mpu6886", "mpu6050", "bmi270", "icm42688p", "lsm6ds3trc")


def make_chip(name: str, source: MotionSource, *, seed: int = 0, rate_error: float | None = None) -> Chip:
    """A chip that feels `source`; bias, scale, noise and (unless given) the error of its rate are drawn by `seed`.
    Raises BartrackerError for an unknown name.
    """
    match name:
        case "lsm6dso" | "lsm6dsox":
            return Lsm6dso(Specimen(CHIP_SPECS["lsm6dso"], source, seed, rate_error))
        case "lsm6ds3trc":
            # 90 ug and 5 mdps per root Hz; otherwise alike.
            spec = CHIP_SPECS["lsm6dso"]
            older = replace(
                spec, chip_id=2, acc_noise_mps2=0.82 * spec.acc_noise_mps2, gyr_noise_radps=1.3 * spec.gyr_noise_radps
            )
            return Lsm6ds3trc(Specimen(older, source, seed, rate_error))
        case "bmi270":
            return Bmi270(Specimen(CHIP_SPECS["bmi270"], source, seed, rate_error))
        case "icm42688p":
            return Icm42688p(Specimen(CHIP_SPECS["icm42688p"], source, seed, rate_error))
        case "mpu6886":
            return Mpu6(Specimen(CHIP_SPECS["mpu6886"], source, seed, rate_error), MPU6886)
        case "mpu6050":
            # 400 ug and 5 mdps per root Hz: an older and noisier chip of the same family.
            spec = CHIP_SPECS["mpu6886"]
            noisier = replace(
                spec, chip_id=7, acc_noise_mps2=4 * spec.acc_noise_mps2, gyr_noise_radps=1.25 * spec.gyr_noise_radps
            )
            return Mpu6(Specimen(noisier, source, seed, rate_error), MPU6050)
        case _:
            raise BartrackerError(f"chip {name!r}", "is not simulated", f"choose one of {', '.join(CHIP_NAMES)}")
