"""A committed recording through link, pipeline and window: what is on screen is what the analysis says."""

from pathlib import Path

import pytest

from bartracker import analyze, read
from bartracker.api import settings_for
from bartracker.links import open_link
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.ui import quantities

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.mark.parametrize("name", ["demo_squat", "deadlift_dead_stop"])
def test_the_window_shows_the_analysis_of_a_recording(require_qt, qapp, qtbot, name):
    from bartracker.ui.window.main import MainWindow

    path = RECORDINGS / f"{name}.btr"
    link = open_link(f"{path}")
    link.speed = float("inf")
    session = LiveSession(link, Pipeline(settings_for(link.recording)))
    window = MainWindow(session)
    qtbot.addWidget(window)
    session.start()
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=60_000)
    window.refresh()
    session.close()
    assert session.failure is None

    last = analyze(read(path)).sets[-1]
    assert tuple(each.rep for each in window.shown_set.reps) == last.reps
    model = window.table.model
    shown = [model.data(model.index(row, 2)) for row in range(model.rowCount())]
    assert shown == [
        quantities.velocity_with_sigma(rep.mean_velocity_mps, rep.sigma.get("mean_velocity_mps")) for rep in last.reps
    ]
    assert window.card.number == quantities.velocity(last.reps[-1].mean_velocity_mps)
    assert window.header.mean.value == f"{last.summary.mean_velocity_mps:.2f} m/s"
    assert window.header.set_number.value == f"{last.index}, done"
