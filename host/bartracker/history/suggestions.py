"""Suggestions, each with its reason and where it comes from. Pure. Training advice, never medical: nothing here knows
of pain, illness or injury. Where the numbers do not carry a suggestion there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.history.progress import Week
from bartracker.history.readiness import Readiness
from bartracker.history.strength import Estimates, StrengthTrack, change, share_below
from bartracker.samples import FloatArray

SOURCES: Final = {
    "loss": (
        "Sánchez-Medina & González-Badillo, Med Sci Sports Exerc 43 (2011): velocity loss follows fatigue; "
        "Pareja-Blanco et al., Scand J Med Sci Sports 27 (2017): 20 % loss gave the same squat strength as 40 % with "
        "less fatigue, 40 % more muscle"
    ),
    "zone": (
        "Mann, Ivey & Sayers, Strength Cond J 37 (2015): velocity zones, contested; Jovanović & Flanagan, J Aust "
        "Strength Cond 22 (2014): load from the lifter's own load-velocity profile"
    ),
    "consistency": "Weakley et al., Strength Cond J 43 (2021): changes beyond a lifter's own usual scatter are real",
    "ease": (
        "Weakley et al., Strength Cond J 43 (2021): velocity falling over weeks at equal load points to fatigue; "
        "Jovanović & Flanagan (2014)"
    ),
    "overload": "American College of Sports Medicine position stand, Med Sci Sports Exerc 41 (2009): rise by 2-10 %",
}


@dataclass(frozen=True, slots=True)
class SuggestionSettings:
    """loss_limits: share of velocity at which a set is stopped for strength, and for size. plate_kg: smallest step of a
    load. inconsistent: latest scatter over the usual one from which a lift is called inconsistent. weeks: how many of
    the last count as "the last weeks". falling: probability that strength has fallen from which easing off is
    suggested. overload: largest rise of the heaviest load from week to week that is taken for sound, share.
    """

    loss_limits: tuple[float, float] = (0.2, 0.4)
    plate_kg: float = 2.5
    inconsistent: float = 1.5
    weeks: int = 3
    falling: float = 0.95
    overload: float = 0.10
    block_share: float = 0.8
    block_rise: float = 0.025
    block_easy: float = 0.9


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do, why, and the source of the rule."""

    topic: str
    text: str
    reason: str
    source: str


def next_load(
    track: StrengthTrack, zone_mps: tuple[float, float], settings: SuggestionSettings | None = None
) -> Suggestion | None:
    """The load at which an ordinary day's best rep lies in the middle of the zone; None where that is far from all
    loads lifted of late.
    """
    settings = settings or SuggestionSettings()
    velocity = sum(zone_mps) / 2
    state = track.state[-1]
    if state[1] <= 0:
        return None
    load = (state[0] - velocity) / state[1] * track.reference_kg
    latest = track.visits.load_kg[int(track.visits.first[-min(5, len(track.visits)) - 1]) :]
    if not 0.6 * latest.min() <= load <= 1.2 * latest.max():
        return None
    seen = np.array([1.0, -load / track.reference_kg, 0.0])
    sigma = float(np.sqrt(seen @ track.covariance[-1] @ seen + track.day_sigma_mps[-1] ** 2))
    step = settings.plate_kg
    low, high = ((state[0] - velocity - side * sigma) / state[1] * track.reference_kg for side in (1.0, -1.0))
    return Suggestion(
        "next load",
        f"{step * round(load / step):g} kg for a mean velocity of {zone_mps[0]:g}-{zone_mps[1]:g} m/s",
        f"your profile puts {velocity:.2f} m/s at {load:.0f} kg; days differ by {low:.0f} to {high:.0f} kg, so let the "
        "first rep decide",
        SOURCES["zone"],
    )


def stop_set(latest_losses: FloatArray, settings: SuggestionSettings | None = None) -> Suggestion:
    """When to stop a set, set against what the latest sets lost (N,)."""
    settings = settings or SuggestionSettings()
    strength, size = settings.loss_limits
    known = latest_losses[np.isfinite(latest_losses)]
    habit = (
        f"your latest {len(known)} {'set' if len(known) == 1 else 'sets'} lost {100 * np.median(known):.0f} %"
        if len(known)
        else "no loss is known yet"
    )
    return Suggestion(
        "when to stop",
        f"stop the set when a rep is {100 * strength:.0f} % slower than its fastest for strength, "
        f"{100 * size:.0f} % for size",
        habit,
        SOURCES["loss"],
    )


def inconsistent_lift(
    distances_mps: FloatArray, latest: int = 6, settings: SuggestionSettings | None = None
) -> Suggestion | None:
    """Where the latest sets lie much farther from the lifter's template than was usual before."""
    settings = settings or SuggestionSettings()
    if len(distances_mps) < 3 * latest:
        return None
    now, before = distances_mps[-latest:], distances_mps[:-latest]
    ratio = float(np.median(now) / np.median(before))
    # More than half of the latest must lie beyond nine in ten of those before.
    if ratio < settings.inconsistent or np.median(now) < np.quantile(before, 0.9):
        return None
    return Suggestion(
        "consistency",
        "the lift has become inconsistent: take a lighter load or film a set before adding weight",
        f"the velocity of the last {latest} sets lies {ratio:.1f} times as far from your own template as before",
        SOURCES["consistency"],
    )


def ease_off(
    track: StrengthTrack, latest: Readiness | None, settings: SuggestionSettings | None = None
) -> Suggestion | None:
    """Where the last weeks went down by more than the days' scatter explains."""
    settings = settings or SuggestionSettings()
    day = track.visits.day
    start = int(np.count_nonzero(day < day[-1] - 7.0 * settings.weeks))
    if len(track.visits) - start < 4:
        return None
    changed, sigma = change(track, start, len(track.visits) - 1)
    chance = share_below(-changed, sigma, float(track.day_freedom[-1]))
    if chance < settings.falling:
        return None
    today = "; today's warm-up is below an ordinary day too" if latest and latest.verdict == "below" else ""
    return Suggestion(
        "ease off",
        "consider a week with about half the sets at the same loads",
        f"over {settings.weeks} weeks velocity at equal load fell as if strength were {-100 * changed:.1f} % lower "
        f"({100 * chance:.0f} % sure that it fell){today}",
        SOURCES["ease"],
    )


def overload_held(
    planned: Sequence[tuple[str, float, int]], done: Sequence[Week], settings: SuggestionSettings | None = None
) -> list[Suggestion]:
    """Planned weeks (Monday, heaviest kg, reps) held against what was done, and plans that rise too fast."""
    settings = settings or SuggestionSettings()
    by_week = {week.start.isoformat(): week for week in done}
    found: list[Suggestion] = []
    for number, (start, load, reps) in enumerate(planned):
        week = by_week.get(start)
        if week is not None:
            top = week.heaviest_kg or 0.0
            verdict = "done" if top >= load and week.full_reps >= reps else "missed"
            lifted = f"planned {load:g} kg and {reps} reps, lifted {top:g} kg and {week.full_reps}"
            found.append(Suggestion("plan", f"week of {start}: {verdict}", lifted, SOURCES["overload"]))
        before = planned[number - 1][1] if number else None
        if before and load > before * (1.0 + settings.overload):
            rise = 100 * (load / before - 1)
            text = f"week of {start}: plan a smaller step than {rise:.0f} %"
            found.append(
                Suggestion("plan", text, f"{before:g} to {load:g} kg in one planned step", SOURCES["overload"])
            )
    return found


def plan_overload(
    track: StrengthTrack, strengths: Estimates, settings: SuggestionSettings | None = None
) -> Suggestion | None:
    """Heaviest loads of the coming four weeks, the last one easy; None where there is no e1RM."""
    settings = settings or SuggestionSettings()
    estimate = float(strengths.e1rm_kg[-1])
    if not len(track.visits) or not np.isfinite(estimate):
        return None
    step = settings.plate_kg
    rising = [settings.block_share * (1.0 + settings.block_rise * week) for week in range(3)]
    shares = (*rising, settings.block_share * settings.block_easy)
    *loads, easy = (f"{step * round(share * estimate / step):g}" for share in shares)
    return Suggestion(
        "coming weeks",
        f"heaviest load {', '.join(loads)} kg, then an easy week at {easy} kg",
        f"{100 * settings.block_share:.0f} % of the estimated {estimate:.0f} kg, rising by "
        f"{100 * settings.block_rise:g} % a week; no week ahead is planned yet",
        SOURCES["overload"],
    )
