"""The one path from samples to results; live and replay run this very code. Synchronous and pure: no clock, thread,
file or window here.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from bartracker.calibration import IDENTITY, Calibration
from bartracker.coaching import SetSoFar, TargetBook, Targets, flagged, flagged_set, targets_for
from bartracker.events import Event, MotionUpdate, Notice, RepAnnounced, RepRevised, SetFinished
from bartracker.motion.online import OnlineMotion
from bartracker.motion.settings import MotionSettings
from bartracker.packed_hops import PackedHops
from bartracker.recording_health import TOLD_BY_GAPS, RecordingHealth
from bartracker.reps.announce import RepAnnouncer
from bartracker.reps.context import LiftContext
from bartracker.reps.quietness import Quietness
from bartracker.reps.revision import revisions
from bartracker.reps.settings import RepSettings
from bartracker.reps.summary import summarise
from bartracker.reps.whole_set import WholeSet, refine_set
from bartracker.results import Analysis, Exercise, Mount, Rep, RepSet
from bartracker.samples import StampedBlock
from bartracker.timebase import Hop, TimeBase, TimeBaseSettings, with_values


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What the user told before the set (None: find out), what was noticed on reading (remarks), and the parameters of
    every stage.
    """

    exercise: Exercise | None = None
    load_kg: float | None = None
    mount: Mount | None = None
    sensor_from_middle_m: float | None = None
    targets: Targets | TargetBook = field(default_factory=Targets)
    calibration: Calibration = IDENTITY
    nominal_rate_hz: float | None = None
    remarks: tuple[str, ...] = ()
    timebase: TimeBaseSettings = field(default_factory=TimeBaseSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    reps: RepSettings = field(default_factory=RepSettings)


@dataclass(frozen=True, slots=True)
class _Refinement:
    """A set being looked at as a whole; `announced` are its reps as published live."""

    set_index: int
    announced: tuple[Rep, ...]
    result: "Future[WholeSet | None]"


class Pipeline:
    """Push blocks of any size in order; each push returns what became known by it. The chunking of the input changes
    no bit of the results.

    A set ends when no rep has come for `RepSettings.set_gap_s`, or at `finish`; it is then smoothed as a whole and its
    numbers revised. That takes up to seconds for a long set: with `refine_in` it is done elsewhere and its events come
    with a later push, the results being the same.
    """

    # While no set is open this much motion is kept, so that a set of which no rep was noticed live is still found
    # afterwards, s.
    LONGEST_UNCLAIMED_S = 600.0

    def __init__(self, settings: PipelineSettings | None = None) -> None:
        self.settings = settings or PipelineSettings()
        self._timebase = TimeBase(self.settings.nominal_rate_hz, self.settings.timebase)
        self._online = OnlineMotion(self.settings.motion)
        self._quietness = Quietness(self.settings.motion, self.settings.reps)
        self._context = LiftContext(self.settings.load_kg, self.settings.mount, self.settings.sensor_from_middle_m)
        self._announcer = RepAnnouncer(self.settings.exercise, self.settings.reps, self._context)
        self._health = RecordingHealth(self.settings.motion)
        self._hops: list[Hop] = []
        self._since_s = -np.inf
        self._rested_s = -np.inf
        self._live_sets: list[RepSet] = []
        self._sets: list[RepSet] = []
        self._notices: list[Notice] = []
        self._revised: list[Notice] = []
        self._executor: Executor | None = None
        self._refinements: deque[_Refinement] = deque()
        self._remarks: tuple[str, ...] = ()
        self._finished = False

    def refine_in(self, executor: Executor) -> None:
        """From now on sets are refined by this executor instead of within the push that ends them."""
        self._executor = executor

    def push(self, block: StampedBlock) -> tuple[Event, ...]:
        """Take the next samples; return events in order."""
        return tuple(event for events in self.steps(block) for event in events)

    def steps(self, block: StampedBlock) -> Iterator[tuple[Event, ...]]:
        """The same events, each as soon as it is known: the motion of a hop comes before the search for reps in it. To
        be gone through to its end before anything else is asked.
        """
        if self._finished:
            raise RuntimeError("push after finish")
        if events := self._refined(wait=False):
            yield tuple(events)
        for hop in self._timebase.push(block):
            yield from self._take(hop)

    def finish(self, remarks: tuple[str, ...] = ()) -> tuple[Event, ...]:
        """No more samples will come: close the open set, refine it, return the last events. `remarks`: what the source
        noticed on the way, as `PipelineSettings.remarks` of what is read at once.
        """
        if self._finished:
            return ()
        self._remarks = remarks
        events = [event for hop in self._timebase.flush() for part in self._take(hop) for event in part]
        events += self._close_set()
        events += self._refined(wait=True)
        events += self._note(self._health.verdict(self._timebase.gaps))
        self._finished = True
        return tuple(events)

    def analysis(self, *, as_live: bool = False) -> Analysis:
        """Everything found, refined after each set; or, as_live, each rep as announced from past samples alone."""
        period = self._timebase.period_s
        open_set = self._live_set()
        live = [*self._live_sets, open_set] if open_set else self._live_sets
        # As live nobody knew yet what the second look would say.
        revised = () if as_live else tuple(notice.text for notice in self._revised)
        noticed = (notice.text for notice in self._notices if notice.code not in TOLD_BY_GAPS)
        return Analysis(
            sample_rate_hz=1.0 / period if period else 0.0,
            gaps=tuple(self._timebase.gaps),
            sets=tuple(live if as_live else self._sets),
            notices=(*self.settings.remarks, *self._remarks, *noticed, *revised),
            as_live=as_live,
        )

    def _take(self, raw: Hop) -> Iterator[tuple[Event, ...]]:
        hop = with_values(raw, *self.settings.calibration.corrected(raw.acc_mps2, raw.gyr_radps))
        self._quietness.push(hop)
        learned = self._quietness.motion
        self._online.expect_stillness(learned.still_acc_mps2, learned.still_gyr_radps)
        motion = self._online.push(hop)
        self._hops.append(hop)
        now = float(hop.t_s[-1])
        yield (
            MotionUpdate(
                motion.t_s,
                motion.vel_w_mps,
                motion.pos_w_m,
                motion.sigma_vel_w_mps,
                motion.sigma_pos_w_m,
                motion.resting,
            ),
        )
        events = self._note(self._health.push(hop, motion.resting, self._timebase.gaps))
        for event in self._announcer.push(motion, self._online):
            events.append(self._with_flags(event))
        if motion.resting.any():
            self._rested_s = now
        reps = self._announcer.reps
        if reps and self._is_over(reps[-1], now):
            events += self._close_set()
        if not reps:
            self._forget(now - self.LONGEST_UNCLAIMED_S)
        self._online.forget_before(now - self.settings.reps.recent_s - 1.0)
        if events:
            yield tuple(events)

    def _is_over(self, last: Rep, now_s: float) -> bool:
        """Whether no rep belongs to the open set any more. A bar that is held up has yet to come back."""
        done_s = last.concentric_end_s if last.end_s is None else last.end_s
        held = last.end_s is None and self._rested_s < last.concentric_end_s
        return now_s - done_s > (self.settings.reps.longest_hold_s if held else self.settings.reps.set_gap_s)

    def _with_flags(self, event: Event) -> Event:
        if isinstance(event, RepAnnounced):
            return replace(event, rep=self._flagged(event.rep))
        if isinstance(event, RepRevised) and event.rep is not None:
            return replace(event, rep=self._flagged(event.rep))
        return event

    def _flagged(self, rep: Rep) -> Rep:
        """The rep held against its targets and the reps before it."""
        exercise = self.settings.exercise
        before = [other for other in self._announcer.reps if other.index < rep.index]
        within = SetSoFar(before, self._announcer.order, exercise)
        return flagged(rep, targets_for(self.settings.targets, exercise), within)

    def _close_set(self) -> list[Event]:
        """Have the set smoothed as a whole, and forget its samples but for the rest before the next."""
        announced = self._announcer.reps
        since = self._since_s
        if announced:
            self._forget(max(since, announced[0].start_s) - self.settings.reps.before_set_s)
        if self._hops:
            refine = partial(
                _refine,
                PackedHops.of(self._hops),
                since,
                self._announcer.set_index,
                self.settings.exercise,
                self._context,
                announced,
                self._quietness.motion,
                self.settings.reps,
            )
            result = _done(refine) if self._executor is None else self._executor.submit(refine)
            self._refinements.append(_Refinement(self._announcer.set_index, tuple(announced), result))
        live_set = self._live_set()
        if live_set:
            self._live_sets.append(live_set)
        end = float(self._hops[-1].t_s[-1]) if self._hops else 0.0
        self._since_s = max(end - self.settings.reps.set_gap_s / 2, since) if announced else since
        if announced:
            self._announcer.begin_next_set(self._since_s)
            self._forget(self._since_s - self.settings.reps.before_set_s)
        return self._refined(wait=self._executor is None)

    def _refined(self, *, wait: bool) -> list[Event]:
        """Publish the sets whose second look is over, in order."""
        events: list[Event] = []
        while self._refinements and (wait or self._refinements[0].result.done()):
            refinement = self._refinements.popleft()
            whole = refinement.result.result()
            kept: set[float | None] = set()
            if whole is not None:
                targets = targets_for(self.settings.targets, whole.rep_set.exercise)
                rep_set = flagged_set(whole.rep_set, targets, self.settings.mount)
                self._sets.append(replace(rep_set, rest_before_s=_rest_s(self._sets, rep_set.start_s)))
                kept = {rep.announced_s for rep in rep_set.reps}
            events += [
                RepRevised(refinement.set_index, rep.index, None, "looking at the whole set, this was no rep")
                for rep in refinement.announced
                if rep.announced_s not in kept
            ]
            if whole is not None:
                events.append(SetFinished(self._sets[-1], whole.traces))
            events += self._explained(refinement, whole)
        return events

    def _explained(self, refinement: _Refinement, whole: WholeSet | None) -> list[Notice]:
        """One notice of what the second look changed; none where it changed nothing that matters."""
        changed = revisions(refinement.announced, whole.rep_set.reps if whole is not None else ())
        if not changed:
            return []
        last = whole.rep_set.end_s if whole is not None else refinement.announced[-1].concentric_end_s
        text = f"set {refinement.set_index} looked at as a whole: {'; '.join(changed)}"
        self._revised.append(Notice(last, "revised", text, "info"))
        return self._revised[-1:]

    def _live_set(self) -> RepSet | None:
        """The open set as announced so far."""
        reps = self._announcer.announced
        order = self._announcer.order
        if not reps or order is None:
            return None
        full = [self._flagged(rep) for rep in reps]
        last = full[-1]
        return RepSet(
            index=self._announcer.set_index,
            exercise=self.settings.exercise or "other",
            exercise_confidence=1.0 if self.settings.exercise else 0.0,
            order=order,
            load_kg=self.settings.load_kg,
            start_s=full[0].start_s,
            end_s=last.end_s if last.end_s is not None else last.concentric_end_s,
            summary=summarise(full, []),
            reps=tuple(full),
            rest_before_s=_rest_s(self._live_sets, full[0].start_s),
        )

    def _note(self, notices: list[Notice]) -> list[Event]:
        self._notices += notices
        return list(notices)

    def _forget(self, before_s: float) -> None:
        keep = 0
        while keep < len(self._hops) - 1 and self._hops[keep].t_s[-1] < before_s:
            keep += 1
        del self._hops[:keep]


def _refine(packed: PackedHops, *rest: Any) -> WholeSet | None:
    return refine_set(packed.hops(), *rest)


def _rest_s(before: list[RepSet], start_s: float) -> float | None:
    """Time since the set before ended."""
    return max(0.0, start_s - before[-1].end_s) if before else None


def _done(refine: Callable[[], WholeSet | None]) -> "Future[WholeSet | None]":
    future: Future[WholeSet | None] = Future()
    future.set_result(refine())
    return future
