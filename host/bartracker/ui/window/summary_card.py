"""The card after a set: how it went in a few numbers, and what to do next in plain words."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame

from bartracker.coaching.advice import advice
from bartracker.coaching.targets import Targets
from bartracker.live_state import LiveSet
from bartracker.ui import quantities, wording
from bartracker.ui.window.painting import ALIGN, BOLD, DEMI, PLAIN, draw_large, draw_text, draw_wrapped
from bartracker.ui.window.palette import Theme


class SummaryCard(QFrame):
    """One finished set."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Summary of the set")
        self.setMinimumSize(QSize(220, 220))
        self._theme = theme
        self._scale = 1.0
        self._shown: LiveSet | None = None
        self._targets = Targets()
        self._rest: str = ""

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What is said to do next."""
        result = None if self._shown is None else self._shown.result
        return () if result is None else advice(result, self._targets)

    def show_set(self, shown: LiveSet, targets: Targets, rest_s: float | None) -> None:
        """Show a set that is over; nothing is done while it is the same."""
        rest = "" if rest_s is None else quantities.clock(rest_s)
        if shown is self._shown and targets is self._targets and rest == self._rest:
            return
        self._shown, self._targets, self._rest = shown, targets, rest
        self.setAccessibleDescription(" ".join(self.next_steps))
        self.update()

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self._scale = scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._shown is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, scale, shown = self._theme, self._scale, self._shown
        pad = 18.0 * scale
        area = QRectF(self.rect()).adjusted(pad, 0.8 * pad, -pad, -0.8 * pad)
        top = QRectF(area.left(), area.top(), area.width(), 24 * scale)
        title = f"Set {shown.index} done" + (" · warm-up" if shown.warm_up else "")
        draw_text(painter, top, title, 16 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
        if self._rest:
            rest = f"rest {self._rest}"
            draw_text(painter, top, rest, 16 * scale, theme.up, ALIGN.AlignRight | ALIGN.AlignVCenter, BOLD)
        number = QRectF(area.left(), top.bottom() + 4 * scale, area.width(), 0.26 * area.height())
        mean = quantities.velocity(shown.summary.mean_velocity_mps)
        text = f"{shown.summary.full_reps} × {mean}"
        baseline = draw_large(painter, number, text, theme.text, "00 × 0.00")
        caption = QRectF(area.left(), baseline + 4 * scale, area.width(), 18 * scale)
        draw_text(painter, caption, "reps × mean velocity, m/s", 12 * scale, theme.muted, ALIGN.AlignCenter)
        left = self._paint_values(painter, area, caption.bottom() + 6 * scale, shown)
        self._paint_next(painter, QRectF(area.left(), left, area.width(), area.bottom() - left))
        painter.end()

    def _paint_values(self, painter: QPainter, area: QRectF, top: float, shown: LiveSet) -> float:
        theme, scale, summary = self._theme, self._scale, shown.summary
        values = (
            ("best m/s", quantities.velocity(summary.best_mean_velocity_mps)),
            ("loss", quantities.percent(summary.velocity_loss_from_best)),
            ("evenness", wording.evenness(summary)),
        )
        width = area.width() / len(values)
        for place, (caption, value) in enumerate(values):
            cell = QRectF(area.left() + place * width, top, width, 36 * scale)
            draw_text(painter, cell, caption, 11 * scale, theme.muted, ALIGN.AlignLeft | ALIGN.AlignTop)
            draw_text(painter, cell, value, 17 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignBottom, DEMI)
        return top + 44 * scale

    def _paint_next(self, painter: QPainter, box: QRectF) -> None:
        theme, scale = self._theme, self._scale
        painter.setPen(QColor(theme.edge))
        painter.drawLine(box.topLeft(), box.topRight())
        head = QRectF(box.left(), box.top() + 5 * scale, box.width(), 16 * scale)
        draw_text(painter, head, "Next", 12 * scale, theme.muted, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
        words = QRectF(box.left(), head.bottom() + 3 * scale, box.width(), box.bottom() - head.bottom() - 3 * scale)
        sizes = tuple(scale * size for size in (18.0, 16.0, 14.0, 13.0, 12.0, 11.0))
        text = "\n".join(self.next_steps)
        draw_wrapped(painter, words, text, sizes, theme.text, ALIGN.AlignLeft | ALIGN.AlignTop, PLAIN)
