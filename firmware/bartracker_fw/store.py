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
        self.nvs = NVS(_NAMESPACE)
        self.rate_hz = DEFAULT_RATE_HZ
        self.acc_g = DEFAULT_ACC_G
        self.gyr_dps = DEFAULT_GYR_DPS
        self.lost = False
        self._load()

    def _load(self) -> None:
        # Settings that are absent, of another version or damaged are left at their defaults.
        buf = bytearray(_LENGTH)
        try:
            length = self.nvs.get_blob("settings", buf)
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
        self.nvs.set_blob("settings", buf)
        self.nvs.commit()
        self.lost = False

    # Starts that failed early, in a row

    def count_start(self, failed: bool) -> int:
        # How many starts before this one failed before they got as far as `note_start_good`. failed: whether the last
        # one did, rather than being switched off.
        before = self._number("starts") if failed else 0
        self._keep_number("starts", before + 1)
        return before

    def note_start_good(self) -> None:
        self._keep_number("starts", 0)

    @property
    def armed(self) -> bool:
        # Whether the host wants whatever moves recorded: also after a reset or sleep.
        return self._number("armed") != 0

    def keep_armed(self, armed: bool) -> None:
        self._keep_number("armed", 1 if armed else 0)

    def _number(self, key: str) -> int:
        try:
            return self.nvs.get_i32(key)
        except OSError:
            return 0

    def _keep_number(self, key: str, value: int) -> None:
        self.nvs.set_i32(key, value)
        self.nvs.commit()

    def count_boot(self) -> int:
        # How often the device has started, this time included, modulo 2^16.
        boots = (self._number("boots") + 1) & 0xFFFF
        self._keep_number("boots", boots)
        return boots


def board_name() -> str:
    # The board that the flasher noted, "" if none.
    buf = bytearray(32)
    try:
        length = NVS(_NAMESPACE).get_blob("board", buf)
    except OSError:
        return ""
    return bytes(buf[:length]).decode()
