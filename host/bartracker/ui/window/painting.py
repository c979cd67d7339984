"""Painting that several parts share: fonts, text in boxes, the verdicts' shapes, empty cards."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QLabel

from bartracker.coaching.verdict import Level
from bartracker.ui import quantities
from bartracker.ui.window.palette import FONT_FAMILIES, Theme

ALIGN = Qt.AlignmentFlag
BOLD = QFont.Weight.Bold
DEMI = QFont.Weight.DemiBold
PLAIN = QFont.Weight.Normal


def font(size_px: float, weight: QFont.Weight = PLAIN) -> QFont:
    """The window's font at a size in pixels."""
    made = QFont()
    made.setFamilies(FONT_FAMILIES)
    made.setPixelSize(max(6, round(size_px)))
    made.setWeight(weight)
    return made


def label(text: str, role: str) -> QLabel:
    """A text whose looks the style sheet gives by its role."""
    made = QLabel(text)
    made.setObjectName(role)
    return made


def card_frame() -> QFrame:
    """An empty card."""
    frame = QFrame()
    frame.setObjectName("card")
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return frame


def draw_text(
    painter: QPainter,
    box: QRectF,
    text: str,
    size_px: float,
    colour: str,
    align: Qt.AlignmentFlag,
    weight: QFont.Weight = PLAIN,
) -> None:
    """One line of text."""
    painter.setFont(font(size_px, weight))
    painter.setPen(QColor(colour))
    painter.drawText(box, align, text)


def draw_wrapped(
    painter: QPainter,
    box: QRectF,
    text: str,
    sizes_px: tuple[float, ...],
    colour: str,
    align: Qt.AlignmentFlag,
    weight: QFont.Weight = DEMI,
) -> float:
    """Wrapped text at the first of these sizes at which it fits its box; returns the height it takes, px."""
    text = quantities.unbroken(text)
    chosen, height = _fitting(text, box, sizes_px, weight)
    painter.setFont(chosen)
    painter.setPen(QColor(colour))
    painter.drawText(box, align | Qt.TextFlag.TextWordWrap, text)
    return height


def wrapped_height(text: str, box: QRectF, sizes_px: tuple[float, ...], weight: QFont.Weight = DEMI) -> float:
    """The height that `draw_wrapped` would take, px."""
    return _fitting(quantities.unbroken(text), box, sizes_px, weight)[1]


def _fitting(text: str, box: QRectF, sizes_px: tuple[float, ...], weight: QFont.Weight) -> tuple[QFont, float]:
    """The first of the sizes at which the text fits the box, else the last, and its height, px."""
    chosen, height = font(sizes_px[-1], weight), box.height()
    for size_px in sizes_px:
        chosen = font(size_px, weight)
        needed = QFontMetricsF(chosen).boundingRect(box, Qt.TextFlag.TextWordWrap, text)
        height = needed.height()
        if height <= box.height() and needed.width() <= box.width():
            break
    return chosen, height


def draw_large(painter: QPainter, box: QRectF, text: str, colour: str, reference: str = "0.00") -> float:
    """Digits as large as fit: their own height, not the font's, is what fills the box. Returns the baseline, px."""
    probe = QFontMetricsF(font(100, BOLD))
    digits = probe.tightBoundingRect(reference)
    widest = max(probe.horizontalAdvance(text), probe.horizontalAdvance(reference))
    fit = min(box.width() / widest, 0.94 * box.height() / digits.height())
    huge = font(100 * fit, BOLD)
    height = digits.height() * fit
    baseline = box.top() + (box.height() - height) / 2 + height
    painter.setFont(huge)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(box.center().x() - QFontMetricsF(huge).horizontalAdvance(text) / 2, baseline), text)
    return baseline


def paint_shape(painter: QPainter, level: Level, box: QRectF, colour: str) -> None:
    """A verdict as a shape: disc for good, triangle for watch, square for off."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    if level == "good":
        painter.drawEllipse(box)
    elif level == "watch":
        painter.drawPolygon(QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
    else:
        painter.drawRoundedRect(box, 0.12 * box.width(), 0.12 * box.height())


def shape_icon(level: Level, theme: Theme, size_px: int = 32) -> QIcon:
    """The same shape for a table cell."""
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    margin = size_px / 6
    paint_shape(painter, level, QRectF(pixmap.rect()).adjusted(margin, margin, -margin, -margin), theme.levels[level])
    painter.end()
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(pixmap, mode)
    return icon
