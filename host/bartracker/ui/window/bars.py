"""The two strips of the window: the set's header above, notices and transport below."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from bartracker.live_state import LiveSet, LiveState
from bartracker.ui import wording
from bartracker.ui.window.cards import CaptionedValue, card_frame, label
from bartracker.ui.window.palette import TEXT

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_PROGRESS_STEPS = 1000


class SetHeader:
    """Exercise, load and how the set is going."""

    def __init__(self) -> None:
        self.exercise = label("", "exercise")
        self.load = label("", "load")
        self.set_number = CaptionedValue("Set")
        self.reps = CaptionedValue("Reps")
        self.mean = CaptionedValue("Mean velocity")
        self.best = CaptionedValue("Best")
        self.loss = CaptionedValue("Velocity loss from best / first")
        self._values = (self.set_number, self.reps, self.mean, self.best, self.loss)
        self.link = CaptionedValue("Source")
        self.frame = card_frame()
        layout = QHBoxLayout(self.frame)
        layout.setContentsMargins(18, 8, 18, 8)
        layout.setSpacing(28)
        title = QHBoxLayout()
        title.setSpacing(10)
        title.addWidget(self.exercise)
        title.addWidget(self.load)
        layout.addLayout(title)
        layout.addStretch(1)
        for value in self._values:
            layout.addWidget(value)
        layout.addStretch(1)
        layout.addWidget(self.link)

    def show(self, shown: LiveSet | None, state: LiveState) -> None:
        """Show the set and the source's state."""
        self.exercise.setText(wording.set_exercise(shown, state))
        self.load.setText(wording.load(wording.set_load(shown, state)))
        for value, text in zip(self._values, wording.set_values(shown), strict=True):
            value.set_value(text)
        self.link.set_value(wording.link_line(state))


class NoticeLine(QLabel):
    """The newest remark; an error takes its place and stays."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Notices")

    def show_state(self, shown: LiveSet | None, state: LiveState) -> None:
        """Say what there is to say now."""
        text, severity = wording.notice(shown, state)
        shape = {"warning": "▲  ", "error": "■  "}.get(severity, "")
        self._put(shape + text, severity)
        self.setToolTip("\n".join(f"{wording.clock(each.t_s)}  {each.text}" for each in state.notices[-12:]))

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

    def __init__(self) -> None:
        super().__init__()
        self.play = _button("Play or pause (space)")
        self.slower = _button("Slower (-)", "–")
        self.faster = _button("Faster (+)", "+")
        self.speed = QLabel("1×")
        self.speed.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximum(_PROGRESS_STEPS)
        self.bar.setAccessibleName("Position in the recording")
        self.position = QLabel("0:00 / 0:00")
        self.keys = label("Space pause   + – speed   ↑ ↓ rep   PgUp PgDn set   Esc newest   Q quit", "hint")
        self._icons = {True: _play_icon(), False: _pause_icon()}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for widget in (self.play, self.slower, self.speed, self.faster, self.position):
            layout.addWidget(widget)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.keys)

    def show_state(self, state: LiveState) -> None:
        """Show where a recording stands."""
        controllable = state.speed is not None
        for widget in (self.play, self.slower, self.speed, self.faster, self.position, self.bar):
            widget.setVisible(controllable)
        if state.speed is None:
            return
        for button in (self.play, self.slower, self.faster):
            button.setEnabled(not state.ended)
        self.play.setIcon(self._icons[state.paused or state.ended])
        self.speed.setText(wording.speed(state.speed))
        if state.position_s is not None and state.duration_s:
            self.position.setText(f"{wording.clock(state.position_s)} / {wording.clock(state.duration_s)}")
            self.bar.setValue(round(_PROGRESS_STEPS * min(1.0, state.position_s / state.duration_s)))

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.play.setIconSize(QSize(round(14 * scale), round(14 * scale)))
        self.speed.setMinimumWidth(round(48 * scale))
        self.position.setMinimumWidth(round(84 * scale))


def footer(notice: NoticeLine, transport: Transport) -> QFrame:
    """The card at the bottom."""
    frame = card_frame()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(18, 8, 18, 10)
    layout.setSpacing(8)
    layout.addWidget(notice)
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


def _play_icon() -> QIcon:
    return _icon(lambda painter: painter.drawPolygon(QPolygonF([QPointF(8, 4), QPointF(28, 16), QPointF(8, 28)])))


def _pause_icon() -> QIcon:
    return _icon(lambda painter: painter.drawRects([QRectF(7, 4, 6, 24), QRectF(19, 4, 6, 24)]))


def _icon(draw: Callable[[QPainter], None]) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(TEXT))
    draw(painter)
    painter.end()
    return QIcon(pixmap)
