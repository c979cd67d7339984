"""What `bartracker check` looks at, and how to mend what is amiss. Nothing is changed."""

import glob
import importlib.metadata
import locale
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from bartracker.cli import log
from bartracker.ui import qt_libraries

State: TypeAlias = Literal["ok", "note", "lacking"]

_LOGGER = logging.getLogger("bartracker")
# The core does not run without the first kind; without the others a part of bartracker is missing.
_CORE = ("numpy", "scipy", "vqf", "typer", "rich", "platformdirs")
_WINDOW = ("pyqtgraph", "PySide6-Essentials")
_DBUS_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: "lacking" stops bartracker's main job, "note" leaves a part of it out; `remedy` mends it."""

    name: str
    state: State
    text: str
    remedy: str = ""


def look() -> list[Finding]:
    """Everything there is to know about this machine; never raises."""
    looks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("python", _python),
        ("libraries", _libraries),
        ("window", _window),
        ("bluetooth", _bluetooth),
        ("serial", _serial),
        ("locale", _locale),
        ("log", _log_folder),
    ]
    findings: list[Finding] = []
    for name, one in looks:
        try:
            findings += one()
        except Exception as error:
            _LOGGER.exception("check %s", name)
            findings.append(Finding(name, "note", f"could not be looked at ({type(error).__name__}: {error})"))
    return findings


def _python() -> list[Finding]:
    text = f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}"
    return [Finding("python", "ok", text)]


def version_of(distribution: str) -> str | None:
    """The installed version of a distribution, None if it isn't there."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _libraries() -> list[Finding]:
    findings = [Finding("bartracker", "ok", version_of("bartracker") or "run from its folder, not installed")]
    missing = [name for name in _CORE if version_of(name) is None]
    there = ", ".join(f"{name} {version_of(name)}" for name in _CORE if name not in missing)
    findings.append(Finding("libraries", "ok", there))
    if missing:
        findings.append(Finding("libraries", "lacking", f"missing: {', '.join(missing)}", "install bartracker again"))
    bleak = version_of("bleak")
    if bleak is None:
        findings.append(
            Finding("libraries", "note", "bleak is missing: no sensor can be reached", "install bartracker again")
        )
    else:
        findings.append(Finding("libraries", "ok", f"bleak {bleak}"))
    return findings


def _window() -> list[Finding]:
    missing = [name for name in _WINDOW if version_of(name) is None]
    if missing:
        text = f"no window, the terminal is used: {', '.join(missing)} not installed"
        return [Finding("window", "note", text, 'install bartracker again with its window, as ".[window]"')]
    packages = qt_libraries.missing_packages()
    if packages:
        text = "no window, the terminal is used: system libraries are missing"
        return [Finding("window", "note", text, f"sudo apt-get install -y {' '.join(packages)}")]
    versions = ", ".join(f"{name} {version_of(name)}" for name in _WINDOW)
    from bartracker.ui.window import display_available

    reason = display_available()
    if reason is not None:
        return [Finding("window", "note", f"{versions}; no window, the terminal is used: {reason}")]
    return [Finding("window", "ok", versions)]


def _bluetooth() -> list[Finding]:
    if not sys.platform.startswith("linux"):
        return [Finding("bluetooth", "ok", "the system's own; allow this terminal to use it when the system asks")]
    adapters = sorted(path.name for path in Path("/sys/class/bluetooth").glob("hci*") if ":" not in path.name)
    running = _bluez_running()
    if running is not True:
        why = "BlueZ is not running" if running is False else "no D-Bus system bus to reach BlueZ by"
        remedy = "sudo apt-get install -y bluez && sudo systemctl enable --now bluetooth"
        return [Finding("bluetooth", "note", f"{why}; recordings work without it", remedy)]
    if not adapters:
        return [
            Finding("bluetooth", "note", "BlueZ is running but there is no adapter", "plug in a Bluetooth LE adapter")
        ]
    return [Finding("bluetooth", "ok", f"BlueZ is running, adapter {', '.join(adapters)}")]


def _bluez_running() -> bool | None:
    """Whether BlueZ owns its name on the system bus; None without a bus."""
    import asyncio

    from dbus_fast import BusType, Message, MessageType
    from dbus_fast.aio import MessageBus

    async def ask() -> bool:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        try:
            question = Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="NameHasOwner",
                signature="s",
                body=["org.bluez"],
            )
            reply = await bus.call(question)
            return reply.message_type is MessageType.METHOD_RETURN and bool(reply.body[0])
        finally:
            bus.disconnect()

    try:
        return asyncio.run(asyncio.wait_for(ask(), _DBUS_TIMEOUT_S))
    except (OSError, TimeoutError, EOFError):
        return None


def _serial() -> list[Finding]:
    """Ports that a sensor may sit on, and whether this user may open them."""
    if sys.platform == "win32":
        return [Finding("serial", "ok", "Windows lets every user open serial ports")]
    if sys.platform == "darwin":
        ports = sorted(glob.glob("/dev/cu.usb*"))
        return [Finding("serial", "ok", f"ports: {', '.join(ports) or 'none plugged in'}")]
    ports = sorted(glob.glob("/dev/ttyUSB*") + glob.glob("/dev/ttyACM*"))
    closed = [port for port in ports if not os.access(port, os.R_OK | os.W_OK)]
    remedy = "sudo usermod -aG dialout $USER, then log out and in again"
    if closed:
        return [Finding("serial", "note", f"{', '.join(closed)}: this user may not open it", remedy)]
    if ports:
        return [Finding("serial", "ok", f"ports: {', '.join(ports)}")]
    if os.geteuid() != 0 and not _in_group("dialout"):
        return [Finding("serial", "note", "no port plugged in; this user is not in the group dialout", remedy)]
    return [Finding("serial", "ok", "no port plugged in; this user may open one")]


def _in_group(name: str) -> bool:
    import grp

    try:
        return grp.getgrnam(name).gr_gid in os.getgroups()
    except KeyError:
        return True  # no such group here: other rules hold, and only a port would tell


def _locale() -> list[Finding]:
    encoding = getattr(sys.stdout, "encoding", None) or "unknown"
    text = f"{encoding} on screen, {sys.getfilesystemencoding()} for file names, {locale.getlocale()[0] or 'C'}"
    if encoding.lower().replace("-", "") != "utf8":
        return [Finding("locale", "note", f"{text}; some signs will be replaced", "set PYTHONUTF8=1 or a UTF-8 locale")]
    return [Finding("locale", "ok", text)]


def _log_folder() -> list[Finding]:
    folder = log.folder()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        return [Finding("log", "note", f"{folder} cannot be written: {error.strerror}", "faults will leave no details")]
    return [Finding("log", "ok", str(folder))]
