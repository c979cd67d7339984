"""Where this computer keeps the calibrations of its sensors: the user's data folder, one file a sensor, older ones
beside it.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bartracker.calibration import Calibration
from bartracker.errors import BartrackerError
from bartracker.exchange.calibration_json import read_calibration, write_calibration
from bartracker.recording.files import os_problem


def folder() -> Path:
    """The folder; it need not exist."""
    from platformdirs import user_data_path

    return user_data_path("bartracker", appauthor=False) / "calibrations"


def path_of(sensor_id: str) -> Path:
    """Where the calibration of this sensor is kept."""
    return folder() / f"{re.sub('[^0-9a-zA-Z]', '_', sensor_id)[:64]}.json"


def find_calibration(sensor_id: str) -> Calibration | None:
    """The calibration of a sensor; None if it has none here. Raises BartrackerError for a file that cannot be used."""
    path = path_of(sensor_id)
    if not path.is_file():
        return None
    calibration = read_calibration(path)
    check_sensor(calibration, sensor_id, str(path))
    return calibration


def keep_calibration(calibration: Calibration, quality: Mapping[str, object] | None = None) -> Path:
    """Keep it for its sensor; the one before stays under its date. Returns where. Raises BartrackerError."""
    if calibration.sensor_id is None:
        raise BartrackerError("calibration", "the sensor has told no id", "give --output FILE")
    path = path_of(calibration.sensor_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise os_problem(str(path), error, "written") from None
    put_aside(calibration.sensor_id)
    write_calibration(calibration, path, quality)
    return path


def put_aside(sensor_id: str) -> Path | None:
    """Keep the calibration of this sensor under its date, so that it is not used any more. Returns where, None if there
    was none. Raises BartrackerError.
    """
    path = path_of(sensor_id)
    if not path.exists():
        return None
    aside = path.with_name(f"{path.stem}.{_date_of(path)}.json")
    try:
        path.replace(aside)
    except OSError as error:
        raise os_problem(str(path), error, "written") from None
    return aside


def check_sensor(calibration: Calibration, sensor_id: str | None, given: str) -> None:
    """Raises BartrackerError if the calibration is known to be another sensor's."""
    if calibration.sensor_id is not None and sensor_id is not None and calibration.sensor_id != sensor_id:
        text = f"is of sensor {calibration.sensor_id}, this one is {sensor_id}"
        raise BartrackerError(given, text, "name its own calibration, or calibrate it")


def _date_of(path: Path) -> str:
    made = None
    with suppress(BartrackerError):
        made = read_calibration(path).made_utc
    return re.sub("[^0-9T]", "", made)[:15] if made else "old"
