"""A sensor's Bluetooth stack over Bumble, with the calls and events of MicroPython's `bluetooth.BLE`: what the shim in
the VM talks to. The radio is air.py's.
"""

import errno
import random
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from bumble import att
from bumble.core import UUID
from bumble.core import TimeoutError as BumbleTimeoutError
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, AddressType
from bumble.keys import MemoryKeyStore, PairingKeys
from bumble.pairing import PairingConfig

from bartracker.sim.air import VirtualAir
from bartracker.sim.vm_ble import (
    CENTRAL_CONNECT,
    CENTRAL_DISCONNECT,
    ENCRYPTION_UPDATE,
    ENOMEM,
    ENOTCONN,
    GATTS_INDICATE_DONE,
    GATTS_WRITE,
    MTU_EXCHANGED,
    SET_SECRET,
    BleEvent,
    ServiceSpec,
)

_ADVERTISEMENT_BYTES: Final = 31
_READ: Final = 0x02
_READ_ENCRYPTED: Final = 0x0200
_WRITE_ENCRYPTED: Final = 0x1000
_KEY_BYTES: Final = 16
_WRITE: Final = 0x04 | 0x08
_PROPERTIES: Final = 0xFF
_L2CAP_HEADER: Final = 4
_ATT_HEADER: Final = 3
_LEAST_INTERVAL_MS: Final = 20.0


@dataclass(frozen=True, slots=True)
class _Written:
    conn: int
    handle: int
    value: bytes


class BumblePeripheral:
    """One sensor's stack on the air. Called from the sensor's thread; events are fetched with `poll_events`.

    Counters: `notified` notifications accepted, `refused` with ENOMEM, `lost` on the way to the host.
    """

    def __init__(self, air: VirtualAir) -> None:
        self._air = air
        self._lock = threading.Lock()
        self._events: deque[BleEvent | _Written] = deque()
        self._values: dict[int, bytes] = {}
        self._characteristics: dict[int, Characteristic[bytes]] = {}
        self._connections: dict[int, Connection] = {}
        self._services: list[ServiceSpec] = []
        self._handles: list[list[int]] = []
        self._rules: dict[str, object] = {}
        self._keys = MemoryKeyStore()
        self._offered = (b"", b"")
        self._in_pool = 0
        self._random = random.Random(air.conditions.seed)
        self.notified = self.refused = self.lost = 0
        self._device: Device = air.call(air.new_device(self._on_delivered))
        self._device.on(Device.EVENT_CONNECTION, self._on_connection)
        self._device.pairing_config_factory = self._pairing_rules

    @property
    def address(self) -> str:
        """The sensor's address, AA:BB:CC:DD:EE:FF."""
        return str(self._device.random_address).split("/")[0]

    def register_services(self, services: list[ServiceSpec]) -> list[list[int]]:
        """Offer these services, (uuid, [(uuid, MicroPython's flags), ...]) each; the value handles of each."""
        return self._air.call(self._register(services))

    async def _register(self, services: list[ServiceSpec]) -> list[list[int]]:
        if services == self._services:
            return self._handles
        server: Any = self._device.gatt_server
        server.services.clear()
        server.attributes.clear()
        server.attributes_by_handle.clear()
        handles: list[list[int]] = []
        for uuid, characteristics in services:
            made = [self._characteristic(each, flags) for each, flags in characteristics]
            self._device.add_service(Service(UUID(uuid), made))
            for each in made:
                self._values[each.handle] = b""
                self._characteristics[each.handle] = each
            handles.append([each.handle for each in made])
        if not self._services:
            await self._device.power_on()
        self._services, self._handles = services, handles
        return handles

    def _characteristic(self, uuid: str, flags: int) -> Characteristic[bytes]:
        permissions = Characteristic.Permissions(0)
        if flags & _READ:
            permissions |= Characteristic.READABLE
        if flags & _WRITE:
            permissions |= Characteristic.WRITEABLE
        if flags & _READ_ENCRYPTED:
            permissions |= Characteristic.READ_REQUIRES_ENCRYPTION
        if flags & _WRITE_ENCRYPTED:
            permissions |= Characteristic.WRITE_REQUIRES_ENCRYPTION
        made: Characteristic[bytes] = Characteristic(
            UUID(uuid), Characteristic.Properties(flags & _PROPERTIES), permissions
        )

        def read(_: Connection) -> bytes:
            return self.read_value(made.handle)

        def write(connection: Connection, value: bytes) -> None:
            with self._lock:
                self._events.append(_Written(connection.handle, made.handle, bytes(value)))

        made.value = CharacteristicValue(read=read, write=write)
        return made

    def configure(self, values: dict[str, object]) -> None:
        """As MicroPython's `BLE.config`; of it the rules of pairing count here."""
        self._rules |= values

    def load_secrets(self, values: list[bytes]) -> None:
        """Keys as `new_secret` gave them; nothing else is known of other devices from here on."""
        self._air.call(self._load_secrets(values))

    async def _load_secrets(self, values: list[bytes]) -> None:
        self._keys = MemoryKeyStore()
        self._device.keystore = self._keys
        for value in values:
            address = Address(bytes(value[1:7]), AddressType(value[0]))
            await self._keys.update(str(address), PairingKeys(ltk=PairingKeys.Key(bytes(value[7:]))))

    def new_secret(self) -> tuple[bytes, bytes]:
        """Key and value that the newest (30,) event is about: the other's address, and address and long-term key."""
        with self._lock:
            return self._offered

    def secret_kept(self, kept: bool) -> None:
        """Keys that the firmware does not take are forgotten."""
        if not kept:
            self._air.call(self._forget(self._offered[0]))

    async def _forget(self, key: bytes) -> None:
        await self._keys.delete(str(Address(key[1:7], AddressType(key[0]))))

    def _pairing_rules(self, _: Connection) -> PairingConfig:
        rules = self._rules
        return PairingConfig(
            sc=bool(rules.get("le_secure", True)),
            mitm=bool(rules.get("mitm", False)),
            bonding=bool(rules.get("bond", False)),
        )

    def advertise(self, interval_us: int | None, adv_data: bytes = b"", resp_data: bytes | None = None) -> None:
        """Advertise at this interval, or stop (None). Raises ValueError for data that do not fit."""
        response = resp_data or b""
        for data in (adv_data, response):
            if len(data) > _ADVERTISEMENT_BYTES:
                raise ValueError(f"{len(data)} bytes of advertising data, {_ADVERTISEMENT_BYTES} fit")
        self._air.call(self._advertise(interval_us, adv_data + response))

    async def _advertise(self, interval_us: int | None, data: bytes) -> None:
        if interval_us is None:
            await self._device.stop_advertising()
            return
        interval_ms = max(_LEAST_INTERVAL_MS, interval_us / 1000)
        # Bumble's virtual controller answers no scan requests: the scan response goes out with the advertisement.
        await self._device.start_advertising(
            advertising_data=data, advertising_interval_min=interval_ms, advertising_interval_max=interval_ms
        )

    def notify(self, conn: int, handle: int, data: bytes) -> int:
        """Queue a notification; 0, or ENOMEM while the stack's pool is full, ENOTCONN, ENOENT."""
        with self._lock:
            problem = self._cannot_send(conn, handle)
            if problem:
                return problem
            if self._in_pool >= self._air.conditions.pool_packets:
                self.refused += 1
                return ENOMEM
            self.notified += 1
            if self._random.random() < self._air.conditions.loss:
                self.lost += 1
                return 0
            self._in_pool += 1
        self._air.post(self._send_notification, conn, handle, bytes(data))
        return 0

    def indicate(self, conn: int, handle: int, data: bytes) -> int:
        """Send an indication; an event tells when it was confirmed. 0, ENOTCONN or ENOENT."""
        with self._lock:
            problem = self._cannot_send(conn, handle)
        if not problem:
            self._air.post(self._start_indication, conn, handle, bytes(data))
        return problem

    def write_value(self, handle: int, data: bytes) -> None:
        """What the host reads of a characteristic from now on."""
        with self._lock:
            self._values[handle] = bytes(data)

    def read_value(self, handle: int) -> bytes:
        """What the sensor or the host wrote last."""
        with self._lock:
            return self._values.get(handle, b"")

    def disconnect(self, conn: int) -> None:
        """End a connection; an event follows."""
        with self._lock:
            connection = self._connections.get(conn)
        if connection is not None:
            self._air.call(connection.disconnect())

    def reset(self) -> None:
        """The board was reset: its connections end, nothing is advertised."""
        self._air.call(self._reset())
        with self._lock:
            self._events.clear()

    async def _reset(self) -> None:
        for connection in list(self._connections.values()):
            await connection.disconnect()
        if self._device.is_advertising:
            await self._device.stop_advertising()

    def poll_events(self) -> list[BleEvent]:
        """What happened since the last call, as `BLE.irq` would have been told: a value that the host wrote stays
        readable until the next call, so a second write to the same place waits for that.
        """
        events: list[BleEvent] = []
        written: set[int] = set()
        with self._lock:
            while self._events:
                event = self._events[0]
                if isinstance(event, _Written):
                    if event.handle in written:
                        break
                    written.add(event.handle)
                    self._values[event.handle] = event.value
                    events.append((GATTS_WRITE, event.conn, event.handle))
                else:
                    events.append(event)
                self._events.popleft()
        return events

    def _cannot_send(self, conn: int, handle: int) -> int:
        if conn not in self._connections:
            return ENOTCONN
        return 0 if handle in self._characteristics else errno.ENOENT

    def _on_connection(self, connection: Connection) -> None:
        address = bytes(reversed(bytes(connection.peer_address)))
        kind = int(connection.peer_address.address_type)
        conn = connection.handle

        def on_mtu() -> None:
            with self._lock:
                self._events.append((MTU_EXCHANGED, conn, connection.att_mtu))

        def on_end(_: int) -> None:
            with self._lock:
                self._connections.pop(conn, None)
                self._in_pool = 0
                self._events.append((CENTRAL_DISCONNECT, conn, kind, address))

        pairing = False

        def on_pairing_start() -> None:
            nonlocal pairing
            pairing = True

        def on_pairing(keys: PairingKeys) -> None:
            nonlocal pairing
            pairing = False
            bonded = bool(self._rules.get("bond", False)) and keys.ltk is not None
            peer = bytes((int(connection.peer_address.address_type),)) + bytes(connection.peer_address)
            with self._lock:
                if bonded and keys.ltk is not None:
                    self._offered = (peer, peer + keys.ltk.value)
                    self._events.append((SET_SECRET, 0, 0, 0))
                self._events.append((ENCRYPTION_UPDATE, conn, 1 | bonded << 2, _KEY_BYTES))
            if not bonded:
                # Bumble keeps the keys of any pairing; NimBLE those of a bond.
                self._air.keep(self._forget(peer))

        def on_encryption() -> None:
            # By keys from an earlier pairing; a new one tells when it is done.
            if not pairing:
                with self._lock:
                    self._events.append((ENCRYPTION_UPDATE, conn, 5 if connection.encryption else 0, _KEY_BYTES))

        connection.on(connection.EVENT_PAIRING_START, on_pairing_start)
        connection.on(connection.EVENT_PAIRING, on_pairing)
        connection.on(connection.EVENT_CONNECTION_ENCRYPTION_CHANGE, on_encryption)
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, on_mtu)
        connection.on(connection.EVENT_DISCONNECTION, on_end)
        with self._lock:
            self._connections[conn] = connection
            self._events.append((CENTRAL_CONNECT, conn, kind, address))

    def _on_delivered(self, packet: bytes) -> None:
        if len(packet) > _L2CAP_HEADER and packet[_L2CAP_HEADER] == att.Opcode.ATT_HANDLE_VALUE_NOTIFICATION:
            with self._lock:
                self._in_pool = max(0, self._in_pool - 1)

    def _send_notification(self, conn: int, handle: int, data: bytes) -> None:
        connection = self._connections.get(conn)
        if connection is None:
            return
        server = self._device.gatt_server
        if server.subscribers.get(connection, {}).get(handle, b"\0\0")[0] & 1:
            value = data[: connection.att_mtu - _ATT_HEADER]
            packet = att.ATT_Handle_Value_Notification(attribute_handle=handle, attribute_value=value)
            server.send_gatt_pdu(connection, bytes(packet))
        else:
            with self._lock:
                self._in_pool = max(0, self._in_pool - 1)

    def _start_indication(self, conn: int, handle: int, data: bytes) -> None:
        self._air.keep(self._indicate(conn, handle, data))

    async def _indicate(self, conn: int, handle: int, data: bytes) -> None:
        connection = self._connections.get(conn)
        if connection is None:
            return
        try:
            await self._device.gatt_server.indicate_subscriber(
                connection, self._characteristics[handle], data, force=True
            )
        except (TimeoutError, BumbleTimeoutError):
            return  # the connection was lost meanwhile
        with self._lock:
            if conn in self._connections:
                self._events.append((GATTS_INDICATE_DONE, conn, handle, 0))
