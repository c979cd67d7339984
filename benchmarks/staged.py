"""A recording played at once up to a chosen moment, where it holds still, ends or fails: for pictures and frame times
of the views.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

from bartracker import read
from bartracker.api import settings_for
from bartracker.errors import BartrackerError
from bartracker.links import LinkItem
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.results import Analysis

DEMO = Path(__file__).parents[1] / "tests" / "recordings" / "demo_squat.btr"


class StagedLink:
    """Gives the samples stamped before `until_s`; then raises `failure`, or waits to be closed if `hold`, or ends."""

    def __init__(self, recording: Recording, until_s: float, *, hold: bool, failure: BartrackerError | None) -> None:
        self.label = recording.path.name if recording.path else "recording"
        self.metadata = recording.metadata
        self.recording: Recording | None = recording
        self.paused = False
        self.speed = 1.0
        self.position_s = 0.0
        self.duration_s = _end_s(recording)
        self._blocks = [block for block in recording.blocks if block.stamp_s[0] < until_s]
        self._hold = hold
        self._failure = failure
        self._closed = threading.Event()

    def items(self) -> Iterator[LinkItem]:
        for block in self._blocks:
            if self._closed.is_set():
                return
            self.position_s = float(block.stamp_s[0])
            yield block
        if self._failure is not None:
            raise self._failure
        if self._hold:
            self._closed.wait()

    def close(self) -> None:
        self._closed.set()


def staged(
    recording: Recording, until_s: float, *, hold: bool = True, failure: BartrackerError | None = None
) -> LiveSession:
    """A started session that has taken all that its link gives before `until_s`."""
    link = StagedLink(recording, until_s, hold=hold and failure is None, failure=failure)
    session = LiveSession(link, Pipeline(settings_for(recording)))
    session.start()
    version = -1
    while True:
        state = session.wait_newer(version, 1.0)
        if state.ended or state.version == version:
            return session
        version = state.version


def analysed(path: Path) -> tuple[Recording, Analysis]:
    """A recording and what was announced of it."""
    recording = read(path)
    pipeline = Pipeline(settings_for(recording))
    for block in recording.blocks:
        pipeline.push(block)
    pipeline.finish()
    return recording, pipeline.analysis(as_live=True)


def _end_s(recording: Recording) -> float:
    return float(recording.blocks[-1].stamp_s[0])
