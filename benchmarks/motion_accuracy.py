"""Attitude and velocity of `estimate_motion` against recordings whose motion is known, beside plain VQF.

    python benchmarks/motion_accuracy.py [--broad FOLDER] [--sets FOLDER] [--simulate SEEDS]

--broad, --sets: folders of BROAD trials and of sets with a truth (formats: motion_cases.py). --simulate: SEEDS virtual
sets of each lift (default 1). A line a method: inclination RMSE (heading-free attitude error), vertical velocity RMSE
while moving, processor time a sample. A second table: share of errors of vertical velocity and height within the 95 %
interval, of all and of the third of samples with the smallest sigma, mean (least) over recordings. VQF + high-pass: see
peer_methods.py; more peers: peers.py.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.spatial.transform import Rotation

from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import simulate_set
from motion_cases import Case, Mode, broad, case_of_set, score, sets
from peer_methods import ON_BROAD, ON_SETS, bartracker_motion, vqf_high_pass

MODES: tuple[Mode, ...] = ("offline", "online")
FULL_COUNT = 32767
METHODS = {"bartracker": bartracker_motion, "VQF + high-pass": vqf_high_pass}


def simulated(seeds: int) -> Iterator[Case]:
    for exercise in SIMULATED_EXERCISES:
        for seed in range(200, 200 + seeds):
            made = simulate_set(exercise, seed=seed, rate_hz=200)
            t = made.sample_t_s
            acc = made.counts[:, :3].astype(np.float64) * made.info.acc_mps2_per_count
            gyr = made.counts[:, 3:].astype(np.float64) * made.info.gyr_radps_per_count
            clipped = np.asarray((np.abs(made.counts.astype(np.int64)) >= FULL_COUNT).any(axis=1), dtype=np.bool_)
            motion = made.imu.motion
            velocity, height = motion.velocity_w_mps(t)[:, 2], motion.position_w_m(t)[:, 2]
            quat = Rotation.from_matrix(motion.rotation_ws(t)).as_quat(scalar_first=True)
            name = f"{exercise} {seed}"
            yield case_of_set("virtual", name, exercise, t, acc, gyr, quat, velocity, height, clipped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broad", type=Path)
    parser.add_argument("--sets", type=Path)
    parser.add_argument("--simulate", type=int, default=1, metavar="SEEDS")
    args = parser.parse_args()
    cases = [*(broad(args.broad) if args.broad else ()), *(sets(args.sets) if args.sets else ())]
    cases += simulated(args.simulate)
    table = Table(title="median over recordings (worst)", box=box.MARKDOWN)
    for heading in ("recordings", "mode", "method", "inclination, deg", "v_z, m/s", "us/sample"):
        table.add_column(heading)
    intervals = Table(title="in the 95 % interval: mean over recordings (least)", box=box.MARKDOWN)
    for heading in ("recordings", "mode", "v_z", "v_z, surest third", "height", "height, surest third"):
        intervals.add_column(heading)
    for group in dict.fromkeys(case.group for case in cases):
        for mode in MODES:
            for name, method in METHODS.items():
                rows: list[tuple[float, float, float]] = []
                covered: list[tuple[float, float, float, float]] = []
                for case in (c for c in cases if c.group == group):
                    start = time.process_time()
                    estimate = method(case, mode, ON_SETS if case.exercise else ON_BROAD)
                    seconds = time.process_time() - start
                    row = score(case, estimate)
                    rows.append((row.inclination_deg, row.vel_z_mps, 1e6 * seconds / len(case.t_s)))
                    covered.append((row.coverage, row.coverage_sure, row.height_coverage, row.height_coverage_sure))
                middle, worst = np.median(rows, axis=0), np.max(rows, axis=0)
                table.add_row(
                    f"{group} ({len(rows)})",
                    mode,
                    name,
                    f"{middle[0]:.2f} ({worst[0]:.2f})",
                    f"{middle[1]:.3f} ({worst[1]:.3f})",
                    f"{middle[2]:.0f}",
                )
                if method is bartracker_motion:
                    mean, least = np.mean(covered, axis=0), np.min(covered, axis=0)
                    shares = [f"{100 * usual:.0f} ({100 * low:.0f}) %" for usual, low in zip(mean, least, strict=True)]
                    intervals.add_row(f"{group} ({len(rows)})", mode, *shares)
    Console(width=200).print(table, intervals)


if __name__ == "__main__":
    main()
