"""What an analysis says: reps, sets and the whole, as plain immutable objects with FIELD names. No computing lives
here.

Times are s on the recording's own clock; intervals are half-open. None means "not known", and then a flag says why;
zero is a measured zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bartracker.samples import Gap

Exercise: TypeAlias = Literal["squat", "bench", "ohp", "deadlift", "row", "clean", "snatch", "other"]
Order: TypeAlias = Literal["eccentric-first", "concentric-first"]
RepKind: TypeAlias = Literal["full", "partial", "failed"]
Mount: TypeAlias = Literal["shaft", "sleeve"]

EXERCISES: tuple[Exercise, ...] = ("squat", "bench", "ohp", "deadlift", "row", "clean", "snatch", "other")
MOUNTS: tuple[Mount, ...] = ("shaft", "sleeve")


@dataclass(frozen=True, slots=True)
class Flag:
    """One remark on a rep: the value that raised it, the threshold it is held against and how sure that is.

    `verdict` is "borderline" within one sigma of the threshold. `text` is the plain sentence for a person. `sigma` is
    None where the remark is not a comparison of a measured value (lost samples, say).
    """

    code: str
    value: float | None
    threshold: float | None
    sigma: float | None
    verdict: Literal["yes", "borderline"]
    text: str


@dataclass(frozen=True, slots=True)
class Rep:
    """One repetition by the definitions of docs/metrics.md. `sigma` holds standard uncertainties (> 0) by field name.

    Pauses: `turn_pause_s` lies between the two phases; `bottom_pause_s` and `top_pause_s` are the same or the rest
    before the next rep, by the order of the lift. `announced_s` is the stamp of the last sample processed when the
    concentric numbers were first published. A rep as announced (live) has None for whatever had not happened by then.
    """

    index: int
    kind: RepKind
    start_s: float
    turn_s: float
    end_s: float | None
    concentric_start_s: float
    concentric_end_s: float
    eccentric_start_s: float | None
    eccentric_end_s: float | None
    concentric_duration_s: float | None
    eccentric_duration_s: float | None
    turn_pause_s: float | None
    bottom_pause_s: float | None
    top_pause_s: float | None
    mean_velocity_mps: float | None
    mean_propulsive_velocity_mps: float | None
    peak_velocity_mps: float | None
    time_to_peak_s: float | None
    rom_m: float | None
    horizontal_deviation_m: float | None
    horizontal_drift_m: float | None
    announced_s: float | None
    sigma: Mapping[str, float] = field(default_factory=dict[str, float])
    flags: tuple[Flag, ...] = ()
    tempo: str | None = None
    velocity_zone: str | None = None
    sticking: bool | None = None
    sticking_start_s: float | None = None
    sticking_lowest_s: float | None = None
    sticking_end_s: float | None = None
    sticking_velocity_mps: float | None = None
    sticking_height_share: float | None = None
    eccentric_mean_velocity_mps: float | None = None
    eccentric_peak_velocity_mps: float | None = None
    eccentric_rom_m: float | None = None
    time_under_tension_s: float | None = None
    pause_stillness_mps: float | None = None
    isometric_hold_s: float | None = None
    smoothness_sparc: float | None = None
    mean_force_n: float | None = None
    peak_force_n: float | None = None
    mean_power_w: float | None = None
    peak_power_w: float | None = None
    bar_tilt_rad: float | None = None
    bar_rotation_rad: float | None = None
    start_turn_rad: float | None = None
    middle_rom_m: float | None = None
    middle_mean_velocity_mps: float | None = None
    middle_horizontal_deviation_m: float | None = None
    middle_horizontal_drift_m: float | None = None


@dataclass(frozen=True, slots=True)
class SetSummary:
    """Averages of a set's full reps, what was lost over it and how alike they were. None where there are too few reps
    (see docs/metrics.md). `velocity_zones` counts the full reps in each zone; `sigma` holds
    standard uncertainties by field name.
    """

    full_reps: int
    partial_reps: int
    failed_reps: int
    mean_velocity_mps: float | None
    best_mean_velocity_mps: float | None
    rom_m: float | None
    velocity_loss_from_best: float | None
    velocity_loss_from_first: float | None
    drift_trend_m: float | None
    peak_velocity_mps: float | None = None
    concentric_duration_s: float | None = None
    eccentric_duration_s: float | None = None
    mean_power_w: float | None = None
    time_under_tension_s: float | None = None
    duration_s: float | None = None
    rest_between_reps_s: float | None = None
    mean_velocity_cv: float | None = None
    rom_cv: float | None = None
    velocity_consistency_mps: float | None = None
    path_consistency_m: float | None = None
    sensor_turn_range_rad: float | None = None
    velocity_zones: Mapping[str, int] = field(default_factory=dict[str, int])
    sigma: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class RepSet:
    """Reps done without putting the bar away. `exercise_confidence` is 1 when the user named it. `rest_before_s` is the
    time since the set before ended, None for the first. `flags` are remarks on the set as a whole. `warm_up` and
    `athlete` are what a person said afterwards; None is who the recording is of.
    """

    index: int
    exercise: Exercise
    exercise_confidence: float
    order: Order
    load_kg: float | None
    start_s: float
    end_s: float
    summary: SetSummary
    reps: tuple[Rep, ...]
    rest_before_s: float | None = None
    flags: tuple[Flag, ...] = ()
    warm_up: bool = False
    athlete: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything found in one recording. `notices` are remarks on the recording as a whole (doubtful accelerometer,
    damage, loss).
    """

    sample_rate_hz: float
    gaps: tuple[Gap, ...]
    sets: tuple[RepSet, ...]
    notices: tuple[str, ...] = ()
    as_live: bool = False

    def to_records(self) -> list[dict[str, object]]:
        """One flat dict a rep (set fields prefixed `set_`, sigmas suffixed `_sigma`), ready for pandas or polars. Every
        row has the same keys.
        """
        reps = [rep for rep_set in self.sets for rep in rep_set.reps]
        uncertain = dict.fromkeys(name for rep in reps for name in rep.sigma)
        records: list[dict[str, object]] = []
        for rep_set in self.sets:
            for rep in rep_set.reps:
                row: dict[str, object] = {
                    "set_index": rep_set.index,
                    "set_exercise": rep_set.exercise,
                    "set_order": rep_set.order,
                    "set_load_kg": rep_set.load_kg,
                    "set_rest_before_s": rep_set.rest_before_s,
                    "set_warm_up": rep_set.warm_up,
                    "set_athlete": rep_set.athlete,
                }
                row |= {name: getattr(rep, name) for name in Rep.__slots__ if name not in ("sigma", "flags")}
                row |= {f"{name}_sigma": rep.sigma.get(name) for name in uncertain}
                row["flags"] = " ".join(flag.code for flag in rep.flags)
                row["set_flags"] = " ".join(flag.code for flag in rep_set.flags)
                records.append(row)
        return records
