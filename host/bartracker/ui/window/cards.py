"""The painted parts of the window that are not plots: the card with the one huge number, verdict shapes and small
captioned values.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QIcon, QPainter, QPaintEvent, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from bartracker.results import Rep
from bartracker.ui import wording
from bartracker.ui.window.palette import EDGE, FAINT, FONT_FAMILIES, LEVELS, MUTED, TEXT
from bartracker.ui.wording import Level, Verdict

_ALIGN = Qt.AlignmentFlag


def font(size_px: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
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


def paint_shape(painter: QPainter, level: Level, box: QRectF) -> None:
    """A verdict as a shape: disc for good, triangle for watch, square for off."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(LEVELS[level]))
    if level == "good":
        painter.drawEllipse(box)
    elif level == "watch":
        painter.drawPolygon(QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
    else:
        painter.drawRoundedRect(box, 0.12 * box.width(), 0.12 * box.height())


def shape_icon(level: Level, size_px: int = 32) -> QIcon:
    """The same shape for a table cell."""
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    margin = size_px / 6
    paint_shape(painter, level, QRectF(pixmap.rect()).adjusted(margin, margin, -margin, -margin))
    painter.end()
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(pixmap, mode)
    return icon


class CaptionedValue(QWidget):
    """A value with its name above it."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._value = label(wording.UNKNOWN, "value")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(label(caption, "caption"))
        layout.addWidget(self._value)

    @property
    def value(self) -> str:
        """What it reads."""
        return self._value.text()

    def set_value(self, text: str) -> None:
        """Show this."""
        self._value.setText(text)


class RepCard(QFrame):
    """The current rep: its mean velocity as large as the card allows, how sure that is, and the verdict in colour and
    shape.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._scale = 1.0
        self._rep: Rep | None = None
        self._following = True
        self.setAccessibleName("Current rep")
        self.setMinimumSize(QSize(220, 240))

    @property
    def number(self) -> str:
        """The huge number as shown."""
        return wording.UNKNOWN if self._rep is None else wording.velocity(self._rep.mean_velocity_mps)

    @property
    def sigma(self) -> str:
        """The small line under it."""
        known = self._rep is not None and self._rep.mean_velocity_mps is not None
        return wording.sigma(self._rep.sigma.get("mean_velocity_mps")) if known and self._rep is not None else ""

    @property
    def verdict(self) -> Verdict | None:
        """What is said of the rep."""
        return None if self._rep is None else wording.verdict(self._rep)

    def show_rep(self, rep: Rep | None, following: bool) -> None:
        """Show a rep, or that there is none yet. `following`: it is the newest, not one that the user chose."""
        if rep is self._rep and following == self._following:
            return
        self._rep, self._following = rep, following
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
        self._text(painter, area, "No rep yet", 15, MUTED, _ALIGN.AlignTop | _ALIGN.AlignLeft)
        number = QRectF(area.left(), area.top() + 0.2 * area.height(), area.width(), 0.4 * area.height())
        self._text(painter, number, wording.UNKNOWN, 100, FAINT, _ALIGN.AlignCenter, QFont.Weight.Bold)
        below = QRectF(area.left(), number.bottom(), area.width(), area.bottom() - number.bottom())
        text = "Mean velocity shows here\nas soon as a rep is up"
        self._text(painter, below, text, 13, MUTED, _ALIGN.AlignTop | _ALIGN.AlignHCenter)

    def _paint_rep(self, painter: QPainter, area: QRectF, rep: Rep) -> None:
        scale = self._scale
        title = f"Rep {rep.index}" if self._following else f"Rep {rep.index} (chosen)"
        top = QRectF(area.left(), area.top(), area.width(), 24 * scale)
        self._text(painter, top, title, 16, TEXT, _ALIGN.AlignLeft | _ALIGN.AlignVCenter, QFont.Weight.DemiBold)
        self._text(painter, top, "mean velocity", 12, MUTED, _ALIGN.AlignRight | _ALIGN.AlignVCenter)

        foot_height, verdict_height = 48 * scale, 60 * scale
        foot = QRectF(area.left(), area.bottom() - foot_height, area.width(), foot_height)
        verdict_box = QRectF(area.left(), foot.top() - verdict_height - 8 * scale, area.width(), verdict_height)
        middle = QRectF(area.left(), top.bottom(), area.width(), verdict_box.top() - top.bottom())
        self._paint_number(painter, middle)
        self._paint_verdict(painter, verdict_box, wording.verdict(rep))
        self._paint_foot(painter, foot, rep)

    def _paint_number(self, painter: QPainter, box: QRectF) -> None:
        """As large as fits: the digits' own height, not the font's, is what fills the box."""
        sigma_height = 30 * self._scale
        probe = QFontMetricsF(font(100, QFont.Weight.Bold))
        digits = probe.tightBoundingRect("0.00")
        fit = min(
            box.width() / probe.horizontalAdvance(self.number), (0.94 * box.height() - sigma_height) / digits.height()
        )
        huge = font(100 * fit, QFont.Weight.Bold)
        height = digits.height() * fit
        baseline = box.top() + (box.height() - sigma_height - height) / 2 + height
        painter.setFont(huge)
        painter.setPen(QColor(TEXT))
        width = QFontMetricsF(huge).horizontalAdvance(self.number)
        painter.drawText(QPointF(box.center().x() - width / 2, baseline), self.number)
        below = QRectF(box.left(), baseline + 10 * self._scale, box.width(), sigma_height)
        self._text(painter, below, f"{self.sigma} m/s".strip(), 17, MUTED, _ALIGN.AlignHCenter | _ALIGN.AlignVCenter)

    def _paint_verdict(self, painter: QPainter, box: QRectF, verdict: Verdict) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(LEVELS[verdict.level])
        ground.setAlphaF(0.13)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 8 * self._scale, 8 * self._scale)
        size = 20 * self._scale
        shape = QRectF(box.left() + 12 * self._scale, box.center().y() - size / 2, size, size)
        paint_shape(painter, verdict.level, shape)
        words = box.adjusted(size + 24 * self._scale, 4 * self._scale, -10 * self._scale, -4 * self._scale)
        align = _ALIGN.AlignLeft | _ALIGN.AlignVCenter
        self._wrapped(painter, words, verdict.text, LEVELS[verdict.level], align)

    def _paint_foot(self, painter: QPainter, box: QRectF, rep: Rep) -> None:
        painter.setPen(QColor(EDGE))
        painter.drawLine(box.topLeft(), box.topRight())
        values = (
            ("tempo", wording.tempo(rep)),
            ("peak m/s", wording.velocity(rep.peak_velocity_mps)),
            ("range cm", wording.centimetres(rep.rom_m)),
        )
        shares = (0.42, 0.32, 0.26)
        left = box.left()
        for (caption, value), share in zip(values, shares, strict=True):
            cell = QRectF(left, box.top() + 8 * self._scale, share * box.width(), box.height() - 8 * self._scale)
            self._text(painter, cell, caption, 11, MUTED, _ALIGN.AlignLeft | _ALIGN.AlignTop)
            self._text(painter, cell, value, 17, TEXT, _ALIGN.AlignLeft | _ALIGN.AlignBottom, QFont.Weight.DemiBold)
            left += cell.width()

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        size: float,
        colour: str,
        align: Qt.AlignmentFlag,
        weight: QFont.Weight = QFont.Weight.Normal,
    ) -> None:
        painter.setFont(font(size * self._scale, weight))
        painter.setPen(QColor(colour))
        painter.drawText(box, align, text)

    def _wrapped(self, painter: QPainter, box: QRectF, text: str, colour: str, align: Qt.AlignmentFlag) -> None:
        """Wrapped text at the largest size, of a few, at which it fits its box."""
        flags = align | Qt.TextFlag.TextWordWrap
        for size in (17.0, 15.0, 13.0, 12.0, 11.0):
            chosen = font(size * self._scale, QFont.Weight.DemiBold)
            needed = QFontMetricsF(chosen).boundingRect(box, flags, text)
            if needed.height() <= box.height() and needed.width() <= box.width():
                break
        painter.setFont(chosen)
        painter.setPen(QColor(colour))
        painter.drawText(box, flags, text)


def card_frame() -> QFrame:
    """An empty card."""
    frame = QFrame()
    frame.setObjectName("card")
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return frame
