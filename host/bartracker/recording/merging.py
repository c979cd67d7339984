"""What a sensor recorded by itself, put into the recording of the same set: by device, boot and sample index. The two
are left as they are; a new file has everything. What is read of them is reader's.
"""

import itertools
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bartracker.recording.contents import decode_stamped, encode_end, encode_event, encode_stamped
from bartracker.recording.files import os_problem
from bartracker.recording.format import Record, RecordKind, ScanReport, encode_header, encode_record, scan_records
from bartracker.recording.reader import read_recording
from bartracker.recording.recording import RecordedEvent
from bartracker.wire import PacketFlags, SensorInfo, WireError, decode_data_packet, decode_info

_WRAP: Final = 1 << 32
_FLAGS_AT: Final = 1
_TIME_BYTES: Final = 8
_NO_TIME: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Merged:
    """`path` of the new file; `added` samples out of the recordings `used`; `missing`: samples in the holes left."""

    path: Path
    added: int
    missing: int
    used: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Packet:
    first: int
    end: int
    raw: bytes


@dataclass(slots=True)
class _Boot:
    """The packets of one start of a sensor: index unwrapped, in the order of the file."""

    info: SensorInfo
    packets: list[_Packet] = field(default_factory=list[_Packet])
    last_record: int = 0

    @property
    def key(self) -> tuple[bytes, int]:
        return self.info.device_id, self.info.boot_count

    def add(self, raw: bytes) -> None:
        """Take a packet; bytes that are none are left out."""
        try:
            packet = decode_data_packet(raw)
        except WireError:
            return
        near = self.packets[-1].first if self.packets else packet.first_index
        first = near + (packet.first_index - near + _WRAP // 2) % _WRAP - _WRAP // 2
        self.packets.append(_Packet(first, first + len(packet.counts), raw))

    def fits(self, other: "_Boot") -> bool:
        """Whether the same chip at the same settings made both."""
        mine, its = self.info, other.info
        return (mine.chip_id, mine.nominal_rate_hz, mine.acc_mps2_per_count, mine.gyr_radps_per_count) == (
            its.chip_id,
            its.nominal_rate_hz,
            its.acc_mps2_per_count,
            its.gyr_radps_per_count,
        )


def merge_recordings(path: Path, others: Sequence[Path], into: Path | None = None) -> Merged | None:
    """A new file with the records of `path` and, of `others`, the packets that it lacks; None if they have none.

    Args:
        path: the recording of the set.
        others: recordings that `bartracker sync` has fetched; those of other sensors, starts and times are left out.
        into: the new file; if not given NAME-whole.btr beside the set's, or the next free NAME-whole-2.btr. One that
            exists is never touched.

    Raises BartrackerError.
    """
    read_recording(path)  # refuses what is none, in words
    records = list(scan_records(path.read_bytes(), ScanReport()))
    boots = {boot.key: boot for boot in _boots(records)}
    insertions: dict[int, list[bytes]] = {}
    used: list[Path] = []
    added = 0
    for other in others:
        read_recording(other)
        for theirs in _boots(list(scan_records(other.read_bytes(), ScanReport()))):
            mine = boots.get(theirs.key)
            new = [] if mine is None or not mine.fits(theirs) else _lacking(mine, theirs)
            if mine is None or not new:
                continue
            insertions.setdefault(mine.last_record, []).extend(each.raw for each in new)
            mine.packets += new
            added += sum(each.end - each.first for each in new)
            used += [] if other in used else [other]
    if not added:
        return None
    missing = sum(_holes(boot) for boot in boots.values())
    target = into or _free_name(path)
    names = ", ".join(each.name for each in used)
    event = RecordedEvent(_NO_TIME, "merged", f"{added} samples put into {path.name} from {names}; {missing} missing")
    _write(target, records, insertions, event)
    return Merged(target, added, missing, tuple(used))


def _free_name(path: Path) -> Path:
    names = (f"{path.stem}-whole{'' if number == 1 else f'-{number}'}.btr" for number in itertools.count(1))
    return next(found for name in names if not (found := path.with_name(name)).exists())


def _boots(records: list[Record]) -> list[_Boot]:
    """The starts of the sensor whose packets are in a file."""
    found: list[_Boot] = []
    for place, record in enumerate(records):
        if record.kind == RecordKind.INFO:
            try:
                info = decode_info(bytes(record.payload))
            except WireError:
                continue
            if not found or found[-1].key != (info.device_id, info.boot_count) or not found[-1].fits(_Boot(info)):
                found.append(_Boot(info))
        elif record.kind == RecordKind.PACKET and found and len(record.payload) > _TIME_BYTES:
            found[-1].add(bytes(decode_stamped(record.payload)[1]))
            found[-1].last_record = place
    return [boot for boot in found if boot.packets]


def _lacking(mine: _Boot, theirs: _Boot) -> list[_Packet]:
    """Of a recording that touches mine, the packets from my first sample on that I have not."""
    near = mine.packets[0].first
    shift = (theirs.packets[0].first - near + _WRAP // 2) % _WRAP - _WRAP // 2 + near - theirs.packets[0].first
    begin, end = min(each.first for each in mine.packets), max(each.end for each in mine.packets)
    moved = [_Packet(each.first + shift, each.end + shift, each.raw) for each in theirs.packets]
    if min(each.first for each in moved) > end or max(each.end for each in moved) < begin:
        return []
    have = {each.first for each in mine.packets}
    new = [each for each in moved if each.first >= begin and each.first not in have]
    return [_Packet(each.first, each.end, _late(each.raw)) for each in new]


def _late(raw: bytes) -> bytes:
    """The packet as one that comes behind others."""
    return raw[:_FLAGS_AT] + struct.pack("<B", raw[_FLAGS_AT] | PacketFlags.BACKLOG) + raw[_FLAGS_AT + 1 :]


def _holes(boot: _Boot) -> int:
    """Samples between the first and the last that are not there."""
    missing = 0
    end = None
    for packet in sorted(boot.packets, key=lambda each: each.first):
        if end is not None and packet.first > end:
            missing += packet.first - end
        end = packet.end if end is None else max(end, packet.end)
    return missing


def _write(target: Path, records: list[Record], insertions: dict[int, list[bytes]], event: RecordedEvent) -> None:
    parts = [encode_header()]
    for place, record in enumerate(records):
        if record.kind == RecordKind.END:
            break
        parts.append(encode_record(record.kind, bytes(record.payload)))
        parts += [encode_record(RecordKind.PACKET, encode_stamped(_NO_TIME, raw)) for raw in insertions.get(place, [])]
    parts.append(encode_record(RecordKind.EVENT, encode_event(event)))
    parts.append(encode_record(RecordKind.END, encode_end(len(parts) - 1)))
    try:
        with target.open("xb") as file:
            try:
                file.write(b"".join(parts))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise os_problem(str(target), error, "written") from error
