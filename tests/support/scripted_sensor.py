"""A sensor's link over the scripted set, whose state a test changes while it runs."""

import threading
from collections.abc import Iterator
from queue import Queue

import numpy as np
from scripted_set import BLOCK, RATE_HZ

from bartracker.links import LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LinkHealth, LinkState
from bartracker.recording.recording import RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.wire import SensorInfo, StreamStatistics
from bartracker.wire.status import SensorFault, SensorState, Status


class ScriptedSensor:
    """Gives samples up to the moments that a test asks for; says what its link does, and how full its battery is."""

    recording = None

    def __init__(self, label: str = "bar-1") -> None:
        self.label = label
        self.metadata = RecordingMetadata(exercise="squat", load_kg=100.0)
        self.closed = threading.Event()
        self._items: Queue[StampedBlock | LinkNotice | None] = Queue()
        self._next = 0
        self._state, self._words = LinkState.SEARCHING, "searching for the sensor"
        self._battery_percent: int | None = 80

    def give_until(self, t_s: float) -> float:
        """Queue the samples up to t_s; returns the last one's time."""
        count = round(t_s * RATE_HZ)
        for first in range(self._next, count, BLOCK):
            index = np.arange(first, min(first + BLOCK, count))
            clipped, zeros = np.zeros(len(index), dtype=bool), np.zeros((len(index), 3))
            self._items.put(
                StampedBlock(index, index / RATE_HZ, zeros, zeros, clipped, clipped, float(index[-1] / RATE_HZ))
            )
        self._next = count
        return (count - 1) / RATE_HZ

    def become(self, state: LinkState, words: str) -> None:
        """The link stands like this now, and says so."""
        self._state, self._words = state, words
        self._items.put(LinkNotice(self._next / RATE_HZ, state, words, "warning"))

    def discharge(self, percent: int) -> None:
        """The battery holds so much."""
        self._battery_percent = percent

    def items(self) -> Iterator[StampedBlock | LinkNotice]:
        while (item := self._items.get()) is not None:
            yield item

    def health(self) -> LinkHealth:
        status = Status(
            SensorState.STREAMING, None, self._battery_percent, SensorFault.NONE, 0, 0, 0, 0, 0, None, None, 0
        )
        return LinkHealth(self._state, self._words, StreamStatistics(), status, None, 0)

    def close(self) -> None:
        self.closed.set()
        self._items.put(None)

    finish = close

    def record_to(self, recorder: LinkRecorder) -> None:
        raise AssertionError("nothing is recorded here")

    def connect(self) -> SensorInfo:
        raise AssertionError("nothing connects here")
