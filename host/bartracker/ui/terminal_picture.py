"""One picture of a session's state for a terminal (rich): the same content as the window, drawn with characters."""

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.text import Text

from bartracker.coaching.advice import advice
from bartracker.coaching.metrics import Metric, metric_of
from bartracker.coaching.phase_clock import TEMPO_PHASES, PhaseNow, target_s
from bartracker.coaching.tempo import Tempo
from bartracker.live_state import LiveSet, LiveState
from bartracker.results import RepSet
from bartracker.samples import FloatArray
from bartracker.ui import quantities, wording
from bartracker.ui.canvas import BLANK, big_digits, picture
from bartracker.ui.preferences import Preferences
from bartracker.ui.side_view import side_paths
from bartracker.ui.terminal_bars import rep_bars
from bartracker.ui.terminal_ink import INKS, Ink, one_line, panel
from bartracker.ui.terminal_table import rep_table

SHOWN_S = 15.0
WIDE = 100  # columns from which nothing is left out
_TALL = 14  # lines of the middle from which height has a plot of its own
_HERE = "▸"  # marks the phase the bar is in
_TEMPO_BAR = 6  # columns in which a tempo phase fills


def render(
    state: LiveState,
    width: int,
    height: int,
    preferences: Preferences | None = None,
    *,
    said: str = "",
    keys: str = "Ctrl-C stops",
) -> RenderableType:
    """One picture of a state for a terminal of `width` columns and `height` lines. said: an answer to a key, in place
    of the remark; keys: the line that tells them.
    """
    liked = preferences or Preferences()
    ink, metric = INKS[liked.theme], metric_of(liked.metric)
    shown = state.sets[-1] if state.sets else None
    side = 20 if width < WIDE else 28
    card = 26 if width < WIDE else 32
    head = _header(shown, state, width, liked, ink)
    foot = _footer(shown, state, width, liked, ink, said, keys)
    table_lines = max(6, min(12, height // 3))
    middle = height - len(head) - len(foot) - table_lines
    layout = Layout()
    layout.split_column(
        Layout(Group(*head), size=len(head)),
        Layout(name="middle", size=middle),
        Layout(panel(rep_table(shown, width, table_lines - 3, ink.muted, ink.levels), "Reps", ink), size=table_lines),
        Layout(Group(*foot), size=len(foot)),
    )
    layout["middle"].split_row(
        Layout(_card(shown, metric, state, ink, card - 4, middle), size=card),
        Layout(_plots(shown, metric, state, width - card - side, middle, ink)),
        Layout(_path(shown, side, middle, ink), size=side),
    )
    return layout


def _header(shown: LiveSet | None, state: LiveState, width: int, liked: Preferences, ink: Ink) -> list[Text]:
    wide = width >= WIDE
    parts: list[tuple[str, str]] = [(wording.set_exercise(shown, state), "bold")]
    parts.append((quantities.load(wording.set_load(shown, state), liked.units), ink.muted))
    parts.append(((state.athlete if shown is None or shown.athlete is None else shown.athlete) or "", ""))
    if shown is not None:
        parts.append(("warm-up" if shown.warm_up else "", ink.muted))
        parts.append((f"Set {wording.set_number(shown)}", ""))
        parts.append((f"Reps {wording.rep_count(shown.summary)}", ""))
        parts.append((f"Mean {quantities.with_unit(quantities.velocity(shown.summary.mean_velocity_mps), 'm/s')}", ""))
    rest = wording.rest_s(state)
    parts.append(("" if rest is None else f"Rest {quantities.clock(rest)}", f"bold {ink.up}"))
    if shown is not None:
        name = "Loss from best / first" if wide else "Loss"
        parts.append((f"{name} {wording.velocity_loss_pair(shown.summary)}", ""))
    line = Text("   " if wide else "  ").join(Text(words, style=style) for words, style in parts if words)
    lines = [line, Text(wording.link_line(state), style=ink.muted)]
    alarm = wording.alarm(state)
    if alarm is not None:
        lines.append(Text(f" ■ {alarm[0]} ".ljust(width), style=f"reverse {ink.severities[alarm[1]]}"))
    return [one_line(each) for each in lines]


def _card(shown: LiveSet | None, metric: Metric, state: LiveState, ink: Ink, inner: int, lines: int) -> RenderableType:
    if shown is not None and shown.result is not None and shown.reps:
        return _summary(shown, shown.result, state, ink, inner, lines)
    tempo = _tempo(state.now, state.targets.tempo, ink)
    if shown is None or not shown.reps:
        words = f"Watching for\nthe first rep\n\n{metric.name}\nshows here"
        if wording.searching(state):
            words = "Searching for\nthe sensor"
        return panel(Group("", Text(words, style=ink.muted, justify="center"), "", *tempo), metric.name, ink)
    rep = shown.reps[-1].rep
    verdict = wording.verdict(rep)
    style = f"bold {ink.levels[verdict.level]}"
    tall = lines >= _TALL
    spare = [Text("")] if tall else []
    told = Text(f"{wording.SHAPES[verdict.level]} {verdict.text}", style=style, justify="center")
    if not tall:
        tempo = [each for each in tempo if each.plain.startswith(_HERE)]
    else:
        tempo = tempo or [Text(f"tempo {wording.tempo(rep)}", justify="center")]
    number = [*_large(big_digits(metric.text(rep)), inner, style)]
    sigma = Text(metric.uncertainty(rep), style=ink.muted, justify="center")
    return panel(
        Group(*spare, *number, sigma, *spare, told, *spare, *tempo) if tall else Group(*number, sigma, *tempo, told),
        f"Rep {rep.index} · {metric.name}",
        ink,
    )


def _large(rows: Sequence[str], inner: int, style: str) -> list[Text]:
    """Rows of large digits in the middle, each as far in as the others."""
    before = " " * max(0, (inner - max(map(len, rows))) // 2)
    return [Text(before + row, style=f"bold {style}".strip(), no_wrap=True) for row in rows]


def _summary(shown: LiveSet, result: RepSet, state: LiveState, ink: Ink, inner: int, lines: int) -> RenderableType:
    summary = shown.summary
    digits = big_digits(quantities.velocity(summary.mean_velocity_mps))
    tall = lines >= _TALL
    count = f"{summary.full_reps} × "
    rows = [(count if number == 1 else " " * len(count)) + row for number, row in enumerate(digits)]
    loss, best = (
        quantities.percent(summary.velocity_loss_from_best),
        quantities.velocity(summary.best_mean_velocity_mps),
    )
    return panel(
        Group(
            *_large(rows, inner, ""),
            Text("reps × mean m/s", style=ink.muted, justify="center"),
            one_line(Text(f"best {best}  loss {loss}", justify="center")),
            one_line(Text(f"evenness {wording.evenness(summary)}", justify="center")),
            *([Text("─" * inner, style=ink.edge)] if tall else []),
            *(Text(each, style="bold") for each in (advice(result, state.targets) if tall else ())),
        ),
        f"Set {shown.index} done",
        ink,
    )


def _tempo(now: PhaseNow | None, wanted: Tempo | None, ink: Ink) -> list[Text]:
    """Each phase of the rep under way, filling against its target; without a target the present phase alone."""
    if now is None and wanted is None:
        return []
    lines: list[Text] = []
    for phase, word in zip(TEMPO_PHASES, ("Down", "Hold", "Up", "Hold"), strict=True):
        here = now is not None and now.phase == phase
        if wanted is None and not here:
            continue
        lasted = None if now is None else now.elapsed_s if here else now.done_s.get(phase)
        target = None if wanted is None else target_s(wanted, phase)
        over = target is not None and lasted is not None and here and lasted > target + 0.5
        colour = ink.levels["off"] if over else ink.up if phase in ("concentric", "top") else ink.down
        line = Text(
            f"{_HERE if here else ' '}{word:<5}{quantities.seconds(lasted):>4} s ", style="bold" if here else ""
        )
        if wanted is not None:
            done = round(_TEMPO_BAR * min(1.0, (lasted or 0.0) / target)) if target else _TEMPO_BAR * bool(lasted)
            line.append("━" * done, colour).append("━" * (_TEMPO_BAR - done), ink.edge)
            line.append(" X" if target is None else f" {target:g}", ink.muted)
        lines.append(one_line(line))
    return lines


def _plots(shown: LiveSet | None, metric: Metric, state: LiveState, width: int, lines: int, ink: Ink) -> RenderableType:
    """Velocity, height where there is room, and the bars of the set's reps."""
    motion = state.motion
    height = max(5, lines // 4) if lines >= _TALL else 0
    bars = max(5, (lines - height) // 2 + bool(height))
    velocity = lines - bars - height
    styles = ink.up, ink.down
    plot = _plot("Velocity m/s", motion.t_s, motion.vel_z_mps, (-0.75, 0.75), width, velocity, styles, ink)
    parts = [Layout(plot, size=velocity)]
    if height:
        plot = _plot("Height m", motion.t_s, motion.height_m, (-0.2, 0.6), width, height, ("", ""), ink)
        parts.append(Layout(plot, size=height))
    parts.append(Layout(rep_bars(shown, metric, state.targets, width, bars, ink), size=bars))
    plots = Layout()
    plots.split_column(*parts)
    return plots


def _plot(
    title: str,
    t_s: FloatArray,
    values: FloatArray,
    least: tuple[float, float],
    width: int,
    lines: int,
    styles: tuple[str, str],
    ink: Ink,
) -> RenderableType:
    """The newest seconds of one quantity, in the first style above zero and the second below."""
    lines -= 2
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
        rows.append(Text.assemble((f"{label:>6} ", ink.muted), (line, styles[number > zero]), no_wrap=True))
    return panel(Group(*rows), title, ink)


def _path(shown: LiveSet | None, width: int, lines: int, ink: Ink) -> RenderableType:
    """The set's paths at equal scales, the newest bright; a braille dot is about as wide as it is high."""
    traces = [] if shown is None else [rep.trace for rep in shown.reps if rep.trace is not None and len(rep.trace.t_s)]
    if not traces:
        words = Text("\nEach rep's path up\nshows here", style=ink.muted, justify="center")
        return panel(words, "Bar path", ink)
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
            text.append(character, style=ink.edge if bright == BLANK else ink.up)
        text.append("\n")
    return panel(text, f"Bar path, {top:.0f} cm", ink)


def _footer(
    shown: LiveSet | None, state: LiveState, width: int, liked: Preferences, ink: Ink, said: str, keys: str
) -> list[Text]:
    alarm = wording.alarm(state)
    text, severity = (said, "info") if said else wording.notice(shown, state, liked.units)
    if shown is not None and shown.result is not None and text == wording.summary_line(shown, state, liked.units):
        # The card has the numbers.
        text = " ".join(("Next:", *advice(shown.result, state.targets), *wording.set_remarks(shown.result)))
    if alarm is not None and text == alarm[0]:
        text = ""
    lines = [Text(text, style="bold" if said else ink.severities[severity])]
    if state.position_s is not None and state.duration_s:
        words = f" {wording.place_in_recording(state)}"
        room = max(1, width - len(words))
        done = round(room * min(1.0, state.position_s / state.duration_s))
        lines.append(Text.assemble(("━" * done, ink.up), ("━" * (room - done), ink.edge), (words, ink.muted)))
    lines.append(Text(keys if len(keys) <= width else keys.replace("  ", " "), style=ink.muted))
    return [one_line(each) for each in lines]
