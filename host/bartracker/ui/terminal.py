"""The terminal view (rich): the same content as the window, drawn with characters; plain lines where there is no
terminal to draw on.
"""

import time
from collections.abc import Sequence

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bartracker.coaching.cues import CueSettings
from bartracker.coaching.metrics import Metric, metric_of
from bartracker.coaching.verdict import Level, level_of
from bartracker.live import LiveSession
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.samples import FloatArray
from bartracker.ui import wording
from bartracker.ui.canvas import BLANK, big_digits, picture
from bartracker.ui.preferences import Preferences
from bartracker.ui.side_view import side_paths

REFRESH_S = 0.1
SHOWN_S = 15.0
_MIN_SIZE = (70, 22)  # columns, lines; below that the plain lines are easier to read
_WIDE = 100  # columns from which nothing is left out
_CELL_WIDTHS = (5, 7, 11, 4, 3, 4, 4, 7)
_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_BARS = 10
_SPARED = (3, 6)  # peak velocity and pause, in a narrow terminal
_UP, _DOWN, _MUTED, _EDGE = "#56b4e9", "#e69f00", "grey62", "grey42"
_LEVEL_STYLES: dict[Level, str] = {"good": "#1fbf92", "watch": "#f0e442", "off": "#f2703a"}
_SEVERITY_STYLES = {"info": _MUTED, "warning": _LEVEL_STYLES["watch"], "error": f"bold {_LEVEL_STYLES['off']}"}


def run_terminal(session: LiveSession, console: Console | None = None, preferences: Preferences | None = None) -> int:
    """Show a session until its source ends, then the sets' summaries; starts and closes the session. Returns 0, or 1
    if it failed.

    Where standard output is no terminal, is too small or cannot show the characters, prints one line a rep instead.
    The failure itself is the caller's to print: it is `session.failure`.
    """
    console, liked = console or Console(), preferences or Preferences()
    session.hear(
        CueSettings(
            schedule=liked.schedule,
            every_nth=liked.every_nth,
            metric=liked.metric,
            sounds=liked.sound,
            speaks=liked.speech,
        )
    )
    session.start()
    try:
        drawn = can_draw(console)
        if drawn:
            _draw(session, console, liked)
        else:
            _print_lines(session, console)
        state = session.snapshot()
        for each in (one for one in state.sets if one.result is not None):
            _say(console, [wording.summary_line(each, state)])
            if drawn:
                console.print(_table(each, console.width, len(each.reps)))
    finally:
        session.close()
    return 0 if session.failure is None else 1


def can_draw(console: Console) -> bool:
    """Whether this console is a terminal, large enough and able to show braille and blocks."""
    if not console.is_terminal or console.is_dumb_terminal or console.legacy_windows:
        return False
    return console.encoding.startswith("utf") and console.width >= _MIN_SIZE[0] and console.height >= _MIN_SIZE[1]


def _draw(session: LiveSession, console: Console, liked: Preferences) -> None:
    state = session.snapshot()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        while True:
            live.update(render(state, console.width, console.height, liked), refresh=True)
            if state.ended:
                return
            began = time.monotonic()
            state = session.wait_newer(state.version, 1.0)
            time.sleep(max(0.0, REFRESH_S - (time.monotonic() - began)))
            state = session.snapshot()


def _print_lines(session: LiveSession, console: Console) -> None:
    """One line a rep as it is announced; again, where it reads differently, once its set has been looked at as a
    whole.
    """
    told: dict[tuple[int, int], str] = {}
    told_notices = 0
    state = session.snapshot()
    while True:
        count = state.notice_count - told_notices
        _say(console, [f"{wording.clock(each.t_s)}  {each.text}" for each in (state.notices[-count:] if count else ())])
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


def render(state: LiveState, width: int, height: int, preferences: Preferences | None = None) -> RenderableType:
    """One picture of a state for a terminal of `width` columns and `height` lines."""
    liked = preferences or Preferences()
    metric = metric_of(liked.metric)
    shown = state.sets[-1] if state.sets else None
    rep = shown.reps[-1] if shown is not None and shown.reps else None
    side = 20 if width < _WIDE else 28
    card = 26 if width < _WIDE else 30
    table_lines = max(6, min(14, height // 3))
    middle = height - 4 - table_lines
    layout = Layout()
    layout.split_column(
        Layout(_header(shown, state, liked), size=2),
        Layout(name="middle", size=middle),
        Layout(_panel(_table(shown, width, table_lines - 3), "Reps"), size=table_lines),
        Layout(_footer(shown, state, width, liked), size=2),
    )
    layout["middle"].split_row(
        Layout(_card(rep, metric, state, shown), size=card),
        Layout(_time_plots(state, width - card - side, middle)),
        Layout(_path(shown, side, middle), size=side),
    )
    return layout


def _header(shown: LiveSet | None, state: LiveState, liked: Preferences) -> RenderableType:
    line = Text.assemble(
        (wording.set_exercise(shown, state), "bold"),
        (f"  {wording.load(wording.set_load(shown, state), liked.units)}", _MUTED),
    )
    if shown is not None:
        line.append(f"   Set {wording.set_number(shown)}   Reps {wording.rep_count(shown.summary)}")
        line.append(f"   Mean {wording.with_unit(wording.velocity(shown.summary.mean_velocity_mps), 'm/s')}")
        line.append(f"   Loss from best / first {wording.velocity_loss_pair(shown.summary)}")
    rest = wording.rest_s(state)
    if rest is not None:
        line.append(f"   Rest {wording.clock(rest)}", _UP)
    line.no_wrap, line.overflow = True, "ellipsis"
    return Group(line, Text(wording.link_line(state), style=_MUTED, no_wrap=True, overflow="ellipsis"))


def _card(rep: LiveRep | None, metric: Metric, state: LiveState, shown: LiveSet | None) -> RenderableType:
    if rep is None:
        return _panel(
            Text(f"\nNo rep yet\n\n{metric.name} shows here\nas soon as a rep is up", style=_MUTED, justify="center"),
            "Rep",
        )
    verdict = wording.verdict(rep.rep)
    style = _LEVEL_STYLES[verdict.level]
    now = state.now
    phase = "" if now is None else f"{wording.phase(now)} {wording.seconds(now.elapsed_s)} s"
    return _panel(
        Group(
            "",
            *(Text(row, style="bold", justify="center") for row in big_digits(metric.text(rep.rep))),
            Text(metric.uncertainty(rep.rep), style=_MUTED, justify="center"),
            "",
            Text(f"{wording.SHAPES[verdict.level]} {verdict.text}", style=style, justify="center"),
            "",
            Text(f"tempo {wording.tempo(rep.rep)}", justify="center"),
            Text(
                f"peak {wording.velocity(rep.rep.peak_velocity_mps)} m/s  "
                f"range {wording.centimetres(rep.rep.rom_m)} cm",
                style=_MUTED,
                justify="center",
            ),
            Text(phase, style=_UP, justify="center"),
            _bars(shown, metric),
        ),
        f"Rep {rep.rep.index}",
    )


def _bars(shown: LiveSet | None, metric: Metric) -> Text:
    """The newest reps of a set as bars of the metric, coloured by verdict; a rep without it leaves its place empty."""
    line = Text(justify="center", no_wrap=True)
    known = [(rep, metric.value(rep.rep)) for rep in (shown.reps[-_MOST_BARS:] if shown is not None else ())]
    top = max((value for _, value in known if value is not None), default=0.0)
    for rep, value in known:
        step = 0 if value is None or top <= 0 else max(1, round(value / top * (len(_BLOCKS) - 1)))
        line.append(_BLOCKS[step] + " ", style=_LEVEL_STYLES[level_of(rep.rep)])
    return line


def _time_plots(state: LiveState, width: int, lines: int) -> RenderableType:
    motion = state.motion
    upper = max(3, (lines - 4) * 3 // 5)
    lower = max(2, lines - 4 - upper)
    plots = Layout()
    plots.split_column(
        Layout(
            _plot("Velocity m/s", motion.t_s, motion.vel_z_mps, (-0.75, 0.75), width, upper, (_UP, _DOWN)),
            size=upper + 2,
        ),
        Layout(
            _plot("Height m", motion.t_s, motion.height_m, (-0.2, 0.6), width, lower, ("white", "white")),
            size=lower + 2,
        ),
    )
    return plots


def _plot(
    title: str,
    t_s: FloatArray,
    values: FloatArray,
    least: tuple[float, float],
    width: int,
    lines: int,
    styles: tuple[str, str],
) -> RenderableType:
    """The newest seconds of one quantity, in the first style above zero and the second below."""
    recent = t_s > (t_s[-1] - SHOWN_S if len(t_s) else 0.0)
    t_s, values = t_s[recent], values[recent]
    low = min(least[0], float(np.floor(values.min(initial=0.0) * 4) / 4))
    high = max(least[1], float(np.ceil(values.max(initial=0.0) * 4) / 4))
    end = max(float(t_s[-1]) if len(t_s) else 0.0, SHOWN_S)
    columns = max(10, width - 11)
    drawn = picture([(t_s, values)], (end - SHOWN_S, end), (low, high), columns, lines)
    zero = int(high / (high - low) * lines)
    rows: list[Text] = []
    for number, line in enumerate(drawn):
        label = {0: f"{high:+.2f}", zero: "0", lines - 1: f"{low:+.2f}"}.get(number, "")
        rows.append(Text.assemble((f"{label:>6} ", _MUTED), (line, styles[number > zero]), no_wrap=True))
    return _panel(Group(*rows), title)


def _path(shown: LiveSet | None, width: int, lines: int) -> RenderableType:
    """The set's paths at equal scales, the newest bright; a braille dot is about as wide as it is high."""
    traces = [] if shown is None else [rep.trace for rep in shown.reps if rep.trace is not None and len(rep.trace.t_s)]
    if not traces:
        return _panel(Text("\nEach rep's path up shows here", style=_MUTED, justify="center"), "Bar path")
    paths = side_paths(traces)
    columns, rows = width - 4, lines - 2
    top = 1.05 * max(float(path.height_cm.max()) for path in paths)
    half = 0.5 * (1.05 * top) * (2 * columns) / (4 * rows)
    curves = [(path.sideways_cm, path.height_cm) for path in paths]
    ranges = (-half, half), (-0.05 * top, top)
    newest, every = (picture(chosen, *ranges, columns, rows) for chosen in (curves[-1:], curves))
    text = Text(no_wrap=True)
    for bright_line, line in zip(newest, every, strict=True):
        for bright, character in zip(bright_line, line, strict=True):
            text.append(character, style=_EDGE if bright == BLANK else _UP)
        text.append("\n")
    return _panel(text, f"Bar path, {top:.0f} cm")


def _table(shown: LiveSet | None, width: int, most: int) -> RenderableType:
    """The newest `most` reps of a set; in a narrow terminal without the columns that can be spared."""
    table = Table(
        box=None, expand=True, header_style=_MUTED, pad_edge=False, padding=(0, 2 if width >= _WIDE else 1, 0, 0)
    )
    remarks = len(wording.REP_COLUMNS) - 1
    columns = [number for number, _ in enumerate(wording.REP_COLUMNS) if width >= _WIDE or number not in _SPARED]
    for number in columns:
        name = wording.REP_COLUMNS[number]
        least = None if number == remarks else max(len(name), _CELL_WIDTHS[number])
        table.add_column(
            name,
            justify="left" if number in (0, 1, remarks) else "right",
            width=least,
            ratio=1 if number == remarks else None,
            no_wrap=True,
            overflow="ellipsis",
        )
    for each in () if shown is None else shown.reps[-max(1, most) :]:
        level = wording.verdict(each.rep).level
        cells = [Text(words) for words in wording.rep_row(each.rep)]
        cells[0] = Text(f"{wording.SHAPES[level]} {cells[0].plain}", style=_LEVEL_STYLES[level])
        cells[-1].stylize(_LEVEL_STYLES[level])
        table.add_row(*(cells[number] for number in columns))
    return table


def _footer(shown: LiveSet | None, state: LiveState, width: int, liked: Preferences) -> RenderableType:
    text, severity = wording.alarm(state) or wording.notice(shown, state, liked.units)
    line = Text(text, style=_SEVERITY_STYLES[severity], no_wrap=True, overflow="ellipsis")
    if state.position_s is None or not state.duration_s:
        return Group(line)
    words = f" {wording.clock(state.position_s)} / {wording.clock(state.duration_s)}"
    room = max(1, width - len(words))
    done = round(room * min(1.0, state.position_s / state.duration_s))
    return Group(line, Text.assemble(("━" * done, _UP), ("━" * (room - done), _EDGE), (words, _MUTED), no_wrap=True))


def _panel(content: RenderableType, title: str) -> Panel:
    return Panel(content, title=f"[{_MUTED}]{title}[/]", title_align="left", border_style=_EDGE, padding=(0, 1))
