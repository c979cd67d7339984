"""bleak's backend classes over the virtual air, so that unmodified bleak code scans, connects, subscribes and writes.
The host's link is not here: it takes these classes as it takes no others.
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic, GattCharacteristicsFlags
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import att
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.core import TimeoutError as BumbleTimeoutError
from bumble.device import Advertisement, Connection
from bumble.gatt_client import CharacteristicProxy, ServiceProxy
from bumble.hci import Address

from bartracker.links.ble_scan import BleBackend
from bartracker.sim.air import VirtualAir

_T = TypeVar("_T")
_HOST_MTU: Final = 517
_CONNECT_TIMEOUT_S: Final = 10.0
_NAMES: Final = (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME)
_SERVICE_LISTS: Final = (
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


def virtual_backend(air: VirtualAir) -> BleBackend:
    """The classes to give to bleak (or to a link) so that it talks to this air."""

    class BoundScanner(VirtualScanner):
        _air = air

    class BoundClient(VirtualClient):
        _air = air

    return BleBackend(BoundScanner, BoundClient)


class VirtualScanner(BaseBleakScanner):
    """Scans the air; made by `virtual_backend`."""

    _air: ClassVar[VirtualAir]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        **_: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self._loop = asyncio.get_running_loop()
        await _in_air(self._air, self._air.listen(self._on_advertisement))

    async def stop(self) -> None:
        await _in_air(self._air, self._air.stop_listening(self._on_advertisement))

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, advertisement)

    def _tell(self, advertisement: Advertisement) -> None:
        fields = advertisement.data.ad_structures
        name = next((value.decode("utf-8", "replace") for kind, value in fields if kind in _NAMES), None)
        uuids = [
            _long(UUID.from_bytes(value[at : at + 16]))
            for kind, value in fields
            if kind in _SERVICE_LISTS
            for at in range(0, len(value), 16)
        ]
        if not self.is_allowed_uuid(uuids):
            return
        data = AdvertisementData(name, {}, {}, uuids, None, advertisement.rssi, ())
        address = _text(advertisement.address)
        device = self.create_or_update_device(address, address, name, advertisement.address, data)
        self.call_detection_callbacks(device, data)


class _Gatt(Protocol):
    """What is used of Bumble's GATT client, with its types said."""

    async def request_mtu(self, mtu: int) -> int: ...
    async def discover_services(self) -> list[ServiceProxy]: ...
    async def discover_characteristics(
        self, uuids: tuple[str, ...], service: ServiceProxy
    ) -> list[CharacteristicProxy[bytes]]: ...
    async def read_value(self, attribute: int) -> bytes: ...
    async def write_value(self, attribute: int, value: bytes, with_response: bool) -> None: ...
    async def subscribe(
        self, characteristic: CharacteristicProxy[bytes], subscriber: Callable[[bytes], None]
    ) -> None: ...
    async def unsubscribe(
        self, characteristic: CharacteristicProxy[bytes], subscriber: Callable[[bytes], None] | None
    ) -> None: ...


class VirtualClient(BaseBleakClient):
    """One connection over the air; made by `virtual_backend`."""

    _air: ClassVar[VirtualAir]

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **_: object,
    ) -> None:
        super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout)
        self._device = address_or_ble_device if isinstance(address_or_ble_device, BLEDevice) else None
        self._connection: Connection | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return (self._device.name if self._device else None) or self.address

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: object) -> None:
        if self._device is None:
            raise BleakDeviceNotFoundError(self.address, f"{self.address} was not found")
        self._loop = asyncio.get_running_loop()
        self.services = await _in_air(self._air, self._connect(cast(Address, self._device.details)))

    async def _connect(self, address: Address) -> BleakGATTServiceCollection:
        timeout_s = self._timeout or _CONNECT_TIMEOUT_S
        connection = await self._air.central.connect_le(address, timeout=timeout_s)
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._on_end)
        if await self._air.knows(address):
            # As operating systems do of themselves.
            await connection.encrypt()
        await self._gatt.request_mtu(_HOST_MTU)
        return await self._discover(self._gatt)

    async def _discover(self, gatt: _Gatt) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for remote in await gatt.discover_services():
            service = BleakGATTService(remote, remote.handle, _long(remote.uuid))
            found.add_service(service)
            for proxy in await gatt.discover_characteristics((), remote):
                characteristic = BleakGATTCharacteristic(
                    proxy, proxy.handle, _long(proxy.uuid), _properties(proxy), self._largest_write, service
                )
                found.add_characteristic(characteristic)
                for descriptor in await proxy.discover_descriptors():
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, _long(descriptor.type), characteristic)
                    )
        return found

    def _largest_write(self) -> int:
        return self.mtu_size - 3

    def _on_end(self, _: int) -> None:
        self._connection = None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_end)

    def _tell_end(self) -> None:
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            await _in_air(self._air, self._connection.disconnect())

    async def pair(self, *args: object, **kwargs: object) -> None:
        await _in_air(self._air, self._pair())

    async def _pair(self) -> None:
        if self._connection is None:
            raise BleakError("Not connected")
        connection = self._connection
        sessions: list[Any] = []
        connection.on(
            connection.EVENT_PAIRING_START,
            lambda: sessions.append(self._air.central.smp_manager.sessions[connection.handle]),
        )
        await connection.pair()
        if not all(session.bonding for session in sessions):
            # Bumble keeps the keys of any pairing; operating systems those of a bond.
            await self._air.forget(str(connection.peer_address))

    async def unpair(self) -> None:
        await _in_air(self._air, self._air.forget(self.address))

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        return await self._read(characteristic.handle)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        return await self._read(descriptor.handle)

    async def _read(self, handle: int) -> bytearray:
        return bytearray(await _in_air(self._air, self._gatt.read_value(handle)))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        await self._write(characteristic.handle, bytes(data), response)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._write(descriptor.handle, bytes(data), True)

    async def _write(self, handle: int, data: bytes, response: bool) -> None:
        await _in_air(self._air, self._gatt.write_value(handle, data, response))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: object
    ) -> None:
        def on_value(value: bytes) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(callback, bytearray(value))

        self._callbacks[characteristic.handle] = on_value
        proxy = cast(CharacteristicProxy[bytes], characteristic.obj)
        await _in_air(self._air, self._gatt.subscribe(proxy, on_value))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        on_value = self._callbacks.pop(characteristic.handle, None)
        proxy = cast(CharacteristicProxy[bytes], characteristic.obj)
        await _in_air(self._air, self._gatt.unsubscribe(proxy, on_value))

    @property
    def _gatt(self) -> _Gatt:
        if self._connection is None:
            raise BleakError("Not connected")
        return cast(_Gatt, self._connection.gatt_client)


async def _in_air(air: VirtualAir, coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run in the air's loop, wait here, and raise what bleak's users expect."""

    async def guarded() -> _T:
        task = asyncio.current_task()
        try:
            return await coroutine
        except asyncio.CancelledError as error:
            # Bumble cancels a request whose connection ends; that is no cancellation of ours.
            if task is not None and task.cancelling():
                raise
            raise BleakError("disconnected") from error
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except (TimeoutError, BumbleTimeoutError) as error:
            raise TimeoutError("no answer") from error
        except BaseBumbleError as error:
            raise BleakError(str(error)) from error

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(guarded(), air.loop))


def _text(address: Address) -> str:
    return str(address).split("/")[0]


def _long(short: UUID) -> str:
    return str(uuid.UUID(bytes=short.to_bytes(force_128=True)[::-1]))


def _properties(proxy: CharacteristicProxy[bytes]) -> list[CharacteristicPropertyName]:
    names = [flag.name.replace("_", "-") for flag in GattCharacteristicsFlags if proxy.properties & flag.value]
    return cast(list[CharacteristicPropertyName], names)
