"""Corrections beside a recording: every command that finds its reps applies them by one rule and says so."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from bartracker.api import analyze
from bartracker.cli.program import run
from bartracker.edit_files import edits_path, write_edits
from bartracker.exchange import read
from bartracker.history import Library, tables
from bartracker.history.reanalysis import due, reanalyse
from bartracker.session_edits import Edit

SET = Path(__file__).parents[1] / "recordings" / "bench_touch_and_go.btr"
LOAD_KG = 142.5


@pytest.fixture(scope="module")
def as_found():
    return analyze(read(SET))


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_found) -> Path:
    """A set with its second rep deleted, another load, and Ben from its fourth rep on."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("BARTRACKER_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)
    path = Path("set.btr")
    shutil.copy(SET, path)
    second, fourth = (as_found.sets[0].reps[number] for number in (1, 3))
    middle = [0.5 * (rep.concentric_start_s + rep.concentric_end_s) for rep in (second, fourth)]
    edits = (
        Edit("delete-rep", middle[0]),
        Edit("load", middle[1], value=LOAD_KG),
        Edit("split-here", middle[1]),
        Edit("athlete", middle[1], "Ben"),
        Edit("delete-rep", 9999.0),
    )
    write_edits(edits, edits_path(path))
    return path


def checked(document: dict) -> None:
    assert [len(each["reps"]) for each in document["sets"]] == [2, 2]
    assert [each["load_kg"] for each in document["sets"]] == [LOAD_KG] * 2
    assert [each.get("athlete") for each in document["sets"]] == [None, "Ben"]
    assert len(document["edits"]) == 5


SAID = "5 corrections of set.edits.json applied, 1 of them fit nothing that was found; --without-edits leaves them out"


def test_analyze_export_and_replay_apply_them_alike(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = {
        "analyzed.json": ["analyze", "set.btr", "--json", "analyzed.json"],
        "exported.json": ["export", "set.btr", "--analysis", "exported.json", "--reps", "reps.csv"],
        "replayed.json": ["replay", "set.btr", "--headless", "--json", "replayed.json"],
        "shown.json": ["live", "file://set.btr", "--headless", "--json", "shown.json"],
    }
    for command in commands.values():
        assert run(command) == 0
        assert f"set.btr: {SAID}" in capsys.readouterr().err
    texts = [Path(name).read_text() for name in commands]
    assert texts[1:] == texts[:1] * 3
    checked(json.loads(texts[0]))
    with Path("reps.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["set_index"], row["rep_index"], row["athlete"]) for row in rows] == [
        ("1", "1", ""),
        ("1", "2", ""),
        ("2", "1", "Ben"),
        ("2", "2", "Ben"),
    ]


def test_without_edits_everything_is_as_found(recording: Path, as_found, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["analyze", "set.btr", "--json", "a.json", "--without-edits"],
        ["replay", "set.btr", "--headless", "--json", "b.json", "--without-edits"],
    ):
        assert run(command) == 0
        assert "corrections" not in capsys.readouterr().err
    assert Path("a.json").read_text() == Path("b.json").read_text()
    document = json.loads(Path("a.json").read_text())
    assert "edits" not in document
    assert [len(each["reps"]) for each in document["sets"]] == [len(as_found.sets[0].reps)]
    assert run(["analyze", "set.btr", "--as-live", "--json", "d.json"]) == 0
    assert "edits" not in json.loads(Path("d.json").read_text()), "announced numbers know nothing of what came later"


def test_damaged_corrections_are_one_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("set.edits.json").write_text("{")
    assert run(["analyze", "set.btr"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "set.edits.json: is damaged or no JSON" in line


def test_the_library_keeps_them_gives_each_athlete_their_sets_and_makes_them_anew(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reps() -> dict[str, int]:
        return {person.name: person.reps for person in library.athletes()}

    def added(*more: str) -> str:
        assert run(["history", "add", "set.btr", "--athlete", "Anna", *more]) == 0
        streams = capsys.readouterr()
        return streams.out + streams.err

    with Library(tmp_path / "library") as library:
        text = added()
        assert "5 corrections of set.edits.json applied" in text
        assert "1 of its sets is Ben's" in text
        assert reps() == {"Anna": 2, "Ben": 2}
        ben = library.athlete("Ben")
        assert tables.sets(library, ben.id, "bench").load_kg.tolist() == [LOAD_KG]
        assert len(tables.curves(library, ben.id, "bench").curve_mps) == 2
        assert "nothing was changed" in added()

        [change] = reanalyse(library, due(library, everything=True))
        assert (change.problem, change.reps_before, change.reps_after, change.reps_same) == ("", 4, 4, 4)
        assert reps() == {"Anna": 2, "Ben": 2}

        write_edits((Edit("athlete", 0.0, "Cleo"),), edits_path(recording))
        assert "its corrections were taken over: 1 sets, 5 reps" in added()
        assert reps() == {"Anna": 0, "Ben": 0, "Cleo": 5}
        assert library.athlete("Ben").sessions == 0
        Path("set.edits.json").unlink()
        assert "nothing was changed" in added()
        assert "its corrections were taken over" in added("--without-edits")
        assert reps() == {"Anna": 5, "Ben": 0, "Cleo": 0}


def test_someone_who_was_erased_does_not_come_back_with_another_s_recording(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["history", "add", "set.btr", "--athlete", "Anna"]) == 0
    assert run(["history", "erase", "Ben", "--yes"]) == 0
    assert "1 recordings of others hold lifts of theirs, as samples without a name" in capsys.readouterr().err
    with Library(tmp_path / "library") as library:
        reanalyse(library, due(library, everything=True))
        assert {person.name: person.reps for person in library.athletes()} == {"Anna": 2}
    kept = b"".join(path.read_bytes() for path in (tmp_path / "library").rglob("*") if path.is_file())
    assert b"Ben" not in kept
    assert run(["history", "erase", "Anna", "--yes"]) == 0
