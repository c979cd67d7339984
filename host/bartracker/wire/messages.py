"""Control, status and time sync, protocol v1. Every decoder raises WireError, and nothing else, for bytes it does not
know.
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
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
_STATUS_1_1: Final = struct.Struct("<BBHH")
_SYNC_REQUEST: Final = struct.Struct("<BBHQ")
_SYNC_REPLY: Final = struct.Struct("<BBHQII")
_REPLY: Final = struct.Struct("<BBBB")
_REPLY_BIT: Final = 0x80
_UNKNOWN_PERCENT: Final = 255
_UNKNOWN_TEMPERATURE: Final = -32768
_KNOWN_REMARKS: Final = 3


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


@dataclass(frozen=True, slots=True)
class Fetch:
    """Send again the packets that hold any of these samples: 1 to `MOST_SPANS` pairs of first index (u32) and number
    (1..65535). Since 1.1. The reply's detail has bit n set where nothing of span n is held any more.
    """

    spans: tuple[tuple[int, int], ...]


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


@dataclass(frozen=True, slots=True)
class SetMode:
    """Record in the device (RECORDING), record whenever the bar moves (ARMED), or neither (IDLE). Since 1.1."""

    mode: int


class CueOutputs(IntFlag):
    """What a cue goes to."""

    LIGHT = 1
    SOUND = 2


@dataclass(frozen=True, slots=True)
class Cue:
    """Play a pattern on the device's outputs, so many times: `outputs` as `CueOutputs`; `pattern` 0 one long, 1 two
    short, 2 three short, 3 long and short; `repeat` 1..255. Since 1.1.
    """

    outputs: int
    pattern: int
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Ask for the recording at this place of the device's list, oldest 0; the reply's rest is a `log.LogListing`. Since
    1.1.
    """

    place: int


@dataclass(frozen=True, slots=True)
class LogRead:
    """Send these blocks of the log: first sequence number, how many (1..65535). Since 1.1."""

    first_sequence: int
    blocks: int


@dataclass(frozen=True, slots=True)
class LogErase:
    """The host has this recording safely: erase it; `last_sequence` is its newest block. Since 1.1."""

    session: int
    last_sequence: int


ControlCommand: TypeAlias = (
    Start | Stop | SetRate | SetRange | Identify | Heartbeat | Fetch | SetMode | Cue | LogEntry | LogRead | LogErase
)

MOST_SPANS: Final = 4
_FETCH: Final = 7
_SPAN: Final = struct.Struct("<IH")

_COMMANDS: Final[dict[int, tuple[type[ControlCommand], struct.Struct]]] = {
    1: (Start, struct.Struct("<I")),
    2: (Stop, struct.Struct("<")),
    3: (SetRate, struct.Struct("<f")),
    4: (SetRange, struct.Struct("<HH")),
    5: (Identify, struct.Struct("<B")),
    6: (Heartbeat, struct.Struct("<B")),
    8: (SetMode, struct.Struct("<B")),
    9: (Cue, struct.Struct("<BBB")),
    10: (LogEntry, struct.Struct("<H")),
    11: (LogRead, struct.Struct("<IH")),
    12: (LogErase, struct.Struct("<II")),
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
    NO_ROOM = 7

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
    ControlResult.NO_ROOM: "its memory for recordings is full",
}


@dataclass(frozen=True, slots=True)
class ControlReply:
    """Indication after a command; `opcode` and `reference` say which one it answers, `detail` and `rest` what
    the command's own words say (0 and nothing before 1.1).
    """

    opcode: int
    reference: int
    result: ControlResult
    detail: int = 0
    rest: bytes = b""


class SensorState(IntEnum):
    """What the device is doing."""

    IDLE = 0
    STREAMING = 1
    LOGGING = 2
    FAULT = 3


class SensorRemarks(IntFlag):
    """What else is odd with the device. Since 1.1."""

    NONE = 0
    SETTINGS_LOST = 1
    """Its settings could not be read; the defaults hold."""
    LOG_FULL = 2
    """Its memory for recordings is full."""


class SensorFault(IntEnum):
    """Why the device cannot work."""

    NONE = 0
    IMU_SILENT = 1
    IMU_UNKNOWN = 2
    FIFO = 3
    SELF_TEST = 4
    LOW_BATTERY = 5
    IMU_NEEDS_FILE = 6


@dataclass(frozen=True, slots=True)
class Status:
    """State of the device; None where it does not know.

    `fifo_overflows` u16 and the other counters u32 count since boot and wrap; `rate_hz` as measured by the device's
    clock. `mode`, `remarks`, `log_used` and `log_blocks` (blocks of 4096 bytes) are known since 1.1; None before.
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
    if isinstance(command, Fetch):
        if not 1 <= len(command.spans) <= MOST_SPANS:
            raise WireError("value", "message", f"{len(command.spans)} spans", f"give 1 to {MOST_SPANS}")
        spans = [_pack(_SPAN, first, samples) for first, samples in command.spans]
        return _pack(struct.Struct("<BB"), _FETCH, reference) + b"".join(spans)
    opcode = _OPCODES[type(command)]
    fields = [getattr(command, name) for name in type(command).__slots__]
    return _pack(struct.Struct("<BB"), opcode, reference) + _pack(_COMMANDS[opcode][1], *fields)


def decode_control(raw: bytes) -> tuple[ControlCommand, int]:
    """The command and its reference."""
    if len(raw) < 2:
        raise WireError("length", "control command", f"{len(raw)} bytes are less than opcode and reference")
    opcode, reference = raw[0], raw[1]
    if opcode == _FETCH:
        return _decode_fetch(raw), reference
    if opcode not in _COMMANDS:
        raise WireError("type", "control command", f"opcode {opcode} is unknown")
    kind, layout = _COMMANDS[opcode]
    if len(raw) != 2 + layout.size:
        raise WireError("length", "control command", f"{len(raw)} bytes instead of {2 + layout.size}")
    values = layout.unpack_from(raw, 2)
    if not all(math.isfinite(value) for value in values):
        raise WireError("value", "control command", "a value is not a number")
    return kind(*values), reference


def _decode_fetch(raw: bytes) -> Fetch:
    count, rest = divmod(len(raw) - 2, _SPAN.size)
    if rest or not 1 <= count <= MOST_SPANS:
        raise WireError("length", "control command", f"{len(raw)} bytes are no 1 to {MOST_SPANS} spans")
    spans = tuple((first, samples) for first, samples in _SPAN.iter_unpack(raw[2:]))
    if not all(samples for _, samples in spans):
        raise WireError("value", "control command", "a span of no samples")
    return Fetch(spans)


def encode_control_reply(reply: ControlReply) -> bytes:
    """4 bytes, opcode with its highest bit set, reference, result, detail; and the rest."""
    return _pack(_REPLY, reply.opcode | _REPLY_BIT, reply.reference, reply.result, reply.detail) + reply.rest


def decode_control_reply(raw: bytes) -> ControlReply:
    """Read an indication."""
    opcode, reference, result, detail = _unpack(_REPLY, raw, "control reply")
    if not opcode & _REPLY_BIT:
        raise WireError("type", "control reply", f"opcode {opcode} is no reply")
    return ControlReply(
        opcode & ~_REPLY_BIT, reference, _member(ControlResult, result, "control reply"), detail, raw[_REPLY.size :]
    )


def encode_status(status: Status) -> bytes:
    """32 bytes, 38 where the mode is known. Raises WireError for values that do not fit."""
    temperature = status.temperature_degc
    newer = b""
    if status.mode is not None:
        newer = _pack(_STATUS_1_1, status.mode, status.remarks or 0, status.log_used or 0, status.log_blocks or 0)
    head = _pack(
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
    kind, state, battery_mv, percent, fault, *counters, rate_hz, temperature, ring_packets = _unpack(
        _STATUS, raw, given
    )
    _check_type(kind, STATUS_TYPE, given)
    if percent > 100 and percent != _UNKNOWN_PERCENT:
        raise WireError("value", given, f"a battery cannot be {percent} % full")
    if not math.isfinite(rate_hz) or rate_hz < 0:
        raise WireError("value", given, f"a rate cannot be {rate_hz} Hz")
    mode = remarks = log_used = log_blocks = None
    if len(raw) >= _STATUS.size + _STATUS_1_1.size:
        number, flags, log_used, log_blocks = _STATUS_1_1.unpack_from(raw, _STATUS.size)
        mode = _member(SensorMode, number, given)
        remarks = SensorRemarks(flags & _KNOWN_REMARKS)
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
        mode=mode,
        remarks=remarks,
        log_used=log_used,
        log_blocks=log_blocks,
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
