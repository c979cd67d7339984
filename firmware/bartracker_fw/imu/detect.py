# Which motion chip is on the bus: by its ID register, at every address that one may have.
from bartracker_fw import wire
from bartracker_fw.imu import lsm6ds, mpu6
from bartracker_fw.imu.base import Imu


class Detection:
    # imu, or None with fault: nothing answers, or something that is not known.
    def __init__(self, imu: "Imu | None", fault: int) -> None:
        self.imu = imu
        self.fault = fault


def detect(i2c) -> Detection:
    answered = False
    byte = bytearray(1)
    for addresses, register in ((lsm6ds.ADDRESSES, lsm6ds.WHO_AM_I), (mpu6.ADDRESSES, mpu6.WHO_AM_I)):
        for address in addresses:
            try:
                i2c.readfrom_mem_into(address, register, byte)
            except OSError:
                continue
            answered = True
            chip_id = byte[0]
            if register == lsm6ds.WHO_AM_I and chip_id == lsm6ds.ID:
                return Detection(lsm6ds.Lsm6ds(i2c, address), wire.NO_FAULT)
            if register == mpu6.WHO_AM_I and chip_id in (mpu6.ID_MPU6886, mpu6.ID_MPU6050):
                return Detection(mpu6.Mpu6(i2c, address, chip_id), wire.NO_FAULT)
    return Detection(None, wire.IMU_UNKNOWN if answered else wire.IMU_SILENT)
