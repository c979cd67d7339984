"""What tells the seven lifts apart: ranges, speeds and habits of the virtual lifter. Numbers only, no motion."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Range: TypeAlias = tuple[float, float]
"""Lower and upper bound of a value drawn for each set or rep."""

Start: TypeAlias = Literal["rack", "floor"]


@dataclass(frozen=True, slots=True)
class ExerciseModel:
    """One lift as the virtual lifter does it.

    Attributes:
        eccentric_first: the rep begins by lowering.
        start: where the bar lies before the set.
        one_rm_kg: the lifter's best, kg.
        velocity_at_1rm_mps, velocity_slope_mps: mean concentric velocity = first + second * (1 - load / best), m/s.
        rom_m: height of the concentric phase, m; one value a set, a few per cent of variation a rep.
        eccentric_s: duration of the lowering, s.
        turn_pause_s: standing still between the phases, s, where the turn is not touch-and-go.
        rest_s: standing still between reps, s.
        rise, fall: exponents of the concentric velocity profile u^rise (1 - u)^fall; 2 and 2 is minimum jerk.
        sticks: a heavy or tired ascent shows a sticking region.
        roll_rad: how far the bar turns about its axis in a rep, rad.
        path_m: amplitude of the lift's own horizontal path (J of the bench, way round the face), m.
        sway_m: standard deviation of the sway of a held bar, horizontal, m.
        often_touch_and_go: chance that a set is done without pause at the bottom.
        steps: steps of the walk-out; 0 where there is none.
    """

    eccentric_first: bool
    start: Start
    one_rm_kg: float
    velocity_at_1rm_mps: float
    velocity_slope_mps: float
    rom_m: Range
    eccentric_s: Range
    turn_pause_s: Range
    rest_s: Range
    rise: float
    fall: float
    sticks: bool
    roll_rad: Range
    path_m: Range
    sway_m: float
    often_touch_and_go: float
    steps: int


SIMULATED_EXERCISES: Final[dict[str, ExerciseModel]] = {
    "squat": ExerciseModel(
        eccentric_first=True,
        start="rack",
        one_rm_kg=200.0,
        velocity_at_1rm_mps=0.30,
        velocity_slope_mps=1.05,
        rom_m=(0.52, 0.72),
        eccentric_s=(1.1, 2.2),
        turn_pause_s=(0.5, 1.8),
        rest_s=(0.8, 2.2),
        rise=2.0,
        fall=2.0,
        sticks=True,
        roll_rad=(0.04, 0.30),
        path_m=(0.005, 0.03),
        sway_m=0.006,
        often_touch_and_go=0.6,
        steps=3,
    ),
    "bench": ExerciseModel(
        eccentric_first=True,
        start="rack",
        one_rm_kg=150.0,
        velocity_at_1rm_mps=0.17,
        velocity_slope_mps=1.15,
        rom_m=(0.28, 0.42),
        eccentric_s=(1.0, 2.2),
        turn_pause_s=(0.5, 1.8),
        rest_s=(0.5, 1.5),
        rise=2.0,
        fall=2.0,
        sticks=True,
        roll_rad=(0.04, 0.20),
        path_m=(0.02, 0.07),
        sway_m=0.004,
        often_touch_and_go=0.5,
        steps=0,
    ),
    "ohp": ExerciseModel(
        eccentric_first=False,
        start="rack",
        one_rm_kg=105.0,
        velocity_at_1rm_mps=0.19,
        velocity_slope_mps=1.10,
        rom_m=(0.40, 0.58),
        eccentric_s=(0.9, 2.0),
        turn_pause_s=(0.2, 1.2),
        rest_s=(0.5, 1.8),
        rise=2.0,
        fall=2.0,
        sticks=True,
        roll_rad=(0.04, 0.20),
        path_m=(0.015, 0.05),
        sway_m=0.006,
        often_touch_and_go=0.3,
        steps=2,
    ),
    "deadlift": ExerciseModel(
        eccentric_first=False,
        start="floor",
        one_rm_kg=240.0,
        velocity_at_1rm_mps=0.15,
        velocity_slope_mps=1.05,
        rom_m=(0.47, 0.62),
        eccentric_s=(0.8, 1.7),
        turn_pause_s=(0.2, 1.3),
        rest_s=(1.0, 3.0),
        rise=2.0,
        fall=2.0,
        sticks=True,
        roll_rad=(0.03, 0.25),
        path_m=(0.005, 0.03),
        sway_m=0.004,
        often_touch_and_go=0.4,
        steps=0,
    ),
    "row": ExerciseModel(
        eccentric_first=False,
        start="floor",
        one_rm_kg=140.0,
        velocity_at_1rm_mps=0.42,
        velocity_slope_mps=0.85,
        rom_m=(0.30, 0.42),
        eccentric_s=(0.7, 1.2),
        turn_pause_s=(0.0, 0.3),
        rest_s=(0.3, 1.2),
        rise=2.0,
        fall=2.0,
        sticks=False,
        roll_rad=(0.02, 0.20),
        path_m=(0.01, 0.03),
        sway_m=0.005,
        often_touch_and_go=0.3,
        steps=0,
    ),
    "clean": ExerciseModel(
        eccentric_first=False,
        start="floor",
        one_rm_kg=150.0,
        velocity_at_1rm_mps=0.95,
        velocity_slope_mps=0.80,
        rom_m=(0.78, 0.98),
        eccentric_s=(0.9, 1.3),
        turn_pause_s=(1.2, 2.2),
        rest_s=(2.0, 3.5),
        rise=2.4,
        fall=2.0,
        sticks=False,
        roll_rad=(1.0, 2.0),
        path_m=(0.02, 0.07),
        sway_m=0.006,
        often_touch_and_go=0.0,
        steps=0,
    ),
    "snatch": ExerciseModel(
        eccentric_first=False,
        start="floor",
        one_rm_kg=120.0,
        velocity_at_1rm_mps=1.05,
        velocity_slope_mps=0.90,
        rom_m=(0.98, 1.18),
        eccentric_s=(1.0, 1.4),
        turn_pause_s=(1.2, 2.2),
        rest_s=(2.0, 3.5),
        rise=2.4,
        fall=2.0,
        sticks=False,
        roll_rad=(1.0, 2.0),
        path_m=(0.02, 0.07),
        sway_m=0.006,
        often_touch_and_go=0.0,
        steps=0,
    ),
}
