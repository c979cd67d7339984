"""Attitude and velocity of `estimate_motion` against recordings whose motion is known, beside plain VQF.

    python benchmarks/motion_accuracy.py [--broad FOLDER] [--sets FOLDER] [--simulate SEEDS]

--broad: BROAD trials as .npz (acc, gyr, fs, opt_quat, opt_pos, movement, lever_m). --sets: recordings/*.npz and
truth/*.npz with truth_t, t_true, velocity, quaternion. --simulate: SEEDS virtual sets of each lift (default 1).
A line a method: inclination RMSE (heading-free attitude error), vertical velocity RMSE while moving, share of velocity
errors within the 95 % interval, processor time a sample. VQF + high-pass integrates world acceleration and removes
drift with a 0.1 Hz filter, without lag offline, causal online.

The optical truth of BROAD is moved to the sensor by its lever arm and delayed by 4.2 ms (gyroscope) and 2.5 ms
(accelerometer) against the cameras, as found by matching rates and accelerations.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import vqf
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, filtfilt, lfilter  # pyright: ignore[reportUnknownVariableType, reportMissingTypeStubs]
from scipy.spatial.transform import Rotation

from bartracker.motion import estimate_motion
from bartracker.motion.attitude import world_acceleration
from bartracker.samples import BoolArray, FloatArray
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import simulate_set

Mode = Literal["offline", "online"]
GYR_LAG_S, ACC_LAG_S = 0.0042, 0.0025


@dataclass(frozen=True, slots=True)
class Case:
    """Samples (N, ...) with true attitude, vertical velocity, and where to score."""

    group: str
    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    quat_ws: FloatArray
    vel_z_mps: FloatArray
    scored: BoolArray


@dataclass(frozen=True, slots=True)
class Estimate:
    quat_ws: FloatArray
    vel_z_mps: FloatArray
    sigma_mps: FloatArray | None


def bartracker_motion(case: Case, mode: Mode) -> Estimate:
    motion = estimate_motion(case.t_s, case.acc_mps2, case.gyr_radps, mode=mode)
    return Estimate(motion.quat_ws, motion.vel_w_mps[:, 2], motion.sigma_vel_w_mps[:, 2])


def vqf_high_pass(case: Case, mode: Mode) -> Estimate:
    period = float(np.median(np.diff(case.t_s)))
    gyr, acc = np.ascontiguousarray(case.gyr_radps), np.ascontiguousarray(case.acc_mps2)
    if mode == "offline":
        quat = np.asarray(vqf.offlineVQF(gyr, acc, None, period)["quat6D"], dtype=np.float64)
    else:
        quat = np.asarray(vqf.VQF(period).updateBatch(gyr, acc)["quat6D"], dtype=np.float64)
    velocity = np.cumsum(world_acceleration(acc, quat, 9.81)[:, 2]) * period
    b, a = butter(1, 0.1 * 2 * period, "high")
    filtered = filtfilt(b, a, velocity) if mode == "offline" else lfilter(b, a, velocity)
    return Estimate(quat, np.asarray(filtered, dtype=np.float64), None)


METHODS = {"bartracker": bartracker_motion, "VQF + high-pass": vqf_high_pass}


def inclination_error_rad(quat: FloatArray, reference: FloatArray) -> FloatArray:
    """Heading-free attitude error (N,) of two z-up attitudes."""
    aw, ax, ay, az = quat.T
    bw, bx, by, bz = (reference * [1, -1, -1, -1]).T
    w, z = aw * bw - ax * bx - ay * by - az * bz, aw * bz + ax * by - ay * bx + az * bw
    return 2 * np.arccos(np.clip(np.hypot(w, z), 0, 1))


def broad(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            d = {key: file[key] for key in file.files}
        fs = float(d["fs"])
        quat, known_q = delayed(d["opt_quat"], fs, GYR_LAG_S)
        quat /= np.linalg.norm(quat, axis=1)[:, None]
        position, known_p = delayed(d["opt_pos"], fs, ACC_LAG_S)
        w, x, y, z = quat.T
        lever = d["lever_m"]
        up = 2 * (x * z - w * y) * lever[0] + 2 * (w * x + y * z) * lever[1] + (w**2 - x**2 - y**2 + z**2) * lever[2]
        b, a = butter(4, 20 / (fs / 2))
        height = np.asarray(filtfilt(b, a, position[:, 2] + up), dtype=np.float64)
        near_gap = np.convolve(~(known_p & known_q), np.ones(int(0.2 * fs)), "same") > 0
        kind = "_".join(path.stem.split("_")[2:4]) if "undisturbed" in path.stem else "disturbed"
        t = np.arange(len(d["acc"])) / fs
        velocity = np.gradient(height, 1 / fs)
        scored = np.asarray(d["movement"] & ~near_gap, dtype=np.bool_)
        yield Case(f"BROAD {kind}", t, d["acc"].astype(float), d["gyr"].astype(float), quat, velocity, scored)


def delayed(x: FloatArray, fs: float, lag_s: float) -> tuple[FloatArray, BoolArray]:
    """Rows as the sensor sees them, lag_s later, bridged linearly where unknown, and which are known."""
    good: BoolArray = np.asarray(np.isfinite(x).all(axis=1), dtype=np.bool_)
    i = np.arange(len(x))
    at = i - lag_s * fs
    columns = [np.interp(at, i[good], x[good, k]) for k in range(x.shape[1])]
    return np.stack(columns, axis=-1), np.interp(at, i, good.astype(np.float64)) > 0.999


def sets(folder: Path) -> Iterator[Case]:
    for path in sorted((folder / "truth").glob("*.npz")):
        with np.load(folder / "recordings" / path.name, allow_pickle=False) as file:
            t, acc, gyr = file["t"], file["acc"].astype(float), file["gyr"].astype(float)
        with np.load(path, allow_pickle=False) as file:
            d: dict[str, FloatArray] = {k: file[k] for k in ("t_true", "truth_t", "velocity", "quaternion")}
        velocity = np.interp(d["t_true"], d["truth_t"], d["velocity"][:, 2])
        quat = np.stack([np.interp(d["t_true"], d["truth_t"], d["quaternion"][:, k]) for k in range(4)], axis=-1)
        group = "sets, clipped" if np.abs(acc).max() > 15.95 * 9.80665 else "sets, not clipped"
        yield case_of(group, t, acc, gyr, quat, velocity)


def simulated(seeds: int) -> Iterator[Case]:
    for exercise in SIMULATED_EXERCISES:
        for seed in range(200, 200 + seeds):
            made = simulate_set(exercise, seed=seed, rate_hz=200)
            t = made.sample_t_s
            acc = made.counts[:, :3].astype(np.float64) * made.info.acc_mps2_per_count
            gyr = made.counts[:, 3:].astype(np.float64) * made.info.gyr_radps_per_count
            clipped = bool((np.abs(made.counts.astype(int)) >= 32767).any())
            motion = made.imu.motion
            velocity = motion.velocity_w_mps(t)[:, 2]
            quat = Rotation.from_matrix(motion.rotation_ws(t)).as_quat(scalar_first=True)
            yield case_of(f"virtual, {'clipped' if clipped else 'not clipped'}", t, acc, gyr, quat, velocity)


def case_of(
    group: str, t_s: FloatArray, acc: FloatArray, gyr: FloatArray, quat: FloatArray, velocity: FloatArray
) -> Case:
    width = 2 * round(0.1 / float(np.median(np.diff(t_s)))) + 1
    moving = np.convolve(np.abs(velocity) > 0.03, np.ones(width), "same") > 0
    return Case(group, t_s, acc, gyr, quat / np.linalg.norm(quat, axis=1)[:, None], velocity, moving)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broad", type=Path)
    parser.add_argument("--sets", type=Path)
    parser.add_argument("--simulate", type=int, default=1, metavar="SEEDS")
    args = parser.parse_args()
    cases = [*(broad(args.broad) if args.broad else ()), *(sets(args.sets) if args.sets else ())]
    cases += simulated(args.simulate)
    table = Table(title="median over recordings (worst)", box=box.MARKDOWN)
    for heading in ("recordings", "mode", "method", "inclination, deg", "v_z, m/s", "95 % interval", "us/sample"):
        table.add_column(heading)
    for group in dict.fromkeys(case.group for case in cases):
        for mode in ("offline", "online"):
            for name, method in METHODS.items():
                rows: list[tuple[float, float, float, float]] = []
                for case in (c for c in cases if c.group == group):
                    start = time.process_time()
                    estimate = method(case, mode)
                    seconds = time.process_time() - start
                    use = case.scored
                    tilt = np.degrees(inclination_error_rad(estimate.quat_ws, case.quat_ws)[use])
                    error = (estimate.vel_z_mps - case.vel_z_mps)[use]
                    sigma = estimate.sigma_mps
                    cover = float("nan") if sigma is None else float(np.mean(np.abs(error) <= 1.96 * sigma[use]))
                    rows.append((rms(tilt), rms(error), cover, 1e6 * seconds / len(case.t_s)))
                middle, worst = np.median(rows, axis=0), np.max(rows, axis=0)
                table.add_row(
                    f"{group} ({len(rows)})",
                    mode,
                    name,
                    f"{middle[0]:.2f} ({worst[0]:.2f})",
                    f"{middle[1]:.3f} ({worst[1]:.3f})",
                    "-" if np.isnan(middle[2]) else f"{middle[2]:.0%}",
                    f"{middle[3]:.0f}",
                )
    Console(width=200).print(table)


def rms(x: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))


if __name__ == "__main__":
    main()
