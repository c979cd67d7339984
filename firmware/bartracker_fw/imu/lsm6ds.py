# LSM6DSO and LSM6DSOX: tagged FIFO words, and the chip's own time stamps that say exactly how many samples are missing.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import WAKE_MG, nearest
from bartracker_fw.imu.st import StImu
from bartracker_fw.sampler import Sampler

_ID = const(0x6C)

_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_CTRL9_XL = const(0x18)
_CTRL10_C = const(0x19)
_FIFO_STATUS1 = const(0x3A)
_TAP_CFG0 = const(0x56)
_TAP_CFG2 = const(0x58)
_WAKE_UP_DUR = const(0x5C)
_FIFO_DATA_OUT_TAG = const(0x78)

_I3C_DISABLE = const(0xE2)
_TIMESTAMP_EN = const(0x20)
_OVERRUN = const(0x48)
# Time stamp with every eighth sample; continuous mode.
_STAMP_8_CONTINUOUS = const(0x86)
_BYPASS = const(0)
# Clear on read; latched.
_LATCHED = const(0x41)
_INTERRUPTS_ON = const(0x80)
# Threshold in steps of full scale / 256 instead of / 64.
_FINE_THRESHOLD = const(0x10)

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


class Lsm6ds(StImu):
    ids = (_ID,)
    chip = 1
    fifo_samples = 240

    def __init__(self, i2c, address: int, chip_id: int = _ID) -> None:
        super().__init__(i2c, address, chip_id)
        self._raw = bytearray(_CHUNK_WORDS * _WORD)
        whole = memoryview(self._raw)
        self._chunks = [whole[: n * _WORD] for n in range(_CHUNK_WORDS + 1)]
        self._fifo = TaggedFifo(_RATES[0][2])

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        best = nearest(_RATES, rate_hz)
        code = best[1]
        self._restart()
        self.write(_CTRL9_XL, _I3C_DISABLE)
        self.write(_FIFO_CTRL4, _BYPASS)
        self.write(_CTRL10_C, _TIMESTAMP_EN)
        self.write(_FIFO_CTRL3, code << 4 | code)
        self._start(best[0], code, acc_g, gyr_dps)
        self._fifo = TaggedFifo(best[2])
        self.ticks = time.ticks_us()
        self.write(_FIFO_CTRL4, _STAMP_8_CONTINUOUS)

    def drain(self, sampler: Sampler) -> int:
        before = sampler.samples
        i2c = self._i2c
        status = self._pair
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
        # Also reads how many words there are, into _pair.
        status = self._pair
        self._i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, status)
        if status[1] & _OVERRUN:
            sampler.overflow()
            self._fifo.overrun()
            return True
        return False

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        self._restart()
        self.write(_WAKE_UP_DUR, _FINE_THRESHOLD)
        # 2 g / 256 a count.
        self._watch(threshold_mg * 128 // 1000)
        self.write(_TAP_CFG0, _LATCHED)
        self.write(_TAP_CFG2, _INTERRUPTS_ON)
        self._settle()
        return True
