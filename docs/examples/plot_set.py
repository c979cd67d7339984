"""Analyse a recording and plot its reps: velocity, bar path, mean velocity with its uncertainty.

    python docs/examples/plot_set.py tests/recordings/demo_squat.btr [PICTURE.png]

Without a picture's name a window opens. Needs bartracker's window extra (pyqtgraph, PySide6).
"""

import os
import sys
from pathlib import Path

import numpy as np
import pyqtgraph as pg

import bartracker
from bartracker.api import settings_for
from bartracker.events import RepTrace, SetFinished
from bartracker.pipeline import Pipeline
from bartracker.ui.side_view import side_paths


def finished_sets(recording: Path) -> list[SetFinished]:
    """Sets with the traces of their reps. `bartracker.analyze` gives the same reps without traces."""
    samples = bartracker.read(recording)
    pipeline = Pipeline(settings_for(samples))
    events = [event for block in samples.blocks for event in pipeline.push(block)]
    return [event for event in (*events, *pipeline.finish()) if isinstance(event, SetFinished)]


def plot_velocity(plot: pg.PlotItem, traces: tuple[RepTrace, ...]) -> None:
    """Vertical velocity of each lifting phase from its start."""
    plot.setLabels(left="vertical velocity, m/s", bottom="time in the lifting phase, s")
    plot.getAxis("left").enableAutoSIPrefix(False)
    for number, trace in enumerate(traces):
        pen = pg.mkPen(pg.intColor(number, len(traces)), width=2)
        plot.plot(trace.t_s - trace.t_s[0], trace.vel_z_mps, pen=pen, name=f"rep {number + 1}")


def plot_path(plot: pg.PlotItem, traces: tuple[RepTrace, ...]) -> None:
    """Bar path from the side; the horizontal axis is stretched, as paths are nearly upright."""
    plot.setLabels(left="height gained, cm", bottom="forward or backward, cm")
    for number, path in enumerate(side_paths(list(traces))):
        plot.plot(path.sideways_cm, path.height_cm, pen=pg.mkPen(pg.intColor(number, len(traces)), width=2))


def plot_mean_velocity(plot: pg.PlotItem, result: SetFinished) -> None:
    """Mean velocity of each rep with its 95 % interval; orange where a flag was raised."""
    plot.setLabels(left="mean velocity, m/s", bottom="rep")
    plot.getAxis("left").enableAutoSIPrefix(False)
    for rep in result.rep_set.reps:
        if rep.mean_velocity_mps is None:
            continue
        flagged = any(flag.sigma is not None for flag in rep.flags)
        brush = pg.mkBrush(230, 150, 60) if flagged else pg.mkBrush(110, 160, 110)
        plot.addItem(pg.BarGraphItem(x=[rep.index], height=[rep.mean_velocity_mps], width=0.6, brush=brush))
        sigma = rep.sigma.get("mean_velocity_mps")
        if sigma is not None:
            at = {"x": np.array([rep.index]), "y": np.array([rep.mean_velocity_mps])}
            plot.addItem(pg.ErrorBarItem(**at, height=np.array([2 * 1.96 * sigma]), beam=0.2, pen=pg.mkPen("k")))


def main(recording: Path, picture: Path | None) -> int:
    """Analyse, print a line a rep, plot the first set; returns the exit code."""
    sets = finished_sets(recording)
    if not sets:
        print(f"{recording}: no reps found")
        return 1
    for rep in sets[0].rep_set.reps:
        mean = "unknown" if rep.mean_velocity_mps is None else f"{rep.mean_velocity_mps:.2f} m/s"
        remarks = ", ".join(flag.text for flag in rep.flags) or "no remarks"
        print(f"rep {rep.index}: {mean}, tempo {rep.tempo}, {remarks}")
    if picture is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = pg.mkQApp("bartracker")
    pg.setConfigOptions(background="w", foreground="k", antialias=True)
    view = pg.GraphicsLayoutWidget(size=(1200, 800), title=recording.name)
    velocity = view.addPlot(row=0, col=0)
    velocity.addLegend()
    plot_velocity(velocity, sets[0].traces)
    plot_path(view.addPlot(row=0, col=1), sets[0].traces)
    plot_mean_velocity(view.addPlot(row=1, col=0, colspan=2), sets[0])
    view.resize(1200, 800)
    view.show()
    if picture is None:
        return int(app.exec())
    app.processEvents()
    return 0 if view.grab().save(str(picture)) else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None))
