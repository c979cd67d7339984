"""Sticking region, smoothness, force, power, holds and the bar's axis, each on motion whose numbers are known."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_motion import known_motion, up_phase

from bartracker.reps.bar_axis import learn_axis, sensor_turn_rad, start_turns_rad, tilt_and_rotation, up_at
from bartracker.reps.context import NumberSettings
from bartracker.reps.effort import force_and_power, smoothness_sparc, sparc, sticking_region
from bartracker.reps.measure import measure_pause
from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray

SETTINGS = NumberSettings()
T_S = np.arange(0.0, 4.0, 0.01)


def stroke(t_s: FloatArray, start_s: float, duration_s: float, range_m: float) -> FloatArray:
    """Velocity of a minimum-jerk movement."""
    share = np.clip((t_s - start_s) / duration_s, 0.0, 1.0)
    return range_m / duration_s * 30 * share**2 * (1 - share) ** 2


def sticky(depth_mps: float) -> FloatArray:
    """A lift of 1 s with a dip about its middle."""
    return stroke(T_S, 1.0, 1.0, 0.5) - depth_mps * np.exp(-(((T_S - 1.5) / 0.08) ** 2))


def turned(axis: FloatArray, angle_rad: FloatArray) -> FloatArray:
    """Quaternions (N, 4) of turns about an axis of the world."""
    return np.column_stack([np.cos(angle_rad / 2), np.sin(angle_rad / 2)[:, None] * axis])


def test_sticking_region_is_found_where_it_is() -> None:
    motion = known_motion(T_S, sticky(0.6))
    region = sticking_region(motion, up_phase(motion, 1.0, 2.0), SETTINGS)
    assert region is not None
    assert region.lowest_s == pytest.approx(1.5, abs=0.011)
    assert region.start_s < region.lowest_s < region.end_s
    assert region.start_s + region.end_s == pytest.approx(3.0, abs=0.04)
    assert region.velocity_mps == pytest.approx(float(motion.vel_w_mps[:, 2][150]), abs=0.01)
    assert region.height_share == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("depth", "sigma_mps"), [(0.0, 0.005), (0.6, 0.3)])
def test_no_sticking_region_where_there_is_none_or_noise_could_have_made_it(depth: float, sigma_mps: float) -> None:
    motion = known_motion(T_S, sticky(depth), sigma_mps=sigma_mps)
    assert sticking_region(motion, up_phase(motion, 1.0, 2.0), SETTINGS) is None


def test_noise_makes_no_sticking_region() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        motion = known_motion(T_S, stroke(T_S, 1.0, 1.0, 0.5) + rng.normal(0, 0.004, len(T_S)))
        assert sticking_region(motion, up_phase(motion, 1.0, 2.0), SETTINGS) is None


def test_smoothness_is_that_of_the_authors_program() -> None:
    """Its documentation gives -1.41403 for this curve, with the same parameters."""
    t_s = np.arange(-1.0, 1.0, 0.01)
    assert sparc(np.exp(-5 * t_s**2), 0.01, SETTINGS) == pytest.approx(-1.41403, abs=5e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.2, 3.0), st.sampled_from([100, 200, 400]))
def test_smoothness_knows_neither_size_nor_sample_rate(range_m: float, rate_hz: int) -> None:
    t_s = np.arange(0.0, 1.0, 1 / rate_hz)
    usual = sparc(stroke(T_S, 0.0, 1.0, 0.5)[:100], 0.01, SETTINGS)
    assert sparc(stroke(t_s, 0.0, 1.0, range_m), 1 / rate_hz, SETTINGS) == pytest.approx(usual, abs=0.01)


def test_a_jerky_lift_is_less_smooth() -> None:
    smooth, jerky = known_motion(T_S, sticky(0.0)), known_motion(T_S, sticky(0.6))
    phases = [up_phase(motion, 1.0, 2.0) for motion in (smooth, jerky)]
    assert smoothness_sparc(jerky, phases[1], SETTINGS) < smoothness_sparc(smooth, phases[0], SETTINGS) - 0.2


@settings(deadline=None, max_examples=25)
@given(st.floats(20.0, 300.0), st.floats(0.5, 2.0), st.floats(0.1, 0.9))
def test_force_and_power_of_a_known_lift(load_kg: float, duration_s: float, range_m: float) -> None:
    motion = known_motion(T_S, stroke(T_S, 1.0, duration_s, range_m))
    phase = up_phase(motion, 1.0, 1.0 + duration_s)
    values, sigma = force_and_power(motion, phase, load_kg, SETTINGS)
    weight = load_kg * STANDARD_GRAVITY_MPS2
    assert values["mean_force_n"] == pytest.approx(weight, rel=0.01)
    assert values["mean_power_w"] == pytest.approx(weight * range_m / duration_s, rel=0.01)
    # Largest acceleration of a minimum-jerk movement: 10 / sqrt(3) of range over duration squared; 0.1 s rounds it off.
    most = load_kg * 5.7735 * range_m / duration_s**2
    assert 0.85 * most < values["peak_force_n"] - weight < 1.001 * most
    assert values["peak_power_w"] > values["mean_power_w"]
    assert all(value > 0 for value in sigma.values())
    assert sigma.keys() == values.keys()


def test_pause_is_still_and_the_longest_hold_is_measured() -> None:
    vel_z = np.zeros(len(T_S))
    vel_z[100:150], vel_z[250:260] = 0.02, 0.05
    motion = known_motion(T_S, vel_z)
    held = measure_pause(motion, 1.0, 3.0, SETTINGS)
    assert held.values["isometric_hold_s"] == pytest.approx(1.5, abs=0.011)
    assert held.values["pause_stillness_mps"] == pytest.approx(np.sqrt((50 * 0.02**2 + 10 * 0.05**2) / 200), rel=1e-6)
    short = measure_pause(motion, 1.0, 1.0 + SETTINGS.least_pause_s / 2, SETTINGS)
    assert "pause_stillness_mps" not in short.values
    assert measure_pause(motion, 2.5, 2.55, SETTINGS).values["isometric_hold_s"] == 0.0
    assert measure_pause(motion, 1.0, 1.0, SETTINGS).values["isometric_hold_s"] == 0.0


def test_axis_tilt_and_rotation_of_a_bar_that_rolls_and_tilts() -> None:
    """The bar lies along y; it rolls by 0.3 rad and, once, tilts by 0.1."""
    rolled = 0.3 * np.sin(2 * pi * 0.5 * T_S)
    tilt = 0.1 * np.exp(-(((T_S - 1.5) / 0.2) ** 2))
    along = np.array([0.0, 1.0, 0.0])
    roll, lean = turned(along, rolled), turned(np.array([1.0, 0.0, 0.0]), tilt)
    quat = np.column_stack(
        [
            lean[:, 0] * roll[:, 0],
            lean[:, 1] * roll[:, 0],
            lean[:, 0] * roll[:, 2],
            lean[:, 1] * roll[:, 2],
        ]
    )
    motion = known_motion(T_S, sticky(0.0), quat_ws=quat)
    axis = learn_axis([(motion, (0.0, 4.0))], SETTINGS)
    assert axis is not None
    assert abs(axis.axis_s @ along) > np.cos(0.1)
    values, sigma = tilt_and_rotation(motion, up_phase(motion, 1.0, 2.0), axis, SETTINGS)
    assert values["bar_tilt_rad"] == pytest.approx(0.1, abs=0.02)
    assert abs(values["bar_tilt_rad"] - 0.1) < 2 * sigma["bar_tilt_rad"]
    assert values["bar_rotation_rad"] == pytest.approx(0.3, abs=0.03)


def test_a_bar_that_hardly_turns_or_turns_about_everything_shows_no_axis() -> None:
    still = known_motion(T_S, sticky(0.0))
    assert learn_axis([(still, (0.0, 4.0))], SETTINGS) is None
    assert learn_axis([], SETTINGS) is None
    upright = turned(np.array([0.0, 0.0, 1.0]), 2.0 * T_S)
    assert learn_axis([(known_motion(T_S, sticky(0.0), quat_ws=upright), (0.0, 4.0))], SETTINGS) is None


@pytest.mark.parametrize("turns", [0.5, 3.0])
def test_whole_turns_of_a_sleeve_are_counted(turns: float) -> None:
    quat = turned(np.array([1.0, 0.0, 0.0]), 2 * pi * turns * T_S / T_S[-1])
    motion = known_motion(T_S, sticky(0.0), quat_ws=quat)
    axis = learn_axis([(motion, (0.0, 4.0))], SETTINGS)
    assert axis is not None
    angle, sigma = sensor_turn_rad([motion], (0.0, 5.0), axis, SETTINGS)
    assert angle == pytest.approx(2 * pi * turns, rel=1e-3)
    assert sigma > 0


def test_a_sensor_that_sits_elsewhere_at_one_rep_stands_out() -> None:
    along = np.array([1.0, 0.0, 0.0])
    angles = np.array([0.0, 0.02, 0.5, 0.01])
    motion = known_motion(T_S[:4], np.zeros(4), quat_ws=turned(along, angles))
    motion = replace(motion, node_t_s=T_S[:4])
    turns = start_turns_rad([up_at(motion, float(t_s)) for t_s in T_S[:4]])
    assert turns[2] == pytest.approx(0.485, abs=0.01)
    assert max(turns[0], turns[1], turns[3]) < 0.03
