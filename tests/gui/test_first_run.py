"""The first run with a sensor, in the window, through real bleak and Bumble: found, named, calibrated or later, lifted.
By keys and by mouse; the surroundings are the command line's own.
"""

from dataclasses import replace

import numpy as np
import pytest
from ble_gym import QUICK, Gym
from fake_sensor import INFO
from scripted_set import SCRIPT

from bartracker.calibration.model import IDENTITY
from bartracker.cli.options import parse_asked
from bartracker.cli.watching import Watching
from bartracker.exchange import calibration_folder
from bartracker.exchange.calibration_json import write_calibration
from bartracker.known_sensors import KnownSensor, SensorBook, read_sensors, write_sensors
from bartracker.links import ble_scan, sensor_uri
from bartracker.links.ble_link import BleLink
from bartracker.live_state import LiveRep, LiveSet
from bartracker.reps.summary import summarise
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend

PATIENCE_MS = 20_000
SENSOR_ID = INFO.device_id.hex()


def resting(index: np.ndarray) -> np.ndarray:
    """(N, 6) counts of a sensor that lies still, z up."""
    noise = np.random.default_rng(7).normal(0.0, 2.0, (int(index[-1]) + 1, 6))[index]
    return np.rint(noise + np.array([0, 0, 9.80665 / INFO.acc_mps2_per_count, 0, 0, 0])).astype(np.int16)


@pytest.fixture
def gym(monkeypatch, tmp_path):
    """An air of its own; known sensors and calibrations in a folder of their own."""
    from bartracker import known_sensors

    air = VirtualAir(AirConditions()).__enter__()
    gym = Gym(air, virtual_backend(air))
    # As the link's own, but quicker to give up and to end.
    monkeypatch.setattr(
        sensor_uri, "SensorLinkSettings", lambda find_s=3.0: replace(QUICK, find_s=find_s, drain_s=0.05)
    )
    monkeypatch.setattr(ble_scan.BleBackend, "default", staticmethod(lambda: gym.backend))
    monkeypatch.setattr(known_sensors, "usual_path", lambda: tmp_path / "sensors.json")
    monkeypatch.setattr(calibration_folder, "folder", lambda: tmp_path / "calibrations")
    yield gym
    for each in reversed(gym.open):
        each.close() if isinstance(each, BleLink) else each.__exit__()
    air.close()


@pytest.fixture
def live(qapp, qtbot, gym):
    """The window as `bartracker live` opens it, driven frame by frame."""
    from bartracker.ui.window.main import MainWindow, dress

    dress(qapp)
    opened = []

    def start(uri: str = "ble://?find_s=2"):
        watching = Watching(uri, parse_asked(None, None), None, None)
        session = watching.open("")
        session.start()
        window = MainWindow(session, None, watching)
        qtbot.addWidget(window)
        opened.append((window, watching))
        window.stop()
        window.show()
        window.refresh()
        return window

    yield start
    for window, watching in opened:
        window.close()
        watching.session.close()


def shows(window, qtbot, title: str):
    """Wait for the page with this title; returns it."""

    def there() -> bool:
        window.refresh()
        window.grab()
        page = window.start.page
        return page is not None and page.title == title

    qtbot.waitUntil(there, timeout=PATIENCE_MS)
    return window.start.page


def clear(window, qtbot) -> None:
    """Wait until nothing stands over the window any more, and its work is done."""

    def there() -> bool:
        window.refresh()
        return window.start.page is None and not window.calibration.isVisible() and not window.background.busy

    qtbot.waitUntil(there, timeout=PATIENCE_MS)


def pressed(window, qtbot, *keys) -> None:
    from PySide6.QtCore import Qt

    for key in keys:
        qtbot.keyClick(window.focusWidget() or window, getattr(Qt.Key, f"Key_{key}"))
        window.refresh()


def clicked(window, qtbot, key: str) -> None:
    from PySide6.QtCore import Qt

    overlay = window.calibration if window.calibration.isVisible() else window.start
    window.grab()
    place = overlay.place_of(key)
    assert place is not None, overlay.page
    qtbot.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    window.refresh()


def test_a_new_sensor_is_named_and_calibration_is_put_off(gym, live, qtbot):
    gym.sensor("bartracker-0001", counts=resting)
    window = live()
    page = shows(window, qtbot, "What shall this sensor be called?")
    assert window.start.field.isVisible()
    qtbot.keyClicks(window.start.field, "Rack/1")
    pressed(window, qtbot, "Return")
    page = shows(window, qtbot, page.title)
    qtbot.waitUntil(lambda: window.refresh() or window.start.page.failed, timeout=PATIENCE_MS)
    assert "without / and ?" in window.start.page.text
    window.start.field.setText("Rack 1")
    pressed(window, qtbot, "Return")
    page = shows(window, qtbot, "Calibrate Rack 1 now?")
    assert [choice.key for choice in page.choices] == ["C", "Enter"]
    pressed(window, qtbot, "Return")
    clear(window, qtbot)
    known = read_sensors().of(SENSOR_ID)
    assert (known.name, known.advertised, known.calibration_offered) == ("Rack 1", "bartracker-0001", True)
    assert window.header.link.value.startswith("Rack 1 · streaming")
    assert len(window.state.motion) > 0, "the set goes on beneath"


def test_a_sensor_that_is_known_is_not_asked_for_again(gym, live, qtbot, tmp_path):
    write_sensors(SensorBook((KnownSensor(SENSOR_ID, "Rack 1", calibration_offered=True),)), tmp_path / "sensors.json")
    gym.sensor("bartracker-0001", counts=resting)
    window = live("ble://rack 1?find_s=2") if read_sensors().of(SENSOR_ID).address else live()
    qtbot.waitUntil(lambda: window.refresh() or len(window.state.motion) > 0, timeout=PATIENCE_MS)
    assert window.start.page is None
    assert window.state.label == "Rack 1"


def test_of_several_sensors_one_is_chosen_and_goes_by_its_name(gym, live, qtbot, tmp_path):
    write_sensors(SensorBook((KnownSensor("beef", "Blue", "bartracker-0002"),)), tmp_path / "sensors.json")
    gym.sensor("bartracker-0001", counts=resting)
    gym.sensor("bartracker-0002", counts=resting)
    window = live()
    page = shows(window, qtbot, "That did not work")
    assert "2 sensors were found" in page.text
    clicked(window, qtbot, "N")
    page = shows(window, qtbot, "Which sensor is on your bar?")
    names = [choice.words for choice in page.choices if choice.key in "12"]
    assert sorted(name.split(" ")[0] for name in names) == ["Blue", "bartracker-0001"]
    clicked(window, qtbot, next(choice.key for choice in page.choices if choice.words.startswith("Blue")))
    shows(window, qtbot, "What shall this sensor be called?")
    clicked(window, qtbot, "Esc")
    shows(window, qtbot, "Calibrate bartracker-0002 now?")
    clicked(window, qtbot, "Enter")
    clear(window, qtbot)
    assert window.state.label == "bartracker-0002"


def test_calibrating_takes_the_sensor_and_gives_it_back(gym, live, qtbot):
    sensor = gym.sensor("bartracker-0001", counts=resting)
    window = live()
    shows(window, qtbot, "What shall this sensor be called?")
    clicked(window, qtbot, "Esc")
    shows(window, qtbot, "Calibrate bartracker-0001 now?")
    clicked(window, qtbot, "C")
    shows(window, qtbot, "Where are you?")
    window.start.field.setText("91")
    pressed(window, qtbot, "Return")
    assert "Latitude 91 is on no map" in window.start.page.text
    window.start.field.setText("48,1 N")
    pressed(window, qtbot, "Return")
    assert window.preferences.latitude_deg == 48.1
    first = window.session

    def lying() -> bool:
        window.refresh()
        window.grab()
        progress = None if window.calibration.state is None else window.calibration.state.progress
        return progress is not None and progress.poses == 1

    qtbot.waitUntil(lying, timeout=PATIENCE_MS)
    assert first.snapshot().ended
    assert window.calibration.page.title == "Turn it onto a side that has not been down yet, and let go"
    pressed(window, qtbot, "D", "Escape")
    clear(window, qtbot)
    qtbot.waitUntil(lambda: window.refresh() or len(window.state.motion) > 0, timeout=PATIENCE_MS)
    assert window.session is not first
    assert sensor.streaming
    assert window.start.page is None, "it was offered once"


def test_the_check_is_two_keys_away_and_says_what_to_do(gym, live, qtbot, tmp_path):
    write_sensors(SensorBook((KnownSensor(SENSOR_ID, "Rack 1"),)), tmp_path / "sensors.json")
    made = replace(IDENTITY, name="table", sensor_id=SENSOR_ID, made_utc="2026-11-01T10:00:00", gravity_mps2=9.80665)
    (tmp_path / "calibrations").mkdir()
    write_calibration(made, calibration_folder.path_of(SENSOR_ID))
    gym.sensor("bartracker-0001", counts=resting)
    window = live()
    qtbot.waitUntil(lambda: window.refresh() or len(window.state.motion) > 0, timeout=PATIENCE_MS)
    pressed(window, qtbot, "N")
    page = shows(window, qtbot, "Rack 1")
    assert "Calibrated 2026-11-01." in page.text
    pressed(window, qtbot, "K")

    def judged() -> bool:
        window.refresh()
        return window.calibration.state is not None and window.calibration.state.result is not None

    qtbot.waitUntil(judged, timeout=PATIENCE_MS)
    window.refresh()
    assert window.calibration.page.title == "Good: its calibration still holds"
    pressed(window, qtbot, "Return")
    clear(window, qtbot)


def test_whoever_lifts_at_once_is_not_held_up(gym, live, qtbot):
    gym.sensor("bartracker-0001", counts=resting)
    window = live()
    shows(window, qtbot, "What shall this sensor be called?")
    rep = SCRIPT[0].rep(announced=True)
    lifted = LiveSet(1, rep.start_s, (LiveRep(rep, SCRIPT[0].trace(), final=False),), summarise([rep], []), None)
    window.state = replace(window.state, sets=(lifted,))
    window.show_again()
    assert window.start.page is None


def test_without_a_sensor_one_is_led_to_the_virtual_one(gym, live, qtbot, monkeypatch):
    """Nothing is simulated here beyond what opens: the choice is what is tested."""
    opened = []
    window = live("ble://?find_s=0.3")
    page = shows(window, qtbot, "That did not work")
    assert "switch the sensor on and bring it near" in page.text
    assert [choice.key for choice in page.choices] == ["Enter", "N", "V"]
    watching = window.source_choice._surroundings
    original = watching.open
    monkeypatch.setattr(watching, "open", lambda uri: opened.append(uri) or original("ble://?find_s=0.3"))
    clicked(window, qtbot, "V")
    assert opened[0].startswith("sim://squat")
