"""What a person does at the pages over the window: look who is near, change to another source, and the steps of
sensor_steps.py. By key and by mouse alike.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.sources import Surroundings
from bartracker.ui.start_page import Choice, StartPage, scan_failed_page, start_page
from bartracker.ui.window.sensor_steps import SensorSteps

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

_OF_THE_WINDOW = ("T", "F", "F11", "Ctrl++", "Ctrl+=", "Ctrl+-", "Q", "P")
"""Keys that mean the same wherever one is."""


class SourceChoice:
    """Opens sessions in the window's surroundings, where it has any."""

    def __init__(self, window: "MainWindow", surroundings: Surroundings | None) -> None:
        self._window = window
        self._surroundings = surroundings
        self._near: Sequence[tuple[str, str]] | None = None
        self._failed: StartPage | None = None
        self._scanning = False
        self.steps = SensorSteps(window, self, None if surroundings is None else surroundings.desk)

    @property
    def page(self) -> StartPage | None:
        """What stands over the window."""
        if self.steps.calibrating:
            return None
        if self._failed is not None:
            return self._failed
        looking = self._scanning or self._near is not None
        step = None if looking else self.steps.page
        if step is not None:
            return step
        return start_page(self._window.state, self._near, self._scanning, can_open=self._surroundings is not None)

    def press(self, key: str) -> bool:
        """Carry out what the key means on the page that shows; False where it means nothing there."""
        window = self._window
        if self.steps.calibrating:
            page = window.calibration.page
            choices = () if page is None else page.choices
            return self._take(choices, key) or key not in _OF_THE_WINDOW
        page = window.start.page
        if page is None:
            return False
        if key == "Esc" and (self._near is not None or self._failed is not None):
            self._near, self._failed = None, None
            window.show_again()
            return True
        return self._take(page.choices, key)

    def open(self, uri: str) -> None:
        """Change to this source; "": the one that was asked for."""
        if self._surroundings is None:
            return
        try:
            self._change_session(self._surroundings.open(uri))
        except BartrackerError as error:
            self._window.refuse(error)
        self._window.show_again()

    def _take(self, choices: Sequence[Choice], key: str) -> bool:
        choice = next((each for each in choices if each.key == key), None)
        surroundings = self._surroundings
        if choice is None or surroundings is None:
            return False
        if choice.act == "scan":
            self._scanning, self._near, self._failed = True, None, None
            self._window.background.do(surroundings.near, self._heard, self._heard_nothing)
        elif choice.act == "open":
            self.open(choice.uri)
        else:
            self.steps.take(choice, self._window.start.typed)
        self._window.show_again()
        return True

    def _change_session(self, session: LiveSession) -> None:
        window = self._window
        old = window.session
        self._near, self._failed, self._scanning = None, None, False
        self.steps.forget()
        # The old one may take seconds to let go of its sensor.
        window.background.do(old.close, lambda _: None, window.refuse)
        session.start()
        window.use_session(session)

    def _heard(self, near: object) -> None:
        self._scanning = False
        self._near = cast("list[tuple[str, str]]", near)
        self._window.show_again()

    def _heard_nothing(self, error: BartrackerError) -> None:
        self._scanning = False
        self._failed = scan_failed_page(f"{error.given}: {error.problem}. What to do: {error.remedy}.")
        self._window.show_again()
