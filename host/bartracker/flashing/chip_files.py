"""The configuration that a BMI270 must be given by its owner: found in a file that its maker or MicroPython's library
publishes. bartracker brings none and downloads none.
"""

import ast
import re
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError

BOARD_PATH: Final = "/bartracker/bmi270.bin"
"""Where the firmware looks for it."""

_BYTES: Final = 8192
_LARGEST_FILE_BYTES: Final = 2_000_000
_ARRAY: Final = re.compile(r"\{((?:\s|,|0[xX][0-9a-fA-F]{1,2}\b)+)\}")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,2}")
WHERE: Final = (
    "download bmi270.py of micropython-lib (github.com/micropython/micropython-lib, "
    "micropython/drivers/imu/bmi270) and give it with --chip-file"
)


def read_chip_file(path: Path) -> bytes:
    """The 8192 bytes, from the bytes themselves, a Python file that holds them (micropython-lib's bmi270.py) or a C
    file (Bosch's bmi270.c). Nothing in the file is run. Raises BartrackerError.
    """
    from bartracker.recording.files import os_problem

    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    found = raw if len(raw) == _BYTES else _in_text(raw)
    if found is None or len(set(found)) < 2:
        raise BartrackerError(str(path), f"no BMI270 configuration of {_BYTES} bytes is in it", WHERE)
    return found


def _in_text(raw: bytes) -> bytes | None:
    if len(raw) > _LARGEST_FILE_BYTES:
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    for array in _ARRAY.findall(text):
        numbers = _NUMBER.findall(array)
        if len(numbers) == _BYTES:
            return bytes(int(number, 16) for number in numbers)
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return next((value for node in nodes if (value := _literal(node)) is not None), None)


def _literal(node: ast.AST) -> bytes | None:
    """The bytes that a literal stands for, if they are as many as the chip wants."""
    match node:
        case ast.Constant(value=bytes() as value) if len(value) == _BYTES:
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items) if len(items) == _BYTES:
            numbers = [item.value for item in items if isinstance(item, ast.Constant)]
            whole = [number for number in numbers if isinstance(number, int) and 0 <= number <= 255]
            return bytes(whole) if len(whole) == _BYTES else None
        case _:
            return None
