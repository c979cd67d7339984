"""GUI tests run on Qt's offscreen platform, with the window's own fonts and style."""

import gc
from collections.abc import Callable, Iterator

import pytest
from scripted_set import HeldLink, ScriptedPipeline

from bartracker.live import LiveSession


@pytest.fixture(scope="session")
def qapp_args(require_qt: None) -> list[str]:
    return ["bartracker-tests", "-platform", "offscreen"]


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Windows of a test die in its own thread, as in the program: see ui/window/collecting.py."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def play(require_qt: None) -> Iterator[Callable[..., LiveSession]]:
    """A session over the scripted set that has taken all its link gives; closed after the test."""
    sessions: list[LiveSession] = []

    def start(link: HeldLink, pipeline: ScriptedPipeline | None = None) -> LiveSession:
        session = LiveSession(link, pipeline or ScriptedPipeline())
        sessions.append(session)
        session.start()
        assert link.wait_given()
        version = -1
        while not (state := session.wait_newer(version, 10.0)).ended and not link.all_taken(state):
            assert state.version > version, "the session stands still"
            version = state.version
        return session

    yield start
    for session in sessions:
        session.close()
