"""The only file that touches pyqtgraph, which has no types: plots, curves and marks behind typed faces, made once and
told new data.

Items drawn by hand (bands of uncertainty, tinted spans) are plain Qt items and stand in items.py.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QSizePolicy, QWidget

from bartracker.samples import FloatArray, IntArray
from bartracker.ui.window.items import GridItem
from bartracker.ui.window.palette import Theme

_pg: Any = importlib.import_module("pyqtgraph")


def pen(colour: str | QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width does not grow with the plot's scale."""
    made = QPen(QColor(colour), width, style)
    made.setCosmetic(True)
    return made


def ribbon(x_side: FloatArray, y_side: FloatArray, x_other: FloatArray, y_other: FloatArray) -> QPolygonF:
    """The area between two lines of N points each, given by their x and y (N,)."""
    x, y = np.concatenate((x_side, x_other[::-1])), np.concatenate((y_side, y_other[::-1]))
    return _pg.functions.arrayToQPolygonF(x, y)


class Curve:
    """A line through points."""

    def __init__(self, plot: "Plot", line: QPen) -> None:
        self._item: Any = _pg.PlotCurveItem(pen=line, antialias=True, skipFiniteCheck=True)
        plot.widget.addItem(self._item, ignoreBounds=True)

    @property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """x and y (N,) as drawn."""
        x, y = self._item.getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def set_points(self, x: FloatArray, y: FloatArray, breaks: IntArray | None = None) -> None:
        """Draw y (N,) over x (N,), without joining the points numbered in `breaks` to those before them."""
        if breaks is None or not len(breaks):
            self._item.setData(x, y, connect="all")
            return
        joined = np.ones(len(x), dtype=np.int32)
        joined[breaks - 1] = 0
        self._item.setData(x, y, connect=joined)

    def set_pen(self, line: QPen) -> None:
        """Draw it with this from now on."""
        self._item.setPen(line)

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        self._item.setVisible(visible)


def draw_lines(curves: Sequence[Curve], lines: Sequence[tuple[FloatArray, FloatArray]]) -> None:
    """Give each curve its line, x and y (N,); curves beyond the last line are hidden."""
    for number, curve in enumerate(curves):
        curve.set_visible(number < len(lines))
        if number < len(lines):
            curve.set_points(*lines[number])


class Ends:
    """A disc at a path's start and a triangle at its end."""

    def __init__(self, plot: "Plot", size_px: float, start: str, end: str, edge: str) -> None:
        self._item: Any = _pg.ScatterPlotItem(size=size_px, pxMode=True, pen=pen(edge))
        self._brushes = [QBrush(QColor(start)), QBrush(QColor(end))]
        plot.widget.addItem(self._item, ignoreBounds=True)

    def set_path(self, x: FloatArray, y: FloatArray) -> None:
        """Mark the first and last of these points; none: nothing shows."""
        if len(x):
            self._item.setData(x[[0, -1]], y[[0, -1]], brush=self._brushes, symbol=["o", "t1"])
        else:
            self._item.setData([], [])


class Dot:
    """One moving mark."""

    def __init__(self, plot: "Plot", size_px: float, colour: str, edge: str) -> None:
        self._item: Any = _pg.ScatterPlotItem(size=size_px, pxMode=True, pen=pen(edge, 2.0), brush=QColor(colour))
        self._place: tuple[float, float] | None = None
        plot.widget.addItem(self._item, ignoreBounds=True)

    @property
    def place(self) -> tuple[float, float] | None:
        """Where it is, None: hidden."""
        return self._place

    def move(self, place: tuple[float, float] | None) -> None:
        """Show it there; None hides it."""
        if place == self._place:
            return
        self._place = place
        self._item.setData(*([], []) if place is None else ([place[0]], [place[1]]))


class Caption:
    """A short text at a point of the plot, standing on it."""

    def __init__(self, plot: "Plot", colour: str) -> None:
        self._item: Any = _pg.TextItem(anchor=(0.5, 1.0), color=colour)
        plot.widget.addItem(self._item, ignoreBounds=True)
        self._item.hide()

    def set_text(self, text: str, x: float, y: float) -> None:
        """Show this there."""
        self._item.setText(text)
        self._item.setPos(x, y)
        self._item.show()

    def hide(self) -> None:
        """Show nothing."""
        self._item.hide()

    def set_font(self, font: QFont) -> None:
        """Write it with this from now on."""
        self._item.setFont(font)


class Plot:
    """Two axes and what is drawn between them; it never changes its ranges by itself and takes neither mouse nor
    keyboard.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        self.widget: Any = _pg.PlotWidget(background=theme.card)
        self.widget.setFrameShape(self.widget.Shape.NoFrame)
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # A graphics view would like to be 480 px high; how high it is, the window's shares say.
        self.widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.widget.setMenuEnabled(False)
        self.widget.hideButtons()
        self.widget.setMouseEnabled(x=False, y=False)
        self.widget.disableAutoRange()
        self._grid = GridItem(QColor(theme.grid))
        self.widget.addItem(self._grid, ignoreBounds=True)
        self.widget.setAccessibleName(name)
        self._ticks: tuple[tuple[tuple[float, str], ...], ...] = ((), ())
        for axis in self._axes():
            axis.setPen(pen(theme.edge))
            axis.setTextPen(pen(theme.muted))
            axis.setStyle(tickLength=0, hideOverlappingLabels=True)

    @property
    def qt_widget(self) -> QWidget:
        """The widget to lay out."""
        return self.widget

    def add(self, item: QGraphicsItem) -> None:
        """Draw an item in the plot's coordinates."""
        self.widget.addItem(item, ignoreBounds=True)

    def add_line(self, at: float, vertical: bool, line: QPen) -> None:
        """A line across the whole plot."""
        self.widget.addItem(_pg.InfiniteLine(pos=at, angle=90 if vertical else 0, pen=line), ignoreBounds=True)

    def set_x_range(self, low: float, high: float) -> None:
        """Show these x."""
        self.widget.setXRange(low, high, padding=0)

    def set_y_range(self, low: float, high: float) -> None:
        """Show these y."""
        self.widget.setYRange(low, high, padding=0)

    def set_ranges(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show at least these x and y."""
        self.widget.setRange(xRange=x, yRange=y, padding=0)

    def set_ticks(self, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]]) -> None:
        """Number the axes at these places, and draw the grid there."""
        ticks = (tuple(y), tuple(x))
        for axis, new, old in zip(self._axes(), ticks, self._ticks, strict=True):
            if new != old:
                axis.setTicks([new])
        self._ticks = ticks
        self._grid.set_lines([at for at, _ in x], [at for at, _ in y])

    @property
    def size_px(self) -> tuple[float, float]:
        """Width and height of the area between the axes."""
        box = self.widget.getViewBox()
        return box.width(), box.height()

    def on_resized(self, act: Callable[[], None]) -> None:
        """Call this whenever that area has changed its size."""

        def resized(view_box: object) -> None:
            act()

        self.widget.getViewBox().sigResized.connect(resized)

    def link_x(self, other: "Plot") -> None:
        """Follow another plot's x range, which then carries no numbers of its own."""
        self.widget.setXLink(other.widget)
        other.widget.getAxis("bottom").setStyle(showValues=False)

    def set_axis_fonts(self, font: QFont, left_px: float, bottom_px: float) -> None:
        """The numbers' font and the room for them, px, so that plots below each other line up."""
        for axis in self._axes():
            axis.setStyle(tickFont=font)
        left, bottom = self._axes()
        left.setWidth(round(left_px))
        bottom.setHeight(round(bottom_px) if bottom.style["showValues"] else 4)

    def _axes(self) -> tuple[Any, Any]:
        return self.widget.getAxis("left"), self.widget.getAxis("bottom")
