"""What a sensor's samples must go through before they are physics: model, solver, guide, checks. Pure; no files."""

from bartracker.calibration.model import IDENTITY, Calibration

__all__ = ["IDENTITY", "Calibration"]
