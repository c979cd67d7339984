# MPU6886 and MPU6050: a FIFO of untagged 14-byte frames, big-endian. After an overflow the frames' borders are lost, so
# the FIFO is thrown away and the clock says how many samples are missing.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import RADIANS_PER_DEGREE, STANDARD_GRAVITY, WAKE_MG, Imu, signed16
from bartracker_fw.sampler import Sampler

_WHO_AM_I = const(0x75)
_ID_MPU6886 = const(0x19)
_ID_MPU6050 = const(0x68)

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG2 = const(0x1D)
_ACCEL_WOM_X_THR = const(0x20)
_FIFO_EN = const(0x23)
_INT_PIN_CFG = const(0x37)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_ACCEL_INTEL_CTRL = const(0x69)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNT = const(0x72)
_FIFO_R_W = const(0x74)

_RESET = const(0x80)
_CLOCK_AUTO = const(0x01)
_CYCLE = const(0x21)
_ACC_ONLY = const(0x07)
_OVERFLOW = const(0x10)
_WOKEN = const(0xE0)
# Held until the status is read.
_INT_LATCHED = const(0x20)
_WOM_AGAINST_PREVIOUS = const(0xC0)
_ACC_218_HZ = const(1)
_DIVIDER_50_HZ = const(19)
_FIFO_ON = const(0x40)
_FIFO_ON_RESET = const(0x44)

_FIFO_SIZE = const(1024)
_FRAME = const(14)
_CHUNK_FRAMES = const(18)
_BASE_HZ = const(1000)
_LARGEST_DIVIDER = const(20)
_EIO = const(5)

_CODES = {2: 0, 4: 1, 8: 2, 16: 3, 250: 0, 500: 1, 1000: 2, 2000: 3}


def decode(raw: "bytearray | bytes", frames: int, sampler: Sampler) -> None:
    # Frames: accelerometer, temperature, gyroscope, high byte first.
    at = 0
    for _ in range(frames):
        buf = sampler.buf
        to = sampler.at
        for i in range(0, 6, 2):
            buf[to + i] = raw[at + i + 1]
            buf[to + i + 1] = raw[at + i]
            buf[to + i + 6] = raw[at + i + 9]
            buf[to + i + 7] = raw[at + i + 8]
        sampler.push()
        at += _FRAME


class Mpu6(Imu):
    addresses = (0x68, 0x69)
    id_register = _WHO_AM_I
    ids = (_ID_MPU6886, _ID_MPU6050)
    fifo_samples = 73

    def __init__(self, i2c, address: int, chip_id: int = _ID_MPU6886) -> None:
        super().__init__(i2c, address, chip_id)
        self.chip = 6 if chip_id == _ID_MPU6886 else 7
        self._count = bytearray(2)
        self._raw = bytearray(_CHUNK_FRAMES * _FRAME)
        whole = memoryview(self._raw)
        self._chunks = [whole[: n * _FRAME] for n in range(_CHUNK_FRAMES + 1)]

    def _restart(self) -> None:
        if self.read(_WHO_AM_I) != self._id:
            raise OSError(_EIO)
        self.write(_PWR_MGMT_1, _RESET)
        time.sleep_ms(100)
        self.write(_PWR_MGMT_1, _CLOCK_AUTO)
        time.sleep_ms(10)

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        divider = 1
        for n in range(1, _LARGEST_DIVIDER + 1):
            if abs(_BASE_HZ / n - rate_hz) < abs(_BASE_HZ / divider - rate_hz):
                divider = n
        self._restart()
        # Low-pass filter: 176 Hz for rates above 300 Hz, 92 Hz above 150 Hz, else 41 Hz. All of them sample at 1 kHz.
        filter_code = 1 if divider <= 3 else 2 if divider <= 6 else 3
        self.write(_CONFIG, filter_code)
        self.write(_SMPLRT_DIV, divider - 1)
        self.write(_GYRO_CONFIG, _CODES[gyr_dps] << 3)
        self.write(_ACCEL_CONFIG, _CODES[acc_g] << 3)
        if self._id == _ID_MPU6886:
            self.write(_ACCEL_CONFIG2, filter_code)
            self.write(_FIFO_EN, 0x18)
        else:
            self.write(_FIFO_EN, 0xF8)
        self.write(_INT_ENABLE, _OVERFLOW)
        self.rate_hz = _BASE_HZ / divider
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps
        self.acc_scale = acc_g / 32768 * STANDARD_GRAVITY
        # 131 counts per deg/s at 250 deg/s.
        self.gyr_scale = gyr_dps / 32750 * RADIANS_PER_DEGREE
        # The gyroscope needs up to 35 ms to settle after sleep.
        time.sleep_ms(50)
        self.ticks = time.ticks_us()
        self.write(_USER_CTRL, _FIFO_ON_RESET)

    def drain(self, sampler: Sampler) -> int:
        i2c = self._i2c
        count = self._count
        overflow = self.read(_INT_STATUS) & _OVERFLOW
        i2c.readfrom_mem_into(self._address, _FIFO_COUNT, count)
        ticks = time.ticks_us()
        stored = count[0] << 8 | count[1]
        if overflow or stored > _FIFO_SIZE - _FRAME:
            self._empty(sampler)
            return 0
        frames = stored // _FRAME
        left = frames
        while left > 0:
            n = left if left < _CHUNK_FRAMES else _CHUNK_FRAMES
            i2c.readfrom_mem_into(self._address, _FIFO_R_W, self._chunks[n])
            if self.read(_INT_STATUS) & _OVERFLOW:
                # It ran over while we read (a pause of the collector): these words may not be whole frames.
                self._empty(sampler)
                return frames - left
            if left <= _CHUNK_FRAMES:
                self._take_temperature((n - 1) * _FRAME + 6)
            decode(self._raw, n, sampler)
            left -= n
        if frames:
            sampler.newest_at(ticks)
            self.ticks = time.ticks_us()
        return frames

    def _empty(self, sampler: Sampler) -> None:
        self.write(_USER_CTRL, _FIFO_ON_RESET)
        sampler.overflow()
        self.ticks = time.ticks_us()
        sampler.emptied_at(self.ticks)

    def _take_temperature(self, at: int) -> None:
        raw = signed16(self._raw[at + 1], self._raw[at])
        if self._id == _ID_MPU6886:
            # 326.8 counts a degree, 0 at 25 degrees.
            self.centidegc = 2500 + raw * 250 // 817
        else:
            # 340 counts a degree, 0 at 36.53 degrees.
            self.centidegc = 3653 + raw * 5 // 17

    def read_temperature(self) -> None:
        # It came with the last frame.
        pass

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        # The MPU6050's motion interrupt is another one, without a documented threshold: not used.
        if self._id != _ID_MPU6886:
            return False
        self._restart()
        self.write(_PWR_MGMT_2, _ACC_ONLY)
        self.write(_ACCEL_CONFIG2, _ACC_218_HZ)
        self.write(_INT_PIN_CFG, _INT_LATCHED)
        # 4 mg a count.
        threshold = max(1, min(255, threshold_mg // 4))
        for axis in range(3):
            self.write(_ACCEL_WOM_X_THR + axis, threshold)
        self.write(_ACCEL_INTEL_CTRL, _WOM_AGAINST_PREVIOUS)
        self.write(_SMPLRT_DIV, _DIVIDER_50_HZ)
        time.sleep_ms(50)
        self.read(_INT_STATUS)
        self.write(_INT_ENABLE, _WOKEN)
        self.write(_PWR_MGMT_1, _CYCLE)
        return True

    def woken(self) -> bool:
        return self.read(_INT_STATUS) & _WOKEN != 0
