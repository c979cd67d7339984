# The way out of the VM: one mailbox in guest memory, read and answered by the host (sim/vm_devices.py). Nothing here
# is allocated per call, so the firmware's loop can run with the heap locked.
import struct

import host
import uctypes

TICKS = 1
SLEEP = 2
I2C_READ = 3
I2C_WRITE = 4
POLL = 5
NOTIFY = 6
INDICATE = 7
GATTS_WRITE = 8
GATTS_READ = 9
ADVERTISE = 10
DISCONNECT = 11
PIN = 12
ADC = 13
WATCHDOG = 14
UNIQUE_ID = 15
FLASH_BLOCKS = 30
FLASH_READ = 31
FLASH_WRITE = 32
FLASH_ERASE = 33
WAKE_PIN = 34
OFF = 35
RESET = 40
RESET_CAUSE = 36
NAP = 37
RADIO_ON = 38
PIN_READ = 39

_MAIL = bytes(bytearray(64))
_OUT = uctypes.bytearray_at(uctypes.addressof(_MAIL), 64)
MAIL = uctypes.struct(
    uctypes.addressof(_MAIL),
    {
        "result": uctypes.INT32 | 24,
        "a": uctypes.INT32 | 28,
        "b": uctypes.INT32 | 32,
        "c": uctypes.INT32 | 36,
        "address": (uctypes.ARRAY | 40, uctypes.UINT8 | 6),
    },
)
address_of = uctypes.addressof


def call(operation, a=0, b=0, c=0, d=0, e=0):
    struct.pack_into("<iiiiii", _OUT, 0, operation, a, b, c, d, e)
    host.call("x", _MAIL)
    return MAIL.result


def ask(name, text):
    # Rare calls carry text both ways.
    return host.call(name, text)
