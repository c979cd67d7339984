"""`--ghost FILE|best`: which rep runs beside the set, found in a recording or in the library."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bartracker.cli.corrections import edits_beside
from bartracker.cli.options import Asked, WrongUseError

if TYPE_CHECKING:
    from bartracker.ghost import Ghost

BEST: Final = "best"

GhostOption = Annotated[
    str | None,
    typer.Option(
        "--ghost",
        metavar="FILE|best",
        help="Lift beside the fastest rep of a recording, or of the library for this athlete, exercise and load.",
    ),
]


def check_ghost(given: str | None, asked: Asked, view: str) -> str | None:
    """`given` if it can be looked for; raises WrongUseError."""
    if given is None:
        return None
    if view == "terminal":
        raise WrongUseError(f"--ghost {given}", "is not shown in the terminal", "use --view window")
    if given == BEST and (asked.exercise in (None, "auto") or asked.load_kg is None):
        raise WrongUseError("--ghost best", "needs to know the lift", "give --exercise and --load too")
    if given != BEST and not Path(given).is_file():
        raise WrongUseError(f"--ghost {given}", "there is no such file", "give a recording, or best")
    return given


def find_ghost(given: str, asked: Asked) -> "Ghost":
    """The rep, analysed in a process of its own so that nothing live is held up; takes seconds. Raises
    BartrackerError.
    """
    from bartracker.other_process import OtherProcess

    exercise = None if asked.exercise == "auto" else asked.exercise
    with OtherProcess("bartracker-ghost") as process:
        if given != BEST:
            return process.submit(_in_file, Path(given), exercise).result()
        assert exercise is not None
        assert asked.load_kg is not None
        return process.submit(_in_library, exercise, asked.load_kg, asked.targets.athlete).result()


def _in_file(path: Path, exercise: str | None) -> "Ghost":
    from bartracker.api import settings_for
    from bartracker.exchange import read
    from bartracker.ghost import ghost_of

    recording = read(path)
    settings = settings_for(recording, exercise=recording.metadata.exercise or exercise)
    return ghost_of(recording, settings, edits_beside(path, without=False), name=path.name)


def _in_library(exercise: str, load_kg: float, athlete: str | None) -> "Ghost":
    from bartracker.api import settings_for
    from bartracker.cli.history_options import chosen_athlete, opened
    from bartracker.exchange import read
    from bartracker.ghost import ghost_of
    from bartracker.history.best_recorded import best_recorded_rep

    folder = os.environ.get("BARTRACKER_LIBRARY")
    with opened(Path(folder) if folder else None) as library:
        person = chosen_athlete(library, athlete)
        kept = best_recorded_rep(library, person, exercise, load_kg)
    recording = read(kept.path)
    settings = settings_for(recording, exercise=kept.told_exercise, load_kg=kept.told_load_kg)
    at_s = kept.concentric_start_s
    return ghost_of(
        recording,
        settings,
        kept.edits,
        name=kept.date,
        wanted=lambda one: one.reps[0].start_s <= at_s <= one.reps[-1].concentric_end_s if one.reps else False,
    )
