"""The log in the sensor's flash, tried out: a short recording is written there, read back, checked and erased. What
others have recorded is left alone.
"""

import asyncio

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.log_reader import LogReader
from bartracker.self_test.findings import Finding, Verdict
from bartracker.self_test.settings import SelfTestSettings
from bartracker.wire import SensorInfo, WireError, decode_data_packet
from bartracker.wire.commands import LogErase, SetMode
from bartracker.wire.log import LogBlock, LogListing, decode_log_block
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import SensorMode, Status

_NAME = "flash log"
_LACKING = "the board's flash has no place for recordings: bartracker flash --micropython IMAGE --with-log"


class FlashLogTrial:
    """`run` is a link's last work; then `finding`, and `status` as it was when streaming had ended (None: unknown)."""

    def __init__(self, settings: SelfTestSettings) -> None:
        self.info: SensorInfo | None = None
        self.status: Status | None = None
        self.finding = Finding(_NAME, "not available", "the connection ended before it could be tried")
        self._settings = settings
        self._reader = LogReader()

    async def run(self, connection: SensorConnection) -> None:
        """Try it; whatever goes wrong is in `finding`."""
        try:
            self.status = await connection.read_status()
            self.finding = await self._tried(connection, self.status)
        except (BartrackerError, TimeoutError, *connection_errors()) as error:
            words = error.problem if isinstance(error, BartrackerError) else str(error) or "no answer"
            self.finding = Finding(_NAME, "fail", f"the trial broke off: {words}", "write, read, erase")

    async def _tried(self, connection: SensorConnection, status: Status) -> Finding:
        info = self.info
        if info is None or not info.repairs or not await connection.subscribe_log(self._reader.on_part):
            return _unavailable("its firmware keeps no recordings: bartracker flash")
        if not status.log_blocks:
            return _unavailable(_LACKING)
        if status.mode in (SensorMode.RECORDING, SensorMode.SYNCING):
            return _unavailable("the sensor is recording by itself")
        before = {each.session for each in await self._reader.listings(connection)}
        begun = (await connection.ask(SetMode(SensorMode.RECORDING))).result
        if begun is ControlResult.NO_ROOM:
            return _unavailable("it is full of recordings: bartracker sync, then test again")
        if begun is not ControlResult.DONE:
            return Finding(_NAME, "fail", f"it does not record: {begun.words}", "write, read, erase")
        await asyncio.sleep(self._settings.record_s)
        await connection.command(SetMode(SensorMode.IDLE))
        new = [each for each in await self._reader.listings(connection) if each.session not in before]
        finding = await self._read_and_erased(connection, info, new)
        if status.mode is SensorMode.ARMED:
            await connection.command(SetMode(SensorMode.ARMED))
        return finding

    async def _read_and_erased(self, connection: SensorConnection, info: SensorInfo, new: list[LogListing]) -> Finding:
        limit = f"{self._settings.record_s:g} s written, read back whole, erased"
        if len(new) != 1:
            return Finding(_NAME, "fail", f"{len(new)} recordings are there where one was made", limit)
        (made,) = new
        blocks: dict[int, LogBlock] = {}

        def take(raw: bytes, sequence: int) -> bool:
            try:
                block = decode_log_block(raw)
            except WireError:
                return False
            blocks[sequence] = block
            return block.sequence == sequence

        await self._reader.fetch(connection, range(made.session, made.last_sequence + 1), take)
        samples, problem = _samples_in([blocks[each] for each in sorted(blocks)])
        await connection.command(LogErase(made.session, made.last_sequence))
        left = any(each.session == made.session for each in await self._reader.listings(connection))
        expected = self._settings.record_s * info.nominal_rate_hz
        if not problem and len(blocks) != made.blocks:
            problem = f"{len(blocks)} of {made.blocks} blocks could be read"
        if not problem and samples < (1 - self._settings.recorded_share) * expected:
            problem = f"{samples} samples where {expected:.0f} were due"
        if not problem and left:
            problem = "the recording is still there after it was erased"
        verdict: Verdict = "fail" if problem else "pass"
        text = problem or f"{samples} samples in {made.blocks} blocks of 4 KB"
        return Finding(_NAME, verdict, text, limit)


def _unavailable(why: str) -> Finding:
    return Finding(_NAME, "not available", why)


def _samples_in(blocks: list[LogBlock]) -> tuple[int, str]:
    """How many samples, and what is wrong with them ('': nothing)."""
    samples = 0
    following: int | None = None
    for block in blocks:
        for raw in block.packets:
            try:
                packet = decode_data_packet(raw)
            except WireError as error:
                return samples, f"a packet in it is damaged: {error.problem}"
            if following is not None and packet.first_index != following:
                return samples, "samples are missing in it"
            following = packet.first_index + len(packet.counts) & 0xFFFFFFFF
            samples += len(packet.counts)
    return samples, ""
