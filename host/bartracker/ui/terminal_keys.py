"""Single keys in the terminal, where standard input is one: read without waiting for Enter, and what they do. Ctrl-C
ends the program as everywhere.
"""

import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.session_edits import Edit, EditKind
from bartracker.ui import preference_steps
from bartracker.ui.corrections import Asked, Correction, answered, corrected, newest, question
from bartracker.ui.preferences import Preferences

HELP = (
    "M metric  L load  X no rep  Z undo  Space hold  Q quit  ? more keys",
    "E exercise  A who lifts  W warm-up  J join sets  K new set  ? more",
    "U kg or lb  T theme  S sound  C reps heard  I sensor cues  ? first",
)
"""Lines of keys, one at a time; narrow enough for the narrowest terminal that is drawn in."""
_LONGEST_LINE = 80
_CHOICES: dict[str, Callable[[Preferences], tuple[Preferences, str]]] = {
    "m": preference_steps.next_metric,
    "u": preference_steps.next_units,
    "t": preference_steps.next_theme,
    "s": preference_steps.next_sound,
    "c": preference_steps.next_schedule,
    "i": preference_steps.next_sensor_cues,
}
_CORRECTIONS: dict[str, EditKind] = {"x": "delete-rep", "w": "warm-up", "j": "join-before", "k": "split-here"}
_ASKED: dict[str, Asked] = {"l": "load", "e": "exercise", "a": "athlete"}
_POLL_S = 0.02


class Keys:
    """The keys typed at the terminal, as a context; none where standard input is no terminal."""

    def __init__(self) -> None:
        self._restore: Callable[[], None] | None = None
        self.usable = False

    def __enter__(self) -> "Keys":
        if not sys.stdin or not sys.stdin.isatty():
            return self
        if sys.platform != "win32":
            import termios
            import tty

            descriptor = sys.stdin.fileno()
            try:
                before = termios.tcgetattr(descriptor)
                tty.setcbreak(descriptor)
            except termios.error:
                return self
            self._restore = lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        self.usable = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._restore is not None:
            self._restore()

    def wait(self, timeout_s: float) -> str:
        """What was typed within this time: characters, "" for none. Arrows and their like are left out."""
        if not self.usable:
            time.sleep(max(0.0, timeout_s))
            return ""
        if sys.platform == "win32":
            return self._wait_windows(timeout_s)
        ready, _, _ = select.select([sys.stdin], [], [], max(0.0, timeout_s))
        text = os.read(sys.stdin.fileno(), 64).decode("utf-8", "ignore") if ready else ""
        if ready and not text:
            # The terminal has gone: from now on nothing is typed.
            self.usable = False
        return "" if text.startswith("\x1b") and len(text) > 1 else text

    def _wait_windows(self, timeout_s: float) -> str:
        if sys.platform != "win32":
            return ""
        import msvcrt

        until, text = time.monotonic() + timeout_s, ""
        while time.monotonic() < until and not text:
            while msvcrt.kbhit():
                character = msvcrt.getwch()
                # A first half of two: an arrow or function key.
                text += "" if character in "\x00\xe0" and msvcrt.getwch() else character
            time.sleep(_POLL_S)
        return text


class TerminalControls:
    """What the keys do to a session. `said` is the answer to show, `question` what is being typed; `ended` when the
    person has had enough.
    """

    def __init__(
        self, session: LiveSession, preferences: Preferences, keep: Callable[[tuple[Edit, ...]], None] | None = None
    ) -> None:
        self.preferences = preferences
        self.said = ""
        self.ended = False
        self._session, self._keep = session, keep
        self._asked: Asked | None = None
        self._typed = ""
        self._help = 0

    @property
    def help(self) -> str:
        """The line of keys to show."""
        return HELP[self._help]

    @property
    def question(self) -> str:
        """The line that is being typed; "" while none is."""
        if self._asked is None:
            return ""
        words = question(self._asked, newest(self._session.snapshot()), self.preferences.units)
        # What is typed stands first: a narrow terminal cuts the end off.
        return f"▸ {self._typed}▏  {words} · Enter takes it, Esc leaves it"

    def press(self, text: str) -> None:
        """Take what was typed."""
        for character in text:
            try:
                if self._asked is not None:
                    self._type(self._asked, character)
                else:
                    self._act(character.lower())
            except BartrackerError as error:
                self.said = str(error)

    def _act(self, key: str) -> None:
        match key:
            case _ if key in _CHOICES:
                self.preferences, self.said = _CHOICES[key](self.preferences)
            case _ if key in _ASKED:
                self._asked, self._typed, self.said = _ASKED[key], "", ""
            case _ if key in _CORRECTIONS:
                self._make(corrected(_CORRECTIONS[key], newest(self._session.snapshot())), " Z takes that back.")
            case "?":
                self._help = (self._help + 1) % len(HELP)
            case "z":
                self._undo()
            case " ":
                self._session.set_paused(not self._session.snapshot().paused)
            case "q":
                self.ended = True
            case _:
                return

    def _type(self, asked: Asked, character: str) -> None:
        if character == "\x1b":
            self._asked = None
        elif character in "\r\n":
            self._asked = None
            if self._typed.strip():
                meant = newest(self._session.snapshot())
                self._make(answered(asked, self._typed, meant, self.preferences.units))
        elif character in "\x7f\b":
            self._typed = self._typed[:-1]
        elif character.isprintable() and len(self._typed) < _LONGEST_LINE:
            self._typed += character

    def _make(self, correction: Correction | None, more: str = "") -> None:
        if correction is None:
            self.said = "There is no rep to correct yet."
            return
        self._session.edit(correction.edit)
        self._kept()
        self.said = correction.words + more

    def _undo(self) -> None:
        before = self._session.edits
        self._session.undo()
        changed = self._session.edits is not before
        self.said = "Taken back" if changed else "There is nothing to take back."
        if changed:
            self._kept()

    def _kept(self) -> None:
        if self._keep is not None:
            with suppress(OSError):
                self._keep(self._session.edits.edits)
