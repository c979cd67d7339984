"""A sensor over Bluetooth as a source: asyncio and bleak in a thread of its own, a queue to the one that reads `items`.
Lost connections are found again; every notification is recorded before anything else happens to it.
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
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.links.ble_inbox import End, Packet, Said, SensorInbox
from bartracker.links.ble_scan import BleBackend, FoundSensor, find
from bartracker.links.link import LinkItem, LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.link_runner import LinkRunner, ThreadRunner
from bartracker.links.sensor_link import LastWork, LinkHealth, LinkState, SensorLinkSettings, SensorWishes
from bartracker.recording import RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.wire import RepairedStream, SensorInfo, StreamStatistics
from bartracker.wire.messages import LIVE, ControlResult, Heartbeat, Start, Stop

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
        self._wanted = wanted
        self._given = given
        self._wishes = wishes or SensorWishes()
        self._metadata = metadata or RecordingMetadata()
        self._settings = settings or SensorLinkSettings()
        self._backend = backend or BleBackend.default()
        self._now_s = now_s
        self._runner = runner or ThreadRunner()
        self._inbox = SensorInbox(given, self._settings, now_s, self._runner.queue())
        self._started = False
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: Future[SensorInfo] = Future()
        self._ending = threading.Event()
        self._sensor: FoundSensor | None = None
        self._statistics = StreamStatistics()
        self._reconnects = 0
        self._info: SensorInfo | None = None
        self._last_work: LastWork | None = None
        self._fruitless = 0
        self._stamp_s = 0.0

    @property
    def label(self) -> str:
        """The sensor's name once it is found, before that the URI."""
        return self._inbox.label

    @property
    def metadata(self) -> RecordingMetadata:
        """What the user said of the set; once connected, with the sensor and the time."""
        return self._metadata

    @property
    def first_device_us(self) -> int | None:
        """The sensor's own time of the first sample received, u32 us; None before."""
        return self._inbox.first_device_us

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

    def health(self) -> LinkHealth:
        """How the link is doing; from any thread."""
        return LinkHealth(
            state=self._inbox.state,
            words=self._inbox.words,
            statistics=self._statistics,
            status=self._inbox.status,
            clock=self._inbox.clock.estimate,
            reconnects=self._reconnects,
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
        connection = await self._unless_closing(self._first_connection())
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
                self._count_fruitless(connection)
                again = await self._unless_closing(self._reconnected())
                if again is None:
                    return
                connection = again
            await self._end(connection)
        finally:
            await connection.close()

    def _count_fruitless(self, connection: SensorConnection) -> None:
        self._fruitless = 0 if self._inbox.fruitful else self._fruitless + 1
        self._inbox.fruitful = False
        if self._fruitless >= self._settings.fruitless:
            raise BartrackerError(
                connection.sensor.words,
                f"it was connected {self._fruitless} times and sent nothing",
                "switch it off and on and start again; what was recorded is whole",
            )

    async def _unless_closing(self, work: Coroutine[Any, Any, _T]) -> _T | None:
        """The result of `work`, or None if the link is closed before."""
        task = asyncio.create_task(work)
        await _first_of(_quiet(task), self._closing.wait())
        if task.done():
            return task.result()
        await _cancelled(task)
        return None

    async def _first_connection(self) -> SensorConnection:
        settings = self._settings
        self._sensor = await find(
            self._wanted, self._given, find_s=settings.find_s, settle_s=settings.settle_s, backend=self._backend
        )
        self._inbox.label = self._sensor.name
        self._inbox.state, self._inbox.words = LinkState.CONNECTING, f"connecting to {self.label}"
        for attempt in range(1, settings.connect_attempts + 1):
            try:
                self._info, connection = await self._connected(self._sensor, self._wishes)
            except connection_errors() as error:
                if attempt == settings.connect_attempts:
                    raise bluetooth_problem(self._sensor.words, error) from error
            else:
                return connection
        raise BartrackerError(self._given, "no attempt to connect is allowed", "allow one in the settings")

    async def _connected(self, sensor: FoundSensor, wishes: SensorWishes) -> tuple[SensorInfo, SensorConnection]:
        connection = SensorConnection(sensor, self._inbox, self._settings, self._backend, self._now_s)
        try:
            return await connection.open(wishes), connection
        except BaseException:
            await connection.close()
            raise

    def _begin(self, connection: SensorConnection) -> SensorInfo:
        """The recording begins with the first connection. Raises BartrackerError."""
        assert self._info is not None
        self._metadata = replace(
            self._metadata,
            source=self._metadata.source or connection.sensor.words,
            started_utc=self._metadata.started_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._inbox.begin(self._metadata, self._info, connection.info_raw)
        # The same rate and ranges after a reconnection, whatever the sensor wakes up with.
        info = self._info
        self._wishes = SensorWishes(info.nominal_rate_hz, info.acc_range_g, info.gyr_range_dps)
        return info

    async def _stream(self, connection: SensorConnection) -> None:
        """Stream until the connection is lost or the link is closed; says so."""
        try:
            await _first_of(self._kept_streaming(connection), connection.lost.wait(), self._closing.wait())
        except connection_errors() as error:
            LOG.info("connection lost: %r", error)
        if not self._closing.is_set():
            self._inbox.say(LinkState.LOST, f"the connection to {self.label} was lost", "warning")

    async def _kept_streaming(self, connection: SensorConnection) -> None:
        """Start, then keep alive. Ends by itself only if the sensor falls silent for long, or by an exception."""
        await connection.subscribe()
        await connection.command(Heartbeat(self._settings.heartbeat_timeout_s))
        index = self._inbox.repairs.resume_index
        await connection.command(Start(LIVE if index is None else index))
        self._inbox.last_data_s = self._now_s()
        if self._reconnects:
            self._inbox.say(LinkState.STREAMING, f"{self.label} is connected again", "warning")
        else:
            self._inbox.say(LinkState.STREAMING, f"{self.label} is connected", "info")
        await _first_of(self._beat(connection), self._sync(connection), self._watch(), self._repair(connection))

    async def _beat(self, connection: SensorConnection) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_s)
            await connection.command(Heartbeat(self._settings.heartbeat_timeout_s))

    async def _sync(self, connection: SensorConnection) -> None:
        asked = 0
        while True:
            asked += 1
            await connection.ask_time(asked)
            first = asked < self._settings.first_syncs
            await asyncio.sleep(self._settings.first_sync_s if first else self._settings.sync_s)

    async def _repair(self, connection: SensorConnection) -> None:
        while True:
            await self._ask_again(connection)
            await asyncio.sleep(self._settings.repair_s)

    async def _ask_again(self, connection: SensorConnection) -> None:
        """Ask for what is missing, as far as it is due."""
        repairs = self._inbox.repairs
        assert self._info is not None
        if not self._info.repairs:
            return
        while (fetch := repairs.ask(self._now_s())) is not None:
            reply = await connection.ask(fetch)
            repairs.settle(fetch, reply.detail if reply.result is ControlResult.DONE else 0)

    async def _watch(self) -> None:
        """Returns when no data have come for long."""
        settings = self._settings
        assert self._info is not None
        # At a low rate a packet takes its time to fill.
        silence_s = max(settings.silence_s, 2 * 20 / self._info.nominal_rate_hz)
        while (silent_s := self._now_s() - self._inbox.last_data_s) < max(settings.stall_s, silence_s):
            if silent_s > silence_s and self._inbox.state is LinkState.STREAMING:
                self._inbox.say(LinkState.LOST, f"nothing has come from {self.label} for {silent_s:.1f} s", "warning")
            await asyncio.sleep(silence_s / 5)

    async def _reconnected(self) -> SensorConnection:
        settings, sensor = self._settings, self._sensor
        assert sensor is not None
        assert self._info is not None
        self._inbox.say(LinkState.RECONNECTING, f"searching for {self.label} again", "warning")
        ends_s = self._now_s() + settings.reconnect_s
        pause_s = settings.retry_s
        while True:
            try:
                found = await find(
                    sensor.address, self._given, find_s=settings.find_s, settle_s=0.0, backend=self._backend
                )
            except BartrackerError as error:
                problem = error  # out of reach, or Bluetooth switched off: both may pass
            else:
                try:
                    info, connection = await self._connected(found, self._wishes)
                except connection_errors() as error:
                    problem = bluetooth_problem(found.words, error)
                else:
                    return await self._resumed(info, connection)
            if self._now_s() > ends_s:
                raise BartrackerError(
                    sensor.words,
                    f"it was lost and not found again within {settings.reconnect_s:g} s ({problem.problem})",
                    "see to its battery and start again; what was recorded is whole",
                )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, settings.longest_retry_s)

    async def _resumed(self, info: SensorInfo, connection: SensorConnection) -> SensorConnection:
        old = self._info
        assert old is not None
        if info.nominal_rate_hz != old.nominal_rate_hz:
            await connection.close()
            raise BartrackerError(
                connection.sensor.words,
                f"it came back sampling at {info.nominal_rate_hz:g} Hz instead of {old.nominal_rate_hz:g} Hz",
                "start again; what was recorded is whole",
            )
        if info.boot_count != old.boot_count:
            # Its samples count from 0 again: what is still in its memory cannot be asked for by the old number.
            self._inbox.repairs.restart()
            self._inbox.clock.restart()
        self._reconnects += 1
        self._info = info
        self._inbox.take_info(info, connection.info_raw)
        return connection

    async def _end(self, connection: SensorConnection) -> None:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.end_s / 2):
                await connection.command(Stop())
                ends_s = self._now_s() + settings.longest_drain_s
                while self._now_s() < ends_s and (
                    self._missing or self._now_s() < self._inbox.last_data_s + settings.drain_s
                ):
                    await self._ask_again(connection)
                    await asyncio.sleep(settings.drain_s / 4)
            if self._last_work is not None:
                async with asyncio.timeout(settings.last_work_s):
                    await self._last_work(connection)
        except (BartrackerError, *connection_errors()):
            pass  # it stops by itself when no heartbeat comes
        finally:
            await connection.close()

    @property
    def _missing(self) -> bool:
        return self._info is not None and self._info.repairs and self._inbox.repairs.open


async def _first_of(*works: Coroutine[Any, Any, object]) -> None:
    """Run until the first one ends, then cancel the others. Raises what that one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            await _cancelled(task)


async def _quiet(task: "asyncio.Task[Any]") -> None:
    """Wait for a task without cancelling it and without raising what it raises."""
    await asyncio.wait([task])


async def _cancelled(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end; what it raises was looked at before, or does not matter any more."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
