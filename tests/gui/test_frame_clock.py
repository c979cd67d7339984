"""When frames are drawn."""

import threading
import time
from itertools import pairwise

import pytest


@pytest.fixture
def clock(require_qt, qapp, qtbot):
    from PySide6.QtCore import QObject

    from bartracker.ui.window.frame_clock import FrameClock

    parents, frames = [], []

    def start(on_frame=lambda: None):
        def frame() -> None:
            frames.append(time.monotonic())
            on_frame()

        parents.append(QObject())
        return FrameClock(parents[-1], frame, lambda: frames.append(None)), frames

    yield start
    parents.clear()


def times(frames) -> list[float]:
    return [each for each in frames if each is not None]


def test_frames_go_on_without_news_and_each_ends_before_the_next(clock, qtbot):
    made, frames = clock()
    qtbot.waitUntil(lambda: len(times(frames)) >= 4, timeout=10_000)
    made.stop()
    assert [each is None for each in frames[:6]] == [False, True, False, True, False, True]
    assert min(later - sooner for sooner, later in pairwise(times(frames))) > 0.025


def test_news_from_another_thread_is_drawn_before_the_next_frame_would_be(clock, qtbot, monkeypatch):
    from bartracker.ui.window import frame_clock

    monkeypatch.setattr(frame_clock, "FRAME_MS", 60_000)
    made, frames = clock()
    ringing = threading.Thread(target=made.ring)
    ringing.start()
    ringing.join()
    qtbot.waitUntil(lambda: len(times(frames)) == 1, timeout=10_000)
    made.stop()


def test_news_that_comes_while_a_frame_is_drawn_gets_a_frame_of_its_own(clock, qtbot, monkeypatch):
    from bartracker.ui.window import frame_clock

    monkeypatch.setattr(frame_clock, "FRAME_MS", 60_000)
    left = [3]

    def on_frame() -> None:
        left[0] -= 1
        if left[0]:
            made.ring()

    made, frames = clock(on_frame)
    made.ring()
    qtbot.waitUntil(lambda: left[0] == 0, timeout=10_000)
    made.stop()
    assert min(later - sooner for sooner, later in pairwise(times(frames))) > 0.015


def test_after_the_stop_nothing_is_drawn(clock, qtbot):
    made, frames = clock()
    made.stop()
    made.ring()
    qtbot.wait(100)
    assert frames == []
