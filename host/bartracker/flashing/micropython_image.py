"""MicroPython itself: the lines that put it on a bare board, and doing so with an image that the user has downloaded.
bartracker downloads nothing.
"""

import logging
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import CHIPS, BoardProfile
from bartracker.flashing.partition_table import TABLE_AT, TABLE_BYTES, decode_table, encode_table, with_log

_LOGGER: Final = logging.getLogger(__name__)
_MAGIC: Final = 0xE9
_CHIP_ID_AT: Final = 12
_HEADER_BYTES: Final = 24
_BAUD: Final = "460800"
_LIMIT_S: Final = 300

RunTool: TypeAlias = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def lines_that_flash(board: BoardProfile, device: str) -> str:
    """What to type to put MicroPython on this board."""
    esptool = f"esptool --chip {board.chip.esptool_name} --port {device}"
    return (
        f"download MicroPython from micropython.org/download ({board.image}), then `{esptool} erase-flash` and "
        f"`{esptool} write-flash 0x{board.chip.flash_offset:x} IMAGE.bin`, or `bartracker flash --port {device} "
        f"--board {board.name} --micropython IMAGE.bin` for both"
    )


def check_image(path: Path, board: BoardProfile) -> None:
    """See that the file is an image for the board's chip. Raises BartrackerError."""
    from bartracker.recording.files import os_problem

    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    remedy = f"download {board.image} (the .bin) from micropython.org/download"
    if len(header) < _HEADER_BYTES or header[0] != _MAGIC:
        raise BartrackerError(str(path), "this is no MicroPython image for an ESP32", remedy)
    image_id = int.from_bytes(header[_CHIP_ID_AT : _CHIP_ID_AT + 2], "little")
    if image_id != board.chip.image_id:
        chips = [chip.name for chip in CHIPS.values() if chip.image_id == image_id]
        other = f"an {chips[0]}" if chips else "another chip"
        raise BartrackerError(str(path), f"this image is for {other}, a {board.title} has an {board.chip.name}", remedy)


def run_tool(arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a tool of this Python to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_LIMIT_S,
        check=False,
    )


def write_image(
    path: Path, board: BoardProfile, device: str, run: RunTool, say: Callable[[str], None], *, log: bool = False
) -> None:
    """Erase the board and write the image; `log`: with a place for recordings, which the image as it comes lacks.

    Nothing is erased before image and flash are seen to fit, and a repetition begins anew, so it mends whatever was
    broken off. Raises BartrackerError, with esptool's last word where that failed.
    """
    check_image(path, board)
    common = ["esptool", "--chip", board.chip.esptool_name, "--port", device]
    with tempfile.TemporaryDirectory() as folder:
        source, options = path, ()
        if log:
            megabytes = _flash_megabytes(_esptool([*common, "flash-id"], board, device, run), device)
            source = Path(folder) / "with_log.bin"
            source.write_bytes(image_with_log(path, board, megabytes << 20))
            # The boot loader refuses partitions beyond the size in its own header.
            options = ("--flash-size", f"{megabytes}MB")
        say(f"erasing the {board.title}")
        _esptool([*common, "erase-flash"], board, device, run)
        say("writing MicroPython; this takes half a minute")
        offset = f"0x{board.chip.flash_offset:x}"
        _esptool([*common, "--baud", _BAUD, "write-flash", *options, offset, str(source)], board, device, run)


def image_with_log(path: Path, board: BoardProfile, flash_bytes: int) -> bytes:
    """The image with a place for recordings in its partition table; all else is as it was. Written at once, so that
    MicroPython never starts with the old table. Raises BartrackerError.
    """
    from bartracker.recording.files import os_problem

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    at = TABLE_AT - board.chip.flash_offset
    partitions = decode_table(raw[at : at + TABLE_BYTES], str(path))
    table = encode_table(with_log(partitions, flash_bytes, board.title))
    return raw[:at] + table + raw[at + TABLE_BYTES :]


def _flash_megabytes(said: str, device: str) -> int:
    found = re.search(r"Detected flash size:\s*(\d+)MB", said)
    if found is None:
        raise BartrackerError(device, "esptool cannot tell the size of its flash", "leave --with-log out")
    return int(found.group(1))


def _esptool(arguments: Sequence[str], board: BoardProfile, device: str, run: RunTool) -> str:
    remedy = f"{board.boot_hint}, then repeat the command"
    try:
        done = run(arguments)
    except subprocess.TimeoutExpired:
        raise BartrackerError(device, "esptool did not come to an end", remedy) from None
    if done.returncode:
        _LOGGER.warning("%s\n%s", " ".join(arguments), done.stdout)
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        said = next((line for line in lines if "rror" in line), lines[-1] if lines else "no reason given")
        raise BartrackerError(device, f"esptool failed: {said.rstrip('.')}", remedy)
    return done.stdout
