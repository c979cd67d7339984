"""Backup, a person's whole data out, and erasure. A backup is a folder that is a library: copying it back restores."""

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write, write_refusal
from bartracker.history.corrections import forget_name
from bartracker.history.database import refusal
from bartracker.history.file_copy import copied
from bartracker.history.library import Library
from bartracker.history.places import DATABASE, RECORDINGS
from bartracker.history.schema import APPLICATION_ID
from bartracker.history.values import Athlete

PERSON_SCHEMA = "bartracker.person/1"
_TABLES = {
    "own_mvt": "SELECT * FROM own_mvt WHERE athlete_id = ?",
    "session": "SELECT * FROM session WHERE athlete_id = ? ORDER BY started_s",
    "source": "SELECT * FROM source WHERE athlete_id = ? ORDER BY started_s",
    "analysis": "SELECT analysis.* FROM analysis JOIN source ON source.id = source_id WHERE athlete_id = ?",
    "lift_set": "SELECT * FROM lift_set WHERE athlete_id = ? ORDER BY started_s",
    "note": "SELECT note.* FROM note JOIN session ON session.id = session_id WHERE athlete_id = ?",
    "planned_week": "SELECT * FROM planned_week WHERE athlete_id = ?",
}
_REPS = (
    "SELECT rep.* FROM rep JOIN lift_set ON lift_set.id = set_id WHERE athlete_id = ? "
    "ORDER BY lift_set.started_s, rep.position"
)
_SETS_OF_OTHERS = (
    "SELECT count(*) FROM lift_set JOIN analysis ON analysis.id = analysis_id JOIN source ON source.id = source_id "
    "WHERE source.athlete_id = ? AND lift_set.athlete_id <> ?"
)


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup or export holds, and recordings that were not there to copy."""

    folder: Path
    recordings: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a person. `clean` is False where another program had the library open: its files then hold
    traces until that program closes it. `sets_of_others`: erased with the recordings they stood in. `shared`: other
    people's recordings in which lifts of theirs remain as samples, without a name.
    """

    athlete: Athlete
    recordings: int
    clean: bool
    sets_of_others: int = 0
    shared: int = 0


def back_up(library: Library, folder: Path) -> Copied:
    """Copy the library as it is now into `folder`, a new one or an older backup, whose recordings are not copied anew.

    Raises BartrackerError; an older backup's numbers then stay as they were.
    """
    target, part = folder / DATABASE, folder / f"{DATABASE}.part"
    if folder.resolve() == library.folder.resolve():
        raise BartrackerError(str(folder), "is the library itself", "name another folder")
    if folder.exists() and any(folder.iterdir()) and not _is_library(target):
        raise BartrackerError(str(folder), "holds other things", "name a new folder or an older backup")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as copy:
            library.database.connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            damage = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise BartrackerError(
                    str(library.folder), f"is damaged ({damage})", "the older backup was left as it is"
                )
            files = [row[0] for row in copy.execute("SELECT file FROM source WHERE file IS NOT NULL")]
        missing = _copy_recordings(library.folder, folder, files)
        part.replace(target)
        for rest in ("-wal", "-shm"):
            folder.joinpath(f"{DATABASE}{rest}").unlink(missing_ok=True)
    except OSError as error:
        raise write_refusal(str(folder), error) from None
    except sqlite3.Error as error:
        raise refusal(str(folder), error) from None
    finally:
        part.unlink(missing_ok=True)
    return Copied(folder, len(files) - len(missing), missing)


def export_person(library: Library, athlete: Athlete, folder: Path) -> Copied:
    """Everything the library holds of a person into a new folder: person.json, reps.csv and the recordings.

    Raises BartrackerError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BartrackerError(str(folder), "is there already", "name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with library.database.reading() as connection:
            tables = {
                name: [dict(row) for row in connection.execute(query, (athlete.id,))] for name, query in _TABLES.items()
            }
            person = {"schema": PERSON_SCHEMA, "athlete": {"id": athlete.id, "name": athlete.name}, **tables}
            with atomic_write(folder / "person.json") as stream:
                stream.write(json.dumps(person, indent=1, ensure_ascii=False).encode())
            _write_reps(connection, athlete.id, folder / "reps.csv")
        files = [str(source["file"]) for source in tables["source"] if source["file"]]
        missing = _copy_recordings(library.folder, folder, files)
    except OSError as error:
        raise write_refusal(str(folder), error) from None
    return Copied(folder, len(files) - len(missing), missing)


def erase_person(library: Library, athlete: Athlete) -> Erased:
    """Erase everything the library holds of a person, recordings too, and leave no trace of it in the files.

    Backups and exports are not touched. Raises BartrackerError.
    """
    with library.database.writing() as connection:
        rows = connection.execute("SELECT file FROM source WHERE athlete_id = ? AND file IS NOT NULL", (athlete.id,))
        files = [library.folder / row["file"] for row in rows.fetchall()]
        others = connection.execute(_SETS_OF_OTHERS, (athlete.id, athlete.id)).fetchone()[0]
        shared = forget_name(connection, athlete.id)
        connection.execute("DELETE FROM athlete WHERE id = ?", (athlete.id,))
        connection.execute("DELETE FROM sensor WHERE id NOT IN (SELECT sensor_id FROM source WHERE sensor_id NOTNULL)")
    with library.database.writing():
        # Under the lock no other process is between copying a recording and telling the library of it.
        sweep(library)
    return Erased(athlete, len(files), _shrink(library.database.connection), others, shared)


def _shrink(connection: sqlite3.Connection) -> bool:
    """Leave nothing of what was deleted in file and log; whether that could be done now."""
    try:
        connection.execute("VACUUM")
        return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    except sqlite3.Error:
        # Busy, or no room for the copy: the rows are gone and overwritten, the log goes when the last one closes it.
        return False


def rep_records(library: Library, athlete: Athlete, exercise: str | None = None) -> list[dict[str, object]]:
    """All reps of a person (of one lift, or all), one flat record each, with lift, load and start of their set."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT session_id, lift_set.started_s AS set_started_s, exercise, load_kg, rep.* FROM rep "
            "JOIN lift_set ON lift_set.id = set_id WHERE athlete_id = ? AND (? IS NULL OR exercise = ?) "
            "ORDER BY lift_set.started_s, lift_set.id, rep.position",
            (athlete.id, exercise, exercise),
        ).fetchall()
    return [{name: row[name] for name in row.keys() if name != "velocity_curve"} for row in rows]  # noqa: SIM118


def sweep(library: Library) -> int:
    """Delete kept recordings of which the library knows nothing; the caller holds the write lock. How many."""
    known = {row[0] for row in library.database.connection.execute("SELECT file FROM source WHERE file NOTNULL")}
    lost = [
        path
        for path in library.folder.joinpath(RECORDINGS).rglob("*")
        if path.is_file() and path.relative_to(library.folder).as_posix() not in known
    ]
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)


def _copy_recordings(source: Path, target: Path, files: list[str]) -> tuple[str, ...]:
    missing: list[str] = []
    for file in files:
        if source.joinpath(file).is_file():
            copied(source / file, target / file)
        else:
            missing.append(file)
    return tuple(missing)


def _write_reps(connection: sqlite3.Connection, athlete_id: int, path: Path) -> None:
    rows = connection.execute(_REPS, (athlete_id,))
    names = [str(column[0]) for column in rows.description if column[0] != "velocity_curve"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([row[name] for name in names] for row in rows)


def _is_library(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID
    except sqlite3.Error:
        return False
