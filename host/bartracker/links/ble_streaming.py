"""Streaming over one connection: started, kept alive, its losses fetched again, brought to an orderly end. Connections
are found and made elsewhere.
"""

import asyncio
from collections.abc import Callable

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.racing import first_of
from bartracker.links.sensor_link import LastWork, LinkState, SensorLinkSettings
from bartracker.wire import SensorInfo
from bartracker.wire.commands import LIVE, Heartbeat, Start, Stop
from bartracker.wire.replies import ControlReply, ControlResult, stream_end


class SensorStreaming:
    """One connection's streaming; what comes goes to the inbox. In the link's loop."""

    def __init__(
        self,
        connection: SensorConnection,
        info: SensorInfo,
        inbox: SensorInbox,
        settings: SensorLinkSettings,
        now_s: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._info = info
        self._inbox = inbox
        self._settings = settings
        self._now_s = now_s

    async def run(self, *, again: bool) -> None:
        """Start, then keep alive. Ends by itself only if the sensor falls silent for long, or by an exception."""
        await self._connection.subscribe()
        await self._connection.command(Heartbeat(self._settings.heartbeat_timeout_s))
        index = self._inbox.repairs.resume_index
        await self._connection.command(Start(LIVE if index is None else index))
        self._inbox.last_data_s = self._now_s()
        if again:
            self._inbox.say(LinkState.STREAMING, f"{self._inbox.label} is connected again", "warning")
        else:
            self._inbox.say(LinkState.STREAMING, f"{self._inbox.label} is connected", "info")
        await first_of(self._beat(), self._sync(), self._watch(), self._repair())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_s)
            await self._connection.command(Heartbeat(self._settings.heartbeat_timeout_s))

    async def _sync(self) -> None:
        asked = 0
        while True:
            asked += 1
            await self._connection.ask_time(asked)
            first = asked < self._settings.first_syncs
            await asyncio.sleep(self._settings.first_sync_s if first else self._settings.sync_s)

    async def _repair(self) -> None:
        while True:
            await self._ask_again()
            await asyncio.sleep(self._settings.repair_s)

    async def _ask_again(self) -> None:
        """Ask for what is missing, as far as it is due."""
        repairs = self._inbox.repairs
        if not self._info.repairs:
            return
        while (fetch := repairs.ask(self._now_s())) is not None:
            reply = await self._connection.ask(fetch)
            repairs.settle(fetch, reply.detail if reply.result is ControlResult.DONE else 0)

    async def _watch(self) -> None:
        """Returns when no data have come for long."""
        settings = self._settings
        # At a low rate a packet takes its time to fill.
        silence_s = max(settings.silence_s, 2 * 20 / self._info.nominal_rate_hz)
        while (silent_s := self._now_s() - self._inbox.last_data_s) < max(settings.stall_s, silence_s):
            if silent_s > silence_s and self._inbox.state is LinkState.STREAMING:
                self._inbox.say(
                    LinkState.LOST, f"nothing has come from {self._inbox.label} for {silent_s:.1f} s", "warning"
                )
            await asyncio.sleep(silence_s / 5)

    async def end(self, last_work: "LastWork | None") -> None:
        """Stop, wait for what is still on its way, do the last work, and disconnect."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.end_s / 2):
                self._note_end(await self._connection.ask(Stop()))
                ends_s = self._now_s() + settings.longest_drain_s
                while self._now_s() < ends_s and (
                    self._missing or self._now_s() < self._inbox.last_data_s + settings.drain_s
                ):
                    await self._ask_again()
                    await asyncio.sleep(settings.drain_s / 4)
            if last_work is not None:
                async with asyncio.timeout(settings.last_work_s):
                    await last_work(self._connection)
        except (BartrackerError, *connection_errors()):
            pass  # it stops by itself when no heartbeat comes
        finally:
            self._say_missing()
            await self._connection.close()

    def _note_end(self, reply: ControlReply) -> None:
        end_index = stream_end(reply)
        if end_index is not None and self._info.repairs:
            self._inbox.repairs.note_end(end_index, self._info.nominal_rate_hz)

    def _say_missing(self) -> None:
        """What the sensor took and could not be fetched: not in silence."""
        repairs, status = self._inbox.repairs, self._inbox.status
        missing = repairs.missing_samples + repairs.given_up_samples
        if missing:
            text = f"{missing} samples of {self._inbox.label} could not be fetched"
            if status is not None and status.log_used:
                text += "; it may have recorded them itself: bartracker sync --into, with this recording"
            self._inbox.say(None, text, "warning", "missing")

    @property
    def _missing(self) -> bool:
        return self._info.repairs and self._inbox.repairs.open
