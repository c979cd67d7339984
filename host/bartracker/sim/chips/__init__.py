"""Register-level models of motion chips, written from their data sheets and independent of the firmware's drivers."""

from bartracker.sim.chips.base import BusStuck, I2cChip, MotionSource, Nack
from bartracker.sim.chips.catalogue import CHIP_NAMES, make_chip

__all__ = ["CHIP_NAMES", "BusStuck", "I2cChip", "MotionSource", "Nack", "make_chip"]
