"""The ESP32's partition table, and the place for recordings in it: what MicroPython's image brings is kept, its file
system is shrunk, and what follows holds the log. Pure bytes; nothing is written to a board here.

Layout by ESP-IDF's gen_esp32part.py: 32 bytes an entry, then one with the MD5 of those before, 0xFF to the end.
"""

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import Final

from bartracker.errors import BartrackerError

TABLE_AT: Final = 0x8000
TABLE_BYTES: Final = 0xC00
LOG_LABEL: Final = "bartracker"
_ENTRY: Final = struct.Struct("<2sBBII16sI")
_MAGIC: Final = b"\xaa\x50"
_MD5_MAGIC: Final = b"\xeb\xeb" + b"\xff" * 14
_END: Final = b"\xff" * _ENTRY.size
_SECTOR: Final = 0x1000
_DATA: Final = 1
_FAT: Final = 0x81
_OWN: Final = 0x40
_VFS_LABEL: Final = "vfs"


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry: type 0 is an app, 1 data; offset and size in bytes."""

    kind: int
    subtype: int
    offset: int
    size: int
    label: str
    flags: int = 0

    @property
    def end(self) -> int:
        """First byte behind it."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class LogPlan:
    """How much goes where, bytes.

    Attributes:
        vfs_bytes: what is left of the file system (the firmware's files are 0.2 MB), 0x80000 to 0x400000.
        longest_log_bytes: more would take long to look through at each start, 0x100000 to 0x800000.
        shortest_log_bytes: less is not worth it.
    """

    vfs_bytes: int = 0x100000
    longest_log_bytes: int = 0x400000
    shortest_log_bytes: int = 0x80000


def decode_table(raw: bytes, given: str) -> tuple[Partition, ...]:
    """Read a table of `TABLE_BYTES`. Raises BartrackerError for what is damaged or no table."""
    partitions: list[Partition] = []
    for at in range(0, len(raw) - _ENTRY.size + 1, _ENTRY.size):
        entry = raw[at : at + _ENTRY.size]
        if entry[:16] == _MD5_MAGIC:
            if entry[16:] != hashlib.md5(raw[:at], usedforsecurity=False).digest():
                raise _refusal(given, "its partition table has a wrong checksum")
            continue
        if entry == _END:
            return _checked(tuple(partitions), given)
        magic, kind, subtype, offset, size, label, flags = _ENTRY.unpack(entry)
        text = label.rstrip(b"\0")
        if magic != _MAGIC or not text.isascii():
            raise _refusal(given, "it has no partition table where one is due")
        partitions.append(Partition(kind, subtype, offset, size, text.decode("ascii"), flags))
    raise _refusal(given, "its partition table has no end")


def encode_table(partitions: tuple[Partition, ...]) -> bytes:
    """`TABLE_BYTES` with checksum. Raises ValueError for labels over 16 bytes and tables that are too long."""
    body = b"".join(
        _ENTRY.pack(_MAGIC, each.kind, each.subtype, each.offset, each.size, _label(each), each.flags)
        for each in partitions
    )
    table = body + _MD5_MAGIC + hashlib.md5(body, usedforsecurity=False).digest()
    if len(table) + _ENTRY.size > TABLE_BYTES:
        raise ValueError(f"{len(partitions)} partitions are too many")
    return table.ljust(TABLE_BYTES, b"\xff")


def with_log(
    partitions: tuple[Partition, ...], flash_bytes: int, given: str, plan: LogPlan | None = None
) -> tuple[Partition, ...]:
    """The table with a place for recordings at the end of the flash, the file system before it; a table that has one is
    returned as it is. Raises BartrackerError where there is no room, or something else lies there.
    """
    plan = plan or LogPlan()
    if any(each.label == LOG_LABEL for each in partitions):
        return partitions
    kept = tuple(each for each in partitions if each.label != _VFS_LABEL)
    found = [each for each in partitions if each.label == _VFS_LABEL]
    # Newer images bring no vfs: MicroPython puts one behind all others, up to the end of the flash.
    at = found[0].offset if found else max((each.end for each in kept), default=0)
    vfs = replace(found[0], size=plan.vfs_bytes) if found else Partition(_DATA, _FAT, at, plan.vfs_bytes, _VFS_LABEL)
    behind = [each.offset for each in kept if each.offset >= at]
    room = min([flash_bytes, *behind]) - vfs.end
    size = min(room, plan.longest_log_bytes) // _SECTOR * _SECTOR
    if size < plan.shortest_log_bytes:
        raise BartrackerError(
            given,
            f"its flash of {flash_bytes / 2**20:g} MB has no room for recordings beside MicroPython",
            "leave --with-log out, or take a board with 8 MB",
        )
    return _checked((*kept, vfs, Partition(_DATA, _OWN, vfs.end, size, LOG_LABEL)), given, flash_bytes)


def _checked(partitions: tuple[Partition, ...], given: str, flash_bytes: int = 1 << 32) -> tuple[Partition, ...]:
    """Raises BartrackerError for partitions that lie in each other, off the grid or outside of the flash."""
    if not partitions:
        raise _refusal(given, "its partition table is empty")
    ordered = sorted(partitions, key=lambda each: each.offset)
    previous = TABLE_AT + _SECTOR
    for each in ordered:
        if each.offset % _SECTOR or each.size <= 0 or each.offset < previous or each.end > flash_bytes:
            raise _refusal(given, f"its partition {each.label!r} does not fit")
        previous = each.end
    return tuple(ordered)


def _label(partition: Partition) -> bytes:
    label = partition.label.encode("ascii")
    if len(label) > 16:
        raise ValueError(f"the label {partition.label!r} is too long")
    return label


def _refusal(given: str, problem: str) -> BartrackerError:
    return BartrackerError(given, problem, "download MicroPython's image for this board from micropython.org/download")
