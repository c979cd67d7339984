"""The flash file system of a virtual board: a folder of the computer's. It has an end, writing takes time, and the
power can go at any byte; names appear, change and vanish in one piece, as in LittleFS.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bartracker.sim.flash_model import BLOCK, PowerCut

_PAGE_BYTES: Final = 256


@dataclass(slots=True)
class Drive:
    """`folder`: what the board sees as `/`. `capacity`: its size, bytes. `cut_after`: the power goes when so many more
    bytes, names or settings have been written; None: it stays. `erase_us`, `page_us`: how long a block of 4096 and a
    page of 256 bytes take.
    """

    folder: Path
    capacity: int = 1 << 20
    cut_after: int | None = None
    erase_us: int = 45_000
    page_us: int = 700
    written: int = 0
    """Bytes, names and settings so far."""

    @property
    def free_blocks(self) -> int:
        """Blocks of 4096 bytes that no file has taken."""
        used = sum(_blocks(path.stat().st_size) for path in self.folder.rglob("*") if path.is_file())
        return max(0, self.capacity // BLOCK - used)

    def grant(self, units: int) -> int:
        """How much of a write the power lasts for."""
        granted = units if self.cut_after is None else min(units, self.cut_after)
        if self.cut_after is not None:
            self.cut_after -= granted
        self.written += granted
        return granted

    def change(self) -> None:
        """Something is written in one piece: a name, a setting. Raises PowerCut before it is."""
        if not self.grant(1):
            raise PowerCut

    def write_us(self, length: int) -> int:
        """How long writing takes."""
        return _blocks(length) * self.erase_us + -(-length // _PAGE_BYTES) * self.page_us


def _blocks(length: int) -> int:
    return -(-length // BLOCK)
