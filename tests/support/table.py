"""A sensor on a table without a VM: known errors, poses and turns by hand, as blocks."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from bartracker.calibration.gravity import local_gravity
from bartracker.calibration.guide import CalibrationGuide, GuideMessage
from bartracker.calibration.poses import PoseCollector, PoseSequence
from bartracker.samples import STANDARD_GRAVITY_MPS2, StampedBlock
from bartracker.sim.handling import Handling, HandlingWish, User, handle
from bartracker.sim.imu import CHIP_SPECS, SensorErrors, VirtualImu
from bartracker.timebase import TimeBase

G = STANDARD_GRAVITY_MPS2
HERE = local_gravity(45.5)
RATE_HZ = 100.0


def worse_errors(seed: int) -> SensorErrors:
    """60 mg, 2 % scale and cross-axis, 5 deg/s."""
    rng = np.random.default_rng([seed, 7])
    return replace(
        SensorErrors.draw(CHIP_SPECS["lsm6dso"], rng),
        acc_matrix=np.eye(3) + rng.uniform(-0.02, 0.02, (3, 3)),
        gyr_matrix=np.eye(3) + rng.uniform(-0.02, 0.02, (3, 3)),
        acc_bias=rng.uniform(-0.06, 0.06, 3) * G,
        gyr_bias=np.radians(rng.uniform(-5, 5, 3)),
    )


@cache
def handled(user: User, seed: int) -> Handling:
    return handle(HandlingWish(user), seed=seed)


def sensor(user: User, seed: int, errors: SensorErrors | None = None) -> tuple[VirtualImu, Handling]:
    handling = handled(user, seed)
    imu = VirtualImu(CHIP_SPECS["lsm6dso"], errors or worse_errors(seed), handling.motion, RATE_HZ, seed)
    return imu, handling


def blocks(imu: VirtualImu, to_s: float, each: int = 250, from_s: float = 0.0) -> Iterator[StampedBlock]:
    for first in range(int(from_s * imu.true_rate_hz), int(to_s * imu.true_rate_hz), each):
        counts = imu.counts(first, each).astype(np.float64)
        no = np.zeros(each, np.bool_)
        yield StampedBlock(
            np.arange(first, first + each),
            imu.sample_time_s(first, each),
            counts[:, :3] * imu.spec.acc_mps2_per_count,
            counts[:, 3:] * imu.spec.gyr_radps_per_count,
            no,
            no,
            float("nan"),
        )


def poses_of(source: Iterator[StampedBlock]) -> PoseSequence:
    timebase, collector = TimeBase(RATE_HZ), PoseCollector()
    for block in source:
        for hop in timebase.push(block):
            collector.push(hop)
    for hop in timebase.flush():
        collector.push(hop)
    return collector.sequence


def led(source: Iterator[StampedBlock]) -> tuple[CalibrationGuide, list[GuideMessage]]:
    """The guide, pushed until it has enough or the samples end."""
    guide, said = CalibrationGuide(HERE, RATE_HZ), list[GuideMessage]()
    for block in source:
        said += guide.push(block)
        if guide.fit is not None:
            break
    return guide, said
