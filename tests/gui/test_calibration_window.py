"""The calibration page driven end to end: real firmware in the VM, virtual people, keys and clicks."""

import dataclasses

import numpy as np
import pytest

from bartracker.calibration import IDENTITY
from bartracker.calibration.gravity import local_gravity
from bartracker.cli.calibrate import connected
from bartracker.cli.kept_calibration import keeper
from bartracker.errors import BartrackerError
from bartracker.exchange import calibration_folder
from bartracker.exchange.calibration_json import read_calibration
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.live_calibration import CalibrationSession
from bartracker.ui.preferences import Preferences

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")
PATIENCE_MS = 60_000
LOOK_MS = 150


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration_folder, "folder", lambda: tmp_path)
    return tmp_path


def virtual(uri: str) -> SimLink:
    """As fast as this computer can, and the same each time."""
    return SimLink(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)


def calibration(uri: str) -> CalibrationSession:
    link = virtual(uri)
    return CalibrationSession(
        link,
        lambda: connected(link),
        gravity=local_gravity(45.5),
        keep=keeper(link),
    )


@pytest.fixture
def shown(qapp, qtbot):
    """A window over a calibration, driven frame by frame."""
    from bartracker.ui.window.calibration_window import CalibrationWindow
    from bartracker.ui.window.main import dress

    dress(qapp)
    windows = []

    def show(open_session, preferences=None):
        window = CalibrationWindow(open_session, preferences)
        qtbot.addWidget(window)
        windows.append(window)
        window.stop()
        window.show()
        return window

    yield show
    for window in windows:
        window.close()


def waited(window, qtbot, *stages: str) -> set[str]:
    """Wait for one of the stages, drawing; all titles that were seen on the way."""
    titles: set[str] = set()
    for _ in range(PATIENCE_MS // LOOK_MS):
        # Before it is drawn: the sensor goes on meanwhile.
        there = window.state.stage in stages
        window.on_frame()
        window.grab()
        titles.add(window.page.page.title)
        if there:
            return titles
        qtbot.wait(LOOK_MS)
    raise AssertionError(f"still {window.state.stage} after {PATIENCE_MS} ms")


def test_a_careful_person_is_led_to_a_calibration_that_is_kept(shown, qtbot, kept):
    from PySide6.QtCore import Qt

    window = shown(lambda: calibration("sim://calibrate?user=careful&seed=3&rate_hz=52"))
    titles = waited(window, qtbot, "found", "failed")
    assert "Turn it onto a side that has not been down yet, and let go" in titles
    assert any(title.startswith("All six sides are done: now lean it") for title in titles)
    assert window.page.page.title == "Good. That is all it needs."
    assert window.page.page.level == "good"
    assert "thousandths of gravity, whichever way it points" in window.page.page.lines[0]
    assert list(kept.iterdir()) == [], "nothing is kept before somebody says so"
    qtbot.keyClick(window, Qt.Key.Key_Return)
    waited(window, qtbot, "kept", "failed")
    assert window.page.page.title == "Kept"
    (file,) = kept.iterdir()
    made = read_calibration(file)
    assert made.sensor_id == "03000000b7010000"
    assert made.acc_bias_mps2.tolist() == window.state.fit.calibration.acc_bias_mps2.tolist()
    assert str(file) in window.page.page.lines[0]
    assert "the sensor keeps it too" in window.page.page.lines[0]
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert not window.isVisible()


def test_a_sloppy_person_is_told_what_went_wrong_and_may_throw_it_away(shown, qtbot, kept):
    """By mouse alone."""
    from PySide6.QtCore import Qt

    window = shown(lambda: calibration("sim://calibrate?user=forgetful&seed=1&rate_hz=52"))
    waited(window, qtbot, "found", "failed")
    assert window.state.fit is not None
    codes = [message.code for message in window.state.said]
    assert "again" in codes
    assert window.state.progress.elapsed_s < 180
    place = window.page.place_of("Esc")
    qtbot.mouseClick(window.page, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    assert not window.isVisible()
    assert window.state.kept == ""
    assert list(kept.iterdir()) == []


def test_a_check_says_what_it_found(shown, qtbot, kept):
    def check() -> CalibrationSession:
        link = virtual("sim://rest?seconds=30&seed=3&rate_hz=52")
        return CalibrationSession(link, lambda: connected(link), used=lambda source: IDENTITY)

    window = shown(check)
    titles = waited(window, qtbot, "found", "failed")
    assert "Lay it on something firm and let go of it" in titles
    assert window.page.page.title == "It has no calibration yet"
    assert [choice.key for choice in window.page.page.choices] == ["Enter", "C"]
    assert window.state.result.verdict == "uncalibrated"


@pytest.mark.parametrize(
    ("off_mps2", "title", "level"),
    [
        (0.0, "Good: its calibration still holds", "good"),
        (0.2, "Drifted: calibrate it again", "watch"),
        (1.5, "The sensor is damaged: use another one", "off"),
    ],
)
def test_the_checks_verdicts(shown, qtbot, off_mps2, title, level):
    """The bias that the sensor is held against is off by so much along all axes."""

    def check() -> CalibrationSession:
        link = virtual("sim://rest?seconds=20&seed=3&rate_hz=52")

        def used(_):
            errors = link.chip._specimen.errors
            return dataclasses.replace(
                IDENTITY,
                name="made",
                acc_matrix=errors.acc_matrix,
                acc_bias_mps2=errors.acc_bias + off_mps2,
                made_utc="2026-11-01T10:00:00",
            )

        return CalibrationSession(link, lambda: connected(link), used=used)

    window = shown(check)
    waited(window, qtbot, "found", "failed")
    assert window.page.page.title == title, window.page.page.lines
    assert window.page.page.level == level
    assert "It was calibrated on 2026-11-01." in window.page.page.lines


def test_a_failure_stands_in_words_with_a_next_step_and_can_be_tried_again(shown, qtbot, kept):
    from PySide6.QtCore import Qt

    opened = []

    def broken() -> CalibrationSession:
        link = virtual("sim://rest?seconds=5&seed=3&rate_hz=52")
        opened.append(link)

        def nobody():
            raise BartrackerError("ble://", "no sensor was found", "switch the sensor on and bring it near")

        return CalibrationSession(link, nobody)

    window = shown(broken, Preferences(theme="light"))
    waited(window, qtbot, "failed")
    assert window.page.page.title == "That did not work"
    assert window.page.page.lines == (
        "No sensor was found.",
        "What to do: switch the sensor on and bring it near.",
    )
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert len(opened) == 2
    waited(window, qtbot, "failed")
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert window.page.page.title == "That did not work", "the page made anew shows the same"


def test_the_box_turns_the_short_way_and_ends_with_the_right_side_up():
    from bartracker.ui.window.sensor_picture import SensorPicture

    picture = SensorPicture()
    for up in ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (0.0, 0.0, 1.0), (0.6, 0.0, 0.8)):
        for _ in range(60):
            before = picture.rotation
            picture.follow(up)
            assert np.degrees(np.arccos(np.clip((np.trace(picture.rotation @ before.T) - 1) / 2, -1, 1))) < 181
        np.testing.assert_allclose(picture.rotation @ np.array(up), [0, 0, 1], atol=1e-3)
        np.testing.assert_allclose(picture.rotation @ picture.rotation.T, np.eye(3), atol=1e-9)
