# Non-volatile storage and the partition for recordings; the host keeps both between runs.
import binascii

import _vm

_NOT_FOUND = -0x1102
WAKEUP_ANY_HIGH = 1


class NVS:
    def __init__(self, namespace):
        self._prefix = namespace + "/"

    def _get(self, kind, key):
        text = _vm.ask("nvs_get", self._prefix + key + "=" + kind)
        if not text.startswith("="):
            raise OSError(_NOT_FOUND)
        return text[1:]

    def _set(self, kind, key, value):
        _vm.ask("nvs_set", self._prefix + key + "=" + kind + value)

    def get_i32(self, key):
        return int(self._get("i", key))

    def set_i32(self, key, value):
        self._set("i", key, str(value))

    def get_blob(self, key, buf):
        data = binascii.unhexlify(self._get("b", key))
        if len(data) > len(buf):
            raise OSError(-0x110C)
        buf[: len(data)] = data
        return len(data)

    def set_blob(self, key, value):
        self._set("b", key, binascii.hexlify(value).decode())

    def erase_key(self, key):
        _vm.ask("nvs_set", self._prefix + key + "=")

    def commit(self):
        pass


def wake_on_ext1(pins, level):
    _vm.call(_vm.WAKE_PIN, pins[0].number)


class Partition:
    TYPE_DATA = 1
    _BLOCK = 4096

    @staticmethod
    def find(type=TYPE_DATA, subtype=0xFF, label=None, block_size=4096):
        return [Partition(label)] if label == "bartracker" and _vm.call(_vm.FLASH_BLOCKS) else []

    def __init__(self, label):
        self._label = label

    def info(self):
        return (1, 0x40, 0x400000, _vm.call(_vm.FLASH_BLOCKS) * self._BLOCK, self._label, False)

    def readblocks(self, block, buf, offset=0):
        _vm.call(_vm.FLASH_READ, block * self._BLOCK + offset, _vm.address_of(buf), len(buf))

    def writeblocks(self, block, buf, offset=None):
        if offset is None:
            _vm.call(_vm.FLASH_ERASE, block)
        _vm.call(_vm.FLASH_WRITE, block * self._BLOCK + (offset or 0), _vm.address_of(buf), len(buf))

    def ioctl(self, operation, block):
        if operation == 6:
            _vm.call(_vm.FLASH_ERASE, block)
        return 0
