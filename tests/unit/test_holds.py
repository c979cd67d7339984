"""Holds next to a lift, told in made-up velocity."""

import numpy as np
import pytest

from bartracker.reps.holds import find_holds, hold_visits
from bartracker.reps.phases import find_phases
from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray

SETTINGS = RepSettings()
T_S: FloatArray = np.arange(0.0, 8.0, 0.005, dtype=np.float64)


def lift(peak_mps: float, duration_s: float) -> FloatArray:
    """A lift of minimal jerk from 3 s on, the bar held before and after it."""
    share = np.clip((T_S - 3.0) / duration_s, 0.0, 1.0)
    speed: FloatArray = np.asarray(peak_mps * 16.0 * (share * (1.0 - share)) ** 2, dtype=np.float64)
    return speed


@pytest.mark.parametrize("error_mps", [0.1, 0.15])
def test_a_velocity_that_is_wrong_shows_a_hold_after_the_lift_and_before_it(error_mps: float) -> None:
    vel = lift(1.2, 0.7) + error_mps
    holds = find_holds(T_S, vel, find_phases(T_S, vel, SETTINGS), SETTINGS)
    assert len(holds) == 2
    before, after = holds
    assert before.end_s < 3.15
    assert 3.55 < after.start_s < 4.0
    visits = hold_visits(holds, SETTINGS)
    assert [visit.t_s for visit in visits] == [before.start_s, before.end_s, after.start_s, after.end_s]
    assert len({visit.place for visit in visits}) == 2


def test_right_velocity_shows_none() -> None:
    vel = lift(1.2, 0.7)
    assert find_holds(T_S, vel, find_phases(T_S, vel, SETTINGS), SETTINGS) == []


def test_a_slow_lift_is_no_hold() -> None:
    for vel in (lift(0.12, 4.5), lift(0.4, 2.5), -lift(0.15, 4.0)):
        assert find_holds(T_S, vel, find_phases(T_S, vel, SETTINGS), SETTINGS) == []


def test_a_lowering_that_follows_at_once_is_no_hold() -> None:
    vel = lift(1.0, 0.7) - np.where(T_S > 3.7, 0.1, 0.0)
    assert find_holds(T_S, vel, find_phases(T_S, vel, SETTINGS), SETTINGS) == []


def test_too_little_to_look_at() -> None:
    assert find_holds(T_S[:5], lift(1.0, 0.7)[:5], [], SETTINGS) == []
