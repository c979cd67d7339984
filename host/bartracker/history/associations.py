"""What was noted (sleep, caffeine, stress, soreness) set against how the days went. Pure. A rank correlation and
nothing beyond it: with the number of visits behind it, corrected for how many things were looked at, and never a
cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from bartracker.history.strength import share_below
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class AssociationSettings:
    """fewest: visits below which nothing is said (ranks of ten can still mislead). share: chance that anything is said
    to stand out where nothing is behind any of the things looked at (Holm's correction). confidence: of intervals.
    """

    fewest: int = 10
    share: float = 0.05
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Association:
    """`visits` with both; Spearman's rho with its interval, None below the fewest; what is said about it."""

    kind: str
    visits: int
    rho: float | None
    interval: tuple[float, float] | None
    stands_out: bool
    text: str


def associations(
    notes: Mapping[str, FloatArray], day_effect_mps: FloatArray, settings: AssociationSettings | None = None
) -> tuple[Association, ...]:
    """Each noted number (V,), NaN where nothing was noted, against the days' velocity effect (V,), m/s."""
    settings = settings or AssociationSettings()
    tested: list[tuple[float, str, int, float]] = []
    quiet: list[Association] = []
    for kind, values in notes.items():
        both = np.isfinite(values) & np.isfinite(day_effect_mps)
        count = int(np.count_nonzero(both))
        if count < settings.fewest:
            text = f"{count} visits with {kind} noted: nothing can be said below {settings.fewest}"
            quiet.append(Association(kind, count, None, None, False, text))
        elif len(np.unique(values[both])) < 3:
            text = f"{kind} was noted alike on all of {count} visits: nothing can be said"
            quiet.append(Association(kind, count, None, None, False, text))
        else:
            rho, chance = rank_correlation(values[both], day_effect_mps[both])
            tested.append((chance, kind, count, rho))
    found: list[Association] = []
    open_still = True
    for place, (chance, kind, count, rho) in enumerate(sorted(tested)):
        open_still = open_still and chance <= settings.share / (len(tested) - place)
        found.append(_told(kind, count, rho, open_still, settings))
    return (*found, *quiet)


def rank_correlation(one: FloatArray, other: FloatArray) -> tuple[float, float]:
    """Spearman's rho of two columns (N,) and the chance of one so far from zero where nothing is behind it.

    Not SciPy's, which takes seconds to load; the same numbers (test_history_progress.py).
    """
    rho = float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])
    freedom = len(one) - 2
    score = abs(rho) * float(np.sqrt(freedom / max(1.0 - rho**2, 1e-12)))
    return rho, 2.0 * share_below(-score, 1.0, freedom)


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2.0)[place]


def _told(kind: str, count: int, rho: float, stands_out: bool, settings: AssociationSettings) -> Association:
    # Fisher's z with Bonett and Wright's variance for ranks (Psychometrika 65, 2000).
    half = float(ndtri(0.5 + settings.confidence / 2)) * np.sqrt((1 + rho**2 / 2) / (count - 3))
    centre = np.arctanh(np.clip(rho, -0.9999, 0.9999))
    interval = (float(np.tanh(centre - half)), float(np.tanh(centre + half)))
    if stands_out:
        how = "faster" if rho > 0 else "slower"
        text = f"in {count} visits, days with more {kind} were {how}; that they went together is no proof of a cause"
    else:
        text = f"in {count} visits, {kind} and velocity did not go together more than chance lets things do"
    return Association(kind, count, rho, interval, stands_out, text)
