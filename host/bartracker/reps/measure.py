"""Numbers of one rep, with standard uncertainties, from smoothed motion and its two phase windows. Definitions:
docs/metrics.md.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.track import SmoothedMotion
from bartracker.reps.phases import Phase, integral
from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray

_FREE_FALL_MPS2 = -9.81


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values and standard uncertainties by the field names of `Rep`; a value that cannot be known is None and has no
    sigma.
    """

    values: dict[str, float | None]
    sigma: dict[str, float]


def measure_concentric(motion: SmoothedMotion, phase: Phase, settings: RepSettings) -> Numbers:
    """Numbers of the lifting phase."""
    t, vel_z = motion.t_s, motion.vel_w_mps[:, 2]
    duration = phase.duration_s
    rom = phase.range_m
    rom_sigma, horizontal_sigma = motion.displacement_sigma_m(phase.start_s, phase.end_s)
    start_sigma = edge_sigma_s(motion, phase.start_s, settings)
    end_sigma = edge_sigma_s(motion, phase.end_s, settings)
    duration_sigma = float(np.hypot(start_sigma, end_sigma))
    mean = rom / duration
    mean_sigma = float(np.hypot(rom_sigma, mean * duration_sigma) / duration)
    peak_sigma = float(np.interp(phase.peak_s, t, motion.sigma_vel_w_mps[:, 2]))
    propulsive_end = _propulsive_end_s(motion, phase)
    propulsive = integral(t, vel_z, phase.start_s, propulsive_end) / (propulsive_end - phase.start_s)
    deviation, drift = _horizontal(motion, phase)
    return Numbers(
        {
            "concentric_duration_s": duration,
            "mean_velocity_mps": mean,
            "mean_propulsive_velocity_mps": propulsive,
            "peak_velocity_mps": phase.peak_mps,
            "time_to_peak_s": phase.peak_s - phase.start_s,
            "rom_m": rom,
            "horizontal_deviation_m": deviation,
            "horizontal_drift_m": drift,
        },
        {
            "concentric_start_s": start_sigma,
            "concentric_end_s": end_sigma,
            "concentric_duration_s": duration_sigma,
            "mean_velocity_mps": mean_sigma,
            "mean_propulsive_velocity_mps": mean_sigma,
            "peak_velocity_mps": peak_sigma,
            "time_to_peak_s": float(np.hypot(start_sigma, motion.period_s)),
            "rom_m": rom_sigma,
            "horizontal_deviation_m": horizontal_sigma,
            "horizontal_drift_m": horizontal_sigma,
        },
    )


def edge_sigma_s(motion: SmoothedMotion, t_s: float, settings: RepSettings) -> float:
    """Standard uncertainty of the moment at which speed crosses a window's threshold: that of velocity over its
    steepness there.
    """
    vel_z = motion.vel_w_mps[:, 2]
    around = np.interp([t_s - 0.05, t_s + 0.05], motion.t_s, vel_z)
    slope = max(abs(float(around[1] - around[0])) / 0.1, settings.edge_slope_mps2)
    sigma = float(np.interp(t_s, motion.t_s, motion.sigma_vel_w_mps[:, 2]))
    return float(np.hypot(sigma / slope, 0.5 * motion.period_s))


def _propulsive_end_s(motion: SmoothedMotion, phase: Phase) -> float:
    """First sample after the velocity peak at which the bar decelerates faster than gravity; the phase's end where
    there is none.
    """
    inside = (motion.t_s > phase.peak_s) & (motion.t_s < phase.end_s)
    braking = inside & (motion.acc_w_mps2[:, 2] < _FREE_FALL_MPS2)
    return float(motion.t_s[braking.argmax()]) if braking.any() else phase.end_s


def concentric_path(motion: SmoothedMotion, phase: Phase) -> tuple[FloatArray, FloatArray, FloatArray]:
    """t_s (N,), path_w_m (N, 3) from the phase's start, sigma_path_w_m (N, 3) of the distance from it."""
    inside = (motion.t_s >= phase.start_s) & (motion.t_s < phase.end_s)
    t = motion.t_s[inside]
    origin = np.array([np.interp(phase.start_s, motion.t_s, motion.pos_w_m[:, axis]) for axis in range(3)])
    path = motion.pos_w_m[inside] - origin
    vertical, horizontal = motion.displacement_sigma_m(phase.start_s, phase.end_s)
    share = ((t - phase.start_s) / phase.duration_s)[:, None]
    return t, path, share * np.array([horizontal, horizontal, vertical])


def _horizontal(motion: SmoothedMotion, phase: Phase) -> tuple[float, float]:
    _, path, _ = concentric_path(motion, phase)
    distance = np.hypot(path[:, 0], path[:, 1])
    return float(distance.max()), float(distance[-1])
