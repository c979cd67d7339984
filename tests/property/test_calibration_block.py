"""The calibration block that a sensor keeps: what goes in comes out; any other bytes are refused in one line."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bartracker.calibration import Calibration
from bartracker.calibration.model import PARAMETERS
from bartracker.calibration.sensor_block import BLOCK_BYTES, decode_block, encode_block
from bartracker.errors import BartrackerError
from bartracker.motion.calibrated import settings_for_calibration
from bartracker.motion.settings import MotionSettings
from bartracker.wire.commands import decode_control, encode_control
from bartracker.wire.errors import WireError
from bartracker.wire.info import CHIPS
from bartracker.wire.kept import KeptPart, KeptRead, KeptSet, KeptWrite, decode_kept_part, encode_kept_part

ARRAYS = ("acc_bias_mps2", "acc_matrix", "gyr_bias_radps", "gyr_matrix", "gyr_per_acc")


def _near(shape: tuple[int, ...], most: float) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, shape, elements=st.floats(-most, most))


def _covariance(seed: int) -> np.ndarray:
    half = np.random.default_rng(seed).normal(0, 0.02, (PARAMETERS, PARAMETERS))
    return half @ half.T


CALIBRATIONS = st.builds(
    lambda seed, **rest: Calibration(
        covariance=None if seed is None else _covariance(seed),
        **rest | {name: np.eye(3) + rest[name] for name in ("acc_matrix", "gyr_matrix")},
    ),
    seed=st.none() | st.integers(0, 2**32 - 1),
    name=st.text("abcüñ ", min_size=1, max_size=8).filter(lambda name: not name.startswith("\0")),
    acc_bias_mps2=_near((3,), 4.99),
    acc_matrix=_near((3, 3), 0.45),
    gyr_bias_radps=_near((3,), 0.99),
    gyr_matrix=_near((3, 3), 0.45),
    gyr_per_acc=_near((3, 3), 0.12),
    gravity_mps2=st.none() | st.floats(9.75, 9.85),
    sensor_id=st.binary(min_size=8, max_size=8).map(bytes.hex),
    chip=st.sampled_from(sorted(CHIPS.values())),
    made_utc=st.none()
    | st.integers(1, 2**32 - 1).map(lambda s: datetime.fromtimestamp(s, UTC).isoformat(timespec="seconds")),
    temperature_degc=st.none() | st.integers(-4000, 12500).map(lambda c: c / 100),
)


@settings(max_examples=60, deadline=None)
@given(made=CALIBRATIONS)
def test_a_calibration_comes_back_in_single_precision(made: Calibration) -> None:
    block = encode_block(made)
    assert len(block) == BLOCK_BYTES
    back = decode_block(block, "the sensor")
    for name in ARRAYS:
        assert np.array_equal(getattr(back, name), getattr(made, name).astype(np.float32))
    for name in ("name", "sensor_id", "chip", "made_utc", "temperature_degc"):
        assert getattr(back, name) == getattr(made, name)
    assert (back.gravity_mps2 is None) == (made.gravity_mps2 is None)
    assert (back.covariance is None) == (made.covariance is None)
    if made.covariance is not None:
        assert np.array_equal(back.covariance, made.covariance.astype(np.float32))
        prior, same = (settings_for_calibration(MotionSettings(), each) for each in (made, back))
        for field in ("acc_bias_mps2", "acc_scale", "acc_cross", "gyr_bias_radps", "gyr_scale"):
            assert np.isclose(getattr(prior, field), getattr(same, field), rtol=1e-6)
    assert encode_block(back) == block


@given(raw=st.binary(max_size=64) | st.binary(min_size=BLOCK_BYTES, max_size=BLOCK_BYTES))
def test_any_bytes_are_refused_in_words(raw: bytes) -> None:
    for each in (raw, b"BTCL" + raw, b"BTCL\1" + raw[5:]):
        with pytest.raises(BartrackerError):
            decode_block(each, "the sensor")


@settings(deadline=None)
@given(made=CALIBRATIONS, at=st.integers(0, BLOCK_BYTES - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(made: Calibration, at: int, bit: int) -> None:
    raw = bytearray(encode_block(made))
    raw[at] ^= 1 << bit
    with pytest.raises(BartrackerError):
        decode_block(bytes(raw), "the sensor")


@given(offset=st.integers(0, 0xFFFF), data=st.binary(min_size=1, max_size=200), reference=st.integers(0, 255))
def test_its_commands_come_back(offset: int, data: bytes, reference: int) -> None:
    for command in (KeptRead(offset), KeptWrite(offset, data), KeptSet(offset & 1)):
        assert decode_control(encode_control(command, reference)) == (command, reference)
    assert decode_kept_part(encode_kept_part(KeptPart(offset, data))) == KeptPart(offset, data)


@given(raw=st.binary(max_size=220))
def test_any_command_of_theirs_is_read_or_refused(raw: bytes) -> None:
    for opcode in (17, 18, 19):
        try:
            command, reference = decode_control(bytes([opcode]) + raw)
        except WireError:
            continue
        assert encode_control(command, reference) == bytes([opcode]) + raw
