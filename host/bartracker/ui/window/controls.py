"""What the keys do: one method each, named in keys.py. Nothing is drawn here."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from bartracker.coaching.cues import SCHEDULES, SENSOR_CUES
from bartracker.coaching.metrics import metric_of, next_metric
from bartracker.live_edits import Reach, reach_of
from bartracker.results import EXERCISES, Exercise
from bartracker.session_edits import Edit, EditKind, check_exercise
from bartracker.ui import wording
from bartracker.ui.preferences import ZOOMS, Preferences
from bartracker.ui.window.bars import next_speed

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

SEEK_S = 5.0
_SCHEDULE_WORDS = {
    "every": "Every rep is heard",
    "nth": "Every third rep is heard",
    "after": "Only the end of a set is heard",
    "outside": "Only reps that are not good are heard",
    "near-limit": "Reps are heard from near the velocity loss limit on",
}
_SENSOR_WORDS = {
    "off": "No cues on the sensor",
    "light": "The sensor's light shows the cues",
    "sound": "The sensor's buzzer sounds the cues",
    "shake": "The sensor's motor shakes the cues",
}


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
        metric = next_metric(metric_of(self._preferences.metric))
        self._prefer(replace(self._preferences, metric=metric.key), f"Large: {metric.name}")

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
        other = "light" if self._preferences.theme == "dark" else "dark"
        self._prefer(replace(self._preferences, theme=other))

    def next_units(self) -> None:
        other = "lb" if self._preferences.units == "kg" else "kg"
        self._prefer(replace(self._preferences, units=other), f"Loads in {other}")

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
        mine = self._preferences
        if mine.sound and mine.speech:
            self._prefer(replace(mine, speech=False), "Tones alone")
        elif mine.sound:
            self._prefer(replace(mine, sound=False), "Sound off")
        else:
            self._prefer(replace(mine, sound=True, speech=True), "Tones and spoken numbers")

    def next_schedule(self) -> None:
        place = (SCHEDULES.index(self._preferences.schedule) + 1) % len(SCHEDULES)
        schedule = SCHEDULES[place]
        self._prefer(replace(self._preferences, schedule=schedule), _SCHEDULE_WORDS[schedule])

    def toggle_metronome(self) -> None:
        if self._window.state.targets.tempo is None:
            self._window.say("No tempo to beat: start with --tempo 3-1-X-0", "warning")
            return
        on = not self._preferences.metronome
        self._prefer(replace(self._preferences, metronome=on), f"Metronome {'on' if on else 'off'}")

    def next_sensor_cues(self) -> None:
        place = (SENSOR_CUES.index(self._preferences.sensor_cues) + 1) % len(SENSOR_CUES)
        chosen = SENSOR_CUES[place]
        self._prefer(replace(self._preferences, sensor_cues=chosen), _SENSOR_WORDS[chosen])

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
        rep = self._window.shown_rep
        if rep is not None and self._edit("delete-rep"):
            self._window.choose(self._window.selection.chosen_set, None)
            self._window.say(f"Rep {rep.rep.index} left out. Ctrl Z takes that back.")

    def delete_set(self) -> None:
        shown = self._window.shown_set
        if shown is not None and self._edit("delete-set"):
            self._window.choose(None, None)
            self._window.say(f"Set {shown.index} left out. Ctrl Z takes that back.")

    def join_sets(self) -> None:
        if self._edit("join-before"):
            self._window.choose(None, None)
            self._window.say("Joined with the set before. Ctrl Z takes that back.")

    def split_set(self) -> None:
        rep = self._window.shown_rep
        if rep is not None and self._edit("split-here"):
            self._window.say(f"A new set begins with what was rep {rep.rep.index}. Ctrl Z takes that back.")

    def toggle_warm_up(self) -> None:
        shown = self._window.shown_set
        if shown is not None and self._edit("warm-up", value=0.0 if shown.warm_up else 1.0):
            self._window.say(f"Set {shown.index} is {'no ' if shown.warm_up else 'a '}warm-up")

    def ask_exercise(self) -> None:
        words = self._reach("exercise").words
        self._window.ask(f"Exercise {words} ({', '.join(EXERCISES)})", self._set_exercise)

    def ask_load(self) -> None:
        words = self._reach("load").words
        self._window.ask(f"Load in {self._preferences.units}, bar included, {words}", self._set_load)

    def ask_athlete(self) -> None:
        self._window.ask("Who lifts?", self._set_athlete)

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

    def _set_exercise(self, text: str) -> None:
        shown, reach = self._window.shown_set, self._reach("exercise")
        name = text.strip().lower()
        exercise: Exercise | None = next((each for each in EXERCISES if each == name), None)
        if exercise is not None and shown is not None and shown.result is not None and reach.at_s < shown.result.end_s:
            check_exercise(exercise, shown.result)
        self._window.edit(reach.edit("exercise", text=name))
        self._window.say(f"{wording.exercise(name)} {reach.words}")

    def _set_load(self, text: str) -> None:
        load_kg, reach = wording.load_of(text, self._preferences.units), self._reach("load")
        self._window.edit(reach.edit("load", value=load_kg))
        self._window.say(f"{wording.load(load_kg, self._preferences.units)} {reach.words}")

    def _set_athlete(self, text: str) -> None:
        """From the set that was chosen on; from the next one where a set is over and none was chosen."""
        window, name = self._window, text.strip()
        shown = window.shown_set
        over = shown is None or (shown.result is not None and window.following)
        if over:
            motion = window.state.motion
            at_s = float(motion.t_s[-1]) if len(motion) else 0.0
            window.edit(Edit("athlete", at_s, name))
        elif not self._edit("athlete", text=name):
            return
        window.say(f"{name} lifts from {'the next set' if over else 'this set'} on")

    def _reach(self, kind: EditKind) -> Reach:
        """Of which sets a load or an exercise is said now."""
        return reach_of(kind, self._window.state, None if self._window.following else self._window.shown_set)

    def _edit(self, kind: EditKind, text: str = "", value: float | None = None) -> bool:
        """Correct the shown rep or its set; False where there is none."""
        rep = self._window.shown_rep
        if rep is None:
            self._window.say("There is no rep to correct yet.", "warning")
            return False
        at_s = 0.5 * (rep.rep.concentric_start_s + rep.rep.concentric_end_s)
        self._window.edit(Edit(kind, at_s, text, value))
        return True

    def _take_back(self, change: Callable[[], None], words: str) -> None:
        before = self._window.session.edits
        change()
        if self._window.session.edits is before:
            self._window.say("There is nothing to take back or make again.")
        else:
            self._window.keep_edits()
            self._window.say(words)
