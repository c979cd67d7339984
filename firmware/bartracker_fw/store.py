# What survives a power cut: settings with version and checksum, the boot count and the board's name, in NVS.
import struct

from esp32 import NVS
from micropython import const

from bartracker_fw.wire import crc16

_VERSION = const(1)
_LENGTH = const(8)
_NAMESPACE = "bartracker"
# ESP_ERR_NVS_NOT_FOUND.
_NOT_FOUND = const(-0x1102)

DEFAULT_RATE_HZ = const(200)
DEFAULT_ACC_G = const(16)
DEFAULT_GYR_DPS = const(2000)


class Store:
    # `lost`: there were settings that could not be read, and the defaults hold.
    def __init__(self) -> None:
        self._nvs = NVS(_NAMESPACE)
        self.rate_hz = DEFAULT_RATE_HZ
        self.acc_g = DEFAULT_ACC_G
        self.gyr_dps = DEFAULT_GYR_DPS
        self.lost = False
        self._load()

    def _load(self) -> None:
        # Settings that are absent, of another version or damaged are left at their defaults.
        buf = bytearray(_LENGTH)
        try:
            length = self._nvs.get_blob("settings", buf)
        except OSError as error:
            self.lost = error.errno != _NOT_FOUND
            return
        self.lost = True
        if length != _LENGTH or buf[0] != _VERSION:
            return
        _, acc_g, rate_hz, gyr_dps, crc = struct.unpack("<BBHHH", buf)
        if crc == crc16(buf, _LENGTH - 2):
            self.rate_hz, self.acc_g, self.gyr_dps = rate_hz, acc_g, gyr_dps
            self.lost = False

    def save(self) -> None:
        buf = bytearray(_LENGTH)
        struct.pack_into("<BBHH", buf, 0, _VERSION, self.acc_g, self.rate_hz, self.gyr_dps)
        struct.pack_into("<H", buf, 6, crc16(buf, 6))
        self._nvs.set_blob("settings", buf)
        self._nvs.commit()
        self.lost = False

    def count_boot(self) -> int:
        # How often the device has started, this time included, modulo 2^16.
        try:
            boots = self._nvs.get_i32("boots")
        except OSError:
            boots = 0
        boots = (boots + 1) & 0xFFFF
        self._nvs.set_i32("boots", boots)
        self._nvs.commit()
        return boots


def board_name() -> str:
    # The board that the flasher noted, "" if none.
    buf = bytearray(32)
    try:
        length = NVS(_NAMESPACE).get_blob("board", buf)
    except OSError:
        return ""
    return bytes(buf[:length]).decode()
