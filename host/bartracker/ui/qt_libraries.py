"""System libraries that Qt's window needs on Linux, and the Debian packages that are missing. Standard library only.

Run as a module it prints the missing packages on one line; `make` installs or names them, `bartracker check` says them.
"""

import ctypes
import os
import sys
from pathlib import Path

# As `readelf -d` lists them for PySide6-Essentials 6.11 (Core, Gui, Widgets, DBus): what importing Qt needs.
_QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
}
# What Qt's plugins for the two kinds of display need besides.
_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_FONT_PACKAGE = "fonts-dejavu-core"


def missing_packages() -> list[str]:
    """Debian packages that Qt needs here and that are not there; empty where Qt brings its own (macOS, Windows)."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = dict(_QT)
    if os.environ.get("DISPLAY"):
        wanted |= _X11
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted |= _WAYLAND
    packages = [package for library, package in wanted.items() if not _loads(library)]
    if not _any_font():
        packages.append(_FONT_PACKAGE)
    return packages


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _any_font() -> bool:
    home = Path(os.path.expanduser("~"))
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"]
    return any(
        name.lower().endswith((".ttf", ".otf", ".ttc"))
        for folder in folders
        for _, _, names in os.walk(folder)
        for name in names
    )


if __name__ == "__main__":
    print(*missing_packages())
