"""Packing and unpacking of messages: what does not fit its place, is too short or is no known code raises WireError."""

import struct
from enum import IntEnum
from typing import TypeVar

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR

_Code = TypeVar("_Code", bound=IntEnum)


def pack(layout: struct.Struct, *values: float | bytes) -> bytes:
    """The values in their layout. Raises WireError for one that does not fit."""
    try:
        return layout.pack(*values)
    except (struct.error, OverflowError) as error:
        raise WireError("value", "message", f"a value does not fit its place ({error})") from error


def unpack(layout: struct.Struct, raw: bytes, given: str) -> tuple[int, ...]:
    """The values at the beginning of `raw`. Raises WireError if it is too short; `given` names the message."""
    if len(raw) < layout.size:
        raise WireError("length", given, f"{len(raw)} bytes instead of {layout.size}")
    return layout.unpack_from(raw)


def check_type(kind: int, expected: int, given: str) -> None:
    """Raises WireError if a message's first byte is not the one expected."""
    if kind == expected:
        return
    if kind >> 4 != PROTOCOL_MAJOR:
        raise WireError("version", given, f"protocol version {kind >> 4}, not {PROTOCOL_MAJOR}", "update the program")
    raise WireError("type", given, f"message type {kind & 15} where {expected & 15} was due")


def member(kind: type[_Code], value: int, given: str) -> _Code:
    """The member of this number. Raises WireError if there is none."""
    try:
        return kind(value)
    except ValueError as error:
        raise WireError("value", given, f"{value} is no known {kind.__name__}") from error
