"""`bartracker live`, `record` and `replay`: a source of samples, watched in window or terminal, or not at all."""

import math
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.options import (
    Asked,
    AthleteOption,
    DriftOption,
    ExerciseOption,
    LoadOption,
    TargetsOption,
    TempoOption,
    ToleranceOption,
    VelocityLossOption,
    VelocityOption,
    WrongUseError,
    parse_asked,
    parse_speed,
)
from bartracker.cli.outputs import summary_lines, write_json

if TYPE_CHECKING:
    from bartracker.events import Event
    from bartracker.links import Link
    from bartracker.links.sensor_link import SensorLink
    from bartracker.pipeline import Pipeline
    from bartracker.recording import Recording

LIVE_EXAMPLES = """\b
Examples:
  bartracker live                                    the one sensor that is switched on
  bartracker live ble://bar-1 --exercise squat --load 100 --record set.btr
  bartracker live "sim://squat?reps=5&seed=1"        a virtual sensor, no hardware needed
  bartracker live file://set.btr?speed=2
"""
RECORD_EXAMPLES = """\b
Examples:
  bartracker record set.btr --exercise squat --load 100
  bartracker record set.btr ble://bar-1              ends with Ctrl-C
  bartracker record set.btr "sim://deadlift?reps=3"
"""
REPLAY_EXAMPLES = """\b
Examples:
  bartracker replay set.btr
  bartracker replay set.btr --tempo 3-1-X-0 --drift-limit 6
  bartracker replay set.btr --view terminal --speed 4
  bartracker replay set.btr --headless --json set.json
"""
_VIEWS = ("auto", "window", "terminal")
_INTERRUPTED = 130


def _complete_view(incomplete: str) -> list[str]:
    return [view for view in _VIEWS if view.startswith(incomplete)]


SpeedOption = Annotated[
    str | None,
    typer.Option("--speed", "-s", metavar="X", help="Times as fast as recorded, 0.25 to 16; 0: as fast as possible."),
]
ViewOption = Annotated[
    str,
    typer.Option(
        "--view",
        metavar="KIND",
        help="window, terminal, or auto: the window where there is a display.",
        autocompletion=_complete_view,
    ),
]
HeadlessOption = Annotated[bool, typer.Option("--headless", help="Show nothing; without --speed, as fast as possible.")]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="PATH|-", help="Write the analysis at the end, - for standard output."),
]


@dataclass(frozen=True, slots=True)
class _Show:
    """How fast to play, where to show it ("headless": nowhere) and where to write the analysis."""

    speed: float | None
    view: str
    json: str | None


def live(
    uri: Annotated[
        str,
        typer.Argument(
            metavar="URI", help="Where samples come from: ble://[NAME|ADDRESS], sim://EXERCISE, file://PATH."
        ),
    ] = "ble://",
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    tempo: TempoOption = None,
    tempo_tolerance: ToleranceOption = None,
    drift_limit: DriftOption = None,
    velocity: VelocityOption = None,
    velocity_loss: VelocityLossOption = None,
    targets: TargetsOption = None,
    athlete: AthleteOption = None,
    speed: SpeedOption = None,
    view: ViewOption = "auto",
    headless: HeadlessOption = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", readable=False, help="Record everything received to a new .btr file."),
    ] = None,
    json: JsonOption = None,
) -> int:
    """Watch a set as it is lifted: velocity, height, bar path and reps."""
    asked = parse_asked(
        exercise,
        load,
        tempo,
        tempo_tolerance,
        drift_limit,
        targets=targets,
        athlete=athlete,
        velocity=velocity,
        velocity_loss=velocity_loss,
    )
    return _play(uri, asked, _parse_show(speed, view, headless, json), record)


def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The new recording, .btr.")],
    uri: Annotated[
        str, typer.Argument(metavar="URI", help="The sensor: ble://[NAME|ADDRESS] or sim://EXERCISE.")
    ] = "ble://",
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    json: JsonOption = None,
) -> int:
    """Record a sensor without watching it, until it ends or Ctrl-C; every packet is kept as received."""
    asked = parse_asked(exercise, load)
    return _play(uri, asked, _Show(None, "headless", json), file)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A recording: .btr, .npz or .csv.")],
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    tempo: TempoOption = None,
    tempo_tolerance: ToleranceOption = None,
    drift_limit: DriftOption = None,
    velocity: VelocityOption = None,
    velocity_loss: VelocityLossOption = None,
    targets: TargetsOption = None,
    athlete: AthleteOption = None,
    speed: SpeedOption = None,
    view: ViewOption = "auto",
    headless: HeadlessOption = False,
    json: JsonOption = None,
) -> int:
    """Watch a recorded set as if it were lifted now; the same as live file://FILE."""
    asked = parse_asked(
        exercise,
        load,
        tempo,
        tempo_tolerance,
        drift_limit,
        targets=targets,
        athlete=athlete,
        velocity=velocity,
        velocity_loss=velocity_loss,
    )
    return _play(str(file), asked, _parse_show(speed, view, headless, json), None)


def _parse_show(speed: str | None, view: str, headless: bool, json: str | None) -> _Show:
    if view not in _VIEWS:
        raise WrongUseError(f"--view {view}", "there is no such view", f"give {console.join_words(_VIEWS)}")
    if headless and view != "auto":
        raise WrongUseError(f"--headless --view {view}", "contradict each other", "give one of them")
    pace = parse_speed(speed)
    if headless:
        return _Show(math.inf if pace is None else pace, "headless", json)
    return _Show(pace, view, json)


def _play(uri: str, asked: Asked, show: _Show, record: Path | None) -> int:
    from bartracker.api import settings_for
    from bartracker.links import PlaybackLink, UriError, open_link
    from bartracker.links.sensor_link import SensorLink
    from bartracker.pipeline import Pipeline
    from bartracker.recording import Recording, RecordingMetadata

    if record is not None and not uri.startswith(("ble://", "sim://")):
        raise WrongUseError(f"{uri} to {record}", "is no sensor", "record a ble:// or sim:// sensor")
    named = None if asked.exercise == "auto" else asked.exercise
    try:
        link = open_link(uri, metadata=RecordingMetadata(exercise=named, load_kg=asked.load_kg))
    except UriError as error:
        raise WrongUseError(error.given, error.problem, error.remedy) from None
    if isinstance(link, PlaybackLink) and show.speed is not None:
        link.speed = show.speed
    if isinstance(link, SensorLink):
        recording = _connected(link, record)
    else:
        recording = link.recording or Recording(link.metadata, (), None)
    settings = settings_for(recording, exercise=asked.exercise, load_kg=asked.load_kg, targets=asked.targets)
    pipeline = Pipeline(settings)
    try:
        return _run(link, pipeline, show)
    finally:
        # Also after a fault or Ctrl-C: what was found until then is kept.
        if isinstance(link, SensorLink):
            _say_samples(link, record)
        if show.json is not None:
            write_json(pipeline.analysis(), show.json)


def _connected(link: "SensorLink", record: Path | None) -> "Recording":
    """The sensor connected and, if asked, recorded; what the pipeline must know of it."""
    from bartracker.links.link_recorder import LinkRecorder
    from bartracker.recording import Recording

    if record is not None:
        link.record_to(LinkRecorder(record))
    try:
        info = link.connect()
    except BaseException:
        link.close()
        raise
    return Recording(link.metadata, (), info.nominal_rate_hz)


def _say_samples(link: "SensorLink", record: Path | None) -> None:
    """What became of the samples, on stderr: standard output may be JSON."""
    from bartracker.links.sim_link import SimLink

    statistics = link.health().statistics
    counts = f"{statistics.samples} received, {statistics.lost_samples} lost"
    if isinstance(link, SimLink):
        counters = link.counters
        counts = f"{counters.produced - counters.unsent} produced, {counts}"
    target = "" if record is None else f" -> {record}"
    console.say_remark(link.label, f"samples: {counts}{target}")
    if statistics.fifo_overflows:
        text = f"its motion chip's buffer ran over before {statistics.fifo_overflows} of the packets"
        console.say_remark(link.label, f"{text}; what was lost is counted")
    for remark in statistics.remarks():
        console.say_remark(link.label, remark)


def _run(link: "Link", pipeline: "Pipeline", show: _Show) -> int:
    from bartracker.links.sensor_link import SensorLink
    from bartracker.live import LiveSession, run_to_end

    view = _auto_view() if show.view == "auto" else show.view
    if view == "headless":
        if isinstance(link, SensorLink):
            with _ctrl_c_finishes(link) as interrupted:
                run_to_end(link, pipeline, _say_link_notice)
        else:
            interrupted = threading.Event()
            run_to_end(link, pipeline)
        console.say_remarks(link.label, pipeline.analysis().notices)
        return _INTERRUPTED if interrupted.is_set() else 0
    session = LiveSession(link, pipeline)
    try:
        if view == "window":
            from bartracker.ui.window import run_window

            code = run_window(session)
        else:
            from rich.console import Console

            from bartracker.ui.terminal import run_terminal

            # Standard output belongs to the JSON if that is wanted there.
            code = run_terminal(session, Console(stderr=show.json == "-"))
    finally:
        session.close()
    if session.failure is not None:
        raise session.failure
    if view == "window" and show.json != "-":
        for line in summary_lines(pipeline.analysis()):
            console.say_result(line)
    return code


def _say_link_notice(event: "Event") -> None:
    """How the link is doing, on stderr as it happens: nobody looks at a view."""
    from bartracker.events import Notice
    from bartracker.links.sensor_link import LINK_NOTICES

    if isinstance(event, Notice) and event.code in LINK_NOTICES:
        console.say_remark("sensor", event.text)


@contextmanager
def _ctrl_c_finishes(link: "SensorLink") -> Generator[threading.Event]:
    """Ctrl-C ends the link in order, so that what is on its way is recorded and analysed too; a second one breaks off.
    Yields what is set by the first.
    """
    interrupted = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def finish(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        interrupted.set()
        link.finish()

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    signal.signal(signal.SIGINT, finish)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _auto_view() -> str:
    from bartracker.ui.window import display_available

    reason = display_available()
    if reason is None:
        return "window"
    console.say_remark("bartracker", f"shown in the terminal, {reason}")
    return "terminal"
