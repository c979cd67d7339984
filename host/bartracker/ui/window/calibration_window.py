"""A window for a calibration alone: `bartracker calibrate` where there is a display."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bartracker.errors import BartrackerError
from bartracker.live_calibration import CalibrationSession, CalibrationState
from bartracker.ui.preferences import Preferences
from bartracker.ui.window.calibrating import CalibrationOverlay
from bartracker.ui.window.collecting import collect_due
from bartracker.ui.window.frame_clock import FRAME_MS
from bartracker.ui.window.keys import key_name
from bartracker.ui.window.palette import THEMES, style_sheet
from bartracker.ui.window.parts import BASE

_LEAST_SCALE = 0.8


class CalibrationWindow(QWidget):
    """Shows one calibration after the other until it is closed. Raises what the first opening raises."""

    def __init__(self, open_session: Callable[[], CalibrationSession], preferences: Preferences | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("bartracker: calibration")
        self._open, self._preferences = open_session, preferences or Preferences()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._session = open_session()
        self._remake()
        self.resize(self._preferences.width, self._preferences.height)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.on_frame)
        self._timer.start(FRAME_MS)
        self._session.start()

    @property
    def state(self) -> CalibrationState:
        """Where the last calibration stands."""
        return self._session.state

    def on_frame(self) -> None:
        """Show how it stands."""
        collect_due()
        self.page.show_state(self._session.state)

    def stop(self) -> None:
        """Draw no more by itself."""
        self._timer.stop()

    def press(self, key: str) -> None:
        """What a key, or a click on a choice, does."""
        if key == "T":
            theme = "light" if self._preferences.theme == "dark" else "dark"
            self._preferences = replace(self._preferences, theme=theme)
            self._remake()
        choices = () if self.page.page is None else self.page.page.choices
        choice = next((each for each in choices if each.key == key), None)
        if key == "Q" or (choice is not None and choice.act == "leave"):
            self.close()
        elif choice is not None and choice.act == "keep":
            self._session.keep()
        elif choice is not None:
            self._again()
        self.on_frame()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.press(key_name(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        self._session.close()
        super().closeEvent(event)

    def _remake(self) -> None:
        theme = THEMES[self._preferences.theme]
        for old in self.findChildren(QWidget):
            old.deleteLater()
        ground = QWidget(self)
        self._layout.addWidget(ground)
        self.page = CalibrationOverlay(ground, theme)
        self.page.chosen.connect(self.press)
        self._fit()

    def _fit(self) -> None:
        scale = max(min(self.width() / BASE[0], self.height() / BASE[1]), _LEAST_SCALE) * self._preferences.zoom
        self.setStyleSheet(style_sheet(THEMES[self._preferences.theme], scale))
        self.page.set_scale(scale)
        self._layout.activate()
        self.page.cover()

    def _again(self) -> None:
        self._session.close()
        try:
            session = self._open()
        except BartrackerError:
            return  # what it was opened with did open before; the page goes on to say what failed then
        self._session = session
        self.page.show_state(None)
        session.start()
