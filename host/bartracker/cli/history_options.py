"""Options that the history commands share, and whom they mean."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.errors import BartrackerError

if TYPE_CHECKING:
    from bartracker.history import Library
    from bartracker.history.values import Athlete

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="DIR",
        envvar="BARTRACKER_LIBRARY",
        readable=False,
        help="The library's folder. Default: in the user's data folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
WhoseOption = Annotated[
    str | None,
    typer.Option(
        "--athlete", "-a", metavar="NAME|#N", help="Whose; by name or number. Default: the only one there is."
    ),
]


def opened(folder: Path | None) -> "Library":
    """The library; raises BartrackerError."""
    from bartracker.history import Library

    return Library(folder)


def chosen_athlete(library: "Library", given: str | None) -> "Athlete":
    """The person meant; without a name the only one there is. Raises BartrackerError."""
    if given is not None:
        return library.athlete(given)
    everyone = library.athletes()
    if len(everyone) == 1:
        return everyone[0]
    if not everyone:
        raise BartrackerError("the library", "is empty", "add recordings: bartracker history add FILE --athlete NAME")
    names = ", ".join(f"{person.name} (#{person.id})" for person in everyone[:10])
    raise BartrackerError("the athlete", f"{len(everyone)} are in the library", f"name one with --athlete: {names}")


def chosen_exercise(library: "Library", person: "Athlete", named: str | None) -> str:
    """The lift meant; without a name the one done most. Raises BartrackerError."""
    from bartracker.history.tables import exercises

    if named is not None and named != "auto":
        return named
    known = exercises(library, person.id)
    if not known:
        raise BartrackerError(person.name, "has no sets in the library", "add recordings: bartracker history add FILE")
    return known[0]
