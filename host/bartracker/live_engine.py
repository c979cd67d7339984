"""Two threads: a link's samples through a bounded queue into a pipeline, whose events are told as they come; sets that
are over are looked at again in a process of their own. `run_to_end` does the same in the caller's own thread.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Queue
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bartracker.errors import BartrackerError
from bartracker.events import Event, Notice
from bartracker.links import Link, LinkNotice
from bartracker.links.sensor_link import SensorLink
from bartracker.other_process import OtherProcess
from bartracker.samples import StampedBlock

if TYPE_CHECKING:
    from bartracker.pipeline import Pipeline

LOG = logging.getLogger("bartracker.live")
LOG.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Sizes of the engine.

    Attributes:
        queue_blocks: blocks between the link and the pipeline before the link has to wait; a few packets smooth over a
            slow push.
        join_s: how long close() waits for each thread, s; both are daemons, so that a link which hangs cannot hold
            the program.
        longest_hold_s: nothing is held longer than this, s, whoever forgets to let go.
    """

    queue_blocks: int = 32
    join_s: float = 10.0
    longest_hold_s: float = 0.1


class Audience(Protocol):
    """Who is told what becomes known; called in the pipeline's thread."""

    def use(self, pipeline: "Pipeline") -> None:
        """The samples run through this pipeline."""
        ...

    def take(self, events: tuple[Event, ...]) -> None:
        """Something became known."""
        ...

    def end(self, failure: BartrackerError | None) -> None:
        """No more will come, because of `failure` if that is not None."""
        ...


@dataclass(frozen=True, slots=True)
class _End:
    """The link's last word: no more samples, and why if it was not the end of its data."""

    failure: BartrackerError | None


_Item: TypeAlias = StampedBlock | LinkNotice | _End


class Engine:
    """Runs a link through a pipeline, which may be made in the pipeline's thread: connecting a sensor or reading a file
    takes seconds. Nothing is dropped: a full queue makes the link wait.
    """

    def __init__(
        self, link: Link, pipeline: "Pipeline | Callable[[], Pipeline]", audience: Audience, settings: EngineSettings
    ) -> None:
        self._settings = settings
        self._link = link
        self._audience = audience
        self._make = pipeline if callable(pipeline) else None
        self._pipeline: Pipeline | None = None if callable(pipeline) else pipeline
        self._queue: Queue[_Item] = Queue(settings.queue_blocks)
        self._free = threading.Event()
        self._free.set()
        self.threads: tuple[threading.Thread, ...] = ()

    @property
    def pipeline(self) -> "Pipeline | None":
        """What the samples run through; None until it has been made."""
        return self._pipeline

    def made_pipeline(self) -> "Pipeline":
        """The pipeline, made now where it was not. Raises BartrackerError."""
        if self._pipeline is None:
            assert self._make is not None
            self._pipeline = self._make()
            self._audience.use(self._pipeline)
        return self._pipeline

    def start(self) -> None:
        """Start both threads."""
        self.threads = (
            threading.Thread(target=self._run_link, name="bartracker-link", daemon=True),
            threading.Thread(target=self._run_pipeline, name="bartracker-pipeline", daemon=True),
        )
        for thread in self.threads:
            thread.start()

    def hold(self, hold: bool) -> None:
        """Let the pipeline wait before its next step, or go on."""
        if hold:
            self._free.clear()
        else:
            self._free.set()

    def close(self) -> None:
        """End the link, let the pipeline finish what had arrived, and wait for both. Safe to call twice and before
        start().
        """
        self._link.close()
        for thread in self.threads:
            thread.join(self._settings.join_s)

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
            pipeline = self.made_pipeline()
            # The second look at a long set takes seconds; the live view goes on meanwhile.
            with OtherProcess("bartracker-refinement") as refinement:
                pipeline.refine_in(refinement)
                while end is None:
                    item = self._queue.get()
                    if isinstance(item, _End):
                        end = item
                    else:
                        for events in _steps(pipeline, item):
                            self._audience.take(events)
                            self._free.wait(self._settings.longest_hold_s)
                self._audience.take(pipeline.finish(_remarks(self._link)))
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
        self._audience.end(failure or end.failure)


def run_to_end(link: Link, pipeline: "Pipeline", on_event: Callable[[Event], None] | None = None) -> None:
    """Play a link through a pipeline in the caller's own thread, for headless use; the results are then in
    `pipeline.analysis()`.

    `on_event` is called with every event in order. What the link or the pipeline raises comes through, after the
    pipeline has been finished, so that what was found until then is kept; the link is closed in any case.
    """
    try:
        try:
            for item in link.items():
                for events in _steps(pipeline, item):
                    _tell(on_event, events)
        finally:
            _tell(on_event, pipeline.finish(_remarks(link)))
    finally:
        link.close()


def _remarks(link: Link) -> tuple[str, ...]:
    """What a sensor's packets showed besides plain loss; a recording's reader has said it at the front."""
    return link.health().statistics.remarks() if isinstance(link, SensorLink) else ()


def _tell(on_event: Callable[[Event], None] | None, events: tuple[Event, ...]) -> None:
    if on_event is not None:
        for event in events:
            on_event(event)


def _steps(pipeline: "Pipeline", item: StampedBlock | LinkNotice) -> Iterator[tuple[Event, ...]]:
    if isinstance(item, StampedBlock):
        return pipeline.steps(item)
    return iter([(Notice(t_s=item.t_s, code=item.code, text=item.text, severity=item.severity),)])


def _fault(label: str, what: str, error: Exception) -> BartrackerError:
    problem = f"{what}: {type(error).__name__}: {' '.join(str(error).split())}"
    return BartrackerError(
        label, problem, "a fault in bartracker; report it with what `bartracker check --bundle` collects"
    )
