"""The ghost on its way: which rep it is and how far into its lift it stands now. Before a set and between reps it lifts
again and again in real time; in a set it lifts with the lifter, from the moment the bar goes up.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bartracker.ghost import Ghost
from bartracker.live_state import LiveSet, LiveState
from bartracker.ui import quantities

PAUSE_S = 1.5
"""From one lift to the next while nobody lifts."""
LEAVE_S = 3.0
"""After a lift has ended the ghost stays at its end so long."""


@dataclass(frozen=True, slots=True)
class GhostMoment:
    """The ghost is `share_s` into its lift, which stands beside the lift that began at `beside_s`, None: beside
    none.
    """

    ghost: Ghost
    share_s: float
    beside_s: float | None


def best_of_session(sets: Sequence[LiveSet]) -> Ghost | None:
    """The fastest full rep so far; None before the first."""
    drawn = [
        (rep.rep.mean_velocity_mps, one.index, rep.rep, rep.trace)
        for one in sets
        for rep in one.reps
        if rep.rep.kind == "full" and rep.rep.mean_velocity_mps is not None and rep.trace is not None
    ]
    best = max((each for each in drawn if len(each[3].t_s)), key=lambda each: each[0], default=None)
    return None if best is None else Ghost(best[2], best[3], f"set {best[1]} rep {best[2].index}")


class GhostRun:
    """`given`: one that was asked for, instead of the session's best. clock_s: of the screen, s."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._since_s: float | None = None
        self._best: tuple[tuple[LiveSet, ...], Ghost | None] = ((), None)
        self.given: Ghost | None = None

    @property
    def running(self) -> bool:
        """Whether it shows."""
        return self._since_s is not None

    def begin(self) -> None:
        """Let it run."""
        self._since_s = self._clock_s()

    def end(self) -> None:
        """Let it rest."""
        self._since_s = None

    def ghost(self, state: LiveState) -> Ghost | None:
        """The one that was given, or the session's best."""
        if self.given is not None:
            return self.given
        if self._best[0] is not state.sets:
            self._best = (state.sets, best_of_session(state.sets))
        return self._best[1]

    def moment(self, state: LiveState, shown_s: float | None) -> GhostMoment | None:
        """Where it is now; `shown_s` is the moment at the edge of the time plots. None: it does not show."""
        ghost = None if self._since_s is None else self.ghost(state)
        if ghost is None or self._since_s is None:
            return None
        lasts_s = float(ghost.trace.t_s[-1] - ghost.trace.t_s[0])
        began_s = None if shown_s is None else _lift_began_s(state, shown_s)
        if began_s is None or shown_s is None:
            share_s, beside_s = (self._clock_s() - self._since_s) % (lasts_s + PAUSE_S), None
        else:
            share_s, beside_s = max(shown_s - began_s, 0.0), began_s if math.isfinite(began_s) else None
        return GhostMoment(ghost, min(share_s, lasts_s), beside_s)


def words_of(ghost: Ghost) -> str:
    """ "Ghost: set 1 rep 3 of monday.btr, 0.57 m/s"."""
    return f"Ghost: {ghost.origin}, {quantities.velocity(ghost.rep.mean_velocity_mps)} m/s"


def _lift_began_s(state: LiveState, shown_s: float) -> float | None:
    """When the lift began that is shown, infinity while the lifter has yet to begin it; None while nobody lifts."""
    now = state.now
    over = bool(state.sets) and state.sets[-1].result is not None
    if now is None or over or state.ended:
        return None
    if now.phase == "concentric":
        return now.since_s
    if now.phase == "top":
        return now.since_s - now.done_s.get("concentric", 0.0) if shown_s - now.since_s < LEAVE_S else None
    return math.inf
