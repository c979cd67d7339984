"""Packets that came late put back into their places: a hole in the sample index is waited for, for a bounded time, and
what follows is held back meanwhile. Pure: the rules look at packets and their recorded arrival times alone, so a replay
makes the same decisions. Bytes are `data`'s, samples `stream`'s.
"""

import bisect
import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from bartracker.samples import StampedBlock
from bartracker.wire.data import DataPacket, PacketFlags, decode_data_packet
from bartracker.wire.errors import WireError
from bartracker.wire.info import SensorInfo
from bartracker.wire.stream import PacketStream, StreamStatistics

_WRAP: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class RepairSettings:
    """How long a hole is waited for.

    Attributes:
        hold_s: after so much time in which packets came, live results go on without the missing ones, s (1-10). At a
            loss of 20 % with outages one packet in 23 000 took longer (`benchmarks/link_faults.py`, 20 sets).
        longest_step_s: an interval between packets counts at most so much, s (0.1-1): in an outage nothing can come.
        late_window_samples: a packet at most this far behind came late or twice; farther behind (and no backlog), the
            device has started anew. As in `StreamSettings`.
        most_held: packets held back at most (1000-100000); more than any ring sends.
        complete: wait for as long as there are packets: for a reader that has them all.
    """

    hold_s: float = 3.0
    longest_step_s: float = 0.25
    late_window_samples: int = 256
    most_held: int = 16384
    complete: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    index: int
    packet: DataPacket
    arrival_s: float
    flow_s: float

    @property
    def end(self) -> int:
        return self.index + len(self.packet.counts)


class RepairedStream:
    """A `PacketStream` behind which packets come in the order of their samples. A sensor of protocol 1.0 cannot send
    again: its packets go straight through.
    """

    def __init__(self, info: SensorInfo, settings: RepairSettings | None = None) -> None:
        self._settings = settings or RepairSettings()
        self._stream = PacketStream(info)
        self._info = info
        self._repairs = info.repairs
        self._held: list[_Held] = []
        self._last: _Held | None = None
        self._given_up: deque[tuple[int, int]] = deque(maxlen=256)
        self._flow_s = 0.0
        self._arrival_s = math.nan
        self._repeated = self._late = self._overdue = 0

    def use_info(self, info: SensorInfo) -> tuple[StampedBlock, ...]:
        """Read the packets from here on by another info characteristic; gives what was held back. Another MTU alone
        changes nothing.
        """
        old, self._info = self._info, info
        if replace(info, att_mtu=0) == replace(old, att_mtu=0):
            return ()
        blocks = self.flush()
        self._stream.use_info(info)
        self._repairs = info.repairs
        return blocks

    @property
    def statistics(self) -> StreamStatistics:
        """The counts so far; samples of a hole that is still waited for are not lost yet."""
        known = self._stream.statistics
        return replace(
            known,
            late_packets=known.late_packets + self._late,
            repeated_packets=self._repeated,
            overdue_packets=self._overdue,
        )

    def push(self, raw: bytes | memoryview, arrival_s: float) -> tuple[StampedBlock, ...]:
        """The blocks that one more packet makes known, in the order of their samples; any bytes whatever are taken.
        `arrival_s`: host clock, s, or NaN.
        """
        try:
            packet = decode_data_packet(raw)
        except WireError as error:
            self._stream.refuse(error)
            return ()
        self._let_flow(arrival_s)
        blocks: list[StampedBlock] = []
        last = self._last
        if not self._repairs or last is None or packet.epoch != last.packet.epoch:
            blocks += self.flush()
            self._deliver(_Held(packet.first_index, packet, arrival_s, self._flow_s), blocks)
            return tuple(blocks)
        top = self._held[-1] if self._held else last
        held = _Held(
            last.index + _signed(packet.first_index - last.packet.first_index), packet, arrival_s, self._flow_s
        )
        behind = top.end - held.end
        if behind > self._settings.late_window_samples and PacketFlags.BACKLOG not in packet.flags:
            # The device began anew without another epoch: the stream has its own rules for that.
            blocks += self.flush()
            self._deliver(held, blocks)
        elif held.index < last.end:
            self._count_old(held)
        else:
            self._hold(held)
        self._release(blocks)
        return tuple(blocks)

    def flush(self) -> tuple[StampedBlock, ...]:
        """What was held back: no more packets will come that could go before it."""
        blocks: list[StampedBlock] = []
        while self._held:
            self._deliver(self._held.pop(0), blocks)
        return tuple(blocks)

    def _let_flow(self, arrival_s: float) -> None:
        step_s = arrival_s - self._arrival_s
        if math.isfinite(step_s):
            self._flow_s += min(max(step_s, 0.0), self._settings.longest_step_s)
        self._arrival_s = arrival_s

    def _count_old(self, old: _Held) -> None:
        if any(first < old.end and old.index < end for first, end in self._given_up):
            self._late += 1
        else:
            self._repeated += 1

    def _hold(self, new: _Held) -> None:
        place = bisect.bisect_left(self._held, new.index, key=lambda each: each.index)
        if place < len(self._held) and self._held[place].index == new.index:
            self._repeated += 1
            return
        if place < len(self._held) and self._waited_s > self._settings.hold_s:
            self._overdue += 1
        self._held.insert(place, new)

    def _release(self, blocks: list[StampedBlock]) -> None:
        while self._held and self._may_go(self._held[0]):
            self._deliver(self._held.pop(0), blocks)

    def _may_go(self, first: _Held) -> bool:
        last = self._last
        if last is None or first.index <= last.end or first.packet.counter == (last.packet.counter + 1) & 0xFFFF:
            return True  # nothing is missing, or what is missing was never in a packet
        if self._settings.complete:
            return False
        return self._waited_s > self._settings.hold_s or len(self._held) > self._settings.most_held

    @property
    def _waited_s(self) -> float:
        """How long the first hole has been known: since the first packet came that stands behind it."""
        return self._flow_s - min(held.flow_s for held in self._held)

    def _deliver(self, held: _Held, blocks: list[StampedBlock]) -> None:
        last = self._last
        if last is not None and held.packet.epoch == last.packet.epoch and held.index > last.end:
            self._given_up.append((last.end, held.index))
        block = self._stream.push_packet(held.packet, held.arrival_s)
        self._last = held
        if block is not None:
            blocks.append(block)


def _signed(difference: int) -> int:
    """A difference of two 32-bit counters as the nearest signed number."""
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2
