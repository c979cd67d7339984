"""A sensor over Bluetooth as a source: asyncio and bleak in a thread of its own, a queue to the one that reads `items`.
Every notification is recorded before anything else happens to it. Connections are made in ble_connecting.py.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from bartracker.errors import BartrackerError
from bartracker.links.ble_connecting import SensorConnecting
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_inbox import End, Packet, Said, SensorInbox
from bartracker.links.ble_scan import BleBackend, FoundSensor
from bartracker.links.ble_streaming import SensorStreaming
from bartracker.links.link import LinkItem, LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.link_runner import LinkRunner, ThreadRunner
from bartracker.links.racing import cancelled, first_of, quiet
from bartracker.links.sensor_link import LastWork, LinkHealth, LinkState, SensorLinkSettings, SensorWishes
from bartracker.recording import RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.wire import RepairedStream, SensorInfo, StreamStatistics, WireError
from bartracker.wire.commands import Cue, CueOutputs

LOG = logging.getLogger("bartracker.links")
LOG.addHandler(logging.NullHandler())

_T = TypeVar("_T")


class BleLink:
    """A `SensorLink` over bleak. `wanted`: name or address, None for the only sensor there is; `given`: the URI."""

    def __init__(
        self,
        wanted: str | None = None,
        *,
        given: str = "ble://",
        wishes: SensorWishes | None = None,
        metadata: RecordingMetadata | None = None,
        settings: SensorLinkSettings | None = None,
        backend: BleBackend | None = None,
        now_s: Callable[[], float] = time.monotonic,
        runner: LinkRunner | None = None,
    ) -> None:
        self._given = given
        self._metadata = metadata or RecordingMetadata()
        self._settings = settings or SensorLinkSettings()
        self._now_s = now_s
        self._runner = runner or ThreadRunner()
        self._inbox = SensorInbox(given, self._settings, now_s, self._runner.queue())
        self._connecting = SensorConnecting(
            wanted, wishes or SensorWishes(), self._inbox, self._settings, backend or BleBackend.default(), now_s
        )
        self._started = False
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: Future[SensorInfo] = Future()
        self._ending = threading.Event()
        self._statistics = StreamStatistics()
        self._last_work: LastWork | None = None
        self._connection: SensorConnection | None = None
        self._cues: set[asyncio.Task[None]] = set()
        self._stamp_s = 0.0

    @property
    def label(self) -> str:
        """The sensor's name once it is found, before that the URI."""
        return self._inbox.label

    def call_it(self, name: str) -> None:
        """What it says of the sensor has this name from now on; from any thread."""
        self._inbox.label = name

    @property
    def found(self) -> FoundSensor | None:
        """The sensor as it was heard; None before."""
        return self._connecting.sensor

    @property
    def metadata(self) -> RecordingMetadata:
        """What the user said of the set; once connected, with the sensor and the time."""
        return self._metadata

    @property
    def first_device_us(self) -> int | None:
        """The sensor's own time of the first sample received, u32 us; None before."""
        return self._inbox.first_device_us

    @property
    def kept_calibration(self) -> bytes | None:
        """The calibration that the sensor keeps itself, as a block, once connected; None: it keeps none."""
        return self._connecting.kept

    @property
    def recording(self) -> None:
        """A sensor is no recording."""
        return

    def record_to(self, recorder: LinkRecorder) -> None:
        """Record everything received from here on. Before `connect`."""
        self._inbox.recorder = recorder

    def before_end(self, work: LastWork) -> None:
        """Do this with the connection once streaming has ended. Before `connect`."""
        self._last_work = work

    def tell(self, code: str, text: str) -> None:
        """Have this said among what the link says of the sensor; from any thread."""
        self._tell_loop(lambda: self._inbox.say(None, text, "info", code))

    def cue(self, outputs: CueOutputs, pattern: int, repeat: int = 1) -> None:
        """Have the sensor play a pattern (`wire.commands.Cue`) and return at once; from any thread. Where there is no
        connection just now, or nothing on the board to play it, it is left out.
        """
        self._tell_loop(lambda: self._begin_cue(Cue(outputs, pattern, repeat)))

    def health(self) -> LinkHealth:
        """How the link is doing; from any thread."""
        return LinkHealth(
            state=self._inbox.state,
            words=self._inbox.words,
            statistics=self._statistics,
            status=self._inbox.status,
            clock=self._inbox.clock.estimate,
            reconnects=self._connecting.reconnects,
            missed_packets=self._inbox.repairs.missed_packets,
        )

    def connect(self) -> SensorInfo:
        """Find the sensor, connect, read what it is. Raises BartrackerError."""
        with self._starting:
            if not self._started and not self._ending.is_set():
                self._runner.start(self._supervise)
                self._started = True
        if not self._started:
            raise BartrackerError(self._given, "the link is closed", "open it again")
        return self._runner.result(self._ready)

    def items(self) -> Iterator[LinkItem]:
        """Blocks and notices until `finish`, `close`, or a sensor that is not found again (BartrackerError)."""
        if self._ending.is_set() and not self._started:
            return
        stream = RepairedStream(self.connect())
        self._tell_loop(self._go.set)
        while True:
            item = self._inbox.queue.get()
            match item:
                case Packet():
                    yield from self._told(stream, stream.push(item.raw, item.arrival_s))
                case SensorInfo():
                    yield from self._told(stream, stream.use_info(item))
                case Said():
                    yield LinkNotice(self._stamp_s, item.code, item.text, item.severity)
                case End():
                    yield from self._told(stream, stream.flush())
                    if item.failure is not None:
                        raise item.failure
                    return

    def finish(self) -> None:
        """Ask for an orderly end and return at once."""
        self._ending.set()
        self._tell_loop(self._set_closing)

    def close(self) -> None:
        """End, and wait until the sensor is stopped and the recording is closed."""
        self.finish()
        with self._starting:
            pass
        self._runner.join(self._settings.end_s)

    def _told(self, stream: RepairedStream, blocks: tuple[StampedBlock, ...]) -> Iterator[LinkItem]:
        before = self._statistics.resets
        self._statistics = stream.statistics
        if self._statistics.resets > before:
            text = "the sensor restarted; how many samples are missing is an estimate"
            yield LinkNotice(self._stamp_s, "restarted", text, "warning")
        for block in blocks:
            self._stamp_s = float(block.stamp_s[0])
            yield block

    def _tell_loop(self, function: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(function)
            except RuntimeError:  # the loop ended in between
                return

    # What follows runs in the link's own loop.

    async def _supervise(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._go = asyncio.Event()
        self._closing = asyncio.Event()
        if self._ending.is_set():
            self._closing.set()
        life = asyncio.create_task(self._live())
        await asyncio.wait([life])
        broken = BartrackerError(self._given, "the Bluetooth link broke off", "start again; what was recorded is whole")
        failure = broken if life.cancelled() else life.exception()
        if not self._ready.done():
            closed = BartrackerError(self._given, "the link was closed before a sensor was found", "open it again")
            self._ready.set_exception(failure or closed)
        self._inbox.end(failure)

    def _set_closing(self) -> None:
        self._closing.set()

    async def _live(self) -> None:
        connection = await self._unless_closing(self._connecting.first())
        if connection is None:
            return
        try:
            self._ready.set_result(self._begin(connection))
            await self._unless_closing(self._go.wait())
            while not self._closing.is_set():
                await self._stream(connection)
                if self._closing.is_set():
                    break
                await connection.close()
                again = await self._unless_closing(self._connecting.again(connection))
                if again is None:
                    return
                connection = again
            await self._streaming(connection).end(self._last_work)
        finally:
            await connection.close()

    async def _unless_closing(self, work: Coroutine[Any, Any, _T]) -> _T | None:
        """The result of `work`, or None if the link is closed before."""
        task = asyncio.create_task(work)
        await first_of(quiet(task), self._closing.wait())
        if task.done():
            return task.result()
        await cancelled(task)
        return None

    def _begin(self, connection: SensorConnection) -> SensorInfo:
        """The recording begins with the first connection. Raises BartrackerError."""
        info = self._connecting.info
        assert info is not None
        self._metadata = replace(
            self._metadata,
            source=self._metadata.source or connection.sensor.words,
            started_utc=self._metadata.started_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._inbox.begin(self._metadata, info, connection.info_raw, self._connecting.kept)
        return info

    def _streaming(self, connection: SensorConnection) -> SensorStreaming:
        info = self._connecting.info
        assert info is not None
        return SensorStreaming(connection, info, self._inbox, self._settings, self._now_s)

    def _begin_cue(self, cue: Cue) -> None:
        connection, info = self._connection, self._connecting.info
        if connection is None or info is None or not info.repairs:
            return
        playing = asyncio.create_task(_played(connection, cue))
        self._cues.add(playing)
        playing.add_done_callback(self._cues.discard)

    async def _stream(self, connection: SensorConnection) -> None:
        """Stream until the connection is lost or the link is closed; says so."""
        self._connection = connection
        try:
            await first_of(
                self._streaming(connection).run(again=self._connecting.reconnects > 0),
                connection.lost.wait(),
                self._closing.wait(),
            )
        except connection_errors() as error:
            LOG.info("connection lost: %r", error)
        finally:
            self._connection = None
        if not self._closing.is_set():
            self._inbox.say(LinkState.LOST, f"the connection to {self.label} was lost", "warning")


async def _played(connection: SensorConnection, cue: Cue) -> None:
    """A cue is worth no fault: what goes wrong with the connection shows elsewhere."""
    try:
        await connection.ask(cue)
    except (WireError, *connection_errors()) as error:
        LOG.info("a cue was not played: %r", error)
