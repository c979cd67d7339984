"""What the numbers are worth by sample rate, mounting place and packet loss: virtual sets, an uncalibrated sensor.

    python benchmarks/conditions.py [--seeds N] [--processes N]

One condition is varied at a time, the others being 200 Hz, on the shaft, nothing lost; the same lifters do the same
sets under each. A packet holds 19 samples as over the air; packets are lost independently of each other, or for a
second in every ten. The exercise is told. Cells as in accuracy.py, over all seven lifts.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from accuracy import NUMBERS, Score, TrueRep, as_recorded, rms
from bartracker.api import settings_for
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.results import Analysis
from bartracker.samples import BoolArray, IntArray, StampedBlock
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import simulate_set

PACKET_SAMPLES = 19


@dataclass(frozen=True, slots=True)
class Condition:
    """lost: share of packets; silent_s: how long nothing comes, once in every ten seconds."""

    name: str
    rate_hz: float = 200.0
    mount: Literal["shaft", "sleeve"] = "shaft"
    lost: float = 0.0
    silent_s: float = 0.0


CONDITIONS = (
    *(Condition(f"{rate_hz} Hz", rate_hz=rate_hz) for rate_hz in (50, 100, 200, 400, 800)),
    Condition("on the sleeve", mount="sleeve"),
    *(Condition(f"{100 * lost:g} % of packets lost", lost=lost) for lost in (0.01, 0.05, 0.1, 0.2)),
    *(Condition(f"{silent_s:g} s of every 10 s lost", silent_s=silent_s) for silent_s in (0.25, 1.0)),
)


@dataclass(frozen=True, slots=True)
class Job:
    condition: Condition
    exercise: str
    seed: int


def run(job: Job) -> tuple[list[TrueRep], Analysis, Analysis]:
    """The truth, the analysis after the set, and as announced."""
    condition = job.condition
    made = simulate_set(job.exercise, seed=job.seed, rate_hz=condition.rate_hz, mount=condition.mount)
    recording = with_losses(as_recorded(made), condition, np.random.default_rng([job.seed, 1]))
    recording = replace(recording, metadata=replace(recording.metadata, mount=condition.mount))
    pipeline = Pipeline(settings_for(recording, exercise=job.exercise))
    for block in recording.blocks:
        pipeline.push(block)
    pipeline.finish()
    return [asdict(rep) for rep in made.reps], pipeline.analysis(), pipeline.analysis(as_live=True)


def with_losses(recording: Recording, condition: Condition, rng: np.random.Generator) -> Recording:
    """The recording without the samples that were lost."""
    (block,) = recording.blocks
    packet: IntArray = np.arange(len(block), dtype=np.int64) // PACKET_SAMPLES
    kept: BoolArray = rng.random(int(packet[-1]) + 1)[packet] >= condition.lost
    kept &= (block.stamp_s + rng.uniform(0.0, 10.0)) % 10.0 >= condition.silent_s
    return replace(recording, blocks=(_only(block, kept),))


def _only(block: StampedBlock, kept: BoolArray) -> StampedBlock:
    return replace(
        block,
        sample_index=block.sample_index[kept],
        stamp_s=block.stamp_s[kept],
        acc_mps2=block.acc_mps2[kept],
        gyr_radps=block.gyr_radps[kept],
        acc_clipped=block.acc_clipped[kept],
        gyr_clipped=block.gyr_clipped[kept],
    )


def cells(score: Score) -> Iterator[str]:
    yield f"{score.found} of {score.found + score.missed}"
    yield str(score.false)
    for name in tuple(NUMBERS)[:4]:
        pairs = np.array(score.errors[name], dtype=np.float64).reshape(-1, 2)
        if not len(pairs):
            yield "-"
            continue
        inside = 100 * np.mean(np.abs(pairs[:, 0]) <= 1.96 * pairs[:, 1])
        yield f"{rms(pairs[:, 0]):.3f}, worst {np.abs(pairs[:, 0]).max():.2f}, {inside:.0f} % in"


def table(title: str, scores: dict[Condition, Score]) -> Table:
    result = Table(title=title, box=box.MARKDOWN)
    for heading in ("condition", "found", "false", *tuple(NUMBERS)[:4]):
        result.add_column(heading)
    for condition, score in scores.items():
        result.add_row(condition.name, *cells(score))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="sets of each lift and condition")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    args = parser.parse_args()
    jobs = [
        Job(condition, exercise, seed)
        for condition in CONDITIONS
        for exercise in SIMULATED_EXERCISES
        for seed in range(500, 500 + args.seeds)
    ]
    after = {condition: Score() for condition in CONDITIONS}
    live = {condition: Score() for condition in CONDITIONS}
    with ProcessPoolExecutor(args.processes) as pool:
        results = track(pool.map(run, jobs), "analyzing", len(jobs), console=Console(stderr=True))
        for job, (truth, refined, announced) in zip(jobs, results, strict=True):
            after[job.condition].add(truth, refined)
            live[job.condition].add(truth, announced)
    console = Console(width=240)
    sets = len(SIMULATED_EXERCISES) * args.seeds
    console.print(table(f"after the set: {sets} sets a condition", after))
    console.print(table("as announced live", live))


if __name__ == "__main__":
    main()
