"""`bartracker analyze`: recordings in, one analysis JSON each out."""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console
from bartracker.cli.calibrations import CalibrationOption
from bartracker.cli.corrections import WithoutEditsOption, corrected, edits_beside
from bartracker.cli.failures import Outcome
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
from bartracker.cli.outputs import make_folder, refuse_same_stems, summary_lines, write_json
from bartracker.cli.work import find_reps

EXAMPLES = """\b
Examples:
  bartracker analyze set.btr                         writes set.json here
  bartracker analyze *.npz --exercise bench --output results
  bartracker analyze set.btr --as-live               the numbers as they were announced
  bartracker analyze set.btr --json - | jq .sets[0].summary
"""


def analyze(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", readable=False, help="Recordings: .btr, .npz or .csv.")
    ],
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
    as_live: Annotated[
        bool,
        typer.Option(
            "--as-live", help="Each rep as it was announced, from the past alone, not refined or corrected afterwards."
        ),
    ] = False,
    without_edits: WithoutEditsOption = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", readable=False, help="Where to write; made if need be. Default: here."
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="PATH|-", help="Write to this file, - for standard output. One FILE only."),
    ] = None,
) -> int:
    """Find the reps in recordings and write their numbers.

    Writes STEM.json (format bartracker.analysis/1) for each FILE. A file that cannot be used does not stop the others.
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
    if json is None:
        refuse_same_stems(files, ".json")
    elif len(files) > 1 or output is not None:
        raise WrongUseError(f"--json {json}", "is for one FILE, without --output", "use --output DIR for several files")
    folder = output or Path()
    if json is None:
        make_folder(folder)

    from bartracker.exchange import read

    outcome = Outcome()
    for path in console.progress(files, "Analysing"):
        target = json or str(folder / f"{path.stem}.json")
        with outcome.of(path):
            edits = edits_beside(path, without=without_edits or as_live)
            found = find_reps(read(path), asked, as_live=as_live, watched=len(files) == 1)
            analysis = corrected(found, edits, path)
            write_json(analysis, target, edits)
            console.say_remarks(path, (*analysis.notices, *(f.text for one in analysis.sets for f in one.flags)))
            if target != "-":
                for line in summary_lines(analysis):
                    console.say_result(f"{path}: {line} -> {target}")
    return outcome.code
