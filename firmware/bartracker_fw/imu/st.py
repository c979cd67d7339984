# What ST's chips have in common: reset, rates and ranges, temperature, wake-up.
import time

from micropython import const

from bartracker_fw.imu.base import RADIANS_PER_DEGREE, STANDARD_GRAVITY, Imu, signed16

_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_WAKE_UP_SRC = const(0x1B)
_OUT_TEMP = const(0x20)
_WAKE_UP_THS = const(0x5B)
_MD1_CFG = const(0x5E)

_SW_RESET = const(0x01)
_BDU_INCREMENT = const(0x44)
_ODR_52 = const(3)
_WAKE_TO_INT1 = const(0x20)
_WOKEN = const(0x08)
_EIO = const(5)

_ACC_CODES = {2: 0, 4: 2, 8: 3, 16: 1}
_GYR_CODES = {250: 0, 500: 1, 1000: 2, 2000: 3}


class StImu(Imu):
    addresses = (0x6A, 0x6B)
    id_register = _WHO_AM_I

    def __init__(self, i2c, address: int, chip_id: int) -> None:
        super().__init__(i2c, address, chip_id)
        self._pair = bytearray(2)

    def _restart(self) -> None:
        if self.read(_WHO_AM_I) != self._id:
            raise OSError(_EIO)
        self.write(_CTRL3_C, _SW_RESET)
        for _ in range(20):
            time.sleep_ms(1)
            if not self.read(_CTRL3_C) & _SW_RESET:
                break
        else:
            raise OSError(_EIO)
        self.write(_CTRL3_C, _BDU_INCREMENT)

    def _start(self, rate_hz: float, code: int, acc_g: int, gyr_dps: int) -> None:
        self.write(_CTRL1_XL, code << 4 | _ACC_CODES[acc_g] << 2)
        self.write(_CTRL2_G, code << 4 | _GYR_CODES[gyr_dps] << 2)
        self.rate_hz = rate_hz
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps
        # 0.061 mg and 8.75 mdps per count at the lowest ranges; 16 g has 0.488 mg.
        self.acc_scale = acc_g * 0.0305e-3 * STANDARD_GRAVITY
        self.gyr_scale = gyr_dps * 0.035e-3 * RADIANS_PER_DEGREE
        # The gyroscope needs up to 80 ms to settle after power-down.
        time.sleep_ms(90)

    def _watch(self, threshold: int) -> None:
        # Six bits; the accelerometer at 52 Hz and 2 g.
        self.write(_CTRL1_XL, _ODR_52 << 4 | _ACC_CODES[2] << 2)
        self.write(_WAKE_UP_THS, max(1, min(63, threshold)))
        self.write(_MD1_CFG, _WAKE_TO_INT1)
        time.sleep_ms(60)

    def _settle(self) -> None:
        # The slope filter has started: what it said until now is no motion.
        time.sleep_ms(60)
        self.read(_WAKE_UP_SRC)

    def read_temperature(self) -> None:
        self._i2c.readfrom_mem_into(self._address, _OUT_TEMP, self._pair)
        # 256 counts a degree, 0 at 25 degrees.
        self.centidegc = 2500 + signed16(self._pair[0], self._pair[1]) * 25 // 64

    def woken(self) -> bool:
        return self.read(_WAKE_UP_SRC) & _WOKEN != 0
