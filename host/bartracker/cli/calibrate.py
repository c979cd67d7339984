"""`bartracker calibrate`: a person is led through laying the sensor on its sides; the result is judged and kept."""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.kept_calibration import forget_kept, keeper, show_kept
from bartracker.cli.options import WrongUseError
from bartracker.cli.views import ViewOption, check_view, chosen_view

if TYPE_CHECKING:
    from bartracker.calibration.guide import GuideMessage, GuideProgress
    from bartracker.calibration.solver import SensorFit
    from bartracker.links import Link
    from bartracker.live_calibration import CalibrationState, Source
    from bartracker.samples import FloatArray

EXAMPLES = """\b
Examples:
  bartracker calibrate --latitude 48.1               the one sensor that is switched on
  bartracker calibrate ble://bar-1 --record table.btr
  bartracker calibrate table.btr                     once more from that recording
  bartracker calibrate ble://bar-1 --show            what is kept here and in the sensor; --forget removes it
  bartracker calibrate "sim://calibrate?user=hasty&seed=1"
"""
_BAR_WIDTH = 20
_LEFT = 1
"""Exit code where a person closed the window before a calibration was kept."""


def calibrate(
    sensor: Annotated[
        str, typer.Argument(metavar="SENSOR", help="ble://[NAME|ADDRESS], sim://calibrate, or a recording of it.")
    ] = "ble://",
    latitude: Annotated[
        float | None, typer.Option("--latitude", metavar="DEG", help="Where you are: gravity there sets the scale.")
    ] = None,
    altitude: Annotated[float, typer.Option("--altitude", metavar="M", help="Metres above the sea.")] = 0.0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", readable=False, help="Write here instead of keeping it."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", readable=False, help="Record everything received to a new .btr file."),
    ] = None,
    view: ViewOption = "auto",
    headless: Annotated[bool, typer.Option("--headless", help="Plain lines, no progress bar.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Say which calibrations there are, here and in it.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Remove it from the sensor, put it aside here.")] = False,
) -> int:
    """Calibrate a sensor on a table in three minutes: lay it on each of its sides, then lean it here and there.

    It sees by itself when the sensor lies still and when it has enough. The result is kept here and in the sensor,
    and used whenever it is live; in the window you are asked first.
    """
    from bartracker.calibration.gravity import ANYWHERE, local_gravity
    from bartracker.exchange.files import checked_target
    from bartracker.live_calibration import CalibrationSession

    if latitude is None and altitude:
        raise WrongUseError(f"--altitude {altitude:g}", "says nothing of gravity alone", "give --latitude too")
    if show and forget:
        raise WrongUseError("--show --forget", "are two things", "give one of them")
    if output is not None:
        checked_target(output)
    if show or forget:
        return (show_kept if show else forget_kept)(opened(sensor), sensor)
    gravity = ANYWHERE if latitude is None else local_gravity(latitude, altitude)

    def session() -> CalibrationSession:
        link = opened(sensor)
        return CalibrationSession(
            link,
            lambda: connected(link, record),
            gravity=gravity,
            keep=keeper(link, output),
        )

    if _window_wanted(view, headless, live=sensor.startswith(("ble://", "sim://"))):
        from bartracker.ui.preferences import read_preferences, usual_path
        from bartracker.ui.window import run_calibration_window

        state = run_calibration_window(session, read_preferences(usual_path()))
        if state.error is not None:
            raise state.error
    else:
        first = session()
        with _shown(quiet=headless or not sys.stdout.isatty()) as screen:
            state = first.run(screen.show)
    if state.fit is None:
        return _LEFT
    _say_result(state.fit)
    if not state.kept:
        console.say_remark("calibration", "was not kept")
        return _LEFT
    console.say_result(f"-> {state.kept}")
    return 0


def _window_wanted(view: str, headless: bool, *, live: bool) -> bool:
    """The window where there is a display and somebody turns a sensor; a recording needs none."""
    check_view(view, headless)
    if headless or (view == "auto" and not live):
        return False
    return chosen_view(view) == "window"


def opened(uri: str) -> "Link":
    """The source that was named; a file is read as fast as possible. Raises WrongUseError, BartrackerError."""
    from bartracker.known_sensors import read_sensors
    from bartracker.links import PlaybackLink, UriError, open_link

    try:
        link = open_link(read_sensors().uri_of(uri))
    except UriError as error:
        raise WrongUseError(error.given, error.problem, error.remedy) from None
    if isinstance(link, PlaybackLink):
        link.speed = 0.0
    return link


def connected(link: "Link", record: Path | None = None) -> "Source":
    """The sensor connected and, if asked, recorded; or what the recording says of it. Raises BartrackerError."""
    from bartracker.links.sensor_link import SensorLink
    from bartracker.live_calibration import Source

    if isinstance(link, SensorLink):
        if record is not None:
            from bartracker.links.link_recorder import LinkRecorder

            link.record_to(LinkRecorder(record))
        info = link.connect()
        return Source(info.device_id.hex(), info.chip, info.nominal_rate_hz)
    if record is not None:
        raise WrongUseError(f"--record {record}", "this is a recording already", "leave it out")
    recording = link.recording
    if recording is None:
        return Source(None, None, None)
    return Source(recording.sensor_id, recording.chip, recording.nominal_rate_hz)


class _Lines:
    """Each message a line."""

    def __init__(self) -> None:
        self._told, self._remark = 0, ""

    def show(self, state: "CalibrationState") -> None:
        """What there is to say that was not said yet."""
        if state.remark != self._remark:
            self._remark = state.remark
            console.say_remark(state.label, state.remark)
        new, self._told = state.said[self._told :], len(state.said)
        for message in new:
            self.say(message)

    def say(self, message: "GuideMessage") -> None:
        """One line."""
        console.say_result(f"{message.t_s:6.1f} s  {message.text}")


class _Screen(_Lines):
    """Messages scroll by; below them stands what to do, a bar and the time."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.live import Live

        self.live = Live(console=Console(), refresh_per_second=10, transient=True)

    def show(self, state: "CalibrationState") -> None:
        super().show(state)
        if state.progress is not None:
            self.live.update(status_line(state.progress))

    def say(self, message: "GuideMessage") -> None:
        if message.code != "do":
            self.live.console.print(f"  {message.text}", markup=False)


def status_line(progress: "GuideProgress") -> str:
    """What to do, how long the sensor has lain still, how far it all is."""
    still = "#" * round(progress.still * _BAR_WIDTH)
    minutes, seconds = divmod(int(progress.elapsed_s), 60)
    state = "still" if progress.still else "moving"
    return (
        f"{progress.prompt}\n{state:6} |{still:{_BAR_WIDTH}}|  {100 * progress.share:3.0f} %, "
        f"{progress.poses} poses, {len(progress.sides)} of 6 sides, {minutes}:{seconds:02d}"
    )


@contextmanager
def _shown(*, quiet: bool) -> Generator[_Lines]:
    if quiet:
        yield _Lines()
        return
    screen = _Screen()
    with screen.live:
        yield screen


def _say_result(fit: "SensorFit") -> None:
    for line in result_lines(fit):
        console.say_result(line)
    for text in (*fit.left_out, *fit.remarks):
        console.say_remark("calibration", text)


def result_lines(fit: "SensorFit") -> Iterator[str]:
    """The verdict and the numbers, a line each."""
    import numpy as np

    from bartracker.calibration.model import GYR_BIAS
    from bartracker.samples import STANDARD_GRAVITY_MPS2

    made, milli_g = fit.calibration, STANDARD_GRAVITY_MPS2 / 1000
    assert made.covariance is not None
    rate_sigma = np.degrees(np.sqrt(np.diagonal(made.covariance)[GYR_BIAS].max()))
    yield (
        f"good: force within {1.96 * fit.acc_sigma_mps2.max() / milli_g:.1f} mg whichever way it points, "
        f"gyroscope scale within {196 * fit.gyr_sigma:.2f} % (95 %), {len(fit.force_residual_mps2)} poses"
    )
    yield f"accelerometer bias {_three(made.acc_bias_mps2 / milli_g, '.1f')} mg, scale {_scale(made.acc_matrix)} %"
    yield (
        f"gyroscope bias {_three(np.degrees(made.gyr_bias_radps), '.2f')} deg/s "
        f"(within {1.96 * rate_sigma:.3f}), scale {_scale(made.gyr_matrix)} %"
    )


def _scale(matrix: "FloatArray") -> str:
    return _three(100 * (matrix.diagonal() - 1), ".2f")


def _three(values: "FloatArray", form: str) -> str:
    return " ".join(f"{value:+{form}}" for value in values.tolist())
