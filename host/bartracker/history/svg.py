"""A small chart as SVG text: axes, lines, bands, points, bars. Sized for a phone; scales to any width. No data lives
here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

_WIDTH: Final = 400
_LEFT: Final = 44
_RIGHT: Final = 10
_TOP: Final = 22
_BOTTOM: Final = 24
_DAY_S: Final = 86400.0
STYLE: Final = (
    ".t{font:11px system-ui,sans-serif;fill:#444}.h{font:600 12px system-ui,sans-serif;fill:#111}"
    ".g{stroke:#ddd;stroke-width:1}.a{stroke:#888;stroke-width:1}.z{stroke:#888;stroke-dasharray:4 3}"
    ".l{fill:none;stroke-width:2;stroke-linejoin:round}"
)
COLOURS: Final = ("#0b5cad", "#b3430b", "#2b7a3d", "#7b3fa0")


@dataclass(slots=True)
class Chart:
    """One chart under construction: `x`, `y` are the ranges shown; draw in them, then `text()`.

    `time` puts dates (x in days since 1970) under the axis instead of numbers.
    """

    title: str
    x: tuple[float, float]
    y: tuple[float, float]
    time: bool = False
    height: int = 220
    y_unit: str = ""
    x_unit: str = ""
    _parts: list[str] = field(default_factory=list[str])

    def across(self, value: float) -> float:
        """Where an x value lies, in the drawing's own units."""
        low, high = self.x
        return _LEFT + (value - low) / ((high - low) or 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, value: float) -> float:
        """Where a y value lies."""
        low, high = self.y
        return self.height - _BOTTOM - (value - low) / ((high - low) or 1.0) * (self.height - _TOP - _BOTTOM)

    def line(self, x: Sequence[float], y: Sequence[float], colour: str = COLOURS[0]) -> None:
        """A line through points, broken where one is not known."""
        for run in _runs(x, y):
            points = " ".join(f"{self.across(a):.1f},{self.down(b):.1f}" for a, b in run)
            self._parts.append(f'<polyline class="l" stroke="{colour}" points="{points}"/>')

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str = COLOURS[0]) -> None:
        """The area between two lines."""
        known = [(a, b, c) for a, b, c in zip(x, low, high, strict=True) if math.isfinite(b) and math.isfinite(c)]
        if len(known) > 1:
            edge = [(a, b) for a, b, _ in known] + [(a, c) for a, _, c in reversed(known)]
            points = " ".join(f"{self.across(a):.1f},{self.down(self._held(b)):.1f}" for a, b in edge)
            self._parts.append(f'<polygon fill="{colour}" opacity=".16" points="{points}"/>')

    def points(self, x: Sequence[float], y: Sequence[float], colour: str = COLOURS[0], radius: float = 2.2) -> None:
        """A dot at each known point within the ranges."""
        for a, b in zip(x, y, strict=True):
            if math.isfinite(a) and math.isfinite(b) and self.y[0] <= b <= self.y[1]:
                place = f'cx="{self.across(a):.1f}" cy="{self.down(b):.1f}"'
                self._parts.append(f'<circle {place} r="{radius}" fill="{colour}" opacity=".6"/>')

    def bars(self, x: Sequence[float], y: Sequence[float], width: float, colour: str = COLOURS[0]) -> None:
        """A bar at each x of a width in x's unit."""
        wide = max(1.0, self.across(self.x[0] + width) - self.across(self.x[0]) - 1.0)
        for a, b in zip(x, y, strict=True):
            if math.isfinite(b) and b > 0:
                top, foot = self.down(b), self.down(self.y[0])
                size = f'width="{wide:.1f}" height="{foot - top:.1f}"'
                self._parts.append(f'<rect x="{self.across(a):.1f}" y="{top:.1f}" {size} fill="{colour}"/>')

    def level(self, y: float, label: str = "") -> None:
        """A dashed line across, with a word on it."""
        at = self.down(y)
        self._parts.append(f'<line class="z" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        if label:
            end = _WIDTH - _RIGHT - 2
            self._parts.append(f'<text class="t" text-anchor="end" x="{end}" y="{at - 4:.1f}">{escape(label)}</text>')

    def key(self, labels: Sequence[tuple[str, str]]) -> None:
        """Words with their colours, below the title; leave room for them at the top of `y`."""
        at = float(_LEFT)
        for label, colour in labels:
            words = f"● {escape(label)}"
            self._parts.append(f'<text class="t" x="{at:.0f}" y="{_TOP + 8}" style="fill:{colour}">{words}</text>')
            at += 6.6 * len(label) + 24

    def text(self) -> str:
        """The whole SVG."""
        grid: list[str] = []
        foot = self.height - _BOTTOM
        for value in _ticks(*self.y, 5):
            at = self.down(value)
            grid.append(f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            grid.append(f'<text class="t" text-anchor="end" x="{_LEFT - 5}" y="{at + 4:.1f}">{_short(value)}</text>')
        for value, label in _dates(*self.x) if self.time else [(v, _short(v)) for v in _ticks(*self.x, 6)]:
            at = self.across(value)
            if not _LEFT - 8 <= at <= _WIDTH - 18:
                continue
            grid.append(f'<line class="a" x1="{at:.1f}" x2="{at:.1f}" y1="{foot}" y2="{foot + 4}"/>')
            grid.append(f'<text class="t" text-anchor="middle" x="{at:.1f}" y="{foot + 16}">{label}</text>')
        unit = f" ({self.y_unit})" if self.y_unit else ""
        end = f'<text class="t" text-anchor="end" x="{_WIDTH - _RIGHT}" y="{foot - 5}">{escape(self.x_unit)}</text>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {self.height}" role="img">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style>"
            f'<text class="h" x="2" y="14">{escape(self.title)}<tspan class="t">{escape(unit)}</tspan></text>'
            f"{''.join(grid)}{''.join(self._parts)}"
            f'<line class="a" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{foot}" y2="{foot}"/>'
            f"{end if self.x_unit else ''}</svg>"
        )

    def _held(self, value: float) -> float:
        return min(max(value, self.y[0]), self.y[1])


def span_of(*columns: Sequence[float], margin: float = 0.06, zero: bool = False) -> tuple[float, float]:
    """A range that holds all known values with a margin; from zero if asked."""
    known = [value for column in columns for value in column if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = margin * (high - low) or 0.05 * abs(high) or 1.0
    return (0.0 if zero else low - room), high + room


def _runs(x: Sequence[float], y: Sequence[float]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x, y, strict=True):
        if math.isfinite(a) and math.isfinite(b):
            runs[-1].append((a, b))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _ticks(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    if rough <= 0 or not math.isfinite(rough):
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{round(value, 6):g}"


def _dates(low: float, high: float) -> list[tuple[float, str]]:
    """Up to six dates, days since 1970, on the first of a month where the range is longer than three of them."""
    start = datetime.fromtimestamp(low * _DAY_S, UTC)
    if high - low < 95:
        step = max(1, math.ceil((high - low) / 5))
        days = [math.ceil(low) + step * i for i in range(int((high - math.ceil(low)) // step) + 1)]
        return [(day, (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%d %b")) for day in days]
    step = max(1, math.ceil((high - low) / 30.4 / 6))
    found: list[tuple[float, str]] = []
    year, month = start.year, start.month
    while True:
        month += 1
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        first = datetime(year, month, 1, tzinfo=UTC)
        day = first.timestamp() / _DAY_S
        if day > high:
            return found
        if (month - 1) % step == 0 if step <= 12 else month == 1:
            found.append((day, first.strftime("%b %y")))
