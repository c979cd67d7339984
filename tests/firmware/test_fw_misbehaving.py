"""Every chip misbehaves on demand: no acknowledge, a bus held down, another ID, samples that stand still, noise alone,
a BMI270 without its configuration. The firmware has a state for each, and goes on when it is over.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bartracker.sim.boards import USUAL_BOARD
from bartracker.sim.chips import CHIP_NAMES
from bartracker.sim.chips.bmi270 import STAND_IN
from bartracker.wire import PacketFlags
from bartracker.wire.commands import Start
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import SensorFault, SensorState

MODELS = [name for name in CHIP_NAMES if name != "lsm6dsox"]
FAULTS = {"silent": True, "stuck": True, "who_am_i": 0x55}
SAID = {
    "silent": SensorFault.IMU_SILENT,
    "stuck": SensorFault.IMU_SILENT,
    "who_am_i": SensorFault.IMU_UNKNOWN,
}


def misbehave(sensor: Any, name: str, on: bool) -> None:
    """Start or end a fault."""
    value = FAULTS[name] if on else None if name == "who_am_i" else False
    setattr(sensor.sensor.chip.faults, name, value)


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("chip", MODELS)
def test_a_chip_that_cannot_be_used_from_the_start_is_taken_when_it_can(
    chip: str, fault: str, rig: Callable[..., Any]
) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip])
    sensor.sensor.start()
    misbehave(sensor, fault, on=True)
    sensor.run(1.5)
    sensor.connect()
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.fault) == (SensorState.FAULT, SAID[fault])
    assert sensor.info.chip_id == 0
    assert sensor.command(Start()) is ControlResult.IMU_FAULT
    misbehave(sensor, fault, on=False)
    sensor.run(2.0)
    assert sensor.info.chip_id == sensor.sensor.chip._specimen._spec.chip_id
    assert sensor.command(Start()) is ControlResult.DONE
    sensor.run(0.5)
    sensor.assert_exact(sensor.packets())


@pytest.mark.parametrize("fault", ["silent", "stuck"])
@pytest.mark.parametrize("chip", MODELS)
def test_a_chip_that_goes_away_in_a_set_comes_back_into_it(chip: str, fault: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip])
    sensor.stream()
    sensor.run(2.0)
    misbehave(sensor, fault, on=True)
    sensor.run(2.0)
    assert (sensor.status.state, sensor.status.fault) == (SensorState.FAULT, SensorFault.IMU_SILENT)
    before = len(sensor.packets())
    misbehave(sensor, fault, on=False)
    sensor.run(2.5)
    assert sensor.status.state is SensorState.STREAMING
    packets = sensor.packets()
    sensor.assert_exact(packets[:before])
    sensor.assert_exact(packets[before:])
    old, new = packets[before - 1], packets[before]
    assert PacketFlags.GAP in new.flags
    passed_s = (new.device_time_us - old.device_time_us) / 1e6
    assert new.first_index - old.first_index == pytest.approx(passed_s * sensor.info.nominal_rate_hz, rel=0.03)


@pytest.mark.parametrize("chip", MODELS)
def test_samples_that_stand_still_or_feel_nothing_are_sent_as_they_are(chip: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip])
    sensor.stream()
    sensor.run(1.0)
    sensor.sensor.chip.faults.frozen = True
    frozen_from = len(sensor.packets())
    sensor.run(1.0)
    frozen_to = len(sensor.packets())
    sensor.sensor.chip.faults.frozen = False
    sensor.sensor.chip.faults.noise_only = True
    sensor.run(1.0)
    packets = sensor.packets()
    sensor.assert_exact(packets[: frozen_from - 1])
    frozen = np.concatenate([packet.counts for packet in packets[frozen_from + 2 : frozen_to - 1]])
    assert len(frozen) > 100
    assert (frozen == frozen[0]).all()
    noise = np.concatenate([packet.counts for packet in packets[frozen_to + 2 :]])
    scales = [sensor.info.acc_mps2_per_count] * 3 + [sensor.info.gyr_radps_per_count] * 3
    assert (np.abs(noise * scales).max(axis=0) < [0.3] * 3 + [0.03] * 3).all()
    assert (noise[:, :3].std(axis=0) > 0.3).all()
    assert sensor.status.fault is SensorFault.NONE


@pytest.mark.parametrize("files", [{}, {"bmi270.bin": STAND_IN[:-1]}], ids=["none", "cut"])
def test_a_bmi270_without_its_configuration_is_refused_clearly(
    files: dict[str, bytes], rig: Callable[..., Any]
) -> None:
    sensor = rig("bmi270", board="m5sticks3", files=files)
    sensor.boot(1.5)
    sensor.connect()
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.fault) == (SensorState.FAULT, SensorFault.IMU_NEEDS_FILE)
    assert sensor.command(Start()) is ControlResult.IMU_FAULT


def test_a_bmi270_that_refuses_its_configuration_is_no_chip(rig: Callable[..., Any]) -> None:
    sensor = rig("bmi270", board="m5sticks3", files={"bmi270.bin": bytes(range(256)) * 32})
    sensor.boot(2.5)
    sensor.connect()
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.fault) == (SensorState.FAULT, SensorFault.IMU_SILENT)


@pytest.mark.parametrize("chip", MODELS)
def test_a_chip_answers_at_its_other_address(chip: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip])
    make_chip = sensor.sensor._make_chip

    def elsewhere() -> Any:
        made = make_chip()
        made.address += 1
        return made

    sensor.sensor._make_chip = elsewhere
    sensor.stream()
    sensor.run(0.5)
    sensor.assert_exact(sensor.packets())
