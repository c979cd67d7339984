# The packets of the last seconds, ready to send, in one block of memory. A packet that is sent again is the same.
# Imports neither machine nor bluetooth.
from array import array

from micropython import const

from bartracker_fw import wire
from bartracker_fw.clock import difference_us

_SLOT = const(242)
_POSITION_MASK = const(0x0FFFFFFF)
# More packets than this waiting behind it: a packet was held back.
_BACKLOG_PACKETS = const(4)
# Spans asked for again that may wait; a power of two.
_SPANS = const(16)


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
        # The next packet for the log in flash.
        self._logged = 0
        # The next packet to look at for motion.
        self._watched = 0
        # Spans to send again, as positions: a queue in a circle.
        self._span_from = array("i", [0] * _SPANS)
        self._span_to = array("i", [0] * _SPANS)
        self._spans_head = 0
        self.spans = 0
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

    def finish(self) -> None:
        # What waits counts as sent, so that a host that knows how far the samples go can fetch it.
        while self._next != self._head:
            slot = self._next & self._mask
            self._number(slot)
            self._numbered[slot] = 2
            self._next = (self._next + 1) & _POSITION_MASK
        self.stop()

    def start_live(self) -> None:
        # Send what is closed from now on.
        if self._next != self._head and self.sent:
            self._gap = True
        self._next = self._head
        self._promised = True

    def start_from(self, index_hi: int, index_lo: int) -> None:
        # Send again from the oldest packet that holds this sample or a later one.
        position = self._find(index_hi, index_lo)
        self._next = position
        self._promised = True

    def _find(self, index_hi: int, index_lo: int) -> int:
        # Position of the oldest packet that holds this sample or a later one; the head if there is none.
        buf = self.buf
        low = 0
        high = self._since(self._tail)
        while low < high:
            middle = (low + high) >> 1
            base = ((self._tail + middle) & self._mask) * _SLOT
            first_lo = buf[base + 4] | buf[base + 5] << 8
            first_hi = buf[base + 6] | buf[base + 7] << 8
            if difference_us(index_hi, index_lo, first_hi, first_lo) < buf[base + 12]:
                high = middle
            else:
                low = middle + 1
        return (self._tail + low) & _POSITION_MASK

    def room(self) -> int:
        # Spans that `fetch` can still take.
        return _SPANS - self.spans

    def fetch(self, index_hi: int, index_lo: int, samples: int) -> bool:
        # Send again what was sent of this span, besides what is due. False: nothing of it is held any more.
        start = self._find(index_hi, index_lo)
        last = index_lo + samples - 1
        end = self._find((index_hi + (last >> 16)) & 0xFFFF, last & 0xFFFF)
        if end != self._head:
            base = (end & self._mask) * _SLOT
            first_lo = self.buf[base + 4] | self.buf[base + 5] << 8
            first_hi = self.buf[base + 6] | self.buf[base + 7] << 8
            if difference_us((index_hi + (last >> 16)) & 0xFFFF, last & 0xFFFF, first_hi, first_lo) >= 0:
                end = (end + 1) & _POSITION_MASK
        if start == end:
            return False
        slot = (self._spans_head + self.spans) & (_SPANS - 1)
        self._span_from[slot] = start
        self._span_to[slot] = end
        self.spans += 1
        return True

    def peek_again(self) -> "memoryview | None":
        # The next packet that was asked for again; call `pop_again` once it is on its way.
        while self.spans:
            slot = self._spans_head
            position = self._span_from[slot]
            if self._since(position) > self._since(self._tail):
                position = self._tail
            # What was never sent is still to come, or was promised to nobody.
            if self._since(position) > self._since(self._span_to[slot]):
                self._span_from[slot] = position
                if self._numbered[position & self._mask] == 2:
                    self.buf[(position & self._mask) * _SLOT + 1] |= wire.BACKLOG
                    return self._view(position & self._mask)
                self.pop_again()
            else:
                self._spans_head = (slot + 1) & (_SPANS - 1)
                self.spans -= 1
        return None

    def pop_again(self) -> None:
        slot = self._spans_head
        self._span_from[slot] = (self._span_from[slot] + 1) & _POSITION_MASK

    def forget_spans(self) -> None:
        # The host that asked has gone.
        self.spans = 0

    def peek(self) -> "memoryview | None":
        # The next packet to send, numbered; call `pop` once it is on its way.
        waiting = self._since(self._next)
        if not waiting or not self._promised:
            return None
        slot = self._next & self._mask
        base = slot * _SLOT
        buf = self.buf
        if self._numbered[slot] == 2:
            buf[base + 1] |= wire.BACKLOG
        self._number(slot)
        if waiting > _BACKLOG_PACKETS:
            buf[base + 1] |= wire.BACKLOG
        return self._view(slot)

    def _number(self, slot: int) -> None:
        # Give a packet its counter, once, in the order of their samples.
        if self._numbered[slot]:
            return
        self._numbered[slot] = 1
        base = slot * _SLOT
        self.buf[base + 2] = self._counter & 0xFF
        self.buf[base + 3] = self._counter >> 8
        self._counter = (self._counter + 1) & 0xFFFF
        if self._gap:
            self.buf[base + 1] |= wire.GAP
            self._gap = False

    # For the log in flash

    def mark_newest(self, packets: int) -> None:
        # What is logged next: the newest packets closed so far, or none of them.
        held = self._since(self._tail)
        self._logged = (self._head - (packets if packets < held else held)) & _POSITION_MASK
        self._watched = self._head

    def mark_due(self, sent: int) -> None:
        # What is logged next: what was not sent yet, and so many packets that were.
        held = self._since(self._tail)
        behind = self._since(self._next) + sent
        self._logged = (self._head - (behind if behind < held else held)) & _POSITION_MASK
        self._watched = self._head

    def holds(self, index_hi: int, index_lo: int) -> bool:
        # Whether nothing from this sample on has been overwritten.
        if self._head == self._tail:
            return False
        buf = self.buf
        base = (self._tail & self._mask) * _SLOT
        first_lo = buf[base + 4] | buf[base + 5] << 8
        first_hi = buf[base + 6] | buf[base + 7] << 8
        return difference_us(index_hi, index_lo, first_hi, first_lo) >= 0

    def unlogged(self) -> int:
        # Packets that wait for the log; those overwritten meanwhile are a gap in it.
        held = self._since(self._tail)
        if self._since(self._logged) > held:
            self._logged = self._tail
        return self._since(self._logged)

    def peek_unlogged(self) -> memoryview:
        slot = self._logged & self._mask
        self._number(slot)
        return self._view(slot)

    def pop_unlogged(self) -> None:
        self._logged = (self._logged + 1) & _POSITION_MASK

    def moves(self, acc_still: int, gyr_still: int) -> bool:
        # Whether a packet closed since the last call shows motion: a change of acceleration, or an angular rate, above
        # these counts.
        if self._since(self._watched) > self._since(self._tail):
            self._watched = self._tail
        found = False
        while self._watched != self._head:
            found = found or self._packet_moves(self._watched & self._mask, acc_still, gyr_still)
            self._watched = (self._watched + 1) & _POSITION_MASK
        return found

    def _packet_moves(self, slot: int, acc_still: int, gyr_still: int) -> bool:
        base = slot * _SLOT
        n = self.buf[base + 12]
        if n < 2:
            return False
        first = base + wire.HEADER_LENGTH
        step = (n + 3) // 4
        for k in range(step, n, step):
            at = first + k * wire.SAMPLE_LENGTH
            for axis in range(0, 6, 2):
                if abs(self._count(at + axis) - self._count(first + axis)) > acc_still:
                    return True
                if abs(self._count(at + 6 + axis)) > gyr_still:
                    return True
        return False

    def _count(self, at: int) -> int:
        value = self.buf[at] | self.buf[at + 1] << 8
        return value - 0x10000 if value & 0x8000 else value

    def _view(self, slot: int) -> memoryview:
        base = slot * _SLOT
        n = self.buf[base + 12]
        if n == self.samples:
            return self._views[slot]
        # Packets cut short by a gap are rare: these few bytes may be allocated.
        return memoryview(self.buf)[base : base + wire.HEADER_LENGTH + n * wire.SAMPLE_LENGTH]

    def pop(self) -> None:
        self._numbered[self._next & self._mask] = 2
        self._next = (self._next + 1) & _POSITION_MASK
        self.sent += 1

    def skip(self) -> None:
        # The next packet cannot be sent at all (it is longer than the link's MTU).
        self._drop()
