"""`bartracker export`: a recording as tables and files that other programs read."""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console
from bartracker.cli.calibrations import CalibrationOption
from bartracker.cli.corrections import WithoutEditsOption, corrected, edits_beside
from bartracker.cli.options import (
    AthleteOption,
    DriftOption,
    ExerciseOption,
    LoadOption,
    MiddleOption,
    TargetsOption,
    TempoOption,
    ToleranceOption,
    VelocityLossOption,
    VelocityOption,
    WrongUseError,
    parse_asked,
)
from bartracker.cli.outputs import write_json
from bartracker.cli.work import find_reps

EXAMPLES = """\b
Examples:
  bartracker export set.btr --reps reps.csv          one row a rep, for a spreadsheet
  bartracker export set.btr --analysis set.json --exercise squat
  bartracker export set.btr --samples set.csv        or set.npz: every sample, SI units
"""


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A recording: .btr, .npz or .csv.")],
    reps: Annotated[Path | None, typer.Option("--reps", metavar="CSV", readable=False, help="Reps as a table.")] = None,
    analysis: Annotated[
        Path | None, typer.Option("--analysis", metavar="JSON", readable=False, help="The whole analysis.")
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option("--samples", metavar="CSV|NPZ", readable=False, help="Samples, .csv or .npz by the name's end."),
    ] = None,
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    tempo: TempoOption = None,
    tempo_tolerance: ToleranceOption = None,
    drift_limit: DriftOption = None,
    velocity: VelocityOption = None,
    velocity_loss: VelocityLossOption = None,
    targets: TargetsOption = None,
    athlete: AthleteOption = None,
    calibration: CalibrationOption = None,
    sensor_from_middle_cm: MiddleOption = None,
    without_edits: WithoutEditsOption = False,
) -> None:
    """Write a recording's reps, analysis or samples as files for other programs.

    Files that are there already are replaced.
    """
    asked = parse_asked(
        exercise,
        load,
        tempo,
        tempo_tolerance,
        drift_limit,
        targets=targets,
        athlete=athlete,
        velocity=velocity,
        velocity_loss=velocity_loss,
        calibration=calibration,
        sensor_from_middle=sensor_from_middle_cm,
    )
    outputs = [path for path in (reps, analysis, samples) if path is not None]
    if not outputs:
        raise WrongUseError(str(file), "nothing was asked for", "give --reps, --analysis or --samples")
    for path in outputs:
        if str(path) == "-":
            raise WrongUseError("-", "export writes files only", "use `bartracker analyze --json -`")
        if _same_file(path, file):
            raise WrongUseError(str(path), "is the recording itself", "write to another name")
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise WrongUseError(str(outputs[0]), "two outputs have this name", "give each its own")
    if samples is not None and samples.suffix.lower() not in (".csv", ".npz"):
        raise WrongUseError(f"--samples {samples}", "is neither .csv nor .npz", "end the name in one of them")

    from bartracker.exchange import read, write_reps_csv, write_samples_csv, write_samples_npz

    recording = read(file)
    console.say_remarks(file, recording.problems)
    if samples is not None:
        write = write_samples_csv if samples.suffix.lower() == ".csv" else write_samples_npz
        write(recording, samples)
        console.say_result(f"{file} -> {samples}")
    if reps is None and analysis is None:
        return
    edits = edits_beside(file, without=without_edits)
    found = corrected(find_reps(recording, asked, watched=True), edits, file)
    if reps is not None:
        write_reps_csv(found, reps)
        console.say_result(f"{file} -> {reps}")
    if analysis is not None:
        write_json(found, str(analysis), edits)
        console.say_result(f"{file} -> {analysis}")


def _same_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
