"""What months of sets say: weeks, velocity at fixed loads, habits, personal bests, likeness to one's own template rep.
Pure functions of tables; strength over time is strength.py's.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bartracker.history.tables import CurveTable, SetTable
from bartracker.samples import FloatArray, IntArray

_EPOCH_MONDAY = date(1970, 1, 5)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a lift, Monday to Sunday in UTC. volume_kg: load times full reps. Means are over sets that have the
    number; None where no set has.
    """

    start: date
    sessions: int
    sets: int
    full_reps: int
    volume_kg: float
    heaviest_kg: float | None
    velocity_loss: float | None
    time_under_tension_s: float | None
    concentric_s: float | None
    eccentric_s: float | None
    smoothness_sparc: float | None
    sticking_share: float | None
    sticking_height_share: float | None
    mean_velocity_cv: float | None


@dataclass(frozen=True, slots=True)
class PersonalBest:
    """The fastest best rep of a load, or the heaviest load of a full rep."""

    kind: str
    load_kg: float
    velocity_mps: float
    sigma_mps: float | None
    at_s: float


@dataclass(frozen=True, slots=True)
class TemplateLikeness:
    """How near each set's full reps come to the lifter's own template rep: set_id (S,) in order of time, distance_mps
    (S,) root mean square over normalised time, m/s at the template's mean velocity. template_mps (C,).
    """

    set_id: IntArray
    distance_mps: FloatArray
    template_mps: FloatArray


def weeks(table: SetTable) -> list[Week]:
    """Every week from the first to the last, weeks without training too."""
    if not len(table):
        return []
    number = ((table.started_s / 86400.0 - 4.0) // 7.0).astype(np.int64)
    first, span = int(number[0]), int(number[-1] - number[0]) + 1
    place = number - first

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(place, np.where(np.isfinite(values), values, 0.0), span).astype(np.float64)

    def mean(values: FloatArray) -> list[float | None]:
        count = np.bincount(place[np.isfinite(values)], minlength=span)
        return [float(s / n) if n else None for s, n in zip(total(values), count, strict=True)]

    full = table.full_reps.astype(np.float64)
    sessions = np.bincount(
        np.unique(np.stack((place, table.session_id)), axis=1)[0],
        minlength=span,
    )
    heaviest = np.full(span, -np.inf)
    lifted = (table.load_kg > 0) & (table.full_reps > 0)
    np.maximum.at(heaviest, place[lifted], table.load_kg[lifted])
    with np.errstate(divide="ignore", invalid="ignore"):
        sticking = table.sticking_reps / full
    columns = zip(
        sessions,
        np.bincount(place, minlength=span),
        total(full),
        total(table.load_kg * full),
        heaviest,
        mean(table.velocity_loss_from_best),
        total(table.time_under_tension_s),
        mean(table.concentric_duration_s),
        mean(table.eccentric_duration_s),
        mean(table.smoothness_sparc),
        mean(sticking),
        mean(table.sticking_height_share),
        mean(table.mean_velocity_cv),
        strict=True,
    )
    return [
        Week(
            _EPOCH_MONDAY + timedelta(weeks=first + i),
            int(visits),
            int(sets),
            int(reps),
            float(volume),
            float(top) if np.isfinite(top) else None,
            loss,
            float(tension) if sets else None,
            *rest,
        )
        for i, (visits, sets, reps, volume, top, loss, tension, *rest) in enumerate(columns)
    ]


def usual_loads(table: SetTable, most: int = 4) -> list[float]:
    """The loads lifted on most visits, rising."""
    good = table.load_kg > 0
    if not good.any():
        return []
    pairs = np.unique(np.stack((table.load_kg[good], table.session_id[good].astype(np.float64))), axis=1)
    loads, visits = np.unique(pairs[0], return_counts=True)
    return sorted(float(load) for load in loads[np.argsort(-visits, kind="stable")[:most]])


def personal_bests(table: SetTable, most: int = 8) -> list[PersonalBest]:
    """The heaviest full rep, then the fastest rep of each of the heaviest loads."""
    good = np.flatnonzero((table.load_kg > 0) & (table.full_reps > 0) & np.isfinite(table.best_mean_velocity_mps))
    if not len(good):
        return []
    order = good[np.lexsort((-table.best_mean_velocity_mps[good], -table.load_kg[good]))]
    loads = table.load_kg[order]
    firsts = order[np.append(True, loads[1:] != loads[:-1])]
    bests = [_best("heaviest", table, int(firsts[0]))]
    return bests + [_best("fastest", table, int(i)) for i in firsts[:most]]


def _best(kind: str, table: SetTable, i: int) -> PersonalBest:
    sigma = float(table.best_sigma_mps[i])
    return PersonalBest(
        kind,
        float(table.load_kg[i]),
        float(table.best_mean_velocity_mps[i]),
        sigma if np.isfinite(sigma) else None,
        float(table.started_s[i]),
    )


def template_likeness(table: CurveTable, fewest: int = 10) -> TemplateLikeness | None:
    """Each set's distance from the template, the median of all curves; None below `fewest` reps.

    Curves are divided by their own mean first: load and form of the day drop out, shape stays.
    """
    if len(table.set_id) < fewest:
        return None
    mean = table.curve_mps.mean(axis=1, keepdims=True)
    good = mean[:, 0] > 0.05
    if np.count_nonzero(good) < fewest:
        return None
    shape = table.curve_mps[good] / mean[good]
    template = np.median(shape, axis=0)
    level = float(np.median(mean[good]))
    distance = np.sqrt(np.mean((shape - template) ** 2, axis=1)) * level
    ids, first, place = np.unique(table.set_id[good], return_index=True, return_inverse=True)
    mean_distance = np.bincount(place, distance) / np.bincount(place)
    order = np.argsort(first)
    return TemplateLikeness(ids[order], mean_distance[order], template * level)
