"""Analyses as JSON, format bartracker.analysis/1 of docs/formats.md: to text, to file and back. The shipped schema says
the same.

The text is deterministic: the same analysis gives the same bytes. NaN never appears: what is not known is null.
"""

import json
import math
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import cast

from bartracker.errors import BartrackerError
from bartracker.exchange.analysis_parse import REP_MORE, parse_analysis
from bartracker.exchange.files import atomic_write, checked_file
from bartracker.recording.files import os_problem
from bartracker.results import Analysis, Flag, Rep, RepSet, SetSummary

SCHEMA_NAME = "bartracker.analysis/1"

_LARGEST_FILE_BYTES = 100_000_000
_REP_WINDOWS = (
    "start_s",
    "turn_s",
    "end_s",
    "concentric_start_s",
    "concentric_end_s",
    "eccentric_start_s",
    "eccentric_end_s",
)
_REP_VALUES = (
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
)
_SUMMARY_COUNTS = ("full_reps", "partial_reps", "failed_reps")
_SUMMARY_TABLES = ("velocity_zones", "sigma")


def analysis_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of the format, as shipped with the program."""
    text = resources.files("bartracker.exchange").joinpath("analysis.schema.json").read_text(encoding="utf-8")
    return cast("dict[str, object]", json.loads(text))


def analysis_to_dict(analysis: Analysis) -> dict[str, object]:
    """The analysis as plain dicts, lists, numbers and None, keys in the order of docs/formats.md.

    Raises ValueError if a time that must be known (a window, a gap, a set's bounds) is not finite.
    """
    return {
        "schema": SCHEMA_NAME,
        "as_live": analysis.as_live,
        "sample_rate_hz": _known(analysis.sample_rate_hz),
        "gaps": [[_known(gap.from_s), _known(gap.to_s)] for gap in analysis.gaps],
        "gap_lost_samples": [int(gap.lost_samples) for gap in analysis.gaps],
        "notices": list(analysis.notices),
        "sets": [_set(rep_set, as_live=analysis.as_live) for rep_set in analysis.sets],
    }


def analysis_to_json(analysis: Analysis) -> str:
    """The analysis as JSON text with a final newline; the same analysis gives the same text."""
    return json.dumps(analysis_to_dict(analysis), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_analysis_json(analysis: Analysis, path: str | Path) -> None:
    """Write the analysis as JSON; whole or not at all. Raises BartrackerError if it cannot be written."""
    text = analysis_to_json(analysis)
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", errors="replace"))


def read_analysis_json(path: str | Path) -> Analysis:
    """The analysis in a JSON file; BartrackerError naming the key where it is damaged, of another kind or of a newer
    version.
    """
    file = checked_file(path)
    given = str(path)
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise BartrackerError(given, "is too large for an analysis", "name a file that bartracker wrote")
        document: object = json.loads(file.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    except BartrackerError:
        raise
    except (ValueError, RecursionError):
        raise BartrackerError(given, "is damaged or no JSON", "analyse the recording again") from None
    return parse_analysis(document, given)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _set(rep_set: RepSet, *, as_live: bool) -> dict[str, object]:
    return {
        "index": int(rep_set.index),
        "exercise": rep_set.exercise,
        "exercise_confidence": _known(rep_set.exercise_confidence),
        "order": rep_set.order,
        "load_kg": _measured(rep_set.load_kg),
        "start_s": _known(rep_set.start_s),
        "end_s": _known(rep_set.end_s),
        "summary": _summary(rep_set.summary),
        "reps": [_rep(rep, as_live=as_live) for rep in rep_set.reps],
        "rest_before_s": _measured(rep_set.rest_before_s),
        "flags": [_flag(flag) for flag in rep_set.flags],
    } | _said(rep_set)


def _said(rep_set: RepSet) -> dict[str, object]:
    """What a person said of the set; nothing where nothing was said."""
    row: dict[str, object] = {"warm_up": True} if rep_set.warm_up else {}
    return row if rep_set.athlete is None else row | {"athlete": rep_set.athlete}


def _summary(summary: SetSummary) -> dict[str, object]:
    counts: dict[str, object] = {name: int(getattr(summary, name)) for name in _SUMMARY_COUNTS}
    names = [name for name in SetSummary.__slots__ if name not in (*_SUMMARY_COUNTS, *_SUMMARY_TABLES)]
    counts |= {name: _measured(getattr(summary, name)) for name in names}
    counts["velocity_zones"] = {name: int(count) for name, count in summary.velocity_zones.items()}
    counts["sigma"] = _sigmas(summary.sigma)
    return counts


def _rep(rep: Rep, *, as_live: bool) -> dict[str, object]:
    window = _measured if as_live else _known
    row: dict[str, object] = {"index": int(rep.index), "kind": rep.kind}
    row |= {name: window(getattr(rep, name)) for name in _REP_WINDOWS}
    row |= {name: _measured(getattr(rep, name)) for name in _REP_VALUES}
    row |= {"tempo": rep.tempo, "velocity_zone": rep.velocity_zone, "sticking": rep.sticking}
    row |= {name: _measured(getattr(rep, name)) for name in REP_MORE}
    row["sigma"] = _sigmas(rep.sigma)
    row["flags"] = [_flag(flag) for flag in rep.flags]
    return row


def _sigmas(sigma: Mapping[str, float]) -> dict[str, float]:
    """Those that are known, in the order of their names."""
    known = {name: _measured(sigma[name]) for name in sorted(sigma)}
    return {name: value for name, value in known.items() if value is not None and value > 0}


def _flag(flag: Flag) -> dict[str, object]:
    return {
        "code": flag.code,
        "value": _measured(flag.value),
        "threshold": _measured(flag.threshold),
        "sigma": _measured(flag.sigma),
        "verdict": flag.verdict,
        "text": flag.text,
    }


def _measured(value: float | None) -> float | None:
    """The number, or None where it is not known."""
    return None if value is None or not math.isfinite(value) else float(value) + 0.0


def _known(value: float | None) -> float:
    if value is None or not math.isfinite(value):
        raise ValueError(f"a time or rate that must be known is {value}")
    return float(value)
