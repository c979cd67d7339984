"""Commands of the host, protocol v1. Decoders raise WireError, and nothing else, for bytes they do not know."""

import math
import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Final, TypeAlias

from bartracker.wire.errors import WireError
from bartracker.wire.kept import (
    KEPT_COMMANDS,
    KEPT_WRITE_OPCODE,
    KeptCommand,
    KeptWrite,
    decode_kept_write,
    encode_kept_write,
)
from bartracker.wire.packing import pack
from bartracker.wire.pairing import PAIRING_LAYOUT, PAIRING_OPCODE, SetPairing
from bartracker.wire.update import UPDATE_COMMANDS, UpdateCommand

LIVE: Final = 0xFFFFFFFF
"""`Start.from_index`: newest samples only, nothing out of the ring."""


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


@dataclass(frozen=True, slots=True)
class SetMode:
    """Record in the device (RECORDING), record whenever the bar moves (ARMED), or neither (IDLE). Since 1.1."""

    mode: int


class CueOutputs(IntFlag):
    """What a cue goes to."""

    LIGHT = 1
    SOUND = 2
    SHAKE = 4
    """Since 1.2; an older device ignores it."""


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
    Start
    | Stop
    | SetRate
    | SetRange
    | Identify
    | Heartbeat
    | Fetch
    | SetMode
    | Cue
    | LogEntry
    | LogRead
    | LogErase
    | UpdateCommand
    | KeptCommand
    | KeptWrite
    | SetPairing
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
    **UPDATE_COMMANDS,
    **KEPT_COMMANDS,
    PAIRING_OPCODE: (SetPairing, PAIRING_LAYOUT),
}
_OPCODES: Final = {command: opcode for opcode, (command, _) in _COMMANDS.items()}


def encode_control(command: ControlCommand, reference: int) -> bytes:
    """Opcode, reference (0..255) and arguments. Raises WireError for values that do not fit."""
    if isinstance(command, Fetch):
        if not 1 <= len(command.spans) <= MOST_SPANS:
            raise WireError("value", "message", f"{len(command.spans)} spans", f"give 1 to {MOST_SPANS}")
        spans = [pack(_SPAN, first, samples) for first, samples in command.spans]
        return pack(struct.Struct("<BB"), _FETCH, reference) + b"".join(spans)
    if isinstance(command, KeptWrite):
        return encode_kept_write(command, reference)
    opcode = _OPCODES[type(command)]
    fields = [getattr(command, name) for name in type(command).__slots__]
    return pack(struct.Struct("<BB"), opcode, reference) + pack(_COMMANDS[opcode][1], *fields)


def decode_control(raw: bytes) -> tuple[ControlCommand, int]:
    """The command and its reference."""
    if len(raw) < 2:
        raise WireError("length", "control command", f"{len(raw)} bytes are less than opcode and reference")
    opcode, reference = raw[0], raw[1]
    if opcode == _FETCH:
        return _decode_fetch(raw), reference
    if opcode == KEPT_WRITE_OPCODE:
        return decode_kept_write(raw), reference
    if opcode not in _COMMANDS:
        raise WireError("type", "control command", f"opcode {opcode} is unknown")
    kind, layout = _COMMANDS[opcode]
    if len(raw) != 2 + layout.size:
        raise WireError("length", "control command", f"{len(raw)} bytes instead of {2 + layout.size}")
    values = layout.unpack_from(raw, 2)
    if not all(isinstance(value, bytes) or math.isfinite(value) for value in values):
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
