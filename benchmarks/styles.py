"""Reps found in every way of lifting: virtual sets by style, an uncalibrated sensor, the exercise told.

    python benchmarks/styles.py [--seeds N] [--processes N] [--style NAME]

One style a row, its lifts pooled; every set holds the steps, unracking, re-racking, picking up, catches and drops of
its lift. Found, missed and false as in accuracy.py, of full reps; partial and failed reps are scored on the kind that
the estimate overlapping them most is given (by 30 % of their union), "nothing" where there is none; stray are partial
and failed estimates where no such rep was. "Two sets" are two in one recording, half a minute or more apart; sets says
how many recordings hold as many as were done.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from accuracy import Score, TrueRep, as_recorded, overlap, rms, within
from bartracker.api import settings_for
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.results import Analysis
from bartracker.samples import StampedBlock
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import SimulatedSet, simulate_set

ALL = tuple(SIMULATED_EXERCISES)
SLOW = ("squat", "bench", "ohp", "deadlift", "row")
PRESSED = ("squat", "bench", "ohp", "deadlift")


@dataclass(frozen=True, slots=True)
class Style:
    """How sets are done: arguments of `simulate_set`; load_share: part of the lifter's best; apart_s: rest before the
    same lifter does a second, shorter set in the same recording.
    """

    name: str
    lifts: tuple[str, ...]
    wish: dict[str, Any] = field(default_factory=dict[str, Any])
    load_share: float | None = None
    apart_s: float | None = None


STYLES = (
    Style("usual", ALL),
    Style("paused, 2-2-X-1", PRESSED, {"tempo": "2-2-X-1"}),
    Style("touch-and-go", SLOW, {"touch_and_go": True}),
    Style("slow lowering, 5-0-X-1", PRESSED, {"tempo": "5-0-X-1"}),
    Style("slow both ways, 5-2-5-2", SLOW, {"tempo": "5-2-5-2"}),
    Style("explosive, 30 % of the best", ALL, load_share=0.3),
    Style("near the best, 97 %", SLOW, {"reps": 3}, load_share=0.97),
    Style("grinding to exhaustion", PRESSED, {"reps": 8, "velocity_loss": 0.1}, load_share=0.85),
    Style("cluster, 20 s at the top", ("squat", "bench"), {"reps": 4, "tempo": "2-0-X-20"}),
    Style("cluster, 20 s at the bottom", ("ohp", "deadlift"), {"reps": 4, "tempo": "2-20-X-1"}),
    Style("partial reps", ALL, {"reps": 6, "partial": (3, 5)}),
    Style("a failed last rep", ALL, {"failed": (5,)}),
    Style("failed near the best", PRESSED, {"reps": 3, "failed": (3,)}, load_share=0.95),
    Style("one rep", ALL, {"reps": 1}),
    Style("fifty reps", ("squat", "deadlift"), {"reps": 50}),
    Style("on the sleeve", ALL, {"mount": "sleeve"}),
    Style("two sets", ALL, {"reps": 4}, apart_s=90.0),
)


@dataclass(frozen=True, slots=True)
class Job:
    style: Style
    exercise: str
    seed: int


@dataclass
class Row:
    """What became of a style's sets."""

    after: Score = field(default_factory=Score)
    live: Score = field(default_factory=Score)
    kinds: Counter[str] = field(default_factory=Counter[str])
    stray: int = 0
    recordings: int = 0
    as_many_sets: int = 0

    def add(self, job: Job, truth: list[TrueRep], refined: Analysis, announced: Analysis) -> None:
        self.recordings += 1
        self.as_many_sets += len(refined.sets) == (1 if job.style.apart_s is None else 2)
        self.after.add(truth, refined)
        self.live.add(truth, announced)
        reps = [rep for rep_set in refined.sets for rep in rep_set.reps]
        others = [true for true in truth if true["kind"] != "full"]
        for true in others:
            nearest = max(reps, key=lambda rep: overlap(rep, true), default=None)
            said = nearest.kind if nearest is not None and overlap(nearest, true) >= 0.3 else "nothing"
            self.kinds[f"{true['kind']} called {said}"] += 1
        lesser = [rep for rep in reps if rep.kind != "full"]
        self.stray += sum(not any(within(rep, true) for true in others) for rep in lesser)


def jobs(seeds: int, only: str | None) -> Iterator[Job]:
    for style in STYLES:
        if only is None or style.name.startswith(only):
            for exercise in style.lifts:
                yield from (Job(style, exercise, seed) for seed in range(700, 700 + seeds))


def recorded(job: Job) -> tuple[Recording, list[TrueRep]]:
    """The recording of a job and its true reps."""
    style = job.style
    wish = dict(style.wish)
    if style.load_share is not None:
        wish["load_kg"] = style.load_share * SIMULATED_EXERCISES[job.exercise].one_rm_kg
    rate_hz = (100.0, 200.0, 400.0)[job.seed % 3]
    made = simulate_set(job.exercise, seed=job.seed, rate_hz=rate_hz, **wish)
    recording, truth = as_recorded(made), [asdict(rep) for rep in made.reps]
    if style.apart_s is not None:
        # Another number of reps is another set; sensor and mount follow from seed and exercise alone.
        again = simulate_set(job.exercise, seed=job.seed, rate_hz=rate_hz, **(wish | {"reps": wish["reps"] - 1}))
        recording, shift_s = one_after_the_other(made, again, style.apart_s)
        truth += [shifted(asdict(rep), shift_s) for rep in again.reps]
    if "mount" in wish:
        recording = replace(recording, metadata=replace(recording.metadata, mount=wish["mount"]))
    return recording, truth


def one_after_the_other(first: SimulatedSet, second: SimulatedSet, apart_s: float) -> tuple[Recording, float]:
    """Both in one recording, the bar lying still between them; and how much later the second is told, s."""
    (before,), (after,) = as_recorded(first).blocks, as_recorded(second).blocks
    rate_hz = first.imu.true_rate_hz
    count = round(apart_s * rate_hz)
    # What the sensor reads where it lies, with its own noise in another order.
    still = np.random.default_rng(first.seed).integers(len(before) - round(rate_hz), len(before), count)
    never = np.zeros(count, dtype=np.bool_)
    total = len(before) + count
    shift_s = total / rate_hz
    block = StampedBlock(
        sample_index=np.arange(total + len(after)),
        stamp_s=np.arange(total + len(after)) / rate_hz,
        acc_mps2=np.concatenate([before.acc_mps2, before.acc_mps2[still], after.acc_mps2]),
        gyr_radps=np.concatenate([before.gyr_radps, before.gyr_radps[still], after.gyr_radps]),
        acc_clipped=np.concatenate([before.acc_clipped, never, after.acc_clipped]),
        gyr_clipped=np.concatenate([before.gyr_clipped, never, after.gyr_clipped]),
        arrival_s=float("nan"),
    )
    return replace(as_recorded(first), blocks=(block,)), shift_s


def shifted(true: TrueRep, by_s: float) -> TrueRep:
    return {name: value + by_s if name.startswith("t_") else value for name, value in true.items()}


def run(job: Job) -> tuple[list[TrueRep], Analysis, Analysis]:
    """The truth, the analysis after the set, and as announced."""
    recording, truth = recorded(job)
    pipeline = Pipeline(settings_for(recording, exercise=job.exercise))
    for block in recording.blocks:
        pipeline.push(block)
    pipeline.finish()
    return truth, pipeline.analysis(), pipeline.analysis(as_live=True)


def table(rows: dict[str, Row]) -> Table:
    result = Table(title="Reps by style", box=box.MARKDOWN)
    for heading in ("style", "recordings", "sets", "found", "false", "found live", "false live", "MV, m/s", "MV live"):
        result.add_column(heading)
    result.add_column("partial and failed reps; stray")
    for name, row in rows.items():
        cells = [name, str(row.recordings), f"{row.as_many_sets} of {row.recordings}"]
        for score in (row.after, row.live):
            cells += [f"{score.found} of {score.found + score.missed}", str(score.false)]
        for score in (row.after, row.live):
            error = np.array([error for error, _ in score.errors["mean velocity, m/s"]])
            cells.append(f"{rms(error):.3f}, worst {np.abs(error).max():.2f}" if len(error) else "-")
        kinds = ", ".join(f"{said} {count}" for said, count in sorted(row.kinds.items()))
        result.add_row(*cells, f"{kinds or '-'}; {row.stray}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="recordings of each lift and style")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--style", metavar="NAME", help="the styles whose name begins so alone")
    args = parser.parse_args()
    wanted = list(jobs(args.seeds, args.style))
    rows: dict[str, Row] = {}
    notes: list[str] = []
    with ProcessPoolExecutor(args.processes) as pool:
        results = track(pool.map(run, wanted), "analyzing", len(wanted), console=Console(stderr=True))
        for job, (truth, refined, announced) in zip(wanted, results, strict=True):
            one = Row()
            one.add(job, truth, refined, announced)
            rows.setdefault(job.style.name, Row()).add(job, truth, refined, announced)
            if one.after.missed or one.after.false or one.live.missed or one.live.false or one.stray:
                notes.append(
                    f"{job.style.name}, {job.exercise} {job.seed}: missed {one.after.missed}, false {one.after.false}, "
                    f"stray {one.stray}; live missed {one.live.missed}, false {one.live.false}"
                )
    console = Console(width=260)
    console.print(table(rows))
    for note in notes:
        console.print(note)


if __name__ == "__main__":
    main()
