"""What a view may ask of its surroundings: other sources, and places to keep things. The command line provides it; a
view without one only shows its session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bartracker.ghost import Ghost
from bartracker.live import LiveSession
from bartracker.live_calibration import CalibrationSession
from bartracker.session_edits import Edit


@dataclass(frozen=True, slots=True)
class SensorAtHand:
    """The sensor that is connected.

    Attributes:
        sensor_id: device id, hex; label: what to call it; uri: opens it again.
        new: nobody has named it here, or put that off.
        calibrated_utc: when the calibration that is used for it was made, ISO 8601; None: it has none.
    """

    sensor_id: str
    label: str
    uri: str
    new: bool
    calibrated_utc: str | None


class SensorDesk(Protocol):
    """What can be done with the sensor at hand besides lifting with it. `at_hand` is quick; the others may take long
    and are called in a thread of their own, but for `calibration` and `check`. They raise BartrackerError.
    """

    @property
    def at_hand(self) -> SensorAtHand | None:
        """None for a virtual sensor and a recording, and before one is connected."""
        ...

    def name(self, text: str) -> None:
        """Call it this from now on."""
        ...

    def offered(self) -> None:
        """Naming and calibrating were offered; not again by themselves."""
        ...

    def calibration(self, latitude_deg: float | None) -> CalibrationSession:
        """A calibration of it there, not begun; the sensor must be free by then."""
        ...

    def check(self) -> CalibrationSession:
        """A check of its calibration, not begun; the sensor must be free by then."""
        ...


class Surroundings(Protocol):
    """Calls that may take long (`near`, `keep_edits`, `ghost`) are made in a thread of their own."""

    @property
    def folder(self) -> Path:
        """Where pictures and pages go."""
        ...

    @property
    def desk(self) -> SensorDesk | None:
        """For the sensor at hand; None where there is none to be had."""
        ...

    def open(self, uri: str) -> LiveSession:
        """A new session, not started; "": the source that was asked for at first. Raises BartrackerError."""
        ...

    def near(self) -> Sequence[tuple[str, str]]:
        """Name and URI of the sensors that can be heard, the strongest first; takes seconds. Raises BartrackerError."""
        ...

    def ghost(self) -> Ghost | None:
        """The rep to lift against that was asked for, None where none was; takes seconds. Raises BartrackerError."""
        ...

    def keep_edits(self, edits: tuple[Edit, ...]) -> None:
        """Keep corrections beside the recording, where there is one. Raises BartrackerError."""
        ...
