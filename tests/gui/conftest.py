"""GUI tests run on Qt's offscreen platform, with the window's own fonts and style."""

import gc
from collections.abc import Callable, Iterator

import pytest
from scripted_set import HeldLink, ScriptedPipeline
from window_gym import Gym

from bartracker.live import LiveSession
from bartracker.ui.preferences import Preferences


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


@pytest.fixture
def gym(tmp_path) -> Gym:
    return Gym(tmp_path)


@pytest.fixture
def show(qapp, qtbot, gym):
    """A window over a session, driven frame by frame on a clock of its own."""
    from bartracker.ui.window.main import MainWindow, dress

    dress(qapp)
    windows = []

    def start(session: LiveSession, preferences: Preferences | None = None):
        clock = iter(range(1_000_000))
        window = MainWindow(session, preferences, gym, clock_s=lambda: next(clock) / 30.0)
        qtbot.addWidget(window)
        windows.append(window)
        window.stop()
        window.show()
        window.refresh()
        return window

    yield start
    for window in windows:
        window.session.close()


@pytest.fixture
def press(qtbot):
    from PySide6.QtCore import Qt

    def key(window, *names: str) -> None:
        for name in names:
            *modifiers, key = name.split("+")
            pressed = Qt.KeyboardModifier.NoModifier
            for each in modifiers:
                pressed |= getattr(Qt.KeyboardModifier, f"{each}Modifier")
            qtbot.keyClick(window, getattr(Qt.Key, f"Key_{key}"), pressed)
            window.refresh()

    return key
