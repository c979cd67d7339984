"""How fast the pipeline is: samples a second, time a push takes, from the block to the published rep, and at start-up.

    python benchmarks/speed.py [FILE...] [--repeat N]

Without files: the committed recordings. Times are processor time of this process except for start-up, which is wall
time of a new one; machines differ and are shared, so read them as ratios within one run.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import vqf
from rich import box
from rich.console import Console
from rich.table import Table

import bartracker
from bartracker.api import settings_for
from bartracker.events import RepAnnounced
from bartracker.pipeline import Pipeline

COMMITTED = Path(__file__).parents[1] / "tests" / "recordings"


def measured(path: Path) -> list[str]:
    recording = bartracker.read(path)
    pipeline = Pipeline(settings_for(recording))
    pushes_s: list[float] = []
    publishing_s: list[float] = []
    for block in recording.blocks:
        start = time.process_time()
        events = pipeline.push(block)
        pushes_s.append(time.process_time() - start)
        if any(isinstance(event, RepAnnounced) for event in events):
            publishing_s.append(pushes_s[-1])
    start = time.process_time()
    pipeline.finish()
    refine_s = time.process_time() - start
    acc = np.concatenate([block.acc_mps2 for block in recording.blocks])
    gyr = np.concatenate([block.gyr_radps for block in recording.blocks])
    start = time.process_time()
    vqf.VQF(0.01).updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))
    vqf_s = time.process_time() - start
    count, live_s = len(recording), sum(pushes_s)
    seconds = pipeline.analysis().sample_rate_hz
    return [
        path.stem,
        f"{count}",
        f"{count / live_s:,.0f}",
        f"{1e6 * live_s / count:.0f}",
        f"{live_s * seconds / count:.1%}",
        f"{1e3 * np.quantile(pushes_s, 0.5):.2f} / {1e3 * np.quantile(pushes_s, 0.95):.1f} / {1e3 * max(pushes_s):.1f}",
        f"{1e3 * max(publishing_s, default=0):.1f}",
        f"{1e6 * refine_s / count:.0f}",
        f"{1e6 * vqf_s / count:.1f}",
    ]


def start_up_s(arguments: list[str], repeat: int) -> float:
    times: list[float] = []
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--repeat", type=int, default=5, help="starts of the program")
    args = parser.parse_args()
    table = Table(title="pipeline, exercise as recorded", box=box.MARKDOWN)
    for heading in (
        "recording",
        "samples",
        "samples/s live",
        "us/sample live",
        "share of real time",
        "ms a push: median / p95 / max",
        "ms block to published rep, max",
        "us/sample after the set",
        "us/sample VQF alone",
    ):
        table.add_column(heading)
    for path in args.files or sorted(COMMITTED.glob("*.btr")):
        table.add_row(*measured(path))
    console = Console(width=240)
    console.print(table)
    for what, arguments in (
        ("bare python", ["-c", ""]),
        ("import bartracker", ["-c", "import bartracker"]),
        ("bartracker --help", ["-m", "bartracker", "--help"]),
        ("import all of the pipeline", ["-c", "import bartracker.api"]),
    ):
        console.print(f"start-up, best of {args.repeat}: {what}: {start_up_s(arguments, args.repeat):.2f} s")


if __name__ == "__main__":
    main()
