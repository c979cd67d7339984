"""Time of one frame of the window, offscreen at 1920 x 1080, while a set is played: `python
benchmarks/ui_frame_time.py`.

A frame is what the timer does 30 times a second: read the state, tell the plots, paint. Wall time says whether 33 ms
are enough on this machine as it is now, processor time what the frame costs.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

from bartracker.api import settings_for
from bartracker.links import PlaybackLink, open_link
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from staged import DEMO

SIZE = (1920, 1080)
FRAME_S = 1.0 / 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, default=DEMO, help="a recording of a set; by default the demo's")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as recorded")
    parser.add_argument("--frames", type=int, default=900, help="frames to measure, after a second of warming up")
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow, dress

    app = QApplication([])
    dress(app)
    link = open_link(str(arguments.recording))
    assert isinstance(link, PlaybackLink)
    assert link.recording is not None
    link.speed = arguments.speed
    session = LiveSession(link, Pipeline(settings_for(link.recording)))
    window = MainWindow(session)
    window.stop()
    window.resize(*SIZE)
    window.show()
    session.start()
    wall_ms: list[float] = []
    processor_ms: list[float] = []
    while len(wall_ms) < arguments.frames + 30 and not session.snapshot().ended:
        began, began_processor = time.perf_counter(), time.thread_time()
        window.refresh()
        app.processEvents()
        wall_ms.append(1e3 * (time.perf_counter() - began))
        processor_ms.append(1e3 * (time.thread_time() - began_processor))
        time.sleep(max(0.0, FRAME_S - (time.perf_counter() - began)))
    session.close()
    print(f"{len(wall_ms) - 30} frames at {SIZE[0]} x {SIZE[1]}, {window.pictures} of them with news")
    for name, values in (("wall", wall_ms[30:]), ("processor", processor_ms[30:])):
        p95 = statistics.quantiles(values, n=20)[-1]
        print(
            f"{name:>9}: median {statistics.median(values):5.1f} ms  p95 {p95:5.1f} ms  largest {max(values):5.1f} ms"
        )


if __name__ == "__main__":
    main()
