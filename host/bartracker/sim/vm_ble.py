"""The Bluetooth side of the virtual sensor: what the firmware's `bluetooth.BLE` stands on, and a controller in memory
for tests that need no radio. No packets of the host's stack here (that is `sim.peripheral`).
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

BleEvent: TypeAlias = tuple[int, ...] | tuple[int, int, int, bytes]
"""As MicroPython's BLE.irq delivers it: the event number, then its data."""
ServiceSpec: TypeAlias = tuple[str, list[tuple[str, int]]]
"""UUID of a service and, of each characteristic, UUID and flags; 16-bit UUIDs as four hexadecimal digits."""

CENTRAL_CONNECT: Final = 1
CENTRAL_DISCONNECT: Final = 2
GATTS_WRITE: Final = 3
GATTS_INDICATE_DONE: Final = 20
MTU_EXCHANGED: Final = 21
ENCRYPTION_UPDATE: Final = 28
SET_SECRET: Final = 30
ENOMEM: Final = 12
ENOTCONN: Final = 128
_DEFAULT_MTU: Final = 23


class BleController(Protocol):
    """A Bluetooth LE stack as the firmware sees it. Every method is called from the VM's thread."""

    def register_services(self, services: list[ServiceSpec]) -> list[list[int]]:
        """Value handles of each service's characteristics, in order."""
        ...

    def advertise(self, interval_us: int | None, adv_data: bytes, resp_data: bytes | None) -> None:
        """Advertise, connectable; None: stop."""
        ...

    def notify(self, conn: int, handle: int, data: bytes) -> int:
        """0, or an errno: 12 when the stack is out of buffers."""
        ...

    def indicate(self, conn: int, handle: int, data: bytes) -> int:
        """0, or an errno."""
        ...

    def write_value(self, handle: int, data: bytes) -> None:
        """What a central reads from now on."""
        ...

    def read_value(self, handle: int) -> bytes:
        """What a central wrote last."""
        ...

    def disconnect(self, conn: int) -> None:
        """End a connection."""
        ...

    def configure(self, values: dict[str, object]) -> None:
        """As MicroPython's `BLE.config`: bond, mitm, le_secure, io and others."""
        ...

    def load_secrets(self, values: list[bytes]) -> None:
        """The keys of paired centrals that the firmware has kept."""
        ...

    def new_secret(self) -> tuple[bytes, bytes]:
        """Key and value that the newest (30,) event is about."""
        ...

    def secret_kept(self, kept: bool) -> None:
        """Whether the firmware has taken it."""
        ...

    def reset(self) -> None:
        """The board was reset: connections, services and events are gone."""
        ...

    def poll_events(self) -> list[BleEvent]:
        """What happened since the last call: (1, conn, address type, address), (2, ...), (3, conn, handle), (20, conn,
        handle, status), (21, conn, mtu).
        """
        ...


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification or indication: `time_us` as the controller's `clock_us` says, or 0."""

    handle: int
    data: bytes
    indicated: bool
    time_us: int


@dataclass(slots=True)
class MemoryBle:
    """A stack and a central in memory, for tests: the methods below `poll_events` are the central's.

    `free_buffers`: notifications taken before ENOMEM; None: any number. `sent` holds all that went out.
    """

    free_buffers: int | None = None
    sent: list[Notification] = field(default_factory=list[Notification])
    refused: int = 0
    interval_us: int | None = None
    adv_data: bytes = b""
    resp_data: bytes | None = None
    services: list[ServiceSpec] = field(default_factory=list[ServiceSpec])
    values: dict[int, bytes] = field(default_factory=dict[int, bytes])
    now_us: int = 0
    configured: dict[str, object] = field(default_factory=dict[str, object])
    _handles: dict[str, int] = field(default_factory=dict[str, int])
    _events: deque[tuple[BleEvent, bytes | None]] = field(default_factory=deque[tuple[BleEvent, bytes | None]])
    _conn: int | None = None
    _connections: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def register_services(self, services: list[ServiceSpec]) -> list[list[int]]:
        self.services = services
        self._handles = {}
        handles: list[list[int]] = []
        number = 0x10
        for _, characteristics in services:
            own: list[int] = []
            for uuid, _flags in characteristics:
                number += 3
                self._handles[uuid] = number
                self.values[number] = b""
                own.append(number)
            handles.append(own)
        return handles

    def advertise(self, interval_us: int | None, adv_data: bytes, resp_data: bytes | None) -> None:
        self.interval_us, self.adv_data, self.resp_data = interval_us, adv_data, resp_data

    def notify(self, conn: int, handle: int, data: bytes) -> int:
        return self._send(conn, handle, data, indicated=False)

    def indicate(self, conn: int, handle: int, data: bytes) -> int:
        error = self._send(conn, handle, data, indicated=True)
        if not error:
            self._post((GATTS_INDICATE_DONE, conn, handle, 0))
        return error

    def _send(self, conn: int, handle: int, data: bytes, *, indicated: bool) -> int:
        if conn != self._conn:
            return ENOTCONN
        if self.free_buffers is not None:
            if self.free_buffers <= 0:
                self.refused += 1
                return ENOMEM
            self.free_buffers -= 1
        self.sent.append(Notification(handle, data, indicated, self.now_us))
        return 0

    def write_value(self, handle: int, data: bytes) -> None:
        self.values[handle] = data

    def read_value(self, handle: int) -> bytes:
        return self.values[handle]

    def disconnect(self, conn: int) -> None:
        if conn == self._conn:
            self.drop()

    def configure(self, values: dict[str, object]) -> None:
        self.configured |= values

    # This central never pairs.

    def load_secrets(self, values: list[bytes]) -> None:
        pass

    def new_secret(self) -> tuple[bytes, bytes]:
        return b"", b""

    def secret_kept(self, kept: bool) -> None:
        pass

    def reset(self) -> None:
        with self._lock:
            self._events.clear()
            self._conn = None
            self.interval_us = None

    def poll_events(self) -> list[BleEvent]:
        # What was written is there when its event is: at most one write a call.
        events: list[BleEvent] = []
        with self._lock:
            while self._events:
                event, written = self._events.popleft()
                events.append(event)
                if written is not None:
                    self.values[int(event[2])] = written
                    break
        return events

    def _post(self, event: BleEvent, written: bytes | None = None) -> None:
        with self._lock:
            self._events.append((event, written))

    @property
    def connected(self) -> bool:
        """Whether the central holds a connection."""
        return self._conn is not None

    def handle(self, uuid: str) -> int:
        """Value handle of a characteristic."""
        return self._handles[uuid]

    def connect(self, mtu: int = 247) -> None:
        """The central connects and agrees on an MTU."""
        self._connections += 1
        self._conn = self._connections
        self.interval_us = None
        self._post((CENTRAL_CONNECT, self._conn, 1, bytes(6)))
        if mtu != _DEFAULT_MTU:
            self._post((MTU_EXCHANGED, self._conn, mtu))

    def drop(self) -> None:
        """The connection ends."""
        conn, self._conn = self._conn, None
        if conn is not None:
            self._post((CENTRAL_DISCONNECT, conn, 1, bytes(6)))

    def write(self, uuid: str, data: bytes) -> None:
        """The central writes a characteristic."""
        if self._conn is not None:
            self._post((GATTS_WRITE, self._conn, self._handles[uuid]), data)

    def received(self, uuid: str) -> list[bytes]:
        """All that came from a characteristic so far."""
        handle = self._handles[uuid]
        return [item.data for item in self.sent if item.handle == handle]
