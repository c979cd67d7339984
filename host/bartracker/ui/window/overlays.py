"""What lies over the window for a while: the help with every key, the routine before a lift. Each covers its parent and
takes no focus. Pages with choices are pages.py's.
"""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bartracker.live_state import RecentMotion
from bartracker.ui import quantities
from bartracker.ui.window.keys import KEYS
from bartracker.ui.window.painting import ALIGN, BOLD, DEMI, PLAIN, draw_text, draw_wrapped
from bartracker.ui.window.palette import Theme, tint

BREATH_IN_S, BREATH_OUT_S = 4.0, 4.0
STILL_FOR_S = 3.0
PAD_PX = 26.0


class Overlay(QWidget):
    """A card in the middle of the window over a dimmed ground."""

    def __init__(self, parent: QWidget, theme: Theme, width: float, height: float, *, dims: bool = True) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ground = parent
        self.theme = theme
        self.factor = 1.0
        self._size = (width, height)
        self._dims = dims
        self.hide()

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.factor = scale
        self.update()

    def resize_card(self, width: float, height: float) -> None:
        """Its card's size, px at 1280 x 720."""
        self._size = (width, height)
        self.update()

    def cover(self) -> None:
        """Lie over the whole parent."""
        self.setGeometry(self._ground.rect())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if self._dims:
            painter.fillRect(area, tint(self.theme.ground, 0.82))
        width = min(self._size[0] * self.factor, area.width() - 20)
        height = min(self._size[1] * self.factor, area.height() - 20)
        box = QRectF(area.center().x() - width / 2, area.center().y() - height / 2, width, height)
        painter.setPen(QColor(self.theme.edge))
        painter.setBrush(QColor(self.theme.card))
        painter.drawRoundedRect(box, 12 * self.factor, 12 * self.factor)
        pad = PAD_PX * self.factor
        self.paint_content(painter, box.adjusted(pad, pad, -pad, -pad))
        painter.end()

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        """Draw what it says; for each overlay to do."""
        raise NotImplementedError


class HelpOverlay(Overlay):
    """All keys, by group."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent, theme, 1080.0, 560.0)

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        scale, theme = self.factor, self.theme
        title = QRectF(box.left(), box.top(), box.width(), 28 * scale)
        draw_text(painter, title, "Keys", 22 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignVCenter, BOLD)
        draw_text(painter, title, "? or Esc closes this", 13 * scale, theme.muted, ALIGN.AlignRight)
        columns: tuple[tuple[str, ...], ...] = (("Look",), ("Window", "Recording"), ("Correct", "Sound"))
        width = box.width() / len(columns)
        for place, groups in enumerate(columns):
            top = title.bottom() + 14 * scale
            for group in groups:
                left = box.left() + place * width
                head = QRectF(left, top, width, 22 * scale)
                draw_text(painter, head, group, 14 * scale, theme.up, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
                top = head.bottom() + 4 * scale
                for use in KEYS:
                    if use.group == group and use.shown:
                        self._line(painter, QRectF(left, top, width - 16 * scale, 26 * scale), use.shown, use.words)
                        top += 28 * scale
                top += 14 * scale

    def _line(self, painter: QPainter, box: QRectF, keys: str, words: str) -> None:
        scale, theme = self.factor, self.theme
        cap = QRectF(box.left(), box.top(), 100 * scale, box.height())
        draw_text(painter, cap, keys, 14 * scale, theme.text, ALIGN.AlignLeft | ALIGN.AlignVCenter, BOLD)
        rest = box.adjusted(cap.width(), 0, 0, 0)
        sizes = (14 * scale, 12 * scale, 11 * scale)
        draw_wrapped(painter, rest, words, sizes, theme.muted, ALIGN.AlignLeft | ALIGN.AlignVCenter, PLAIN)


class RoutineOverlay(Overlay):
    """Before a lift: a disc that breathes, and how long the bar has been still, read from the sensor."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent, theme, 420.0, 470.0)
        self._clock_s = 0.0
        self.still_s = 0.0

    def advance(self, clock_s: float, motion: RecentMotion) -> None:
        """Show the breath at clock_s since the routine began, and the stillness at the newest sample."""
        self._clock_s, self.still_s = clock_s, still_for_s(motion)
        self.update()

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        scale, theme = self.factor, self.theme
        words, fullness = breath(self._clock_s)
        head = QRectF(box.left(), box.top(), box.width(), 34 * scale)
        draw_text(painter, head, words, 26 * scale, theme.text, ALIGN.AlignCenter, BOLD)
        room = 0.5 * min(box.width(), box.height() - 150 * scale)
        centre = QPointF(box.center().x(), head.bottom() + 16 * scale + room)
        radius = room * (0.35 + 0.65 * fullness)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(theme.up, 0.35))
        painter.drawEllipse(centre, radius, radius)
        below = QRectF(box.left(), centre.y() + room + 8 * scale, box.width(), 40 * scale)
        still = self.still_s >= STILL_FOR_S
        colour = theme.levels["good"] if still else theme.muted
        text = f"{'●' if still else '○'} still for {quantities.seconds(self.still_s)} s"
        draw_text(painter, below, text, 22 * scale, colour, ALIGN.AlignCenter, DEMI)
        foot = QRectF(box.left(), box.bottom() - 20 * scale, box.width(), 20 * scale)
        draw_text(
            painter, foot, "R ends this, and so does the first movement", 12 * scale, theme.hint, ALIGN.AlignCenter
        )


def breath(clock_s: float) -> tuple[str, float]:
    """What to do at a moment of the routine, and how full the lungs are, 0-1."""
    at_s = math.fmod(max(0.0, clock_s), BREATH_IN_S + BREATH_OUT_S)
    if at_s < BREATH_IN_S:
        return "Breathe in", 0.5 - 0.5 * math.cos(math.pi * at_s / BREATH_IN_S)
    return "Breathe out", 0.5 + 0.5 * math.cos(math.pi * (at_s - BREATH_IN_S) / BREATH_OUT_S)


def still_for_s(motion: RecentMotion) -> float:
    """How long the bar has been truly still up to the newest sample, s."""
    if not len(motion):
        return 0.0
    moving = (~motion.resting).nonzero()[0]
    first = 0 if not len(moving) else int(moving[-1]) + 1
    return 0.0 if first >= len(motion) else float(motion.t_s[-1] - motion.t_s[first])


def covering(overlays: Sequence[Overlay]) -> None:
    """Let those that show lie over the window's new size."""
    for overlay in overlays:
        if overlay.isVisible():
            overlay.cover()
