"""What each ingredient of the motion model is worth: each is taken out in turn, by settings alone.

    python benchmarks/ablation.py --sets FOLDER --broad FOLDER [--mode offline|online]

Folders of sets with a truth and of BROAD trials (formats and scores: motion_cases.py). A line a variant: RMSE of
vertical velocity and inclination, share of velocity errors within the 95 % interval. Two processes.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bartracker.motion import MotionSettings, estimate_motion
from bartracker.samples import FloatArray
from motion_cases import Case, Estimate, Mode, MotionScore, broad, score, sets

PROCESSES = 2
FULL = "the whole model"
# A value so small that what it bounds is out of the model, and so large that what it weighs says nothing.
NONE, ANY = 1e-6, 100.0
CONSTANTS = ("acc_bias_mps2", "acc_scale", "acc_cross", "gyr_bias_radps", "gyr_scale", "gyr_delay_s")
WITHOUT: dict[str, dict[str, Any]] = {
    FULL: {},
    "accelerometer bias": {"acc_bias_mps2": NONE},
    "accelerometer scale and cross-axis": {"acc_scale": NONE, "acc_cross": NONE},
    "gyroscope bias": {"gyr_bias_radps": NONE},
    "gyroscope scale": {"gyr_scale": NONE},
    "delay of the gyroscope behind the accelerometer": {"gyr_delay_s": NONE},
    "all constants of the sensor": dict.fromkeys(CONSTANTS, NONE),
    "calibrated or not (as bought)": {"calibrated_share": 0.0},
    "calibrated or not (always calibrated)": {"calibrated_share": 0.999999},
    "walk of the vertical bias": {"bias_walk_mps2": NONE, "bias_sigma_mps2": NONE},
    "age of a sample": {"sample_age": 0.0},
    "age of a sample (half a period)": {"sample_age": 0.5},
    "lean (first attitude says nothing of tilt)": {"lean_sigma_rad": ANY, "online_lean_sigma_rad": ANY},
    "tilt (first attitude holds but for the constants)": {"lean_sigma_rad": 1e-4, "online_lean_sigma_rad": 1e-4},
    "true stillness": {"still_acc_mps2": 0.0},
    "equal heights of rests": {"rest_height_m": ANY},
    "reach": {"reach_m": (ANY, ANY), "online_reach_m": (ANY, ANY)},
    "less reach near a rest (offline alone)": {"reach_rest_s": NONE},
    "relative error of acceleration": {"dynamic_error": 0.0},
    "relative error of rotation": {"turn_error": 0.0},
    "doubt of the scale in sigma": {"dynamic_scale": 0.0},
    "ringing taken out": {"ringing_swings": 1000},
    "doubt of what is quick": {"quick_error": 0.0},
    "forgetting (online alone)": {"online_tilt_walk": 0.0},
    "doubt of impacts": {"impact_error": 0.0},
    "doubt of clipped samples": {"clipped_excess_mps2": 0.0, "clipped_excess_radps": 0.0},
    "doubt of lost samples (edges of holes alone)": {"lost_acc_mps2": 0.0, "lost_turn_radps": 0.0},
}
Scores = dict[str, MotionScore]


def scores(case: Case, mode: Mode) -> Scores:
    """Of every variant on one recording."""
    return {name: _score(case, mode, replace(MotionSettings(), **off)) for name, off in WITHOUT.items()}


def _score(case: Case, mode: Mode, settings: MotionSettings) -> MotionScore:
    motion = estimate_motion(case.t_s, case.acc_mps2, case.gyr_radps, mode=mode, settings=settings)
    return score(case, Estimate(motion.quat_ws, motion.vel_w_mps[:, 2], motion.sigma_vel_w_mps[:, 2]))


def _figures(group: str, name: str, many: list[tuple[str, MotionScore]]) -> FloatArray:
    return np.array([getattr(each, name) for of, each in many if of.startswith(group)], dtype=np.float64)


def _mean(group: str, name: str, digits: int) -> Callable[[list[tuple[str, MotionScore]]], str]:
    return lambda many: f"{np.mean(_figures(group, name, many)):.{digits}f}"


def _spread(many: list[tuple[str, MotionScore]]) -> str:
    values = _figures("sets, not clipped", "vel_z_mps", many)
    return f"{np.median(values):.4f} ({values.max():.3f})"


def _covered(many: list[tuple[str, MotionScore]]) -> str:
    return f"{np.mean(_figures('sets', 'coverage', many)):.1%}"


def _inclined(many: list[tuple[str, MotionScore]]) -> str:
    return f"{np.median(_figures('sets', 'inclination_deg', many)):.2f}"


COLUMNS: dict[str, Callable[[list[tuple[str, MotionScore]]], str]] = {
    "not clipped: v_z, m/s, median (worst)": _spread,
    "clipped: v_z, mean": _mean("sets, clipped", "vel_z_mps", 3),
    "in the 95 % interval": _covered,
    "inclination, deg, median": _inclined,
    "BROAD slow: v_z": _mean("BROAD slow_translation", "vel_z_mps", 4),
    "BROAD fast: v_z": _mean("BROAD fast_translation", "vel_z_mps", 4),
    "BROAD inclination, mean": _mean("BROAD", "inclination_deg", 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--broad", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--mode", choices=("offline", "online"), default="offline")
    args = parser.parse_args()
    cases = [*broad(args.broad), *sets(args.sets)]
    with Pool(PROCESSES) as pool:
        each = pool.imap(partial(scores, mode=args.mode), cases)
        results = list(track(each, "estimating", total=len(cases), console=Console(stderr=True)))
    table = Table(title=f"{args.mode}, {len(cases)} recordings", box=box.MARKDOWN)
    for heading in ("without", *COLUMNS):
        table.add_column(heading)
    for name in WITHOUT:
        many = [(case.group, result[name]) for case, result in zip(cases, results, strict=True)]
        table.add_row("(nothing: " + FULL + ")" if name == FULL else name, *(show(many) for show in COLUMNS.values()))
    Console(width=240).print(table)


if __name__ == "__main__":
    main()
