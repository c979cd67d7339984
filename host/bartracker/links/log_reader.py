"""Reading the recordings in a sensor's flash over a connection that is there: the list, and blocks put together out of
their parts, asked for again until they are whole. Nothing is stored or erased here.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection
from bartracker.wire import WireError
from bartracker.wire.commands import LogEntry, LogRead
from bartracker.wire.log import LOG_BLOCK, LogListing, LogPart, decode_log_listing, decode_log_part
from bartracker.wire.replies import ControlResult


@dataclass(frozen=True, slots=True)
class LogReaderSettings:
    """How blocks are asked for.

    Attributes:
        blocks: asked for at once (1-64): a lost part costs one more question, not the whole of it.
        quiet_s: when no part has come for so long, the missing ones are asked for again, s (0.3-3).
        most_tries: a connection over which so many questions in a row bring nothing new is given up (3-20).
    """

    blocks: int = 16
    quiet_s: float = 0.6
    most_tries: int = 6


class LogReader:
    """One sensor's log; `on_part` is to get the notifications of each connection's log characteristic."""

    def __init__(self, settings: LogReaderSettings | None = None) -> None:
        self._settings = settings or LogReaderSettings()
        self._parts: dict[int, _Assembly] = {}
        self._new_parts = 0
        self._arrived = asyncio.Event()

    def on_part(self, raw: bytes) -> None:
        """A notification."""
        try:
            part = decode_log_part(raw)
        except WireError:
            return
        if part.sequence in self._parts:
            self._new_parts += self._parts[part.sequence].add(part)
            self._arrived.set()

    async def listings(self, connection: SensorConnection) -> list[LogListing]:
        """All closed recordings, oldest first. Raises BartrackerError."""
        listings: list[LogListing] = []
        while True:
            reply = await connection.ask(LogEntry(len(listings)))
            if reply.result is ControlResult.NOT_SUPPORTED:
                raise BartrackerError(
                    connection.sensor.words,
                    "it has no memory for recordings",
                    "flash it once with bartracker flash --micropython IMAGE --with-log (firmware/README.md)",
                )
            if reply.result is not ControlResult.DONE:
                raise BartrackerError(connection.sensor.words, reply.result.words, "try again")
            listing = decode_log_listing(reply.rest)
            if not listing.session:
                return listings
            listings.append(listing)

    async def fetch(
        self, connection: SensorConnection, sequences: Sequence[int], take: Callable[[bytes, int], bool]
    ) -> None:
        """Have these blocks sent until each has been taken; `take(raw, sequence)` says whether it was intact. Those
        that the sensor does not hold are left out. Raises BartrackerError, and what a lost connection raises.
        """
        due: list[int] = list(sequences)
        fruitless = 0
        while due:
            first = due[0]
            count = next((n for n, each in enumerate(due) if each != first + n), len(due))
            asked = range(first, first + min(count, self._settings.blocks))
            # Parts that came before a hole are kept: the next time only the missing ones matter.
            self._parts = {each: self._parts.get(each) or _Assembly() for each in asked}
            reply = await connection.ask(LogRead(first, len(asked)))
            if reply.result is ControlResult.OUT_OF_RANGE:
                del due[0]  # erased before, or lost with the power
                continue
            if reply.result is not ControlResult.DONE:
                raise BartrackerError(connection.sensor.words, reply.result.words, "end what it does, then try again")
            before = self._new_parts
            taken = await self._gather(connection, take)
            due = [each for each in due if each not in taken]
            fruitless = 0 if self._new_parts > before else fruitless + 1
            if fruitless >= self._settings.most_tries:
                raise BartrackerError(
                    connection.sensor.words, "it does not send what it has recorded", "bring it nearer and try again"
                )

    async def _gather(self, connection: SensorConnection, take: Callable[[bytes, int], bool]) -> set[int]:
        """Until all that was asked for has come, or nothing does any more; which blocks were taken."""
        taken: set[int] = set()
        lost = asyncio.create_task(connection.lost.wait())
        try:
            while self._parts:
                self._arrived.clear()
                arrived = asyncio.create_task(self._arrived.wait())
                await asyncio.wait([arrived, lost], timeout=self._settings.quiet_s, return_when=asyncio.FIRST_COMPLETED)
                arrived.cancel()
                if lost.done():
                    raise ConnectionResetError("the connection was lost")
                if not self._arrived.is_set():
                    break
                for sequence in [each for each, parts in self._parts.items() if parts.whole]:
                    if take(bytes(self._parts.pop(sequence).data), sequence):
                        taken.add(sequence)
        finally:
            lost.cancel()
        return taken


class _Assembly:
    """A block out of its parts."""

    def __init__(self) -> None:
        self.data = bytearray(LOG_BLOCK)
        self._have = bytearray(LOG_BLOCK)

    def add(self, part: LogPart) -> bool:
        """Whether there was anything new in it."""
        end = part.offset + len(part.data)
        new = 0 in self._have[part.offset : end]
        self.data[part.offset : end] = part.data
        self._have[part.offset : end] = b"\1" * len(part.data)
        return new

    @property
    def whole(self) -> bool:
        return 0 not in self._have
