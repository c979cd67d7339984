"""The status characteristic: what the device does and how it is, protocol v1. Decoders raise WireError, and nothing
else, for bytes they do not know.
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR
from bartracker.wire.packing import check_type, member, pack, unpack

STATUS_TYPE: Final = PROTOCOL_MAJOR << 4 | 2
_STATUS: Final = struct.Struct("<BBHBBHIIIIfhH")
_STATUS_1_1: Final = struct.Struct("<BBHH")
_STATUS_1_2: Final = struct.Struct("<HBB")
_UNKNOWN_KIB: Final = 0xFFFF
_NO_SLOT: Final = 255
_UNKNOWN_PERCENT: Final = 255
_UNKNOWN_TEMPERATURE: Final = -32768
_KNOWN_REMARKS: Final = 15


class SensorState(IntEnum):
    """What the device is doing."""

    IDLE = 0
    STREAMING = 1
    LOGGING = 2
    FAULT = 3


class SensorMode(IntEnum):
    """What the device does, in more detail than `SensorState`; a host may ask for IDLE, ARMED, RECORDING. Since 1.1."""

    IDLE = 0
    ARMED = 1
    """Records in the device whenever the bar moves."""
    STREAMING = 2
    RECORDING = 3
    """Samples go to the device's flash."""
    SYNCING = 4
    """Recordings are being sent."""


class SensorRemarks(IntFlag):
    """What else is odd with the device. Since 1.1."""

    NONE = 0
    SETTINGS_LOST = 1
    """Its settings could not be read; the defaults hold."""
    LOG_FULL = 2
    """Its memory for recordings is full."""
    RESTING = 4
    """It failed at several starts in a row and leaves chip and flash alone now. Since 1.2."""
    CALIBRATION_LOST = 8
    """The calibration it kept could not be read; it keeps none. Since 1.2."""


class ResetCause(IntEnum):
    """Why the device started, as MicroPython counts it. Since 1.2."""

    UNKNOWN = 0
    POWER = 1
    """Switched on, or its supply sank (brown-out): an ESP32 tells MicroPython the same of both."""
    RESET = 2
    """Reset button, a crash, or the program asked for it (update)."""
    WATCHDOG = 3
    DEEP_SLEEP = 4
    PROMPT = 5

    @property
    def words(self) -> str:
        """For a person."""
        return _CAUSE_WORDS[self]


_CAUSE_WORDS: Final = {
    ResetCause.UNKNOWN: "for a reason it does not know",
    ResetCause.POWER: "because its power was cut or sank",
    ResetCause.RESET: "because it was reset or crashed",
    ResetCause.WATCHDOG: "because its firmware hung and the watchdog ended that",
    ResetCause.DEEP_SLEEP: "because it was asleep and motion woke it",
    ResetCause.PROMPT: "from its prompt",
}


class SensorFault(IntEnum):
    """Why the device cannot work."""

    NONE = 0
    IMU_SILENT = 1
    IMU_UNKNOWN = 2
    FIFO = 3
    SELF_TEST = 4
    LOW_BATTERY = 5
    IMU_NEEDS_FILE = 6
    NEWER = 255
    """One that a newer firmware knows."""


_MODES: Final = frozenset(map(int, SensorMode))
_FAULTS: Final = frozenset(map(int, SensorFault))


@dataclass(frozen=True, slots=True)
class Status:
    """State of the device; None where it does not know.

    `fifo_overflows` u16 and the other counters u32 count since boot and wrap; `rate_hz` as measured by the device's
    clock. `mode`, `remarks`, `log_used` and `log_blocks` (blocks of 4096 bytes) are known since 1.1; None before
    (and a mode that only a newer firmware knows).
    `heap_kib` (free memory, KiB, at the start and after each set), `reset_cause` and `slot` (which of two places the
    firmware runs from; None: neither) since 1.2.
    """

    state: SensorState
    battery_mv: int | None
    battery_percent: int | None
    fault: SensorFault
    fifo_overflows: int
    samples: int
    packets_sent: int
    packets_dropped: int
    notify_retries: int
    rate_hz: float | None
    temperature_degc: float | None
    ring_packets: int
    mode: SensorMode | None = None
    remarks: SensorRemarks | None = None
    log_used: int | None = None
    log_blocks: int | None = None
    heap_kib: int | None = None
    reset_cause: ResetCause | None = None
    slot: int | None = None


def encode_status(status: Status) -> bytes:
    """32 bytes, 38 where the mode is known, 42 where the cause of the reset is too. Raises WireError for values that do
    not fit.
    """
    temperature = status.temperature_degc
    newer = b""
    if status.mode is not None:
        newer = pack(_STATUS_1_1, status.mode, status.remarks or 0, status.log_used or 0, status.log_blocks or 0)
        if status.reset_cause is not None:
            heap_kib = _UNKNOWN_KIB if status.heap_kib is None else status.heap_kib
            newer += pack(_STATUS_1_2, heap_kib, status.reset_cause, _NO_SLOT if status.slot is None else status.slot)
    head = pack(
        _STATUS,
        STATUS_TYPE,
        status.state,
        status.battery_mv or 0,
        _UNKNOWN_PERCENT if status.battery_percent is None else status.battery_percent,
        status.fault,
        status.fifo_overflows & 0xFFFF,
        status.samples & 0xFFFFFFFF,
        status.packets_sent & 0xFFFFFFFF,
        status.packets_dropped & 0xFFFFFFFF,
        status.notify_retries & 0xFFFFFFFF,
        status.rate_hz or 0.0,
        _UNKNOWN_TEMPERATURE if temperature is None else round(temperature * 100),
        status.ring_packets,
    )
    return head + newer


def decode_status(raw: bytes) -> Status:
    """Read the status characteristic; bytes that a newer minor version added are ignored."""
    given = "status"
    kind, state, battery_mv, percent, fault, *counters, rate_hz, temperature, ring_packets = unpack(_STATUS, raw, given)
    check_type(kind, STATUS_TYPE, given)
    if percent > 100 and percent != _UNKNOWN_PERCENT:
        raise WireError("value", given, f"a battery cannot be {percent} % full")
    if not math.isfinite(rate_hz) or rate_hz < 0:
        raise WireError("value", given, f"a rate cannot be {rate_hz} Hz")
    mode = remarks = log_used = log_blocks = None
    if len(raw) >= _STATUS.size + _STATUS_1_1.size:
        number, flags, log_used, log_blocks = _STATUS_1_1.unpack_from(raw, _STATUS.size)
        mode = SensorMode(number) if number in _MODES else None
        remarks = SensorRemarks(flags & _KNOWN_REMARKS)
    heap_kib = cause = slot = None
    if len(raw) >= _STATUS.size + _STATUS_1_1.size + _STATUS_1_2.size:
        heap_kib, number, slot = _STATUS_1_2.unpack_from(raw, _STATUS.size + _STATUS_1_1.size)
        # Another MicroPython may count more of them.
        cause = ResetCause(number) if number in _CAUSE_WORDS else ResetCause.UNKNOWN
    return Status(
        state=member(SensorState, state, given),
        battery_mv=battery_mv or None,
        battery_percent=None if percent == _UNKNOWN_PERCENT else percent,
        fault=SensorFault(fault) if fault in _FAULTS else SensorFault.NEWER,
        fifo_overflows=counters[0],
        samples=counters[1],
        packets_sent=counters[2],
        packets_dropped=counters[3],
        notify_retries=counters[4],
        rate_hz=rate_hz or None,
        temperature_degc=None if temperature == _UNKNOWN_TEMPERATURE else temperature / 100,
        ring_packets=ring_packets,
        mode=mode,
        remarks=remarks,
        log_used=log_used,
        log_blocks=log_blocks,
        heap_kib=None if heap_kib == _UNKNOWN_KIB else heap_kib,
        reset_cause=cause,
        slot=None if slot == _NO_SLOT else slot,
    )
