"""Options that several commands share, and what they may hold."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bartracker.cli.calibrations import parse_calibration_option
from bartracker.cli.console import join_words
from bartracker.errors import BartrackerError

if TYPE_CHECKING:
    from bartracker.calibration import Calibration
    from bartracker.coaching import TargetBook
    from bartracker.results import Exercise

CM_PER_M = 100.0
MAX_LOAD_KG = 1000.0
KG_PER_LB = 0.45359237
MAX_SPEED = 16.0
MIN_SPEED = 0.25
MOUNTS = ("shaft", "sleeve")


class WrongUseError(BartrackerError):
    """The command line itself cannot be carried out; the exit code is 2."""


def complete_exercise(incomplete: str) -> list[str]:
    """For shell completion."""
    return [name for name in (*_exercises(), "auto") if name.startswith(incomplete)]


def complete_mount(incomplete: str) -> list[str]:
    """For shell completion."""
    return [name for name in MOUNTS if name.startswith(incomplete)]


ExerciseOption = Annotated[
    str | None,
    typer.Option(
        "--exercise",
        "-e",
        metavar="NAME",
        help="squat, bench, ohp, deadlift, row, clean, snatch, other, or auto to find out. Default: as recorded.",
        autocompletion=complete_exercise,
    ),
]
LoadOption = Annotated[
    str | None, typer.Option("--load", "-l", metavar="KG", help="What is on the bar, bar included: 100, or 225lb.")
]


TempoOption = Annotated[
    str | None,
    typer.Option("--tempo", metavar="E-B-C-T", help="Target seconds down, bottom, up, top; X: fast. As in 3-1-X-0."),
]
ToleranceOption = Annotated[
    str | None,
    typer.Option("--tempo-tolerance", metavar="S", help="Seconds the lowering may be off. Default: 0.5."),
]
DriftOption = Annotated[
    str | None,
    typer.Option("--drift-limit", metavar="CM", help="How far off the vertical the bar may end. Default: 8."),
]
TargetsOption = Annotated[
    Path | None,
    typer.Option("--targets", metavar="FILE", readable=False, help="Targets by exercise and athlete, a TOML file."),
]
AthleteOption = Annotated[
    str | None, typer.Option("--athlete", metavar="NAME", help="Whose targets to take from that file.")
]
VelocityOption = Annotated[
    str | None, typer.Option("--velocity", metavar="LOW-HIGH", help="Mean velocity wanted, m/s: 0.5-0.75.")
]
VelocityLossOption = Annotated[
    str | None, typer.Option("--velocity-loss", metavar="PERCENT", help="Slower than the fastest rep by no more: 20.")
]


MiddleOption = Annotated[
    str | None,
    typer.Option(
        "--sensor-from-middle-cm",
        metavar="N",
        help="Sensor's distance from the bar's middle: also gives the middle's path. Below 0: see docs/metrics.md.",
    ),
]


def parse_exercise(name: str | None) -> "Exercise | Literal['auto'] | None":
    """The exercise of that name or "auto"; raises WrongUseError for any other."""
    if name is None or name == "auto":
        return name
    for exercise in _exercises():
        if name == exercise:
            return exercise
    raise WrongUseError(f"--exercise {name}", "no such exercise", f"give {join_words((*_exercises(), 'auto'))}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user said about the set: for `bartracker.api`. calibration: None is the recording's, or the sensor's.
    sensor_from_middle_m: None is the recording's.
    """

    exercise: "Exercise | Literal['auto'] | None"
    load_kg: float | None
    targets: "TargetBook"
    calibration: "Calibration | None" = None
    sensor_from_middle_m: float | None = None


def parse_asked(
    exercise: str | None,
    load: str | None,
    tempo: str | None = None,
    tolerance: str | None = None,
    drift: str | None = None,
    *,
    targets: Path | None = None,
    athlete: str | None = None,
    velocity: str | None = None,
    velocity_loss: str | None = None,
    calibration: str | None = None,
    sensor_from_middle: str | None = None,
) -> Asked:
    """What was asked for, options before files; raises WrongUseError, BartrackerError for a file."""
    from bartracker.coaching import Targets, Tempo

    if athlete is not None and targets is None:
        raise WrongUseError(f"--athlete {athlete}", "has no targets to take", "give --targets FILE")
    if tolerance is not None and tempo is None and targets is None:
        raise WrongUseError(f"--tempo-tolerance {tolerance}", "has no tempo to go with", "give --tempo")
    chosen, kg = parse_exercise(exercise), parse_load(load)
    overrides: dict[str, object] = {}
    try:
        if tempo is not None:
            overrides["tempo"] = Tempo.parse(tempo)
        if tolerance is not None:
            overrides["eccentric_tolerance_s"] = _number(tolerance)
        if drift is not None:
            overrides["horizontal_drift_limit_m"] = _number(drift) / CM_PER_M
        if velocity is not None:
            overrides["velocity_mps"] = _parse_band(velocity)
        if velocity_loss is not None:
            overrides["velocity_loss_limit"] = _number(velocity_loss.removesuffix("%")) / 100.0
        replace(Targets(), **overrides)
    except BartrackerError as error:
        raise WrongUseError(error.given, error.problem, error.remedy) from None
    book = replace(read_book(targets, athlete), overrides=overrides)
    return Asked(chosen, kg, book, parse_calibration_option(calibration), _parse_place(sensor_from_middle))


def read_book(targets: Path | None, athlete: str | None) -> "TargetBook":
    """The targets in a file, for an athlete in it; the usual ones without a file. Raises BartrackerError."""
    from bartracker.coaching import TargetBook

    if targets is None:
        return TargetBook()
    from bartracker.exchange.targets_toml import read_targets

    book = read_targets(targets)
    return book if athlete is None else book.for_athlete(athlete)


def _parse_band(text: str) -> tuple[float, float]:
    low, dash, high = text.partition("-")
    if not dash or math.isnan(_number(low)) or math.isnan(_number(high)):
        raise WrongUseError(f"--velocity {text}", "is no band", "give lowest and highest in m/s, such as 0.5-0.75")
    return _number(low), _number(high)


def parse_load(text: str | None) -> float | None:
    """A load as a person types it, in kg; raises WrongUseError."""
    if text is None:
        return None
    number, factor = text.removesuffix("kg"), 1.0
    if text.endswith("lb"):
        number, factor = text.removesuffix("lb"), KG_PER_LB
    load_kg = _number(number) * factor
    if not 0 < load_kg <= MAX_LOAD_KG:
        raise WrongUseError(
            f"--load {text}", "is no load", f"give kilograms (or 225lb), above 0 and up to {MAX_LOAD_KG:g} kg"
        )
    return load_kg


def _parse_place(text: str | None) -> float | None:
    """The sensor's distance from the bar's middle, m; raises WrongUseError."""
    if text is None:
        return None
    from bartracker.api import FARTHEST_FROM_MIDDLE_M

    place_m = _number(text.removesuffix("cm")) / CM_PER_M
    if not abs(place_m) <= FARTHEST_FROM_MIDDLE_M:
        most_cm = FARTHEST_FROM_MIDDLE_M * CM_PER_M
        remedy = f"give centimetres from -{most_cm:g} to {most_cm:g}"
        raise WrongUseError(f"--sensor-from-middle-cm {text}", "is no place on a bar", remedy)
    return place_m


def parse_mvt(text: str | None) -> float | None:
    """A minimal velocity threshold, m/s; raises WrongUseError."""
    if text is None:
        return None
    from bartracker.coaching import Targets

    try:
        return Targets(mvt_mps=_number(text)).mvt_mps
    except BartrackerError as error:
        raise WrongUseError(f"--mvt {text}", error.problem, error.remedy) from None


def parse_speed(text: str | None) -> float | None:
    """A speed to replay at, infinity for as fast as possible; raises WrongUseError."""
    if text is None:
        return None
    speed = _number(text.removesuffix("x"))
    if not (MIN_SPEED <= speed <= MAX_SPEED or speed == 0):
        remedy = f"give {MIN_SPEED:g} to {MAX_SPEED:g} times, or 0 for as fast as possible"
        raise WrongUseError(f"--speed {text}", "cannot play at that speed", remedy)
    return speed or math.inf


def check_mount(mount: str | None) -> str | None:
    """`mount` if it is a known one; raises WrongUseError."""
    if mount is not None and mount not in MOUNTS:
        raise WrongUseError(f"--mount {mount}", "there is no such mount", f"give {join_words(MOUNTS)}")
    return mount


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _exercises() -> "tuple[Exercise, ...]":
    from bartracker.results import EXERCISES

    return EXERCISES
