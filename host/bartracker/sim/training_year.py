"""A virtual lifter's training year: strength, good and bad days, fatigue, and what a sensor would say of each rep.
Sets are numbers here, not motion: the error of a measured mean velocity is given, learned from motion that went
through the pipeline (benchmarks/training_year.py). Deterministic by seed; knows nothing of how it is estimated.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bartracker.samples import BoolArray, FloatArray

# Mean velocity at 1RM, m/s: mean and standard deviation between lifters, as published (docs/history.md).
MVT_OF_LIFTERS: Final = {"squat": (0.30, 0.06), "bench": (0.17, 0.04), "deadlift": (0.15, 0.05), "ohp": (0.19, 0.05)}
_USUAL_1RM_KG: Final = {"squat": 140.0, "bench": 100.0, "deadlift": 170.0, "ohp": 60.0}
_WARM_UP: Final = ((0.4, 5), (0.55, 4), (0.7, 3))
_WORK: Final = ((0.72, 6, 3), (0.77, 5, 3), (0.82, 4, 3), (0.65, 4, 2))
_BLOCK_DAYS: Final = 42
_WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class VelocityError:
    """Error of a measured mean velocity: of all reps of a set, of each rep, and the uncertainty stated with it, m/s."""

    set_sigma_mps: float = 0.007
    rep_sigma_mps: float = 0.006
    stated_sigma_mps: float = 0.011


@dataclass(frozen=True, slots=True)
class YearSettings:
    """What kind of lifter and year.

    days: length. sessions_days: days of the week on which the lift is trained, from 0. missed: share of them missed.
    block_change: least and largest change of strength in six weeks, as a share, of blocks that build up; in blocks that
        lose (share losing_blocks) it is -losing times that.
    wander_per_week: strength's own random walk, share per square root of a week.
    day_sigma_mps, day_sigma_spread: scatter from day to day, and its own between lifters (standard deviation of its
        logarithm).
    bad_days, bad_day_mps: share of days that are bad, and how much slower all is then, least and largest.
    fatigue_mps: how much slower the third week of every four is; the fourth is easy.
    velocity_span_mps: velocity at no load above that at 1RM: mean and standard deviation between lifters.
    rep_noise: from rep to rep, share. rep_loss, set_loss_mps: slower with each rep and each work set.
    sleep_mps_per_hour: what an hour of sleep more than usual is worth.
    """

    days: int = 364
    sessions_days: tuple[int, ...] = (0, 2, 4)
    missed: float = 0.1
    block_change: tuple[float, float] = (0.03, 0.07)
    losing_blocks: float = 0.2
    losing: float = 0.8
    wander_per_week: float = 0.003
    day_sigma_mps: float = 0.025
    day_sigma_spread: float = 0.2
    bad_days: float = 0.04
    bad_day_mps: tuple[float, float] = (0.08, 0.14)
    fatigue_mps: float = 0.015
    velocity_span_mps: tuple[float, float] = (1.08, 0.12)
    rep_noise: float = 0.02
    rep_loss: float = 0.025
    set_loss_mps: float = 0.008
    sleep_mps_per_hour: float = 0.008
    error: VelocityError = field(default_factory=VelocityError)


@dataclass(frozen=True, slots=True)
class YearSet:
    """One set: day from 0, number in its session from 0, load, measured mean velocity of each rep with the stated
    uncertainty, m/s.
    """

    day: int
    number: int
    load_kg: float
    velocity_mps: FloatArray
    stated_sigma_mps: float


@dataclass(frozen=True, slots=True)
class TrainingYear:
    """All sets, and the truth: mvt_mps, one_rm_kg (days,), bad (days,) and sleep_h (days,) of each day."""

    exercise: str
    sets: tuple[YearSet, ...]
    mvt_mps: float
    one_rm_kg: FloatArray
    bad: BoolArray
    sleep_h: FloatArray


def train_a_year(exercise: str, seed: int, settings: YearSettings | None = None) -> TrainingYear:
    """A lifter's year of one of MVT_OF_LIFTERS' lifts."""
    wish = settings or YearSettings()
    rng = np.random.default_rng([seed, sorted(MVT_OF_LIFTERS).index(exercise)])
    mean, spread = MVT_OF_LIFTERS[exercise]
    mvt = float(max(rng.normal(mean, spread), 0.04))
    span = float(max(rng.normal(*wish.velocity_span_mps), 0.7))
    one_rm = _strength(_USUAL_1RM_KG[exercise] * rng.uniform(0.6, 1.4), wish, rng)
    day_sigma = wish.day_sigma_mps * float(np.exp(rng.normal(0.0, wish.day_sigma_spread)))
    bad: BoolArray = rng.random(wish.days) < wish.bad_days
    sleep_h: FloatArray = np.round(rng.normal(7.2, 0.9, wish.days) * 2) / 2
    sets: list[YearSet] = []
    planned_kg = float(one_rm[0])
    for day in range(wish.days):
        week, weekday = divmod(day, _WEEK_DAYS)
        if not day % _BLOCK_DAYS:
            # A plan is made of what was lifted of late, and not quite right.
            planned_kg = float(one_rm[max(day - 7, 0)] * rng.normal(1.0, 0.03))
        if weekday not in wish.sessions_days or rng.random() < wish.missed:
            continue
        effect = float(rng.normal(0.0, day_sigma)) + wish.sleep_mps_per_hour * (sleep_h[day] - 7.2)
        effect -= rng.uniform(*wish.bad_day_mps) if bad[day] else 0.0
        effect -= wish.fatigue_mps * (0.0, 0.5, 1.0, 0.0)[week % 4]
        sets += _session(day, week, planned_kg, float(one_rm[day]), mvt, span, float(effect), wish, rng)
    return TrainingYear(exercise, tuple(sets), mvt, one_rm, bad, sleep_h)


def _strength(start_kg: float, wish: YearSettings, rng: np.random.Generator) -> FloatArray:
    """1RM of each day (days,), kg."""
    blocks = -(-wish.days // _BLOCK_DAYS)
    change = rng.uniform(*wish.block_change, blocks)
    change = np.where(rng.random(blocks) < wish.losing_blocks, -wish.losing * change, change)
    rate = np.repeat(np.log1p(change) / _BLOCK_DAYS, _BLOCK_DAYS)[: wish.days]
    wander = rng.normal(0.0, wish.wander_per_week / np.sqrt(_WEEK_DAYS), wish.days)
    return start_kg * np.exp(np.cumsum(rate + wander))


def _session(
    day: int,
    week: int,
    planned_kg: float,
    one_rm_kg: float,
    mvt: float,
    span: float,
    effect: float,
    wish: YearSettings,
    rng: np.random.Generator,
) -> list[YearSet]:
    share, reps, times = _WORK[week % 4]
    ordered = [*_WARM_UP, *[(share + 0.01 * (week % _BLOCK_DAYS // _WEEK_DAYS), reps)] * times]
    sets: list[YearSet] = []
    for number, (part, count) in enumerate(ordered):
        load = max(20.0, 2.5 * round(part * planned_kg / 2.5))
        fresh = mvt + span * (1.0 - load / one_rm_kg) + effect
        fresh -= wish.set_loss_mps * max(0, number - len(_WARM_UP))
        true = fresh * (1.0 - wish.rep_loss) ** np.arange(count) * rng.normal(1.0, wish.rep_noise, count)
        # Below the threshold the bar stops: that rep fails and ends the set.
        failed = np.flatnonzero(true < 0.85 * mvt)
        true = true[: failed[0]] if len(failed) else true
        error = rng.normal(0.0, wish.error.set_sigma_mps) + rng.normal(0.0, wish.error.rep_sigma_mps, len(true))
        if len(true):
            sets.append(YearSet(day, number, load, true + error, wish.error.stated_sigma_mps))
    return sets
