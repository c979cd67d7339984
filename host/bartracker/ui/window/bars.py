"""The strips of the window: the set's header and a banner above, notices and transport below."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QVBoxLayout, QWidget

from bartracker.live_state import LiveSet, LiveState
from bartracker.ui import quantities, wording
from bartracker.ui.window.cards import CaptionedValue
from bartracker.ui.window.painting import card_frame, label
from bartracker.ui.window.palette import Theme

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_PROGRESS_STEPS = 10_000


class SetHeader:
    """Exercise, load and how the set is going."""

    def __init__(self) -> None:
        self.exercise = label("", "exercise")
        self.load = label("", "load")
        self.set_number = CaptionedValue("Set")
        self.reps = CaptionedValue("Reps")
        self.mean = CaptionedValue("Mean velocity")
        self.best = CaptionedValue("Best")
        self.loss = CaptionedValue("Loss from best / first")
        self._values = (self.set_number, self.reps, self.mean, self.best, self.loss)
        self.rest = CaptionedValue("Rest")
        self.athlete = CaptionedValue("Athlete")
        self.link = CaptionedValue("Source")
        self.frame = card_frame()
        layout = QHBoxLayout(self.frame)
        layout.setContentsMargins(18, 6, 18, 6)
        layout.setSpacing(22)
        title = QHBoxLayout()
        title.setSpacing(10)
        title.addWidget(self.exercise)
        title.addWidget(self.load)
        layout.addLayout(title)
        layout.addStretch(1)
        for value in (self.athlete, *self._values, self.rest):
            layout.addWidget(value)
        layout.addStretch(1)
        layout.addWidget(self.link)

    def show(self, shown: LiveSet | None, state: LiveState, units: quantities.Units) -> None:
        """Show the set and the source's state."""
        self.exercise.setText(wording.set_exercise(shown, state))
        warm_up = " warm-up" if shown is not None and shown.warm_up else ""
        self.load.setText(quantities.load(wording.set_load(shown, state), units) + warm_up)
        athlete = (shown.athlete if shown is not None else None) or state.athlete
        self.athlete.setVisible(athlete is not None)
        self.athlete.set_value(athlete or "")
        rest = wording.rest_s(state)
        self.rest.set_value(wording.UNKNOWN if rest is None else quantities.clock(rest))
        for value, text in zip(self._values, wording.set_values(shown), strict=True):
            value.set_value(text)
        self.link.set_value(wording.link_line(state))


class Banner(QLabel):
    """What must be seen at once, across the whole window; hidden where all is well."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAccessibleName("Alarm")
        self.hide()

    def show_state(self, state: LiveState) -> None:
        """Say what is wrong, if anything is."""
        alarm = wording.alarm(state)
        if alarm is None:
            self.hide()
            return
        shape = {"warning": "▲  ", "error": "■  "}.get(alarm[1], "")
        text = shape + alarm[0]
        if (text, alarm[1]) != (self.text(), self.property("severity")):
            self.setText(text)
            self.setProperty("severity", alarm[1])
            self.style().unpolish(self)
            self.style().polish(self)
        self.show()


class NoticeLine(QLabel):
    """The newest remark; why the session ended stands in the banner."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Notices")

    def show_state(self, shown: LiveSet | None, state: LiveState, units: quantities.Units) -> None:
        """Say what there is to say now."""
        text, severity = wording.notice(shown, replace(state, error=None), units)
        self.show_said(text, severity)
        self.setToolTip("\n".join(f"{quantities.clock(each.t_s)}  {each.text}" for each in state.notices[-12:]))

    def show_said(self, text: str, severity: str) -> None:
        """Say this."""
        self._put({"warning": "▲  ", "error": "■  "}.get(severity, "") + text, severity)

    def show_fault(self, text: str) -> None:
        """Say that the window itself has failed."""
        self._put(f"■  {text}", "error")

    def _put(self, text: str, severity: str) -> None:
        if (text, severity) != (self.text(), self.property("severity")):
            self.setText(text)
            self.setProperty("severity", severity)
            self.style().unpolish(self)
            self.style().polish(self)


class Transport(QWidget):
    """Play, pause, speed and position of a recording; hidden for a sensor. Its buttons never take the keyboard's
    focus.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.play = _button("Play or pause (space)")
        self.slower = _button("Slower (-)", "–")
        self.faster = _button("Faster (+)", "+")
        self.speed = QLabel("1×")
        self.speed.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QSlider(Qt.Orientation.Horizontal)
        self.bar.setMaximum(_PROGRESS_STEPS)
        self.bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bar.setAccessibleName("Position in the recording")
        self.position = QLabel("0:00 / 0:00")
        self.keys = label("? all keys", "hint")
        self._icons = {True: _play_icon(theme), False: _pause_icon(theme)}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for widget in (self.play, self.slower, self.speed, self.faster, self.position):
            layout.addWidget(widget)
        layout.addWidget(self.bar, 1)

    def show_state(self, state: LiveState) -> None:
        """Show where a recording stands."""
        controllable = state.speed is not None
        if self.isHidden() == controllable:
            self.setVisible(controllable)
            # The layout must hear of it also before the window shows.
            self.updateGeometry()
        for widget in (self.play, self.slower, self.speed, self.faster, self.position, self.bar):
            widget.setVisible(controllable)
        if state.speed is None:
            return
        for button in (self.play, self.slower, self.faster):
            button.setEnabled(not state.ended)
        self.bar.setEnabled(True)
        self.play.setIcon(self._icons[state.paused or state.ended])
        self.speed.setText(quantities.speed(state.speed))
        if state.position_s is not None and state.duration_s:
            self.position.setText(wording.place_in_recording(state))
            if not self.bar.isSliderDown():
                self.bar.setValue(round(_PROGRESS_STEPS * min(1.0, state.position_s / state.duration_s)))

    def sought_s(self, duration_s: float) -> float:
        """Where the slider stands, s."""
        return duration_s * self.bar.value() / _PROGRESS_STEPS

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.play.setIconSize(QSize(round(14 * scale), round(14 * scale)))
        self.speed.setMinimumWidth(round(48 * scale))
        self.position.setMinimumWidth(round(84 * scale))


def footer(notice: NoticeLine, transport: Transport) -> QFrame:
    """The card at the bottom."""
    frame = card_frame()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(18, 5, 18, 6)
    layout.setSpacing(4)
    said = QHBoxLayout()
    said.addWidget(notice, 1)
    said.addWidget(transport.keys)
    layout.addLayout(said)
    layout.addWidget(transport)
    return frame


def next_speed(speed: float, steps: int) -> float:
    """The speed `steps` further along SPEEDS from the nearest one at or past `speed`; stays within them."""
    at = (
        next((place for place, each in enumerate(SPEEDS) if each >= speed), len(SPEEDS) - 1)
        if speed > 0
        else len(SPEEDS) - 1
    )
    return SPEEDS[min(max(at + steps, 0), len(SPEEDS) - 1)]


def _button(name: str, text: str = "") -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def _play_icon(theme: Theme) -> QIcon:
    return _icon(
        theme, lambda painter: painter.drawPolygon(QPolygonF([QPointF(8, 4), QPointF(28, 16), QPointF(8, 28)]))
    )


def _pause_icon(theme: Theme) -> QIcon:
    return _icon(theme, lambda painter: painter.drawRects([QRectF(7, 4, 6, 24), QRectF(19, 4, 6, 24)]))


def _icon(theme: Theme, draw: Callable[[QPainter], None]) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.text))
    draw(painter)
    painter.end()
    return QIcon(pixmap)
