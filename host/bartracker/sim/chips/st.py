"""What the models of ST's chips share: rates, ranges, temperature, the wake-up detector; not the FIFO."""

from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.sim.chips.base import CountArray, RegisterChip

# Base rate over output data rate, by ODR code.
_ODR_DIVIDER: Final = {1: 512, 2: 256, 3: 128, 4: 64, 5: 32, 6: 16, 7: 8, 8: 4, 9: 2, 10: 1}
_ACC_MG: Final = {0: 0.061, 1: 0.488, 2: 0.122, 3: 0.244}
_ACC_G: Final = {0: 2, 1: 16, 2: 4, 3: 8}
_GYR_MDPS: Final = {0: 8.75, 1: 17.5, 2: 35.0, 3: 70.0}
_WATCH_REGISTERS: Final = (0x10, 0x58, 0x5B, 0x5C)


class StChip(RegisterChip):
    """A chip whose accelerometer and gyroscope run at one rate, `base_odr_hz` over a power of two."""

    base_odr_hz = 6667.0
    # Steps of the wake-up threshold in full scale.
    wake_steps = 64

    def _reset(self, now_us: int) -> None:
        self._registers[:] = bytes(len(self._registers))
        self._registers[0x12] = 0x04
        self._sampling.start(now_us, 0.0)
        self._watch.start(now_us, 0.0, 0.0)
        self._watch.moved = False

    def _follow(self, now_us: int, register: int, old: int) -> None:
        """What a changed register does to sampling and to the wake-up detector."""
        registers = self._registers
        if register in (0x10, 0x11) and (old ^ registers[register]) & 0xF0:
            code_acc, code_gyr = registers[0x10] >> 4, registers[0x11] >> 4
            rate_hz = self._nominal_hz(code_acc) if code_acc == code_gyr else 0.0
            self._sampling.start(now_us, rate_hz * (1 + self._specimen.rate_error))
        if register in _WATCH_REGISTERS:
            threshold_g = (registers[0x5B] & 0x3F) * _ACC_G[registers[0x10] >> 2 & 3] / self.wake_steps
            rate_hz = self._nominal_hz(registers[0x10] >> 4) if registers[0x58] & 0x80 else 0.0
            successive = 1 + (registers[0x5C] >> 5 & 3)
            self._watch.start(now_us, rate_hz, threshold_g * STANDARD_GRAVITY_MPS2, successive)

    def _nominal_hz(self, code: int) -> float:
        return self.base_odr_hz / _ODR_DIVIDER[code] if code in _ODR_DIVIDER else 0.0

    def _routed(self) -> bool:
        return bool(self._registers[0x5E] & 0x20 and self._registers[0x58] & 0x80)

    def _value(self, now_us: int, register: int) -> int:
        match register:
            case 0x0F if self.faults.who_am_i is not None:
                return self.faults.who_am_i
            case 0x1B:
                moved, self._watch.moved = self._watch.moved, False
                return 0x0F if moved else 0
            case 0x20 | 0x21:
                raw = round((self._specimen.temperature_degc(now_us / 1e6) - 25.0) * 256) & 0xFFFF
                return raw >> 8 if register & 1 else raw & 0xFF
            case _:
                return self._registers[register]

    def _taken(self, t_s: FloatArray, first: int) -> CountArray:
        """(N, 6) int16 in the ranges that are set."""
        acc, gyr = self._registers[0x10] >> 2 & 3, self._registers[0x11] >> 2 & 3
        counts = self._sense(
            t_s, first, _ACC_MG[acc] * 1e-3 * STANDARD_GRAVITY_MPS2, float(np.radians(_GYR_MDPS[gyr] * 1e-3))
        )
        self.produced.add(counts)
        return counts
