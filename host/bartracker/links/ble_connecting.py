"""A sensor found and connected with, the first time and after a loss. Streaming is ble_streaming.py's."""

import asyncio
from collections.abc import Callable

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem, not_paired
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.ble_scan import BleBackend, FoundSensor, find
from bartracker.links.fault_words import restart_words
from bartracker.links.kept_calibration import read_kept
from bartracker.links.sensor_link import LinkState, SensorLinkSettings, SensorWishes
from bartracker.wire import SensorInfo, WireError


class SensorConnecting:
    """One sensor's connections, one after another; what is to be said goes to the inbox. In the link's loop.

    `sensor`: as it was first heard; `info`: what it last said of itself; `kept`: the calibration that it keeps, as a
    block; `reconnects`: how often it was lost and found again.
    """

    def __init__(
        self,
        wanted: str | None,
        wishes: SensorWishes,
        inbox: SensorInbox,
        settings: SensorLinkSettings,
        backend: BleBackend,
        now_s: Callable[[], float],
    ) -> None:
        self._wanted = wanted
        self._given = inbox.label
        self._wishes = wishes
        self._inbox = inbox
        self._settings = settings
        self._backend = backend
        self._now_s = now_s
        self._fruitless = 0
        self.sensor: FoundSensor | None = None
        self.info: SensorInfo | None = None
        self.kept: bytes | None = None
        self.reconnects = 0

    async def first(self) -> SensorConnection:
        """Search for the sensor, connect, read what it is and keeps. Raises BartrackerError."""
        settings, inbox = self._settings, self._inbox
        sensor = self.sensor = await find(
            self._wanted, self._given, find_s=settings.find_s, settle_s=settings.settle_s, backend=self._backend
        )
        inbox.label = sensor.name
        inbox.state, inbox.words = LinkState.CONNECTING, f"connecting to {inbox.label}"
        for attempt in range(1, settings.connect_attempts + 1):
            try:
                info, connection = await self._connected(sensor)
                self.kept = await self._read_kept(connection, info)
            except connection_errors() as error:
                if attempt == settings.connect_attempts or not_paired(error):
                    raise bluetooth_problem(sensor.words, error) from error
            else:
                self.info = info
                # The same rate and ranges after a reconnection, whatever the sensor wakes up with.
                self._wishes = SensorWishes(info.nominal_rate_hz, info.acc_range_g, info.gyr_range_dps)
                return connection
        raise BartrackerError(self._given, "no attempt to connect is allowed", "allow one in the settings")

    async def again(self, lost: SensorConnection) -> SensorConnection:
        """Search for it after this connection was lost, and go on as before. Raises BartrackerError."""
        self._count_fruitless(lost)
        settings, sensor = self._settings, lost.sensor
        self._inbox.say(LinkState.RECONNECTING, f"searching for {self._inbox.label} again", "warning")
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
                    info, connection = await self._connected(found)
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
        old = self.info
        assert old is not None
        if info.nominal_rate_hz != old.nominal_rate_hz:
            await connection.close()
            raise BartrackerError(
                connection.sensor.words,
                f"it came back sampling at {info.nominal_rate_hz:g} Hz instead of {old.nominal_rate_hz:g} Hz",
                "start again; what was recorded is whole",
            )
        if info.boot_count != old.boot_count:
            await self._say_restart(connection)
            # Its samples count from 0 again: what is still in its memory cannot be asked for by the old number.
            self._inbox.repairs.restart()
            self._inbox.clock.restart()
        self.reconnects += 1
        self.info = info
        self._inbox.take_info(info, connection.info_raw)
        return connection

    async def _say_restart(self, connection: SensorConnection) -> None:
        """Why it began anew in the set, as far as it knows."""
        before = self._inbox.status
        try:
            cause = (await connection.read_status()).reset_cause
        except (WireError, *connection_errors()):
            cause = None
        words = restart_words(cause, None if before is None else before.battery_mv)
        self._inbox.say(None, f"{self._inbox.label} restarted in the set{words}", "error", "restarted")

    def _count_fruitless(self, connection: SensorConnection) -> None:
        self._fruitless = 0 if self._inbox.fruitful else self._fruitless + 1
        self._inbox.fruitful = False
        if self._fruitless >= self._settings.fruitless:
            raise BartrackerError(
                connection.sensor.words,
                f"it was connected {self._fruitless} times and sent nothing",
                "switch it off and on and start again; what was recorded is whole",
            )

    async def _read_kept(self, connection: SensorConnection, info: SensorInfo) -> bytes | None:
        try:
            return await read_kept(connection, info)
        except BartrackerError as error:
            text = f"the calibration that {self._inbox.label} keeps cannot be read: {error.problem}"
            self._inbox.say(None, text, "warning", "calibration")
            return None
        except BaseException:
            await connection.close()
            raise

    async def _connected(self, sensor: FoundSensor) -> tuple[SensorInfo, SensorConnection]:
        connection = SensorConnection(sensor, self._inbox, self._settings, self._backend, self._now_s)
        try:
            return await connection.open(self._wishes), connection
        except BaseException:
            await connection.close()
            raise
