"""What a view sees of a running session: an immutable snapshot, and the builder that keeps it up to date from events.

No threads and no wording live here; live.py owns the builder and its lock. What a snapshot holds is equal only to
itself: two parts are the same object while nothing has changed in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from bartracker.coaching.cues import Cue, CueSettings
from bartracker.coaching.phase_clock import PhaseNow
from bartracker.coaching.targets import Targets
from bartracker.errors import BartrackerError
from bartracker.events import (
    Event,
    MotionUpdate,
    Notice,
    RepAnnounced,
    RepRevised,
    RepTrace,
    SetFinished,
    SetStarted,
)
from bartracker.links.sensor_link import LinkHealth, SensorLink
from bartracker.live_cues import CueTrack
from bartracker.reps.summary import summarise
from bartracker.results import Exercise, Rep, RepSet, SetSummary
from bartracker.samples import BoolArray, FloatArray

Phase: TypeAlias = Literal["waiting", "running", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class StateSettings:
    """How much of the past a snapshot holds.

    Attributes:
        recent_s: motion kept for the time plots, s.
        recent_samples: hard bound on the same, samples; 20 s at 800 Hz.
        notices: newest notices kept.
        cues: newest cues kept.
    """

    recent_s: float = 20.0
    recent_samples: int = 16_000
    notices: int = 50
    cues: int = 16


@dataclass(frozen=True, slots=True, eq=False)
class RecentMotion:
    """The newest samples of online motion, all (N,): t_s s, vertical velocity m/s, height m, their sigmas, true
    stillness.
    """

    t_s: FloatArray
    vel_z_mps: FloatArray
    height_m: FloatArray
    sigma_vel_z_mps: FloatArray
    sigma_height_m: FloatArray
    resting: BoolArray

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True, eq=False)
class LiveRep:
    """A rep as it reads now, with the path of its concentric phase where known. `final`: its set has been looked at as
    a whole.
    """

    rep: Rep
    trace: RepTrace | None
    final: bool


@dataclass(frozen=True, slots=True, eq=False)
class LiveSet:
    """A set in the making; `result` once it is over. `summary` holds over the reps so far. `warm_up`, `athlete`,
    `exercise`, `load_kg`: as a person said; None: nothing was said.
    """

    index: int
    start_s: float
    reps: tuple[LiveRep, ...]
    summary: SetSummary
    result: RepSet | None
    warm_up: bool = False
    athlete: str | None = None
    exercise: Exercise | None = None
    load_kg: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LiveState:
    """Everything a view shows. Equal `version`: nothing has changed. `position_s` and `duration_s` are None where
    there is no end.

    `notices` are the newest of the `notice_count` there have been. `exercise` and `load_kg` are what the pipeline was
    told, or a person since, of what is on the bar now; a set that is over says what was found. `link` is the state of
    a live sensor's link, None for a recording. `now` is the tempo phase the bar is in. `cues` are the newest there
    have been. `edits` counts a person's corrections. `analysed_s`: how far a recording has been looked through, which
    runs ahead of what is shown.
    """

    version: int
    phase: Phase
    label: str
    exercise: str | None
    load_kg: float | None
    motion: RecentMotion
    sets: tuple[LiveSet, ...]
    notices: tuple[Notice, ...]
    notice_count: int
    error: str | None
    paused: bool = False
    speed: float | None = None
    position_s: float | None = None
    duration_s: float | None = None
    analysed_s: float | None = None
    link: LinkHealth | None = None
    targets: Targets = field(default_factory=Targets)
    athlete: str | None = None
    now: PhaseNow | None = None
    cues: tuple[Cue, ...] = ()
    edits: int = 0

    @property
    def ended(self) -> bool:
        """No more will come."""
        return self.phase in ("finished", "failed")


class _Ring:
    """The newest rows of a growing table, contiguous in memory: a buffer of twice the length, moved to its front when
    full.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self._data = np.empty((columns, 2 * rows))
        self._rows = rows
        self._end = 0

    def append(self, block: FloatArray) -> None:
        """Append (columns, N) values."""
        block = block[:, -self._rows :]
        if self._end + block.shape[1] > self._data.shape[1]:
            kept = min(self._end, self._rows)
            self._data[:, :kept] = self._data[:, self._end - kept : self._end].copy()
            self._end = kept
        self._data[:, self._end : self._end + block.shape[1]] = block
        self._end += block.shape[1]

    @property
    def last_s(self) -> float | None:
        """The newest value of the first column."""
        return float(self._data[0, self._end - 1]) if self._end else None

    def newest(self) -> FloatArray:
        """A view of at most the newest `rows` values of each column."""
        return self._data[:, max(0, self._end - self._rows) : self._end]


class StateBuilder:
    """Takes events in order and says what a view shows now. Not thread-safe: live.py holds a lock around it."""

    def __init__(
        self,
        label: str,
        exercise: str | None,
        load_kg: float | None,
        settings: StateSettings | None = None,
        *,
        athlete: str | None = None,
    ) -> None:
        self._settings = settings or StateSettings()
        self._label = label
        self._cues = CueTrack(self._settings.cues)
        self.tell(exercise, load_kg, Targets(), athlete)
        self._phase: Phase = "waiting"
        self._motion = _Ring(6, self._settings.recent_samples)
        self._sets: list[LiveSet] = []
        self._notices: list[Notice] = []
        self._notice_count = 0
        self._error: str | None = None

    def tell(self, exercise: str | None, load_kg: float | None, targets: Targets, athlete: str | None = None) -> None:
        """What is lifted, what is meant and who lifts, as the pipeline and the source say."""
        self._athlete = athlete
        self._exercise = exercise
        self._load_kg = load_kg
        self._targets = targets
        self._cues.tell(exercise, targets)

    def hear(self, settings: CueSettings) -> None:
        """Raise these cues from now on."""
        self._cues.hear(settings)

    @property
    def sets(self) -> tuple[LiveSet, ...]:
        """As found so far."""
        return tuple(self._sets)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The newest, oldest first."""
        return tuple(self._notices)

    @property
    def notice_count(self) -> int:
        """How many there have been."""
        return self._notice_count

    @property
    def head_s(self) -> float | None:
        """Time of the newest sample, None before the first."""
        return self._motion.last_s

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return self._phase in ("waiting", "running")

    def mark_running(self) -> None:
        """Samples may come now."""
        self._phase = "running"

    def mark_ended(self, failure: BartrackerError | None) -> None:
        """No more will come, because of `failure` if that is not None."""
        self._phase = "finished" if failure is None else "failed"
        self._error = None if failure is None else str(failure)

    def apply(self, events: Sequence[Event]) -> None:
        """Take what the pipeline said."""
        for event in events:
            match event:
                case MotionUpdate():
                    self._add_motion(event)
                case SetStarted():
                    self._place(event.set_index, event.t_s)
                case RepAnnounced():
                    self._put_rep(event.set_index, LiveRep(event.rep, event.trace, final=False))
                    place = self._place(event.set_index, event.rep.start_s)
                    self._cues.event(self._now_s(), event, self._sets[place].summary)
                case RepRevised():
                    self._revise(event)
                case SetFinished():
                    self._finish_set(event)
                    self._cues.event(self._now_s(), event)
                case Notice():
                    self._notices = [*self._notices, event][-self._settings.notices :]
                    self._notice_count += 1
                    self._cues.event(self._now_s(), event)

    def build(self, version: int, sensor: SensorLink | None = None) -> LiveState:
        """The state as it is now, sharing nothing that changes later. A recording's place is live_replay's to add."""
        return LiveState(
            version=version,
            phase=self._phase,
            label=self._label if sensor is None else sensor.label,
            exercise=self._exercise,
            load_kg=self._load_kg,
            motion=self._recent(),
            sets=tuple(self._sets),
            notices=tuple(self._notices),
            notice_count=self._notice_count,
            error=self._error,
            link=None if sensor is None else sensor.health(),
            targets=self._targets,
            athlete=self._athlete,
            now=self._cues.now,
            cues=self._cues.cues,
        )

    def _now_s(self) -> float:
        return self._motion.last_s or 0.0

    def _add_motion(self, update: MotionUpdate) -> None:
        self._motion.append(
            np.stack(
                (
                    update.t_s,
                    update.vel_w_mps[:, 2],
                    update.pos_w_m[:, 2],
                    update.sigma_vel_w_mps[:, 2],
                    update.sigma_pos_w_m[:, 2],
                    update.resting.astype(np.float64),
                )
            )
        )
        self._cues.motion(update.t_s, update.vel_w_mps[:, 2], update.sigma_vel_w_mps[:, 2])

    def _recent(self) -> RecentMotion:
        data = self._motion.newest()
        if data.shape[1]:
            first = int(np.searchsorted(data[0], float(data[0, -1]) - self._settings.recent_s))
            data = data[:, first:].copy()
        return RecentMotion(data[0], data[1], data[2], data[3], data[4], data[5] > 0)

    def _place(self, set_index: int, start_s: float) -> int:
        """Where a set stands in the list; one that was not announced is opened here."""
        for place in range(len(self._sets) - 1, -1, -1):
            if self._sets[place].index == set_index:
                return place
        self._sets.append(LiveSet(set_index, start_s, (), summarise([], []), None))
        return len(self._sets) - 1

    def _put_rep(self, set_index: int, new: LiveRep) -> None:
        place = self._place(set_index, new.rep.start_s)
        old = self._sets[place]
        others = [rep for rep in old.reps if rep.rep.index != new.rep.index]
        reps = tuple(sorted([*others, new], key=lambda each: each.rep.index))
        self._sets[place] = _with_reps(old, reps)

    def _revise(self, event: RepRevised) -> None:
        for place, old in enumerate(self._sets):
            if old.index == event.set_index:
                reps = tuple(each for rep in old.reps if (each := _revised(rep, event)) is not None)
                self._sets[place] = _with_reps(old, reps)

    def _finish_set(self, event: SetFinished) -> None:
        result = event.rep_set
        place = self._place(result.index, result.start_s)
        reps = tuple(LiveRep(rep, trace, final=True) for rep, trace in zip(result.reps, event.traces, strict=True))
        self._sets[place] = LiveSet(result.index, result.start_s, reps, result.summary, result)


def _with_reps(old: LiveSet, reps: tuple[LiveRep, ...]) -> LiveSet:
    return replace(old, reps=reps, summary=summarise([each.rep for each in reps], []))


def _revised(old: LiveRep, event: RepRevised) -> LiveRep | None:
    if old.rep.index != event.rep_index:
        return old
    return None if event.rep is None else LiveRep(event.rep, old.trace, old.final)
