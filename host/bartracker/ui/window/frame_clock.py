"""When a frame is drawn: as soon as there is news, and 30 times a second for what moves by itself."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_MS = 30
"""From one frame to the next while there is no news: 33 less what a timer is late."""
LEAST_MS = 16
"""No two frames begin closer than this: no screen shows more."""


class FrameClock(QObject):
    """Calls `on_frame` in the window's thread, and `on_painted` when what it changed has been painted. `ring` may be
    called from any thread.
    """

    _rang = Signal()

    def __init__(self, parent: QObject, on_frame: Callable[[], None], on_painted: Callable[[], None]) -> None:
        super().__init__(parent)
        self._on_frame, self._on_painted = on_frame, on_painted
        self._ringing = False
        self._running = True
        self._began_s = 0.0
        self._due_s = 0.0  # when news may be drawn
        self._timer = self._made_timer(self._frame)
        # Qt paints what was changed before it looks at a timer that is due.
        self._after = self._made_timer(self._painted)
        self._rang.connect(self._on_news, Qt.ConnectionType.QueuedConnection)
        self._timer.start(FRAME_MS)

    def ring(self) -> None:
        """There is news."""
        if self._running and not self._ringing:
            self._ringing = True
            self._rang.emit()

    def stop(self) -> None:
        """No more frames."""
        self._running = False
        self._timer.stop()
        self._after.stop()

    def _made_timer(self, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setSingleShot(True)
        timer.timeout.connect(act)
        return timer

    def _on_news(self) -> None:
        if self._running and not self._after.isActive():
            self._timer.start(_ms_until(self._due_s))

    def _frame(self) -> None:
        # What comes from here on is news again: it may be too late for this frame.
        self._ringing = False
        self._began_s = time.monotonic()
        self._on_frame()
        if self._running:
            self._after.start(0)

    def _painted(self) -> None:
        self._on_painted()
        ended_s = time.monotonic()
        # The other threads get as long a turn as this frame had, but for a frame that was held up itself.
        rest_s = min(ended_s - self._began_s, LEAST_MS / 1e3)
        self._due_s = max(self._began_s + LEAST_MS / 1e3, ended_s + rest_s)
        self._timer.start(_ms_until(self._due_s if self._ringing else self._began_s + FRAME_MS / 1e3))


def _ms_until(at_s: float) -> int:
    return max(0, round(1e3 * (at_s - time.monotonic())))
