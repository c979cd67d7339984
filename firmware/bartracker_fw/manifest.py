# The list of a firmware's files, and whether this sensor can run them. Nothing in it is trusted.
# Imports neither machine nor bluetooth.
import binascii

from micropython import const

# Why an update does not go on: the detail of a refused command, or of "update position".
FINE = const(0)
BATTERY = const(1)
WRONG_HASH = const(2)
WRONG_MANIFEST = const(3)
WRONG_PROCESSOR = const(4)
NO_SPACE = const(5)
FLASH_FAULT = const(6)
ON_TRIAL = const(7)

_MOST_FILES = const(80)
_MOST_FILE = const(32768)
_LONGEST_PATH = const(60)
_DEEPEST = const(3)
_PACKAGE = "bartracker_fw/"
_ENTRY = "bartracker_fw/start.mpy"
_ALLOWED = "abcdefghijklmnopqrstuvwxyz0123456789_"


def read_manifest(raw: bytes, mpy: int) -> "tuple[list[tuple[str, int, bytes]], int]":
    # The files as (path, size, SHA-256), and FINE or why they are refused. Nothing in it is trusted.
    try:
        lines = raw.decode().split("\n")
        if lines[0] != "bartracker firmware 1" or not lines[1].startswith("version ") or lines[-1]:
            return [], WRONG_MANIFEST
        word, version, arch = lines[2].split(" ")
        if word != "mpy":
            return [], WRONG_MANIFEST
        if int(version) != mpy & 0xFF or int(arch) != mpy >> 10 & 0x3F:
            return [], WRONG_PROCESSOR
        files: list[tuple[str, int, bytes]] = []
        for line in lines[3:-1]:
            digest, size, path = line.split(" ")
            files.append((path, int(size), binascii.unhexlify(digest)))
    except (ValueError, IndexError):
        return [], WRONG_MANIFEST
    paths = [path for path, _, _ in files]
    if len(files) > _MOST_FILES or _ENTRY not in paths or len(set(paths)) != len(paths):
        return [], WRONG_MANIFEST
    for path, size, digest in files:
        if not good_path(path) or not 0 < size <= _MOST_FILE or len(digest) != 32:
            return [], WRONG_MANIFEST
    return files, FINE


def good_path(path: str) -> bool:
    # In the package, compiled, and made of plain names: nothing leads elsewhere.
    if not path.startswith(_PACKAGE) or not path.endswith(".mpy") or len(path) > _LONGEST_PATH:
        return False
    parts = path[: -len(".mpy")].split("/")
    if len(parts) > _DEEPEST:
        return False
    for part in parts:
        if not part:
            return False
        for letter in part:
            if letter not in _ALLOWED:
                return False
    return True


def loads(path: str, data: "bytes | bytearray", mpy: int) -> bool:
    # Whether this MicroPython loads the compiled file: its version, and its processor where it has machine code.
    if len(data) < 4 or data[0] != 0x4D or data[1] != mpy & 0xFF:
        return False
    arch = data[2] >> 2 & 0x0F
    return not arch or (arch == mpy >> 10 & 0x3F and data[2] & 3 == mpy >> 8 & 3)
