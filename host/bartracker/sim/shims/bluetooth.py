# MicroPython's raw BLE class in front of the host's Bluetooth controller (sim/vm_ble.py).
import binascii
import json

import _vm

_EVENT_CONNECT = 1
_EVENT_DISCONNECT = 2
_EVENT_INDICATE_DONE = 20
_READ_BUFFER = bytearray(512)

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
        return _ble

    def active(self, active=None):
        if active is not None:
            self._active = bool(active)
        return self._active

    def config(self, *names, **values):
        if values:
            _vm.ask("ble_config", json.dumps(values))

    def irq(self, handler):
        self._handler = handler

    def gatts_register_services(self, services):
        plain = [[uuid.text, [[c[0].text, c[1]] for c in characteristics]] for uuid, characteristics in services]
        handles = json.loads(_vm.ask("ble_register", json.dumps(plain)))
        return tuple(tuple(service) for service in handles)

    def gatts_set_buffer(self, handle, length, append=False):
        _vm.ask("ble_buffer", json.dumps([handle, length, append]))

    def gatts_write(self, handle, data, send_update=False):
        _vm.call(_vm.GATTS_WRITE, handle, _vm.address_of(data), len(data))

    def gatts_read(self, handle):
        n = _vm.call(_vm.GATTS_READ, handle, _vm.address_of(_READ_BUFFER), len(_READ_BUFFER))
        return bytes(memoryview(_READ_BUFFER)[:n])

    def gatts_notify(self, connection, handle, data):
        _check(_vm.call(_vm.NOTIFY, connection, handle, _vm.address_of(data), len(data)))

    def gatts_indicate(self, connection, handle, data):
        _check(_vm.call(_vm.INDICATE, connection, handle, _vm.address_of(data), len(data)))

    def gap_advertise(self, interval_us, adv_data=b"", *, resp_data=b"", connectable=True):
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
        elif event == _EVENT_INDICATE_DONE:
            data = (mail.a, mail.b, mail.c)
        else:
            data = (mail.a, mail.b)
        _ble._handler(event, data)
