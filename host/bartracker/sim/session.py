"""One simulated set from wish to counts and truth. The way in for tests, benchmarks and `sim://`; no packets
and no radio here.
"""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.imu import CountArray, ImuSpec, SensorErrors, VirtualImu, chip_spec
from bartracker.sim.kinematics import Mount, MountPlace, SensorMotion
from bartracker.sim.lifter import RepMark, perform
from bartracker.sim.plan import SetWish, Tempo, plan_set
from bartracker.sim.truth import DenseTruth, RepTruth, dense_truth, rep_truth
from bartracker.wire import PacketFlags, SensorInfo, clip_flags

_RATES_HZ: Final = (25.0, 1000.0)
_FIRMWARE: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSet:
    """A set with everything about it.

    Attributes:
        wish, load_kg, eccentric_first, seed: what was done.
        imu, info: the sensor and what it says of itself.
        sample_t_s: (N,) true time of each sample, s; counts (N, 6) int16 as sampled.
        truth: the sensor point's true motion at 1 kHz; reps: the rep table.
    """

    wish: SetWish
    load_kg: float
    eccentric_first: bool
    seed: int
    imu: VirtualImu
    info: SensorInfo
    sample_t_s: FloatArray
    counts: CountArray
    truth: DenseTruth
    reps: tuple[RepTruth, ...]


def simulate_set(
    exercise: str,
    *,
    reps: int = 5,
    seed: int = 0,
    load_kg: float | None = None,
    rate_hz: float = 100.0,
    chip: str = "lsm6dso",
    mount: MountPlace = "shaft",
    tempo: str | None = None,
    touch_and_go: bool | None = None,
    partial: tuple[int, ...] = (),
    failed: tuple[int, ...] = (),
    fast_eccentric: tuple[int, ...] = (),
    forward_drift_m: float = 0.0,
    velocity_loss: float | None = None,
    ideal_sensor: bool = False,
) -> SimulatedSet:
    """Let the virtual lifter do a set, unrack to re-rack; the same arguments give the same bits on one machine.

    Args:
        exercise: one of `SIMULATED_EXERCISES`.
        reps: how many, 1 to 50.
        seed: everything left open is drawn from it.
        load_kg: None for 70 % of the lifter's best; speed and sticking region follow from it.
        rate_hz: nominal sampling rate; the true one is up to 2 % off.
        chip: one of `CHIP_SPECS`.
        mount: on the shaft, or on the sleeve, which spins.
        tempo: "3-1-X-0"; None for the lifter's own.
        touch_and_go: no pause at the bottom; None leaves it to the seed.
        partial, failed, fast_eccentric: numbers of reps, from 1, that are so.
        forward_drift_m: how far forward of its start the last rep's ascent ends; grows evenly from 0 over the set.
        velocity_loss: from rep to rep, 0 to 0.3; None by load.
        ideal_sensor: no bias, scale, cross-axis, temperature or rate errors; noise remains.

    Raises BartrackerError for anything out of range, with what would be valid.
    """
    wish = SetWish(
        exercise=exercise,
        reps=reps,
        load_kg=load_kg,
        tempo=None if tempo is None else Tempo.parse(tempo),
        touch_and_go=touch_and_go,
        partial=partial,
        failed=failed,
        fast_eccentric=fast_eccentric,
        forward_drift_m=forward_drift_m,
        velocity_loss=velocity_loss,
    )
    spec = chip_spec(chip)
    if not (isfinite(rate_hz) and _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1]):
        raise BartrackerError(f"rate {rate_hz:g} Hz", "is out of range", f"give {_RATES_HZ[0]:g} to {_RATES_HZ[1]:g}")
    lifted = lift_set(wish, seed=seed, mount=mount)
    sensing = _random(wish, seed, 2)
    motion = lifted.motion
    errors = SensorErrors.none() if ideal_sensor else SensorErrors.draw(spec, sensing)
    imu = VirtualImu(spec, errors, motion, rate_hz, seed)
    count = int(motion.duration_s * imu.true_rate_hz)
    counts, sample_t_s = imu.counts(0, count), imu.sample_time_s(0, count)
    info = sensor_info(spec, rate_hz, seed)
    truth = dense_truth(motion)
    table: list[RepTruth] = []
    for row in lifted.rep_table(truth):
        inside = (sample_t_s >= row.t_con0) & (sample_t_s < row.t_con1)
        clipped = clip_flags(counts[inside], info) != PacketFlags.NONE
        table.append(replace(row, clipped=clipped))
    return SimulatedSet(
        wish=wish,
        load_kg=lifted.load_kg,
        eccentric_first=lifted.eccentric_first,
        seed=seed,
        imu=imu,
        info=info,
        sample_t_s=sample_t_s,
        counts=counts,
        truth=truth,
        reps=tuple(table),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LiftedSet:
    """A set as it was lifted, before any sensor has measured it. `motion` of the sensor point; `marks` of the reps."""

    wish: SetWish
    load_kg: float
    eccentric_first: bool
    motion: SensorMotion
    marks: tuple[RepMark, ...]

    def rep_table(self, truth: DenseTruth) -> tuple[RepTruth, ...]:
        """What really happened, rep by rep; `truth` is `dense_truth` of the motion."""
        return tuple(rep_truth(truth, mark, eccentric_first=self.eccentric_first) for mark in self.marks)


def lift_set(wish: SetWish, *, seed: int, mount: MountPlace) -> LiftedSet:
    """Let the virtual lifter do a set; the same wish and seed give the same motion whatever sensor measures it.

    Raises BartrackerError for a mount or seed that cannot be.
    """
    if mount not in ("shaft", "sleeve"):
        raise BartrackerError(f"mount {mount!r}", "is unknown", "choose shaft or sleeve")
    if seed < 0:
        raise BartrackerError(f"seed {seed}", "is negative", "give 0 or more")
    lifting = _random(wish, seed, 0)
    plan = plan_set(wish, lifting)
    performance = perform(plan, lifting)
    motion = SensorMotion(performance.motion, _draw_mount(mount, _random(wish, seed, 1)))
    return LiftedSet(wish, plan.load_kg, plan.model.eccentric_first, motion, performance.marks)


def _random(wish: SetWish, seed: int, part: int) -> np.random.Generator:
    """One stream of random numbers for each concern: another sensor leaves the lifter's set as it was."""
    return np.random.default_rng([seed, list(SIMULATED_EXERCISES).index(wish.exercise), part])


def sensor_info(spec: ImuSpec, rate_hz: float, seed: int) -> SensorInfo:
    """What the virtual sensor says of itself."""
    return SensorInfo(
        chip_id=spec.chip_id,
        acc_range_g=16,
        gyr_range_dps=2000,
        acc_mps2_per_count=spec.acc_mps2_per_count,
        gyr_radps_per_count=spec.gyr_radps_per_count,
        nominal_rate_hz=rate_hz,
        firmware=_FIRMWARE,
        device_id=b"SIM" + (seed % 2**40).to_bytes(5, "big"),
    )


def _draw_mount(place: MountPlace, rng: np.random.Generator) -> Mount:
    """Somewhere along the bar, turned anyhow, a clip's height off the bar's axis."""
    along_m = rng.uniform(0.72, 0.95) if place == "sleeve" else rng.uniform(0.12, 0.65)
    around = rng.uniform(0, 2 * np.pi)
    off_m = 0.035 if place == "sleeve" else 0.024
    offset = np.array([along_m * rng.choice([-1.0, 1.0]), off_m * np.cos(around), off_m * np.sin(around)])
    rotation, upper = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation = rotation * np.sign(np.diag(upper))
    if np.linalg.det(rotation) < 0:
        rotation[:, 0] *= -1
    return Mount(place, offset, rotation)
