"""What the pipeline says while samples flow. Consumers (window, terminal, JSON writer) know these; the pipeline knows
no consumer.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bartracker.results import Rep, RepSet
from bartracker.samples import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class MotionUpdate:
    """Online motion of the newest samples; world frame, z up, heading arbitrary. Later updates never change earlier
    ones.

    t_s (N,) s; vel_w_mps, pos_w_m, sigma_vel_w_mps, sigma_pos_w_m (N, 3); resting (N,) true stillness.
    """

    t_s: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray


@dataclass(frozen=True, slots=True)
class RepTrace:
    """The path of one rep's concentric phase, re-smoothed: t_s (N,) s, vel_z_mps (N,), path_w_m (N, 3) from its start,
    sigma_path_w_m (N, 3).

    `forward_m` (N,) is the horizontal displacement along the horizontal direction in which this rep moved most (sign
    arbitrary).
    """

    t_s: FloatArray
    vel_z_mps: FloatArray
    path_w_m: FloatArray
    sigma_path_w_m: FloatArray
    forward_m: FloatArray


@dataclass(frozen=True, slots=True)
class SetStarted:
    set_index: int
    t_s: float


@dataclass(frozen=True, slots=True)
class RepAnnounced:
    """The concentric phase of a rep has ended: its numbers, from past samples alone."""

    set_index: int
    rep: Rep
    trace: RepTrace


@dataclass(frozen=True, slots=True)
class RepRevised:
    """A rep announced before now reads differently, and why: its return phase ended, or the set was looked at as a
    whole.

    `rep` None: on second look this was no rep (`rep_index` says which).
    """

    set_index: int
    rep_index: int
    rep: Rep | None
    reason: str


@dataclass(frozen=True, slots=True)
class SetFinished:
    """The set is over and has been smoothed as a whole; its numbers replace the announced ones."""

    rep_set: RepSet
    traces: tuple[RepTrace, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark for a person: lost samples, clipping, a doubtful accelerometer, a set being refined."""

    t_s: float
    code: str
    text: str
    severity: Literal["info", "warning", "error"]


Event: TypeAlias = MotionUpdate | SetStarted | RepAnnounced | RepRevised | SetFinished | Notice
