# The boards: pins and parts. `load` gives the profile that the flasher noted, or the one that fits the processor.
import sys

from bartracker_fw.boards.profile import Board


def load(name: str) -> Board:
    if not name:
        machine: str = getattr(sys.implementation, "_machine", "")
        name = "xiao_esp32s3" if "ESP32S3" in machine else "xiao_esp32c6" if "ESP32C6" in machine else "m5stickc_plus2"
    # Only the one that is needed: some set pins when they are loaded.
    if name == "xiao_esp32s3":
        from bartracker_fw.boards import xiao_esp32s3 as found
    elif name == "xiao_esp32c6":
        from bartracker_fw.boards import xiao_esp32c6 as found
    elif name == "m5sticks3":
        from bartracker_fw.boards import m5sticks3 as found
    elif name == "m5stickc_plus2":
        from bartracker_fw.boards import m5stickc_plus2 as found
    elif name == "atoms3r":
        from bartracker_fw.boards import atoms3r as found
    elif name == "generic":
        from bartracker_fw.boards import generic as found
    else:
        raise ValueError("no such board: " + name)
    return found.board()
