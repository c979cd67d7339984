"""Reps found and numbers measured against sets whose truth is known.

    python benchmarks/accuracy.py [--sets FOLDER] [--named] [--simulate SEEDS]

Without options: the committed recordings. --sets: a folder with recordings/*.npz or *.btr and truth/*.npz instead.
--simulate: SEEDS virtual sets of each lift instead. --named tells the exercise. Prints a table for the analysis after
the set and one for reps as announced live.

A true full rep is found when a full estimate's lifting window overlaps its own by half of their union; other full
estimates are false unless they lie in a true partial or failed rep. Errors are estimate minus truth over the reps
found; coverage is the share within 1.96 of the stated standard uncertainty.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import bartracker
from bartracker.api import settings_for
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.results import Analysis, Rep
from bartracker.samples import StampedBlock
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import SimulatedSet, simulate_set

COMMITTED = Path(__file__).parents[1] / "tests" / "recordings"
NUMBERS = {
    "mean velocity, m/s": ("mcv", "mean_velocity_mps"),
    "peak velocity, m/s": ("pv", "peak_velocity_mps"),
    "range of motion, m": ("rom", "rom_m"),
    "lowering, s": ("ecc_s", "eccentric_duration_s"),
    "turn pause, s": ("pause_s", "turn_pause_s"),
}
TrueRep = dict[str, Any]


@dataclass
class Score:
    """Counts and errors of one group of sets."""

    found: int = 0
    missed: int = 0
    false: int = 0
    errors: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {name: [] for name in NUMBERS})
    latencies_s: list[float] = field(default_factory=list[float])

    def add(self, truth: list[TrueRep], analysis: Analysis) -> None:
        full = [rep for rep_set in analysis.sets for rep in rep_set.reps if rep.kind == "full"]
        others = [true for true in truth if true["kind"] != "full"]
        taken: set[int] = set()
        for true in truth:
            if true["kind"] != "full":
                continue
            best = max(((overlap(rep, true), i) for i, rep in enumerate(full) if i not in taken), default=(0.0, -1))
            if best[0] < 0.5:
                self.missed += 1
                continue
            self.found += 1
            taken.add(best[1])
            self._measure(true, full[best[1]])
        self.false += sum(
            i not in taken and not any(within(rep, other) for other in others) for i, rep in enumerate(full)
        )

    def _measure(self, true: TrueRep, rep: Rep) -> None:
        for name, (key, attribute) in NUMBERS.items():
            value = getattr(rep, attribute)
            if value is not None and true.get(key) is not None:
                self.errors[name].append((value - true[key], rep.sigma.get(attribute, float("nan"))))
        if rep.announced_s is not None:
            self.latencies_s.append(rep.announced_s - true["t_con1"])


def overlap(rep: Rep, true: TrueRep) -> float:
    common = min(rep.concentric_end_s, true["t_con1"]) - max(rep.concentric_start_s, true["t_con0"])
    union = rep.concentric_end_s - rep.concentric_start_s + true["t_con1"] - true["t_con0"] - max(common, 0.0)
    return max(common, 0.0) / union


def within(rep: Rep, true: TrueRep) -> bool:
    common = min(rep.concentric_end_s, true["t_end"]) - max(rep.concentric_start_s, true["t_start"])
    return common >= 0.5 * (rep.concentric_end_s - rep.concentric_start_s)


def committed() -> Iterator[tuple[str, Recording, list[TrueRep]]]:
    for path in sorted(COMMITTED.glob("*.btr")):
        truth = json.loads(path.with_suffix("").with_suffix(".truth.json").read_text())
        recording = bartracker.read(path)
        yield str(recording.metadata.exercise), recording, truth["reps"]


def folder_of_sets(folder: Path) -> Iterator[tuple[str, Recording, list[TrueRep]]]:
    for path in sorted((folder / "truth").glob("*.npz")):
        with np.load(path, allow_pickle=False) as data:
            reps, meta = json.loads(str(data["reps"])), json.loads(str(data["meta"]))
        recording = next((folder / "recordings").glob(f"{path.stem}.*"))
        yield str(meta["exercise"]), bartracker.read(recording), reps


def simulated(seeds: int) -> Iterator[tuple[str, Recording, list[TrueRep]]]:
    for exercise in SIMULATED_EXERCISES:
        for seed in range(100, 100 + seeds):
            made = simulate_set(exercise, seed=seed, rate_hz=(100, 200, 400)[seed % 3])
            yield exercise, as_recorded(made), [asdict(rep) for rep in made.reps]


def as_recorded(made: SimulatedSet) -> Recording:
    """The samples as a link that loses nothing would bring them."""
    counts = made.counts.astype(np.float64)
    clipped = np.abs(counts).reshape(-1, 2, 3).max(axis=2) >= made.info.acc_clip_count
    block = StampedBlock(
        sample_index=np.arange(len(counts)),
        stamp_s=made.sample_t_s,
        acc_mps2=counts[:, :3] * made.info.acc_mps2_per_count,
        gyr_radps=counts[:, 3:] * made.info.gyr_radps_per_count,
        acc_clipped=clipped[:, 0],
        gyr_clipped=clipped[:, 1],
        arrival_s=float("nan"),
    )
    metadata = RecordingMetadata(exercise=made.wish.exercise, load_kg=made.load_kg)
    return Recording(metadata, (block,), made.info.nominal_rate_hz)


def rms(error: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(error))))


def table(title: str, scores: dict[str, Score]) -> Table:
    result = Table(title=title, box=box.MARKDOWN)
    for heading in ("lift", "found", "missed", "false", *NUMBERS, "announced after, s"):
        result.add_column(heading)
    for name, score in scores.items():
        cells = [name, str(score.found), str(score.missed), str(score.false)]
        for values in score.errors.values():
            if not values:
                cells.append("-")
                continue
            pairs: NDArray[np.float64] = np.array(values, dtype=np.float64)
            error, sigma = pairs[:, 0], pairs[:, 1]
            cover = 100 * float(np.mean(np.abs(error) <= 1.96 * sigma))
            cells.append(f"{rms(error):.3f}, worst {np.abs(error).max():.2f}, {cover:.0f} % in")
        late = score.latencies_s
        cells.append(f"{np.median(late):.2f} / {np.quantile(late, 0.95):.2f}" if late else "-")
        result.add_row(*cells)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, help="folder with recordings/ and truth/")
    parser.add_argument("--named", action="store_true", help="tell the exercise")
    parser.add_argument("--simulate", type=int, default=0, metavar="SEEDS", help="virtual sets of each lift")
    args = parser.parse_args()
    sets = [*(folder_of_sets(args.sets) if args.sets else ()), *simulated(args.simulate)] or list(committed())
    after: dict[str, Score] = {}
    live: dict[str, Score] = {}
    right = 0
    for exercise, recording, truth in track(sets, "analyzing", console=Console(stderr=True)):
        pipeline = Pipeline(settings_for(recording, exercise=exercise if args.named else "auto"))
        for block in recording.blocks:
            pipeline.push(block)
        pipeline.finish()
        analysis = pipeline.analysis()
        right += any(rep_set.exercise == exercise for rep_set in analysis.sets)
        for scores, result in ((after, analysis), (live, pipeline.analysis(as_live=True))):
            for name in (exercise, "all"):
                scores.setdefault(name, Score()).add(truth, result)
    console = Console(width=320)
    for title, scores in (("after the set", after), ("as announced live", live)):
        order = sorted(scores, key=lambda name: (name == "all", name))
        console.print(
            table(
                f"{title}: RMSE, worst error, share in the 95 % interval; {len(sets)} sets",
                {name: scores[name] for name in order},
            )
        )
    console.print(f"exercise {'told' if args.named else 'found'}: right in {right} of {len(sets)} sets")


if __name__ == "__main__":
    main()
