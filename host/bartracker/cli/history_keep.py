"""The history commands that change the library or copy from it: add, note, plan, reanalyze, backup, export, erase."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.corrections import WithoutEditsOption, edits_beside, say_corrections
from bartracker.cli.failures import Outcome
from bartracker.cli.history_options import JsonOption, LibraryOption, WhoseOption, chosen_athlete, opened
from bartracker.cli.options import ExerciseOption, LoadOption, WrongUseError, parse_exercise, parse_load
from bartracker.errors import BartrackerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartracker.history import Library
    from bartracker.history.reanalysis import Due
    from bartracker.history.values import Added

ADD_EXAMPLES = """\b
Examples:
  bartracker history add set.btr --athlete Anna
  bartracker history add *.btr                       who lifted stands in the recordings
  bartracker history add openbarbell.csv --table --athlete Anna
  bartracker history add export.csv --table --columns columns.toml --athlete "#2"
"""


def add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", readable=False, help="Recordings, or with --table tables of reps.")
    ],
    athlete: Annotated[
        str | None, typer.Option("--athlete", "-a", metavar="NAME|#N", help="Who lifted. Default: as recorded.")
    ] = None,
    exercise: ExerciseOption = None,
    load: LoadOption = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When it was recorded: 2026-03-02T17:30. Default: as recorded."),
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="The files are other devices' tables of reps.")] = False,
    columns: Annotated[
        Path | None,
        typer.Option("--columns", metavar="TOML", readable=False, help="Which column is what, with --table."),
    ] = None,
    without_edits: WithoutEditsOption = False,
    library: LibraryOption = None,
) -> int:
    """Keep recordings and what is found in them, as corrected by the edits beside them.

    A file whose content is in the library already is left out, unless its corrections have changed.
    """
    named, load_kg, at_s = parse_exercise(exercise), parse_load(load), parse_moment(at)
    if table and athlete is None:
        raise WrongUseError("--table", "does not say who lifted", "give --athlete NAME")
    if columns is not None and not table:
        raise WrongUseError("--columns", "goes with --table", "add --table")
    outcome = Outcome()
    with opened(library) as one:
        for path in console.progress(files, "Adding"):
            with outcome.of(path):
                if table:
                    _say_added(path, _add_table(one, path, athlete or "", columns))
                else:
                    edits = edits_beside(path, without=without_edits)
                    told = None if named == "auto" else named
                    known = edits if edits or without_edits else None
                    added = one.add_recording(path, athlete, told, load_kg, at_s, edits=known)
                    _say_added(path, added)
                    if edits and (added.corrected or not added.twin):
                        say_corrections(path, len(edits), 0)
    return outcome.code


def _add_table(library: "Library", path: Path, athlete: str, columns: Path | None) -> "Added":
    from bartracker.exchange.vendor_columns import read_column_map
    from bartracker.history.foreign import add_table

    return add_table(library, path, athlete, None if columns is None else read_column_map(columns))


def _say_added(path: Path, added: "Added") -> None:
    if added.twin and added.corrected:
        console.say_remarks(path, added.remarks)
        now = f"its corrections were taken over: {added.sets} sets, {added.reps} reps"
        console.say_result(f"{path}: is in the library already ({added.twin}); {now}")
        return
    if added.twin:
        console.say_result(f"{path}: is in the library already ({added.twin}); nothing was changed")
        return
    console.say_remarks(path, added.remarks)
    sessions = ", ".join(str(number) for number in added.session_ids[:5])
    more = f" and {len(added.session_ids) - 5} more" if len(added.session_ids) > 5 else ""
    console.say_result(
        f"{path}: {added.sets} sets, {added.reps} reps -> {added.athlete.name} (#{added.athlete.id}), "
        f"session {sessions}{more}"
    )


def note(
    session: Annotated[int, typer.Argument(metavar="SESSION", help="Its number, as `sessions` lists it.")],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="sleep, caffeine, stress, soreness, rpe, bodyweight or text.")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Hours, mg, 1-10, kg; or the text.")],
    number: Annotated[
        int | None, typer.Option("--set", metavar="N", help="Of this set of the session, from 1.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Note something of a session: bartracker history note 12 sleep 7.5"""
    with opened(library) as one:
        one.note(session, kind, value, number)


def plan(
    week: Annotated[str, typer.Argument(metavar="MONDAY", help="The week's Monday: 2026-03-02.")],
    load: Annotated[str, typer.Argument(metavar="KG", help="Heaviest load.")],
    reps: Annotated[int, typer.Argument(metavar="REPS", min=1, max=10_000, help="Full reps in the week.")],
    exercise: ExerciseOption = None,
    athlete: WhoseOption = None,
    library: LibraryOption = None,
) -> None:
    """Plan a week of a lift. `profile` and `report` hold it against what was lifted."""
    named, load_kg = parse_exercise(exercise), parse_load(load)
    if named is None or named == "auto" or load_kg is None:
        raise WrongUseError("the plan", "names no lift", "give --exercise")
    monday = _monday(week)
    with opened(library) as one:
        one.plan_week(chosen_athlete(one, athlete).id, named, monday, load_kg, reps)


def _monday(text: str) -> str:
    from datetime import date

    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongUseError(f"week {text}", "is no date", "give its Monday as 2026-03-02") from None
    if day.weekday():
        raise WrongUseError(f"week {text}", "does not begin on a Monday", "give its Monday as 2026-03-02")
    return text


def parse_moment(text: str | None) -> float | None:
    """A time as a person types it, s since 1970, in this computer's zone; raises WrongUseError."""
    if text is None:
        return None
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise WrongUseError(f"--at {text}", "is no time", "give it as 2026-03-02T17:30") from None


def reanalyze(
    athlete: WhoseOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what this version made.")] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> int:
    """Make the numbers anew from the raw recordings, where another version made them, and say what changed."""
    from bartracker.cli import history_show
    from bartracker.history.reanalysis import due, reanalyse

    def watched(items: "Sequence[Due]") -> "Iterator[Due]":
        return console.progress(items, "Analysing anew")

    with opened(library) as one:
        whose = None if athlete is None else one.athlete(athlete).id
        changes = reanalyse(one, due(one, everything=everything, athlete_id=whose), watched)
    history_show.changes(changes, as_json=json)
    for change in changes:
        if change.problem:
            console.say_error(change.problem)
    return 1 if any(change.problem for change in changes) else 0


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="A new folder, or an older backup.")],
    library: LibraryOption = None,
) -> None:
    """Copy the library as it is now. To restore, copy the folder back in its place while nothing runs."""
    from bartracker.history.keeping import back_up

    with opened(library) as one:
        copied = back_up(one, folder)
        for missing in copied.missing:
            console.say_remark(one.folder / missing, "this recording is gone; its numbers are in the backup")
        console.say_result(f"{one.folder} -> {folder} ({copied.recordings} recordings)")


def export(
    athlete: WhoseOption = None,
    everything: Annotated[
        Path | None,
        typer.Option(
            "--everything", metavar="DIR", readable=False, help="All there is of the person, into a new folder."
        ),
    ] = None,
    openbarbell: Annotated[
        Path | None,
        typer.Option("--openbarbell", metavar="CSV", readable=False, help="Full reps as OpenBarbell's table."),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", metavar="FILE", readable=False, help="Reps as Parquet (extra `parquet`)."),
    ] = None,
    exercise: ExerciseOption = None,
    library: LibraryOption = None,
) -> None:
    """Write a person's data for the person, or for other programs."""
    if not (everything or openbarbell or parquet):
        raise WrongUseError("export", "nothing to write", "give --everything, --openbarbell or --parquet")
    named = parse_exercise(exercise)
    lift = None if named == "auto" else named
    with opened(library) as one:
        person = chosen_athlete(one, athlete)
        if everything is not None:
            from bartracker.history.keeping import export_person

            copied = export_person(one, person, everything)
            for missing in copied.missing:
                console.say_remark(one.folder / missing, "this recording is gone; its numbers are in person.json")
            console.say_result(f"{person.name} -> {everything} ({copied.recordings} recordings)")
        if openbarbell is not None:
            from bartracker.exchange.openbarbell_csv import write_openbarbell_csv
            from bartracker.history.foreign import lifted_sets

            sets = lifted_sets(one, person, lift)
            write_openbarbell_csv(sets, openbarbell)
            console.say_result(f"{person.name}: {len(sets)} sets -> {openbarbell}")
        if parquet is not None:
            from bartracker.exchange.reps_parquet import write_reps_parquet
            from bartracker.history.keeping import rep_records

            records = rep_records(one, person, lift)
            write_reps_parquet(records, parquet)
            console.say_result(f"{person.name}: {len(records)} reps -> {parquet}")


def erase(
    athlete: Annotated[str, typer.Argument(metavar="NAME|#N", help="Who is to be erased.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    library: LibraryOption = None,
) -> None:
    """Erase everything the library holds of a person, recordings too. Backups and exports are not touched."""
    from bartracker.history.keeping import erase_person

    with opened(library) as one:
        person = one.athlete(athlete)
        what = f"{person.name} (#{person.id}): {person.sessions} sessions, {person.reps} reps"
        if not yes:
            try:
                sure = typer.confirm(f"Erase {what} for good?", err=True)
            except typer.Abort:
                sure = False
            if not sure:
                raise BartrackerError(what, "was not erased", "say yes, or give --yes")
        erased = erase_person(one, person)
    if erased.sets_of_others:
        words = f"{erased.sets_of_others} sets of others stood in these recordings and are erased with them"
        console.say_remark(person.name, words)
    if erased.shared:
        words = f"{erased.shared} recordings of others hold lifts of theirs, as samples without a name"
        console.say_remark(person.name, words)
    if not erased.clean:
        console.say_remark(person.name, "another program has the library open: until it closes, traces stay in the log")
    console.say_result(f"erased {what}, {erased.recordings} recordings; backups and exports still hold them")
