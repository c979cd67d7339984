"""A calibration that goes with the sensor: made on one computer, used on another; through firmware, radio and command
line.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from bartracker.calibration.sensor_block import decode_block
from bartracker.cli.program import run
from bartracker.exchange import calibration_folder, read
from bartracker.exchange.calibration_json import read_calibration
from bartracker.links import sim_link
from bartracker.links.sim_link import SimLink

DEMO = str(Path(__file__).parents[1] / "recordings" / "demo_squat.btr")
LIFT = "sim://deadlift?reps=1&seed=4&rate_hz=100&memory="


class FastSim(SimLink):
    """The virtual sensor as fast as this computer can, and the same each time."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, virtual_time=True, **options)


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of calibrations of a computer that has seen no sensor yet."""
    folder = tmp_path / "this computer"
    monkeypatch.setattr(calibration_folder, "folder", lambda: folder)
    monkeypatch.setattr(sim_link, "SimLink", FastSim)
    return folder


def lifted(path: Path, memory: Path) -> dict[str, object] | None:
    assert run(["live", f"{LIFT}{memory}", "--headless", "--record", str(path)]) == 0
    parameters = read(path).calibration_parameters
    return None if parameters is None else dict(parameters)


def test_it_goes_with_the_sensor(
    computer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = tmp_path / "memory.json"
    uri = f"sim://calibrate?user=hasty&seed=4&rate_hz=100&memory={memory}"
    assert run(["calibrate", uri, "--latitude", "45.5", "--headless"]) == 0
    assert "the sensor keeps it too, for other computers" in capsys.readouterr().out
    (file,) = computer.iterdir()
    here = read_calibration(file)
    block = bytes.fromhex(json.loads(memory.read_text())["bartracker/calibration"][1:])
    there = decode_block(block, "memory")
    assert np.array_equal(there.acc_bias_mps2, here.acc_bias_mps2.astype(np.float32))
    assert (there.sensor_id, there.made_utc, there.chip) == (here.sensor_id, here.made_utc, here.chip)

    # Equally old: the one here has all digits.
    parameters = lifted(tmp_path / "here.btr", memory)
    assert parameters is not None
    assert parameters["acc_bias_mps2"] == here.acc_bias_mps2.tolist()
    assert "as the sensor itself" not in capsys.readouterr().err

    # Another computer has nothing but the sensor.
    other = tmp_path / "other computer"
    monkeypatch.setattr(calibration_folder, "folder", lambda: other)
    parameters = lifted(tmp_path / "other.btr", memory)
    assert parameters is not None
    assert parameters["acc_bias_mps2"] == there.acc_bias_mps2.tolist()
    assert "as the sensor itself has kept" in capsys.readouterr().err
    assert run(["check", "calibration", f"sim://rest?seed=4&rate_hz=100&memory={memory}"]) == 0
    assert "good" in capsys.readouterr().out
    rest = f"sim://rest?seed=4&rate_hz=100&memory={memory}"
    assert run(["calibrate", rest, "--show"]) == 0
    said = capsys.readouterr().out
    assert "here: none" in said
    assert f"in the sensor: made {here.made_utc}" in said

    # Its own computer forgets it, the sensor too.
    monkeypatch.setattr(calibration_folder, "folder", lambda: computer)
    assert run(["calibrate", rest, "--forget"]) == 0
    assert "keeps no calibration now" in capsys.readouterr().out
    assert run(["calibrate", rest, "--show"]) == 1
    assert lifted(tmp_path / "none.btr", memory) is None


def test_a_damaged_one_is_said_and_not_used(computer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = tmp_path / "memory.json"
    memory.write_text(json.dumps({"bartracker/calibration": "b" + bytes(1380).hex()}))
    assert lifted(tmp_path / "set.btr", memory) is None
    assert "the calibration it kept was damaged and is not used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["calibrate", "x.btr", "--show", "--forget"], 2, "give one of them"),
        (
            ["calibrate", DEMO, "--show"],
            2,
            "is a recording",
        ),
    ],
)
def test_wrong_use_is_one_line(args: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args) == code
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_a_memory_that_is_none_is_one_line(computer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = tmp_path / "memory.json"
    memory.write_text("[1]")
    assert run(["calibrate", f"sim://rest?memory={memory}", "--show"]) == 1
    assert "is no virtual sensor's memory" in capsys.readouterr().err
