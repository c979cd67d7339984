"""LSM6DSO and LSM6DSOX: registers, tagged FIFO, time stamps, as data sheet DS12140 and application note AN5192 tell.

Modelled: accelerometer and gyroscope at one output data rate, batched without compression; FIFO bypass, FIFO and
continuous mode; status, watermark, overrun; the 25 us time stamp, plain and batched; wake-up by the slope filter.
"""

import struct
from collections import deque
from typing import Final

from bartracker.sim.chips.base import Specimen
from bartracker.sim.chips.st import StChip

WHO_AM_I: Final = 0x6C
_FIFO_WORDS: Final = 512
_STAMP_HZ: Final = 40_000.0
_FREQ_FINE_STEP: Final = 0.0015
_STAMP_EVERY: Final = {0: 0, 1: 1, 2: 8, 3: 32}
_BYPASS, _FIFO, _CONTINUOUS = 0, 1, 6
_TAG_GYR, _TAG_ACC, _TAG_STAMP = 1, 2, 4


class Lsm6dso(StChip):
    """One chip on the bus. `stamp_last`: the time stamp comes after its slot's data instead of before (the application
    note leaves that open).
    """

    def __init__(self, specimen: Specimen, address: int = 0x6A, *, stamp_last: bool = False) -> None:
        super().__init__(specimen, address)
        self.stamp_last = stamp_last
        self._fifo: deque[bytes] = deque()
        self._overrun = self._overrun_latched = False
        self._slot = 0
        self._stamp_zero_us = 0
        self._reset(0)

    def read(self, now_us: int, register: int, length: int) -> bytes:
        self._answer(now_us)
        out = bytearray()
        address = register
        while len(out) < length:
            if address == 0x78:
                word = self._fifo.popleft() if self._fifo else bytes(7)
                out += word[: length - len(out)]
                continue
            out.append(self._value(now_us, address))
            if self._registers[0x12] & 0x04:
                address = (address + 1) & 0x7F
        return bytes(out)

    def _reset(self, now_us: int) -> None:
        super()._reset(now_us)
        self._registers[0x0F] = WHO_AM_I
        self._registers[0x18] = 0xE0
        self._registers[0x63] = round(self._specimen.rate_error / _FREQ_FINE_STEP) & 0xFF
        self._fifo.clear()
        self._overrun = self._overrun_latched = False
        self._stamp_zero_us = now_us

    def _set(self, now_us: int, register: int, value: int) -> None:
        registers = self._registers
        if register in (0x0F, 0x63) or (0x1A <= register <= 0x55 and register != 0x42):
            return
        if register == 0x12 and value & 0x01:
            self._reset(now_us)
            return
        if register == 0x42:
            if value == 0xAA:
                self._stamp_zero_us = now_us
            return
        old, registers[register] = registers[register], value
        if register == 0x0A and value & 7 == _BYPASS:
            self._fifo.clear()
            self._overrun = self._overrun_latched = False
            self._slot = 0
        self.wake_steps = 256 if registers[0x5C] & 0x10 else 64
        self._follow(now_us, register, old)

    def _value(self, now_us: int, register: int) -> int:
        match register:
            case 0x3A:
                return len(self._fifo) & 0xFF
            case 0x3B:
                watermark = self._registers[0x07] | (self._registers[0x08] & 1) << 8
                status = len(self._fifo) >> 8
                status |= (len(self._fifo) >= _FIFO_WORDS) << 5 | self._overrun << 6 | self._overrun_latched << 3
                status |= (watermark > 0 and len(self._fifo) >= watermark) << 7
                self._overrun = self._overrun_latched = False
                return status
            case 0x40 | 0x41 | 0x42 | 0x43:
                return self._stamp(now_us) >> 8 * (register - 0x40) & 0xFF
            case _:
                return super()._value(now_us, register)

    def _stamp(self, at_us: float) -> int:
        if not self._registers[0x19] & 0x20:
            return 0
        rate_hz = _STAMP_HZ * (1 + self._specimen.rate_error)
        return int((at_us - self._stamp_zero_us) * rate_hz / 1e6) & 0xFFFFFFFF

    def _advance(self, now_us: int) -> None:
        t_s, first = self._due(now_us)
        registers = self._registers
        batched = registers[0x09] >> 4 == registers[0x09] & 15 == registers[0x10] >> 4 != 0
        if not len(t_s) or registers[0x0A] & 7 not in (_FIFO, _CONTINUOUS) or not batched:
            return
        counts = self._taken(t_s, first)
        every = _STAMP_EVERY[registers[0x0A] >> 6]
        for at_s, sample in zip(t_s.tolist(), counts.astype("<i2"), strict=True):
            raw = sample.tobytes()
            words = [(_TAG_GYR, raw[6:]), (_TAG_ACC, raw[:6])]
            if every and self._slot % every == 0:
                stamp = (_TAG_STAMP, struct.pack("<IH", self._stamp(at_s * 1e6), 0))
                words = [*words, stamp] if self.stamp_last else [stamp, *words]
            for kind, data in words:
                self._put(kind, data)
            self._slot += 1

    def _put(self, kind: int, data: bytes) -> None:
        if len(self._fifo) >= _FIFO_WORDS:
            self._overrun = self._overrun_latched = True
            if self._registers[0x0A] & 7 == _FIFO:
                self.produced.overwritten += kind == _TAG_ACC
                return
            lost = self._fifo.popleft()
            self.produced.overwritten += lost[0] >> 3 == _TAG_ACC
        tag = kind << 3 | (self._slot & 3) << 1
        self._fifo.append(bytes([tag | tag.bit_count() & 1]) + data)
