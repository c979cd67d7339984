"""One row a rep as CSV, for spreadsheets and statistics. The columns stand in docs/formats.md; reading back is JSON's
job.
"""

import csv
import io
import math
from pathlib import Path

from bartracker.exchange.analysis_parse import REP_MORE
from bartracker.exchange.files import atomic_write
from bartracker.results import Analysis

SET_COLUMNS = ("set_index", "exercise", "order", "load_kg")
TIME_COLUMNS = (
    "start_s",
    "turn_s",
    "end_s",
    "concentric_start_s",
    "concentric_end_s",
    "eccentric_start_s",
    "eccentric_end_s",
    "announced_s",
)
MEASURED_COLUMNS = (
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
)
WORDS = ("tempo", "velocity_zone", "sticking")
# Added at the end: whoever counts columns finds the old ones where they were.
REP_COLUMNS = (
    *SET_COLUMNS,
    "rep_index",
    "kind",
    *MEASURED_COLUMNS,
    *(f"{name}_sigma" for name in MEASURED_COLUMNS),
    *TIME_COLUMNS,
    "flags",
    "rest_before_s",
    *WORDS,
    *REP_MORE,
    *(f"{name}_sigma" for name in REP_MORE),
    "set_flags",
    "warm_up",
    "athlete",
)


def write_reps_csv(analysis: Analysis, path: str | Path) -> None:
    """Write one row a rep with REP_COLUMNS: SI, an empty cell for unknown, flag codes parted by spaces. BartrackerError
    if it cannot.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(REP_COLUMNS)
    for rep_set in analysis.sets:
        for rep in rep_set.reps:
            writer.writerow(
                [
                    rep_set.index,
                    rep_set.exercise,
                    rep_set.order,
                    _cell(rep_set.load_kg),
                    rep.index,
                    rep.kind,
                    *(_cell(getattr(rep, name)) for name in MEASURED_COLUMNS),
                    *(_cell(rep.sigma.get(name)) for name in MEASURED_COLUMNS),
                    *(_cell(getattr(rep, name)) for name in TIME_COLUMNS),
                    " ".join(flag.code for flag in rep.flags),
                    _cell(rep_set.rest_before_s),
                    *(_word(getattr(rep, name)) for name in WORDS),
                    *(_cell(getattr(rep, name)) for name in REP_MORE),
                    *(_cell(rep.sigma.get(name)) for name in REP_MORE),
                    " ".join(flag.code for flag in rep_set.flags),
                    _word(rep_set.warm_up),
                    _word(rep_set.athlete),
                ]
            )
    with atomic_write(path) as stream:
        stream.write(text.getvalue().encode())


def _cell(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def _word(value: str | bool | None) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value
