"""A new firmware for a sensor over Bluetooth: sent file by file as the sensor asks for them, resumed after a lost
connection, switched to, and seen to work. What is sent is made elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.ble_scan import BleBackend, FoundSensor, find
from bartracker.links.link_runner import ThreadRunner
from bartracker.links.sensor_link import SensorLinkSettings, SensorWishes
from bartracker.wire import SensorInfo
from bartracker.wire.commands import Stop
from bartracker.wire.replies import ControlReply, ControlResult
from bartracker.wire.update import (
    CHUNK_HEAD_BYTES,
    UPDATES_SINCE_MINOR,
    FirmwarePackage,
    UpdateAbout,
    UpdateActivate,
    UpdateAsk,
    UpdateBegin,
    UpdateChunk,
    UpdateCommand,
    UpdatePhase,
    UpdatePosition,
    UpdatePositionAsk,
    UpdateProblem,
    decode_update_about,
    decode_update_position,
    encode_update_chunk,
)

_T = TypeVar("_T")
_ATT_HEADER: Final = 3
_WATCH_S: Final = 1.0
_OVER_USB: Final = "plug it in and run bartracker flash"
_REFUSALS: Final = {
    UpdateProblem.NONE: ("it has given the update up", "repeat the command"),
    UpdateProblem.BATTERY: ("its battery is too low for an update", "charge it to 20 %, then repeat the command"),
    UpdateProblem.WRONG_HASH: ("what arrives there is damaged", "bring it nearer, then repeat the command"),
    UpdateProblem.WRONG_MANIFEST: ("it refuses this firmware's list of files", _OVER_USB),
    UpdateProblem.WRONG_PROCESSOR: ("this firmware is made for another processor or MicroPython", _OVER_USB),
    UpdateProblem.NO_SPACE: ("its flash has no room for a second firmware", _OVER_USB),
    UpdateProblem.FLASH_FAULT: (
        "its flash cannot be written",
        f"repeat the command; if that does not help, {_OVER_USB}",
    ),
    UpdateProblem.ON_TRIAL: ("it is still trying a new firmware", "wait 15 s, then repeat the command"),
}


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Habits of an update.

    Attributes:
        window: parts sent before the sensor is asked how far it is (1-16; it keeps 16 that it has not looked at).
        check_s: how often it is asked while it looks at its files, s (0.05-1).
        stall_s: a sensor that gets no further for so long is given up, s (5-30).
        damaged: a file that arrives damaged is sent again so often (1-5).
        least_mtu: smaller packets would take minutes, bytes.
        reconnects: a lost connection is made anew so often (0-20).
        restart_s: the sensor may take so long to come back and to show that the new firmware works, s; one that hangs
            at each of its three starts is reset after 30 s each.
        link: how the sensor is searched for and connected.
    """

    window: int = 12
    check_s: float = 0.1
    stall_s: float = 10.0
    damaged: int = 3
    least_mtu: int = 64
    reconnects: int = 8
    restart_s: float = 150.0
    link: SensorLinkSettings = field(default_factory=SensorLinkSettings)


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What came of it: versions of the firmware before and after, whether anything was to be done, bytes sent."""

    sensor: str
    before: str
    after: str
    updated: bool
    sent_bytes: int


class UpdateTransfer:
    """One update of one sensor; `run` in an event loop.

    Args:
        wanted: name or address, None for the only sensor there is.
        build: makes the firmware for what the sensor says of itself; raises BartrackerError where there is none.
        say: told each step in words.
        progress: told how many bytes of the firmware are there, and how many it has.
    """

    def __init__(
        self,
        wanted: str | None,
        build: Callable[[UpdateAbout], FirmwarePackage],
        *,
        given: str = "update",
        backend: BleBackend | None = None,
        settings: UpdateSettings | None = None,
        now_s: Callable[[], float],
        say: Callable[[str], object],
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        self._wanted = wanted
        self._build = build
        self._given = given
        self._backend = backend or BleBackend.default()
        self._settings = settings or UpdateSettings()
        self._now_s = now_s
        self._say = say
        self._progress = progress
        self._package: FirmwarePackage | None = None
        self._files: list[bytes] = []
        self._before = ""
        self._there = 0
        self._sent_bytes = 0

    async def run(self) -> UpdateReport:
        """Bring the sensor to the firmware. Raises BartrackerError; the sensor then works as before."""
        sensor = await self._find(self._wanted)
        attempts = self._settings.reconnects + 1
        while True:
            attempts -= 1
            try:
                switched = await self._over_one_connection(sensor, self._transfer)
                break
            except connection_errors() as error:
                if not attempts:
                    raise bluetooth_problem(sensor.words, error) from error
                await asyncio.sleep(self._settings.link.retry_s)
        if not switched:
            return UpdateReport(sensor.words, self._before, self._before, False, 0)
        self._say("the sensor restarts with the new firmware")
        after = await self._await_new(sensor)
        return UpdateReport(sensor.words, self._before, after, True, self._sent_bytes)

    async def _find(self, wanted: str | None) -> FoundSensor:
        link = self._settings.link
        return await find(wanted, self._given, find_s=link.find_s, settle_s=link.settle_s, backend=self._backend)

    async def _over_one_connection(
        self, sensor: FoundSensor, work: Callable[[SensorConnection, SensorInfo], Awaitable[_T]]
    ) -> _T:
        link = self._settings.link
        unused = SensorInbox(sensor.name, link, self._now_s, ThreadRunner().queue())
        connection = SensorConnection(sensor, unused, link, self._backend, self._now_s)
        try:
            return await work(connection, await connection.open(SensorWishes(), streams=False))
        finally:
            await connection.close()

    async def _transfer(self, connection: SensorConnection, info: SensorInfo) -> bool:
        """Until the sensor has all of it and is told to switch; False: it runs this firmware already."""
        if info.protocol_minor < UPDATES_SINCE_MINOR:
            problem = f"its firmware {_version(info)} cannot be updated over Bluetooth"
            raise BartrackerError(connection.sensor.words, problem, f"{_OVER_USB} once; from then on it can")
        self._before = _version(info)
        await connection.command(Stop())
        about = decode_update_about((await self._ask(connection, UpdateAsk())).rest)
        package = self._package or self._prepare(about, connection)
        if about.manifest_start == package.sha256[: len(about.manifest_start)]:
            # Switched to when the connection was lost before; it is on trial perhaps.
            return about.starts_left > 0
        if about.starts_left and self._there:
            return True
        chunk_bytes = await self._chunk_bytes(connection, info)
        await self._send(connection, package, chunk_bytes)
        # If the connection is lost now, it is made anew, and what the sensor says then tells whether it has heard this.
        await self._ask(connection, UpdateActivate())
        return True

    def _prepare(self, about: UpdateAbout, connection: SensorConnection) -> FirmwarePackage:
        package = self._build(about)
        self._package = package
        self._files = [package.manifest, *package.contents.values()]
        self._say(f"{connection.sensor.words} has firmware {self._before}; version {package.version} is for it")
        return package

    async def _chunk_bytes(self, connection: SensorConnection, info: SensorInfo) -> int:
        """What fits a packet: the sensor learns of the MTU a little after the host."""
        ends_s = self._now_s() + self._settings.link.mtu_wait_s
        while info.att_mtu < self._settings.least_mtu:
            if self._now_s() > ends_s:
                raise BartrackerError(
                    connection.sensor.words,
                    f"this computer's Bluetooth agrees to packets of {info.att_mtu} bytes (MTU) only",
                    f"update its driver, use another adapter, or {_OVER_USB}",
                )
            await asyncio.sleep(self._settings.link.mtu_wait_s / 20)
            info = await connection.read_info()
        return info.att_mtu - _ATT_HEADER - CHUNK_HEAD_BYTES

    async def _send(self, connection: SensorConnection, package: FirmwarePackage, chunk_bytes: int) -> None:
        position = await self._position(connection, UpdateBegin(len(package.manifest), package.sha256))
        damaged, moved_s = 0, self._now_s()
        while position.phase is not UpdatePhase.READY:
            damaged += position.problem is UpdateProblem.WRONG_HASH
            if position.phase is UpdatePhase.IDLE or damaged > self._settings.damaged:
                raise _refusal(connection, position.problem)
            if position.phase is UpdatePhase.CHECKING:
                await asyncio.sleep(self._settings.check_s)
            else:
                await self._send_window(connection, position, chunk_bytes)
            before, position = position, await self._position(connection, UpdatePositionAsk())
            if position != before:
                moved_s = self._now_s()
            elif self._now_s() - moved_s > self._settings.stall_s:
                raise BartrackerError(
                    connection.sensor.words, "it does not take the update", "bring it nearer, then repeat the command"
                )
            self._tell(position)

    async def _send_window(self, connection: SensorConnection, position: UpdatePosition, chunk_bytes: int) -> None:
        if position.file >= len(self._files):
            raise _refusal(connection, UpdateProblem.NONE)
        data = self._files[position.file]
        at = position.offset
        for _ in range(self._settings.window):
            part = data[at : at + chunk_bytes]
            if not part:
                return
            await connection.send_update(encode_update_chunk(UpdateChunk(position.file, at, part)))
            at += len(part)
            self._sent_bytes += len(part)

    def _tell(self, position: UpdatePosition) -> None:
        """The sensor's second look at its files begins at the first one: what was there once stays told."""
        there = sum(map(len, self._files[: position.file])) + position.offset
        self._there = max(self._there, there)
        if self._progress is not None:
            self._progress(self._there, sum(map(len, self._files)))

    async def _position(self, connection: SensorConnection, command: UpdateCommand) -> UpdatePosition:
        return decode_update_position((await self._ask(connection, command)).rest)

    async def _ask(self, connection: SensorConnection, command: UpdateCommand) -> ControlReply:
        """Raises BartrackerError for anything but "done"."""
        reply = await connection.ask(command)
        if reply.result is ControlResult.DONE:
            return reply
        problem = next((each for each in UpdateProblem if each == reply.detail), None)
        if reply.result is ControlResult.REFUSED and problem is not None:
            raise _refusal(connection, problem)
        raise BartrackerError(
            connection.sensor.words, f"the update is refused: {reply.result.words}", "end what it does, then try again"
        )

    async def _await_new(self, sensor: FoundSensor) -> str:
        """Until the sensor runs the new firmware for good; its version."""
        ends_s = self._now_s() + self._settings.restart_s
        while self._now_s() < ends_s:
            try:
                found = await self._find(sensor.address)
                version = await self._over_one_connection(found, lambda c, i: self._watch(c, i, ends_s))
            except _WentBackError:
                raise
            except (BartrackerError, *connection_errors()):
                # It is restarting.
                version = None
            if version is not None:
                return version
            await asyncio.sleep(self._settings.link.retry_s)
        raise BartrackerError(
            sensor.words,
            "it did not come back with the new firmware",
            f"switch it off and on; if that does not help, {_OVER_USB}",
        )

    async def _watch(self, connection: SensorConnection, info: SensorInfo, ends_s: float) -> str | None:
        package = self._package
        assert package is not None
        while self._now_s() < ends_s:
            about = decode_update_about((await self._ask(connection, UpdateAsk())).rest)
            new = about.manifest_start == package.sha256[: len(about.manifest_start)]
            if new and not about.starts_left:
                return _version(info)
            if not new and not about.starts_left:
                raise _WentBackError(
                    connection.sensor.words,
                    "the new firmware did not run on it, and it went back to the old one",
                    f"it works as before with version {_version(info)}; report this, or {_OVER_USB}",
                )
            # It has not restarted yet, or has not run for long enough.
            await asyncio.sleep(_WATCH_S)
        return None


class _WentBackError(BartrackerError):
    """The sensor runs its old firmware again."""


def _refusal(connection: SensorConnection, problem: UpdateProblem) -> BartrackerError:
    words, remedy = _REFUSALS[problem]
    return BartrackerError(connection.sensor.words, words, remedy)


def _version(info: SensorInfo) -> str:
    return ".".join(map(str, info.firmware))
