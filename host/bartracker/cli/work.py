"""The work that `analyze` and `export` share: the reps of one recording, under a progress bar where it takes long."""

from typing import TYPE_CHECKING

from bartracker.cli import console
from bartracker.cli.options import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartracker.recording import Recording
    from bartracker.results import Analysis
    from bartracker.samples import StampedBlock


def _watched(blocks: "Sequence[StampedBlock]") -> "Iterator[StampedBlock]":
    return console.progress(blocks, "Analysing")


def find_reps(recording: "Recording", asked: Asked, *, as_live: bool = False, watched: bool = False) -> "Analysis":
    """What `bartracker.analyze` returns for what was asked; `watched` shows how far it is. Raises BartrackerError."""
    from bartracker.api import analyze

    return analyze(
        recording,
        exercise=asked.exercise,
        load_kg=asked.load_kg,
        targets=asked.targets,
        calibration=asked.calibration,
        sensor_from_middle_m=asked.sensor_from_middle_m,
        as_live=as_live,
        progress=_watched if watched else iter,
    )
