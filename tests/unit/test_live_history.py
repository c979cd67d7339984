"""Going to and fro in a recording: what has been played stays, and the picture at a moment is that moment's."""

import threading

import numpy as np
import pytest
from scripted_set import BLOCK, END_S, RATE_HZ, SCRIPT, HeldLink, ScriptedPipeline, vertical_velocity

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.live_cursor import Cursor
from bartracker.live_history import OVER_AFTER_S
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
    assert at_s(session) == pytest.approx(12.0, abs=0.011)
    assert state.position_s == pytest.approx(12.0)
    assert [each.rep.index for each in state.sets[0].reps] == [1, 2]
    np.testing.assert_allclose(state.motion.vel_z_mps, vertical_velocity(state.motion.t_s), atol=1e-6)
    session.seek(0.0)
    assert session.snapshot().sets == ()
    session.set_paused(False)
    session.set_speed(0.0)
    assert len(session.snapshot().sets[0].reps) == 5


def test_it_plays_on_from_there_at_the_speed_and_stops_when_paused(played, clock):
    session = played()
    session.set_speed(1.0)
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


class Fed(HeldLink):
    """Gives its blocks one by one, as a test lets it."""

    def __init__(self, **options) -> None:
        super().__init__(END_S, hold=True, **options)
        self.speed = 1.0
        self.let = threading.Semaphore(0)

    def items(self):
        for item in super().items():
            self.let.acquire()
            yield item

    def close(self) -> None:
        super().close()
        self.let.release(10_000)


@pytest.fixture
def fed(clock):
    """A session over a link of speed 1 of which a number of seconds has been analysed, and a way to let it go on."""
    made: list[tuple[Fed, LiveSession]] = []

    def start(analysed_s: float):
        link = Fed()
        session = LiveSession(link, ScriptedPipeline(), now_s=clock)
        made.append((link, session))
        session.start()

        def go_on(until_s: float) -> None:
            while (session.snapshot().analysed_s or 0.0) < until_s - BLOCK / RATE_HZ:
                before = session.snapshot().analysed_s
                link.let.release()
                while session.snapshot().analysed_s == before:
                    session.wait_newer(session.snapshot().version, 0.1)

        go_on(analysed_s)
        return session, go_on

    yield start
    for link, session in made:
        link.close()
        session.close()


def test_the_analysis_runs_ahead_of_what_is_shown(fed, clock):
    session, _ = fed(20.0)
    state = session.snapshot()
    assert state.analysed_s == pytest.approx(20.0, abs=0.2)
    assert (state.position_s, state.sets, state.speed) == (0.0, (), 1.0)
    clock.now_s += 12.0
    state = session.snapshot()
    assert state.position_s == pytest.approx(12.0)
    assert [each.rep.index for each in state.sets[0].reps] == [1, 2]
    clock.now_s += 100.0
    assert session.snapshot().position_s == pytest.approx(20.0, abs=0.2), "it waits for the analysis"
    assert not session.snapshot().ended


def test_what_has_not_been_analysed_is_gone_to_once_it_has(fed, clock):
    session, go_on = fed(5.0)
    session.set_paused(True)
    session.seek(20.0)
    assert session.snapshot().position_s == pytest.approx(5.0, abs=0.2), "the newest is shown meanwhile"
    go_on(15.0)
    assert session.snapshot().position_s == pytest.approx(15.0, abs=0.2)
    go_on(22.0)
    assert session.snapshot().position_s == pytest.approx(20.0)
    assert (session.snapshot().speed, session.snapshot().paused) == (1.0, True)


def test_cues_come_when_what_is_shown_reaches_them(fed, clock):
    """The same as live, though the analysis was there long before; nothing sounds of what is jumped over."""
    session, _ = fed(30.0)

    def play_to(t_s: float) -> None:
        while (session.snapshot().position_s or 0.0) < t_s - 0.01:
            clock.now_s += 0.04

    play_to(SCRIPT[1].end_s + 0.5)
    assert [cue.kind for cue in session.snapshot().cues] == ["rep", "rep"]
    announced_s = [each.rep(announced=True).announced_s for each in SCRIPT[:2]]
    late = [cue.t_s - at_s for cue, at_s in zip(session.snapshot().cues, announced_s, strict=True)]
    assert 0.0 <= min(late) <= max(late) <= BLOCK / RATE_HZ
    session.seek(SCRIPT[3].end_s - 0.5)
    assert len(session.snapshot().cues) == 2
    play_to(SCRIPT[3].end_s + 0.5)
    assert [cue.number for cue in session.snapshot().cues] == [1, 2, 3]
    session.seek(SCRIPT[0].end_s - 0.5)
    play_to(SCRIPT[0].end_s + 0.5)
    assert len(session.snapshot().cues) == 4, "what is played again is heard again"


def test_the_phase_is_found_again_after_a_jump(fed, clock):
    session, _ = fed(30.0)
    session.set_paused(True)
    session.seek(SCRIPT[2].start_s + 0.6 * SCRIPT[2].eccentric_s)
    assert session.snapshot().now.phase == "eccentric"
    session.seek(SCRIPT[1].turn_s + 0.6 * SCRIPT[1].concentric_s)
    assert session.snapshot().now.phase == "concentric"


def test_a_speed_that_is_not_possible_is_refused(played):
    with pytest.raises(BartrackerError, match="choose"):
        played().set_speed(1000.0)


def test_a_finished_set_reads_as_refined_soon_after_its_own_end(played):
    session = played()
    session.set_paused(True)
    session.close()
    assert session.snapshot().sets[0].result is not None
    session.seek(SCRIPT[-1].end_s + OVER_AFTER_S + 0.1)
    assert session.snapshot().sets[0].result is not None
    session.seek(SCRIPT[-1].end_s + OVER_AFTER_S - 0.1)
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
    session.set_speed(2.0)
    assert (session.snapshot().speed, session.snapshot().analysed_s) == (None, None)
    session.close()


def test_the_cursor_follows_again_only_at_the_end_of_what_has_ended():
    cursor = Cursor()
    assert not cursor.advance(1.0, 1.0, 10.0, ended=False)
    cursor.set(9.5, 1.0)
    assert cursor.advance(2.0, 1.0, 10.0, ended=False)
    assert cursor.t_s == 10.0
    assert cursor.advance(3.0, 1.0, 10.5, ended=True)
    assert cursor.t_s is None
