"""NOR flash as a board has it: erased in blocks to ones, programmed from ones to zeros, and a power cut at any byte."""

from dataclasses import dataclass, field
from typing import Final

BLOCK: Final = 4096


class PowerCut(Exception):  # noqa: N818 - it is no error of the program
    """The power went while flash was written."""


@dataclass(slots=True)
class FlashModel:
    """`blocks` of 4096 bytes. `cut_after`: the power goes when so many more bytes have been erased or programmed; None:
    it stays. `erasures`: how often each block was erased. Times are those of a usual SPI flash, us.
    """

    blocks: int = 64
    cut_after: int | None = None
    erase_us: int = 45_000
    page_us: int = 700
    data: bytearray = field(init=False)
    erasures: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.data = bytearray(b"\xff" * (self.blocks * BLOCK))
        self.erasures = [0] * self.blocks

    def read(self, at: int, length: int) -> bytes:
        """Copy out."""
        return bytes(self.data[at : at + length])

    def erase(self, block: int) -> None:
        """Set a block to ones. Raises PowerCut."""
        self.erasures[block] += 1
        done = self._powered(BLOCK)
        at = block * BLOCK
        self.data[at : at + done] = b"\xff" * done
        if done < BLOCK:
            raise PowerCut

    def program(self, at: int, data: bytes) -> None:
        """Clear bits; what was not erased before becomes the AND of old and new. Raises PowerCut."""
        done = self._powered(len(data))
        for i in range(done):
            self.data[at + i] &= data[i]
        if done < len(data):
            raise PowerCut

    def program_us(self, length: int) -> int:
        """How long programming takes."""
        return -(-length // 256) * self.page_us

    def _powered(self, length: int) -> int:
        """How many of these bytes the power lasts for."""
        if self.cut_after is None:
            return length
        done = min(length, self.cut_after)
        self.cut_after -= done
        return done
