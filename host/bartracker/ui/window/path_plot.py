"""The bar's path from the side: a set's lifting phases at equal scales, the chosen one bright with its band, the best
marked, another set behind them, and the ghost on its way.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout

from bartracker.events import RepTrace
from bartracker.live_state import LiveRep
from bartracker.ui.side_view import SidePath, facing, side_paths
from bartracker.ui.window.ghosts import GhostMoment
from bartracker.ui.window.graph import Curve, Dot, Ends, Plot, draw_lines, pen, ribbon
from bartracker.ui.window.items import BandItem
from bartracker.ui.window.painting import card_frame, font, label
from bartracker.ui.window.palette import Theme, mixed, tint
from bartracker.ui.window.plots import round_values

_FLOOR_CM = -5.0  # lowest height in the side view: a little room under the start


@dataclass(frozen=True, slots=True)
class PathSettings:
    """How the side view looks.

    Attributes:
        paths: most reps of a set shown, and most of the set behind it.
        sigmas: half-width of the band in standard uncertainties.
    """

    paths: int = 30
    sigmas: float = 1.0


class PathPlot:
    """The side view of one set, and of another for comparison."""

    def __init__(self, theme: Theme, settings: PathSettings | None = None) -> None:
        self._settings = settings or PathSettings()
        self._theme = theme
        self.plot = Plot("Bar path from the side, cm", theme)
        self.plot.on_resized(self._fit)
        self.plot.add_line(0.0, vertical=True, line=pen(theme.faint, 1.0, Qt.PenStyle.DashLine))
        self._band = BandItem(tint(theme.up, 0.18))
        self.plot.add(self._band)
        dotted = pen(tint(theme.down, 0.8), 1.5, Qt.PenStyle.DotLine)
        self._other = [Curve(self.plot, dotted) for _ in range(self._settings.paths)]
        self._earlier = [Curve(self.plot, pen(theme.faint, 1.5)) for _ in range(self._settings.paths)]
        self._best = Curve(self.plot, pen(theme.levels["good"], 2.0, Qt.PenStyle.DashLine))
        self.current = Curve(self.plot, pen(theme.up, 3.0))
        self._ends = Ends(self.plot, 10.0, theme.text, theme.up, theme.card)
        self.ghost_line = Curve(self.plot, pen(theme.ghost, 2.0, Qt.PenStyle.DashDotLine))
        self.ghost = Dot(self.plot, 16.0, theme.ghost, theme.text)
        self._ghost: tuple[RepTrace, SidePath] | None = None
        self._faced: SidePath | None = None  # the path that the ghost faces the way of
        self._shown: tuple[object, ...] = ()
        self._reach_cm = (0.0, 60.0)
        self.hint = label("", "hint")
        self.hint.setWordWrap(True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.frame = card_frame()
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        layout.addWidget(label("Bar path from the side, cm", "plot_title"))
        layout.addWidget(self.plot.qt_widget, 1)
        layout.addWidget(self.hint)

    def show(
        self,
        reps: Sequence[LiveRep],
        chosen: LiveRep | None,
        best: LiveRep | None = None,
        other: Sequence[LiveRep] = (),
    ) -> None:
        """Draw a set's paths and, dotted, another's; nothing is done while they are the same objects as before."""
        key = (*reps, None, *other, chosen, best)
        if key == self._shown:
            return
        self._shown = key
        traced, behind = self._traced(reps), self._traced(other)
        # One axis for both sets, so that they can be compared.
        every = side_paths([rep.trace for rep in (*traced, *behind) if rep.trace is not None])
        paths, other_paths = every[: len(traced)], every[len(traced) :]
        self._reach_cm = (
            max((float(np.abs(each.sideways_cm).max()) for each in every), default=0.0),
            max((float(each.height_cm.max()) for each in every), default=60.0),
        )
        self._fit()
        draw_lines(self._other, [(path.sideways_cm, path.height_cm) for path in other_paths])
        place = next((number for number, rep in enumerate(traced) if rep is chosen), None)
        self._draw_earlier(paths, place)
        marked = next((number for number, rep in enumerate(traced) if rep is best), None)
        if marked is not None and marked != place:
            self._best.set_points(paths[marked].sideways_cm, paths[marked].height_cm)
        else:
            self._best.set_points(np.empty(0), np.empty(0))
        self._draw_current(None if place is None else paths[place])
        self._faced = paths[-1] if paths else None
        if self._ghost is not None:
            self._draw_ghost(self._ghost[0])
        self.hint.setText(self._words(None if place is None else traced[place], best, bool(paths), bool(other_paths)))

    def show_ghost(self, moment: GhostMoment | None) -> None:
        """Show the ghost where it is in its lift; None hides it."""
        if moment is None:
            if self._ghost is not None:
                self._ghost = None
                self.ghost_line.set_points(np.empty(0), np.empty(0))
                self.ghost.move(None)
                self._fit()
            return
        trace = moment.ghost.trace
        if self._ghost is None or self._ghost[0] is not trace:
            self._draw_ghost(trace)
        assert self._ghost is not None
        path = self._ghost[1]
        x = float(np.interp(moment.share_s, path.t_s, path.sideways_cm))
        self.ghost.move((x, float(np.interp(moment.share_s, path.t_s, path.height_cm))))

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.plot.set_axis_fonts(font(11 * scale), 34 * scale, 22 * scale)

    def _traced(self, reps: Sequence[LiveRep]) -> list[LiveRep]:
        return [rep for rep in reps if rep.trace is not None and len(rep.trace.t_s)][-self._settings.paths :]

    def _draw_earlier(self, paths: Sequence[SidePath], place: int | None) -> None:
        draw_lines(self._earlier, [(path.sideways_cm, path.height_cm) for path in paths])
        for number, curve in enumerate(self._earlier[: len(paths)]):
            curve.set_visible(number != place)
            curve.set_pen(pen(mixed(self._theme.faint, self._theme.muted, (number + 1) / len(paths)), 1.5))

    def _draw_current(self, path: SidePath | None) -> None:
        if path is None:
            self._band.set_bands([])
            self.current.set_points(np.empty(0), np.empty(0))
            self._ends.set_path(np.empty(0), np.empty(0))
            return
        half = self._settings.sigmas * path.sigma_sideways_cm
        left, right = path.sideways_cm - half, path.sideways_cm + half
        self._band.set_bands([ribbon(left, path.height_cm, right, path.height_cm)])
        self.current.set_points(path.sideways_cm, path.height_cm)
        self._ends.set_path(path.sideways_cm, path.height_cm)

    def _draw_ghost(self, trace: RepTrace) -> None:
        path = facing(side_paths([trace])[0], self._faced)
        self._ghost = (trace, path)
        self.ghost_line.set_points(path.sideways_cm, path.height_cm)
        self._fit()

    def _words(self, chosen: LiveRep | None, best: LiveRep | None, any_path: bool, any_other: bool) -> str:
        if chosen is None:
            return "" if any_path else "Each rep's path up shows here."
        words = f"Path up of rep {chosen.rep.index}; band ± 1 σ."
        if best is not None and best is not chosen:
            words += f" Dashed: the best, rep {best.rep.index}."
        if any_other:
            words += " Dotted: the set before."
        return words + " Left and right are arbitrary."

    def _fit(self) -> None:
        """Show what there is at equal scales, on a floor at the bottom, in steps of 10 cm so that the picture stays
        still.
        """
        width, height = self.plot.size_px
        if min(width, height) < 1:
            return
        sideways, up = self._reach_cm
        if self._ghost is not None:
            path = self._ghost[1]
            sideways, up = max(sideways, float(np.abs(path.sideways_cm).max())), max(up, float(path.height_cm.max()))
        side = 10.0 * math.ceil((max(12.0, sideways) + 2.0) / 10.0)
        top = 10.0 * math.ceil((max(30.0, up) + 4.0) / 10.0)
        cm_per_px = max((top - _FLOOR_CM) / height, 2.0 * side / width)
        side, top = 0.5 * cm_per_px * width, _FLOOR_CM + cm_per_px * height
        self.plot.set_ticks(round_values(-side, side, 10.0), round_values(0.0, top, 10.0, 10))
        self.plot.set_ranges((-side, side), (_FLOOR_CM, top))
