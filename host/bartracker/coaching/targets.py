"""What a lifter means to do: tempo in four digits and limits. Parsing only; held against reps in flags.py."""

import re
from dataclasses import dataclass

from bartracker.errors import BartrackerError

_DIGIT = re.compile(r"x|\d{1,2}(\.\d)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tempo:
    """Target durations, s, always in the order eccentric, bottom, concentric, top; None stands for X, as fast as
    possible.
    """

    eccentric_s: float | None
    bottom_s: float | None
    concentric_s: float | None
    top_s: float | None

    @staticmethod
    def parse(text: str) -> "Tempo":
        """A tempo such as 3-1-X-0.

        Raises:
            BartrackerError: not four digits or X, or slower than 30 s.
        """
        parts = text.strip().split("-")
        if len(parts) != 4 or not all(_DIGIT.fullmatch(part) for part in parts):
            raise BartrackerError(
                f"tempo {text!r}",
                "is not four durations",
                "write eccentric-bottom-concentric-top in seconds, X for as fast as possible: 3-1-X-0",
            )
        values = [None if part.lower() == "x" else float(part) for part in parts]
        if any(value is not None and value > 30 for value in values):
            raise BartrackerError(f"tempo {text!r}", "has a phase longer than 30 s", "write seconds, such as 3-1-X-0")
        return Tempo(*values)

    def __str__(self) -> str:
        return "-".join(
            "X" if v is None else f"{v:g}" for v in (self.eccentric_s, self.bottom_s, self.concentric_s, self.top_s)
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """What is flagged when missed.

    tempo: None flags no tempo. eccentric_tolerance_s: how far the lowering may be from its target, s (0.2-1).
    horizontal_drift_limit_m: largest horizontal distance of the bar at the end of the lifting phase from above its
        start, m (0.02-0.2).
    """

    tempo: Tempo | None = None
    eccentric_tolerance_s: float = 0.5
    horizontal_drift_limit_m: float = 0.08

    def __post_init__(self) -> None:
        if not 0.05 <= self.eccentric_tolerance_s <= 10:
            raise BartrackerError(
                f"eccentric tolerance {self.eccentric_tolerance_s:g} s", "is outside 0.05-10 s", "try 0.5"
            )
        if not 0.005 <= self.horizontal_drift_limit_m <= 1:
            raise BartrackerError(
                f"drift limit {self.horizontal_drift_limit_m:g} m", "is outside 0.005-1 m", "try 0.08"
            )
