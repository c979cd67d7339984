"""Peers' ways and ours on the same data in one run: accuracy and processor time side by side.

    python benchmarks/peers.py motion [--broad FOLDER] [--sets FOLDER] [--rounds N]
    python benchmarks/peers.py reps --sets FOLDER

motion: attitude and vertical velocity (formats: motion_cases.py, methods: peer_methods.py). Every method runs on each
recording in turn, N times (3 unless told); its time there is the best of them, processor time from arrays to arrays.
offlineVQF alone (attitude, no velocity) is the unit of the ratios. Fusion's is the time of its Python binding, called
sample by sample.

reps: each method's vertical velocity (offline where it can) cut into phases by the definition of docs/metrics.md, with
the order told, and paired without further thought: a lowering and the lifting after it, or the reverse, each of 10 cm
or more; a rep of less than 70 % of the median range is partial. "bartracker, same pairing" is our velocity in that
plain way, "bartracker" the whole pipeline with the exercise told. Scored as accuracy.py does.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import accuracy
from bartracker.api import settings_for
from bartracker.pipeline import Pipeline
from bartracker.reps.pairing import ORDER_OF
from bartracker.reps.phases import Phase, find_phases
from bartracker.reps.settings import RepSettings
from bartracker.results import Analysis, Order, Rep, RepSet, SetSummary
from bartracker.samples import FloatArray
from motion_cases import Case, Mode, MotionScore, broad, rms, score, sets
from peer_methods import (
    ON_BROAD,
    ON_SETS,
    Method,
    bartracker_motion,
    fusion_high_pass,
    fusion_missing,
    gravity_leaky,
    offline_vqf,
    offline_vqf_zupt,
    uniform,
    vqf_high_pass,
)

MOTION: dict[str, tuple[Method, tuple[Mode, ...]]] = {
    "VQF + high-pass": (vqf_high_pass, ("offline", "online")),
    "offlineVQF + ZUPT": (offline_vqf_zupt, ("offline",)),
    "x-io Fusion + high-pass": (fusion_high_pass, ("offline", "online")),
    "bartracker": (bartracker_motion, ("offline", "online")),
}
REPS: dict[str, tuple[Method, Mode]] = {
    "gravity low-pass + leaky integration": (gravity_leaky, "online"),
    "VQF + high-pass": (vqf_high_pass, "offline"),
    "offlineVQF + ZUPT": (offline_vqf_zupt, "offline"),
    "x-io Fusion + high-pass": (fusion_high_pass, "offline"),
    "bartracker, same pairing": (bartracker_motion, "offline"),
}
OLYMPIC = ("clean", "snatch")
ALONE = "offlineVQF alone"


@dataclass
class Tally:
    """Scores of one method in one mode by group of recordings, and its time."""

    scores: dict[str, list[MotionScore]] = field(default_factory=dict[str, list[MotionScore]])
    seconds: float = 0.0
    samples: int = 0

    def of(self, group: str, name: str) -> FloatArray:
        """One figure of all recordings whose group starts so."""
        rows = [getattr(row, name) for key, many in self.scores.items() if key.startswith(group) for row in many]
        return np.array(rows, dtype=np.float64)

    @property
    def us_per_sample(self) -> float:
        return 1e6 * self.seconds / self.samples


def compared(cases: list[Case], rounds: int) -> dict[tuple[str, str], Tally]:
    """Every method and mode on every case, by turns, best time of the rounds."""
    methods = {name: what for name, what in MOTION.items() if what[0] is not fusion_high_pass or not fusion_missing()}
    tallies = {(name, mode): Tally() for name, (_, modes) in methods.items() for mode in modes}
    tallies[ALONE, ""] = Tally()
    for case in track(cases, "estimating", console=Console(stderr=True)):
        settings = ON_SETS if case.exercise else ON_BROAD
        best = dict.fromkeys(tallies, float("inf"))
        for turn in range(rounds):
            for name, (method, modes) in methods.items():
                for mode in modes:
                    start = time.process_time()
                    estimate = method(case, mode, settings)
                    best[name, mode] = min(best[name, mode], time.process_time() - start)
                    if turn == 0:
                        tallies[name, mode].scores.setdefault(case.group, []).append(score(case, estimate))
            even = uniform(case)
            start = time.process_time()
            offline_vqf(even)
            best[ALONE, ""] = min(best[ALONE, ""], time.process_time() - start)
        for key, seconds in best.items():
            tallies[key].seconds += seconds
            tallies[key].samples += len(case.t_s)
    return tallies


def motion_table(
    title: str, tallies: dict[tuple[str, str], Tally], columns: dict[str, Callable[[Tally], str]]
) -> Table:
    table = Table(title=title, box=box.MARKDOWN)
    for heading in ("method", "mode", *columns, "us/sample", "times offlineVQF"):
        table.add_column(heading)
    unit = tallies[ALONE, ""].us_per_sample
    for (name, mode), tally in tallies.items():
        figures = [column(tally) if tally.scores else "-" for column in columns.values()]
        table.add_row(name, mode, *figures, f"{tally.us_per_sample:.1f}", f"{tally.us_per_sample / unit:.1f}")
    return table


def mean_worst(values: FloatArray, digits: int) -> str:
    return f"{np.nanmean(values):.{digits}f} ({np.nanmax(values):.{digits}f})" if np.isfinite(values).any() else "-"


def median_worst(values: FloatArray, digits: int) -> str:
    return f"{np.nanmedian(values):.{digits}f} ({np.nanmax(values):.{digits}f})" if np.isfinite(values).any() else "-"


BROAD_COLUMNS: dict[str, Callable[[Tally], str]] = {
    "inclination, deg, mean (worst)": lambda t: mean_worst(t.of("BROAD", "inclination_deg"), 3),
    "v_z slow, m/s": lambda t: mean_worst(t.of("BROAD slow_translation", "vel_z_mps"), 3),
    "v_z fast, m/s": lambda t: mean_worst(t.of("BROAD fast_translation", "vel_z_mps"), 3),
    "v_z rotation, m/s": lambda t: mean_worst(
        np.concatenate([t.of("BROAD slow_rotation", "vel_z_mps"), t.of("BROAD fast_rotation", "vel_z_mps")]), 3
    ),
    "v_z tapping, m/s": lambda t: mean_worst(t.of("BROAD disturbed", "vel_z_mps"), 3),
    "strokes slow, m/s": lambda t: mean_worst(t.of("BROAD slow_translation", "stroke_mps"), 4),
}
SET_COLUMNS: dict[str, Callable[[Tally], str]] = {
    "not clipped: v_z, m/s, median (worst)": lambda t: median_worst(t.of("sets, not clipped", "vel_z_mps"), 3),
    "inclination, deg, median (worst)": lambda t: median_worst(t.of("sets, not clipped", "inclination_deg"), 2),
    "clipped: v_z, m/s, mean (worst)": lambda t: mean_worst(t.of("sets, clipped", "vel_z_mps"), 3),
}


def compare_motion(console: Console, broad_folder: Path | None, sets_folder: Path | None, rounds: int) -> None:
    for title, cases, columns in (
        ("BROAD", list(broad(broad_folder)) if broad_folder else [], BROAD_COLUMNS),
        ("sets", list(sets(sets_folder)) if sets_folder else [], SET_COLUMNS),
    ):
        if cases:
            console.print(motion_table(f"{title}: {len(cases)} recordings", compared(cases, rounds), columns))


def plain_reps(t_s: FloatArray, vel_z_mps: FloatArray, order: Order, settings: RepSettings) -> list[Rep]:
    """Reps by phases and order alone."""
    phases = [phase for phase in find_phases(t_s, vel_z_mps, settings) if phase.range_m >= settings.smallest_range_m]
    first, second = ("down", "up") if order == "eccentric-first" else ("up", "down")
    pairs = [(a, b) for a, b in pairwise(phases) if (a.direction, b.direction) == (first, second)]
    lifted = [(b, a) if order == "eccentric-first" else (a, b) for a, b in pairs]
    usual = float(np.median([lifting.range_m for lifting, _ in lifted])) if lifted else 0.0
    return [_rep(i + 1, *both, settings.partial_share * usual) for i, both in enumerate(lifted)]


def _rep(index: int, lifting: Phase, lowering: Phase, full_range_m: float) -> Rep:
    first, second = sorted((lifting, lowering), key=lambda phase: phase.start_s)
    unknown: dict[str, Any] = dict.fromkeys(Rep.__slots__)
    known: dict[str, Any] = {
        "index": index,
        "kind": "full" if lifting.range_m >= full_range_m else "partial",
        "start_s": first.start_s,
        "turn_s": lifting.start_s if second is lifting else lifting.end_s,
        "end_s": second.end_s,
        "concentric_start_s": lifting.start_s,
        "concentric_end_s": lifting.end_s,
        "eccentric_start_s": lowering.start_s,
        "eccentric_end_s": lowering.end_s,
        "concentric_duration_s": lifting.duration_s,
        "eccentric_duration_s": lowering.duration_s,
        "turn_pause_s": second.start_s - first.end_s,
        "mean_velocity_mps": lifting.range_m / lifting.duration_s,
        "peak_velocity_mps": lifting.peak_mps,
        "rom_m": lifting.range_m,
        "sigma": {},
        "flags": (),
    }
    return Rep(**(unknown | known))


def plain_analysis(case: Case, method: Method, mode: Mode) -> Analysis:
    """The plain way from a method's velocity to an analysis."""
    order: Order = next(order for exercise, order in ORDER_OF.items() if exercise == case.exercise)
    velocity = method(case, mode, ON_SETS).vel_z_mps
    reps = plain_reps(case.t_s, velocity, order, RepSettings())
    start_s, end_s = float(case.t_s[0]), float(case.t_s[-1])
    nothing: dict[str, Any] = dict.fromkeys(SetSummary.__slots__)
    rep_set = RepSet(1, "other", 1.0, order, None, start_s, end_s, SetSummary(**nothing), tuple(reps))
    return Analysis(float("nan"), (), (rep_set,))


def compare_reps(console: Console, folder: Path) -> None:
    results: dict[str, dict[str, accuracy.Score]] = {}
    seconds: dict[str, float] = {}
    samples = 0
    whole = list(zip(sets(folder), accuracy.folder_of_sets(folder), strict=True))
    for case, (exercise, recording, truth) in track(whole, "analyzing", console=Console(stderr=True)):
        samples += len(case.t_s)
        for name, analyse in _analyses(case):
            start = time.process_time()
            analysis = analyse()
            seconds[name] = seconds.get(name, 0.0) + time.process_time() - start
            _add(results, name, exercise, truth, analysis)
        start = time.process_time()
        pipeline = Pipeline(settings_for(recording, exercise=exercise))
        for block in recording.blocks:
            pipeline.push(block)
        pipeline.finish()
        seconds["bartracker"] = seconds.get("bartracker", 0.0) + time.process_time() - start
        _add(results, "bartracker", exercise, truth, pipeline.analysis())
    table = Table(title=f"reps of {len(whole)} sets: recall / precision, RMSE (worst)", box=box.MARKDOWN)
    for heading in ("method", "slow lifts", "clean, snatch", "MV slow, m/s", "MV clean, snatch", "ROM slow, m"):
        table.add_column(heading)
    for heading in ("ROM clean, snatch", "us/sample"):
        table.add_column(heading)
    for name, by_kind in results.items():
        slow, olympic = (by_kind.get(kind, accuracy.Score()) for kind in ("slow", "olympic"))
        cells = [found(slow), found(olympic)]
        cells += [
            spread(each, what) for what in ("mean velocity, m/s", "range of motion, m") for each in (slow, olympic)
        ]
        table.add_row(name, *cells, f"{1e6 * seconds[name] / samples:.0f}")
    console.print(table)


def _analyses(case: Case) -> Iterator[tuple[str, Callable[[], Analysis]]]:
    for name, (method, mode) in REPS.items():
        if method is fusion_high_pass and fusion_missing():
            continue
        yield name, lambda method=method, mode=mode: plain_analysis(case, method, mode)


def _add(
    results: dict[str, dict[str, accuracy.Score]],
    name: str,
    exercise: str,
    truth: list[accuracy.TrueRep],
    analysis: Analysis,
) -> None:
    kind = "olympic" if exercise in OLYMPIC else "slow"
    results.setdefault(name, {}).setdefault(kind, accuracy.Score()).add(truth, analysis)


def found(of: accuracy.Score) -> str:
    true, said = of.found + of.missed, of.found + of.false
    return f"{of.found / true:.2f} / {of.found / said:.2f}" if true and said else "-"


def spread(of: accuracy.Score, what: str) -> str:
    error = np.array([pair[0] for pair in of.errors[what]], dtype=np.float64)
    return f"{rms(error):.3f} ({np.abs(error).max():.2f})" if len(error) else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    motion = commands.add_parser("motion", help="attitude and vertical velocity")
    motion.add_argument("--broad", type=Path, metavar="FOLDER")
    motion.add_argument("--sets", type=Path, metavar="FOLDER")
    motion.add_argument("--rounds", type=int, default=3, help="times each method runs on a recording")
    reps = commands.add_parser("reps", help="reps and their numbers")
    reps.add_argument("--sets", type=Path, metavar="FOLDER", required=True)
    args = parser.parse_args()
    if args.command == "motion" and args.broad is None and args.sets is None:
        parser.error("give --broad FOLDER, --sets FOLDER or both")
    console = Console(width=240)
    if fusion_missing():
        console.print("x-io Fusion is left out: its package is not installed (pip install imufusion)")
    if args.command == "motion":
        compare_motion(console, args.broad, args.sets, args.rounds)
    else:
        compare_reps(console, args.sets)


if __name__ == "__main__":
    main()
