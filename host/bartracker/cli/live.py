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
from bartracker.cli.calibrations import CalibrationOption
from bartracker.cli.corrections import WithoutEditsOption, corrected
from bartracker.cli.ghosts import GhostOption, check_ghost
from bartracker.cli.options import (
    Asked,
    AthleteOption,
    DriftOption,
    ExerciseOption,
    LoadOption,
    MiddleOption,
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
from bartracker.cli.views import ViewOption, check_view, chosen_view

if TYPE_CHECKING:
    from bartracker.cli.watching import Beside, Watching
    from bartracker.events import Event
    from bartracker.links import Link
    from bartracker.links.sensor_link import SensorLink
    from bartracker.pipeline import Pipeline

LIVE_EXAMPLES = """\b
Examples:
  bartracker live                                    the one sensor that is switched on
  bartracker live ble://bar-1 --exercise squat --load 100 --record set.btr
  bartracker live "sim://squat?reps=5&seed=1"        a virtual sensor, no hardware needed
  bartracker live file://set.btr?speed=2
  bartracker live --exercise squat --load 100 --ghost monday.btr
                                                     beside your fastest rep of Monday
  bartracker live --serve                            also on a phone: the page's address and QR code are printed
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
_INTERRUPTED = 130


SpeedOption = Annotated[
    str | None,
    typer.Option("--speed", "-s", metavar="X", help="Times as fast as recorded, 0.25 to 16; 0: as fast as possible."),
]
HeadlessOption = Annotated[bool, typer.Option("--headless", help="Show nothing; without --speed, as fast as possible.")]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="PATH|-", help="Write the analysis at the end, - for standard output."),
]


ServeOption = Annotated[
    bool, typer.Option("--serve", help="Show big number, bars and cues to phones in this network; read-only.")
]
ServeAtOption = Annotated[
    str, typer.Option("--serve-at", metavar="ADDRESS[:PORT]", help="Where --serve listens. Default: this computer's.")
]
SensorCuesOption = Annotated[
    str | None,
    typer.Option(
        "--sensor-cues",
        metavar="KIND",
        help="Cues on the sensor itself: off, light, sound or shake. Default: as last chosen.",
    ),
]
SoundOption = Annotated[bool, typer.Option("--sound/--no-sound", help="Whether reps are heard.")]


@dataclass(frozen=True, slots=True)
class _Show:
    """How fast to play, where to show it ("headless": nowhere), where to write the analysis, and the rep to lift
    against.
    """

    speed: float | None
    view: str
    json: str | None
    ghost: str | None = None


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
    ghost: GhostOption = None,
    calibration: CalibrationOption = None,
    sensor_from_middle_cm: MiddleOption = None,
    speed: SpeedOption = None,
    view: ViewOption = "auto",
    headless: HeadlessOption = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", readable=False, help="Record everything received to a new .btr file."),
    ] = None,
    json: JsonOption = None,
    serve: ServeOption = False,
    serve_at: ServeAtOption = "auto",
    sound: SoundOption = True,
    sensor_cues: SensorCuesOption = None,
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
        calibration=calibration,
        sensor_from_middle=sensor_from_middle_cm,
    )
    shown = _parse_show(speed, view, headless, json, check_ghost(ghost, asked, view))
    return _play(uri, asked, shown, record, _parse_beside(serve, serve_at, sound, sensor_cues, shown))


def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The new recording, .btr.")],
    uri: Annotated[
        str, typer.Argument(metavar="URI", help="The sensor: ble://[NAME|ADDRESS] or sim://EXERCISE.")
    ] = "ble://",
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    calibration: CalibrationOption = None,
    sensor_from_middle_cm: MiddleOption = None,
    json: JsonOption = None,
) -> int:
    """Record a sensor without watching it, until it ends or Ctrl-C; every packet is kept as received."""
    asked = parse_asked(exercise, load, calibration=calibration, sensor_from_middle=sensor_from_middle_cm)
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
    ghost: GhostOption = None,
    calibration: CalibrationOption = None,
    sensor_from_middle_cm: MiddleOption = None,
    speed: SpeedOption = None,
    view: ViewOption = "auto",
    headless: HeadlessOption = False,
    json: JsonOption = None,
    without_edits: WithoutEditsOption = False,
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
        calibration=calibration,
        sensor_from_middle=sensor_from_middle_cm,
    )
    shown = _parse_show(speed, view, headless, json, check_ghost(ghost, asked, view))
    return _play(str(file), asked, shown, None, without_edits=without_edits)


def _parse_beside(serve: bool, serve_at: str, sound: bool, sensor_cues: str | None, show: _Show) -> "Beside":
    from bartracker.cli.watching import Beside
    from bartracker.coaching.cues import SENSOR_CUES, SensorCues

    if serve and show.view == "headless":
        raise WrongUseError("--serve --headless", "contradict each other", "give one of them")
    if not serve and serve_at != "auto":
        raise WrongUseError(f"--serve-at {serve_at}", "serves nothing", "give --serve too")
    chosen: SensorCues | None = next((each for each in SENSOR_CUES if each == sensor_cues), None)
    if sensor_cues is not None and chosen is None:
        remedy = f"give {console.join_words(SENSOR_CUES)}"
        raise WrongUseError(f"--sensor-cues {sensor_cues}", "no sensor plays cues so", remedy)
    return Beside(serve_at if serve else None, sound, chosen)


def _parse_show(speed: str | None, view: str, headless: bool, json: str | None, ghost: str | None) -> _Show:
    check_view(view, headless)
    pace = parse_speed(speed)
    if headless:
        if ghost is not None:
            raise WrongUseError("--ghost --headless", "contradict each other", "give one of them")
        return _Show(math.inf if pace is None else pace, "headless", json)
    return _Show(pace, view, json, ghost)


def _play(
    uri: str,
    asked: Asked,
    show: _Show,
    record: Path | None,
    beside: "Beside | None" = None,
    *,
    without_edits: bool = False,
) -> int:
    from bartracker.cli.watching import Beside, Watching
    from bartracker.links.sensor_link import SensorLink

    if record is not None and not uri.startswith(("ble://", "sim://")):
        raise WrongUseError(f"{uri} to {record}", "is no sensor", "record a ble:// or sim:// sensor")
    view = show.view if show.view == "headless" else chosen_view(show.view)
    watching = Watching(uri, asked, show.speed, record, without_edits=without_edits, ghost=show.ghost)
    pipeline: Pipeline | None = None
    try:
        if view == "headless":
            link, pipeline = watching.open_for_nobody()
            return _run_headless(link, pipeline)
        return _watch(watching, view, beside or Beside(), show)
    finally:
        # Also after a fault or Ctrl-C: what was found until then is kept.
        link, session = watching.link, watching.session
        if isinstance(link, SensorLink) and (pipeline or (session is not None and session.pipeline is not None)):
            _say_samples(link, watching.recorded or record)
        pipeline = pipeline or (None if session is None else session.pipeline)
        if show.json is not None and pipeline is not None:
            edits = watching.edits
            write_json(corrected(pipeline.analysis(), edits, watching.kept_at), show.json, edits)


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


def _run_headless(link: "Link", pipeline: "Pipeline") -> int:
    from bartracker.links.sensor_link import SensorLink
    from bartracker.live_engine import run_to_end

    if isinstance(link, SensorLink):
        with _ctrl_c_finishes(link) as interrupted:
            run_to_end(link, pipeline, _say_link_notice)
    else:
        interrupted = threading.Event()
        run_to_end(link, pipeline)
    # What the packets showed is said with the count of samples.
    said = link.health().statistics.remarks() if isinstance(link, SensorLink) else ()
    console.say_remarks(link.label, [each for each in pipeline.analysis().notices if each not in said])
    return _INTERRUPTED if interrupted.is_set() else 0


def _watch(watching: "Watching", view: str, beside: "Beside", show: _Show) -> int:
    from bartracker.cli.watching import watch
    from bartracker.session_edits import edited

    if show.ghost is not None and view != "window":
        console.say_remark("--ghost", "runs in the window only, which cannot be opened here")
    code = watch(watching, view, beside, stdout_taken=show.json == "-")
    session = watching.session
    if view == "window" and show.json != "-" and session is not None and session.pipeline is not None:
        for line in summary_lines(edited(session.pipeline.analysis(), session.edits.edits)):
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
