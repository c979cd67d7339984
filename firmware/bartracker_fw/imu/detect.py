# Which motion chip is on the bus: by its ID register, at every address that one may have.
from bartracker_fw import wire
from bartracker_fw.imu.base import Imu
from bartracker_fw.imu.bmi270 import Bmi270
from bartracker_fw.imu.icm42688 import Icm42688
from bartracker_fw.imu.lsm6ds import Lsm6ds
from bartracker_fw.imu.lsm6ds3 import Lsm6ds3
from bartracker_fw.imu.mpu6 import Mpu6

# The ID of one family may stand by chance in a register of another that shares its address: register 0 of an MPU6050
# holds a factory value, so the BMI270 comes last.
FAMILIES = (Lsm6ds, Lsm6ds3, Icm42688, Mpu6, Bmi270)


class Detection:
    # imu, or None with fault: nothing answers, something that is not known, or a chip that lacks its file.
    def __init__(self, imu: "Imu | None", fault: int) -> None:
        self.imu = imu
        self.fault = fault


def detect(i2c) -> Detection:
    answered = False
    byte = bytearray(1)
    for family in FAMILIES:
        for address in family.addresses:
            try:
                i2c.readfrom_mem_into(address, family.id_register, byte)
            except OSError:
                continue
            answered = True
            if byte[0] in family.ids:
                imu = family(i2c, address, byte[0])
                if imu.ready():
                    return Detection(imu, wire.NO_FAULT)
                return Detection(None, wire.IMU_NEEDS_FILE)
    return Detection(None, wire.IMU_UNKNOWN if answered else wire.IMU_SILENT)
