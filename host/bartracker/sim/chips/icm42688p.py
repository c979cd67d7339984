"""ICM-42688-P: registers in banks, FIFO packets with a time stamp each, as data sheet DS-000347 tells.

Modelled: both parts at one output data rate, packets of 16 bytes (structure 3), big-endian; bypass, stream and
stop-on-full mode; count, full, lost packets; the time stamp in its two resolutions and with its factor of 30/32; -32768
while the gyroscope starts; wake on motion.
"""

import struct
from collections import deque
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.sim.chips.base import CountArray, RegisterChip, Specimen

WHO_AM_I: Final = 0x47
_FIFO_BYTES: Final = 2048
_PACKET: Final = struct.Struct(">B6hbH")
_ODR_HZ: Final = {5: 2000.0, 6: 1000.0, 15: 500.0, 7: 200.0, 8: 100.0, 9: 50.0, 10: 25.0}
_ACC_G: Final = {0: 16, 1: 8, 2: 4, 3: 2}
_GYR_DPS: Final = {0: 2000.0, 1: 1000.0, 2: 500.0, 3: 250.0, 4: 125.0}
_GYR_START_US: Final = 45_000
_RESET_US: Final = 1_000
_INVALID: Final = -32768
_STAMP_SCALE: Final = 30 / 32
# Structure 3: accelerometer, gyroscope, temperature and time stamp.
_STRUCTURE_3: Final = 0x0B
_HEADER: Final = 0x68
_BYPASS, _STREAM = 0, 1


class Icm42688p(RegisterChip):
    """One chip on the bus."""

    def __init__(self, specimen: Specimen, address: int = 0x68) -> None:
        super().__init__(specimen, address)
        self._banks = [bytearray(128) for _ in range(5)]
        self._registers = self._banks[0]
        self._fifo: deque[bytes] = deque()
        self._gyr_on_us = 0
        self._busy_until_us = 0
        self._full = False
        self._lost = 0
        self._reset(0)

    def read(self, now_us: int, register: int, length: int) -> bytes:
        self._answer(now_us)
        if register == 0x30 and self._bank() == 0:
            out = b"".join(self._fifo.popleft() for _ in range(min(len(self._fifo), -(-length // _PACKET.size))))
            # Past the end the header says that there is nothing.
            return out[:length].ljust(length, b"\xff")
        return bytes(self._value(now_us, register + offset) for offset in range(length))

    def _bank(self) -> int:
        return self._banks[0][0x76] & 7

    def _reset(self, now_us: int) -> None:
        for bank in self._banks:
            bank[:] = bytes(128)
        registers = self._registers
        for register, value in {
            0x75: WHO_AM_I,
            0x4F: 0x06,
            0x50: 0x06,
            0x4C: 0x30,
            0x4D: 0x91,
            0x54: 0x23,
            0x64: 0x10,
            0x65: 0x10,
        }.items():
            registers[register] = value
        self._fifo.clear()
        self._full = False
        self._lost = 0
        self._sampling.start(now_us, 0.0)
        self._watch.start(now_us, 0.0, 0.0)
        self._watch.moved = False

    def _set(self, now_us: int, register: int, value: int) -> None:
        if now_us < self._busy_until_us:
            return
        registers = self._registers
        if register != 0x76 and self._bank() != 0:
            self._banks[min(self._bank(), 4)][register] = value
            return
        if register in (0x75, 0x2D, 0x37, 0x38, 0x2E, 0x2F) or 0x1D <= register <= 0x2A:
            return
        if register == 0x11 and value & 1:
            self._reset(now_us)
            self._busy_until_us = now_us + _RESET_US
            return
        old = registers[register]
        registers[register] = value
        if (register == 0x4B and value & 0x02) or (register == 0x16 and value >> 6 == _BYPASS):
            self._fifo.clear()
            self._lost = 0
        if register == 0x4E:
            if value & 0x0C == 0x0C and old & 0x0C != 0x0C:
                self._gyr_on_us = now_us
            self._busy_until_us = now_us + 200
        if register in (0x4E, 0x4F, 0x50) and old != value:
            self._start_sampling(now_us)
        if register in (0x4E, 0x50, 0x57, 0x66):
            self._watch_motion(now_us)

    def _start_sampling(self, now_us: int) -> None:
        registers = self._registers
        both = registers[0x4E] & 0x0F == 0x0F and registers[0x4F] & 15 == registers[0x50] & 15
        nominal_hz = _ODR_HZ.get(registers[0x4F] & 15, 0.0) if both else 0.0
        self._sampling.start(now_us, nominal_hz * (1 + self._specimen.rate_error))

    def _watch_motion(self, now_us: int) -> None:
        registers = self._registers
        thresholds = self._banks[4][0x4A:0x4D]
        # Wake on motion, each sample against the one before, all axes with one threshold of 1/256 g a count.
        on = registers[0x57] & 0x07 == 0x05 and registers[0x4E] & 3 >= 2 and len(set(thresholds)) == 1
        rate_hz = _ODR_HZ.get(registers[0x50] & 15, 0.0) if on else 0.0
        self._watch.start(now_us, rate_hz, thresholds[0] / 256 * STANDARD_GRAVITY_MPS2)

    def _routed(self) -> bool:
        registers = self._registers
        high = registers[0x14] & 0x03 == 0x03 and not registers[0x64] & 0x10
        return bool(registers[0x66] & 0x07) and high

    def _value(self, now_us: int, register: int) -> int:
        if register == 0x76:
            return self._registers[0x76]
        if self._bank() != 0:
            return self._banks[min(self._bank(), 4)][register]
        stored = len(self._fifo) * _PACKET.size
        match register:
            case 0x75 if self.faults.who_am_i is not None:
                return self.faults.who_am_i
            case 0x1D | 0x1E:
                raw = round((self._specimen.temperature_degc(now_us / 1e6) - 25.0) * 132.48) & 0xFFFF
                return raw & 0xFF if register == 0x1E else raw >> 8
            case 0x2D:
                full, self._full = self._full, False
                return full << 1
            case 0x2E:
                return stored >> 8
            case 0x2F:
                return stored & 0xFF
            case 0x37:
                moved, self._watch.moved = self._watch.moved, False
                return 0x07 if moved else 0
            case 0x6C:
                return self._lost & 0xFF
            case 0x6D:
                return self._lost >> 8 & 0xFF
            case _:
                return self._registers[register]

    def _advance(self, now_us: int) -> None:
        t_s, first = self._due(now_us)
        registers = self._registers
        if not len(t_s):
            return
        if registers[0x16] >> 6 == _BYPASS or registers[0x5F] & 0x1F & ~0x04 != _STRUCTURE_3:
            return
        counts = self._sense(
            t_s,
            first,
            _ACC_G[registers[0x50] >> 5] * STANDARD_GRAVITY_MPS2 / 32768,
            float(np.radians(_GYR_DPS[registers[0x4F] >> 5] / 32768)),
        )
        # -32768 is no value: it marks a sample that is none.
        counts = np.maximum(counts, -32767)
        counts[t_s * 1e6 < self._gyr_on_us + _GYR_START_US, 3:] = _INVALID
        self.produced.add(counts)
        self._store(t_s.tolist(), counts)

    def _store(self, times_s: list[float], counts: CountArray) -> None:
        degrees = self._specimen.temperature_degc(times_s[-1]) - 25.0
        for at_s, sample in zip(times_s, counts.tolist(), strict=True):
            self._put(_PACKET.pack(_HEADER, *sample, round(degrees * 2.07), self._stamp(at_s)))

    def _stamp(self, at_s: float) -> int:
        settings = self._registers[0x54]
        if not settings & 0x01:
            return 0
        steps = at_s * 1e6 * (1 + self._specimen.rate_error) * _STAMP_SCALE
        return int(steps / 16 if settings & 0x08 else steps) & 0xFFFF

    def _put(self, packet: bytes) -> None:
        if (len(self._fifo) + 1) * _PACKET.size > _FIFO_BYTES:
            self._full = True
            self._lost += 1
            self.produced.overwritten += 1
            if self._registers[0x16] >> 6 != _STREAM:
                return
            self._fifo.popleft()
        self._fifo.append(packet)
