"""The calibration kept in the sensor: commands that read and write it in parts, protocol 1.2. What the block says is
calibration/sensor_block.py's.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from bartracker.wire.errors import WireError
from bartracker.wire.packing import pack

KEPT_SINCE_MINOR: Final = 2
MOST_PART_BYTES: Final = 200
KEPT_WRITE_OVERHEAD: Final = 7
"""Bytes of a write besides the part: ATT's three, opcode, reference and offset."""
_LENGTH: Final = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class KeptRead:
    """Send the calibration from this byte on; the reply's rest is a `KeptPart`. Only while stopped. Since 1.2."""

    offset: int


@dataclass(frozen=True, slots=True)
class KeptWrite:
    """The next part of a calibration, 1 to `MOST_PART_BYTES` bytes; 0 begins anew. Only while stopped. Since 1.2."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class KeptSet:
    """1: keep what was written, if it is whole and can be this sensor's calibration; 0: keep none. Since 1.2."""

    wanted: int


KeptCommand: TypeAlias = KeptRead | KeptSet

KEPT_COMMANDS: Final[dict[int, tuple[type[KeptCommand], struct.Struct]]] = {
    17: (KeptRead, struct.Struct("<H")),
    19: (KeptSet, struct.Struct("<B")),
}
KEPT_WRITE_OPCODE: Final = 18


class KeptProblem(IntEnum):
    """Why a sensor does not keep what was written: detail of a refused `KeptSet`."""

    INCOMPLETE = 1
    UNKNOWN = 2
    DAMAGED = 3
    ANOTHER = 4
    IMPLAUSIBLE = 5

    @property
    def words(self) -> str:
        """The problem in words, for a person."""
        return _PROBLEM_WORDS[self]


_PROBLEM_WORDS: Final = {
    KeptProblem.INCOMPLETE: "parts of it did not arrive",
    KeptProblem.UNKNOWN: "its firmware does not know this kind of calibration",
    KeptProblem.DAMAGED: "it was damaged on the way",
    KeptProblem.ANOTHER: "it is of another sensor or chip",
    KeptProblem.IMPLAUSIBLE: "its numbers cannot be a calibration's",
}


@dataclass(frozen=True, slots=True)
class KeptPart:
    """`length` of the whole block, 0 where none is kept; `data` from the offset that was asked for."""

    length: int
    data: bytes


def encode_kept_write(command: KeptWrite, reference: int) -> bytes:
    """The command's bytes. Raises WireError for a part that is empty or too long."""
    if not 1 <= len(command.data) <= MOST_PART_BYTES:
        raise WireError("value", "message", f"a part of {len(command.data)} bytes")
    return pack(struct.Struct("<BBH"), KEPT_WRITE_OPCODE, reference, command.offset) + command.data


def decode_kept_write(raw: bytes) -> KeptWrite:
    """Inverse of `encode_kept_write`, without the reference. Raises WireError."""
    if not 4 < len(raw) <= 4 + MOST_PART_BYTES:
        raise WireError("length", "control command", f"{len(raw)} bytes are no part of a calibration")
    return KeptWrite(int(_LENGTH.unpack_from(raw, 2)[0]), raw[4:])


def encode_kept_part(part: KeptPart) -> bytes:
    """The rest of a reply to `KeptRead`."""
    return pack(_LENGTH, part.length) + part.data


def decode_kept_part(rest: bytes) -> KeptPart:
    """Inverse of `encode_kept_part`. Raises WireError."""
    if len(rest) < _LENGTH.size:
        raise WireError("length", "part of a calibration", f"{len(rest)} bytes instead of {_LENGTH.size} or more")
    return KeptPart(int(_LENGTH.unpack_from(rest)[0]), rest[_LENGTH.size :])
