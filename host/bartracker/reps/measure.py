"""Numbers of one rep's phases and of the pause between them, with standard uncertainties, from smoothed motion.
Definitions: docs/metrics.md. Sticking, smoothness, force and power are measured in effort.py.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.context import NumberSettings
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
    basic = _basic(motion, phase, settings)
    propulsive_end = _propulsive_end_s(motion, phase)
    propulsive = integral(t, vel_z, phase.start_s, propulsive_end) / (propulsive_end - phase.start_s)
    deviation, drift = _horizontal(motion, phase)
    return Numbers(
        {
            "concentric_duration_s": phase.duration_s,
            "mean_velocity_mps": basic.mean_mps,
            "mean_propulsive_velocity_mps": propulsive,
            "peak_velocity_mps": phase.peak_mps,
            "time_to_peak_s": phase.peak_s - phase.start_s,
            "rom_m": phase.range_m,
            "horizontal_deviation_m": deviation,
            "horizontal_drift_m": drift,
        },
        {
            "concentric_start_s": basic.start_sigma_s,
            "concentric_end_s": basic.end_sigma_s,
            "concentric_duration_s": basic.duration_sigma_s,
            "mean_velocity_mps": basic.mean_sigma_mps,
            "mean_propulsive_velocity_mps": basic.mean_sigma_mps,
            "peak_velocity_mps": basic.peak_sigma_mps,
            "time_to_peak_s": float(np.hypot(basic.start_sigma_s, motion.period_s)),
            "rom_m": basic.range_sigma_m,
            "horizontal_deviation_m": basic.horizontal_sigma_m,
            "horizontal_drift_m": basic.horizontal_sigma_m,
        },
    )


def measure_eccentric(motion: SmoothedMotion, phase: Phase, settings: RepSettings) -> Numbers:
    """Numbers of the lowering phase; its speeds count downward."""
    basic = _basic(motion, phase, settings)
    return Numbers(
        {
            "eccentric_start_s": phase.start_s,
            "eccentric_end_s": phase.end_s,
            "eccentric_duration_s": phase.duration_s,
            "eccentric_mean_velocity_mps": basic.mean_mps,
            "eccentric_peak_velocity_mps": abs(phase.peak_mps),
            "eccentric_rom_m": phase.range_m,
        },
        {
            "eccentric_start_s": basic.start_sigma_s,
            "eccentric_end_s": basic.end_sigma_s,
            "eccentric_duration_s": basic.duration_sigma_s,
            "eccentric_mean_velocity_mps": basic.mean_sigma_mps,
            "eccentric_peak_velocity_mps": basic.peak_sigma_mps,
            "eccentric_rom_m": basic.range_sigma_m,
        },
    )


def measure_pause(motion: SmoothedMotion, start_s: float, end_s: float, settings: NumberSettings) -> Numbers:
    """How still the bar was held between two moments."""
    inside = (motion.t_s >= start_s) & (motion.t_s < end_s)
    speed = np.abs(motion.vel_w_mps[inside, 2])
    still = np.concatenate([[0], (speed < settings.hold_speed_mps).astype(np.int64), [0]])
    edges = np.diff(still)
    longest = int((np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)).max(initial=0))
    values: dict[str, float | None] = {"isometric_hold_s": longest * motion.period_s}
    sigma: dict[str, float] = {}
    if end_s - start_s >= settings.least_pause_s:
        values["pause_stillness_mps"] = float(np.sqrt(np.mean(np.square(speed))))
        sigma["pause_stillness_mps"] = float(motion.sigma_vel_w_mps[inside, 2].mean())
    return Numbers(values, sigma)


@dataclass(frozen=True, slots=True)
class _Basic:
    """What both phases have in common."""

    mean_mps: float
    mean_sigma_mps: float
    peak_sigma_mps: float
    range_sigma_m: float
    horizontal_sigma_m: float
    start_sigma_s: float
    end_sigma_s: float
    duration_sigma_s: float


def _basic(motion: SmoothedMotion, phase: Phase, settings: RepSettings) -> _Basic:
    range_sigma, horizontal_sigma = motion.displacement_sigma_m(phase.start_s, phase.end_s)
    start_sigma = edge_sigma_s(motion, phase.start_s, settings)
    end_sigma = edge_sigma_s(motion, phase.end_s, settings)
    duration_sigma = float(np.hypot(start_sigma, end_sigma))
    mean = phase.range_m / phase.duration_s
    return _Basic(
        mean_mps=mean,
        mean_sigma_mps=_mean_sigma_mps(motion, phase, mean, settings),
        peak_sigma_mps=float(np.interp(phase.peak_s, motion.t_s, motion.sigma_vel_w_mps[:, 2])),
        range_sigma_m=range_sigma,
        horizontal_sigma_m=horizontal_sigma,
        start_sigma_s=start_sigma,
        end_sigma_s=end_sigma,
        duration_sigma_s=duration_sigma,
    )


def _mean_sigma_mps(motion: SmoothedMotion, phase: Phase, mean_mps: float, settings: RepSettings) -> float:
    """Standard uncertainty of mean speed. A velocity that is wrong moves the range and the window's bounds, and in
    their ratio much of it cancels.
    """
    of_peak = settings.phase_peak_share * abs(phase.peak_mps)
    threshold = max(settings.phase_velocity_mps, of_peak)
    # A bound that moves outward by a second adds the threshold to the range instead of the mean.
    missing = max(mean_mps - threshold, 0.0)
    slopes = [edge_slope_mps2(motion, t_s, settings) for t_s in (phase.start_s, phase.end_s)]
    # The threshold moves with a peak that is wrong by as much.
    moved = 1.0 - settings.phase_peak_share if threshold == of_peak else 1.0
    weights = np.array([1.0, *(-moved * missing / slope for slope in slopes)])
    variance = float(weights @ motion.rise_covariance(phase.start_s, phase.end_s) @ weights)
    between_samples = np.sqrt(2.0) * settings.bound_share * motion.period_s * missing
    scale = motion.dynamic_scale * phase.range_m
    return float(np.sqrt(max(variance, 0.0) + between_samples**2 + scale**2) / phase.duration_s)


def edge_slope_mps2(motion: SmoothedMotion, t_s: float, settings: RepSettings) -> float:
    """Steepness of vertical speed around a window's bound."""
    around = np.interp([t_s - 0.05, t_s + 0.05], motion.t_s, motion.vel_w_mps[:, 2])
    return max(abs(float(around[1] - around[0])) / 0.1, settings.edge_slope_mps2)


def edge_sigma_s(motion: SmoothedMotion, t_s: float, settings: RepSettings) -> float:
    """Standard uncertainty of the moment at which speed crosses a window's threshold: that of velocity over its
    steepness there.
    """
    slope = edge_slope_mps2(motion, t_s, settings)
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
