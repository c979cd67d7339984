"""`live` and `record` with the virtual sensor: firmware, Bluetooth, pipeline and recording from the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bartracker.cli.program import run


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sensor")
    uri = "sim://deadlift?reps=2&seed=4&rate_hz=100&speed=2"
    code = run(["live", uri, "--headless", "--record", str(folder / "a.btr"), "--json", str(folder / "live.json")])
    assert code == 0
    return folder


def test_a_virtual_set_is_lifted_recorded_and_replayed_to_the_bit(lifted: Path) -> None:
    replayed = lifted / "replay.json"
    assert run(["replay", str(lifted / "a.btr"), "--headless", "--json", str(replayed)]) == 0
    assert replayed.read_bytes() == (lifted / "live.json").read_bytes()
    (found,) = json.loads(replayed.read_text())["sets"]
    assert found["exercise"] == "deadlift"
    assert [rep["kind"] for rep in found["reps"]] == ["full", "full"]


def test_the_recording_is_not_written_over(lifted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (lifted / "a.btr").read_bytes()
    assert run(["record", str(lifted / "a.btr"), "sim://squat?reps=1"]) == 1
    assert "already there" in capsys.readouterr().err
    assert (lifted / "a.btr").read_bytes() == before


def test_samples_are_accounted_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = "sim://row?reps=1&seed=2&rate_hz=100&loss=0.1&speed=2"
    assert run(["record", str(tmp_path / "b.btr"), uri, "--load", "60"]) == 0
    said = capsys.readouterr().err
    numbers = re.search(r"samples: (\d+) produced, (\d+) received, (\d+) lost", said)
    assert numbers is not None, said
    produced, received, lost = map(int, numbers.groups())
    assert produced == received + lost
    assert received > 1000
    # A tenth of the packets is lost on the way, and fetched again.
    assert lost < 0.02 * produced
    assert run(["analyze", str(tmp_path / "b.btr"), "--output", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "b.json").read_text())["sets"][0]["load_kg"] == 60


def test_the_program_ends_in_order_after_a_virtual_set() -> None:
    uri = "sim://squat?reps=1&seed=1&rate_hz=100&speed=2"
    command = [sys.executable, "-m", "bartracker", "live", uri, "--view", "terminal"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "rep 1" in done.stdout) == (0, True), done.stderr
