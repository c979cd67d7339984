"""The set's reps as bars of the chosen number, with the target band, the line of the velocity loss limit, whiskers of
one sigma and the best rep marked.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame

from bartracker.coaching.metrics import MEAN_VELOCITY, Metric
from bartracker.coaching.targets import Targets
from bartracker.coaching.verdict import level_of
from bartracker.live_state import LiveRep
from bartracker.results import Rep
from bartracker.ui.bar_scale import BarScale, bar_scale
from bartracker.ui.window.painting import ALIGN, DEMI, draw_text, font, paint_shape
from bartracker.ui.window.palette import Theme, tint

_LEAST_SLOTS = 5
_MOST_BARS = 20


class RepBars(QFrame):
    """Bars from left to right in the order of the reps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Reps as bars")
        self.setMinimumSize(QSize(200, 90))
        self._theme = theme
        self._scale = 1.0
        self._metric = MEAN_VELOCITY
        self._targets = Targets()
        self._reps: tuple[Rep, ...] = ()
        self._chosen: Rep | None = None

    @property
    def scale(self) -> BarScale:
        """What is drawn besides the bars."""
        return bar_scale(self._reps, self._metric, self._targets)

    def show_reps(self, reps: Sequence[LiveRep], chosen: LiveRep | None, metric: Metric, targets: Targets) -> None:
        """Show a set's reps; nothing is done while they are the same."""
        shown = tuple(each.rep for each in reps)[-_MOST_BARS:]
        bright = None if chosen is None else chosen.rep
        same = len(shown) == len(self._reps) and all(a is b for a, b in zip(shown, self._reps, strict=True))
        if same and bright is self._chosen and metric is self._metric and targets is self._targets:
            return
        self._reps, self._chosen, self._metric, self._targets = shown, bright, metric, targets
        self.update()

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self._scale = scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale, theme, shown = self._scale, self._theme, self.scale
        area = QRectF(self.rect()).adjusted(14 * scale, 8 * scale, -14 * scale, -8 * scale)
        title = QRectF(area.left(), area.top(), area.width(), 16 * scale)
        name = f"{self._metric.name}, {self._metric.unit}"
        draw_text(painter, title, name, 12 * scale, theme.muted, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
        plot = QRectF(
            area.left(), title.bottom() + 4 * scale, area.width(), area.bottom() - title.bottom() - 20 * scale
        )
        self._paint_targets(painter, plot, title, shown)
        slots = max(_LEAST_SLOTS, len(self._reps))
        pitch = plot.width() / slots
        for place, rep in enumerate(self._reps):
            slot = QRectF(plot.left() + place * pitch, plot.top(), pitch, plot.height())
            self._paint_bar(painter, slot, rep, shown, place == shown.best)
        painter.setPen(QPen(QColor(theme.faint), 1.0))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.end()

    def _paint_targets(self, painter: QPainter, plot: QRectF, title: QRectF, shown: BarScale) -> None:
        theme, scale = self._theme, self._scale
        words: list[tuple[str, str]] = []
        if shown.band is not None:
            low, high = (plot.bottom() - plot.height() * value / shown.top for value in shown.band)
            painter.fillRect(QRectF(plot.left(), high, plot.width(), low - high), tint(theme.levels["good"], 0.16))
            painter.setPen(QPen(tint(theme.levels["good"], 0.7), 1.0))
            for edge in (low, high):
                painter.drawLine(QPointF(plot.left(), edge), QPointF(plot.right(), edge))
            words.append((f"▬ target {shown.band[0]:g} to {shown.band[1]:g}", theme.levels["good"]))
        if shown.limit is not None and self._targets.velocity_loss_limit is not None:
            at = plot.bottom() - plot.height() * shown.limit / shown.top
            pen = QPen(QColor(theme.levels["off"]), 1.6 * scale, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at))
            words.append((f"┅ stop at −{100 * self._targets.velocity_loss_limit:.0f} %", theme.levels["off"]))
        right = title.right()
        for text, colour in reversed(words):
            width = QFontMetricsF(font(11 * scale)).horizontalAdvance(text) + 2.0
            box = QRectF(right - width, title.top(), width, title.height())
            draw_text(painter, box, text, 11 * scale, colour, ALIGN.AlignRight | ALIGN.AlignVCenter)
            right -= width + 8 * scale

    def _paint_bar(self, painter: QPainter, slot: QRectF, rep: Rep, shown: BarScale, best: bool) -> None:
        theme, scale = self._theme, self._scale
        value, level = self._metric.value(rep), level_of(rep)
        colour = theme.levels[level]
        below = QRectF(slot.left(), slot.bottom() + 2 * scale, slot.width(), 16 * scale)
        name = f"{rep.index} best" if best and slot.width() > 50 * scale else str(rep.index)
        weight_colour = theme.text if rep is self._chosen else theme.muted
        draw_text(painter, below, name, 11 * scale, weight_colour, ALIGN.AlignCenter, DEMI)
        if value is None:
            return
        width = min(0.62 * slot.width(), 64 * scale)
        height = slot.height() * max(0.0, value) / shown.top
        bar = QRectF(slot.center().x() - width / 2, slot.bottom() - height, width, height)
        painter.setPen(QPen(QColor(theme.text), 2.0 * scale) if rep is self._chosen else Qt.PenStyle.NoPen)
        painter.setBrush(tint(colour, 0.95 if rep is self._chosen else 0.6))
        painter.drawRoundedRect(bar, 3 * scale, 3 * scale)
        size = min(9 * scale, 0.5 * width)
        shape = QRectF(bar.center().x() - size / 2, slot.bottom() - size - 4 * scale, size, size)
        if bar.height() > 2.4 * size:
            paint_shape(painter, level, shape, theme.card)
        sigma = self._metric.sigma(rep)
        if sigma is not None:
            half = slot.height() * sigma / shown.top
            painter.setPen(QPen(QColor(theme.text), 1.4 * scale))
            x = bar.center().x()
            painter.drawLine(QPointF(x, bar.top() - half), QPointF(x, bar.top() + half))
            for end in (bar.top() - half, bar.top() + half):
                painter.drawLine(QPointF(x - 3 * scale, end), QPointF(x + 3 * scale, end))
        if slot.width() > 30 * scale:
            lift = slot.height() * (sigma or 0.0) / shown.top
            box = QRectF(slot.left(), bar.top() - lift - 18 * scale, slot.width(), 16 * scale)
            draw_text(painter, box, self._metric.text(rep), 13 * scale, theme.text, ALIGN.AlignCenter, DEMI)
