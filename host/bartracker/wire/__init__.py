"""Packets to arrays and back: the only place that knows the bytes of the sensor's protocol (docs/protocol.md). No
files, no radio.
"""

from bartracker.wire.data import (
    SAMPLES_AT_MTU_247,
    DataPacket,
    PacketFlags,
    clip_flags,
    decode_data_packet,
    encode_data_packet,
)
from bartracker.wire.errors import WireError
from bartracker.wire.info import CHIPS, SensorInfo, decode_info, encode_info
from bartracker.wire.repair import RepairedStream, RepairSettings
from bartracker.wire.stream import PacketStream, StreamSettings, StreamStatistics

__all__ = [
    "CHIPS",
    "SAMPLES_AT_MTU_247",
    "DataPacket",
    "PacketFlags",
    "PacketStream",
    "RepairSettings",
    "RepairedStream",
    "SensorInfo",
    "StreamSettings",
    "StreamStatistics",
    "WireError",
    "clip_flags",
    "decode_data_packet",
    "decode_info",
    "encode_data_packet",
    "encode_info",
]
