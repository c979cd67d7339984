"""The air between a virtual sensor and the host: Bumble controllers on one link in one process, and what a radio does
to packets: connection events, outages, lost connections. No services and no sensor here.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from bumble import ll
from bumble.controller import Connection as RadioConnection
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.device import Advertisement, Device, DeviceConfiguration
from bumble.hci import Address, HCI_ErrorCode, HCI_LE_Set_Random_Address_Command
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from bartracker.errors import BartrackerError
from bartracker.sim.virtual_time import VirtualTimeLoop

_T = TypeVar("_T")
_LONG_PACKETS: Final = 251
_TIMEOUT_S: Final = 10.0
_CENTRAL_ADDRESS: Final = "F0:BA:00:00:00:01"


@dataclass(frozen=True, slots=True)
class AirConditions:
    """How good the radio is; the default is a perfect one.

    Attributes:
        interval_s: connection interval, 0 or 0.0075..4 s: packets wait for the next connection event; 0: none do.
        packets_per_event: at most so many from each side in one connection event; laptops manage about six.
        supervision_s: an outage that lasts longer drops the connection; Bluetooth allows 0.1..32 s.
        loss: share of notifications lost between the two stacks, 0..1. (On air nothing is lost: it is sent again.)
        outages_s: from and to, s since the first connection: nothing passes, in either direction.
        drops_s: when the connection is lost at once, s since the first connection.
        pool_packets: notifications that the sensor's stack holds before it answers ENOMEM.
        mtu: largest ATT MTU that the sensor agrees to, 23..517 bytes.
        seed: of what is lost.
    """

    interval_s: float = 0.0
    packets_per_event: int = 6
    supervision_s: float = 2.0
    loss: float = 0.0
    outages_s: tuple[tuple[float, float], ...] = ()
    drops_s: tuple[float, ...] = ()
    pool_packets: int = 24
    mtu: int = 247
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _InFlight:
    sender: Controller
    connection: RadioConnection
    data: bytes


class _Radio(LocalLink):
    """Bumble's link, with time and faults. Lives in one event loop."""

    def __init__(self, conditions: AirConditions) -> None:
        super().__init__()
        self._conditions = conditions
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_InFlight] = deque()
        self._event: asyncio.TimerHandle | None = None
        self._supervision: asyncio.TimerHandle | None = None
        self._blocked = False
        self._met = False
        self.delivered: dict[Controller, Callable[[bytes], None]] = {}

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        if connection is None or transport != PhysicalTransport.LE:
            return
        self._waiting.append(_InFlight(sender_controller, connection, data))
        self._plan_event()

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        if self._blocked:
            return
        if isinstance(packet, ll.ConnectInd) and not self._met:
            self._met = True
            for from_s, to_s in self._conditions.outages_s:
                self._loop.call_later(from_s, self.block)
                self._loop.call_later(to_s, self.unblock)
            for at_s in self._conditions.drops_s:
                self._loop.call_later(at_s, self.drop_all)
        super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu) -> None:
        if self._blocked or self.find_le_controller(receiver_address) is None:
            # The other side notices when nothing has come for the supervision time.
            self._loop.call_later(self._conditions.supervision_s, self._drop_one_sided)
            return
        super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def block(self) -> None:
        """Begin an outage."""
        if not self._blocked:
            self._blocked = True
            self._supervision = self._loop.call_later(self._conditions.supervision_s, self.drop_all)

    def unblock(self) -> None:
        """End it; what waited is delivered if the connection has outlived it."""
        self._blocked = False
        if self._supervision is not None:
            self._supervision.cancel()
        self._plan_event()

    def drop_all(self) -> None:
        """Every connection is lost now, on both sides."""
        self._drop([(each, link) for each in self.controllers for link in each.le_connections.values()])

    def _drop_one_sided(self) -> None:
        self._drop(
            [
                (each, link)
                for each in self.controllers
                for link in each.le_connections.values()
                if self._other_side(link) is None
            ]
        )

    def _drop(self, sides: list[tuple[Controller, RadioConnection]]) -> None:
        for controller, link in sides:
            controller.on_le_disconnected(link, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    def _other_side(self, link: RadioConnection) -> Controller | None:
        for each in self.controllers:
            peer = each.le_connections.get(link.self_address)
            if peer is not None and peer.self_address == link.peer_address:
                return each
        return None

    def _plan_event(self) -> None:
        if self._event is None and self._waiting and not self._blocked:
            interval_s = self._conditions.interval_s
            delay_s = interval_s - self._loop.time() % interval_s if interval_s else 0.0
            self._event = self._loop.call_later(delay_s, self._connection_event)

    def _connection_event(self) -> None:
        self._event = None
        if self._blocked:
            return
        sent: Counter[Controller] = Counter()
        later: deque[_InFlight] = deque()
        while self._waiting:
            packet = self._waiting.popleft()
            if self._conditions.interval_s and sent[packet.sender] >= self._conditions.packets_per_event:
                later.append(packet)
                continue
            sent[packet.sender] += 1
            self._deliver(packet)
        self._waiting = later
        self._plan_event()

    def _deliver(self, packet: _InFlight) -> None:
        link = packet.connection
        receiver = self._other_side(link)
        if receiver is None or packet.sender.le_connections.get(link.peer_address) is not link:
            return
        if packet.sender in self.delivered:
            self.delivered[packet.sender](packet.data)
        receiver.on_link_acl_data(link.self_address, PhysicalTransport.LE, packet.data)


class VirtualAir:
    """A radio with one central, in an event loop and thread of its own; use as a context manager. All methods may be
    called from any other thread. With a `loop` on virtual time it lives in that one, in the caller's thread.
    """

    def __init__(self, conditions: AirConditions | None = None, loop: VirtualTimeLoop | None = None) -> None:
        self.conditions = conditions or AirConditions()
        self._shared = loop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bartracker-air", daemon=True)
        self._peripherals = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[Advertisement], None]] = []

    def __enter__(self) -> Self:
        if self._shared is not None:
            self._shared.run_until_complete(self._open())
            self._owner = threading.get_ident()
            return self
        self._thread.start()
        self._ready.wait(_TIMEOUT_S)
        if not self._thread.is_alive():
            raise BartrackerError("sim://", "the virtual radio did not start", "install bartracker again")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the air and all that is in it; a second call does nothing."""
        if self._thread.is_alive():
            self.post(self._end.set)
            self._thread.join(_TIMEOUT_S)

    @property
    def central(self) -> Device:
        """The host's side. Only to be used in the air's own loop."""
        return self._central

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The air's own."""
        return self._loop

    def call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the air's loop and wait for it. Raises what it raises."""
        if self._shared is not None:
            if threading.get_ident() == self._owner:
                return self._shared.run_until_complete(coroutine)
            return self._shared.call_from_vm(coroutine, _TIMEOUT_S)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_TIMEOUT_S)

    def post(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called in the air's loop, in order; after the end nothing happens."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background. To be called in the air's loop."""
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def block(self) -> None:
        """Begin an outage."""
        self.post(self._radio.block)

    def unblock(self) -> None:
        """End it."""
        self.post(self._radio.unblock)

    def drop_all(self) -> None:
        """Lose every connection at once."""
        self.post(self._radio.drop_all)

    async def knows(self, address: Address) -> bool:
        """Whether the central has paired with this device. To be awaited in the air's loop, as the next two."""
        keys = self._central.keystore
        return keys is not None and await keys.get(str(address)) is not None

    async def forget(self, address: str) -> None:
        """Have the central forget its keys of a device."""
        if self._central.keystore is not None:
            await self._central.keystore.delete(address)

    async def become_another(self, address: str) -> None:
        """From now on the central is another one, that has never paired with anything."""
        if self._central.keystore is not None:
            await self._central.keystore.delete_all()
        host: Any = self._central.host
        await host.send_sync_command(HCI_LE_Set_Random_Address_Command(random_address=Address(address)))
        self._central.random_address = self._central.static_address = Address(address)

    async def listen(self, listener: Callable[[Advertisement], None]) -> None:
        """Have the central scan and tell what it hears. To be awaited in the air's loop, as `stop_listening`."""
        self._listeners.append(listener)
        if not self._central.is_scanning:
            await self._central.start_scanning()

    async def stop_listening(self, listener: Callable[[Advertisement], None]) -> None:
        """Stop telling, and scanning where nobody else listens."""
        self._listeners.remove(listener)
        if not self._listeners:
            await self._central.stop_scanning()

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        for listener in self._listeners:
            listener(advertisement)

    async def new_device(self, on_delivered: Callable[[bytes], None]) -> Device:
        """Another device on the air, not yet powered on; `on_delivered` gets each L2CAP packet of it that arrived.

        To be awaited in the air's loop.
        """
        self._peripherals += 1
        device, controller = self._add(f"sensor {self._peripherals}", f"C0:BA:00:00:01:{self._peripherals:02X}")
        device.gatt_server.max_mtu = self.conditions.mtu
        self._radio.delivered[controller] = on_delivered
        return device

    def _add(self, name: str, address: str) -> tuple[Device, Controller]:
        controller = Controller(name, link=self._radio)
        controller.le_acl_data_packet_length = _LONG_PACKETS
        settings = DeviceConfiguration(
            name=name, address=Address(address), gap_service_enabled=False, gatt_service_enabled=False
        )
        return Device(config=settings, host=Host(controller, AsyncPipeSink(controller))), controller

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        finally:
            self._ready.set()

    async def _live(self) -> None:
        await self._open()
        self._end = asyncio.Event()
        self._ready.set()
        await self._end.wait()

    async def _open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._radio = _Radio(self.conditions)
        self._central, _ = self._add("host", _CENTRAL_ADDRESS)
        self._central.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)
        await self._central.power_on()
