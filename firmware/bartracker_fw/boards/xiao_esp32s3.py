# Seeed Studio XIAO ESP32S3 with an LSM6DSOX (or MPU) breakout on D4 = SDA, D5 = SCL.
from bartracker_fw.boards.profile import Board


def board() -> Board:
    # The board does not measure its battery: two equal resistors (2 x 220 kOhm) from BAT+ to A0 to GND do.
    # 256 packets are 12 s at 416 Hz.
    return Board("XIAO ESP32S3", 6, 5, 21, 0, 1, 2, (1, 2, 3), 256)
