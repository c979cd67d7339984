"""Pictures and figures of the recordings on which `estimate_motion` is worst, to see what goes wrong.

    python benchmarks/worst_cases.py [--broad FOLDER] [--sets FOLDER] --output FOLDER [--worst N] [--mode online]

Of each kind (BROAD, sets without clipping, sets with) the N with the largest vertical velocity RMSE are drawn, one PNG
each: velocity against the truth, its error with the +-1.96 sigma band, and height; on the left all of it, on the right
the stretch that holds most of the error. Formats: motion_cases.py.

The table splits the error of each: below 0.5 Hz (drift, which a fault of bias, tilt or a rest leaves), above 5 Hz
(ringing, whip), and what is proportional to the true velocity (scale).
"""

import argparse
import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.signal import butter, sosfiltfilt  # pyright: ignore[reportUnknownVariableType, reportMissingTypeStubs]

from bartracker.motion import Motion, estimate_motion
from bartracker.motion.input_checks import index_from_stamps
from bartracker.samples import BoolArray, FloatArray
from motion_cases import Case, Estimate, Mode, MotionScore, broad, rms, score, sets

WIDE = 1.96
DRIFT_HZ, RINGING_HZ = 0.5, 5.0
ALIGNED_S = 1.0
ZOOM_S = 6.0
SIZE_PX = (1800, 1000)
TRUTH, OURS, ERROR, BAND, CLIPPED = "#000000", "#0072b2", "#d55e00", "#56b4e960", "#cc0000"
REST, LOST = "#009e7330", "#cc79a770"
_LEGEND = (("truth", TRUTH), ("estimate", OURS), ("error, where scored", ERROR), ("± 1.96 sigma", "#56b4e9"))
_MARKS = (("at rest (estimate)", "#009e73"), ("samples lost", "#cc79a7"), ("clipped sample", CLIPPED))


@dataclass(frozen=True, slots=True)
class Judged:
    """A recording with its estimate, its score and its error of vertical velocity (N,), NaN where not scored."""

    case: Case
    motion: Motion
    score: MotionScore
    error_mps: FloatArray

    def spans(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """All of the recording and the stretch with most of the error, s."""
        t = self.case.t_s
        power = np.concatenate([[0.0], np.cumsum(np.nan_to_num(self.error_mps) ** 2)])
        ends = np.minimum(np.searchsorted(t, t + ZOOM_S), len(t))
        start = float(t[int((power[ends] - power[:-1]).argmax())])
        return (float(t[0]), float(t[-1])), (start, start + ZOOM_S)

    def height_m(self) -> FloatArray:
        """Estimated height (N,), equal to the true one over the first second."""
        height = self.motion.pos_w_m[:, 2]
        first = self.case.t_s < self.case.t_s[0] + ALIGNED_S
        return height - float(np.mean((height - self.case.height_m)[first]))


def judged(case: Case, mode: Mode) -> Judged:
    motion = estimate_motion(case.t_s, case.acc_mps2, case.gyr_radps, mode=mode)
    velocity = motion.vel_w_mps[:, 2]
    estimate = Estimate(motion.quat_ws, velocity, motion.sigma_vel_w_mps[:, 2])
    error = np.where(case.scored, velocity - case.vel_z_mps, np.nan)
    return Judged(case, motion, score(case, estimate), error)


def parts(one: Judged) -> tuple[float, float, float]:
    """RMS of the error's slow part, of its fast part, m/s, and how much too large velocity is, as a share."""
    use = one.case.scored
    error = one.motion.vel_w_mps[:, 2] - one.case.vel_z_mps
    rate_hz = 1 / float(np.median(np.diff(one.case.t_s)))
    slow = sosfiltfilt(butter(2, DRIFT_HZ, fs=rate_hz, output="sos"), error)
    fast = sosfiltfilt(butter(2, RINGING_HZ, "high", fs=rate_hz, output="sos"), error)
    truth = one.case.vel_z_mps[use]
    scale = float(truth @ error[use] / (truth @ truth))
    return rms(np.asarray(slow)[use]), rms(np.asarray(fast)[use]), scale


def listing(worst: list[Judged]) -> Table:
    table = Table(title="worst recordings", box=box.MARKDOWN)
    for heading in (
        "recording",
        "kind",
        "v_z RMSE, m/s",
        "below 0.5 Hz",
        "above 5 Hz",
        "proportional",
        "inclination, deg",
        "in the 95 % interval",
        "largest error, m/s, at s",
        "clipped",
    ):
        table.add_column(heading)
    for one in worst:
        slow, fast, scale = parts(one)
        at = int(np.nanargmax(np.abs(one.error_mps)))
        table.add_row(
            f"{one.case.name} {one.case.exercise}",
            one.case.group,
            f"{one.score.vel_z_mps:.3f}",
            f"{slow:.3f}",
            f"{fast:.3f}",
            f"{scale:+.1%}",
            f"{one.score.inclination_deg:.2f}",
            f"{one.score.coverage:.0%}",
            f"{one.error_mps[at]:+.2f} at {one.case.t_s[at]:.2f}",
            str(int(one.case.clipped.sum())),
        )
    return table


def draw(one: Judged, path: Path) -> None:
    """The picture of one recording, as PNG."""
    pg: Any = importlib.import_module("pyqtgraph")
    pg.setConfigOptions(background="w", foreground="k", antialias=True)
    sheet: Any = pg.GraphicsLayoutWidget(show=False, size=SIZE_PX)
    case = one.case
    title = (
        f"{case.name} {case.exercise} ({case.group}): v_z RMSE {one.score.vel_z_mps:.3f} m/s, "
        f"{one.score.coverage:.0%} in the 95 % interval, inclination {one.score.inclination_deg:.2f} deg"
    )
    sheet.addLabel(title, row=0, col=0, colspan=2, size="13pt")
    key = "   ".join(f'<span style="color:{colour}">■</span> {text}' for text, colour in (*_LEGEND, *_MARKS))
    sheet.addLabel(key, row=1, col=0, colspan=2, size="11pt")
    for column, span in enumerate(one.spans()):
        within = (case.t_s >= span[0]) & (case.t_s <= span[1])
        plots: list[Any] = [sheet.addPlot(row=row, col=column) for row in (2, 3, 4)]
        for plot in plots:
            plot.getAxis("left").enableAutoSIPrefix(False)
        _velocity(pg, plots[0], one, within)
        _error(pg, plots[1], one, within)
        _height(pg, plots[2], one, within)
        for plot in plots:
            plot.setXRange(*span, padding=0)
            plot.showGrid(x=True, y=True, alpha=0.2)
            plot.getAxis("left").setWidth(70)
            _mark(pg, plot, one, within)
        plots[-1].setLabel("bottom", "time, s")
    sheet.grab().save(str(path))
    sheet.close()


def _velocity(pg: Any, plot: Any, one: Judged, within: BoolArray) -> None:
    plot.setLabel("left", "v_z, m/s")
    t, velocity = one.case.t_s[within], one.motion.vel_w_mps[within, 2]
    plot.plot(t, one.case.vel_z_mps[within], pen=pg.mkPen(TRUTH, width=2))
    plot.plot(t, velocity, pen=pg.mkPen(OURS, width=1.5))
    _range(plot, np.concatenate([velocity, one.case.vel_z_mps[within]]))


def _error(pg: Any, plot: Any, one: Judged, within: BoolArray) -> None:
    plot.setLabel("left", "error of v_z, m/s")
    t, error = one.case.t_s[within], one.error_mps[within]
    band = WIDE * one.motion.sigma_vel_w_mps[within, 2]
    edges = [pg.PlotDataItem(t, side * band, pen=pg.mkPen(BAND)) for side in (1, -1)]
    for edge in edges:
        plot.addItem(edge)
    plot.addItem(pg.FillBetweenItem(*edges, brush=pg.mkBrush(BAND)))
    plot.plot(t, error, pen=pg.mkPen(ERROR, width=1.5), connect="finite")
    largest = float(np.nanmax(np.abs(error), initial=0.0))
    _range(plot, np.array([1.0, -1.0]) * max(largest, float(np.median(band))))


def _height(pg: Any, plot: Any, one: Judged, within: BoolArray) -> None:
    plot.setLabel("left", "height, m")
    t, height = one.case.t_s[within], one.height_m()[within]
    plot.plot(t, one.case.height_m[within], pen=pg.mkPen(TRUTH, width=2))
    plot.plot(t, height, pen=pg.mkPen(OURS, width=1.5))
    _range(plot, np.concatenate([height, one.case.height_m[within]]))


def _range(plot: Any, values: FloatArray) -> None:
    plot.setYRange(float(np.nanmin(values)), float(np.nanmax(values)), padding=0.08)


def _mark(pg: Any, plot: Any, one: Judged, within: BoolArray) -> None:
    """Tint what the estimate takes for rest and where samples were lost; tick the clipped ones at the plot's foot."""
    t = one.case.t_s
    edges = np.flatnonzero(np.diff(np.concatenate([[False], one.motion.resting & within, [False]]).astype(np.int8)))
    spans = [(t[start], t[min(int(stop), len(t) - 1)], REST) for start, stop in edges.reshape(-1, 2)]
    before_hole = np.flatnonzero((np.diff(index_from_stamps(t)) > 1) & within[:-1])
    spans += [(t[i], t[i + 1], LOST) for i in before_hole]
    for start_s, stop_s, tint in spans:
        span = (float(start_s), float(stop_s))
        plot.addItem(pg.LinearRegionItem(span, movable=False, brush=pg.mkBrush(tint), pen=pg.mkPen(None)))
    for at in t[one.case.clipped & within]:
        plot.addItem(pg.InfiniteLine(float(at), angle=90, pen=pg.mkPen(CLIPPED, width=1), span=(0.0, 0.06)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broad", type=Path, metavar="FOLDER")
    parser.add_argument("--sets", type=Path, metavar="FOLDER")
    parser.add_argument("--output", type=Path, metavar="FOLDER", required=True, help="where the pictures go")
    parser.add_argument("--worst", type=int, default=3, metavar="N", help="recordings of each kind")
    parser.add_argument("--mode", choices=("offline", "online"), default="offline")
    args = parser.parse_args()
    if args.broad is None and args.sets is None:
        parser.error("give --broad FOLDER, --sets FOLDER or both")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt: Any = importlib.import_module("PySide6.QtWidgets")
    app = qt.QApplication([])
    args.output.mkdir(parents=True, exist_ok=True)
    cases = [*(sets(args.sets) if args.sets else ()), *(broad(args.broad) if args.broad else ())]
    every = [judged(case, args.mode) for case in track(cases, "estimating", console=Console(stderr=True))]
    worst: list[Judged] = []
    for kind in ("sets, not clipped", "sets, clipped", "BROAD"):
        of_kind = [one for one in every if one.case.group.startswith(kind)]
        worst += sorted(of_kind, key=lambda one: -one.score.vel_z_mps)[: args.worst]
    for one in worst:
        draw(one, args.output / f"{one.case.name}-{args.mode}.png")
    Console(width=240).print(listing(worst))
    app.quit()


if __name__ == "__main__":
    main()
