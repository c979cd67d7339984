"""Several processes at one library: each in a Python of its own, as when an import runs while a window is open."""

import subprocess
import sys
from pathlib import Path

import pytest

from bartracker.history import Library

SUPPORT = Path(__file__).parents[1] / "support"
WRITES = 5
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from gym_diary import DAY_S, MONDAY_S, put
from bartracker.history import Library
from bartracker.errors import BartrackerError
folder, own, who = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
own.mkdir()
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[5])):
    with Library(folder) as library:
        put(library, own, athlete=who, at_s=MONDAY_S + number * DAY_S)
        put(library, own, athlete="Both", at_s=MONDAY_S + number * DAY_S, name=f"shared_{number}.btr")
"""


def test_processes_that_write_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(SUPPORT), str(folder), str(tmp_path / who), who, str(WRITES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in ("Anna", "Bea")
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.communicate("go\n", timeout=120)
        assert process.returncode == 0
    with Library(folder) as library:
        found = {person.name: (person.sessions, person.sets, person.reps) for person in library.athletes()}
        assert found == dict.fromkeys(("Anna", "Bea", "Both"), (WRITES, WRITES, 5 * WRITES))
        assert library.database.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert library.database.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert len([path for path in folder.joinpath("recordings").rglob("*") if path.is_file()]) == 3 * WRITES


def test_a_library_made_by_two_processes_at_once_is_one(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from bartracker.history import Library
print("ready", flush=True)
sys.stdin.readline()
with Library(Path(sys.argv[1])) as library:
    library.add_athlete(sys.argv[2])
"""
    for round_ in range(2):
        folder = tmp_path / f"library{round_}"
        running = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(folder), who],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for who in ("Anna", "Bea")
        ]
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        for process in running:
            process.communicate("go\n", timeout=60)
            assert process.returncode == 0
        with Library(folder) as library:
            assert [person.name for person in library.athletes()] == ["Anna", "Bea"]


def test_a_full_disk_of_its_own_leaves_the_library_whole(tmp_path: Path) -> None:
    """The operating system refuses to let any file grow past a limit: a real refused write, wherever it happens."""
    pytest.importorskip("resource", reason="this system has no limit on file sizes")
    folder = tmp_path / "library"
    with Library(folder) as library:
        library.add_athlete("Anna")
    size = (folder / "library.sqlite").stat().st_size
    script = f"""
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {str(SUPPORT)!r})
from gym_diary import MONDAY_S, one_set, put
from bartracker.errors import BartrackerError
from bartracker.history import Library
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Library(Path({str(folder)!r})) as library:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 20_000}, {size + 20_000}))
    try:
        put(library, Path({str(tmp_path)!r}), *[one_set(index=i) for i in range(1, 400)])
    except BartrackerError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert "nothing was changed" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    with Library(folder) as library:
        assert [(person.name, person.sets) for person in library.athletes()] == [("Anna", 0)]
        assert library.database.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
