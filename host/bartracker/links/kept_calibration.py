"""The calibration kept in a sensor, as bytes: read at the connection, written part by part, removed. What the bytes say
is calibration/sensor_block.py's.
"""

from typing import Final

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.wire import SensorInfo, WireError
from bartracker.wire.commands import ControlCommand
from bartracker.wire.kept import (
    KEPT_SINCE_MINOR,
    KEPT_WRITE_OVERHEAD,
    MOST_PART_BYTES,
    KeptProblem,
    KeptRead,
    KeptSet,
    KeptWrite,
    decode_kept_part,
)
from bartracker.wire.replies import ControlReply, ControlResult

_LONGEST_BYTES: Final = 8192
_SMALLEST_MTU: Final = 23
_UPDATE: Final = "put the newest firmware on it: bartracker flash"
_AGAIN: Final = "try again"


def keeps_calibration(info: SensorInfo) -> bool:
    """Whether the sensor's firmware can keep one."""
    return info.protocol_minor >= KEPT_SINCE_MINOR


async def read_kept(connection: SensorConnection, info: SensorInfo) -> bytes | None:
    """The block that a sensor keeps; None if it keeps none or cannot. Raises `connection_errors()`, BartrackerError."""
    if not keeps_calibration(info):
        return None
    block = b""
    while True:
        reply = await connection.ask(KeptRead(len(block)))
        if reply.result is not ControlResult.DONE:
            raise _refused(connection, reply)
        try:
            part = decode_kept_part(reply.rest)
        except WireError as error:
            raise BartrackerError(connection.sensor.words, error.problem, error.remedy) from error
        block += part.data
        if not part.length:
            return None
        if len(block) >= part.length:
            return block
        if not part.data or part.length > _LONGEST_BYTES:
            raise BartrackerError(connection.sensor.words, "it sent no end of its calibration", _AGAIN)


async def write_kept(connection: SensorConnection, info: SensorInfo, block: bytes) -> None:
    """Have the sensor keep this block instead of what it kept; it was read back. Raises as `read_kept`."""
    _check_firmware(connection, info)
    step = min(MOST_PART_BYTES, max(1, (info.att_mtu or _SMALLEST_MTU) - KEPT_WRITE_OVERHEAD))
    for at in range(0, len(block), step):
        await _done(connection, KeptWrite(at, block[at : at + step]))
    await _done(connection, KeptSet(1))
    if await read_kept(connection, info) != block:
        raise BartrackerError(connection.sensor.words, "it keeps another calibration than it was sent", _AGAIN)


async def forget_kept(connection: SensorConnection, info: SensorInfo) -> None:
    """Have the sensor keep none. Raises as `read_kept`."""
    _check_firmware(connection, info)
    await _done(connection, KeptSet(0))


def _check_firmware(connection: SensorConnection, info: SensorInfo) -> None:
    if not keeps_calibration(info):
        raise BartrackerError(connection.sensor.words, "its firmware keeps no calibration", _UPDATE)


async def _done(connection: SensorConnection, command: ControlCommand) -> None:
    reply = await connection.ask(command)
    if reply.result is not ControlResult.DONE:
        raise _refused(connection, reply)


def _refused(connection: SensorConnection, reply: ControlReply) -> BartrackerError:
    words = reply.result.words
    if reply.result is ControlResult.REFUSED and reply.detail in KeptProblem:
        words = KeptProblem(reply.detail).words
    if reply.result is ControlResult.NO_ROOM:
        words = "its flash takes nothing more"
    return BartrackerError(connection.sensor.words, f"the calibration is not kept in the sensor: {words}", _AGAIN)


class KeepingWork:
    """What is done with the sensor's calibration when its stream has ended (`WorkableLink.before_end`). `block`: to be
    kept, b"" to keep none, None to leave it as it is. Set in any thread before the link is told to finish.
    """

    def __init__(self) -> None:
        self.block: bytes | None = None
        self.done = False
        self._failure: BartrackerError | None = None

    async def __call__(self, connection: SensorConnection) -> None:
        """In the link's loop."""
        if self.block is None:
            return
        try:
            info = await connection.read_info()
            if self.block:
                await write_kept(connection, info, self.block)
            else:
                await forget_kept(connection, info)
            self.done = True
        except BartrackerError as error:
            self._failure = error
        except connection_errors() as error:
            self._failure = bluetooth_problem(connection.sensor.words, error)

    def check(self, given: str) -> None:
        """Raises BartrackerError if it was not done: `given` names the sensor."""
        if self._failure is not None:
            raise self._failure
        if not self.done:
            raise BartrackerError(
                given, "the connection ended before the sensor could keep it", "come closer, try again"
            )
