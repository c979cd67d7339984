"""A source watched in window or terminal: opens sessions, keeps corrections beside the recording, and runs beside the
view what is heard and what a phone sees.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bartracker.cli import console
from bartracker.cli.calibrations import CalibrationChoice
from bartracker.cli.ghosts import find_ghost
from bartracker.cli.options import Asked, WrongUseError
from bartracker.cli.sensor_desk import SensorDesk
from bartracker.edit_files import edits_path, read_edits, write_edits
from bartracker.known_sensors import read_sensors
from bartracker.links import FileLink, Link, PlaybackLink, UriError, open_link
from bartracker.links.sensor_link import SensorLink
from bartracker.live import LiveSession
from bartracker.session_edits import Edit, EditLog

if TYPE_CHECKING:
    from bartracker.coaching.cues import SensorCues
    from bartracker.ghost import Ghost
    from bartracker.pipeline import Pipeline
    from bartracker.recording import Recording
    from bartracker.ui.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside the view. serve: where the phone page is served, None: not at all; sound: whether cues sound;
    sensor_cues: what of the sensor plays them, None: as the person likes it.
    """

    serve: str | None = None
    sound: bool = True
    sensor_cues: "SensorCues | None" = None


class Watching:
    """The sources of one run of the program, in the order in which they were watched; the view's surroundings."""

    def __init__(
        self,
        uri: str,
        asked: Asked,
        speed: float | None,
        record: Path | None,
        *,
        without_edits: bool = False,
        ghost: str | None = None,
    ) -> None:
        """`without_edits`: corrections beside a recording are neither applied nor changed. `ghost`: as `check_ghost`
        gives it.
        """
        self._uri, self._asked, self._speed, self._record = uri, asked, speed, record
        self._without_edits = without_edits
        self._ghost = ghost
        self.link: Link | None = None
        self.session: LiveSession | None = None
        self._edits_path: Path | None = None
        self.desk = SensorDesk(CalibrationChoice(asked.calibration))

    @property
    def folder(self) -> Path:
        """Pictures and pages go where the program was started."""
        return Path.cwd()

    @property
    def recorded(self) -> Path | None:
        """The file the last source was recorded to."""
        return self._record if self.link is not None and self._edits_path is not None else None

    def open(self, uri: str) -> LiveSession:
        """A session over this source; "": the one that was asked for."""
        from bartracker.recording import RecordingMetadata

        asked, first = self._asked, uri in ("", self._uri)
        named = None if asked.exercise == "auto" else asked.exercise
        metadata = RecordingMetadata(
            exercise=named,
            load_kg=asked.load_kg,
            athlete=asked.targets.athlete,
            sensor_from_middle_m=asked.sensor_from_middle_m,
        )
        try:
            link = open_link(read_sensors().uri_of(uri or self._uri), metadata=metadata, read_later=True)
        except UriError as error:
            raise WrongUseError(error.given, error.problem, error.remedy) from None
        if isinstance(link, PlaybackLink) and self._speed is not None:
            link.speed = self._speed
        at_hand, record = self.desk.at_hand, self._record if first else None
        if not first and self._record is not None and at_hand is not None and at_hand.uri == uri:
            # The same sensor again, after a calibration: what was recorded before stays.
            record = self._record = free_path(self._record)

        def pipeline() -> "Pipeline":
            # Loaded beside the view, which is there before.
            from bartracker.api import settings_for
            from bartracker.pipeline import Pipeline

            recording = recording_of(link, record, CalibrationChoice(asked.calibration))
            self.desk.connected(link, recording)
            settings = settings_for(
                recording,
                exercise=asked.exercise,
                load_kg=asked.load_kg,
                targets=asked.targets,
                calibration=asked.calibration,
                sensor_from_middle_m=asked.sensor_from_middle_m,
            )
            return Pipeline(settings)

        played = link.path if isinstance(link, FileLink) else None
        path = played or record
        self._edits_path = None if path is None or self._without_edits else edits_path(path)
        edits = EditLog(read_edits(self._edits_path)) if played is not None and self._edits_path else EditLog()
        self.link = link
        self.desk.left()
        self.session = LiveSession(link, pipeline, edits=edits)
        return self.session

    def open_for_nobody(self) -> "tuple[Link, Pipeline]":
        """The source that was asked for, connected, and its pipeline: nothing is shown."""
        session = self.open("")
        link, made = self.link, session.made_pipeline()
        assert link is not None
        return link, made

    @property
    def kept_at(self) -> Path:
        """The recording that is watched or made, where there is one; else what was asked for."""
        played = self.link.path if isinstance(self.link, FileLink) else None
        return played or self._record or Path(self._uri)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The corrections of the last source."""
        return () if self.session is None else self.session.edits.edits

    def near(self) -> Sequence[tuple[str, str]]:
        """The sensors that can be heard."""
        return self.desk.near()

    def ghost(self) -> "Ghost | None":
        """The rep to lift against that was asked for. Raises BartrackerError."""
        return None if self._ghost is None else find_ghost(self._ghost, self._asked)

    def keep_edits(self, edits: tuple[Edit, ...]) -> None:
        """Keep corrections beside the recording."""
        if self._edits_path is not None:
            write_edits(edits, self._edits_path)


def free_path(path: Path) -> Path:
    """This path, or with a number where there is a file already."""
    numbers = (path.with_stem(f"{path.stem}-{number}") for number in range(2, 1000))
    return next((each for each in (path, *numbers) if not each.exists()), path)


def recording_of(link: Link, record: Path | None, calibrations: CalibrationChoice) -> "Recording":
    """What the pipeline must know of a source; a sensor is connected and, if asked, recorded."""
    from bartracker.links.link_recorder import LinkRecorder
    from bartracker.recording import Recording

    if isinstance(link, FileLink):
        return link.load()
    if not isinstance(link, SensorLink):
        return link.recording or Recording(link.metadata, (), None)
    if record is not None:
        link.record_to(LinkRecorder(record, calibrations.for_recording))
    try:
        info = link.connect()
        calibration = calibrations.of_link(link, info.device_id.hex(), info.chip)
    except BaseException:
        link.close()
        raise
    return Recording(
        link.metadata,
        (),
        info.nominal_rate_hz,
        calibration_parameters=None if calibration is None else calibration.to_dict(),
        sensor_id=info.device_id.hex(),
    )


def watch(watching: Watching, view: str, beside: Beside, *, stdout_taken: bool) -> int:
    """Show the source until its end, or until the view is closed. Returns the exit code; raises what ended it."""
    from bartracker.ui.preferences import read_preferences, usual_path, write_preferences

    kept = usual_path()
    preferences = read_preferences(kept)
    if beside.sensor_cues is not None:
        preferences = replace(preferences, sensor_cues=beside.sensor_cues)
    session = watching.open("")
    liked = preferences
    try:
        with _beside(watching, beside, preferences):
            if view == "window":
                from bartracker.ui.window import run_window

                code, liked = run_window(session, preferences, watching)
            else:
                from rich.console import Console

                from bartracker.ui.terminal import run_terminal

                def remember(chosen: "Preferences") -> None:
                    nonlocal liked
                    liked = chosen

                # Standard output belongs to the JSON if that is wanted there.
                console_of_view = Console(stderr=stdout_taken)
                code = run_terminal(session, console_of_view, preferences, keep=watching.keep_edits, remember=remember)
    finally:
        session.close()
        if watching.session is not None:
            watching.session.close()
        if liked != preferences:
            write_preferences(liked, kept)
    last = watching.session or session
    if last.failure is not None:
        raise last.failure
    return code


@contextmanager
def _beside(watching: Watching, beside: Beside, preferences: "Preferences") -> Generator[None]:
    """Sound and phone page while the view runs."""

    def current() -> LiveSession:
        assert watching.session is not None
        return watching.session

    with ExitStack() as stack:
        if beside.serve is not None:
            from bartracker.coaching.metrics import metric_of
            from bartracker.ui.phone.qr import qr_text
            from bartracker.ui.phone.server import PhoneServer, parse_place

            metric = metric_of(preferences.metric)
            server = PhoneServer(parse_place(beside.serve), lambda: current().snapshot(), lambda: metric)
            stack.callback(server.close)
            server.start()
            code = qr_text(server.url)
            console.say_remark("phone page", server.url)
            if code is not None:
                console.say_picture(code)
            else:
                console.say_remark("phone page", 'for a QR code install "bartracker[phone]"')
        from bartracker.ui.sound.listener import CueListener, usual_player
        from bartracker.ui.sound.speech import Voice

        listener = CueListener(current, usual_player() if beside.sound else None, Voice())
        stack.callback(listener.close)
        listener.start()
        yield
