"""What the window costs, offscreen at 1920 x 1080: time of a frame, from a packet's arrival to pixels, memory, time to
the first usable picture, and the longest pause while a long recording is played and gone through: `python
benchmarks/ui_frame_time.py [--minutes 60]`.

A frame is what the timer does 30 times a second: read the state, tell the plots, paint. Wall time says whether 33 ms
are enough on this machine as it is now, processor time what the frame costs.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bartracker import read
from bartracker.api import settings_for
from bartracker.coaching import Targets, Tempo
from bartracker.links import FileLink, LinkItem
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.samples import StampedBlock
from bartracker.ui.preferences import Preferences
from bartracker.ui.window.collecting import collect_due, collected_here
from staged import DEMO

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow

SIZE = (1920, 1080)
FRAME_S = 1.0 / 30.0
TARGETS = Targets(tempo=Tempo.parse("3-1-X-0"), velocity_mps=(0.5, 0.7), velocity_loss_limit=0.2)


class TimedLink(FileLink):
    """Notes when each block was handed over."""

    def items(self) -> Iterator[LinkItem]:
        self.handed: list[tuple[float, float]] = []
        for item in super().items():
            if isinstance(item, StampedBlock):
                self.handed.append((_last_s(item, self.recording), time.perf_counter()))
            yield item


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=900, help="frames to measure at the recording's own speed")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the long recording; 0: none")
    parser.add_argument("--start-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if arguments.start_only:
        _first_picture()
        return
    _time_to_start()
    with collected_here():
        _frames(arguments.frames)
        if arguments.minutes:
            _long_recording(arguments.minutes)


def _window(link: FileLink) -> "tuple[QApplication, LiveSession, MainWindow]":
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.main import MainWindow, dress

    app = cast("QApplication", QApplication.instance() or QApplication([]))
    dress(app)
    assert link.recording is not None
    session = LiveSession(link, Pipeline(settings_for(link.recording, targets=TARGETS)))
    window = MainWindow(session, replace(Preferences(), width=SIZE[0], height=SIZE[1]))
    window.stop()
    window.show()
    return app, session, window


def _first_picture() -> None:
    app, session, window = _window(TimedLink(read(DEMO), "demo"))
    session.start()
    window.refresh()
    app.processEvents()
    window.grab()
    print(time.process_time(), flush=True)
    session.close()


def _time_to_start() -> None:
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, __file__, "--start-only"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        processor_s = float(child.stdout.readline())
        print(f"usable window {time.perf_counter() - began:.2f} s after the start; processor {processor_s:.2f} s")


def _frames(count: int) -> None:
    link = TimedLink(_repeated(read(DEMO), 600.0), "demo")
    app, session, window = _window(link)
    session.start()
    wall_ms: list[float] = []
    processor_ms: list[float] = []
    arrival_ms: list[float] = []
    seen, kept_kb = 0, 0
    next_s = time.perf_counter()
    while len(wall_ms) < count + 30 and not session.snapshot().ended:
        began, began_processor = time.perf_counter(), time.thread_time()
        collect_due()
        window.refresh()
        app.processEvents()
        painted = time.perf_counter()
        wall_ms.append(1e3 * (painted - began))
        processor_ms.append(1e3 * (time.thread_time() - began_processor))
        motion = window.state.motion
        while len(motion) and seen < len(link.handed) and link.handed[seen][0] <= motion.t_s[-1] + 2e-3:
            arrival_ms.append(1e3 * (painted - link.handed[seen][1]))
            seen += 1
        if len(wall_ms) == 30:
            kept_kb = _memory_kb()
        next_s += FRAME_S
        time.sleep(max(0.0, next_s - time.perf_counter()))
    session.close()
    window.close()
    print(f"{len(wall_ms) - 30} frames at {SIZE[0]} x {SIZE[1]}, {window.pictures} of them with news")
    _say("wall", wall_ms[30:])
    _say("processor", processor_ms[30:])
    _say("packet to pixels", arrival_ms[5:])
    print(f"memory grew by {(_memory_kb() - kept_kb) / 1024:.1f} MB over {count * FRAME_S:.0f} s")


def _long_recording(minutes: float) -> None:
    link = TimedLink(_repeated(read(DEMO), 60.0 * minutes), "long")
    link.speed = 0.0
    began = time.perf_counter()
    app, session, window = _window(link)
    session.start()
    pauses_ms: list[float] = []

    processor_ms: list[float] = []

    def frame() -> None:
        before, before_processor = time.perf_counter(), time.thread_time()
        collect_due()
        window.refresh()
        app.processEvents()
        pauses_ms.append(1e3 * (time.perf_counter() - before))
        processor_ms.append(1e3 * (time.thread_time() - before_processor))

    while not session.snapshot().ended:
        frame()
        time.sleep(FRAME_S / 2)
    print(f"{minutes:g} minutes played as fast as possible in {time.perf_counter() - began:.0f} s")
    _say("frame meanwhile", pauses_ms)
    _say("processor", processor_ms)
    pauses_ms.clear()
    processor_ms.clear()
    session.set_paused(True)
    for place in range(200):
        session.seek(60.0 * minutes * (place * 37 % 200) / 200)
        frame()
    _say("frame after a seek", pauses_ms)
    _say("processor", processor_ms)
    session.close()


def _repeated(recording: Recording, until_s: float) -> Recording:
    """The recording over and over, its stamps and sample numbers going on."""
    first, last = recording.blocks[0], recording.blocks[-1]
    span_s = _last_s(last, recording) - float(first.stamp_s[0]) + _period_s(recording)
    count = int(last.sample_index[-1] - first.sample_index[0]) + 1
    blocks = [
        replace(
            block,
            sample_index=block.sample_index + turn * count,
            stamp_s=block.stamp_s + turn * span_s,
            arrival_s=block.arrival_s + turn * span_s,
        )
        for turn in range(max(1, round(until_s / span_s)))
        for block in recording.blocks
    ]
    return replace(recording, blocks=tuple(blocks))


def _period_s(recording: Recording) -> float:
    return 1.0 / (recording.nominal_rate_hz or 100.0)


def _last_s(block: StampedBlock, recording: Recording) -> float:
    """When its last sample was taken; a block may be stamped at its first one only."""
    return float(block.stamp_s[0]) + (len(block) - 1) * _period_s(recording)


def _memory_kb() -> int:
    """Resident now, where the system says so; the most so far elsewhere."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize() // 1024


def _say(name: str, values: list[float]) -> None:
    p95 = statistics.quantiles(values, n=20)[-1]
    print(f"{name:>18}: median {statistics.median(values):5.1f} ms  p95 {p95:5.1f} ms  largest {max(values):5.1f} ms")


if __name__ == "__main__":
    main()
