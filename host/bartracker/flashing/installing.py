"""Make the files on the board those of the firmware: copy what differs, remove what is old, note the board's name. Each
step can be repeated; a board that was left half-way has no main.py, so it waits at its prompt. What the owner has given
(a chip's configuration, a board of their own) stays until something else is given.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import BoardProfile
from bartracker.flashing.compiling import PACKAGE
from bartracker.flashing.package import BOOT, MAIN, SLOTS
from bartracker.flashing.prompt import BoardPrompt

Progress: TypeAlias = Callable[[Sequence[str], str], Iterator[str]]
"""Goes through names (of what, in words) and shows how far it is."""

# What its owner has given the board.
_GIVEN: Final = "/bartracker"
# Where this program puts the package; where `mip` would have, and this program before it knew slots; what was given.
_PLACES: Final = (*SLOTS, f"/{PACKAGE}", f"/lib/{PACKAGE}", _GIVEN)
_LIST: Final = """
import os, hashlib, binascii
def _hash(p):
    h = hashlib.sha256()
    with open(p, "rb") as f:
        while True:
            b = f.read(1024)
            if not b:
                return binascii.hexlify(h.digest()).decode()
            h.update(b)
def _is(p, kind):
    try:
        return os.stat(p)[0] & 0xF000 == kind
    except OSError:
        return False
def _walk(d):
    print(repr((d, "")))
    for e in os.ilistdir(d):
        p = d + "/" + e[0]
        if e[1] == 0x4000:
            _walk(p)
        else:
            print(repr((p, _hash(p))))
for _d in %r:
    if _is(_d, 0x4000):
        _walk(_d)
for _p in ("/boot.py", "/main.py"):
    if _is(_p, 0x8000):
        print(repr((_p, _hash(_p))))
"""
# A boot.py without code is MicroPython's own.
_IS_FOREIGN: Final = """
with open(%r) as _f:
    _t = _f.read()
_c = [_l for _l in _t.split("\\n") if _l.strip() and not _l.startswith("#")]
print("bartracker_fw" not in _t and bool(_c))
"""
_NOTE_BOARD: Final = """
from esp32 import NVS
_n, _b = NVS("bartracker"), bytearray(32)
try:
    _k = _n.get_blob("board", _b)
except OSError:
    _k = 0
if bytes(_b[:_k]) != %r:
    _n.set_blob("board", %r)
    _n.commit()
try:
    _k = _n.get_i32("slot")
except OSError:
    _k = 0
if _k:
    _n.set_i32("slot", 0)
    _n.commit()
"""


_FORGET_PAIRING: Final = """
from esp32 import NVS
_n, _k = NVS("bartracker"), 0
for _f, _a in ((_n.get_i32, ("pairing",)), (_n.get_blob, ("bonds", bytearray(2048)))):
    try:
        _f(*_a)
    except OSError as _e:
        if _e.errno == -0x1102:
            continue
    _n.erase_key(_a[0])
    _k = 1
_n.commit()
print(_k)
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done: paths on the board. `kept` is how many files were right already, `set_aside` where another
    program's boot.py and main.py are now.
    """

    copied: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    set_aside: tuple[str, ...]


def install(prompt: BoardPrompt, files: dict[str, bytes], board: BoardProfile, progress: Progress) -> Installed:
    """Bring the board to exactly `files` (path to content, main.py among them). Raises BartrackerError."""
    wanted = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    there = _files_on(prompt)
    differing = [path for path in files if there.get(path) != wanted[path]]
    folders = _folders(files)
    kept = {path for path in there if path in (BOOT, MAIN) or f"{path}/".startswith(f"{_GIVEN}/")}
    old = [path for path in there if path not in wanted and path not in folders and path not in kept]
    set_aside: list[str] = []
    if differing or old:
        # Nothing starts until all is copied.
        stopped = [path for path in (MAIN, BOOT) if path in there and (path == MAIN or path in differing)]
        set_aside = [aside for path in stopped if (aside := _take_away(prompt, path)) is not None]
    # Folders are listed before what is in them.
    for path in reversed(old):
        prompt.run(f"import os\nos.{'remove' if there[path] else 'rmdir'}({path!r})")
    for folder in folders:
        if folder not in there:
            prompt.run(f"import os\nos.mkdir({folder!r})")
    prompt.run(_NOTE_BOARD % (board.name.encode(), board.name.encode()))
    package = [path for path in differing if path != MAIN]
    for path in progress(package, "Copying"):
        prompt.write_file(path, files[path])
    arrived = _files_on(prompt)
    damaged = [path for path in wanted if path != MAIN and arrived.get(path) != wanted[path]]
    if damaged:
        raise BartrackerError(prompt.device, f"{damaged[0]} arrived damaged", "repeat the command; try another cable")
    if differing or old:
        prompt.write_file(MAIN, files[MAIN])
    return Installed(tuple(differing), tuple(old), len(files) - len(differing), tuple(set_aside))


def forget_pairing(prompt: BoardPrompt) -> bool:
    """Have the sensor serve everybody again and forget its paired computers; the firmware must not run just then.
    Returns whether there was anything to forget. Raises BartrackerError.
    """
    return prompt.run(_FORGET_PAIRING).strip() == "1"


def _folders(files: dict[str, bytes]) -> list[str]:
    """The folders of the files, outer ones first."""
    folders: set[str] = set()
    for path in files:
        parent = path.rpartition("/")[0]
        while parent:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(folders)


def _files_on(prompt: BoardPrompt) -> dict[str, str]:
    """Path to SHA-256 in hexadecimal of what is on the board in our places; folders have ''."""
    said = prompt.run(_LIST % (_PLACES,))
    there: dict[str, str] = {}
    for line in said.splitlines():
        try:
            entry: object = ast.literal_eval(line)
        except (ValueError, SyntaxError):
            entry = None
        match entry:
            case (str() as path, str() as digest) if path in (BOOT, MAIN) or path.startswith(_PLACES):
                there[path] = digest
            case _:
                raise BartrackerError(
                    prompt.device, f"it lists its files in a strange way: {line[:80]!r}", "reset the board"
                )
    return there


def _take_away(prompt: BoardPrompt, path: str) -> str | None:
    """Remove boot.py or main.py; what another program left is kept under another name, which is returned."""
    if prompt.run(_IS_FOREIGN % path).strip() != "True":
        prompt.run(f"import os\nos.remove({path!r})")
        return None
    aside = path.replace(".py", "_before_bartracker.py")
    prompt.run(f"import os\nos.rename({path!r}, {aside!r})")
    return aside
