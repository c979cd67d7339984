"""Which samples of a live sensor are missing, and what to ask for again. Pure: no radio, no clock of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bartracker.wire import DataPacket
from bartracker.wire.commands import MOST_SPANS, Fetch

_WRAP: Final = 1 << 32
_LONGEST_SPAN: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class RepairHabits:
    """How a link asks.

    Attributes:
        again_s: what has not come so long after it was asked for is asked for again, s (0.2-2): some bursts of the
            sensor and some connection intervals.
        most_tries: a hole is given up after so many (5-50); a loss of 20 % needs more than 12 once in 10^8.
        longest_hole_s: a longer hole is none (the sensor's ring holds less), s.
    """

    again_s: float = 0.4
    most_tries: int = 25
    longest_hole_s: float = 600.0


@dataclass(slots=True)
class _Hole:
    """Samples first <= i < end that have not come."""

    first: int
    end: int
    asked_s: float = float("-inf")
    tries: int = 0


class Repairs:
    """Note every packet, ask what is due, settle with the answer. Indices are unwrapped here, u32 on the wire.

    `missed_packets`: how many did not come at first, since it was made; most come when they are asked for.
    `given_up_samples`: those of holes that the sensor no longer holds, or that were asked for too often.
    """

    def __init__(self, habits: RepairHabits | None = None) -> None:
        self._habits = habits or RepairHabits()
        self.missed_packets: int = 0
        self.given_up_samples: int = 0
        self.restart()

    def restart(self) -> None:
        """The sensor's index began anew: forget everything."""
        self._holes: list[_Hole] = []
        self._end: int | None = None
        self._counter: int = 0
        self._epoch = 0

    @property
    def open(self) -> bool:
        """Whether anything is missing that can still be had."""
        return bool(self._holes)

    @property
    def missing_samples(self) -> int:
        """How many samples are asked for still."""
        return sum(hole.end - hole.first for hole in self._holes)

    @property
    def resume_index(self) -> int | None:
        """From which sample, u32, a new connection should go on; None: from the newest."""
        if self._end is None:
            return None
        return (self._holes[0].first if self._holes else self._end) % _WRAP

    def note(self, packet: DataPacket, rate_hz: float) -> None:
        """A packet has come."""
        if self._end is None or packet.epoch != self._epoch:
            self.restart()
            self._begin(packet)
            return
        first = self._end + _signed(packet.first_index - self._end)
        if first - self._end > self._habits.longest_hole_s * rate_hz:
            self._begin(packet)
            return
        end = first + len(packet.counts)
        if first > self._end and packet.counter != (self._counter + 1) & 0xFFFF:
            self._holes.append(_Hole(self._end, first))
            self.missed_packets += (packet.counter - self._counter - 1) & 0xFFFF
        if first < self._end:
            self._fill(first, end)
        if end > self._end:
            self._end, self._counter = end, packet.counter

    def note_end(self, end_index: int, rate_hz: float) -> None:
        """The sensor has stopped; `end_index`, u32, follows its last sample: what has not come before it is missing."""
        if self._end is None:
            return
        end = self._end + _signed(end_index - self._end)
        if 0 < end - self._end <= self._habits.longest_hole_s * rate_hz:
            self._holes.append(_Hole(self._end, end))
            self._end = end

    def ask(self, now_s: float) -> Fetch | None:
        """What to ask for now, oldest first; None: nothing is due."""
        due = [hole for hole in self._holes if now_s - hole.asked_s > self._habits.again_s][:MOST_SPANS]
        if not due:
            return None
        for hole in due:
            hole.asked_s = now_s
            hole.tries += 1
        return Fetch(tuple((hole.first % _WRAP, min(hole.end - hole.first, _LONGEST_SPAN)) for hole in due))

    def settle(self, asked: Fetch, gone: int) -> None:
        """The sensor has answered: bit n of `gone` says that nothing of span n is held."""
        firsts = {first for n, (first, _) in enumerate(asked.spans) if gone >> n & 1}
        kept: list[_Hole] = []
        for hole in self._holes:
            if hole.first % _WRAP in firsts or hole.tries >= self._habits.most_tries:
                self.given_up_samples += hole.end - hole.first
            else:
                kept.append(hole)
        self._holes = kept

    def _begin(self, packet: DataPacket) -> None:
        self._epoch = packet.epoch
        self._end = packet.first_index + len(packet.counts)
        self._counter = packet.counter

    def _fill(self, first: int, end: int) -> None:
        self._holes = [part for hole in self._holes for part in _without(hole, first, end)]


def _without(hole: _Hole, first: int, end: int) -> Sequence[_Hole]:
    """What is left of a hole when first <= i < end have come."""
    if end <= hole.first or hole.end <= first:
        return (hole,)
    parts = (_Hole(hole.first, first, hole.asked_s, hole.tries), _Hole(end, hole.end, hole.asked_s, hole.tries))
    return [part for part in parts if part.first < part.end]


def _signed(difference: int) -> int:
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2
