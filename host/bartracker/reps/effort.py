"""Numbers on how a lifting phase went: sticking region, smoothness, force and power. Definitions: docs/metrics.md."""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.context import NumberSettings
from bartracker.reps.phases import Phase, integral
from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray

_VERTICAL, _VELOCITY = 0, 1


@dataclass(frozen=True, slots=True)
class Sticking:
    """A dip of v_z between two peaks: from the peak before, over the slowest moment, to the peak after, s; the speed
    there and its uncertainty, m/s; the share of the phase's height gained by then.
    """

    start_s: float
    lowest_s: float
    end_s: float
    velocity_mps: float
    sigma_mps: float
    height_share: float


def sticking_region(motion: SmoothedMotion, phase: Phase, settings: NumberSettings) -> Sticking | None:
    """The deepest dip of the phase; None where there is none that noise could not have made."""
    inside = (motion.t_s >= phase.start_s) & (motion.t_s < phase.end_s)
    t_s, vel_z = motion.t_s[inside], motion.vel_w_mps[inside, 2]
    if len(t_s) < 3:
        return None
    before = np.maximum.accumulate(vel_z)
    after = np.maximum.accumulate(vel_z[::-1])[::-1]
    depth = np.minimum(before, after) - vel_z
    lowest = int(depth.argmax())
    sigma = float(motion.sigma_vel_w_mps[inside, 2][lowest])
    least = max(settings.sticking_peak_share * phase.peak_mps, settings.sticking_sigmas * sigma)
    if depth[lowest] < least:
        return None
    gained = integral(motion.t_s, motion.vel_w_mps[:, 2], phase.start_s, float(t_s[lowest]))
    return Sticking(
        start_s=float(t_s[int(vel_z[:lowest].argmax())]),
        lowest_s=float(t_s[lowest]),
        end_s=float(t_s[lowest + int(vel_z[lowest:].argmax())]),
        velocity_mps=float(vel_z[lowest]),
        sigma_mps=sigma,
        height_share=gained / phase.range_m,
    )


def smoothness_sparc(motion: SmoothedMotion, phase: Phase, settings: NumberSettings) -> float:
    """Spectral arc length of the phase's vertical speed; nearer zero is smoother (Balasubramanian et al., IEEE Trans.
    Biomed. Eng. 59, 2012, and J. NeuroEng. Rehabil. 12, 2015).
    """
    inside = (motion.t_s >= phase.start_s) & (motion.t_s < phase.end_s)
    return sparc(np.abs(motion.vel_w_mps[inside, 2]), motion.period_s, settings)


def sparc(speed_mps: FloatArray, period_s: float, settings: NumberSettings) -> float:
    """Spectral arc length of a speed profile (N,)."""
    length = 2 ** (int(np.ceil(np.log2(max(len(speed_mps), 2)))) + settings.sparc_padding)
    frequency = np.fft.rfftfreq(length, period_s)
    spectrum = np.abs(np.fft.rfft(speed_mps, length))
    kept = frequency <= settings.sparc_cutoff_hz
    frequency, amplitude = frequency[kept], spectrum[kept] / spectrum.max()
    loud = np.flatnonzero(amplitude >= settings.sparc_least_amplitude)
    part = slice(int(loud[0]), int(loud[-1]) + 1)
    frequency, amplitude = frequency[part], amplitude[part]
    if len(frequency) < 2:
        return 0.0
    steps = np.diff(frequency) / (frequency[-1] - frequency[0])
    return -float(np.hypot(steps, np.diff(amplitude)).sum())


def force_and_power(
    motion: SmoothedMotion, phase: Phase, load_kg: float, settings: NumberSettings
) -> tuple[dict[str, float], dict[str, float]]:
    """Values and standard uncertainties of mean and peak force, N, and power, W, on bar and plates alone.

    Means follow from the change of momentum and of energy over the phase. The uncertainty is that of velocity; the load
    is taken as exact.
    """
    t_s, vel_z = motion.t_s, motion.vel_w_mps[:, 2]
    duration = phase.duration_s
    first, last = float(np.interp(phase.start_s, t_s, vel_z)), float(np.interp(phase.end_s, t_s, vel_z))
    mean_force = load_kg * (STANDARD_GRAVITY_MPS2 + (last - first) / duration)
    energy = load_kg * (STANDARD_GRAVITY_MPS2 * phase.range_m + (last**2 - first**2) / 2)
    half = 0.5 * settings.force_window_s
    inside: FloatArray = t_s[(t_s >= phase.start_s) & (t_s < phase.end_s)]
    change: FloatArray = np.interp(inside + half, t_s, vel_z) - np.interp(inside - half, t_s, vel_z)
    force: FloatArray = load_kg * (STANDARD_GRAVITY_MPS2 + change / settings.force_window_s)
    power: FloatArray = force * np.interp(inside, t_s, vel_z)
    strongest, hardest = int(force.argmax()), int(power.argmax())
    strongest_s, hardest_s = float(inside[strongest]), float(inside[hardest])
    peak_force_sigma = load_kg * _change_sigma(motion, strongest_s, half) / settings.force_window_s
    hardest_force_sigma = load_kg * _change_sigma(motion, hardest_s, half) / settings.force_window_s
    speed = float(np.interp(hardest_s, t_s, vel_z))
    speed_sigma = float(np.interp(hardest_s, t_s, motion.sigma_vel_w_mps[:, 2]))
    vertical, _ = motion.displacement_sigma_m(phase.start_s, phase.end_s)
    momentum_sigma = motion.velocity_change_sigma_mps(phase.start_s, phase.end_s)
    return {
        "mean_force_n": mean_force,
        "peak_force_n": float(force[strongest]),
        "mean_power_w": energy / duration,
        "peak_power_w": float(power[hardest]),
    }, {
        "mean_force_n": load_kg * momentum_sigma / duration,
        "peak_force_n": peak_force_sigma,
        "mean_power_w": load_kg * STANDARD_GRAVITY_MPS2 * vertical / duration,
        "peak_power_w": float(np.hypot(force[hardest] * speed_sigma, speed * hardest_force_sigma)),
    }


def _change_sigma(motion: SmoothedMotion, t_s: float, half_s: float) -> float:
    return motion.velocity_change_sigma_mps(t_s - half_s, t_s + half_s)
