"""The window itself: lays the parts out, samples the session's state on a timer and turns keys into controls."""

import logging

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from bartracker.live import LiveSession
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.ui.window.bars import NoticeLine, SetHeader, Transport, footer, next_speed
from bartracker.ui.window.cards import RepCard, font
from bartracker.ui.window.palette import style_sheet
from bartracker.ui.window.plots import PathPlot, TimePlots
from bartracker.ui.window.table import RepTable

LOG = logging.getLogger("bartracker.window")
LOG.addHandler(logging.NullHandler())

FRAME_MS = 33
_BASE = (1280, 720)


def dress(app: QCoreApplication) -> None:
    """Give the application the window's fonts and plot options."""
    if isinstance(app, QApplication):
        app.setApplicationName("bartracker")
        app.setStyle("Fusion")
        app.setFont(font(13))


class MainWindow(QWidget):
    """Shows a session until it is closed. The session is the caller's to start and close."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("bartracker")
        self.session = session
        self._state: LiveState | None = None
        self._chosen_set: int | None = None
        self._chosen_rep: int | None = None
        self._scale = 0.0

        self.header = SetHeader()
        self.card = RepCard()
        self.time_plots = TimePlots()
        self.table = RepTable()
        self.path = PathPlot()
        self.notice = NoticeLine()
        self.transport = Transport()
        self._lay_out()
        self.table.view.clicked.connect(self._on_row)
        self.transport.play.clicked.connect(self._toggle_pause)
        self.transport.slower.clicked.connect(lambda: self._change_speed(-1))
        self.transport.faster.clicked.connect(lambda: self._change_speed(+1))
        self.resize(*_BASE)

        self.pictures = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.on_frame)
        self._timer.start(FRAME_MS)

    def refresh(self) -> None:
        """Show the session's latest state; no work if it is the one already shown."""
        state = self.session.snapshot()
        if self._state is None or state.version != self._state.version:
            self._state = state
            self._show(state)
        self.time_plots.glide()

    def stop(self) -> None:
        """Draw no more by itself."""
        self._timer.stop()

    @property
    def shown_set(self) -> LiveSet | None:
        """The set on screen: the one chosen, or the newest."""
        sets = () if self._state is None else self._state.sets
        return next((each for each in sets if each.index == self._chosen_set), sets[-1] if sets else None)

    @property
    def shown_rep(self) -> LiveRep | None:
        """The rep on screen: the one chosen, or the newest of the shown set."""
        reps = self._reps()
        return next((each for each in reps if each.rep.index == self._chosen_rep), reps[-1] if reps else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Space:
                self._toggle_pause()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal | Qt.Key.Key_Right:
                self._change_speed(+1)
            case Qt.Key.Key_Minus | Qt.Key.Key_Left:
                self._change_speed(-1)
            case Qt.Key.Key_Up:
                self._step_rep(-1)
            case Qt.Key.Key_Down:
                self._step_rep(+1)
            case Qt.Key.Key_PageUp:
                self._step_set(-1)
            case Qt.Key.Key_PageDown:
                self._step_set(+1)
            case Qt.Key.Key_Escape:
                self._choose(None, None)
            case Qt.Key.Key_F | Qt.Key.Key_F11:
                self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
            case Qt.Key.Key_Q:
                self.close()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = event.size()
        scale = min(max(min(size.width() / _BASE[0], size.height() / _BASE[1]), 0.8), 2.5)
        if abs(scale - self._scale) > 0.02:
            self._scale = scale
            self._apply_scale(scale)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.addWidget(self.header.frame, 0, 0, 1, 3)
        self._grid.addWidget(self.card, 1, 0)
        self._grid.addWidget(self.time_plots.frame, 1, 1)
        self._grid.addWidget(self.table.frame, 2, 0, 1, 2)
        self._grid.addWidget(self.path.frame, 1, 2, 2, 1)
        self._grid.addWidget(footer(self.notice, self.transport), 3, 0, 1, 3)
        for column, share in enumerate((27, 48, 25)):
            self._grid.setColumnStretch(column, share)
        for row, share in ((1, 62), (2, 38)):
            self._grid.setRowStretch(row, share)

    def _apply_scale(self, scale: float) -> None:
        self.setStyleSheet(style_sheet(scale))
        self._grid.setSpacing(round(10 * scale))
        margin = round(12 * scale)
        self._grid.setContentsMargins(margin, margin, margin, margin)
        for part in (self.card, self.time_plots, self.table, self.path, self.transport):
            part.set_scale(scale)

    def on_frame(self) -> None:
        """What the timer calls: refresh, and say so if that fails."""
        try:
            self.refresh()
        except Exception as error:
            # One bad frame must not end the session, and the next may be good.
            LOG.exception("the window could not show the state")
            self.notice.show_fault(f"This picture is not up to date: {type(error).__name__}: {error}")

    def _show(self, state: LiveState) -> None:
        self.pictures += 1
        shown, rep = self.shown_set, self.shown_rep
        reps = self._reps()
        self.header.show(shown, state)
        self.card.show_rep(None if rep is None else rep.rep, self._chosen_set is None and self._chosen_rep is None)
        self.time_plots.show(state.motion, state.sets)
        self.table.show(reps, None if rep is None else reps.index(rep))
        self.path.show(reps, rep)
        self.notice.show_state(shown, state)
        self.transport.show_state(state)

    def _reps(self) -> tuple[LiveRep, ...]:
        shown = self.shown_set
        return () if shown is None else shown.reps

    def _choose(self, set_index: int | None, rep_index: int | None) -> None:
        self._chosen_set, self._chosen_rep = set_index, rep_index
        if self._state is not None:
            self._show(self._state)

    def _step_rep(self, step: int) -> None:
        rep = self.shown_rep
        if rep is not None:
            indices = [each.rep.index for each in self._reps()]
            place = min(max(indices.index(rep.rep.index) + step, 0), len(indices) - 1)
            self._choose(self._chosen_set, None if place == len(indices) - 1 else indices[place])

    def _step_set(self, step: int) -> None:
        shown = self.shown_set
        if shown is not None and self._state is not None:
            indices = [each.index for each in self._state.sets]
            place = min(max(indices.index(shown.index) + step, 0), len(indices) - 1)
            self._choose(None if place == len(indices) - 1 else indices[place], None)

    def _on_row(self, index: QModelIndex) -> None:
        self._choose(self._chosen_set, self._reps()[index.row()].rep.index)

    def _toggle_pause(self) -> None:
        state = self.session.snapshot()
        if not state.ended:
            self.session.set_paused(not state.paused)

    def _change_speed(self, steps: int) -> None:
        state = self.session.snapshot()
        if state.speed is not None and not state.ended:
            self.session.set_speed(next_speed(state.speed, steps))
