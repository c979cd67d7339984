"""A falling or lowered bar meets floor or rack: descent, contact and bounce as height increments. No lifter, no
sensor.
"""

from dataclasses import dataclass
from math import cos, pi
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray

STEP_S: Final = 0.001
_SUBSTEPS: Final = 10
_SETTLE_S: Final = 1.0
_LET_GO_S: Final = 0.10


@dataclass(frozen=True, slots=True)
class Ground:
    """What the bar lands on: a one-sided spring and damper that carries the bar at height 0.

    Attributes:
        contact_radps: natural frequency of bar on contact, rad/s; pi / it is the duration of a hard contact, s.
        damping: part of critical damping; the one-sided contact bounces back with about
            0.45 of the speed at 0.35, less at more.
        ring_per_mps: structural ringing, m/s^2 of amplitude for each m/s of landing speed.
        ring_hz: its frequency, Hz.
        ring_decay_s: its time constant, s.
    """

    contact_radps: float
    damping: float
    ring_per_mps: float
    ring_hz: float
    ring_decay_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Landing:
    """Height increments (N,) m at 1 kHz from the start of the descent to rest; contact after `descent_s`, at a speed
    of `speed_mps`.
    """

    increments_m: FloatArray
    descent_s: float
    speed_mps: float


def lowered(height_m: float, duration_s: float, meeting: float, ground: Ground) -> Landing:
    """The bar is lowered in a minimum-jerk movement that would end below the ground: it meets the ground after the
    part `meeting` (0.6 .. 1) of `duration_s`; the nearer to 1, the softer.
    """
    steps = max(20, round(duration_s / STEP_S))
    phase = np.arange(steps + 1) / steps
    path = phase**3 * (10 - 15 * phase + 6 * phase**2)
    reach = meeting**3 * (10 - 15 * meeting + 6 * meeting**2)
    return _land(height_m * (1.0 - path / reach), ground)


def dropped(height_m: float, support: float, ground: Ground) -> Landing:
    """The bar is let go, but guided: it falls with (1 - `support`) g after a short transition."""
    steps = round(3.0 / STEP_S)
    time_s = np.arange(steps) * STEP_S
    onset = np.clip(time_s / 0.12, 0.0, 1.0)
    acc = -(1.0 - support) * STANDARD_GRAVITY_MPS2 * onset**2 * (3 - 2 * onset)
    velocity = np.cumsum(acc) * STEP_S
    return _land(height_m + np.cumsum(velocity) * STEP_S, ground)


def _land(height_m: FloatArray, ground: Ground) -> Landing:
    """Follow a descent until contact, then let the ground act."""
    contact_m = STANDARD_GRAVITY_MPS2 / ground.contact_radps**2
    touching = np.flatnonzero(height_m <= contact_m)
    last = int(touching[0]) if len(touching) else len(height_m) - 1
    descent = height_m[: last + 1]
    speed = float(descent[-1] - descent[-2]) / STEP_S
    acc = (float(descent[-1] - descent[-2]) - float(descent[-2] - descent[-3])) / STEP_S**2
    settled = _settle(float(descent[-1]), speed, acc, ground)
    return Landing(np.diff(np.concatenate([descent, settled])), last * STEP_S, -speed)


def _settle(height_m: float, velocity_mps: float, acc_mps2: float, ground: Ground) -> FloatArray:
    """Height (N,) m after contact, ending at exactly 0. The hands let go within a tenth of a second."""
    stiffness = ground.contact_radps**2
    resistance = 2.0 * ground.damping * ground.contact_radps
    dt = STEP_S / _SUBSTEPS
    heights: list[float] = []
    hands = acc_mps2 + STANDARD_GRAVITY_MPS2
    steps = round(_SETTLE_S / STEP_S)
    for step in range(steps):
        held = 0.5 * (1 + cos(pi * min(1.0, step * STEP_S / _LET_GO_S)))
        for _ in range(_SUBSTEPS):
            push = 0.0
            if stiffness * height_m < STANDARD_GRAVITY_MPS2:
                push = max(0.0, STANDARD_GRAVITY_MPS2 - stiffness * height_m - resistance * velocity_mps)
            velocity_mps += (hands * held - STANDARD_GRAVITY_MPS2 + push) * dt
            height_m += velocity_mps * dt
        heights.append(height_m)
    fade = np.clip((steps - 1 - np.arange(steps)) / (0.3 * steps), 0.0, 1.0)
    return np.array(heights) * fade**2 * (3 - 2 * fade)
