"""Load-velocity profile: the line, the interval's coverage, and every refusal in words."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_set import finished_set

import bartracker
from bartracker.coaching.profile import USUAL_MVT_MPS, LoadVelocityProfile, ProfilePoint, ProfileSettings, fit_profile
from bartracker.errors import BartrackerError
from bartracker.results import Analysis, RepSet

LOADS_KG = (60.0, 80.0, 100.0, 120.0)
SLOPE, INTERCEPT, MVT = -0.0075, 1.35, 0.30
TRUE_KG = (MVT - INTERCEPT) / SLOPE


def points(velocities: list[float], loads: tuple[float, ...] = LOADS_KG) -> tuple[ProfilePoint, ...]:
    return tuple(ProfilePoint(load, velocity, 0.01, 5) for load, velocity in zip(loads, velocities, strict=True))


def fitted(
    velocities: list[float], loads: tuple[float, ...] = LOADS_KG, mvt: float | None = MVT
) -> LoadVelocityProfile:
    return fit_profile("squat", points(velocities, loads), mvt, ProfileSettings())


def squat_set(load_kg: float | None, factor: float) -> RepSet:
    """The scripted set at another speed."""
    rep_set = finished_set().rep_set
    reps = tuple(replace(rep, mean_velocity_mps=factor * (rep.mean_velocity_mps or 0.0)) for rep in rep_set.reps)
    return replace(rep_set, load_kg=load_kg, reps=reps)


def test_line_through_exact_points() -> None:
    profile = fitted([INTERCEPT + SLOPE * load for load in LOADS_KG])
    assert profile.refusal == ""
    assert profile.e1rm_kg == pytest.approx(TRUE_KG)
    assert profile.slope_mps_per_kg == pytest.approx(SLOPE)
    low, high = profile.interval_kg or (0.0, 0.0)
    assert low < TRUE_KG < high


@pytest.mark.parametrize(
    ("loads", "scatter", "least", "most"),
    [
        ((60.0, 120.0), 0.03, 0.92, 0.99),
        (LOADS_KG, 0.03, 0.92, 0.98),
        ((50.0, 65.0, 80.0, 95.0, 110.0, 125.0), 0.03, 0.92, 0.98),
        # Half and one and a half times the scatter that is taken for granted.
        (LOADS_KG, 0.015, 0.97, 1.0),
        ((50.0, 65.0, 80.0, 95.0, 110.0, 125.0), 0.045, 0.82, 0.95),
    ],
)
def test_interval_covers_the_truth_as_often_as_it_says(
    loads: tuple[float, ...], scatter: float, least: float, most: float
) -> None:
    rng = np.random.default_rng(11)
    covered: list[bool] = []
    for _ in range(2000):
        noise = rng.normal(0.0, np.hypot(scatter, 0.01), len(loads))
        profile = fit_profile(
            "squat",
            points([INTERCEPT + SLOPE * load + e for load, e in zip(loads, noise, strict=True)], loads),
            MVT,
            ProfileSettings(widest=10.0),
        )
        if profile.interval_kg is not None:
            covered.append(profile.interval_kg[0] <= TRUE_KG <= profile.interval_kg[1])
    assert len(covered) > 1950
    assert least <= np.mean(covered) <= most


@pytest.mark.parametrize(
    ("velocities", "loads", "mvt", "words"),
    [
        ([0.9], (60.0,), MVT, "two different loads"),
        ([], (), MVT, "two different loads"),
        ([0.9, 0.85], (100.0, 105.0), MVT, "too close"),
        ([0.9, 0.9, 0.9, 0.9], LOADS_KG, MVT, "does not fall"),
        ([0.6, 0.7, 0.8, 0.9], LOADS_KG, MVT, "does not fall"),
        ([1.3, 1.15], (30.0, 50.0), MVT, "too far above"),
        ([0.9, 0.75, 0.6, 0.45], LOADS_KG, None, "no minimal velocity threshold"),
        ([0.20, 0.02], (100.0, 130.0), 0.8, "far slower"),
    ],
)
def test_data_that_do_not_support_it_are_refused_in_words(
    velocities: list[float], loads: tuple[float, ...], mvt: float | None, words: str
) -> None:
    profile = fitted(velocities, loads, mvt)
    assert words in profile.refusal
    assert (profile.e1rm_kg, profile.interval_kg) == (None, None)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(1.0, 400.0), st.floats(0.0, 3.0), st.floats(0.001, 0.5)),
        max_size=8,
        unique_by=lambda p: p[0],
    )
)
def test_any_points_give_an_interval_around_the_estimate_or_a_reason(
    given_points: list[tuple[float, float, float]],
) -> None:
    some = tuple(ProfilePoint(load, velocity, sigma, 1) for load, velocity, sigma in sorted(given_points))
    profile = fit_profile("bench", some, 0.17, ProfileSettings())
    assert (profile.e1rm_kg is None) == bool(profile.refusal)
    if profile.e1rm_kg is not None and profile.interval_kg is not None:
        low, high = profile.interval_kg
        assert 0 <= low < profile.e1rm_kg < high


def test_best_full_rep_of_each_load_over_several_recordings() -> None:
    light, heavy = squat_set(60.0, 1.2), squat_set(100.0, 0.9)
    tired = squat_set(60.0, 1.0)
    without = squat_set(None, 2.0)
    partial = replace(heavy, reps=(replace(heavy.reps[0], kind="partial", mean_velocity_mps=2.0), *heavy.reps[1:]))
    analyses = [Analysis(100.0, (), (light, without)), Analysis(100.0, (), (tired, partial))]
    profile = bartracker.load_velocity_profile(analyses)
    assert [(point.load_kg, point.reps) for point in profile.points] == [(60.0, 10), (100.0, 4)]
    assert profile.points[0].mean_velocity_mps == pytest.approx(1.2 * 0.6 / 0.9)
    assert profile.points[1].mean_velocity_mps == pytest.approx(0.9 * 0.6 / 1.02)
    assert profile.mvt_mps == USUAL_MVT_MPS["squat"]
    assert bartracker.load_velocity_profile(analyses, "squat", 0.25).mvt_mps == 0.25


def test_lifts_are_not_mixed() -> None:
    bench = replace(squat_set(50.0, 1.0), exercise="bench")
    mixed = Analysis(100.0, (), (squat_set(60.0, 1.0), bench))
    with pytest.raises(BartrackerError, match="name the exercise"):
        bartracker.load_velocity_profile(mixed)
    assert len(bartracker.load_velocity_profile(mixed, "bench").points) == 1
    with pytest.raises(BartrackerError, match="no set has a load"):
        bartracker.load_velocity_profile(Analysis(100.0, (), (squat_set(None, 1.0),)))
    with pytest.raises(BartrackerError, match=r"0\.05 to 1\.5"):
        bartracker.load_velocity_profile(mixed, "bench", 9.0)
