"""What can be done with the sensor at hand besides lifting with it: its name, its calibration, the check of that."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bartracker.cli.calibrations import CalibrationChoice
from bartracker.errors import BartrackerError
from bartracker.known_sensors import KnownSensor, read_sensors, write_sensors
from bartracker.links import Link, open_link
from bartracker.live_calibration import CalibrationSession
from bartracker.ui.sources import SensorAtHand

if TYPE_CHECKING:
    from bartracker.links.ble_link import BleLink
    from bartracker.recording import Recording

LOG = logging.getLogger("bartracker.cli")
_SCAN_S = 5.0


class SensorDesk:
    """The view's `ui.sources.SensorDesk`, over the book of known sensors and the kept calibrations."""

    def __init__(self, calibrations: CalibrationChoice) -> None:
        self._calibrations = calibrations
        self._link: BleLink | None = None
        self._at_hand: SensorAtHand | None = None

    @property
    def at_hand(self) -> SensorAtHand | None:
        """The sensor that was connected last; None for a virtual one and before."""
        return self._at_hand

    def left(self) -> None:
        """Another source is opened."""
        self._link = self._at_hand = None

    def connected(self, link: Link, recording: "Recording") -> None:
        """A sensor has told who it is: note how it is heard, and call it by its name. In the link's reader's thread."""
        from bartracker.links.ble_link import BleLink

        sensor_id = recording.sensor_id
        if not isinstance(link, BleLink) or link.found is None or sensor_id is None:
            return
        found = link.found
        book = read_sensors()
        known = book.of(sensor_id) or KnownSensor(sensor_id)
        heard = replace(known, advertised=found.name[:64], address=found.address[:64])
        try:
            if heard != known:
                write_sensors(book.with_sensor(heard))
        except BartrackerError as error:
            LOG.warning("the sensor was not noted: %s", error)  # that must not end a session
        link.call_it(heard.label)
        made_utc = (recording.calibration_parameters or {}).get("made_utc")
        self._link = link
        self._at_hand = SensorAtHand(
            sensor_id=sensor_id,
            label=heard.label,
            uri=f"ble://{found.address}",
            new=not heard.name and not heard.calibration_offered,
            calibrated_utc=made_utc if isinstance(made_utc, str) else None,
        )

    def name(self, text: str) -> None:
        """Call the sensor at hand this from now on. Raises BartrackerError."""
        at_hand = self._needed()
        book = read_sensors().named(at_hand.sensor_id, text)
        write_sensors(book)
        known = book.of(at_hand.sensor_id)
        label = at_hand.label if known is None else known.label
        self._at_hand = replace(at_hand, label=label, new=False)
        if self._link is not None:
            self._link.call_it(label)

    def offered(self) -> None:
        """The first run with the sensor at hand is done: nothing is offered by itself any more."""
        at_hand = self._needed()
        book = read_sensors()
        known = book.of(at_hand.sensor_id) or KnownSensor(at_hand.sensor_id)
        write_sensors(book.with_sensor(replace(known, calibration_offered=True)))
        self._at_hand = replace(at_hand, new=False)

    def calibration(self, latitude_deg: float | None) -> CalibrationSession:
        """A calibration of the sensor at hand there, not begun; the sensor must be free."""
        from bartracker.calibration.gravity import ANYWHERE, local_gravity
        from bartracker.cli.calibrate import connected
        from bartracker.cli.kept_calibration import keeper

        link = open_link(self._needed().uri)
        gravity = ANYWHERE if latitude_deg is None else local_gravity(latitude_deg)
        return CalibrationSession(link, lambda: connected(link), keep=keeper(link), gravity=gravity)

    def check(self) -> CalibrationSession:
        """A check of its calibration, not begun; the sensor must be free."""
        from bartracker.cli.calibrate import connected
        from bartracker.cli.check_sensor import calibration_of

        link = open_link(self._needed().uri)
        asked = self._calibrations.asked
        return CalibrationSession(
            link, lambda: connected(link), used=lambda source: calibration_of(link, source, asked)
        )

    def near(self) -> Sequence[tuple[str, str]]:
        """Name and URI of the sensors that can be heard, the strongest first."""
        from bartracker.links.ble_scan import scan

        book = read_sensors()
        near: list[tuple[str, str]] = []
        for sensor in scan(_SCAN_S):
            known = book.heard(sensor.name, sensor.address)
            words = f"{known.name} ({sensor.name})" if known is not None and known.name else sensor.words
            near.append((f"{words}, {sensor.rssi_dbm} dBm", f"ble://{sensor.address}"))
        return near

    def _needed(self) -> SensorAtHand:
        if self._at_hand is None:
            raise BartrackerError("sensor", "none is connected", "connect one first")
        return self._at_hand
