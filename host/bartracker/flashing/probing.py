"""Which of several boards with the same processor this is: by the motion chip that is soldered to its own pins."""

from collections.abc import Sequence
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import BoardProfile
from bartracker.flashing.prompt import BoardPrompt

_PROBE: Final = """
from machine import I2C, Pin
_b = bytearray(1)
for _name, _scl, _sda, _address, _register, _id in %r:
    try:
        I2C(0, scl=Pin(_scl), sda=Pin(_sda), freq=100000).readfrom_mem_into(_address, _register, _b)
        if _b[0] == _id:
            print(_name)
    except (OSError, ValueError):
        pass
"""


def tell_board(prompt: BoardPrompt, fitting: Sequence[BoardProfile]) -> BoardProfile:
    """The board whose built-in chip answers, or the only one that has none. Raises BartrackerError where that leaves
    several.
    """
    if len(fitting) == 1:
        return fitting[0]
    asked = [
        (board.name, part.scl, part.sda, part.address, part.id_register, part.chip_id)
        for board in fitting
        if (part := board.built_in) is not None
    ]
    answered = set(prompt.run(_PROBE % (asked,)).split())
    found = [board for board in fitting if board.name in answered]
    found = found or [board for board in fitting if board.built_in is None]
    if len(found) == 1:
        return found[0]
    names = " or ".join(f"--board {board.name}" for board in found or fitting)
    raise BartrackerError(prompt.device, "which board this is cannot be told", f"say it with {names}")
