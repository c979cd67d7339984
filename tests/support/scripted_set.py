"""A squat set whose every number is known: the pipeline's side of it and the link's, for tests of what stands
downstream of them.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.events import Event, MotionUpdate, RepAnnounced, RepTrace, SetFinished, SetStarted
from bartracker.links import LinkNotice
from bartracker.live_state import LiveState
from bartracker.pipeline import PipelineSettings
from bartracker.recording.recording import RecordingMetadata
from bartracker.reps.summary import summarise
from bartracker.results import Flag, Rep, RepSet
from bartracker.samples import FloatArray, StampedBlock

RATE_HZ = 100.0
END_S = 32.0
BLOCK = 19
ROM_M = 0.60
PAUSE_S = 0.3
REST_S = 1.5
ANNOUNCED_AFTER_S = 0.2
CONCENTRIC_S = (0.90, 1.02, 1.14, 1.26, 1.38)
ECCENTRIC_S = (2.0, 2.0, 0.9, 2.0, 2.0)
FLAGS = {
    3: Flag("eccentric_fast", 0.9, 2.0, 0.05, "yes", "lowered in 0.9 s, target 2.0 s"),
    4: Flag("horizontal_drift", 0.06, 0.05, 0.02, "borderline", "drifted 6 cm"),
    5: Flag("horizontal_drift", 0.09, 0.05, 0.02, "yes", "drifted 9 cm"),
}


@dataclass(frozen=True)
class Script:
    """When one rep happens, s."""

    index: int
    start_s: float
    eccentric_s: float
    concentric_s: float

    @property
    def turn_s(self) -> float:
        return self.start_s + self.eccentric_s + PAUSE_S

    @property
    def end_s(self) -> float:
        return self.turn_s + self.concentric_s

    def rep(self, *, announced: bool) -> Rep:
        mean = ROM_M / self.concentric_s
        return Rep(
            index=self.index,
            kind="full",
            start_s=self.start_s,
            turn_s=self.turn_s,
            end_s=self.end_s,
            concentric_start_s=self.turn_s,
            concentric_end_s=self.end_s,
            eccentric_start_s=self.start_s,
            eccentric_end_s=self.start_s + self.eccentric_s,
            concentric_duration_s=self.concentric_s,
            eccentric_duration_s=self.eccentric_s,
            turn_pause_s=PAUSE_S,
            bottom_pause_s=PAUSE_S,
            top_pause_s=None if announced else REST_S,
            mean_velocity_mps=mean,
            mean_propulsive_velocity_mps=1.1 * mean,
            peak_velocity_mps=1.875 * mean,
            time_to_peak_s=0.5 * self.concentric_s,
            rom_m=ROM_M,
            horizontal_deviation_m=0.01 * self.index,
            horizontal_drift_m=0.01 * self.index,
            announced_s=self.end_s + ANNOUNCED_AFTER_S,
            sigma={"mean_velocity_mps": 0.015 + 0.003 * self.index, "rom_m": 0.02},
            flags=tuple(flag for index, flag in FLAGS.items() if index == self.index),
        )

    def trace(self) -> RepTrace:
        t_s = np.linspace(self.turn_s, self.end_s, 60)
        share = (t_s - self.turn_s) / self.concentric_s
        height = ROM_M * (10 * share**3 - 15 * share**4 + 6 * share**5)
        forward = 0.02 * np.sin(np.pi * share) + 0.015 * self.index * share
        path = np.stack((0.8 * forward, 0.6 * forward, height), axis=1)
        sigma = np.stack((0.01 + 0.02 * share, 0.01 + 0.02 * share, np.full_like(share, 0.01)), axis=1)
        return RepTrace(t_s, _stroke(t_s, self.turn_s, self.concentric_s), path, sigma, forward)


def _script() -> tuple[Script, ...]:
    start_s, reps = 3.0, []
    for number, (concentric_s, eccentric_s) in enumerate(zip(CONCENTRIC_S, ECCENTRIC_S, strict=True), start=1):
        reps.append(Script(number, start_s, eccentric_s, concentric_s))
        start_s = reps[-1].end_s + REST_S
    return tuple(reps)


SCRIPT = _script()


def _stroke(t_s: FloatArray, start_s: float, duration_s: float) -> FloatArray:
    share = np.clip((t_s - start_s) / duration_s, 0.0, 1.0)
    return ROM_M / duration_s * 30.0 * share**2 * (1.0 - share) ** 2


def vertical_velocity(t_s: FloatArray) -> FloatArray:
    """The bar's v_z, m/s."""
    up = sum(_stroke(t_s, each.turn_s, each.concentric_s) for each in SCRIPT)
    return up - sum(_stroke(t_s, each.start_s, each.eccentric_s) for each in SCRIPT)


def finished_set(up_to: int = len(SCRIPT)) -> SetFinished:
    """The set as a whole, with its first reps."""
    reps = [each.rep(announced=False) for each in SCRIPT[:up_to]]
    rep_set = RepSet(
        1, "squat", 1.0, "eccentric-first", 100.0, reps[0].start_s, reps[-1].end_s, summarise(reps, []), tuple(reps)
    )
    return SetFinished(rep_set, tuple(each.trace() for each in SCRIPT[:up_to]))


class ScriptedPipeline:
    """Says of the scripted set what a pipeline would; `fault_at_s` makes it raise there."""

    def __init__(self, fault_at_s: float | None = None, settings: PipelineSettings | None = None) -> None:
        self.settings = settings or PipelineSettings(exercise="squat", load_kg=100.0)
        self._fault_at_s = fault_at_s
        self._announced = 0
        self._height_m = 0.0
        self.pushed: list[float] = []

    def refine_in(self, executor: Executor) -> None:
        """Nothing here takes long."""

    def push(self, block: StampedBlock) -> tuple[Event, ...]:
        t_s = block.stamp_s
        if self._fault_at_s is not None and t_s[-1] >= self._fault_at_s:
            raise ZeroDivisionError("scripted fault")
        self.pushed.extend(t_s.tolist())
        velocity = np.zeros((len(t_s), 3))
        velocity[:, 2] = vertical_velocity(t_s)
        position = np.zeros_like(velocity)
        position[:, 2] = self._height_m + np.cumsum(velocity[:, 2]) / RATE_HZ
        self._height_m = float(position[-1, 2])
        sigma = np.full_like(velocity, 0.02)
        events: list[Event] = [MotionUpdate(t_s, velocity, position, sigma, sigma, np.abs(velocity[:, 2]) < 0.01)]
        for each in SCRIPT[self._announced :]:
            if each.end_s + ANNOUNCED_AFTER_S <= t_s[-1]:
                if self._announced == 0:
                    events.append(SetStarted(1, each.start_s))
                self._announced += 1
                events.append(RepAnnounced(1, each.rep(announced=True), each.trace()))
        return tuple(events)

    def steps(self, block: StampedBlock) -> Iterator[tuple[Event, ...]]:
        yield self.push(block)

    def finish(self, remarks: tuple[str, ...] = ()) -> tuple[Event, ...]:
        return (finished_set(self._announced),) if self._announced else ()


class HeldLink:
    """A recording of the scripted set that plays at once, and either ends, holds still or fails at `until_s`."""

    def __init__(
        self, until_s: float = END_S, *, hold: bool = False, failure: Exception | None = None, label: str = "squat.btr"
    ) -> None:
        self.label = label
        self.metadata = RecordingMetadata(exercise="squat", load_kg=100.0)
        self.recording = None
        self.paused = False
        self.speed = float("inf")
        self.position_s = 0.0
        self.duration_s = END_S
        self.notices: list[LinkNotice] = []
        self.given = 0
        self._until_s = until_s
        self._hold = hold
        self._failure = failure
        self._at_end = threading.Event()
        self._closed = threading.Event()

    def items(self) -> Iterator[StampedBlock | LinkNotice]:
        yield from self.notices
        count = round(self._until_s * RATE_HZ)
        for first in range(0, count, BLOCK):
            if self._closed.is_set():
                break
            index = np.arange(first, min(first + BLOCK, count))
            self.position_s = float(index[-1] / RATE_HZ)
            self.given += 1
            clipped = np.zeros(len(index), dtype=bool)
            zeros = np.zeros((len(index), 3))
            yield StampedBlock(index, index / RATE_HZ, zeros, zeros, clipped, clipped, self.position_s)
        self._at_end.set()
        if self._failure is not None:
            raise self._failure
        if self._hold:
            self._closed.wait()

    def close(self) -> None:
        self._closed.set()

    def wait_given(self) -> bool:
        """Wait until the link has given all that it will."""
        return self._at_end.wait(10.0)

    def all_taken(self, state: LiveState) -> bool:
        """Whether the state holds the link's last sample."""
        return bool(len(state.motion)) and state.motion.t_s[-1] >= self.position_s


DAMAGED = BartrackerError(
    "squat.btr", "the recording is damaged from 0:14 on", "copy it again; what came before is shown"
)
