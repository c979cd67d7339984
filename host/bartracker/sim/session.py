"""One simulated set from wish to packets and truth, and its recording. The way in for tests, benchmarks and `sim://`."""

from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.recording import RecordingMetadata, RecordingWriter
from bartracker.samples import BoolArray, FloatArray
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.imu import CountArray, ImuSpec, SensorErrors, VirtualImu, chip_spec
from bartracker.sim.kinematics import Mount, MountPlace, SensorMotion
from bartracker.sim.lifter import RepMark, perform
from bartracker.sim.plan import SetWish, Tempo, plan_set
from bartracker.sim.truth import DenseTruth, RepTruth, dense_truth, rep_truth
from bartracker.wire import (
    SAMPLES_AT_MTU_247,
    DataPacket,
    PacketFlags,
    SensorInfo,
    clip_flags,
    encode_data_packet,
)

TRUTH_SCHEMA: Final = "bartracker.truth/1"
_RATES_HZ: Final = (25.0, 1000.0)
_FIRMWARE: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class AirSettings:
    """The way from the sensor to the host.

    Attributes:
        samples_per_packet: at most what the MTU carries.
        burst_s: the sensor empties its FIFO and sends at this period, s.
        delay_s: shortest and longest usual delay through Bluetooth, s.
        stall_chance, stall_s: chance that a packet waits longer, and how much longer at most, s.
        stamp_jitter_s: standard deviation of the time stamps, s.
        clock_error: the device's crystal runs this part too fast or slow (standard deviation, 1).
        loss_bursts: how many times packets are lost.
        longest_burst: most packets lost at once.
    """

    samples_per_packet: int = SAMPLES_AT_MTU_247
    burst_s: float = 0.05
    delay_s: tuple[float, float] = (0.012, 0.045)
    stall_chance: float = 0.02
    stall_s: float = 0.25
    stamp_jitter_s: float = 0.0002
    clock_error: float = 10e-6
    loss_bursts: int = 0
    longest_burst: int = 4


@dataclass(frozen=True, slots=True)
class TimedPacket:
    """A data packet as the host receives it: arrival on the host's clock, s."""

    arrival_s: float
    raw: bytes


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSet:
    """A set with everything about it.

    Attributes:
        wish, load_kg, eccentric_first, seed: what was done.
        imu, info: the sensor and what it says of itself.
        sample_t_s: (N,) true time of each sample, s; counts (N, 6) int16 as sampled; lost (N,) never arrived.
        packets: those that arrived, in order.
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
    lost: BoolArray
    packets: tuple[TimedPacket, ...]
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
    air: AirSettings | None = None,
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
        air: packets and their losses.

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
    sensing, sending = _random(wish, seed, 2), _random(wish, seed, 3)
    motion = lifted.motion
    errors = SensorErrors.none() if ideal_sensor else SensorErrors.draw(spec, sensing)
    imu = VirtualImu(spec, errors, motion, rate_hz, seed)
    count = int(motion.duration_s * imu.true_rate_hz)
    counts, sample_t_s = imu.counts(0, count), imu.sample_time_s(0, count)
    info = sensor_info(spec, rate_hz, seed)
    packets, lost = _send(counts, sample_t_s, info, air or AirSettings(), sending)
    truth = dense_truth(motion)
    table: list[RepTruth] = []
    for row in lifted.rep_table(truth):
        inside = (sample_t_s >= row.t_con0) & (sample_t_s < row.t_con1)
        clipped = clip_flags(counts[inside], info) != PacketFlags.NONE
        table.append(replace(row, clipped=clipped, lost_samples=int(lost[inside].sum())))
    return SimulatedSet(
        wish=wish,
        load_kg=lifted.load_kg,
        eccentric_first=lifted.eccentric_first,
        seed=seed,
        imu=imu,
        info=info,
        sample_t_s=sample_t_s,
        counts=counts,
        lost=lost,
        packets=packets,
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


def write_recording(simulated: SimulatedSet, path: str | Path) -> None:
    """Write the packets that arrived as a .btr recording.

    Raises BartrackerError if the file exists or cannot be made.
    """
    wish = simulated.wish
    metadata = RecordingMetadata(
        exercise=wish.exercise,
        load_kg=simulated.load_kg,
        mount=simulated.imu.motion.mount.place,
        source="simulated",
        notes=f"virtual lifter, seed {simulated.seed}",
    )
    with RecordingWriter.create(path, metadata, simulated.info) as writer:
        for packet in simulated.packets:
            writer.append_packet(packet.arrival_s, packet.raw)


def truth_document(simulated: SimulatedSet) -> dict[str, object]:
    """JSON-able truth, rounded to microseconds and micrometres. Times are s since the recording's first sample.

    `reps`: rows of `truth.RepTruth`. `sensor`: measured = matrix @ true + bias, so that an ideal calibration is known.
    """
    errors = simulated.imu.errors
    return {
        "schema": TRUTH_SCHEMA,
        "exercise": simulated.wish.exercise,
        "order": "eccentric-first" if simulated.eccentric_first else "concentric-first",
        "load_kg": simulated.load_kg,
        "seed": simulated.seed,
        "duration_s": round(float(simulated.sample_t_s[-1]), 6),
        "samples": len(simulated.counts),
        "lost_samples": int(simulated.lost.sum()),
        "true_rate_hz": round(simulated.imu.true_rate_hz, 6),
        "sensor": {
            "acc_matrix": np.round(errors.acc_matrix, 6).tolist(),
            "acc_bias_mps2": np.round(errors.acc_bias, 6).tolist(),
            "gyr_matrix": np.round(errors.gyr_matrix, 6).tolist(),
            "gyr_bias_radps": np.round(errors.gyr_bias, 6).tolist(),
        },
        "reps": [
            {key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(row).items()}
            for row in simulated.reps
        ],
    }


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


def _send(
    counts: CountArray, sample_t_s: FloatArray, info: SensorInfo, air: AirSettings, rng: np.random.Generator
) -> tuple[tuple[TimedPacket, ...], BoolArray]:
    """Cut samples into packets, send them; what is lost is marked. The first packet always arrives."""
    size = air.samples_per_packet
    starts = range(0, len(counts), size)
    dropped = np.zeros(len(starts), dtype=np.bool_)
    if air.loss_bursts and len(starts) > air.longest_burst + 1:
        for at in rng.integers(1, len(starts) - air.longest_burst, air.loss_bursts).tolist():
            dropped[at : at + int(rng.integers(1, air.longest_burst + 1))] = True
    lost = np.repeat(dropped, size)[: len(counts)]
    boot_us = float(rng.uniform(3e6, 60e6))
    clock = 1 + rng.normal(0, air.clock_error)
    arrival_s, packets = 0.0, list[TimedPacket]()
    for number, start in enumerate(starts):
        block = counts[start : start + size]
        jitter_s = float(rng.normal(0, air.stamp_jitter_s)) if number else 0.0
        stalled_s = float(rng.uniform(0, air.stall_s)) if rng.random() < air.stall_chance else 0.0
        delay_s = float(rng.uniform(*air.delay_s)) + stalled_s
        last_s = float(sample_t_s[start + len(block) - 1])
        arrival_s = max(arrival_s, np.ceil(last_s / air.burst_s) * air.burst_s + delay_s)
        packet = DataPacket(
            counter=number,
            first_index=start,
            device_time_us=round(boot_us + (float(sample_t_s[start]) + jitter_s) * clock * 1e6),
            counts=block,
            flags=clip_flags(block, info) | PacketFlags.NONE,
            epoch=info.boot_count & 3,
        )
        if not dropped[number]:
            packets.append(TimedPacket(float(arrival_s), encode_data_packet(packet)))
    return tuple(packets), lost
