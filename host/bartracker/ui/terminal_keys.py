"""Single keys in the terminal, where standard input is one: read without waiting for Enter, and what they do. Ctrl-C
ends the program as everywhere.
"""

import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

from bartracker.coaching.metrics import metric_of, next_metric
from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.live_edits import Reach, reach_of
from bartracker.session_edits import Edit, EditKind
from bartracker.ui import wording
from bartracker.ui.preferences import Preferences

HELP = "M metric  U kg/lb  T theme  L load  X no rep  W warm-up  Z undo  Space hold  Q quit"
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
        self._typed: str | None = None

    @property
    def question(self) -> str:
        """The line that is being typed; "" while none is."""
        if self._typed is None:
            return ""
        words = f"Load in {self.preferences.units}, bar included, {self._reach().words}"
        return f"{words}: {self._typed}▏ Enter takes it, Esc leaves it"

    def press(self, text: str) -> None:
        """Take what was typed."""
        for character in text:
            try:
                if self._typed is not None:
                    self._type(character)
                else:
                    self._act(character.lower())
            except BartrackerError as error:
                self.said = str(error)

    def _act(self, key: str) -> None:
        liked = self.preferences
        match key:
            case "m":
                metric = next_metric(metric_of(liked.metric))
                self._like(replace(liked, metric=metric.key), metric.name)
            case "u":
                units = "lb" if liked.units == "kg" else "kg"
                self._like(replace(liked, units=units), f"Loads in {units}")
            case "t":
                theme = "light" if liked.theme == "dark" else "dark"
                self._like(replace(liked, theme=theme), f"For a {theme} terminal")
            case "l":
                self._typed, self.said = "", ""
            case "x":
                self._edit("delete-rep", "The last rep is taken out. Z takes that back.")
            case "w":
                shown = self._session.snapshot().sets[-1:]
                now = not (shown and shown[0].warm_up)
                self._edit("warm-up", "A warm-up" if now else "No warm-up", float(now))
            case "z":
                self._undo()
            case " ":
                self._session.set_paused(not self._session.snapshot().paused)
            case "q":
                self.ended = True
            case _:
                return

    def _type(self, character: str) -> None:
        typed = self._typed or ""
        if character == "\x1b":
            self._typed = None
        elif character in "\r\n":
            self._typed = None
            load_kg, reach = wording.load_of(typed, self.preferences.units), self._reach()
            self._change(reach.edit("load", value=load_kg))
            self.said = f"{wording.load(load_kg, self.preferences.units)} {reach.words}"
        elif character in "\x7f\b":
            self._typed = typed[:-1]
        elif character.isprintable() and len(typed) < 12:
            self._typed = typed + character

    def _reach(self) -> Reach:
        return reach_of("load", self._session.snapshot())

    def _like(self, preferences: Preferences, words: str) -> None:
        self.preferences, self.said = preferences, words

    def _edit(self, kind: EditKind, words: str, value: float | None = None) -> None:
        state = self._session.snapshot()
        rep = state.sets[-1].reps[-1].rep if state.sets and state.sets[-1].reps else None
        if rep is None:
            self.said = "There is no rep to correct yet."
            return
        self._change(Edit(kind, 0.5 * (rep.concentric_start_s + rep.concentric_end_s), "", value))
        self.said = words

    def _undo(self) -> None:
        before = self._session.edits
        self._session.undo()
        changed = self._session.edits is not before
        self.said = "Taken back" if changed else "There is nothing to take back."
        if changed:
            self._kept()

    def _change(self, edit: Edit) -> None:
        self._session.edit(edit)
        self._kept()

    def _kept(self) -> None:
        if self._keep is not None:
            with suppress(OSError):
                self._keep(self._session.edits.edits)
