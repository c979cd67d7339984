"""`bartracker history`: the library of sessions on the command line. What changes it is in history_keep.py, how pages
are drawn in history_show.py.
"""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console, history_keep
from bartracker.cli.history_options import (
    JsonOption,
    LibraryOption,
    WhoseOption,
    chosen_athlete,
    chosen_exercise,
    opened,
)
from bartracker.cli.options import ExerciseOption, WrongUseError, parse_exercise, parse_mvt

EXAMPLES = """\b
Examples:
  bartracker history add *.btr --athlete Anna        keep recordings and what is found in them
  bartracker history sessions --athlete Anna
  bartracker history note 12 sleep 7.5               session 12: slept 7.5 hours
  bartracker history profile --athlete Anna --exercise squat
  bartracker history report --athlete Anna --output anna.html
  bartracker history compare other_device.csv --athlete Anna
  bartracker history backup /media/stick/bartracker
"""

app = typer.Typer(
    no_args_is_help=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)
app.command("add", short_help="Keep recordings, or another device's table of reps.", epilog=history_keep.ADD_EXAMPLES)(
    history_keep.add
)
app.command("note", short_help="Note sleep, caffeine, stress, soreness, RPE or a text.")(history_keep.note)
app.command("plan", short_help="Plan a week, to be held against what is done.")(history_keep.plan)
app.command("reanalyze", short_help="Make the numbers anew with this version; say what changed.")(
    history_keep.reanalyze
)
app.command("backup", short_help="Copy the library into a folder.")(history_keep.backup)
app.command("export", short_help="Write a person's data, or a table of reps for other programs.")(history_keep.export)
app.command("erase", short_help="Erase everything of a person.")(history_keep.erase)


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def frame(context: typer.Context) -> None:
    """Months of training: keep every session, see what changed, take the data out again."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


@app.command("athletes", short_help="Who is in the library.")
def athletes(
    new: Annotated[
        str | None, typer.Option("--new", metavar="NAME", help="Add a person, even one of a name already there.")
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """List everyone with sessions, sets and reps."""
    from bartracker.cli import history_show

    with opened(library) as one:
        if new is not None:
            one.add_athlete(new)
        history_show.athletes(one.athletes(), as_json=json)


@app.command("sessions", short_help="The sessions of a person.")
def sessions(
    athlete: WhoseOption = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, max=100_000, help="The latest so many.")] = 20,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """List sessions, newest first, with what was noted."""
    from bartracker.cli import history_show
    from bartracker.history import tables

    with opened(library) as one:
        person = chosen_athlete(one, athlete)
        history_show.sessions(tables.sessions(one, person.id, most), as_json=json)


@app.command("profile", short_help="Strength over time, and everything else about a lift.")
def profile(
    athlete: WhoseOption = None,
    exercise: ExerciseOption = None,
    mvt: Annotated[
        str | None, typer.Option("--mvt", metavar="M/S", help="The lifter's own mean velocity at 1RM; it is kept.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", metavar="LOW-HIGH", help="Velocity zone for the next load. Default: 0.5-0.75."),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> int:
    """Show e1RM with its interval over time, velocity at fixed loads, habits, bests, readiness and suggestions.

    Ends with 1 where the sets do not support an e1RM.
    """
    from bartracker.cli import history_show
    from bartracker.history.pages import ZONE_MPS, lift_page

    own, band = parse_mvt(mvt), ZONE_MPS if zone is None else parse_zone(zone)
    named = parse_exercise(exercise)
    with opened(library) as one:
        person = chosen_athlete(one, athlete)
        lift = chosen_exercise(one, person, named)
        if own is not None:
            one.set_own_mvt(person.id, lift, own)
        page = lift_page(one, person, lift, zone_mps=band)
    history_show.lift(page, as_json=json)
    return 1 if page.refusal else 0


@app.command("report", short_help="One HTML page for phone and paper.")
def report(
    athlete: WhoseOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", readable=False, help="Default: NAME.html here.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Write all lifts of a person as one HTML page that needs nothing else. The numbers are those of `profile`."""
    from bartracker.ui.history_report import write_report

    with opened(library) as one:
        person = chosen_athlete(one, athlete)
        target = output or Path(f"{''.join(c if c.isalnum() else '_' for c in person.name)}.html")
        write_report(one, person, target)
    console.say_result(f"{person.name} -> {target}")


@app.command("window", short_help="A window with the same pages.")
def window(library: LibraryOption = None) -> int:
    """Open the history window (extra `window`)."""
    from bartracker.errors import BartrackerError
    from bartracker.history import tables
    from bartracker.history.pages import lift_page
    from bartracker.ui.window import require_window

    require_window()
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.history import HistoryWindow

    with opened(library) as one:
        people = one.athletes()
        if not people:
            raise BartrackerError(
                "the library", "is empty", "add recordings: bartracker history add FILE --athlete NAME"
            )
        application = QApplication.instance() or QApplication([])
        shown = HistoryWindow(
            people, lambda person: tables.exercises(one, person.id), lambda person, lift: lift_page(one, person, lift)
        )
        shown.show()
        return application.exec()


@app.command("compare", short_help="Agreement with another device on the same sets.")
def compare(
    file: Annotated[Path, typer.Argument(metavar="CSV", readable=False, help="The other device's table of reps.")],
    athlete: WhoseOption = None,
    columns: Annotated[
        Path | None, typer.Option("--columns", metavar="TOML", readable=False, help="Which column is what.")
    ] = None,
    number: Annotated[
        str, typer.Option("--number", metavar="NAME", help="mean_velocity, peak_velocity, rom or duration.")
    ] = "mean_velocity",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", readable=False, help="Write the Bland-Altman plot.")
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Pair reps of the same lift, load and date and give bias and limits of agreement (Bland and Altman)."""
    from bartracker.cli import history_show
    from bartracker.exchange.vendor_columns import read_column_map
    from bartracker.exchange.vendor_csv import read_lifted
    from bartracker.history.agreement import agreement
    from bartracker.history.foreign import lifted_sets, pair_reps

    names = {
        "mean_velocity": ("mean_velocity_mps", "m/s"),
        "peak_velocity": ("peak_velocity_mps", "m/s"),
        "rom": ("rom_m", "m"),
        "duration": ("concentric_duration_s", "s"),
    }
    if number not in names:
        raise WrongUseError(f"--number {number}", "cannot be compared", f"give {console.join_words(names)}")
    field, unit = names[number]
    theirs = read_lifted(file, None if columns is None else read_column_map(columns))
    with opened(library) as one:
        pairs = pair_reps(lifted_sets(one, chosen_athlete(one, athlete)), theirs, field)
    console.say_remark(file, f"{pairs.sets} sets paired; {pairs.alone} of its sets have no partner in the library")
    found = agreement(pairs.ours, pairs.theirs)
    if plot is not None:
        from bartracker.exchange.files import atomic_write
        from bartracker.history.plots import bland_altman

        with atomic_write(plot) as stream:
            stream.write(bland_altman(found, number.replace("_", " "), unit).encode())
    history_show.agreement(found, number, unit, as_json=json)


def parse_zone(text: str) -> tuple[float, float]:
    """A velocity zone as a person types it, m/s; raises WrongUseError."""
    low, _, high = text.partition("-")
    try:
        band = float(low), float(high)
    except ValueError:
        band = (0.0, 0.0)
    if not 0.05 <= band[0] < band[1] <= 3.0:
        raise WrongUseError(f"--zone {text}", "is no zone", "give lowest and highest in m/s, such as 0.5-0.75")
    return band
