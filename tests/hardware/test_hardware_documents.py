"""Guide, parts list and budget agree with the models, the firmware and each other."""

import csv
import re
import shlex
from pathlib import Path

import pytest

import budget
from budget import SENSORS, PowerSettings, battery_table, cell_current_ma, life_h, modes, read_currents
from clips import CARGOES

_ROOT = Path(__file__).resolve().parents[2]
_HARDWARE = _ROOT / "hardware"
_GUIDE = (_HARDWARE / "README.md").read_text(encoding="utf-8")
_LINKS = re.findall(r"\]\(([^)#]+)\)", _GUIDE)
_BOARDS = {"xiao_esp32s3", "xiao_esp32c6", "m5sticks3", "m5stickc_plus2", "atoms3r"}


def _rows(name: str) -> list[dict[str, str]]:
    with (_HARDWARE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.mark.parametrize("link", sorted(set(_LINKS)))
def test_what_the_guide_links_to_is_there(link: str):
    assert (_HARDWARE / link).exists()


def test_every_picture_is_shown_and_small():
    pictures = sorted((_HARDWARE / "pictures").iterdir())

    assert {f"pictures/{path.name}" for path in pictures} == {link for link in _LINKS if link.startswith("pictures/")}
    assert max(path.stat().st_size for path in pictures) < 100_000


def test_the_guide_names_every_clip_and_the_main_page_links_to_it():
    assert all(f"`{cargo}`" in _GUIDE for cargo in CARGOES)
    assert "hardware/README.md" in (_ROOT / "README.md").read_text(encoding="utf-8")


def test_the_parts_list_is_whole():
    rows = _rows("bom.csv")

    assert set(rows[0]) == {"for", "item", "quantity", "unit", "part_number", "maker", "alternatives", "evidence"}
    for row in rows:
        assert None not in row
        assert row["item"]
        assert set(row["for"].split()) <= _BOARDS | {"all"}
        assert float(row["quantity"]) > 0
        assert row["unit"] in ("piece", "m", "g")
        # A number that can be ordered says where it was found; what has none has no maker either.
        assert not row["part_number"] or row["evidence"] or row["part_number"].startswith("ISO")
        assert row["part_number"] or not row["maker"]
    for board in _BOARDS:
        assert any(board in row["for"].split() and row["part_number"] for row in rows)


def test_every_current_has_bounds_and_a_source():
    rows = _rows("currents.csv")

    assert len({row["item"] for row in rows}) == len(rows)
    for row in rows:
        assert 0 <= float(row["low_ma"]) <= float(row["high_ma"])
        assert row["source"]


def test_the_budget_stands_in_its_page():
    assert battery_table() in (_HARDWARE / "budget.md").read_text(encoding="utf-8")


def test_the_boards_of_budget_and_firmware_are_the_same():
    assert {sensor.cargo for sensor in SENSORS} == set(CARGOES)
    assert {board.split("_esp")[0] for board in _BOARDS} == set(CARGOES)


def test_a_current_worked_out_by_hand():
    sensor = next(sensor for sensor in SENSORS if sensor.title == "XIAO ESP32S3, LSM6DSOX")
    settings = PowerSettings()
    mode = next(mode for mode in modes(settings) if mode.name == "streams at 416 Hz")

    current = cell_current_ma(sensor, mode, read_currents(), settings)

    # 416 / 19 packets of 2.08 ms a second, 33 events of 0.5 ms, a quarter of them sending.
    sending = 416 / 19 * 0.00208 + 0.0005 / 0.03 / 4
    low = 32.9 + 0.1 * (51.2 - 32.9) + sending * (193 - 32.9) + 0.0005 / 0.03 * (93 - 32.9) + 0.55 + 0.008
    high = 47.6 + 0.5 * (65.9 - 47.6) + sending * (193 - 47.6) + (1 - sending) * (93 - 47.6) + 0.55 + 1.5 + 0.01
    assert (current.low, current.high) == pytest.approx((low, high))
    assert life_h(sensor, current, settings).high == pytest.approx(350 * 0.85 / low)


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.title)
def test_more_to_do_drains_the_cell_faster(sensor: budget.Sensor):
    settings, currents = PowerSettings(), read_currents()
    lives = [life_h(sensor, cell_current_ma(sensor, mode, currents, settings), settings) for mode in modes(settings)]

    assert [life.high for life in lives] == sorted((life.high for life in lives), reverse=True)
    assert all(0 < life.low < life.high for life in lives)


def test_one_command_builds_it_and_ci_brings_the_tools():
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^hardware:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    assert "hardware/clips.py" in recipe[1]
    assert [".ci/hardware-tools"] in [
        shlex.split(line)[-1:] for line in (_ROOT / ".ci" / "run").read_text().splitlines() if line
    ]
