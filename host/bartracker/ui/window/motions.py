"""What moves by the clock of the screen, not with the samples: the ghost of the best rep, and the routine before a
lift.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bartracker.live_state import LiveRep, LiveSet

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

GHOST_PAUSE_S = 1.5


def best_rep(reps: tuple[LiveRep, ...]) -> LiveRep | None:
    """The fastest full rep of a set; None before two are known, as one is not better than any."""
    known = [rep for rep in reps if rep.rep.kind == "full" and rep.rep.mean_velocity_mps is not None]
    return max(known, key=lambda rep: rep.rep.mean_velocity_mps or 0.0) if len(known) > 1 else None


def ghost_rep(sets: tuple[LiveSet, ...]) -> LiveRep | None:
    """One's best rep of the session that can be drawn; None before the first."""
    drawn = [
        rep
        for one in sets
        for rep in one.reps
        if rep.rep.kind == "full" and rep.rep.mean_velocity_mps is not None and rep.trace is not None
    ]
    return max(drawn, key=lambda rep: rep.rep.mean_velocity_mps or 0.0, default=None)


class Motions:
    """Moved once a frame. clock_s: of the screen, s."""

    def __init__(self, window: "MainWindow", clock_s: Callable[[], float]) -> None:
        self._window = window
        self._clock_s = clock_s
        self._ghost_since_s: float | None = None
        self._routine_since_s: float | None = None

    def toggle_ghost(self) -> None:
        """Let the best rep run, or no more."""
        if self._ghost_since_s is not None:
            self._ghost_since_s = None
        elif ghost_rep(self._window.state.sets) is None:
            self._window.say("The ghost needs a rep to repeat: lift one first.", "warning")
        else:
            self._ghost_since_s = self._clock_s()

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
        rep = None if self._ghost_since_s is None else ghost_rep(window.state.sets)
        at_s = 0.0
        if rep is not None and rep.trace is not None and self._ghost_since_s is not None:
            lasts_s = float(rep.trace.t_s[-1] - rep.trace.t_s[0])
            at_s = min((now_s - self._ghost_since_s) % (lasts_s + GHOST_PAUSE_S), lasts_s)
        window.path.move_ghost(rep, at_s)
        window.lifts.move_ghost(rep, at_s)
        if self._routine_since_s is not None:
            now = window.state.now
            if now is not None and now.phase in ("eccentric", "concentric") and now.elapsed_s > 0.2:
                self.toggle_routine()
            else:
                window.routine.advance(now_s - self._routine_since_s, window.state.motion)
