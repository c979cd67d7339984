"""Draws the pictures of the assembly guide from the models: `python hardware/pictures.py`, into hardware/pictures."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from clips import HERE, HardwareError, Part, build_part
from drawing import Label, Picture, Piece, View, draw, save
from meshes import Mesh

FOLDER = HERE / "pictures"
Build = Callable[..., Mesh]
Point = tuple[float, float, float]

# Model axes: z along the bar, y away from it, x across.
_UP: Point = (0, 1, 0)
_CORNER: Point = (0.75, 0.62, 0.75)


def pictures(mesh: Build) -> list[Picture]:
    """Every picture of the guide. `mesh` gives a part by name, cargo, bar and breakout."""
    return [_on_bar(mesh), _exploded(mesh), _sled(mesh), _section(mesh), _print_bed(mesh), *_devices(mesh)]


def _stack(mesh: Build, cargo: str, bar_mm: float, *names: str) -> list[Piece]:
    return [Piece(mesh(name, cargo, bar_mm), name) for name in names]


def _cap(mesh: Build, cargo: str, bar_mm: float, away_mm: float = 0.0) -> Piece:
    """The cap turned as it sits on the body: printed plate down, worn plug down."""
    body = mesh("body", cargo, bar_mm)
    cap = mesh("cap", cargo, bar_mm)
    flipped = Mesh(cap.vertices * np.array([1, 1, -1]), cap.faces[:, ::-1])
    plate_mm = 2.4 if cargo == "xiao" else float(cap.bounds[1, 2])
    return Piece(flipped, "cap", (0, 0, float(body.bounds[1, 2]) + plate_mm + away_mm))


def _on_bar(mesh: Build) -> Picture:
    body = mesh("body").bounds
    end, top = float(body[1, 2]), float(body[1, 1])
    view = View(_CORNER, _UP, (900, 620), 7.2, (2, 11, end / 2))
    pieces = [*_stack(mesh, "xiao", 28, "body", "bar", "strap", "board", "switch"), _cap(mesh, "xiao", 28)]
    return Picture(
        "on_bar",
        view,
        pieces,
        [
            Label("bar", (0, 14, -22), (800, 90)),
            Label("strap through the slot", (15.4, 4, end / 2 + 4), (700, 560)),
            Label("snap arm", (16, 2, end - 20), (470, 590)),
            Label("cap with USB-C", (3, top - 7, end + 2.4), (120, 130)),
            Label("power switch", (1, top - 13, end + 4), (100, 330)),
            Label("lanyard", (16, 27, 7), (790, 250)),
            Label("arrows: clip x, clip z", (13.3, 31, end - 12), (330, 60)),
        ],
    )


def _exploded(mesh: Build) -> Picture:
    view = View((1.0, 0.62, 0.35), _UP, (1000, 520), 5.2, (0, 27, 66))
    out = 74.0
    placed = [Piece(mesh(name), name, (0, 14, out)) for name in ("sled_placed", "board", "breakout")]
    cell = Piece(mesh("cell"), "cell", (0, -12, out))
    switch = Piece(mesh("switch"), "switch", (0, -12, out + 4))
    pieces = [Piece(mesh("body"), "body"), *placed, cell, switch, _cap(mesh, "xiao", 28, 94)]
    return Picture(
        "exploded",
        view,
        pieces,
        [
            Label("body", (6, 38.3, 30), (800, 40)),
            Label("motion chip's board", (4, 46, out + 16), (600, 40)),
            Label("XIAO", (4, 47, out + 42), (330, 40)),
            Label("sled", (11, 42.5, out + 30), (470, 290)),
            Label("cell", (10, 12, out + 20), (470, 480)),
            Label("switch", (4, 12, out + 61), (250, 480)),
            Label("cap", (6, 20, 154), (90, 480)),
        ],
    )


def _sled(mesh: Build) -> Picture:
    view = View((0.3, 1.0, -0.35), (1, 0, 0), (900, 440), 13, (0, 30, 29))
    pieces = _stack(mesh, "xiao", 28, "sled_placed", "board", "breakout")
    return Picture(
        "sled",
        view,
        pieces,
        [
            Label("USB-C", (0, 36, 58), (850, 60)),
            Label("motion chip", (0, 33, 16), (130, 50)),
            Label("leads come up here", (0, 30, 32.2), (480, 50)),
            Label("a zip tie through both holes", (-6, 30, 32.2), (430, 410)),
        ],
    )


def _section(mesh: Build) -> Picture:
    section = mesh("section")
    cut = float(section.bounds[1, 2])
    view = View((0, 0, 1), _UP, (760, 600), 9.4, (2, 9.5, cut))
    # Everything is cut off at the same height, so that no part hides another.
    flat = [Piece(_cut_off(mesh(name), cut), name) for name in ("sled_placed", "breakout", "cell", "strap", "bar")]
    return Picture(
        "section",
        view,
        [Piece(section, "section"), *flat],
        [
            Label("motion chip's board", (0, 33.6, cut), (640, 50)),
            Label("sled in its grooves", (10.5, 29.3, cut), (640, 130)),
            Label("cell", (-8, 24, cut), (90, 130)),
            Label("strap in its slot", (-9, 18, cut), (90, 230)),
            Label("bar", (0, 0, cut), (352, 380)),
            Label("snap arm", (15.4, 0, cut), (660, 420)),
        ],
    )


def _cut_off(mesh: Mesh, height_mm: float) -> Mesh:
    vertices = mesh.vertices.copy()
    vertices[:, 2] = np.minimum(vertices[:, 2], height_mm)
    faces = mesh.faces[Mesh(vertices, mesh.faces).areas > 0]
    return Mesh(vertices, faces)


def _print_bed(mesh: Build) -> Picture:
    view = View((0.8, -1.0, 0.75), (0, 0, 1), (900, 560), 5.0, (34, 3, 30))
    pieces = [
        Piece(mesh("body"), "body"),
        Piece(mesh("cap"), "cap", (44, -6, 0)),
        Piece(mesh("sled"), "sled", (76, -10, 0)),
    ]
    labels = [
        Label("body, bore upright", (-15.2, 0, 24), (130, 120)),
        Label("cap", (44, 20, 2.4), (560, 200)),
        Label("sled", (80, 20, 2), (800, 270)),
    ]
    return Picture("print_bed", view, pieces, labels)


def _devices(mesh: Build) -> list[Picture]:
    made: list[Picture] = []
    for cargo, bar_mm in (("m5sticks3", 50.0), ("m5stickc_plus2", 28.5), ("atoms3r", 25.0)):
        middle = float(mesh("body", cargo, bar_mm).bounds[1, 2]) / 2
        view = View(_CORNER, _UP, (620, 520), 5.0, (0, 9, middle))
        pieces = _stack(mesh, cargo, bar_mm, "body", "bar", "strap", "device", "screen")
        made.append(Picture(cargo, view, [*pieces, _cap(mesh, cargo, bar_mm)], []))
    return made


def main() -> None:
    """Render the parts, draw every picture."""
    FOLDER.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            built: dict[Part, Mesh] = {}

            def mesh(name: str, cargo: str = "xiao", bar_mm: float = 28, breakout: str = "lsm6dsox") -> Mesh:
                part = Part(name, cargo, bar_mm, breakout)
                if part not in built:
                    built[part] = build_part(part, Path(scratch))
                return built[part]

            for picture in pictures(mesh):
                path = FOLDER / f"{picture.name}.png"
                save(draw(picture), path)
                print(f"{path.relative_to(HERE)}  {path.stat().st_size // 1024} kB")
    except HardwareError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
