# Non-volatile storage; the host keeps it between runs.
import binascii

import _vm

_NOT_FOUND = -0x1102


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
