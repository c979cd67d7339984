"""The log of recordings in a device's flash, as it is listed, sent and stored: protocol 1.1. Only bytes here; whoever
fetches them is in links/.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR

LOG_TYPE: Final = PROTOCOL_MAJOR << 4 | 5
LOG_BLOCK: Final = 4096
LOG_CLOSED: Final = 1
"""Flag of a recording's last block."""

_LISTING: Final = struct.Struct("<HHII")
_PART: Final = struct.Struct("<BBHI")
_BLOCK: Final = struct.Struct("<4sIIHHI")
_RECORD: Final = struct.Struct("<H")
_MAGIC: Final = b"BTLG"
_SUMMED: Final = slice(4, 16)
_GIVEN: Final = "block of the sensor's log"


@dataclass(frozen=True, slots=True)
class LogListing:
    """One entry of the list: `sessions` there are in all; the one asked for has `blocks`, of which the newest has the
    sequence number `last_sequence`. Session 0: there is none at this place.
    """

    sessions: int
    blocks: int
    session: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class LogPart:
    """A part of a block on its way."""

    sequence: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LogBlock:
    """One block: some packets of a recording, and the info characteristic that holds for them."""

    sequence: int
    session: int
    closed: bool
    info: bytes
    packets: tuple[bytes, ...]


def encode_log_listing(listing: LogListing) -> bytes:
    """12 bytes, the rest of a reply."""
    return _LISTING.pack(listing.sessions, listing.blocks, listing.session, listing.last_sequence)


def decode_log_listing(rest: bytes) -> LogListing:
    """Read the rest of the reply to `LogEntry`. Raises WireError."""
    if len(rest) < _LISTING.size:
        raise WireError("length", "list of recordings", f"{len(rest)} bytes instead of {_LISTING.size}")
    return LogListing(*_LISTING.unpack_from(rest))


def encode_log_part(part: LogPart) -> bytes:
    """8 bytes and the data."""
    return _PART.pack(LOG_TYPE, 0, part.offset, part.sequence) + part.data


def decode_log_part(raw: bytes) -> LogPart:
    """Read one notification of the log characteristic. Raises WireError."""
    if len(raw) <= _PART.size:
        raise WireError("length", "part of the log", f"{len(raw)} bytes hold nothing")
    kind, _, offset, sequence = _PART.unpack_from(raw)
    if kind != LOG_TYPE:
        raise WireError("type", "part of the log", f"message type {kind:#x}")
    data = raw[_PART.size :]
    if offset + len(data) > LOG_BLOCK:
        raise WireError("length", "part of the log", "it reaches beyond its block")
    return LogPart(sequence, offset, data)


def encode_log_block(block: LogBlock) -> bytes:
    """4096 bytes. Raises WireError for packets that do not fit."""
    payload = b"".join(_RECORD.pack(len(each)) + each for each in (block.info, *block.packets))
    if _BLOCK.size + len(payload) > LOG_BLOCK:
        raise WireError("length", _GIVEN, f"{len(payload)} bytes do not fit")
    head = _BLOCK.pack(_MAGIC, block.sequence, block.session, len(payload), LOG_CLOSED if block.closed else 0, 0)
    crc = zlib.crc32(payload, zlib.crc32(head[_SUMMED]))
    return (head[:16] + struct.pack("<I", crc) + payload).ljust(LOG_BLOCK, b"\xff")


def decode_log_block(raw: bytes) -> LogBlock:
    """Read a whole block. Raises WireError for anything damaged."""
    if len(raw) != LOG_BLOCK:
        raise WireError("length", _GIVEN, f"{len(raw)} bytes instead of {LOG_BLOCK}")
    magic, sequence, session, length, flags, crc = _BLOCK.unpack_from(raw)
    if magic != _MAGIC or length > LOG_BLOCK - _BLOCK.size:
        raise WireError("type", _GIVEN, "it does not begin like one")
    payload = raw[_BLOCK.size : _BLOCK.size + length]
    if zlib.crc32(payload, zlib.crc32(raw[_SUMMED])) != crc:
        raise WireError("value", _GIVEN, "the checksum is wrong")
    records: list[bytes] = []
    at = 0
    while at < length:
        if length - at < _RECORD.size:
            raise WireError("length", _GIVEN, "a record is cut off")
        (size,) = _RECORD.unpack_from(payload, at)
        at += _RECORD.size
        if size > length - at:
            raise WireError("length", _GIVEN, "a record is cut off")
        records.append(payload[at : at + size])
        at += size
    if not records:
        raise WireError("count", _GIVEN, "it holds nothing")
    return LogBlock(sequence, session, bool(flags & LOG_CLOSED), records[0], tuple(records[1:]))
