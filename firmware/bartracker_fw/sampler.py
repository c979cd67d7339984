# From samples to packets: the drivers' FIFO decoders write counts into it, it keeps index, time and flags.
# Imports neither machine nor bluetooth.
from bartracker_fw import wire
from bartracker_fw.clock import DeviceClock, SampleClock
from bartracker_fw.ring import PacketRing


class Sampler:
    # A decoder writes one sample's 12 bytes at buf[at] (wire order) and calls `push`; `skip` for samples that are lost.
    def __init__(self, ring: PacketRing, device: DeviceClock, epoch: int) -> None:
        self.ring = ring
        self.clock = SampleClock()
        self.buf = ring.buf
        self.at = ring.at
        self.samples = 0
        self.overflows = 0
        self._device = device
        self._epoch = (epoch & 3) << 6
        self._flags = 0
        self._clipped = 0

    def push(self) -> None:
        buf = self.buf
        at = self.at
        if self._at_end(buf, at) or self._at_end(buf, at + 2) or self._at_end(buf, at + 4):
            self._clipped |= wire.ACC_CLIPPED
        if self._at_end(buf, at + 6) or self._at_end(buf, at + 8) or self._at_end(buf, at + 10):
            self._clipped |= wire.GYR_CLIPPED
        self.samples += 1
        ring = self.ring
        ring.add()
        if ring.open_samples >= ring.samples:
            self.flush()
        else:
            self.at = ring.at

    def _at_end(self, buf: bytearray, at: int) -> bool:
        # 32767, -32767 or -32768.
        high = buf[at + 1]
        if high == 0x7F:
            return buf[at] == 0xFF
        return high == 0x80 and buf[at] < 2

    def flush(self) -> None:
        # Close the open packet, if it holds a sample.
        ring = self.ring
        n = ring.open_samples
        if n:
            clock = self.clock
            flags = self._epoch | self._flags | self._clipped
            ring.close(flags, clock.index_hi, clock.index_lo, clock.us_hi, clock.us_lo)
            self._flags = 0
            self._clipped = 0
            clock.advance(n)
        self.at = ring.at

    def skip(self, n: int) -> None:
        # n sampling periods went by without a sample.
        if n > 0:
            self.flush()
            self.clock.advance(n)
            self._flags |= wire.GAP

    def overflow(self) -> None:
        # The chip's FIFO ran over before the next sample.
        self.flush()
        self._flags |= wire.OVERFLOW
        self.overflows += 1

    def newest_at(self, ticks) -> None:
        # The last sample pushed was the newest at this tick.
        n = self.ring.open_samples
        self._device.at(ticks)
        self.clock.observe(self._device.at_hi, self._device.at_lo, n)

    def emptied_at(self, ticks) -> None:
        # The FIFO was thrown away at this tick: the periods until then are lost.
        self.flush()
        self._device.at(ticks)
        self.skip(self.clock.due(self._device.at_hi, self._device.at_lo))
