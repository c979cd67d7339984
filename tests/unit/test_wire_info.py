"""The info characteristic: round trip, version negotiation, refusal in words."""

import binascii
import struct
from dataclasses import replace

import numpy as np
import pytest

from bartracker.wire import SensorInfo, WireError, decode_info, encode_info

INFO = SensorInfo(1, 16, 2000, 0.488e-3 * 9.80665, float(np.radians(0.07)), 208.0)


def _with_crc(body: bytes) -> bytes:
    return body + struct.pack("<H", binascii.crc_hqx(body, 0xFFFF))


def test_same_info_before_and_after_the_wire() -> None:
    assert decode_info(encode_info(INFO)) == INFO


def test_newer_minor_version_with_more_fields_is_accepted() -> None:
    raw = bytearray(encode_info(INFO)[:-2] + b"new fields")
    raw[5] = 7
    raw[6:8] = struct.pack("<H", len(raw) + 2)
    info = decode_info(_with_crc(bytes(raw)) + b"\x00\x00")
    assert info == replace(INFO, protocol_minor=7)


@pytest.mark.parametrize(("major", "remedy"), [(2, "update the program"), (0, "flash the sensor")])
def test_other_major_version_is_refused_in_words(major: int, remedy: str) -> None:
    raw = bytearray(encode_info(INFO))
    raw[4] = major
    with pytest.raises(WireError, match=f"protocol version {major}.0.*{remedy}") as caught:
        decode_info(bytes(raw))
    assert caught.value.reason == "version"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"acc_mps2_per_count": 0.0}, "accelerometer's scale"),
        ({"acc_mps2_per_count": float("nan")}, "accelerometer's scale"),
        ({"gyr_radps_per_count": 1e300}, "gyroscope's scale"),
        ({"acc_range_g": 4}, "does not fit its range"),
        ({"gyr_range_dps": 0}, "gyroscope's scale"),
        ({"acc_clip_count": 0}, "accelerometer's scale"),
        ({"nominal_rate_hz": 0.0}, "sampling rate"),
        ({"nominal_rate_hz": float("inf")}, "sampling rate"),
        ({"axis_map": (1, 1, 3)}, "not a rotation"),
        ({"axis_map": (-1, 2, 3)}, "not a rotation"),
        ({"device_id": b"short"}, "device id"),
        ({"chip_id": 256}, "does not fit"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(WireError, match=words):
        encode_info(replace(INFO, **change))


@pytest.mark.parametrize("length", range(52))
def test_too_short(length: int) -> None:
    with pytest.raises(WireError):
        decode_info(encode_info(INFO)[:length])


def test_any_flipped_bit_is_noticed() -> None:
    raw = encode_info(INFO)
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            decode_info(bytes(flipped))


def test_unknown_chip_is_named_by_number() -> None:
    assert decode_info(encode_info(replace(INFO, chip_id=200))).chip == "chip 200"


def test_axis_matrix_turns_chip_axes_into_clip_axes() -> None:
    matrix = replace(INFO, axis_map=(-2, 1, 3)).axis_matrix
    np.testing.assert_array_equal(matrix @ [1.0, 2.0, 3.0], [-2.0, 1.0, 3.0])
