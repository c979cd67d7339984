"""The reps of a set as bars for a terminal (rich): by verdict in colour and shape, with the target band behind them and
the line at which to stop.
"""

from rich.console import Group, RenderableType
from rich.text import Text

from bartracker.coaching.metrics import Metric
from bartracker.coaching.targets import Targets
from bartracker.coaching.verdict import level_of
from bartracker.live_state import LiveRep, LiveSet
from bartracker.ui import wording
from bartracker.ui.bar_scale import BarScale, bar_scale
from bartracker.ui.terminal_ink import Ink, panel

_PARTS = " ▏▎▍▌▋▊▉█"  # eighths of a column
_NAME, _VALUE = 4, 6  # columns left and right of a bar


def rep_bars(
    shown: LiveSet | None, metric: Metric, targets: Targets, width: int, lines: int, ink: Ink
) -> RenderableType:
    """The newest reps in a panel of that size, one a line, the newest lowest."""
    reps = () if shown is None else shown.reps
    scale = bar_scale([each.rep for each in reps], metric, targets)
    rows = lines - 2
    columns = max(8, width - 4 - _NAME - _VALUE)
    newest: list[LiveRep | None] = [*reps[-rows:]]
    newest += [None] * (rows - len(newest))
    drawn = [_row(each, metric, scale, columns, ink) for each in newest]
    return panel(Group(*drawn), _title(metric, scale, width - 8), ink)


def _title(metric: Metric, scale: BarScale, room: int) -> str:
    words = [f"{metric.name} {metric.unit}"]
    if scale.band is not None:
        words.append(f"target {metric.number(scale.band[0])}-{metric.number(scale.band[1])}")
    if scale.limit is not None:
        words.append(f"stop at {metric.number(scale.limit)}")
    title = ", ".join(words)
    if len(title) <= room or scale.band is None:
        return title
    short = f"{metric.number(scale.band[0])}-{metric.number(scale.band[1])} {metric.unit}"
    return short if scale.limit is None else f"{short}, stop {metric.number(scale.limit)}"


def _row(each: LiveRep | None, metric: Metric, scale: BarScale, columns: int, ink: Ink) -> Text:
    line, value, colour = Text(no_wrap=True), None, ""
    if each is None:
        line.append(" " * _NAME)
    else:
        level, value = level_of(each.rep), metric.value(each.rep)
        colour = ink.levels[level]
        line.append(f"{wording.SHAPES[level]}{each.rep.index}".ljust(_NAME), colour)
    eighths = round(8 * columns * max(0.0, value or 0.0) / scale.top)
    limit = None if scale.limit is None else min(columns - 1, int(columns * scale.limit / scale.top))
    for place in range(columns):
        part = _PARTS[min(8, max(0, eighths - 8 * place))]
        ground = ink.band if scale.band is not None and _inside(place, columns, scale) else ""
        if place == limit:
            line.append("│", f"bold {ink.levels['off']} {ground}" if part != "█" else f"bold reverse {colour}")
        else:
            line.append(part, f"{colour} {ground}".strip())
    line.append("" if each is None else metric.text(each.rep).rjust(_VALUE), "bold" if each is not None else "")
    return line


def _inside(place: int, columns: int, scale: BarScale) -> bool:
    assert scale.band is not None
    return scale.band[0] <= scale.top * (place + 0.5) / columns <= scale.band[1]
