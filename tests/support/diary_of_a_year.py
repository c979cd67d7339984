"""A virtual lifter's year as a library holds it: rows straight into the tables, fast enough for hundreds of thousands
of reps. Numbers of a rep that the year does not tell are made up alike for all.
"""

import sqlite3
from collections.abc import Iterator

import numpy as np

from bartracker.history import Library
from bartracker.history.rows import PUT_REP, PUT_SET, rep_row, set_row
from bartracker.history.values import CURVE_POINTS
from bartracker.reps.summary import summarise
from bartracker.results import Exercise, Rep, RepSet
from bartracker.samples import FloatArray
from bartracker.sim.training_year import TrainingYear, YearSet

DAY_S = 86400.0
ROM_M = 0.6
SET_EVERY_S = 240.0
_SHAPE = np.sin(np.linspace(0.0, np.pi, CURVE_POINTS))


def rep_sets(year: TrainingYear, exercise: Exercise) -> Iterator[tuple[int, RepSet]]:
    """Day and set, numbered within the day from 1."""
    for one in year.sets:
        yield one.day, _rep_set(one, exercise)


def _rep_set(one: YearSet, exercise: Exercise) -> RepSet:
    reps: list[Rep] = []
    start = 5.0 + one.number * SET_EVERY_S
    for number, velocity in enumerate(one.velocity_mps.tolist(), start=1):
        up = ROM_M / max(velocity, 0.05)
        turn, end = start + 2.3, start + 2.3 + up
        reps.append(_rep(number, start, turn, end, max(velocity, 0.05), one.stated_sigma_mps))
        start = end + 1.5
    return RepSet(
        one.number + 1,
        exercise,
        1.0,
        "eccentric-first",
        one.load_kg,
        reps[0].start_s,
        reps[-1].end_s or start,
        summarise(reps, []),
        tuple(reps),
        rest_before_s=180.0 if one.number else None,
    )


def _rep(number: int, start: float, turn: float, end: float, velocity: float, sigma: float) -> Rep:
    return Rep(
        index=number,
        kind="full",
        start_s=start,
        turn_s=turn,
        end_s=end,
        concentric_start_s=turn,
        concentric_end_s=end,
        eccentric_start_s=start,
        eccentric_end_s=turn - 0.3,
        concentric_duration_s=end - turn,
        eccentric_duration_s=2.0,
        turn_pause_s=0.3,
        bottom_pause_s=0.3,
        top_pause_s=1.5,
        mean_velocity_mps=velocity,
        mean_propulsive_velocity_mps=1.05 * velocity,
        peak_velocity_mps=1.6 * velocity,
        time_to_peak_s=0.5 * (end - turn),
        rom_m=ROM_M,
        horizontal_deviation_m=0.03,
        horizontal_drift_m=0.02,
        announced_s=end + 0.2,
        sigma={"mean_velocity_mps": sigma, "rom_m": 0.012, "peak_velocity_mps": sigma},
        tempo="2-0-1-1",
        sticking=velocity < 0.45,
        sticking_height_share=0.4 if velocity < 0.45 else None,
        time_under_tension_s=end - start,
        smoothness_sparc=-1.45 - 0.2 * max(0.0, 0.6 - velocity),
        mean_power_w=500.0,
    )


def curve(rep: Rep, rng: np.random.Generator) -> FloatArray:
    """A velocity curve of the rep's own mean, a little different each time."""
    level = (rep.mean_velocity_mps or 0.0) / float(_SHAPE.mean())
    return level * _SHAPE * (1.0 + 0.03 * rng.normal(size=CURVE_POINTS))


def write_year(
    library: Library,
    athlete_id: int,
    year: TrainingYear,
    exercise: Exercise,
    first_day_s: float,
    *,
    sleep: bool = False,
    seed: int = 0,
) -> int:
    """Put a year into the library, a recording a day, in one transaction; how many reps."""
    rng = np.random.default_rng(seed)
    days: dict[int, list[RepSet]] = {}
    for day, one in rep_sets(year, exercise):
        days.setdefault(day, []).append(one)
    count = 0
    with library.database.writing() as connection:
        for day, sets in days.items():
            at_s = first_day_s + day * DAY_S
            row = connection.execute(
                "INSERT INTO session (athlete_id, started_s) VALUES (?, ?) RETURNING id", (athlete_id, at_s)
            )
            session_id = int(row.fetchone()[0])
            if sleep:
                connection.execute(
                    "INSERT INTO note (session_id, kind, value, written_utc) VALUES (?, 'sleep', ?, '')",
                    (session_id, float(year.sleep_h[day])),
                )
            name = f"{exercise}_{athlete_id}_{day}_{first_day_s:.0f}"
            row = connection.execute(
                "INSERT INTO source (athlete_id, session_id, kind, sha256, name, bytes, added_utc, started_s) "
                "VALUES (?, ?, 'recording', ?, ?, 0, '2020-01-01', ?) RETURNING id",
                (athlete_id, session_id, name, f"{name}.btr", at_s),
            )
            source_id = int(row.fetchone()[0])
            row = connection.execute(
                "INSERT INTO analysis (source_id, made_by, made_utc, sample_rate_hz, gaps, notices) "
                "VALUES (?, 'virtual year', '', 100.0, '[]', '[]') RETURNING id",
                (source_id,),
            )
            count += _write_sets(connection, int(row.fetchone()[0]), session_id, athlete_id, at_s, sets, rng)
    return count


def _write_sets(
    connection: sqlite3.Connection,
    analysis_id: int,
    session_id: int,
    athlete_id: int,
    at_s: float,
    sets: list[RepSet],
    rng: np.random.Generator,
) -> int:
    count = 0
    for one in sets:
        row = set_row(one, analysis_id, session_id, athlete_id, at_s + one.start_s)
        set_id = int(connection.execute(PUT_SET, row).fetchone()[0])
        connection.executemany(PUT_REP, [rep_row(rep, set_id, curve(rep, rng)) for rep in one.reps])
        count += len(one.reps)
    return count
