"""Every key of the window in one table: what it is called, what it does, and the words of the help overlay."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Keys that do the same. action: the name of the method of `Controls`; shown: as the help overlay writes the keys,
    "" to leave them out.
    """

    group: str
    keys: tuple[str, ...]
    shown: str
    words: str
    action: str


KEYS: tuple[KeyUse, ...] = (
    KeyUse("Look", ("Up",), "↑ ↓", "rep before, rep after", "earlier_rep"),
    KeyUse("Look", ("Down",), "", "", "later_rep"),
    KeyUse("Look", ("PgUp",), "PgUp PgDn", "set before, set after", "earlier_set"),
    KeyUse("Look", ("PgDown",), "", "", "later_set"),
    KeyUse("Look", ("Esc",), "Esc", "back to the newest", "newest"),
    KeyUse("Look", ("M",), "M", "another number, large", "next_metric"),
    KeyUse("Look", ("V",), "V", "over time, or lifts overlaid", "next_view"),
    KeyUse("Look", ("B",), "B", "big: number and bars alone", "toggle_big"),
    KeyUse("Look", ("O",), "O", "the set before, behind it", "toggle_other"),
    KeyUse("Look", ("G",), "G", "ghost: lift beside the best", "toggle_ghost"),
    KeyUse("Look", ("R",), "R", "routine before the lift", "toggle_routine"),
    KeyUse("Window", ("N",), "N", "sensor: name, calibrate", "ask_sensor"),
    KeyUse("Window", ("T",), "T", "dark or light", "next_theme"),
    KeyUse("Window", ("U",), "U", "kg or lb", "next_units"),
    KeyUse("Window", ("Ctrl++", "Ctrl+="), "Ctrl + –", "larger, smaller", "larger"),
    KeyUse("Window", ("Ctrl+-",), "", "", "smaller"),
    KeyUse("Window", ("F", "F11"), "F", "full screen", "toggle_full_screen"),
    KeyUse("Window", ("P",), "P", "keep a picture", "export_picture"),
    KeyUse("Window", ("X",), "X", "keep a page for a browser", "export_page"),
    KeyUse("Window", ("?", "F1"), "?", "these keys", "toggle_help"),
    KeyUse("Window", ("Q",), "Q", "quit", "quit"),
    KeyUse("Sound", ("S",), "S", "sound on, tones alone, off", "next_sound"),
    KeyUse("Sound", ("C",), "C", "which reps are heard", "next_schedule"),
    KeyUse("Sound", ("D",), "D", "metronome of the tempo", "toggle_metronome"),
    KeyUse("Sound", ("I",), "I", "cues on the sensor itself", "next_sensor_cues"),
    KeyUse("Recording", ("Space",), "Space", "pause, go on", "toggle_pause"),
    KeyUse("Recording", ("+", "="), "+ –", "faster, slower", "faster"),
    KeyUse("Recording", ("-",), "", "", "slower"),
    KeyUse("Recording", ("Left",), "← →", "5 s back, ahead", "seek_back"),
    KeyUse("Recording", ("Right",), "", "", "seek_ahead"),
    KeyUse("Recording", (",",), ", .", "to the rep before, after", "rep_back"),
    KeyUse("Recording", (".",), "", "", "rep_ahead"),
    KeyUse("Correct", ("Del",), "Del", "this was no rep", "delete_rep"),
    KeyUse("Correct", ("Shift+Del",), "Shift Del", "this was no set", "delete_set"),
    KeyUse("Correct", ("J",), "J", "join with the set before", "join_sets"),
    KeyUse("Correct", ("K",), "K", "a new set begins with this rep", "split_set"),
    KeyUse("Correct", ("E",), "E", "exercise", "ask_exercise"),
    KeyUse("Correct", ("L",), "L", "load", "ask_load"),
    KeyUse("Correct", ("A",), "A", "athlete from this set on", "ask_athlete"),
    KeyUse("Correct", ("W",), "W", "warm-up set, or not", "toggle_warm_up"),
    KeyUse("Correct", ("Ctrl+Z",), "Ctrl Z  Y", "take back, make again", "undo"),
    KeyUse("Correct", ("Ctrl+Y",), "", "", "redo"),
)
_ACTIONS = {key: use.action for use in KEYS for key in use.keys}
_NAMES = {
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDown",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Delete: "Del",
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_F1: "F1",
    Qt.Key.Key_F11: "F11",
}


def key_name(event: QKeyEvent) -> str:
    """What the table calls the key that was pressed; Shift counts for keys without a character only."""
    key = event.key()
    control = "Ctrl+" if event.modifiers() & Qt.KeyboardModifier.ControlModifier else ""
    name = next((words for each, words in _NAMES.items() if each == key), None)
    if name is not None:
        shift = "Shift+" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else ""
        return f"{control}{shift}{name}"
    return f"{control}{chr(key)}" if 0x20 < key < 0x7F else ""


def action_of(name: str) -> str | None:
    """The method of `Controls` that a key calls; None for a key that does nothing."""
    return _ACTIONS.get(name)
