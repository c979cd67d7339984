"""The only orchestration: link thread -> bounded queue -> pipeline thread -> latest state, which a view samples when
it likes; sets that are over are looked at again in a process of their own.

No computing on samples (that is the pipeline's) and no drawing (that is ui/'s) lives here. `live_state` holds what a
view sees.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import Queue
from typing import TypeAlias

import numpy as np

from bartracker.coaching import targets_for
from bartracker.coaching.cues import CueSettings
from bartracker.errors import BartrackerError
from bartracker.events import Event, Notice
from bartracker.links import Link, LinkNotice, PlaybackLink
from bartracker.links.sensor_link import SensorLink
from bartracker.live_cursor import Cursor
from bartracker.live_edits import edited_live_sets
from bartracker.live_history import History
from bartracker.live_state import LiveState, StateBuilder, StateSettings
from bartracker.other_process import OtherProcess
from bartracker.pipeline import Pipeline
from bartracker.samples import StampedBlock
from bartracker.session_edits import Edit, EditLog

LOG = logging.getLogger("bartracker.live")
LOG.addHandler(logging.NullHandler())

# What a view can follow; "as fast as possible" is this when what has been played is shown again.
_FASTEST_SHOWN = 16.0
# A moment gone back to: its tempo phase is found again from so long before it, s.
_PHASE_LOOK_S = 10.0
# Going from rep to rep stops so long after each, s: its end is then on screen.
_AFTER_REP_S = 0.5


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Sizes of the orchestration.

    Attributes:
        queue_blocks: blocks between the link and the pipeline before the link has to wait; a few packets smooth over a
            slow push.
        join_s: how long close() waits for each thread, s; both are daemons, so that a link which hangs cannot hold
            the program.
        state: how much of the past a snapshot holds.
    """

    queue_blocks: int = 32
    join_s: float = 10.0
    state: StateSettings = field(default_factory=StateSettings)


@dataclass(frozen=True, slots=True)
class _End:
    """The link's last word: no more samples, and why if it was not the end of its data."""

    failure: BartrackerError | None


_Item: TypeAlias = StampedBlock | LinkNotice | _End


class LiveSession:
    """One link played through one pipeline, in two threads, to the latest state. Nothing is dropped: a full queue
    makes the link wait.

    `pipeline` may be a function that makes it, called in the pipeline's thread: connecting a sensor takes seconds, and
    a view shows how it goes. A recording can be gone through to and fro: what has been played stays in memory.

    Any failure ends in `failure` and in the state's `error` line, with everything found until then kept. The caller
    prints `failure`; views only show it.
    """

    def __init__(
        self,
        link: Link,
        pipeline: Pipeline | Callable[[], Pipeline],
        settings: LiveSettings | None = None,
        *,
        edits: EditLog | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings or LiveSettings()
        self._link = link
        self._playback = link if isinstance(link, PlaybackLink) else None
        self._sensor = link if isinstance(link, SensorLink) else None
        self._queue: Queue[_Item] = Queue(self._settings.queue_blocks)
        self._changed = threading.Condition()
        known = link.metadata
        self._builder = StateBuilder(
            link.label, known.exercise, known.load_kg, self._settings.state, athlete=known.athlete
        )
        self._make_pipeline = pipeline if callable(pipeline) else None
        self._pipeline: Pipeline | None = None
        if not callable(pipeline):
            self._use(pipeline)
        self._history = None if self._playback is None else History()
        self._cursor = Cursor()
        self._now_s = now_s
        self._edits = edits or EditLog()
        self._resume_speed: float | None = None
        self._sought_s = -math.inf
        self._heard = CueSettings()
        self._version = 0
        self._cached: LiveState | None = None
        self._failure: BartrackerError | None = None
        self.threads: tuple[threading.Thread, ...] = ()

    @property
    def failure(self) -> BartrackerError | None:
        """What ended the session before its end, if anything did."""
        return self._failure

    @property
    def pipeline(self) -> Pipeline | None:
        """What the samples run through; None until it has been made."""
        return self._pipeline

    def made_pipeline(self) -> Pipeline:
        """The pipeline, made now where it was not: for use without threads. Raises BartrackerError."""
        if self._pipeline is None and self._make_pipeline is not None:
            self._use(self._make_pipeline())
        assert self._pipeline is not None
        return self._pipeline

    @property
    def edits(self) -> EditLog:
        """A person's corrections."""
        return self._edits

    def start(self) -> None:
        """Start both threads; a second call does nothing."""
        if self.threads:
            return
        self.threads = (
            threading.Thread(target=self._run_link, name="bartracker-link", daemon=True),
            threading.Thread(target=self._run_pipeline, name="bartracker-pipeline", daemon=True),
        )
        self._change(self._builder.mark_running)
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        """End the link, let the pipeline finish what had arrived, and wait for both. Safe to call twice and before
        start().
        """
        self._link.close()
        for thread in self.threads:
            thread.join(self._settings.join_s)

    def set_paused(self, paused: bool) -> None:
        """Hold or go on with a recording; no effect on a sensor."""
        if self._playback is not None:
            self._playback.paused = paused
            self._change(None)

    def set_speed(self, speed: float) -> None:
        """Play a recording `speed` times as fast as it was recorded; no effect on a sensor."""
        if self._playback is not None:
            self._playback.speed = speed
            self._change(None)

    def seek(self, position_s: float) -> None:
        """Go to a moment of a recording, s since its beginning; what has not been played yet is played as fast as
        possible up to there. No effect on a sensor.
        """
        if self._playback is None or self._history is None:
            return
        with self._changed:
            span = self._history.span_s
            if span is None:
                return
            t_s = span[0] + min(max(position_s, 0.0), self._playback.duration_s)
            if t_s <= span[1]:
                self._cursor.set(t_s, self._now_s())
            elif self._builder.running:
                self._cursor.set(None, self._now_s())
                self._hurry_to(t_s)
            self._version += 1
            self._changed.notify_all()

    def step_rep(self, steps: int) -> None:
        """Go to where the rep after (+1) or before (-1) this moment has just been lifted; no effect on a sensor."""
        state = self.snapshot()
        if self._history is None or (span := self._history.span_s) is None or not len(state.motion):
            return
        here_s = float(state.motion.t_s[-1])
        with self._changed:
            ends = sorted(each.rep.concentric_end_s + _AFTER_REP_S for one in self._builder.sets for each in one.reps)
        later = [t_s for t_s in ends if t_s > here_s + 0.05]
        earlier = [t_s for t_s in ends if t_s < here_s - 0.05]
        chosen = later[:1] if steps > 0 else earlier[-1:]
        if chosen:
            self.seek(chosen[0] - span[0])

    def follow(self) -> None:
        """Show the newest again."""
        self._cursor.set(None, self._now_s())
        self._change(None)

    @property
    def heard(self) -> CueSettings:
        """Which cues are raised, and whether they sound."""
        return self._heard

    def hear(self, settings: CueSettings) -> None:
        """Raise these cues from now on."""
        self._heard = settings
        self._change(lambda: self._builder.hear(settings))

    def edit(self, edit: Edit) -> None:
        """Correct what was found; results and recording stay as they are."""
        self._set_edits(self._edits.with_edit(edit))

    def undo(self) -> None:
        """Take the newest correction back."""
        self._set_edits(self._edits.undo())

    def redo(self) -> None:
        """Make the correction again that was taken back last."""
        self._set_edits(self._edits.redo())

    def snapshot(self) -> LiveState:
        """The latest state; the same object as before while nothing has changed. Any thread may ask."""
        with self._changed:
            if self._moved() or self._link_changed():
                self._version += 1
            if self._cached is None or self._cached.version != self._version:
                self._cached = self._build()
            return self._cached

    def wait_newer(self, version: int, timeout_s: float) -> LiveState:
        """Wait until the state is newer than `version`, or for timeout_s, and return the latest."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > version, timeout_s)
        return self.snapshot()

    def _change(self, change: Callable[[], None] | None) -> None:
        with self._changed:
            if change is not None:
                change()
            self._version += 1
            self._changed.notify_all()

    def _use(self, pipeline: Pipeline) -> None:
        told = pipeline.settings
        self._pipeline = pipeline
        self._builder.tell(told.exercise, told.load_kg, targets_for(told.targets, told.exercise))

    def _set_edits(self, edits: EditLog) -> None:
        self._edits = edits
        self._change(None)

    def _hurry_to(self, t_s: float) -> None:
        assert self._playback is not None
        if self._resume_speed is None:
            self._resume_speed = self._playback.speed
        self._sought_s = t_s
        self._playback.speed = math.inf

    def _arrived(self) -> None:
        """Play at the old speed again once the moment that was sought has been reached; with the lock held."""
        head_s = self._builder.head_s
        if self._resume_speed is None or self._playback is None or head_s is None or head_s < self._sought_s:
            return
        self._playback.speed, self._resume_speed = self._resume_speed, None
        self._cursor.set(self._sought_s, self._now_s())

    def _moved(self) -> bool:
        head_s, playback = self._builder.head_s, self._playback
        if playback is None or head_s is None:
            return False
        speed = 0.0 if playback.paused else min(playback.speed, _FASTEST_SHOWN)
        return self._cursor.advance(self._now_s(), speed, head_s, not self._builder.running)

    def _link_changed(self) -> bool:
        """Whether a sensor's link stands elsewhere than in the cached state: it tells nobody while it searches."""
        if self._sensor is None or self._cached is None or self._cached.link is None:
            return False
        health, shown = self._sensor.health(), self._cached.link
        return (health.state, health.words, health.status) != (shown.state, shown.words, shown.status)

    def _build(self) -> LiveState:
        state = self._builder.build(self._version, self._playback, self._sensor)
        t_s, history = self._cursor.t_s, self._history
        span = history.span_s if history is not None else None
        if history is not None and span is not None and t_s is not None:
            motion = history.motion_at(t_s, self._settings.state.recent_s)
            clock = self._builder.phase_clock
            recent = slice(int(np.searchsorted(motion.t_s, t_s - _PHASE_LOOK_S)), None)
            clock.push(motion.t_s[recent], motion.vel_z_mps[recent], motion.sigma_vel_z_mps[recent])
            notices = history.notices_at(t_s)
            state = replace(
                state,
                phase="running",
                motion=motion,
                sets=history.sets_at(t_s, state.sets),
                notices=notices,
                position_s=t_s - span[0],
                now=clock.now,
                cues=(),
                behind=True,
            )
        if self._resume_speed is not None:
            state = replace(state, speed=self._resume_speed)
        if self._edits.edits:
            state = replace(state, sets=edited_live_sets(state.sets, self._edits.edits), edits=len(self._edits.edits))
        return state

    def _run_link(self) -> None:
        failure: BartrackerError | None = None
        try:
            for item in self._link.items():
                self._queue.put(item)
        except BartrackerError as error:
            failure = error
        except Exception as error:
            LOG.exception("reading stopped")
            failure = _fault(self._link.label, "reading stopped", error)
        self._queue.put(_End(failure))

    def _run_pipeline(self) -> None:
        failure: BartrackerError | None = None
        end: _End | None = None
        try:
            if self._pipeline is None and self._make_pipeline is not None:
                made = self._make_pipeline()
                self._change(lambda: self._use(made))
            pipeline = self.made_pipeline()
            # The second look at a long set takes seconds; the live view goes on meanwhile.
            with OtherProcess("bartracker-refinement") as refinement:
                pipeline.refine_in(refinement)
                while end is None:
                    item = self._queue.get()
                    if isinstance(item, _End):
                        end = item
                    else:
                        self._take(_events_of(pipeline, item))
                self._take(pipeline.finish())
        except BartrackerError as error:
            failure = error
        except Exception as error:
            LOG.exception("the analysis stopped")
            failure = _fault(self._link.label, "the analysis stopped", error)
        if failure is not None:
            self._link.close()
        while end is None:
            # The link must not hang on a full queue while it ends.
            item = self._queue.get()
            end = item if isinstance(item, _End) else None
        self._failure = failure or end.failure
        self._change(lambda: self._builder.mark_ended(self._failure))

    def _take(self, events: tuple[Event, ...]) -> None:
        if events:
            self._change(lambda: self._apply(events))

    def _apply(self, events: tuple[Event, ...]) -> None:
        self._builder.apply(events)
        if self._history is not None:
            self._history.add(events, self._builder)
            self._arrived()


def run_to_end(link: Link, pipeline: Pipeline, on_event: Callable[[Event], None] | None = None) -> None:
    """Play a link through a pipeline in the caller's own thread, for headless use; the results are then in
    `pipeline.analysis()`.

    `on_event` is called with every event in order. What the link or the pipeline raises comes through, after the
    pipeline has been finished, so that what was found until then is kept; the link is closed in any case.
    """
    try:
        try:
            for item in link.items():
                _tell(on_event, _events_of(pipeline, item))
        finally:
            _tell(on_event, pipeline.finish())
    finally:
        link.close()


def _tell(on_event: Callable[[Event], None] | None, events: tuple[Event, ...]) -> None:
    if on_event is not None:
        for event in events:
            on_event(event)


def _events_of(pipeline: Pipeline, item: StampedBlock | LinkNotice) -> tuple[Event, ...]:
    if isinstance(item, StampedBlock):
        return pipeline.push(item)
    return (Notice(t_s=item.t_s, code=item.code, text=item.text, severity=item.severity),)


def _fault(label: str, what: str, error: Exception) -> BartrackerError:
    problem = f"{what}: {type(error).__name__}: {' '.join(str(error).split())}"
    return BartrackerError(
        label, problem, "a fault in bartracker; report it with what `bartracker check --bundle` collects"
    )
