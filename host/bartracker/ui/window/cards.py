"""The card with the one huge number, and small captioned values."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from bartracker.coaching.metrics import MEAN_VELOCITY, Metric
from bartracker.results import Rep
from bartracker.ui import quantities, wording
from bartracker.ui.window.painting import (
    ALIGN,
    BOLD,
    DEMI,
    draw_large,
    draw_text,
    draw_wrapped,
    label,
    paint_shape,
)
from bartracker.ui.window.palette import Theme
from bartracker.ui.wording import Verdict


class CaptionedValue(QWidget):
    """A value with its name above it."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._caption = label(caption, "caption")
        self._value = label(wording.UNKNOWN, "value")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._caption)
        layout.addWidget(self._value)

    @property
    def value(self) -> str:
        """What it reads."""
        return self._value.text()

    def set_value(self, text: str) -> None:
        """Show this."""
        if text != self._value.text():
            self._value.setText(text)


class RepCard(QFrame):
    """The current rep: the chosen number as large as the card allows, how sure that is, and the verdict in colour and
    shape.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._scale = 1.0
        self._rep: Rep | None = None
        self._following = True
        self._metric = MEAN_VELOCITY
        self.setAccessibleName("Current rep")
        self.setMinimumSize(QSize(220, 220))

    @property
    def number(self) -> str:
        """The huge number as shown."""
        return wording.UNKNOWN if self._rep is None else self._metric.text(self._rep)

    @property
    def uncertainty(self) -> str:
        """The small line under it."""
        return "" if self._rep is None or self._metric.value(self._rep) is None else self._metric.uncertainty(self._rep)

    @property
    def verdict(self) -> Verdict | None:
        """What is said of the rep."""
        return None if self._rep is None else wording.verdict(self._rep)

    def show_rep(self, rep: Rep | None, following: bool, metric: Metric) -> None:
        """Show a rep, or that there is none yet. `following`: it is the newest, not one that the user chose."""
        if rep is self._rep and following == self._following and metric is self._metric:
            return
        self._rep, self._following, self._metric = rep, following, metric
        self.setAccessibleDescription("" if rep is None else wording.rep_line(1, rep))
        self.update()

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self._scale = scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pad = 18.0 * self._scale
        area = QRectF(self.rect()).adjusted(pad, 0.8 * pad, -pad, -0.8 * pad)
        if self._rep is None:
            self._paint_empty(painter, area)
        else:
            self._paint_rep(painter, area, self._rep)
        painter.end()

    def _paint_empty(self, painter: QPainter, area: QRectF) -> None:
        theme, scale = self._theme, self._scale
        draw_text(painter, area, "No rep yet", 15 * scale, theme.muted, ALIGN.AlignTop | ALIGN.AlignLeft)
        number = QRectF(area.left(), area.top() + 0.2 * area.height(), area.width(), 0.4 * area.height())
        draw_text(painter, number, wording.UNKNOWN, 100 * scale, theme.faint, ALIGN.AlignCenter, BOLD)
        below = QRectF(area.left(), number.bottom(), area.width(), area.bottom() - number.bottom())
        text = f"{self._metric.name} shows here\nas soon as a rep is up"
        draw_text(painter, below, text, 13 * scale, theme.muted, ALIGN.AlignTop | ALIGN.AlignHCenter)

    def _paint_rep(self, painter: QPainter, area: QRectF, rep: Rep) -> None:
        theme, scale = self._theme, self._scale
        title = f"Rep {rep.index}" if self._following else f"Rep {rep.index} (chosen)"
        top = QRectF(area.left(), area.top(), area.width(), 24 * scale)
        draw_text(painter, top, title, 16 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
        draw_text(painter, top, self._metric.name, 12 * scale, theme.muted, ALIGN.AlignRight | ALIGN.AlignVCenter)

        foot_height, verdict_height = 48 * scale, max(60 * scale, 0.14 * area.height())
        foot = QRectF(area.left(), area.bottom() - foot_height, area.width(), foot_height)
        verdict_box = QRectF(area.left(), foot.top() - verdict_height - 8 * scale, area.width(), verdict_height)
        sigma_height = 30 * scale
        middle = QRectF(area.left(), top.bottom(), area.width(), verdict_box.top() - top.bottom() - sigma_height)
        baseline = draw_large(painter, middle, self.number, theme.text)
        below = QRectF(area.left(), baseline + 10 * scale, area.width(), sigma_height)
        draw_text(painter, below, self.uncertainty, 17 * scale, theme.muted, ALIGN.AlignHCenter | ALIGN.AlignVCenter)
        self._paint_verdict(painter, verdict_box, wording.verdict(rep))
        self._paint_foot(painter, foot, rep)

    def _paint_verdict(self, painter: QPainter, box: QRectF, verdict: Verdict) -> None:
        scale, colour = self._scale, self._theme.levels[verdict.level]
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(colour)
        ground.setAlphaF(0.13)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 8 * scale, 8 * scale)
        size = 0.4 * box.height()
        shape = QRectF(box.left() + 12 * scale, box.center().y() - size / 2, size, size)
        paint_shape(painter, verdict.level, shape, colour)
        words = box.adjusted(size + 24 * scale, 4 * scale, -10 * scale, -4 * scale)
        sizes = (0.42 * box.height(), *(scale * size for size in (20.0, 17.0, 15.0, 13.0, 12.0, 11.0)))
        draw_wrapped(painter, words, verdict.text, sizes, colour, ALIGN.AlignLeft | ALIGN.AlignVCenter)

    def _paint_foot(self, painter: QPainter, box: QRectF, rep: Rep) -> None:
        theme, scale = self._theme, self._scale
        painter.setPen(QColor(theme.edge))
        painter.drawLine(box.topLeft(), box.topRight())
        peak = ("peak m/s", quantities.velocity(rep.peak_velocity_mps))
        mean = ("mean m/s", quantities.velocity(rep.mean_velocity_mps))
        values = (
            ("tempo", wording.tempo(rep)),
            peak if self._metric is MEAN_VELOCITY else mean,
            ("range cm", quantities.centimetres(rep.rom_m)),
        )
        left = box.left()
        for (caption, value), share in zip(values, (0.42, 0.32, 0.26), strict=True):
            cell = QRectF(left, box.top() + 8 * scale, share * box.width(), box.height() - 8 * scale)
            draw_text(painter, cell, caption, 11 * scale, theme.muted, ALIGN.AlignLeft | ALIGN.AlignTop)
            draw_text(painter, cell, value, 17 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignBottom, DEMI)
            left += cell.width()
