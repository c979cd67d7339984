"""Tables of reps from other makers' devices: one row a rep, columns and units as vendor_columns.py finds them, decimal
points or commas. OpenBarbell's own table is one of them. What cannot be is refused in words, with its line.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.exchange.cells import clock_seconds, moment, number, read_table
from bartracker.exchange.lifted import LiftedRep, LiftedSet, exercise_of
from bartracker.exchange.vendor_columns import UNITS, ColumnMap, find_columns, unit_factor

_MEASURED: Final = (*UNITS, "rpe")
# Largest values that a person on a bar makes; beyond the unit is wrong.
_LARGEST: Final = {"load": 600.0, "mean_velocity": 5.0, "peak_velocity": 8.0, "rom": 2.5, "duration": 60.0}


@dataclass(frozen=True, slots=True)
class _Head:
    named: str
    load_kg: float | None
    at_s: float | None
    rpe: float | None
    tags: str
    rest_s: float | None


def read_lifted(path: Path, told: ColumnMap | None = None) -> list[LiftedSet]:
    """The sets of a table with one row a rep, in its order.

    Raises:
        BartrackerError: naming the row (the header is 1) or the column, and what to do.
    """
    told = told or ColumnMap({}, {}, {})
    header, rows = read_table(path)
    place = find_columns(str(path), header, told)
    factor = {
        name: unit_factor(str(path), name, header[column], told) for name, column in place.items() if name in UNITS
    }
    reader = _Rows(str(path), place, factor, told)
    for line, row in enumerate(rows, start=2):
        reader.take(line, row)
    return reader.sets()


class _Rows:
    """Rows become sets: a new one where set, exercise, load or visit change, or the rep number does not rise."""

    def __init__(self, given: str, place: Mapping[str, int], factor: Mapping[str, float], told: ColumnMap) -> None:
        self._given, self._place, self._factor, self._told = given, place, factor, told
        self._heads: list[_Head] = []
        self._reps: list[list[LiftedRep]] = []
        self._key: tuple[object, ...] | None = None
        self._rep: float | None = None

    def take(self, line: int, row: Sequence[str]) -> None:
        cell = {name: row[column].strip() for name, column in self._place.items() if column < len(row)}
        value = {name: self._value(line, name, text) for name, text in cell.items() if name in _MEASURED}
        load, at = (
            self._load(line, value.get("load"), cell.get("load_unit", "")),
            self._moment(line, cell.get("time", "")),
        )
        named, rep = cell.get("exercise", ""), number(cell.get("rep", ""))
        key = (cell.get("set"), named, load, at)
        if key != self._key or (rep is not None and self._rep is not None and rep <= self._rep):
            rest = clock_seconds(cell.get("rest", ""))
            self._heads.append(_Head(named, load, at, value.get("rpe"), cell.get("tags", ""), rest))
            self._reps.append([])
        self._key, self._rep = key, rep
        self._reps[-1].append(
            LiftedRep(
                value.get("mean_velocity"),
                value.get("peak_velocity"),
                value.get("rom"),
                value.get("duration"),
                value.get("peak_share"),
            )
        )

    def _value(self, line: int, name: str, text: str) -> float | None:
        found = number(text)
        if found is None:
            return None
        scaled = found * self._factor.get(name, 1.0)
        if math.isnan(scaled):
            raise BartrackerError(self._given, f"line {line}: {name} {text[:40]!r} is no number", "correct the cell")
        if not 0.0 <= scaled <= _LARGEST.get(name, math.inf):
            units = ", ".join(UNITS.get(name, ()))
            remedy = f"tell its unit in a file: [units] {name} = one of {units}" if units else "correct the cell"
            raise BartrackerError(self._given, f"line {line}: {name} {text[:40]!r} cannot be", remedy)
        return scaled

    def _load(self, line: int, load: float | None, unit: str) -> float | None:
        if not load or not unit or "load" in self._told.units:
            return load or None
        factor = UNITS["load"].get(unit.casefold())
        if factor is None:
            raise BartrackerError(self._given, f"line {line}: unit {unit[:40]!r} of the load", "use kg or lb")
        return load * factor

    def _moment(self, line: int, text: str) -> float | None:
        at = moment(text)
        if text and at is None:
            problem = f"line {line}: time {text[:40]!r} is not understood"
            raise BartrackerError(self._given, problem, "write it as 2026-03-02 17:00:00")
        return at

    def sets(self) -> list[LiftedSet]:
        days: dict[float | None, int] = {}
        found: list[LiftedSet] = []
        for head, reps in zip(self._heads, self._reps, strict=True):
            exercise = self._told.exercises.get(head.named) or exercise_of(head.named)
            day = days.setdefault(head.at_s, len(days))
            found.append(
                LiftedSet(
                    exercise, head.named, head.load_kg, head.at_s, day, head.rpe, head.tags, tuple(reps), head.rest_s
                )
            )
        return found
