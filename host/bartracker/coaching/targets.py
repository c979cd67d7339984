"""What a lifter means to do: tempo, velocity, limits. Held against reps in flags.py; read from a file in
target_book.py.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import inf, radians

from bartracker.coaching.tempo import Tempo
from bartracker.errors import BartrackerError


@dataclass(frozen=True, slots=True)
class Limit:
    """How a person writes a field: its key in a file, the unit there and what one of it is in SI; least and largest."""

    key: str
    least: float
    largest: float
    unit: str
    factor: float = 1.0


LIMITS: dict[str, Limit] = {
    "eccentric_tolerance_s": Limit("eccentric_tolerance_s", 0.05, 10, "s"),
    "pause_tolerance_s": Limit("pause_tolerance_s", 0.05, 10, "s"),
    "velocity_loss_limit": Limit("velocity_loss_limit_percent", 1, 90, "%", 0.01),
    "horizontal_drift_limit_m": Limit("horizontal_drift_limit_cm", 0.5, 100, "cm", 0.01),
    "drift_trend_limit_m": Limit("drift_trend_limit_cm", 0.5, 100, "cm", 0.01),
    "depth_tolerance_m": Limit("depth_tolerance_cm", 0.5, 50, "cm", 0.01),
    "lockout_tolerance_m": Limit("lockout_tolerance_cm", 0.5, 50, "cm", 0.01),
    "bar_tilt_limit_rad": Limit("bar_tilt_limit_deg", 0.5, 45, "degrees", radians(1)),
    "sensor_slip_limit_rad": Limit("sensor_slip_limit_deg", 5, 180, "degrees", radians(1)),
    "sleeve_turns_limit": Limit("sleeve_turns_limit", 0.5, 100, "turns"),
    "mvt_mps": Limit("mvt_mps", 0.05, 1.5, "m/s"),
}


@dataclass(frozen=True, slots=True)
class Targets:
    """What is flagged when missed. None flags nothing.

    tempo: four digits.
    eccentric_tolerance_s: how far the lowering may be from its target, s (0.2-1).
    pause_tolerance_s: how much shorter than its target the pause at the turn may be, s (0.2-1).
    velocity_mps: lowest and highest mean velocity wanted, m/s.
    velocity_loss_limit: share of the fastest rep's mean velocity by which a rep may be slower (0.1-0.4).
    horizontal_drift_limit_m: largest horizontal distance of the bar at the end of the lifting phase from above its
        start, m (0.02-0.2).
    drift_trend_limit_m: largest change of the lifting phases' start points over the set, m (0.05-0.3).
    depth_tolerance_m, lockout_tolerance_m: how far from its usual place a rep may turn or end, m (0.02-0.1).
    bar_tilt_limit_rad: largest change of the bar's inclination while lifting, rad (3-10 degrees).
    sensor_slip_limit_rad: how far turned from its usual place the sensor may sit when a lift starts, rad (15-45
        degrees; a bar is taken within a few degrees of the same roll).
    sleeve_turns_limit: whole turns of the sensor about the bar in a set that only a sleeve makes (1; a bar in the hands
        rolls less).
    mvt_mps: minimal velocity threshold, the mean velocity at 1RM; None takes the lift's usual one.
    zone_bounds_mps, zone_names: velocity zones; a bound belongs to the zone above it (Mann's by default, contested).
    """

    tempo: Tempo | None = None
    eccentric_tolerance_s: float = 0.5
    pause_tolerance_s: float = 0.5
    velocity_mps: tuple[float, float] | None = None
    velocity_loss_limit: float | None = None
    horizontal_drift_limit_m: float = 0.08
    drift_trend_limit_m: float = 0.15
    depth_tolerance_m: float = 0.05
    lockout_tolerance_m: float = 0.05
    bar_tilt_limit_rad: float = radians(5.0)
    sensor_slip_limit_rad: float = radians(20.0)
    sleeve_turns_limit: float = 1.0
    mvt_mps: float | None = None
    zone_bounds_mps: tuple[float, ...] = (0.5, 0.75, 1.0, 1.3)
    zone_names: tuple[str, ...] = (
        "absolute strength",
        "accelerative strength",
        "strength-speed",
        "speed-strength",
        "starting strength",
    )

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            value: float | None = getattr(self, name)
            if value is not None and not limit.least * limit.factor <= value <= limit.largest * limit.factor:
                raise BartrackerError(
                    f"{spoken(name)} {value / limit.factor:g} {limit.unit}",
                    "is out of range",
                    f"give {limit.least:g} to {limit.largest:g} {limit.unit}",
                )
        if self.velocity_mps is not None:
            low, high = self.velocity_mps
            if not 0 <= low < high <= 5:
                raise BartrackerError(
                    f"velocity {low:g}-{high:g} m/s", "is no band", "give lowest and highest in m/s, such as 0.5-0.75"
                )
        bounds = (0.0, *self.zone_bounds_mps, inf)
        if any(not below < above for below, above in pairwise(bounds)):
            raise BartrackerError(
                f"zone bounds {', '.join(f'{b:g}' for b in self.zone_bounds_mps)}",
                "do not rise from above 0",
                "give m/s in rising order, such as 0.5, 0.75, 1.0, 1.3",
            )
        if len(self.zone_names) != len(self.zone_bounds_mps) + 1:
            raise BartrackerError(
                f"{len(self.zone_names)} zone names",
                f"do not fit {len(self.zone_bounds_mps)} bounds",
                f"name {len(self.zone_bounds_mps) + 1} zones",
            )


def spoken(name: str) -> str:
    """A field's name as an error says it: horizontal_drift_limit_m -> horizontal drift limit."""
    words = name.split("_")
    return " ".join(words[:-1] if words[-1] in ("s", "m", "mps", "rad") else words)


def zone_of(mean_velocity_mps: float | None, targets: Targets) -> str | None:
    """The velocity zone of a mean velocity; None for None."""
    if mean_velocity_mps is None:
        return None
    return targets.zone_names[sum(bound <= mean_velocity_mps for bound in targets.zone_bounds_mps)]
