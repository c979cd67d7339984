"""A state spread over the parts of the window: who shows what. Keys and frames are main.py's."""

from typing import TYPE_CHECKING

from bartracker.coaching.metrics import metric_of
from bartracker.live_state import LiveSet, LiveState
from bartracker.ui import wording
from bartracker.ui.window.selection import best_rep

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow


class Picture:
    """`count`: how often anything was shown anew."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._view: str | None = None  # as chosen: "time" or "lifts"; None: by itself
        self.count = 0

    def next_view(self) -> None:
        """Lifts laid over each other instead of time, or back."""
        self._view = "time" if self._window.lifts.frame.isVisible() else "lifts"

    def show(self, state: LiveState) -> None:
        """Tell every part."""
        self.count += 1
        window = self._window
        selection, preferences = window.selection, window.preferences
        shown, rep, reps = selection.set_of(state), selection.rep_of(state), selection.reps_of(state)
        metric = metric_of(preferences.metric)
        best, other = best_rep(reps), selection.reps_before(state) if selection.other else ()
        over = shown is not None and shown.result is not None
        lifts = self._view == "lifts" or (self._view is None and over)
        window.header.show(shown, state, preferences.units)
        window.banner.show_state(state)
        window.card.show_rep(None if rep is None else rep.rep, selection.following, metric)
        window.bars.show_reps(reps, rep, metric, state.targets)
        window.time_plots.show(state.motion, state.sets)
        if lifts:
            window.lifts.show(reps, rep, best, other)
        window.table.show(reps, None if rep is None else reps.index(rep))
        window.path.show(reps, rep, best, other)
        window.ring.show_phase(None if over else state.now, state.targets.tempo, state.targets.eccentric_tolerance_s)
        window.transport.show_state(state)
        self._arrange(shown, state, lifts=lifts)
        window.show_notice()
        if window.too_narrow:
            window.fit(preferences.zoom)
        window.start.show_page(window.source_choice.page)

    def _arrange(self, shown: LiveSet | None, state: LiveState, *, lifts: bool) -> None:
        window = self._window
        selection = window.selection
        over = shown is not None and shown.result is not None
        summary = over and selection.chosen_rep is None
        if summary and shown is not None:
            rest = wording.rest_s(state) if selection.chosen_set is None else None
            window.summary.show_set(shown, state.targets, rest)
        window.arrange(big=window.preferences.big, summary=summary, lifts=lifts)
