"""The load-velocity profile of a lift and the 1RM it estimates, with an interval; or the reason why the data do not
support one. Pure.

A straight line through the mean velocity of the best full rep at each load, weighted by what is known of each: the
rep's own uncertainty and the lifter's scatter from day to day. The estimated 1RM is the load at which the line meets
the minimal velocity threshold; its interval is Fieller's (J. R. Stat. Soc. B 16, 1954) with Student's t.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from bartracker.coaching.targets import LIMITS
from bartracker.errors import BartrackerError
from bartracker.results import Analysis, Exercise, RepSet

# Mean velocity at 1RM, m/s; the literature varies, a lifter's own value is better.
USUAL_MVT_MPS: dict[Exercise, float] = {"squat": 0.30, "bench": 0.17, "deadlift": 0.15, "ohp": 0.19}
# Its standard deviation between lifters: squat Banyard 2017 (0.06) and Helms 2017 (0.05); bench González-Badillo 2010
# (0.04) and Helms 2017 (0.04); deadlift Helms 2017 (0.05); ohp Balsalobre-Fernández 2018 (25 % of it).
LITERATURE_MVT_SIGMA_MPS: dict[Exercise, float] = {"squat": 0.06, "bench": 0.04, "deadlift": 0.05, "ohp": 0.05}


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """Parameters of the profile.

    day_sigma_mps: standard deviation of a lifter's best mean velocity at one load from day to day (0.02-0.05).
    day_sigma_reps: how firmly that is believed, as so many measurements; scatter about the line adjusts it (5-20).
    confidence: of the interval.
    least_load_span: least difference of lightest and heaviest load as a share of the heaviest; closer loads make a line
        of any slope.
    farthest: largest ratio of the estimate to the heaviest load, and of the lightest load to the estimate; a line
        says nothing far from the loads that were lifted.
    widest: largest half-width of the interval as a share of the estimate that still helps anyone.
    """

    day_sigma_mps: float = 0.03
    day_sigma_reps: float = 10.0
    confidence: float = 0.95
    least_load_span: float = 0.15
    farthest: float = 1.5
    widest: float = 0.5


@dataclass(frozen=True, slots=True)
class ProfilePoint:
    """The best full rep at one load: its mean velocity with uncertainty (of the rep alone), m/s; reps there were."""

    load_kg: float
    mean_velocity_mps: float
    sigma_mps: float
    reps: int


@dataclass(frozen=True, slots=True)
class LoadVelocityProfile:
    """MV = intercept + slope * load, and the load at the minimal velocity threshold. `refusal` says why there is no
    e1RM; then e1rm_kg and interval_kg are None, and the line too where there is none.
    """

    exercise: Exercise
    points: tuple[ProfilePoint, ...]
    mvt_mps: float | None
    slope_mps_per_kg: float | None
    intercept_mps: float | None
    e1rm_kg: float | None
    interval_kg: tuple[float, float] | None
    refusal: str = ""


def load_velocity_profile(
    analyses: Analysis | Iterable[Analysis],
    exercise: Exercise | None = None,
    mvt_mps: float | None = None,
    settings: ProfileSettings | None = None,
) -> LoadVelocityProfile:
    """Profile of one lift from all sets of it that have a load.

    Args:
        analyses: of one or several recordings of the same lifter.
        exercise: the lift; None where all sets with a load are of one.
        mvt_mps: the lifter's own minimal velocity threshold; None takes the lift's usual one, with the scatter between
            lifters in the interval.
        settings: None takes the defaults.

    Raises:
        BartrackerError: several lifts and none named, or a threshold that is none.
    """
    settings = settings or ProfileSettings()
    analyses = (analyses,) if isinstance(analyses, Analysis) else tuple(analyses)
    sets = [rep_set for analysis in analyses for rep_set in analysis.sets if rep_set.load_kg]
    chosen = exercise or _only_exercise(sets)
    limit = LIMITS["mvt_mps"]
    if mvt_mps is not None and not limit.least <= mvt_mps <= limit.largest:
        raise BartrackerError(
            f"minimal velocity threshold {mvt_mps:g} m/s",
            "is out of range",
            f"give {limit.least:g} to {limit.largest:g} m/s",
        )
    points = _best_reps([rep_set for rep_set in sets if rep_set.exercise == chosen])
    if mvt_mps is not None:
        return fit_profile(chosen, points, mvt_mps, settings)
    return fit_profile(chosen, points, USUAL_MVT_MPS.get(chosen), settings, LITERATURE_MVT_SIGMA_MPS.get(chosen, 0.0))


def fit_profile(
    exercise: Exercise,
    points: tuple[ProfilePoint, ...],
    mvt_mps: float | None,
    settings: ProfileSettings,
    mvt_sigma_mps: float = 0.0,
) -> LoadVelocityProfile:
    """The line through points of rising load and what follows from it. `mvt_sigma_mps`: how uncertain the threshold
    is; 0 for the lifter's own.
    """

    def refused(reason: str, line: tuple[float, float] | None = None) -> LoadVelocityProfile:
        slope, intercept = line or (None, None)
        return LoadVelocityProfile(exercise, points, mvt_mps, slope, intercept, None, None, reason)

    if len(points) < 2:
        return refused(f"{len(points)} load with a full rep: at least two different loads are needed")
    loads = np.array([point.load_kg for point in points])
    if loads[-1] - loads[0] < settings.least_load_span * loads[-1]:
        return refused(
            f"the loads lie too close, {loads[0]:g} to {loads[-1]:g} kg: "
            f"the lightest should be {100 * settings.least_load_span:.0f} % below the heaviest or less"
        )
    velocity = np.array([point.mean_velocity_mps for point in points])
    variance = np.array([point.sigma_mps**2 for point in points]) + settings.day_sigma_mps**2
    weight = 1.0 / variance
    centre = float(np.average(loads, weights=weight))
    spread = float(np.sum(weight * (loads - centre) ** 2))
    middle = float(np.average(velocity, weights=weight))
    slope = float(np.sum(weight * (loads - centre) * (velocity - middle))) / spread
    intercept = middle - slope * centre
    residual = float(np.sum(weight * (velocity - intercept - slope * loads) ** 2))
    # The scatter told beforehand counts as day_sigma_reps measurements; what the line leaves over is added to them.
    freedom = settings.day_sigma_reps + len(points) - 2
    scale = (settings.day_sigma_reps + residual) / freedom
    quantile = float(stdtrit(freedom, 0.5 + settings.confidence / 2))
    middle_variance, slope_variance = scale / float(weight.sum()), scale / spread
    line = (slope, intercept)
    if slope + quantile * np.sqrt(slope_variance) >= 0:
        return refused("velocity does not fall with load beyond its scatter: lift loads further apart", line)
    if mvt_mps is None:
        return refused("no minimal velocity threshold is known for this lift: give one (--mvt)", line)
    e1rm = (mvt_mps - intercept) / slope
    if e1rm > settings.farthest * loads[-1]:
        return refused(
            f"the line meets {mvt_mps:g} m/s at {e1rm:.0f} kg, too far above the heaviest load of {loads[-1]:g} kg: "
            "lift heavier",
            line,
        )
    if e1rm * settings.farthest < loads[0]:
        return refused(f"even {loads[0]:g} kg was lifted far slower than {mvt_mps:g} m/s", line)
    above_variance = middle_variance + mvt_sigma_mps**2
    low, high = _fieller(middle - mvt_mps, slope, above_variance, slope_variance, quantile)
    if high - low > 2 * settings.widest * e1rm:
        return refused(
            f"the interval is too wide to help, {centre + low:.0f} to {centre + high:.0f} kg: lift more loads", line
        )
    return LoadVelocityProfile(
        exercise, points, mvt_mps, slope, intercept, e1rm, (max(0.0, centre + low), centre + high)
    )


def _fieller(
    above: float, slope: float, above_variance: float, slope_variance: float, quantile: float
) -> tuple[float, float]:
    """Interval of -above / slope for independent estimates, the slope being surely below zero."""
    square = quantile**2
    a = slope**2 - square * slope_variance
    b = above * slope
    c = above**2 - square * above_variance
    root = float(np.sqrt(max(b * b - a * c, 0.0)))
    return (-b - root) / a, (-b + root) / a


def _only_exercise(sets: list[RepSet]) -> Exercise:
    lifts: list[Exercise] = list(dict.fromkeys(rep_set.exercise for rep_set in sets))
    if len(lifts) != 1:
        problem = f"sets of {', '.join(lifts)} have a load" if lifts else "no set has a load"
        remedy = "name the exercise" if lifts else "give the load with --load when recording or analysing"
        raise BartrackerError("the profile", problem, remedy)
    return lifts[0]


def _best_reps(sets: list[RepSet]) -> tuple[ProfilePoint, ...]:
    """The fastest full rep at each load, loads rising."""
    found: dict[float, list[tuple[float, float]]] = {}
    for rep_set in sets:
        for rep in rep_set.reps:
            sigma = rep.sigma.get("mean_velocity_mps")
            if rep.kind == "full" and rep.mean_velocity_mps is not None and sigma is not None and rep_set.load_kg:
                found.setdefault(rep_set.load_kg, []).append((rep.mean_velocity_mps, sigma))
    return tuple(ProfilePoint(load, *max(reps), len(reps)) for load, reps in sorted(found.items()))
