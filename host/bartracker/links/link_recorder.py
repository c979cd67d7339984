"""The recording of a live link: everything received goes here first, before anything is decoded. A disk that refuses
stops neither the stream nor the program; it is said, and counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.recording import RecordingMetadata, RecordingWriter
from bartracker.recording.files import os_problem


class LinkRecorder:
    """Writes what a link receives to a new .btr file. One thread at a time.

    The file is made by `begin`, when the sensor is known. After a failure (disk full) each further record tries
    again, so the recording goes on once there is room; what is missing shows in it as lost samples.

    Attributes:
        failure: why nothing can be written just now; None while all is well.
        unrecorded_packets: packets received but not written.
    """

    def __init__(
        self,
        path: str | Path,
        calibration_of: "Callable[[bytes, bytes | None], Mapping[str, object] | None] | None" = None,
    ) -> None:
        """`calibration_of`: the parameters to keep for a sensor, by the bytes of its info and of the
        calibration it keeps itself; None if there are none.

        Raises BartrackerError where the file is there already, or its folder is not.
        """
        self.path = Path(path)
        if self.path.exists():
            raise os_problem(str(path), FileExistsError(), "written")
        if not self.path.parent.is_dir():
            raise os_problem(str(path), FileNotFoundError(), "written")
        self.failure: BartrackerError | None = None
        self.unrecorded_packets = 0
        self._calibration_of = calibration_of
        self._writer: RecordingWriter | None = None

    def begin(self, metadata: RecordingMetadata, info_raw: bytes, kept: bytes | None = None) -> None:
        """Make the file; `kept`: the calibration that the sensor keeps. Raises BartrackerError."""
        calibration = None if self._calibration_of is None else self._calibration_of(info_raw, kept)
        if calibration is not None:
            metadata = replace(metadata, calibration=str(calibration.get("name", "unnamed")))
        self._writer = RecordingWriter.create(self.path, metadata, info_raw, calibration)

    @property
    def size_bytes(self) -> int:
        """Bytes handed over so far."""
        return self._writer.size_bytes if self._writer else 0

    def packet(self, arrival_s: float, raw: bytes) -> None:
        """A data packet as received."""
        if not self._do(lambda writer: writer.append_packet(arrival_s, raw)):
            self.unrecorded_packets += 1

    def status(self, arrival_s: float, raw: bytes) -> None:
        """A status notification as received."""
        self._do(lambda writer: writer.append_status(arrival_s, raw))

    def time_sync(self, arrival_s: float, raw: bytes) -> None:
        """A time sync reply as received."""
        self._do(lambda writer: writer.append_time_sync(arrival_s, raw))

    def info(self, raw: bytes) -> None:
        """The sensor's info has changed."""
        self._do(lambda writer: writer.append_info(raw))

    def event(self, arrival_s: float, code: str, text: str) -> None:
        """Something happened to the link."""
        self._do(lambda writer: writer.append_event(arrival_s, code, text))

    def close(self) -> None:
        """End the file; a failure stays in `failure`."""
        self._do(lambda writer: writer.close())
        self._writer = None

    def _do(self, write: Callable[[RecordingWriter], None]) -> bool:
        if self._writer is None:
            return False
        try:
            write(self._writer)
        except BartrackerError as error:
            self.failure = error
            return False
        self.failure = None
        return True
