"""Putting scripted sets into a library of training, without waiting for the pipeline."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scripted_set import finished_set

from bartracker.history import Library
from bartracker.history.file_copy import sha256_of
from bartracker.history.values import CURVE_POINTS, Added, Analysed
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.results import Analysis, Exercise, RepSet
from bartracker.samples import Gap

DAY_S = 86400.0
MONDAY_S = datetime(2026, 3, 2, 17, 0, tzinfo=UTC).timestamp()


def one_set(load_kg: float | None = 100.0, factor: float = 1.0, exercise: Exercise = "squat", index: int = 1) -> RepSet:
    """The scripted set at another load and speed; `factor` scales every velocity."""
    whole = finished_set().rep_set
    reps = tuple(replace(rep, mean_velocity_mps=factor * (rep.mean_velocity_mps or 0.0)) for rep in whole.reps)
    summary = replace(
        whole.summary, best_mean_velocity_mps=max(rep.mean_velocity_mps or 0.0 for rep in reps), full_reps=len(reps)
    )
    return replace(whole, index=index, load_kg=load_kg, exercise=exercise, reps=reps, summary=summary)


def analysed(*sets: RepSet, made_by: str = "test 1") -> Analysed:
    """An analysis of these sets, with curves."""
    curve = np.sin(np.linspace(0.0, np.pi, CURVE_POINTS))
    curves = {(one.index, rep.index): curve * rep.index for one in sets for rep in one.reps}
    found = Analysis(100.0, (Gap(1.0, 1.5, 50),), sets, ("a remark",))
    return Analysed(found, curves, made_by)


def put(
    library: Library,
    folder: Path,
    *sets: RepSet,
    athlete: str = "Anna",
    at_s: float = MONDAY_S,
    name: str | None = None,
    made_by: str = "test 1",
) -> Added:
    """Add a recording with these sets; its content is unlike any other's unless it has the same name."""
    name = name or f"{athlete.replace('#', '')}_{at_s:.0f}.btr"
    path = folder / name
    path.write_bytes(f"not a recording: {name}".encode())
    recording = Recording(RecordingMetadata(athlete=athlete, source="test"), (), 100.0, chip="LSM6DSO")
    return library.put_recording(
        path, sha256_of(path), recording, analysed(*(sets or (one_set(),)), made_by=made_by), athlete, at_s=at_s
    )
