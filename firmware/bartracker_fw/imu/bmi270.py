# BMI270: FIFO frames with headers; a skip frame says how many were overwritten. The chip runs only after the maker's
# configuration of 8 KB was uploaded, which is not part of bartracker: `bartracker flash --chip-file` puts it on the
# board.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import RADIANS_PER_DEGREE, STANDARD_GRAVITY, WAKE_MG, Imu, nearest, signed16
from bartracker_fw.sampler import Sampler

CONFIGURATION = "/bartracker/bmi270.bin"

_CHIP_ID = const(0x00)
_ID = const(0x24)
_INT_STATUS_0 = const(0x1C)
_INTERNAL_STATUS = const(0x21)
_TEMPERATURE = const(0x22)
_FIFO_LENGTH = const(0x24)
_FIFO_DATA = const(0x26)
_FEAT_PAGE = const(0x2F)
_ANY_MOTION_2 = const(0x3E)
_ACC_CONF = const(0x40)
_ACC_RANGE = const(0x41)
_GYR_CONF = const(0x42)
_GYR_RANGE = const(0x43)
_FIFO_CONFIG_0 = const(0x48)
_FIFO_CONFIG_1 = const(0x49)
_INT1_IO_CTRL = const(0x53)
_INT_LATCH = const(0x55)
_INT1_MAP_FEAT = const(0x56)
_INIT_CTRL = const(0x59)
_INIT_ADDR_0 = const(0x5B)
_INIT_ADDR_1 = const(0x5C)
_INIT_DATA = const(0x5E)
_PWR_CONF = const(0x7C)
_PWR_CTRL = const(0x7D)
_CMD = const(0x7E)

_SOFT_RESET = const(0xB6)
_FIFO_FLUSH = const(0xB0)
_READY = const(1)
_ACC_GYR_TEMP = const(0x0E)
_ACC_ONLY = const(0x04)
# Filters for performance, normal bandwidth.
_ACC_FILTER = const(0xA0)
_GYR_FILTER = const(0xE0)
_HEADERS_ACC_GYR = const(0xD0)
_LOW_POWER_50_HZ = const(0x17)
_POWER_SAVE = const(0x03)
_OUTPUT_HIGH = const(0x0A)
_ANY_MOTION = const(0x40)
_ANY_MOTION_PAGE = const(1)
# Enabled, reported as bit 6.
_ANY_MOTION_ON = const(0xB800)

_FILE_BYTES = const(8192)
_FILE_CHUNK = const(256)
_FRAME = const(13)
_CHUNK = const(247)
_BOTH = const(0x8C)
_ACC = const(0x84)
_GYR = const(0x88)
_SKIP = const(0x40)
_SENSOR_TIME = const(0x44)
_CHANGED = const(0x48)
_NOTHING = const(0x80)
_MANY = const(255)
_EIO = const(5)

_RATES = ((100.0, 8), (200.0, 9), (400.0, 10), (800.0, 11))
_ACC_CODES = {2: 0, 4: 1, 8: 2, 16: 3}
_GYR_CODES = {2000: 0, 1000: 1, 500: 2, 250: 3}


class HeaderFifo:
    # Frames into samples. After `decode`, skipped: frames were overwritten before these; lost: more than the chip
    # counts.
    def __init__(self) -> None:
        self.skipped = False
        self.lost = False

    def decode(self, raw: "bytearray | bytes", length: int, sampler: Sampler) -> int:
        # Whole frames: one that is cut at the end comes again. Returns how many bytes of the FIFO they were. Raises
        # OSError for bytes that no FIFO holds.
        at = 0
        used = 0
        self.skipped = False
        while at < length:
            header = raw[at]
            left = length - at
            if header == _BOTH:
                if left < _FRAME:
                    break
                buf = sampler.buf
                to = sampler.at
                for i in range(1, 7):
                    buf[to + 5 + i] = raw[at + i]
                    buf[to + i - 1] = raw[at + 6 + i]
                sampler.push()
                at += _FRAME
                used += _FRAME
            elif header == _SKIP:
                if left < 2:
                    break
                self.skipped = True
                sampler.overflow()
                if raw[at + 1] == _MANY:
                    self.lost = True
                    break
                sampler.skip(raw[at + 1])
                at += 2
            elif header in (_ACC, _GYR):
                # The other half was not ready.
                if left < 7:
                    break
                sampler.skip(1)
                at += 7
                used += 7
            elif header == _CHANGED:
                if left < 5:
                    break
                at += 5
                used += 5
            elif header == _SENSOR_TIME:
                at += 4
            elif header == _NOTHING:
                break
            else:
                raise OSError(_EIO)
        return used


class Bmi270(Imu):
    addresses = (0x68, 0x69)
    id_register = _CHIP_ID
    ids = (_ID,)
    chip = 3
    fifo_samples = 157

    def __init__(self, i2c, address: int, chip_id: int = _ID) -> None:
        super().__init__(i2c, address, chip_id)
        self._pair = bytearray(2)
        self._raw = bytearray(_CHUNK)
        whole = memoryview(self._raw)
        self._chunks = [whole[:n] for n in range(_CHUNK + 1)]
        self._fifo = HeaderFifo()
        self._loaded = False

    def ready(self) -> bool:
        try:
            with open(CONFIGURATION, "rb") as file:
                return file.seek(0, 2) == _FILE_BYTES
        except OSError:
            return False

    def _start(self) -> None:
        if self.read(_CHIP_ID) != _ID:
            raise OSError(_EIO)
        if not self._loaded:
            self.write(_CMD, _SOFT_RESET)
            time.sleep_ms(3)
        # Awake: within 450 us after that nothing may be written.
        self.write(_PWR_CONF, 0)
        time.sleep_ms(1)
        if not self._loaded:
            self._upload()
        self.write(_PWR_CTRL, 0)

    def _upload(self) -> None:
        self.write(_INIT_CTRL, 0)
        chunk = bytearray(_FILE_CHUNK)
        with open(CONFIGURATION, "rb") as file:
            for at in range(0, _FILE_BYTES, _FILE_CHUNK):
                if file.readinto(chunk) != _FILE_CHUNK:
                    raise OSError(_EIO)
                # The address counts words of two bytes; its lowest four bits have a register of their own.
                self.write(_INIT_ADDR_0, at >> 1 & 0x0F)
                self.write(_INIT_ADDR_1, at >> 5)
                self._i2c.writeto_mem(self._address, _INIT_DATA, chunk)
        self.write(_INIT_CTRL, 1)
        for _ in range(15):
            time.sleep_ms(10)
            if self.read(_INTERNAL_STATUS) & 0x0F == _READY:
                self._loaded = True
                return
        raise OSError(_EIO)

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        best = nearest(_RATES, rate_hz)
        try:
            self._start()
        except OSError:
            self._loaded = False
            raise
        self.write(_FIFO_CONFIG_1, 0)
        self.write(_ACC_CONF, _ACC_FILTER | best[1])
        self.write(_ACC_RANGE, _ACC_CODES[acc_g])
        self.write(_GYR_CONF, _GYR_FILTER | best[1])
        self.write(_GYR_RANGE, _GYR_CODES[gyr_dps])
        # The oldest frames go first; no frame with the chip's time.
        self.write(_FIFO_CONFIG_0, 0)
        self.write(_PWR_CTRL, _ACC_GYR_TEMP)
        self.rate_hz = best[0]
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps
        self.acc_scale = acc_g / 32768 * STANDARD_GRAVITY
        self.gyr_scale = gyr_dps / 32768 * RADIANS_PER_DEGREE
        # The gyroscope needs 45 ms to start.
        time.sleep_ms(60)
        self._fifo = HeaderFifo()
        self.write(_FIFO_CONFIG_1, _HEADERS_ACC_GYR)
        self.ticks = time.ticks_us()
        self.write(_CMD, _FIFO_FLUSH)

    def drain(self, sampler: Sampler) -> int:
        before = sampler.samples
        i2c = self._i2c
        pair = self._pair
        fifo = self._fifo
        i2c.readfrom_mem_into(self._address, _FIFO_LENGTH, pair)
        ticks = time.ticks_us()
        left = pair[0] | (pair[1] & 0x3F) << 8
        whole = True
        first = True
        while left > 0:
            n = left if left < _CHUNK else _CHUNK
            i2c.readfrom_mem_into(self._address, _FIFO_DATA, self._chunks[n])
            used = fifo.decode(self._raw, n, sampler)
            if fifo.lost:
                fifo.lost = False
                self._empty(sampler)
                return sampler.samples - before
            # What came after an overflow amid reading is younger than `ticks`.
            if fifo.skipped and not first:
                whole = False
            first = False
            if not used:
                whole = False
                break
            left -= used
        got = sampler.samples - before
        if got:
            if whole:
                sampler.newest_at(ticks)
            self.ticks = time.ticks_us()
        return got

    def _empty(self, sampler: Sampler) -> None:
        self.write(_CMD, _FIFO_FLUSH)
        self.ticks = time.ticks_us()
        sampler.emptied_at(self.ticks)

    def read_temperature(self) -> None:
        self._i2c.readfrom_mem_into(self._address, _TEMPERATURE, self._pair)
        raw = signed16(self._pair[0], self._pair[1])
        if raw != -0x8000:
            # 512 counts a degree, 0 at 23 degrees.
            self.centidegc = 2300 + raw * 25 // 128

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        self._start()
        self.write(_FIFO_CONFIG_1, 0)
        self.write(_ACC_CONF, _LOW_POWER_50_HZ)
        self.write(_ACC_RANGE, _ACC_CODES[16])
        # 2048 counts a g.
        value = _ANY_MOTION_ON | max(1, min(2047, threshold_mg * 2048 // 1000))
        self._pair[0] = value & 0xFF
        self._pair[1] = value >> 8
        self.write(_FEAT_PAGE, _ANY_MOTION_PAGE)
        self._i2c.writeto_mem(self._address, _ANY_MOTION_2, self._pair)
        self.write(_INT_LATCH, 1)
        self.write(_INT1_IO_CTRL, _OUTPUT_HIGH)
        self.write(_INT1_MAP_FEAT, _ANY_MOTION)
        self.write(_PWR_CTRL, _ACC_ONLY)
        time.sleep_ms(50)
        self.read(_INT_STATUS_0)
        self.write(_PWR_CONF, _POWER_SAVE)
        return True

    def woken(self) -> bool:
        return self.read(_INT_STATUS_0) & _ANY_MOTION != 0
