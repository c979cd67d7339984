"""`bartracker profile`: the load-velocity profile of a lift from several loads, and the 1RM it estimates."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.corrections import WithoutEditsOption, corrected, edits_beside
from bartracker.cli.failures import Outcome
from bartracker.cli.options import (
    AthleteOption,
    ExerciseOption,
    TargetsOption,
    WrongUseError,
    parse_asked,
    parse_exercise,
    parse_mvt,
    read_book,
)
from bartracker.cli.work import find_reps

if TYPE_CHECKING:
    from bartracker.coaching.profile import LoadVelocityProfile
    from bartracker.results import Analysis

EXAMPLES = """\b
Examples:
  bartracker profile monday.json thursday.json       analyses or recordings, loads told when they were made
  bartracker profile *.btr --exercise squat
  bartracker profile *.json --exercise bench --mvt 0.15
"""


def profile(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", readable=False, help="Analyses (.json) or recordings of one lifter, with loads."
        ),
    ],
    exercise: ExerciseOption = None,
    mvt: Annotated[
        str | None,
        typer.Option(
            "--mvt", metavar="M/S", help="The lifter's own mean velocity at 1RM. Default: usual for the lift."
        ),
    ] = None,
    targets: TargetsOption = None,
    athlete: AthleteOption = None,
    without_edits: WithoutEditsOption = False,
) -> int:
    """Estimate the 1RM from how velocity falls with load.

    Takes the best full rep of each load. Says why where the data do not support an estimate, and then ends with 1.
    """
    chosen = parse_exercise(exercise)
    own_mvt = parse_mvt(mvt)
    if athlete is not None and targets is None:
        raise WrongUseError(f"--athlete {athlete}", "has no targets to take", "give --targets FILE")
    book = read_book(targets, athlete)
    outcome = Outcome()
    analyses: list[Analysis] = []
    for path in console.progress(files, "Analysing"):
        with outcome.of(path):
            analyses.append(_analysis(path, exercise, without_edits=without_edits))
    if outcome.code:
        return outcome.code

    from bartracker.coaching.profile import load_velocity_profile

    with outcome.of("the profile"):
        named = None if chosen == "auto" else chosen
        found = load_velocity_profile(analyses, named, own_mvt)
        wanted = book.for_exercise(found.exercise).mvt_mps
        if own_mvt is None and wanted is not None:
            found = load_velocity_profile(analyses, found.exercise, wanted)
        for line in _lines(found):
            console.say_result(line)
        if found.e1rm_kg is None:
            outcome.code = 1
    return outcome.code


def _analysis(path: Path, exercise: str | None, *, without_edits: bool) -> "Analysis":
    from bartracker.exchange import read, read_analysis_json

    if path.suffix.lower() == ".json":
        return read_analysis_json(path)
    edits = edits_beside(path, without=without_edits)
    return corrected(find_reps(read(path), parse_asked(exercise, None)), edits, path)


def _lines(profile: "LoadVelocityProfile") -> list[str]:
    from bartracker.ui import quantities, wording

    lines = [wording.exercise(profile.exercise), "load, kg   best rep, m/s   reps"]
    for point in profile.points:
        best = quantities.velocity_with_sigma(point.mean_velocity_mps, point.sigma_mps)
        lines.append(f"{point.load_kg:8.1f}   {best:>13}   {point.reps:4d}")
    if profile.slope_mps_per_kg is not None and profile.intercept_mps is not None:
        lines.append(f"velocity = {profile.intercept_mps:.3f} m/s {profile.slope_mps_per_kg:+.5f} m/s per kg")
    if profile.e1rm_kg is None or profile.interval_kg is None:
        return [*lines, f"no 1RM estimated: {profile.refusal}"]
    low, high = profile.interval_kg
    lines.append(
        f"estimated 1RM {profile.e1rm_kg:.1f} kg, 95 % between {low:.1f} and {high:.1f} kg "
        f"(mean velocity {profile.mvt_mps:g} m/s at 1RM)"
    )
    return lines
