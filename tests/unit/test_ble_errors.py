"""What a computer's Bluetooth refuses, in words; through the link as through a scan."""

from collections.abc import Iterator

import pytest
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
)

from bartracker.errors import BartrackerError
from bartracker.links.ble_errors import bluetooth_problem
from bartracker.links.ble_link import BleLink
from bartracker.links.ble_scan import BleBackend, scan

Reason = BleakBluetoothNotAvailableReason


def faults() -> Iterator[tuple[Exception, str]]:
    for reason, words in (
        (Reason.NO_BLUETOOTH, "this computer has no Bluetooth adapter; plug one in"),
        (Reason.NO_BLE_CENTRAL_ROLE, "too old for the sensor; plug in one with Bluetooth LE"),
        (Reason.POWERED_OFF, "Bluetooth is switched off; switch it on"),
        (Reason.DENIED_BY_USER, "the program may not use Bluetooth; allow it"),
        (Reason.DENIED_BY_SYSTEM, "the program may not use Bluetooth; allow it"),
        (Reason.UNKNOWN, "Bluetooth is not available; switch Bluetooth off and on again"),
    ):
        yield BleakBluetoothNotAvailableError("no", reason), words
    for name, words in (
        ("org.freedesktop.DBus.Error.ServiceUnknown", "Bluetooth service does not run; start it"),
        ("org.bluez.Error.NotReady", "Bluetooth is switched off; switch it on"),
        ("org.freedesktop.DBus.Error.AccessDenied", "the program may not use Bluetooth; allow it"),
        ("org.bluez.Error.Failed", r"Bluetooth failed \(\[org.bluez.Error.Failed\] br-connection\)"),
    ):
        yield BleakDBusError(name, ["br-connection"]), words
    yield FileNotFoundError(2, "No such file"), "Bluetooth service does not run; install and start it"
    yield PermissionError(13, "no"), "the program may not use Bluetooth; allow it"
    yield BleakError("Failed to start scanner. Is Bluetooth turned on?"), "Bluetooth is switched off; switch it on"
    yield TimeoutError(), "the sensor does not answer; move closer"
    yield BleakGATTProtocolError(0x0E), "Bluetooth failed .*Unlikely Error"
    yield BleakError("two\nlines"), r"Bluetooth failed \(two lines\)"


@pytest.mark.parametrize(("error", "words"), list(faults()))
def test_every_fault_is_one_line(error: Exception, words: str) -> None:
    problem = bluetooth_problem("ble://", error)
    with pytest.raises(BartrackerError, match=words):
        raise problem
    assert "\n" not in str(problem)


def broken_backend(error: Exception) -> BleBackend:
    class Broken(BaseBleakScanner):
        def __init__(self, callback: object, uuids: list[str], *_: object, **__: object) -> None:
            super().__init__(None, uuids)

        async def start(self) -> None:
            raise error

        async def stop(self) -> None:
            raise AssertionError("never started")

    return BleBackend(Broken)


def test_scan_and_link_say_it() -> None:
    backend = broken_backend(BleakBluetoothNotAvailableError("off", Reason.POWERED_OFF))
    with pytest.raises(BartrackerError, match="Bluetooth is switched off"):
        scan(1.0, backend)
    with pytest.raises(BartrackerError, match="Bluetooth is switched off"):
        BleLink(backend=backend).connect()
