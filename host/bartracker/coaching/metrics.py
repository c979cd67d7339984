"""The numbers of a rep that a person can choose to see large, to hear, and to see as bars: one table."""

import math
from dataclasses import dataclass

from bartracker.results import Rep

UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a rep.

    Attributes:
        key: how a user names it.
        name: as it stands on screen.
        field: of `Rep`, in SI.
        unit, factor, decimals: how it is shown: value times factor, rounded.
    """

    key: str
    name: str
    field: str
    unit: str
    factor: float
    decimals: int

    def value(self, rep: Rep) -> float | None:
        """In the unit shown; None where it is not known."""
        value: float | None = getattr(rep, self.field)
        return None if value is None or not math.isfinite(value) else value * self.factor

    def sigma(self, rep: Rep) -> float | None:
        """Standard uncertainty in the unit shown; None where it is not known."""
        value = rep.sigma.get(self.field)
        return None if value is None else value * self.factor

    def text(self, rep: Rep) -> str:
        """The number as shown, without its unit."""
        return self.number(self.value(rep))

    def number(self, value: float | None) -> str:
        """A value in the unit shown."""
        return UNKNOWN if value is None else f"{value:.{self.decimals}f}"

    def uncertainty(self, rep: Rep) -> str:
        """Sigma and unit, as they stand below the number: no measurement is exact, so it never reads 0."""
        sigma = self.sigma(rep)
        if sigma is None:
            return self.unit
        return f"± {self.number(max(sigma, 10.0**-self.decimals))} {self.unit}"


METRICS: tuple[Metric, ...] = (
    Metric("mv", "Mean velocity", "mean_velocity_mps", "m/s", 1.0, 2),
    Metric("mpv", "Mean propulsive velocity", "mean_propulsive_velocity_mps", "m/s", 1.0, 2),
    Metric("pv", "Peak velocity", "peak_velocity_mps", "m/s", 1.0, 2),
    Metric("rom", "Range of motion", "rom_m", "cm", 100.0, 0),
    Metric("up", "Lifting time", "concentric_duration_s", "s", 1.0, 2),
    Metric("down", "Lowering time", "eccentric_duration_s", "s", 1.0, 1),
    Metric("pause", "Pause", "turn_pause_s", "s", 1.0, 1),
    Metric("tut", "Time under tension", "time_under_tension_s", "s", 1.0, 1),
    Metric("power", "Mean power", "mean_power_w", "W", 1.0, 0),
)
MEAN_VELOCITY = METRICS[0]


def metric_of(key: str) -> Metric:
    """The metric of that key; mean velocity where there is none."""
    return next((metric for metric in METRICS if metric.key == key), MEAN_VELOCITY)


def next_metric(metric: Metric) -> Metric:
    """The one after it, round and round."""
    return METRICS[(METRICS.index(metric) + 1) % len(METRICS)]
