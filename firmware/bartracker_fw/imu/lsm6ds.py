# LSM6DSO and LSM6DSOX: tagged FIFO words, and the chip's own time stamps that say exactly how many samples are missing.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import RADIANS_PER_DEGREE, STANDARD_GRAVITY, Imu
from bartracker_fw.sampler import Sampler

ADDRESSES = (0x6A, 0x6B)
WHO_AM_I = const(0x0F)
ID = const(0x6C)

_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL9_XL = const(0x18)
_CTRL10_C = const(0x19)
_OUT_TEMP = const(0x20)
_FIFO_STATUS1 = const(0x3A)
_FIFO_DATA_OUT_TAG = const(0x78)

_SW_RESET = const(0x01)
_BDU_INCREMENT = const(0x44)
_I3C_DISABLE = const(0xE2)
_TIMESTAMP_EN = const(0x20)
_OVERRUN = const(0x48)
# Time stamp with every eighth sample; continuous mode.
_STAMP_8_CONTINUOUS = const(0x86)
_BYPASS = const(0)

_TAG_GYR = const(1)
_TAG_ACC = const(2)
_TAG_STAMP = const(4)
_WORD = const(7)
_CHUNK_WORDS = const(36)
_STAMP_MASK = const(0x3FFFFFFF)
_EIO = const(5)

_HAVE_ACC = const(1)
_HAVE_GYR = const(2)
_HAVE_BOTH = const(3)

# Hz, code of the output and batch data rates, 25 us ticks of the time stamp in a sampling period.
_RATES = ((104.0, 4, 384), (208.0, 5, 192), (416.0, 6, 96), (833.0, 7, 48))
_ACC_CODES = {2: 0, 4: 2, 8: 3, 16: 1}
_GYR_CODES = {250: 0, 500: 1, 1000: 2, 2000: 3}


class TaggedFifo:
    # Words of a FIFO with accelerometer and gyroscope at one rate into samples. The order of words within a time slot
    # does not matter. A sample that is missing is skipped, exactly, by the tag counter or the time stamps.
    def __init__(self, stamp_ticks: int) -> None:
        self._stamp_ticks = stamp_ticks
        self._counter = -1
        self._have = 0
        self._pushed = False
        self._slots = 0
        self._stamp = -1
        self._searching = False

    def overrun(self) -> None:
        # Words were overwritten: take nothing before the next time stamp has said where we are.
        self._searching = True

    def decode(self, raw: "bytearray | bytes", words: int, sampler: Sampler) -> None:
        # Raises OSError for bytes that no FIFO holds.
        at = 0
        for _ in range(words):
            tag = raw[at]
            kind = tag >> 3
            counter = (tag >> 1) & 3
            if kind == _TAG_STAMP:
                self._take_stamp(raw, at + 1, counter, sampler)
            elif kind in (_TAG_ACC, _TAG_GYR):
                if not self._searching:
                    if counter != self._counter:
                        self._enter(counter, sampler)
                    self._take(raw, at + 1, kind, sampler)
            elif kind == 0:
                raise OSError(_EIO)
            at += _WORD

    def _enter(self, counter: int, sampler: Sampler) -> None:
        # The next time slot begins.
        step = 1
        if self._counter >= 0:
            step = (counter - self._counter) & 3
            missing = step - 1 if self._pushed else step
            if missing:
                sampler.skip(missing)
        self._counter = counter
        self._slots += step
        self._have = 0
        self._pushed = False

    def _take(self, raw: "bytearray | bytes", at: int, kind: int, sampler: Sampler) -> None:
        buf = sampler.buf
        to = sampler.at
        if kind == _TAG_GYR:
            self._have |= _HAVE_GYR
            to += 6
        else:
            self._have |= _HAVE_ACC
        for i in range(6):
            buf[to + i] = raw[at + i]
        if self._have == _HAVE_BOTH and not self._pushed:
            self._pushed = True
            sampler.push()

    def _take_stamp(self, raw: "bytearray | bytes", at: int, counter: int, sampler: Sampler) -> None:
        stamp = raw[at] | raw[at + 1] << 8 | raw[at + 2] << 16 | (raw[at + 3] & 0x3F) << 24
        if not self._searching and counter != self._counter:
            self._enter(counter, sampler)
        if self._stamp >= 0:
            passed = ((stamp - self._stamp) & _STAMP_MASK) + self._stamp_ticks // 2
            lost = passed // self._stamp_ticks - self._slots
            if lost < 0 or (lost and self._pushed and not self._searching):
                raise OSError(_EIO)
            if lost:
                sampler.skip(lost - 1 if self._pushed else lost)
                self._have = 0
                self._pushed = False
        elif self._searching:
            raise OSError(_EIO)
        self._searching = False
        self._counter = counter
        self._stamp = stamp
        self._slots = 0


class Lsm6ds(Imu):
    chip = 1
    acc_ranges = (2, 4, 8, 16)
    gyr_ranges = (250, 500, 1000, 2000)

    def __init__(self, i2c, address: int) -> None:
        super().__init__(i2c, address)
        self._status = bytearray(2)
        self._raw = bytearray(_CHUNK_WORDS * _WORD)
        whole = memoryview(self._raw)
        self._chunks = [whole[: n * _WORD] for n in range(_CHUNK_WORDS + 1)]
        self._fifo = TaggedFifo(_RATES[0][2])

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        if self.read(WHO_AM_I) != ID:
            raise OSError(_EIO)
        best = _RATES[0]
        for rate in _RATES:
            if abs(rate[0] - rate_hz) < abs(best[0] - rate_hz):
                best = rate
        self.write(_CTRL3_C, _SW_RESET)
        for _ in range(20):
            time.sleep_ms(1)
            if not self.read(_CTRL3_C) & _SW_RESET:
                break
        else:
            raise OSError(_EIO)
        code = best[1]
        self.write(_CTRL3_C, _BDU_INCREMENT)
        self.write(_CTRL9_XL, _I3C_DISABLE)
        self.write(_FIFO_CTRL4, _BYPASS)
        self.write(_CTRL10_C, _TIMESTAMP_EN)
        self.write(_FIFO_CTRL3, code << 4 | code)
        self.write(_CTRL1_XL, code << 4 | _ACC_CODES[acc_g] << 2)
        self.write(_CTRL2_G, code << 4 | _GYR_CODES[gyr_dps] << 2)
        self.rate_hz = best[0]
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps
        # 0.061 mg and 8.75 mdps per count at the lowest ranges; 16 g has 0.488 mg.
        self.acc_scale = acc_g * 0.0305e-3 * STANDARD_GRAVITY
        self.gyr_scale = gyr_dps * 0.035e-3 * RADIANS_PER_DEGREE
        # The gyroscope needs up to 70 ms to settle after power-down.
        time.sleep_ms(80)
        self._fifo = TaggedFifo(best[2])
        self.ticks = time.ticks_us()
        self.write(_FIFO_CTRL4, _STAMP_8_CONTINUOUS)

    def drain(self, sampler: Sampler) -> int:
        before = sampler.samples
        i2c = self._i2c
        status = self._status
        self._ran_over(sampler)
        ticks = time.ticks_us()
        words = status[0] | (status[1] & 3) << 8
        while words > 0:
            n = words if words < _CHUNK_WORDS else _CHUNK_WORDS
            # The address goes from 0x7E back to 0x78, so many words come in one transfer.
            i2c.readfrom_mem_into(self._address, _FIFO_DATA_OUT_TAG, self._chunks[n])
            # If it ran over meanwhile (a pause of the collector), these words are not the next ones.
            if not self._ran_over(sampler):
                self._fifo.decode(self._raw, n, sampler)
            words -= n
        got = sampler.samples - before
        if got:
            sampler.newest_at(ticks)
            self.ticks = time.ticks_us()
        return got

    def _ran_over(self, sampler: Sampler) -> bool:
        # Also reads how many words there are, into _status.
        status = self._status
        self._i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, status)
        if status[1] & _OVERRUN:
            sampler.overflow()
            self._fifo.overrun()
            return True
        return False

    def read_temperature(self) -> None:
        self._i2c.readfrom_mem_into(self._address, _OUT_TEMP, self._status)
        raw = self._status[0] | self._status[1] << 8
        if raw & 0x8000:
            raw -= 0x10000
        # 256 counts a degree, 0 at 25 degrees.
        self.centidegc = 2500 + raw * 25 // 64
