"""Going to and fro in a recording: what has been played stays, and the picture at a moment is that moment's."""

import numpy as np
import pytest
from scripted_set import SCRIPT, HeldLink, ScriptedPipeline, vertical_velocity

from bartracker.live import LiveSession
from bartracker.live_cursor import Cursor
from bartracker.session_edits import Edit


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def played(clock):
    """A session over the scripted set that has taken what its link gives up to a moment."""
    sessions: list[LiveSession] = []

    def start(until_s: float = 30.0, **options) -> LiveSession:
        link = HeldLink(until_s, hold=True, **options)
        session = LiveSession(link, ScriptedPipeline(), now_s=clock)
        sessions.append(session)
        session.start()
        assert link.wait_given()
        version = -1
        while not link.all_taken(state := session.wait_newer(version, 10.0)):
            assert state.version > version, "the session stands still"
            version = state.version
        return session

    yield start
    for session in sessions:
        session.close()


def at_s(session: LiveSession) -> float:
    return float(session.snapshot().motion.t_s[-1])


def test_a_moment_before_shows_what_was_known_then(played):
    session = played()
    assert len(session.snapshot().sets[0].reps) == 5
    session.set_paused(True)
    session.seek(12.0)
    state = session.snapshot()
    assert state.behind
    assert at_s(session) == pytest.approx(12.0, abs=0.011)
    assert state.position_s == pytest.approx(12.0)
    assert [each.rep.index for each in state.sets[0].reps] == [1, 2]
    np.testing.assert_allclose(state.motion.vel_z_mps, vertical_velocity(state.motion.t_s), atol=1e-6)
    session.seek(0.0)
    assert session.snapshot().sets == ()
    session.follow()
    assert not session.snapshot().behind
    assert len(session.snapshot().sets[0].reps) == 5


def test_it_plays_on_from_there_at_the_speed_and_stops_when_paused(played, clock):
    session = played()
    session.seek(10.0)
    clock.now_s += 1.0
    assert at_s(session) == pytest.approx(11.0, abs=0.011)
    session.set_speed(4.0)
    session.snapshot()
    clock.now_s += 0.5
    assert at_s(session) == pytest.approx(13.0, abs=0.011)
    session.set_paused(True)
    clock.now_s += 5.0
    assert at_s(session) == pytest.approx(13.0, abs=0.011)
    session.set_paused(False)
    session.snapshot()
    clock.now_s += 100.0
    assert at_s(session) == pytest.approx(29.99)


def test_a_picture_is_made_anew_only_when_the_moment_moved(played, clock):
    session = played()
    session.set_paused(True)
    session.seek(10.0)
    assert session.snapshot() is session.snapshot()


def test_from_rep_to_rep(played, clock):
    session = played()
    session.set_paused(True)
    session.seek(SCRIPT[1].end_s)
    session.step_rep(+1)
    assert at_s(session) == pytest.approx(SCRIPT[1].end_s + 0.5, abs=0.02)
    session.step_rep(+1)
    assert at_s(session) == pytest.approx(SCRIPT[2].end_s + 0.5, abs=0.02)
    assert len(session.snapshot().sets[0].reps) == 3
    session.step_rep(-1)
    session.step_rep(-1)
    assert len(session.snapshot().sets[0].reps) == 1
    session.step_rep(-1)
    assert len(session.snapshot().sets[0].reps) == 1


def test_what_has_not_been_played_is_hurried_to(clock):
    """A real file link: it is paused at its beginning, and the moment sought lies far ahead."""
    from pathlib import Path

    from bartracker.links import open_link

    link = open_link(str(Path(__file__).parents[1] / "recordings" / "demo_squat.btr"))
    session = LiveSession(link, ScriptedPipeline(), now_s=clock)
    session.start()
    version = -1
    try:
        while not len((state := session.wait_newer(version, 10.0)).motion):
            version = state.version
        session.seek(20.0)
        assert session.snapshot().speed == 1.0, "the speed that was chosen is shown, not that of the hurry"
        while not (state := session.wait_newer(version, 10.0)).behind:
            assert state.version > version, "the session stands still"
            version = state.version
        assert state.position_s == pytest.approx(20.0, abs=0.2)
        assert link.speed == 1.0
    finally:
        session.close()


def test_a_finished_set_reads_as_refined_even_at_its_own_end(played):
    session = played()
    session.set_paused(True)
    session.close()
    assert session.snapshot().sets[0].result is not None
    session.seek(SCRIPT[-1].end_s + 0.1)
    assert session.snapshot().sets[0].result is not None
    session.seek(SCRIPT[-1].end_s - 0.1)
    assert session.snapshot().sets[0].result is None


def test_edits_hold_at_every_moment_and_can_be_taken_back(played):
    session = played()
    session.edit(Edit("delete-rep", 0.5 * (SCRIPT[0].turn_s + SCRIPT[0].end_s)))
    assert [each.rep.index for each in session.snapshot().sets[0].reps] == [1, 2, 3, 4]
    assert session.snapshot().edits == 1
    session.set_paused(True)
    session.seek(12.0)
    (rep,) = session.snapshot().sets[0].reps
    assert rep.rep.concentric_start_s == SCRIPT[1].turn_s
    session.undo()
    assert len(session.snapshot().sets[0].reps) == 2
    session.redo()
    assert len(session.snapshot().sets[0].reps) == 1


def test_a_live_sensor_keeps_no_history():
    class Sensor:
        label, recording = "sensor", None

        def __init__(self) -> None:
            self._link = HeldLink(5.0)
            self.metadata = self._link.metadata
            self.items, self.close = self._link.items, self._link.close

    session = LiveSession(Sensor(), ScriptedPipeline())
    session.seek(1.0)
    session.step_rep(1)
    assert not session.snapshot().behind
    session.close()


def test_the_cursor_follows_again_only_at_the_end_of_what_has_ended():
    cursor = Cursor()
    assert not cursor.advance(1.0, 1.0, 10.0, ended=False)
    cursor.set(9.5, 1.0)
    assert cursor.advance(2.0, 1.0, 10.0, ended=False)
    assert cursor.t_s == 10.0
    assert cursor.advance(3.0, 1.0, 10.5, ended=True)
    assert cursor.t_s is None
