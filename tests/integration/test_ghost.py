"""`--ghost`: the rep to lift against, found in a recording or in the library, as the window asks its surroundings."""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import bartracker
from bartracker.cli.options import Asked, parse_asked
from bartracker.cli.program import run
from bartracker.cli.watching import Watching
from bartracker.edit_files import edits_path, write_edits
from bartracker.errors import BartrackerError
from bartracker.results import RepSet
from bartracker.session_edits import Edit
from bartracker.ui.side_view import facing, side_paths

RECORDED = Path(__file__).parents[1] / "recordings"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("BARTRACKER_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.chdir(tmp_path)


def watching(ghost: str | None, asked: Asked | None = None) -> Watching:
    return Watching("sim://squat", asked or parse_asked(None, None), None, None, ghost=ghost)


@cache
def squats() -> RepSet:
    return bartracker.analyze(bartracker.read(RECORDED / "demo_squat.btr")).sets[0]


def test_the_fastest_rep_of_a_recording_with_its_path() -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    found = squats()
    fastest = max(found.reps, key=lambda rep: rep.mean_velocity_mps or 0.0)
    ghost = watching("monday.btr").ghost()
    assert ghost is not None
    assert ghost.rep == fastest
    assert ghost.origin == f"set 1 rep {fastest.index} of monday.btr"
    assert ghost.trace.t_s[0] == pytest.approx(fastest.concentric_start_s, abs=0.02)
    assert fastest.rom_m is not None
    assert ghost.trace.path_w_m[-1, 2] == pytest.approx(fastest.rom_m, abs=0.01)


def test_what_was_corrected_is_no_ghost() -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    first, second = sorted(squats().reps, key=lambda rep: -(rep.mean_velocity_mps or 0.0))[:2]
    write_edits(
        (Edit("delete-rep", 0.5 * (first.concentric_start_s + first.concentric_end_s)),), edits_path(Path("monday.btr"))
    )
    ghost = watching("monday.btr").ghost()
    assert ghost is not None
    assert ghost.rep.concentric_start_s == second.concentric_start_s


def test_the_best_of_the_library_at_this_load() -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    assert run(["history", "add", "monday.btr", "--athlete", "Anna", "--at", "2026-03-02T17:30"]) == 0
    fastest = max(squats().reps, key=lambda rep: rep.mean_velocity_mps or 0.0)
    load_kg = squats().load_kg
    ghost = watching("best", parse_asked("squat", f"{load_kg}")).ghost()
    assert ghost is not None
    assert ghost.rep == fastest
    assert ghost.origin == f"set 1 rep {fastest.index} of 2026-03-02"
    with pytest.raises(BartrackerError, match=r"Anna: has no recorded rep of squat at 30 kg"):
        watching("best", parse_asked("squat", "30")).ghost()


def test_a_recording_that_was_deleted_from_the_library_is_passed_over(tmp_path: Path) -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    assert run(["history", "add", "monday.btr", "--athlete", "Anna"]) == 0
    for kept in (tmp_path / "library" / "recordings").rglob("*.btr"):
        kept.unlink()
    with pytest.raises(BartrackerError, match="no recorded rep"):
        watching("best", parse_asked("squat", f"{squats().load_kg}")).ghost()


def test_an_empty_library_is_said() -> None:
    with pytest.raises(BartrackerError, match="the library: is empty"):
        watching("best", parse_asked("squat", "100")).ghost()


def test_a_recording_without_a_full_rep_is_said() -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    write_edits(
        tuple(Edit("delete-rep", 0.5 * (rep.concentric_start_s + rep.concentric_end_s)) for rep in squats().reps),
        edits_path(Path("monday.btr")),
    )
    with pytest.raises(BartrackerError, match=r"monday\.btr: has no full rep to lift against"):
        watching("monday.btr").ghost()


def test_nobody_asked() -> None:
    assert watching(None).ghost() is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ghost", "nowhere.btr"], "--ghost nowhere.btr: there is no such file; give a recording, or best"),
        (["--ghost", "best"], "--ghost best: needs to know the lift; give --exercise and --load too"),
        (["--ghost", "best", "--view", "terminal"], "--ghost best: is not shown in the terminal; use --view window"),
        (["--ghost", "best", "--exercise", "squat", "--load", "100", "--headless"], "contradict each other"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["live", "sim://squat", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_ghost_faces_the_way_of_the_set() -> None:
    shutil.copy(RECORDED / "demo_squat.btr", "monday.btr")
    ghost = watching("monday.btr").ghost()
    assert ghost is not None
    (path,) = side_paths([ghost.trace])
    turned = facing(path, facing(path, None))
    assert np.array_equal(turned.sideways_cm, path.sideways_cm)
    mirrored = replace(path, sideways_cm=-path.sideways_cm)
    assert np.array_equal(facing(path, mirrored).sideways_cm, mirrored.sideways_cm)
