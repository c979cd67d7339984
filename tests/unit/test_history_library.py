"""The library: what goes in comes out, nothing is half done, and whatever is wrong is one clear line."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gym_diary import DAY_S, MONDAY_S, analysed, one_set, put

from bartracker.errors import BartrackerError
from bartracker.history import Library
from bartracker.history.analysing import made_by
from bartracker.history.database import DatabaseSettings
from bartracker.history.keeping import back_up, erase_person, export_person
from bartracker.history.places import DATABASE
from bartracker.history.rows import curve_of
from bartracker.history.schema import STEPS, VERSION, migrate, version_of
from bartracker.history.session_time import recording_time
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.results import Rep

NOW_S = MONDAY_S + 30 * DAY_S


@pytest.fixture
def library(tmp_path: Path):
    with Library(tmp_path / "library", now_s=lambda: NOW_S) as opened:
        yield opened


def count(library: Library, table: str) -> int:
    return int(library.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_an_analysis_comes_out_as_it_went_in(library: Library, tmp_path: Path) -> None:
    sets = (one_set(60.0, 1.2), one_set(None, 0.8, "bench", index=2))
    added = put(library, tmp_path, *sets)
    assert (added.sets, added.reps, added.twin) == (2, 10, "")
    assert library.analysis(added.source_id) == analysed(*sets).analysis
    raw = library.database.connection.execute("SELECT velocity_curve FROM rep WHERE position = 3").fetchone()[0]
    assert np.max(np.abs(curve_of(raw) - 3 * np.sin(np.linspace(0.0, np.pi, 32)))) <= 0.0005
    kept = list((tmp_path / "library" / "recordings").rglob("*.btr"))
    assert [path.read_bytes() for path in kept] == [f"not a recording: Anna_{MONDAY_S:.0f}.btr".encode()]


def test_numbers_that_have_no_column_yet_are_kept_too(library: Library, tmp_path: Path) -> None:
    columns = {row["name"] for row in library.database.connection.execute("PRAGMA table_info(rep)")}
    newer = {name: 0.25 for name in Rep.__slots__ if name not in columns | {"index", "sigma"}}
    whole = one_set()
    reps = (replace(whole.reps[0], **newer, sigma={"mean_velocity_mps": 0.01, "of_tomorrow": 0.5}), *whole.reps[1:])
    added = put(library, tmp_path, replace(whole, reps=reps))
    assert library.analysis(added.source_id).sets[0].reps == reps


def test_the_same_content_is_put_in_once_under_any_name(library: Library, tmp_path: Path) -> None:
    first = put(library, tmp_path)
    again = put(library, tmp_path)
    assert again.source_id == first.source_id
    assert again.twin == f"Anna_{MONDAY_S:.0f}.btr of Anna, 2026-03-02"
    assert (count(library, "source"), count(library, "rep")) == (1, 5)
    copy = tmp_path / "renamed.btr"
    shutil.copy(tmp_path / f"Anna_{MONDAY_S:.0f}.btr", copy)
    assert library.add_recording(copy, "Bea").twin.startswith("Anna_")
    assert [athlete.name for athlete in library.athletes()] == ["Anna"]


def test_recordings_of_one_visit_are_one_session(library: Library, tmp_path: Path) -> None:
    later = put(library, tmp_path, at_s=MONDAY_S + 3600.0)
    earlier = put(library, tmp_path, at_s=MONDAY_S)
    next_day = put(library, tmp_path, at_s=MONDAY_S + DAY_S)
    other = put(library, tmp_path, at_s=MONDAY_S, athlete="Bea")
    assert later.session_ids == earlier.session_ids
    assert len({*later.session_ids, *next_day.session_ids, *other.session_ids}) == 3
    started = library.database.connection.execute("SELECT started_s FROM session WHERE id = ?", later.session_ids)
    assert started.fetchone()[0] == MONDAY_S


def test_two_athletes_of_one_name_are_told_apart_by_number(library: Library, tmp_path: Path) -> None:
    first = library.add_athlete("Anna  Berg")
    assert library.athlete("anna berg").id == first.id
    second = library.add_athlete("ANNA BERG")
    with pytest.raises(BartrackerError, match=rf"2 people; name one by number: '#{first.id}' or '#{second.id}'"):
        library.athlete("Anna Berg")
    with pytest.raises(BartrackerError, match="2 people"):
        put(library, tmp_path, athlete="Anna Berg")
    assert (count(library, "source"), list((tmp_path / "library").rglob("*.btr"))) == (0, [])
    put(library, tmp_path, athlete=f"#{second.id}")
    assert [athlete.sets for athlete in library.athletes()] == [0, 1]
    for nobody in ("Zoe", "#99", "#-1", "#"):
        with pytest.raises(BartrackerError, match="not in the library"):
            library.athlete(nobody)
    for bad in ("", "   ", "#7", "x" * 101, "a\x1bb"):
        with pytest.raises(BartrackerError, match="is no name"):
            library.add_athlete(bad)


def test_notes_are_checked_and_a_number_is_replaced(library: Library, tmp_path: Path) -> None:
    session = put(library, tmp_path).session_ids[0]
    library.note(session, "sleep", "7,5")
    library.note(session, "sleep", "8")
    library.note(session, "rpe", "9", set_number=1)
    library.note(session, "text", "left knee taped")
    rows = library.database.connection.execute("SELECT kind, value, set_id, text FROM note ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        ("sleep", 8.0, None, ""),
        ("rpe", 9.0, 1, ""),
        ("text", None, None, "left knee taped"),
    ]
    for arguments, words in (
        ((session, "sleep", "30"), "0 to 24"),
        ((session, "sleep", "nan"), "0 to 24"),
        ((session, "mood", "1"), "sleep, caffeine"),
        ((session, "rpe", "5", 2), "it has 1 sets"),
        ((99, "sleep", "8"), "not in the library"),
    ):
        with pytest.raises(BartrackerError, match=words):
            library.note(*arguments)


@pytest.mark.parametrize(
    ("said", "told", "doubt"),
    [
        ("2026-03-02T17:00:00+00:00", None, ""),
        ("2026-03-02T17:00:00", None, ""),
        (None, None, "no time is recorded"),
        ("yesterday", None, "no time is recorded"),
        ("1970-01-01T00:01:00Z", None, "had not been set"),
        ("2031-01-01T00:00:00Z", None, "in the future"),
        ("1970-01-01T00:01:00Z", MONDAY_S, ""),
    ],
)
def test_times_that_cannot_be_are_kept_with_a_doubt(said: str | None, told: float | None, doubt: str) -> None:
    recording = Recording(RecordingMetadata(started_utc=said), (), 100.0)
    started = recording_time(recording, told, MONDAY_S, NOW_S)
    assert doubt in started.doubt
    assert bool(started.doubt) == bool(doubt) == bool(started.remarks)
    if not doubt or said is None:
        assert started.at_s == MONDAY_S


def test_a_clock_set_back_is_said(tmp_path: Path) -> None:
    with Library(tmp_path / "l", now_s=lambda: NOW_S) as library:
        assert not any("set back" in remark for remark in put(library, tmp_path).remarks)
    with Library(tmp_path / "l", now_s=lambda: NOW_S - DAY_S) as library:
        added = put(library, tmp_path, at_s=MONDAY_S + DAY_S)
        assert any("clock was set back" in remark for remark in added.remarks)
        assert count(library, "source") == 2


def test_a_full_disk_changes_nothing(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path)
    pages = library.database.connection.execute("PRAGMA page_count").fetchone()[0]
    library.database.connection.execute(f"PRAGMA max_page_count = {pages}")
    sets = [one_set(index=index) for index in range(1, 60)]
    with pytest.raises(BartrackerError, match="the disk is full; make room and try again; nothing was changed"):
        put(library, tmp_path, *sets, at_s=MONDAY_S + DAY_S)
    assert (count(library, "source"), count(library, "session"), count(library, "rep")) == (1, 1, 5)
    assert len(list((tmp_path / "library" / "recordings").rglob("*.*"))) == 1
    library.database.connection.execute("PRAGMA max_page_count = 1000000")
    assert put(library, tmp_path, *sets, at_s=MONDAY_S + DAY_S).sets == 59


def test_a_file_that_cannot_be_copied_leaves_no_rows(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BartrackerError, match="the disk is full"):
        put(library, tmp_path)
    assert (count(library, "athlete"), count(library, "source")) == (0, 0)
    assert [path for path in (tmp_path / "library" / "recordings").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello " * 2000, "is damaged or no library"),
        ("newer", "newer bartracker .library version 99"),
        ("foreign", "another program's database"),
        ("foreign version", "another program's database"),
    ],
)
def test_what_is_no_library_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes | str, words: str) -> None:
    folder = tmp_path / "library"
    with Library(folder):
        pass
    file = folder / DATABASE
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.unlink()
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
            if content == "newer":
                other.execute("PRAGMA application_id = 0x62745F68")
                other.execute("PRAGMA user_version = 99")
            if content == "foreign version":
                other.execute(f"PRAGMA user_version = {VERSION}")
            other.commit()
    before = file.read_bytes()
    with pytest.raises(BartrackerError, match=words):
        Library(folder)
    assert file.read_bytes() == before


def test_a_library_damaged_inside_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with Library(folder) as library:
        for day in range(20):
            put(library, tmp_path, at_s=MONDAY_S + day * DAY_S)
    raw = bytearray((folder / DATABASE).read_bytes())
    raw[4096 * 3 :] = b"\xff" * (len(raw) - 4096 * 3)
    (folder / DATABASE).write_bytes(raw)

    def use_it() -> None:
        with Library(folder) as library:
            library.athletes()
            back_up(library, tmp_path / "copy")

    with pytest.raises(BartrackerError, match=r"damaged.*backup"):
        use_it()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    with Library(tmp_path / "l") as library:
        put(library, tmp_path)
        connection = library.database.connection

        def adds(each: sqlite3.Connection) -> None:
            each.execute("ALTER TABLE rep ADD COLUMN extra REAL")

        def breaks(each: sqlite3.Connection) -> None:
            each.execute("DELETE FROM rep")
            raise sqlite3.OperationalError("no such thing")

        with pytest.raises(BartrackerError), library.database.writing():
            migrate(connection, "l", (*STEPS, adds, breaks))
        assert (version_of(connection), count(library, "rep")) == (VERSION, 5)
        with library.database.writing():
            migrate(connection, "l", (*STEPS, adds))
        assert version_of(connection) == VERSION + 1
        assert count(library, "rep WHERE extra IS NULL") == 5


def test_backup_copied_back_is_the_library(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path)
    assert back_up(library, tmp_path / "backup").recordings == 1
    put(library, tmp_path, at_s=MONDAY_S + DAY_S)
    assert back_up(library, tmp_path / "backup").recordings == 2
    assert not list((tmp_path / "backup").glob("*-wal"))
    restored = tmp_path / "restored"
    shutil.copytree(tmp_path / "backup", restored)
    with Library(restored) as copy:
        assert copy.athletes() == library.athletes()
        assert [copy.analysis(number) for number in (1, 2)] == [library.analysis(number) for number in (1, 2)]
    with pytest.raises(BartrackerError, match="is the library itself"):
        back_up(library, library.folder)
    with pytest.raises(BartrackerError, match="holds other things"):
        back_up(library, tmp_path)


def test_backup_names_recordings_that_were_deleted(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path)
    for path in (tmp_path / "library" / "recordings").rglob("*.btr"):
        path.unlink()
    result = back_up(library, tmp_path / "backup")
    assert (result.recordings, len(result.missing)) == (0, 1)


def test_a_person_is_exported_whole_and_erased_without_a_trace(library: Library, tmp_path: Path) -> None:
    session = put(library, tmp_path, athlete="Xantippe Quux").session_ids[0]
    library.note(session, "text", "secretnote")
    put(library, tmp_path, athlete="Bea", at_s=MONDAY_S + DAY_S)
    person = library.athlete("xantippe quux")
    library.set_own_mvt(person.id, "squat", 0.31)
    exported = export_person(library, person, tmp_path / "export")
    assert exported.recordings == 1
    text = (tmp_path / "export" / "person.json").read_text()
    assert all(word in text for word in ("Xantippe Quux", "secretnote", "0.31", '"made_by": "test 1"'))
    assert "Bea" not in text
    assert len((tmp_path / "export" / "reps.csv").read_text().splitlines()) == 6
    assert len(list((tmp_path / "export" / "recordings").rglob("*.btr"))) == 1
    with pytest.raises(BartrackerError, match="is there already"):
        export_person(library, person, tmp_path / "export")

    erased = erase_person(library, person)
    assert (erased.recordings, erased.clean) == (1, True)
    assert [athlete.name for athlete in library.athletes()] == ["Bea"]
    assert (count(library, "source"), count(library, "rep"), count(library, "note")) == (1, 5, 0)
    everything = b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
    assert b"Xantippe" not in everything
    assert b"secretnote" not in everything
    assert b"Bea_" in everything


def test_erasure_beside_an_open_reader_is_told_and_finished_when_it_closes(tmp_path: Path) -> None:
    with Library(tmp_path / "l", DatabaseSettings(busy_s=0.1)) as library:
        put(library, tmp_path, athlete="Xantippe Quux")
        reader = Library(tmp_path / "l")
        with reader.database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM rep").fetchone()[0] == 5
            assert not erase_person(library, library.athlete("Xantippe Quux")).clean
            assert connection.execute("SELECT count(*) FROM rep").fetchone()[0] == 5
        reader.close()
        assert library.athletes() == []
    everything = b"".join(path.read_bytes() for path in (tmp_path / "l").rglob("*") if path.is_file())
    assert b"Xantippe" not in everything


def test_the_maker_names_the_code(library: Library) -> None:
    assert made_by().startswith("bartracker 0.")
    assert len(made_by().split()[-1]) == 12
