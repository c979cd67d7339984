"""How quantities are written on screen, with units as people say them: one place for window, terminal, phone and page.

Velocities are m/s with two decimals, ranges cm, durations s with one decimal, loads kg. What is not known is a dash,
never a zero.
"""

import math
import re
from typing import Literal, TypeAlias

from bartracker.coaching.metrics import UNKNOWN
from bartracker.errors import BartrackerError

Units: TypeAlias = Literal["kg", "lb"]
"""Of loads."""
KG_PER_LB = 0.45359237
_UNIT = re.compile(r"(?<=\d) (m/s|cm|kg|lb|s|%)(?!\w)")


def velocity(value_mps: float | None) -> str:
    """0.634 -> "0.63"."""
    return _number(value_mps, 2)


def velocity_with_sigma(value_mps: float | None, sigma_mps: float | None) -> str:
    """0.634, 0.021 -> "0.63 ± 0.02"."""
    return velocity(value_mps) if value_mps is None else f"{velocity(value_mps)} {sigma(sigma_mps)}"


def sigma(sigma_mps: float | None) -> str:
    """0.021 -> "± 0.02"; anything that would read 0.00 stays "± 0.01", as no measurement is exact."""
    return f"± {UNKNOWN}" if sigma_mps is None else f"± {_number(max(sigma_mps, 0.01), 2)}"


def centimetres(value_m: float | None) -> str:
    """0.583 -> "58"."""
    return _number(None if value_m is None else 100.0 * value_m, 0)


def seconds(value_s: float | None) -> str:
    """2.94 -> "2.9"."""
    return _number(value_s, 1)


def percent(fraction: float | None) -> str:
    """0.183 -> "18 %"."""
    return UNKNOWN if fraction is None else f"{_number(100.0 * fraction, 0)} %"


def load(load_kg: float | None, units: Units = "kg") -> str:
    """100.0 -> "100 kg" or "220.5 lb", 62.5 -> "62.5 kg"; "" if unknown."""
    if load_kg is None:
        return ""
    return f"{load_kg:.10g} kg" if units == "kg" else f"{round(load_kg / KG_PER_LB, 1):.10g} lb"


def load_of(text: str, units: Units = "kg") -> float:
    """A load as a person types it, kg: "100", "225lb"; without a unit it is in `units`. Raises BartrackerError."""
    said = text.strip().lower()
    unit = said[-2:] if said.endswith(("kg", "lb")) else units
    try:
        return float(said.removesuffix(unit).replace(",", ".")) * (KG_PER_LB if unit == "lb" else 1.0)
    except ValueError:
        raise BartrackerError(f"load {text!r}", "is no number", "write for example 100 or 225lb") from None


def clock(t_s: float) -> str:
    """75.3 -> "1:15"."""
    whole = max(0, math.floor(t_s))
    return f"{whole // 60}:{whole % 60:02d}"


def with_unit(number: str, unit: str) -> str:
    """The number with its unit; what is not known has none."""
    return number if number == UNKNOWN else f"{number} {unit}"


def speed(value: float) -> str:
    """0.25 -> "0.25×"; no pacing at all is "as fast as possible"."""
    return f"{value:.10g}×" if 0.0 < value < math.inf else "as fast as possible"


def unbroken(text: str) -> str:
    """The text for a place that breaks lines: a number and its unit stay on one."""
    return _UNIT.sub(lambda found: "\u00a0" + found[1].replace("/", "/\u2060"), text)


def _number(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:.{decimals}f}"
