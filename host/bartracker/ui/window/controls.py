"""What the keys do: one method each, named in keys.py. Nothing is drawn here."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from bartracker.session_edits import EditKind
from bartracker.ui import preference_steps
from bartracker.ui.corrections import Asked, Correction, Meant, answered, corrected, question
from bartracker.ui.preferences import ZOOMS, Preferences
from bartracker.ui.window.bars import next_speed

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

SEEK_S = 5.0


class Controls:
    """The window's controls."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def do(self, action: str) -> None:
        """Carry an action of keys.py out."""
        method: Callable[[], None] = getattr(self, action)
        method()

    # Look

    def earlier_rep(self) -> None:
        self._window.step_rep(-1)

    def later_rep(self) -> None:
        self._window.step_rep(+1)

    def earlier_set(self) -> None:
        self._window.step_set(-1)

    def later_set(self) -> None:
        self._window.step_set(+1)

    def newest(self) -> None:
        if not self._window.close_overlays():
            self._window.choose(None, None)

    def next_metric(self) -> None:
        self._prefer(*preference_steps.next_metric(self._preferences))

    def next_view(self) -> None:
        self._window.next_view()

    def toggle_big(self) -> None:
        self._prefer(replace(self._preferences, big=not self._preferences.big))

    def toggle_other(self) -> None:
        self._window.toggle_other()

    def toggle_ghost(self) -> None:
        self._window.motions.toggle_ghost()

    def toggle_routine(self) -> None:
        self._window.motions.toggle_routine()

    # Window

    def next_theme(self) -> None:
        self._prefer(preference_steps.next_theme(self._preferences)[0])

    def next_units(self) -> None:
        self._prefer(*preference_steps.next_units(self._preferences))

    def larger(self) -> None:
        self._zoom(+1)

    def smaller(self) -> None:
        self._zoom(-1)

    def toggle_full_screen(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)
        full = bool(window.windowState() & Qt.WindowState.WindowFullScreen)
        self._prefer(replace(self._preferences, full_screen=full))

    def export_picture(self) -> None:
        self._window.exports.picture()

    def export_page(self) -> None:
        self._window.exports.page()

    def toggle_help(self) -> None:
        self._window.toggle_help()

    def quit(self) -> None:
        self._window.close()

    def ask_sensor(self) -> None:
        self._window.source_choice.steps.ask()

    # Sound

    def next_sound(self) -> None:
        self._prefer(*preference_steps.next_sound(self._preferences))

    def next_schedule(self) -> None:
        self._prefer(*preference_steps.next_schedule(self._preferences))

    def toggle_metronome(self) -> None:
        if self._window.state.targets.tempo is None:
            self._window.say("No tempo to beat: start with --tempo 3-1-X-0", "warning")
            return
        on = not self._preferences.metronome
        self._prefer(replace(self._preferences, metronome=on), f"Metronome {'on' if on else 'off'}")

    def next_sensor_cues(self) -> None:
        self._prefer(*preference_steps.next_sensor_cues(self._preferences))

    # Recording

    def toggle_pause(self) -> None:
        state = self._window.session.snapshot()
        if not state.ended:
            self._window.session.set_paused(not state.paused)

    def faster(self) -> None:
        self._change_speed(+1)

    def slower(self) -> None:
        self._change_speed(-1)

    def seek_back(self) -> None:
        self._seek(-SEEK_S)

    def seek_ahead(self) -> None:
        self._seek(SEEK_S)

    def rep_back(self) -> None:
        self._window.session.step_rep(-1)

    def rep_ahead(self) -> None:
        self._window.session.step_rep(+1)

    # Correct

    def delete_rep(self) -> None:
        chosen_set = self._window.selection.chosen_set
        if self._correct("delete-rep"):
            self._window.choose(chosen_set, None)

    def delete_set(self) -> None:
        if self._correct("delete-set"):
            self._window.choose(None, None)

    def join_sets(self) -> None:
        if self._correct("join-before"):
            self._window.choose(None, None)

    def split_set(self) -> None:
        self._correct("split-here")

    def toggle_warm_up(self) -> None:
        self._correct("warm-up")

    def ask_exercise(self) -> None:
        self._ask("exercise")

    def ask_load(self) -> None:
        self._ask("load")

    def ask_athlete(self) -> None:
        self._ask("athlete")

    def undo(self) -> None:
        self._take_back(self._window.session.undo, "Taken back")

    def redo(self) -> None:
        self._take_back(self._window.session.redo, "Made again")

    @property
    def _preferences(self) -> Preferences:
        return self._window.preferences

    def _prefer(self, preferences: Preferences, words: str = "") -> None:
        self._window.use_preferences(preferences)
        if words:
            self._window.say(words)

    def _zoom(self, steps: int) -> None:
        place = min(max(ZOOMS.index(self._preferences.zoom) + steps, 0), len(ZOOMS) - 1)
        self._prefer(replace(self._preferences, zoom=ZOOMS[place]), f"Size {100 * ZOOMS[place]:.0f} %")

    def _change_speed(self, steps: int) -> None:
        state = self._window.session.snapshot()
        if state.speed is not None and not state.ended:
            self._window.session.set_speed(next_speed(state.speed, steps))

    def _seek(self, by_s: float) -> None:
        state = self._window.session.snapshot()
        if state.position_s is not None:
            self._window.session.seek(state.position_s + by_s)

    @property
    def _meant(self) -> Meant:
        window = self._window
        return Meant(window.state, window.shown_set, window.shown_rep, chosen=not window.following)

    def _ask(self, asked: Asked) -> None:
        def answer(text: str) -> None:
            self._make(answered(asked, text, self._meant, self._preferences.units))

        self._window.ask(question(asked, self._meant, self._preferences.units), answer)

    def _correct(self, kind: EditKind) -> bool:
        """False where there is nothing to correct."""
        return self._make(corrected(kind, self._meant), " Ctrl Z takes that back.")

    def _make(self, correction: Correction | None, more: str = "") -> bool:
        if correction is None:
            self._window.say("There is no rep to correct yet.", "warning")
            return False
        self._window.edit(correction.edit)
        self._window.say(correction.words + more)
        return True

    def _take_back(self, change: Callable[[], None], words: str) -> None:
        before = self._window.session.edits
        change()
        if self._window.session.edits is before:
            self._window.say("There is nothing to take back or make again.")
        else:
            self._window.keep_edits()
            self._window.say(words)
