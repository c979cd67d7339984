"""What the window costs and how late it is, offscreen at 1920 x 1080, fed by a virtual sensor at 400 Hz.

    python benchmarks/ui_frame_time.py live [--seconds 60] [--speed 1]
    python benchmarks/ui_frame_time.py long [--minutes 60]

live: sets of five squats with rests, each packet when
the sensor's came; `--speed` hurries them, to see in less time what grows with samples. long: an hour's recording is
opened, gone through while its analysis runs ahead, and once more when it is over.

Times are of the program as it runs: its own threads, its own clock of frames, cues and sound with a player that plays
to nobody. A frame is from the clock's call to the end of painting.

news: from the arrival of the packet that completed a hop (50 ms of samples) to the end of the first painting that
shows this hop. whole packet: from a packet's arrival to the end of the first painting that shows its last sample too,
the wait for the rest of that sample's hop, which comes with the next packet, included. verdict, sound: from the end of
the lifting phase, as announced, to the end of the first painting with the rep, and to its cue at the player; a sample
counts as taken when the packet with the least delay says.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from bartracker.coaching import Targets, Tempo
from bartracker.coaching.cues import Cue, CueSettings
from bartracker.events import Event, MotionUpdate, RepAnnounced
from bartracker.links import FileLink
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline, PipelineSettings
from bartracker.recording.recording import Recording
from bartracker.samples import FloatArray
from bartracker.ui.preferences import Preferences
from bartracker.ui.sound.listener import CueListener
from bartracker.ui.sound.speech import Voice
from paced_packets import SensorLike, recorded_squats, with_rests

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

SIZE = (1920, 1080)
TARGETS = Targets(tempo=Tempo.parse("3-1-X-0"), velocity_mps=(0.5, 0.7), velocity_loss_limit=0.2)
HEARTBEAT_MS = 5
PAUSE_MS = 100.0


def noted() -> "array[float]":
    """Numbers that are noted take little memory, as memory is measured too."""
    return array("d")


class NotedSession(LiveSession):
    """Notes the newest sample of every hop, and the reps."""

    def take(self, events: tuple[Event, ...]) -> None:
        super().take(events)
        if not hasattr(self, "hops"):
            self.hops = noted()
            self.reps: dict[tuple[int, int], float] = {}
        self.hops.extend(float(event.t_s[-1]) for event in events if isinstance(event, MotionUpdate))
        for event in events:
            if isinstance(event, RepAnnounced):
                self.reps[event.set_index, event.rep.index] = event.rep.concentric_end_s


class Deaf:
    """A player that notes when it was given a rep's tone."""

    def __init__(self) -> None:
        self.reps: list[tuple[float, float]] = []

    def play(self, cue: Cue) -> None:
        if cue.kind in ("rep", "stop"):
            self.reps.append((cue.t_s, time.perf_counter()))

    def close(self) -> None:
        """Nothing sounds."""


class Watch:
    """A window's frames as they were: begin and end of each, processor time, the newest sample and the reps shown."""

    def __init__(self, session: LiveSession) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from bartracker.ui.window.main import MainWindow, dress

        sys.setswitchinterval(0.001)  # as run_window does
        self.app = cast("QApplication", QApplication.instance() or QApplication([]))
        dress(self.app)
        self.wall_ms, self.processor_ms, self.ends_s, self.silences_ms = noted(), noted(), noted(), noted()
        self.shown_t_s, self.shown_at_s = noted(), noted()  # newest sample, when it was on screen
        self.reps: dict[tuple[int, int], float] = {}
        watch = self

        class Watched(MainWindow):
            def on_frame(self) -> None:
                began, processor = time.perf_counter(), time.thread_time()
                super().on_frame()
                # Comes after what on_frame had painted anew.
                QTimer.singleShot(0, lambda: watch._painted(began, processor))

        self.window = Watched(session, replace(Preferences(), width=SIZE[0], height=SIZE[1]))
        self._heard_s = time.perf_counter()
        self._heartbeat = QTimer()
        self._heartbeat.timeout.connect(self._beat)
        self._heartbeat.start(HEARTBEAT_MS)
        self.window.show()

    def run(self, seconds: float, each: Callable[[], None] | None = None, every_ms: int = 100) -> None:
        """Let the program run."""
        from PySide6.QtCore import QTimer

        # exit, not quit: that closes the window first.
        QTimer.singleShot(round(1e3 * seconds), self.app.exit)
        timer = QTimer()
        if each is not None:
            timer.timeout.connect(each)
            timer.start(every_ms)
        self.app.exec()
        timer.stop()

    def forget(self) -> None:
        """What was noted so far."""
        for each in (self.wall_ms, self.processor_ms, self.silences_ms, self.ends_s):
            del each[:]

    def _painted(self, began: float, processor: float) -> None:
        now = time.perf_counter()
        self.wall_ms.append(1e3 * (now - began))
        self.processor_ms.append(1e3 * (time.thread_time() - processor))
        self.ends_s.append(now)
        state = self.window.state
        if len(state.motion) and (not self.shown_t_s or state.motion.t_s[-1] > self.shown_t_s[-1]):
            self.shown_t_s.append(float(state.motion.t_s[-1]))
            self.shown_at_s.append(now)
        for one in state.sets[-2:]:
            for each in one.reps:
                self.reps.setdefault((one.index, each.rep.index), now)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.silences_ms.append(1e3 * (now - self._heard_s))
        self._heard_s = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    live = commands.add_parser("live")
    live.add_argument("--seconds", type=float, default=60.0, help="of real time")
    live.add_argument("--speed", type=float, default=1.0, help="up to 16")
    long = commands.add_parser("long")
    long.add_argument("--minutes", type=float, default=60.0)
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    match arguments.command:
        case "live":
            _live(arguments.seconds, arguments.speed)
        case _:
            _long(arguments.minutes)


def _live(seconds: float, speed: float) -> None:
    from bartracker.ui.window.collecting import collected_here

    recording = with_rests(recorded_squats(), seconds * speed + 60.0)
    link = SensorLike(recording, speed)
    session = NotedSession(link, lambda: Pipeline(_settings(recording)))
    player = Deaf()
    with collected_here():
        watch = Watch(session)
        session.hear(CueSettings(sounds=True))
        listener = CueListener(lambda: session, player, Voice())
        session.start()
        listener.start()
        watch.run(min(10.0, seconds / 4))
        watch.forget()
        memory_mb = [_memory_mb()]
        for _ in range(4):
            watch.run(seconds / 4)
            memory_mb.append(_memory_mb())
        session.close()
        listener.close()
        watch.window.close()
    lasted_s = watch.ends_s[-1] - watch.ends_s[0]
    samples_s = watch.shown_t_s[-1] - watch.shown_t_s[0]
    print(f"{lasted_s:.0f} s, {samples_s:.0f} s of samples, {len(watch.wall_ms) / lasted_s:.1f} frames a second")
    _say("frame, wall", watch.wall_ms)
    _say("frame, processor", watch.processor_ms)
    _say("between frames", (1e3 * np.diff(watch.ends_s)).tolist())
    first, last, arrived = (np.array(each) for each in (link.first_s, link.last_s, link.arrived_s))
    shown_t, shown_at = np.array(watch.shown_t_s), np.array(watch.shown_at_s)
    hops = np.array(session.hops)
    hops = hops[hops <= shown_t[-1]]
    carrier = np.searchsorted(first, hops + 1e-3, side="right") - 1
    news = shown_at[np.searchsorted(shown_t, hops)] - arrived[carrier]
    whole = last + 2e-3 <= shown_t[-1]
    late = shown_at[np.searchsorted(shown_t, last[whole] - 2e-3)] - arrived[whole]
    _say("news", (1e3 * news[20:]).tolist())
    _say("whole packet", (1e3 * late[20:]).tolist())
    if speed == 1.0:
        ends = {key: _taken_at(end_s, last, arrived) for key, end_s in session.reps.items() if key in watch.reps}
        _say("verdict", [1e3 * (watch.reps[key] - at_s) for key, at_s in ends.items()])
        heard = [1e3 * min((at - end for _, at in player.reps if at > end), default=9.0) for end in ends.values()]
        _say("sound", heard)
    print(f"memory, MB, at quarters: {', '.join(f'{each:.0f}' for each in memory_mb)}")


def _taken_at(t_s: float, last_s: FloatArray, arrived_s: FloatArray) -> float:
    """When a sample of this stamp was taken, by the clock of arrivals: packets near it tell; a link that could not keep
    up moves the rest.
    """
    near = np.abs(last_s - t_s) < 1.0
    return t_s + float((arrived_s[near] - last_s[near]).min())


def _long(minutes: float) -> None:
    from bartracker.ui.window.collecting import collected_here

    recording = with_rests(recorded_squats(), 60.0 * minutes)
    link = FileLink(lambda: recording, "long.btr")
    session = LiveSession(link, lambda: Pipeline(_settings(recording)))
    places = iter(range(10**9))

    def scrub(up_to_s: float) -> None:
        session.seek(up_to_s * (next(places) * 37 % 200) / 200)

    with collected_here():
        began = time.perf_counter()
        watch = Watch(session)
        session.start()
        watch.run(1.0)
        print(f"first picture {watch.ends_s[0] - began:.2f} s after the window was asked for")
        watch.forget()
        watch.run(30.0, lambda: scrub(session.snapshot().analysed_s or 0.0))
        _say("frame, wall", watch.wall_ms)
        _say("frame, processor", watch.processor_ms)
        _say("no answer for", watch.silences_ms)
        print(f"{sum(each > PAUSE_MS for each in watch.silences_ms)} pauses over {PAUSE_MS:.0f} ms")
        print(f"so far while it was analysed: {session.snapshot().analysed_s or 0.0:.0f} s of {60 * minutes:.0f} s")
        while (session.snapshot().analysed_s or 0.0) < link.duration_s:
            watch.run(1.0)
        print(f"all analysed after {time.perf_counter() - began:.0f} s; memory {_memory_mb():.0f} MB")
        watch.forget()
        watch.run(20.0, lambda: scrub(link.duration_s))
        _say("frame, wall", watch.wall_ms)
        _say("frame, processor", watch.processor_ms)
        _say("no answer for", watch.silences_ms)
        print(f"{sum(each > PAUSE_MS for each in watch.silences_ms)} pauses over {PAUSE_MS:.0f} ms")
        watch.window.close()
        session.close()


def _settings(recording: Recording) -> PipelineSettings:
    from bartracker.api import settings_for

    return settings_for(recording, targets=TARGETS)


def _memory_mb() -> float:
    """Resident now, where the system says so; the most so far elsewhere."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


def _say(name: str, values: Sequence[float]) -> None:
    if len(values) < 2:
        print(f"{name:>18}: too few")
        return
    p95 = float(np.quantile(values, 0.95))
    print(f"{name:>18}: median {statistics.median(values):6.1f} ms  p95 {p95:6.1f} ms  largest {max(values):6.1f} ms")


if __name__ == "__main__":
    main()
