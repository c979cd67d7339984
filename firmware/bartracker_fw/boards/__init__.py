# The boards: pins and parts. `load` gives the profile that the flasher noted, or the one that fits the processor.
import sys

from bartracker_fw.boards.profile import Board


def load(name: str) -> Board:
    if not name:
        machine: str = getattr(sys.implementation, "_machine", "")
        name = "xiao_esp32s3" if "ESP32S3" in machine else "m5stickc_plus2"
    if name == "xiao_esp32s3":
        from bartracker_fw.boards import xiao_esp32s3

        return xiao_esp32s3.board()
    if name == "m5stickc_plus2":
        from bartracker_fw.boards import m5stickc_plus2

        return m5stickc_plus2.board()
    raise ValueError("no such board: " + name)
