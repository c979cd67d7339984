"""Tilt and rotation of virtual bars, and whether a sensor on the sleeve is noticed.

    python benchmarks/bar_turning.py [--seeds N]

N sets of each lift with the sensor on the shaft and N with it on the sleeve; where it sits is not told.
"""

import argparse
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import bartracker
from accuracy import as_recorded, rms
from bartracker.results import Rep
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.kinematics import MountPlace
from bartracker.sim.session import SimulatedSet, simulate_set
from bartracker.sim.track import Channel

PLACES: tuple[MountPlace, ...] = ("shaft", "sleeve")


@dataclass
class Score:
    """What was found with the sensor at one place; errors in rad."""

    sets: int = 0
    noticed: int = 0
    unknown: int = 0
    tilt: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    rotation: list[float] = field(default_factory=list[float])


def largest_turn(made: SimulatedSet, channel: Channel, rep: Rep) -> float:
    t_s = np.linspace(rep.concentric_start_s, rep.concentric_end_s, 300)
    angle = made.imu.motion.bar.pose.at(t_s)[:, channel]
    return float(np.abs(angle - angle[0]).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="sets of each lift and place")
    args = parser.parse_args()
    scores = {place: Score() for place in PLACES}
    cases: list[tuple[str, int, MountPlace]] = [
        (exercise, seed, place)
        for exercise in SIMULATED_EXERCISES
        for seed in range(400, 400 + args.seeds)
        for place in PLACES
    ]
    for exercise, seed, place in track(cases, "analyzing", console=Console(stderr=True)):
        made = simulate_set(exercise, seed=seed, mount=place)
        score, roll = scores[place], Channel.SLEEVE_ROLL if place == "sleeve" else Channel.ROLL
        analysis = bartracker.analyze(as_recorded(made), exercise=exercise)  # pyright: ignore[reportArgumentType]
        for rep_set in analysis.sets:
            score.sets += 1
            score.noticed += any(flag.code in ("sensor_slipped", "spinning_sleeve") for flag in rep_set.flags)
            for rep in rep_set.reps:
                if rep.bar_tilt_rad is None or rep.bar_rotation_rad is None:
                    score.unknown += 1
                    continue
                error = rep.bar_tilt_rad - largest_turn(made, Channel.TILT, rep)
                score.tilt.append((error, rep.sigma["bar_tilt_rad"]))
                score.rotation.append(rep.bar_rotation_rad - largest_turn(made, roll, rep))
    result = Table(box=box.MARKDOWN)
    for heading in ("sensor on", "sets", "told to slip or spin", "reps", "axis unknown", "tilt, deg", "rotation, deg"):
        result.add_column(heading)
    for place, score in scores.items():
        tilt: NDArray[np.float64] = np.array(score.tilt).reshape(-1, 2)
        turned = np.degrees(np.array(score.rotation))
        inside = 100 * float(np.mean(np.abs(tilt[:, 0]) <= 1.96 * tilt[:, 1]))
        error = np.degrees(tilt[:, 0])
        result.add_row(
            place,
            str(score.sets),
            str(score.noticed),
            str(len(tilt) + score.unknown),
            str(score.unknown),
            f"{rms(error):.2f}, worst {np.abs(error).max():.2f}, {inside:.0f} % in",
            f"{rms(turned):.2f}, worst {np.abs(turned).max():.2f}",
        )
    Console(width=200).print(result)


if __name__ == "__main__":
    main()
