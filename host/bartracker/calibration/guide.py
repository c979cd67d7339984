"""Leads a person through a calibration: what to do now, which poses there are, when it is enough. A pure state machine,
push(block) -> messages; window and terminal show the same steps.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bartracker.calibration.gravity import Gravity
from bartracker.calibration.poses import Pose, PoseCollector
from bartracker.calibration.settings import GuideSettings
from bartracker.calibration.solver import SensorFit, shortcoming, solve
from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray, StampedBlock
from bartracker.timebase import Hop, TimeBase

Code: TypeAlias = Literal["do", "pose", "again", "lost", "restless", "done"]
Direction: TypeAlias = tuple[float, float, float]
SIDES: Final = ("+x", "-x", "+y", "-y", "+z", "-z")

_START: Final = "lay the sensor on a firm table and let go of it"
_ANOTHER: Final = "turn it onto a side that has not been down yet, and let go"
_LEAN: Final = "all six sides are done: now lean it against something, each time another way, and let go"
_HALF: Final = np.sqrt(0.5)
_BETWEEN: Final = tuple(
    np.array(each) * _HALF
    for each in ((0, 1, 1), (-1, 0, 1), (0, 1, -1), (1, 0, 1), (1, 1, 0), (0, -1, 1), (-1, 1, 0), (1, 0, -1))
)


@dataclass(frozen=True, slots=True)
class GuideMessage:
    """Something to tell the person. `t_s`: recording's clock. Codes: do (a new step), pose (one was taken), again (it
    is like one before), lost (samples were, and with them a turn), restless (it is not still), done.
    """

    t_s: float
    code: Code
    text: str


@dataclass(frozen=True, slots=True)
class GuideProgress:
    """Where the calibration stands.

    prompt: what to do now; still: how much of the time that a pose needs has passed, 0 to 1; poses: different ones so
    far, of `wanted`; sides: those of `SIDES` that have pointed up; share: of the whole, 0 to 1; elapsed_s since the
    first sample. `up`: unit vector, sensor frame, that points up now, None while nothing is known or it is shaken;
    `next_up`: the same of a pose that would do next, None where any does; for a picture.
    """

    prompt: str
    still: float
    poses: int
    sides: tuple[str, ...]
    share: float
    elapsed_s: float
    wanted: int = 10
    up: Direction | None = None
    next_up: Direction | None = None


class CalibrationGuide:
    """Push the sensor's blocks until `fit` is there; `finish` ends it before. How the stream is cut changes nothing."""

    def __init__(
        self, gravity: Gravity, nominal_rate_hz: float | None = None, settings: GuideSettings | None = None
    ) -> None:
        self.settings = settings or GuideSettings()
        self.fit: SensorFit | None = None
        self._gravity = gravity
        self._timebase = TimeBase(nominal_rate_hz)
        self._collector = PoseCollector(self.settings.still)
        self._prompt = _START
        self._taken: list[Pose] = []
        self._different: list[FloatArray] = []
        self._sides: list[str] = []
        self._told = False
        self._closed = 0
        self._since_s: float | None = None
        self._now_s = 0.0
        self._restless_at_s = self.settings.impatient_s
        self._wanting: str | None = None
        self._force_mps2: FloatArray | None = None
        self._next_up: Direction | None = None

    @property
    def progress(self) -> GuideProgress:
        """Where it stands now."""
        poses = len(self._different)
        return GuideProgress(
            prompt=self._prompt,
            still=min(1.0, self._collector.still_s / self.settings.pose_s),
            poses=poses,
            sides=tuple(self._sides),
            share=1.0 if self.fit else min(0.95, poses / self.settings.poses),
            elapsed_s=self._now_s - (self._since_s or 0.0),
            wanted=self.settings.poses,
            up=self._up(),
            next_up=None if self.fit else self._next_up,
        )

    def push(self, block: StampedBlock) -> tuple[GuideMessage, ...]:
        """Take the next samples; what there is to say. After `fit` is there samples are ignored.

        Raises:
            BartrackerError: too many poses, and still no result.
        """
        messages: list[GuideMessage] = []
        if self._since_s is None:
            messages.append(GuideMessage(0.0, "do", _START))
            self._since_s = float("nan")
        for hop in self._timebase.push(block):
            if self.fit is None:
                messages += self._take(hop)
        return tuple(messages)

    def finish(self) -> SensorFit:
        """No more samples will come: the result, if the poses suffice.

        Raises:
            BartrackerError: they don't; says what is missing.
        """
        for hop in self._timebase.flush():
            if self.fit is None:
                self._take(hop)
        if self.fit is None:
            poses = len(self._collector.sequence.poses)
            if poses == 0:
                raise BartrackerError("calibration", "the sensor never lay still", _START)
            fit = solve(self._collector.sequence, self._gravity, self.settings.solver)
            self._wanting = shortcoming(fit, self.settings.solver)
            if self._wanting is not None:
                raise BartrackerError("calibration", f"{self._wanting} after {poses} poses", self._next(fit))
            self.fit = fit
        return self.fit

    def _take(self, hop: Hop) -> list[GuideMessage]:
        self._now_s = float(hop.t_s[-1])
        if self._since_s is None or np.isnan(self._since_s):
            self._since_s = float(hop.t_s[0])
        self._collector.push(hop)
        self._force_mps2 = hop.acc_mps2.mean(axis=0)
        closed = self._collector.closed
        if len(closed) > self._closed:
            self._closed = len(closed)
            told, self._told = self._told, False
            if not told:
                return self._judge(closed[-1])
        if not self._told and self._collector.still_s >= self.settings.pose_s:
            pose = self._collector.resting
            if pose is not None:
                self._told = True
                return self._judge(pose)
        return self._restless()

    def _restless(self) -> list[GuideMessage]:
        if self._collector.moving_s < self._restless_at_s:
            if self._collector.moving_s == 0.0:
                self._restless_at_s = self.settings.impatient_s
            return []
        self._restless_at_s += self.settings.impatient_s
        return [self._say("restless", "it is not still yet: let go of it, and don't touch the table")]

    def _judge(self, pose: Pose) -> list[GuideMessage]:
        """A pose is there: say so, and what comes next."""
        self._taken.append(pose)
        side = self._side(pose.up)
        known = any(_angle_rad(pose.up, other) < self.settings.different_rad for other in self._different)
        if not known:
            self._different.append(pose.up)
        if side is not None and side not in self._sides:
            self._sides.append(side)
        where = f"{side} up" if side else "leaning"
        count = f"{len(self._different)} of {self.settings.poses}"
        if known:
            messages = [self._say("again", f"{where} again, which is known already ({count})")]
        else:
            messages = [self._say("pose", f"{where}, {count}; {len(self._sides)} of 6 sides")]
        turns = self._collector.sequence.turns
        if turns and turns[-1] is None:
            messages.append(self._say("lost", "samples were lost while it was turned: that turn does not count"))
        if len(self._different) >= self.settings.poses or len(self._taken) > self.settings.most_poses:
            messages += self._solve()
        if self.fit is None:
            messages += self._ask()
            if self._wanting is None:
                self._next_up = self._another_up()
        return messages

    def _solve(self) -> list[GuideMessage]:
        try:
            fit = solve(self._collector.sequence, self._gravity, self.settings.solver)
        except BartrackerError:
            # More poses may outvote what contradicts them now.
            if len(self._taken) > self.settings.most_poses:
                raise
            return []
        self._wanting = shortcoming(fit, self.settings.solver)
        if self._wanting is None:
            self.fit = fit
            self._prompt = "done"
            return [self._say("done", f"enough: {len(self._taken)} poses")]
        if len(self._taken) > self.settings.most_poses:
            raise BartrackerError("calibration", f"{self._wanting} after {len(self._taken)} poses", self._next(fit))
        prompt = f"{self._next(fit)} ({self._wanting})"
        self._prompt = prompt
        self._next_up = _unit(self._missing_up() if self._missing else fit.weakest)
        return [self._say("do", prompt)]

    def _ask(self) -> list[GuideMessage]:
        """The next step, if it is another than before."""
        if self._wanting is not None:
            return []
        prompt = _LEAN if len(self._sides) == len(SIDES) else _ANOTHER
        if prompt == self._prompt:
            return []
        self._prompt = prompt
        return [self._say("do", prompt)]

    def _next(self, fit: SensorFit) -> str:
        if self._missing:
            return f"lay it with {self._missing[0]} pointing up"
        return f"lean it so that {_arrows(fit.weakest)} up"

    @property
    def _missing(self) -> list[str]:
        return [side for side in SIDES if side not in self._sides]

    def _missing_up(self) -> FloatArray:
        side = self._missing[0]
        return np.array([axis == side[1] for axis in "xyz"], dtype=np.float64) * (1.0 if side[0] == "+" else -1.0)

    def _another_up(self) -> Direction | None:
        """A side that is missing, else a direction between sides that is like no pose so far."""
        if self._missing:
            return _unit(self._missing_up())
        far_rad = self.settings.free_rad
        free = (each for each in _BETWEEN if all(_angle_rad(each, pose) > far_rad for pose in self._different))
        another = next(free, None)
        return None if another is None else _unit(another)

    def _up(self) -> Direction | None:
        """Where up is by the newest force; a hand that turns it disturbs that little."""
        if self._force_mps2 is None:
            return None
        length = float(np.sqrt((self._force_mps2**2).sum()))
        shaken = abs(length - self._gravity.value_mps2) > self.settings.shaken_share * self._gravity.value_mps2
        return None if shaken else _unit(self._force_mps2)

    def _side(self, up: FloatArray) -> str | None:
        axis = int(np.argmax(np.abs(up)))
        if np.arccos(min(1.0, abs(float(up[axis])))) > self.settings.side_rad:
            return None
        return f"{'+' if up[axis] > 0 else '-'}{'xyz'[axis]}"

    def _say(self, code: Code, text: str) -> GuideMessage:
        return GuideMessage(self._now_s, code, text)


def _angle_rad(one: FloatArray, other: FloatArray) -> float:
    return float(np.arccos(np.clip(one @ other, -1.0, 1.0)))


def _unit(vector: FloatArray) -> Direction:
    x, y, z = (vector / np.sqrt((vector**2).sum())).tolist()
    return x, y, z


def _arrows(direction: FloatArray) -> str:
    """Which of the sensor's arrows point up in this direction."""
    names = [f"{'+' if value > 0 else '-'}{axis}" for axis, value in zip("xyz", direction, strict=True) if value]
    return f"{' and '.join(names)} {'points' if len(names) == 1 else 'point half'}"
