"""Which of two calibrations of one sensor is used: the one on this computer, or the one that the sensor keeps."""

from dataclasses import dataclass

from bartracker.calibration.model import Calibration
from bartracker.calibration.sensor_block import decode_block, made_s
from bartracker.errors import BartrackerError


@dataclass(frozen=True, slots=True)
class Chosen:
    """`calibration` to use, None: none; `words` for a person where the two differ or only the sensor has one."""

    calibration: Calibration | None
    words: str = ""


def choose(here: Calibration | None, block: bytes | None, *, sensor_id: str, chip: str | None) -> Chosen:
    """The newer of the two; of equally old ones, and where no date tells, the one on this computer (it has all digits).

    A block that is damaged, or of another sensor or chip, is not used, and said to be so.
    """
    if block is None:
        return Chosen(here)
    try:
        there = decode_block(block, "the sensor")
        _check_owner(there, sensor_id, chip)
    except BartrackerError as error:
        return Chosen(here, f"its own calibration is not used: {error}")
    if here is None:
        return Chosen(there, f"calibrated {_date(there)}, as the sensor itself has kept")
    here_s, there_s = made_s(here.made_utc), made_s(there.made_utc)
    if there_s is None or (here_s is not None and int(here_s) == int(there_s)):
        return Chosen(here)
    if here_s is None or there_s > here_s:
        return Chosen(there, f"its own calibration ({_date(there)}) is used: newer than the one here ({_date(here)})")
    return Chosen(here, f"the calibration here ({_date(here)}) is used: newer than the sensor's own ({_date(there)})")


def _check_owner(calibration: Calibration, sensor_id: str, chip: str | None) -> None:
    if calibration.sensor_id != sensor_id:
        raise BartrackerError("the sensor", f"keeps the calibration of sensor {calibration.sensor_id}", "calibrate it")
    if chip is not None and calibration.chip != chip:
        raise BartrackerError(
            "the sensor", f"keeps the calibration of a {calibration.chip}, it has a {chip}", "calibrate it"
        )


def _date(calibration: Calibration) -> str:
    return "undated" if calibration.made_utc is None else calibration.made_utc[:16].replace("T", " ")
