"""Replies to commands, protocol v1. Decoders raise WireError, and nothing else, for bytes they do not know."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bartracker.wire.errors import WireError
from bartracker.wire.packing import member, pack, unpack

_REPLY: Final = struct.Struct("<BBBB")
_END: Final = struct.Struct("<I")
_REPLY_BIT: Final = 0x80


class ControlResult(IntEnum):
    """Result code of a control reply."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    OUT_OF_RANGE = 3
    NOT_NOW = 4
    NOT_SUPPORTED = 5
    IMU_FAULT = 6
    NO_ROOM = 7
    REFUSED = 8
    """Since 1.2; the detail says why."""

    @property
    def words(self) -> str:
        """The result in words, for a person."""
        return _RESULT_WORDS[self]


_RESULT_WORDS: Final = {
    ControlResult.DONE: "done",
    ControlResult.UNKNOWN_COMMAND: "the sensor's firmware does not know this command",
    ControlResult.WRONG_LENGTH: "the command had a wrong length",
    ControlResult.OUT_OF_RANGE: "the value is outside what the sensor accepts",
    ControlResult.NOT_NOW: "not possible while the sensor is streaming or busy",
    ControlResult.NOT_SUPPORTED: "the sensor's chip or board cannot do this",
    ControlResult.IMU_FAULT: "the motion chip does not answer",
    ControlResult.NO_ROOM: "its memory for recordings is full",
    ControlResult.REFUSED: "the sensor refuses it",
}


@dataclass(frozen=True, slots=True)
class ControlReply:
    """Indication after a command; `opcode` and `reference` say which one it answers, `detail` and `rest` what
    the command's own words say (0 and nothing before 1.1).
    """

    opcode: int
    reference: int
    result: ControlResult
    detail: int = 0
    rest: bytes = b""


def stream_end(reply: ControlReply) -> int | None:
    """From the reply to `Stop`: the index, u32, after the stream's last sample. None from a sensor before 1.2."""
    if len(reply.rest) < _END.size:
        return None
    return int(_END.unpack_from(reply.rest)[0])


def encode_control_reply(reply: ControlReply) -> bytes:
    """4 bytes, opcode with its highest bit set, reference, result, detail; and the rest."""
    return pack(_REPLY, reply.opcode | _REPLY_BIT, reply.reference, reply.result, reply.detail) + reply.rest


def decode_control_reply(raw: bytes) -> ControlReply:
    """Read an indication."""
    opcode, reference, result, detail = unpack(_REPLY, raw, "control reply")
    if not opcode & _REPLY_BIT:
        raise WireError("type", "control reply", f"opcode {opcode} is no reply")
    return ControlReply(
        opcode & ~_REPLY_BIT, reference, member(ControlResult, result, "control reply"), detail, raw[_REPLY.size :]
    )
