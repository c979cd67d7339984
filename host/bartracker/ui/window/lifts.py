"""The lifting phases of a set laid over each other: velocity against time since each lift began, as the second look
found it where there was one. The chosen rep is bright, the best dashed, another set dotted, and the ghost runs along.
"""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from bartracker.events import RepTrace
from bartracker.live_state import LiveRep
from bartracker.samples import FloatArray
from bartracker.ui.side_view import drawn_of
from bartracker.ui.window.ghosts import GhostMoment
from bartracker.ui.window.graph import Curve, Dot, Plot, draw_lines, pen
from bartracker.ui.window.painting import card_frame, font, label
from bartracker.ui.window.palette import Theme, mixed, tint
from bartracker.ui.window.plots import round_values

_MOST = 30
_LEAST_S = 1.0


class LiftPlot:
    """Velocity of each lift over its own time."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.plot = Plot("Velocity of each lift, m/s", theme)
        self.plot.add_line(0.0, vertical=False, line=pen(theme.faint))
        dotted = pen(tint(theme.down, 0.8), 1.5, Qt.PenStyle.DotLine)
        self._other = [Curve(self.plot, dotted) for _ in range(_MOST)]
        self._every = [Curve(self.plot, pen(theme.faint, 1.5)) for _ in range(_MOST)]
        self._best = Curve(self.plot, pen(theme.levels["good"], 2.0, Qt.PenStyle.DashLine))
        self.current = Curve(self.plot, pen(theme.up, 3.0))
        self.ghost_line = Curve(self.plot, pen(theme.ghost, 2.0, Qt.PenStyle.DashDotLine))
        self.ghost = Dot(self.plot, 14.0, theme.ghost, theme.text)
        self._ghost_trace: RepTrace | None = None
        self._lifts: list[tuple[FloatArray, FloatArray]] = []
        self._shown: tuple[object, ...] = ()
        self.hint = label("", "hint")
        self.frame = card_frame()
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(2)
        layout.addWidget(label("Velocity of each lift, m/s, against s since it began", "plot_title"))
        layout.addWidget(self.plot.qt_widget, 1)
        layout.addWidget(self.hint)

    def show(
        self,
        reps: Sequence[LiveRep],
        chosen: LiveRep | None,
        best: LiveRep | None = None,
        other: Sequence[LiveRep] = (),
    ) -> None:
        """Draw a set's lifts and, dotted, another's; nothing is done while they are the same objects as before."""
        key = (*reps, None, *other, chosen, best)
        if key == self._shown:
            return
        self._shown = key
        lifts = [(rep, _lift(rep)) for rep in reps if rep.trace is not None and len(rep.trace.t_s)][-_MOST:]
        behind = [_lift(rep) for rep in other if rep.trace is not None and len(rep.trace.t_s)][-_MOST:]
        draw_lines(self._other, behind)
        draw_lines(self._every, [lift for _, lift in lifts])
        for number, curve in enumerate(self._every[: len(lifts)]):
            curve.set_visible(lifts[number][0] is not chosen)
            curve.set_pen(pen(mixed(self._theme.faint, self._theme.muted, (number + 1) / len(lifts)), 1.5))
        nothing = (np.empty(0), np.empty(0))
        self.current.set_points(*next((lift for rep, lift in lifts if rep is chosen), nothing))
        self._best.set_points(*next((lift for rep, lift in lifts if rep is best and rep is not chosen), nothing))
        self._lifts = [lift for _, lift in lifts] + behind
        self._fit()
        words = "" if lifts else "Each lift shows here, from its beginning."
        if chosen is not None and lifts:
            words = f"Bright: rep {chosen.rep.index}."
            if best is not None and best is not chosen:
                words += f" Dashed: the best, rep {best.rep.index}."
            if behind:
                words += " Dotted: the set before."
        self.hint.setText(words)

    def show_ghost(self, moment: GhostMoment | None) -> None:
        """Show the ghost where it is in its lift; None hides it."""
        trace = None if moment is None else moment.ghost.trace
        if trace is not self._ghost_trace:
            self._ghost_trace = trace
            self.ghost_line.set_points(*((np.empty(0), np.empty(0)) if trace is None else _velocity(trace)))
            self._fit()
        if moment is None or trace is None:
            self.ghost.move(None)
        else:
            self.ghost.move((moment.share_s, float(np.interp(moment.share_s, *_velocity(trace)))))

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.plot.set_axis_fonts(font(11 * scale), 44 * scale, 22 * scale)

    def _fit(self) -> None:
        lifts = self._lifts if self._ghost_trace is None else [*self._lifts, _velocity(self._ghost_trace)]
        end_s = max([_LEAST_S, *(float(t_s[-1]) for t_s, _ in lifts)])
        end_s = 0.25 * math.ceil(end_s / 0.25)
        top = 0.25 * math.ceil((max([0.75, *(float(v.max()) for _, v in lifts)]) + 0.05) / 0.25)
        self.plot.set_ranges((0.0, end_s), (-0.1, top))
        self.plot.set_ticks(round_values(0.0, end_s, 0.25), round_values(0.0, top, 0.25))


def _lift(rep: LiveRep) -> tuple[FloatArray, FloatArray]:
    assert rep.trace is not None
    return _velocity(rep.trace)


def _velocity(trace: RepTrace) -> tuple[FloatArray, FloatArray]:
    drawn = drawn_of(len(trace.t_s))
    return trace.t_s[drawn] - trace.t_s[0], trace.vel_z_mps[drawn]
