"""The frame around every command: the list of commands, and how each way to end becomes an exit code."""

import os
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from bartracker.cli import (
    analyze,
    calibrate,
    check,
    console,
    export,
    findings,
    flash,
    history,
    importing,
    live,
    log,
    pair,
    profile,
    scan,
    sync,
    update,
)
from bartracker.cli.failures import Outcome

_HELP = "Bar velocity, tempo and path from an open inertial sensor on the barbell."
_EXAMPLES = """\b
Examples:
  bartracker live                                    watch the sensor on the bar
  bartracker live "sim://squat?reps=5"               a virtual sensor, no hardware needed
  bartracker replay set.btr                          watch a recorded set again
  bartracker analyze *.btr --output results          reps of many files, as JSON
  bartracker import set.csv --exercise squat --load 100
  bartracker export set.btr --reps reps.csv          a table for a spreadsheet
  bartracker check                                   what works on this machine
"""

app = typer.Typer(
    name="bartracker",
    # Rich help would triple the time to the first line.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("live", short_help="Watch a set as it is lifted.", epilog=live.LIVE_EXAMPLES)(live.live)
app.command("record", short_help="Record a sensor without watching it.", epilog=live.RECORD_EXAMPLES)(live.record)
app.command("scan", short_help="List the sensors that are near.", epilog=scan.EXAMPLES)(scan.scan)
app.command("pair", short_help="Have a sensor serve paired computers only.", epilog=pair.EXAMPLES)(pair.pair)
app.command("sync", short_help="Fetch the recordings a sensor made by itself.", epilog=sync.EXAMPLES)(sync.sync)
app.command("replay", short_help="Watch a recorded set as if it were lifted now.", epilog=live.REPLAY_EXAMPLES)(
    live.replay
)
app.command("analyze", short_help="Find the reps in recordings and write their numbers.", epilog=analyze.EXAMPLES)(
    analyze.analyze
)
app.command("profile", short_help="Estimate the 1RM from how velocity falls with load.", epilog=profile.EXAMPLES)(
    profile.profile
)
app.add_typer(history.app, name="history", short_help="Months of training: sessions, progress, reports.")
app.command("import", short_help="Turn other recordings into bartracker's own.", epilog=importing.EXAMPLES)(
    importing.import_files
)
app.command("export", short_help="Write reps, analysis or samples for other programs.", epilog=export.EXAMPLES)(
    export.export
)
app.command("flash", short_help="Put the firmware on a sensor board.", epilog=flash.EXAMPLES)(flash.flash)
app.command("update", short_help="Put the firmware on a sensor over Bluetooth.", epilog=update.EXAMPLES)(update.update)
app.command("calibrate", short_help="Calibrate a sensor on a table, led step by step.", epilog=calibrate.EXAMPLES)(
    calibrate.calibrate
)
app.command("check", short_help="Look what works on this machine, and how to mend it.", epilog=check.EXAMPLES)(
    check.check
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"bartracker {findings.version_of('bartracker') or '(not installed)'}")
        raise typer.Exit


def frame(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of `bartracker` itself; without a command it shows its help and exits with 2."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


app.callback(help=_HELP, epilog=_EXAMPLES, invoke_without_command=True)(frame)


def run(args: Sequence[str]) -> int:
    """Run one command line; returns the exit code, having said every error in one line on stderr."""
    console.forgive_encoding()
    with log.to_file(), _quiet_threads():
        code = 0
        try:
            code = _invoke(args)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_stdout()
            code = 1
        except OSError as error:
            _drop_stdout()
            if code == 0:
                from bartracker.recording.files import os_problem

                console.say_error(os_problem("standard output", error, "written"))
                code = 1
    return code


def _invoke(args: Sequence[str]) -> int:
    outcome = Outcome()
    with outcome.of("this command"):
        try:
            result: object = app(list(args), prog_name="bartracker", standalone_mode=False)
            return result if isinstance(result, int) else 0
        except typer.TyperException as error:
            console.say_error(_usage_line(error))
            return 2
        except typer.Abort:
            return 130
        except SystemExit as ending:
            # Typer's own answer to a reader that has gone, and the end of its shell completion.
            return ending.code if isinstance(ending.code, int) else 1
    return outcome.code


def _usage_line(error: typer.TyperException) -> str:
    context: object = getattr(error, "ctx", None)
    command: object = getattr(context, "command_path", "bartracker")
    message = error.format_message().rstrip(".")
    return f"{message[:1].lower()}{message[1:]}; see `{command} --help`"


@contextmanager
def _quiet_threads() -> Generator[None]:
    """A fault in a thread goes to the log; the session that owns the thread tells the user."""
    before, threading.excepthook = threading.excepthook, log.note_thread_fault
    try:
        yield
    finally:
        threading.excepthook = before


def _drop_stdout() -> None:
    """Whoever read stdout has gone, or it is full: what is still buffered must not raise again when Python exits."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, descriptor)
    os.close(sink)
