"""A board of the user's own: a small TOML file with its pins (docs/examples/bartracker-board.toml), checked here, put
on the board as JSON.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import CHIPS, BoardProfile

BOARD_PATH: Final = "/bartracker/board.json"
"""Where the firmware looks for it."""

_LARGEST_FILE_BYTES: Final = 100_000
_HIGHEST_PIN: Final = {"ESP32": 39, "ESP32S3": 48, "ESP32C3": 21, "ESP32C6": 30}
_OPTIONAL_PINS: Final = ("led", "battery", "button", "buzzer", "vibration", "wake")
_AXES: Final = {"x": 1, "y": 2, "z": 3, "-x": -1, "-y": -2, "-z": -3}
_RINGS: Final = (32, 64, 128, 256, 512)
_LONGEST_MODEL: Final = 24
_EXAMPLE: Final = "see docs/examples/bartracker-board.toml"


@dataclass(frozen=True, slots=True)
class OwnBoard:
    """`profile`: what the flasher needs; `json`: what the firmware reads."""

    profile: BoardProfile
    json: bytes


def read_board_file(path: Path) -> OwnBoard:
    """Read and check. Raises BartrackerError naming the line's key and what it may be."""
    from bartracker.recording.files import os_problem

    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    if len(raw) > _LARGEST_FILE_BYTES:
        raise BartrackerError(str(path), "this is far too long for a board", _EXAMPLE)
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BartrackerError(str(path), f"this is no TOML file: {error}", _EXAMPLE) from None
    return _Reader(str(path), table).read()


class _Reader:
    """Takes the keys out one by one; what is left is unknown."""

    def __init__(self, given: str, table: dict[str, Any]) -> None:
        self._given = given
        self._table = dict(table)
        self._chip = ""
        self._taken: dict[int, str] = {}

    def read(self) -> OwnBoard:
        model = self._text("model")
        self._chip = self._choice("processor", tuple(CHIPS))
        fields: dict[str, Any] = {"model": model, "scl": self._pin("scl"), "sda": self._pin("sda")}
        for name in _OPTIONAL_PINS:
            fields[name] = self._pin(name) if name in self._table else None
        fields["led_on"] = self._whole("led_on", 0, 1, 1)
        fields["battery_divider"] = self._whole("battery_divider", 1, 20, 2)
        fields["ring_packets"] = self._choice("ring_packets", _RINGS, 128)
        fields["axes"] = self._axes()
        fields["hold"] = self._hold()
        if self._table:
            self._refuse(next(iter(self._table)), "this key is not known")
        chip = CHIPS[self._chip]
        profile = BoardProfile(
            name="generic",
            title=model,
            chip=chip,
            usb_ids=(),
            image=f"the image for its {chip.name}",
            boot_hint="hold its BOOT button while plugging it in",
            imu_hint=f"check its wires and the pins in {Path(self._given).name}",
        )
        return OwnBoard(profile, json.dumps(fields, sort_keys=True).encode())

    def _refuse(self, name: str, problem: str) -> NoReturn:
        raise BartrackerError(self._given, f"{name}: {problem}", _EXAMPLE)

    def _text(self, name: str) -> str:
        value = self._table.pop(name, None)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_MODEL or not value.isascii():
            self._refuse(name, f"give a name of up to {_LONGEST_MODEL} plain letters")
        return value

    def _choice(self, name: str, choices: tuple[Any, ...], usual: Any = None) -> Any:
        value = self._table.pop(name, usual)
        if isinstance(value, bool) or value not in choices:
            self._refuse(name, f"give one of {', '.join(map(str, choices))}")
        return value

    def _whole(self, name: str, lowest: int, highest: int, usual: int | None = None) -> int:
        value = self._table.pop(name, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            self._refuse(name, f"give a whole number from {lowest} to {highest}")
        return int(value)

    def _pin(self, name: str) -> int:
        return self._take(name, self._whole(name, 0, _HIGHEST_PIN[self._chip]))

    def _take(self, name: str, pin: int) -> int:
        other = self._taken.setdefault(pin, name)
        if other != name:
            self._refuse(name, f"GPIO{pin} is {other} already")
        return pin

    def _axes(self) -> list[int]:
        names = [str(axis) for axis in self._list("axes", ["x", "y", "z"])]
        numbers = [_AXES[name] for name in names if name in _AXES]
        if len(numbers) != 3 or len(names) != 3:
            self._refuse("axes", 'give three of x, y, z, -x, -y, -z, such as ["-y", "x", "z"]')
        if not _is_rotation(numbers):
            self._refuse("axes", "this is a mirror image, no turn: each axis once, and a right-handed order")
        return numbers

    def _hold(self) -> list[list[int]]:
        held: list[list[int]] = []
        for pair in self._list("hold", []):
            match pair:
                case [int() as pin, 0 | 1 as level] if (
                    not isinstance(pin, bool) and 0 <= pin <= _HIGHEST_PIN[self._chip]
                ):
                    held.append([self._take("hold", pin), int(level)])
                case _:
                    self._refuse("hold", "give pairs of pin and level, such as [[4, 1]]")
        return held

    def _list(self, name: str, usual: list[Any]) -> list[Any]:
        value: Any = self._table.pop(name, usual)
        if not isinstance(value, list):
            self._refuse(name, "give a list in square brackets")
        return cast(list[Any], value)


def _is_rotation(axes: list[int]) -> bool:
    rows = [[(axis > 0) - (axis < 0) if abs(axis) == column else 0 for column in (1, 2, 3)] for axis in axes]
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) == 1
