"""A recording as a source: its blocks, each when it would have arrived. Reading the file is exchange's and recording's
job.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.links.link import LinkItem, LinkNotice
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.samples import FloatArray, StampedBlock

_NEAR_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class PlaybackSettings:
    """Limits of playback.

    Attributes:
        slowest, fastest: speeds a person may choose besides "as fast as possible"; slower shows nothing new, faster
            cannot be followed.
        catch_up_s: a consumer that was late gets at most this much of the recording at once, s of real time; a
            debugger's stop or a sleeping laptop is not made up for.
        arrival_slack_s, arrival_slack: arrival times are believed if they span as long as the stamps do, within this
            time and share; Bluetooth delays packets by well below that.
    """

    slowest: float = 0.25
    fastest: float = 16.0
    catch_up_s: float = 0.5
    arrival_slack_s: float = 30.0
    arrival_slack: float = 0.1


class PacingClock(Protocol):
    """Time as playback needs it; tests bring their own."""

    def now_s(self) -> float:
        """A clock that never goes back, s."""
        ...

    def wait(self, condition: threading.Condition, timeout_s: float | None) -> None:
        """Wait until the (held) condition is notified or the time is over; None: only for the notification."""
        ...


class MonotonicClock:
    """The computer's own clock."""

    def now_s(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, timeout_s: float | None) -> None:
        """Wait on the condition."""
        condition.wait(timeout_s)


class FileLink:
    """Plays a recording: `items` in one thread, the controls from any other.

    Blocks come when the host had received them; where that is unknown, when their last sample was taken. Damage found
    in the file is the first thing it says; recorded link faults come in their places.

    `recording` may be a function that reads it, which `items` or `load` call: a long one takes seconds.
    """

    def __init__(
        self,
        recording: Recording | Callable[[], Recording],
        label: str,
        *,
        path: Path | None = None,
        speed: float = 1.0,
        clock: PacingClock | None = None,
        settings: PlaybackSettings | None = None,
    ) -> None:
        self._settings = settings or PlaybackSettings()
        self._read = recording if callable(recording) else None
        self._recording: Recording | None = None
        self._refusal: BartrackerError | None = None
        self._reading = threading.Lock()
        self._path = path
        self._label = label
        self._clock = clock or MonotonicClock()
        self._speed = checked_speed(speed, self._settings)
        self._paused = False
        self._closed = False
        self._changed = threading.Condition()
        self._due_s, self._by_arrival = np.zeros(0), False
        self._position_s = 0.0
        self._limit_s = 0.0  # the playback stands still here until the consumer comes for more
        self._last_now_s: float | None = None
        if not callable(recording):
            self._take(recording)

    def load(self) -> Recording:
        """All of the file, read now where it was not. Raises BartrackerError for one that cannot be used."""
        with self._reading:
            if self._refusal is not None:
                raise self._refusal
            if self._recording is None:
                assert self._read is not None
                try:
                    self._take(self._read())
                except BartrackerError as error:
                    self._refusal = error
                    raise
            assert self._recording is not None
            return self._recording

    def _take(self, recording: Recording) -> None:
        due = _due_times(recording, self._settings)
        with self._changed:
            self._due_s, self._by_arrival = due
            self._recording = recording
            self._path = self._path or recording.path

    @property
    def path(self) -> Path | None:
        """Where the file is, if it is one."""
        return self._path

    @property
    def label(self) -> str:
        """Name of the file."""
        return self._label

    @property
    def metadata(self) -> RecordingMetadata:
        """What the file says of itself; nothing before it has been read."""
        return RecordingMetadata() if self._recording is None else self._recording.metadata

    @property
    def recording(self) -> Recording | None:
        """All of the file; None before it has been read."""
        return self._recording

    @property
    def duration_s(self) -> float:
        """From the first block's time to the last one's, s; 0 before the file has been read."""
        return float(self._due_s[-1]) if len(self._due_s) else 0.0

    @property
    def position_s(self) -> float:
        """How far the playback is, s from the first block's time."""
        with self._changed:
            self._advance()
            return self._position_s

    @property
    def paused(self) -> bool:
        """Held by the user."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        with self._changed:
            self._advance()
            self._paused = paused
            self._changed.notify_all()

    @property
    def speed(self) -> float:
        """Times as fast as recorded; infinity (or set to 0): as fast as possible. Setting raises BartrackerError
        outside the limits.
        """
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = checked_speed(speed, self._settings)
        with self._changed:
            self._advance()
            self._speed = checked
            self._changed.notify_all()

    def close(self) -> None:
        """End `items` at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def items(self) -> Iterator[LinkItem]:
        """What the file holds, paced; ends with it or with `close`. Raises BartrackerError as `load` does."""
        recording = self.load()
        blocks = recording.blocks
        start_s = _first_stamp_s(blocks)
        for problem in recording.problems:
            yield LinkNotice(start_s, "damage", problem, "warning")
        events = list(recording.events)
        for due_s, block in zip(self._due_s.tolist(), blocks, strict=True):
            while events and not (self._by_arrival and events[0].arrival_s > block.arrival_s):
                event = events.pop(0)
                offset_s = event.arrival_s - blocks[0].arrival_s if self._by_arrival else math.nan
                yield LinkNotice(
                    start_s + (offset_s if math.isfinite(offset_s) else 0.0), event.code, event.text, "warning"
                )
            if not self._wait_until(due_s):
                return
            yield block
        for event in events:
            yield LinkNotice(start_s + self.duration_s, event.code, event.text, "warning")

    def _wait_until(self, due_s: float) -> bool:
        """Let the playback run up to `due_s`; False if it was closed before."""
        with self._changed:
            self._advance()
            self._limit_s = due_s
            while not self._closed:
                if not self._paused and (math.isinf(self._speed) or self._position_s >= due_s - _NEAR_S):
                    self._position_s = max(self._position_s, due_s)
                    # Being a little late is made up for, so that slow consumers don't slow the playback down.
                    self._limit_s = due_s + self._settings.catch_up_s * min(self._speed, self._settings.fastest)
                    return True
                rest_s = None if self._paused else min((due_s - self._position_s) / self._speed, threading.TIMEOUT_MAX)
                self._clock.wait(self._changed, rest_s)
                self._advance()
            return False

    def _advance(self) -> None:
        """Bring the position up to now; call with the condition held."""
        now_s = self._clock.now_s()
        if self._last_now_s is not None and not self._paused and math.isfinite(self._speed):
            moved_s = self._position_s + (now_s - self._last_now_s) * self._speed
            self._position_s = min(moved_s, max(self._limit_s, self._position_s), self.duration_s)
        self._last_now_s = now_s


def checked_speed(speed: float, settings: PlaybackSettings) -> float:
    """A playback speed within the limits; 0 becomes infinity. Raises BartrackerError for any other."""
    if speed == 0 or speed == math.inf:
        return math.inf
    if settings.slowest <= speed <= settings.fastest:
        return speed
    limits = f"{settings.slowest:g} to {settings.fastest:g}"
    raise BartrackerError(
        f"speed {speed:g}", "this speed is not possible", f"choose {limits}, or 0 for as fast as possible"
    )


def _first_stamp_s(blocks: tuple[StampedBlock, ...]) -> float:
    for block in blocks:
        if len(block) and math.isfinite(block.stamp_s[0]):
            return float(block.stamp_s[0])
    return 0.0


def _due_times(recording: Recording, settings: PlaybackSettings) -> tuple[FloatArray, bool]:
    """When each block is due, (N,) s from the first, never falling; and whether that is by the host's arrival times."""
    blocks = recording.blocks
    if not blocks:
        return np.zeros(0), False
    period_s = 1 / recording.nominal_rate_hz if recording.nominal_rate_hz else 0.0
    sampled = np.array([_last_sample_s(block, period_s) for block in blocks])
    sampled = np.fmax.accumulate(sampled)
    arrived = np.array([block.arrival_s for block in blocks])
    with np.errstate(over="ignore"):
        arrived_span, sampled_span = arrived[-1] - arrived[0], sampled[-1] - sampled[0]
    slack_s = settings.arrival_slack_s + settings.arrival_slack * sampled_span
    by_arrival = bool(np.isfinite(arrived).all()) and not abs(arrived_span - sampled_span) > slack_s
    due = np.maximum.accumulate(arrived) if by_arrival else sampled
    return np.nan_to_num(due - due[0], nan=0.0), by_arrival


def _last_sample_s(block: StampedBlock, period_s: float) -> float:
    known = np.flatnonzero(np.isfinite(block.stamp_s))
    if not len(known):
        return math.nan
    last = int(known[-1])
    return float(block.stamp_s[last]) + int(block.sample_index[-1] - block.sample_index[last]) * period_s
