"""The harnesses name the pins that the firmware uses, and can be drawn."""

import importlib
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import clips

ROOT = Path(__file__).resolve().parents[2]
_WIRING = sorted((ROOT / "hardware" / "wiring").glob("*.yml"))
_PROFILES = (ROOT / "firmware" / "bartracker_fw" / "boards").glob("*.py")
_BOARDS = sorted(path.stem for path in _PROFILES if path.stem not in ("__init__", "profile", "generic"))
# A word of a pin's label: what the firmware's profile calls it.
_FIELDS = {"SDA": "sda", "SCL": "scl", "INT1": "wake", "LED": "led"}
_FIELDS |= {word: word for word in ("battery", "button", "buzzer")}

harnesses = pytest.mark.parametrize("path", _WIRING, ids=lambda path: path.stem)


def _board_of(path: Path) -> str:
    return path.stem.split("-")[0]


def _processor(path: Path) -> dict[str, Any]:
    connectors = yaml.safe_load(path.read_text(encoding="utf-8"))["connectors"]
    return connectors.get("XIAO") or connectors["CPU"]


def _pins(path: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for label in _processor(path)["pinlabels"]:
        match = re.search(r"(\w+) GPIO(\d+)$", str(label))
        if match:
            found[match[1]] = int(match[2])
    return found


class _Pin:
    """Notes what a board sets when it is loaded."""

    OUT = "out"
    set_high: set[int] = set()  # noqa: RUF012

    def __init__(self, number: int, mode: str | None = None, value: int | None = None) -> None:
        if mode == self.OUT and value == 1:
            self.set_high.add(number)


@pytest.fixture
def profile_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The firmware's profile of a board, under CPython."""
    machine = types.ModuleType("machine")
    machine.Pin = _Pin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.syspath_prepend(str(ROOT / "firmware"))
    _Pin.set_high.clear()
    yield lambda name: importlib.import_module(f"bartracker_fw.boards.{name}").board()
    for name in [name for name in sys.modules if name.startswith("bartracker_fw.boards")]:
        del sys.modules[name]


def test_every_board_of_the_firmware_has_a_harness():
    assert {_board_of(path) for path in _WIRING} == set(_BOARDS)


@harnesses
def test_the_pins_are_those_of_the_firmware(path: Path, profile_of: Any):
    profile = profile_of(_board_of(path))
    pins = _pins(path)
    held = pins.pop("hold", None)

    assert {"SDA", "SCL"} <= set(pins)
    assert {word: getattr(profile, _FIELDS[word]) for word in pins} == pins
    assert (set() if held is None else {held}) == _Pin.set_high
    # What has to be soldered must not be forgotten.
    for word, field in (("INT1", "wake"), ("battery", "battery")):
        assert (word in pins) == (getattr(profile, field) is not None)


@harnesses
def test_data_and_clock_reach_the_chip(path: Path):
    harness = yaml.safe_load(path.read_text(encoding="utf-8"))
    to_chip = [link for link in harness["connections"] if "CHIP" in link[-1] and link[0].keys() & {"XIAO", "CPU"}]
    pairs = {
        (str(ours).split()[-2] if "GPIO" in str(ours) else str(ours), str(theirs))
        for link in to_chip
        for ours, theirs in zip(next(iter(link[0].values())), next(iter(link[-1].values())), strict=True)
    }

    assert {("SDA", "SDA"), ("SCL", "SCL")} <= pairs
    if _processor(path)["type"].startswith("Seeed"):
        assert {("INT1", "INT1"), ("GND", "GND")} <= pairs
        assert any(ours == "3V3" for ours, _ in pairs)


def test_every_harness_is_drawn(require_hardware_tools: None, tmp_path: Path):
    drawn = clips.draw_wiring(tmp_path)

    assert {path.stem for path in drawn} == {path.stem for path in _WIRING}
    for path, source in zip(drawn, _WIRING, strict=True):
        words = "".join(ElementTree.parse(path).getroot().itertext())
        for label in _processor(source)["pinlabels"]:
            assert str(label) in words


def test_a_harness_that_wireviz_refuses_is_one_line(
    require_hardware_tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "wiring").mkdir()
    broken = "connectors: {A: {pincount: 1}}\nconnections: [[{A: [7]}, B]]\n"
    (tmp_path / "wiring" / "broken.yml").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(clips, "HERE", tmp_path)

    with pytest.raises(clips.HardwareError, match="wireviz: "):
        clips.draw_wiring(tmp_path / "out")
