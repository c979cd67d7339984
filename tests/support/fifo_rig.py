"""For the tests of FIFO decoders: what takes the samples, what moves the chips, and chips that stream."""

import numpy as np

from bartracker.samples import FloatArray
from bartracker.sim.chips import make_chip
from bartracker.sim.chips.bmi270 import STAND_IN, Bmi270
from bartracker.sim.chips.icm42688p import Icm42688p

START_US = 200_000


class Still:
    """Turned a little at every moment, so that no two samples are alike."""

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        turn = np.stack([np.sin(t_s), np.cos(t_s), np.sin(2 * t_s)], axis=1)
        return 9.81 * turn, turn


class Sink:
    """Takes what a decoder gives: counts, and None for each sample that is missing."""

    def __init__(self) -> None:
        self.buf = bytearray(12)
        self.at = 0
        self.taken: list[list[int] | None] = []
        self.overflows = 0

    def overflow(self) -> None:
        self.overflows += 1

    def push(self) -> None:
        self.taken.append(np.frombuffer(self.buf, "<i2").tolist())

    def skip(self, n: int) -> None:
        self.taken.extend([None] * n)


def icm(code: int = 15) -> Icm42688p:
    """A chip at 500 Hz (code 15) that has settled and streams from `START_US` on."""
    chip = make_chip("icm42688p", Still(), seed=3)
    assert isinstance(chip, Icm42688p)
    chip.produced.keep = True
    for register, value in ((0x54, 0x29), (0x4F, code), (0x50, code), (0x5F, 0x0F), (0x4E, 0x0F)):
        chip.write(1000, register, bytes([value]))
    chip.write(START_US, 0x16, b"\x40")
    return chip


def bmi(code: int = 10) -> Bmi270:
    """A chip at 400 Hz (code 10) with its configuration, streaming from `START_US` on."""
    chip = make_chip("bmi270", Still(), seed=3)
    assert isinstance(chip, Bmi270)
    chip.produced.keep = True
    chip.write(10_000, 0x7C, b"\x00")
    chip.write(11_000, 0x5E, STAND_IN)
    chip.write(12_000, 0x59, b"\x01")
    assert chip.read(50_000, 0x21, 1) == b"\x01"
    for register, value in ((0x40, 0xA0 | code), (0x42, 0xE0 | code), (0x48, 0), (0x7D, 0x0E)):
        chip.write(60_000, register, bytes([value]))
    chip.write(START_US, 0x49, b"\xd0")
    return chip
