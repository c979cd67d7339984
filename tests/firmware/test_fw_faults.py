"""A defined state for each fault: no chip, wrong chip, a chip that goes away, a stall, bad settings, a restart."""

from collections.abc import Callable
from typing import Any

import pytest

from bartracker.sim.vm import FirmwareError
from bartracker.sim.vm_clock import VirtualClock
from bartracker.wire import PacketFlags
from bartracker.wire.commands import Heartbeat, SetRange, SetRate, Start
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import SensorFault, SensorState


def _boot_with_faulty_chip(sensor: Any, **faults: Any) -> None:
    sensor.sensor.start()
    for name, value in faults.items():
        setattr(sensor.sensor.chip.faults, name, value)
    sensor.run(2.5)
    sensor.connect()


@pytest.mark.parametrize(
    ("faults", "fault"),
    [({"silent": True}, SensorFault.IMU_SILENT), ({"who_am_i": 0x55}, SensorFault.IMU_UNKNOWN)],
)
@pytest.mark.parametrize("chip", ["lsm6dso", "mpu6886"])
def test_no_known_chip(chip: str, faults: dict[str, Any], fault: SensorFault, rig: Callable[..., Any]) -> None:
    sensor = rig(chip)
    _boot_with_faulty_chip(sensor, **faults)
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.fault) == (SensorState.FAULT, fault)
    assert sensor.status.rate_hz is None
    assert sensor.info.chip_id == 0
    assert sensor.command(Start()) is ControlResult.IMU_FAULT
    assert sensor.command(SetRate(400)) is ControlResult.IMU_FAULT
    assert sensor.command(Heartbeat(9)) is ControlResult.DONE
    for name in faults:
        setattr(sensor.sensor.chip.faults, name, False if name == "silent" else None)
    sensor.run(2.5)
    assert sensor.status.state is SensorState.IDLE
    assert sensor.info.chip_id in (1, 6)
    assert sensor.command(Start()) is ControlResult.DONE


@pytest.mark.parametrize("chip", ["lsm6dso", "mpu6886"])
def test_a_chip_that_goes_away_in_a_set_comes_back_into_it(chip: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip)
    sensor.stream()
    sensor.run(5.0)
    sensor.sensor.chip.faults.silent = True
    sensor.run(3.0)
    status = sensor.status
    assert (status.state, status.fault) == (SensorState.FAULT, SensorFault.IMU_SILENT)
    before = len(sensor.packets())
    sensor.sensor.chip.faults.silent = False
    sensor.run(4.0)
    assert sensor.status.state is SensorState.STREAMING
    packets = sensor.packets()
    sensor.assert_exact(packets[:before])
    sensor.assert_exact(packets[before:])
    old, new = packets[before - 1], packets[before]
    assert PacketFlags.GAP in new.flags
    passed_s = (new.device_time_us - old.device_time_us) / 1e6
    assert 2.5 < passed_s < 5.0
    assert new.first_index - old.first_index == pytest.approx(passed_s * sensor.info.nominal_rate_hz, rel=0.03)


def test_settings_survive_a_restart_and_the_epoch_changes(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetRate(400.0)) is ControlResult.DONE
    assert sensor.command(SetRange(8, 500)) is ControlResult.DONE
    old = sensor.info
    sensor.sensor.stop()
    sensor.ble.drop()
    sensor.boot()
    sensor.connect()
    new = sensor.info
    assert (new.nominal_rate_hz, new.acc_range_g, new.gyr_range_dps) == (416.0, 8, 500)
    assert new.boot_count == old.boot_count + 1
    sensor.command(Start())
    sensor.run(0.5)
    assert {packet.epoch for packet in sensor.packets()} == {new.boot_count & 3}


@pytest.mark.parametrize("text", ["b", "b0110", "b0110ff00d0070000", "b0210c800d0071234", "i5"])
def test_damaged_settings_give_the_defaults(text: str, rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.sensor.board.nvs["bartracker/settings"] = text
    sensor.boot()
    assert (sensor.info.nominal_rate_hz, sensor.info.acc_range_g, sensor.info.gyr_range_dps) == (208.0, 16, 2000)


def test_a_hang_is_ended_by_the_watchdog(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream()
    sensor.sensor.stall(9.0)
    with pytest.raises(FirmwareError, match="watchdog"):
        sensor.run(1.0)
    with pytest.raises(FirmwareError, match="watchdog"):
        sensor.sensor.stop()


def test_an_error_in_the_firmware_comes_with_its_traceback(rig: Callable[..., Any]) -> None:
    sensor = rig(program="from bartracker_fw import boards\nboards.load('toaster')\n")
    sensor.sensor.start()
    with pytest.raises(FirmwareError, match=r"(?s)Traceback.*boards/__init__\.py.*no such board: toaster"):
        sensor.run(1.0)
    assert not sensor.sensor.running


def test_the_m5stick_is_held_on_before_anything_else(rig: Callable[..., Any]) -> None:
    sensor = rig("mpu6886", board="m5stickc_plus2")
    sensor.boot()
    assert next(iter(sensor.sensor.board.pins.items())) == (4, 1)


def test_the_run_is_the_same_every_time(rig: Callable[..., Any]) -> None:
    streams: list[list[bytes]] = []
    for _ in range(2):
        sensor = rig(rate_hz=400, seed=5)
        sensor.stream()
        sensor.run(3.0)
        assert isinstance(sensor.sensor._clock, VirtualClock)
        streams.append([item.data for item in sensor.ble.sent])
    assert streams[0] == streams[1]
