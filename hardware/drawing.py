"""A small renderer for the guide's pictures: parallel projection, depth buffer, outlines.

It needs no display and gives the same picture everywhere.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from meshes import Array, Mesh

_OVERSAMPLING = 3
# From the left, above and behind the eye.
_LIGHT = np.array([-0.35, 0.6, 0.72])
_COLOURS = {
    "body": (255, 158, 66), "section": (255, 158, 66), "cap": (250, 200, 90),
    "sled": (120, 170, 235), "sled_placed": (120, 170, 235), "board": (70, 150, 110), "breakout": (170, 90, 160),
    "cell": (205, 205, 212), "switch": (90, 90, 96), "device": (238, 238, 235), "screen": (40, 44, 56),
    "strap": (72, 78, 92), "bar": (176, 184, 192),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """Where the eye is.

    eye: direction from the thing to the eye, model axes. up: what is up in the picture, model axes.
    size: picture width and height, pixels. scale: pixels per mm. centre: model point in the middle of the picture.
    """

    eye: tuple[float, float, float]
    up: tuple[float, float, float]
    size: tuple[int, int]
    scale: float
    centre: tuple[float, float, float]

    @property
    def axes(self) -> Array:
        """(3, 3): rows are right, up and towards the eye, as model directions."""
        towards = np.array(self.eye) / np.linalg.norm(self.eye)
        right = np.cross(self.up, towards)
        right /= np.linalg.norm(right)
        return np.array([right, np.cross(towards, right), towards])

    def project(self, points: Array) -> Array:
        """(N, 3) model points to (N, 3): pixel x, pixel y (down), nearness."""
        seen = (points - np.array(self.centre)) @ self.axes.T * self.scale
        return np.column_stack([seen[:, 0] + self.size[0] / 2, self.size[1] / 2 - seen[:, 1], seen[:, 2]])


@dataclass(frozen=True, slots=True)
class Piece:
    """A mesh in a picture: its colour's name and how far it is moved, mm."""

    mesh: Mesh
    colour: str
    move: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Label:
    """A word with a line to a point of the model; `at` is where the word stands, pixels."""

    text: str
    point: tuple[float, float, float]
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows."""

    name: str
    view: View
    pieces: list[Piece]
    labels: list[Label]


def draw(picture: Picture) -> Image.Image:
    """The picture, with outlines and labels."""
    view = picture.view
    width, height = view.size
    fine_size = (width * _OVERSAMPLING, height * _OVERSAMPLING)
    fine = replace(view, size=fine_size, scale=view.scale * _OVERSAMPLING)
    colour, depth, normal, owner = _rasterise(picture.pieces, fine)
    colour[_outlines(depth, normal, owner, fine.scale)] *= 0.35
    image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).resize(view.size, Image.Resampling.LANCZOS)
    _write_labels(image, picture)
    return image


def _rasterise(pieces: list[Piece], view: View) -> tuple[Array, Array, Array, NDArray[np.intp]]:
    width, height = view.size
    colour = np.full((height, width, 3), 255.0)
    depth = np.full((height, width), -np.inf)
    normal = np.zeros((height, width, 3))
    owner = np.full((height, width), -1, dtype=np.intp)
    light = _LIGHT / np.linalg.norm(_LIGHT)
    for number, piece in enumerate(pieces):
        moved = piece.mesh.vertices + np.array(piece.move)
        corners = view.project(moved)[piece.mesh.faces]
        facing = piece.mesh.normals @ view.axes.T
        shade = 0.58 + 0.42 * np.clip(facing @ light, 0, 1)
        tint = np.array(_COLOURS[piece.colour], dtype=np.float64)
        for face in np.flatnonzero(facing[:, 2] > 1e-6):
            region = _covered(corners[face], width, height)
            if region is None:
                continue
            rows, columns, near = region
            nearer = near > depth[rows, columns]
            rows, columns = rows[nearer], columns[nearer]
            depth[rows, columns] = near[nearer]
            colour[rows, columns] = tint * shade[face]
            normal[rows, columns] = facing[face]
            owner[rows, columns] = number
    return colour, depth, normal, owner


def _covered(corners: Array, width: int, height: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Array] | None:
    """Rows, columns and nearness of the pixels whose middle lies in a triangle."""
    low = np.maximum(np.floor(corners[:, :2].min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners[:, :2].max(axis=0)), [width, height]).astype(int)
    if (high <= low).any():
        return None
    x: Array = np.arange(int(low[0]), int(high[0]), dtype=np.float64)[None, :] + 0.5
    y: Array = np.arange(int(low[1]), int(high[1]), dtype=np.float64)[:, None] + 0.5
    (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = corners
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(area) < 1e-9:
        return None
    first: Array = ((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) / area
    second: Array = ((x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)) / area
    third = 1 - first - second
    inside = (first >= -1e-9) & (second >= -1e-9) & (third >= -1e-9)
    rows, columns = np.nonzero(inside)
    near = (first * z0 + second * z1 + third * z2)[inside]
    return rows + low[1], columns + low[0], near


def _outlines(depth: Array, normal: Array, owner: NDArray[np.intp], scale: float) -> NDArray[np.bool_]:
    """Where the part, the slope (by more than about 20 degrees) or the depth (by more than 1 mm) changes."""
    found = np.zeros(depth.shape, dtype=np.bool_)
    finite = np.where(np.isfinite(depth), depth, -1e6)
    for axis in (0, 1):
        here = [slice(None), slice(None)]
        there = [slice(None), slice(None)]
        here[axis], there[axis] = slice(None, -1), slice(1, None)
        a, b = tuple(here), tuple(there)
        bend = np.einsum("ijk,ijk->ij", normal[a], normal[b])
        step = np.abs(finite[a] - finite[b]) > scale
        slanted = np.minimum(normal[a][..., 2], normal[b][..., 2]) < 0.25
        empty = (owner[a] < 0) & (owner[b] < 0)
        change = ~empty & ((owner[a] != owner[b]) | (bend < 0.94) | (step & ~slanted))
        found[a] |= change
        found[b] |= change
    return found


def _write_labels(image: Image.Image, picture: Picture) -> None:
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(17)
    for label in picture.labels:
        x, y, _ = picture.view.project(np.array([label.point]))[0]
        box = pen.textbbox(label.at, label.text, font=font, anchor="mm")
        start = (float(np.clip(x, box[0] - 3, box[2] + 3)), float(np.clip(y, box[1] - 3, box[3] + 3)))
        if (start[0] - x) ** 2 + (start[1] - y) ** 2 > 16:
            pen.line([start, (x, y)], fill=(30, 30, 30), width=2)
            pen.ellipse([x - 3.5, y - 3.5, x + 3.5, y + 3.5], fill=(30, 30, 30))
        pen.rectangle([box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3], fill=(255, 255, 255))
        pen.text(label.at, label.text, fill=(20, 20, 20), font=font, anchor="mm")


def save(image: Image.Image, path: Path) -> None:
    """As a small PNG."""
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
