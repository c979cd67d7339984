"""Data packets, protocol v1: a header of 14 bytes and raw counts. Only bytes and integers here; `stream` makes samples
of them.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR, SensorInfo

CountArray: TypeAlias = NDArray[np.int16]

DATA_TYPE: Final = PROTOCOL_MAJOR << 4 | 1
HEADER: Final = struct.Struct("<BBHIIBB")
BYTES_PER_SAMPLE: Final = 12
SAMPLES_AT_MTU_247: Final = (247 - 3 - HEADER.size) // BYTES_PER_SAMPLE
LARGEST_PACKET: Final = 512
ENCODING_RAW: Final = 0

_EPOCH_SHIFT: Final = 6
_FLAG_MASK: Final = 0x1F
_COUNT_TYPE: Final = np.dtype("<i2")
_GIVEN: Final = "data packet"


class PacketFlags(IntFlag):
    """Remarks of the sensor on one packet. Bit 5 is reserved, bits 6 and 7 are the epoch."""

    NONE = 0
    FIFO_OVERFLOW = 1
    """The chip's FIFO ran over before the first sample."""
    GAP = 2
    """Samples before the first one never existed or were thrown away on the device; the index has moved on by their
    number.
    """
    ACC_CLIPPED = 4
    """A sample of this packet stood at the accelerometer's end stop."""
    GYR_CLIPPED = 8
    """A sample of this packet stood at the gyroscope's end stop."""
    BACKLOG = 16
    """Held back in the device's ring, or sent again."""


@dataclass(frozen=True, slots=True, eq=False)
class DataPacket:
    """One data packet. Its time is that of its FIRST sample.

    `counter` u16, `first_index` u32 and `device_time_us` u32 wrap; `epoch` 0..3 changes when index and clock start
    anew; `counts` (N, 6) int16: accelerometer x y z, gyroscope x y z on the chip's axes.
    """

    counter: int
    first_index: int
    device_time_us: int
    counts: CountArray
    flags: PacketFlags = PacketFlags.NONE
    epoch: int = 0


def encode_data_packet(packet: DataPacket) -> bytes:
    """Bytes of a packet; counter, index, time and epoch are taken modulo their width. Raises WireError for a wrong
    shape or size.
    """
    counts = packet.counts
    if counts.ndim != 2 or counts.shape[1] != 6 or counts.dtype != np.int16:
        raise WireError("length", _GIVEN, f"counts of shape {counts.shape}, {counts.dtype}", "give (N, 6) int16")
    if not 1 <= len(counts) <= (LARGEST_PACKET - HEADER.size) // BYTES_PER_SAMPLE:
        raise WireError("count", _GIVEN, f"{len(counts)} samples", "give at least 1, and what the MTU can carry")
    return (
        HEADER.pack(
            DATA_TYPE,
            int(packet.flags) & _FLAG_MASK | (packet.epoch & 3) << _EPOCH_SHIFT,
            packet.counter & 0xFFFF,
            packet.first_index & 0xFFFFFFFF,
            packet.device_time_us & 0xFFFFFFFF,
            len(counts),
            ENCODING_RAW,
        )
        + counts.astype(_COUNT_TYPE, copy=False).tobytes()
    )


def decode_data_packet(raw: bytes | memoryview) -> DataPacket:
    """Read one packet. Raises WireError (and nothing else) for bytes that are not exactly one data packet of this
    version.
    """
    if len(raw) < HEADER.size:
        raise WireError("length", _GIVEN, f"{len(raw)} bytes are less than a header")
    kind, flags, counter, first_index, device_time_us, count, encoding = HEADER.unpack_from(raw)
    if kind != DATA_TYPE:
        if kind >> 4 != PROTOCOL_MAJOR:
            raise WireError(
                "version", _GIVEN, f"protocol version {kind >> 4}, not {PROTOCOL_MAJOR}", "update the program"
            )
        raise WireError("type", _GIVEN, f"message type {kind & 15} where data was due")
    if encoding != ENCODING_RAW:
        raise WireError("encoding", _GIVEN, f"data encoding {encoding} is unknown", "update the program")
    if count == 0:
        raise WireError("count", _GIVEN, "it holds no sample")
    if len(raw) != HEADER.size + count * BYTES_PER_SAMPLE or len(raw) > LARGEST_PACKET:
        raise WireError("length", _GIVEN, f"{len(raw)} bytes do not fit {count} samples")
    counts = np.frombuffer(raw, _COUNT_TYPE, count * 6, HEADER.size).reshape(count, 6)
    if not _COUNT_TYPE.isnative:
        counts = counts.astype(np.int16)
    return DataPacket(
        counter, first_index, device_time_us, counts, PacketFlags(flags & _FLAG_MASK), flags >> _EPOCH_SHIFT
    )


def clip_flags(counts: CountArray, info: SensorInfo) -> PacketFlags:
    """The clipping flags a sensor sets for (N, 6) counts."""
    size = np.abs(counts.astype(np.int32))
    flags = PacketFlags.NONE
    if bool((size[:, :3] >= info.acc_clip_count).any()):
        flags |= PacketFlags.ACC_CLIPPED
    if bool((size[:, 3:] >= info.gyr_clip_count).any()):
        flags |= PacketFlags.GYR_CLIPPED
    return flags
