# MicroPython's raw BLE class in front of the host's Bluetooth controller (sim/vm_ble.py).
import binascii
import json

import _vm

_EVENT_CONNECT = 1
_EVENT_DISCONNECT = 2
_EVENT_INDICATE_DONE = 20
_EVENT_ENCRYPTION = 28
_EVENT_GET_SECRET = 29
_EVENT_SET_SECRET = 30
_PEER_KEYS = 2
_READ_BUFFER = bytearray(512)
_ENODEV = 19

_ble = None


class UUID:
    def __init__(self, value):
        self.text = f"{value:04x}" if isinstance(value, int) else value.lower()

    def __repr__(self):
        return "UUID('" + self.text + "')"


class BLE:
    def __new__(cls):
        global _ble
        if _ble is None:
            _ble = super().__new__(cls)
            _ble._handler = None
            _ble._active = False
            _ble._was_off = False
        return _ble

    def active(self, active=None):
        if active is not None and bool(active) is not self._active:
            self._active = bool(active)
            if not active:
                self._was_off = True
                _vm.ask("ble_advertise", "null")
            elif self._was_off:
                _vm.call(_vm.RADIO_ON)
            if active:
                self._load_secrets()
        return self._active

    def _load_secrets(self):
        # NimBLE asks for keys when it needs them; here they are all fetched at the start.
        values = []
        while self._handler is not None:
            value = self._handler(_EVENT_GET_SECRET, (_PEER_KEYS, len(values), None))
            if value is None:
                break
            values.append(binascii.hexlify(value).decode())
        _vm.ask("ble_secrets", json.dumps(values))

    def _check_active(self):
        if not self._active:
            raise OSError(_ENODEV)

    def config(self, *names, **values):
        if values:
            _vm.ask("ble_config", json.dumps(values))

    def irq(self, handler):
        self._handler = handler

    def gatts_register_services(self, services):
        self._check_active()
        plain = [[uuid.text, [[c[0].text, c[1]] for c in characteristics]] for uuid, characteristics in services]
        handles = json.loads(_vm.ask("ble_register", json.dumps(plain)))
        return tuple(tuple(service) for service in handles)

    def gatts_set_buffer(self, handle, length, append=False):
        _vm.ask("ble_buffer", json.dumps([handle, length, append]))

    def gatts_write(self, handle, data, send_update=False):
        self._check_active()
        _vm.call(_vm.GATTS_WRITE, handle, _vm.address_of(data), len(data))

    def gatts_read(self, handle):
        n = _vm.call(_vm.GATTS_READ, handle, _vm.address_of(_READ_BUFFER), len(_READ_BUFFER))
        return bytes(memoryview(_READ_BUFFER)[:n])

    def gatts_notify(self, connection, handle, data):
        _check(_vm.call(_vm.NOTIFY, connection, handle, _vm.address_of(data), len(data)))

    def gatts_indicate(self, connection, handle, data):
        _check(_vm.call(_vm.INDICATE, connection, handle, _vm.address_of(data), len(data)))

    def gap_advertise(self, interval_us, adv_data=b"", *, resp_data=b"", connectable=True):
        self._check_active()
        if interval_us is None:
            _vm.ask("ble_advertise", "null")
        else:
            adv = binascii.hexlify(adv_data).decode()
            resp = binascii.hexlify(resp_data).decode()
            _vm.ask("ble_advertise", json.dumps([interval_us, adv, resp]))

    def gap_disconnect(self, connection):
        return not _vm.call(_vm.DISCONNECT, connection)


def _check(error):
    if error:
        raise OSError(error)


def _deliver():
    # Called while the firmware sleeps; on the device these come from another task.
    while True:
        event = _vm.call(_vm.POLL)
        if not event:
            return
        if _ble is None or _ble._handler is None:
            continue
        mail = _vm.MAIL
        if event in (_EVENT_CONNECT, _EVENT_DISCONNECT):
            data = (mail.a, mail.b, bytes(mail.address))
        elif event == _EVENT_SET_SECRET:
            key, value = _vm.ask("ble_secret", "").split(" ")
            kept = _ble._handler(event, (_PEER_KEYS, binascii.unhexlify(key), binascii.unhexlify(value) or None))
            _vm.ask("ble_kept", "1" if kept else "0")
            continue
        elif event == _EVENT_ENCRYPTION:
            data = (mail.a, mail.b & 1, mail.b >> 1 & 1, mail.b >> 2, mail.c)
        elif event == _EVENT_INDICATE_DONE:
            data = (mail.a, mail.b, mail.c)
        else:
            data = (mail.a, mail.b)
        _ble._handler(event, data)
