"""What moves by the clock of the screen, not with the samples alone: the ghost, and the routine before a lift."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bartracker.ghost import Ghost
from bartracker.ui.window.ghosts import GhostRun, words_of

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow


class Motions:
    """Moved once a frame. clock_s: of the screen, s."""

    def __init__(self, window: "MainWindow", clock_s: Callable[[], float]) -> None:
        self._window = window
        self._clock_s = clock_s
        self._ghost = GhostRun(clock_s)
        self._routine_since_s: float | None = None

    def toggle_ghost(self) -> None:
        """Let the ghost run, or no more."""
        ghost = self._ghost.ghost(self._window.state)
        if self._ghost.running:
            self._ghost.end()
        elif ghost is None:
            self._window.say("The ghost needs a rep to repeat: lift one first, or start with --ghost FILE.", "warning")
        else:
            self._ghost.begin()
            self._window.say(words_of(ghost))

    def take_ghost(self, ghost: Ghost | None) -> None:
        """Lift against this one from now on; None: none was asked for."""
        if ghost is not None:
            self._ghost.given = ghost
            self._ghost.begin()
            self._window.say(words_of(ghost))

    def toggle_routine(self) -> None:
        """Begin the routine, or end it."""
        self._routine_since_s = None if self._routine_since_s is not None else self._clock_s()
        self._window.routine.setVisible(self._routine_since_s is not None)
        self._window.routine.cover()

    def end_routine(self) -> bool:
        """Returns whether there was one."""
        going = self._routine_since_s is not None
        if going:
            self.toggle_routine()
        return going

    def advance(self) -> None:
        """One frame further."""
        window, now_s = self._window, self._clock_s()
        moment = self._ghost.moment(window.state, window.time_plots.edge_s)
        for part in (window.path, window.lifts, window.time_plots):
            part.show_ghost(moment)
        if self._routine_since_s is not None:
            now = window.state.now
            if now is not None and now.phase in ("eccentric", "concentric") and now.elapsed_s > 0.2:
                self.toggle_routine()
            else:
                window.routine.advance(now_s - self._routine_since_s, window.state.motion)
