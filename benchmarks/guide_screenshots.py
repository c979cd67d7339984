"""Pictures of the first run and of the calibration guide in each of their states, dark and light, in two sizes, to be
looked at: `python benchmarks/guide_screenshots.py FOLDER [--only STATE]`.

The window is Qt's own, offscreen; the guide is led by a virtual person with a virtual sensor, through the firmware.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bartracker.calibration.check import CheckResult
from bartracker.calibration.gravity import local_gravity
from bartracker.calibration.guide import GuideMessage
from bartracker.cli.calibrate import connected
from bartracker.errors import BartrackerError
from bartracker.known_sensors import SensorBook
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.live import LiveSession
from bartracker.live_calibration import CalibrationSession, CalibrationState, CheckProgress
from bartracker.ui.preferences import Preferences
from bartracker.ui.sources import SensorAtHand
from bartracker.ui.window.collecting import collected_here
from screenshots import SIZES, TARGETS
from staged import DEMO, ChoicesOnly, StagedSensor, analysed, staged

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

_PERSON = "sim://calibrate?user=hasty&seed=1&rate_hz=100"
_NAME = "Rack 1"
_SETTLE_FRAMES = 25


@dataclass(frozen=True)
class Scene:
    """One picture: what is pressed in a window over a sensor that is new, or a state of a calibration."""

    name: str
    act: Callable[["MainWindow"], None] = lambda window: None
    state: CalibrationState | None = None
    new: bool = True
    calibrated: bool = False


class DeskToLookAt:
    """A sensor at hand whose steps are looked at, not taken."""

    def __init__(self, scene: Scene) -> None:
        made = "2026-10-02T17:20:00+00:00" if scene.calibrated else None
        name = _NAME if not scene.new else "bartracker-b701"
        self.at_hand = SensorAtHand("03000000b7010000", name, "ble://", scene.new, made)

    def name(self, text: str) -> None:
        SensorBook().named(self.at_hand.sensor_id, text)
        self.at_hand = replace(self.at_hand, label=text)

    def offered(self) -> None:
        """Nothing is kept."""

    def calibration(self, latitude_deg: float | None = None) -> CalibrationSession:
        raise BartrackerError("calibration", "is not made for a picture", "use bartracker calibrate")

    check = calibration


class Surroundings(ChoicesOnly):
    """With such a desk, and two sensors in reach."""

    def __init__(self, scene: Scene) -> None:
        self.desk = DeskToLookAt(scene)

    def near(self) -> Sequence[tuple[str, str]]:
        return [
            ("Rack 1 (bartracker-b701), -48 dBm", "ble://C0:BA:00:00:01:01"),
            ("bartracker-22f0 (C0:BA:00:00:02:02), -67 dBm", "ble://C0:BA:00:00:02:02"),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", help="states whose name contains this")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = [each for each in _scenes() if arguments.only is None or arguments.only in each.name]
    recording, announced = analysed(DEMO, TARGETS)
    until_s = 0.5 * announced.sets[0].reps[0].start_s
    session = staged(recording, until_s, targets=TARGETS, sensor=StagedSensor())
    with collected_here():
        for scene in wanted:
            _pictures(session, scene, arguments.folder)
            print(scene.name, file=sys.stderr)
    session.close()


def _scenes() -> list[Scene]:
    states = _guided()
    progress = next(state for state in reversed(states) if state.progress is not None and state.fit is None)
    found = next(state for state in states if state.fit is not None)

    def led(fits: Callable[[CalibrationState], bool]) -> CalibrationState:
        return replace(next(state for state in states if state.stage == "leading" and fits(state)), label=_NAME)

    nobody = BartrackerError(
        "calibration", "accelerometer is known to 2.4 mg only after 31 poses", "lay it with -y pointing up"
    )
    at = progress.progress
    assert at is not None
    blank = CalibrationState(1, True, "leading", _NAME)
    off = CheckResult(
        "drifted",
        ("at rest it reads 9.892 m/s^2, +8.7 mg (+0.87 %) from gravity", "at rest it turns by 0.31 deg/s"),
        9.892,
        0.085,
        np.radians([0.1, 0.31, 0.2]),
    )
    return [
        Scene("first-run-name"),
        Scene("first-run-name-refused", _refused),
        Scene("first-run-calibrate", lambda window: _press(window, "Esc")),
        Scene("first-run-place", lambda window: _press(window, "Esc", "C")),
        Scene("first-run-near", _near, new=False),
        Scene("sensor", lambda window: _press(window, "N"), new=False, calibrated=True),
        Scene("calibration-connecting", state=CalibrationState(1, False, "connecting", _NAME)),
        Scene("calibration-begin", state=led(lambda each: each.progress is not None)),
        Scene("calibration-step", state=led(lambda each: _poses(each) == 4 and 0.4 < _still(each) < 0.8)),
        Scene("calibration-turning", state=led(lambda each: _poses(each) == 3 and _moving(each))),
        Scene(
            "calibration-again",
            state=replace(
                led(lambda each: _poses(each) == 4 and _moving(each)),
                said=(GuideMessage(21.0, "again", "-y up again, which is known already (4 of 10)"),),
            ),
        ),
        Scene("calibration-lean", state=led(lambda each: _sides(each) == 6)),
        Scene("calibration-result", state=replace(found, label=_NAME)),
        Scene("calibration-kept", state=replace(states[-1], label=_NAME)),
        Scene(
            "calibration-failed",
            state=replace(progress, version=10**6, stage="failed", label=_NAME, error=nobody),
        ),
        Scene("check-resting", state=replace(blank, rest=CheckProgress(3.6, 6.0, 5.2))),
        Scene(
            "check-drifted",
            state=replace(blank, stage="found", result=off, calibrated_utc="2025-10-02T17:20:00+00:00"),
        ),
    ]


def _guided() -> list[CalibrationState]:
    """Every state of a whole calibration."""
    link = SimLink(parse_sim(_PERSON, parse_uri(_PERSON)), given=_PERSON, virtual_time=True)
    where = "~/.local/share/bartracker/calibrations/03000000b7010000.json; it is used whenever this sensor is live"
    session = CalibrationSession(
        link,
        lambda: connected(link),
        gravity=local_gravity(48.1),
        keep=lambda made, fit: f"{where}; the sensor keeps it too, for other computers",
    )
    states: list[CalibrationState] = []
    session.run(states.append)
    return states


def _poses(state: CalibrationState) -> int:
    return 0 if state.progress is None else state.progress.poses


def _still(state: CalibrationState) -> float:
    return 0.0 if state.progress is None else state.progress.still


def _moving(state: CalibrationState) -> bool:
    return state.progress is not None and state.progress.still == 0 and state.progress.up is not None


def _sides(state: CalibrationState) -> int:
    return 0 if state.progress is None else len(state.progress.sides)


def _press(window: "MainWindow", *keys: str) -> None:
    for key in keys:
        if not window.source_choice.press(key):
            window.controls.ask_sensor()


def _refused(window: "MainWindow") -> None:
    window.start.field.setText("rack 1 / left")
    _press(window, "Enter")


def _near(window: "MainWindow") -> None:
    _press(window, "N", "N")


def _pictures(session: LiveSession, scene: Scene, folder: Path) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow, dress

    app = QApplication.instance() or QApplication([])
    dress(app)
    for theme in ("dark", "light"):
        for width, height in SIZES:
            liked = replace(Preferences(), theme=theme, width=width, height=height)
            clock = iter(range(1_000_000))
            window = MainWindow(session, liked, Surroundings(scene), clock_s=lambda clock=clock: next(clock) / 90.0)
            window.stop()
            window.show()
            window.refresh()
            if scene.state is None:
                scene.act(window)
            else:
                window.start.show_page(None)
            for _ in range(_SETTLE_FRAMES):
                app.processEvents()
                if scene.state is None:
                    window.refresh()
                else:
                    window.calibration.show_state(scene.state)
            while window.background.busy:
                window.refresh()
            window.show_again() if scene.state is None else window.start.hide()
            app.processEvents()
            window.grab().save(str(folder / f"{scene.name}-{theme}-{width}.png"))
            window.close()


if __name__ == "__main__":
    main()
