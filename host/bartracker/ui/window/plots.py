"""Velocity and height against time. All items are made once and then told new data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from bartracker.events import RepTrace
from bartracker.live_state import LiveSet, RecentMotion
from bartracker.samples import FloatArray
from bartracker.ui import quantities
from bartracker.ui.window.ghosts import GhostMoment
from bartracker.ui.window.graph import Caption, Curve, Plot, pen, ribbon
from bartracker.ui.window.items import BandItem, SpanItem
from bartracker.ui.window.painting import card_frame, font, label
from bartracker.ui.window.palette import Theme, tint


@dataclass(frozen=True, slots=True)
class PlotSettings:
    """How the plots look.

    Attributes:
        shown_s: length of the time axis, s.
        ahead_s: room to the right of the newest sample, s.
        ease_s: the time axis goes 63 % of its way to the newest sample in this time, s, so that it glides though
            samples come in bursts.
        max_points: points of a curve; more are thinned, as no screen shows them.
        gap_s: samples further apart than this are not joined by a line.
        sigmas: half-width of the bands in standard uncertainties.
        tick_s: spacing of the numbers on the time axis, s.
        rep_labels: most rep numbers shown on the time axis.
    """

    shown_s: float = 15.0
    ahead_s: float = 0.4
    ease_s: float = 0.09
    max_points: int = 1000
    gap_s: float = 0.1
    sigmas: float = 1.0
    tick_s: float = 5.0
    rep_labels: int = 12


class _Track:
    """One quantity against time: curve, band of uncertainty, tinted phases and a range that moves in steps."""

    def __init__(
        self,
        theme: Theme,
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
        self.plot = Plot(title, theme)
        self.title = label(title, "plot_title")
        self.spans = SpanItem((tint(theme.up, 0.13), tint(theme.down, 0.13)))
        self.plot.add(self.spans)
        self.plot.add_line(0.0, vertical=False, line=pen(theme.faint))
        self._band = BandItem(tint(colour, band))
        self.plot.add(self._band)
        self.curve = Curve(self.plot, pen(colour, 2.0))
        self._refined = Curve(self.plot, pen(theme.text, 2.5))
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

    @property
    def refined(self) -> tuple[FloatArray, FloatArray]:
        """Times and values of the second look, as drawn."""
        return self._refined.points

    def show_refined(self, pieces: Sequence[tuple[FloatArray, FloatArray]]) -> None:
        """Draw these pieces, each times and values, over what was seen live."""
        t_s = np.concatenate([piece[0] for piece in pieces]) if pieces else np.empty(0)
        values = np.concatenate([piece[1] for piece in pieces]) if pieces else np.empty(0)
        breaks = np.cumsum([len(piece[0]) for piece in pieces])[:-1] if pieces else np.empty(0, dtype=np.int64)
        self._refined.set_points(t_s, values, breaks)

    def mark_times(self, times: tuple[tuple[float, str], ...]) -> None:
        """Number these moments on the time axis, and round values on the other."""
        self._times = times
        self.plot.set_ticks(times, round_values(*self.range, self._step))

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

    def __init__(self, theme: Theme, settings: PlotSettings | None = None) -> None:
        self._settings = settings or PlotSettings()
        self._velocity = _Track(theme, "Vertical velocity, m/s", theme.up, 0.25, 0.25, (-0.75, 0.75), self._settings)
        self._height = _Track(theme, "Height, m", theme.muted, 0.12, 0.2, (-0.2, 0.6), self._settings)
        self._refined_reps: tuple[object, ...] = ()
        self._height.plot.link_x(self._velocity.plot)
        self._ghost_line = Curve(self._velocity.plot, pen(theme.ghost, 2.0, Qt.PenStyle.DashDotLine))
        self._ghost: tuple[RepTrace, float] | None = None
        self._captions = [Caption(self._velocity.plot, theme.muted) for _ in range(self._settings.rep_labels)]
        self._newest_s = 0.0
        self._glided_s = 0.0
        self.edge_s: float | None = None
        self._move_to(0.0)
        self.frame = card_frame()
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(12, 6, 12, 4)
        layout.setSpacing(1)
        lifting, lowering = (f'<span style="color:{colour}">■</span>' for colour in (theme.up, theme.down))
        legend = label(f"{lifting} lifting &nbsp; {lowering} lowering &nbsp; ━ after the set &nbsp; band ± 1 σ", "hint")
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
        self._show_refined(motion, sets)
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

    @property
    def refined_velocity(self) -> tuple[FloatArray, FloatArray]:
        """Times and velocities of the second look, as drawn."""
        return self._velocity.refined

    def _show_refined(self, motion: RecentMotion, sets: Sequence[LiveSet]) -> None:
        """The lifting phases of sets that have been looked at as a whole; their heights stand on what was seen live."""
        reps = [rep for one in sets for rep in one.reps if rep.final and rep.trace is not None and len(rep.trace.t_s)]
        reps = [rep for rep in reps if rep.rep.concentric_end_s > motion.t_s[0]]
        if tuple(reps) == self._refined_reps:
            return
        self._refined_reps = tuple(reps)
        traces = [rep.trace for rep in reps if rep.trace is not None]
        self._velocity.show_refined([(trace.t_s, trace.vel_z_mps) for trace in traces])
        starts = np.interp([trace.t_s[0] for trace in traces], motion.t_s, motion.height_m)
        heights = [(trace.t_s, trace.path_w_m[:, 2] + start) for trace, start in zip(traces, starts, strict=True)]
        self._height.show_refined(heights)

    @property
    def ghost_velocity(self) -> tuple[FloatArray, FloatArray]:
        """Times and velocities of the ghost, as drawn."""
        return self._ghost_line.points

    def show_ghost(self, moment: GhostMoment | None) -> None:
        """Draw the ghost's velocity over the lift that it stands beside, until the next; None hides it."""
        drawn = self._ghost
        if moment is None:
            if drawn is not None:
                self._ghost = None
                self._ghost_line.set_points(np.empty(0), np.empty(0))
            return
        trace, began_s = moment.ghost.trace, moment.beside_s
        if began_s is not None and (drawn is None or trace is not drawn[0] or began_s != drawn[1]):
            self._ghost = (trace, began_s)
            self._ghost_line.set_points(trace.t_s - trace.t_s[0] + began_s, trace.vel_z_mps)

    def glide(self, now_s: float) -> None:
        """Move the time axis towards the newest sample; to be called once a frame, with the screen's clock. Costs
        nothing once it is there.
        """
        passed_s, self._glided_s = now_s - self._glided_s, now_s
        if self.edge_s is None or abs(self._newest_s - self.edge_s) > self._settings.shown_s:
            self._move_to(self._newest_s)
        elif self.edge_s != self._newest_s:
            left = self._newest_s - self.edge_s
            share = 1.0 - math.exp(-passed_s / self._settings.ease_s)
            self._move_to(self._newest_s if abs(left) < 2e-3 else self.edge_s + share * left)

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
            track.mark_times(tuple((t_s, quantities.clock(t_s)) for t_s in times))


def round_values(low: float, high: float, step: float, most: int = 5) -> tuple[tuple[float, str], ...]:
    """Multiples of step, or of 2, 4 ... steps where there would be more than `most`, within low..high."""
    step *= next(times for times in (1, 2, 4, 8, 16) if (high - low) / (times * step) <= most or times == 16)
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return tuple((number * step, f"{round(number * step, 6):g}") for number in numbers)
