# The radio: services, advertising, one connection. What the host writes is queued by the interrupt handler and handled
# in the loop.
import time

import bluetooth
from micropython import const

_IRQ_CENTRAL_CONNECT = const(1)
_IRQ_CENTRAL_DISCONNECT = const(2)
_IRQ_GATTS_WRITE = const(3)
_IRQ_MTU_EXCHANGED = const(21)

_READ = const(0x02)
_WRITE_NO_RESPONSE = const(0x04)
_WRITE = const(0x08)
_NOTIFY = const(0x10)
_INDICATE = const(0x20)

_MTU = const(247)
_DEFAULT_MTU = const(23)
_ENOMEM = const(12)
_INBOX = const(8)
_INDEX_MASK = const(0xFF)
_FAST_US = const(30_000)
_SLOW_US = const(500_000)
# Find us quickly after boot and disconnect; later save the battery.
_FAST_FOR_MS = const(30_000)
_NO_CONNECTION = const(-1)

_LITTLE_SERVICE = b"\xdb\x3f\xed\xaa\xc0\x31\xfa\xb1\x22\x4d\xfe\xd3\x58\xc2\x08\x3c"
_CUSTOM = "3c08%s-d3fe-4d22-b1fa-31c0aaed3fdb"


class Link:
    # name: at most 26 characters. `changed` says that `connected` or `mtu` did.
    # ble: a bluetooth.BLE; without a type, for the stubs take its handles for memoryviews.
    def __init__(self, ble, name: str, maker: str, model: str, version: str) -> None:
        self.mtu = _DEFAULT_MTU
        self.changed = False
        self.retries = 0
        self._connection = _NO_CONNECTION
        self._advertising_since = 0
        self._advertised_us = 0
        # The handler only ever moves the tail, the loop only the head: neither disturbs the other.
        self._inbox: list[bytes | None] = [None] * _INBOX
        self._head = 0
        self._tail = 0
        self._sync_request: bytes | None = None
        self.sync_ticks = 0
        self._ble = ble
        ble.active(True)
        ble.config(mtu=_MTU)
        ble.config(gap_name=name)
        ble.irq(self._irq)
        uuid = bluetooth.UUID
        custom = (
            uuid(_CUSTOM % "c258"),
            (
                (uuid(_CUSTOM % "c259"), _READ),
                (uuid(_CUSTOM % "c25a"), _WRITE | _INDICATE),
                (uuid(_CUSTOM % "c25b"), _NOTIFY),
                (uuid(_CUSTOM % "c25c"), _READ | _NOTIFY),
                (uuid(_CUSTOM % "c25d"), _WRITE_NO_RESPONSE | _NOTIFY),
                (uuid(_CUSTOM % "c25e"), _NOTIFY),
            ),
        )
        battery = (uuid(0x180F), ((uuid(0x2A19), _READ | _NOTIFY),))
        device = (uuid(0x180A), ((uuid(0x2A29), _READ), (uuid(0x2A24), _READ), (uuid(0x2A26), _READ)))
        handles = ble.gatts_register_services((custom, battery, device))
        self._info, self._control, self._data, self._status, self._sync, self._log = handles[0]
        self._battery = handles[1][0]
        for i, text in enumerate((maker, model, version)):
            ble.gatts_write(handles[2][i], text.encode())
        # Longer than any command, so that one that is too long is refused instead of cut.
        ble.gatts_set_buffer(self._control, 32)
        self._advertisement = b"\x02\x01\x06\x11\x07" + _LITTLE_SERVICE
        encoded = name.encode()
        self._response = bytes((len(encoded) + 1, 0x09)) + encoded

    def _irq(self, event: int, data: "tuple[int, ...]") -> None:
        if event == _IRQ_GATTS_WRITE:
            if data[0] != self._connection:
                return
            if data[1] == self._sync:
                self.sync_ticks = time.ticks_us()
                self._sync_request = self._ble.gatts_read(self._sync)
            elif data[1] == self._control and (self._tail - self._head) & _INDEX_MASK < _INBOX:
                self._inbox[self._tail & (_INBOX - 1)] = self._ble.gatts_read(self._control)
                self._tail = (self._tail + 1) & _INDEX_MASK
        elif event == _IRQ_CENTRAL_CONNECT:
            self._connection = data[0]
            self.mtu = _DEFAULT_MTU
            self.changed = True
        elif event == _IRQ_CENTRAL_DISCONNECT:
            if data[0] == self._connection:
                self._connection = _NO_CONNECTION
                self._advertised_us = 0
                self.changed = True
        elif event == _IRQ_MTU_EXCHANGED and data[0] == self._connection:
            self.mtu = data[1] if data[1] < _MTU else _MTU
            self.changed = True

    @property
    def connected(self) -> bool:
        return self._connection != _NO_CONNECTION

    def advertise(self, ticks_ms) -> None:
        # Be found while nobody is connected: quickly at first.
        if self._connection != _NO_CONNECTION:
            return
        if not self._advertised_us:
            self._advertising_since = ticks_ms
            interval_us = _FAST_US
        elif time.ticks_diff(ticks_ms, self._advertising_since) > _FAST_FOR_MS:
            interval_us = _SLOW_US
        else:
            return
        if interval_us != self._advertised_us:
            try:
                self._ble.gap_advertise(interval_us, adv_data=self._advertisement, resp_data=self._response)
            except OSError:
                # The stack is still busy with the last connection: again in the next loop.
                return
            self._advertised_us = interval_us

    def command(self) -> "bytes | None":
        # The oldest command that is still unanswered; `answer` takes it out.
        return None if self._head == self._tail else self._inbox[self._head & (_INBOX - 1)]

    def answer(self, reply: "bytearray | memoryview") -> bool:
        # Indicate the reply to the oldest command; False: the stack is full, try again.
        if self._connection != _NO_CONNECTION:
            try:
                self._ble.gatts_indicate(self._connection, self._control, reply)
            except OSError as error:
                if error.errno == _ENOMEM:
                    self.retries += 1
                    return False
        self._head = (self._head + 1) & _INDEX_MASK
        return True

    def sync_request(self) -> "bytes | None":
        # What the host wrote to time sync, once; it came at sync_ticks.
        request = self._sync_request
        self._sync_request = None
        return request

    def _notify(self, handle: int, data: "bytearray | memoryview") -> bool:
        if self._connection == _NO_CONNECTION:
            return False
        try:
            self._ble.gatts_notify(self._connection, handle, data)
        except OSError:
            # Out of buffers, or a connection that is about to end.
            self.retries += 1
            return False
        return True

    def send_data(self, packet: memoryview) -> bool:
        # False: the stack took nothing, the packet must be sent again.
        return self._notify(self._data, packet)

    def send_sync(self, reply: bytearray) -> bool:
        return self._notify(self._sync, reply)

    def send_log(self, part: memoryview) -> bool:
        return self._notify(self._log, part)

    def set_info(self, info: bytearray) -> None:
        self._ble.gatts_write(self._info, info)

    def set_status(self, status: bytearray, notify: bool) -> None:
        self._ble.gatts_write(self._status, status)
        if notify:
            self._notify(self._status, status)

    def set_battery(self, level: bytearray) -> None:
        self._ble.gatts_write(self._battery, level)
        self._notify(self._battery, level)
