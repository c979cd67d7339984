# ICM-42688-P: FIFO packets of 16 bytes, big-endian, each with a 16-bit time stamp that says exactly how many samples
# are missing before it. Data sheet DS-000347.
# The decoder imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw.imu.base import RADIANS_PER_DEGREE, STANDARD_GRAVITY, WAKE_MG, Imu, nearest, signed16
from bartracker_fw.sampler import Sampler

_WHO_AM_I = const(0x75)
_ID = const(0x47)

_DEVICE_CONFIG = const(0x11)
_INT_CONFIG = const(0x14)
_FIFO_CONFIG = const(0x16)
_TEMP_DATA1 = const(0x1D)
_FIFO_COUNTH = const(0x2E)
_FIFO_DATA = const(0x30)
_INT_STATUS2 = const(0x37)
_SIGNAL_PATH_RESET = const(0x4B)
_PWR_MGMT0 = const(0x4E)
_GYRO_CONFIG0 = const(0x4F)
_ACCEL_CONFIG0 = const(0x50)
_TMST_CONFIG = const(0x54)
_SMD_CONFIG = const(0x57)
_FIFO_CONFIG1 = const(0x5F)
_INT_CONFIG1 = const(0x64)
_INT_SOURCE0 = const(0x65)
_INT_SOURCE1 = const(0x66)
_BANK_SEL = const(0x76)
_B4_ACCEL_WOM_X_THR = const(0x4A)

_RESET = const(0x01)
_LOW_NOISE_BOTH = const(0x0F)
_LOW_POWER_ACC = const(0x02)
# Time stamp on, in steps of 16 us.
_STAMP_16US = const(0x29)
_ACC_GYR_TEMP_STAMP = const(0x0F)
_STREAM = const(0x40)
_BYPASS = const(0x00)
_FLUSH = const(0x02)
_ODR_50 = const(9)
# Pulsed off, latched, push-pull, active high.
_INT1_LATCHED_HIGH = const(0x07)
_WOM_AGAINST_PREVIOUS = const(0x05)
_WOM_AXES = const(0x07)

_PACKET = const(16)
_CHUNK_PACKETS = const(32)
_MOST_CHUNKS = const(12)
_EMPTY = const(0x80)
_HAS_BOTH = const(0x60)
_STAMP_MASK = const(0xFFFF)
_STAMP_WRAP = const(0x10000)
_LONGEST_US = const(30_000_000)
_EIO = const(5)

# Hz, code of the output data rate, time stamp per sampling period in 1/32 steps: a step is nominally 16 us, but the
# chip's clock makes 30 of them in 32 (section 12.7).
_RATES = ((100.0, 8, 18750), (200.0, 7, 9375), (500.0, 15, 3750), (1000.0, 6, 1875))
_ACC_CODES = {16: 0, 8: 1, 4: 2, 2: 3}
_GYR_CODES = {2000: 0, 1000: 1, 500: 2, 250: 3}


class StampedFifo:
    # Packets into samples; missing ones are skipped, exactly, by the time stamps.
    def __init__(self, period_32: int) -> None:
        self._period = period_32
        self._stamp = -1

    def expect(self, elapsed_us: int) -> int:
        # How often the stamp has wrapped since the last sample, if the next one comes about so much later.
        return elapsed_us * 30 // 512 if 0 < elapsed_us < _LONGEST_US else 0

    def decode(self, raw: "bytearray | bytes", packets: int, sampler: Sampler, elapsed_us: int = 0) -> int:
        # `elapsed_us`: from the last sample decoded to the first of these, to within a third of a second. Returns how
        # many packets there were. Raises OSError for bytes that no FIFO holds.
        at = 0
        period = self._period
        for n in range(packets):
            header = raw[at]
            if header & _EMPTY:
                return n
            if header & _HAS_BOTH != _HAS_BOTH:
                raise OSError(_EIO)
            stamp = raw[at + 14] << 8 | raw[at + 15]
            if self._stamp >= 0:
                passed = (stamp - self._stamp) & _STAMP_MASK
                if elapsed_us:
                    passed += (self.expect(elapsed_us) - passed + _STAMP_WRAP // 2) // _STAMP_WRAP * _STAMP_WRAP
                    elapsed_us = 0
                missing = (passed * 32 + period // 2) // period - 1
                if missing < 0:
                    raise OSError(_EIO)
                if missing:
                    sampler.overflow()
                    sampler.skip(missing)
            self._stamp = stamp
            self._take(raw, at, sampler)
            at += _PACKET
        return packets

    def _take(self, raw: "bytearray | bytes", at: int, sampler: Sampler) -> None:
        # -32768 on every axis: a part that had not settled.
        if self._invalid(raw, at + 1) or self._invalid(raw, at + 7):
            sampler.skip(1)
            return
        buf = sampler.buf
        to = sampler.at
        for i in range(0, 12, 2):
            buf[to + i] = raw[at + i + 2]
            buf[to + i + 1] = raw[at + i + 1]
        sampler.push()

    def _invalid(self, raw: "bytearray | bytes", at: int) -> bool:
        return (
            raw[at] == 0x80
            and not raw[at + 1]
            and raw[at + 2] == 0x80
            and not raw[at + 3]
            and raw[at + 4] == 0x80
            and not raw[at + 5]
        )


class Icm42688(Imu):
    addresses = (0x68, 0x69)
    id_register = _WHO_AM_I
    ids = (_ID,)
    chip = 4
    fifo_samples = 128

    def __init__(self, i2c, address: int, chip_id: int = _ID) -> None:
        super().__init__(i2c, address, chip_id)
        self._count = bytearray(2)
        self._raw = bytearray(_CHUNK_PACKETS * _PACKET)
        whole = memoryview(self._raw)
        self._chunks = [whole[: n * _PACKET] for n in range(_CHUNK_PACKETS + 1)]
        self._fifo = StampedFifo(_RATES[0][2])
        self._period_us = 10_000
        self._last_ticks = 0

    def _restart(self) -> None:
        if self.read(_WHO_AM_I) != _ID:
            raise OSError(_EIO)
        self.write(_BANK_SEL, 0)
        self.write(_DEVICE_CONFIG, _RESET)
        time.sleep_ms(2)

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> None:
        best = nearest(_RATES, rate_hz)
        self._restart()
        self.write(_FIFO_CONFIG, _BYPASS)
        self.write(_TMST_CONFIG, _STAMP_16US)
        self.write(_GYRO_CONFIG0, _GYR_CODES[gyr_dps] << 5 | best[1])
        self.write(_ACCEL_CONFIG0, _ACC_CODES[acc_g] << 5 | best[1])
        self.write(_FIFO_CONFIG1, _ACC_GYR_TEMP_STAMP)
        self.write(_PWR_MGMT0, _LOW_NOISE_BOTH)
        # No register may be written for 200 us; the gyroscope needs 45 ms.
        time.sleep_ms(60)
        self.rate_hz = best[0]
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps
        self.acc_scale = acc_g / 32768 * STANDARD_GRAVITY
        self.gyr_scale = gyr_dps / 32768 * RADIANS_PER_DEGREE
        self._fifo = StampedFifo(best[2])
        self._period_us = int(1_000_000 / best[0])
        self.write(_SIGNAL_PATH_RESET, _FLUSH)
        self.ticks = self._last_ticks = time.ticks_us()
        self.write(_FIFO_CONFIG, _STREAM)

    def drain(self, sampler: Sampler) -> int:
        before = sampler.samples
        i2c = self._i2c
        count = self._count
        for _ in range(_MOST_CHUNKS):
            i2c.readfrom_mem_into(self._address, _FIFO_COUNTH, count)
            ticks = time.ticks_us()
            stored = (count[0] << 8 | count[1]) // _PACKET
            if not stored:
                break
            n = stored if stored < _CHUNK_PACKETS else _CHUNK_PACKETS
            i2c.readfrom_mem_into(self._address, _FIFO_DATA, self._chunks[n])
            first = time.ticks_add(ticks, -stored * self._period_us)
            got = self._fifo.decode(self._raw, n, sampler, time.ticks_diff(first, self._last_ticks))
            self._last_ticks = time.ticks_add(first, got * self._period_us)
            if got < n:
                break
            if n == stored:
                sampler.newest_at(ticks)
                break
        taken = sampler.samples - before
        if taken:
            self.ticks = time.ticks_us()
        return taken

    def read_temperature(self) -> None:
        self._i2c.readfrom_mem_into(self._address, _TEMP_DATA1, self._count)
        # 132.48 counts a degree, 0 at 25 degrees.
        self.centidegc = 2500 + signed16(self._count[1], self._count[0]) * 625 // 828

    def arm_wake(self, threshold_mg: int = WAKE_MG) -> bool:
        self._restart()
        self.write(_ACCEL_CONFIG0, _ACC_CODES[16] << 5 | _ODR_50)
        self.write(_PWR_MGMT0, _LOW_POWER_ACC)
        time.sleep_ms(2)
        # 1/256 g a count.
        threshold = max(1, min(255, threshold_mg * 256 // 1000))
        self.write(_BANK_SEL, 4)
        for axis in range(3):
            self.write(_B4_ACCEL_WOM_X_THR + axis, threshold)
        self.write(_BANK_SEL, 0)
        time.sleep_ms(1)
        self.write(_INT_CONFIG, _INT1_LATCHED_HIGH)
        # The data sheet wants its reset bit (4) off for the pin to work.
        self.write(_INT_CONFIG1, 0)
        self.write(_INT_SOURCE0, 0)
        self.write(_INT_SOURCE1, _WOM_AXES)
        time.sleep_ms(50)
        self.read(_INT_STATUS2)
        self.write(_SMD_CONFIG, _WOM_AGAINST_PREVIOUS)
        return True

    def woken(self) -> bool:
        return self.read(_INT_STATUS2) & _WOM_AXES != 0
