"""`bartracker profile` and the targets' file on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_set import finished_set

from bartracker.cli.program import run
from bartracker.exchange import write_analysis_json
from bartracker.results import Analysis

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests" / "recordings" / "demo_squat.btr"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def save(name: str, load_kg: float | None, factor: float, exercise: str = "squat") -> str:
    """An analysis of one set at one load and speed."""
    whole = finished_set().rep_set
    reps = tuple(replace(rep, mean_velocity_mps=factor) for rep in whole.reps)
    rep_set = replace(whole, load_kg=load_kg, reps=reps, exercise=exercise)  # type: ignore[arg-type]
    write_analysis_json(Analysis(100.0, (), (rep_set,)), name)
    return name


def test_profile_of_several_analyses(capsys: pytest.CaptureFixture[str]) -> None:
    files = [save("a.json", 60.0, 0.9), save("b.json", 80.0, 0.75), save("c.json", 100.0, 0.6)]
    assert run(["profile", *files]) == 0
    said = capsys.readouterr()
    assert "estimated 1RM 140.0 kg, 95 % between" in said.out
    assert "(mean velocity 0.3 m/s at 1RM)" in said.out
    assert said.err == ""
    Path("targets.toml").write_text("[athlete.anna.squat]\nmvt_mps = 0.45\n")
    assert run(["profile", *files, "--targets", "targets.toml", "--athlete", "anna"]) == 0
    assert "estimated 1RM 120.0 kg" in capsys.readouterr().out
    assert run(["profile", *files, "--mvt", "0.375"]) == 0
    assert "estimated 1RM 130.0 kg" in capsys.readouterr().out


def test_what_does_not_support_a_profile_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", save("a.json", 60.0, 0.9)]) == 1
    assert (
        "no 1RM estimated: 1 load with a full rep: at least two different loads are needed" in capsys.readouterr().out
    )
    assert run(["profile", "a.json", save("d.json", 100.0, 0.9)]) == 1
    assert "velocity does not fall with load" in capsys.readouterr().out
    assert run(["profile", save("row.json", 60.0, 0.9, "row"), save("row2.json", 90.0, 0.6, "row")]) == 1
    assert "--mvt" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.json"], 1, "there is no such file"),
        (["a.json", "bench.json"], 1, "name the exercise"),
        (["free.json"], 1, "no set has a load"),
        (["a.json", "--mvt", "fast"], 2, "0.05 to 1.5"),
        (["a.json", "--athlete", "anna"], 2, "--targets"),
        (["a.json", "--targets", "a.json"], 1, "no TOML"),
        (["a.json", "--exercise", "squad"], 2, "squat"),
    ],
)
def test_wrong_use_of_profile_is_one_line(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save("a.json", 60.0, 0.9)
    save("bench.json", 60.0, 0.9, "bench")
    save("free.json", None, 0.9)
    assert run(["profile", *arguments]) == code
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert words in said.err
    assert "Traceback" not in said.err


def test_targets_file_flags_and_the_command_line_wins(capsys: pytest.CaptureFixture[str]) -> None:
    Path("targets.toml").write_text("[squat]\nvelocity_mps = [2.0, 3.0]\n")

    def codes(*options: str) -> list[list[str]]:
        assert run(["analyze", str(DEMO), "--targets", "targets.toml", "--json", "-", *options]) == 0
        reps = json.loads(capsys.readouterr().out)["sets"][0]["reps"]
        return [[flag["code"] for flag in rep["flags"]] for rep in reps]

    assert all("velocity_slow" in found for found in codes())
    assert not any("velocity_slow" in found for found in codes("--velocity", "0.1-3"))
    Path("targets.toml").write_text("[squat]\nvelocity = 3\n")
    assert run(["analyze", str(DEMO), "--targets", "targets.toml"]) == 1
    assert "'velocity' in [squat] is not known" in capsys.readouterr().err
