# Seeed Studio XIAO ESP32C6 with a breakout of any known chip on D4 = SDA, D5 = SCL; INT1 may go to D1.
from machine import Pin

from bartracker_fw.boards.profile import Board

# The switch of the antenna is without power until GPIO3 is low; GPIO14 low is the antenna on the board.
_SWITCH = Pin(3, Pin.OUT, value=0)
_ON_BOARD = Pin(14, Pin.OUT, value=0)


def board() -> Board:
    # No PSRAM: a ring of half the size. Battery as on the XIAO ESP32S3, at A0.
    return Board("XIAO ESP32C6", 23, 22, led=15, led_on=0, battery=0, button=9, wake=1, ring_packets=128)
