"""What the lifter means to do: a wish is checked and becomes a list of reps with speeds, pauses and ranges. No
motion.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.results import RepKind
from bartracker.sim.exercises import SIMULATED_EXERCISES, ExerciseModel

FASTEST_ECCENTRIC = 0.55
"""An eccentric as fast as possible, as a fraction of the lift's shortest usual one."""
# A phase window (5 % of peak velocity) spans this part of a minimum-jerk movement.
_WINDOW_FRACTION = 0.85
_SLOWEST = 0.85
_MOST_REPS = 50
_LONGEST_DIGIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """Eccentric, pause at the bottom, concentric, pause at the top, s; None is X, as fast as possible."""

    eccentric_s: float | None
    bottom_s: float
    concentric_s: float | None
    top_s: float

    @classmethod
    def parse(cls, text: str) -> "Tempo":
        """Read "3-1-X-0" (or "31X0"). Raises BartrackerError for anything else."""
        words = text.strip().upper().split("-") if "-" in text else list(text.strip().upper())
        values: list[float | None] = []
        for word in words:
            try:
                values.append(None if word == "X" else float(word))
            except ValueError:
                break
        numbers = [v for v in values if v is not None]
        if len(words) != 4 or len(values) != 4 or not all(0 <= v <= _LONGEST_DIGIT_S for v in numbers):
            raise BartrackerError(
                f"tempo {text!r}",
                "is not four digits",
                "give eccentric-pause-concentric-pause in seconds up to 30, X for as fast as possible: 3-1-X-0",
            )
        eccentric, bottom, concentric, top = values
        return cls(eccentric or None, bottom or 0.0, concentric or None, top or 0.0)


@dataclass(frozen=True, slots=True)
class SetWish:
    """One set as ordered; see `session.simulate_set` for the meaning of each field. Rep numbers count from 1."""

    exercise: str
    reps: int = 5
    load_kg: float | None = None
    tempo: Tempo | None = None
    touch_and_go: bool | None = None
    partial: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    fast_eccentric: tuple[int, ...] = ()
    forward_drift_m: float = 0.0
    velocity_loss: float | None = None

    def __post_init__(self) -> None:
        if self.exercise not in SIMULATED_EXERCISES:
            raise BartrackerError(
                f"exercise {self.exercise!r}",
                "the virtual lifter does not know it",
                f"choose one of {', '.join(SIMULATED_EXERCISES)}",
            )
        if not 1 <= self.reps <= _MOST_REPS:
            raise BartrackerError(f"reps {self.reps}", "is out of range", f"give 1 to {_MOST_REPS}")
        best = SIMULATED_EXERCISES[self.exercise].one_rm_kg
        if self.load_kg is not None and not 0 < self.load_kg <= best:
            raise BartrackerError(
                f"load {self.load_kg:g} kg",
                f"is out of the virtual lifter's range in the {self.exercise}",
                f"give more than 0 and up to {best:g} kg",
            )
        for name, numbers in (
            ("partial", self.partial),
            ("failed", self.failed),
            ("fast_eccentric", self.fast_eccentric),
        ):
            for number in numbers:
                if not 1 <= number <= self.reps:
                    raise BartrackerError(
                        f"{name} rep {number}", "there is no such rep", f"give numbers from 1 to {self.reps}"
                    )
        for number in self.partial:
            if number in self.failed:
                raise BartrackerError(f"rep {number}", "cannot be both partial and failed", "name it in one of the two")
        if not (isfinite(self.forward_drift_m) and abs(self.forward_drift_m) <= 0.3):
            raise BartrackerError(f"forward_drift_m {self.forward_drift_m}", "is out of range", "give -0.3 to 0.3 m")
        if self.velocity_loss is not None and not 0 <= self.velocity_loss <= 0.3:
            raise BartrackerError(
                f"velocity_loss {self.velocity_loss}", "is out of range", "give 0 to 0.3, the loss from rep to rep"
            )


@dataclass(frozen=True, slots=True)
class RepPlan:
    """One rep as intended; durations are of the whole movement, s, distances m.

    `range_fraction`: part of the range done by partial and failed reps. `stick_*`: depth (0 none), place and width
    of the sticking region, as fractions of velocity and of the phase's duration. `turn_s` or `rest_s` below zero:
    touch-and-go, by which the two movements overlap.
    """

    number: int
    kind: RepKind
    rom_m: float
    range_fraction: float
    eccentric_s: float
    turn_s: float
    concentric_s: float
    rest_s: float
    stick_depth: float
    stick_at: float
    stick_width: float
    roll_rad: float
    path_m: float
    drift_m: float


@dataclass(frozen=True, slots=True)
class SetPlan:
    """All reps of a set with what stays the same over it."""

    exercise: str
    model: ExerciseModel
    load_kg: float
    intensity: float
    touch_and_go: bool
    reps: tuple[RepPlan, ...]


def plan_set(wish: SetWish, rng: np.random.Generator) -> SetPlan:
    """Fill in everything the wish left open."""
    model = SIMULATED_EXERCISES[wish.exercise]
    load_kg = wish.load_kg if wish.load_kg is not None else round(0.28 * model.one_rm_kg) * 2.5
    intensity = load_kg / model.one_rm_kg
    touch_and_go = bool(rng.random() < model.often_touch_and_go)
    if wish.touch_and_go is not None:
        touch_and_go = wish.touch_and_go
    if wish.tempo is not None:
        touch_and_go = wish.tempo.bottom_s < 0.3
    if wish.exercise in ("clean", "snatch"):
        touch_and_go = False
    loss = (0.01 + 0.05 * intensity) * rng.uniform(0.6, 1.4)
    if wish.velocity_loss is not None:
        loss = wish.velocity_loss
    rom_m = rng.uniform(*model.rom_m)
    usual = _Usual(
        rom_m=rom_m,
        eccentric_s=rng.uniform(*model.eccentric_s),
        turn_s=rng.uniform(*model.turn_pause_s),
        rest_s=rng.uniform(*model.rest_s),
        roll_rad=rng.uniform(*model.roll_rad) * (1 if wish.exercise in ("clean", "snatch") else rng.choice([-1, 1])),
        path_m=rng.uniform(*model.path_m),
        stick_at=rng.uniform(0.33, 0.52),
    )
    reps = tuple(_plan_rep(i, wish, model, intensity, touch_and_go, loss, usual, rng) for i in range(wish.reps))
    return SetPlan(wish.exercise, model, load_kg, intensity, touch_and_go, reps)


@dataclass(frozen=True, slots=True)
class _Usual:
    """The lifter's habits on this day."""

    rom_m: float
    eccentric_s: float
    turn_s: float
    rest_s: float
    roll_rad: float
    path_m: float
    stick_at: float


def _plan_rep(
    i: int,
    wish: SetWish,
    model: ExerciseModel,
    intensity: float,
    touch_and_go: bool,
    loss: float,
    usual: _Usual,
    rng: np.random.Generator,
) -> RepPlan:
    kind: RepKind = "partial" if i + 1 in wish.partial else "failed" if i + 1 in wish.failed else "full"
    fraction = {"full": 1.0, "partial": rng.uniform(0.3, 0.55), "failed": rng.uniform(0.25, 0.55)}[kind]
    rom_m = usual.rom_m * rng.normal(1.0, 0.012)
    fresh_mps = model.velocity_at_1rm_mps + model.velocity_slope_mps * (1.0 - intensity)
    speed_mps = max(fresh_mps * (1.0 - loss) ** i * rng.normal(1.0, 0.02), _SLOWEST * model.velocity_at_1rm_mps)
    concentric_s = rom_m / speed_mps / _WINDOW_FRACTION
    tired = max(0.0, 1.0 - speed_mps / fresh_mps)
    depth = float(np.clip(2.2 * (intensity - 0.65) + 1.2 * tired, 0.0, 0.75)) * rng.uniform(0.5, 1.0)
    eccentric_s = usual.eccentric_s * rng.normal(1.0, 0.06)
    turn_s = usual.turn_s * rng.uniform(0.8, 1.2)
    rest_s = usual.rest_s * rng.uniform(0.8, 1.3)
    if wish.tempo is not None:
        bottom_s, top_s = wish.tempo.bottom_s, wish.tempo.top_s
        turn_s, rest_s = (bottom_s, top_s) if model.eccentric_first else (top_s, bottom_s)
        if wish.tempo.concentric_s is not None:
            concentric_s = max(concentric_s, wish.tempo.concentric_s / _WINDOW_FRACTION)
        fastest_s = FASTEST_ECCENTRIC * model.eccentric_s[0]
        wanted_s = wish.tempo.eccentric_s
        eccentric_s = fastest_s if wanted_s is None else max(fastest_s, wanted_s * rng.normal(1.0, 0.04))
        eccentric_s /= _WINDOW_FRACTION
    if i + 1 in wish.fast_eccentric:
        eccentric_s = FASTEST_ECCENTRIC * model.eccentric_s[0] / _WINDOW_FRACTION
    eccentric_s *= fraction**0.5
    concentric_s *= fraction ** (0.5 if kind == "partial" else 0.3)
    if touch_and_go:
        overlap_s = -rng.uniform(0.15, 0.25) * min(eccentric_s, concentric_s)
        if model.eccentric_first:
            turn_s = overlap_s
        elif model.start == "floor" and wish.exercise != "row":
            rest_s = rng.uniform(0.02, 0.15)
        else:
            rest_s = overlap_s
    return RepPlan(
        number=i + 1,
        kind=kind,
        rom_m=rom_m,
        range_fraction=fraction,
        eccentric_s=eccentric_s,
        turn_s=turn_s,
        concentric_s=concentric_s,
        rest_s=rest_s,
        stick_depth=depth if model.sticks else 0.0,
        stick_at=usual.stick_at + rng.normal(0.0, 0.02),
        stick_width=rng.uniform(0.11, 0.17),
        roll_rad=usual.roll_rad * rng.normal(1.0, 0.1),
        path_m=usual.path_m * rng.normal(1.0, 0.15),
        drift_m=wish.forward_drift_m * i / max(1, wish.reps - 1),
    )
