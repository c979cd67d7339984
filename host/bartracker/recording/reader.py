"""Reads .btr recordings: everything that is intact, and sentences on everything that is not. Nothing in the file is
trusted.
"""

import stat
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.recording.contents import (
    ContentError,
    HeadRecord,
    decode_block,
    decode_end,
    decode_event,
    decode_head,
    decode_json,
    decode_stamped,
)
from bartracker.recording.files import os_problem
from bartracker.recording.format import (
    FORMAT_MAJOR,
    HEADER_LENGTH,
    HeaderVerdict,
    Record,
    RecordKind,
    ScanReport,
    check_header,
    scan_records,
)
from bartracker.recording.recording import RecordedEvent, Recording, RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.wire import RepairedStream, RepairSettings, SensorInfo, WireError, decode_info

# A day at 1000 Hz; far more is no recording and would only fill the memory.
_LARGEST_FILE_BYTES: Final = 1 << 31


def read_recording(path: str | Path, *, as_live: bool = False) -> Recording:
    """The recording in a .btr file, with every intact packet decoded; `problems` says what was damaged.

    Packets that were fetched again stand in the order of their samples. `as_live`: those that came too late for live
    results are left out, as they were then.

    Raises BartrackerError: no such file, a folder, no permission, empty, another kind of file, a newer version.
    """
    given = str(path)
    try:
        file_status = Path(path).stat()
        if not stat.S_ISREG(file_status.st_mode):
            kind = "a folder" if stat.S_ISDIR(file_status.st_mode) else "not an ordinary file"
            raise BartrackerError(given, f"this is {kind}", "name a recording (.btr)")
        if file_status.st_size > _LARGEST_FILE_BYTES:
            raise BartrackerError(given, "the file is too large for a recording", "name a recording (.btr)")
        data = Path(path).read_bytes()
    except OSError as error:
        raise os_problem(given, error, "read") from error
    except ValueError as error:
        if isinstance(error, BartrackerError):
            raise
        raise BartrackerError(given, f"this is no file name ({error})", "check the path") from error
    return decode_recording(data, given, Path(path), as_live=as_live)


def decode_recording(data: bytes, given: str, path: Path | None = None, *, as_live: bool = False) -> Recording:
    """The recording in a file's bytes; `given` names it in errors, `as_live` as above. Raises BartrackerError."""
    if not data:
        raise BartrackerError(given, "the file is empty", "name a recording (.btr)")
    verdict = check_header(data)
    if verdict is HeaderVerdict.FOREIGN:
        raise BartrackerError(given, "this is not a bartracker recording", "name a .btr file, or import other formats")
    if verdict is HeaderVerdict.NEWER:
        raise BartrackerError(
            given, f"its format version {data[8]} is not version {FORMAT_MAJOR} of this program", "update the program"
        )
    contents = _Contents(given, RepairSettings(complete=not as_live))
    if verdict is HeaderVerdict.DAMAGED:
        contents.problems.append("The file's header is damaged; the records after it were read all the same.")
    report = ScanReport()
    records = list(scan_records(data, report)) if len(data) >= HEADER_LENGTH else []
    contents.read(records, report)
    return contents.recording(path)


class _Contents:
    """What has been read of one file so far."""

    def __init__(self, given: str, repair: RepairSettings) -> None:
        self.given = given
        self._repair = repair
        self.problems: list[str] = []
        self._head = HeadRecord(RecordingMetadata())
        self._info: SensorInfo | None = None
        self._info_raw = b""
        self._stream: RepairedStream | None = None
        self._calibration: Mapping[str, object] | None = None
        self._blocks: list[StampedBlock] = []
        self._events: list[RecordedEvent] = []
        self._bad: Counter[str] = Counter()
        self._last_index: int | None = None
        self._last_stamp_s: float | None = None
        self._early_packets = False

    def read(self, records: list[Record], report: ScanReport) -> None:
        """Take in all records in order and remark on what is missing."""
        self._find_info(records)
        readers: dict[int, Callable[[memoryview], None]] = {
            RecordKind.METADATA: self._read_head,
            RecordKind.INFO: self._read_info,
            RecordKind.CALIBRATION: self._read_calibration,
            RecordKind.PACKET: self._read_packet,
            RecordKind.STATUS: _ignore,
            RecordKind.TIME_SYNC: _ignore,
            RecordKind.EVENT: self._read_event,
            RecordKind.SAMPLES: self._read_samples,
        }
        unknown = 0
        for place, record in enumerate(records):
            if record.kind == RecordKind.END:
                self._read_end(record.payload, place, len(records), report)
                break
            read = readers.get(record.kind)
            if read is None:
                unknown += 1
                continue
            try:
                read(record.payload)
            except ContentError as error:
                self._bad[str(error)] += 1
        else:
            self._remark_cut(report)
        if report.damaged_places:
            places = "One place" if report.damaged_places == 1 else f"{report.damaged_places} places"
            self.problems.append(
                f"{places} in the file ({report.damaged_bytes} bytes) could not be read and had to be left out; "
                "samples lost there show as gaps."
            )
        if report.gave_up:
            self.problems.append("There is so much damage that the search for intact records was given up.")
        if unknown:
            self.problems.append(
                f"Records of an unknown kind were left out ({unknown}); a newer program wrote this file."
            )
        if self._bad:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(self._bad.items()))
            self.problems.append(f"Records that make no sense were left out: {reasons}.")

    def recording(self, path: Path | None) -> Recording:
        """Everything read, once `read` is done."""
        problems = self.problems
        if self._stream is not None:
            self._blocks += self._stream.flush()
            problems += self._stream.statistics.remarks()
        if not self._blocks:
            problems.append("There are no samples in this recording.")
        head, info = self._head, self._info
        return Recording(
            metadata=head.metadata,
            blocks=tuple(self._blocks),
            nominal_rate_hz=info.nominal_rate_hz if info else head.nominal_rate_hz,
            problems=tuple(problems),
            path=path,
            chip=info.chip if info else head.chip,
            calibration_parameters=self._calibration,
            sensor_id=info.device_id.hex() if info else None,
            events=tuple(self._events),
        )

    def _find_info(self, records: list[Record]) -> None:
        """The first usable sensor info, wherever it stands: the one at the front may be damaged."""
        packets_before = False
        refused: WireError | None = None
        for record in records:
            if record.kind == RecordKind.PACKET:
                packets_before = True
            elif record.kind == RecordKind.INFO:
                try:
                    self._info_raw = bytes(record.payload)
                    self._info = decode_info(self._info_raw)
                except WireError as error:
                    refused = error
                    continue
                self._stream = RepairedStream(self._info, self._repair)
                if packets_before:
                    self.problems.append("The sensor info at the front is damaged; a later copy was used.")
                return
        if packets_before:
            problem = (
                f"the sensor info in it cannot be used ({refused.problem})" if refused else "the sensor info is lost"
            )
            remedy = "update the program" if refused and refused.reason == "version" else "look for a copy of the file"
            raise BartrackerError(self.given, problem, remedy)

    def _read_head(self, payload: memoryview) -> None:
        self._head = decode_head(bytes(payload))

    def _read_info(self, payload: memoryview) -> None:
        raw = bytes(payload)
        if raw == self._info_raw:
            return
        try:
            info = decode_info(raw)
        except WireError as error:
            raise ContentError(f"sensor info: {error.problem}") from error
        self._info_raw = raw
        if self._stream is not None:
            self._blocks += self._stream.use_info(info)

    def _read_calibration(self, payload: memoryview) -> None:
        self._calibration = decode_json(bytes(payload))

    def _read_packet(self, payload: memoryview) -> None:
        arrival_s, raw = decode_stamped(payload)
        if self._stream is None:
            raise ContentError("a packet without sensor info")
        if self._last_index is not None:
            raise ContentError("packets among imported samples")
        self._blocks += self._stream.push(raw, arrival_s)

    def _read_event(self, payload: memoryview) -> None:
        self._events.append(decode_event(payload))

    def _read_samples(self, payload: memoryview) -> None:
        if self._stream is not None and self._stream.statistics.packets:
            raise ContentError("imported samples among packets")
        block = decode_block(payload)
        if self._last_index is not None and block.sample_index[0] <= self._last_index:
            raise ContentError("sample numbers that do not rise")
        stamps = block.stamp_s[block.stamp_s == block.stamp_s]
        if len(stamps):
            if self._last_stamp_s is not None and stamps[0] < self._last_stamp_s:
                raise ContentError("time stamps that run backwards")
            self._last_stamp_s = float(stamps[-1])
        self._last_index = int(block.sample_index[-1])
        self._blocks.append(block)

    def _read_end(self, payload: memoryview, place: int, records: int, report: ScanReport) -> None:
        try:
            due = decode_end(payload)
        except ContentError as error:
            self._bad[str(error)] += 1
            return
        if due != place and not report.damaged_places:
            self.problems.append(f"{due} records were written, {place} are in the file; the rest is lost.")
        if records > place + 1 or report.tail_bytes:
            self.problems.append("What stands after the recording's end mark was left out.")

    def _remark_cut(self, report: ScanReport) -> None:
        text = "The recording was cut off: it has no end mark"
        if report.tail_bytes:
            text += f", and an unfinished record of {report.tail_bytes} bytes at its end was left out"
        self.problems.append(text + ". All packets before that are here.")


def _ignore(payload: memoryview) -> None:
    """Kept in the file for later analyses; no sample depends on it."""
