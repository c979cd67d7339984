"""Strength over months from the velocity of ordinary sets, with what is uncertain in it. Pure.

The model, one lift of one lifter: the best full rep at load L on day i moves at

    v = a - b_i L + d_i + e,

a: velocity at no load, constant (velocity at a share of 1RM stays as it was while 1RM changes: González-Badillo and
Sánchez-Medina, Int J Sports Med 31, 2010: +9.3 % 1RM, profile unchanged). b_i: moves with strength, by a trend that
forgets itself (an integrated Ornstein-Uhlenbeck process) and a small random walk. d_i: how that day was, the same for
all sets of it, N(0, day scatter); the scatter starts from the literature's and is learned from the days before. e: the
set's own scatter and the measurement's stated uncertainty. 1RM_i = (a - MVT) / b_i.

A Kalman filter runs forward (what could be known on the day: readiness.py rests on it), a Rauch-Tung-Striebel
smoother backward (what is known now). The interval of the 1RM is Fieller's, with the MVT's own uncertainty in it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from bartracker.coaching.profile import LITERATURE_MVT_SIGMA_MPS, USUAL_MVT_MPS
from bartracker.history.visits import Visits
from bartracker.results import Exercise
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class StrengthSettings:
    """Parameters of the model.

    day_sigma_mps: scatter of a lifter's velocity from day to day (0.02-0.05; Banyard 2018, Grgic 2020), until the
        lifter's own is learned. day_sigma_days: how firmly that is believed, as so many days. least_day_sigma_mps:
        nobody is steadier.
    set_sigma_mps: scatter of the best rep from set to set beyond what is measured (0.01-0.03).
    trend_per_week: standard deviation of the rate at which strength changes, as a share a week (0.5-1.5 %).
    trend_memory_days: how long a rate lasts (3-10 weeks).
    wander_per_week: change of strength that no trend explains, share per square root of a week.
    velocity_span_mps: usual velocity at no load above that at 1RM, and its scatter between lifters.
    first_guess: how uncertain the first 1RM guessed from the heaviest load is, as a share.
    confidence: of intervals.
    least_load_span: least difference of lightest and heaviest load as a share of the heaviest; one load says nothing of
        how velocity falls with load, whatever lifters usually do.
    widest: largest half-width of an interval as a share of the estimate that still helps anyone.
    outlier: a day farther off than so many scatters is an outlier: it moves the estimates less, and counts as just so
        far when the scatter is learned.
    """

    day_sigma_mps: float = 0.03
    day_sigma_days: float = 10.0
    least_day_sigma_mps: float = 0.01
    set_sigma_mps: float = 0.012
    trend_per_week: float = 0.01
    trend_memory_days: float = 35.0
    wander_per_week: float = 0.004
    velocity_span_mps: tuple[float, float] = (1.1, 0.3)
    first_guess: float = 0.5
    confidence: float = 0.95
    least_load_span: float = 0.15
    widest: float = 0.5
    outlier: float = 1.8


@dataclass(frozen=True, slots=True)
class StrengthTrack:
    """Strength at each visit, all (V, ...). state: a, b per reference load, its rate per day. `covariance` of it.
    `gain` carries a later state's change back, for differences between days. past_state, past_covariance: as predicted
    before the visit. day_effect_mps, day_variance: of the visit against that prediction; day_sigma_mps: the scatter of
    ordinary days as known then, of so many `day_freedom`.
    """

    visits: Visits
    reference_kg: float
    state: FloatArray
    covariance: FloatArray
    gain: FloatArray
    past_state: FloatArray
    past_covariance: FloatArray
    day_effect_mps: FloatArray
    day_variance: FloatArray
    day_sigma_mps: FloatArray
    day_freedom: FloatArray


@dataclass(frozen=True, slots=True)
class Estimates:
    """e1RM of each visit, kg (V,), and its interval (V, 2); NaN where the data do not support one. `mvt_sigma_mps` is 0
    where the lifter's own threshold was given.
    """

    mvt_mps: float
    mvt_sigma_mps: float
    e1rm_kg: FloatArray
    interval_kg: FloatArray


def track_strength(
    visits: Visits, exercise: Exercise | str, settings: StrengthSettings | None = None
) -> StrengthTrack | None:
    """Run filter and smoother; None where there is no visit."""
    settings = settings or StrengthSettings()
    if not len(visits):
        return None
    reference = float(np.median(visits.load_kg))
    run = _forward(visits, exercise, reference, settings)
    gain, state, covariance = _backward(run)
    return StrengthTrack(
        visits,
        reference,
        state,
        covariance,
        gain,
        run.past_state,
        run.past_covariance,
        run.effects[:, 0],
        run.effects[:, 1],
        run.effects[:, 2],
        run.effects[:, 3],
    )


@dataclass(frozen=True, slots=True)
class _Forward:
    """What the filter leaves: states before and after each visit, the moves between, and the days' effects (V, 4):
    effect, its variance, the scatter of ordinary days as known then, and of how many days.
    """

    past_state: FloatArray
    past_covariance: FloatArray
    state: FloatArray
    covariance: FloatArray
    moves: FloatArray
    effects: FloatArray


def _forward(visits: Visits, exercise: Exercise | str, reference: float, settings: StrengthSettings) -> _Forward:
    count = len(visits)
    state, covariance = _first_guess(visits, exercise, reference, settings)
    slope = float(state[1])
    run = _Forward(
        np.zeros((count, 3)),
        np.zeros((count, 3, 3)),
        np.zeros((count, 3)),
        np.zeros((count, 3, 3)),
        np.zeros((count, 3, 3)),
        np.zeros((count, 4)),
    )
    learned, days = settings.day_sigma_days * settings.day_sigma_mps**2, settings.day_sigma_days
    for i in range(count):
        if i:
            move, noise = _step(float(visits.day[i] - visits.day[i - 1]), slope, settings)
            state, covariance = move @ state, move @ covariance @ move.T + noise
            run.moves[i] = move
        run.past_state[i], run.past_covariance[i] = state, covariance
        points = slice(int(visits.first[i]), int(visits.first[i + 1]))
        seen, off, spread = _innovation(visits, points, reference, state, covariance, settings)
        day_sigma = max(float(np.sqrt(learned / days)), settings.least_day_sigma_mps)
        inverse = _inverse(spread)
        effect, variance = _day_effect(off, inverse)
        run.effects[i] = effect, variance, day_sigma, days
        # A day far off says little of strength: it counts as one of a wider scatter.
        limit = settings.outlier * float(np.sqrt(day_sigma**2 + variance))
        day_variance = (day_sigma * max(1.0, abs(effect) / limit)) ** 2
        total = inverse.sum(axis=1)
        # Sherman and Morrison: the day's share is the same in every point.
        whole = inverse - np.outer(total, total) * (day_variance / (1.0 + day_variance * float(total.sum())))
        across = covariance @ seen.T @ whole
        state = state + across @ off
        covariance = covariance - across @ seen @ covariance
        covariance = (covariance + covariance.T) / 2
        slope = max(float(state[1]), 0.2 * slope)
        run.state[i], run.covariance[i] = state, covariance
        # Only a day that is known better than days scatter says anything of their scatter.
        if variance < day_sigma**2:
            learned += min(effect**2, limit**2) - variance
            days += 1.0
            learned = max(learned, days * settings.least_day_sigma_mps**2)
    return run


def _backward(run: _Forward) -> tuple[FloatArray, FloatArray, FloatArray]:
    state, covariance = run.state.copy(), run.covariance.copy()
    gain = np.zeros_like(run.moves)
    for i in range(len(state) - 2, -1, -1):
        gain[i] = _solved(run.past_covariance[i + 1], run.moves[i + 1] @ run.covariance[i]).T
        state[i] += gain[i] @ (state[i + 1] - run.past_state[i + 1])
        covariance[i] += gain[i] @ (covariance[i + 1] - run.past_covariance[i + 1]) @ gain[i].T
    return gain, state, covariance


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _first_guess(
    visits: Visits, exercise: Exercise | str, reference: float, settings: StrengthSettings
) -> tuple[FloatArray, FloatArray]:
    span, span_sigma = settings.velocity_span_mps
    lowest = next((mvt for name, mvt in USUAL_MVT_MPS.items() if name == exercise), 0.3)
    first = slice(0, int(visits.first[1]))
    heaviest = int(np.argmax(visits.load_kg[first]))
    share = float(np.clip((visits.velocity_mps[heaviest] - lowest) / span, 0.0, 0.7))
    slope = span * (1.0 - share) * reference / float(visits.load_kg[heaviest])
    rate = settings.trend_per_week / 7.0 * slope
    state = np.array([lowest + span, slope, 0.0])
    return state, np.diag([span_sigma**2, (settings.first_guess * slope) ** 2, rate**2])


def _step(days: float, slope: float, settings: StrengthSettings) -> tuple[FloatArray, FloatArray]:
    """Transition and noise of the state over a pause; the rate is an Ornstein-Uhlenbeck process."""
    memory, rate = settings.trend_memory_days, settings.trend_per_week / 7.0 * slope
    u = max(days, 0.0) / memory
    keep = float(np.exp(-u))
    move = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, memory * (1.0 - keep)], [0.0, 0.0, keep]])
    noise = np.zeros((3, 3))
    noise[1, 1] = rate**2 * memory**2 * max(2 * u - 3 + 4 * keep - keep**2, 0.0)
    noise[1, 1] += (settings.wander_per_week * slope) ** 2 * max(days, 0.0) / 7.0 + 1e-12
    noise[1, 2] = noise[2, 1] = rate**2 * memory * (1.0 - keep) ** 2
    noise[2, 2] = rate**2 * (1.0 - keep**2) + 1e-16
    return move, noise


def _innovation(
    visits: Visits,
    points: slice,
    reference: float,
    state: FloatArray,
    covariance: FloatArray,
    settings: StrengthSettings,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How the state is seen (n, 3), velocity less its prediction (n,), and its covariance without the day's share."""
    load = visits.load_kg[points]
    seen = np.column_stack((np.ones(len(load)), -load / reference, np.zeros(len(load))))
    own = visits.sigma_mps[points] ** 2 + settings.set_sigma_mps**2
    return seen, visits.velocity_mps[points] - seen @ state, seen @ covariance @ seen.T + np.diag(own)


def _day_effect(off_mps: FloatArray, inverse: FloatArray) -> tuple[float, float]:
    """Weighted mean of a day's deviations (n,) whose covariance has this inverse, and its variance."""
    weight = inverse.sum(axis=0)
    total = float(weight.sum())
    return float(weight @ off_mps) / total, 1.0 / total


def with_part(
    track: StrengthTrack, visit: int, part: Visits, settings: StrengthSettings | None = None
) -> StrengthTrack:
    """The track with one visit's day effect seen in a part of that visit's sets alone: the last visit of `part`."""
    settings = settings or StrengthSettings()
    points = slice(int(part.first[-2]), int(part.first[-1]))
    _, off, spread = _innovation(
        part, points, track.reference_kg, track.past_state[visit], track.past_covariance[visit], settings
    )
    effects, variances = track.day_effect_mps.copy(), track.day_variance.copy()
    effects[visit], variances[visit] = _day_effect(off, _inverse(spread))
    return replace(track, day_effect_mps=effects, day_variance=variances)


def estimates(
    track: StrengthTrack,
    exercise: Exercise | str,
    own_mvt_mps: float | None = None,
    settings: StrengthSettings | None = None,
) -> Estimates | None:
    """e1RM at every visit; None where no threshold is known for the lift. Without the lifter's own, the usual one
    stands in with the scatter between lifters that the literature reports.
    """
    settings = settings or StrengthSettings()
    mvt, sigma = own_mvt_mps, 0.0
    if mvt is None:
        mvt = next((value for name, value in USUAL_MVT_MPS.items() if name == exercise), None)
        sigma = next((value for name, value in LITERATURE_MVT_SIGMA_MPS.items() if name == exercise), 0.0)
    if mvt is None:
        return None
    above, slope = track.state[:, 0] - mvt, track.state[:, 1]
    quantile = stdtrit(track.day_freedom, 0.5 + settings.confidence / 2)
    above_var = track.covariance[:, 0, 0] + sigma**2
    slope_var, common = track.covariance[:, 1, 1], track.covariance[:, 0, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = track.reference_kg * above / slope
        a = slope**2 - quantile**2 * slope_var
        b = above * slope - quantile**2 * common
        c = above**2 - quantile**2 * above_var
        root = np.sqrt(b * b - a * c)
        interval = track.reference_kg * np.column_stack(((b - root) / a, (b + root) / a))
        half = (interval[:, 1] - interval[:, 0]) / 2
        good = (a > 0) & (slope > 0) & (above > 0) & (half <= settings.widest * estimate)
    loads = track.visits.load_kg
    good &= float(np.ptp(loads)) >= settings.least_load_span * float(loads.max())
    return Estimates(
        mvt,
        sigma,
        np.where(good, estimate, np.nan),
        np.where(good[:, np.newaxis], np.maximum(interval, 0.0), np.nan),
    )


def change(track: StrengthTrack, from_visit: int, to_visit: int) -> tuple[float, float]:
    """Change of strength between two visits as a share, and its standard uncertainty; up is stronger.

    What is shared by both (a, the MVT) cancels: the share is the slope's alone.
    """
    cross = track.covariance[to_visit]
    for i in range(to_visit - 1, from_visit - 1, -1):
        cross = track.gain[i] @ cross
    first, last = track.state[from_visit, 1], track.state[to_visit, 1]
    variance = track.covariance[from_visit, 1, 1] / first**2 + track.covariance[to_visit, 1, 1] / last**2
    variance -= 2.0 * cross[1, 1] / (first * last)
    return float(first / last - 1.0), float(np.sqrt(max(variance, 0.0)) * first / last)


def velocity_at(track: StrengthTrack, load_kg: float) -> tuple[FloatArray, FloatArray]:
    """Velocity of an ordinary day at a load at each visit, m/s (V,), and its standard uncertainty."""
    seen = np.array([1.0, -load_kg / track.reference_kg, 0.0])
    return track.state @ seen, np.sqrt(np.einsum("i,vij,j->v", seen, track.covariance, seen))


def share_below(value: float, sigma: float, freedom: float) -> float:
    """Probability that Student's t with this freedom, times sigma, lies below a value."""
    shares: FloatArray = np.asarray(stdtr(freedom, value / max(sigma, 1e-12)), dtype=np.float64)
    return float(shares)
