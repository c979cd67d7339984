"""Flags held against virtual sets whose faults are known: how often each is raised, by the size of the fault.

    python benchmarks/flags.py [--seeds N]

Squat, bench, overhead press and deadlift, N sets of each of three kinds: fast lowerings; short pauses; no pauses and a
bar that drifts forward by 2, 4 or 8 cm over the set, one rep in each set being cut short. The sensor is uncalibrated.
Targets are a lowering of 3 s, a pause of 1 s at the turn, a horizontal drift of at most 5 cm and the usual tolerances.
The size of a fault is how far the true value lies beyond the flag's threshold; below zero there is no fault and a flag
is a false alarm. A row gives the reps whose true size lies in its range and the share of them flagged.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import bartracker
from accuracy import as_recorded, overlap
from bartracker.results import Analysis, Rep
from bartracker.sim.session import SimulatedSet, simulate_set
from bartracker.sim.truth import RepTruth

LIFTS = ("squat", "bench", "ohp", "deadlift")
TARGETS = bartracker.Targets(tempo=bartracker.Tempo.parse("3-1-X-1"), horizontal_drift_limit_m=0.05)
ECCENTRIC_S, PAUSE_S = 3.0, 1.0
# Bounds between the rows, in the unit of the flag's value.
BOUNDS = {
    "eccentric_fast": (-inf, -0.2, 0.0, 0.2, 0.5, 1.0, inf),
    "eccentric_slow": (-inf, -0.2, 0.0, 0.2, 0.5, inf),
    "pause_missed or pause_short": (-inf, -0.2, 0.0, 0.2, 0.35, inf),
    "horizontal_drift": (-inf, -0.03, -0.01, 0.0, 0.01, 0.03, inf),
    "depth_short or lockout_short": (-inf, -0.03, 0.0, 0.05, 0.1, inf),
}
UNIT = {"eccentric_fast": "s", "eccentric_slow": "s", "pause_missed or pause_short": "s"}


@dataclass(frozen=True, slots=True)
class Case:
    """One rep, one kind of flag: the true size of the fault and the verdict, "" where there is no flag."""

    code: str
    size: float
    verdict: str


def virtual_sets(seeds: int) -> Iterator[SimulatedSet]:
    for lift in LIFTS:
        for seed in range(300, 300 + seeds):
            drift_m = (0.02, 0.04, 0.08)[seed % 3]
            kinds = (
                {"tempo": "3-1-X-1", "fast_eccentric": (2, 4)},
                {"tempo": ("2.3-0.5-X-0.5", "2.7-0.7-X-0.7", "3.7-0.4-X-0.4")[seed % 3]},
                {"tempo": "3-0-X-0", "forward_drift_m": drift_m, "partial": (3,)},
            )
            for kind in kinds:
                yield simulate_set(lift, reps=6, seed=seed, **kind)  # pyright: ignore[reportArgumentType]


def true_sizes(made: SimulatedSet, truth: RepTruth) -> dict[str, float]:
    """How far each true value lies beyond its threshold."""
    usual_m = float(np.median([rep.rom for rep in made.reps if rep.kind == "full"]))
    sizes = {"depth_short or lockout_short": usual_m - truth.rom - TARGETS.depth_tolerance_m}
    if truth.kind != "full":
        return sizes
    return sizes | {
        "eccentric_fast": ECCENTRIC_S - TARGETS.eccentric_tolerance_s - truth.ecc_s,
        "eccentric_slow": truth.ecc_s - ECCENTRIC_S - TARGETS.eccentric_tolerance_s,
        "pause_missed or pause_short": PAUSE_S - TARGETS.pause_tolerance_s - truth.pause_s,
        "horizontal_drift": truth.hdrift - TARGETS.horizontal_drift_limit_m,
    }


def cases_of(made: SimulatedSet, analysis: Analysis) -> Iterator[Case]:
    reps = [rep for rep_set in analysis.sets for rep in rep_set.reps]
    for truth in made.reps:
        rep = next((rep for rep in reps if _same(rep, truth)), None)
        if rep is None:
            continue
        for code, size in true_sizes(made, truth).items():
            raised = [flag for flag in rep.flags if flag.code in code.split(" or ")]
            yield Case(code, size, raised[0].verdict if raised else "")


def _same(rep: Rep, truth: RepTruth) -> bool:
    return overlap(rep, {"t_con0": truth.t_con0, "t_con1": truth.t_con1}) >= 0.5


def table(cases: list[Case]) -> Table:
    result = Table(title="Share of reps flagged, by the true size of the fault", box=box.MARKDOWN)
    for heading in ("flag", "true size beyond the threshold", "reps", "flagged", "of these borderline"):
        result.add_column(heading)
    for code, bounds in BOUNDS.items():
        for low, high in pairwise(bounds):
            here = [case for case in cases if case.code == code and low <= case.size < high]
            if not here:
                continue
            flagged = [case for case in here if case.verdict]
            vague = sum(case.verdict == "borderline" for case in flagged)
            result.add_row(
                code,
                _span(low, high, UNIT.get(code, "cm")),
                str(len(here)),
                f"{100 * len(flagged) / len(here):.0f} %",
                str(vague),
            )
    return result


def _span(low: float, high: float, unit: str) -> str:
    scale = 100 if unit == "cm" else 1
    if low == -inf:
        return f"below {high * scale:g} {unit}"
    return f"above {low * scale:g} {unit}" if high == inf else f"{low * scale:g} to {high * scale:g} {unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, metavar="N", help="sets of each lift and kind")
    args = parser.parse_args()
    cases: list[Case] = []
    found = total = 0
    other: dict[str, int] = {}
    for made in track(list(virtual_sets(args.seeds)), "analyzing", console=Console(stderr=True)):
        analysis = bartracker.analyze(as_recorded(made), exercise=made.wish.exercise, targets=TARGETS)  # pyright: ignore[reportArgumentType]
        new = list(cases_of(made, analysis))
        cases += new
        found += sum(case.code.startswith("depth") for case in new)
        total += len(made.reps)
        for rep_set in analysis.sets:
            for flag in (*rep_set.flags, *(flag for rep in rep_set.reps for flag in rep.flags)):
                if not any(flag.code in code.split(" or ") for code in BOUNDS) and flag.sigma is not None:
                    other[flag.code] = other.get(flag.code, 0) + 1
    console = Console(width=200)
    console.print(table(cases))
    console.print(f"{found} of {total} reps were found. Other flags, all false alarms: {other or 'none'}")


if __name__ == "__main__":
    main()
