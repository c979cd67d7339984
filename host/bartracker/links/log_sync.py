"""Fetching the recordings that a sensor keeps in its flash: listed, sent block by block, verified, written as .btr, and
only then erased on the sensor. An interrupted fetch goes on where it was.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.ble_scan import BleBackend, FoundSensor, find
from bartracker.links.link_runner import ThreadRunner
from bartracker.links.log_reader import LogReader, LogReaderSettings
from bartracker.links.sensor_link import SensorLinkSettings, SensorWishes
from bartracker.recording import RecordingMetadata, RecordingWriter, read_recording
from bartracker.recording.files import os_problem
from bartracker.wire import SensorInfo, WireError
from bartracker.wire.commands import LogErase, Stop
from bartracker.wire.log import LOG_BLOCK, LogBlock, LogListing, decode_log_block

_UPDATE: Final = "put the newest firmware on it: bartracker flash"


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Habits of a fetch.

    Attributes:
        reading: how blocks are asked for.
        reconnects: a lost connection is made anew so often (0-20).
        link: how the sensor is searched for and connected.
    """

    reading: LogReaderSettings = field(default_factory=LogReaderSettings)
    reconnects: int = 5
    link: SensorLinkSettings = field(default_factory=SensorLinkSettings)


@dataclass(frozen=True, slots=True)
class FetchedRecording:
    """`path`: where it is now, None where it was only listed. `erased`: gone from the sensor."""

    session: int
    blocks: int
    path: Path | None
    erased: bool


class LogSync:
    """One fetch from one sensor; `run` in an event loop.

    Args:
        wanted: name or address, None for the only sensor there is.
        folder: where the .btr files go; None: list only.
        keep: leave the recordings on the sensor.
        progress: told after each block: recording's number in the sensor, blocks so far, blocks in all.
    """

    def __init__(
        self,
        wanted: str | None,
        folder: Path | None,
        *,
        given: str = "sync",
        keep: bool = False,
        backend: BleBackend | None = None,
        settings: SyncSettings | None = None,
        now_s: Callable[[], float],
        progress: Callable[[int, int, int], object] | None = None,
    ) -> None:
        self._wanted = wanted
        self._folder = folder
        self._given = given
        self._keep = keep
        self._backend = backend or BleBackend.default()
        self._settings = settings or SyncSettings()
        self._now_s = now_s
        self._progress = progress
        self._reader = LogReader(self._settings.reading)
        self._done: dict[int, FetchedRecording] = {}

    async def run(self) -> tuple[FetchedRecording, ...]:
        """Fetch everything that is there. Raises BartrackerError; what was fetched until then is kept."""
        if self._folder is not None and not self._folder.is_dir():
            raise os_problem(str(self._folder), FileNotFoundError(), "written")
        link = self._settings.link
        sensor = await find(
            self._wanted, self._given, find_s=link.find_s, settle_s=link.settle_s, backend=self._backend
        )
        attempts = self._settings.reconnects + 1
        while True:
            attempts -= 1
            try:
                await self._over_one_connection(sensor)
            except connection_errors() as error:
                if not attempts:
                    raise bluetooth_problem(sensor.words, error) from error
                await asyncio.sleep(link.retry_s)
            else:
                return tuple(self._done.values())

    async def _over_one_connection(self, sensor: FoundSensor) -> None:
        link = self._settings.link
        unused = SensorInbox(sensor.name, link, self._now_s, ThreadRunner().queue())
        connection = SensorConnection(sensor, unused, link, self._backend, self._now_s)
        try:
            info = await connection.open(SensorWishes(), streams=False)
            if not info.repairs or not await connection.subscribe_log(self._reader.on_part):
                raise BartrackerError(sensor.words, "its firmware keeps no recordings", _UPDATE)
            await connection.command(Stop())
            for listing in await self._reader.listings(connection):
                await self._take(connection, info, listing)
        finally:
            await connection.close()

    async def _take(self, connection: SensorConnection, info: SensorInfo, listing: LogListing) -> None:
        session = listing.session
        if self._folder is None:
            self._done[session] = FetchedRecording(session, listing.blocks, None, erased=False)
            return
        store = _Store(self._folder, connection.sensor.name, info.device_id, listing)
        if not store.complete:

            def take(raw: bytes, sequence: int) -> bool:
                taken = store.add(raw, sequence)
                if taken:
                    self._tell(listing, len(store.blocks))
                return taken

            wanted = range(session, listing.last_sequence + 1)
            await self._reader.fetch(connection, [n for n in wanted if n not in store.blocks], take)
            store.finish(connection.sensor.words)
        erased = not self._keep
        if erased:
            await connection.command(LogErase(session, listing.last_sequence))
        store.forget_parts()
        self._done[session] = FetchedRecording(session, listing.blocks, store.path, erased)

    def _tell(self, listing: LogListing, blocks: int) -> None:
        if self._progress is not None:
            self._progress(listing.session, blocks, listing.blocks)


class _Store:
    """What has come of one recording: verified blocks in a .part file, then a .btr."""

    def __init__(self, folder: Path, sensor: str, device_id: bytes, listing: LogListing) -> None:
        name = "".join(each if each.isalnum() or each in "-_" else "_" for each in sensor)
        stem = f"{name}-{device_id.hex()[:8]}-{listing.session:06d}-{listing.last_sequence:06d}"
        self.path = folder / f"{stem}.btr"
        self._part = folder / f"{stem}.part"
        self.blocks: dict[int, LogBlock] = {}
        self.complete = self._is_whole()
        if not self.complete:
            self._resume()

    def add(self, raw: bytes, sequence: int) -> bool:
        """Take a block if it is intact and the one that was asked for."""
        try:
            block = decode_log_block(raw)
        except WireError:
            return False
        if block.sequence != sequence:
            return False
        try:
            with self._part.open("ab") as file:
                file.write(raw)
        except OSError as error:
            raise os_problem(str(self._part), error, "written") from error
        self.blocks[sequence] = block
        return True

    def finish(self, source: str) -> None:
        """Write the recording; it has its name once it is whole and on the disk."""
        blocks = [self.blocks[each] for each in sorted(self.blocks)]
        if not blocks:
            raise BartrackerError(
                str(self.path), "nothing of this recording is left on the sensor", "look at the others"
            )
        made = self.path.with_suffix(".new")
        made.unlink(missing_ok=True)
        metadata = RecordingMetadata(source=source, notes="recorded in the sensor")
        with RecordingWriter.create(made, metadata, blocks[0].info) as writer:
            info = blocks[0].info
            for block in blocks:
                if block.info != info:
                    info = block.info
                    writer.append_info(info)
                for packet in block.packets:
                    writer.append_packet(float("nan"), packet)
        try:
            made.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise os_problem(str(self.path), error, "written") from error

    def forget_parts(self) -> None:
        """The recording is safe: what it was made of is not needed."""
        self._part.unlink(missing_ok=True)

    def _is_whole(self) -> bool:
        """Whether an earlier fetch was broken off only before the sensor had erased it."""
        if not self.path.exists():
            return False
        try:
            return bool(len(read_recording(self.path)))
        except BartrackerError:
            return False

    def _resume(self) -> None:
        if not self._part.exists():
            return
        raw = self._part.read_bytes()
        kept: list[bytes] = []
        for each in _cut(raw):
            try:
                block = decode_log_block(each)
            except WireError:
                continue
            self.blocks[block.sequence] = block
            kept.append(each)
        # A block that was cut off must not shift those after it.
        self._part.write_bytes(b"".join(kept))


def _cut(raw: bytes) -> Iterable[bytes]:
    return (raw[at : at + LOG_BLOCK] for at in range(0, len(raw) - LOG_BLOCK + 1, LOG_BLOCK))


def _sync_folder(folder: Path) -> None:
    """Let the disk have the new name too, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
