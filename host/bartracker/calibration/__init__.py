"""What a sensor's samples must go through before they are physics. The solver and the guide come with the calibration
issue.
"""

from bartracker.calibration.model import IDENTITY, Calibration

__all__ = ["IDENTITY", "Calibration"]
