"""Tempo in four digits: as a lifter means it (`Tempo`) and as a rep was done (`tempo_of`). One place for the order of
the digits and for the X.
"""

import math
import re
from dataclasses import dataclass

from bartracker.errors import BartrackerError
from bartracker.results import Rep

_DIGIT = re.compile(r"x|\d{1,2}(\.\d)?", re.IGNORECASE)
_LONGEST_S = 30.0
EXPLOSIVE_CONCENTRIC_S = 1.0
"""A concentric shorter than this reads X: as fast as possible."""


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
        if any(value is not None and value > _LONGEST_S for value in values):
            raise BartrackerError(f"tempo {text!r}", "has a phase longer than 30 s", "write seconds, such as 3-1-X-0")
        return Tempo(*values)

    def __str__(self) -> str:
        return "-".join(
            "X" if v is None else f"{v:g}" for v in (self.eccentric_s, self.bottom_s, self.concentric_s, self.top_s)
        )


def tempo_of(rep: Rep) -> str:
    """Eccentric - bottom pause - concentric - top pause in whole seconds; X for a concentric under 1 s, ? for what is
    not known (yet).
    """
    concentric = rep.concentric_duration_s
    up = "X" if concentric is not None and concentric < EXPLOSIVE_CONCENTRIC_S else _digit(concentric)
    return "-".join((_digit(rep.eccentric_duration_s), _digit(rep.bottom_pause_s), up, _digit(rep.top_pause_s)))


def _digit(duration_s: float | None) -> str:
    return "?" if duration_s is None else str(math.floor(duration_s + 0.5))
