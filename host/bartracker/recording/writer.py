"""Writes .btr recordings: append-only, one system call a record, so that a killed program loses at most the last
packet.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bartracker.errors import BartrackerError
from bartracker.recording.contents import (
    ContentError,
    HeadRecord,
    encode_end,
    encode_event,
    encode_head,
    encode_json,
    encode_stamped,
    split_block,
)
from bartracker.recording.files import os_problem
from bartracker.recording.format import LARGEST_PAYLOAD, RecordKind, encode_header, encode_record
from bartracker.recording.recording import RecordedEvent, RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.wire import SensorInfo, encode_info

_REPEAT_AFTER_RECORDS: Final = 1024


class RecordingWriter:
    """A recording being written; use as a context manager. Not for several threads at once.

    Every append hands its record to the operating system before it returns, and raises BartrackerError if that fails
    (disk full, disk gone); the file then ends with the last whole record, and the append may be tried again.
    """

    @classmethod
    def create(
        cls,
        path: str | Path,
        metadata: RecordingMetadata,
        info: SensorInfo | bytes | None = None,
        calibration: Mapping[str, object] | None = None,
        *,
        nominal_rate_hz: float | None = None,
        chip: str | None = None,
    ) -> Self:
        """Begin a new file; one that exists is never touched.

        Args:
            path: where; its folder must exist.
            metadata: what is known now; `amend` replaces it later.
            info: of the sensor whose packets follow (or its characteristic's bytes as read); None for imported samples.
            calibration: JSON-able parameters of the calibration in use.
            nominal_rate_hz, chip: for imported samples, where known; with `info` they come from there.
        """
        given = str(path)
        head = HeadRecord(metadata, nominal_rate_hz, chip)
        try:
            start = {RecordKind.METADATA: encode_head(head)}
            if info is not None:
                start[RecordKind.INFO] = info if isinstance(info, bytes) else encode_info(info)
            if calibration is not None:
                start[RecordKind.CALIBRATION] = encode_json(calibration)
        except ContentError as error:
            raise BartrackerError(
                given, f"the metadata or calibration cannot be written: {error}", "correct it"
            ) from error
        try:
            file = FileIO(path, "xb")
        except OSError as error:
            if os.path.isdir(path):
                raise BartrackerError(given, "this is a folder", "name a file") from error
            raise os_problem(given, error, "written") from error
        except ValueError as error:
            raise BartrackerError(given, f"this is no file name ({error})", "choose another name") from error
        writer = cls(file, given, head, start)
        try:
            writer._write(encode_header(), 0)
            writer._write_start()
        except BartrackerError:
            file.close()
            Path(path).unlink(missing_ok=True)
            raise
        return writer

    def __init__(self, file: FileIO, given: str, head: HeadRecord, start: dict[RecordKind, bytes]) -> None:
        """Use `create`; this takes an open, empty, unbuffered file and the name a user knows it by."""
        self._file = file
        self._given = given
        self._head = head
        self._start = start
        self._size = 0
        self._records = 0
        self._repeat_at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def size_bytes(self) -> int:
        """Bytes safely handed over so far."""
        return self._size

    def append_packet(self, arrival_s: float, raw: bytes) -> None:
        """A data packet as received, whatever it holds; `arrival_s` on the host's clock, s."""
        if self._records >= self._repeat_at:
            self._write_start()
        self._append(RecordKind.PACKET, encode_stamped(arrival_s, raw))

    def append_status(self, arrival_s: float, raw: bytes) -> None:
        """A status notification as received."""
        self._append(RecordKind.STATUS, encode_stamped(arrival_s, raw))

    def append_time_sync(self, arrival_s: float, raw: bytes) -> None:
        """A time sync reply as received; `arrival_s` is its t4."""
        self._append(RecordKind.TIME_SYNC, encode_stamped(arrival_s, raw))

    def append_info(self, info: SensorInfo | bytes) -> None:
        """The sensor's info has changed: packets from here on are read by this one."""
        raw = info if isinstance(info, bytes) else encode_info(info)
        self._append(RecordKind.INFO, raw)
        self._start[RecordKind.INFO] = raw

    def append_event(self, arrival_s: float, code: str, text: str) -> None:
        """Something happened to the link: a short code and a sentence."""
        try:
            payload = encode_event(RecordedEvent(arrival_s, code, text))
        except ContentError as error:
            raise BartrackerError(self._given, f"the event cannot be recorded: {error}", "shorten it") from error
        self._append(RecordKind.EVENT, payload)

    def append_samples(self, block: StampedBlock) -> None:
        """Imported samples, without loss; all or none of the block. Not to be mixed with packets."""
        try:
            payloads = list(split_block(block))
        except ContentError as error:
            raise BartrackerError(self._given, f"samples that cannot be recorded: {error}", "correct them") from error
        self._write(b"".join(encode_record(RecordKind.SAMPLES, payload) for payload in payloads), len(payloads))

    def amend(self, metadata: RecordingMetadata) -> None:
        """Replace all metadata, for example when the lifter names the load after the set."""
        head = replace(self._head, metadata=metadata)
        try:
            payload = encode_head(head)
        except ContentError as error:
            raise BartrackerError(self._given, f"the metadata cannot be recorded: {error}", "correct it") from error
        self._append(RecordKind.METADATA, payload)
        self._head = head
        self._start[RecordKind.METADATA] = payload

    def close(self) -> None:
        """Write the end mark and let the disk have everything. A second call does nothing."""
        if self._file.closed:
            return
        try:
            self._write_start()
            self._append(RecordKind.END, encode_end(self._records))
            os.fsync(self._file.fileno())
        except OSError as error:
            raise os_problem(self._given, error, "written") from error
        finally:
            self._file.close()

    def _append(self, kind: RecordKind, payload: bytes) -> None:
        if len(payload) > LARGEST_PAYLOAD:
            raise BartrackerError(self._given, f"{len(payload)} bytes do not fit one record", "send smaller packets")
        self._write(encode_record(kind, payload), 1)

    def _write_start(self) -> None:
        """What packets cannot be read without: written first, and again now and then lest damage to one place lose
        all.
        """
        raw = b"".join(encode_record(kind, payload) for kind, payload in self._start.items())
        self._write(raw, len(self._start))
        self._repeat_at = self._records + _REPEAT_AFTER_RECORDS

    def _write(self, raw: bytes, records: int) -> None:
        if self._file.closed:
            raise BartrackerError(self._given, "the recording is closed", "begin a new one")
        done = 0
        try:
            while done < len(raw):
                done += self._file.write(memoryview(raw)[done:]) or 0
        except OSError as error:
            raise os_problem(self._given, error, "written") from error
        finally:
            if done == len(raw):
                self._size += done
                self._records += records
            else:
                self._cut_back()

    def _cut_back(self) -> None:
        """Remove the part of a record that did get through; a reader would leave it out anyway."""
        with suppress(OSError):
            self._file.seek(self._size)
            self._file.truncate()
