"""The bar's own axis as the sensor sees it, learned from how the bar rolls in the hands, and what follows from it:
tilt, rotation, a sensor that slips or spins.

Which way round the axis points cannot be known, so tilt and rotation bear no sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.motion.rotation import conjugate, multiply, to_rotation_vector, up_in_sensor
from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.context import NumberSettings
from bartracker.reps.phases import Phase
from bartracker.samples import FloatArray

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BarAxis:
    """Unit vector (3,) along the bar in the sensor frame and the standard uncertainty of its direction, rad."""

    axis_s: FloatArray
    sigma_rad: float


def learn_axis(pieces: Sequence[tuple[SmoothedMotion, Span]], settings: NumberSettings) -> BarAxis | None:
    """The axis about which the sensor mostly turned within spans of motion; None where no axis stands out.

    A sleeve spins about the same axis, so this holds for either mount.
    """
    turns: list[FloatArray] = []
    ups: list[FloatArray] = []
    periods: list[float] = []
    for motion, span in pieces:
        quat = motion.quat_ws[_within(motion, span)]
        if len(quat) > 1:
            turns.append(_turns_rad(quat))
            ups.append(up_in_sensor(quat))
            periods.append(motion.period_s)
    if not turns:
        return None
    rate = np.concatenate(turns) / np.mean(periods)
    strength, axes = np.linalg.eigh(rate.T @ rate / len(rate))
    axis = axes[:, -1]
    inclination = np.arcsin(np.clip(np.concatenate(ups) @ axis, -1.0, 1.0))
    if (
        strength[-1] < settings.axis_share * strength.sum()
        or strength[-1] < settings.axis_turning_radps**2
        or abs(float(inclination.mean())) > settings.axis_inclination_rad
    ):
        return None
    return BarAxis(axis, float(np.sqrt(strength[-2] / strength[-1] / len(turns))))


def tilt_and_rotation(
    motion: SmoothedMotion, phase: Phase, axis: BarAxis, settings: NumberSettings
) -> tuple[dict[str, float], dict[str, float]]:
    """Values and standard uncertainties, rad: largest change of the bar's inclination and of its turn about its own
    axis from those at the phase's start.
    """
    quat = motion.quat_ws[_within(motion, (phase.start_s, phase.end_s))]
    inclination = np.arcsin(np.clip(up_in_sensor(quat) @ axis.axis_s, -1.0, 1.0))
    turned = float(np.abs(angle_about(quat, axis)).max(initial=0.0))
    tilt = float(np.abs(inclination - inclination[0]).max(initial=0.0))
    # An axis taken wrongly shows a part of the bar's turn as tilt.
    mistaken = axis.sigma_rad * 2.0 * np.sin(0.5 * min(turned, np.pi))
    return {"bar_tilt_rad": tilt, "bar_rotation_rad": turned}, {
        "bar_tilt_rad": float(np.hypot(settings.attitude_sigma_rad, mistaken)),
        "bar_rotation_rad": float(np.hypot(settings.attitude_sigma_rad, 0.5 * axis.sigma_rad**2 * turned)),
    }


def sensor_turn_rad(
    pieces: Sequence[SmoothedMotion], span: Span, axis: BarAxis, settings: NumberSettings
) -> tuple[float, float]:
    """Largest less smallest angle of the sensor about the bar's axis within a span, whole turns counted, and its
    standard uncertainty, rad; the largest of unbroken pieces.
    """
    turned = [float(np.ptp(angle_about(motion.quat_ws[_within(motion, span)], axis))) for motion in pieces]
    largest = max(turned, default=0.0)
    return largest, float(np.hypot(settings.attitude_sigma_rad, 0.5 * axis.sigma_rad**2 * largest))


def start_turns_rad(ups_s: Sequence[FloatArray]) -> list[float]:
    """How far gravity's direction in the sensor at each rep's start lies from the set's median, rad; ups_s (3,)."""
    ups = np.array(ups_s)
    usual = np.median(ups, axis=0)
    usual /= max(float(np.linalg.norm(usual)), 1e-9)
    return np.arctan2(np.linalg.norm(np.cross(ups, usual), axis=1), ups @ usual).tolist()


def up_at(motion: SmoothedMotion, t_s: float) -> FloatArray:
    """The world's up axis (3,) in the sensor frame at the sample nearest t_s."""
    at = int(np.abs(motion.t_s - t_s).argmin())
    return up_in_sensor(motion.quat_ws[at : at + 1])[0]


def _within(motion: SmoothedMotion, span: Span) -> slice:
    first, stop = np.searchsorted(motion.t_s, span)
    return slice(int(first), int(stop))


def _turns_rad(quat_ws: FloatArray) -> FloatArray:
    """Rotation vectors (N - 1, 3) in the sensor frame from each sample to the next."""
    return to_rotation_vector(multiply(conjugate(quat_ws[:-1]), quat_ws[1:]))


def angle_about(quat_ws: FloatArray, axis: BarAxis) -> FloatArray:
    """Angle turned about the axis since the first sample, (N,), rad."""
    if len(quat_ws) < 2:
        return np.zeros(1)
    return np.concatenate([[0.0], np.cumsum(_turns_rad(quat_ws) @ axis.axis_s)])
