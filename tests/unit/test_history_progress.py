"""Numbers over months: against values worked out by hand, and against a virtual lifter whose truth is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diary_of_a_year import rep_sets, write_year
from gym_diary import DAY_S, MONDAY_S, one_set, put
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from bartracker.coaching.profile import ProfilePoint, ProfileSettings, fit_profile
from bartracker.errors import BartrackerError
from bartracker.history import Library, tables
from bartracker.history.agreement import agreement
from bartracker.history.associations import associations, rank_correlation
from bartracker.history.pages import lift_page, warm_up_rows
from bartracker.history.progress import personal_bests, template_likeness, weeks
from bartracker.history.readiness import readiness
from bartracker.history.strength import change, estimates, track_strength, velocity_at
from bartracker.history.suggestions import (
    ease_off,
    inconsistent_lift,
    next_load,
    overload_held,
    plan_overload,
    stop_set,
)
from bartracker.history.tables import CurveTable
from bartracker.history.visits import Visits, visits_of
from bartracker.samples import FloatArray
from bartracker.sim.training_year import MVT_OF_LIFTERS, TrainingYear, YearSettings, train_a_year

DAYS = 180


def year_visits(year: TrainingYear, until: int = 10_000) -> Visits:
    """The best rep of each load of each day, straight from the virtual year."""
    best: dict[int, dict[float, float]] = {}
    for one in year.sets:
        if one.day < until:
            loads = best.setdefault(one.day, {})
            loads[one.load_kg] = max(loads.get(one.load_kg, 0.0), float(one.velocity_mps.max()))
    points = [(day, load, loads[load]) for day, loads in best.items() for load in sorted(loads)]
    columns = np.array(points)
    first = np.searchsorted(columns[:, 0], [*best, 10_000])
    return Visits(
        np.array([*best], dtype=np.float64),
        np.arange(len(best)),
        first,
        columns[:, 1],
        columns[:, 2],
        np.full(len(columns), 0.011),
    )


def steady_visits(days: int, per_day: float = 0.0, noise: float = 0.0, seed: int = 1) -> Visits:
    """A lifter of 150 kg and 1.4 m/s at no load, MVT 0.3, three loads every other day; strength grows by `per_day`."""
    rng = np.random.default_rng(seed)
    day = np.arange(0.0, days, 2.0)
    load = np.tile([60.0, 90.0, 120.0], len(day))
    one_rm = np.repeat(150.0 * (1.0 + per_day) ** day, 3)
    velocity = 0.3 + 1.1 * (1.0 - load / one_rm) + rng.normal(0.0, noise, len(load))
    return Visits(day, np.arange(len(day)), np.arange(0, len(load) + 1, 3), load, velocity, np.full(len(load), 0.01))


@pytest.mark.parametrize("loads_kg", [(100.0, 100.0), (100.0, 110.0)])
def test_loads_too_close_give_no_1rm(loads_kg: tuple[float, float]) -> None:
    """However often they were lifted: the slope would be that of other lifters."""
    days = np.arange(0.0, 40.0, 2.0)
    load = np.tile(loads_kg, len(days))
    first = np.arange(0, len(load) + 1, 2)
    one_load = Visits(days, np.arange(len(days)), first, load, 1.4 - 1.1 * load / 150.0, np.full(len(load), 0.005))
    track = track_strength(one_load, "squat")
    assert track is not None
    found = estimates(track, "squat", 0.3)
    assert found is not None
    assert np.isnan(found.e1rm_kg).all()
    assert np.isnan(found.interval_kg).all()


def test_strength_of_a_steady_lifter_is_found() -> None:
    track = track_strength(steady_visits(60), "squat")
    assert track is not None
    given_mvt, usual = estimates(track, "squat", 0.3), estimates(track, "squat")
    assert given_mvt is not None
    assert usual is not None
    assert given_mvt.e1rm_kg[-1] == pytest.approx(150.0, rel=0.01)
    narrow, wide = (float(np.diff(each.interval_kg[-1])[0]) for each in (given_mvt, usual))
    # The threshold's own 0.06 m/s is worth 2 * 1.96 * 0.06 / 1.1 of 150 kg.
    assert np.sqrt(wide**2 - narrow**2) == pytest.approx(2 * 1.96 * 0.06 / 1.1 * 150.0, rel=0.1)
    velocity, sigma = velocity_at(track, 100.0)
    assert velocity[-1] == pytest.approx(1.4 - 1.1 * 100 / 150, abs=0.01)
    assert sigma[-1] < 0.02


@pytest.mark.parametrize("per_day", [0.002, -0.002, 0.0])
def test_change_is_found_with_its_sign(per_day: float) -> None:
    track = track_strength(steady_visits(84, per_day, noise=0.01), "squat")
    assert track is not None
    found, sigma = change(track, 21, 41)
    true = (1.0 + per_day) ** 40 - 1.0
    assert abs(found - true) < 3 * sigma
    assert sigma < 0.03
    assert per_day == 0.0 or np.sign(found) == np.sign(per_day)


def test_a_virtual_half_year_of_many_lifters() -> None:
    """The reduced year: benchmarks/training_year.py has the whole one, with the pipeline's own errors."""
    errors: list[float] = []
    inside: list[bool] = []
    right: list[bool] = []
    false_alarms: list[bool] = []
    hits: list[bool] = []
    for number in range(32):
        exercise = sorted(MVT_OF_LIFTERS)[number % 4]
        year = train_a_year(exercise, 900 + number, YearSettings(days=DAYS, bad_days=0.06))
        visits = year_visits(year)
        track = track_strength(visits, exercise)
        assert track is not None
        day = visits.day.astype(int)
        given_mvt, usual = estimates(track, exercise, year.mvt_mps), estimates(track, exercise)
        assert given_mvt is not None
        assert usual is not None
        true = year.one_rm_kg[day[-1]]
        errors.append(float(given_mvt.e1rm_kg[-1] / true - 1.0))
        inside.append(bool(usual.interval_kg[-1, 0] <= true <= usual.interval_kg[-1, 1]))
        for start in range(0, DAYS - 41, 42):
            block = np.flatnonzero((day >= start) & (day < start + 42))
            known = track_strength(year_visits(year, start + 42), exercise)
            assert known is not None
            found, _ = change(known, int(block[0]), int(block[-1]))
            right.append(bool(found * (year.one_rm_kg[day[block[-1]]] - year.one_rm_kg[day[block[0]]]) > 0))
        for visit in range(len(visits)):
            below = readiness(track, visit).verdict == "below"
            if visit >= 6:
                (hits if year.bad[day[visit]] else false_alarms).append(below)
    assert np.sqrt(np.mean(np.square(errors))) < 0.03
    assert 0.85 <= np.mean(inside) <= 1.0
    assert np.mean(right) > 0.9
    assert np.mean(false_alarms) < 0.05
    assert np.mean(hits) > 0.6


def test_readiness_says_nothing_of_the_first_days_and_is_honest_of_a_bad_one() -> None:
    visits = steady_visits(40, noise=0.01)
    slow = visits.velocity_mps.copy()
    slow[-3:] -= 0.15
    track = track_strength(replace(visits, velocity_mps=slow), "squat")
    ordinary = track_strength(visits, "squat")
    assert track is not None
    assert ordinary is not None
    assert readiness(track, 2).verdict == "unknown"
    bad, good = readiness(track, len(visits) - 1), readiness(ordinary, len(visits) - 1)
    assert (bad.verdict, good.verdict) == ("below", "ordinary")
    assert bad.difference_mps == pytest.approx(-0.15, abs=0.03)
    assert bad.probability_slower > 0.9 > 0.3 > good.probability_slower


VISIT = st.lists(
    st.tuples(st.floats(1.0, 400.0), st.floats(0.01, 3.0)), min_size=1, max_size=4, unique_by=lambda p: p[0]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 400.0), VISIT), min_size=1, max_size=8))
def test_any_visits_give_estimates_inside_their_intervals_or_none(
    given_visits: list[tuple[float, list[tuple[float, float]]]],
) -> None:
    points = [sorted(visit) for _, visit in given_visits]
    flat = np.array([point for visit in points for point in visit])
    visits = Visits(
        np.cumsum([pause for pause, _ in given_visits]),
        np.arange(len(points)),
        np.cumsum([0, *map(len, points)]),
        flat[:, 0],
        flat[:, 1],
        np.full(len(flat), 0.02),
    )
    track = track_strength(visits, "bench")
    assert track is not None
    found = estimates(track, "bench")
    assert found is not None
    assert np.isfinite(track.state).all()
    known = np.isfinite(found.e1rm_kg)
    assert (np.isfinite(found.interval_kg).all(axis=1) == known).all()
    assert (found.interval_kg[known, 0] <= found.e1rm_kg[known]).all()
    assert (found.e1rm_kg[known] <= found.interval_kg[known, 1]).all()


@pytest.fixture
def library(tmp_path: Path):
    with Library(tmp_path / "library", now_s=lambda: MONDAY_S + 400 * DAY_S) as opened:
        yield opened


def test_weeks_bests_and_fixed_loads(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, one_set(100.0), one_set(60.0, 1.5, index=2), at_s=MONDAY_S)
    put(library, tmp_path, one_set(100.0, 1.1), at_s=MONDAY_S + 2 * DAY_S)
    put(library, tmp_path, one_set(110.0, 0.8), at_s=MONDAY_S + 15 * DAY_S)
    table = tables.sets(library, 1, "squat")
    first, empty, last = weeks(table)
    assert (first.start.isoformat(), first.sessions, first.sets, first.full_reps) == ("2026-03-02", 2, 3, 15)
    assert (first.volume_kg, first.heaviest_kg) == (5 * 100 + 5 * 60 + 5 * 100, 100.0)
    assert (empty.sets, empty.heaviest_kg, empty.velocity_loss) == (0, None, None)
    assert (last.start.isoformat(), last.volume_kg) == ("2026-03-16", 550.0)
    best = 0.6 / 0.9
    heaviest, *fastest = personal_bests(table)
    assert (heaviest.kind, heaviest.load_kg) == ("heaviest", 110.0)
    assert [(one.load_kg, round(one.velocity_mps / best, 3)) for one in fastest] == [(110, 0.8), (100, 1.1), (60, 1.5)]
    visits = visits_of(table)
    assert (np.diff(visits.first).tolist(), visits.load_kg.tolist()) == ([2, 1, 1], [60.0, 100.0, 100.0, 110.0])
    assert warm_up_rows(table).tolist() == [3]


def test_page_of_a_year_reads_the_warm_up_of_its_last_day(library: Library) -> None:
    anna = library.add_athlete("Anna")
    year = train_a_year("bench", 2, YearSettings(days=100))
    write_year(library, anna.id, year, "bench", MONDAY_S)
    page = lift_page(library, anna, "bench")
    assert len(page.table) == len(list(rep_sets(year, "bench")))
    assert page.refusal == ""
    assert page.readiness is not None
    assert page.readiness.days == len({one.day for one in year.sets}) - 1
    last = [one for one in year.sets if one.day == year.sets[-1].day]
    assert [page.table.load_kg[row] for row in warm_up_rows(page.table)] == [one.load_kg for one in last[:3]]
    with pytest.raises(BartrackerError, match="no set of it is in the library; there is: bench"):
        lift_page(library, anna, "squat")


def test_agreement_against_a_worked_example() -> None:
    theirs = np.array([0.40, 0.50, 0.60, 0.70, 0.80, np.nan])
    ours = theirs + np.array([0.01, 0.03, 0.02, 0.00, 0.04, 0.0])
    found = agreement(ours, theirs)
    assert (found.pairs, found.bias) == (5, pytest.approx(0.02))
    assert found.sigma == pytest.approx(0.0158114, rel=1e-4)
    assert found.lower == pytest.approx(0.02 - 0.0309903, rel=1e-4)
    assert found.upper == pytest.approx(0.02 + 0.0309903, rel=1e-4)
    # t of 4 degrees of freedom is 2.776445.
    assert found.bias_interval[1] - found.bias == pytest.approx(2.776445 * 0.0158114 / np.sqrt(5), rel=1e-5)
    half = 2.776445 * 0.0158114 * np.sqrt(1 / 5 + 1.96**2 / 8)
    assert found.upper_interval[1] - found.upper == pytest.approx(half, rel=1e-5)
    with pytest.raises(BartrackerError, match="at least 5 are needed"):
        agreement(ours[:4], theirs[:4])


def test_limits_of_agreement_hold_what_they_say() -> None:
    rng = np.random.default_rng(5)
    inside = [agreement(rng.normal(0.02, 0.03, 40), np.zeros(40)) for _ in range(400)]
    assert 0.92 < np.mean([one.bias_interval[0] <= 0.02 <= one.bias_interval[1] for one in inside]) < 0.98
    true = 0.02 + 1.96 * 0.03
    assert 0.91 < np.mean([one.upper_interval[0] <= true <= one.upper_interval[1] for one in inside]) < 0.98


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.floats(-1.0, 1.0)), min_size=5, max_size=40))
def test_rank_correlation_is_scipys(pairs: list[tuple[int, float]]) -> None:
    one, other = np.array(pairs, dtype=np.float64).T
    if len(np.unique(one)) > 1 and len(np.unique(other)) > 1:
        wanted = spearmanr(one, other)
        rho, chance = rank_correlation(one, other)
        assert rho == pytest.approx(wanted.statistic, abs=1e-9)
        assert chance == pytest.approx(wanted.pvalue, abs=1e-6)


def test_what_was_noted_is_never_more_than_it_is() -> None:
    rng = np.random.default_rng(3)
    effect = rng.normal(0.0, 0.03, 60)
    few: FloatArray = np.where(np.arange(60) < 8, rng.normal(size=60), np.nan)
    told = {one.kind: one for one in associations({"sleep": effect + rng.normal(0, 0.02, 60), "stress": few}, effect)}
    assert told["sleep"].stands_out
    assert "no proof of a cause" in told["sleep"].text
    assert "60 visits" in told["sleep"].text
    assert (told["stress"].rho, told["stress"].stands_out) == (None, False)
    assert "8 visits" in told["stress"].text
    chance = [
        any(one.stands_out for one in associations({k: rng.normal(size=40) for k in "abcd"}, rng.normal(size=40)))
        for _ in range(400)
    ]
    assert np.mean(chance) < 0.08


def curves(noise: FloatArray) -> CurveTable:
    rng = np.random.default_rng(1)
    shape = np.sin(np.linspace(0, np.pi, 32))
    each = 0.8 * shape * (1.0 + noise[:, np.newaxis] * rng.normal(size=(len(noise), 32)))
    return CurveTable(np.repeat(np.arange(len(noise) // 5), 5)[::-1], np.full(len(noise), 100.0), each)


def test_an_inconsistent_lift_is_told_from_ones_own_template() -> None:
    steady = template_likeness(curves(np.full(200, 0.03)))
    worse = template_likeness(curves(np.where(np.arange(200) < 165, 0.03, 0.08)))
    assert steady is not None
    assert worse is not None
    assert worse.set_id[0] == 39
    assert inconsistent_lift(steady.distance_mps) is None
    said = inconsistent_lift(worse.distance_mps)
    assert said is not None
    assert "2." in said.reason
    assert template_likeness(curves(np.full(5, 0.03))) is None


def test_suggestions_come_with_reason_and_source_or_not_at_all() -> None:
    track = track_strength(steady_visits(60, noise=0.01), "squat")
    falling = track_strength(steady_visits(60, -0.004, noise=0.005), "squat")
    assert track is not None
    assert falling is not None
    load = next_load(track, (0.5, 0.75))
    assert load is not None
    # 1.4 - 1.1 L / 150 = 0.625
    assert load.text.startswith("105 kg")
    assert next_load(track, (1.9, 2.1)) is None
    assert ease_off(track, None) is None
    tired = ease_off(falling, None)
    assert tired is not None
    assert "half the sets" in tired.text
    for one in (load, tired, stop_set(np.array([0.1, np.nan, 0.3]))):
        assert one.reason
        assert "(20" in one.source
    given_mvt = estimates(track, "squat", 0.3)
    assert given_mvt is not None
    block = plan_overload(track, given_mvt)
    assert block is not None
    assert block.text == "heaviest load 120, 122.5, 125 kg, then an easy week at 107.5 kg"


def test_plans_are_held_against_what_was_done(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, one_set(100.0), at_s=MONDAY_S)
    done = weeks(tables.sets(library, 1, "squat"))
    said = overload_held([("2026-03-02", 100.0, 5), ("2026-03-09", 120.0, 5)], done)
    assert [one.text for one in said] == [
        "week of 2026-03-02: done",
        "week of 2026-03-09: plan a smaller step than 20 %",
    ]
    assert "missed" in overload_held([("2026-03-02", 105.0, 5)], done)[0].text


def test_an_uncertain_threshold_widens_the_profile_interval() -> None:
    points = tuple(ProfilePoint(load, 1.35 - 0.0075 * load, 0.01, 3) for load in (60.0, 80.0, 100.0, 120.0))
    sure = fit_profile("squat", points, 0.30, ProfileSettings())
    unsure = fit_profile("squat", points, 0.30, ProfileSettings(), 0.06)
    assert sure.e1rm_kg == unsure.e1rm_kg
    assert sure.interval_kg is not None
    assert unsure.interval_kg is not None
    assert unsure.interval_kg[0] < sure.interval_kg[0] < sure.interval_kg[1] < unsure.interval_kg[1]
