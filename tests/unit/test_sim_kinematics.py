"""Strapdown checks: what the ideal sensor feels must be the motion that the truth tells."""

from dataclasses import replace

import numpy as np
import pytest

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.sim import simulate_set
from bartracker.sim.kinematics import SensorMotion
from bartracker.sim.spline import QuinticSpline

STEP_S = 0.00025


def rigid(exercise: str, mount: str = "shaft") -> SensorMotion:
    """A set's motion without whip and ringing, which truth leaves out."""
    motion = simulate_set(
        exercise, reps=2, seed=3, rate_hz=25, mount="sleeve" if mount == "sleeve" else "shaft"
    ).imu.motion
    still = replace(motion.bar.structure, control=np.zeros_like(motion.bar.structure.control))
    return replace(motion, bar=replace(motion.bar, structure=still))


def grid(motion: SensorMotion) -> FloatArray:
    return np.arange(int(motion.duration_s / STEP_S)) * STEP_S


def integral(rate: FloatArray, start: FloatArray) -> FloatArray:
    steps = 0.5 * (rate[1:] + rate[:-1]) * STEP_S
    return start + np.vstack([np.zeros((1, rate.shape[1])), np.cumsum(steps, axis=0)])


@pytest.mark.parametrize(("exercise", "mount"), [("squat", "shaft"), ("clean", "shaft"), ("snatch", "sleeve")])
def test_specific_force_integrates_to_the_true_path(exercise: str, mount: str) -> None:
    motion = rigid(exercise, mount)
    t_s = grid(motion)
    acc_w = np.einsum("nij,nj->ni", motion.rotation_ws(t_s), motion.specific_force_mps2(t_s))
    acc_w[:, 2] -= STANDARD_GRAVITY_MPS2
    velocity = integral(acc_w, motion.velocity_w_mps(t_s[:1])[0])
    position = integral(velocity, motion.position_w_m(t_s[:1])[0])
    # The trapezium rule at 4 kHz: good to 2 mm/s within a hard contact and, over half a minute, to 5 mm.
    assert np.abs(velocity - motion.velocity_w_mps(t_s)).max() < 2e-3
    assert np.abs(position - motion.position_w_m(t_s)).max() < 5e-3
    assert np.ptp(position[:, 2]) > 0.3


@pytest.mark.parametrize(("exercise", "mount"), [("bench", "shaft"), ("clean", "shaft"), ("snatch", "sleeve")])
def test_angular_rate_integrates_to_the_true_attitude(exercise: str, mount: str) -> None:
    motion = rigid(exercise, mount)
    t_s = grid(motion)[::4]
    attitude = motion.rotation_ws(t_s[:1])[0]
    turn = motion.rate_radps(t_s[:-1] + 2 * STEP_S) * 4 * STEP_S
    for step in turn[np.abs(turn).max(axis=1) > 0]:
        attitude = attitude @ rodrigues(step)
    error = attitude.T @ motion.rotation_ws(t_s[-1:])[0]
    assert np.degrees(np.arccos(min(1.0, (np.trace(error) - 1) / 2))) < 0.05
    assert np.abs(np.degrees(turn / (4 * STEP_S))).max() > 5


def rodrigues(vector: FloatArray) -> FloatArray:
    angle = float(np.linalg.norm(vector))
    x, y, z = vector / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


@pytest.mark.parametrize("exercise", ["squat", "deadlift", "snatch"])
def test_racked_bar_feels_gravity_alone(exercise: str) -> None:
    motion = simulate_set(exercise, reps=1, seed=2, rate_hz=25).imu.motion
    start = np.linspace(0.0, 1.5, 50)
    end = np.linspace(motion.duration_s - 0.1, motion.duration_s, 20)
    for t_s, tolerance in ((start, 1e-9), (end, 0.05)):
        size = np.linalg.norm(motion.specific_force_mps2(t_s), axis=1)
        assert np.abs(size - STANDARD_GRAVITY_MPS2).max() < tolerance
        assert np.abs(motion.rate_radps(t_s)).max() < tolerance


def test_velocity_and_acceleration_are_derivatives_of_the_path() -> None:
    motion = rigid("clean")
    t_s = np.linspace(3.0, 12.0, 500)
    h = 1e-5
    slope = (motion.position_w_m(t_s + h) - motion.position_w_m(t_s - h)) / (2 * h)
    bend = (motion.velocity_w_mps(t_s + h) - motion.velocity_w_mps(t_s - h)) / (2 * h)
    np.testing.assert_allclose(motion.velocity_w_mps(t_s), slope, atol=1e-5)
    np.testing.assert_allclose(motion.acceleration_w_mps2(t_s), bend, atol=0.02)


def test_spline_repeats_a_parabola_and_stands_still_outside() -> None:
    t_s = np.arange(50) * 0.1
    spline = QuinticSpline((t_s**2)[:, None], 0.1)
    inside = np.linspace(0.5, 4.2, 37)
    # A parabola's B-spline is the parabola, raised by its curvature times the kernel's variance (6 / 12 steps^2).
    np.testing.assert_allclose(spline.at(inside)[:, 0], inside**2 + 0.1**2 * 0.5, atol=1e-9)
    np.testing.assert_allclose(spline.at(inside, 1)[:, 0], 2 * inside, atol=1e-9)
    np.testing.assert_allclose(spline.at(inside, 2)[:, 0], 2.0, atol=1e-9)
    outside = np.array([-3.0, 9.0])
    np.testing.assert_allclose(spline.at(outside)[:, 0], [0.0, t_s[-1] ** 2])
    np.testing.assert_allclose(spline.at(outside, 1), 0.0, atol=1e-12)
