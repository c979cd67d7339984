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
from bartracker.flashing.compiling import MAIN, PACKAGE
from bartracker.flashing.prompt import BoardPrompt

Progress: TypeAlias = Callable[[Sequence[str], str], Iterator[str]]
"""Goes through names (of what, in words) and shows how far it is."""

_MAIN: Final = "/" + MAIN
_FOREIGN_MAIN: Final = "/main_before_bartracker.py"
# What its owner has given the board.
_GIVEN: Final = "/bartracker"
# Where this program puts the package, and where `mip` would have.
_PLACES: Final = (f"/{PACKAGE}", f"/lib/{PACKAGE}", _GIVEN)
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
if _is("/main.py", 0x8000):
    print(repr(("/main.py", _hash("/main.py"))))
"""
_MAIN_IS_FOREIGN: Final = 'print("bartracker_fw" not in open("/main.py").read())'
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
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done: paths on the board. `kept` is how many files were right already, `set_aside` where another
    program's main.py is now.
    """

    copied: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    set_aside: str | None


def install(prompt: BoardPrompt, files: dict[str, bytes], board: BoardProfile, progress: Progress) -> Installed:
    """Bring the board to exactly `files` (path to content, main.py among them). Raises BartrackerError."""
    wanted = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    there = _files_on(prompt)
    differing = [path for path in files if there.get(path) != wanted[path]]
    folders = _folders(files)
    kept = {path for path in there if path == _MAIN or f"{path}/".startswith(f"{_GIVEN}/")}
    old = [path for path in there if path not in wanted and path not in folders and path not in kept]
    set_aside = None
    if (differing or old) and _MAIN in there:
        set_aside = _take_main_away(prompt)
    # Folders are listed before what is in them.
    for path in reversed(old):
        prompt.run(f"import os\nos.{'remove' if there[path] else 'rmdir'}({path!r})")
    for folder in folders:
        if folder not in there:
            prompt.run(f"import os\nos.mkdir({folder!r})")
    prompt.run(_NOTE_BOARD % (board.name.encode(), board.name.encode()))
    package = [path for path in differing if path != _MAIN]
    for path in progress(package, "Copying"):
        prompt.write_file(path, files[path])
    arrived = _files_on(prompt)
    damaged = [path for path in wanted if path != _MAIN and arrived.get(path) != wanted[path]]
    if damaged:
        raise BartrackerError(prompt.device, f"{damaged[0]} arrived damaged", "repeat the command; try another cable")
    if differing or old:
        prompt.write_file(_MAIN, files[_MAIN])
    return Installed(tuple(differing), tuple(old), len(files) - len(differing), set_aside)


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
            case (str() as path, str() as digest) if path == _MAIN or path.startswith(_PLACES):
                there[path] = digest
            case _:
                raise BartrackerError(
                    prompt.device, f"it lists its files in a strange way: {line[:80]!r}", "reset the board"
                )
    return there


def _take_main_away(prompt: BoardPrompt) -> str | None:
    """Let nothing start until all is copied; what another program left is kept under another name."""
    if prompt.run(_MAIN_IS_FOREIGN).strip() != "True":
        prompt.run(f"import os\nos.remove({_MAIN!r})")
        return None
    prompt.run(f"import os\nos.rename({_MAIN!r}, {_FOREIGN_MAIN!r})")
    return _FOREIGN_MAIN
