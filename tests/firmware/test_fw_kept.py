"""The calibration kept in the sensor: taken whole or not at all, and over restarts."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bartracker.calibration import Calibration
from bartracker.calibration.model import PARAMETERS
from bartracker.calibration.sensor_block import BLOCK_BYTES, encode_block
from bartracker.sim.vm_devices import BoardState
from bartracker.wire import gatt
from bartracker.wire.commands import Start
from bartracker.wire.kept import KeptPart, KeptProblem, KeptRead, KeptSet, KeptWrite, decode_kept_part
from bartracker.wire.replies import ControlResult, decode_control_reply
from bartracker.wire.status import SensorRemarks

KEY = "bartracker/calibration"


def calibration(rig: Any, bias_mps2: float = 0.1) -> Calibration:
    info = rig.info
    return Calibration(
        name="table",
        acc_matrix=np.eye(3) * 1.01,
        acc_bias_mps2=np.array([bias_mps2, 0.0, -0.2]),
        gyr_matrix=np.eye(3) * 0.99,
        gyr_bias_radps=np.array([0.01, 0.02, 0.03]),
        covariance=np.eye(PARAMETERS) * 1e-6,
        gravity_mps2=9.81,
        sensor_id=info.device_id.hex(),
        chip=info.chip,
        made_utc="2026-01-02T03:04:05+00:00",
        temperature_degc=21.5,
    )


def sent(rig: Any, block: bytes) -> list[ControlResult]:
    return [rig.command(KeptWrite(at, block[at : at + 200])) for at in range(0, len(block), 200)]


def last_detail(rig: Any) -> int:
    return decode_control_reply(rig.ble.received(gatt.CONTROL_UUID)[-1]).detail


def part(rig: Any, offset: int) -> KeptPart:
    assert rig.command(KeptRead(offset)) is ControlResult.DONE
    return decode_kept_part(decode_control_reply(rig.ble.received(gatt.CONTROL_UUID)[-1]).rest)


def kept(rig: Any) -> bytes:
    block = part(rig, 0).data
    while block and len(block) < BLOCK_BYTES:
        block += part(rig, len(block)).data
    return block


@pytest.fixture
def sensor(rig: Callable[..., Any]) -> Any:
    made = rig("lsm6dso")
    made.boot()
    made.connect()
    return made


def again(sensor: Any) -> None:
    sensor.sensor.stop()
    sensor.ble.reset()
    sensor.boot()
    sensor.connect()
    sensor.run(1.1)


def test_it_is_kept_whole_and_over_a_restart(sensor: Any) -> None:
    assert part(sensor, 0) == KeptPart(0, b"")
    assert sensor.command(KeptRead(1)) is ControlResult.OUT_OF_RANGE
    block = encode_block(calibration(sensor))
    assert set(sent(sensor, block)) == {ControlResult.DONE}
    assert part(sensor, 0).length == 0
    assert sensor.command(KeptSet(1)) is ControlResult.DONE
    assert kept(sensor) == block
    assert sensor.command(KeptRead(BLOCK_BYTES)) is ControlResult.OUT_OF_RANGE
    again(sensor)
    assert kept(sensor) == block
    assert sensor.status.remarks == SensorRemarks.NONE
    assert sensor.command(KeptSet(0)) is ControlResult.DONE
    assert part(sensor, 0) == KeptPart(0, b"")
    assert sensor.command(KeptSet(0)) is ControlResult.DONE
    again(sensor)
    assert part(sensor, 0) == KeptPart(0, b"")


def test_a_small_mtu_reads_it_all_the_same(sensor: Any) -> None:
    block = encode_block(calibration(sensor))
    sent(sensor, block)
    assert sensor.command(KeptSet(1)) is ControlResult.DONE
    sensor.ble.drop()
    sensor.run(0.2)
    sensor.connect(23)
    assert part(sensor, 100) == KeptPart(BLOCK_BYTES, block[100:114])


def signed(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def with_float(block: bytes, at: int, value: float) -> bytes:
    raw = bytearray(block[:-4])
    struct.pack_into("<f", raw, 40 + 4 * at, value)
    return signed(bytes(raw))


def with_byte(block: bytes, at: int, value: int) -> bytes:
    return signed(block[:at] + bytes([value]) + block[at + 1 : -4])


NAN = float("nan")
WRONG: dict[str, tuple[Callable[[bytes], bytes], KeptProblem]] = {
    "one bit": (lambda b: b[:700] + bytes([b[700] ^ 1]) + b[701:], KeptProblem.DAMAGED),
    "cut": (lambda b: b[:-1], KeptProblem.INCOMPLETE),
    "no calibration": (lambda b: signed(b"BTCX" + b[4:-4]), KeptProblem.UNKNOWN),
    "newer": (lambda b: with_byte(b, 4, 2), KeptProblem.UNKNOWN),
    "length": (lambda b: with_byte(b, 6, 0), KeptProblem.UNKNOWN),
    "chip": (lambda b: with_byte(b, 5, 6), KeptProblem.ANOTHER),
    "sensor": (lambda b: with_byte(b, 9, 0x77), KeptProblem.ANOTHER),
    "nan bias": (lambda b: with_float(b, 0, NAN), KeptProblem.IMPLAUSIBLE),
    "acc bias": (lambda b: with_float(b, 2, 6.0), KeptProblem.IMPLAUSIBLE),
    "acc scale": (lambda b: with_float(b, 3, 0.4), KeptProblem.IMPLAUSIBLE),
    "acc cross": (lambda b: with_float(b, 4, 1.0), KeptProblem.IMPLAUSIBLE),
    "gyr bias": (lambda b: with_float(b, 12, -1.5), KeptProblem.IMPLAUSIBLE),
    "gyr scale": (lambda b: with_float(b, 23, float("inf")), KeptProblem.IMPLAUSIBLE),
    "per force": (lambda b: with_float(b, 32, 0.2), KeptProblem.IMPLAUSIBLE),
    "gravity": (lambda b: with_float(b, 33, 1.62), KeptProblem.IMPLAUSIBLE),
    "variance": (lambda b: with_float(b, 34, -1e-6), KeptProblem.IMPLAUSIBLE),
    "last variance": (lambda b: with_float(b, 333, NAN), KeptProblem.IMPLAUSIBLE),
}


def test_what_cannot_be_its_calibration_changes_nothing(sensor: Any) -> None:
    good = encode_block(calibration(sensor))
    sent(sensor, good)
    assert sensor.command(KeptSet(1)) is ControlResult.DONE
    other = encode_block(calibration(sensor, 0.3))
    for name, (spoil, problem) in WRONG.items():
        assert set(sent(sensor, spoil(other))) == {ControlResult.DONE}
        assert sensor.command(KeptSet(1)) is ControlResult.REFUSED, name
        assert last_detail(sensor) == problem, name
    assert kept(sensor) == good
    again(sensor)
    assert kept(sensor) == good


def test_parts_come_in_order_and_commands_are_checked(sensor: Any) -> None:
    block = encode_block(calibration(sensor))
    assert sensor.command(KeptSet(1)) is ControlResult.REFUSED
    assert last_detail(sensor) == KeptProblem.INCOMPLETE
    assert sensor.command(KeptWrite(200, block[200:400])) is ControlResult.OUT_OF_RANGE
    assert sensor.command(KeptWrite(0, block[:200])) is ControlResult.DONE
    assert sensor.command(KeptWrite(0, block[:200])) is ControlResult.DONE
    assert sensor.command(KeptWrite(201, block[201:400])) is ControlResult.OUT_OF_RANGE
    assert sensor.command(KeptWrite(200, block[200:400])) is ControlResult.DONE
    assert sensor.command(KeptSet(2)) is ControlResult.OUT_OF_RANGE
    for raw in (
        bytes([18, 7]),
        bytes([18, 7, 0, 0]),
        bytes([18, 7, 0, 0]) + bytes(201),
        bytes([17, 7, 0]),
        bytes([19, 7]),
    ):
        assert sensor.write(raw) is ControlResult.WRONG_LENGTH
    sent(sensor, block)
    assert sensor.command(KeptWrite(BLOCK_BYTES, b"x")) is ControlResult.OUT_OF_RANGE
    sensor.ble.drop()
    sensor.run(0.2)
    sensor.connect()
    assert sensor.command(KeptSet(1)) is ControlResult.REFUSED, "half of it stayed over the connection"
    assert sensor.command(Start()) is ControlResult.DONE
    for command in (KeptRead(0), KeptWrite(0, b"x"), KeptSet(0), KeptSet(1)):
        assert sensor.command(command) is ControlResult.NOT_NOW


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1], lambda b: b[:99] + b"\0" + b[100:], lambda b: b + b"\0", lambda b: b""]
)
def test_one_damaged_in_flash_is_said_and_not_used(sensor: Any, spoil: Callable[[bytes], bytes]) -> None:
    block = encode_block(calibration(sensor))
    board: BoardState = sensor.sensor.board
    board.nvs[KEY] = "b" + spoil(block).hex()
    again(sensor)
    assert sensor.status.remarks == SensorRemarks.CALIBRATION_LOST
    assert part(sensor, 0) == KeptPart(0, b"")
    sent(sensor, block)
    assert sensor.command(KeptSet(1)) is ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.remarks == SensorRemarks.NONE
    assert kept(sensor) == block


def test_anothers_is_not_used(sensor: Any) -> None:
    foreign = replace(calibration(sensor), sensor_id="0102030405060708")
    sensor.sensor.board.nvs[KEY] = "b" + encode_block(foreign).hex()
    again(sensor)
    assert sensor.status.remarks == SensorRemarks.CALIBRATION_LOST
    assert part(sensor, 0) == KeptPart(0, b"")
