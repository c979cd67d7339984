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
  bartracker flash --board xiao_esp32s3 --micropython S3.bin --with-log
  bartracker flash --chip-file bmi270.py             a board with a BMI270 (M5StickS3, AtomS3R), once
  bartracker flash --board my-board.toml             a board of your own (docs/examples/bartracker-board.toml)
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
            help="xiao_esp32s3, xiao_esp32c6, m5sticks3, m5stickc_plus2, atoms3r, or a .toml file with the pins of "
            "another one. Default: found out.",
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
    with_log: Annotated[
        bool,
        typer.Option(
            "--with-log",
            help="With --micropython: also a place for recordings that the sensor makes by itself. What is on the "
            "board is erased, and its file system becomes smaller.",
        ),
    ] = False,
    chip_file: Annotated[
        Path | None,
        typer.Option(
            "--chip-file",
            metavar="FILE",
            readable=False,
            help="A BMI270's configuration: micropython-lib's bmi270.py or Bosch's bmi270.c. It stays on the board.",
        ),
    ] = None,
    forget_pairing: Annotated[
        bool,
        typer.Option("--forget-pairing", help="The sensor serves everybody again and forgets its paired computers."),
    ] = False,
) -> int:
    """Put the firmware on a sensor board and check that it works.

    Copies only what differs, so it can be repeated at any time. Exits 1 if the check finds something amiss.
    """
    from bartracker.flashing import flash as put_on_board
    from bartracker.flashing import read_chip_file
    from bartracker.flashing.chip_files import BOARD_PATH as CHIP_PATH

    if with_log and micropython is None:
        raise WrongUseError("--with-log", "takes MicroPython's image", "give --micropython IMAGE; the board is erased")
    wanted, given = _board(board)
    outcome = Outcome()
    with outcome.of(port or "flash"):
        if chip_file is not None:
            given[CHIP_PATH] = read_chip_file(chip_file)
        report = put_on_board(
            port,
            wanted,
            image=micropython,
            log=with_log,
            given=given,
            unpair=forget_pairing,
            say=lambda text: console.say_remark("flash", text),
            progress=console.progress,
        )
        _tell(report)
        return int(not report.ok)
    return outcome.code


def _board(name: str | None) -> "tuple[BoardProfile | None, dict[str, bytes]]":
    """The board and the files that go with it."""
    from bartracker.flashing import board_named, read_board_file
    from bartracker.flashing.board_file import BOARD_PATH

    if name is None:
        return None, {}
    try:
        if name.endswith(".toml"):
            own = read_board_file(Path(name))
            return own.profile, {BOARD_PATH: own.json}
        return board_named(name), {}
    except BartrackerError as error:
        raise WrongUseError(f"--board {name}", error.problem, error.remedy) from None


def _tell(report: "FlashReport") -> None:
    done = report.installed
    for path in done.set_aside:
        console.say_remark(report.device, f"what started another program is now {path}")
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
