"""Tables of reps from elsewhere into the library and the library's reps out as such; and pairing the reps of two
devices that watched the same sets.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from bartracker import __version__
from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file
from bartracker.exchange.lifted import LiftedRep, LiftedSet
from bartracker.exchange.vendor_columns import ColumnMap
from bartracker.exchange.vendor_csv import read_lifted
from bartracker.history.file_copy import sha256_of
from bartracker.history.library import Library
from bartracker.history.values import Added, Athlete
from bartracker.results import EXERCISES
from bartracker.samples import FloatArray

_NEW_SET_S: Final = 180.0
"""A table tells when a visit began, not when each set did: sets are laid so far apart, in their order."""


def add_table(library: Library, path: Path, athlete: str, told: ColumnMap | None = None) -> Added:
    """Put another device's table of reps in; nothing is done where its content is in the library already.

    Its numbers are the other device's: they carry its name as their maker, have no stated uncertainty and cannot be
    made anew. Raises BartrackerError; then nothing was changed.
    """
    sha256 = sha256_of(checked_file(path))
    sets = read_lifted(path, told)
    for one in sets:
        if one.started_s is None:
            raise BartrackerError(str(path), "has no time column that tells when sets were done", "add one or name it")
        if one.exercise not in EXERCISES:
            raise BartrackerError(f"exercise {one.exercise!r}", "is not known", f"use {', '.join(EXERCISES)}")
    return library.put_table(path, sha256, athlete, maker_of(path), _starts(sets), partial(_put_sets, sets))


def maker_of(path: Path) -> str:
    """What stands as the maker of a table's numbers."""
    return f"{path.name}, read by bartracker {__version__}"


def _starts(sets: Sequence[LiftedSet]) -> list[float]:
    return sorted({one.started_s for one in sets if one.started_s is not None})


def _put_sets(
    sets: Sequence[LiftedSet],
    connection: sqlite3.Connection,
    analysis_id: int,
    athlete_id: int,
    session_at: dict[float, int],
) -> tuple[int, int]:
    """Rows of all sets; how many sets and reps."""
    place: dict[float, int] = {}
    for position, one in enumerate(sets, start=1):
        start = one.started_s or 0.0
        number = place[start] = place.get(start, -1) + 1
        at_s = start + number * _NEW_SET_S
        set_id = _put_set(connection, one, position, analysis_id, athlete_id, session_at[start], at_s)
        connection.executemany(
            "INSERT INTO rep (set_id, position, kind, mean_velocity_mps, peak_velocity_mps, rom_m, "
            "concentric_duration_s, time_to_peak_s, other_sigma, flags) "
            "VALUES (?, ?, 'full', ?, ?, ?, ?, NULL, '{}', '[]')",
            [
                (set_id, i, rep.mean_velocity_mps, rep.peak_velocity_mps, rep.rom_m, rep.concentric_duration_s)
                for i, rep in enumerate(one.reps, start=1)
            ],
        )
    return len(sets), sum(len(one.reps) for one in sets)


def _put_set(
    connection: sqlite3.Connection,
    one: LiftedSet,
    position: int,
    analysis_id: int,
    athlete_id: int,
    session_id: int,
    at_s: float,
) -> int:
    velocity = np.array([np.nan if rep.mean_velocity_mps is None else rep.mean_velocity_mps for rep in one.reps])
    known = velocity[np.isfinite(velocity) & (velocity > 0)]
    enough = len(known) >= 2
    row = connection.execute(
        "INSERT INTO lift_set (analysis_id, session_id, athlete_id, position, started_s, exercise, "
        "exercise_confidence, load_kg, rest_before_s, rpe, full_reps, partial_reps, failed_reps, mean_velocity_mps, "
        "best_mean_velocity_mps, velocity_loss_from_best, velocity_loss_from_first, rom_m, peak_velocity_mps, "
        "concentric_duration_s, sticking_reps, velocity_zones, sigma, flags) "
        "VALUES (?, ?, ?, ?, ?, ?, 1.0, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, 0, '{}', '{}', '[]') RETURNING id",
        (
            analysis_id,
            session_id,
            athlete_id,
            position,
            at_s,
            one.exercise,
            one.load_kg,
            one.rest_s,
            one.rpe,
            len(one.reps),
            float(known.mean()) if len(known) else None,
            float(known.max()) if len(known) else None,
            float(1.0 - known[-1] / known.max()) if enough else None,
            float(1.0 - known[-1] / known[0]) if enough else None,
            _mean([rep.rom_m for rep in one.reps]),
            _mean([rep.peak_velocity_mps for rep in one.reps]),
            _mean([rep.concentric_duration_s for rep in one.reps]),
        ),
    ).fetchone()
    return int(row[0])


def lifted_sets(library: Library, athlete: Athlete, exercise: str | None = None) -> list[LiftedSet]:
    """The full reps of a person (of one lift, or all) as a table knows them, in order of time."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT lift_set.id AS set_id, exercise, load_kg, session_id, session.started_s AS visit_s, rest_before_s, "
            "coalesce(lift_set.rpe, (SELECT value FROM note WHERE set_id = lift_set.id AND kind = 'rpe')) AS rpe, "
            "rep.mean_velocity_mps, rep.peak_velocity_mps, rep.rom_m, rep.concentric_duration_s, rep.velocity_curve "
            "FROM lift_set JOIN session ON session.id = session_id JOIN rep ON rep.set_id = lift_set.id "
            "WHERE lift_set.athlete_id = ? AND (? IS NULL OR exercise = ?) AND kind = 'full' "
            "ORDER BY visit_s, session_id, lift_set.started_s, lift_set.id, rep.position",
            (athlete.id, exercise, exercise),
        ).fetchall()
    heads: dict[int, sqlite3.Row] = {}
    reps: dict[int, list[LiftedRep]] = {}
    for row in rows:
        heads.setdefault(row["set_id"], row)
        reps.setdefault(row["set_id"], []).append(
            LiftedRep(
                row["mean_velocity_mps"],
                row["peak_velocity_mps"],
                row["rom_m"],
                row["concentric_duration_s"],
                _peak_share(row["velocity_curve"]),
            )
        )
    days: dict[int, int] = {}
    return [
        LiftedSet(
            head["exercise"],
            head["exercise"],
            head["load_kg"],
            head["visit_s"],
            days.setdefault(head["session_id"], len(days)),
            head["rpe"],
            "",
            tuple(reps[number]),
            head["rest_before_s"],
        )
        for number, head in heads.items()
    ]


def _peak_share(raw: bytes | None) -> float | None:
    """Share of the range gained when the velocity peaks."""
    if raw is None:
        return None
    from bartracker.history.rows import curve_of

    curve = np.maximum(curve_of(raw), 0.0)
    height = np.concatenate(([0.0], np.cumsum((curve[1:] + curve[:-1]) / 2)))
    return float(height[int(np.argmax(curve))] / height[-1]) if height[-1] > 0 else None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Numbers of the same reps by two devices, (N,) each, and sets of the other device that found no partner."""

    ours: FloatArray
    theirs: FloatArray
    sets: int
    alone: int


def pair_reps(ours: Sequence[LiftedSet], theirs: Sequence[LiftedSet], number: str = "mean_velocity_mps") -> Pairs:
    """Pair sets of one lift, load and date (UTC) in their order, and their reps where both counted as many."""
    waiting: dict[tuple[str, float, str], list[LiftedSet]] = {}
    for one in ours:
        waiting.setdefault(_key(one), []).append(one)
    pairs: list[tuple[float, float]] = []
    sets = alone = 0
    for other in theirs:
        candidates = waiting.get(_key(other), [])
        one = next((each for each in candidates if len(each.reps) == len(other.reps)), None)
        if one is None:
            alone += 1
            continue
        # Whatever came before the partner has been passed by.
        del candidates[: candidates.index(one) + 1]
        sets += 1
        for mine, yours in zip(one.reps, other.reps, strict=True):
            a, b = getattr(mine, number), getattr(yours, number)
            if a is not None and b is not None:
                pairs.append((float(a), float(b)))
    columns = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return Pairs(columns[:, 0], columns[:, 1], sets, alone)


def _key(one: LiftedSet) -> tuple[str, float, str]:
    day = "" if one.started_s is None else datetime.fromtimestamp(one.started_s, UTC).date().isoformat()
    return one.exercise, round(one.load_kg or 0.0, 1), day


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
