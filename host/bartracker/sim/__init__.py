"""The virtual gym: a lifter moves a bar, an IMU measures it, counts and the exact truth come out. Deterministic by
seed. Independent of the estimator: nothing here imports motion, reps or the pipeline.
"""

from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.imu import CHIP_SPECS, VirtualImu
from bartracker.sim.session import SimulatedSet, simulate_set

__all__ = [
    "CHIP_SPECS",
    "SIMULATED_EXERCISES",
    "SimulatedSet",
    "VirtualImu",
    "simulate_set",
]
