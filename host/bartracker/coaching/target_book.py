"""Targets by exercise and athlete, as one small file holds them. Checking of keys and values; no files are opened here.

Tables override one another in this order: [default], [EXERCISE], [athlete.NAME.default], [athlete.NAME.EXERCISE].
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeGuard, cast

from bartracker.coaching.targets import LIMITS, Targets
from bartracker.coaching.tempo import Tempo
from bartracker.errors import BartrackerError
from bartracker.results import EXERCISES, Exercise

_SECTIONS = ("default", *EXERCISES)
Values: TypeAlias = Mapping[str, object]
_NUMBERS = {limit.key: name for name, limit in LIMITS.items()}
KEYS = ("tempo", "velocity_mps", "zone_bounds_mps", "zone_names", *_NUMBERS)


@dataclass(frozen=True, slots=True)
class TargetBook:
    """Targets of every exercise, for one athlete or for nobody in particular.

    base: what holds where no table says otherwise. tables, athletes: fields of `Targets` by section. overrides: fields
    that win over every table (the command line). athlete: whose tables are used.
    """

    base: Targets = field(default_factory=Targets)
    tables: Mapping[str, Values] = field(default_factory=dict[str, Values])
    athletes: Mapping[str, Mapping[str, Values]] = field(default_factory=dict[str, Mapping[str, Values]])
    overrides: Values = field(default_factory=dict[str, object])
    athlete: str | None = None

    def for_exercise(self, exercise: Exercise | None) -> Targets:
        """The targets of a lift; of any lift for None."""
        fields: dict[str, object] = {}
        for tables in (self.tables, None if self.athlete is None else self.athletes.get(self.athlete)):
            for section in ("default", exercise or "default"):
                if tables is not None and section in tables:
                    fields |= tables[section]
        return _with(self.base, fields | dict(self.overrides))

    def for_athlete(self, name: str) -> "TargetBook":
        """The same book for an athlete it knows.

        Raises:
            BartrackerError: it does not.
        """
        if name not in self.athletes:
            known = ", ".join(self.athletes) or "nobody"
            raise BartrackerError(f"athlete {name!r}", "has no targets", f"the targets name {known}")
        return replace(self, athlete=name)


def targets_for(targets: Targets | TargetBook, exercise: Exercise | None) -> Targets:
    """The targets of a lift, out of a book or as they are."""
    return targets.for_exercise(exercise) if isinstance(targets, TargetBook) else targets


def parse_book(document: Mapping[str, object], given: str) -> TargetBook:
    """The book in a parsed file; `given` is the file's name.

    Raises:
        BartrackerError: naming the file, the key and what is allowed.
    """
    tables: dict[str, Values] = {}
    athletes: dict[str, Mapping[str, Values]] = {}
    for section, content in document.items():
        if section == "athlete":
            for name, sections in _table(content, given, "[athlete]").items():
                where = f"[athlete.{name}]"
                athletes[name] = {
                    each: _fields(inner, given, f"[athlete.{name}.{_section(each, given, where)}]")
                    for each, inner in _table(sections, given, where).items()
                }
        else:
            tables[_section(section, given, "the file")] = _fields(content, given, f"[{section}]")
    book = TargetBook(tables=tables, athletes=athletes)
    for athlete in (None, *athletes):
        for exercise in (None, *EXERCISES):
            try:
                replace(book, athlete=athlete).for_exercise(exercise)
            except BartrackerError as error:
                where = f"{given}: {athlete or 'nobody'}, {exercise or 'default'}: {error.given}"
                raise BartrackerError(where, error.problem, error.remedy) from None
    return book


def _section(name: str, given: str, where: str) -> str:
    if name in _SECTIONS:
        return name
    more = " or athlete" if where == "the file" else ""
    raise BartrackerError(given, f"{name!r} in {where} is no section", f"use {', '.join(_SECTIONS)}{more}")


def _table(value: object, given: str, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BartrackerError(given, f"{where} is no section", "write it as [default] with keys below it")
    return cast("Mapping[str, object]", value)


def _fields(content: object, given: str, where: str) -> Values:
    """Fields of `Targets` from one table, each checked."""
    fields: dict[str, object] = {}
    for key, value in _table(content, given, where).items():
        if key not in KEYS:
            raise BartrackerError(given, f"{key!r} in {where} is not known", f"use {', '.join(KEYS)}")
        fields |= _field(key, value, given, where)
    try:
        _with(Targets(), fields)
    except BartrackerError as error:
        raise BartrackerError(f"{given}: {where}: {error.given}", error.problem, error.remedy) from None
    return fields


def _field(key: str, value: object, given: str, where: str) -> dict[str, object]:
    refused = f"{key!r} in {where} is {value!r}"[:160]
    if key in _NUMBERS:
        if not _is_number(value):
            raise BartrackerError(given, refused, "give a number")
        return {_NUMBERS[key]: float(value) * LIMITS[_NUMBERS[key]].factor}
    if key == "tempo":
        if not isinstance(value, str):
            raise BartrackerError(given, refused, 'give four durations as text, such as "3-1-X-0"')
        try:
            return {"tempo": Tempo.parse(value)}
        except BartrackerError as error:
            raise BartrackerError(f"{given}: {where}: {error.given}", error.problem, error.remedy) from None
    items = cast("list[object]", value) if isinstance(value, list) else []
    if key == "zone_names":
        names = [item for item in items if isinstance(item, str) and item]
        if not names or len(names) != len(items):
            raise BartrackerError(given, refused, "give names as a list of texts")
        return {key: tuple(names)}
    numbers = [float(item) for item in items if _is_number(item)]
    if len(numbers) != len(items) or not numbers or (key == "velocity_mps" and len(numbers) != 2):
        what = "lowest and highest, such as [0.5, 0.75]" if key == "velocity_mps" else "a list of numbers"
        raise BartrackerError(given, refused, f"give {what}")
    return {key: tuple(numbers)}


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _with(targets: Targets, fields: Values) -> Targets:
    return replace(targets, **fields)
