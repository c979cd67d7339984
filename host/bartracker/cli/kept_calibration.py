"""The calibration that a sensor keeps itself: put there beside the one kept here, shown, removed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bartracker.cli import console
from bartracker.cli.options import WrongUseError

if TYPE_CHECKING:
    from bartracker.calibration import Calibration
    from bartracker.calibration.solver import SensorFit
    from bartracker.links import Link
    from bartracker.links.kept_calibration import KeepingWork
    from bartracker.links.sensor_link import WorkableLink


def keeper(link: "Link", output: Path | None = None) -> "Callable[[Calibration, SensorFit], str]":
    """What keeps a calibration while its sensor is connected and says where: here (or in `output`), and in the sensor.
    To be called before the link is connected.
    """
    from bartracker.links.kept_calibration import KeepingWork
    from bartracker.links.sensor_link import WorkableLink

    if output is not None or not isinstance(link, WorkableLink):
        return lambda calibration, fit: _keep_here(calibration, fit, output)
    work = KeepingWork()
    link.before_end(work)

    def keep(calibration: "Calibration", fit: "SensorFit") -> str:
        return f"{_keep_here(calibration, fit, None)}; {_keep_in_sensor(link, work, calibration)}"

    return keep


def _keep_here(calibration: "Calibration", fit: "SensorFit", output: Path | None) -> str:
    from bartracker.exchange.calibration_folder import keep_calibration
    from bartracker.exchange.calibration_json import quality_of, write_calibration

    quality = quality_of(fit)
    if output is not None:
        write_calibration(calibration, output, quality)
        return f"{output}; use it with --calibration {output}"
    return f"{keep_calibration(calibration, quality)}; it is used whenever this sensor is live"


def _keep_in_sensor(link: "WorkableLink", work: "KeepingWork", calibration: "Calibration") -> str:
    """Words that say whether the sensor has it too: it is kept here already."""
    from bartracker.calibration.sensor_block import encode_block
    from bartracker.errors import BartrackerError

    try:
        work.block = encode_block(calibration)
        _end(link, work)
    except BartrackerError as error:
        return f"not in the sensor: {error.problem}"
    return "the sensor keeps it too, for other computers"


def _end(link: "WorkableLink", work: "KeepingWork") -> None:
    """End the stream, so that the work is done. Raises BartrackerError."""
    from bartracker.links.sensor_link import LinkState

    if link.health().state not in (LinkState.ENDED, LinkState.FAILED):
        link.finish()
        for _ in link.items():
            pass
    work.check(link.label)


def show_kept(link: "Link", sensor: str) -> int:
    """Say which calibrations of a sensor there are, and which is used; 0 if there is one. Raises BartrackerError."""
    from bartracker.calibration.choosing import choose
    from bartracker.exchange.calibration_folder import find_calibration

    live = _live(link, sensor)
    try:
        info = live.connect()
        sensor_id = info.device_id.hex()
        here, block = find_calibration(sensor_id), getattr(live, "kept_calibration", None)
        chosen = choose(here, block, sensor_id=sensor_id, chip=info.chip)
        console.say_result(f"{live.label}: sensor {sensor_id}, {info.chip}")
        console.say_result(f"here: {_described(here)}")
        there = choose(None, block, sensor_id=sensor_id, chip=info.chip).calibration
        console.say_result(f"in the sensor: {_described(there)}")
        if chosen.words:
            console.say_remark(live.label, chosen.words)
    finally:
        live.close()
    return int(chosen.calibration is None)


def forget_kept(link: "Link", sensor: str) -> int:
    """Have neither the sensor nor this computer use a calibration of it. Raises BartrackerError."""
    from bartracker.exchange.calibration_folder import put_aside
    from bartracker.links.kept_calibration import KeepingWork

    live = _live(link, sensor)
    work = KeepingWork()
    work.block = b""
    live.before_end(work)
    try:
        sensor_id = live.connect().device_id.hex()
        _end(live, work)
    finally:
        live.close()
    aside = put_aside(sensor_id)
    console.say_result(f"{live.label}: the sensor keeps no calibration now")
    console.say_result("here there was none" if aside is None else f"the one here is put aside as {aside}")
    return 0


def _live(link: "Link", sensor: str) -> "WorkableLink":
    from bartracker.links.sensor_link import WorkableLink

    if not isinstance(link, WorkableLink):
        link.close()
        raise WrongUseError(sensor, "is a recording", "give a sensor: ble://[NAME]")
    return link


def _described(calibration: "Calibration | None") -> str:
    if calibration is None:
        return "none"
    import numpy as np

    from bartracker.samples import STANDARD_GRAVITY_MPS2

    acc = " ".join(f"{value:+.1f}" for value in (calibration.acc_bias_mps2 / STANDARD_GRAVITY_MPS2 * 1000).tolist())
    gyr = " ".join(f"{value:+.2f}" for value in np.degrees(calibration.gyr_bias_radps).tolist())
    warm = "" if calibration.temperature_degc is None else f" at {calibration.temperature_degc:.0f} degC"
    return f"made {calibration.made_utc or 'at an unknown date'}{warm}; bias {acc} mg, {gyr} deg/s"
