# LSM6DS3TR-C: a FIFO of bare 16-bit words in a fixed pattern, gyroscope first. After an overrun the FIFO is thrown away
# and the clock says how many samples are missing.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import WAKE_MG, nearest
from bartracker_fw.imu.st import StImu
from bartracker_fw.sampler import Sampler

_ID = const(0x6A)

_FIFO_CTRL3 = const(0x08)
_FIFO_CTRL5 = const(0x0A)
_FIFO_STATUS1 = const(0x3A)
_FIFO_DATA_OUT = const(0x3E)
_TAP_CFG = const(0x58)

# Both parts into the FIFO, none left out.
_EVERY_SAMPLE = const(0x09)
_BYPASS = const(0)
_CONTINUOUS = const(6)
_OVERRUN = const(0x40)
_INTERRUPTS_LATCHED = const(0x81)

_SAMPLE = const(12)
_WORDS = const(6)
_CHUNK_SAMPLES = const(21)

_RATES = ((104.0, 4), (208.0, 5), (416.0, 6), (833.0, 7))


def decode(raw: "bytearray | bytes", samples: int, sampler: Sampler) -> None:
    # Gyroscope, then accelerometer, low byte first.
    at = 0
    for _ in range(samples):
        buf = sampler.buf
        to = sampler.at
        for i in range(6):
            buf[to + i] = raw[at + 6 + i]
            buf[to + 6 + i] = raw[at + i]
        sampler.push()
        at += _SAMPLE


class Lsm6ds3(StImu):
    ids = (_ID,)
    chip = 2
    fifo_samples = 340

    def __init__(self, i2c, address: int, chip_id: int = _ID) -> None:
        super().__init__(i2c, address, chip_id)
        self._status = bytearray(4)
        self._raw = bytearray(_CHUNK_SAMPLES * _SAMPLE)
        whole = memoryview(self._raw)
        self._chunks = [whole[: n * _SAMPLE] for n in range(_CHUNK_SAMPLES + 1)]
        self._streaming = _BYPASS

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        best = nearest(_RATES, rate_hz)
        self._restart()
        self.write(_FIFO_CTRL3, _EVERY_SAMPLE)
        self._start(best[0], best[1], acc_g, gyr_dps)
        self._streaming = best[1] << 3 | _CONTINUOUS
        self.ticks = time.ticks_us()
        self.write(_FIFO_CTRL5, self._streaming)

    def drain(self, sampler: Sampler) -> int:
        i2c = self._i2c
        status = self._status
        i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, status)
        ticks = time.ticks_us()
        # The pattern says which word comes next: anything but the first one, and the words are out of step.
        if status[1] & _OVERRUN or status[2] or status[3] & 3:
            self._empty(sampler)
            return 0
        samples = (status[0] | (status[1] & 7) << 8) // _WORDS
        left = samples
        while left > 0:
            n = left if left < _CHUNK_SAMPLES else _CHUNK_SAMPLES
            i2c.readfrom_mem_into(self._address, _FIFO_DATA_OUT, self._chunks[n])
            i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, status)
            if status[1] & _OVERRUN:
                # It ran over while we read (a pause of the collector): these words may be out of step.
                self._empty(sampler)
                return samples - left
            decode(self._raw, n, sampler)
            left -= n
        if samples:
            sampler.newest_at(ticks)
            self.ticks = time.ticks_us()
        return samples

    def _empty(self, sampler: Sampler) -> None:
        self.write(_FIFO_CTRL5, _BYPASS)
        self.write(_FIFO_CTRL5, self._streaming)
        sampler.overflow()
        self.ticks = time.ticks_us()
        sampler.emptied_at(self.ticks)

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        self._restart()
        # 2 g / 64 a count.
        self._watch(threshold_mg * 32 // 1000)
        self.write(_TAP_CFG, _INTERRUPTS_LATCHED)
        self._settle()
        return True
