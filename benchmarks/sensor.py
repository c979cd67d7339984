"""The virtual sensor end to end: firmware in the MicroPython VM, Bluetooth link, pipeline, recording.

    python benchmarks/sensor.py sets [--seeds N] [--rate HZ] [--parallel P] [--speed S]
    python benchmarks/sensor.py long [--minutes M] [--rate HZ]

sets: N seeds of each lift, S times as fast as real; samples produced, received and lost, whether the recording replays
to the same analysis to the bit, and reps found against the virtual lifter's truth. long: live sessions in real time;
samples lost, time from a sample to the state published with it, memory over time (Linux).
"""

import argparse
import resource
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from sys import executable

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

import bartracker
from bartracker.api import settings_for
from bartracker.exchange import analysis_to_json
from bartracker.links import open_link
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sim_link import SimLink
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording
from bartracker.results import Analysis
from bartracker.samples import StampedBlock
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.truth import RepTruth


@dataclass(frozen=True, slots=True)
class Outcome:
    produced: int
    received: int
    lost: int
    same: bool
    true: int
    found: int
    false: int


def connected(uri: str, target: Path) -> tuple[SimLink, Pipeline]:
    link = open_link(uri)
    assert isinstance(link, SimLink)
    link.record_to(LinkRecorder(target))
    info = link.connect()
    return link, Pipeline(settings_for(Recording(link.metadata, (), info.nominal_rate_hz)))


def lifted(uri: str) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "set.btr"
        link, pipeline = connected(uri, target)
        truth: tuple[RepTruth, ...] = ()
        try:
            for item in link.items():
                if isinstance(item, StampedBlock):
                    pipeline.push(item)
                    if not truth and (link.recording_now_s or 0.0) > 5:
                        truth = link.truth
            pipeline.finish()
            counters = link.counters
        finally:
            link.close()
        recording = bartracker.read(target)
        replayed = Pipeline(settings_for(recording))
        for block in recording.blocks:
            replayed.push(block)
        replayed.finish()
        analysis = pipeline.analysis()
        same = analysis_to_json(analysis) == analysis_to_json(replayed.analysis())
        true, found, false = counted(analysis, truth)
        return Outcome(counters.produced - counters.unsent, counters.received, counters.lost, same, true, found, false)


def counted(analysis: Analysis, truth: tuple[RepTruth, ...]) -> tuple[int, int, int]:
    """Full reps there were, those found (lifting windows share half of their union), and false ones."""
    full = [rep for rep_set in analysis.sets for rep in rep_set.reps if rep.kind == "full"]
    real = [rep for rep in truth if rep.kind == "full"]
    found = 0
    for true in real:
        for rep in full:
            common = min(rep.concentric_end_s, true.t_con1) - max(rep.concentric_start_s, true.t_con0)
            whole = max(rep.concentric_end_s, true.t_con1) - min(rep.concentric_start_s, true.t_con0)
            if common >= 0.5 * whole:
                found += 1
                break
    return len(real), found, len(full) - found


def lifted_in_own_process(uri: str) -> Outcome:
    """Clean numbers need a process of their own: two virtual sensors would share one interpreter's lock."""
    done = run([executable, __file__, "one", uri], check=True, capture_output=True, text=True)
    produced, received, lost, same, true, found, false = map(int, done.stdout.split())
    return Outcome(produced, received, lost, bool(same), true, found, false)


def sets(seeds: int, rate_hz: float, parallel: int, speed: float) -> Table:
    table = Table(title=f"{seeds} seeds a lift, {rate_hz:g} Hz, {speed:g} times real time", box=box.MARKDOWN)
    for heading in ("lift", "sets", "produced", "received", "lost", "replayed to the bit", "reps", "found", "false"):
        table.add_column(heading)
    total: list[Outcome] = []
    with ThreadPoolExecutor(parallel) as pool:
        for exercise in SIMULATED_EXERCISES:
            base = f"sim://{exercise}?reps=5&rate_hz={rate_hz:g}&speed={speed:g}"
            uris = [f"{base}&seed={seed}" for seed in range(1, seeds + 1)]
            rows = list(pool.map(lifted_in_own_process, uris))
            total += rows
            table.add_row(exercise, *summed(rows))
    table.add_row("all", *summed(total))
    return table


def summed(rows: list[Outcome]) -> list[str]:
    columns = [sum(getattr(row, name) for row in rows) for name in Outcome.__slots__]
    produced, received, lost, same, true, found, false = map(str, columns)
    return [str(len(rows)), produced, received, lost, f"{same} of {len(rows)}", true, found, false]


def long_run(minutes: float, rate_hz: float) -> None:
    """One session after the other until the time is over, each with its threads as a view has them; the set of 50
    reps is looked at again while the last samples come.
    """
    console = Console()
    late_s: list[float] = []
    memory_mb: list[float] = []
    received = lost = produced = sessions = 0
    passed_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        while passed_s < 60 * minutes:
            sessions += 1
            uri = f"sim://squat?reps=50&seed={sessions}&rate_hz={rate_hz:g}"
            link, pipeline = connected(uri, Path(folder) / f"{sessions}.btr")
            session = LiveSession(link, pipeline)
            session.start()
            state, newest_s = session.snapshot(), 0.0
            while not state.ended:
                state = session.wait_newer(state.version, 1.0)
                now_s = link.recording_now_s
                if now_s is not None and len(state.motion) and state.motion.t_s[-1] > newest_s:
                    newest_s = float(state.motion.t_s[-1])
                    late_s.append(now_s - newest_s)
                    memory_mb.append(resident_mb())
                if passed_s + newest_s > 60 * minutes:
                    link.finish()
            session.close()
            counters = link.counters
            produced += counters.produced - counters.unsent
            received += counters.received
            lost += counters.lost
            passed_s += newest_s
    late = np.array(late_s)
    console.print(f"{passed_s / 60:.1f} min in {sessions} sessions at {rate_hz:g} Hz")
    console.print(f"samples: {produced} produced, {received} received, {lost} lost")
    levels = (("median", 0.5), ("95th percentile", 0.95), ("99th", 0.99), ("largest", 1.0))
    quantiles = ", ".join(f"{name} {1e3 * np.quantile(late, level):.0f}" for name, level in levels)
    console.print(f"newest sample of a published state to its publication, ms: {quantiles} ({len(late)} states)")
    quarters = [f"{np.median(part):.0f}" for part in np.array_split(np.array(memory_mb), 4)]
    console.print(f"resident memory, MB, median of each quarter: {', '.join(quarters)}")


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    many = commands.add_parser("sets")
    many.add_argument("--seeds", type=int, default=20)
    many.add_argument("--rate", type=float, default=200)
    many.add_argument("--parallel", type=int, default=2)
    many.add_argument("--speed", type=float, default=1)
    long = commands.add_parser("long")
    long.add_argument("--minutes", type=float, default=10)
    long.add_argument("--rate", type=float, default=400)
    one = commands.add_parser("one", help="one set, as a row of numbers; used by sets")
    one.add_argument("uri")
    args = parser.parse_args()
    if args.command == "sets":
        Console(width=160).print(sets(args.seeds, args.rate, args.parallel, args.speed))
    elif args.command == "long":
        long_run(args.minutes, args.rate)
    else:
        outcome = lifted(args.uri)
        print(*(int(getattr(outcome, name)) for name in Outcome.__slots__))


if __name__ == "__main__":
    main()
