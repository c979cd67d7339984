"""BMI270: registers, the configuration that it must be given, FIFO frames with headers, as data sheet BST-BMI270-DS000
tells.

Modelled: both parts at one output data rate, unchanged filters; frames of both, skip, input-changed and sensor-time
frames, a frame that was read in part comes again; advanced power save, in which neither configuration nor FIFO can be
reached; the upload, which fails for other bytes than `configuration`; any-motion. The maker's configuration is not
here: the model takes a stand-in.
"""

import hashlib
from collections import deque
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.sim.chips.base import RegisterChip, Specimen

CHIP_ID: Final = 0x24
CONFIGURATION_BYTES: Final = 8192
STAND_IN: Final = b"".join(hashlib.sha256(n.to_bytes(2, "big")).digest() for n in range(CONFIGURATION_BYTES // 32))
"""What the simulated chip takes for its configuration."""

_FIFO_BYTES: Final = 2048
_ODR_HZ: Final = {5: 12.5, 6: 25.0, 7: 50.0, 8: 100.0, 9: 200.0, 10: 400.0, 11: 800.0, 12: 1600.0}
_ACC_G: Final = {0: 2, 1: 4, 2: 8, 3: 16}
_GYR_DPS: Final = {0: 2000.0, 1: 1000.0, 2: 500.0, 3: 250.0, 4: 125.0}
_FRAME_BOTH, _FRAME_SKIP, _FRAME_TIME, _FRAME_CHANGED, _FRAME_NONE = 0x8C, 0x40, 0x44, 0x48, 0x80
_WAKE_US: Final = 450
_INIT_US: Final = 20_000
_RESET_US: Final = 2_000
_SENSOR_TIME_HZ: Final = 25_600.0
_MOST_SKIPPED: Final = 255
_FEATURE_PAGES: Final = 8
_ANY_MOTION_DEFAULTS: Final = (0x05, 0xE0, 0xAA, 0x38)


class Bmi270(RegisterChip):
    """One chip on the bus that takes `configuration` for its maker's."""

    def __init__(self, specimen: Specimen, address: int = 0x68, *, configuration: bytes = STAND_IN) -> None:
        super().__init__(specimen, address)
        self._configuration = configuration
        self._uploaded = bytearray(CONFIGURATION_BYTES)
        self._pages = [bytearray(16) for _ in range(_FEATURE_PAGES)]
        self._fifo: deque[bytes] = deque()
        self._skipped = 0
        self._ready_us: int | None = None
        self._ok = False
        self._awake_us = 0
        self._reset(0)

    def read(self, now_us: int, register: int, length: int) -> bytes:
        self._answer(now_us)
        if register == 0x26:
            return self._read_fifo(now_us, length)
        return bytes(self._value(now_us, register + offset) for offset in range(length))

    def write(self, now_us: int, register: int, data: bytes) -> None:
        self._answer(now_us)
        if register == 0x5E:
            self._upload(now_us, data)
            return
        for offset, value in enumerate(data):
            self._set(now_us, register + offset, value)

    def _reset(self, now_us: int) -> None:
        self._registers[:] = bytes(128)
        for register, value in {
            0x40: 0xA8,
            0x41: 0x02,
            0x42: 0xA9,
            0x45: 0x88,
            0x48: 0x02,
            0x49: 0x10,
            0x7C: 3,
        }.items():
            self._registers[register] = value
        self._uploaded[:] = bytes(CONFIGURATION_BYTES)
        for page in self._pages:
            page[:] = bytes(16)
        self._pages[1][12:16] = bytes(_ANY_MOTION_DEFAULTS)
        self._fifo.clear()
        self._skipped = 0
        self._ready_us = None
        self._ok = False
        self._awake_us = now_us + _RESET_US
        self._sampling.start(now_us, 0.0)
        self._watch.start(now_us, 0.0, 0.0)
        self._watch.moved = False

    def _deaf(self, now_us: int) -> bool:
        return bool(self._registers[0x7C] & 1) or now_us < self._awake_us

    def _upload(self, now_us: int, data: bytes) -> None:
        registers = self._registers
        if self._deaf(now_us) or registers[0x59] & 1:
            return
        at = 2 * (registers[0x5C] << 4 | registers[0x5B] & 0x0F)
        self._uploaded[at : at + len(data)] = data
        del self._uploaded[CONFIGURATION_BYTES:]

    def _set(self, now_us: int, register: int, value: int) -> None:
        registers = self._registers
        if register == 0x7E:
            if value == 0xB6:
                self._reset(now_us)
            elif value == 0xB0 and not self._deaf(now_us):
                self._fifo.clear()
                self._skipped = 0
            return
        if register <= 0x2E or now_us < self._awake_us or (self._deaf(now_us) and register != 0x7C):
            return
        if 0x30 <= register <= 0x3F:
            self._pages[registers[0x2F] & 7][register - 0x30] = value
            self._watch_motion(now_us)
            return
        old = registers[register]
        registers[register] = value
        if register == 0x7C and old & 1 and not value & 1:
            self._awake_us = now_us + _WAKE_US
        if register == 0x59 and value & 1 and not old & 1:
            self._ready_us = now_us + _INIT_US
            self._ok = bytes(self._uploaded) == self._configuration
        if register in (0x40, 0x41, 0x42, 0x43, 0x7D) and old != value:
            if registers[0x49] & 0xC0:
                self._put(bytes([_FRAME_CHANGED, 0, 0, 0, 0]))
            self._start_sampling(now_us)
        if register in (0x40, 0x7C, 0x7D):
            self._watch_motion(now_us)

    def _start_sampling(self, now_us: int) -> None:
        registers = self._registers
        both = registers[0x7D] & 0x06 == 0x06 and registers[0x40] & 15 == registers[0x42] & 15
        nominal_hz = _ODR_HZ.get(registers[0x40] & 15, 0.0) if both and self._running(now_us) else 0.0
        self._sampling.start(now_us, nominal_hz * (1 + self._specimen.rate_error))

    def _running(self, now_us: int) -> bool:
        return self._ok and self._ready_us is not None and now_us >= self._ready_us

    def _watch_motion(self, now_us: int) -> None:
        registers = self._registers
        first, second = (int.from_bytes(self._pages[1][at : at + 2], "little") for at in (12, 14))
        on = second & 0x8000 and first >> 13 == 7 and registers[0x7D] & 0x04 and self._running(now_us)
        # The engine looks 50 times a second; the duration counts in its steps.
        threshold_mps2 = (second & 0x7FF) / 2048 * STANDARD_GRAVITY_MPS2
        self._watch.start(now_us, 50.0 if on else 0.0, threshold_mps2, max(1, first & 0x1FFF), against_first=True)

    def _routed(self) -> bool:
        registers = self._registers
        reported = int.from_bytes(self._pages[1][14:16], "little") >> 11 & 0x0F == 7
        return bool(registers[0x56] & 0x40) and registers[0x53] & 0x0A == 0x0A and reported

    def _value(self, now_us: int, register: int) -> int:
        stored = sum(map(len, self._fifo))
        match register:
            case 0x00:
                return CHIP_ID if self.faults.who_am_i is None else self.faults.who_am_i
            case 0x18 | 0x19 | 0x1A:
                return self._sensor_time(now_us)[register - 0x18]
            case 0x1C:
                moved, self._watch.moved = self._watch.moved, False
                return 0x40 if moved and int.from_bytes(self._pages[1][14:16], "little") >> 11 & 0x0F == 7 else 0
            case 0x21:
                if self._ready_us is None or now_us < self._ready_us:
                    return 0
                return 1 if self._ok else 2
            case 0x22 | 0x23:
                raw = 0x8000
                if self._registers[0x7D] & 0x08:
                    raw = round((self._specimen.temperature_degc(now_us / 1e6) - 23.0) * 512) & 0xFFFF
                return raw >> 8 if register & 1 else raw & 0xFF
            case 0x24:
                return stored & 0xFF
            case 0x25:
                return stored >> 8 & 0x3F
            case _ if 0x30 <= register <= 0x3F:
                return self._pages[self._registers[0x2F] & 7][register - 0x30]
            case _:
                return self._registers[register]

    def _sensor_time(self, now_us: int) -> bytes:
        ticks = int(now_us * 1e-6 * _SENSOR_TIME_HZ * (1 + self._specimen.rate_error))
        return (ticks & 0xFFFFFF).to_bytes(3, "little")

    def _read_fifo(self, now_us: int, length: int) -> bytes:
        if self._deaf(now_us):
            return bytes([_FRAME_NONE]) * length
        out = bytearray()
        if self._skipped:
            out += bytes([_FRAME_SKIP, min(self._skipped, _MOST_SKIPPED)])
            if length >= len(out):
                self._skipped = 0
        while self._fifo and len(out) < length:
            frame = self._fifo[0]
            if len(out) + len(frame) <= length:
                self._fifo.popleft()
            out += frame
        if not self._fifo and len(out) < length and self._registers[0x48] & 0x02:
            out += bytes([_FRAME_TIME]) + self._sensor_time(now_us)
        return bytes(out[:length]).ljust(length, bytes([_FRAME_NONE]))

    def _advance(self, now_us: int) -> None:
        t_s, first = self._due(now_us)
        registers = self._registers
        if not len(t_s):
            return
        if registers[0x49] & 0xF0 != 0xD0 or registers[0x45] != 0x88:
            return
        counts = self._sense(
            t_s,
            first,
            _ACC_G[registers[0x41] & 3] * STANDARD_GRAVITY_MPS2 / 32768,
            float(np.radians(_GYR_DPS[registers[0x43] & 7] / 32768)),
        )
        self.produced.add(counts)
        for sample in counts.astype("<i2"):
            raw = sample.tobytes()
            self._put(bytes([_FRAME_BOTH]) + raw[6:] + raw[:6])

    def _put(self, frame: bytes) -> None:
        while sum(map(len, self._fifo)) + len(frame) > _FIFO_BYTES:
            if self._registers[0x48] & 0x01:
                self.produced.overwritten += 1
                return
            self.produced.overwritten += self._fifo.popleft()[0] == _FRAME_BOTH
            self._skipped += 1
        self._fifo.append(frame)
