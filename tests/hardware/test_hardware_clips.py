"""The printed parts as meshes: they can be printed without supports, fit bar, cargo and each other, and stay on."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import clips
from budget import snap
from clips import BARS_MM, BREAKOUTS_MM, CARGOES, Part
from meshes import Mesh, bridge_mm, components, crossings, open_edges, overhangs, thinnest_mm

Build = Callable[[Part], Mesh]
Sizes = Callable[[Part], dict[str, float]]

# Every bar and every cargo; the sleeve with the longest arms twice. `make hardware` builds all combinations.
_PAIRS = (
    ("atoms3r", 25.0),
    ("xiao", 28.0),
    ("m5sticks3", 28.5),
    ("m5stickc_plus2", 29.0),
    ("xiao", 50.0),
    ("m5sticks3", 50.0),
)
_BODIES = [Part("body", cargo, bar) for cargo, bar in _PAIRS]
_CAPS = [Part("cap", cargo, bar) for cargo, bar in _PAIRS]
_SLEDS = [Part("sled", "xiao", 28.0, breakout) for breakout in BREAKOUTS_MM]
# Across, away from the bar, along it: the makers' figures (hardware/README.md names the pages).
_DEVICES_MM = {"m5sticks3": (24.0, 15.0, 48.0), "m5stickc_plus2": (24.0, 13.5, 48.0), "atoms3r": (24.0, 24.0, 36.85)}
_CELL_MM = (20.0, 5.6, 36.0)
_RIGHT, _UP, _ALONG = np.eye(3)

bodies = pytest.mark.parametrize("body", _BODIES, ids=lambda part: part.file_name)


def _cap_of(body: Part) -> Part:
    return Part("cap", body.cargo, body.bar_mm)


def test_the_pairs_cover_every_bar_and_every_cargo():
    assert {bar for _, bar in _PAIRS} == set(BARS_MM)
    assert {cargo for cargo, _ in _PAIRS} == set(CARGOES)


@pytest.mark.parametrize("part", _BODIES + _CAPS + _SLEDS, ids=lambda part: part.file_name)
def test_a_part_is_one_watertight_piece_that_prints_without_supports(part: Part, printed: Build):
    mesh = printed(part)

    assert (open_edges(mesh), components(mesh)) == (0, 1)
    assert mesh.bounds[0, 2] == pytest.approx(0, abs=1e-4)
    assert bridge_mm(mesh, overhangs(mesh)) <= 8.0


@pytest.mark.parametrize("part", _BODIES + _CAPS, ids=lambda part: part.file_name)
def test_no_wall_is_thinner_than_four_lines_of_a_nozzle(part: Part, printed: Build):
    assert thinnest_mm(printed(part), samples=1000) > 1.5


@bodies
def test_the_body_is_as_large_as_bar_and_cargo_ask(body: Part, printed: Build, sizes: Sizes):
    said = sizes(body)
    low, high = printed(body).bounds
    widest = max(said["ring_r"], said["half"])

    assert high[2] == pytest.approx(said["body_l"], abs=1e-3)
    assert high[1] == pytest.approx(said["top_y"], abs=1e-3)
    assert low[0] == pytest.approx(-widest, abs=0.05)
    assert high[0] < widest + 9
    assert low[1] > -said["ring_r"]
    assert high[1] - body.bar_mm / 2 < 36
    assert high[2] < 66


@bodies
def test_the_bore_is_the_bar_and_its_clearance(body: Part, printed: Build, sizes: Sizes):
    mesh, said = printed(body), sizes(body)
    radii = []
    for angle_deg in (10, 37, 90, 143, 170):
        direction = np.cos(np.radians(angle_deg)) * _RIGHT + np.sin(np.radians(angle_deg)) * _UP
        radii += [crossings(mesh, np.array([0, 0, z]), direction)[0] for z in (1.0, said["arm_l"] - 1)]

    # The circle is a polygon of 72 sides: its flats lie up to 0.1 % inside.
    assert 2 * max(radii) == pytest.approx(body.bar_mm + 0.4, abs=0.01)
    assert 2 * min(radii) > (body.bar_mm + 0.4) * 0.998


@bodies
def test_the_arms_hold_more_than_half_of_the_bar_and_open_without_breaking(body: Part, printed: Build, sizes: Sizes):
    mesh, said = printed(body), sizes(body)
    tips = mesh.vertices[mesh.vertices[:, 1] < -2]
    mouth = 2 * np.abs(tips[:, 0]).min()
    bent = snap(said, body.bar_mm)
    arm = crossings(mesh, np.array([0, 0, 5.0]), -_RIGHT)

    assert 0.85 * body.bar_mm < mouth < 0.95 * body.bar_mm
    assert arm[1] - arm[0] > 1.9
    assert bent.strain < 0.02
    assert 15 < bent.force_n < 60


@bodies
def test_a_strap_goes_through_and_a_cord_too(body: Part, printed: Build, sizes: Sizes):
    mesh, said = printed(body), sizes(body)
    middle = said["strap_y"] + said["strap_h"] / 2

    for z in (-10, 0, 10):
        start = np.array([-99, middle, said["strap_z"] + z])
        assert len(crossings(mesh, start, _RIGHT)) == 0
    inside = np.array([0, middle, said["strap_z"]])
    room = crossings(mesh, inside, _UP)[0] + crossings(mesh, inside, -_UP)[0]
    along = crossings(mesh, inside, _ALONG)[0] + crossings(mesh, inside, -_ALONG)[0]
    assert room >= 2.5
    assert along >= 20.5
    # The strap presses on the arms, not beside them.
    assert said["strap_z"] + 10 < said["arm_l"]
    eye = np.array([said["half"] + said["lanyard"] / 2 + 0.6, said["floor_y"] + 3, -5])
    assert len(crossings(mesh, eye, _ALONG)) == 0
    assert crossings(mesh, eye + 6 * _ALONG, _RIGHT)[0] == pytest.approx(said["lanyard"] / 2, abs=0.05)


@pytest.mark.parametrize("body", [body for body in _BODIES if body.cargo != "xiao"], ids=lambda part: part.file_name)
def test_a_device_fits_its_pocket(body: Part, printed: Build, sizes: Sizes):
    mesh, said = printed(body), sizes(body)
    across, tall, long = _DEVICES_MM[body.cargo]
    # Off the middle and near the closed end: clear of the windows.
    inside = np.array([5, said["floor_y"] + 3, said["floor_t"] + 2])
    width = crossings(mesh, inside, _RIGHT)[0] + crossings(mesh, inside, -_RIGHT)[0]
    height = crossings(mesh, inside, _UP)[0] + crossings(mesh, inside, -_UP)[0]
    depth = said["body_l"] - said["floor_t"]

    assert across + 0.2 <= width <= across + 0.8
    assert tall + 0.2 <= height <= tall + 0.8
    assert long + 0.2 <= depth <= long + 0.8


def test_cell_and_sled_fit_into_the_body(printed: Build, sizes: Sizes):
    body = Part("body", "xiao", 28.0)
    mesh, said = printed(body), sizes(body)
    sled = printed(_SLEDS[0])
    across, tall, _ = _CELL_MM
    inside = np.array([5, said["floor_y"] + 1, 20])
    width = crossings(mesh, inside, _RIGHT)[0] + crossings(mesh, inside, -_RIGHT)[0]
    sled_y = said["floor_y"] + tall + 0.6 + 1
    groove = crossings(mesh, np.array([0, sled_y, 20]), _RIGHT)[0]
    low, high = sled.bounds

    assert across + 0.4 <= width <= across + 1.2
    assert 0.1 <= groove - high[0] <= 0.5
    # The grooves are wider than what is below and above them: the sled cannot leave sideways.
    assert groove > width / 2 + 0.6
    assert said["body_l"] - said["floor_t"] - (high[1] - low[1]) == pytest.approx(said["plug"] + 0.4, abs=0.01)


@pytest.mark.parametrize("sled", _SLEDS, ids=lambda part: part.file_name)
def test_the_motion_chips_board_fits_its_frame(sled: Part, printed: Build):
    mesh = printed(sled)
    long, across = BREAKOUTS_MM[sled.breakout]
    middle = np.array([0, 14.0, 2.4])
    width = crossings(mesh, middle, _RIGHT)[0] + crossings(mesh, middle, -_RIGHT)[0]
    length = crossings(mesh, middle, _UP)[0] + crossings(mesh, middle, -_UP)[0]

    assert width == pytest.approx(across + 0.3, abs=0.01)
    assert length == pytest.approx(long + 0.3, abs=0.01)


@bodies
def test_the_caps_screws_meet_their_holes(body: Part, printed: Build, sizes: Sizes):
    mesh, cap, said = printed(body), printed(_cap_of(body)), sizes(body)
    for side in (-1, 1):
        above = np.array([side * said["screw_x"], said["screw_y"], 200.0])
        assert len(crossings(cap, above, -_ALONG)) == 0
        assert crossings(mesh, above, -_ALONG)[0] == pytest.approx(200 - said["body_l"] + 10, abs=1e-3)
        beside = above - [0, 0, 200 - said["body_l"] + 5]
        assert crossings(mesh, beside, _RIGHT)[0] < 1.06


@pytest.mark.parametrize("cap", [cap for cap in _CAPS if cap.cargo == "xiao"], ids=lambda part: part.file_name)
def test_a_usb_plug_goes_through_the_cap(cap: Part, printed: Build, sizes: Sizes):
    mesh, said = printed(cap), sizes(cap)
    # 12.35 x 6.5 mm: the largest overmould that the USB-C specification allows; its corners are round.
    for x, y in ((6.1, 0), (0, 3.2), (5, 2.6)):
        for sides in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
            start = np.array([sides[0] * x, said["usb_y"] + sides[1] * y, -5])
            assert len(crossings(mesh, start, _ALONG)) == 0


def test_one_command_builds_stl_and_svg(
    require_hardware_tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["clips.py", "--cargo", "atoms3r", "--bar", "28", "--out", str(tmp_path)])

    clips.main()

    said = capsys.readouterr().out
    assert said.count("watertight") == 2
    assert "NOT" not in said
    assert {path.name for path in (tmp_path / "stl").iterdir()} == {"body-atoms3r-28.stl", "cap-atoms3r-28.stl"}
    assert {path.suffix for path in (tmp_path / "wiring").iterdir()} == {".svg"}


def test_a_missing_tool_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["clips.py", "--cargo", "atoms3r", "--bar", "28", "--out", str(tmp_path)])

    with pytest.raises(SystemExit) as ended:
        clips.main()

    assert str(ended.value) == "openscad is not installed; on Debian: apt-get install openscad graphviz"


def test_a_cargo_that_the_model_does_not_know_is_refused(require_hardware_tools: None, tmp_path: Path):
    with pytest.raises(clips.HardwareError, match="no such cargo"):
        clips.build_part(Part("body", "toaster", 28), tmp_path)
