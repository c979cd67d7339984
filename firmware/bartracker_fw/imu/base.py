# What every driver of a motion chip offers, and the few register helpers they share. One file a chip family.
# Imports neither machine nor bluetooth: the bus comes in as an object.
from bartracker_fw import wire
from bartracker_fw.sampler import Sampler

STANDARD_GRAVITY = 9.80665
RADIANS_PER_DEGREE = 0.017453292519943295
# All chips here end at +-32767 counts.
CLIP_COUNT = 32767
# Far above every chip's noise; a bar that is taken up passes it.
WAKE_MG = 80


class Imu:
    # addresses, id_register, ids: where and how the family is recognised. chip: number in docs/protocol.md. acc_ranges
    # g, gyr_ranges deg/s. fifo_samples: whole ones that the FIFO can hold. After `configure`: rate_hz, acc_g, gyr_dps,
    # the scales per count, and ticks, which `drain` keeps at the last time that samples came. A chip that does not
    # answer raises OSError from any call.
    addresses: "tuple[int, ...]" = ()
    id_register = 0
    ids: "tuple[int, ...]" = ()
    chip = 0
    acc_ranges: "tuple[int, ...]" = (2, 4, 8, 16)
    gyr_ranges: "tuple[int, ...]" = (250, 500, 1000, 2000)
    fifo_samples = 0
    rate_hz = 208.0

    def __init__(self, i2c, address: int, chip_id: int = 0) -> None:
        self._i2c = i2c
        self._address = address
        self._id = chip_id
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

    def ready(self) -> bool:
        # Whether all is there that the chip needs from elsewhere.
        return True

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        # Reset the chip, take the nearest rate it has and the given ranges, start the FIFO empty.
        raise NotImplementedError

    def drain(self, sampler: Sampler) -> int:
        # Everything in the FIFO into the sampler; returns how many samples came. Allocates nothing.
        raise NotImplementedError

    def read_temperature(self) -> None:
        # Into centidegc.
        raise NotImplementedError

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        # No more samples, little power: INT1 goes high and `woken` turns true when acceleration changes by more than
        # the threshold (at least 8 mg). `configure` ends it. False: the chip cannot, nothing has changed.
        return False

    def woken(self) -> bool:
        # Since `arm_wake`.
        return False


def nearest(rates, rate_hz: float):
    # The row whose first entry is closest.
    best = rates[0]
    for row in rates:
        if abs(row[0] - rate_hz) < abs(best[0] - rate_hz):
            best = row
    return best


def signed16(low: int, high: int) -> int:
    raw = low | high << 8
    return raw - 0x10000 if raw & 0x8000 else raw
