# M5StickC Plus2: MPU6886, battery, LED on board. It stays on only while GPIO4 is high.
from machine import Pin

from bartracker_fw.boards.profile import Board

# Before anything else, or the board switches off when the button is let go.
_HOLD = Pin(4, Pin.OUT, value=1)


def board() -> Board:
    return Board("M5StickC Plus2", 22, 21, 19, 1, 38, 2, (1, 2, 3), 256)
