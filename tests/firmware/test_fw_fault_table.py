"""docs/faults.md, row by row: the fault is made to happen, and the status, the light at its pin and the program's words
are what the table says.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bartracker.links.ble_inbox import Said, SensorInbox
from bartracker.links.fault_words import restart_words
from bartracker.links.link_runner import ThreadRunner
from bartracker.links.sensor_link import SensorLinkSettings
from bartracker.sim.boards import BOARDS
from bartracker.sim.vm import FirmwareError
from bartracker.sim.vm_devices import HARD_RESET, SOFT_RESET
from bartracker.wire import WireError, decode_info, encode_info, gatt
from bartracker.wire.commands import SetMode, SetRate, Start
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import (
    ResetCause,
    SensorFault,
    SensorMode,
    SensorRemarks,
    Status,
    decode_status,
    encode_status,
)

TABLE = Path(__file__).parents[2] / "docs" / "faults.md"
LIGHTS = {"xiao_esp32s3": (21, 0), "m5stickc_plus2": (19, 1)}


def unplug(sensor: Any) -> None:
    sensor.stream()
    sensor.run(2.0)
    sensor.sensor.chip.faults.silent = True
    sensor.run(3.0)


def hold_the_bus(sensor: Any) -> None:
    sensor.stream()
    sensor.run(2.0)
    sensor.sensor.chip.faults.stuck = True
    sensor.run(3.0)


def another_chip(sensor: Any) -> None:
    sensor.sensor.start()
    sensor.sensor.chip.faults.who_am_i = 0x55
    sensor.run(2.5)


def no_configuration(sensor: Any) -> None:
    sensor.boot(2.5)


def empty_battery(sensor: Any) -> None:
    sensor.stream()
    sensor.sensor.board.adc_uv[BOARDS["xiao_esp32s3"].battery_pin] = 3_200_000 // 2
    sensor.run(200.0)


def full_memory(sensor: Any) -> None:
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.DONE
    sensor.run(10.0)


def damaged_settings(sensor: Any) -> None:
    sensor.sensor.board.nvs["bartracker/settings"] = "b0110c800d0071234"
    sensor.boot(1.5)


def damaged_calibration(sensor: Any) -> None:
    sensor.sensor.board.nvs["bartracker/calibration"] = "b4254434c01"
    sensor.boot(1.5)


def hangs(sensor: Any) -> None:
    """It hangs until the watchdog ends it."""
    sensor.sensor.stall(9.0)
    for step in (lambda: sensor.run(1.0), sensor.sensor.stop):
        with pytest.raises(FirmwareError, match="watchdog"):
            step()
    sensor.ble.drop()


def reboot_loop(sensor: Any) -> None:
    for _ in range(5):
        sensor.boot(1.2)
        assert SensorRemarks.RESTING not in sensor.status.remarks
        hangs(sensor)
    sensor.boot(1.5)


def power_cut(sensor: Any) -> None:
    sensor.stream()
    sensor.run(3.0)
    sensor.sensor.stop()
    sensor.ble.drop()
    sensor.boot(1.5)


def hang(sensor: Any) -> None:
    sensor.stream()
    sensor.run(3.0)
    hangs(sensor)
    sensor.boot(1.5)


CASES: dict[str, tuple[Callable[[Any], None], dict[str, Any]]] = {
    "motion chip unplugged in a set": (unplug, {}),
    "I2C bus stuck": (hold_the_bus, {}),
    "another chip than those it knows": (another_chip, {}),
    "BMI270 without the maker's configuration": (no_configuration, {"chip": "bmi270", "files": {}}),
    "battery nearly empty": (empty_battery, {}),
    "memory for recordings full": (full_memory, {"log_blocks": 3}),
    "settings damaged": (damaged_settings, {}),
    "kept calibration damaged": (damaged_calibration, {}),
    "reboot loop: five starts in a row that failed within 30 s": (reboot_loop, {}),
    "brown-out, or power cut, in a set": (power_cut, {}),
    "firmware hangs for 8 s": (hang, {}),
}


def rows() -> dict[str, list[str]]:
    """Of the table: state, fault or remark, flashes, words, by what it is."""
    lines = [line.strip("|").split("|") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {each[0]: each[1:] for each in cells if len(each) == 5 and each[0] not in ("what", "---")}


def flashes(sensor: Any, pin: int, level: int, seconds: float = 9.0) -> str:
    """How the light is seen at its pin: the number in a group, or that there is no pause."""
    lit: list[float] = []
    before = False
    step_s = 0.025
    for n in range(round(seconds / step_s)):
        sensor.run(step_s)
        now = sensor.sensor.board.pins[pin] == level
        if now and not before:
            lit.append(n * step_s)
        before = now
    groups: list[int] = []
    last_s = -math.inf
    for at_s in lit:
        if at_s - last_s > 1.0:
            groups.append(0)
        groups[-1] += 1
        last_s = at_s
    if len(groups) == 1 and lit[-1] > seconds - 1.0:
        return "without a pause"
    whole = set(groups[1:-1])
    assert len(whole) <= 1
    return str(whole.pop()) if whole else "0"


def said(raw: bytes) -> list[str]:
    """What the program says to this status."""
    inbox = SensorInbox("bar-1", SensorLinkSettings(), lambda: 0.0, ThreadRunner().queue())
    inbox.on_status(0.0, raw)
    texts: list[str] = []
    while inbox.queue.qsize():
        item = inbox.queue.get()
        assert isinstance(item, Said)
        assert item.code == "fault"
        texts.append(item.text)
    return texts


def test_the_table_has_a_test_for_each_row() -> None:
    assert list(rows()) == list(CASES)


@pytest.mark.parametrize("what", list(CASES))
def test_a_row_of_the_table(what: str, rig: Callable[..., Any]) -> None:
    state, code, light, words = rows()[what]
    happen, options = CASES[what]
    sensor = rig(options.pop("chip", "lsm6dso"), board="xiao_esp32s3", **options)
    happen(sensor)
    raw = sensor.ble.values[sensor.ble.handle(gatt.STATUS_UUID)]
    status = decode_status(raw)
    assert status.state.name.lower() == state
    assert code in (status.fault.name, status.remarks.name, f"reset cause {status.reset_cause.name}")
    if code.startswith("reset cause"):
        assert said(raw) == []
        assert words in restart_words(status.reset_cause, 3900)
    else:
        assert any(words in text for text in said(raw))
    assert flashes(sensor, *LIGHTS["xiao_esp32s3"]) == light


def test_the_light_of_a_sensor_that_is_well(rig: Callable[..., Any]) -> None:
    """One flash while it waits for a host, two while it records, none while it streams; on either level of the pin."""
    for board, chip in (("xiao_esp32s3", "lsm6dso"), ("m5stickc_plus2", "mpu6886")):
        sensor = rig(chip, board=board)
        sensor.boot(1.5)
        assert flashes(sensor, *LIGHTS[board]) == "1"
        sensor.connect()
        assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.DONE
        sensor.run(1.1)
        assert flashes(sensor, *LIGHTS[board]) == "2"
        assert sensor.command(SetMode(SensorMode.IDLE)) is ControlResult.DONE
        assert sensor.command(Start()) is ControlResult.DONE
        sensor.run(1.1)
        assert flashes(sensor, *LIGHTS[board]) == "0"


def test_a_resting_sensor_answers_and_is_usual_again_after_half_a_minute(rig: Callable[..., Any]) -> None:
    sensor = rig()
    reboot_loop(sensor)
    sensor.connect()
    for command in (Start(), SetRate(400.0)):
        assert sensor.command(command) is ControlResult.IMU_FAULT
    assert sensor.command(SetMode(SensorMode.IDLE)) is ControlResult.IMU_FAULT
    assert sensor.info.chip_id == 0
    read_bytes = sensor.sensor.board.i2c_bytes
    sensor.run(30.0)
    assert sensor.status.remarks is SensorRemarks.RESTING
    assert sensor.sensor.board.i2c_bytes == read_bytes
    sensor.sensor.stop()
    sensor.ble.drop()
    sensor.boot(1.5)
    assert sensor.status.remarks is SensorRemarks.NONE
    assert sensor.status.fault is SensorFault.NONE


def test_starts_that_last_are_no_loop(rig: Callable[..., Any]) -> None:
    sensor = rig()
    for seconds in (1.0, 1.0, 1.0, 1.0, 32.0):
        sensor.boot(seconds)
        hangs(sensor)
    sensor.boot(1.5)
    assert sensor.status.remarks is SensorRemarks.NONE


def test_switched_on_and_off_again_and_again_is_no_loop(rig: Callable[..., Any]) -> None:
    sensor = rig()
    for _ in range(7):
        sensor.boot(1.2)
        assert sensor.status.remarks is SensorRemarks.NONE
        sensor.sensor.stop()
    # Who switches a sensor off and on that fails has another five tries.
    for _ in range(4):
        sensor.boot(1.0)
        hangs(sensor)
    sensor.boot(1.0)
    sensor.sensor.stop()
    sensor.boot(1.2)
    hangs(sensor)
    sensor.boot(1.5)
    assert sensor.status.remarks is SensorRemarks.NONE


@pytest.mark.parametrize(("cause", "remarks"), [(HARD_RESET, SensorRemarks.RESTING), (SOFT_RESET, SensorRemarks.NONE)])
def test_crashes_are_a_loop_and_restarts_at_the_prompt_are_none(
    cause: int, remarks: SensorRemarks, rig: Callable[..., Any]
) -> None:
    sensor = rig()
    for _ in range(5):
        sensor.boot(1.0)
        sensor.sensor.stop()
        sensor.sensor.board.reset_cause = cause
    sensor.boot(1.5)
    assert sensor.status.remarks is remarks


def test_starts_that_an_empty_battery_cuts_short_are_a_loop(rig: Callable[..., Any]) -> None:
    sensor = rig(battery_mv=3250)
    for _ in range(5):
        sensor.boot(1.0)
        sensor.sensor.stop()
    sensor.boot(1.5)
    assert sensor.status.remarks is SensorRemarks.RESTING
    assert sensor.status.reset_cause is ResetCause.POWER


def test_the_battery_before_a_restart_is_named() -> None:
    assert restart_words(None, 3300) == ""
    assert restart_words(ResetCause.POWER, 3310).endswith("(battery 3.31 V before: charge it)")
    assert restart_words(ResetCause.POWER, 3900).endswith("(battery 3.90 V before)")
    assert "battery" not in restart_words(ResetCause.WATCHDOG, 3300)


def test_versions(rig: Callable[..., Any]) -> None:
    """A newer sensor before an older program, and the other way round."""
    sensor = rig()
    sensor.boot(1.5)
    raw = sensor.ble.values[sensor.ble.handle(gatt.STATUS_UUID)]
    status = decode_status(raw)
    # What an older program looks at is where it was.
    for length in (32, 38):
        older = decode_status(raw[:length])
        assert encode_status(older) == raw[:length]
        assert (older.reset_cause, older.heap_kib, older.slot) == (None, None, None)
        assert (older.mode is None) is (length == 32)
    assert status.heap_kib is not None
    assert status.heap_kib > 100
    # What a newer sensor may say one day.
    newer = bytearray(raw + b"more")
    newer[1], newer[5], newer[32], newer[33], newer[40] = 3, 77, 99, 0xF0, 200
    read = decode_status(bytes(newer))
    assert isinstance(read, Status)
    assert (read.fault, read.mode, read.remarks) == (SensorFault.NEWER, None, SensorRemarks.NONE)
    assert "update the program" in said(bytes(newer))[0]
    info = bytearray(sensor.ble.values[sensor.ble.handle(gatt.INFO_UUID)])
    assert decode_info(bytes(info)).protocol_minor == 2
    assert decode_info(encode_info(sensor.info)) == sensor.info
    info[4] = 2
    with pytest.raises(WireError, match="version") as caught:
        decode_info(bytes(info))
    assert caught.value.reason == "version"
