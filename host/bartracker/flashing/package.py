"""What goes on a board, for `flash` and `update` alike: the firmware compiled as a package for one slot, and the files
around it.
"""

import ast
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.flashing.compiling import compile_firmware
from bartracker.wire.update import FirmwarePackage, make_package

BOOT: Final = "/boot.py"
MAIN: Final = "/main.py"
SLOTS: Final = ("/bartracker_a", "/bartracker_b")
"""As in firmware/boot.py."""
_MANIFEST: Final = "manifest"
_PROCESSORS: Final = {0: "", 10: "xtensawin", 11: "rv32imc"}
"""Number in compiled files to what mpy-cross calls it."""


def arch_of(processor: int) -> str | None:
    """What mpy-cross calls a processor; None: this program does not compile for it."""
    return _PROCESSORS.get(processor)


def build_package(folder: Path, arch: str) -> FirmwarePackage:
    """Compile the firmware for a processor, "" for none in particular. Raises BartrackerError."""
    contents = compile_firmware(folder, arch)
    # The second byte of a compiled file is the version of its format.
    mpy_version = next(iter(contents.values()))[1]
    processor = next(number for number, name in _PROCESSORS.items() if name == arch)
    return make_package(_version(folder), mpy_version, processor, contents)


def board_files(folder: Path, package: FirmwarePackage) -> dict[str, bytes]:
    """Path on the board to contents: the package in the first slot, its manifest after it, what starts it last."""
    files = {f"{SLOTS[0]}/{path}": data for path, data in package.contents.items()}
    files[f"{SLOTS[0]}/{_MANIFEST}"] = package.manifest
    for path in (BOOT, MAIN):
        files[path] = (folder / path.removeprefix("/")).read_bytes()
    return files


def _version(folder: Path) -> str:
    source = folder / "bartracker_fw" / "__init__.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="VERSION")], value=value):
                return ".".join(map(str, ast.literal_eval(value)))
            case _:
                pass
    raise BartrackerError(str(source), "it states no VERSION", "install bartracker anew")
