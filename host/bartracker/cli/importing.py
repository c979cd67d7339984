"""`bartracker import`: recordings of other kinds become bartracker's own."""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console
from bartracker.cli.failures import Outcome
from bartracker.cli.options import (
    ExerciseOption,
    LoadOption,
    WrongUseError,
    check_mount,
    complete_mount,
    parse_exercise,
    parse_load,
)
from bartracker.cli.outputs import make_folder, refuse_same_stems

EXAMPLES = """\b
Examples:
  bartracker import set.csv
  bartracker import set.npz --exercise squat --load 100 --athlete Kim --notes "belt, sleeves"
  bartracker import *.npz --output recordings
"""


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", readable=False, help="Recordings: .npz or .csv.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", readable=False, help="Where to write; made if need be.")
    ] = Path(),
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    athlete: Annotated[str | None, typer.Option("--athlete", metavar="NAME", help="Who lifted.")] = None,
    mount: Annotated[
        str | None,
        typer.Option(
            "--mount", metavar="PLACE", help="Where the sensor sat: shaft or sleeve.", autocompletion=complete_mount
        ),
    ] = None,
    notes: Annotated[str | None, typer.Option("--notes", metavar="TEXT", help="Anything worth keeping.")] = None,
) -> int:
    """Turn recordings of other kinds into bartracker's own (.btr), without losing a bit.

    Writes STEM.btr for each FILE; never overwrites one.
    """
    named = parse_exercise(exercise)
    load_kg = parse_load(load)
    check_mount(mount)
    refuse_same_stems(files, ".btr")
    for path in files:
        if path.suffix.lower() == ".btr":
            raise WrongUseError(str(path), "is a bartracker recording already", "use it as it is")

    from bartracker.exchange import import_recording
    from bartracker.recording import RecordingMetadata

    make_folder(output)
    outcome = Outcome()
    for path in console.progress(files, "Importing"):
        target = output / f"{path.stem}.btr"
        metadata = RecordingMetadata(
            exercise=None if named == "auto" else named,
            load_kg=load_kg,
            athlete=athlete,
            mount=mount,
            source=path.name,
            notes=notes,
        )
        with outcome.of(path):
            recording = import_recording(path, target, metadata)
            console.say_remarks(path, recording.problems)
            console.say_result(f"{path} -> {target}")
    return outcome.code
