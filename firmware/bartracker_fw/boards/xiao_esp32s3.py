# Seeed Studio XIAO ESP32S3 with a breakout of any known chip on D4 = SDA, D5 = SCL; INT1 may go to D1.
from bartracker_fw.boards.profile import Board


def board() -> Board:
    # The board does not measure its battery: two equal resistors (2 x 220 kOhm) from BAT+ to A0 to GND do.
    # 256 packets are 12 s at 416 Hz.
    return Board("XIAO ESP32S3", 6, 5, led=21, led_on=0, battery=1, button=0, wake=2)
