"""The parts of the window and how they lie: made anew for each theme, scaled with the window. What they show is
main.py's.
"""

from PySide6.QtWidgets import QGridLayout, QLayout, QLineEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from bartracker.ui.preferences import ZOOMS
from bartracker.ui.window.bars import Banner, NoticeLine, SetHeader, Transport, footer
from bartracker.ui.window.calibrating import CalibrationOverlay
from bartracker.ui.window.cards import RepCard
from bartracker.ui.window.lifts import LiftPlot
from bartracker.ui.window.overlays import HelpOverlay, RoutineOverlay
from bartracker.ui.window.pages import StartOverlay
from bartracker.ui.window.palette import Theme, style_sheet
from bartracker.ui.window.path_plot import PathPlot
from bartracker.ui.window.plots import TimePlots
from bartracker.ui.window.rep_bars import RepBars
from bartracker.ui.window.summary_card import SummaryCard
from bartracker.ui.window.table import RepTable
from bartracker.ui.window.tempo_ring import TempoRing

BASE = (1280, 720)
_LEAST_SCALE = 0.8
_COLUMNS, _BIG_COLUMNS = (27, 48, 25), (60, 40, 0)
_ROWS, _BIG_ROWS = ((2, 26), (3, 45), (4, 31)), ((2, 1), (3, 0), (4, 0))


class WindowParts(QWidget):
    """A window with all its parts, which as yet show nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        # Long words must not make the window larger than the person did.
        self._outer.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._content: QWidget | None = None
        self._theme: Theme | None = None
        self._scale = 0.0

    def make_parts(self, theme: Theme) -> None:
        """Make everything in the colours of the theme, in place of what there was."""
        old, self._theme = self._content, theme
        self._content = content = QWidget(self)
        self.header = SetHeader()
        self.banner = Banner()
        self.card, self.summary = RepCard(theme), SummaryCard(theme)
        self.bars = RepBars(theme)
        self.time_plots, self.lifts = TimePlots(theme), LiftPlot(theme)
        self.table = RepTable(theme)
        self.path = PathPlot(theme)
        self.ring = TempoRing(theme)
        self.notice = NoticeLine()
        self.transport = Transport(theme)
        self.prompt = QLineEdit()
        self.prompt.setAccessibleName("Answer")
        self.prompt.hide()
        self._grid = QGridLayout(content)
        self._big = False
        self._lay_out()
        self.help, self.start = HelpOverlay(content, theme), StartOverlay(content, theme)
        self.routine = RoutineOverlay(content, theme)
        self.calibration = CalibrationOverlay(content, theme)
        self._outer.addWidget(content)
        if old is not None:
            self._outer.removeWidget(old)
            old.deleteLater()
        self._scale = 0.0

    def fit(self, most_zoom: float) -> None:
        """The scale of the window's size times what the person likes, or as much of that as fits."""
        plain = max(min(self.width() / BASE[0], self.height() / BASE[1]), _LEAST_SCALE)
        for zoom in [each for each in reversed(ZOOMS) if each <= most_zoom]:
            self._apply_scale(plain * zoom)
            least = self._grid.minimumSize()
            if least.width() <= self.width() and least.height() <= self.height():
                return

    @property
    def too_narrow(self) -> bool:
        """Whether the words need more room than there is."""
        return self._grid.minimumSize().width() > self.width()

    def arrange(self, *, big: bool, summary: bool, lifts: bool) -> None:
        """Which of the parts that share a place is seen. big: number and bars alone."""
        self._cards.setCurrentWidget(self.summary if summary else self.card)
        self._plots.setCurrentWidget(self.lifts.frame if lifts else self.time_plots.frame)
        for part in (self._plots, self.table.frame, self.path.frame, self.ring):
            part.setVisible(not big)
        if big != self._big:
            self._big = big
            self._grid.removeWidget(self.bars)
            self._grid.addWidget(self.bars, 2, 1, *((2, 2) if big else (1, 1)))
        for column, share in enumerate(_BIG_COLUMNS if big else _COLUMNS):
            self._grid.setColumnStretch(column, share)
        for row, share in _BIG_ROWS if big else _ROWS:
            self._grid.setRowStretch(row, share)

    def _lay_out(self) -> None:
        grid = self._grid
        grid.addWidget(self.header.frame, 0, 0, 1, 3)
        grid.addWidget(self.banner, 1, 0, 1, 3)
        # Two widgets in one cell of a grid, one of them hidden, would cost the cell its spacing.
        self._cards, self._plots = _one_of(self.card, self.summary), _one_of(self.time_plots.frame, self.lifts.frame)
        grid.addWidget(self._cards, 2, 0, 2, 1)
        grid.addWidget(self.bars, 2, 1)
        grid.addWidget(self._plots, 3, 1)
        grid.addWidget(self.path.frame, 2, 2, 2, 1)
        grid.addWidget(self.table.frame, 4, 0, 1, 2)
        grid.addWidget(self.ring, 4, 2)
        grid.addWidget(self.prompt, 5, 0, 1, 3)
        grid.addWidget(footer(self.notice, self.transport), 6, 0, 1, 3)
        # Shares alone decide, not what plots would like to be; each part has a least size of its own.
        free = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        for part, least_px in (
            (self._plots, 150),
            (self.path.frame, 200),
            (self.table.frame, 96),
            (self.bars, 90),
            (self.ring, 96),
        ):
            part.setSizePolicy(free)
            part.setMinimumHeight(least_px)
        for row, share in _ROWS:
            grid.setRowStretch(row, share)

    def _apply_scale(self, scale: float) -> None:
        if abs(scale - self._scale) < 0.02 or self._content is None or self._theme is None:
            return
        self._scale = scale
        self.setStyleSheet(style_sheet(self._theme, scale))
        self._grid.setSpacing(round(8 * scale))
        margin = round(10 * scale)
        self._grid.setContentsMargins(margin, margin, margin, margin)
        parts = (self.card, self.summary, self.bars, self.time_plots, self.lifts, self.table, self.path, self.ring)
        for part in (*parts, self.transport, self.help, self.start, self.routine, self.calibration):
            part.set_scale(scale)
        for widget in self._content.findChildren(QWidget):
            widget.ensurePolished()
            widget.updateGeometry()


def _one_of(*widgets: QWidget) -> QStackedWidget:
    """Widgets that share a place."""
    stack = QStackedWidget()
    for each in widgets:
        stack.addWidget(each)
    return stack
