"""Which set and rep are on screen: the newest, or those a person chose; and the best rep. Nothing is drawn here."""

from bartracker.live_state import LiveRep, LiveSet, LiveState


def best_rep(reps: tuple[LiveRep, ...]) -> LiveRep | None:
    """The fastest full rep of a set; None before two are known, as one is not better than any."""
    known = [rep for rep in reps if rep.rep.kind == "full" and rep.rep.mean_velocity_mps is not None]
    return max(known, key=lambda rep: rep.rep.mean_velocity_mps or 0.0) if len(known) > 1 else None


class Selection:
    """None: the newest. `other`: the set before lies behind the shown one."""

    def __init__(self) -> None:
        self.chosen_set: int | None = None
        self.chosen_rep: int | None = None
        self.other = False

    @property
    def following(self) -> bool:
        """Whether the newest is shown, not what a person chose."""
        return self.chosen_set is None and self.chosen_rep is None

    def choose(self, set_index: int | None, rep_index: int | None) -> None:
        """Show this set and rep; None: the newest."""
        self.chosen_set, self.chosen_rep = set_index, rep_index

    def set_of(self, state: LiveState) -> LiveSet | None:
        """The set chosen, or the newest."""
        sets = state.sets
        return next((each for each in sets if each.index == self.chosen_set), sets[-1] if sets else None)

    def reps_of(self, state: LiveState) -> tuple[LiveRep, ...]:
        """Of the shown set."""
        shown = self.set_of(state)
        return () if shown is None else shown.reps

    def rep_of(self, state: LiveState) -> LiveRep | None:
        """The rep chosen, or the newest of the shown set."""
        reps = self.reps_of(state)
        return next((each for each in reps if each.rep.index == self.chosen_rep), reps[-1] if reps else None)

    def reps_before(self, state: LiveState) -> tuple[LiveRep, ...]:
        """Of the set before the shown one."""
        shown = self.set_of(state)
        before = [each for each in state.sets if shown is not None and each.index < shown.index]
        return before[-1].reps if before else ()

    def step_rep(self, state: LiveState, step: int) -> None:
        """The rep before or after; past the last one follows the set, or its summary once it is over."""
        shown = self.set_of(state)
        if shown is None or not shown.reps:
            return
        indices = [each.rep.index for each in shown.reps]
        stops: list[int | None] = [*(indices if shown.result is not None else indices[:-1]), None]
        here = stops.index(self.chosen_rep) if self.chosen_rep in stops else len(stops) - 1
        self.chosen_rep = stops[min(max(here + step, 0), len(stops) - 1)]

    def step_set(self, state: LiveState, step: int) -> None:
        """The set before or after."""
        shown = self.set_of(state)
        if shown is not None:
            indices = [each.index for each in state.sets]
            place = min(max(indices.index(shown.index) + step, 0), len(indices) - 1)
            self.choose(None if place == len(indices) - 1 else indices[place], None)
