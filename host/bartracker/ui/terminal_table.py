"""The reps of a set as a table for a terminal (rich)."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from bartracker.coaching.verdict import Level
from bartracker.live_state import LiveSet
from bartracker.ui import wording

_WIDE = 100  # columns from which nothing is left out
_CELL_WIDTHS = (5, 7, 11, 4, 3, 4, 4, 7)
_SPARED = (3, 6)  # peak velocity and pause, in a narrow terminal


def rep_table(shown: LiveSet | None, width: int, most: int, muted: str, levels: Mapping[Level, str]) -> Table:
    """The newest `most` reps of a set; in a narrow terminal without the columns that can be spared. muted, levels:
    styles of the heading and of the verdicts.
    """
    table = Table(
        box=None, expand=True, header_style=muted, pad_edge=False, padding=(0, 2 if width >= _WIDE else 1, 0, 0)
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
        cells[0] = Text(f"{wording.SHAPES[level]} {cells[0].plain}", style=levels[level])
        cells[-1].stylize(levels[level])
        table.add_row(*(cells[number] for number in columns))
    return table
