"""A person's corrections beside a recording: one rule for every command that finds its reps. They are applied, and said
in one line; --without-edits leaves them out.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console

if TYPE_CHECKING:
    from bartracker.results import Analysis
    from bartracker.session_edits import Edit

WithoutEditsOption = Annotated[
    bool,
    typer.Option("--without-edits", help="As found, without the corrections that lie beside the recording."),
]


def edits_beside(recording: Path, *, without: bool) -> "tuple[Edit, ...]":
    """The corrections that lie beside a recording, none with `without`. Raises BartrackerError for a damaged file."""
    from bartracker.edit_files import edits_path, read_edits

    return () if without else read_edits(edits_path(recording))


def corrected(analysis: "Analysis", edits: "tuple[Edit, ...]", recording: Path) -> "Analysis":
    """The analysis with these corrections, and one line that says so."""
    from bartracker.session_edits import edited, unfitting_edits

    if edits:
        lost = len(unfitting_edits([each.reps for each in analysis.sets], edits))
        say_corrections(recording, len(edits), lost)
    return edited(analysis, edits)


def say_corrections(recording: Path, count: int, unfitting: int) -> None:
    """That corrections were applied, and how many of them no longer fit what was found."""
    from bartracker.edit_files import edits_path

    stale = f", {unfitting} of them fit nothing that was found" if unfitting else ""
    words = f"{count} correction{'' if count == 1 else 's'} of {edits_path(recording).name} applied{stale}"
    console.say_remark(recording, f"{words}; --without-edits leaves them out")
