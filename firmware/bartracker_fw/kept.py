# The sensor's calibration in NVS, as the host made it: taken part by part, looked at as a whole, only then kept.
# What it says is the host's business; here is looked whether it can be one, and of this very sensor.
# Imports neither machine nor bluetooth.
import binascii
import struct

from micropython import const

LENGTH = const(1380)
PART = const(200)

# Why a block is not kept: the reply's detail.
INCOMPLETE = const(1)
UNKNOWN = const(2)
DAMAGED = const(3)
ANOTHER = const(4)
IMPLAUSIBLE = const(5)

_MAGIC = b"BTCL"
_VERSION = const(1)
_ID_AT = const(8)
_FLOATS_AT = const(40)
_CRC_AT = const(1376)
# Bias 3 and matrix 9 of the accelerometer, the same of the gyroscope, rate per force 9, gravity, covariance 24 x 24.
_ACC_BIAS_END = const(3)
_ACC_MATRIX_END = const(12)
_GYR_BIAS_END = const(15)
_GYR_MATRIX_END = const(24)
_PER_ACC_END = const(33)
_COVARIANCE = const(34)
_PARAMETERS = const(24)
# m/s^2, rad/s, rad/s per m/s^2, and of the matrices how far from the identity. No chip is that far off.
_MOST_ACC = 5.0
_MOST_GYR = 1.0
_MOST_MATRIX = 0.5
_MOST_PER_ACC = 0.125
_MOST_COVARIANCE = 10.0
_KEY = "calibration"
_NOT_FOUND = const(-0x1102)


class Kept:
    # nvs: an esp32.NVS. `lost`: there was a calibration that could not be read; it is not used.
    def __init__(self, nvs, device_id: bytes) -> None:
        self._nvs = nvs
        self._device_id = device_id
        self._block: bytearray | None = None
        self._parts: bytearray | None = None
        self._have = 0
        self.lost = False
        self._load()

    def _load(self) -> None:
        block = bytearray(LENGTH)
        try:
            length = self._nvs.get_blob(_KEY, block)
        except OSError as error:
            self.lost = error.errno != _NOT_FOUND
            return
        if length == LENGTH and not self._problem(block, 0):
            self._block = block
        else:
            self.lost = True

    def part(self, offset: int, most: int) -> "bytes | None":
        # Length of all, 0 if nothing is kept, and bytes from the offset on; None: nothing begins there.
        block = self._block
        if block is None:
            return None if offset else b"\x00\x00"
        if offset >= LENGTH:
            return None
        return struct.pack("<H", LENGTH) + block[offset : offset + most]

    def write(self, offset: int, data: "bytes | memoryview") -> bool:
        # The next part; 0 begins anew. False: it is not the next, or too much.
        if not offset:
            self._parts = bytearray(LENGTH)
            self._have = 0
        parts = self._parts
        if parts is None or offset != self._have or not data or offset + len(data) > LENGTH:
            return False
        parts[offset : offset + len(data)] = data
        self._have += len(data)
        return True

    def commit(self, chip: int) -> int:
        # Keep what has come instead of what was kept. 0, or why not; raises OSError if the flash refuses.
        parts = self._parts
        if parts is None or self._have != LENGTH:
            return INCOMPLETE
        problem = self._problem(parts, chip)
        if not problem:
            # NVS holds the old one until the new one is whole.
            self._nvs.set_blob(_KEY, parts)
            self._nvs.commit()
            self._block = parts
            self.lost = False
            self.forget_parts()
        return problem

    def erase(self) -> None:
        # Raises OSError if the flash refuses.
        try:
            self._nvs.erase_key(_KEY)
            self._nvs.commit()
        except OSError as error:
            if error.errno != _NOT_FOUND:
                raise
        self._block = None
        self.lost = False

    def forget_parts(self) -> None:
        self._parts = None
        self._have = 0

    def _problem(self, block: bytearray, chip: int) -> int:
        # chip 0: not known.
        if block[:4] != _MAGIC or block[4] != _VERSION or block[6] | block[7] << 8 != LENGTH:
            return UNKNOWN
        if binascii.crc32(memoryview(block)[:_CRC_AT]) & 0xFFFFFFFF != struct.unpack_from("<I", block, _CRC_AT)[0]:
            return DAMAGED
        own_id = self._device_id
        if block[_ID_AT : _ID_AT + len(own_id)] != own_id or (chip and block[5] != chip):
            return ANOTHER
        return 0 if _plausible(block) else IMPLAUSIBLE


def _plausible(block: bytearray) -> bool:
    row = 0
    column = 0
    for at in range((_CRC_AT - _FLOATS_AT) // 4):
        value = struct.unpack_from("<f", block, _FLOATS_AT + 4 * at)[0]
        if at < _COVARIANCE:
            if not _fits(at, value):
                return False
        else:
            # Lower triangle: the last of a row is a variance.
            if not -_MOST_COVARIANCE <= value <= _MOST_COVARIANCE or (row == column and value < 0):
                return False
            column += 1
            if column > row:
                row += 1
                column = 0
    return row == _PARAMETERS


def _fits(at: int, value: float) -> bool:
    # Written so that what is no number does not fit.
    if at < _ACC_BIAS_END:
        return -_MOST_ACC <= value <= _MOST_ACC
    if at < _ACC_MATRIX_END:
        value -= (at - _ACC_BIAS_END) % 4 == 0
        return -_MOST_MATRIX < value < _MOST_MATRIX
    if at < _GYR_BIAS_END:
        return -_MOST_GYR <= value <= _MOST_GYR
    if at < _GYR_MATRIX_END:
        value -= (at - _GYR_BIAS_END) % 4 == 0
        return -_MOST_MATRIX < value < _MOST_MATRIX
    if at < _PER_ACC_END:
        return -_MOST_PER_ACC <= value <= _MOST_PER_ACC
    return value == 0.0 or 9.7 < value < 9.9
