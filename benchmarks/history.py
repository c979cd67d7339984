"""How fast a large library opens and shows its pages.

    python benchmarks/history.py [--reps 500000] [--keep FOLDER]

Makes a library of ten years of a busy gym: one lifter with ten years of four lifts, others with a year or two, until
there are so many reps. Virtual years are written once and multiplied in SQL, so numbers repeat; sizes, indexes and
queries are those of real ones. Prints the first (cold: a new process) and the median time of each page.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bartracker.cli.history_show import lift_document, plain
from bartracker.history import Library, tables
from bartracker.history.foreign import lifted_sets
from bartracker.history.pages import lift_page
from bartracker.results import Exercise
from bartracker.sim.training_year import train_a_year
from bartracker.ui.history_report import lift_section

START_S = 1_420_131_600.0
YEAR_S = 364 * 86400.0
SUPPORT = Path(__file__).parents[1] / "tests" / "support"
LIFTS: tuple[Exercise, ...] = ("squat", "bench", "deadlift", "ohp")
LONGEST_YEARS = 10
OPEN = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from bartracker.history import Library
imported = time.perf_counter()
with Library(Path(sys.argv[1])) as library:
    library.athletes()
    print(time.perf_counter() - imported, time.perf_counter() - start)
"""


def make(folder: Path, reps: int) -> None:
    """A library with at least so many reps."""
    sys.path.insert(0, str(SUPPORT))
    write_year: Callable[..., int] = import_module("diary_of_a_year").write_year
    with Library(folder) as library:
        first = library.add_athlete("Ten Years")
        count = sum(
            write_year(library, first.id, train_a_year(lift, 1), lift, START_S + i * 3600.0, sleep=lift == "squat")
            for i, lift in enumerate(LIFTS)
        )
        year = count
        for number in range(1, LONGEST_YEARS):
            copy_year(library, first.id, first.id, number * YEAR_S)
            count += year
        who = 0
        while count < reps:
            who += 1
            person = library.add_athlete(f"Lifter {who}")
            for number in range(2):
                copy_year(library, first.id, person.id, ((who + number) % LONGEST_YEARS) * YEAR_S)
                count += year
        library.database.connection.execute("PRAGMA optimize")


def copy_year(library: Library, from_id: int, to_id: int, later_s: float) -> None:
    """The first lifter's first year once more: of a person, and later."""
    with library.database.writing() as connection:
        shift = {
            table: int(connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0])
            for table in ("session", "source", "analysis", "lift_set", "rep")
        }
        sessions = f"SELECT id FROM session WHERE athlete_id = {from_id} AND started_s < {START_S + YEAR_S}"
        ours = {
            "session": f"id IN ({sessions})",
            "source": f"session_id IN ({sessions})",
            "analysis": f"source_id IN (SELECT id FROM source WHERE session_id IN ({sessions}))",
            "lift_set": f"session_id IN ({sessions})",
            "rep": f"set_id IN (SELECT id FROM lift_set WHERE session_id IN ({sessions}))",
        }
        moved = {
            "id": None,
            "session_id": "session",
            "source_id": "source",
            "analysis_id": "analysis",
            "set_id": "lift_set",
        }
        for table, where in ours.items():
            names = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
            values = [_value(name, table, moved, shift, to_id, later_s) for name in names]
            connection.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} WHERE {where}"
            )


def _value(
    name: str, table: str, moved: dict[str, str | None], shift: dict[str, int], to_id: int, later_s: float
) -> str:
    if name in moved:
        return f"{name} + {shift[moved[name] or table]}"
    if name == "athlete_id":
        return str(to_id)
    if name == "started_s":
        return f"started_s + {later_s}"
    return f"sha256 || '_{to_id}_{later_s:.0f}'" if name == "sha256" else name


def timed(work: Callable[[], object], times: int = 5) -> tuple[float, float, float]:
    """First and median time, and the median of the processor's, ms: on a busy machine the last is the steadier."""
    found: list[tuple[float, float]] = []
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        work()
        found.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)))
    wall, processor = (statistics.median(column) for column in zip(*found, strict=True))
    return found[0][0], wall, processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=500_000)
    parser.add_argument("--keep", type=Path, help="make it here, or use the one that is here")
    args = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch) / "library"
        if not folder.exists():
            start = time.perf_counter()
            make(folder, args.reps)
            console.print(f"made in {time.perf_counter() - start:.0f} s")
        table = Table(box=box.MARKDOWN)
        for heading in ("page", "first, ms", "median, ms", "processor, ms"):
            table.add_column(heading)
        opened = [_opened(folder) for _ in range(5)]
        table.add_row("open and list athletes (a new process)", *_row([1000 * one[0] for one in opened]))
        table.add_row("the same with Python's imports", *_row([1000 * one[1] for one in opened]))
        with Library(folder) as library:
            everyone = library.athletes()
            size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
            console.print(
                f"{sum(one.reps for one in everyone)} reps, {sum(one.sets for one in everyone)} sets, "
                f"{len(everyone)} athletes, {size / 1e6:.0f} MB"
            )
            longest = next(one for one in everyone if one.name == "Ten Years")
            usual = next(one for one in everyone if one.name != "Ten Years")
            pages: dict[str, Callable[[], object]] = {"athletes": library.athletes}
            for who in (longest, usual):
                pages |= {
                    f"sessions, {who.reps} reps": lambda who=who: tables.sessions(library, who.id),
                    f"lift, {who.reps} reps": lambda who=who: lift_page(library, who, "squat"),
                    f"lift as JSON, {who.reps} reps": lambda who=who: plain(
                        lift_document(lift_page(library, who, "squat"))
                    ),
                    f"lift with its charts, {who.reps} reps": lambda who=who: lift_section(
                        lift_page(library, who, "squat")
                    ),
                    f"reps of a lift for a table, {who.reps} reps": lambda who=who: lifted_sets(library, who, "squat"),
                }
            for name, work in pages.items():
                table.add_row(name, *(f"{value:.0f}" for value in timed(work)))
        console.print(table)


def _opened(folder: Path) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", OPEN, str(folder)], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()
    return float(first), float(second)


def _row(values: list[float]) -> tuple[str, str]:
    return f"{values[0]:.0f}", f"{statistics.median(values):.0f}"


if __name__ == "__main__":
    main()
