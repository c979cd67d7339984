"""Phases: one-way movements of the bar, found in vertical velocity by the definition of docs/metrics.md. No rep is
known here.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase window: bounds (s, interpolated between samples), moment and height of its velocity peak, displacement
    (m, signed).
    """

    direction: Direction
    start_s: float
    end_s: float
    peak_s: float
    peak_mps: float
    displacement_m: float

    @property
    def range_m(self) -> float:
        return abs(self.displacement_m)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def find_phases(t_s: FloatArray, vel_z_mps: FloatArray, settings: RepSettings) -> list[Phase]:
    """All phases of both directions in order of time, from t_s (N,) rising and vertical velocity (N,)."""
    phases = _one_way(t_s, vel_z_mps, "up", settings) + _one_way(t_s, -vel_z_mps, "down", settings)
    return sorted(phases, key=lambda phase: phase.start_s)


def _one_way(t_s: FloatArray, speed: FloatArray, direction: Direction, settings: RepSettings) -> list[Phase]:
    # A reversal faster than the floor always separates two movements; within one, the threshold follows its own peak.
    reversed_at = np.concatenate([[-1], np.flatnonzero(speed < -settings.phase_velocity_mps), [len(speed)]])
    phases: list[Phase] = []
    lengths = np.diff(reversed_at)
    for lump in np.flatnonzero(lengths > 2):
        first, stop = int(reversed_at[lump]) + 1, int(reversed_at[lump + 1])
        if speed[first:stop].max() > settings.slowest_peak_mps:
            phases += _windows(t_s, speed, direction, first, stop, settings)
    return phases


def _windows(
    t_s: FloatArray, speed: FloatArray, direction: Direction, first: int, stop: int, settings: RepSettings
) -> list[Phase]:
    """Windows between two reversals: the highest peak takes its window, then the next highest outside it, and so on."""
    found: list[Phase] = []
    sign = 1.0 if direction == "up" else -1.0
    spans = [(first, stop)]
    while spans:
        low, high = spans.pop()
        if high - low < 3:
            continue
        peak = low + int(speed[low:high].argmax())
        if speed[peak] <= settings.slowest_peak_mps:
            continue
        threshold = max(settings.phase_velocity_mps, settings.phase_peak_share * float(speed[peak]))
        left, right = _bounds(t_s, speed, peak, low, high, threshold, settings.bridged_dip_s)
        start_s = _crossing(t_s, speed, left - 1, threshold) if left > 0 else float(t_s[0])
        end_s = _crossing(t_s, speed, right, threshold) if right < len(speed) - 1 else float(t_s[-1])
        area = integral(t_s, speed, start_s, end_s)
        if area >= settings.smallest_movement_m:
            found.append(Phase(direction, start_s, end_s, float(t_s[peak]), sign * float(speed[peak]), sign * area))
        spans += [(low, left), (right + 1, high)]
    return found


def _bounds(
    t_s: FloatArray, speed: FloatArray, peak: int, low: int, high: int, threshold: float, bridged_s: float
) -> tuple[int, int]:
    """First and last sample above the threshold around the peak, dips shorter than bridged_s included."""
    above = np.flatnonzero(speed[low:high] > threshold) + low
    at = int(np.searchsorted(above, peak))
    breaks = np.flatnonzero((np.diff(above) > 1) & (np.diff(t_s[above]) >= bridged_s))
    before, after = breaks[breaks < at], breaks[breaks >= at]
    left = int(above[before[-1] + 1]) if len(before) else int(above[0])
    right = int(above[after[0]]) if len(after) else int(above[-1])
    return left, right


def _crossing(t_s: FloatArray, speed: FloatArray, sample: int, level: float) -> float:
    """Moment between a sample and the next at which speed passes the level."""
    a, b = float(speed[sample]), float(speed[sample + 1])
    share = (level - a) / (b - a) if b != a else 0.5
    return float(t_s[sample] + min(1.0, max(0.0, share)) * (t_s[sample + 1] - t_s[sample]))


def integral(t_s: FloatArray, y: FloatArray, start_s: float, end_s: float) -> float:
    """Integral of y (N,) over [start_s, end_s), linear between samples."""
    inside = (t_s > start_s) & (t_s < end_s)
    t = np.concatenate([[start_s], t_s[inside], [end_s]])
    ends = np.interp([start_s, end_s], t_s, y)
    return float(np.trapezoid(np.concatenate([[ends[0]], y[inside], [ends[1]]]), t))
