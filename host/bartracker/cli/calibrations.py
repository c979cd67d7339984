"""Which calibration a command uses: the file that was named, or the one kept for the sensor."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bartracker.calibration import Calibration
    from bartracker.calibration.choosing import Chosen
    from bartracker.links import Link

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
    """`asked`: the calibration that was named; None: whatever is kept for the sensor, here or in itself."""

    asked: "Calibration | None"

    def of_sensor(self, sensor_id: str, chip: str | None = None, kept: bytes | None = None) -> "Chosen":
        """The calibration to use for a live sensor; `kept`: the block that it keeps itself. Raises BartrackerError for
        another sensor's, or a damaged file.
        """
        from bartracker.calibration.choosing import Chosen, choose
        from bartracker.exchange.calibration_folder import check_sensor, find_calibration

        if self.asked is None:
            return choose(find_calibration(sensor_id), kept, sensor_id=sensor_id, chip=chip)
        check_sensor(self.asked, sensor_id, f"calibration {self.asked.name!r}")
        return Chosen(self.asked)

    def of_link(self, link: "Link", sensor_id: str, chip: str | None) -> "Calibration | None":
        """The same for a connected sensor, who says which it is where that is not plain. Raises BartrackerError."""
        from bartracker.links.sensor_link import KeepingLink

        if not isinstance(link, KeepingLink):
            return self.of_sensor(sensor_id, chip).calibration
        chosen = self.of_sensor(sensor_id, chip, link.kept_calibration)
        if chosen.words:
            link.tell("calibration", chosen.words)
        return chosen.calibration

    def for_recording(self, info_raw: bytes, kept: bytes | None) -> Mapping[str, object] | None:
        """What a recording of this sensor keeps of it."""
        from bartracker.calibration import IDENTITY
        from bartracker.wire import decode_info

        info = decode_info(info_raw)
        calibration = self.of_sensor(info.device_id.hex(), info.chip, kept).calibration
        return None if calibration is None or calibration is IDENTITY else calibration.to_dict()


def parse_calibration_option(text: str | None) -> "Calibration | None":
    """The calibration in the file that was named; IDENTITY for "none". Raises BartrackerError."""
    if text is None:
        return None
    from bartracker.calibration import IDENTITY
    from bartracker.exchange.calibration_json import read_calibration

    return IDENTITY if text == NONE else read_calibration(Path(text))
