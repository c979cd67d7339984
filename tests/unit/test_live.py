"""The orchestration: threads, failures, back-pressure, and the same events without threads."""

import threading

import numpy as np
import pytest
from scripted_set import DAMAGED, END_S, RATE_HZ, SCRIPT, HeldLink, ScriptedPipeline, finished_set

from bartracker.errors import BartrackerError
from bartracker.events import RepAnnounced, SetFinished
from bartracker.links import LinkNotice
from bartracker.live import LiveSession, LiveSettings
from bartracker.live_engine import EngineSettings, run_to_end
from bartracker.live_state import LiveState
from bartracker.pipeline import PipelineSettings


def ended(session: LiveSession) -> LiveState:
    version = -1
    while not (state := session.wait_newer(version, 10.0)).ended:
        assert state.version > version, "the session stands still"
        version = state.version
    return state


@pytest.fixture
def run():
    sessions: list[LiveSession] = []

    def start(link: HeldLink, pipeline: ScriptedPipeline | None = None, **options: object) -> LiveSession:
        session = LiveSession(link, pipeline or ScriptedPipeline(), **options)
        sessions.append(session)
        session.start()
        return session

    yield start
    for session in sessions:
        session.close()


def test_a_recording_played_to_its_end(run):
    session = run(HeldLink())
    state = ended(session)
    assert state.phase == "finished"
    assert state.error is None
    assert session.failure is None
    (shown,) = state.sets
    assert tuple(each.rep for each in shown.reps) == finished_set().rep_set.reps
    assert all(each.final for each in shown.reps)
    assert shown.summary == finished_set().rep_set.summary
    assert (state.exercise, state.load_kg) == ("squat", 100.0)


def test_every_sample_reaches_the_pipeline_in_order_however_short_the_queue(run):
    pipeline = ScriptedPipeline()
    ended(run(HeldLink(), pipeline, settings=LiveSettings(EngineSettings(queue_blocks=1))))
    np.testing.assert_allclose(pipeline.pushed, np.arange(round(END_S * RATE_HZ)) / RATE_HZ)


def test_a_full_queue_makes_the_link_wait(run):
    """The pipeline is held in its first push; the link can then be ahead by the queue's length and the block in its
    hand.
    """
    entered, go_on = threading.Event(), threading.Event()

    class Slow(ScriptedPipeline):
        def push(self, block):
            entered.set()
            assert go_on.wait(10.0)
            return super().push(block)

    link = HeldLink()
    session = run(link, Slow(), settings=LiveSettings(EngineSettings(queue_blocks=3)))
    assert entered.wait(10.0)
    assert link.given <= 1 + 3 + 1
    assert session.snapshot().phase == "running"
    go_on.set()
    ended(session)
    assert link.given == int(np.ceil(END_S * RATE_HZ / 19))


def test_what_the_pipeline_was_told_is_shown(run):
    state = ended(run(HeldLink(), ScriptedPipeline(settings=PipelineSettings(exercise="bench", load_kg=60.0))))
    assert (state.exercise, state.load_kg) == ("bench", 60.0)


def test_a_failing_link_keeps_what_was_found(run):
    session = run(HeldLink(12.0, failure=DAMAGED))
    state = ended(session)
    assert session.failure is DAMAGED
    assert state.phase == "failed"
    assert state.error == str(DAMAGED)
    assert [each.rep.index for each in state.sets[0].reps] == [1, 2]
    assert state.sets[0].result is not None


@pytest.mark.parametrize("place", ["link", "pipeline"])
def test_an_unexpected_fault_is_one_line_with_what_to_do(run, place, caplog):
    if place == "link":
        session = run(HeldLink(12.0, failure=RuntimeError("two\nlines")))
    else:
        session = run(HeldLink(), ScriptedPipeline(fault_at_s=10.0))
    state = ended(session)
    assert state.phase == "failed"
    assert isinstance(session.failure, BartrackerError)
    assert "\n" not in str(state.error)
    assert "bartracker check --bundle" in str(state.error)
    assert "Traceback" in caplog.text


def test_a_fault_in_the_pipeline_ends_a_link_that_would_wait_for_ever(run):
    link = HeldLink(hold=True)
    session = run(link, ScriptedPipeline(fault_at_s=0.0), settings=LiveSettings(EngineSettings(queue_blocks=1)))
    assert ended(session).phase == "failed"
    assert not any(thread.is_alive() for thread in session.threads if not thread.join(10.0))


def test_closing_early_finishes_the_open_set(run):
    link = HeldLink(12.0, hold=True)
    session = run(link)
    assert link.wait_given()
    session.close()
    session.close()
    state = session.snapshot()
    assert state.phase == "finished"
    assert state.sets[0].result is not None


def test_close_before_start_and_start_twice(run):
    session = LiveSession(HeldLink(), ScriptedPipeline())
    session.close()
    assert session.snapshot().phase == "waiting"
    running = run(HeldLink())
    threads = running.threads
    running.start()
    assert running.threads is threads


def test_a_snapshot_is_the_same_object_until_something_changes(run):
    link = HeldLink(5.0, hold=True)
    session = run(link)
    ended_at = -1
    while (state := session.wait_newer(ended_at, 10.0)) and not link.all_taken(state):
        ended_at = state.version
    assert session.snapshot() is session.snapshot()
    before = session.snapshot()
    session.set_paused(True)
    assert session.snapshot().paused
    assert session.snapshot().version > before.version
    session.set_speed(4.0)
    assert session.snapshot().speed == 4.0


def test_a_sensor_has_no_pause_and_no_speed(run):
    class Sensor:
        label, recording = "sensor", None

        def __init__(self) -> None:
            self._link = HeldLink(5.0)
            self.metadata = self._link.metadata
            self.items, self.close = self._link.items, self._link.close

    session = LiveSession(Sensor(), ScriptedPipeline())
    session.start()
    session.set_paused(True)
    session.set_speed(2.0)
    state = ended(session)
    session.close()
    assert (state.paused, state.speed, state.position_s, state.duration_s) == (False, None, None, None)


def test_the_analysis_of_a_recording_waits_while_a_view_draws_but_not_for_ever(run):
    """Held at its second block; the longest hold ends it."""
    pushed = threading.Event()

    class Noting(ScriptedPipeline):
        def push(self, block):
            if self.pushed:
                pushed.set()
            return super().push(block)

    link = HeldLink()
    session = LiveSession(link, Noting(), LiveSettings(EngineSettings(longest_hold_s=30.0)))
    session.hold_analysis(True)
    session.start()
    assert not pushed.wait(0.3)
    session.hold_analysis(False)
    assert pushed.wait(10.0)
    ended(session)
    session.close()
    forgotten = LiveSession(HeldLink(2.0), ScriptedPipeline(), LiveSettings(EngineSettings(longest_hold_s=0.001)))
    forgotten.hold_analysis(True)
    forgotten.start()
    ended(forgotten)
    forgotten.close()


def test_whoever_wants_it_is_told_of_news(run):
    told = threading.Event()
    link = HeldLink(5.0, hold=True)
    session = LiveSession(link, ScriptedPipeline())
    session.on_news(told.set)
    session.start()
    assert told.wait(10.0)
    session.on_news(None)
    assert link.wait_given()
    session.close()
    told.clear()
    session.set_paused(True)
    assert not told.is_set()


def test_run_to_end_says_the_same_events_without_threads():
    events = []
    link = HeldLink()
    link.notices.append(LinkNotice(0.0, "damage", "3 records were damaged", "warning"))
    run_to_end(link, ScriptedPipeline(), events.append)
    assert [event.rep.index for event in events if isinstance(event, RepAnnounced)] == [each.index for each in SCRIPT]
    assert events[0].text == "3 records were damaged"
    assert isinstance(events[-1], SetFinished)


def test_run_to_end_raises_after_the_set_is_finished():
    events = []
    with pytest.raises(BartrackerError) as raised:
        run_to_end(HeldLink(12.0, failure=DAMAGED), ScriptedPipeline(), events.append)
    assert raised.value is DAMAGED
    assert len(events[-1].rep_set.reps) == 2
