"""The window offscreen, driven by keys, over a set whose every number is known."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scripted_set import (
    CONCENTRIC_S,
    DAMAGED,
    ROM_M,
    SCRIPT,
    HeldLink,
    ScriptedPipeline,
    finished_set,
    vertical_velocity,
)
from window_places import place_in

from bartracker.links import LinkNotice
from bartracker.live import LiveSession
from bartracker.live_state import LiveRep
from bartracker.ui import quantities, wording

AFTER_TWO_REPS_S = 12.0


@pytest.fixture(scope="session")
def dressed(qapp):
    from bartracker.ui.window.main import dress

    dress(qapp)
    return qapp


@pytest.fixture
def show(dressed, qtbot, play: Callable[..., LiveSession]):
    """A window over a session, with its first picture drawn; its timer is stopped so that only refresh() draws."""
    from bartracker.ui.window.main import MainWindow

    def start(link: HeldLink, pipeline: ScriptedPipeline | None = None):
        clock = iter(range(1_000_000))
        window = MainWindow(play(link, pipeline), clock_s=lambda: next(clock) / 30.0)
        qtbot.addWidget(window)
        window.stop()
        window.show()
        window.refresh()
        return window

    return start


@pytest.fixture
def press(require_qt, qtbot):
    from PySide6.QtCore import Qt

    def key(window, name: str) -> None:
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{name}"))
        window.refresh()

    return key


def rows_of(window) -> list[tuple[str, ...]]:
    model = window.table.model
    return [
        tuple(model.data(model.index(row, column)) for column in range(model.columnCount()))
        for row in range(model.rowCount())
    ]


def until_ended(window, qtbot) -> None:
    qtbot.waitUntil(lambda: window.session.snapshot().ended, timeout=10_000)
    window.refresh()


def test_before_the_first_rep_nothing_is_claimed(show):
    window = show(HeldLink(2.0, hold=True))
    assert window.card.number == wording.UNKNOWN
    assert window.card.verdict is None
    assert rows_of(window) == []
    assert window.notice.text() == "Watching for the first rep."


def test_the_newest_rep_is_the_large_number(show):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    assert window.card.number == f"{ROM_M / CONCENTRIC_S[1]:.2f}" == "0.59"
    assert window.card.uncertainty == "± 0.02 m/s"
    assert window.card.verdict.level == "good"


def test_the_finished_set_shows_the_numbers_of_its_analysis(show, qtbot):
    window = show(HeldLink())
    until_ended(window, qtbot)
    rep_set = finished_set().rep_set
    assert rows_of(window) == [tuple(map(quantities.unbroken, wording.rep_row(rep))) for rep in rep_set.reps]
    summary = rep_set.summary
    assert window.header.mean.value == f"{summary.mean_velocity_mps:.2f} m/s"
    assert window.header.best.value == f"{summary.best_mean_velocity_mps:.2f} m/s"
    assert window.header.reps.value == "5"
    assert window.header.loss.value == f"{100 * summary.velocity_loss_from_best:.0f} % / 35 %"
    assert window.header.set_number.value == "1, done"
    assert window.header.exercise.text() == "Squat"
    assert window.header.load.text() == "100 kg"
    assert window.card.verdict.level == "off"


def test_an_open_window_follows_the_set_to_its_end(show, qtbot):
    link = HeldLink(AFTER_TWO_REPS_S, hold=True)
    window = show(link)
    assert rows_of(window) == [wording.rep_row(each.rep(announced=True)) for each in SCRIPT[:2]]
    link.close()
    until_ended(window, qtbot)
    assert rows_of(window) == [wording.rep_row(each.rep(announced=False)) for each in SCRIPT[:2]]


def test_the_velocity_curve_is_the_motion(show):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    t_s, velocity = window.time_plots.velocity_curve
    assert t_s[-1] == pytest.approx(AFTER_TWO_REPS_S - 0.01)
    np.testing.assert_allclose(velocity, vertical_velocity(t_s))


def test_the_path_ends_at_the_range_of_motion(show):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    _, height_cm = window.path.current.points
    assert height_cm[-1] == pytest.approx(100 * ROM_M)


def test_space_pauses_and_goes_on(show, press):
    link = HeldLink(2.0, hold=True)
    window = show(link)
    press(window, "Space")
    assert window.session.snapshot().paused
    assert "paused" in window.header.link.value
    press(window, "Space")
    assert not window.session.snapshot().paused


def test_plus_and_minus_change_the_speed_within_bounds(show, press):
    link = HeldLink(2.0, hold=True)
    window = show(link)
    window.session.set_speed(1.0)
    press(window, "Plus")
    assert window.session.snapshot().speed == 2.0
    assert window.transport.speed.text() == "2×"
    for _ in range(10):
        press(window, "Plus")
    assert window.session.snapshot().speed == 16.0
    for _ in range(20):
        press(window, "Minus")
    assert window.session.snapshot().speed == 0.25


def test_arrows_choose_a_rep_and_escape_returns_to_the_newest(show, press):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    press(window, "Up")
    assert window.card.number == f"{ROM_M / CONCENTRIC_S[0]:.2f}"
    assert window.table.view.currentIndex().row() == 0
    press(window, "Up")
    assert window.shown_rep.rep.index == 1
    press(window, "Escape")
    assert window.shown_rep.rep.index == 2


def test_a_click_on_a_row_chooses_that_rep(show, qtbot):
    from PySide6.QtCore import Qt

    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    view = window.table.view
    place = view.visualRect(window.table.model.index(0, 2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.shown_rep.rep.index == 1


def test_q_closes_the_window(show, press):
    window = show(HeldLink(2.0, hold=True))
    press(window, "Q")
    assert not window.isVisible()


def test_an_unchanged_state_is_not_drawn_again(show):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    drawn = window.pictures
    for _ in range(5):
        window.refresh()
    assert window.pictures == drawn


def test_the_time_axis_glides_to_the_newest_sample_and_stops(show):
    window = show(HeldLink(20.0, hold=True))
    for _ in range(60):
        window.refresh()
    assert window.time_plots.edge_s == pytest.approx(19.99)


def test_a_failing_link_leaves_the_reps_and_says_why(show, qtbot):
    window = show(HeldLink(AFTER_TWO_REPS_S, failure=DAMAGED))
    until_ended(window, qtbot)
    assert str(DAMAGED) in window.banner.text()
    assert window.banner.property("severity") == "error"
    assert str(DAMAGED) not in window.notice.text()
    assert len(rows_of(window)) == 2
    assert "stopped" in window.header.link.value
    assert not window.transport.play.isEnabled()


def test_a_fault_in_the_pipeline_is_one_line(show, qtbot):
    window = show(HeldLink(), ScriptedPipeline(fault_at_s=10.0))
    until_ended(window, qtbot)
    assert "ZeroDivisionError: scripted fault" in window.banner.text()
    assert "\n" not in window.banner.text()
    assert len(rows_of(window)) == 1


def test_a_fault_in_drawing_is_said_and_the_window_lives_on(show, monkeypatch):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    monkeypatch.setattr(window, "refresh", lambda: 1 / 0)
    window.on_frame()
    assert "not up to date" in window.notice.text()
    monkeypatch.undo()
    window.session.set_speed(2.0)
    window.on_frame()
    assert window.transport.speed.text() == "2×"


def test_notices_show_with_their_time_until_the_set_is_done(show, qtbot):
    link = HeldLink()
    link.notices.append(LinkNotice(1.0, "lost", "12 samples were lost", "warning"))
    window = show(link)
    until_ended(window, qtbot)
    assert window.notice.text().startswith("Set 1: Squat 100 kg, 5 reps")
    held = HeldLink(AFTER_TWO_REPS_S, hold=True)
    held.notices = link.notices
    assert "0:01  12 samples were lost" in show(held).notice.text()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 640), (2560, 1440)])
def test_every_size_shows_all_parts_without_overlap(show, qapp, size):
    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    window.resize(*size)
    qapp.processEvents()
    assert (window.width(), window.height()) == size
    parts = [window.header.frame, window.card, window.bars, window.time_plots.frame, window.table.frame]
    parts += [window.path.frame, window.ring]
    for part in parts:
        assert part.isVisible()
        assert window.rect().contains(place_in(window, part))
        assert min(part.width(), part.height()) >= 40
    gap_px = window.layout().itemAt(0).widget().layout().spacing()
    for one, other in itertools.combinations(parts, 2):
        grown = place_in(window, one).adjusted(-gap_px, -gap_px, gap_px, gap_px)
        assert not grown.intersects(place_in(window, other)), "parts lie one spacing apart"
    for value in (window.header.loss, window.header.link):
        assert value.width() >= value.sizeHint().width()


def test_no_number_is_cut_off_in_the_table(show, qapp):
    """The longest words of each column, at the size of a small laptop; only remarks may be shortened."""
    from PySide6.QtCore import Qt

    window = show(HeldLink(2.0, hold=True))
    partial = replace(SCRIPT[0].rep(announced=True), index=88, kind="partial", top_pause_s=12.0, bottom_pause_s=12.0)
    window.table.show([LiveRep(partial, None, final=False)], 0)
    qapp.processEvents()
    view, model = window.table.view, window.table.model
    for column in range(model.columnCount() - 1):
        words = [model.data(model.index(0, column)), model.headerData(column, Qt.Orientation.Horizontal)]
        for text in words:
            assert view.fontMetrics().horizontalAdvance(text) + 2 * 8 <= view.columnWidth(column), text


def test_the_picture_carries_the_verdict_colour(show, qapp):
    """The card is painted by hand: look at its pixels."""
    from bartracker.ui.window.palette import DARK

    window = show(HeldLink(AFTER_TWO_REPS_S, hold=True))
    qapp.processEvents()
    image = window.card.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert DARK.levels["good"] in colours
    assert DARK.levels["off"] not in colours


def test_run_window_plays_until_it_is_closed(require_qt, qapp, qtbot, monkeypatch):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window import run_window

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    session = LiveSession(HeldLink(), ScriptedPipeline())
    rows: list[int] = []

    def look() -> None:
        window = next(each for each in QApplication.topLevelWidgets() if each.objectName() == "window")
        if session.snapshot().ended and window.table.model.rowCount() == len(SCRIPT):
            timer.stop()  # closing lets events through: this is not to be seen twice
            rows.append(window.table.model.rowCount())
            window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    assert run_window(session)[0] == 0
    assert rows == [len(SCRIPT)]
