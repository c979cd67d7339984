"""Builds every printed part of clip.scad as STL and every harness of wiring/ as SVG; says what the meshes are.

    python hardware/clips.py                    all of them, into build/hardware
    python hardware/clips.py --bar 28 --cargo xiao

Needs OpenSCAD and Graphviz (Debian: apt-get install openscad graphviz) and the package wireviz.
"""

import argparse
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from meshes import Mesh, bridge_mm, components, open_edges, overhangs, read_stl

HERE = Path(__file__).resolve().parent
MODEL = HERE / "clip.scad"
OUT = HERE.parent / "build" / "hardware"

BARS_MM = (25.0, 28.0, 28.5, 29.0, 50.0)
CARGOES = ("xiao", "m5sticks3", "m5stickc_plus2", "atoms3r")
# The outline along and across the bar, mm, of the boards that carry the motion chip (bom.csv names them).
BREAKOUTS_MM = {"lsm6dsox": (25.4, 17.78), "bmi270": (19.05, 7.62)}
PETG_G_PER_MM3 = 1.27e-3


class HardwareError(Exception):
    """A tool is missing, or refused the model: one line that says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """One mesh of clip.scad.

    name: `part` in the model; `body`, `cap` and `sled` are printed, the others are for pictures.
    bar_mm: diameter of the bar. breakout: a key of BREAKOUTS_MM, for what has to do with the sled.
    """

    name: str
    cargo: str
    bar_mm: float
    breakout: str = "lsm6dsox"

    @property
    def file_name(self) -> str:
        middle = {"sled": f"{self.cargo}-{self.breakout}"}.get(self.name, f"{self.cargo}-{self.bar_mm:g}")
        return f"{self.name}-{middle}.stl"


def printed_parts(bars_mm: tuple[float, ...] = BARS_MM, cargoes: tuple[str, ...] = CARGOES) -> list[Part]:
    """Every part to print. A sled fits any bar; a cap follows the web, so it has its bar's name."""
    parts = [Part(name, cargo, bar) for cargo in cargoes for bar in bars_mm for name in ("body", "cap")]
    if "xiao" in cargoes:
        parts += [Part("sled", "xiao", bars_mm[0], breakout) for breakout in BREAKOUTS_MM]
    return parts


def dimensions(part: Part) -> dict[str, float]:
    """What the model says of itself: the names and values of its `echo`, mm and degrees."""
    out = _run_openscad(part, HERE / "-", dry=True)
    return {name: float(value) for name, value in re.findall(r"(\w+) = (-?[\d.]+(?:e-?\d+)?)", out)}


def build_part(part: Part, folder: Path = OUT) -> Mesh:
    """Render a part to `folder` and read it back.

    Raises:
        HardwareError: OpenSCAD is missing or refuses the model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / part.file_name
    _run_openscad(part, path)
    return read_stl(path)


def _run_openscad(part: Part, path: Path, dry: bool = False) -> str:
    program = _tool("openscad")
    length, width = BREAKOUTS_MM[part.breakout]
    values = (f'part="{part.name}"', f'cargo="{part.cargo}"', f"bar={part.bar_mm:g}", f"breakout=[{length}, {width}]")
    settings = [word for value in values for word in ("-D", value)]
    target = ["-o", "-", "--export-format", "echo"] if dry else ["-o", str(path)]
    done = subprocess.run([program, *target, *settings, str(MODEL)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or "WARNING" in said or "ERROR" in said:
        problem = next((line for line in said.splitlines() if "ERROR" in line or "WARNING" in line), "failed")
        raise HardwareError(f"openscad, {part.name} of {part.cargo} for {part.bar_mm:g} mm: {problem}")
    return said


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise HardwareError(f"{name} is not installed; on Debian: apt-get install openscad graphviz")
    return path


def draw_wiring(folder: Path = OUT / "wiring") -> list[Path]:
    """The harness of every board as SVG.

    Raises:
        HardwareError: Graphviz is missing or WireViz refuses a file.
    """
    _tool("dot")
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted((HERE / "wiring").glob("*.yml"))
    command = [sys.executable, "-m", "wireviz.wv_cli", "-f", "s", "-o", str(folder), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    drawn = [folder / f"{source.stem}.svg" for source in sources]
    if done.returncode or not all(path.exists() for path in drawn):
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise HardwareError(f"wireviz: {lines[-1] if lines else 'failed'}")
    return drawn


def describe(part: Part, mesh: Mesh) -> str:
    """One line on a printed part."""
    size = " x ".join(f"{side:.1f}" for side in mesh.bounds[1] - mesh.bounds[0])
    tight = "watertight" if not open_edges(mesh) and components(mesh) == 1 else "NOT WATERTIGHT"
    bridge = bridge_mm(mesh, overhangs(mesh))
    weight_g = mesh.volume_mm3 * PETG_G_PER_MM3
    return f"{part.file_name:34} {size:>22} mm  {weight_g:5.1f} g  {tight}, bridges {bridge:.1f} mm"


def main() -> None:
    """Build, print a line on each part, end with 1 and one line if something is missing."""
    parser = argparse.ArgumentParser(description="STL of every printed part, SVG of every harness")
    parser.add_argument("--bar", type=float, action="append", help="diameter in mm; all of them by default")
    parser.add_argument("--cargo", choices=CARGOES, action="append")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    out: Path = given.out
    parts = printed_parts(tuple(given.bar or BARS_MM), tuple(given.cargo or CARGOES))
    try:
        with ThreadPoolExecutor(2) as pool:
            meshes = pool.map(partial(build_part, folder=out / "stl"), parts)
            for part, mesh in zip(parts, meshes, strict=True):
                print(describe(part, mesh))
        for path in draw_wiring(out / "wiring"):
            print(path.name)
    except HardwareError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
