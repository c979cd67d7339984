# M5StickC Plus2: MPU6886, battery, LED, buttons and buzzer on board. It stays on only while GPIO4 is high.
from machine import Pin

from bartracker_fw.boards.profile import Board

# Before anything else, or the board switches off when the button is let go.
_HOLD = Pin(4, Pin.OUT, value=1)


def board() -> Board:
    return Board("M5StickC Plus2", 22, 21, led=19, battery=38, button=37, buzzer=2)
