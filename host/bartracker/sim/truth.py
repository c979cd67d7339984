"""What really happened: the rep table by the definitions of docs/metrics.md, from noise-free velocity and path. Its own
code on purpose: it shares nothing with the estimator that it judges.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from bartracker.results import RepKind
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray
from bartracker.sim.kinematics import SensorMotion
from bartracker.sim.lifter import Interval, RepMark

TRUTH_RATE_HZ: Final = 1000.0
_LEAST_MPS: Final = 0.03
_PART_OF_PEAK: Final = 0.05
_LONGEST_DIP_S: Final = 0.1
_BRACKET_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class RepTruth:
    """One row of the rep table: times s, lengths m, speeds m/s.

    Attributes:
        rep: number from 1; kind; valid: a full one.
        t_start, t_turn, t_end: of the rep; t_con0, t_con1, t_ecc0, t_ecc1: its windows; con_s, ecc_s: their durations.
        pause_s: turn pause.
        mcv, mpv, pv: mean, mean propulsive and peak velocity; t_pv: when the peak was.
        rom: height gained; hdev, hdrift: horizontal deviation and drift.
        clipped, lost_samples: within the concentric window, by the sensor and on the air.
    """

    rep: int
    kind: RepKind
    valid: bool
    t_start: float
    t_turn: float
    t_end: float
    t_con0: float
    t_con1: float
    con_s: float
    t_ecc0: float
    t_ecc1: float
    ecc_s: float
    pause_s: float
    mcv: float
    mpv: float
    pv: float
    t_pv: float
    rom: float
    hdev: float
    hdrift: float
    clipped: bool = False
    lost_samples: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DenseTruth:
    """The sensor point's true motion: t_s (N,) s, position_w_m, velocity_w_mps, acceleration_w_mps2 (N, 3)."""

    t_s: FloatArray
    position_w_m: FloatArray
    velocity_w_mps: FloatArray
    acceleration_w_mps2: FloatArray


def dense_truth(motion: SensorMotion) -> DenseTruth:
    """Motion without whip and ringing at 1 kHz."""
    t_s = np.arange(int(motion.duration_s * TRUTH_RATE_HZ) + 1) / TRUTH_RATE_HZ
    return DenseTruth(t_s, motion.position_w_m(t_s), motion.velocity_w_mps(t_s), motion.acceleration_w_mps2(t_s))


def phase_window(
    t_s: FloatArray, vel_z_mps: FloatArray, bracket: Interval, direction: Literal[1, -1]
) -> tuple[float, float, float]:
    """Start, end and time of the peak, s, of the upward (1) or downward (-1) phase whose peak lies in the bracket."""
    speed = direction * vel_z_mps
    low, high = np.searchsorted(t_s, [bracket[0] - _BRACKET_S, bracket[1] + _BRACKET_S])
    peak = int(low) + int(np.argmax(speed[low:high]))
    threshold = max(_LEAST_MPS, _PART_OF_PEAK * float(speed[peak]))
    above = speed > threshold
    first = _extend(t_s, speed, above, peak, -1)
    last = _extend(t_s, speed, above, peak, 1)
    return _crossing(t_s, speed, threshold, first, -1), _crossing(t_s, speed, threshold, last, 1), float(t_s[peak])


def _extend(t_s: FloatArray, speed: FloatArray, above: BoolArray, peak: int, step: int) -> int:
    """Last index of the phase from its peak on, over dips that are short and not below -3 cm/s."""
    edge = i = peak
    while 0 <= i + step < len(above):
        i += step
        if above[i]:
            edge = i
        elif abs(t_s[i] - t_s[edge]) >= _LONGEST_DIP_S or speed[i] < -_LEAST_MPS:
            break
    return edge


def _crossing(t_s: FloatArray, speed: FloatArray, threshold: float, edge: int, step: int) -> float:
    """When the speed passes the threshold between the phase's last sample and the one beyond."""
    beyond = edge + step
    if not 0 <= beyond < len(t_s):
        return float(t_s[edge])
    part = (speed[edge] - threshold) / (speed[edge] - speed[beyond])
    return float(t_s[edge] + part * (t_s[beyond] - t_s[edge]))


def rep_truth(truth: DenseTruth, mark: RepMark, *, eccentric_first: bool) -> RepTruth:
    """The row of one rep as the lifter did it."""
    t_s, vel_z = truth.t_s, truth.velocity_w_mps[:, 2]
    con0, con1, t_pv = phase_window(t_s, vel_z, mark.concentric, 1)
    ecc0, ecc1, _ = phase_window(t_s, vel_z, mark.eccentric, -1)
    start, turn, end, pause = (ecc0, con0, con1, con0 - ecc1) if eccentric_first else (con0, con1, ecc1, ecc0 - con1)
    inside = (t_s >= con0) & (t_s <= con1)
    path = np.vstack([truth.position_w_m[inside], _at(truth, con1)]) - _at(truth, con0)
    aside = np.hypot(path[:, 0], path[:, 1])
    rom = float(path[-1, 2])
    return RepTruth(
        rep=mark.plan.number,
        kind=mark.plan.kind,
        valid=mark.plan.kind == "full",
        t_start=start,
        t_turn=turn,
        t_end=end,
        t_con0=con0,
        t_con1=con1,
        con_s=con1 - con0,
        t_ecc0=ecc0,
        t_ecc1=ecc1,
        ecc_s=ecc1 - ecc0,
        pause_s=pause,
        mcv=rom / (con1 - con0),
        mpv=_propulsive(truth, con0, con1, t_pv),
        pv=float(vel_z[inside].max()),
        t_pv=t_pv,
        rom=rom,
        hdev=float(aside.max()),
        hdrift=float(aside[-1]),
    )


def _propulsive(truth: DenseTruth, con0: float, con1: float, t_pv: float) -> float:
    """Mean velocity until the bar is braked by more than gravity would."""
    braked = (truth.t_s > t_pv) & (truth.t_s < con1) & (truth.acceleration_w_mps2[:, 2] < -STANDARD_GRAVITY_MPS2)
    until = float(truth.t_s[np.argmax(braked)]) if braked.any() else con1
    return float(_at(truth, until)[2] - _at(truth, con0)[2]) / (until - con0)


def _at(truth: DenseTruth, t_s: float) -> FloatArray:
    """(3,) position at one time."""
    return np.array([np.interp(t_s, truth.t_s, truth.position_w_m[:, axis]) for axis in range(3)])
