"""OpenBarbell's table of reps, written; vendor_csv.py reads it like any other. Columns, units: docs/formats.md."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bartracker.exchange.files import atomic_write
from bartracker.exchange.lifted import LiftedSet

COLUMNS: Final = (
    "Exercise",
    "Set",
    "Rep",
    "Weight",
    "Metric",
    "Set RPE",
    "Tags",
    "Workout Start Time",
    "Rest Time",
    "Avg Velocity (m/s)",
    "Range of Motion (mm)",
    "Peak Velocity (m/s)",
    "Peak Velocity Location (%)",
    "Duration of rep (sec)",
)


def write_openbarbell_csv(sets: Sequence[LiftedSet], path: str | Path) -> None:
    """Write sets as OpenBarbell's app exports them, loads in kg; times are ISO, UTC, which its readers take as text.

    Sets of one lift in a row are counted from 1 anew on each visit, as the app does. Raises BartrackerError.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    number, before = 0, (-1, "")
    for lifted in sets:
        name = lifted.exercise_named or lifted.exercise
        number = number + 1 if (lifted.day, name) == before else 1
        before = (lifted.day, name)
        started = "" if lifted.started_s is None else _utc(lifted.started_s)
        for rep_number, rep in enumerate(lifted.reps, start=1):
            writer.writerow(
                [
                    name,
                    number,
                    rep_number,
                    _cell(lifted.load_kg, 3),
                    "kg",
                    _cell(lifted.rpe, 1),
                    lifted.tags,
                    started,
                    _clock(lifted.rest_s),
                    _cell(rep.mean_velocity_mps, 3),
                    _cell(None if rep.rom_m is None else 1000 * rep.rom_m, 0),
                    _cell(rep.peak_velocity_mps, 3),
                    _cell(None if rep.peak_share is None else 100 * rep.peak_share, 0),
                    _cell(rep.concentric_duration_s, 3),
                ]
            )
    with atomic_write(path) as stream:
        stream.write(text.getvalue().encode())


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _clock(seconds: float | None) -> str:
    whole = round(seconds or 0.0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
