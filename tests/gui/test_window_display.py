"""Whether a window can be shown, and what is said where it cannot."""

import importlib
import sys
from pathlib import Path

import pytest

from bartracker.errors import BartrackerError
from bartracker.ui import window

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are asked for only on Linux")


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@linux_only
def test_without_a_display_the_reason_is_said(no_display):
    assert window.display_available() == "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"


@linux_only
def test_a_display_that_does_not_answer_is_no_crash(require_qt, no_display, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    reason = window.display_available()
    assert reason is not None
    assert reason.startswith("Qt cannot open a window on this display; ")
    assert "\n" not in reason


def test_a_platform_that_shows_nothing_is_no_display(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert window.display_available() == "QT_QPA_PLATFORM=offscreen shows nothing"


@pytest.mark.parametrize("missing", ["PySide6", "pyqtgraph"])
def test_a_missing_package_is_named_with_how_to_install_it(monkeypatch, missing):
    def importing(name: str, package: str | None = None):
        if name.split(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(importlib, "import_module", importing)
    with pytest.raises(BartrackerError) as raised:
        window.import_qt()
    assert missing in raised.value.problem
    assert 'pip install "bartracker[window]"' in raised.value.remedy


def test_a_missing_library_is_named_with_the_line_that_installs_it(monkeypatch):
    def importing(name: str, package: str | None = None):
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(importlib, "import_module", importing)
    monkeypatch.setattr(window, "missing_packages", lambda: ["libegl1"])
    with pytest.raises(BartrackerError) as raised:
        window.import_qt()
    assert "libEGL.so.1" in raised.value.problem
    assert "libegl1" in raised.value.remedy


def test_importing_the_views_loads_no_qt():
    """`bartracker --help` must not wait for Qt, nor fail without it."""
    import subprocess

    code = "import sys, bartracker.ui.window, bartracker.ui.terminal; sys.exit('PySide6' in sys.modules)"
    folder = str(Path(window.__file__).parents[3])
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, timeout=60)
