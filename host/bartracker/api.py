"""The Python interface in one place: analyze a recording. `read` lives in exchange/, `estimate_motion` in motion/."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from bartracker.calibration import IDENTITY, Calibration
from bartracker.coaching import TargetBook, Targets
from bartracker.errors import BartrackerError
from bartracker.exchange.calibration_folder import check_sensor
from bartracker.motion.calibrated import settings_for_calibration
from bartracker.motion.settings import MotionSettings
from bartracker.pipeline import Pipeline, PipelineSettings
from bartracker.recording.recording import Recording
from bartracker.results import EXERCISES, MOUNTS, Analysis, Exercise, Mount
from bartracker.samples import StampedBlock

HEAVIEST_LOAD_KG = 1000.0
"""More than anyone lifts; beyond it a load is a slip of the unit."""
FARTHEST_FROM_MIDDLE_M = 1.15
"""Half of the longest bars (2.2 m), and a little for a sensor on its end."""


def analyze(
    recording: Recording,
    *,
    exercise: Exercise | Literal["auto"] | None = None,
    load_kg: float | None = None,
    targets: Targets | TargetBook | None = None,
    calibration: Calibration | None = None,
    sensor_from_middle_m: float | None = None,
    as_live: bool = False,
    progress: Callable[[Sequence[StampedBlock]], Iterable[StampedBlock]] = iter,
) -> Analysis:
    """Reps, numbers and flags of a recording.

    Args:
        recording: what `bartracker.read` returns.
        exercise: one of EXERCISES; "auto" finds out; None takes the recording's own and finds out where it names none.
        load_kg: overrides the recording's own load.
        targets: what is flagged: of any lift, or a book by exercise and athlete (`read_targets`).
        calibration: of the sensor (`read_calibration`), instead of the one in the recording; IDENTITY for none at all.
        sensor_from_middle_m: along the bar, positive where the sensor's own axis along the bar points away from the
            middle; overrides the recording's own, and gives the numbers of the bar's middle.
        as_live: each rep as it was announced during the set, from past samples alone.
        progress: passes the blocks on while it shows how far the work is (tqdm or rich.progress.track will do).

    Raises:
        BartrackerError: there is no such exercise, that is no load or no place on a bar, the calibration is another
            sensor's, or the recording holds no samples.
    """
    if not len(recording):
        raise BartrackerError(str(recording.path or "recording"), "it holds no samples", "record again")
    pipeline = Pipeline(
        settings_for(
            recording,
            exercise=exercise,
            load_kg=load_kg,
            targets=targets,
            calibration=calibration,
            sensor_from_middle_m=sensor_from_middle_m,
        )
    )
    for block in progress(recording.blocks):
        pipeline.push(block)
    pipeline.finish()
    return pipeline.analysis(as_live=as_live)


def settings_for(
    recording: Recording,
    *,
    exercise: str | None = None,
    load_kg: float | None = None,
    targets: Targets | TargetBook | None = None,
    calibration: Calibration | None = None,
    sensor_from_middle_m: float | None = None,
) -> PipelineSettings:
    """Pipeline settings for a recording: what the user says wins over what the recording says."""
    metadata = recording.metadata
    used = _calibration(recording) if calibration is None else calibration
    check_sensor(used, recording.sensor_id, f"calibration {used.name!r}")
    named = known_exercise(exercise if exercise is not None else metadata.exercise)
    return PipelineSettings(
        exercise=named,
        load_kg=_told_load(load_kg) if load_kg is not None else _recorded_load(metadata.load_kg),
        mount=_known_mount(metadata.mount),
        sensor_from_middle_m=_place(metadata.sensor_from_middle_m, sensor_from_middle_m),
        targets=_of_athlete(targets or Targets(), metadata.athlete),
        calibration=used,
        nominal_rate_hz=recording.nominal_rate_hz,
        motion=settings_for_calibration(MotionSettings(), used),
        remarks=(*recording.problems, *(event.text for event in recording.events if event.code == "import")),
    )


def known_exercise(name: str | None) -> Exercise | None:
    """The exercise of that name; None for None and "auto".

    Raises:
        BartrackerError: there is none of that name.
    """
    if name is None or name == "auto":
        return None
    for known in EXERCISES:
        if known == name:
            return known
    raise BartrackerError(f"exercise {name!r}", "is not known", f"use auto or one of {', '.join(EXERCISES)}")


def _told_load(load_kg: float) -> float:
    if _recorded_load(load_kg) is None:
        raise BartrackerError(
            f"load {load_kg:g} kg", "is no load", f"give kilograms above 0 and up to {HEAVIEST_LOAD_KG:g}, bar included"
        )
    return load_kg


def _recorded_load(load_kg: float | None) -> float | None:
    """The load, None where it cannot be one: force and power are then not known."""
    return load_kg if load_kg is not None and 0 < load_kg <= HEAVIEST_LOAD_KG else None


def _place(recorded_m: float | None, told_m: float | None) -> float | None:
    """The sensor's distance from the bar's middle; a recorded one that cannot be is not known."""
    if told_m is not None and not abs(told_m) <= FARTHEST_FROM_MIDDLE_M:
        raise BartrackerError(
            f"sensor {100 * told_m:g} cm from the middle",
            "is on no bar",
            f"give centimetres from -{100 * FARTHEST_FROM_MIDDLE_M:g} to {100 * FARTHEST_FROM_MIDDLE_M:g}",
        )
    place_m = recorded_m if told_m is None else told_m
    return place_m if place_m is not None and abs(place_m) <= FARTHEST_FROM_MIDDLE_M else None


def _known_mount(name: str | None) -> Mount | None:
    return next((mount for mount in MOUNTS if mount == name), None)


def _of_athlete(targets: Targets | TargetBook, athlete: str | None) -> Targets | TargetBook:
    """The recording's athlete has a book's own tables, unless another was chosen."""
    if not isinstance(targets, TargetBook) or targets.athlete is not None or athlete is None:
        return targets
    return targets.for_athlete(athlete) if athlete in targets.athletes else targets


def _calibration(recording: Recording) -> Calibration:
    parameters = recording.calibration_parameters
    if parameters is None:
        return IDENTITY
    return Calibration.from_dict(str(recording.path or "recording"), parameters)
