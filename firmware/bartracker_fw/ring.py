# The packets of the last seconds, ready to send, in one block of memory. A packet that is sent again is the same.
# Imports neither machine nor bluetooth.
from micropython import const

from bartracker_fw import wire
from bartracker_fw.clock import difference_us

_SLOT = const(242)
_POSITION_MASK = const(0x0FFFFFFF)
# More packets than this waiting behind it: a packet was held back.
_BACKLOG_PACKETS = const(4)


class PacketRing:
    # `capacity`: a power of two; one slot is the open packet, so capacity - 1 are kept. Write 12 bytes at buf[at], then
    # call `add`.
    def __init__(self, capacity: int) -> None:
        self.buf = bytearray(capacity * _SLOT)
        self.at = wire.HEADER_LENGTH
        self.open_samples = 0
        self.kept = capacity - 1
        self.dropped = 0
        self.sent = 0
        self._mask = capacity - 1
        self._numbered = bytearray(capacity)
        self._head = 0
        self._next = 0
        self._tail = 0
        self._counter = 0
        self._gap = False
        self._promised = False
        self.samples = 0
        self._views: list[memoryview] = []
        self.set_samples(wire.MOST_SAMPLES)

    def set_samples(self, samples: int) -> None:
        # Samples per packet from here on; allocates, so not while streaming. The open packet must be closed.
        if samples == self.samples:
            return
        self.samples = samples
        whole = memoryview(self.buf)
        size = wire.HEADER_LENGTH + samples * wire.SAMPLE_LENGTH
        self._views = [whole[i * _SLOT : i * _SLOT + size] for i in range(self._mask + 1)]

    def add(self) -> None:
        self.open_samples += 1
        self.at += wire.SAMPLE_LENGTH

    def close(self, flags: int, index_hi: int, index_lo: int, us_hi: int, us_lo: int) -> None:
        # End the open packet; index and time are those of its first sample.
        slot = self._head & self._mask
        wire.put_header(self.buf, slot * _SLOT, flags, index_hi, index_lo, us_hi, us_lo, self.open_samples)
        self._numbered[slot] = 0
        self._head = (self._head + 1) & _POSITION_MASK
        if self._since(self._tail) > self.kept:
            if self._next == self._tail:
                self._drop()
            self._tail = (self._tail + 1) & _POSITION_MASK
        self.at = (self._head & self._mask) * _SLOT + wire.HEADER_LENGTH
        self.open_samples = 0

    def _drop(self) -> None:
        # The oldest packet goes without having been sent.
        if self._promised:
            self.dropped += 1
            if not self._numbered[self._next & self._mask]:
                self._counter = (self._counter + 1) & 0xFFFF
        self._gap = True
        self._next = (self._next + 1) & _POSITION_MASK

    def _since(self, position: int) -> int:
        return (self._head - position) & _POSITION_MASK

    def waiting(self) -> int:
        return self._since(self._next) if self._promised else 0

    def stop(self) -> None:
        # Packets that nobody asked for may be overwritten uncounted.
        self._promised = False

    def start_live(self) -> None:
        # Send what is closed from now on.
        if self._next != self._head and self.sent:
            self._gap = True
        self._next = self._head
        self._promised = True

    def start_from(self, index_hi: int, index_lo: int) -> None:
        # Send again from the oldest packet that holds this sample or a later one.
        position = self._tail
        while position != self._head:
            base = (position & self._mask) * _SLOT
            first_lo = self.buf[base + 4] | self.buf[base + 5] << 8
            first_hi = self.buf[base + 6] | self.buf[base + 7] << 8
            if difference_us(index_hi, index_lo, first_hi, first_lo) < self.buf[base + 12]:
                break
            position = (position + 1) & _POSITION_MASK
        self._next = position
        self._promised = True

    def peek(self) -> "memoryview | None":
        # The next packet to send, numbered; call `pop` once it is on its way.
        waiting = self._since(self._next)
        if not waiting or not self._promised:
            return None
        slot = self._next & self._mask
        base = slot * _SLOT
        buf = self.buf
        if self._numbered[slot]:
            if self._numbered[slot] == 2:
                buf[base + 1] |= wire.BACKLOG
        else:
            self._numbered[slot] = 1
            buf[base + 2] = self._counter & 0xFF
            buf[base + 3] = self._counter >> 8
            self._counter = (self._counter + 1) & 0xFFFF
            if self._gap:
                buf[base + 1] |= wire.GAP
                self._gap = False
        if waiting > _BACKLOG_PACKETS:
            buf[base + 1] |= wire.BACKLOG
        n = buf[base + 12]
        if n == self.samples:
            return self._views[slot]
        # Packets cut short by a gap are rare: these few bytes may be allocated.
        return memoryview(buf)[base : base + wire.HEADER_LENGTH + n * wire.SAMPLE_LENGTH]

    def pop(self) -> None:
        self._numbered[self._next & self._mask] = 2
        self._next = (self._next + 1) & _POSITION_MASK
        self.sent += 1

    def skip(self) -> None:
        # The next packet cannot be sent at all (it is longer than the link's MTU).
        self._drop()
