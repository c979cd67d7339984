"""What columns of reps are called in several languages, and their units. Names found or told; no rows are read here."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from bartracker.errors import BartrackerError
from bartracker.recording.files import os_problem

# What a column may be called, lower case, longest match first; units in brackets are taken off before.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "exercise": ("exercise", "übung", "ejercicio", "exercice", "esercizio", "exercício", "oefening", "lift"),
    "set": ("set", "set number", "set #", "satz", "serie", "série", "set nr", "reeks"),
    "rep": ("rep", "rep number", "rep #", "repetition", "wiederholung", "repetición", "répétition", "wdh"),
    "load": ("weight", "load", "gewicht", "last", "carga", "peso", "charge", "poids", "carico", "belasting", "mass"),
    "load_unit": ("metric", "weight unit", "unit", "einheit", "unidad", "unité"),
    "rpe": ("set rpe", "rpe"),
    "tags": ("tags", "notes", "notizen", "notas"),
    "time": ("workout start time", "date", "datum", "fecha", "data", "time", "timestamp", "datetime", "zeit"),
    "rest": ("rest time", "rest", "pause", "descanso", "repos"),
    "mean_velocity": (
        "avg velocity", "average velocity", "mean velocity", "mean concentric velocity", "concentric avg velocity",
        "mv", "mcv", "acv", "velocity", "mittlere geschwindigkeit", "durchschnittsgeschwindigkeit", "geschwindigkeit",
        "velocidad media", "vitesse moyenne", "velocità media", "velocidade média", "gemiddelde snelheid",
    ),
    "peak_velocity": (
        "peak velocity", "max velocity", "concentric peak velocity", "pv", "spitzengeschwindigkeit",
        "maximalgeschwindigkeit", "velocidad máxima", "velocidad pico", "vitesse maximale", "vitesse max",
        "velocità massima", "velocità di picco", "velocidade máxima", "piek snelheid",
    ),
    "rom": (
        "range of motion", "rom", "concentric range of motion", "displacement", "bewegungsumfang", "hub",
        "rango de movimiento", "recorrido", "amplitude", "ampiezza", "distance",
    ),
    "peak_share": ("peak velocity location", "concentric peak velocity location"),
    "duration": (
        "duration of rep", "concentric duration of rep", "duration", "concentric duration", "dauer", "duración",
        "durée", "durata", "duração",
    ),
}  # fmt: skip
UNITS: Final[dict[str, dict[str, float]]] = {
    "load": {"kg": 1.0, "lb": 0.45359237, "lbs": 0.45359237},
    "mean_velocity": {"m/s": 1.0, "cm/s": 0.01, "mm/s": 0.001},
    "peak_velocity": {"m/s": 1.0, "cm/s": 0.01, "mm/s": 0.001},
    "rom": {"m": 1.0, "cm": 0.01, "mm": 0.001},
    "duration": {"s": 1.0, "sec": 1.0, "ms": 0.001},
    "peak_share": {"%": 0.01, "1": 1.0},
}
_USUAL: Final = {
    "load": "kg",
    "mean_velocity": "m/s",
    "peak_velocity": "m/s",
    "rom": "m",
    "duration": "s",
    "peak_share": "%",
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column is what, where names alone do not tell: `columns` by our name (mean_velocity, load, ...), `units`
    likewise (kg, lb, m/s, cm/s, mm/s, m, cm, mm, s, ms), `exercises` from the table's names to EXERCISES.
    """

    columns: Mapping[str, str]
    units: Mapping[str, str]
    exercises: Mapping[str, str]


def read_column_map(path: Path) -> ColumnMap:
    """A ColumnMap from a small TOML file with tables [columns], [units] and [exercises]. Raises BartrackerError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BartrackerError(str(path), f"is no TOML ({error})", "see docs/history.md") from None
    parts: dict[str, dict[str, str]] = {}
    for part, known in (("columns", set(NAMES)), ("units", set(UNITS)), ("exercises", None)):
        table = document.pop(part, {})
        if not isinstance(table, dict):
            raise BartrackerError(str(path), f"[{part}] is no section", "see docs/history.md")
        parts[part] = {}
        for key, value in cast("dict[str, object]", table).items():
            if not isinstance(value, str) or (known is not None and key not in known):
                allowed = ", ".join(sorted(known)) if known else "text"
                raise BartrackerError(str(path), f"{key!r} in [{part}] is not known", f"use {allowed}")
            parts[part][key] = value
    if document:
        raise BartrackerError(str(path), f"[{next(iter(document))}] is not known", "use columns, units, exercises")
    for name, unit in parts["units"].items():
        if unit not in UNITS[name]:
            raise BartrackerError(str(path), f"unit {unit!r} of {name}", f"use {', '.join(UNITS[name])}")
    return ColumnMap(parts["columns"], parts["units"], parts["exercises"])


def find_columns(given: str, header: Sequence[str], told: ColumnMap) -> dict[str, int]:
    """Where each known column stands, by our name. BartrackerError where mean velocity is not found."""
    bare = [re.sub(r"[\(\[].*?[\)\]]", "", name).strip().casefold() for name in header]
    place: dict[str, int] = {}
    for name, words in NAMES.items():
        if name in told.columns:
            wanted = told.columns[name]
            if wanted not in header:
                raise BartrackerError(
                    given, f"there is no column {wanted!r}", f"its columns are {', '.join(header)}"[:300]
                )
            place[name] = header.index(wanted)
            continue
        found = [column for word in words for column, text in enumerate(bare) if text == word]
        if found:
            place[name] = found[0]
    if "mean_velocity" not in place:
        columns = ", ".join(header)[:200]
        remedy = f'name it in a file: [columns] mean_velocity = "..." (its columns are {columns})'
        raise BartrackerError(given, "no column of mean velocity was found", remedy)
    return place


def unit_factor(given: str, name: str, heading: str, told: ColumnMap) -> float:
    """From the column's unit to ours. BartrackerError for an unknown one."""
    unit = told.units.get(name)
    if unit is None:
        bracket = re.search(r"[\(\[]\s*(.*?)\s*[\)\]]", heading)
        unit = bracket[1].casefold().replace("·", "/") if bracket else _USUAL[name]
        unit = {"m.s-1": "m/s", "m/s-1": "m/s", "pounds": "lb"}.get(unit, unit)
    if unit not in UNITS[name]:
        known = ", ".join(UNITS[name])
        raise BartrackerError(
            given, f"column {heading!r} has an unknown unit", f"tell it in a file: [units] {name} = one of {known}"
        )
    return UNITS[name][unit]
