"""One HTML page about a lifter: every lift's page as text, tables and charts. It needs no other file and no network;
the numbers are those of pages.py. Needs the extra `reports` (jinja2).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bartracker import __version__
from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write
from bartracker.history import plots, tables
from bartracker.history.library import Library
from bartracker.history.pages import LiftPage, lift_page
from bartracker.history.values import Athlete, Session
from bartracker.history.words import headline, readiness_text, trend_text
from bartracker.ui import quantities, wording

_WEEKS_SHOWN: Final = 12
_SESSIONS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class LiftSection:
    """A lift as the template shows it."""

    name: str
    headline: str
    trend: str
    readiness: str
    page: LiftPage
    weeks: tuple[tuple[str, ...], ...]
    charts: tuple[str, ...]


def write_report(library: Library, athlete: Athlete, path: Path) -> None:
    """Write the page of all lifts of a person. BartrackerError where there are none or jinja2 is missing."""
    lifts = tables.exercises(library, athlete.id)
    if not lifts:
        raise BartrackerError(athlete.name, "has no sets in the library", "add recordings: bartracker history add FILE")
    sections = [lift_section(lift_page(library, athlete, lift)) for lift in lifts]
    text = page_html(athlete, sections, tables.sessions(library, athlete.id, _SESSIONS_SHOWN), library.now_utc())
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", errors="replace"))


def page_html(athlete: Athlete, sections: list[LiftSection], visits: list[Session], now_utc: str) -> str:
    """The page as text."""
    jinja: Any = _jinja()
    environment = jinja.Environment(
        autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"day": day, "lift": wording.exercise, "velocity": quantities.velocity_with_sigma}
    source = resources.files("bartracker.ui").joinpath("history_report.html.j2").read_text(encoding="utf-8")
    values = {
        "athlete": athlete,
        "sections": sections,
        "sessions": visits,
        "made": now_utc[:10],
        "version": __version__,
        "safe": jinja.utils.markupsafe.Markup,
    }
    return str(environment.from_string(source).render(values))


def lift_section(page: LiftPage) -> LiftSection:
    """What the template needs of a page."""
    drawn = (
        plots.strength_plot(page),
        plots.profile_plot(page),
        plots.fixed_loads_plot(page),
        plots.volume_plot(page),
        plots.loss_plot(page),
        plots.likeness_plot(page),
    )
    return LiftSection(
        wording.exercise(page.exercise),
        headline(page),
        trend_text(page),
        readiness_text(page),
        page,
        tuple(_week_row(page, i) for i in range(max(0, len(page.weeks) - _WEEKS_SHOWN), len(page.weeks))),
        tuple(chart for chart in drawn if chart is not None),
    )


def _week_row(page: LiftPage, i: int) -> tuple[str, ...]:
    week = page.weeks[i]
    return (
        week.start.isoformat(),
        str(week.full_reps),
        f"{week.volume_kg:.0f}",
        _number(week.heaviest_kg, 1),
        quantities.percent(week.velocity_loss),
        _number(week.concentric_s, 2),
        _number(week.eccentric_s, 2),
        _number(week.time_under_tension_s, 0),
        _number(week.smoothness_sparc, 2),
        quantities.percent(week.sticking_share),
    )


def day(at_s: float) -> str:
    """The UTC date of a time, s since 1970."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def _number(value: float | None, digits: int) -> str:
    return wording.UNKNOWN if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _jinja() -> Any:
    from importlib import import_module

    try:
        return import_module("jinja2")
    except ImportError:
        remedy = 'install bartracker with it, as ".[reports]"; `history profile` shows the same numbers'
        raise BartrackerError("the report", "the library jinja2 is not installed", remedy) from None
