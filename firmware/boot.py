# Which of its two places the firmware is run from. MicroPython runs this file at every start, also before its prompt:
# it only looks and sets the path. What a start changes is main.py's part, `start`.
#
# An update over Bluetooth replaces a slot, never this file: what bartracker_fw uses of it stays as it is.
import os
import sys

import machine
from esp32 import NVS

SLOTS = ("/bartracker_a", "/bartracker_b")
# Written last: a slot without it is not whole.
MANIFEST = "/manifest"
NO_SLOT = 255
# A new slot may be started so often before it has shown that it works.
TRIES = 3
_TRIAL_MS = 30000


def state() -> int:
    # The slot to use, 0 or 1, and, times two, the starts that it has left plus one; 0 there: it works, use it for good.
    # One number in NVS, so that a power cut leaves the old or the new one.
    try:
        value = NVS("bartracker").get_i32("slot")
    except OSError:
        return 0
    return value if 0 <= value < 2 * (TRIES + 2) else 0


def save(value: int) -> None:
    nvs = NVS("bartracker")
    nvs.set_i32("slot", value)
    nvs.commit()


def whole(slot: int) -> bool:
    try:
        os.stat(SLOTS[slot] + MANIFEST)
    except OSError:
        return False
    return True


def chosen() -> int:
    # The slot that is used; NO_SLOT: the package that lies beside this file, put there by hand.
    now = state()
    slot = now & 1
    if now >> 1 == 1:
        slot = 1 - slot
    return slot if whole(slot) else NO_SLOT


def start() -> None:
    # Run the firmware. One that is new and fails is started again, TRIES times, then the old one is back for good.
    now = state()
    left = now >> 1
    if left == 1:
        save(1 - (now & 1))
    elif left:
        # Before it runs: a start that hangs counts.
        save(now - 2)
        machine.WDT(timeout=_TRIAL_MS)
    try:
        from bartracker_fw.start import run

        run()
    except Exception as error:
        if state() < 2:
            raise
        sys.print_exception(error)
        machine.reset()


_slot = chosen()
if _slot != NO_SLOT and SLOTS[_slot] not in sys.path:
    sys.path.insert(0, SLOTS[_slot])
