"""What a window may ask of its surroundings in tests, and how tests wait for its session."""

from collections.abc import Callable
from pathlib import Path

from scripted_set import HeldLink, ScriptedPipeline

from bartracker.ghost import Ghost
from bartracker.live import LiveSession

AFTER_TWO_REPS_S = 12.0


class Gym:
    """Surroundings of a window: other sessions, sensors that are near, edits that were kept."""

    desk = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[str] = []
        self.kept: list[tuple[object, ...]] = []
        self.best: Ghost | None = None
        self.sensors = [("bar-1 (00:11), -50 dBm", "ble://bar-1"), ("bar-2 (00:12), -70 dBm", "ble://bar-2")]

    def open(self, uri: str) -> LiveSession:
        self.opened.append(uri)
        return LiveSession(HeldLink(AFTER_TWO_REPS_S, hold=True), ScriptedPipeline())

    def near(self) -> list[tuple[str, str]]:
        return self.sensors

    def keep_edits(self, edits: tuple[object, ...]) -> None:
        self.kept.append(edits)

    def ghost(self) -> Ghost | None:
        return self.best


def finished(play: Callable[..., LiveSession], qtbot) -> LiveSession:
    session = play(HeldLink())
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    return session


def taken(window, qtbot, t_s: float) -> None:
    """Wait until the window's session has a sample at t_s, and show it."""

    def there() -> bool:
        motion = window.session.snapshot().motion
        return bool(len(motion)) and motion.t_s[-1] >= t_s - 0.02

    qtbot.waitUntil(there, timeout=10_000)
    window.refresh()
