"""The example script of the docs draws a committed recording without a display."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests" / "recordings" / "demo_squat.btr"


def test_the_example_script_plots_a_recording(qapp: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = runpy.run_path(str(ROOT / "docs" / "examples" / "plot_set.py"))
    picture = tmp_path / "set.png"
    assert script["main"](DEMO, picture) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000
    assert capsys.readouterr().out.count("tempo") == 5
