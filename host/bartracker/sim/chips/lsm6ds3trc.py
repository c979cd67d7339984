"""LSM6DS3TR-C: registers and the 4 KB FIFO of bare words, as its data sheet and application note AN5130 tell.

Modelled: accelerometer and gyroscope at one output data rate, both undecimated in the FIFO; bypass, FIFO and continuous
mode; unread words, overrun, the pattern that tells which word comes next; wake-up by the slope filter.
"""

from collections import deque
from typing import Final

from bartracker.sim.chips.base import Specimen
from bartracker.sim.chips.st import StChip

WHO_AM_I: Final = 0x6A
_FIFO_WORDS: Final = 2048
_PATTERN_WORDS: Final = 6
_BYPASS, _FIFO, _CONTINUOUS = 0, 1, 6


class Lsm6ds3trc(StChip):
    """One chip on the bus."""

    base_odr_hz = 6660.0

    def __init__(self, specimen: Specimen, address: int = 0x6A) -> None:
        super().__init__(specimen, address)
        self._fifo: deque[bytes] = deque()
        self._next_word = 0
        self._overrun = False
        self._reset(0)

    def read(self, now_us: int, register: int, length: int) -> bytes:
        self._answer(now_us)
        out = bytearray()
        address = register
        while len(out) < length:
            if address == 0x3E:
                out += self._pop()[: length - len(out)]
                continue
            out.append(self._value(now_us, address))
            if self._registers[0x12] & 0x04:
                address = (address + 1) & 0x7F
        return bytes(out)

    def _pop(self) -> bytes:
        if not self._fifo:
            return bytes(2)
        self._next_word = (self._next_word + 1) % _PATTERN_WORDS
        return self._fifo.popleft()

    def _clear(self) -> None:
        self._fifo.clear()
        self._overrun = False
        self._next_word = 0

    def _reset(self, now_us: int) -> None:
        super()._reset(now_us)
        self._registers[0x0F] = WHO_AM_I
        self._clear()

    def _set(self, now_us: int, register: int, value: int) -> None:
        if register == 0x0F or 0x1A <= register <= 0x55:
            return
        if register == 0x12 and value & 0x01:
            self._reset(now_us)
            return
        old, self._registers[register] = self._registers[register], value
        if register == 0x0A and value & 7 == _BYPASS:
            self._clear()
        self._follow(now_us, register, old)

    def _value(self, now_us: int, register: int) -> int:
        unread = min(len(self._fifo), _FIFO_WORDS - 1)
        match register:
            case 0x3A:
                return unread & 0xFF
            case 0x3B:
                status = unread >> 8 | (not self._fifo) << 4 | self._overrun << 6
                self._overrun = False
                return status
            case 0x3C:
                return self._next_word
            case _:
                return super()._value(now_us, register)

    def _advance(self, now_us: int) -> None:
        t_s, first = self._due(now_us)
        registers = self._registers
        batched = registers[0x08] == 0x09 and registers[0x0A] >> 3 == registers[0x10] >> 4
        if not len(t_s) or registers[0x0A] & 7 not in (_FIFO, _CONTINUOUS) or not batched:
            return
        for sample in self._taken(t_s, first).astype("<i2"):
            raw = sample.tobytes()
            self._put(raw[6:] + raw[:6])

    def _put(self, words: bytes) -> None:
        if len(self._fifo) + _PATTERN_WORDS > _FIFO_WORDS:
            self._overrun = True
            self.produced.overwritten += 1
            if self._registers[0x0A] & 7 == _FIFO:
                return
            while len(self._fifo) + _PATTERN_WORDS > _FIFO_WORDS:
                self._pop()
        self._fifo.extend(words[at : at + 2] for at in range(0, len(words), 2))
