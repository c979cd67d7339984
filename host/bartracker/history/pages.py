"""One lift of one lifter as a page: every number that command line, report and window show, made once. Reads the
library, computes nothing of its own.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bartracker.coaching.profile import USUAL_MVT_MPS
from bartracker.errors import BartrackerError
from bartracker.history import tables
from bartracker.history.associations import Association, associations
from bartracker.history.library import Library
from bartracker.history.progress import (
    PersonalBest,
    TemplateLikeness,
    Week,
    personal_bests,
    template_likeness,
    usual_loads,
    weeks,
)
from bartracker.history.readiness import Readiness, readiness
from bartracker.history.strength import (
    Estimates,
    StrengthTrack,
    change,
    estimates,
    track_strength,
    velocity_at,
    with_part,
)
from bartracker.history.suggestions import (
    Suggestion,
    ease_off,
    inconsistent_lift,
    next_load,
    overload_held,
    plan_overload,
    stop_set,
)
from bartracker.history.tables import SetTable
from bartracker.history.values import NOTE_KINDS, Athlete
from bartracker.history.visits import DAY_S, visits_of
from bartracker.samples import FloatArray, IntArray

YEARS_SHOWN: Final = 3.0
"""Strength is followed over so many of the latest years; older sets stay in weeks and bests."""
TREND_DAYS: Final = 42.0
ZONE_MPS: Final = (0.5, 0.75)
"""Where no target zone is told: Mann's accelerative strength."""


@dataclass(frozen=True, slots=True)
class FixedLoad:
    """An ordinary day's velocity at one load at each visit of the page's track, m/s (V,), and its uncertainty."""

    load_kg: float
    velocity_mps: FloatArray
    sigma_mps: FloatArray


@dataclass(frozen=True, slots=True)
class Trend:
    """Change of strength over the last TREND_DAYS as a share, and its standard uncertainty."""

    change: float
    sigma: float
    visits: int


@dataclass(frozen=True, slots=True)
class LiftPage:
    """Everything about one lift. `track` and `estimates` are None where the sets do not carry them; `refusal` says why
    there is no e1RM.
    """

    athlete: Athlete
    exercise: str
    table: SetTable
    track: StrengthTrack | None
    estimates: Estimates | None
    refusal: str
    fixed_loads: tuple[FixedLoad, ...]
    weeks: tuple[Week, ...]
    bests: tuple[PersonalBest, ...]
    likeness: TemplateLikeness | None
    trend: Trend | None
    readiness: Readiness | None
    associations: tuple[Association, ...]
    suggestions: tuple[Suggestion, ...]
    makers: tuple[tuple[str, int], ...]


def lift_page(
    library: Library,
    athlete: Athlete,
    exercise: str,
    own_mvt_mps: float | None = None,
    zone_mps: tuple[float, float] = ZONE_MPS,
) -> LiftPage:
    """The page of a lift. Raises BartrackerError where the lifter has no set of it."""
    table = tables.sets(library, athlete.id, exercise)
    if not len(table):
        lifts = ", ".join(tables.exercises(library, athlete.id)) or "no sets"
        raise BartrackerError(f"{athlete.name}: {exercise}", "no set of it is in the library", f"there is: {lifts}")
    latest = since(table, float(table.started_s[-1]) - YEARS_SHOWN * 365.25 * DAY_S)
    mvt = own_mvt_mps if own_mvt_mps is not None else tables.own_mvt_mps(library, athlete.id, exercise)
    track = track_strength(visits_of(latest), exercise)
    found = estimates(track, exercise, mvt) if track is not None else None
    likeness = template_likeness(tables.curves(library, athlete.id, exercise, float(latest.started_s[0])))
    today = None if track is None else _readiness(latest, track)
    every_week = tuple(weeks(table))
    fixed = [] if track is None else [FixedLoad(load, *velocity_at(track, load)) for load in usual_loads(latest)]
    advice = _suggestions(track, latest, likeness, today, zone_mps)
    planned = tables.planned_weeks(library, athlete.id, exercise)
    advice += overload_held(planned, every_week)
    ahead = any(start > every_week[-1].start.isoformat() for start, _, _ in planned)
    block = None if ahead or track is None or found is None else plan_overload(track, found)
    advice += [] if block is None else [block]
    return LiftPage(
        athlete,
        exercise,
        table,
        track,
        found,
        _refusal(track, found, exercise),
        tuple(fixed),
        every_week,
        tuple(personal_bests(table)),
        likeness,
        None if track is None else trend_of(track),
        today,
        _associations(library, athlete.id, track),
        tuple(advice),
        tuple(tables.makers(library, athlete.id, exercise)),
    )


def trend_of(track: StrengthTrack) -> Trend | None:
    """The latest trend; None below four visits in its time."""
    day = track.visits.day
    first = int(np.count_nonzero(day < day[-1] - TREND_DAYS))
    if len(day) - first < 4:
        return None
    return Trend(*change(track, first, len(day) - 1), len(day) - first)


def since(table: SetTable, from_s: float) -> SetTable:
    """The sets from a time on."""
    return _rows(table, np.flatnonzero(table.started_s >= from_s))


def warm_up_rows(table: SetTable) -> IntArray:
    """Rows of the latest visit's sets before its first one at the heaviest load; all of it where there is one load."""
    rows = np.flatnonzero(table.session_id == table.session_id[-1])
    loads = np.nan_to_num(table.load_kg[rows])
    first = int(np.argmax(loads))
    return rows[:first] if first else rows


def _readiness(table: SetTable, track: StrengthTrack) -> Readiness | None:
    warm_up = visits_of(_rows(table, warm_up_rows(table)))
    if not len(warm_up) or warm_up.session_id[-1] != track.visits.session_id[-1]:
        return None
    latest = len(track.visits) - 1
    return readiness(with_part(track, latest, warm_up), latest)


def _rows(table: SetTable, rows: IntArray) -> SetTable:
    return replace(table, **{name: getattr(table, name)[rows] for name in SetTable.__slots__})


def _suggestions(
    track: StrengthTrack | None,
    table: SetTable,
    likeness: TemplateLikeness | None,
    today: Readiness | None,
    zone_mps: tuple[float, float],
) -> list[Suggestion]:
    found: list[Suggestion | None] = [stop_set(table.velocity_loss_from_best[-12:])]
    if track is not None:
        found += [next_load(track, zone_mps), ease_off(track, today)]
    if likeness is not None:
        found.append(inconsistent_lift(likeness.distance_mps))
    return [suggestion for suggestion in found if suggestion is not None]


def _associations(library: Library, athlete_id: int, track: StrengthTrack | None) -> tuple[Association, ...]:
    """Numbers noted of the track's visits against their days' effect; kinds that were never noted are left out."""
    notes = tables.noted(library, athlete_id)
    if track is None or not notes:
        return ()
    columns = {
        kind: np.array([notes.get(int(number), {}).get(kind, np.nan) for number in track.visits.session_id])
        for kind in NOTE_KINDS
    }
    known = {kind: column for kind, column in columns.items() if np.isfinite(column).any()}
    return associations(known, track.day_effect_mps)


def _refusal(track: StrengthTrack | None, found: Estimates | None, exercise: str) -> str:
    if track is None:
        return "no set has a load and a full rep"
    if exercise not in USUAL_MVT_MPS and found is None:
        return "no minimal velocity threshold is known for this lift: give one with --mvt"
    if found is None or not np.isfinite(found.e1rm_kg[-1]):
        return "the loads do not tell yet how velocity falls with load: lift a wider range of loads"
    return ""
