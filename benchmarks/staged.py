"""A recording played at once up to a chosen moment, where it holds still, ends or fails: for pictures and frame times
of the views. As a recording, or as what a sensor's link would give.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from bartracker import read
from bartracker.api import settings_for
from bartracker.coaching import Targets
from bartracker.errors import BartrackerError
from bartracker.links import LinkItem
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LinkHealth, LinkState
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.results import Analysis
from bartracker.session_edits import Edit
from bartracker.wire import SensorInfo, StreamStatistics
from bartracker.wire.status import SensorFault, SensorState, Status

DEMO = Path(__file__).parents[1] / "tests" / "recordings" / "demo_squat.btr"


class StagedLink:
    """Gives the samples stamped before `until_s`; then raises `failure`, or waits to be closed if `hold`, or ends."""

    def __init__(self, recording: Recording, until_s: float, *, hold: bool, failure: BartrackerError | None) -> None:
        self.label = recording.path.name if recording.path else "recording"
        self.metadata = recording.metadata
        self.recording: Recording | None = recording
        self._blocks = [block for block in recording.blocks if block.stamp_s[0] < until_s]
        self._hold = hold
        self._failure = failure
        self._closed = threading.Event()

    def items(self) -> Iterator[LinkItem]:
        for block in self._blocks:
            if self._closed.is_set():
                return
            self.note(float(block.stamp_s[0]))
            yield block
        if self._failure is not None:
            raise self._failure
        if self._hold:
            self._closed.wait()

    def note(self, t_s: float) -> None:
        """A block begins here."""

    def close(self) -> None:
        self._closed.set()


class StagedPlayback(StagedLink):
    """The same with the controls of a recording."""

    def __init__(self, recording: Recording, until_s: float, *, hold: bool, failure: BartrackerError | None) -> None:
        super().__init__(recording, until_s, hold=hold, failure=failure)
        self.paused = False
        self.speed = math.inf
        self.position_s = 0.0
        self.duration_s = float(recording.blocks[-1].stamp_s[0])

    def note(self, t_s: float) -> None:
        self.position_s = t_s


class StagedSensor:
    """How a staged sensor's link stands."""

    def __init__(self, state: str = "streaming", battery_percent: int | None = 82) -> None:
        self.state = LinkState(state)
        self.battery_percent = battery_percent


class StagedSensorLink(StagedLink):
    """The same as a sensor's link."""

    def __init__(
        self, recording: Recording, until_s: float, sensor: StagedSensor, *, hold: bool, failure: BartrackerError | None
    ) -> None:
        super().__init__(recording, until_s, hold=hold, failure=failure)
        self.label = "bar-1" if sensor.state not in (LinkState.SEARCHING, LinkState.FAILED) else "ble://"
        self.recording = None
        status = None
        if sensor.battery_percent is not None:
            status = Status(
                SensorState.STREAMING, None, sensor.battery_percent, SensorFault.NONE, 0, 0, 0, 0, 0, None, None, 0
            )
        statistics = StreamStatistics()
        self._health = LinkHealth(sensor.state, f"{sensor.state.value} {self.label}", statistics, status, None, 0)

    def record_to(self, recorder: LinkRecorder) -> None:
        raise NotImplementedError("nothing is recorded here")

    def connect(self) -> SensorInfo:
        raise NotImplementedError("there is no sensor here")

    def health(self) -> LinkHealth:
        return self._health

    def finish(self) -> None:
        self.close()


class ChoicesOnly:
    """Surroundings of a window whose choices are looked at, not taken."""

    folder = Path()
    desk = None

    def open(self, uri: str) -> LiveSession:
        raise BartrackerError(uri, "is not opened for a picture", "use bartracker live")

    def near(self) -> Sequence[tuple[str, str]]:
        return []

    def keep_edits(self, edits: tuple[Edit, ...]) -> None:
        """Nothing is kept."""

    def ghost(self) -> None:
        """None was asked for."""


def staged(
    recording: Recording,
    until_s: float,
    *,
    hold: bool = True,
    failure: BartrackerError | None = None,
    targets: Targets | None = None,
    sensor: StagedSensor | None = None,
) -> LiveSession:
    """A started session that has taken all that its link gives before `until_s`."""
    stays = hold and failure is None
    link: StagedLink = (
        StagedPlayback(recording, until_s, hold=stays, failure=failure)
        if sensor is None
        else StagedSensorLink(recording, until_s, sensor, hold=stays, failure=failure)
    )
    session = LiveSession(link, Pipeline(settings_for(recording, targets=targets)))
    session.start()
    version = -1
    while True:
        state = session.wait_newer(version, 1.0)
        if state.ended or (stays and state.version == version):
            session.set_speed(1.0)
            return session
        version = state.version


def analysed(path: Path, targets: Targets | None = None) -> tuple[Recording, Analysis]:
    """A recording and what was announced of it."""
    recording = read(path)
    pipeline = Pipeline(settings_for(recording, targets=targets))
    for block in recording.blocks:
        pipeline.push(block)
    pipeline.finish()
    return recording, pipeline.analysis(as_live=True)
