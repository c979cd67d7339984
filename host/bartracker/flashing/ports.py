"""Serial ports: which one the board is on, and in words why one cannot be opened."""

import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import BOARDS, BoardProfile, boards_with_usb_id

_BUSY = (errno.EBUSY, errno.EAGAIN)
_ABSENT = (errno.ENOENT, errno.ENODEV, errno.ENXIO)
_GROUP_MAY_OPEN = 0o060


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this computer; `usb_id` (VID, PID) is None where it is no USB port."""

    device: str
    usb_id: tuple[int, int] | None


def serial_ports() -> list[SerialPort]:
    """All serial ports, in order."""
    from serial.tools import list_ports

    ports: list[SerialPort] = []
    for info in sorted(list_ports.comports()):
        usb_id = None if info.vid is None or info.pid is None else (info.vid, info.pid)
        ports.append(SerialPort(info.device, usb_id))
    return ports


def choose_port(wanted: str | None, board: BoardProfile | None, ports: Sequence[SerialPort]) -> SerialPort:
    """The wanted port, or the one port that a board (that board, if given) can be on. Raises BartrackerError for none
    and for several.
    """
    if wanted is not None:
        return next((port for port in ports if port.device == wanted), SerialPort(wanted, None))
    ids = {usb_id for one in ([board] if board else BOARDS) for usb_id in one.usb_ids}
    found = [port for port in ports if port.usb_id in ids]
    if len(found) == 1:
        return found[0]
    what = board.title if board else "sensor board"
    if not found:
        others = [port.device for port in ports if port.usb_id is not None]
        there = f" (other USB serial ports: {', '.join(others)})" if others else ""
        remedy = "plug it in with a cable that carries data, or name its port with --port"
        raise BartrackerError("flash", f"no {what} was found on USB{there}", remedy)
    listed = ", ".join(f"{port.device} ({' or '.join(one.title for one in _candidates(port))})" for port in found)
    raise BartrackerError("flash", f"{len(found)} boards were found: {listed}", "say which with --port")


def guess_board(port: SerialPort) -> BoardProfile | None:
    """The board that the port's USB identity alone points to, None if that is open."""
    found = _candidates(port)
    return found[0] if len(found) == 1 else None


def _candidates(port: SerialPort) -> list[BoardProfile]:
    return [] if port.usb_id is None else boards_with_usb_id(port.usb_id)


def why_not_opened(device: str) -> BartrackerError:
    """Try once more, for the reason."""
    import serial

    again = BartrackerError(device, "it could not be opened", "unplug the board, plug it in and try again")
    try:
        serial.Serial(device, exclusive=True).close()
    except ValueError:
        return _absent(device)
    except OSError as error:
        text = str(error)
        if error.errno in _ABSENT or "FileNotFoundError" in text:
            return _absent(device)
        # Windows says PermissionError of a port that is in use: every user may open ports there.
        if error.errno in _BUSY or sys.platform == "win32":
            remedy = "close it (a serial monitor, an editor, another bartracker) and try again"
            return BartrackerError(device, "another program is using this port", remedy)
        if error.errno in (errno.EACCES, errno.EPERM):
            return BartrackerError(device, "this user may not open it", _right_to(device))
        if error.errno == errno.ENOTTY or "Inappropriate ioctl" in text:
            return BartrackerError(device, "this is no serial port", "name the board's port with --port")
        again = BartrackerError(device, f"it could not be opened ({error.strerror or text})", again.remedy)
    return again


def _absent(device: str) -> BartrackerError:
    names = ", ".join(port.device for port in serial_ports())
    remedy = f"there are {names}" if names else "plug the board in with a cable that carries data"
    return BartrackerError(device, "there is no such serial port", remedy)


def _right_to(device: str) -> str:
    if sys.platform == "win32" or sys.platform == "darwin":
        return "give this user the right to it"
    import grp

    group = "dialout"
    try:
        status = os.stat(device)
        if status.st_mode & _GROUP_MAY_OPEN == _GROUP_MAY_OPEN:
            group = grp.getgrgid(status.st_gid).gr_name
    except (KeyError, OSError):
        pass
    return f"sudo usermod -aG {group} $USER, then log out and in again"
