# M5StickS3: BMI270, battery and buttons on board. Its power chip keeps it on and measures the battery by itself; no LED
# or buzzer on a pin.
from bartracker_fw.boards.profile import Board


def board() -> Board:
    return Board("M5StickS3", 48, 47, button=11)
