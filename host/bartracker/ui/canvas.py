"""Drawing with characters: curves in braille dots (2 x 4 a character) and large digits in blocks. Knows nothing of
reps.
"""

from collections.abc import Sequence

import numpy as np

from bartracker.samples import FloatArray

_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # bit of each dot in a braille character
BLANK = "\u2800"  # the braille character without a dot
_DIGITS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    ".": (" ", " ", "▀"),
    "-": ("   ", "▀▀▀", "   "),
    "–": ("   ", "▀▀▀", "   "),
}


def big_digits(text: str) -> tuple[str, ...]:
    """A number in three lines of block characters; characters without a large form are left out."""
    shapes = [_DIGITS[character] for character in text if character in _DIGITS]
    return tuple(" ".join(rows) for rows in zip(*shapes, strict=True)) if shapes else ("", "", "")


def picture(
    curves: Sequence[tuple[FloatArray, FloatArray]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    columns: int,
    rows: int,
) -> list[str]:
    """Draw curves, each x (N,) and y (N,), in `rows` lines of `columns` braille characters.

    Neighbouring points are joined; what lies outside the ranges does not show.
    """
    width, height = 2 * columns, 4 * rows
    lit = np.zeros((height, width), dtype=bool)
    for x, y in curves:
        if len(x):
            across = (x - x_range[0]) / (x_range[1] - x_range[0]) * (width - 1)
            down = (y_range[1] - y) / (y_range[1] - y_range[0]) * (height - 1)
            _light(lit, across, down)
    cells = lit.reshape(rows, 4, columns, 2).transpose(0, 2, 1, 3)
    codes = (cells * _DOTS).sum(axis=(2, 3))
    return ["".join(chr(0x2800 + int(code)) for code in line) for line in codes]


def _light(lit: np.ndarray[tuple[int, int], np.dtype[np.bool_]], across: FloatArray, down: FloatArray) -> None:
    """Set the dots of a curve given in dots, with enough steps between neighbours to leave no hole."""
    steps = 1 + int(np.ceil(max(_longest(across), _longest(down))))
    if steps > 1 and len(across) > 1:
        places = np.arange((len(across) - 1) * steps + 1) / steps
        across, down = (np.interp(places, np.arange(len(values)), values) for values in (across, down))
    column, row = np.rint(across).astype(np.int64), np.rint(down).astype(np.int64)
    inside = (column >= 0) & (column < lit.shape[1]) & (row >= 0) & (row < lit.shape[0])
    lit[row[inside], column[inside]] = True


def _longest(values: FloatArray) -> float:
    return float(np.abs(np.diff(values)).max(initial=0.0))
