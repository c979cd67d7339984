"""How well a sensor is calibrated by hand, how long it takes, and what it is worth in sets.

    python benchmarks/calibration.py [--seeds 12]          virtual people on a table, through the guide
    python benchmarks/calibration.py --sets 4              mean velocity in virtual sets: none, guided, ideal
    python benchmarks/calibration.py --sets 1 --away 20    and with a calibration made 20 K colder than the set
    python benchmarks/calibration.py --steps 12            what each step of the procedure gains

The sensor's errors are those of data sheets ("as bought") or worse: 60 mg, 2 % scale and cross-axis, 5 deg/s. Errors
are against the truth at the moment of the last pose, in the frame in which the accelerometer's matrix is symmetric:
per-axis RMS of a calibrated force of 1 g over all directions, largest error of a scale (diagonal) and of any element of
the gyroscope's matrix, largest error of its bias. Coverage: the share of all parameters within 1.96 of their stated
standard uncertainty. People begin as soon as the sensor is switched on, while it warms.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.linalg import polar

from accuracy import Score, as_recorded, rms
from bartracker.api import analyze, known_exercise
from bartracker.calibration import IDENTITY, Calibration
from bartracker.calibration.gravity import local_gravity
from bartracker.calibration.guide import CalibrationGuide
from bartracker.calibration.model import ACC_BIAS, ACC_MATRIX, GYR_BIAS, GYR_MATRIX
from bartracker.calibration.poses import PoseCollector, PoseSequence
from bartracker.calibration.settings import GuideSettings
from bartracker.calibration.solver import SensorFit, solve
from bartracker.errors import BartrackerError
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, StampedBlock
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.handling import USERS, HandlingWish, User, handle
from bartracker.sim.imu import CHIP_SPECS, ImuSpec, SensorErrors, VirtualImu
from bartracker.sim.session import simulate_set
from bartracker.timebase import TimeBase

HERE = local_gravity(45.5)
"""Where the virtual gym stands: its gravity is the standard one."""
RATE_HZ = 100.0
CHIPS = ("lsm6dso", "mpu6886")
OLYMPIC = ("clean", "snatch")
MG = STANDARD_GRAVITY_MPS2 / 1000
Z95 = 1.96


def draw(kind: str, spec: ImuSpec, seed: int) -> SensorErrors:
    """A specimen as data sheets have it, or a worse one."""
    rng = np.random.default_rng([seed, 0xCA11])
    errors = SensorErrors.draw(spec, rng)
    if kind == "as bought":
        return errors

    def matrix() -> FloatArray:
        return np.eye(3) + rng.uniform(-0.02, 0.02, (3, 3))

    return replace(
        errors,
        acc_matrix=matrix(),
        gyr_matrix=matrix(),
        acc_bias=rng.uniform(-60, 60, 3) * MG,
        gyr_bias=np.radians(rng.uniform(-5, 5, 3)),
    )


def blocks(imu: VirtualImu, duration_s: float) -> Iterator[StampedBlock]:
    """What a link that loses nothing would bring."""
    each = 20
    for first in range(0, int(duration_s * imu.true_rate_hz), each):
        counts = imu.counts(first, each).astype(np.float64)
        no = np.zeros(each, np.bool_)
        yield StampedBlock(
            np.arange(first, first + each, dtype=np.int64),
            imu.sample_time_s(first, each),
            counts[:, :3] * imu.spec.acc_mps2_per_count,
            counts[:, 3:] * imu.spec.gyr_radps_per_count,
            no,
            no,
            float("nan"),
        )


@dataclass
class Errors:
    """Of one calibration against the truth."""

    force_mg: float
    scale_percent: float
    gyr_percent: float
    rate_dps: float
    covered: BoolArray


def errors_of(made: Calibration, truth: SensorErrors, at_s: float) -> Errors:
    """`at_s`: time since switching on for which it holds."""
    rotation, stretch = (np.asarray(part, np.float64) for part in polar(truth.acc_matrix, side="left"))
    warm_k = truth.warming_k * (1 - np.exp(-at_s / truth.warming_s))
    acc_bias, gyr_bias = truth.acc_bias + truth.acc_drift * warm_k, truth.gyr_bias + truth.gyr_drift * warm_k
    gyr_matrix = truth.gyr_matrix @ rotation.T
    towards = np.random.default_rng(0).normal(size=(500, 3))
    force = STANDARD_GRAVITY_MPS2 * towards / np.sqrt((towards**2).sum(axis=1))[:, None]
    found = made.corrected(force @ stretch.T + acc_bias, np.zeros_like(force))[0]
    assert made.covariance is not None
    sigma = np.sqrt(np.diagonal(made.covariance))
    # Of the symmetric matrix each element once.
    upper = np.triu_indices(3)
    covered = [
        np.abs(made.acc_bias_mps2 - acc_bias) / sigma[ACC_BIAS],
        (np.abs(made.acc_matrix - stretch) / sigma[ACC_MATRIX].reshape(3, 3))[upper],
        np.abs(made.gyr_bias_radps - gyr_bias) / sigma[GYR_BIAS],
        (np.abs(made.gyr_matrix - gyr_matrix) / sigma[GYR_MATRIX].reshape(3, 3)).ravel(),
    ]
    return Errors(
        force_mg=float(np.sqrt(((found - force) ** 2).mean()) / MG),
        scale_percent=float(100 * np.abs(np.diagonal(made.acc_matrix - stretch)).max()),
        gyr_percent=float(100 * np.abs(made.gyr_matrix - gyr_matrix).max()),
        rate_dps=float(np.degrees(np.abs(made.gyr_bias_radps - gyr_bias).max())),
        covered=np.concatenate(covered) <= Z95,
    )


def guided(user: User, imu_of: VirtualImu, seed: int) -> tuple[SensorFit, float]:
    """The guide's result and when it was satisfied, s. Raises BartrackerError."""
    motion = handle(HandlingWish(user), seed=seed).motion
    imu = replace(imu_of, motion=motion, nominal_rate_hz=RATE_HZ)
    guide = CalibrationGuide(HERE, RATE_HZ)
    for block in blocks(imu, motion.duration_s):
        guide.push(block)
        if guide.fit is not None:
            break
    return guide.finish(), guide.progress.elapsed_s


def imu_for(kind: str, chip: str, seed: int) -> VirtualImu:
    """`motion` is a placeholder; see `guided`."""
    spec = CHIP_SPECS[chip]
    return VirtualImu(spec, draw(kind, spec, seed), handle(HandlingWish(), seed=0).motion, RATE_HZ, seed)


def spread(values: list[float], digits: int) -> str:
    return f"{np.median(values):.{digits}f} / {np.quantile(values, 0.95):.{digits}f} / {max(values):.{digits}f}"


def people(seeds: int, console: Console) -> None:
    """Four users, two kinds of sensor."""
    result = Table(title="guided calibration: median / 95th percentile / worst", box=box.MARKDOWN)
    for heading in (
        "user", "sensor", "calibrated", "force, mg", "scale, %", "gyr matrix, %", "gyr bias, deg/s", "poses", "time, s",
        "under 3 min", "in the 95 % interval",
    ):  # fmt: skip
        result.add_column(heading)
    base = {chip: imu_for("as bought", chip, 0) for chip in CHIPS}
    for user in USERS:
        for kind in ("as bought", "worse"):
            rows: list[Errors] = []
            times: list[float] = []
            poses: list[float] = []
            for seed in track(range(seeds), f"{user}, {kind}", console=Console(stderr=True)):
                chip = CHIPS[seed % len(CHIPS)]
                imu = replace(base[chip], errors=draw(kind, CHIP_SPECS[chip], seed), seed=seed)
                try:
                    fit, at_s = guided(user, imu, seed)
                except BartrackerError as error:
                    console.print(f"{user}, {kind}, seed {seed}: {error}")
                    continue
                rows.append(errors_of(fit.calibration, imu.errors, at_s))
                times.append(at_s)
                poses.append(float(len(fit.force_residual_mps2)))
            result.add_row(
                user,
                kind,
                f"{len(rows)} of {seeds}",
                spread([row.force_mg for row in rows], 2),
                spread([row.scale_percent for row in rows], 3),
                spread([row.gyr_percent for row in rows], 3),
                spread([row.rate_dps for row in rows], 3),
                spread(poses, 0),
                spread(times, 0),
                f"{sum(time <= 180 for time in times)} of {seeds}",
                f"{100 * np.concatenate([row.covered for row in rows]).mean():.1f} %",
            )
    console.print(result)


def steps(seeds: int, console: Console) -> None:
    """More and more of the procedure, by a careful user with a worse sensor."""
    wanted = {
        "6 sides": slice(0, 6),
        "6 sides, 2 leaning": slice(0, 8),
        "6 sides, 4 leaning": slice(0, 10),
        "6 sides, 8 leaning": slice(0, 14),
        "4 sides, 4 leaning": slice(2, 10),
        "6 sides, 4 leaning, turns unused": slice(0, 10),
    }
    found: dict[str, list[Errors]] = defaultdict(list)
    for seed in track(range(seeds), "steps", console=Console(stderr=True)):
        chip = CHIPS[seed % len(CHIPS)]
        motion = handle(HandlingWish(), seed=seed).motion
        imu = replace(imu_for("worse", chip, seed), motion=motion)
        timebase, collector = TimeBase(RATE_HZ), PoseCollector(GuideSettings().still)
        for block in blocks(imu, 110.0):
            for hop in timebase.push(block):
                collector.push(hop)
        sequence = collector.sequence
        for name, part in wanted.items():
            turns = sequence.turns[part.start : part.stop - 1]
            if "unused" in name:
                turns = (None,) * len(turns)
            fit = solve(PoseSequence(sequence.poses[part], turns), HERE)
            found[name].append(errors_of(fit.calibration, imu.errors, sequence.poses[part][-1].t_s))
    result = Table(title="what each step gains: median / 95th percentile / worst", box=box.MARKDOWN)
    for heading in ("poses", "force, mg", "scale, %", "gyr matrix, %", "in the 95 % interval"):
        result.add_column(heading)
    for name, rows in found.items():
        result.add_row(
            name,
            spread([row.force_mg for row in rows], 2),
            spread([row.scale_percent for row in rows], 3),
            spread([row.gyr_percent for row in rows], 3),
            f"{100 * np.concatenate([row.covered for row in rows]).mean():.1f} %",
        )
    console.print(result)


def sets(seeds: int, away_k: float, console: Console) -> None:
    """Mean velocity by calibration: none, guided (users in turn), ideal; where `away_k` is not 0 also guided at another
    temperature. By groups of lifts, then by lift.
    """
    scores: dict[tuple[str, str, str], Score] = defaultdict(Score)
    todo = [(name, seed, kind) for name in SIMULATED_EXERCISES for seed in range(seeds) for kind in KINDS]
    for exercise, seed, kind in track(todo, "sets", console=Console(stderr=True)):
        chip = CHIPS[seed % len(CHIPS)]
        made = simulate_set(exercise, seed=500 + seed, rate_hz=(100, 200, 400)[seed % 3], chip=chip)
        imu = replace(made.imu, errors=draw(kind, made.imu.spec, 1000 + seed))
        count = int(imu.motion.duration_s * imu.true_rate_hz)
        measured = replace(made, imu=imu, counts=imu.counts(0, count), sample_t_s=imu.sample_time_s(0, count))
        recording, truth = as_recorded(measured), [asdict(rep) for rep in made.reps]
        user = USERS[seed % len(USERS)]
        try:
            fit, _ = guided(user, imu, seed)
        except BartrackerError as error:
            console.print(f"{user}, {kind}, seed {seed}: {error}")
            continue
        calibrations = {"none": IDENTITY, "guided": fit.calibration, "ideal": ideal(imu.errors)}
        if away_k:
            calibrations[f"guided {away_k:g} K away"] = replace(
                fit.calibration,
                acc_bias_mps2=fit.calibration.acc_bias_mps2 - away_k * imu.errors.acc_drift,
                gyr_bias_radps=fit.calibration.gyr_bias_radps - away_k * imu.errors.gyr_drift,
            )
        group = "clean, snatch" if exercise in OLYMPIC else "slow lifts"
        for name, calibration in calibrations.items():
            analysis = analyze(recording, exercise=known_exercise(exercise), calibration=calibration)
            scores[kind, group, name].add(truth, analysis)
            scores[kind, exercise, name].add(truth, analysis)
    result = Table(title="sets, exercise told", box=box.MARKDOWN)
    for heading in ("sensor", "lifts", "calibration", "found / missed / false", "mean velocity RMSE, m/s", "range, m"):
        result.add_column(heading)
    for (kind, group, name), score in sorted(scores.items(), key=lambda item: item[0][1] in SIMULATED_EXERCISES):
        cells: list[str] = []
        for number in ("mean velocity, m/s", "range of motion, m"):
            pairs = np.array(score.errors[number], dtype=np.float64)
            inside = 100 * float(np.mean(np.abs(pairs[:, 0]) <= Z95 * pairs[:, 1]))
            cells.append(f"{rms(pairs[:, 0]):.4f}, worst {np.abs(pairs[:, 0]).max():.3f}, {inside:.0f} % in")
        result.add_row(kind, group, name, f"{score.found} / {score.missed} / {score.false}", *cells)
    console.print(result)


KINDS = ("as bought", "worse")


def ideal(errors: SensorErrors) -> Calibration:
    """The specimen's own errors, cold."""
    return Calibration("ideal", errors.acc_matrix, errors.acc_bias, errors.gyr_matrix, errors.gyr_bias)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=0, help="people of each kind, with each kind of sensor")
    parser.add_argument("--sets", type=int, default=0, metavar="SEEDS", help="virtual sets of each lift")
    parser.add_argument("--away", type=float, default=0.0, metavar="K", help="with --sets: also calibrated so far away")
    parser.add_argument("--steps", type=int, default=0, metavar="SEEDS", help="sensors for the gain of each step")
    args = parser.parse_args()
    console = Console(width=260)
    if args.steps:
        steps(args.steps, console)
    if args.sets:
        sets(args.sets, args.away, console)
    if args.seeds or not (args.steps or args.sets):
        people(args.seeds or 12, console)


if __name__ == "__main__":
    main()
