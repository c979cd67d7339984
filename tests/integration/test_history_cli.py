"""`bartracker history` from end to end: real recordings through the real pipeline, pages, tables of others, errors."""

import io
import json
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from diary_of_a_year import write_year
from gym_diary import DAY_S, MONDAY_S, one_set, put

import bartracker
from bartracker.cli.program import run
from bartracker.history import Library, analysing
from bartracker.history.pages import lift_page
from bartracker.history.reanalysis import due, reanalyse
from bartracker.sim.training_year import YearSettings, train_a_year

RECORDED = Path(__file__).parents[2] / "tests" / "recordings" / "row_failed.btr"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("BARTRACKER_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Standard output of `bartracker history ARGUMENTS`; errors are one line each."""
    assert run(["history", *arguments]) == code
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    return streams.out + streams.err


@pytest.fixture
def year(tmp_path: Path) -> None:
    """A third of a year of Anna's squats, with her sleep."""
    with Library(tmp_path / "library") as library:
        anna = library.add_athlete("Anna <b>Berg")
        lifted = train_a_year("squat", 5, YearSettings(days=120))
        write_year(library, anna.id, lifted, "squat", MONDAY_S - 120 * DAY_S, sleep=True)


def test_a_recording_is_kept_with_the_numbers_of_analyze_and_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(RECORDED, "set.btr")
    assert "does not say who lifted" in said(capsys, "add", "set.btr", code=1)
    text = said(capsys, "add", "set.btr", "--athlete", "Anna", "--at", "2026-03-02T17:30")
    assert "-> Anna (#1), session 1" in text
    assert "is in the library already (set.btr of Anna, 2026-03-02); nothing was changed" in said(
        capsys, "add", "set.btr", "--athlete", "Anna"
    )
    with Library(tmp_path / "library") as library:
        found = bartracker.analyze(bartracker.read("set.btr"))
        assert library.analysis(1) == found
        assert due(library) == []
        curves = library.database.connection.execute("SELECT length(velocity_curve) FROM rep").fetchall()
        reps = len(found.sets[0].reps)
        assert reps > 3
        assert f"set.btr: 1 sets, {reps} reps" in text
        assert [row[0] for row in curves] == [64] * reps
        library.note(1, "rpe", "8", set_number=1)
        # As an older version would have left it: another maker, a wrong number, a rep too many.
        library.database.connection.execute("UPDATE analysis SET made_by = 'bartracker 0.0.1'")
        library.database.connection.execute("UPDATE rep SET mean_velocity_mps = mean_velocity_mps + 0.1")
        library.database.connection.execute("DELETE FROM rep WHERE position = 2")
    [change] = json.loads(said(capsys, "reanalyze", "--json"))["changes"]
    assert (change["reps_before"], change["reps_after"], change["reps_same"]) == (reps - 1, reps, reps - 1)
    assert change["mean_velocity_rms_mps"] == pytest.approx(0.1)
    assert (change["old_maker"], change["new_maker"]) == ("bartracker 0.0.1", analysing.made_by())
    assert "0 recordings made anew" in said(capsys, "reanalyze")
    with Library(tmp_path / "library") as library:
        assert library.analysis(1) == found
        note = library.database.connection.execute("SELECT set_id FROM note").fetchone()
        assert note[0] == library.database.connection.execute("SELECT id FROM lift_set").fetchone()[0]


def test_a_deleted_recording_keeps_its_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Library(tmp_path / "library") as library:
        put(library, tmp_path)
        for path in (tmp_path / "library" / "recordings").rglob("*.btr"):
            path.unlink()
    text = said(capsys, "reanalyze", code=1)
    assert "this recording was deleted; its numbers stay as they are" in text
    with Library(tmp_path / "library") as library:
        assert library.athletes()[0].reps == 5
        # Content that is no recording is told like any other fault and changes nothing either.
        put(library, tmp_path, at_s=MONDAY_S + DAY_S)
        [_, broken] = reanalyse(library, due(library))
        assert broken.problem
        assert library.athletes()[0].reps == 10


def test_pages_of_a_year(year: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Anna <b>Berg" in said(capsys, "athletes")
    assert "Squat" in said(capsys, "sessions", "--most", "3")
    text = said(capsys, "profile")
    assert "estimated 1RM" in text
    assert "± 0.06 between lifters" in text
    assert "visits, days with more sleep" in text or "sleep and velocity did not go together" in text
    assert "Pareja-Blanco" in text
    page = json.loads(said(capsys, "profile", "--json"))
    assert page["schema"] == "bartracker.lift/1"
    low, high = page["strength"]["interval_kg"][-1]
    assert low < page["strength"]["e1rm_kg"][-1] < high
    kept = said(capsys, "profile", "--mvt", "0.28")
    assert "mean velocity at 1RM 0.28 m/s, the lifter's own" in kept
    assert "the lifter's own" in said(capsys, "profile")
    said(capsys, "plan", "2026-02-02", "400", "10", "--exercise", "squat")
    assert "week of 2026-02-02: missed" in said(capsys, "profile")


class _Page(HTMLParser):
    """Collects what a page asks of the network, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.skipif(find_spec("jinja2") is None, reason="the extra `reports` (jinja2) is not installed")
def test_report_is_one_page_with_the_numbers_of_the_profile(
    year: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "-> anna.html" in said(capsys, "report", "--output", "anna.html")
    html = Path("anna.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)
    assert page.asked == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "b" not in page.tags
    assert "Anna <b>Berg" in page.words
    assert html.count("<svg") == 6
    headline = next(line for line in said(capsys, "profile").splitlines() if line.startswith("estimated 1RM"))
    assert headline in page.words
    for svg in html.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")


def test_openbarbell_table_goes_out_and_comes_back(
    year: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "export", "--openbarbell", "out.csv")
    assert "is in the library already" not in said(capsys, "add", "out.csv", "--table", "--athlete", "Copy")
    assert "is in the library already" in said(capsys, "add", "out.csv", "--table", "--athlete", "Copy")
    with Library(tmp_path / "library") as library:
        anna, copy = library.athletes()
        assert (copy.sessions, copy.sets, copy.reps) == (anna.sessions, anna.sets, anna.reps)
        ours, theirs = (lift_page(library, person, "squat") for person in (anna, copy))
        assert ours.table.load_kg.tolist() == theirs.table.load_kg.tolist()
        assert theirs.table.best_mean_velocity_mps == pytest.approx(ours.table.best_mean_velocity_mps, abs=0.0006)
        assert "out.csv" in theirs.makers[0][0]
    # The same reps by "another device": no bias beyond rounding.
    result = json.loads(said_out(capsys, "compare", "out.csv", "--athlete", "#1", "--json", "--plot", "ba.svg"))
    assert result["agreement"]["pairs"] == len(Path("out.csv").read_text().splitlines()) - 1
    assert abs(result["agreement"]["bias"]) < 0.001
    assert ElementTree.parse("ba.svg").getroot().tag.endswith("svg")


def said_out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["history", *arguments]) == 0
    return capsys.readouterr().out


def test_backup_export_and_erasure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(tmp_path / "library") as library:
        put(library, tmp_path, one_set(60.0, 1.2), replace(one_set(100.0), index=2))
        put(library, tmp_path, athlete="Bea")
    assert "(2 recordings)" in said(capsys, "backup", "copy")
    assert "(1 recordings)" in said(capsys, "export", "--athlete", "Anna", "--everything", "anna")
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert "was not erased" in said(capsys, "erase", "Anna", code=1)
    assert "erased Anna (#1): 1 sessions, 10 reps, 1 recordings" in said(capsys, "erase", "Anna", "--yes")
    assert "Anna" not in said(capsys, "athletes")
    shutil.rmtree("library")
    shutil.copytree("copy", "library")
    assert "Anna" in said(capsys, "athletes")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["profile"], 1, "the library: is empty"),
        (["profile", "--athlete", "Zoe"], 1, "not in the library"),
        (["add", "none.btr", "--athlete", "A"], 1, "there is no such file"),
        (["add", "x.btr", "--at", "noon"], 2, "is no time"),
        (["add", "x.csv", "--table"], 2, "give --athlete"),
        (["add", "x.csv", "--columns", "c.toml"], 2, "add --table"),
        (["plan", "2026-03-03", "100", "5", "--exercise", "squat"], 2, "Monday"),
        (["note", "1", "sleep", "8"], 1, "not in the library"),
        (["export"], 2, "nothing to write"),
        (["compare", "none.csv"], 1, "there is no such file"),
        (["compare", "none.csv", "--number", "colour"], 2, "mean_velocity"),
        (["profile", "--zone", "fast"], 2, "is no zone"),
        (["athletes", "--library", "file"], 1, "not a folder"),
        ([], 2, ""),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("x")
    assert run(["history", *arguments]) == code
    streams = capsys.readouterr()
    assert words in streams.err
    assert len(streams.err.splitlines()) <= 1
