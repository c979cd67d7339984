"""`bartracker flash`: the firmware onto a sensor board."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.failures import Outcome
from bartracker.cli.options import WrongUseError
from bartracker.errors import BartrackerError

if TYPE_CHECKING:
    from bartracker.flashing import BoardProfile, FlashReport

EXAMPLES = """\b
Examples:
  bartracker flash                                   the board that is plugged in
  bartracker flash --port /dev/ttyACM0 --board xiao_esp32s3
  bartracker flash --board m5stickc_plus2 --micropython ESP32_GENERIC-SPIRAM.bin
"""


def _complete_board(incomplete: str) -> list[str]:
    from bartracker.flashing import BOARDS

    return [board.name for board in BOARDS if board.name.startswith(incomplete)]


def flash(
    port: Annotated[
        str | None,
        typer.Option("--port", "-p", metavar="PORT", help="Serial port of the board. Default: found by USB."),
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(
            "--board",
            "-b",
            metavar="NAME",
            help="xiao_esp32s3 or m5stickc_plus2. Default: told from its chip.",
            autocompletion=_complete_board,
        ),
    ] = None,
    micropython: Annotated[
        Path | None,
        typer.Option(
            "--micropython",
            metavar="IMAGE",
            readable=False,
            help="Erase the board and write this MicroPython (.bin, downloaded by you) first.",
        ),
    ] = None,
) -> int:
    """Put the firmware on a sensor board and check that it works.

    Copies only what differs, so it can be repeated at any time. Exits 1 if the check finds something amiss.
    """
    from bartracker.flashing import flash as put_on_board

    wanted = _board(board)
    outcome = Outcome()
    with outcome.of(port or "flash"):
        report = put_on_board(
            port,
            wanted,
            image=micropython,
            say=lambda text: console.say_remark("flash", text),
            progress=console.progress,
        )
        _tell(report)
        return int(not report.ok)
    return outcome.code


def _board(name: str | None) -> "BoardProfile | None":
    from bartracker.flashing import board_named

    try:
        return None if name is None else board_named(name)
    except BartrackerError as error:
        raise WrongUseError(f"--board {name}", error.problem, error.remedy) from None


def _tell(report: "FlashReport") -> None:
    done = report.installed
    if done.set_aside is not None:
        console.say_remark(report.device, f"the main.py that was on it is now {done.set_aside}")
    console.say_result(
        f"{report.device}: {report.board.title}, {len(done.copied)} files copied, {done.kept} were up to date, "
        f"{len(done.removed)} old ones removed"
    )
    for check in report.checks:
        console.say_result(f"{'ok' if check.ok else 'FAILED':8}{check.name:11}{check.text}")
        if check.remedy:
            console.say_result(f"{'':19}mend: {check.remedy}")
    if report.ok:
        console.say_result("the sensor is ready: bartracker scan")
