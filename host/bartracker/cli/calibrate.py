"""`bartracker calibrate`: a person is led through laying the sensor on its sides; the result is judged and kept."""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.options import WrongUseError

if TYPE_CHECKING:
    from bartracker.calibration import Calibration
    from bartracker.calibration.gravity import Gravity
    from bartracker.calibration.guide import CalibrationGuide, GuideMessage, GuideProgress
    from bartracker.calibration.solver import SensorFit
    from bartracker.links import Link
    from bartracker.samples import FloatArray

EXAMPLES = """\b
Examples:
  bartracker calibrate --latitude 48.1               the one sensor that is switched on
  bartracker calibrate ble://bar-1 --record table.btr
  bartracker calibrate table.btr                     once more from that recording
  bartracker calibrate "sim://calibrate?user=hasty&seed=1"
"""
_BAR_WIDTH = 20


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
    headless: Annotated[bool, typer.Option("--headless", help="Plain lines, no progress bar.")] = False,
) -> int:
    """Calibrate a sensor on a table in three minutes: lay it on each of its sides, then lean it here and there.

    It sees by itself when the sensor lies still and when it has enough. The result is kept for this sensor and used
    whenever it is live.
    """
    from bartracker.calibration.gravity import ANYWHERE, local_gravity
    from bartracker.exchange.files import checked_target

    if latitude is None and altitude:
        raise WrongUseError(f"--altitude {altitude:g}", "says nothing of gravity alone", "give --latitude too")
    if output is not None:
        checked_target(output)
    gravity = ANYWHERE if latitude is None else local_gravity(latitude, altitude)
    link = opened(sensor)
    try:
        source = connected(link, record)
        fit = _guided(link, source, gravity, quiet=headless or not sys.stdout.isatty())
        calibration = _signed(fit.calibration, link, source)
    finally:
        link.close()
    _say_result(fit)
    _keep(calibration, fit, output)
    return 0


def opened(uri: str) -> "Link":
    """The source that was named; a file is read as fast as possible. Raises WrongUseError, BartrackerError."""
    from bartracker.links import PlaybackLink, UriError, open_link

    try:
        link = open_link(uri)
    except UriError as error:
        raise WrongUseError(error.given, error.problem, error.remedy) from None
    if isinstance(link, PlaybackLink):
        link.speed = 0.0
    return link


@dataclass(frozen=True, slots=True)
class Source:
    """Who the sensor is: `sensor_id` (hex), `chip` and `rate_hz`, each None if nobody has told."""

    sensor_id: str | None
    chip: str | None
    rate_hz: float | None


def connected(link: "Link", record: Path | None = None) -> Source:
    """The sensor connected and, if asked, recorded; or what the recording says of it. Raises BartrackerError."""
    from bartracker.links.sensor_link import SensorLink

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


def _guided(link: "Link", source: Source, gravity: "Gravity", *, quiet: bool) -> "SensorFit":
    """Play the link through the guide until that has enough. Raises BartrackerError: it never gets enough."""
    from bartracker.calibration.guide import CalibrationGuide
    from bartracker.links import LinkNotice

    guide = CalibrationGuide(gravity, source.rate_hz)
    with _shown(guide, quiet) as show:
        for item in link.items():
            if isinstance(item, LinkNotice):
                console.say_remark(link.label, item.text)
                continue
            show.say(guide.push(item))
            if guide.fit is not None:
                break
    return guide.finish()


class _Lines:
    """Each message a line."""

    def say(self, messages: "tuple[GuideMessage, ...]") -> None:
        for message in messages:
            console.say_result(f"{message.t_s:6.1f} s  {message.text}")


class _Screen(_Lines):
    """Messages scroll by; below them stands what to do, a bar and the time."""

    def __init__(self, guide: "CalibrationGuide") -> None:
        from rich.console import Console
        from rich.live import Live

        self._guide = guide
        self.live = Live(console=Console(), refresh_per_second=10, transient=True)

    def say(self, messages: "tuple[GuideMessage, ...]") -> None:
        for message in messages:
            if message.code != "do":
                self.live.console.print(f"  {message.text}", markup=False)
        self.live.update(status_line(self._guide.progress))


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
def _shown(guide: "CalibrationGuide", quiet: bool) -> Generator[_Lines]:
    if quiet:
        yield _Lines()
        return
    screen = _Screen(guide)
    with screen.live:
        yield screen


def _signed(calibration: "Calibration", link: "Link", source: Source) -> "Calibration":
    """With the sensor, the date and the temperature."""
    from bartracker.links.sensor_link import SensorLink

    status = link.health().status if isinstance(link, SensorLink) else None
    return replace(
        calibration,
        sensor_id=source.sensor_id,
        chip=source.chip,
        made_utc=link.metadata.started_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        temperature_degc=status.temperature_degc if status else None,
    )


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


def _keep(calibration: "Calibration", fit: "SensorFit", output: Path | None) -> None:
    from bartracker.exchange.calibration_folder import keep_calibration
    from bartracker.exchange.calibration_json import quality_of, write_calibration

    quality = quality_of(fit)
    if output is not None:
        write_calibration(calibration, output, quality)
        console.say_result(f"-> {output}; use it with --calibration {output}")
        return
    path = keep_calibration(calibration, quality)
    console.say_result(f"-> {path}; it is used whenever this sensor is live")
