"""Exchanges of time stamps, protocol v1. Decoders raise WireError, and nothing else, for bytes they do not know."""

import struct
from dataclasses import dataclass
from typing import Final

from bartracker.wire.info import PROTOCOL_MAJOR
from bartracker.wire.packing import check_type, pack, unpack

TIME_SYNC_REQUEST_TYPE: Final = PROTOCOL_MAJOR << 4 | 3
TIME_SYNC_REPLY_TYPE: Final = PROTOCOL_MAJOR << 4 | 4
_SYNC_REQUEST: Final = struct.Struct("<BBHQ")
_SYNC_REPLY: Final = struct.Struct("<BBHQII")


@dataclass(frozen=True, slots=True)
class TimeSyncRequest:
    """`host_us`: t1, host clock when sent, microseconds (u64)."""

    reference: int
    host_us: int


@dataclass(frozen=True, slots=True)
class TimeSyncReply:
    """Echo of t1, and the device's clock at receipt (t2) and at sending (t3), u32 microseconds; the host notes t4 at
    arrival.
    """

    reference: int
    host_us: int
    received_us: int
    sent_us: int


def encode_time_sync_request(request: TimeSyncRequest) -> bytes:
    """12 bytes."""
    return pack(_SYNC_REQUEST, TIME_SYNC_REQUEST_TYPE, request.reference, 0, request.host_us)


def decode_time_sync_request(raw: bytes) -> TimeSyncRequest:
    """Read what the host wrote."""
    kind, reference, _, host_us = unpack(_SYNC_REQUEST, raw, "time sync request")
    check_type(kind, TIME_SYNC_REQUEST_TYPE, "time sync request")
    return TimeSyncRequest(reference, host_us)


def encode_time_sync_reply(reply: TimeSyncReply) -> bytes:
    """20 bytes."""
    return pack(
        _SYNC_REPLY,
        TIME_SYNC_REPLY_TYPE,
        reply.reference,
        0,
        reply.host_us,
        reply.received_us & 0xFFFFFFFF,
        reply.sent_us & 0xFFFFFFFF,
    )


def decode_time_sync_reply(raw: bytes) -> TimeSyncReply:
    """Read what the device notified."""
    kind, reference, _, host_us, received_us, sent_us = unpack(_SYNC_REPLY, raw, "time sync reply")
    check_type(kind, TIME_SYNC_REPLY_TYPE, "time sync reply")
    return TimeSyncReply(reference, host_us, received_us, sent_us)
