"""MPU6886 and MPU6050: registers and the 1 KB FIFO of big-endian frames, as their register maps tell.

Modelled: one sampling rate for both parts (1 kHz over 1 + SMPLRT_DIV, low-pass filter on), frames of accelerometer,
temperature and gyroscope, overflow that overwrites the oldest bytes, reset, sleep; the MPU6886's wake on motion.
"""

import struct
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.sim.chips.base import RegisterChip, Specimen

MPU6886: Final = 0x19
MPU6050: Final = 0x68
_FIFO_BYTES: Final = 1024
_FRAME_BYTES: Final = 14
_BASE_HZ: Final = 1000.0
_COUNTS_PER_G: Final = (16384, 8192, 4096, 2048)
_COUNTS_PER_DPS: Final = (131.0, 65.5, 32.8, 16.4)
# (counts per degree, temperature of count 0)
_TEMPERATURE: Final = {MPU6886: (326.8, 25.0), MPU6050: (340.0, 36.53)}
_FRAME_ENABLES: Final = {MPU6886: 0x18, MPU6050: 0xF8}
_SLEEP, _RESET = 0x40, 0x80


class Mpu6(RegisterChip):
    """One chip on the bus; `model`: the value of its ID register."""

    def __init__(self, specimen: Specimen, model: int, address: int = 0x68) -> None:
        super().__init__(specimen, address)
        self._model = model
        self._fifo = bytearray()
        self._reset(0)

    def read(self, now_us: int, register: int, length: int) -> bytes:
        self._answer(now_us)
        if register == 0x74:
            taken = bytes(self._fifo[:length])
            del self._fifo[:length]
            return taken.ljust(length, b"\xff")
        return bytes(self._value(register + offset) for offset in range(length))

    def _reset(self, now_us: int) -> None:
        self._registers[:] = bytes(len(self._registers))
        self._registers[0x75] = self._model
        self._registers[0x6B] = 0x41 if self._model == MPU6886 else 0x40
        self._fifo.clear()
        self._sampling.start(now_us, 0.0)
        self._watch.start(now_us, 0.0, 0.0)
        self._watch.moved = False

    def _set(self, now_us: int, register: int, value: int) -> None:
        registers = self._registers
        if register in (0x3A, 0x75) or 0x3B <= register <= 0x48 or 0x72 <= register <= 0x74:
            return
        if register == 0x6B and value & _RESET:
            self._reset(now_us)
            return
        if register == 0x6A and value & 0x04:
            self._fifo.clear()
            value &= ~0x04
        old = registers[register]
        registers[register] = value
        if register in (0x19, 0x6B, 0x1A) and old != value:
            asleep = registers[0x6B] & _SLEEP
            filtered = registers[0x1A] & 7 not in (0, 7)
            rate_hz = _BASE_HZ / (1 + registers[0x19]) * (1 + self._specimen.rate_error)
            self._sampling.start(now_us, 0.0 if asleep or not filtered else rate_hz)
        if register in (0x19, 0x38, 0x69, 0x6B, 0x20, 0x21, 0x22):
            self._watch_motion(now_us)

    def _watch_motion(self, now_us: int) -> None:
        registers = self._registers
        # Each axis has its threshold of 4 mg a count and its enable bit; the model asks for the same on all.
        even = registers[0x20] == registers[0x21] == registers[0x22] > 0 and registers[0x38] & 0xE0 == 0xE0
        on = self._model == MPU6886 and even and registers[0x69] & 0xC0 == 0xC0 and not registers[0x6B] & _SLEEP
        rate_hz = _BASE_HZ / (1 + registers[0x19]) if on else 0.0
        self._watch.start(now_us, rate_hz, registers[0x20] * 4e-3 * STANDARD_GRAVITY_MPS2)

    def _routed(self) -> bool:
        return bool(self._registers[0x38] & 0xE0) and not self._registers[0x37] & 0x80

    def _value(self, register: int) -> int:
        match register:
            case 0x75 if self.faults.who_am_i is not None:
                return self.faults.who_am_i
            case 0x3A:
                status = self._registers[0x3A] | (0xE0 if self._watch.moved else 0)
                self._registers[0x3A] = 0
                self._watch.moved = False
                return status
            case 0x72:
                return len(self._fifo) >> 8
            case 0x73:
                return len(self._fifo) & 0xFF
            case _:
                return self._registers[register]

    def _advance(self, now_us: int) -> None:
        t_s, first = self._due(now_us)
        registers = self._registers
        if not len(t_s):
            return
        if not registers[0x6A] & 0x40 or registers[0x23] != _FRAME_ENABLES[self._model]:
            return
        counts = self._sense(
            t_s,
            first,
            STANDARD_GRAVITY_MPS2 / _COUNTS_PER_G[registers[0x1C] >> 3 & 3],
            float(np.radians(1.0 / _COUNTS_PER_DPS[registers[0x1B] >> 3 & 3])),
        )
        self.produced.add(counts)
        per_degree, zero_degc = _TEMPERATURE[self._model]
        temperature = round((self._specimen.temperature_degc(float(t_s[-1])) - zero_degc) * per_degree)
        frame = struct.Struct(">7h")
        for sample in counts.tolist():
            self._fifo += frame.pack(*sample[:3], temperature, *sample[3:])
        surplus = len(self._fifo) - _FIFO_BYTES
        if surplus > 0:
            del self._fifo[:surplus]
            self._registers[0x3A] |= 0x10
            self.produced.overwritten += -(-surplus // _FRAME_BYTES)
