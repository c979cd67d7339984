"""How the library's pages look in a terminal, and the same as JSON."""

import json as json_text
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bartracker.cli import console
from bartracker.history import words as history_words
from bartracker.ui import quantities, wording

if TYPE_CHECKING:
    from bartracker.history.agreement import Agreement
    from bartracker.history.pages import LiftPage
    from bartracker.history.reanalysis import Change
    from bartracker.history.values import Athlete, Session

_WEEKS_SHOWN = 12


def plain(value: object) -> Any:
    """A page as JSON knows it: dataclasses as objects, arrays as lists, what is not known as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, np.generic):
        return plain(cast("object", value.item()))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else value


def say_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json_text.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def athletes(everyone: "Sequence[Athlete]", *, as_json: bool) -> None:
    """Who is in the library."""
    if as_json:
        say_json({"athletes": everyone})
        return
    table = _table("number", "name", "sessions", "sets", "reps", "first", "last")
    for one in everyone:
        table.add_row(
            f"#{one.id}",
            _safe(one.name),
            *map(str, (one.sessions, one.sets, one.reps)),
            _day(one.first_s),
            _day(one.last_s),
        )
    _print(table)


def sessions(visits: "Sequence[Session]", *, as_json: bool) -> None:
    """Visits, newest first."""
    if as_json:
        say_json({"sessions": visits})
        return
    table = _table("session", "date", "lifts", "sets", "reps", "volume, kg", "noted")
    for one in visits:
        noted = [f"{kind} {value:g}" for kind, value in one.notes.items()]
        noted += [*one.texts, *([f"time doubtful: {one.time_doubt}"] if one.time_doubt else [])]
        table.add_row(
            str(one.id),
            _day(one.started_s),
            ", ".join(wording.exercise(name) for name in one.exercises),
            str(one.sets),
            str(one.reps),
            f"{one.volume_kg:.0f}",
            _safe(", ".join(noted)),
        )
    _print(table)


def lift(page: "LiftPage", *, as_json: bool) -> None:
    """Everything about a lift."""
    if as_json:
        say_json(lift_document(page))
        return
    print(f"{console.one_line(page.athlete.name)}: {wording.exercise(page.exercise)}")
    print(history_words.headline(page))
    print(history_words.trend_text(page))
    print(history_words.readiness_text(page))
    _print(_strength_table(page), _week_table(page))
    for best in page.bests:
        what = "heaviest" if best.kind == "heaviest" else "fastest"
        velocity = quantities.velocity_with_sigma(best.velocity_mps, best.sigma_mps)
        print(f"{what:9} {best.load_kg:6.1f} kg  {velocity:>13} m/s  {_day(best.at_s)}")
    for one in page.associations:
        print(one.text)
    for advice in page.suggestions:
        print(f"{advice.topic}: {console.one_line(advice.text)}\n    {advice.reason}\n    [{advice.source}]")
    for maker, sets in page.makers:
        print(f"numbers of {sets} sets made by {console.one_line(maker)}")


def lift_document(page: "LiftPage") -> dict[str, object]:
    """The page as one JSON object; times in s since 1970, days since 1970 in `strength`."""
    strength: dict[str, object] = {"refusal": page.refusal}
    if page.track is not None:
        strength |= {"day": page.track.visits.day, "session_id": page.track.visits.session_id}
        strength |= {"day_effect_mps": page.track.day_effect_mps}
    if page.estimates is not None:
        strength |= {name: getattr(page.estimates, name) for name in page.estimates.__slots__}
    return {
        "schema": "bartracker.lift/1",
        "athlete": {"id": page.athlete.id, "name": page.athlete.name},
        "exercise": page.exercise,
        "strength": strength,
        "fixed_loads": page.fixed_loads,
        "weeks": page.weeks,
        "bests": page.bests,
        "likeness": page.likeness,
        "trend": page.trend,
        "readiness": page.readiness,
        "associations": page.associations,
        "suggestions": page.suggestions,
        "made_by": [{"maker": maker, "sets": sets} for maker, sets in page.makers],
    }


def _strength_table(page: "LiftPage") -> Table:
    table = _table("date", "e1RM, kg", "95 %", *(f"{one.load_kg:g} kg, m/s" for one in page.fixed_loads))
    if page.track is None:
        return table
    days = page.track.visits.day
    for i in _last_of_weeks(days)[-_WEEKS_SHOWN:]:
        estimate = interval = wording.UNKNOWN
        if page.estimates is not None and math.isfinite(page.estimates.e1rm_kg[i]):
            low, high = page.estimates.interval_kg[i]
            estimate, interval = f"{page.estimates.e1rm_kg[i]:.1f}", f"{low:.0f}-{high:.0f}"
        fixed = [
            quantities.velocity_with_sigma(float(one.velocity_mps[i]), float(one.sigma_mps[i]))
            for one in page.fixed_loads
        ]
        table.add_row(_day(days[i] * 86400.0), estimate, interval, *fixed)
    return table


def _last_of_weeks(days: "np.ndarray[Any, np.dtype[np.float64]]") -> list[int]:
    week = (days - 4.0) // 7.0
    return [i for i in range(len(days)) if i == len(days) - 1 or week[i] != week[i + 1]]


def _week_table(page: "LiftPage") -> Table:
    table = _table(
        "week of", "sets", "reps", "volume, kg", "heaviest, kg", "loss", "under tension, s", "up, s", "down, s",
        "smoothness", "sticking",
    )  # fmt: skip
    for week in page.weeks[-_WEEKS_SHOWN:]:
        table.add_row(
            week.start.isoformat(),
            str(week.sets),
            str(week.full_reps),
            f"{week.volume_kg:.0f}",
            _number(week.heaviest_kg, 1),
            quantities.percent(week.velocity_loss),
            _number(week.time_under_tension_s, 0),
            _number(week.concentric_s, 2),
            _number(week.eccentric_s, 2),
            _number(week.smoothness_sparc, 2),
            quantities.percent(week.sticking_share),
        )
    return table


def agreement(found: "Agreement", number: str, unit: str, *, as_json: bool) -> None:
    """Bias and limits of agreement."""
    if as_json:
        say_json({"schema": "bartracker.agreement/1", "number": number, "unit": unit, "agreement": found})
        return

    def line(what: str, value: float, interval: tuple[float, float]) -> str:
        return f"{what:12} {value:+.4f} {unit}, 95 % between {interval[0]:+.4f} and {interval[1]:+.4f}"

    print(f"{found.pairs} pairs of reps, this sensor less the other device")
    print(line("bias", found.bias, found.bias_interval))
    print(line("lower limit", found.lower, found.lower_interval))
    print(line("upper limit", found.upper, found.upper_interval))
    low, high = found.slope_interval
    if low > 0 or high < 0:
        print(f"the difference changes with size: {found.slope:+.3f} per {unit} (95 % {low:+.3f} to {high:+.3f})")


def changes(found: "Sequence[Change]", *, as_json: bool) -> None:
    """What a new analysis changed."""
    if as_json:
        say_json({"changes": found})
        return
    made = [change for change in found if not change.problem]
    table = _table(
        "recording", "reps before", "after", "same", "mean velocity RMS", "largest", "range RMS, cm", "was made by"
    )
    for change in made:
        if change.mean_velocity_largest_mps or change.reps_before != change.reps_after:
            table.add_row(
                _safe(change.name),
                str(change.reps_before),
                str(change.reps_after),
                str(change.reps_same),
                _number(change.mean_velocity_rms_mps, 4),
                _number(change.mean_velocity_largest_mps, 4),
                _number(None if change.rom_rms_m is None else 100 * change.rom_rms_m, 2),
                _safe(change.old_maker),
            )
    if table.row_count:
        _print(table)
    left = len(found) - len(made)
    print(f"{len(made)} recordings made anew, {table.row_count} with other numbers, {left} left as they were")


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        words = heading in ("name", "lifts", "noted", "recording", "was made by", "date", "week of")
        table.add_column(heading, justify="left" if words else "right", overflow="fold")
    return table


def _print(*tables: Table) -> None:
    terminal = Console(width=None if sys.stdout.isatty() else 200)
    for table in tables:
        if table.row_count:
            terminal.print(table)


def _safe(text: str) -> str:
    return escape(console.one_line(text))


def _number(value: float | None, digits: int) -> str:
    return wording.UNKNOWN if value is None else f"{value:.{digits}f}"


def _day(at_s: float | None) -> str:
    return wording.UNKNOWN if at_s is None else datetime.fromtimestamp(at_s, UTC).date().isoformat()
