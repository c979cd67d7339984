"""How today compares with ordinary days, from the warm-up alone. Pure.

The warm-up's velocities are held against what strength.py predicts from the days before. Two-level model: sets scatter
within a day, days scatter about the trend; both scatters are the lifter's own as far as they are learned. A day counts
as below only where an ordinary day would be so slow in one of forty; how sure "slower by more than matters" is, is
said as a probability. Velocity tells of velocity: whether a slow day should be an easy one is for the lifter to judge
(Vernon 2020 found bar velocity after hard sessions to mirror 1RM poorly).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from bartracker.history.strength import StrengthTrack, share_below
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class ReadinessSettings:
    """alarm: chance that an ordinary day is called below (0.01-0.05). matters_mps: a difference that changes the load
    by about 3 % (smallest change worth acting on, 0.03-0.06). fewest_visits: before so many nothing is said.
    """

    alarm: float = 0.025
    matters_mps: float = 0.04
    fewest_visits: int = 6


@dataclass(frozen=True, slots=True)
class Readiness:
    """One day against ordinary ones. difference_mps: of velocity at equal load, with `sigma_mps` of its measurement;
    `ordinary_sigma_mps` of ordinary days and `days` that tell it. `probability_slower`: that the day is slower by more
    than matters. verdict "unknown" where too few visits came before.
    """

    verdict: Literal["below", "ordinary", "above", "unknown"]
    difference_mps: float
    sigma_mps: float
    ordinary_sigma_mps: float
    days: int
    probability_slower: float


def readiness(track: StrengthTrack, visit: int, settings: ReadinessSettings | None = None) -> Readiness:
    """The verdict on one visit (its index) by what was known before it. The track's visits hold whatever sets count:
    of a day that has just begun, its warm-up.
    """
    settings = settings or ReadinessSettings()
    difference, variance = float(track.day_effect_mps[visit]), float(track.day_variance[visit])
    day_sigma, freedom = float(track.day_sigma_mps[visit]), float(track.day_freedom[visit])
    share = day_sigma**2 / (day_sigma**2 + variance)
    # Drawn towards an ordinary day by as much as measurement and trend are uncertain.
    likely, spread = share * difference, float(np.sqrt(share * variance))
    slower = share_below(-settings.matters_mps - likely, spread, freedom)
    if visit < settings.fewest_visits:
        return Readiness("unknown", difference, float(np.sqrt(variance)), day_sigma, visit, slower)
    limit = float(stdtrit(freedom, 1.0 - settings.alarm))
    score = difference / float(np.sqrt(day_sigma**2 + variance))
    verdict = "below" if score < -limit else "above" if score > limit else "ordinary"
    return Readiness(verdict, difference, float(np.sqrt(variance)), day_sigma, visit, slower)


def scores(track: StrengthTrack) -> FloatArray:
    """Each visit's difference in units of an ordinary day's scatter, (V,)."""
    return track.day_effect_mps / np.sqrt(track.day_variance + track.day_sigma_mps**2)
