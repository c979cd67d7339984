"""For the tests of hardware/: its modules on the path, and whether the tools that build it are there."""

import os
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# hardware/ is a folder of scripts, not a package.
sys.path.append(str(ROOT / "hardware"))

from clips import Part, build_part, dimensions  # noqa: E402
from meshes import Mesh  # noqa: E402

_MISSING = [tool for tool in ("openscad", "dot") if shutil.which(tool) is None]


@pytest.fixture(scope="session")
def require_hardware_tools() -> None:
    """Skip without OpenSCAD and Graphviz; with BARTRACKER_FORBID_SKIPS set that is a failure."""
    if not _MISSING:
        return
    problem = f"not installed: {', '.join(_MISSING)}; on Debian: apt-get install openscad graphviz"
    if os.environ.get("BARTRACKER_FORBID_SKIPS"):
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)


@pytest.fixture(scope="session")
def printed(require_hardware_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Part], Mesh]:
    """Builds a part once for all tests."""
    folder = tmp_path_factory.mktemp("stl")
    return cache(lambda part: build_part(part, folder))


@pytest.fixture(scope="session")
def sizes(require_hardware_tools: None) -> Callable[[Part], dict[str, float]]:
    """What the model says of a part, once for all tests."""
    return cache(dimensions)
