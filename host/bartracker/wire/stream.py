"""From data packets to stamped samples: unwraps index and clock, converts counts to SI, counts everything that was
lost or odd.

Pure: the only time here is the device's; a host arrival time is used to place samples after a device reset and nowhere
else.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bartracker.samples import BoolArray, StampedBlock
from bartracker.wire.data import DataPacket, PacketFlags, decode_data_packet
from bartracker.wire.errors import WireError
from bartracker.wire.info import SensorInfo

_WRAP: Final = 1 << 32
_US_PER_S: Final = 1e6


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How far packets may stray before the stream counts as broken.

    Attributes:
        late_window_samples: a packet at most this far behind came late or twice; farther behind (and no backlog), the
            device has started anew. Samples, 19..10000: some packets, well below the time a device takes to boot.
        clock_tolerance: share by which index times nominal period may differ from the device clock, 0.02..0.3: chips
            are a few per cent off.
        clock_tolerance_s: the same for short steps, s, 0.1..2: time stamps are taken a burst at a time.
        longest_gap_s: a longer hole in the index is no loss but nonsense, s.
    """

    late_window_samples: int = 256
    clock_tolerance: float = 0.1
    clock_tolerance_s: float = 0.5
    longest_gap_s: float = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """Counts since the stream began.

    `packets`, `samples`: delivered. `lost_samples`: holes in the sample index, not counting resets, where the number
    is unknown. `lost_packets`: holes in the packet counter (modulo 2^16). `late_packets`: came twice or out of order
    and were dropped. `repeated_packets`: of those sent again on request, the ones that were there already.
    `overdue_packets`: delivered, but too late for live results. `resets`: the device began anew. `jumps`: index and
    device clock contradicted each other. `fifo_overflows`: packets that said so. `errors`: packets refused, by reason.
    """

    packets: int = 0
    samples: int = 0
    lost_samples: int = 0
    lost_packets: int = 0
    late_packets: int = 0
    repeated_packets: int = 0
    overdue_packets: int = 0
    resets: int = 0
    jumps: int = 0
    fifo_overflows: int = 0
    errors: Mapping[str, int] = field(default_factory=dict[str, int])

    def remarks(self) -> tuple[str, ...]:
        """Sentences on what went wrong besides plain loss, for a person; empty if nothing did."""
        said: list[str] = []
        if self.resets:
            said.append(
                f"The sensor restarted {_times(self.resets)}; how many samples are missing there is an estimate."
            )
        if self.jumps:
            said.append(f"The sensor's sample count and clock contradicted each other {_times(self.jumps)}.")
        if self.late_packets:
            said.append(f"{_packets(self.late_packets)} came twice or too late and {_was(self.late_packets)} dropped.")
        if self.overdue_packets:
            late = self.overdue_packets
            said.append(
                f"{_packets(late)} came too late for the live view and {_was(late)} put in place here: numbers may "
                "differ from what was seen live."
            )
        if self.errors:
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.errors.items()))
            total = sum(self.errors.values())
            said.append(f"{_packets(total)} could not be read and {_was(total)} dropped ({reasons}).")
        return tuple(said)


class PacketStream:
    """Turns the packets of one sensor into `StampedBlock`s, one a packet; `push` takes any bytes whatever and never
    raises.

    Times are s since the first sample of the first packet; only a packet's first sample is stamped, the others' stamps
    are NaN. A sample index goes on across a device reset, with a hole as long as the host's clock says.
    """

    def __init__(self, info: SensorInfo, settings: StreamSettings | None = None) -> None:
        self._settings = settings or StreamSettings()
        self._packets = self._samples = self._lost_samples = self._lost_packets = 0
        self._late_packets = self._resets = self._jumps = self._fifo_overflows = 0
        self._errors: Counter[str] = Counter()
        self._last: DataPacket | None = None
        self._last_index = 0  # of the last packet's first sample, on the recording
        self._last_us = 0
        self._last_arrival_s = math.nan
        self.use_info(info)

    def use_info(self, info: SensorInfo) -> None:
        """Read the packets from here on by another info characteristic (rate or range was changed)."""
        self._rate_hz = info.nominal_rate_hz
        axes = np.array(info.axis_map)
        self._columns = np.concatenate([np.abs(axes) - 1, np.abs(axes) + 2])
        self._scales = np.concatenate(
            [np.sign(axes) * info.acc_mps2_per_count, np.sign(axes) * info.gyr_radps_per_count]
        )
        self._clip_count = np.repeat(np.array([info.acc_clip_count, info.gyr_clip_count], dtype=np.int32), 3)
        self._smallest_clip_count = min(info.acc_clip_count, info.gyr_clip_count)

    @property
    def statistics(self) -> StreamStatistics:
        """The counts so far."""
        return StreamStatistics(
            packets=self._packets,
            samples=self._samples,
            lost_samples=self._lost_samples,
            lost_packets=self._lost_packets,
            late_packets=self._late_packets,
            resets=self._resets,
            jumps=self._jumps,
            fifo_overflows=self._fifo_overflows,
            errors=dict(self._errors),
        )

    def push(self, raw: bytes | memoryview, arrival_s: float) -> StampedBlock | None:
        """Samples of one packet, or None where it was refused or dropped; `statistics` says why. `arrival_s`: host
        clock, s, or NaN.
        """
        try:
            packet = decode_data_packet(raw)
        except WireError as error:
            self.refuse(error)
            return None
        return self.push_packet(packet, arrival_s)

    def refuse(self, error: WireError) -> None:
        """Count bytes that are no packet."""
        self._errors[error.reason] += 1

    def push_packet(self, packet: DataPacket, arrival_s: float) -> StampedBlock | None:
        """The same for a packet that has been read already."""
        if not self._place(packet, arrival_s):
            return None
        self._last = packet
        self._last_arrival_s = arrival_s
        self._packets += 1
        self._samples += len(packet.counts)
        self._fifo_overflows += PacketFlags.FIFO_OVERFLOW in packet.flags
        return self._block(packet, arrival_s)

    def _place(self, packet: DataPacket, arrival_s: float) -> bool:
        """Find the packet's place on the recording's index and clock; False if it has none."""
        last = self._last
        if last is None:
            self._last_index = packet.first_index
            return True
        if packet.epoch != last.epoch:
            self._resets += 1
            self._restart(last, arrival_s)
            return True
        step = _signed(packet.first_index - last.first_index)
        behind = len(last.counts) - step
        if behind > 0:
            if behind > self._settings.late_window_samples and PacketFlags.BACKLOG not in packet.flags:
                self._resets += 1
                self._restart(last, arrival_s)
                return True
            if behind < len(packet.counts):
                self._errors["overlap"] += 1
            else:
                self._late_packets += 1
            return False
        step_us = round(step / self._rate_hz * _US_PER_S)
        stray_us = _signed(packet.device_time_us - last.device_time_us - step_us)
        tolerance_us = max(self._settings.clock_tolerance_s * _US_PER_S, self._settings.clock_tolerance * step_us)
        if (
            step_us > self._settings.longest_gap_s * _US_PER_S
            or abs(stray_us) > tolerance_us
            or step_us + stray_us <= 0
        ):
            self._jumps += 1
            self._restart(last, arrival_s)
            return True
        self._lost_samples += -behind
        self._lost_packets += (packet.counter - last.counter - 1) & 0xFFFF
        self._last_index += step
        self._last_us += step_us + stray_us
        return True

    def _restart(self, last: DataPacket, arrival_s: float) -> None:
        """Go on after a break in the device's own count by the time that passed on the host."""
        shortest_s = (len(last.counts) + 1) / self._rate_hz
        elapsed_s = arrival_s - self._last_arrival_s
        if not math.isfinite(elapsed_s):
            elapsed_s = shortest_s
        elapsed_s = min(max(elapsed_s, shortest_s), self._settings.longest_gap_s)
        self._last_index += max(round(elapsed_s * self._rate_hz), len(last.counts) + 1)
        self._last_us += round(elapsed_s * _US_PER_S)

    def _block(self, packet: DataPacket, arrival_s: float) -> StampedBlock:
        counts = packet.counts
        stamp_s = np.full(len(counts), np.nan)
        stamp_s[0] = self._last_us / _US_PER_S
        acc_clipped = np.zeros(len(counts), dtype=np.bool_)
        gyr_clipped = np.zeros(len(counts), dtype=np.bool_)
        # Nearly every packet is free of clipping: two passes over it are cheaper than a look at each sample.
        if int(counts.max()) >= self._smallest_clip_count or int(counts.min()) <= -self._smallest_clip_count:
            at_limit: BoolArray = (counts >= self._clip_count) | (counts <= -self._clip_count)
            acc_clipped[:] = at_limit[:, :3].any(axis=1)
            gyr_clipped[:] = at_limit[:, 3:].any(axis=1)
        # The sensor saw clipping that the counts don't show: which sample is unknown, so it may be any.
        if PacketFlags.ACC_CLIPPED in packet.flags and not acc_clipped.any():
            acc_clipped[:] = True
        if PacketFlags.GYR_CLIPPED in packet.flags and not gyr_clipped.any():
            gyr_clipped[:] = True
        values = counts[:, self._columns] * self._scales
        return StampedBlock(
            sample_index=np.arange(self._last_index, self._last_index + len(counts), dtype=np.int64),
            stamp_s=stamp_s,
            acc_mps2=values[:, :3],
            gyr_radps=values[:, 3:],
            acc_clipped=acc_clipped,
            gyr_clipped=gyr_clipped,
            arrival_s=arrival_s,
        )


def _signed(difference: int) -> int:
    """A difference of two 32-bit counters as the nearest signed number."""
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _packets(count: int) -> str:
    return "1 packet" if count == 1 else f"{count} packets"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
