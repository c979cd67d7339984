"""The only orchestration: link thread -> bounded queue -> pipeline thread -> latest state, which a view samples when
it likes; sets that are over are looked at again in a process of their own.

No computing on samples (that is the pipeline's) and no drawing (that is ui/'s) lives here. `live_state` holds what a
view sees.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import TypeAlias

from bartracker.errors import BartrackerError
from bartracker.events import Event, Notice
from bartracker.links import Link, LinkNotice, PlaybackLink
from bartracker.links.sensor_link import SensorLink
from bartracker.live_state import LiveState, StateBuilder, StateSettings
from bartracker.other_process import OtherProcess
from bartracker.pipeline import Pipeline
from bartracker.samples import StampedBlock

LOG = logging.getLogger("bartracker.live")
LOG.addHandler(logging.NullHandler())


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

    Any failure ends in `failure` and in the state's `error` line, with everything found until then kept. The caller
    prints `failure`; views only show it.
    """

    def __init__(self, link: Link, pipeline: Pipeline, settings: LiveSettings | None = None) -> None:
        self._settings = settings or LiveSettings()
        self._link = link
        self._playback = link if isinstance(link, PlaybackLink) else None
        self._sensor = link if isinstance(link, SensorLink) else None
        self._pipeline = pipeline
        self._queue: Queue[_Item] = Queue(self._settings.queue_blocks)
        self._changed = threading.Condition()
        told = pipeline.settings
        self._builder = StateBuilder(link.label, told.exercise, told.load_kg, self._settings.state)
        self._version = 0
        self._cached: LiveState | None = None
        self._failure: BartrackerError | None = None
        self.threads: tuple[threading.Thread, ...] = ()

    @property
    def failure(self) -> BartrackerError | None:
        """What ended the session before its end, if anything did."""
        return self._failure

    @property
    def can_control(self) -> bool:
        """Whether pause and speed mean anything here: they do for recordings."""
        return self._playback is not None

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

    def snapshot(self) -> LiveState:
        """The latest state; the same object as before while nothing has changed. Any thread may ask."""
        with self._changed:
            if self._cached is None or self._cached.version != self._version:
                self._cached = self._builder.build(self._version, self._playback, self._sensor)
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
            # The second look at a long set takes seconds; the live view goes on meanwhile.
            with OtherProcess("bartracker-refinement") as refinement:
                self._pipeline.refine_in(refinement)
                while end is None:
                    item = self._queue.get()
                    if isinstance(item, _End):
                        end = item
                    else:
                        self._take(_events_of(self._pipeline, item))
                self._take(self._pipeline.finish())
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
            self._change(lambda: self._builder.apply(events))


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
