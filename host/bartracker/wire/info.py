"""The info characteristic: what a sensor says about itself, and the version check. Its bytes are laid out in
docs/protocol.md.
"""

import binascii
import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.wire.errors import WireError

PROTOCOL_MAJOR: Final = 1
PROTOCOL_MINOR: Final = 2
REPAIRS_SINCE_MINOR: Final = 1
INFO_MAGIC: Final = b"BTRK"
INFO_LENGTH: Final = 52
CHIPS: Final = {
    1: "LSM6DSO/DSOX",
    2: "LSM6DS3TR-C",
    3: "BMI270",
    4: "ICM-42688-P",
    5: "QMI8658",
    6: "MPU6886",
    7: "MPU6050",
}

_PREFIX: Final = struct.Struct("<4sBBH")
_BODY: Final = struct.Struct("<BBHHHHHfff3bBBBH8sH")
_CRC: Final = struct.Struct("<H")
# A chip's counts reach somewhat past its nominal range (LSM6DSO: 2293 of 2000 deg/s), never twice as far.
_RANGE_FACTOR: Final = 2.0
_LARGEST_RATE_HZ: Final = 10_000.0
_GIVEN: Final = "sensor info"
_REFLASH: Final = "flash the sensor with a firmware of this version"


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """What turns counts into SI units, and who the sensor is.

    Attributes:
        chip_id: key of `CHIPS`; an unknown number is kept, `chip` then says "chip <n>".
        acc_range_g, gyr_range_dps: nominal full-scale ranges, g and deg/s.
        acc_mps2_per_count, gyr_radps_per_count: scales (float32 on the wire), m/s^2 and rad/s.
        acc_clip_count, gyr_clip_count: a count whose magnitude reaches this stood at the end stop.
        nominal_rate_hz: sampling rate the chip is set to, Hz; the true one is up to some per cent off.
        axis_map: for each axis of the clip frame the chip axis it is made of, +-1 x, +-2 y, +-3 z; a rotation.
        firmware: version of the firmware (major, minor, patch).
        boot_count: how often the device has started, modulo 2^16; its two lowest bits are each packet's epoch.
        device_id: unique id, 8 bytes (shorter ones padded with zeros at the end).
        att_mtu: MTU as the device sees it, bytes; 0 while nobody is connected.
        ring_packets: packets the device holds back while nobody listens.
        encodings: bit n set: data encoding n may be sent.
        protocol_minor: minor version that the device speaks; 0 is what every device can do.
    """

    chip_id: int
    acc_range_g: int
    gyr_range_dps: int
    acc_mps2_per_count: float
    gyr_radps_per_count: float
    nominal_rate_hz: float
    acc_clip_count: int = 32767
    gyr_clip_count: int = 32767
    axis_map: tuple[int, int, int] = (1, 2, 3)
    firmware: tuple[int, int, int] = (0, 0, 0)
    boot_count: int = 0
    device_id: bytes = bytes(8)
    att_mtu: int = 247
    ring_packets: int = 0
    encodings: int = 1
    protocol_minor: int = 0

    def __post_init__(self) -> None:
        # The wire carries float32: the same info must give the same samples before and after a recording.
        for name in ("acc_mps2_per_count", "gyr_radps_per_count", "nominal_rate_hz"):
            object.__setattr__(self, name, _float32(getattr(self, name)))

    @property
    def chip(self) -> str:
        """Name of the chip in words."""
        return CHIPS.get(self.chip_id, f"chip {self.chip_id}")

    @property
    def repairs(self) -> bool:
        """Whether the device sends lost packets again when it is asked to."""
        return self.protocol_minor >= REPAIRS_SINCE_MINOR

    @property
    def axis_matrix(self) -> FloatArray:
        """(3, 3) rotation from the chip's axes to the clip frame."""
        matrix = np.zeros((3, 3))
        for row, axis in enumerate(self.axis_map):
            matrix[row, abs(axis) - 1] = math.copysign(1.0, axis)
        return matrix


def encode_info(info: SensorInfo) -> bytes:
    """Bytes of the info characteristic. Raises WireError for values that `decode_info` would refuse."""
    _check(info)
    try:
        body = _BODY.pack(
            info.chip_id,
            info.encodings,
            info.acc_range_g,
            info.gyr_range_dps,
            info.acc_clip_count,
            info.gyr_clip_count,
            info.att_mtu,
            info.acc_mps2_per_count,
            info.gyr_radps_per_count,
            info.nominal_rate_hz,
            *info.axis_map,
            *info.firmware,
            info.boot_count,
            info.device_id,
            info.ring_packets,
        )
    except (struct.error, OverflowError) as error:
        raise WireError("info", _GIVEN, f"a field does not fit its place ({error})", "see docs/protocol.md") from error
    head = _PREFIX.pack(INFO_MAGIC, PROTOCOL_MAJOR, info.protocol_minor, INFO_LENGTH) + body
    return head + _CRC.pack(binascii.crc_hqx(head, 0xFFFF))


def decode_info(raw: bytes) -> SensorInfo:
    """Read and check the info characteristic; bytes that a newer minor version added are ignored.

    Raises WireError: not a bartracker sensor, unknown major version, too short, wrong checksum, impossible values.
    """
    if raw[:4] != INFO_MAGIC:
        raise WireError("info", _GIVEN, "the device is not a bartracker sensor", "connect another one")
    if len(raw) < _PREFIX.size:
        raise WireError("info", _GIVEN, f"only {len(raw)} bytes came", "read it again")
    _, major, minor, length = _PREFIX.unpack_from(raw)
    if major != PROTOCOL_MAJOR:
        raise WireError(
            "version",
            _GIVEN,
            f"the sensor speaks protocol version {major}.{minor}, this program version {PROTOCOL_MAJOR}",
            "update the program" if major > PROTOCOL_MAJOR else _REFLASH,
        )
    if length < INFO_LENGTH or length > len(raw):
        raise WireError("info", _GIVEN, f"{len(raw)} bytes came, {max(length, INFO_LENGTH)} are due", "read it again")
    if _CRC.unpack_from(raw, length - _CRC.size)[0] != binascii.crc_hqx(raw[: length - _CRC.size], 0xFFFF):
        raise WireError("info", _GIVEN, "the checksum is wrong", "read it again")
    values = _BODY.unpack_from(raw, _PREFIX.size)
    chip_id, encodings, acc_range_g, gyr_range_dps, acc_clip, gyr_clip, att_mtu, acc_scale, gyr_scale, rate_hz = values[
        :10
    ]
    x, y, z, *firmware, boot_count, device_id, ring_packets = values[10:]
    info = SensorInfo(
        chip_id=chip_id,
        acc_range_g=acc_range_g,
        gyr_range_dps=gyr_range_dps,
        acc_mps2_per_count=acc_scale,
        gyr_radps_per_count=gyr_scale,
        nominal_rate_hz=rate_hz,
        acc_clip_count=acc_clip,
        gyr_clip_count=gyr_clip,
        axis_map=(x, y, z),
        firmware=(firmware[0], firmware[1], firmware[2]),
        boot_count=boot_count,
        device_id=device_id,
        att_mtu=att_mtu,
        ring_packets=ring_packets,
        encodings=encodings,
        protocol_minor=minor,
    )
    _check(info)
    return info


def _check(info: SensorInfo) -> None:
    def refuse(problem: str) -> WireError:
        return WireError("info", _GIVEN, problem, _REFLASH)

    for what, scale, limit, full_scale in (
        ("accelerometer", info.acc_mps2_per_count, info.acc_clip_count, info.acc_range_g * STANDARD_GRAVITY_MPS2),
        ("gyroscope", info.gyr_radps_per_count, info.gyr_clip_count, math.radians(info.gyr_range_dps)),
    ):
        if not (math.isfinite(scale) and scale > 0 and full_scale > 0 and 0 < limit <= 32768):
            raise refuse(f"the {what}'s scale {scale}, range or clipping limit {limit} is impossible")
        if not 1 / _RANGE_FACTOR <= scale * limit / full_scale <= _RANGE_FACTOR:
            raise refuse(f"the {what}'s scale {scale} does not fit its range {full_scale:.6g}")
    if not (math.isfinite(info.nominal_rate_hz) and 1 <= info.nominal_rate_hz <= _LARGEST_RATE_HZ):
        raise refuse(f"the sampling rate {info.nominal_rate_hz} Hz is impossible")
    if sorted(map(abs, info.axis_map)) != [1, 2, 3] or np.linalg.det(info.axis_matrix) < 0:
        raise refuse(f"the axis map {info.axis_map} is not a rotation")
    if len(info.device_id) != 8:
        raise refuse(f"the device id has {len(info.device_id)} bytes instead of 8")


def _float32(value: float) -> float:
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.inf
