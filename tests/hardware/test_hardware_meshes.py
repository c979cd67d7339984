"""The checks on meshes, held against bodies whose answers are known."""

from pathlib import Path

import numpy as np
import pytest

from meshes import Mesh, bridge_mm, components, crossings, open_edges, overhangs, read_stl, thinnest_mm

_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
_SIDES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def _box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    return Mesh(np.array(low) + _CORNERS * (np.array(high) - np.array(low)), _SIDES)


def _together(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts[:-1], strict=True)])
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), faces)


def _write_stl(mesh: Mesh, path: Path) -> None:
    lines = ["solid test"]
    for triangle in mesh.triangles:
        corners = [f"vertex {x:g} {y:g} {z:g}" for x, y, z in triangle]
        lines += ["facet normal 0 0 0", "outer loop", *corners, "endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid test\n"]), encoding="ascii")


def test_a_box_read_back_has_its_size_volume_and_middle(tmp_path: Path):
    _write_stl(_box((-1, 2, 0), (4, 5, 2)), tmp_path / "box.stl")

    box = read_stl(tmp_path / "box.stl")

    assert box.bounds.tolist() == [[-1, 2, 0], [4, 5, 2]]
    assert box.volume_mm3 == pytest.approx(30)
    assert box.centroid == pytest.approx([1.5, 3.5, 1])
    assert (open_edges(box), components(box)) == (0, 1)


def test_a_triangle_with_two_corners_in_one_is_dropped(tmp_path: Path):
    box = _box((0, 0, 0), (1, 1, 1))
    _write_stl(Mesh(box.vertices, np.vstack([box.faces, [0, 0, 1]])), tmp_path / "box.stl")

    assert len(read_stl(tmp_path / "box.stl").faces) == 12


@pytest.mark.parametrize("text", ["", "\x80\x00binary", "solid empty\nendsolid empty\n"])
def test_what_is_no_stl_is_refused(tmp_path: Path, text: str):
    (tmp_path / "not.stl").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"not\.stl"):
        read_stl(tmp_path / "not.stl")


def test_a_missing_or_turned_face_is_an_open_edge():
    box = _box((0, 0, 0), (1, 1, 1))
    turned = box.faces.copy()
    turned[3] = turned[3][::-1]

    assert open_edges(Mesh(box.vertices, box.faces[1:])) > 0
    assert open_edges(Mesh(box.vertices, turned)) > 0


def test_two_boxes_apart_are_two_pieces():
    assert components(_together(_box((0, 0, 0), (1, 1, 1)), _box((3, 0, 0), (4, 1, 1)))) == 2


def test_only_what_leans_out_over_nothing_is_an_overhang():
    standing = _box((0, 0, 0), (2, 2, 2))
    floating = _box((10, 0, 1), (17, 3, 2))
    both = _together(standing, floating)
    sheared = Mesh(standing.vertices + standing.vertices[:, [2, 0, 0]] * [0.95, 0, 0], standing.faces)
    leaning = Mesh(standing.vertices + standing.vertices[:, [2, 0, 0]] * [1.2, 0, 0], standing.faces)

    assert len(overhangs(standing)) == 0
    assert len(overhangs(both)) == 2
    assert bridge_mm(both, overhangs(both)) == pytest.approx(7)
    assert len(overhangs(sheared)) == 0
    assert len(overhangs(leaning)) == 2


def test_a_ray_meets_both_sides_of_a_wall():
    wall = _box((2, -5, -5), (3.5, 5, 5))

    assert crossings(wall, np.zeros(3), np.array([1.0, 0, 0])) == pytest.approx([2, 3.5])
    assert len(crossings(wall, np.zeros(3), np.array([0, 0, 1.0]))) == 0


def test_the_thickness_of_a_plate_is_found():
    assert thinnest_mm(_box((0, 0, 0), (40, 30, 1.5))) == pytest.approx(1.5)
