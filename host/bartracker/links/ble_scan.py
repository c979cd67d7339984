"""Finding sensors: scanning by service, and choosing one by name or address. No connection is made here."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bartracker.errors import BartrackerError
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.wire.gatt import SERVICE_UUID

if TYPE_CHECKING:
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

_SWITCH_ON: Final = "switch the sensor on and bring it near; a sensor in use by another computer cannot be seen"


@dataclass(frozen=True, slots=True)
class BleBackend:
    """Which of bleak's backends to use; None: the computer's own."""

    scanner: "type[BaseBleakScanner] | None" = None
    client: "type[BaseBleakClient] | None" = None

    @staticmethod
    def default() -> "BleBackend":
        """The one that is used where none is given: the computer's own. Chosen here and nowhere else."""
        return BleBackend()


@dataclass(frozen=True, slots=True)
class FoundSensor:
    """A sensor that advertises: its name, address (on macOS an identifier of the computer's own) and signal, dBm."""

    name: str
    address: str
    rssi_dbm: int
    device: "BLEDevice"
    """What bleak connects to."""

    @property
    def words(self) -> str:
        """Name and address for a person."""
        return f"{self.name} ({self.address})"


def scan(timeout_s: float = 5.0, backend: BleBackend | None = None) -> list[FoundSensor]:
    """All sensors that advertise within `timeout_s`, strongest first. Not to be called in an event loop.

    Raises BartrackerError where Bluetooth cannot be used.
    """
    return asyncio.run(_scan_all(timeout_s, backend or BleBackend.default()))


async def _scan_all(timeout_s: float, backend: BleBackend) -> list[FoundSensor]:
    sensors = _Sensors(backend)
    async with sensors:
        await asyncio.sleep(timeout_s)
    return sensors.found


async def find(wanted: str | None, given: str, *, find_s: float, settle_s: float, backend: BleBackend) -> FoundSensor:
    """The sensor of this name or address, or the only one there is (None).

    Waits up to `find_s`; once one fits, `settle_s` longer, lest a second one be overlooked (not for addresses). Raises
    BartrackerError if none fits, several do, or Bluetooth cannot be used; it names what was found.
    """
    sensors = _Sensors(backend)
    async with sensors:
        try:
            async with asyncio.timeout(find_s):
                while not fitting(sensors.found, wanted):
                    await sensors.changed()
        except TimeoutError:
            pass
        else:
            if not any(_same(each.address, wanted) for each in sensors.found):
                await asyncio.sleep(settle_s)
    return choose(sensors.found, wanted, given)


def fitting(found: Sequence[FoundSensor], wanted: str | None) -> list[FoundSensor]:
    """Those of this address, else of this name; all if nothing is wanted. Upper and lower case are the same."""
    if wanted is None:
        return list(found)
    return [each for each in found if _same(each.address, wanted)] or [
        each for each in found if _same(each.name, wanted)
    ]


def choose(found: Sequence[FoundSensor], wanted: str | None, given: str) -> FoundSensor:
    """The one that fits. Raises BartrackerError if there is none or more than one, naming them."""
    fits = fitting(found, wanted)
    if len(fits) == 1:
        return fits[0]
    names = ", ".join(each.words for each in fits or found)
    if fits:
        same_name = wanted is not None
        raise BartrackerError(
            given,
            f"{len(fits)} sensors {'of this name ' if same_name else ''}were found: {names}",
            f"name one: ble://{fits[0].address if same_name else fits[0].name}",
        )
    if not found:
        raise BartrackerError(given, "no sensor was found", _SWITCH_ON)
    raise BartrackerError(given, f"this sensor was not found, but {names}", "name one of these, or switch yours on")


def _same(a: str, b: str | None) -> bool:
    return b is not None and a.casefold() == b.casefold()


class _Sensors:
    """A running scan; `found` grows."""

    def __init__(self, backend: BleBackend) -> None:
        self._backend = backend
        self._found: dict[str, FoundSensor] = {}
        self._changed = asyncio.Event()

    @property
    def found(self) -> list[FoundSensor]:
        return sorted(self._found.values(), key=lambda each: -each.rssi_dbm)

    async def changed(self) -> None:
        """Wait for the next advertisement."""
        self._changed.clear()
        await self._changed.wait()

    async def __aenter__(self) -> None:
        from bleak import BleakScanner

        try:
            self._scanner = BleakScanner(self._on_advertisement, [SERVICE_UUID], backend=self._backend.scanner)
            await self._scanner.start()
        except (BartrackerError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise bluetooth_problem("Bluetooth", error) from error

    async def __aexit__(self, *_: object) -> None:
        from bleak.exc import BleakError

        try:
            await self._scanner.stop()
        except (BleakError, OSError) as error:
            raise bluetooth_problem("Bluetooth", error) from error

    def _on_advertisement(self, device: "BLEDevice", data: "AdvertisementData") -> None:
        name = data.local_name or device.name or "unnamed"
        self._found[device.address] = FoundSensor(name, device.address, data.rssi, device)
        self._changed.set()
