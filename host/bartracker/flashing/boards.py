"""The processors and boards that the host knows: how to recognise them and what to compile for. All other pins are the
firmware's business (firmware/bartracker_fw/boards).
"""

import re
from dataclasses import dataclass
from typing import Final

from bartracker.errors import BartrackerError


@dataclass(frozen=True, slots=True)
class Chip:
    """A processor: `arch` as mpy-cross names it, `flash_offset` where MicroPython's image starts, `image_id` as the
    header of an image carries it.
    """

    name: str
    arch: str
    flash_offset: int
    image_id: int

    @property
    def esptool_name(self) -> str:
        """What esptool calls it."""
        return self.name.lower()


CHIPS: Final = {
    chip.name: chip
    for chip in (
        Chip("ESP32", "xtensawin", 0x1000, 0),
        Chip("ESP32S3", "xtensawin", 0x0, 9),
        Chip("ESP32C3", "rv32imc", 0x0, 5),
        Chip("ESP32C6", "rv32imc", 0x0, 13),
    )
}


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A motion chip that is soldered to a board: its pins, its I2C address and what its ID register holds."""

    scl: int
    sda: int
    address: int
    id_register: int
    chip_id: int


@dataclass(frozen=True, slots=True)
class BoardProfile:
    """A board to buy.

    Attributes:
        name: as `--board` and the firmware know it.
        title: as it is printed on the box.
        chip: its processor.
        usb_ids: (VID, PID) it can show up with: running MicroPython, or as it comes.
        image: MicroPython's download for it.
        boot_hint: how it gets into its boot loader when esptool cannot make it.
        imu_hint: what to look at when the motion chip does not answer.
        built_in: the chip by which it differs from other boards with its processor; None: none, or unknown.
    """

    name: str
    title: str
    chip: Chip
    usb_ids: tuple[tuple[int, int], ...]
    image: str
    boot_hint: str
    imu_hint: str
    built_in: BuiltIn | None = None


_SOLDERED: Final = "the chip is soldered inside: switch the board off and on, and if it stays silent it is broken"
# MicroPython's own USB on an ESP32-S3; the USB port that is built into the S3, C3 and C6.
_MICROPYTHON_USB: Final = (0x303A, 0x4001)
_BUILT_IN_USB: Final = (0x303A, 0x1001)
_S3_IMAGE: Final = "ESP32_GENERIC_S3, variant SPIRAM_OCT"

BOARDS: Final = (
    BoardProfile(
        name="xiao_esp32s3",
        title="XIAO ESP32S3",
        chip=CHIPS["ESP32S3"],
        # The last two: the maker's as delivered, and its boot loader.
        usb_ids=(_MICROPYTHON_USB, _BUILT_IN_USB, (0x2886, 0x0056), (0x2886, 0x8056)),
        image=_S3_IMAGE,
        boot_hint="hold its button B (BOOT) while plugging it in",
        imu_hint="check the breakout's wires: 3V3, GND, D4 to SDA, D5 to SCL",
    ),
    BoardProfile(
        name="xiao_esp32c6",
        title="XIAO ESP32C6",
        chip=CHIPS["ESP32C6"],
        usb_ids=(_BUILT_IN_USB,),
        image="ESP32_GENERIC_C6",
        boot_hint="hold its button B (BOOT) while plugging it in",
        imu_hint="check the breakout's wires: 3V3, GND, D4 to SDA, D5 to SCL",
    ),
    BoardProfile(
        name="m5sticks3",
        title="M5StickS3",
        chip=CHIPS["ESP32S3"],
        usb_ids=(_MICROPYTHON_USB, _BUILT_IN_USB),
        image=_S3_IMAGE,
        boot_hint="hold its reset button until the green light blinks",
        imu_hint=_SOLDERED,
        built_in=BuiltIn(48, 47, 0x68, 0x00, 0x24),
    ),
    BoardProfile(
        name="m5stickc_plus2",
        title="M5StickC Plus2",
        chip=CHIPS["ESP32"],
        usb_ids=((0x1A86, 0x55D4),),
        image="ESP32_GENERIC, variant SPIRAM",
        boot_hint="connect its pin G0 to GND while plugging it in",
        imu_hint=_SOLDERED,
        built_in=BuiltIn(22, 21, 0x68, 0x75, 0x19),
    ),
    BoardProfile(
        name="atoms3r",
        title="AtomS3R",
        chip=CHIPS["ESP32S3"],
        usb_ids=(_MICROPYTHON_USB, _BUILT_IN_USB),
        image=_S3_IMAGE,
        boot_hint="hold its reset button until the green light inside comes on",
        imu_hint=_SOLDERED,
        built_in=BuiltIn(0, 45, 0x68, 0x00, 0x24),
    ),
)


def board_named(name: str) -> BoardProfile:
    """The board of that name. Raises BartrackerError for any other."""
    for board in BOARDS:
        if board.name == name:
            return board
    raise BartrackerError(
        f"board {name}", "there is no such board", f"choose {board_names()}, or give a file of your own"
    )


def board_names() -> str:
    """'a, b or c'."""
    *others, last = [board.name for board in BOARDS]
    return f"{', '.join(others)} or {last}"


def boards_with_usb_id(usb_id: tuple[int, int]) -> list[BoardProfile]:
    """The boards that can show up with this (VID, PID)."""
    return [board for board in BOARDS if usb_id in board.usb_ids]


def chip_name(machine: str) -> str | None:
    """The chip that MicroPython's machine text names ("... with ESP32S3", "... with ESP32-S3-FN8"); None: no ESP32."""
    mcu = machine.rpartition(" with ")[2].upper().replace("-", "")
    found = re.match(r"ESP32(?:[SCHP]\d)?", mcu)
    return found.group() if found else None
