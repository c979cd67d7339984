"""Phase windows by the definition in docs/metrics.md, on velocities whose windows are known exactly."""

import numpy as np
import pytest

from bartracker.reps.phases import find_phases, integral
from bartracker.reps.settings import RepSettings

SETTINGS = RepSettings()


def pulse(t_s: np.ndarray, start_s: float, duration_s: float, peak_mps: float) -> np.ndarray:
    """A raised-cosine velocity: displacement is peak * duration / 2."""
    inside = (t_s >= start_s) & (t_s <= start_s + duration_s)
    return np.where(inside, 0.5 * peak_mps * (1 - np.cos(2 * np.pi * (t_s - start_s) / duration_s)), 0.0)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 400.0])
def test_window_ends_where_speed_passes_five_percent_of_the_peak(rate_hz: float) -> None:
    t = np.arange(0, 4, 1 / rate_hz)
    (phase,) = find_phases(t, pulse(t, 1.0, 2.0, 1.0), SETTINGS)
    inset = 2.0 * np.arccos(1 - 2 * 0.05) / (2 * np.pi)
    assert phase.direction == "up"
    assert phase.start_s == pytest.approx(1.0 + inset, abs=0.003)
    assert phase.end_s == pytest.approx(3.0 - inset, abs=0.003)
    assert phase.peak_mps == pytest.approx(1.0, abs=0.001)
    assert phase.displacement_m == pytest.approx(1.0, abs=0.02)


def test_slow_movements_use_three_centimetres_a_second() -> None:
    t = np.arange(0, 8, 0.01)
    (phase,) = find_phases(t, -pulse(t, 1.0, 6.0, 0.2), SETTINGS)
    assert phase.direction == "down"
    inset = 6.0 * np.arccos(1 - 2 * 0.15) / (2 * np.pi)
    assert phase.start_s == pytest.approx(1.0 + inset, abs=0.01)
    assert phase.displacement_m < 0


def test_a_short_dip_is_bridged_a_long_one_is_not() -> None:
    t = np.arange(0, 6, 0.005)
    for gap_s, windows in ((-0.08, 1), (0.4, 2)):
        velocity = pulse(t, 1.0, 1.0, 0.8) + pulse(t, 2.0 + gap_s, 1.0, 0.7)
        assert len(find_phases(t, velocity, SETTINGS)) == windows


def test_a_reversal_always_separates() -> None:
    t = np.arange(0, 6, 0.002)
    velocity = pulse(t, 1.0, 1.0, 0.8) - pulse(t, 2.0, 0.06, 0.2) + pulse(t, 2.06, 1.0, 0.8)
    assert [p.direction for p in find_phases(t, velocity, SETTINGS)] == ["up", "up"]


def test_sticking_region_stays_in_one_window() -> None:
    t = np.arange(0, 6, 0.005)
    velocity = pulse(t, 1.0, 1.2, 0.6) + pulse(t, 1.7, 1.2, 0.5)
    (phase,) = find_phases(t, velocity, SETTINGS)
    assert phase.end_s - phase.start_s > 1.6


def test_swaying_is_no_movement() -> None:
    t = np.arange(0, 20, 0.01)
    assert find_phases(t, 0.065 * np.sin(2 * np.pi * 0.5 * t), SETTINGS) == []


def test_movement_cut_by_the_ends_of_the_recording() -> None:
    t = np.arange(1.5, 2.5, 0.01)
    (phase,) = find_phases(t, pulse(t, 1.0, 2.0, 1.0), SETTINGS)
    assert (phase.start_s, phase.end_s) == (t[0], t[-1])


def test_nothing_in_nothing_out() -> None:
    assert find_phases(np.array([0.0]), np.array([0.0]), SETTINGS) == []


def test_integral_interpolates_its_bounds() -> None:
    t = np.arange(0, 2, 0.1)
    assert integral(t, 3 * t, 0.55, 1.234) == pytest.approx(1.5 * (1.234**2 - 0.55**2))
