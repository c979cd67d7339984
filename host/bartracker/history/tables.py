"""Pages of numbers out of the library as columns. One query each, over an index; nothing is computed but what SQL
groups.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.history.library import Library
from bartracker.history.rows import curve_of
from bartracker.history.values import CURVE_POINTS, Session
from bartracker.samples import FloatArray, IntArray

_SESSIONS: Final = """
SELECT session.id, session.athlete_id, session.started_s, time_doubt,
    coalesce(group_concat(DISTINCT exercise), '') AS exercises, count(lift_set.id) AS sets,
    coalesce(sum(full_reps + partial_reps + failed_reps), 0) AS reps,
    coalesce(sum(load_kg * full_reps), 0.0) AS volume_kg
FROM session LEFT JOIN lift_set ON lift_set.session_id = session.id
WHERE session.athlete_id = ? GROUP BY session.id ORDER BY session.started_s DESC LIMIT ?
"""
_COLUMNS: Final = (
    "started_s",
    "load_kg",
    "mean_velocity_mps",
    "best_mean_velocity_mps",
    "best_sigma_mps",
    "velocity_loss_from_best",
    "time_under_tension_s",
    "concentric_duration_s",
    "eccentric_duration_s",
    "rom_m",
    "smoothness_sparc",
    "sticking_height_share",
    "mean_velocity_cv",
    "peak_velocity_mps",
    "rest_before_s",
)
_COUNTS: Final = ("id", "session_id", "full_reps", "partial_reps", "failed_reps", "sticking_reps")


@dataclass(frozen=True, slots=True)
class SetTable:
    """Sets of one lift of one lifter in order of time, all columns (N,); NaN is not known. Names as in SetSummary;
    `started_s` is s since 1970, smoothness and sticking height are means over the set's full reps.
    """

    id: IntArray
    session_id: IntArray
    full_reps: IntArray
    partial_reps: IntArray
    failed_reps: IntArray
    sticking_reps: IntArray
    started_s: FloatArray
    load_kg: FloatArray
    mean_velocity_mps: FloatArray
    best_mean_velocity_mps: FloatArray
    best_sigma_mps: FloatArray
    velocity_loss_from_best: FloatArray
    time_under_tension_s: FloatArray
    concentric_duration_s: FloatArray
    eccentric_duration_s: FloatArray
    rom_m: FloatArray
    smoothness_sparc: FloatArray
    sticking_height_share: FloatArray
    mean_velocity_cv: FloatArray
    peak_velocity_mps: FloatArray
    rest_before_s: FloatArray

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class CurveTable:
    """Velocity curves of full reps in order of time: set_id (N,), load_kg (N,), curve_mps (N, CURVE_POINTS)."""

    set_id: IntArray
    load_kg: FloatArray
    curve_mps: FloatArray


def sessions(library: Library, athlete_id: int, most: int = 100) -> list[Session]:
    """The latest visits of a person, newest first, with their notes."""
    with library.database.reading() as connection:
        rows = connection.execute(_SESSIONS, (athlete_id, most)).fetchall()
        notes = connection.execute(
            "SELECT session_id, kind, value, text FROM note WHERE set_id IS NULL AND session_id IN "
            "(SELECT id FROM session WHERE athlete_id = ?)",
            (athlete_id,),
        ).fetchall()
    numbers: dict[int, dict[str, float]] = {}
    texts: dict[int, list[str]] = {}
    for note in notes:
        if note["value"] is None:
            texts.setdefault(note["session_id"], []).append(note["text"])
        else:
            numbers.setdefault(note["session_id"], {})[note["kind"]] = note["value"]
    return [
        Session(
            **{name: row[name] for name in row.keys() if name != "exercises"},  # noqa: SIM118 a Row iterates values
            exercises=tuple(filter(None, row["exercises"].split(","))),
            notes=numbers.get(row["id"], {}),
            texts=tuple(texts.get(row["id"], ())),
        )
        for row in rows
    ]


def noted(library: Library, athlete_id: int) -> dict[int, dict[str, float]]:
    """Numbers noted of a person's visits as a whole: by session, then kind."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT session_id, kind, value FROM note JOIN session ON session.id = session_id "
            "WHERE athlete_id = ? AND set_id IS NULL AND value IS NOT NULL",
            (athlete_id,),
        ).fetchall()
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row["session_id"], {})[row["kind"]] = row["value"]
    return found


def exercises(library: Library, athlete_id: int) -> list[str]:
    """The lifts of a person, those with most sets first."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT exercise FROM lift_set WHERE athlete_id = ? GROUP BY exercise ORDER BY count(*) DESC", (athlete_id,)
        ).fetchall()
    return [row["exercise"] for row in rows]


def sets(library: Library, athlete_id: int, exercise: str) -> SetTable:
    """All sets of one lift of a person."""
    with library.database.reading() as connection:
        connection.row_factory = None
        try:
            rows = connection.execute(
                f"SELECT {', '.join((*_COUNTS, *_COLUMNS))} FROM lift_set "
                "WHERE athlete_id = ? AND exercise = ? ORDER BY started_s, id",
                (athlete_id, exercise),
            ).fetchall()
        finally:
            connection.row_factory = sqlite3.Row
    columns: list[tuple[object, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len((*_COUNTS, *_COLUMNS))
    whole = [np.array(column, dtype=np.int64) for column in columns[: len(_COUNTS)]]
    real = [np.array(column, dtype=np.float64) for column in columns[len(_COUNTS) :]]
    return SetTable(
        **dict(zip(_COUNTS, whole, strict=True)),
        **dict(zip(_COLUMNS, real, strict=True)),
    )


def curves(library: Library, athlete_id: int, exercise: str, since_s: float = 0.0, most: int = 3000) -> CurveTable:
    """The latest velocity curves of full reps since a time."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT set_id, load_kg, velocity_curve FROM lift_set JOIN rep ON set_id = lift_set.id "
            "WHERE athlete_id = ? AND exercise = ? AND started_s >= ? AND kind = 'full' "
            "AND velocity_curve IS NOT NULL ORDER BY started_s DESC, rep.position DESC LIMIT ?",
            (athlete_id, exercise, since_s, most),
        ).fetchall()[::-1]
    curve = curve_of(b"".join(row["velocity_curve"] for row in rows)).reshape(len(rows), CURVE_POINTS)
    loads = np.array([np.nan if row["load_kg"] is None else row["load_kg"] for row in rows], dtype=np.float64)
    return CurveTable(np.array([row["set_id"] for row in rows], dtype=np.int64), loads, curve)


def own_mvt_mps(library: Library, athlete_id: int, exercise: str) -> float | None:
    """The lifter's own minimal velocity threshold, m/s, where one was kept."""
    with library.database.reading() as connection:
        row = connection.execute(
            "SELECT mvt_mps FROM own_mvt WHERE athlete_id = ? AND exercise = ?", (athlete_id, exercise)
        ).fetchone()
    return None if row is None else float(row["mvt_mps"])


def planned_weeks(library: Library, athlete_id: int, exercise: str) -> list[tuple[str, float, int]]:
    """Planned weeks: Monday, heaviest load, kg, and full reps."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT week_start, load_kg, reps FROM planned_week WHERE athlete_id = ? AND exercise = ? ORDER BY 1",
            (athlete_id, exercise),
        ).fetchall()
    return [(row["week_start"], row["load_kg"], row["reps"]) for row in rows]


def makers(library: Library, athlete_id: int, exercise: str) -> list[tuple[str, int]]:
    """The versions that made the numbers of a lift, and how many sets each."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT made_by, count(*) AS sets FROM lift_set JOIN analysis ON analysis.id = analysis_id "
            "WHERE athlete_id = ? AND exercise = ? GROUP BY made_by ORDER BY 2 DESC",
            (athlete_id, exercise),
        ).fetchall()
    return [(row["made_by"], row["sets"]) for row in rows]
