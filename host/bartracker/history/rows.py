"""Analyses as rows of the library's tables and back. What goes in comes out the same; curves are kept to 1 mm/s."""

import json
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, cast

import numpy as np

from bartracker.history.values import Analysed
from bartracker.results import Analysis, Flag, Rep, RepSet, SetSummary
from bartracker.samples import FloatArray, Gap

# Columns of library version 1, whatever fields results.py has by now: newer ones are kept in the column `more`.
_REP_PLAIN: Final = (
    "start_s",
    "turn_s",
    "end_s",
    "concentric_start_s",
    "concentric_end_s",
    "eccentric_start_s",
    "eccentric_end_s",
    "concentric_duration_s",
    "eccentric_duration_s",
    "turn_pause_s",
    "bottom_pause_s",
    "top_pause_s",
    "mean_velocity_mps",
    "mean_propulsive_velocity_mps",
    "peak_velocity_mps",
    "time_to_peak_s",
    "rom_m",
    "horizontal_deviation_m",
    "horizontal_drift_m",
    "announced_s",
    "tempo",
    "velocity_zone",
    "sticking",
    "sticking_start_s",
    "sticking_lowest_s",
    "sticking_end_s",
    "sticking_velocity_mps",
    "sticking_height_share",
    "eccentric_mean_velocity_mps",
    "eccentric_peak_velocity_mps",
    "eccentric_rom_m",
    "time_under_tension_s",
    "pause_stillness_mps",
    "isometric_hold_s",
    "smoothness_sparc",
    "mean_force_n",
    "peak_force_n",
    "mean_power_w",
    "peak_power_w",
    "bar_tilt_rad",
    "bar_rotation_rad",
    "start_turn_rad",
)
_REP_APART: Final = ("index", "kind", "sigma", "flags", *_REP_PLAIN)
SIGMA_COLUMNS: Final = (
    "concentric_start_s",
    "concentric_end_s",
    "concentric_duration_s",
    "mean_velocity_mps",
    "mean_propulsive_velocity_mps",
    "peak_velocity_mps",
    "time_to_peak_s",
    "rom_m",
    "horizontal_deviation_m",
    "horizontal_drift_m",
    "eccentric_start_s",
    "eccentric_end_s",
    "eccentric_duration_s",
    "eccentric_mean_velocity_mps",
    "eccentric_peak_velocity_mps",
    "eccentric_rom_m",
    "pause_stillness_mps",
    "turn_pause_s",
    "isometric_hold_s",
    "time_under_tension_s",
    "mean_force_n",
    "peak_force_n",
    "mean_power_w",
    "peak_power_w",
    "bar_tilt_rad",
    "bar_rotation_rad",
    "start_turn_rad",
)
_SUMMARY: Final = (
    "full_reps",
    "partial_reps",
    "failed_reps",
    "mean_velocity_mps",
    "best_mean_velocity_mps",
    "rom_m",
    "velocity_loss_from_best",
    "velocity_loss_from_first",
    "drift_trend_m",
    "peak_velocity_mps",
    "concentric_duration_s",
    "eccentric_duration_s",
    "mean_power_w",
    "time_under_tension_s",
    "duration_s",
    "rest_between_reps_s",
    "mean_velocity_cv",
    "rom_cv",
    "velocity_consistency_mps",
    "path_consistency_m",
    "sensor_turn_range_rad",
)
_SUMMARY_APART: Final = ("velocity_zones", "sigma", *_SUMMARY)
_SET_PLAIN: Final = ("exercise", "exercise_confidence", "load_kg", "start_s", "end_s", "rest_before_s")
_SET_APART: Final = ("index", "order", "summary", "reps", "flags", *_SET_PLAIN)
_SET_COLUMNS: Final = (
    "analysis_id",
    "session_id",
    "athlete_id",
    "position",
    "started_s",
    "lift_order",
    *_SET_PLAIN,
    *_SUMMARY,
    "best_sigma_mps",
    "smoothness_sparc",
    "sticking_reps",
    "sticking_height_share",
    "velocity_zones",
    "sigma",
    "flags",
    "more",
)
_REP_COLUMNS: Final = (
    "set_id",
    "position",
    "kind",
    *_REP_PLAIN,
    *(f"{name}_sigma" for name in SIGMA_COLUMNS),
    "other_sigma",
    "more",
    "flags",
    "velocity_curve",
)
_KEPT_ON_UPDATE: Final = ("analysis_id", "position")
PUT_SET: Final = (
    f"INSERT INTO lift_set ({', '.join(_SET_COLUMNS)}) VALUES ({', '.join('?' * len(_SET_COLUMNS))}) "
    "ON CONFLICT (analysis_id, position) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SET_COLUMNS if name not in _KEPT_ON_UPDATE)
    + " RETURNING id"
)
PUT_REP: Final = f"INSERT INTO rep ({', '.join(_REP_COLUMNS)}) VALUES ({', '.join('?' * len(_REP_COLUMNS))})"


def put_analysis(
    connection: sqlite3.Connection,
    analysis_id: int,
    analysed: Analysed,
    *,
    started_s: float,
    place_of: Callable[[RepSet], tuple[int, int] | None],
) -> None:
    """Write the sets and reps of an analysis, in place of those it had; sets keep their ids, and so their notes.

    `started_s` is the recording's start, s since 1970. `place_of` tells whose a set is and in which session, by number;
    None leaves it out.
    """
    placed = [(each, place) for each in analysed.analysis.sets if (place := place_of(each)) is not None]
    connection.execute(
        "DELETE FROM rep WHERE set_id IN (SELECT id FROM lift_set WHERE analysis_id = ?)", (analysis_id,)
    )
    positions = [rep_set.index for rep_set, _ in placed]
    connection.execute(
        f"DELETE FROM lift_set WHERE analysis_id = ? AND position NOT IN ({', '.join('?' * len(positions))})",
        (analysis_id, *positions),
    )
    for rep_set, (athlete_id, session_id) in placed:
        row = set_row(rep_set, analysis_id, session_id, athlete_id, started_s + max(0.0, rep_set.start_s))
        set_id = int(connection.execute(PUT_SET, row).fetchone()[0])
        reps = [rep_row(rep, set_id, analysed.curves_mps.get((rep_set.index, rep.index))) for rep in rep_set.reps]
        connection.executemany(PUT_REP, reps)


def set_row(
    rep_set: RepSet, analysis_id: int, session_id: int, athlete_id: int, started_s: float
) -> tuple[object, ...]:
    """The values of PUT_SET."""
    summary = rep_set.summary
    full = [rep for rep in rep_set.reps if rep.kind == "full" and rep.mean_velocity_mps is not None]
    best = max(full, key=lambda rep: rep.mean_velocity_mps or 0.0, default=None)
    smooth = [rep.smoothness_sparc for rep in full if rep.smoothness_sparc is not None]
    shares = [rep.sticking_height_share for rep in full if rep.sticking and rep.sticking_height_share is not None]
    return (
        analysis_id,
        session_id,
        athlete_id,
        rep_set.index,
        started_s,
        rep_set.order,
        *(getattr(rep_set, name) for name in _SET_PLAIN),
        *(getattr(summary, name) for name in _SUMMARY),
        None if best is None else best.sigma.get("mean_velocity_mps"),
        float(np.mean(smooth)) if smooth else None,
        sum(bool(rep.sticking) for rep in full),
        float(np.mean(shares)) if shares else None,
        json.dumps(dict(summary.velocity_zones)),
        json.dumps(_finite(summary.sigma)),
        _flags_text(rep_set.flags),
        json.dumps({"set": _more(rep_set, _SET_APART), "summary": _more(summary, _SUMMARY_APART)}),
    )


def rep_row(rep: Rep, set_id: int, curve_mps: FloatArray | None) -> tuple[object, ...]:
    """The values of PUT_REP."""
    other = {name: value for name, value in _finite(rep.sigma).items() if name not in SIGMA_COLUMNS}
    return (
        set_id,
        rep.index,
        rep.kind,
        *(getattr(rep, name) for name in _REP_PLAIN),
        *(rep.sigma.get(name) for name in SIGMA_COLUMNS),
        json.dumps(other) if other else "{}",
        json.dumps(_more(rep, _REP_APART)),
        _flags_text(rep.flags),
        None if curve_mps is None else curve_bytes(curve_mps),
    )


def curve_bytes(curve_mps: FloatArray) -> bytes:
    """A velocity curve in mm/s, little-endian int16."""
    return np.clip(np.round(1000.0 * curve_mps), -32768, 32767).astype("<i2").tobytes()


def curve_of(raw: bytes) -> FloatArray:
    """The curve, m/s, that `curve_bytes` wrote."""
    return np.frombuffer(raw, dtype="<i2").astype(np.float64) / 1000.0


def stored_analysis(connection: sqlite3.Connection, source_id: int) -> Analysis:
    """The analysis of a source as it was put in."""
    head = connection.execute("SELECT * FROM analysis WHERE source_id = ?", (source_id,)).fetchone()
    rows = connection.execute("SELECT * FROM lift_set WHERE analysis_id = ? ORDER BY position", (head["id"],))
    return Analysis(
        sample_rate_hz=head["sample_rate_hz"],
        gaps=tuple(Gap(*gap) for gap in json.loads(head["gaps"])),
        sets=tuple(_rep_set(connection, row) for row in rows.fetchall()),
        notices=tuple(json.loads(head["notices"])),
    )


def _rep_set(connection: sqlite3.Connection, row: sqlite3.Row) -> RepSet:
    more = json.loads(row["more"])
    summary = SetSummary(
        **{name: row[name] for name in _SUMMARY},
        **_known(SetSummary, more.get("summary", {})),
        velocity_zones=json.loads(row["velocity_zones"]),
        sigma=json.loads(row["sigma"]),
    )
    reps = connection.execute("SELECT * FROM rep WHERE set_id = ? ORDER BY position", (row["id"],)).fetchall()
    return RepSet(
        index=row["position"],
        order=row["lift_order"],
        summary=summary,
        reps=tuple(_rep(rep) for rep in reps),
        flags=_flags(row["flags"]),
        **{name: row[name] for name in _SET_PLAIN},
        **_known(RepSet, more.get("set", {})),
    )


def _rep(row: sqlite3.Row) -> Rep:
    values: dict[str, Any] = {name: row[name] for name in _REP_PLAIN}
    values |= _known(Rep, json.loads(row["more"]))
    if values["sticking"] is not None:
        values["sticking"] = bool(values["sticking"])
    sigma = {name: row[f"{name}_sigma"] for name in SIGMA_COLUMNS if row[f"{name}_sigma"] is not None}
    sigma |= json.loads(row["other_sigma"])
    return Rep(index=row["position"], kind=row["kind"], sigma=sigma, flags=_flags(row["flags"]), **values)


def _more(value: Rep | RepSet | SetSummary, apart: Sequence[str]) -> dict[str, object]:
    """Fields that have no column, where they say anything."""
    more = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in apart}
    return {name: each for name, each in more.items() if isinstance(each, str | int | float)}


def _known(kind: type[Rep | RepSet | SetSummary], more: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the kept fields that this version has too."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in more.items() if name in names}


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}


def _flags_text(flags: Sequence[Flag]) -> str:
    names = [f.name for f in fields(Flag)]
    return json.dumps([{name: getattr(flag, name) for name in names} for flag in flags]) if flags else "[]"


def _flags(text: str) -> tuple[Flag, ...]:
    return tuple(Flag(**flag) for flag in cast("list[dict[str, Any]]", json.loads(text)))
