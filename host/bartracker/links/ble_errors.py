"""Words for what a computer's Bluetooth refuses. bleak's errors come in, one line for a person goes out."""

from typing import Final

from bartracker.errors import BartrackerError

_REMEDY_OTHER: Final = "switch Bluetooth off and on again, then try again"


def bluetooth_problem(given: str, error: Exception) -> BartrackerError:
    """The line for a person when Bluetooth cannot be used at all, or a call of bleak failed in an unforeseen way."""
    from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError

    if isinstance(error, BartrackerError):
        return error
    if isinstance(error, BleakBluetoothNotAvailableError):
        return _unavailable(given, error)
    if isinstance(error, BleakDBusError):
        return _dbus_problem(given, error)
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        # On Linux bleak talks to BlueZ through the system's D-Bus socket.
        return BartrackerError(
            given,
            "this computer's Bluetooth service does not run",
            "install and start it (Linux: bluez and dbus), or use another computer",
        )
    if not_paired(error):
        return BartrackerError(
            given,
            "it serves only computers that are paired with it, and this one is not",
            "hold its button for two seconds, then bartracker pair",
        )
    if isinstance(error, PermissionError):
        return BartrackerError(given, "the program may not use Bluetooth", _permission_remedy())
    if "Bluetooth turned on" in str(error):
        return BartrackerError(given, "Bluetooth is switched off", "switch it on")
    if isinstance(error, TimeoutError):
        return BartrackerError(given, "the sensor does not answer", "move closer, or switch the sensor off and on")
    reason = " ".join(str(error).split()) or type(error).__name__
    return BartrackerError(given, f"Bluetooth failed ({reason})", _REMEDY_OTHER)


def not_paired(error: Exception) -> bool:
    """Whether a sensor has refused what only paired computers may do."""
    from bleak.exc import BleakGATTProtocolError, BleakGATTProtocolErrorCode

    return isinstance(error, BleakGATTProtocolError) and error.args[0] in (
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    )


def _unavailable(given: str, error: Exception) -> BartrackerError:
    from bleak.exc import BleakBluetoothNotAvailableReason as Reason

    match getattr(error, "reason", None):
        case Reason.NO_BLUETOOTH:
            return BartrackerError(given, "this computer has no Bluetooth adapter", "plug one in")
        case Reason.NO_BLE_CENTRAL_ROLE:
            return BartrackerError(
                given, "this computer's Bluetooth adapter is too old for the sensor", "plug in one with Bluetooth LE"
            )
        case Reason.POWERED_OFF:
            return BartrackerError(given, "Bluetooth is switched off", "switch it on")
        case Reason.DENIED_BY_USER | Reason.DENIED_BY_SYSTEM | Reason.DENIED_BY_UNKNOWN:
            return BartrackerError(given, "the program may not use Bluetooth", _permission_remedy())
        case _:
            return BartrackerError(given, "Bluetooth is not available", _REMEDY_OTHER)


def _dbus_problem(given: str, error: Exception) -> BartrackerError:
    name = str(getattr(error, "dbus_error", ""))
    if name.endswith((".ServiceUnknown", ".NameHasNoOwner", ".UnknownObject")):
        return BartrackerError(
            given, "this computer's Bluetooth service does not run", "start it (Linux: systemctl start bluetooth)"
        )
    if name.endswith((".NotReady", ".NotPowered")):
        return BartrackerError(given, "Bluetooth is switched off", "switch it on")
    if name.endswith((".AccessDenied", ".NotAuthorized", ".NotPermitted", ".AuthFailed")):
        return BartrackerError(given, "the program may not use Bluetooth", _permission_remedy())
    return BartrackerError(given, f"Bluetooth failed ({error})", _REMEDY_OTHER)


def _permission_remedy() -> str:
    return "allow it in the system's privacy settings (Linux: join the group bluetooth)"
