"""Golden libraries: tests/golden/library_vN.sql must open and read identically forever, whatever becomes of the tables.

`python tests/golden/test_library_golden.py` (with host/ and tests/support on the path) writes the one of this version;
it refuses to overwrite.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from gym_diary import DAY_S, MONDAY_S, one_set, put

from bartracker.exchange import analysis_to_dict
from bartracker.history import Library, tables
from bartracker.history.places import DATABASE
from bartracker.history.schema import APPLICATION_ID, STEPS, VERSION, migrate

FOLDER = Path(__file__).parent
OPENBARBELL = (
    "Exercise,Set,Rep,Weight,Metric,Workout Start Time,Avg Velocity (m/s)\n"
    "Squat,1,1,100,kg,2026-03-20 17:00:00,0.61\nSquat,1,2,100,kg,2026-03-20 17:00:00,0.57\n"
)


def _described(library: Library) -> dict[str, Any]:
    """Everything a library tells; floats keep all their bits."""
    found: dict[str, Any] = {"athletes": [asdict(person) for person in library.athletes()]}
    for person in library.athletes():
        found[f"sessions of {person.id}"] = [asdict(one) for one in tables.sessions(library, person.id)]
        for exercise in tables.exercises(library, person.id):
            page = tables.sets(library, person.id, exercise)
            columns = {name: getattr(page, name).tolist() for name in page.__slots__}
            curves = tables.curves(library, person.id, exercise)
            found[f"{exercise} of {person.id}"] = {
                "sets": {name: [None if x != x else x for x in column] for name, column in columns.items()},
                "curves": curves.curve_mps.tolist(),
                "mvt": tables.own_mvt_mps(library, person.id, exercise),
                "plan": [list(week) for week in tables.planned_weeks(library, person.id, exercise)],
                "made by": [list(maker) for maker in tables.makers(library, person.id, exercise)],
            }
    rows = library.database.connection.execute("SELECT id FROM source WHERE kind = 'recording' ORDER BY id")
    found["analyses"] = [analysis_to_dict(library.analysis(row["id"])) for row in rows.fetchall()]
    return json.loads(json.dumps(found))


def _lost(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where `found` is not what was expected; keys that formats have gained since may be there, and say nothing."""
    if isinstance(expected, dict) and isinstance(found, dict):
        new = [f"{where}.{name}" for name in found if name not in expected and found[name] not in (None, [], {}, "")]
        missing = [f"{where}.{name}" for name in expected if name not in found]
        both = [name for name in expected if name in found]
        return [
            *new,
            *missing,
            *(each for name in both for each in _lost(expected[name], found[name], f"{where}.{name}")),
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [each for place, (one, other) in pairs for each in _lost(one, other, f"{where}[{place}]")]
    return [] if expected == found else [f"{where}: {expected!r}, now {found!r}"]


def _restored(version: int, folder: Path) -> Path:
    folder.mkdir()
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript((FOLDER / f"library_v{version}.sql").read_text(encoding="utf-8"))
    return folder


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_every_past_version_opens_and_reads_the_same(version: int, tmp_path: Path) -> None:
    with Library(_restored(version, tmp_path / "library")) as library:
        expected = json.loads((FOLDER / f"library_v{version}.json").read_text(encoding="utf-8"))
        assert _lost(expected, _described(library)) == []
        assert library.database.connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
        assert library.database.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert put(library, tmp_path, at_s=MONDAY_S + 50 * DAY_S).reps == 5


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_released_step_makes_the_tables_it_always_made(version: int, tmp_path: Path) -> None:
    def made(connection: sqlite3.Connection) -> list[tuple[str, str]]:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name")
        return [(str(row[0]), " ".join(str(row[1]).split())) for row in rows.fetchall()]

    with (
        closing(sqlite3.connect(_restored(version, tmp_path / "l") / DATABASE)) as old,
        closing(sqlite3.connect(":memory:")) as new,
    ):
        migrate(new, "memory", STEPS[:version])
        assert made(new) == made(old)


def _write() -> None:
    sql, told = FOLDER / f"library_v{VERSION}.sql", FOLDER / f"library_v{VERSION}.json"
    if sql.exists() or told.exists():
        sys.exit(f"{sql} is there already and stays as it is")
    from bartracker.history.foreign import add_table

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with Library(folder / "library", now_s=lambda: MONDAY_S + 30 * DAY_S) as library:
            session = put(library, folder, one_set(100.0), one_set(60.0, 1.4, index=2)).session_ids[0]
            put(library, folder, one_set(None, 0.9, "bench"), athlete="Béa", at_s=MONDAY_S + DAY_S)
            library.note(session, "sleep", "7.5")
            library.note(session, "rpe", "8", set_number=1)
            library.note(session, "text", "belt")
            library.set_own_mvt(1, "squat", 0.31)
            library.plan_week(1, "squat", "2026-03-09", 105.0, 25)
            (folder / "openbarbell.csv").write_text(OPENBARBELL)
            add_table(library, folder / "openbarbell.csv", "Anna")
            described = _described(library)
        with closing(sqlite3.connect(folder / "library" / DATABASE)) as connection:
            dump = "\n".join(connection.iterdump())
    pragmas = f"PRAGMA user_version = {VERSION};\nPRAGMA application_id = {APPLICATION_ID};\n"
    sql.write_text(f"{dump}\n{pragmas}", encoding="utf-8")
    told.write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
