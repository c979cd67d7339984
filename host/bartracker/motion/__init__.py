"""Attitude, velocity and position with their uncertainties. Knows nothing of exercises or reps."""

from bartracker.motion.estimate import Motion, estimate_motion
from bartracker.motion.settings import MotionSettings

__all__ = ["Motion", "MotionSettings", "estimate_motion"]
