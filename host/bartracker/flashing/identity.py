"""Who is at the prompt: MicroPython's version, the chip, and whether the wanted board can be it."""

import ast
import re
from dataclasses import dataclass
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import BOARDS, BoardProfile, board_names, chip_name
from bartracker.flashing.micropython_image import lines_that_flash
from bartracker.flashing.prompt import BoardPrompt

OLDEST_MICROPYTHON: Final = (1, 28)
_ASK: Final = """
import sys
_i = sys.implementation
print(repr((_i.name, "%d.%d.%d" % tuple(_i.version[:3]), getattr(_i, "_machine", ""), getattr(_i, "_mpy", 0))))
"""


@dataclass(frozen=True, slots=True)
class BoardIdentity:
    """What runs on the board: `machine` in MicroPython's words, `mpy_version` (major, minor) of the compiled files that
    it loads.
    """

    system: str
    version: str
    machine: str
    mpy_version: tuple[int, int]


def ask_identity(prompt: BoardPrompt) -> BoardIdentity:
    """Ask the board. Raises BartrackerError when the answer makes no sense."""
    said = prompt.run(_ASK)
    try:
        answer: object = ast.literal_eval(said.strip())
    except (ValueError, SyntaxError):
        answer = None
    match answer:
        case (str() as system, str() as version, str() as machine, int() as mpy) if re.fullmatch(r"[\d.]+", version):
            return BoardIdentity(system, version, machine, (mpy & 0xFF, mpy >> 8 & 3))
        case _:
            raise BartrackerError(
                prompt.device, f"it gives a strange account of itself: {said.strip()[:80]!r}", "reset it"
            )


def boards_of(identity: BoardIdentity, wanted: BoardProfile | None, device: str) -> list[BoardProfile]:
    """The boards that this can be; the wanted one alone, if one is. Raises BartrackerError for another system, another
    processor than the wanted board's, one of no known board, an old MicroPython.
    """
    chip = chip_name(identity.machine)
    fitting = [board for board in BOARDS if board.chip.name == chip]
    if wanted is not None and wanted.chip.name != chip and fitting:
        remedy = f"give --board {fitting[0].name}, or plug the other board in"
        raise BartrackerError(device, f"this board has an {chip}, a {wanted.title} has an {wanted.chip.name}", remedy)
    if wanted is not None and wanted.chip.name == chip:
        fitting = [wanted]
    if chip is None or not fitting:
        what = identity.machine or identity.system
        raise BartrackerError(device, f"this is no board that bartracker knows ({what})", f"it runs on {board_names()}")
    lines = lines_that_flash(fitting[0], device)
    if identity.system != "micropython":
        raise BartrackerError(device, f"the board runs {identity.system}, the firmware needs MicroPython", lines)
    if tuple(int(part) for part in identity.version.split(".")[:2]) < OLDEST_MICROPYTHON:
        oldest = ".".join(map(str, OLDEST_MICROPYTHON))
        problem = f"its MicroPython {identity.version} is too old, the firmware needs {oldest} or newer"
        raise BartrackerError(device, problem, lines)
    return fitting
