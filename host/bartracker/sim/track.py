"""Builds a bar's motion out of movements: steps, bumps, landings, sway and whip on a 1 kHz grid, then one spline.
Knows no exercise.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from bartracker.samples import FloatArray
from bartracker.sim.impact import STEP_S, Ground, Landing
from bartracker.sim.spline import QuinticSpline


class Channel(IntEnum):
    """Degrees of freedom of the bar: position of its middle, m; angles, rad; and the loaded sleeve's own angle."""

    X = 0
    Y = 1
    Z = 2
    ROLL = 3
    TILT = 4
    YAW = 5
    SLEEVE_ROLL = 6


@dataclass(frozen=True, slots=True)
class BarCharacter:
    """How a held bar trembles and bends.

    Attributes:
        sway_m: standard deviation of the horizontal sway while held, m; the vertical is a third of it.
        sway_rad: standard deviation of tilt, yaw and roll while held, rad.
        tremor_m: amplitude of the 8-11 Hz tremor of the hands, m.
        whip_hz, whip_damping: the bar's first bending mode, 5-12 Hz by its load, and its part of critical damping.
        sleeve_spin_radps: standard deviation of the spin of the sleeve while held, rad/s.
    """

    sway_m: float
    sway_rad: float
    tremor_m: float
    whip_hz: float
    whip_damping: float
    sleeve_spin_radps: float


@dataclass(frozen=True, slots=True, eq=False)
class BarMotion:
    """The bar over a whole recording.

    `pose`: columns by `Channel`, world frame x along the bar, y forward, z up; orientation is
    Rz(yaw) Ry(tilt) Rx(roll). `structure`: columns whip z (at full gain), ringing z, ringing y, m; not part of truth.
    """

    pose: QuinticSpline
    structure: QuinticSpline

    @property
    def duration_s(self) -> float:
        return self.pose.duration_s


_RAMP_S: Final = 0.25
_END_S: Final = 0.5
_SWAY_HZ: Final = (0.12, 1.1)
_TREMOR_HZ: Final = (8.0, 11.0)
_SPIN_HZ: Final = (0.05, 0.4)


def speed_profile(
    duration_s: float,
    rise: float = 2.0,
    fall: float = 2.0,
    stick_depth: float = 0.0,
    stick_at: float = 0.4,
    stick_width: float = 0.14,
) -> FloatArray:
    """Increments at 1 kHz, adding up to 1, of a smooth movement; see `exercises` and `plan` for the parameters."""
    steps = max(20, round(duration_s / STEP_S))
    phase = (np.arange(steps) + 0.5) / steps
    speed = phase**rise * (1 - phase) ** fall
    speed *= 1.0 - stick_depth * np.exp(-(((phase - stick_at) / stick_width) ** 2))
    return speed / speed.sum()


class Track:
    """Collects movements; each adds to its channel from its start on. `value` holds where each channel will end up."""

    def __init__(self, character: BarCharacter, rng: np.random.Generator) -> None:
        self.value = np.zeros(len(Channel))
        self._character = character
        self._rng = rng
        self._parts: list[tuple[Channel, int, FloatArray]] = []
        self._held: list[tuple[float, float]] = []
        self._rings: list[tuple[float, float, Ground]] = []

    def move(self, channel: Channel, start_s: float, distance: float, profile: FloatArray) -> None:
        """Go `distance` (m or rad) from `start_s` with a `speed_profile`."""
        self._parts.append((channel, round(start_s / STEP_S), distance * profile))
        self.value[channel] += distance

    def bump(self, channel: Channel, start_s: float, duration_s: float, amplitude: float) -> None:
        """Out and back again."""
        steps = max(20, round(duration_s / STEP_S))
        phase = np.arange(steps + 1) / steps
        self._parts.append((channel, round(start_s / STEP_S), amplitude * np.diff(64 * phase**3 * (1 - phase) ** 3)))

    def land(self, start_s: float, landing: Landing, ground: Ground) -> float:
        """Come down as computed; returns the time of contact, s."""
        self._parts.append((Channel.Z, round(start_s / STEP_S), landing.increments_m))
        self.value[Channel.Z] += landing.increments_m.sum()
        contact_s = start_s + landing.descent_s
        self._rings.append((contact_s, landing.speed_mps, ground))
        self.bump(
            Channel.TILT, contact_s, self._rng.uniform(0.12, 0.25), self._rng.normal(0, 0.006) * landing.speed_mps
        )
        self.bump(Channel.ROLL, contact_s, self._rng.uniform(0.12, 0.25), self._rng.normal(0, 0.02) * landing.speed_mps)
        return contact_s

    def hold(self, from_s: float, to_s: float) -> None:
        """The bar is in somebody's hands, not on rack or floor: it sways."""
        self._held.append((from_s, to_s))

    def finish(self, duration_s: float) -> BarMotion:
        """Everything added up."""
        count = round(duration_s / STEP_S) + 1
        control = np.zeros((count, len(Channel)))
        for channel, start, increments in self._parts:
            fits = increments[: max(0, count - 1 - start)]
            control[start + 1 : start + 1 + len(fits), channel] += fits
        control = np.cumsum(control, axis=0)
        time_s = np.arange(count, dtype=np.float64) * STEP_S
        held = self._held_envelope(time_s)
        self._add_sway(control, time_s, held)
        structure = np.column_stack([self._whip(control[:, Channel.Z]), *self._ringing(time_s)])
        structure *= np.clip((duration_s - time_s) / _END_S, 0.0, 1.0)[:, None] ** 3
        return BarMotion(QuinticSpline(control, STEP_S), QuinticSpline(structure, STEP_S))

    def _held_envelope(self, time_s: FloatArray) -> FloatArray:
        """0 on rack and floor, 1 in the hands, smooth between; 0 at the very moments of leaving and touching."""
        held = np.zeros(len(time_s))
        for from_s, to_s in self._held:
            inside = np.clip(np.minimum(time_s - from_s, to_s - time_s) / _RAMP_S, 0.0, 1.0)
            held = np.maximum(held, inside**3 * (10 - 15 * inside + 6 * inside**2))
        return held

    def _add_sway(self, control: FloatArray, time_s: FloatArray, held: FloatArray) -> None:
        character = self._character
        for channel, size in (
            (Channel.X, 0.4 * character.sway_m),
            (Channel.Y, character.sway_m),
            (Channel.Z, 0.33 * character.sway_m),
            (Channel.ROLL, 1.5 * character.sway_rad),
            (Channel.TILT, 0.5 * character.sway_rad),
            (Channel.YAW, 0.7 * character.sway_rad),
        ):
            control[:, channel] += held * size * self._wander(time_s, _SWAY_HZ)
        for channel in (Channel.Y, Channel.Z):
            control[:, channel] += held * character.tremor_m * self._wander(time_s, _TREMOR_HZ)
        spin = held * character.sleeve_spin_radps * self._wander(time_s, _SPIN_HZ)
        control[:, Channel.SLEEVE_ROLL] = 0.25 * control[:, Channel.ROLL] + np.cumsum(spin) * STEP_S

    def _wander(self, time_s: FloatArray, band_hz: tuple[float, float], tones: int = 7) -> FloatArray:
        """Smooth noise (N,) of unit variance out of a few tones of the band."""
        low, high = band_hz
        edges = low * (high / low) ** (np.arange(tones + 1) / tones)
        tone_hz = self._rng.uniform(edges[:-1], edges[1:])
        phase = self._rng.uniform(0, 2 * np.pi, tones)
        return np.sin(2 * np.pi * time_s[:, None] * tone_hz + phase).sum(axis=1) * (2 / tones) ** 0.5

    def _whip(self, height_m: FloatArray) -> FloatArray:
        """Bending (N,) m of the bar's ends against its middle: a damped oscillator shaken by the middle."""
        omega = 2 * np.pi * self._character.whip_hz
        shake = np.zeros(len(height_m))
        shake[1:-1] = np.diff(height_m, 2) / STEP_S**2
        bend, speed, out = 0.0, 0.0, np.zeros(len(height_m))
        drag, pull = 2 * self._character.whip_damping * omega, omega**2
        for i, acc in enumerate(shake.tolist()):
            speed -= (acc + drag * speed + pull * bend) * STEP_S
            bend += speed * STEP_S
            out[i] = bend
        return out

    def _ringing(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Ringing (N,) m in z and y after each landing."""
        total = np.zeros((2, len(time_s)))
        for contact_s, speed_mps, ground in self._rings:
            since = time_s - contact_s
            after = since > 0
            late = since[after]
            omega = 2 * np.pi * ground.ring_hz * self._rng.uniform(0.9, 1.1, 2)
            size = ground.ring_per_mps * speed_mps / omega**2 * np.array([1.0, 0.4])
            onset = np.clip(late / 0.004, 0.0, 1.0) ** 2
            total[:, after] += (
                onset * np.exp(-late / ground.ring_decay_s) * size[:, None] * np.sin(omega[:, None] * late)
            )
        return total[0], total[1]
