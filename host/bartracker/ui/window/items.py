"""Plot items drawn by hand: bands of uncertainty and tinted time spans. Each is made once and then only told new
data.
"""

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_FAR = 1e4  # beyond any height or velocity shown: spans reach over the whole plot


class BandItem(QGraphicsItem):
    """Filled polygons without outline."""

    def __init__(self, colour: QColor) -> None:
        super().__init__()
        self._brush = QBrush(colour)
        self._polygons: list[QPolygonF] = []
        self._bounds = QRectF()

    def set_bands(self, polygons: Sequence[QPolygonF]) -> None:
        """Show these."""
        self.prepareGeometryChange()
        self._polygons = list(polygons)
        self._bounds = QRectF()
        for polygon in self._polygons:
            self._bounds |= polygon.boundingRect()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        for polygon in self._polygons:
            painter.drawPolygon(polygon)


class SpanItem(QGraphicsItem):
    """Vertical stripes over spans of time, each in one of a few tints."""

    def __init__(self, tints: Sequence[QColor]) -> None:
        super().__init__()
        self._brushes = [QBrush(tint) for tint in tints]
        self._spans: tuple[tuple[float, float, int], ...] = ()

    def set_spans(self, spans: Sequence[tuple[float, float, int]]) -> None:
        """Show (from, to, number of the tint); nothing is redrawn while they stay the same."""
        if tuple(spans) == self._spans:
            return
        self.prepareGeometryChange()
        self._spans = tuple(spans)
        self.update()

    def boundingRect(self) -> QRectF:
        if not self._spans:
            return QRectF()
        left = min(span[0] for span in self._spans)
        return QRectF(left, -_FAR, max(span[1] for span in self._spans) - left, 2 * _FAR)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        for start, end, number in self._spans:
            painter.fillRect(QRectF(start, -_FAR, end - start, 2 * _FAR), self._brushes[number])


class GridItem(QGraphicsItem):
    """Thin lines across the plot at chosen x and y. pyqtgraph's own grid is drawn translucent and costs more than the
    curves.
    """

    def __init__(self, colour: QColor) -> None:
        super().__init__()
        self._pen = QPen(colour, 0.0)
        self._x: tuple[float, ...] = ()
        self._y: tuple[float, ...] = ()

    def set_lines(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Draw upright lines at x and level ones at y; nothing is redrawn while they stay the same."""
        if (tuple(x), tuple(y)) != (self._x, self._y):
            self.prepareGeometryChange()
            self._x, self._y = tuple(x), tuple(y)
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._pen)
        painter.drawLines([QLineF(x, -_FAR, x, _FAR) for x in self._x] + [QLineF(-_FAR, y, _FAR, y) for y in self._y])
