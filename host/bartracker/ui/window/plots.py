"""The plots: velocity and height against time, and the bar's path from the side. All items are made once and then told
new data.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from bartracker.live_state import LiveRep, LiveSet, RecentMotion
from bartracker.samples import FloatArray
from bartracker.ui import wording
from bartracker.ui.side_view import side_paths
from bartracker.ui.window.cards import card_frame, font, label
from bartracker.ui.window.graph import Caption, Curve, Ends, Plot, pen, ribbon
from bartracker.ui.window.items import BandItem, SpanItem
from bartracker.ui.window.palette import DOWN, FAINT, MUTED, TEXT, UP, tint

_FLOOR_CM = -5.0  # lowest height in the side view: a little room under the start


@dataclass(frozen=True, slots=True)
class PlotSettings:
    """How the plots look.

    Attributes:
        shown_s: length of the time axis, s.
        ahead_s: room to the right of the newest sample, s.
        ease: share of the way to the newest sample that the time axis moves in one frame, so that it glides though
            samples come in bursts.
        max_points: points of a curve; more are thinned, as no screen shows them.
        gap_s: samples further apart than this are not joined by a line.
        sigmas: half-width of the bands in standard uncertainties.
        tick_s: spacing of the numbers on the time axis, s.
        rep_labels: most rep numbers shown on the time axis.
        paths: most reps of a set shown from the side.
    """

    shown_s: float = 15.0
    ahead_s: float = 0.4
    ease: float = 0.3
    max_points: int = 1000
    gap_s: float = 0.1
    sigmas: float = 1.0
    tick_s: float = 5.0
    rep_labels: int = 12
    paths: int = 30


class _Track:
    """One quantity against time: curve, band of uncertainty, tinted phases and a range that moves in steps."""

    def __init__(
        self,
        title: str,
        colour: str,
        band: float,
        step: float,
        least: tuple[float, float],
        settings: PlotSettings,
    ) -> None:
        self._settings = settings
        self._step = step
        self._least = least
        self.range = least
        self.plot = Plot(title)
        self.title = label(title, "plot_title")
        self.spans = SpanItem((tint(UP, 0.13), tint(DOWN, 0.13)))
        self.plot.add(self.spans)
        self.plot.add_line(0.0, vertical=False, line=pen(FAINT))
        self._band = BandItem(tint(colour, band))
        self.plot.add(self._band)
        self.curve = Curve(self.plot, pen(colour, 2.0))
        self.mark_times(())
        self.plot.set_y_range(*least)

    def show(self, t_s: FloatArray, values: FloatArray, sigma: FloatArray) -> None:
        """Draw values (N,) with their sigma (N,)."""
        starts = np.flatnonzero(np.diff(t_s) > self._settings.gap_s) + 1
        self.curve.set_points(t_s, values, starts)
        half = self._settings.sigmas * sigma
        pieces = zip(np.split(t_s, starts), np.split(values, starts), np.split(half, starts), strict=True)
        self._band.set_bands([ribbon(t, v + h, t, v - h) for t, v, h in pieces if len(t)])
        if len(values):
            self._set_range(float(values.min()), float(values.max()))

    def mark_times(self, times: tuple[tuple[float, str], ...]) -> None:
        """Number these moments on the time axis, and round values on the other."""
        self._times = times
        self.plot.set_ticks(times, _round_values(*self.range, self._step))

    def _set_range(self, low: float, high: float) -> None:
        margin = 0.25 * self._step
        low = min(self._least[0], self._step * np.floor((low - margin) / self._step))
        high = max(self._least[1], self._step * np.ceil((high + margin) / self._step))
        if (low, high) != self.range:
            self.range = (low, high)
            self.mark_times(self._times)
            self.plot.set_y_range(low, high)


class TimePlots:
    """Velocity above height on one moving time axis."""

    def __init__(self, settings: PlotSettings | None = None) -> None:
        self._settings = settings or PlotSettings()
        self._velocity = _Track("Vertical velocity, m/s", UP, 0.25, 0.25, (-0.75, 0.75), self._settings)
        self._height = _Track("Height, m", TEXT, 0.12, 0.2, (-0.2, 0.6), self._settings)
        self._height.plot.link_x(self._velocity.plot)
        self._captions = [Caption(self._velocity.plot, MUTED) for _ in range(self._settings.rep_labels)]
        self._newest_s = 0.0
        self.edge_s: float | None = None
        self._move_to(0.0)
        self.frame = card_frame()
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(12, 8, 12, 6)
        layout.setSpacing(2)
        lifting, lowering = (f'<span style="color:{colour}">■</span>' for colour in (UP, DOWN))
        legend = label(f"{lifting} lifting &nbsp; {lowering} lowering &nbsp; band ± 1 σ", "hint")
        head = QHBoxLayout()
        head.addWidget(self._velocity.title, 1)
        head.addWidget(legend)
        layout.addLayout(head)
        layout.addWidget(self._velocity.plot.qt_widget, 3)
        layout.addWidget(self._height.title)
        layout.addWidget(self._height.plot.qt_widget, 2)

    @property
    def velocity_curve(self) -> tuple[FloatArray, FloatArray]:
        """Times and velocities as drawn."""
        return self._velocity.curve.points

    def show(self, motion: RecentMotion, sets: Sequence[LiveSet]) -> None:
        """Draw the newest motion and tint the phases of the reps in it."""
        if not len(motion):
            return
        self._newest_s = float(motion.t_s[-1])
        first = int(np.searchsorted(motion.t_s, self._newest_s - self._settings.shown_s - 1.0))
        stride = 1 + (len(motion) - first) // self._settings.max_points
        # Thinned from the newest sample backwards, so that it always shows.
        chosen = slice(first + (len(motion) - first - 1) % stride, None, stride)
        t_s = motion.t_s[chosen]
        self._velocity.show(t_s, motion.vel_z_mps[chosen], motion.sigma_vel_z_mps[chosen])
        self._height.show(t_s, motion.height_m[chosen], motion.sigma_height_m[chosen])
        reps = [each.rep for one in sets for each in one.reps if each.rep.concentric_end_s > t_s[0]]
        spans = [(rep.concentric_start_s, rep.concentric_end_s, 0) for rep in reps]
        spans += [
            (rep.eccentric_start_s, rep.eccentric_end_s, 1)
            for rep in reps
            if rep.eccentric_start_s is not None and rep.eccentric_end_s is not None
        ]
        for track in (self._velocity, self._height):
            track.spans.set_spans(spans)
        # A number half out of the plot would only be a speck.
        from_s = self._newest_s - self._settings.shown_s + 2.0 * self._settings.ahead_s
        newest = [rep for rep in reps if 0.5 * (rep.concentric_start_s + rep.concentric_end_s) > from_s]
        newest = newest[-len(self._captions) :]
        for caption, rep in zip_longest(self._captions, newest):
            if rep is None:
                caption.hide()
            else:
                middle_s = 0.5 * (rep.concentric_start_s + rep.concentric_end_s)
                caption.set_text(str(rep.index), middle_s, self._velocity.range[0])

    def glide(self) -> None:
        """Move the time axis towards the newest sample; to be called once a frame. Costs nothing once it is there."""
        if self.edge_s is None or abs(self._newest_s - self.edge_s) > self._settings.shown_s:
            self._move_to(self._newest_s)
        elif self.edge_s != self._newest_s:
            left = self._newest_s - self.edge_s
            self._move_to(self._newest_s if abs(left) < 2e-3 else self.edge_s + self._settings.ease * left)

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        for track in (self._velocity, self._height):
            track.plot.set_axis_fonts(font(11 * scale), 44 * scale, 22 * scale)
        for caption in self._captions:
            caption.set_font(font(12 * scale))

    def _move_to(self, edge_s: float) -> None:
        self.edge_s = edge_s
        right = max(edge_s + self._settings.ahead_s, self._settings.shown_s)
        left = right - self._settings.shown_s
        self._velocity.plot.set_x_range(left, right)
        step = self._settings.tick_s
        times = [step * number for number in range(math.ceil(left / step), math.floor(right / step) + 1)]
        for track in (self._velocity, self._height):
            track.mark_times(tuple((t_s, wording.clock(t_s)) for t_s in times))


class PathPlot:
    """The concentric paths of one set's reps from the side, at equal scales, with the chosen one bright and its
    band.
    """

    def __init__(self, settings: PlotSettings | None = None) -> None:
        self._settings = settings or PlotSettings()
        self.plot = Plot("Bar path from the side, cm")
        self.plot.on_resized(self._fit)
        self.plot.add_line(0.0, vertical=True, line=pen(FAINT, 1.0, Qt.PenStyle.DashLine))
        self._band = BandItem(tint(UP, 0.18))
        self.plot.add(self._band)
        self._earlier = [Curve(self.plot, pen(FAINT, 1.5)) for _ in range(self._settings.paths)]
        self.current = Curve(self.plot, pen(UP, 3.0))
        self._ends = Ends(self.plot, 10.0, TEXT, UP)
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

    def show(self, reps: Sequence[LiveRep], chosen: LiveRep | None) -> None:
        """Draw the paths of a set's reps; nothing is done while they are the same objects as before."""
        if (*reps, chosen) == self._shown:
            return
        self._shown = (*reps, chosen)
        traced = [(rep, rep.trace) for rep in reps if rep.trace is not None and len(rep.trace.t_s)][
            -len(self._earlier) :
        ]
        paths = side_paths([trace for _, trace in traced])
        self._reach_cm = (
            max((float(np.abs(each.sideways_cm).max()) for each in paths), default=0.0),
            max((float(each.height_cm.max()) for each in paths), default=60.0),
        )
        self._fit()
        place = next((number for number, (rep, _) in enumerate(traced) if rep is chosen), None)
        for number, curve in enumerate(self._earlier):
            curve.set_visible(number < len(paths) and number != place)
            if number < len(paths):
                newness = (number + 1) / len(paths)
                curve.set_pen(pen(_mixed(FAINT, MUTED, newness), 1.5))
                curve.set_points(paths[number].sideways_cm, paths[number].height_cm)
        if place is None:
            self._band.set_bands([])
            self.current.set_points(np.empty(0), np.empty(0))
            self._ends.set_path(np.empty(0), np.empty(0))
            self.hint.setText("" if paths else "Each rep's path up shows here.")
            return
        path = paths[place]
        half = self._settings.sigmas * path.sigma_sideways_cm
        left, right = path.sideways_cm - half, path.sideways_cm + half
        self._band.set_bands([ribbon(left, path.height_cm, right, path.height_cm)])
        self.current.set_points(path.sideways_cm, path.height_cm)
        self._ends.set_path(path.sideways_cm, path.height_cm)
        self.hint.setText(
            f"Path up of rep {chosen.rep.index if chosen else ''}; band ± 1 σ. Left and right are arbitrary."
        )

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self.plot.set_axis_fonts(font(11 * scale), 34 * scale, 22 * scale)

    def _fit(self) -> None:
        """Show what there is at equal scales, on a floor at the bottom, in steps of 10 cm so that the picture stays
        still.
        """
        width, height = self.plot.size_px
        if min(width, height) < 1:
            return
        side = 10.0 * math.ceil((max(12.0, self._reach_cm[0]) + 2.0) / 10.0)
        top = 10.0 * math.ceil((max(30.0, self._reach_cm[1]) + 4.0) / 10.0)
        cm_per_px = max((top - _FLOOR_CM) / height, 2.0 * side / width)
        side, top = 0.5 * cm_per_px * width, _FLOOR_CM + cm_per_px * height
        self.plot.set_ticks(_round_values(-side, side, 10.0), _round_values(0.0, top, 10.0, 10))
        self.plot.set_ranges((-side, side), (_FLOOR_CM, top))


def _round_values(low: float, high: float, step: float, most: int = 5) -> tuple[tuple[float, str], ...]:
    """Multiples of step, or of 2, 4 ... steps where there would be more than `most`, within low..high."""
    step *= next(times for times in (1, 2, 4, 8, 16) if (high - low) / (times * step) <= most or times == 16)
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return tuple((number * step, f"{round(number * step, 6):g}") for number in numbers)


def _mixed(dim: str, bright: str, share: float) -> QColor:
    """Between two colours: 0 dim, 1 bright."""
    a, b = QColor(dim), QColor(bright)
    pairs = ((a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF()))
    return QColor.fromRgbF(*(low + share * (high - low) for low, high in pairs))
