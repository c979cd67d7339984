"""The virtual boards: what the virtual sensor wires up, and which board a chip usually sits on."""

from dataclasses import dataclass
from typing import Final

from bartracker.errors import BartrackerError


@dataclass(frozen=True, slots=True)
class VirtualBoard:
    """A board. `wires`: (SCL, SDA) of the motion chip; `battery_pin`: ADC pin behind `battery_divider`, None: it does
    not measure its battery.
    """

    wires: tuple[int, int]
    battery_pin: int | None = None
    battery_divider: int = 2


BOARDS: Final = {
    "xiao_esp32s3": VirtualBoard((6, 5), 1),
    "xiao_esp32c6": VirtualBoard((23, 22), 0),
    "m5sticks3": VirtualBoard((48, 47)),
    "m5stickc_plus2": VirtualBoard((22, 21), 38),
    "atoms3r": VirtualBoard((0, 45)),
}
BOARD_NAMES: Final = tuple(BOARDS)
USUAL_BOARD: Final = {
    "lsm6dso": "xiao_esp32s3",
    "lsm6dsox": "xiao_esp32s3",
    "bmi270": "m5sticks3",
    "icm42688p": "xiao_esp32c6",
    "mpu6886": "m5stickc_plus2",
    "mpu6050": "xiao_esp32s3",
    "lsm6ds3trc": "xiao_esp32s3",
}
"""The board that a chip is bought on or with."""


def virtual_board(name: str) -> VirtualBoard:
    """The board of that name. Raises BartrackerError for any other."""
    found = BOARDS.get(name)
    if found is None:
        raise BartrackerError(f"board {name!r}", "is not simulated", f"choose one of {', '.join(BOARD_NAMES)}")
    return found
