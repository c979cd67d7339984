"""The command line in this process: what each command writes, and what each bad input gives."""

import json
import logging
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bartracker.cli.options import MOUNTS, complete_exercise
from bartracker.cli.program import app, run
from bartracker.results import EXERCISES

RECORDINGS = Path(__file__).parents[1] / "recordings"
DEMO = RECORDINGS / "demo_squat.btr"
CSV_HEADER = "t_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"
RATE_HZ = 100.0


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test writes, logs and stands in a folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command line that must be refused with `code`; returns its only line on stderr."""

    def go(code: int, *args: object) -> str:
        assert run([str(arg) for arg in args]) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        lines = captured.err.splitlines()
        assert len(lines) == 1, captured.err
        assert lines[0].startswith("bartracker: ")
        assert "Traceback" not in lines[0]
        return lines[0]

    return go


def still_samples(count: int = 400) -> dict[str, np.ndarray]:
    """A sensor lying on a table."""
    random = np.random.default_rng(7)
    acc = np.array([0.0, 0.0, 9.80665]) + random.normal(0.0, 0.02, (count, 3))
    return {"t": np.arange(count) / RATE_HZ, "acc": acc, "gyr": random.normal(0.0, 0.002, (count, 3))}


def save_npz(path: Path, **changes: np.ndarray) -> Path:
    np.savez(path, allow_pickle=False, **(still_samples() | changes))
    return path


def save_csv(path: Path, header: str = CSV_HEADER, acc_factor: float = 1.0) -> Path:
    samples = still_samples()
    rows = np.column_stack((samples["t"], samples["acc"] * acc_factor, samples["gyr"]))
    np.savetxt(path, rows, fmt="%.6f", delimiter=",", header=header, comments="")
    return path


@pytest.fixture(scope="module")
def demo_json(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `bartracker analyze` writes for the demo, into a folder that was not there before."""
    out = tmp_path_factory.mktemp("demo") / "new" / "results"
    assert run(["analyze", str(DEMO), "--output", str(out)]) == 0
    return (out / "demo_squat.json").read_text()


def test_analyze_writes_what_the_library_says(demo_json: str) -> None:
    from bartracker.api import analyze
    from bartracker.exchange import analysis_to_json, read

    assert demo_json == analysis_to_json(analyze(read(DEMO)))
    analysis = json.loads(demo_json)
    assert analysis["schema"] == "bartracker.analysis/1"
    assert [rep["kind"] for rep in analysis["sets"][0]["reps"]].count("full") >= 4


def test_analyze_writes_here_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = save_npz(tmp_path / "still.npz")
    assert run(["analyze", str(source)]) == 0
    assert Path("still.json").is_file()
    assert capsys.readouterr().out == f"{source}: no reps found -> still.json\n"


def test_json_dash_prints_nothing_but_the_analysis_of_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--exercise", "squat", "--load", "100", "--tempo", "9-0-X-0", "--drift-limit", "0.5"]
    assert run(["analyze", str(DEMO), "--json", "-", *asked]) == 0
    found = json.loads(capsys.readouterr().out)["sets"][0]
    assert (found["exercise"], found["exercise_confidence"], found["load_kg"]) == ("squat", 1, 100)
    flags = {flag["code"]: flag["threshold"] for rep in found["reps"] for flag in rep["flags"]}
    assert flags["eccentric_fast"] == pytest.approx(8.5)
    assert flags["horizontal_drift"] == pytest.approx(0.005)
    assert not list(Path.cwd().iterdir())


def test_as_live_gives_the_announced_reps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", str(DEMO), "--as-live", "--json", "-"]) == 0
    analysis = json.loads(capsys.readouterr().out)
    assert all(rep["announced_s"] is not None for one in analysis["sets"] for rep in one["reps"])


def test_live_headless_gives_what_analyze_gives(demo_json: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["live", DEMO.as_uri(), "--headless", "--json", "-"]) == 0
    assert capsys.readouterr().out == demo_json


def test_terminal_replay_ends_by_itself_with_a_summary(demo_json: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", str(DEMO), "--view", "terminal", "--speed", "0", "--json", "shown.json"]) == 0
    assert "velocity loss" in capsys.readouterr().out
    assert Path("shown.json").read_text() == demo_json


def test_without_a_display_the_terminal_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bartracker.ui.window.display_available", lambda: "no display here")
    assert run(["replay", str(save_npz(tmp_path / "still.npz")), "--speed", "0"]) == 0
    assert "no display here" in capsys.readouterr().err


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = save_npz(tmp_path / "good.npz"), tmp_path / "bad.npz"
    bad.write_bytes(b"PK nonsense")
    assert run(["analyze", str(bad), str(good), str(tmp_path / "missing.npz")]) == 1
    assert Path("good.json").is_file()
    assert [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()] == [
        str(bad),
        str(tmp_path / "missing.npz"),
    ]


def test_import_keeps_every_sample_and_what_it_was_told(tmp_path: Path) -> None:
    source = save_npz(tmp_path / "set.npz")
    args = ["--exercise", "bench", "--load", "62.5", "--athlete", "Kim", "--mount", MOUNTS[0], "--notes", "belt"]
    assert run(["import", str(source), "--output", "kept", *args]) == 0
    assert run(["export", "kept/set.btr", "--samples", "back.npz"]) == 0
    before, after = np.load(source), np.load("back.npz")
    for name in ("t", "acc", "gyr"):
        np.testing.assert_array_equal(after[name], before[name])
    from bartracker.exchange import read

    metadata = read("kept/set.btr").metadata
    assert (metadata.exercise, metadata.load_kg, metadata.athlete) == ("bench", 62.5, "Kim")
    assert (metadata.mount, metadata.notes, metadata.source) == (MOUNTS[0], "belt", "set.npz")


def test_pounds_are_taken_too(tmp_path: Path) -> None:
    from bartracker.exchange import read

    source = save_npz(tmp_path / "set.npz")
    assert run(["import", str(source), "--load", "225lb"]) == 0
    assert read("set.btr").metadata.load_kg == pytest.approx(102.058, abs=1e-3)


def test_import_never_overwrites(tmp_path: Path, refused: Callable[..., str]) -> None:
    source = save_npz(tmp_path / "set.npz")
    Path("set.btr").write_bytes(b"mine")
    assert "set.btr" in refused(1, "import", source)
    assert Path("set.btr").read_bytes() == b"mine"


def test_export_writes_all_it_is_asked_for() -> None:
    wanted = ["--reps", "reps.csv", "--analysis", "set.json", "--samples", "set.csv"]
    assert run(["export", str(DEMO), *wanted, "--exercise", "squat"]) == 0
    reps = json.loads(Path("set.json").read_text())["sets"][0]["reps"]
    assert len(Path("reps.csv").read_text().splitlines()) == 1 + len(reps)
    assert Path("set.csv").read_text().startswith(CSV_HEADER)


def test_export_refuses_to_write_over_the_recording(tmp_path: Path, refused: Callable[..., str]) -> None:
    source = save_npz(tmp_path / "set.npz")
    before = source.read_bytes()
    assert "the recording itself" in refused(2, "export", source, "--samples", source)
    assert source.read_bytes() == before


def _truncated(folder: Path) -> Path:
    path = folder / "cut.npz"
    path.write_bytes(save_npz(folder / "whole.npz").read_bytes()[:900])
    return path


def _other_kind(folder: Path) -> Path:
    path = folder / "picture.btr"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return path


def _newer_version(folder: Path) -> Path:
    """The demo as a later bartracker would write it: docs/recording.md has the header."""
    from bartracker.recording.format import MAGIC

    data = DEMO.read_bytes()
    header = MAGIC + bytes([9, 0]) + data[len(MAGIC) + 2 : 12]
    path = folder / "newer.btr"
    path.write_bytes(header + zlib.crc32(header).to_bytes(4, "little") + data[16:])
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.btr"
    path.touch()
    return path


def _with_nan(folder: Path) -> Path:
    acc = still_samples()["acc"]
    acc[17, 1] = np.nan
    return save_npz(folder / "nan.npz", acc=acc)


def _backwards(folder: Path) -> Path:
    t = still_samples()["t"]
    t[50] = t[40]
    return save_npz(folder / "back.npz", t=t)


def _in_degrees(folder: Path) -> Path:
    gyr = np.tile(np.array([0.0, 180.0, 0.0]), (400, 1)) * np.sin(np.arange(400) / 10.0)[:, None]
    return save_npz(folder / "deg.npz", gyr=gyr)


BAD_RECORDINGS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "no.btr", "no such file"),
    "empty": (_empty, "empty"),
    "truncated": (_truncated, "npz"),
    "other kind": (_other_kind, ""),
    "newer version": (_newer_version, "version"),
    "folder": (lambda folder: folder, "folder"),
    "wrong columns": (lambda folder: save_csv(folder / "c.csv", "time,ax,ay,az,gx,gy,gz"), "column"),
    "columns in g": (lambda folder: save_csv(folder / "g.csv", CSV_HEADER.replace("mps2", "g")), "acc_x_g"),
    "values in g": (lambda folder: save_csv(folder / "v.csv", acc_factor=1 / 9.80665), "g"),
    "values in deg/s": (_in_degrees, "deg/s"),
    "nan": (_with_nan, ""),
    "backwards": (_backwards, ""),
}


@pytest.mark.parametrize("kind", BAD_RECORDINGS)
@pytest.mark.parametrize("command", ["analyze", "replay", "export"])
def test_a_bad_recording_is_one_line(
    kind: str, command: str, tmp_path: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    make, words = BAD_RECORDINGS[kind]
    path = make(tmp_path)
    more = {"analyze": [], "replay": ["--headless"], "export": ["--reps", "reps.csv"]}[command]
    line = refused(1, command, path, *more)
    assert str(path) in line
    assert words in line
    assert ";" in line  # what to do
    assert not list(Path.cwd().iterdir())


def test_a_damaged_recording_opens_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(DEMO.read_bytes())
    data[len(data) // 2] ^= 0xFF
    Path("hurt.btr").write_bytes(data[:-100])
    assert run(["analyze", "hurt.btr"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("hurt.btr: ")
    assert Path("hurt.json").is_file()


WRONG_USE: dict[str, tuple[list[str], str]] = {
    "no file": (["analyze"], "FILE"),
    "unknown command": (["analyse", "x"], "analyze"),
    "unknown option": (["analyze", "x.btr", "--exercize", "squat"], "--exercize"),
    "unknown exercise": (["analyze", "x.btr", "--exercise", "squad"], "squat"),
    "unknown scheme": (["live", "usb://x", "--headless"], "file"),
    "virtual exercise": (["live", "sim://curl", "--headless"], "squat"),
    "virtual parameter": (["live", "sim://squat?rops=3", "--headless"], "reps"),
    "recording a recording": (["record", "new.btr", "x.btr"], "sim://"),
    "unknown parameter": (["live", "file://x.btr?sped=4", "--headless"], "sped"),
    "same stems": (["analyze", "a/x.npz", "b/x.csv"], "x.json"),
    "json of two": (["analyze", "a.btr", "b.btr", "--json", "-"], "--output"),
    "load": (["analyze", "x.btr", "--load", "-5"], "-5"),
    "load nan": (["analyze", "x.btr", "--load", "nan"], "nan"),
    "load text": (["analyze", "x.btr", "--load", "heavy"], "heavy"),
    "load too much": (["analyze", "x.btr", "--load", "3000lb"], "3000lb"),
    "load nothing": (["analyze", "x.btr", "--load", "0"], "above 0"),
    "load beyond": (["analyze", "x.btr", "--load", "1000.5"], "1000 kg"),
    "sensor beside the bar": (["analyze", "x.btr", "--sensor-from-middle-cm", "150"], "centimetres"),
    "sensor nowhere": (["live", "--headless", "--sensor-from-middle-cm", "left"], "centimetres"),
    "speed text": (["replay", "x.btr", "--speed", "fast"], "fast"),
    "speed": (["replay", "x.btr", "--speed", "100"], "100"),
    "view": (["replay", "x.btr", "--view", "film"], "terminal"),
    "headless view": (["replay", "x.btr", "--headless", "--view", "window"], "--headless"),
    "mount": (["import", "x.csv", "--mount", "belt"], "sleeve"),
    "import btr": (["import", "x.btr"], "already"),
    "export to stdout": (["export", "x.btr", "--reps", "-"], "--json -"),
    "one output twice": (["export", "x.btr", "--reps", "x.csv", "--samples", "x.csv"], "x.csv"),
    "tempo": (["replay", "x.btr", "--tempo", "3-1"], "3-1-X-0"),
    "tolerance alone": (["replay", "x.btr", "--tempo-tolerance", "1"], "--tempo"),
    "drift": (["analyze", "x.btr", "--drift-limit", "-1"], "drift"),
    "nothing to export": (["export", "x.btr"], "--reps"),
    "samples of what kind": (["export", "x.btr", "--samples", "x.xls"], ".npz"),
    "bundle": (["check", "--bundle", "report.tar"], ".zip"),
}


@pytest.mark.parametrize("kind", WRONG_USE)
def test_wrong_use_is_one_line_and_code_two(kind: str, refused: Callable[..., str]) -> None:
    args, words = WRONG_USE[kind]
    assert words in refused(2, *args)
    assert not list(Path.cwd().iterdir())


def test_an_output_folder_that_is_a_file(refused: Callable[..., str]) -> None:
    Path("taken").touch()
    assert "is a file" in refused(2, "analyze", DEMO, "--output", "taken")


def test_an_output_folder_that_is_missing_for_json(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "nowhere" in refused(1, "analyze", save_npz(tmp_path / "x.npz"), "--json", "nowhere/x.json")


def test_a_fault_of_our_own_is_one_line_and_a_log(
    tmp_path: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> object:
        raise RuntimeError("boom\nand more")

    monkeypatch.setattr("bartracker.exchange.read", broken)
    line = refused(1, "analyze", DEMO)
    assert "RuntimeError: boom\\nand more" in line
    log = next((tmp_path / "state").rglob("bartracker.log"))
    assert str(log) in line
    assert "Traceback" in log.read_text()


def test_warnings_go_to_the_log_and_handlers_are_put_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bartracker.cli import log

    before = list(logging.getLogger().handlers)
    with log.to_file():
        logging.getLogger("some.library").warning("a remark nobody asked for")
    assert logging.getLogger().handlers == before
    assert capsys.readouterr().err == ""
    assert "nobody asked" in next((tmp_path / "state").rglob("bartracker.log")).read_text()


def test_check_says_how_to_mend_and_bundles_without_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home" / "kim.garage"
    log = home / "state" / "bartracker" / "log"
    log.mkdir(parents=True)
    (log / "bartracker.log").write_text(f"kim.garage read {home}/sets/monday.btr\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "kim.garage")
    monkeypatch.setenv("LOGNAME", "kim.garage")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setattr("bartracker.ui.qt_libraries.missing_packages", lambda: ["libegl1"])
    assert run(["check", "--bundle", "report.zip"]) == 0
    said = capsys.readouterr().out
    assert "sudo apt-get install -y libegl1" in said
    for what in ("python", "libraries", "window", "bluetooth", "serial", "locale", "log"):
        assert f" {what} " in said
    with zipfile.ZipFile("report.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"check.txt", "versions.txt", "logs/bartracker.log"}
    assert texts["logs/bartracker.log"].strip() == "<user> read ~/sets/monday.btr"
    assert not any("kim" in text for text in texts.values())
    assert "numpy " in texts["versions.txt"]


@pytest.mark.parametrize("command", ["live", "replay", "analyze", "import", "export", "check"])
def test_each_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Examples:" in said
    assert f"bartracker {command} " in said


def test_help_names_every_exercise(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in EXERCISES)
    assert complete_exercise("s") == ["squat", "snatch"]


def test_no_command_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().out
    assert app.info.name == "bartracker"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bartracker ")


def test_names_that_no_terminal_can_show_stay_one_line(refused: Callable[..., str]) -> None:
    name = "two\nlines\x1b[2J.btr"
    shutil.copy(DEMO, name)
    Path(name).write_bytes(b"")
    assert "two\\nlines\\x1b[2J.btr" in refused(1, "analyze", name)
