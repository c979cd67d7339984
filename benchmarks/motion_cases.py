"""Recordings whose motion is known (BROAD trials, sets with a truth) and the scores of a motion estimate against it.

What the motion benchmarks share; it estimates nothing and prints nothing.

The optical truth of BROAD is moved to the sensor by its lever arm and delayed by 4.2 ms (gyroscope) and 2.5 ms
(accelerometer) against the cameras, as found by matching rates and accelerations.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.signal import butter, filtfilt  # pyright: ignore[reportUnknownVariableType, reportMissingTypeStubs]

from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, IntArray

Mode = Literal["offline", "online"]
GYR_LAG_S, ACC_LAG_S = 0.0042, 0.0025
NEAR_GAP_S = 0.1
TRUTH_LOW_PASS_HZ = 20.0
MOVING_MPS, MOVING_MARGIN_S = 0.03, 0.1
STROKE_M = 0.15
ALIGNED_S = 1.0
WIDE = 1.96
END_STOP_MPS2 = 15.95 * STANDARD_GRAVITY_MPS2
_TRUTH = ("t_true", "truth_t", "position", "velocity", "quaternion")


@dataclass(frozen=True, slots=True)
class Case:
    """Samples (N, ...) with true attitude, vertical velocity and height, where to score, and which samples stand at
    the accelerometer's end stop. `group` is what is reported together, `exercise` the lift of a set ("" in BROAD).
    """

    name: str
    group: str
    exercise: str
    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    quat_ws: FloatArray
    vel_z_mps: FloatArray
    height_m: FloatArray
    scored: BoolArray
    clipped: BoolArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a method says at each sample of a case: attitude (N, 4), None where it has none, vertical velocity (N,) and
    its standard uncertainty (N,), None where it knows none; height (N,) and its standard uncertainty (N,) likewise.
    """

    quat_ws: FloatArray | None
    vel_z_mps: FloatArray
    sigma_mps: FloatArray | None
    height_m: FloatArray | None = None
    sigma_height_m: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class MotionScore:
    """Of one estimate of one case: RMSE of inclination and vertical velocity where scored, RMS error of the strokes'
    mean velocity (strokes: between zero crossings of the true v_z, 15 cm or more), share of velocity errors within the
    95 % interval, and of those in the third with the smallest sigma; the same of height, which is made equal to the
    true one over the first second. NaN where there is nothing to score.
    """

    inclination_deg: float
    vel_z_mps: float
    stroke_mps: float
    coverage: float
    coverage_sure: float
    height_coverage: float
    height_coverage_sure: float


def score(case: Case, estimate: Estimate) -> MotionScore:
    """Hold an estimate against the truth of its case."""
    nan = float("nan")
    error = estimate.vel_z_mps - case.vel_z_mps
    use = case.scored
    inclination = nan
    if estimate.quat_ws is not None:
        inclination = rms(np.degrees(inclination_error_rad(estimate.quat_ws, case.quat_ws)[use]))
    covered = height_covered = (nan, nan)
    if estimate.sigma_mps is not None:
        covered = _coverage(error[use], estimate.sigma_mps[use])
    if estimate.height_m is not None and estimate.sigma_height_m is not None:
        off = estimate.height_m - case.height_m
        off = off - np.mean(off[case.t_s < case.t_s[0] + ALIGNED_S])
        height_covered = _coverage(off[use], estimate.sigma_height_m[use])
    turns = np.flatnonzero(np.diff(np.sign(case.vel_z_mps)) != 0)
    strokes = [
        float(np.mean(error[i:j]))
        for i, j in pairwise(turns)
        if use[i:j].all() and abs(case.height_m[j] - case.height_m[i]) > STROKE_M
    ]
    stroke = rms(np.array(strokes)) if strokes else nan
    return MotionScore(inclination, rms(error[use]), stroke, *covered, *height_covered)


def _coverage(error: FloatArray, sigma: FloatArray) -> tuple[float, float]:
    """Share of errors within the 95 % interval: of all, and of the third with the smallest sigma."""
    within = np.abs(error) <= WIDE * sigma
    return float(np.mean(within)), float(np.mean(within[sigma <= np.quantile(sigma, 1 / 3)]))


def rms(x: FloatArray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(x))))


def inclination_error_rad(quat: FloatArray, reference: FloatArray) -> FloatArray:
    """Heading-free attitude error (N,) of two z-up attitudes."""
    aw, ax, ay, az = quat.T
    bw, bx, by, bz = (reference * [1, -1, -1, -1]).T
    w, z = aw * bw - ax * bx - ay * by - az * bz, aw * bz + ax * by - ay * bx + az * bw
    return 2 * np.arccos(np.clip(np.hypot(w, z), 0, 1))


def broad(folder: Path) -> Iterator[Case]:
    """BROAD trials as .npz: acc, gyr, fs, opt_quat, opt_pos, movement, lever_m."""
    for path in _files(folder):
        with np.load(path, allow_pickle=False) as file:
            d = {key: file[key] for key in file.files}
        fs = float(d["fs"])
        quat, known_q = _delayed(d["opt_quat"], fs, GYR_LAG_S)
        quat /= np.linalg.norm(quat, axis=1)[:, None]
        position, known_p = _delayed(d["opt_pos"], fs, ACC_LAG_S)
        w, x, y, z = quat.T
        lever = d["lever_m"]
        up = 2 * (x * z - w * y) * lever[0] + 2 * (w * x + y * z) * lever[1] + (w**2 - x**2 - y**2 + z**2) * lever[2]
        b, a = butter(4, TRUTH_LOW_PASS_HZ / (fs / 2))
        height = np.asarray(filtfilt(b, a, position[:, 2] + up), dtype=np.float64)
        near_gap = np.convolve(~(known_p & known_q), np.ones(int(2 * NEAR_GAP_S * fs)), "same") > 0
        yield Case(
            name=path.stem,
            group="BROAD " + ("_".join(path.stem.split("_")[2:4]) if "undisturbed" in path.stem else "disturbed"),
            exercise="",
            t_s=np.arange(len(d["acc"])) / fs,
            acc_mps2=d["acc"].astype(np.float64),
            gyr_radps=d["gyr"].astype(np.float64),
            quat_ws=quat,
            vel_z_mps=np.gradient(height, 1 / fs),
            height_m=height,
            scored=np.asarray(d["movement"] & ~near_gap, dtype=np.bool_),
            clipped=np.zeros(len(quat), np.bool_),
        )


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.npz"))
    if not found:
        raise SystemExit(f"{folder}: no .npz files there; give a folder of known motion (formats: motion_cases.py)")
    return found


def _delayed(x: FloatArray, fs: float, lag_s: float) -> tuple[FloatArray, BoolArray]:
    """Rows as the sensor sees them, lag_s later, bridged linearly where unknown, and which are known."""
    good: BoolArray = np.asarray(np.isfinite(x).all(axis=1), dtype=np.bool_)
    i = np.arange(len(x), dtype=np.float64)
    at = i - lag_s * fs
    return interpolated(at, i[good], x[good]), np.interp(at, i, good.astype(np.float64)) > 0.999


def interpolated(at: FloatArray | IntArray, known_at: FloatArray | IntArray, rows: FloatArray) -> FloatArray:
    """Rows (M, K) known at (M,), linearly at other places (N,): (N, K)."""
    return np.stack([np.interp(at, known_at, rows[:, k]) for k in range(rows.shape[1])], axis=-1)


def sets(folder: Path) -> Iterator[Case]:
    """Sets as recordings/*.npz (t, acc, gyr) with truth/*.npz (t_true, truth_t, position, velocity, quaternion,
    meta).
    """
    for path in _files(folder / "truth"):
        with np.load(folder / "recordings" / path.name, allow_pickle=False) as file:
            t, acc, gyr = file["t"], file["acc"].astype(np.float64), file["gyr"].astype(np.float64)
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            truth: dict[str, FloatArray] = {key: file[key] for key in _TRUTH}
        at = truth["t_true"]
        height, velocity = (np.interp(at, truth["truth_t"], truth[key][:, 2]) for key in ("position", "velocity"))
        quat = interpolated(at, truth["truth_t"], truth["quaternion"])
        clipped = np.asarray((np.abs(acc) > END_STOP_MPS2).any(axis=1), dtype=np.bool_)
        yield case_of_set("sets", path.stem, meta["exercise"], t, acc, gyr, quat, velocity, height, clipped)


def case_of_set(
    kind: str,
    name: str,
    exercise: str,
    t_s: FloatArray,
    acc_mps2: FloatArray,
    gyr_radps: FloatArray,
    quat_ws: FloatArray,
    vel_z_mps: FloatArray,
    height_m: FloatArray,
    clipped: BoolArray,
) -> Case:
    """A set, scored where the bar moves; its group tells whether it holds clipped samples."""
    width = 2 * round(MOVING_MARGIN_S / float(np.median(np.diff(t_s)))) + 1
    scored = np.convolve(np.abs(vel_z_mps) > MOVING_MPS, np.ones(width), "same") > 0
    group = f"{kind}, {'clipped' if clipped.any() else 'not clipped'}"
    quat = quat_ws / np.linalg.norm(quat_ws, axis=1)[:, None]
    return Case(name, group, exercise, t_s, acc_mps2, gyr_radps, quat, vel_z_mps, height_m, scored, clipped)
