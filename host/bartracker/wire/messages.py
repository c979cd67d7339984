"""Control, status and time sync, protocol v1. Every decoder raises WireError, and nothing else, for bytes it does not
know.
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias, TypeVar

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR

STATUS_TYPE: Final = PROTOCOL_MAJOR << 4 | 2
TIME_SYNC_REQUEST_TYPE: Final = PROTOCOL_MAJOR << 4 | 3
TIME_SYNC_REPLY_TYPE: Final = PROTOCOL_MAJOR << 4 | 4
LIVE: Final = 0xFFFFFFFF
"""`Start.from_index`: newest samples only, nothing out of the ring."""

_Code = TypeVar("_Code", bound=IntEnum)

_STATUS: Final = struct.Struct("<BBHBBHIIIIfhH")
_SYNC_REQUEST: Final = struct.Struct("<BBHQ")
_SYNC_REPLY: Final = struct.Struct("<BBHQII")
_REPLY: Final = struct.Struct("<BBBB")
_REPLY_BIT: Final = 0x80
_UNKNOWN_PERCENT: Final = 255
_UNKNOWN_TEMPERATURE: Final = -32768


@dataclass(frozen=True, slots=True)
class Start:
    """Stream, beginning with the oldest sample still held whose index is `from_index` or later."""

    from_index: int = LIVE


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop streaming; the next start goes on with the same index and clock."""


@dataclass(frozen=True, slots=True)
class SetRate:
    """Sampling rate, Hz; only while stopped. The host reads the info characteristic again afterwards."""

    rate_hz: float


@dataclass(frozen=True, slots=True)
class SetRange:
    """Full-scale ranges, g and deg/s; only while stopped. The host reads the info characteristic again afterwards."""

    acc_range_g: int
    gyr_range_dps: int


@dataclass(frozen=True, slots=True)
class Identify:
    """Blink, buzz or shake for this many seconds (0..255)."""

    seconds: int = 3


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The host is alive: stop streaming when nothing more is heard for this many seconds (1..255)."""

    timeout_s: int = 10


ControlCommand: TypeAlias = Start | Stop | SetRate | SetRange | Identify | Heartbeat

_COMMANDS: Final[dict[int, tuple[type[ControlCommand], struct.Struct]]] = {
    1: (Start, struct.Struct("<I")),
    2: (Stop, struct.Struct("<")),
    3: (SetRate, struct.Struct("<f")),
    4: (SetRange, struct.Struct("<HH")),
    5: (Identify, struct.Struct("<B")),
    6: (Heartbeat, struct.Struct("<B")),
}
_OPCODES: Final = {command: opcode for opcode, (command, _) in _COMMANDS.items()}


class ControlResult(IntEnum):
    """Result code of a control reply."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    OUT_OF_RANGE = 3
    NOT_NOW = 4
    NOT_SUPPORTED = 5
    IMU_FAULT = 6

    @property
    def words(self) -> str:
        """The result in words, for a person."""
        return _RESULT_WORDS[self]


_RESULT_WORDS: Final = {
    ControlResult.DONE: "done",
    ControlResult.UNKNOWN_COMMAND: "the sensor's firmware does not know this command",
    ControlResult.WRONG_LENGTH: "the command had a wrong length",
    ControlResult.OUT_OF_RANGE: "the value is outside what the sensor accepts",
    ControlResult.NOT_NOW: "not possible while the sensor is streaming or busy",
    ControlResult.NOT_SUPPORTED: "the sensor's chip or board cannot do this",
    ControlResult.IMU_FAULT: "the motion chip does not answer",
}


@dataclass(frozen=True, slots=True)
class ControlReply:
    """Indication after a command; `opcode` and `reference` say which one it answers."""

    opcode: int
    reference: int
    result: ControlResult


class SensorState(IntEnum):
    """What the device is doing."""

    IDLE = 0
    STREAMING = 1
    LOGGING = 2
    FAULT = 3


class SensorFault(IntEnum):
    """Why the device cannot work."""

    NONE = 0
    IMU_SILENT = 1
    IMU_UNKNOWN = 2
    FIFO = 3
    SELF_TEST = 4
    LOW_BATTERY = 5


@dataclass(frozen=True, slots=True)
class Status:
    """State of the device; None where it does not know.

    `fifo_overflows` u16 and the other counters u32 count since boot and wrap; `rate_hz` as measured by the device's
    clock.
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


@dataclass(frozen=True, slots=True)
class TimeSyncRequest:
    """`host_us`: t1, host clock when sent, microseconds (u64)."""

    reference: int
    host_us: int


@dataclass(frozen=True, slots=True)
class TimeSyncReply:
    """Echo of t1, and the device's clock at receipt (t2) and at sending (t3), u32 microseconds; the host notes t4 at
    arrival.
    """

    reference: int
    host_us: int
    received_us: int
    sent_us: int


def encode_control(command: ControlCommand, reference: int) -> bytes:
    """Opcode, reference (0..255) and arguments. Raises WireError for values that do not fit."""
    opcode = _OPCODES[type(command)]
    fields = [getattr(command, name) for name in type(command).__slots__]
    return _pack(struct.Struct("<BB"), opcode, reference) + _pack(_COMMANDS[opcode][1], *fields)


def decode_control(raw: bytes) -> tuple[ControlCommand, int]:
    """The command and its reference."""
    if len(raw) < 2:
        raise WireError("length", "control command", f"{len(raw)} bytes are less than opcode and reference")
    opcode, reference = raw[0], raw[1]
    if opcode not in _COMMANDS:
        raise WireError("type", "control command", f"opcode {opcode} is unknown")
    kind, layout = _COMMANDS[opcode]
    if len(raw) != 2 + layout.size:
        raise WireError("length", "control command", f"{len(raw)} bytes instead of {2 + layout.size}")
    values = layout.unpack_from(raw, 2)
    if not all(math.isfinite(value) for value in values):
        raise WireError("value", "control command", "a value is not a number")
    return kind(*values), reference


def encode_control_reply(reply: ControlReply) -> bytes:
    """4 bytes: opcode with its highest bit set, reference, result, 0."""
    return _pack(_REPLY, reply.opcode | _REPLY_BIT, reply.reference, reply.result, 0)


def decode_control_reply(raw: bytes) -> ControlReply:
    """Read an indication; bytes that a newer minor version added are ignored."""
    opcode, reference, result, _ = _unpack(_REPLY, raw, "control reply")
    if not opcode & _REPLY_BIT:
        raise WireError("type", "control reply", f"opcode {opcode} is no reply")
    return ControlReply(opcode & ~_REPLY_BIT, reference, _member(ControlResult, result, "control reply"))


def encode_status(status: Status) -> bytes:
    """32 bytes. Raises WireError for values that do not fit."""
    temperature = status.temperature_degc
    return _pack(
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


def decode_status(raw: bytes) -> Status:
    """Read the status characteristic; bytes that a newer minor version added are ignored."""
    given = "status"
    kind, state, battery_mv, percent, fault, *counters, rate_hz, temperature, ring_packets = _unpack(
        _STATUS, raw, given
    )
    _check_type(kind, STATUS_TYPE, given)
    if percent > 100 and percent != _UNKNOWN_PERCENT:
        raise WireError("value", given, f"a battery cannot be {percent} % full")
    if not math.isfinite(rate_hz) or rate_hz < 0:
        raise WireError("value", given, f"a rate cannot be {rate_hz} Hz")
    return Status(
        state=_member(SensorState, state, given),
        battery_mv=battery_mv or None,
        battery_percent=None if percent == _UNKNOWN_PERCENT else percent,
        fault=_member(SensorFault, fault, given),
        fifo_overflows=counters[0],
        samples=counters[1],
        packets_sent=counters[2],
        packets_dropped=counters[3],
        notify_retries=counters[4],
        rate_hz=rate_hz or None,
        temperature_degc=None if temperature == _UNKNOWN_TEMPERATURE else temperature / 100,
        ring_packets=ring_packets,
    )


def encode_time_sync_request(request: TimeSyncRequest) -> bytes:
    """12 bytes."""
    return _pack(_SYNC_REQUEST, TIME_SYNC_REQUEST_TYPE, request.reference, 0, request.host_us)


def decode_time_sync_request(raw: bytes) -> TimeSyncRequest:
    """Read what the host wrote."""
    kind, reference, _, host_us = _unpack(_SYNC_REQUEST, raw, "time sync request")
    _check_type(kind, TIME_SYNC_REQUEST_TYPE, "time sync request")
    return TimeSyncRequest(reference, host_us)


def encode_time_sync_reply(reply: TimeSyncReply) -> bytes:
    """20 bytes."""
    return _pack(
        _SYNC_REPLY,
        TIME_SYNC_REPLY_TYPE,
        reply.reference,
        0,
        reply.host_us,
        reply.received_us & 0xFFFFFFFF,
        reply.sent_us & 0xFFFFFFFF,
    )


def decode_time_sync_reply(raw: bytes) -> TimeSyncReply:
    """Read what the device notified."""
    kind, reference, _, host_us, received_us, sent_us = _unpack(_SYNC_REPLY, raw, "time sync reply")
    _check_type(kind, TIME_SYNC_REPLY_TYPE, "time sync reply")
    return TimeSyncReply(reference, host_us, received_us, sent_us)


def _pack(layout: struct.Struct, *values: float) -> bytes:
    try:
        return layout.pack(*values)
    except (struct.error, OverflowError) as error:
        raise WireError("value", "message", f"a value does not fit its place ({error})") from error


def _unpack(layout: struct.Struct, raw: bytes, given: str) -> tuple[int, ...]:
    if len(raw) < layout.size:
        raise WireError("length", given, f"{len(raw)} bytes instead of {layout.size}")
    return layout.unpack_from(raw)


def _check_type(kind: int, expected: int, given: str) -> None:
    if kind == expected:
        return
    if kind >> 4 != PROTOCOL_MAJOR:
        raise WireError("version", given, f"protocol version {kind >> 4}, not {PROTOCOL_MAJOR}", "update the program")
    raise WireError("type", given, f"message type {kind & 15} where {expected & 15} was due")


def _member(kind: type[_Code], value: int, given: str) -> _Code:
    try:
        return kind(value)
    except ValueError as error:
        raise WireError("value", given, f"{value} is no known {kind.__name__}") from error
