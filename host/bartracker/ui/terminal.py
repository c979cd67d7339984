"""The terminal view (rich): the same content as the window, drawn with characters; plain lines where there is no
terminal to draw on.
"""

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.live import Live

from bartracker.coaching.advice import advice
from bartracker.coaching.cues import CueSettings
from bartracker.live import LiveSession
from bartracker.live_state import LiveSet, LiveState
from bartracker.session_edits import Edit
from bartracker.ui import quantities, wording
from bartracker.ui.preferences import Preferences
from bartracker.ui.terminal_ink import INKS
from bartracker.ui.terminal_keys import Keys, TerminalControls
from bartracker.ui.terminal_picture import render
from bartracker.ui.terminal_table import rep_table

REFRESH_S = 0.1
_IDLE_S = 0.2  # a key is seen within this time even where nothing moves
_SAID_S = 6.0  # an answer to a key stands so long
_MIN_SIZE = (70, 22)  # columns, lines; below that the plain lines are easier to read


def run_terminal(
    session: LiveSession,
    console: Console | None = None,
    preferences: Preferences | None = None,
    *,
    keep: Callable[[tuple[Edit, ...]], None] | None = None,
    remember: Callable[[Preferences], None] | None = None,
) -> int:
    """Show a session until its source ends or the person has had enough, then the sets' summaries; starts and closes
    the session. Returns 0, or 1 if it failed.

    Where standard output is no terminal, is too small or cannot show the characters, prints one line a rep instead.
    `keep` takes corrections, `remember` what was chosen. The failure itself is the caller's to print: it is
    `session.failure`.
    """
    console, liked = console or Console(), preferences or Preferences()
    _hear(session, liked)
    session.start()
    try:
        drawn = can_draw(console)
        if drawn:
            liked = _draw(session, console, TerminalControls(session, liked, keep))
        else:
            _print_lines(session, console)
        if not session.snapshot().ended:
            # Stopped by a key: what has been lifted is looked at as a whole all the same.
            session.close()
        state = session.snapshot()
        for each in (one for one in state.sets if one.result is not None):
            _say(console, [wording.summary_line(each, state, liked.units)])
            if drawn:
                ink = INKS[liked.theme]
                console.print(rep_table(each, console.width, len(each.reps), ink.muted, ink.levels))
            _say(console, _next_steps(each, state))
    finally:
        session.close()
        if remember is not None:
            remember(liked)
    return 0 if session.failure is None else 1


def can_draw(console: Console) -> bool:
    """Whether this console is a terminal, large enough and able to show braille and blocks."""
    if not console.is_terminal or console.is_dumb_terminal or console.legacy_windows:
        return False
    return console.encoding.startswith("utf") and console.width >= _MIN_SIZE[0] and console.height >= _MIN_SIZE[1]


def _hear(session: LiveSession, liked: Preferences) -> None:
    session.hear(
        CueSettings(
            schedule=liked.schedule,
            every_nth=liked.every_nth,
            metric=liked.metric,
            sounds=liked.sound,
            sensor=liked.sensor_cues,
            speaks=liked.speech,
        )
    )


def _draw(session: LiveSession, console: Console, controls: TerminalControls) -> Preferences:
    """Returns what was chosen meanwhile."""
    with Keys() as keys, Live(console=console, auto_refresh=False, screen=True) as live:
        told_s = time.monotonic()
        while True:
            state, began = session.snapshot(), time.monotonic()
            said = controls.question or (controls.said if began - told_s < _SAID_S else "")
            liked, help_line = controls.preferences, controls.help if keys.usable else "Ctrl-C stops"
            picture = render(state, console.width, console.height, liked, said=said, keys=help_line)
            live.update(picture, refresh=True)
            if state.ended or controls.ended:
                return liked
            typed = keys.wait(REFRESH_S)
            if typed:
                told_s = time.monotonic()
                controls.press(typed)
                if controls.preferences != liked:
                    _hear(session, controls.preferences)
            else:
                session.wait_newer(state.version, _IDLE_S)


def _next_steps(shown: LiveSet, state: LiveState) -> list[str]:
    """What to do next after a set, a line each."""
    return [] if shown.result is None else [f"  next: {each}" for each in advice(shown.result, state.targets)]


def _print_lines(session: LiveSession, console: Console) -> None:
    """One line a rep as it is announced; again, where it reads differently, once its set has been looked at as a
    whole.
    """
    told: dict[tuple[int, int], str] = {}
    told_notices = 0
    state = session.snapshot()
    while True:
        count = state.notice_count - told_notices
        _say(
            console,
            [f"{quantities.clock(each.t_s)}  {each.text}" for each in (state.notices[-count:] if count else ())],
        )
        told_notices = state.notice_count
        _say(console, _news(state, told))
        if state.ended:
            return
        state = session.wait_newer(state.version, 60.0)


def _news(state: LiveState, told: dict[tuple[int, int], str]) -> list[str]:
    """Lines that have not been told yet; `told` is brought up to date."""
    lines: list[str] = []
    now = {(each.index, rep.rep.index): rep for each in state.sets for rep in each.reps}
    for (set_index, rep_index), rep in now.items():
        line = wording.rep_line(set_index, rep.rep)
        before = told.get((set_index, rep_index))
        if before is None or (rep.final and line != before):
            lines.append(line if before is None else f"refined: {line}")
            told[set_index, rep_index] = line
    for set_index, rep_index in [key for key in told if key not in now]:
        lines.append(f"set {set_index} rep {rep_index} taken back: on second look it was none")
        del told[set_index, rep_index]
    return lines


def _say(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(wording.encodable(line, console.encoding), markup=False, highlight=False, soft_wrap=True)
