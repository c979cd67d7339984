# The radio: services, advertising, one connection. What the host writes is queued by the interrupt handler and handled
# in the loop.
import time

import bluetooth
from micropython import const

from bartracker_fw.pairing import Pairing

_IRQ_CENTRAL_CONNECT = const(1)
_IRQ_CENTRAL_DISCONNECT = const(2)
_IRQ_GATTS_WRITE = const(3)
_IRQ_MTU_EXCHANGED = const(21)
_IRQ_ENCRYPTION_UPDATE = const(28)
_IRQ_GET_SECRET = const(29)
_IRQ_SET_SECRET = const(30)

_READ = const(0x02)
_WRITE_NO_RESPONSE = const(0x04)
_WRITE = const(0x08)
_NOTIFY = const(0x10)
_INDICATE = const(0x20)
_READ_ENCRYPTED = const(0x0200)
_WRITE_ENCRYPTED = const(0x1000)
# No display and no keys: pairing is confirmed by nobody ("just works").
_NO_INPUT_OUTPUT = const(3)

_MTU = const(247)
_DEFAULT_MTU = const(23)
_ENOMEM = const(12)
_INBOX = const(8)
_CHUNKS = const(16)
_INDEX_MASK = const(0xFF)
_FAST_US = const(30_000)
_SLOW_US = const(500_000)
# Find us quickly after boot and disconnect; later save the battery.
_FAST_FOR_MS = const(30_000)
_NO_CONNECTION = const(-1)

_LITTLE_SERVICE = b"\xdb\x3f\xed\xaa\xc0\x31\xfa\xb1\x22\x4d\xfe\xd3\x58\xc2\x08\x3c"
_CUSTOM = "3c08%s-d3fe-4d22-b1fa-31c0aaed3fdb"


class Link:
    # name: at most 26 characters. `changed` says that `connected` or `mtu` did. `on`: the radio is.
    # ble: a bluetooth.BLE; without a type, for the stubs take its handles for memoryviews.
    def __init__(self, ble, name: str, maker: str, model: str, version: str, pairing: Pairing) -> None:
        self._pairing = pairing
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
        # The same for parts of a new firmware; those for which there is no room are sent again.
        self._chunks: list[bytes | None] = [None] * _CHUNKS
        self._chunks_head = 0
        self._chunks_tail = 0
        self._sync_request: bytes | None = None
        self.sync_ticks = 0
        self._ble = ble
        self._name = name
        self._texts = (maker, model, version)
        self._advertisement = b"\x02\x01\x06\x11\x07" + _LITTLE_SERVICE
        encoded = name.encode()
        self._response = bytes((len(encoded) + 1, 0x09)) + encoded
        self.on = False
        self.switch_on()

    def switch_on(self) -> None:
        # Allocates. What can be read has to be set anew.
        ble = self._ble
        # First of all: what starts the stack asks for its keys.
        ble.irq(self._irq)
        ble.active(True)
        ble.config(mtu=_MTU)
        ble.config(gap_name=self._name)
        reading = writing = 0
        if self._pairing.on:
            reading = _READ_ENCRYPTED
            writing = _WRITE_ENCRYPTED
            ble.config(io=_NO_INPUT_OUTPUT, mitm=False, le_secure=True)
            ble.config(bond=self._pairing.window_s > 0)
        uuid = bluetooth.UUID
        custom = (
            uuid(_CUSTOM % "c258"),
            (
                (uuid(_CUSTOM % "c259"), _READ | reading),
                (uuid(_CUSTOM % "c25a"), _WRITE | _INDICATE | writing),
                (uuid(_CUSTOM % "c25b"), _NOTIFY),
                (uuid(_CUSTOM % "c25c"), _READ | _NOTIFY | reading),
                (uuid(_CUSTOM % "c25d"), _WRITE_NO_RESPONSE | _NOTIFY | writing),
                (uuid(_CUSTOM % "c25e"), _NOTIFY),
                (uuid(_CUSTOM % "c25f"), _WRITE_NO_RESPONSE | writing),
            ),
        )
        battery = (uuid(0x180F), ((uuid(0x2A19), _READ | _NOTIFY),))
        device = (uuid(0x180A), ((uuid(0x2A29), _READ), (uuid(0x2A24), _READ), (uuid(0x2A26), _READ)))
        handles = ble.gatts_register_services((custom, battery, device))
        self._info, self._control, self._data, self._status, self._sync, self._log, self._update = handles[0]
        self._battery = handles[1][0]
        for i, text in enumerate(self._texts):
            ble.gatts_write(handles[2][i], text.encode())
        # Longer than any command, so that one that is too long is refused instead of cut.
        ble.gatts_set_buffer(self._control, 256)
        ble.gatts_set_buffer(self._update, _MTU)
        self._advertised_us = 0
        self.on = True

    def switch_off(self) -> None:
        # No radio, as light sleep wants it; only while nobody is connected.
        self._ble.active(False)
        self.on = False

    def _irq(self, event: int, data):
        if event >= _IRQ_ENCRYPTION_UPDATE:
            return self._on_security(event, data)
        if event == _IRQ_GATTS_WRITE:
            if data[0] != self._connection or not self._pairing.trusted:
                return None
            if data[1] == self._sync:
                self.sync_ticks = time.ticks_us()
                self._sync_request = self._ble.gatts_read(self._sync)
            elif data[1] == self._control and (self._tail - self._head) & _INDEX_MASK < _INBOX:
                self._inbox[self._tail & (_INBOX - 1)] = self._ble.gatts_read(self._control)
                self._tail = (self._tail + 1) & _INDEX_MASK
            elif data[1] == self._update and (self._chunks_tail - self._chunks_head) & _INDEX_MASK < _CHUNKS:
                self._chunks[self._chunks_tail & (_CHUNKS - 1)] = self._ble.gatts_read(self._update)
                self._chunks_tail = (self._chunks_tail + 1) & _INDEX_MASK
        elif event == _IRQ_CENTRAL_CONNECT:
            self._connection = data[0]
            self._pairing.note_connection()
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
        return None

    def _on_security(self, event: int, data):
        if event == _IRQ_GET_SECRET:
            return self._pairing.secret(data[0], data[1], data[2])
        if event == _IRQ_SET_SECRET:
            return self._pairing.keep_secret(data[0], data[1], data[2])
        if event == _IRQ_ENCRYPTION_UPDATE and data[0] == self._connection:
            self._pairing.note_encryption(bool(data[1]), bool(data[3]))
            if self._pairing.strange:
                self.disconnect()
        return None

    @property
    def connected(self) -> bool:
        return self._connection != _NO_CONNECTION

    def disconnect(self) -> None:
        if self._connection != _NO_CONNECTION:
            self._ble.gap_disconnect(self._connection)

    def follow_pairing(self) -> None:
        # Without a bond nobody is trusted: so no new host while the window is closed.
        if self._pairing.changed and self.on:
            self._pairing.changed = False
            self._ble.config(bond=self._pairing.window_s > 0)

    def advertise(self, ticks_ms) -> None:
        # Be found while nobody is connected: quickly at first.
        if self._connection != _NO_CONNECTION or not self.on:
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

    def chunk(self) -> "bytes | None":
        # The oldest part of a new firmware, once.
        if self._chunks_head == self._chunks_tail:
            return None
        raw = self._chunks[self._chunks_head & (_CHUNKS - 1)]
        self._chunks_head = (self._chunks_head + 1) & _INDEX_MASK
        return raw

    @property
    def on_air(self) -> bool:
        return self._connection != _NO_CONNECTION or self._advertised_us != 0

    def sync_request(self) -> "bytes | None":
        # What the host wrote to time sync, once; it came at sync_ticks.
        request = self._sync_request
        self._sync_request = None
        return request

    def _notify(self, handle: int, data: "bytearray | memoryview") -> bool:
        if self._connection == _NO_CONNECTION or not self._pairing.trusted:
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
        if self.on:
            self._ble.gatts_write(self._info, info)

    def set_status(self, status: bytearray, notify: bool) -> None:
        if self.on:
            self._ble.gatts_write(self._status, status)
        if notify:
            self._notify(self._status, status)

    def set_battery(self, level: bytearray) -> None:
        if self.on:
            self._ble.gatts_write(self._battery, level)
        self._notify(self._battery, level)
