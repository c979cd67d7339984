"""What a person does with a sensor besides lifting: names it, calibrates it, has its calibration checked. In the first
run with a new sensor these steps come by themselves, later when they are asked for.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from bartracker.errors import BartrackerError
from bartracker.live_calibration import CalibrationSession, CalibrationState
from bartracker.ui import wording
from bartracker.ui.sources import SensorAtHand, SensorDesk
from bartracker.ui.start_page import (
    Choice,
    StartPage,
    latitude_of,
    naming_page,
    offer_page,
    place_page,
    refused_page,
    sensor_page,
)

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow
    from bartracker.ui.window.source_choice import SourceChoice

Step: TypeAlias = Literal["name", "offer", "place", "sensor"]


class SensorSteps:
    """The steps of one window over its surroundings' desk."""

    def __init__(self, window: "MainWindow", sources: "SourceChoice", desk: SensorDesk | None) -> None:
        self._window, self._sources, self._desk = window, sources, desk
        self._step: Step | None = None
        self._first_run_of: str | None = None
        self._refused: StartPage | None = None
        self.session: CalibrationSession | None = None
        self._uri = ""
        self._beginning = False

    @property
    def page(self) -> StartPage | None:
        """What stands over the window; None: no step is under way."""
        sensor = self._sensor
        self._begin_first_run(sensor)
        if self._step == "sensor":
            return sensor_page(sensor)
        if self._step is None or sensor is None:
            return None
        if self._refused is not None:
            return self._refused
        match self._step:
            case "name":
                return naming_page(sensor)
            case "place":
                return place_page(self._window.preferences.latitude_deg)
            case _:
                return offer_page(sensor)

    @property
    def calibrating(self) -> bool:
        """Whether a calibration or a check has the sensor."""
        return self._beginning or self.session is not None

    def ask(self) -> None:
        """What can be done with the sensor."""
        self._step = "sensor"
        self._window.show_again()

    def take(self, choice: Choice, typed: str) -> None:
        """Carry out a choice of a page of these steps, or of the calibration's."""
        match choice.act:
            case "take-name":
                self._name(typed)
            case "skip-name":
                self._step = self._after_naming()
            case "ask-name":
                self._step = "name"
            case "later":
                self._done()
            case "calibrate" if self.calibrating:
                self._calibrate(check=False)
            case "calibrate":
                self._step = "place"
            case "begin":
                self._take_place(typed)
            case "check":
                self._calibrate(check=True)
            case "keep":
                self._keep()
            case "again":
                self._again()
            case "leave":
                self._leave()
            case _:
                self._step, self._refused = None, None

    def forget(self) -> None:
        """Another source is opened: no step of the old one goes on."""
        self._step, self._refused = None, None

    def advance(self) -> None:
        """Show the calibration as it stands; once a frame."""
        if self.session is not None:
            self._window.calibration.show_state(self.session.state)

    def close(self) -> None:
        """Let go of the sensor."""
        session, self.session = self.session, None
        if session is not None:
            session.close()

    @property
    def _sensor(self) -> SensorAtHand | None:
        return None if self._desk is None else self._desk.at_hand

    def _begin_first_run(self, sensor: SensorAtHand | None) -> None:
        """Once for a sensor that is new here; whoever lifts at once is not held up."""
        lifted = any(each.reps for each in self._window.state.sets)
        if sensor is None or self.calibrating:
            return
        under_way = self._first_run_of == sensor.sensor_id
        if under_way and lifted and self._step in ("name", "offer"):
            self._step, self._first_run_of = None, sensor.sensor_id
        elif sensor.new and not under_way and not lifted:
            self._first_run_of, self._step = sensor.sensor_id, "name"

    def _name(self, typed: str) -> None:
        desk, sensor = self._desk, self._sensor
        if desk is None or sensor is None:
            return

        def named(_: object) -> None:
            self._refused = None
            self._step = self._after_naming()
            now = self._sensor
            self._window.say(f"This sensor is called {now.label} from now on" if now is not None else "")
            self._window.show_again()

        def refused(error: BartrackerError) -> None:
            self._refused = refused_page(naming_page(sensor), _words_of(error), typed)
            self._window.show_again()

        self._window.background.do(lambda: desk.name(typed), named, refused)

    def _after_naming(self) -> Step | None:
        """In a first run a calibration is offered next, if there is none."""
        sensor, self._refused = self._sensor, None
        if sensor is None or self._first_run_of != sensor.sensor_id:
            return None
        if sensor.calibrated_utc is None:
            return "offer"
        self._done()
        return None

    def _done(self) -> None:
        desk = self._desk
        self._step = None
        if desk is not None:
            self._window.background.do(desk.offered, lambda _: None, self._window.refuse)

    def _take_place(self, typed: str) -> None:
        """Where it is calibrated, then the calibration."""
        try:
            latitude_deg = latitude_of(typed)
        except BartrackerError as error:
            self._refused = refused_page(place_page(None), _words_of(error), typed)
            return
        self._refused = None
        self._window.preferences = replace(self._window.preferences, latitude_deg=latitude_deg)
        self._calibrate(check=False)

    def _calibrate(self, *, check: bool) -> None:
        """The live session lets go of the sensor, then the calibration takes it."""
        desk, sensor = self._desk, self._sensor
        if desk is None or sensor is None:
            return
        if self._first_run_of == sensor.sensor_id:
            self._window.background.do(desk.offered, lambda _: None, self._window.refuse)
        self._uri = self._uri or sensor.uri
        before, live, latitude_deg = self.session, self._window.session, self._window.preferences.latitude_deg
        self._step, self._beginning, self.session = None, True, None
        self._window.calibration.show_state(None)
        self._window.calibration.show_state(CalibrationState(0, check, "connecting", sensor.label))

        def take_sensor() -> CalibrationSession:
            live.close()
            if before is not None:
                before.close()
            return desk.check() if check else desk.calibration(latitude_deg)

        def taken(session: object) -> None:
            self._beginning, self.session = False, cast("CalibrationSession", session)
            self.session.start()

        def not_taken(error: BartrackerError) -> None:
            self._beginning = False
            self._window.refuse(error)
            self._leave()

        self._window.background.do(take_sensor, taken, not_taken)

    def _keep(self) -> None:
        if self.session is not None:
            self.session.keep()

    def _again(self) -> None:
        if self.session is not None:
            self._calibrate(check=self.session.state.checks)

    def _leave(self) -> None:
        """Back to lifting with the same sensor."""
        session, self.session = self.session, None
        uri, self._uri = self._uri, ""
        self._window.calibration.show_state(None)

        def let_go() -> None:
            if session is not None:
                session.close()

        self._window.background.do(let_go, lambda _: self._sources.open(uri), self._window.refuse)


def _words_of(error: BartrackerError) -> str:
    return f"{wording.capital(error.given)} {error.problem}. What to do: {error.remedy}."
