"""The .btr container: header, records and their checksums, and finding intact records among damaged bytes. Not what
they hold.

docs/recording.md has the byte tables.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

FORMAT_MAJOR: Final = 1
FORMAT_MINOR: Final = 0
MAGIC: Final = b"\x89BTR\r\n\x1a\n"
LARGEST_PAYLOAD: Final = 0xFFFF

_SYNC: Final = b"\xb7REC"
_HEADER: Final = struct.Struct("<8sBBHI")
_HEADER_CRC_AT: Final = 12
_RECORD: Final = struct.Struct("<4sIBBH")
_CRC_FROM: Final = 8
# Bytes that may be summed while looking for intact records, by file size: bounds the time a malicious file can take.
_SEARCH_FACTOR: Final = 8
_SEARCH_ALLOWANCE: Final = 1 << 24
# Of the header's 16 bytes, so many must be right for a file to count as a damaged recording of ours.
_HEADER_LIKENESS: Final = 12


class RecordKind(IntEnum):
    """What a record holds. Readers leave out kinds they do not know."""

    METADATA = 1
    INFO = 2
    CALIBRATION = 3
    PACKET = 4
    STATUS = 5
    TIME_SYNC = 6
    EVENT = 7
    SAMPLES = 8
    END = 255


@dataclass(frozen=True, slots=True)
class Record:
    """An intact record: kind (not necessarily a known one) and payload, a view into the file's bytes."""

    kind: int
    payload: memoryview


@dataclass(slots=True)
class ScanReport:
    """What `scan_records` had to leave out.

    `damaged_places` and `damaged_bytes`: inside the file; `tail_bytes`: an unfinished record at its end; `gave_up`:
    too much damage.
    """

    damaged_places: int = 0
    damaged_bytes: int = 0
    tail_bytes: int = 0
    gave_up: bool = False


class HeaderVerdict(IntEnum):
    """What the first bytes of a file say."""

    OURS = 0
    DAMAGED = 1
    CUT = 2
    NEWER = 3
    FOREIGN = 4


def encode_header() -> bytes:
    """The 16 bytes that open every recording."""
    head = _HEADER.pack(MAGIC, FORMAT_MAJOR, FORMAT_MINOR, 0, 0)[:_HEADER_CRC_AT]
    return head + struct.pack("<I", zlib.crc32(head))


HEADER_LENGTH: Final = _HEADER.size


def check_header(data: bytes | memoryview) -> HeaderVerdict:
    """Is this a recording of ours? Looks at the first 16 bytes only."""
    head = bytes(data[:HEADER_LENGTH])
    expected = encode_header()
    if len(head) < HEADER_LENGTH:
        return HeaderVerdict.CUT if len(head) >= 4 and expected.startswith(head) else HeaderVerdict.FOREIGN
    magic, major, _, _, crc = _HEADER.unpack(head)
    if magic == MAGIC and crc == zlib.crc32(head[:_HEADER_CRC_AT]):
        return HeaderVerdict.OURS if major == FORMAT_MAJOR else HeaderVerdict.NEWER
    alike = sum(a == b for a, b in zip(head, expected, strict=True))
    return HeaderVerdict.DAMAGED if alike >= _HEADER_LIKENESS else HeaderVerdict.FOREIGN


def encode_record(kind: int, payload: bytes) -> bytes:
    """One record around a payload of at most 65535 bytes (ValueError beyond)."""
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"{len(payload)} bytes do not fit a record")
    body = _tail(kind, len(payload)) + payload
    return _SYNC + struct.pack("<I", zlib.crc32(body)) + body


def scan_records(raw: bytes, report: ScanReport) -> Iterator[Record]:
    """Every intact record after the header, in order; fills `report` with what had to be left out."""
    data = memoryview(raw)
    at = HEADER_LENGTH
    budget = _SEARCH_FACTOR * len(data) + _SEARCH_ALLOWANCE
    while at < len(data):
        end = _record_end(data, at)
        if end:
            yield Record(data[at + _CRC_FROM], data[at + _RECORD.size : end])
            at = end
            continue
        found = at
        while True:
            found = raw.find(_SYNC, found + 1)
            if found < 0:
                break
            if len(data) - found >= _RECORD.size:
                budget -= _RECORD.size + int.from_bytes(data[found + 10 : found + 12], "little")
            if budget < 0:
                report.gave_up = True
                found = -1
                break
            if _record_end(data, found):
                break
        if found < 0:
            if _is_unfinished(data, at):
                report.tail_bytes = len(data) - at
            else:
                report.damaged_places += 1
                report.damaged_bytes += len(data) - at
            return
        report.damaged_places += 1
        report.damaged_bytes += found - at
        at = found


def _tail(kind: int, length: int) -> bytes:
    """Kind, check byte, length: the check byte lets a reader trust the length before it sums the payload."""
    return struct.pack("<BBH", kind, (kind + (length & 0xFF) + (length >> 8)) & 0xFF ^ 0xA5, length)


def _record_end(data: memoryview, at: int) -> int:
    """Where the record that begins at `at` ends, or 0 if there is no intact one."""
    if len(data) - at < _RECORD.size:
        return 0
    sync, crc, kind, check, length = _RECORD.unpack_from(data, at)
    end = at + _RECORD.size + length
    if sync != _SYNC or check != _tail(kind, length)[1] or end > len(data):
        return 0
    return end if zlib.crc32(data[at + _CRC_FROM : end]) == crc else 0


def _is_unfinished(data: memoryview, at: int) -> bool:
    """Is what is left the beginning of a record that the end of the file cuts off?"""
    left = len(data) - at
    if left < _RECORD.size:
        return _SYNC.startswith(bytes(data[at : at + min(left, len(_SYNC))]))
    sync, _, kind, check, length = _RECORD.unpack_from(data, at)
    return sync == _SYNC and check == _tail(kind, length)[1] and length > left - _RECORD.size
