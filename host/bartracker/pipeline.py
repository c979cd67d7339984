"""The one path from samples to results; live and replay run this very code. Synchronous and pure: no clock, thread, file or window here."""

from dataclasses import dataclass

from bartracker.events import Event
from bartracker.reps.results import Analysis, Exercise
from bartracker.samples import StampedBlock


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What the user told before the set; None where bartracker is to find out by itself."""

    exercise: Exercise | None = None
    load_kg: float | None = None


class Pipeline:
    """Push blocks of any size in order; each push returns what became known by it. The chunking of the input changes no bit of the results."""

    def __init__(self, settings: PipelineSettings | None = None) -> None:
        raise NotImplementedError

    def push(self, block: StampedBlock) -> tuple[Event, ...]:
        """Take the next samples; return events in order."""
        raise NotImplementedError

    def finish(self) -> tuple[Event, ...]:
        """No more samples will come: close the open set, refine it, return the last events."""
        raise NotImplementedError

    def analysis(self, *, as_live: bool = False) -> Analysis:
        """Everything found, refined after each set; or, as_live, each rep as it was announced from past samples alone."""
        raise NotImplementedError
