"""Triangle meshes of printed parts: reading STL, and what can be checked on them without a printer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Faces = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Mesh:
    """A triangle mesh, mm.

    vertices: (V, 3), each position once.
    faces: (F, 3) indices into them, counter-clockwise seen from outside.
    """

    vertices: Array
    faces: Faces

    @property
    def triangles(self) -> Array:
        """(F, 3 corners, 3)."""
        return self.vertices[self.faces]

    @property
    def bounds(self) -> Array:
        """(2, 3): least and greatest corner."""
        return np.array([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    @property
    def normals(self) -> Array:
        """(F, 3) unit normals that point outwards; zero where a triangle has no area."""
        return _cross(self) / np.maximum(2 * self.areas[:, None], 1e-12)

    @property
    def areas(self) -> Array:
        """(F,) mm^2."""
        return np.linalg.norm(_cross(self), axis=1) / 2

    @property
    def volume_mm3(self) -> float:
        """Enclosed volume; only right for a watertight mesh."""
        return float(np.einsum("fi,fi->f", self.triangles[:, 0], _cross(self)).sum() / 6)

    @property
    def centroid(self) -> Array:
        """(3,) centre of the enclosed volume."""
        corners = self.triangles
        signed = np.einsum("fi,fi->f", corners[:, 0], _cross(self)) / 6
        return (signed[:, None] * corners.sum(axis=1) / 4).sum(axis=0) / signed.sum()


def _cross(mesh: Mesh) -> Array:
    corners = mesh.triangles
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def read_stl(path: Path) -> Mesh:
    """A mesh from an ASCII STL file as OpenSCAD writes it.

    Triangles of which two corners round to one are dropped; slivers stay, they close the surface.

    Raises:
        ValueError: the file is no ASCII STL, or holds no triangle.
    """
    lines = path.read_text("ascii", errors="replace").split("\n")
    if not lines[0].startswith("solid"):
        raise ValueError(f"{path.name}: is no ASCII STL file")
    numbers = [line.split()[1:] for line in lines if line.lstrip().startswith("vertex")]
    if not numbers or len(numbers) % 3:
        raise ValueError(f"{path.name}: holds no whole triangles")
    vertices, index = np.unique(np.array(numbers, dtype=np.float64), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    distinct = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return Mesh(vertices, faces[distinct])


def open_edges(mesh: Mesh) -> int:
    """Directed edges without exactly one partner of the other direction: none in a watertight, oriented mesh."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    count = len(mesh.vertices)
    there = edges[:, 0] * count + edges[:, 1]
    back = edges[:, 1] * count + edges[:, 0]
    keys, times = np.unique(there, return_counts=True)
    return int((times != 1).sum() + (~np.isin(back, keys)).sum())


def components(mesh: Mesh) -> int:
    """Separate pieces: one for a part that prints as one."""
    label = np.arange(len(mesh.vertices))
    while True:
        low = label[mesh.faces].min(axis=1)
        before = label.copy()
        for corner in range(3):
            np.minimum.at(label, mesh.faces[:, corner], low)
        label = label[label]
        if np.array_equal(label, before):
            return len(np.unique(label[mesh.faces]))


def overhangs(mesh: Mesh, steepest_deg: float = 45.0, bed_mm: float = 0.01) -> Faces:
    """Faces that lean out over nothing by more than `steepest_deg` from upright, print axis z, bed at z = 0.

    What rests on the bed does not count. The rounding of coordinates in the file is allowed half a degree.
    """
    leans = -mesh.normals[:, 2] > np.sin(np.radians(steepest_deg + 0.5))
    on_bed = mesh.triangles[:, :, 2].max(axis=1) < bed_mm
    return np.flatnonzero(leans & ~on_bed)


def bridge_mm(mesh: Mesh, faces: Faces) -> float:
    """Longest way, mm, that a printer must span over nothing: the longer side of each patch that these faces form."""
    longest = 0.0
    for patch in _patches(mesh, faces):
        corners = mesh.vertices[np.unique(mesh.faces[patch])]
        longest = max(longest, float(np.ptp(corners[:, :2], axis=0).max()))
    return longest


def _patches(mesh: Mesh, faces: Faces) -> list[Faces]:
    left = set(faces.tolist())
    owners: dict[int, list[int]] = {}
    for face in left:
        for vertex in mesh.faces[face].tolist():
            owners.setdefault(vertex, []).append(face)
    patches: list[Faces] = []
    while left:
        reached = [left.pop()]
        for face in reached:
            for vertex in mesh.faces[face].tolist():
                near = [other for other in owners[vertex] if other in left]
                left.difference_update(near)
                reached.extend(near)
        patches.append(np.array(reached, dtype=np.intp))
    return patches


def crossings(mesh: Mesh, origin: Array, direction: Array) -> Array:
    """Distances, mm, ascending, at which a ray meets the surface; an edge that two faces share counts once.

    direction: (3,) of unit length.
    """
    corners = mesh.triangles
    edge_1 = corners[:, 1] - corners[:, 0]
    edge_2 = corners[:, 2] - corners[:, 0]
    p = np.cross(direction, edge_2)
    determinant = np.einsum("fi,fi->f", edge_1, p)
    facing = np.abs(determinant) > 1e-12
    inverse = 1 / np.where(facing, determinant, 1.0)
    offset = origin - corners[:, 0]
    u = np.einsum("fi,fi->f", offset, p) * inverse
    q = np.cross(offset, edge_1)
    v = q @ direction * inverse
    distance = np.einsum("fi,fi->f", edge_2, q) * inverse
    hit = facing & (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 1e-9)
    met = np.sort(distance[hit])
    return met[np.diff(met, prepend=-np.inf) > 1e-6]


def thinnest_mm(mesh: Mesh, samples: int = 400, seed: int = 1, percentile: float = 1.0) -> float:
    """Wall thickness: a low percentile of the way from a surface point straight in to the other side.

    Points are drawn by area. Edges of chamfers and engraved lines are thin without being walls: hence no minimum.
    """
    draw = np.random.default_rng(seed)
    chosen = draw.choice(len(mesh.faces), samples, p=mesh.areas / mesh.areas.sum())
    weights = draw.dirichlet([1, 1, 1], samples)
    points = np.einsum("sc,sci->si", weights, mesh.triangles[chosen])
    inwards = -mesh.normals[chosen]
    ways: list[float] = []
    for point, inward in zip(points, inwards, strict=True):
        met = crossings(mesh, point + 1e-6 * inward, inward)
        if len(met):
            ways.append(float(met[0]))
    return float(np.percentile(ways, percentile))
