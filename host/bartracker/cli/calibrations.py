"""Which calibration a command uses: the file that was named, or the one kept for the sensor."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bartracker.calibration import Calibration

NONE = "none"

CalibrationOption = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        help="The sensor's calibration, or none. Default: the one recorded, or kept for the sensor.",
    ),
]


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """`asked`: the calibration that was named; None: whatever is kept for the sensor."""

    asked: "Calibration | None"

    def of_sensor(self, sensor_id: str) -> "Calibration | None":
        """The calibration to use for a live sensor. Raises BartrackerError for another sensor's, or a damaged file."""
        from bartracker.exchange.calibration_folder import check_sensor, find_calibration

        if self.asked is None:
            return find_calibration(sensor_id)
        check_sensor(self.asked, sensor_id, f"calibration {self.asked.name!r}")
        return self.asked

    def for_recording(self, info_raw: bytes) -> Mapping[str, object] | None:
        """What a recording of this sensor keeps of it."""
        from bartracker.calibration import IDENTITY
        from bartracker.wire import decode_info

        calibration = self.of_sensor(decode_info(info_raw).device_id.hex())
        return None if calibration is None or calibration is IDENTITY else calibration.to_dict()


def parse_calibration_option(text: str | None) -> "Calibration | None":
    """The calibration in the file that was named; IDENTITY for "none". Raises BartrackerError."""
    if text is None:
        return None
    from bartracker.calibration import IDENTITY
    from bartracker.exchange.calibration_json import read_calibration

    return IDENTITY if text == NONE else read_calibration(Path(text))
