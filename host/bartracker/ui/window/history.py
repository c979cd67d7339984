"""The history window: one lift of one lifter at a glance. It shows a `LiftPage`, the same as report and command line,
and computes nothing.
"""

import importlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from bartracker.history.pages import LiftPage
from bartracker.history.values import Athlete
from bartracker.history.visits import DAY_S
from bartracker.history.words import headline, readiness_text, trend_text
from bartracker.samples import FloatArray
from bartracker.ui import wording

_pg: Any = importlib.import_module("pyqtgraph")

_GROUND, _TEXT, _LINE, _DOT = "#ffffff", "#1a1a1a", "#0b5cad", "#b3430b"
_COLOURS = (_LINE, _DOT, "#2b7a3d", "#7b3fa0")
_BAND_ALPHA = 45
_EPOCH = date(1970, 1, 1)
_STYLE = f"QMainWindow, QWidget {{ background: {_GROUND}; color: {_TEXT}; font-size: 13px; }}"


class HistoryWindow(QMainWindow):
    """Pick a person and a lift; `load` gives the page of them and may take a moment."""

    def __init__(
        self,
        people: Sequence[Athlete],
        lifts_of: Callable[[Athlete], Sequence[str]],
        load: Callable[[Athlete, str], LiftPage],
    ) -> None:
        super().__init__()
        self.setWindowTitle("bartracker history")
        self.setStyleSheet(_STYLE)
        self.resize(1180, 820)
        self._people, self._lifts_of, self._load = list(people), lifts_of, load
        self.page: LiftPage | None = None
        self.person, self.lift = QComboBox(), QComboBox()
        self.headline, self.readiness = QLabel(), QLabel()
        self.headline.setStyleSheet("font-size: 17px; font-weight: 600;")
        self.headline.setWordWrap(True)
        self.readiness.setWordWrap(True)
        self.advice = QTextBrowser()
        self.strength = _plot("Estimated 1RM, kg", dates=True)
        self.profile = _plot("Velocity against load, m/s; last six weeks", dates=False)
        self.fixed = _plot("Velocity at fixed loads, m/s", dates=True)
        self.volume = _plot("Volume a week, kg", dates=True)
        self._arrange()
        self.person.addItems([f"{one.name} (#{one.id})" for one in self._people])
        self.person.currentIndexChanged.connect(self._person_chosen)
        self.lift.currentIndexChanged.connect(self._lift_chosen)
        self._person_chosen()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for widget in (self.person, self.lift):
            top.addWidget(widget)
        top.addStretch(1)
        grid = QGridLayout()
        for place, plot in enumerate((self.strength, self.profile, self.fixed, self.volume)):
            grid.addWidget(plot, place // 2, place % 2)
        body = QHBoxLayout()
        body.addLayout(grid, 3)
        body.addWidget(self.advice, 1)
        column = QVBoxLayout()
        column.addLayout(top)
        column.addWidget(self.headline)
        column.addWidget(self.readiness)
        column.addLayout(body, 1)
        middle = QWidget()
        middle.setLayout(column)
        self.setCentralWidget(middle)

    def _person_chosen(self) -> None:
        person = self._people[self.person.currentIndex()]
        self.lift.blockSignals(True)
        self.lift.clear()
        for lift in self._lifts_of(person):
            self.lift.addItem(wording.exercise(lift), lift)
        self.lift.blockSignals(False)
        self._lift_chosen()

    def _lift_chosen(self) -> None:
        if self.lift.currentIndex() < 0:
            self.headline.setText("no sets of this person are in the library")
            return
        self.show_page(self._load(self._people[self.person.currentIndex()], str(self.lift.currentData())))

    def show_page(self, page: LiftPage) -> None:
        """Show a lift."""
        self.page = page
        text = headline(page)
        self.headline.setText(text[:1].upper() + text[1:])
        self.readiness.setText(f"{trend_text(page)}\n{readiness_text(page)}")
        self.advice.setPlainText(
            "\n\n".join(
                [f"{one.topic}: {one.text}\n{one.reason}\n[{one.source}]" for one in page.suggestions]
                + [one.text for one in page.associations]
            )
        )
        for plot in (self.strength, self.profile, self.fixed, self.volume):
            plot.clear()
        self._draw_strength(page)
        self._draw_profile(page)
        self._draw_fixed(page)
        self._draw_volume(page)

    def _draw_strength(self, page: LiftPage) -> None:
        if page.track is None or page.estimates is None:
            return
        at_s, found = page.track.visits.day * DAY_S, page.estimates
        known = np.isfinite(found.e1rm_kg)
        _band(self.strength, at_s[known], found.interval_kg[known, 0], found.interval_kg[known, 1])
        _line(self.strength, at_s[known], found.e1rm_kg[known], _LINE)
        later = found.interval_kg[known][min(6, max(np.count_nonzero(known) - 1, 0)) :]
        if len(later):
            self.strength.setYRange(float(later.min()), float(later.max()))

    def _draw_profile(self, page: LiftPage) -> None:
        if page.track is None:
            return
        track, visits = page.track, page.track.visits
        first = int(visits.first[int(np.count_nonzero(visits.day < visits.day[-1] - 42.0))])
        load = visits.load_kg[first:]
        top = float(load.max()) * 1.1 if page.refusal or page.estimates is None else float(page.estimates.e1rm_kg[-1])
        ends = np.array([float(load.min()) * 0.9, max(top, float(load.max()))])
        _line(self.profile, ends, track.state[-1, 0] - track.state[-1, 1] * ends / track.reference_kg, _LINE)
        _dots(self.profile, load, visits.velocity_mps[first:], _DOT)

    def _draw_fixed(self, page: LiftPage) -> None:
        if page.track is None:
            return
        visits = page.track.visits
        at_s = visits.day * DAY_S
        of_point = np.repeat(at_s, np.diff(visits.first))
        for one, colour in zip(page.fixed_loads, _COLOURS, strict=False):
            rows = np.isclose(visits.load_kg, one.load_kg)
            _dots(self.fixed, of_point[rows], visits.velocity_mps[rows], colour)
            _line(self.fixed, at_s, one.velocity_mps, colour, f"{one.load_kg:g} kg")
        shown = [visits.velocity_mps[np.isclose(visits.load_kg, one.load_kg)] for one in page.fixed_loads]
        if shown:
            every = np.concatenate(shown)
            low, high = float(every.min()), float(every.max())
            # Room for the key above the dots.
            self.fixed.setYRange(low, high + 0.15 * (high - low))

    def _draw_volume(self, page: LiftPage) -> None:
        start = np.array([(week.start - _EPOCH).days * DAY_S for week in page.weeks])
        volume = np.array([week.volume_kg for week in page.weeks])
        bars = _pg.BarGraphItem(x0=start, width=6.0 * DAY_S, height=volume, brush=_LINE, pen=None)
        self.volume.addItem(bars)


def _plot(title: str, *, dates: bool) -> Any:
    axes = {"bottom": _pg.DateAxisItem(utcOffset=0)} if dates else {}
    plot = _pg.PlotWidget(background=_GROUND, axisItems=axes)
    plot.setTitle(title, color=_TEXT, size="10pt")
    plot.showGrid(x=False, y=True, alpha=0.25)
    plot.setMouseEnabled(x=True, y=False)
    plot.addLegend(offset=(8, 1), colCount=4, labelTextColor=_TEXT)
    for side in ("left", "bottom"):
        plot.getAxis(side).setPen("#888888")
        plot.getAxis(side).setTextPen(_TEXT)
    plot.getAxis("left").setWidth(52)
    plot.getAxis("left").enableAutoSIPrefix(False)
    return plot


def _line(plot: Any, x: FloatArray, y: FloatArray, colour: str, name: str | None = None) -> None:
    plot.plot(x, y, pen=_pg.mkPen(colour, width=2), name=name)


def _dots(plot: Any, x: FloatArray, y: FloatArray, colour: str) -> None:
    shade = QColor(colour)
    shade.setAlpha(150)
    plot.addItem(_pg.ScatterPlotItem(x=x, y=y, size=5, pen=_pg.mkPen(None), brush=shade))


def _band(plot: Any, x: FloatArray, low: FloatArray, high: FloatArray) -> None:
    shade = QColor(_LINE)
    shade.setAlpha(_BAND_ALPHA)
    edges = [_pg.PlotCurveItem(x, side, pen=_pg.mkPen(None)) for side in (low, high)]
    for edge in edges:
        plot.addItem(edge)
    plot.addItem(_pg.FillBetweenItem(*edges, brush=shade))
