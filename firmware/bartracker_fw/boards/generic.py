# Any other board: /bartracker/board.json, which `bartracker flash --board FILE` has checked and put there.
import json

from machine import Pin

from bartracker_fw.boards.profile import Board

FILE = "/bartracker/board.json"

with open(FILE) as _file:
    _fields = json.load(_file)
# Pins that keep the board on, or switch something on, come before anything else.
_HELD = [Pin(pin, Pin.OUT, value=level) for pin, level in _fields.pop("hold")]


def board() -> Board:
    fields = dict(_fields)
    fields["axes"] = tuple(fields["axes"])
    return Board(**fields)
