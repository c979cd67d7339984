# M5Stack AtomS3R: BMI270 and a button (the display) on board. No battery, no LED on a pin.
from bartracker_fw.boards.profile import Board


def board() -> Board:
    return Board("AtomS3R", 0, 45, button=41)
