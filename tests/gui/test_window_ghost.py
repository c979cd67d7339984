"""The ghost in the window: the session's best or one from elsewhere, in real time and in step with the lifter."""

import pytest
from scripted_set import SCRIPT, HeldLink
from window_gym import finished, taken

from bartracker.errors import BartrackerError
from bartracker.ghost import Ghost


def test_the_ghost_runs_in_real_time_and_stops(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    press(window, "G")
    assert window.notice.text().startswith("Ghost: set 1 rep 1, 0.67 m/s")
    places = []
    for _ in range(6):
        window.refresh()
        places.append(window.path.ghost.place)
    heights = [place[1] for place in places]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]
    assert window.lifts.ghost.place is not None
    press(window, "G")
    assert window.path.ghost.place is None
    assert not len(window.path.ghost_line.points[0])


def test_a_ghost_from_elsewhere_runs_before_the_first_rep(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[1].rep(announced=False), SCRIPT[1].trace(), "set 1 rep 2 of monday.btr")
    window = show(play(HeldLink(1.0, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    assert window.notice.text() == "Ghost: set 1 rep 2 of monday.btr, 0.59 m/s"
    assert not window.state.sets
    heights = [(window.refresh(), window.path.ghost.place[1])[1] for _ in range(5)]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]
    assert window.path.ghost_line.points[1].max() == pytest.approx(60.0)


def test_the_ghost_lifts_with_the_lifter(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[0].rep(announced=False), SCRIPT[0].trace(), "set 1 rep 1 of monday.btr")
    half_s = 0.5 * SCRIPT[2].concentric_s
    window = show(play(HeldLink(SCRIPT[2].turn_s + half_s, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    taken(window, qtbot, SCRIPT[2].turn_s + half_s - 0.2)
    for _ in range(30):
        window.refresh()
    since_s = window.state.now.since_s
    assert window.state.now.phase == "concentric"
    assert since_s == pytest.approx(SCRIPT[2].turn_s, abs=0.15)
    share_s = window.time_plots.edge_s - since_s
    assert window.lifts.ghost.place[0] == pytest.approx(share_s)
    assert 0.3 < share_s < SCRIPT[0].concentric_s
    t_s, velocity = window.time_plots.ghost_velocity
    assert t_s[0] == pytest.approx(since_s)
    assert velocity.max() == pytest.approx(1.875 * 0.6 / 0.9, rel=1e-3)


def test_the_ghost_waits_while_the_bar_goes_down(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[0].rep(announced=False), SCRIPT[0].trace(), "set 1 rep 1 of monday.btr")
    window = show(play(HeldLink(SCRIPT[2].start_s + 0.6, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    taken(window, qtbot, SCRIPT[2].start_s + 0.4)
    for _ in range(30):
        window.refresh()
    assert window.state.now.phase == "eccentric"
    assert window.path.ghost.place[1] == pytest.approx(0.0)


def test_a_ghost_that_cannot_be_had_is_said(show, gym, play, qtbot):
    def missing() -> Ghost | None:
        raise BartrackerError("monday.btr", "has no full rep to lift against", "name a recording with one")

    gym.ghost = missing
    window = show(play(HeldLink(1.0, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or "no full rep" in window.notice.text(), timeout=10_000)
    assert window.path.ghost.place is None
