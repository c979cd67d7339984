"""Pictures of the window, the terminal view and the phone page in each state, dark and light, in two sizes, to be
looked at: `python benchmarks/screenshots.py FOLDER [--only STATE]`.

The window is Qt's own, offscreen; the samples are those of a committed recording; link states are those of a scripted
sensor link.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bartracker.api import settings_for
from bartracker.coaching import Targets, Tempo
from bartracker.errors import BartrackerError
from bartracker.ghost import ghost_of
from bartracker.live import LiveSession
from bartracker.ui.preferences import Preferences
from bartracker.ui.terminal_keys import HELP
from bartracker.ui.terminal_picture import render
from bartracker.ui.window.collecting import collected_here
from staged import DEMO, ChoicesOnly, StagedSensor, analysed, staged

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

SIZES = ((1280, 720), (1920, 1080))
PHONES = ((390, 844), (360, 640))
SUPPORT = Path(__file__).parents[1] / "tests" / "support"
TERMINALS = ((120, 34), (80, 24))
GLIDE_FRAMES = 60
TARGETS = Targets(tempo=Tempo.parse("3-1-X-0"), velocity_mps=(0.5, 0.7), velocity_loss_limit=0.2)


@dataclass(frozen=True)
class Scene:
    """One state: how its session comes about, and what is pressed then."""

    name: str
    session: Callable[[], LiveSession]
    act: Callable[["MainWindow"], None] = lambda window: None
    choices: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--recording", type=Path, default=DEMO, help="a recording of a set; by default the demo's")
    parser.add_argument("--only", help="states whose name contains this")
    parser.add_argument("--no-phone", action="store_true", help="no pictures of the phone page (they need Chromium)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    phone = None if arguments.no_phone else _browser()
    with collected_here():
        for scene in _scenes(arguments.recording):
            if arguments.only is None or arguments.only in scene.name:
                session = scene.session()
                _window_pictures(session, scene, arguments.folder)
                _terminal_pictures(session, scene.name, arguments.folder)
                if phone is not None:
                    _phone_pictures(session, scene.name, arguments.folder, phone)
                session.close()
                print(scene.name, file=sys.stderr)


def _scenes(path: Path) -> list[Scene]:
    recording, announced = analysed(path, TARGETS)
    reps = [rep for each in announced.sets for rep in each.reps]
    if not reps:
        raise BartrackerError(str(path), "no reps are announced in it", "give a recording of a set")
    middle = reps[len(reps) // 2]
    middle_s = (middle.announced_s or middle.concentric_end_s) + 0.3
    flagged = next((rep for rep in reps if rep.flags), reps[-1])
    flagged_s = (flagged.announced_s or flagged.concentric_end_s) + 0.3
    lifting_s = middle.concentric_start_s + 0.6 * (middle.concentric_duration_s or 0.0)
    best = ghost_of(recording, settings_for(recording), name="monday.btr")
    lowering_s = (middle.eccentric_start_s or middle.start_s) + 1.8
    damaged = BartrackerError(path.name, "the file ends in the middle of a packet", "copy it again from the sensor")
    nobody = BartrackerError(
        "ble://", "no sensor was heard in 10 s", "switch the sensor on and bring it near, then try again"
    )

    def live(until_s: float, state: str = "streaming", battery_percent: int = 82) -> Callable[[], LiveSession]:
        sensor = StagedSensor(state, battery_percent)
        return lambda: staged(recording, until_s, targets=TARGETS, sensor=sensor)

    def replayed(
        until_s: float, hold: bool = True, failure: BartrackerError | None = None
    ) -> Callable[[], LiveSession]:
        return lambda: staged(recording, until_s, hold=hold, failure=failure, targets=TARGETS)

    return [
        Scene("scanning", live(float("-inf"), state="searching"), choices=True),
        Scene(
            "no-sensor",
            lambda: staged(
                recording, float("-inf"), targets=TARGETS, failure=nobody, sensor=StagedSensor(state="failed")
            ),
            choices=True,
        ),
        Scene("armed", live(0.5 * reps[0].start_s)),
        Scene("mid-set", live(middle_s)),
        Scene("lowering", live(lowering_s)),
        Scene("flagged-rep", live(flagged_s)),
        Scene("link-lost", live(middle_s, state="lost")),
        Scene("low-battery", live(middle_s, battery_percent=8)),
        Scene("summary", replayed(float("inf"), hold=False)),
        Scene("replay", replayed(middle_s), lambda window: window.session.set_paused(True)),
        Scene("error", replayed(middle_s, failure=damaged)),
        Scene("big", live(middle_s), lambda window: window.controls.toggle_big()),
        Scene("help", live(middle_s), lambda window: window.toggle_help()),
        Scene("ghost-lifting", live(lifting_s), lambda window: window.motions.take_ghost(best)),
        Scene("ghost", replayed(float("inf"), hold=False), _ghost),
        Scene("routine", live(0.5 * reps[0].start_s), lambda window: window.motions.toggle_routine()),
    ]


def _ghost(window: "MainWindow") -> None:
    window.motions.toggle_ghost()
    window.step_rep(-1)


def _window_pictures(session: LiveSession, scene: Scene, folder: Path) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow, dress

    app = QApplication.instance() or QApplication([])
    dress(app)
    for theme in ("dark", "light"):
        for width, height in SIZES:
            clock = iter(range(1_000_000))
            window = MainWindow(
                session,
                replace(Preferences(), theme=theme, width=width, height=height),
                ChoicesOnly() if scene.choices else None,
                clock_s=lambda clock=clock: next(clock) / 90.0,
            )
            window.stop()
            window.show()
            window.refresh()
            scene.act(window)
            for _ in range(GLIDE_FRAMES):
                window.refresh()
            # Layouts that were made before the window showed need a second turn.
            app.processEvents()
            app.processEvents()
            window.grab().save(str(folder / f"{scene.name}-{theme}-{width}.png"))
            window.close()


def _browser() -> str:
    """Chromium's path. Raises BartrackerError."""
    sys.path.insert(0, str(SUPPORT))
    found: str | None = import_module("chromium").find_chromium()
    if found is None:
        raise BartrackerError("Chromium", "was not found", "install chromium, or give --no-phone")
    return found


def _phone_pictures(session: LiveSession, name: str, folder: Path, browser: str) -> None:
    from bartracker.coaching.metrics import MEAN_VELOCITY
    from bartracker.ui.phone.server import PhoneServer

    server = PhoneServer(("127.0.0.1", 0), session.snapshot, lambda: MEAN_VELOCITY)
    server.start()
    for width, height in PHONES:
        with import_module("chromium").Page(browser, width, height) as page:
            for dark in (True, False):
                page.dark(dark)
                page.open(server.url)
                page.wait_for("document.getElementById('link').textContent !== ''")
                page.picture(folder / f"phone-{name}-{'dark' if dark else 'light'}-{width}.png")
    server.close()


def _terminal_pictures(session: LiveSession, name: str, folder: Path) -> None:
    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME, DIMMED_MONOKAI

    for theme, colours in (("dark", DIMMED_MONOKAI), ("light", DEFAULT_TERMINAL_THEME)):
        for width, height in TERMINALS:
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                console = Console(
                    width=width,
                    height=height,
                    file=nowhere,
                    record=True,
                    force_terminal=True,
                    color_system="truecolor",
                )
                liked = replace(Preferences(), theme=theme)
                console.print(render(session.snapshot(), width, height, liked, keys=HELP[0]))
                target = folder / f"terminal-{name}-{theme}-{width}.svg"
                console.save_svg(str(target), title="bartracker", theme=colours)


if __name__ == "__main__":
    main()
