"""Every board: its pins are those the host knows, what must be set comes first, and one of the owner's own works."""

from collections.abc import Callable
from typing import Any

import pytest

from bartracker.flashing import read_board_file
from bartracker.flashing.boards import BOARDS as KNOWN
from bartracker.sim.boards import BOARDS, USUAL_BOARD, VirtualBoard
from bartracker.sim.chips.bmi270 import STAND_IN
from bartracker.wire.commands import Cue, CueOutputs
from bartracker.wire.replies import ControlResult

PINS = ("led", "battery", "button", "buzzer", "vibration", "wake")
FIRST_PINS = {"m5stickc_plus2": [(4, 1)], "xiao_esp32c6": [(3, 0), (14, 0)]}
CHIPS = {name: next((chip for chip, board in USUAL_BOARD.items() if board == name), "bmi270") for name in BOARDS}


def test_the_firmware_and_the_host_know_the_same_boards(in_vm: Callable[[str], Any]) -> None:
    fields = in_vm(
        f"""
from bartracker_fw import boards
print(json.dumps([[name, boards.load(name).__dict__] for name in {tuple(BOARDS)!r}]))
"""
    )
    assert {board.name for board in KNOWN} == set(BOARDS)
    titles = {board.name: board.title for board in KNOWN}
    for name, said in fields:
        virtual = BOARDS[name]
        assert said["model"] == titles[name]
        assert (said["scl"], said["sda"]) == virtual.wires
        assert (said["battery"], said["battery_divider"]) == (virtual.battery_pin, virtual.battery_divider)
        used = [said[pin] for pin in PINS if said[pin] is not None] + list(virtual.wires)
        assert len(used) == len(set(used))
        assert said["ring_packets"] & (said["ring_packets"] - 1) == 0


@pytest.mark.parametrize("name", list(BOARDS))
def test_a_board_streams_from_its_chip_and_sets_its_pins_first(name: str, rig: Callable[..., Any]) -> None:
    sensor = rig(CHIPS[name], board=name)
    sensor.stream()
    sensor.run(0.6)
    sensor.assert_exact(sensor.packets())
    first = FIRST_PINS.get(name, [])
    assert list(sensor.sensor.board.pins.items())[: len(first)] == first
    assert (sensor.status.battery_mv is None) is (BOARDS[name].battery_pin is None)


def test_a_board_of_the_owners_own(tmp_path: Any, rig: Callable[..., Any]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'model = "Bar box"\nprocessor = "ESP32S3"\nscl = 33\nsda = 34\nled = 7\nled_on = 0\nbattery = 4\n'
        'battery_divider = 3\naxes = ["-y", "x", "z"]\nhold = [[9, 1], [10, 0]]\nring_packets = 64\n'
        "vibration = 12\n"
    )
    files = {"board.json": read_board_file(file).json, "bmi270.bin": STAND_IN}
    sensor = rig("bmi270", board=VirtualBoard((33, 34), 4, 3), files=files, battery_mv=4000)
    sensor.stream()
    sensor.run(0.6)
    sensor.assert_exact(sensor.packets())
    assert sensor.info.axis_map == (-2, 1, 3)
    pins = sensor.sensor.board.pins
    assert list(pins.items())[:2] == [(9, 1), (10, 0)]
    assert pins[12] == 0
    assert sensor.command(Cue(CueOutputs.SHAKE, 0, 2)) is ControlResult.DONE
    shaken = []
    for _ in range(40):
        sensor.run(0.025)
        shaken.append(pins[12])
    assert 3 <= sum(shaken) <= 16
    assert shaken[-1] == 0
    assert sensor.status.battery_mv == pytest.approx(4000, abs=10)
    assert sensor.ble.values[sensor.ble.handle("2a24")] == b"Bar box"
    # Dark as long as nobody asks which one it is.
    assert sensor.sensor.board.pins[7] == 1
    assert sensor.info.ring_packets == 63


@pytest.mark.parametrize(
    ("machine", "model"),
    [("ESP32S3", "XIAO ESP32S3"), ("ESP32C6", "XIAO ESP32C6"), ("ESP32-PICO-V3-02", "M5StickC Plus2")],
)
def test_without_a_name_the_processor_decides(machine: str, model: str, in_vm: Callable[[str], Any]) -> None:
    said = in_vm(
        f"""
class Implementation:
    _machine = "Generic module with {machine}"
class Sys:
    implementation = Implementation
from bartracker_fw import boards
boards.sys = Sys
print(json.dumps(boards.load("").model))
"""
    )
    assert said == model
