# What every driver of a motion chip offers, and the few register helpers they share. One file a chip family.
# Imports neither machine nor bluetooth: the bus comes in as an object.
from bartracker_fw import wire
from bartracker_fw.sampler import Sampler

STANDARD_GRAVITY = 9.80665
RADIANS_PER_DEGREE = 0.017453292519943295
# All chips here end at +-32767 counts.
CLIP_COUNT = 32767


class Imu:
    # chip: number in docs/protocol.md. acc_ranges g, gyr_ranges deg/s. After `configure`: rate_hz, acc_g, gyr_dps and
    # the scales per count. A chip that does not answer raises OSError from any call.
    chip = 0
    acc_ranges: "tuple[int, ...]" = ()
    gyr_ranges: "tuple[int, ...]" = ()
    rate_hz = 208.0

    def __init__(self, i2c, address: int) -> None:
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self.acc_g = 16
        self.gyr_dps = 2000
        self.acc_scale = 0.0
        self.gyr_scale = 0.0
        self.centidegc = wire.UNKNOWN_CENTIDEGC
        self.ticks = 0

    def write(self, register: int, value: int) -> None:
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)

    def read(self, register: int) -> int:
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        # Reset the chip, take the nearest rate it has and the given ranges, start the FIFO empty.
        raise NotImplementedError

    def drain(self, sampler: Sampler) -> int:
        # Everything in the FIFO into the sampler; returns how many samples came. Allocates nothing.
        raise NotImplementedError

    def read_temperature(self) -> None:
        # Into centidegc.
        raise NotImplementedError
