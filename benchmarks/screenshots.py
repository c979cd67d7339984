"""Pictures of the window and the terminal view in each of their states, to be looked at: `python
benchmarks/screenshots.py FOLDER`.
"""

import argparse
import os
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.terminal import render
from staged import DEMO, analysed, staged

SIZES = ((1280, 720), (1920, 1080))
TERMINAL = (120, 34)
GLIDE_FRAMES = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--recording", type=Path, default=DEMO, help="a recording of a set; by default the demo's")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, session in _sessions(arguments.recording):
        _window_pictures(session, arguments.folder, name)
        _terminal_picture(session, arguments.folder / f"terminal-{name}.svg")
        session.close()


def _sessions(path: Path) -> list[tuple[str, LiveSession]]:
    recording, announced = analysed(path)
    reps = [rep for each in announced.sets for rep in each.reps]
    if not reps:
        raise BartrackerError(str(path), "no reps are announced in it", "give a recording of a set")
    middle = reps[len(reps) // 2]
    middle_s = (middle.announced_s or middle.concentric_end_s) + 0.3
    failure = BartrackerError(path.name, "the file ends in the middle of a packet", "copy it again from the sensor")
    return [
        ("empty", staged(recording, 0.5 * reps[0].start_s)),
        ("mid-set", staged(recording, middle_s)),
        ("summary", staged(recording, float("inf"), hold=False)),
        ("error", staged(recording, middle_s, failure=failure)),
    ]


def _window_pictures(session: LiveSession, folder: Path, name: str) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow, dress

    app = QApplication.instance() or QApplication([])
    dress(app)
    for width, height in SIZES:
        window = MainWindow(session)
        window.stop()
        window.resize(width, height)
        window.show()
        for _ in range(GLIDE_FRAMES):
            window.refresh()
        app.processEvents()
        window.grab().save(str(folder / f"window-{name}-{width}.png"))
        window.close()


def _terminal_picture(session: LiveSession, path: Path) -> None:
    from rich.console import Console

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(
            width=TERMINAL[0],
            height=TERMINAL[1],
            file=nowhere,
            record=True,
            force_terminal=True,
            color_system="truecolor",
        )
        console.print(render(session.snapshot(), *TERMINAL))
        console.save_svg(str(path), title="bartracker")


if __name__ == "__main__":
    main()
