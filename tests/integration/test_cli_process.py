"""The command line as a process of its own: closed and full streams, missing rights, Ctrl-C, bare surroundings."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

DEMO = Path(__file__).parents[1] / "recordings" / "demo_squat.btr"
COMMAND = [sys.executable, "-m", "bartracker"]
LIMIT_S = 60


def bartracker(*args: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; `options` go to subprocess.run."""
    how: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": LIMIT_S}
    return subprocess.run([*COMMAND, *map(str, args)], check=False, **(how | options))


def refusal(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """The only line on stderr of a command that ended with `code`."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("bartracker: ")
    return lines[0]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A recording of a sensor that lies still for 4 s: quick to analyze."""
    random = np.random.default_rng(7)
    acc = np.array([0.0, 0.0, 9.80665]) + random.normal(0.0, 0.02, (400, 3))
    path = tmp_path / "still.npz"
    np.savez(path, allow_pickle=False, t=np.arange(400) / 100.0, acc=acc, gyr=random.normal(0.0, 0.002, (400, 3)))
    return path


def without_rights_of_root() -> None:
    """In the child: root may no longer pass over file permissions, so the test means the same for every user."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    drop_from_bounding_set, override_read_write, override_search = 24, 1, 2
    for capability in (override_read_write, override_search):
        if os.geteuid() == 0 and libc.prctl(drop_from_bounding_set, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def small_files_only() -> None:
    """In the child: no file may grow past 100 bytes, as on a disk that is nearly full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.skipif(sys.platform != "linux", reason="rights of root can be dropped on Linux only")
def test_permission_denied(still: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.btr"
    closed.write_bytes(DEMO.read_bytes())
    closed.chmod(0)
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    line = refusal(bartracker("analyze", closed, preexec_fn=without_rights_of_root))
    assert str(closed) in line
    assert "permission" in line
    line = refusal(bartracker("analyze", still, "--output", folder, preexec_fn=without_rights_of_root))
    assert str(folder) in line
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    "args",
    [("analyze", "--json", "out/x.json"), ("import", "--output", "out"), ("export", "--samples", "out/x.csv")],
    ids=["analyze", "import", "export"],
)
def test_disk_full_leaves_the_old_file(args: tuple[str, ...], still: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    old = out / "x.json"
    old.write_text("the one before")
    command, *options = args
    line = refusal(bartracker(command, still, *options, cwd=tmp_path, preexec_fn=small_files_only))
    assert "out" in line
    assert list(out.iterdir()) == [old]
    assert old.read_text() == "the one before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_stdout_full(still: Path) -> None:
    with open("/dev/full", "w") as full:
        assert "standard output" in refusal(bartracker("analyze", still, "--json", "-", stdout=full))


def test_a_reader_that_has_gone_is_no_error(still: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = bartracker("analyze", still, "--json", "-", stdout=pipe)
    assert (done.returncode, done.stderr) == (1, "")


def test_ctrl_c_keeps_what_was_found(tmp_path: Path) -> None:
    out = tmp_path / "set.json"
    args = ["replay", str(DEMO), "--view", "terminal", "--speed", "1", "--json", str(out)]
    with subprocess.Popen([*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        next(line for line in lines if "m/s" in line)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, errors) == (130, "")
    assert json.loads(out.read_text())["schema"] == "bartracker.analysis/1"


@pytest.mark.parametrize("change", [lambda env: env.pop("HOME", None), lambda env: env.update(HOME="")])
def test_without_a_home(change: Callable[[dict[str, str]], object], tmp_path: Path) -> None:
    env = dict(os.environ)
    change(env)
    done = bartracker("export", DEMO, "--samples", "demo.csv", env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    name = tmp_path / "Übung→.btr"
    env = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    line = refusal(bartracker("analyze", name, env=env))
    assert "\\xdcbung\\u2192.btr" in line
    name.write_bytes(DEMO.read_bytes())
    done = bartracker("replay", name, "--view", "terminal", "--speed", "0", env=env)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys; from bartracker.cli.program import run; code = run(['--help']);"
        "heavy = {'numpy', 'scipy', 'PySide6', 'rich', 'asyncio'} & set(sys.modules);"
        "sys.exit(f'{heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_offers_commands_and_exercises() -> None:
    env = os.environ | {"_BARTRACKER_COMPLETE": "complete_bash"}
    words = {"COMP_WORDS": "bartracker analyze --exercise s", "COMP_CWORD": "3"}
    done = bartracker(env=env | words)
    assert done.stdout.split() == ["squat", "snatch"]
    done = bartracker(env=env | {"COMP_WORDS": "bartracker ana", "COMP_CWORD": "1"})
    assert done.stdout.split() == ["analyze"]


def test_qt_libraries_names_packages_only() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bartracker.ui.qt_libraries"],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert all(word.startswith(("lib", "fonts-")) for word in done.stdout.split())
