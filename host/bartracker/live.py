"""A running session as views see it: the engine's events become the latest state, which a view samples when it likes,
or waits for.

The threads are live_engine's, a recording's playback is live_replay's. No computing on samples (that is the
pipeline's) and no drawing (that is ui/'s) lives here.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bartracker.coaching import targets_for
from bartracker.coaching.cues import CueSettings
from bartracker.errors import BartrackerError
from bartracker.events import Event
from bartracker.links import Link, PlaybackLink
from bartracker.links.sensor_link import CueingLink, SensorLink
from bartracker.live_edits import edited_state
from bartracker.live_engine import Engine, EngineSettings
from bartracker.live_replay import Replay
from bartracker.live_state import LiveState, StateBuilder, StateSettings
from bartracker.session_edits import Edit, EditLog
from bartracker.wire.commands import CueOutputs

if TYPE_CHECKING:
    from bartracker.pipeline import Pipeline

# What plays changes by the clock alone: who waits for news looks so often, s.
_PLAYING_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Sizes of a session.

    Attributes:
        engine: of its threads.
        state: how much of the past a snapshot holds.
    """

    engine: EngineSettings = field(default_factory=EngineSettings)
    state: StateSettings = field(default_factory=StateSettings)


class LiveSession:
    """One link played through one pipeline, in two threads, to the latest state.

    `pipeline` may be a function that makes it, called in the pipeline's thread: connecting a sensor or reading a file
    takes seconds, and a view shows how it goes.

    Any failure ends in `failure` and in the state's `error` line, with everything found until then kept. The caller
    prints `failure`; views only show it.
    """

    def __init__(
        self,
        link: Link,
        pipeline: "Pipeline | Callable[[], Pipeline]",
        settings: LiveSettings | None = None,
        *,
        edits: EditLog | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        settings = settings or LiveSettings()
        self._link = link
        self._sensor = link if isinstance(link, SensorLink) else None
        self._replay = Replay(link, settings.state) if isinstance(link, PlaybackLink) else None
        self._changed = threading.Condition()
        known = link.metadata
        self._builder = StateBuilder(link.label, known.exercise, known.load_kg, settings.state, athlete=known.athlete)
        self._engine = Engine(link, pipeline, self, settings.engine)
        self._now_s = now_s
        self._edits = edits or EditLog()
        self._heard = CueSettings()
        self._version = 0
        self._cached: LiveState | None = None
        self._failure: BartrackerError | None = None
        self._on_news: Callable[[], None] | None = None
        if not callable(pipeline):
            self.use(pipeline)

    @property
    def failure(self) -> BartrackerError | None:
        """What ended the session before its end, if anything did."""
        return self._failure

    @property
    def pipeline(self) -> "Pipeline | None":
        """What the samples run through; None until it has been made."""
        return self._engine.pipeline

    def made_pipeline(self) -> "Pipeline":
        """The pipeline, made now where it was not: for use without threads. Raises BartrackerError."""
        return self._engine.made_pipeline()

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        """Those that run; none before start()."""
        return self._engine.threads

    @property
    def edits(self) -> EditLog:
        """A person's corrections."""
        return self._edits

    def start(self) -> None:
        """Start both threads; a second call does nothing."""
        if self.threads:
            return
        self._change(self._builder.mark_running)
        if self._replay is not None:
            self._replay.begin()
        self._engine.start()

    def close(self) -> None:
        """End the link, let the pipeline finish what had arrived, and wait for both. Safe to call twice and before
        start().
        """
        self._engine.close()

    def set_paused(self, paused: bool) -> None:
        """Hold or go on with a recording; no effect on a sensor."""
        self._control(lambda replay, now_s: replay.pause(paused, self._builder, now_s))

    def set_speed(self, speed: float) -> None:
        """Play a recording `speed` times as fast as it was recorded; 0: show the newest of its analysis. No effect on
        a sensor. Raises BartrackerError for a speed that is not possible.
        """
        self._control(lambda replay, now_s: replay.play_at(speed, self._builder, now_s))

    def seek(self, position_s: float) -> None:
        """Go to a moment of a recording, s since its beginning; where the analysis has not come so far yet, as soon as
        it has. No effect on a sensor.
        """
        self._control(lambda replay, now_s: replay.seek(position_s, self._builder, now_s))

    def step_rep(self, steps: int) -> None:
        """Go to where the rep after (+1) or before (-1) this moment has just been lifted; no effect on a sensor."""
        self._control(lambda replay, now_s: replay.step_rep(steps, self._builder, now_s))

    @property
    def heard(self) -> CueSettings:
        """Which cues are raised, and whether they sound."""
        return self._heard

    def hear(self, settings: CueSettings) -> None:
        """Raise these cues from now on."""
        self._heard = settings
        with self._changed:
            self._builder.hear(settings)
            if self._replay is not None:
                self._replay.hear(settings)
        self._change(None)

    def cue_sensor(self, outputs: CueOutputs, pattern: int, repeat: int = 1) -> None:
        """Have the sensor play a pattern (`wire.commands.Cue`) and return at once; nothing for a recording, or a
        sensor that cannot.
        """
        if isinstance(self._link, CueingLink):
            self._link.cue(outputs, pattern, repeat)

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
        until_s = time.monotonic() + timeout_s
        with self._changed:
            while self._version <= version and (left_s := until_s - time.monotonic()) > 0:
                playing = self._replay is not None and self._replay.moving
                self._changed.wait(min(left_s, _PLAYING_LOOK_S) if playing else left_s)
                if playing and self._moved():
                    self._version += 1
        return self.snapshot()

    def on_news(self, call: Callable[[], None] | None) -> None:
        """Have this called, in whichever thread, whenever the state has changed; None: nothing any more."""
        with self._changed:
            self._on_news = call

    def hold_analysis(self, hold: bool) -> None:
        """A view draws, or is done: the analysis of a recording, which runs ahead as fast as it can, lets it go first.
        A sensor's is never held.
        """
        if self._replay is not None:
            self._engine.hold(hold)

    def use(self, pipeline: "Pipeline") -> None:
        """The engine's word: the samples run through this pipeline."""
        told, known = pipeline.settings, self._link.metadata
        targets = targets_for(told.targets, told.exercise)

        def tell() -> None:
            self._builder.tell(told.exercise, told.load_kg, targets, known.athlete)
            if self._replay is not None:
                self._replay.tell(told.exercise, targets)

        self._change(tell)

    def take(self, events: tuple[Event, ...]) -> None:
        """The engine's word: something became known."""

        def apply() -> None:
            self._builder.apply(events)
            if self._replay is not None:
                self._replay.take(events, self._builder, self._now_s())

        if events:
            self._change(apply)

    def end(self, failure: BartrackerError | None) -> None:
        """The engine's word: no more will come."""
        self._failure = failure
        self._change(lambda: self._builder.mark_ended(failure))

    def _control(self, act: Callable[[Replay, float], None]) -> None:
        replay = self._replay
        if replay is not None:
            self._change(lambda: act(replay, self._now_s()))

    def _change(self, change: Callable[[], None] | None) -> None:
        with self._changed:
            if change is not None:
                change()
            self._version += 1
            self._changed.notify_all()
            if self._on_news is not None:
                self._on_news()

    def _set_edits(self, edits: EditLog) -> None:
        self._edits = edits
        self._change(None)

    def _moved(self) -> bool:
        return self._replay is not None and self._replay.advance(self._builder, self._now_s())

    def _link_changed(self) -> bool:
        """Whether a sensor's link stands elsewhere than in the cached state: it tells nobody while it searches."""
        if self._sensor is None or self._cached is None or self._cached.link is None:
            return False
        health, shown = self._sensor.health(), self._cached.link
        return (health.state, health.words, health.status) != (shown.state, shown.words, shown.status)

    def _build(self) -> LiveState:
        state = self._builder.build(self._version, self._sensor)
        if self._replay is not None:
            state = self._replay.shown(state)
        return edited_state(state, self._edits.edits)
