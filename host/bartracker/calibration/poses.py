"""From hops of samples to what a calibration is made of: poses (the sensor lies still) and the turns between them.

Pure and streaming; which poses are worth having is the guide's, what they say is the solver's.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.calibration.settings import StillSettings
from bartracker.samples import BoolArray, FloatArray
from bartracker.timebase import Hop

_MEAN_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Pose:
    """The sensor lay still.

    t_s: middle of it, recording's clock; duration_s; acc_mps2, gyr_radps (3,) means, sensor frame, as measured;
    acc_sigma_mps2, gyr_sigma_radps: standard uncertainty of an axis's mean by the scatter of its hops.
    """

    t_s: float
    duration_s: float
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    acc_sigma_mps2: float
    gyr_sigma_radps: float

    @property
    def up(self) -> FloatArray:
        """(3,) unit vector that pointed up, sensor frame, as measured."""
        return self.acc_mps2 / np.sqrt((self.acc_mps2**2).sum())


@dataclass(frozen=True, slots=True)
class Turn:
    """From one pose to the next: (N, 3) rates as measured, all samples between the two, at one period.

    None of its samples was lost or clipped; what has such is no turn.
    """

    gyr_radps: FloatArray
    period_s: float

    @property
    def duration_s(self) -> float:
        return len(self.gyr_radps) * self.period_s


@dataclass(frozen=True, slots=True)
class PoseSequence:
    """P poses in order of time and what led from each to the next, P - 1 turns, None where that is not known."""

    poses: tuple[Pose, ...]
    turns: tuple[Turn | None, ...]


class _Window:
    """Whether the last `window_s` of samples were still."""

    def __init__(self, settings: StillSettings) -> None:
        self._settings = settings
        self._parts: list[FloatArray] = []
        self._spans: list[float] = []

    def clear(self) -> None:
        self._parts, self._spans = [], []

    def push(self, hop: Hop) -> int:
        """How many of the newest hops form a still window; 0 if none do."""
        if hop.lost.any() or hop.acc_clipped.any() or hop.gyr_clipped.any():
            self.clear()
            return 0
        each = min(len(hop), max(1, round(_MEAN_S / hop.period_s)))
        count = len(hop) // each
        values = np.concatenate([hop.acc_mps2, hop.gyr_radps], axis=1)[: count * each]
        self._parts.append(values.reshape(count, each, 6).mean(axis=1))
        self._spans.append(len(hop) * hop.period_s)
        while sum(self._spans[1:]) >= self._settings.window_s:
            del self._parts[0], self._spans[0]
        if sum(self._spans) < self._settings.window_s:
            return 0
        return len(self._parts) if self._still(np.concatenate(self._parts)) else 0

    def _still(self, values: FloatArray) -> bool:
        settings = self._settings
        spread = np.sqrt(values.var(axis=0))
        acc, gyr = np.sqrt((spread[:3] ** 2).sum()), np.sqrt((spread[3:] ** 2).sum())
        half = len(values) // 2
        turning = np.abs(values[:half, 3:].mean(axis=0) - values[half:, 3:].mean(axis=0)).max()
        return bool(acc < settings.acc_mps2 and gyr < settings.gyr_radps and turning < settings.turning_radps)


class PoseCollector:
    """Push hops; `sequence` holds the poses so far, the one that still lasts included once it is long enough."""

    def __init__(self, settings: StillSettings | None = None) -> None:
        self._settings = settings or StillSettings()
        self._window = _Window(self._settings)
        self._waiting: list[Hop] = []  # since the last pose ended, undecided ones included
        self._resting: list[Hop] = []  # the stillness that lasts
        self._known = True  # every sample since the last pose is there
        self._poses: list[Pose] = []
        self._turns: list[Turn | None] = []
        self._arrived: Turn | None = None
        self.moving_s = 0.0

    @property
    def closed(self) -> tuple[Pose, ...]:
        """The poses that are over."""
        return tuple(self._poses)

    @property
    def still_s(self) -> float:
        """How long the sensor has been lying still, s; 0 while it moves."""
        return sum(len(hop) * hop.period_s for hop in self._resting)

    @property
    def resting(self) -> Pose | None:
        """The pose that lasts, once it is long enough to be one."""
        return _pose(self._resting, self._settings)

    @property
    def sequence(self) -> PoseSequence:
        """All poses so far."""
        last = self.resting
        if last is None:
            return PoseSequence(tuple(self._poses), tuple(self._turns))
        turns = [*self._turns, self._arrived] if self._poses else []
        return PoseSequence((*self._poses, last), tuple(turns))

    def push(self, hop: Hop) -> None:
        """Take the next hop."""
        span = len(hop) * hop.period_s
        if hop.starts_segment and (self._waiting or self._resting or self._poses):
            self._leave()
            self._known = False
            self._window.clear()
        still = self._window.push(hop)
        if still and not self._resting:
            self._waiting.append(hop)
            self._arrive(still)
        elif still:
            self._resting.append(hop)
        else:
            if self._resting:
                self._leave()
            self._waiting.append(hop)
        self.moving_s = 0.0 if still else self.moving_s + span
        if self.still_s > self._settings.longest_s:
            del self._resting[0]
        if len(self._waiting) * span > 2 * self._settings.longest_turn_s:
            # Too long for a turn already; a person may be away for hours.
            del self._waiting[: len(self._waiting) // 2]
            self._known = False

    def _arrive(self, still: int) -> None:
        """The newest `still` hops of those waiting are at rest: what stood before them, and the edge, is the turn."""
        at = max(0, len(self._waiting) - still)
        self._resting = self._waiting[at:]
        turn = self._waiting[: at + _edge(self._resting, self._settings)]
        self._arrived = _turn(turn, self._settings) if self._known else None
        self._waiting = self._waiting[:at]

    def _leave(self) -> None:
        """The rest is over; too short a one was part of the turn."""
        pose = self.resting
        if pose is None:
            self._waiting += self._resting
        else:
            if self._poses:
                self._turns.append(self._arrived)
            self._poses.append(pose)
            self._waiting = self._resting[-_edge(self._resting, self._settings) :]
            self._known = True
        self._resting = []


def _edge(hops: list[Hop], settings: StillSettings) -> int:
    """Hops at each end of a pose that belong to the turns."""
    return max(1, round(settings.edge_s / (len(hops[0]) * hops[0].period_s)))


def _pose(hops: list[Hop], settings: StillSettings) -> Pose | None:
    span = sum(len(hop) * hop.period_s for hop in hops)
    if span < settings.shortest_s:
        return None
    edge = _edge(hops, settings)
    inner = hops[edge:-edge]
    means = np.array([[*hop.acc_mps2.mean(axis=0), *hop.gyr_radps.mean(axis=0)] for hop in inner])
    scatter = np.sqrt(means.var(axis=0, ddof=1) / len(means))
    mean = means.mean(axis=0)
    return Pose(
        t_s=float(0.5 * (inner[0].t_s[0] + inner[-1].t_s[-1])),
        duration_s=sum(len(hop) * hop.period_s for hop in inner),
        acc_mps2=mean[:3],
        gyr_radps=mean[3:],
        acc_sigma_mps2=float(np.sqrt((scatter[:3] ** 2).mean())),
        gyr_sigma_radps=float(np.sqrt((scatter[3:] ** 2).mean())),
    )


def _turn(hops: list[Hop], settings: StillSettings) -> Turn | None:
    wrong: BoolArray = np.concatenate([hop.lost | hop.gyr_clipped for hop in hops])
    turn = Turn(np.concatenate([hop.gyr_radps for hop in hops]), float(np.mean([hop.period_s for hop in hops])))
    return None if wrong.any() or turn.duration_s > settings.longest_turn_s else turn
