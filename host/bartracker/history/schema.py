"""The tables, version by version. A step once released never changes: later versions add steps. Each step brings a
database of one version to the next within one transaction.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from bartracker.errors import BartrackerError

APPLICATION_ID: Final = 0x62745F68
"""Stands in the file's header, so that another program's database is never taken for a library."""

Step: TypeAlias = Callable[[sqlite3.Connection], None]

_V1: Final = """
CREATE TABLE athlete (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_utc TEXT NOT NULL
) STRICT;
CREATE INDEX athlete_by_name ON athlete (name_key);
CREATE TABLE own_mvt (
    athlete_id INTEGER NOT NULL REFERENCES athlete ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    mvt_mps REAL NOT NULL,
    PRIMARY KEY (athlete_id, exercise)
) STRICT;
CREATE TABLE sensor (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    athlete_id INTEGER NOT NULL REFERENCES athlete ON DELETE CASCADE,
    started_s REAL NOT NULL,
    time_doubt TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX session_by_athlete ON session (athlete_id, started_s);
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    athlete_id INTEGER NOT NULL REFERENCES athlete ON DELETE CASCADE,
    session_id INTEGER REFERENCES session ON DELETE SET NULL,
    kind TEXT NOT NULL CHECK (kind IN ('recording', 'table')),
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    file TEXT,
    bytes INTEGER NOT NULL,
    added_utc TEXT NOT NULL,
    started_s REAL NOT NULL,
    sensor_id INTEGER REFERENCES sensor,
    told_exercise TEXT,
    told_load_kg REAL
) STRICT;
CREATE INDEX source_by_athlete ON source (athlete_id);
CREATE TABLE analysis (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL UNIQUE REFERENCES source ON DELETE CASCADE,
    made_by TEXT NOT NULL,
    made_utc TEXT NOT NULL,
    sample_rate_hz REAL NOT NULL,
    gaps TEXT NOT NULL,
    notices TEXT NOT NULL
) STRICT;
CREATE TABLE lift_set (
    id INTEGER PRIMARY KEY,
    analysis_id INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    session_id INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    athlete_id INTEGER NOT NULL REFERENCES athlete ON DELETE CASCADE,
    position INTEGER NOT NULL,
    started_s REAL NOT NULL,
    exercise TEXT NOT NULL,
    exercise_confidence REAL NOT NULL,
    lift_order TEXT,
    load_kg REAL,
    start_s REAL,
    end_s REAL,
    rest_before_s REAL,
    rpe REAL,
    full_reps INTEGER NOT NULL,
    partial_reps INTEGER NOT NULL,
    failed_reps INTEGER NOT NULL,
    mean_velocity_mps REAL,
    best_mean_velocity_mps REAL,
    best_sigma_mps REAL,
    rom_m REAL,
    velocity_loss_from_best REAL,
    velocity_loss_from_first REAL,
    drift_trend_m REAL,
    peak_velocity_mps REAL,
    concentric_duration_s REAL,
    eccentric_duration_s REAL,
    mean_power_w REAL,
    time_under_tension_s REAL,
    duration_s REAL,
    rest_between_reps_s REAL,
    mean_velocity_cv REAL,
    rom_cv REAL,
    velocity_consistency_mps REAL,
    path_consistency_m REAL,
    sensor_turn_range_rad REAL,
    smoothness_sparc REAL,
    sticking_reps INTEGER NOT NULL,
    sticking_height_share REAL,
    velocity_zones TEXT NOT NULL,
    sigma TEXT NOT NULL,
    flags TEXT NOT NULL,
    more TEXT NOT NULL DEFAULT '{}',
    UNIQUE (analysis_id, position)
) STRICT;
CREATE INDEX set_by_athlete ON lift_set (athlete_id, exercise, started_s);
CREATE INDEX set_counts ON lift_set (athlete_id, started_s, full_reps, partial_reps, failed_reps);
CREATE INDEX set_by_session ON lift_set (session_id, started_s);
CREATE TABLE rep (
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES lift_set ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    start_s REAL,
    turn_s REAL,
    end_s REAL,
    concentric_start_s REAL,
    concentric_end_s REAL,
    eccentric_start_s REAL,
    eccentric_end_s REAL,
    concentric_duration_s REAL,
    eccentric_duration_s REAL,
    turn_pause_s REAL,
    bottom_pause_s REAL,
    top_pause_s REAL,
    mean_velocity_mps REAL,
    mean_propulsive_velocity_mps REAL,
    peak_velocity_mps REAL,
    time_to_peak_s REAL,
    rom_m REAL,
    horizontal_deviation_m REAL,
    horizontal_drift_m REAL,
    announced_s REAL,
    tempo TEXT,
    velocity_zone TEXT,
    sticking INTEGER,
    sticking_start_s REAL,
    sticking_lowest_s REAL,
    sticking_end_s REAL,
    sticking_velocity_mps REAL,
    sticking_height_share REAL,
    eccentric_mean_velocity_mps REAL,
    eccentric_peak_velocity_mps REAL,
    eccentric_rom_m REAL,
    time_under_tension_s REAL,
    pause_stillness_mps REAL,
    isometric_hold_s REAL,
    smoothness_sparc REAL,
    mean_force_n REAL,
    peak_force_n REAL,
    mean_power_w REAL,
    peak_power_w REAL,
    bar_tilt_rad REAL,
    bar_rotation_rad REAL,
    start_turn_rad REAL,
    concentric_start_s_sigma REAL,
    concentric_end_s_sigma REAL,
    concentric_duration_s_sigma REAL,
    mean_velocity_mps_sigma REAL,
    mean_propulsive_velocity_mps_sigma REAL,
    peak_velocity_mps_sigma REAL,
    time_to_peak_s_sigma REAL,
    rom_m_sigma REAL,
    horizontal_deviation_m_sigma REAL,
    horizontal_drift_m_sigma REAL,
    eccentric_start_s_sigma REAL,
    eccentric_end_s_sigma REAL,
    eccentric_duration_s_sigma REAL,
    eccentric_mean_velocity_mps_sigma REAL,
    eccentric_peak_velocity_mps_sigma REAL,
    eccentric_rom_m_sigma REAL,
    pause_stillness_mps_sigma REAL,
    turn_pause_s_sigma REAL,
    isometric_hold_s_sigma REAL,
    time_under_tension_s_sigma REAL,
    mean_force_n_sigma REAL,
    peak_force_n_sigma REAL,
    mean_power_w_sigma REAL,
    peak_power_w_sigma REAL,
    bar_tilt_rad_sigma REAL,
    bar_rotation_rad_sigma REAL,
    start_turn_rad_sigma REAL,
    other_sigma TEXT NOT NULL,
    more TEXT NOT NULL DEFAULT '{}',
    flags TEXT NOT NULL,
    velocity_curve BLOB,
    UNIQUE (set_id, position)
) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    set_id INTEGER REFERENCES lift_set ON DELETE SET NULL,
    kind TEXT NOT NULL,
    value REAL,
    text TEXT NOT NULL DEFAULT '',
    written_utc TEXT NOT NULL
) STRICT;
CREATE INDEX note_by_session ON note (session_id);
CREATE TABLE planned_week (
    athlete_id INTEGER NOT NULL REFERENCES athlete ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    week_start TEXT NOT NULL,
    load_kg REAL NOT NULL,
    reps INTEGER NOT NULL,
    PRIMARY KEY (athlete_id, exercise, week_start)
) STRICT;
"""


def _to_1(connection: sqlite3.Connection) -> None:
    for statement in _V1.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def _to_2(connection: sqlite3.Connection) -> None:
    """A person's corrections of a recording, as bartracker.edits/1 lists them."""
    connection.execute("ALTER TABLE source ADD COLUMN edits TEXT NOT NULL DEFAULT '[]'")


STEPS: Final[tuple[Step, ...]] = (_to_1, _to_2)
VERSION: Final = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in a database; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def application_of(connection: sqlite3.Connection) -> int:
    """The program that a database says it belongs to; 0 where it says nothing."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def migrate(connection: sqlite3.Connection, given: str, steps: Sequence[Step] = STEPS) -> None:
    """Bring a database to the newest version; the caller holds a write transaction, so all or nothing is done.

    Raises:
        BartrackerError: it is another program's, or newer than this program.
    """
    version = version_of(connection)
    application = application_of(connection)
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application != APPLICATION_ID and (application or version or tables):
        raise BartrackerError(given, "is another program's database, not a bartracker library", "name another folder")
    if version > len(steps):
        raise BartrackerError(
            given,
            f"was written by a newer bartracker (library version {version}, this one knows {len(steps)})",
            "update bartracker; nothing was changed",
        )
    for number, step in enumerate(steps[version:], start=version + 1):
        step(connection)
        connection.execute(f"PRAGMA user_version = {number}")
    if application != APPLICATION_ID:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
