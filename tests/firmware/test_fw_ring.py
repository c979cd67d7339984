"""The packet ring: order, numbering, overwriting, sending again."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.wire import PacketFlags, decode_data_packet

CAPACITY = 8


def _fill(ring: Any, number: int, samples: int = 2) -> None:
    """Close a packet whose samples all hold `number`."""
    for _ in range(samples):
        ring.buf[ring.at : ring.at + 12] = np.full(6, number, "<i2").tobytes()
        ring.add()
    index = number * 2
    ring.close(0, index >> 16 & 0xFFFF, index & 0xFFFF, 0, number)


def _send(ring: Any) -> bytes:
    packet = bytes(ring.peek())
    ring.pop()
    return packet


def test_packets_come_out_in_order_and_numbered(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.set_samples(2)
    ring.start_live()
    for number in range(20):
        _fill(ring, number)
        packet = decode_data_packet(_send(ring))
        assert (packet.counter, packet.first_index, packet.counts.tolist()) == (number, 2 * number, [[number] * 6] * 2)
        assert packet.flags is PacketFlags.NONE
    assert ring.peek() is None
    assert (ring.sent, ring.dropped, ring.waiting()) == (20, 0, 0)


def test_a_refused_packet_keeps_its_bytes(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.start_live()
    _fill(ring, 1)
    refused = bytes(ring.peek())
    assert _send(ring) == refused


def test_overwritten_packets_are_counted_skipped_and_flagged(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.start_live()
    for number in range(CAPACITY + 4):
        _fill(ring, number)
    assert (ring.dropped, ring.waiting()) == (5, CAPACITY - 1)
    packet = decode_data_packet(_send(ring))
    assert (packet.counter, packet.first_index) == (5, 10)
    assert packet.flags == PacketFlags.GAP | PacketFlags.BACKLOG
    assert PacketFlags.GAP not in decode_data_packet(_send(ring)).flags


def test_nobody_listening_is_no_loss(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    for number in range(3 * CAPACITY):
        _fill(ring, number)
    assert (ring.dropped, ring.waiting()) == (0, 0)
    assert ring.peek() is None
    ring.start_live()
    _fill(ring, 99)
    assert decode_data_packet(_send(ring)).counter == 0


def test_sending_again_gives_the_same_bytes_but_for_the_backlog_flag(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.start_live()
    first: list[bytes] = []
    for number in range(6):
        _fill(ring, number)
        first.append(_send(ring))
    ring.start_from(0, 5)  # the second sample of packet 2
    again = [_send(ring) for _ in range(4)]
    for old, new in zip(first[2:], again, strict=True):
        assert new[1] == old[1] | PacketFlags.BACKLOG
        assert new[:1] + new[2:] == old[:1] + old[2:]
    assert ring.peek() is None


def test_sending_from_beyond_the_ends(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    for number in range(20):
        _fill(ring, number)
    ring.start_from(0, 0)
    assert decode_data_packet(_send(ring)).first_index == 2 * (20 - (CAPACITY - 1))
    ring.start_from(0, 40)
    assert ring.peek() is None


def test_a_short_packet_is_sent_whole(firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.set_samples(19)
    ring.start_live()
    _fill(ring, 7, samples=3)
    packet = decode_data_packet(_send(ring))
    assert packet.counts.tolist() == [[7] * 6] * 3


@settings(deadline=None, max_examples=150)
@given(steps=st.lists(st.sampled_from(["fill", "fill", "send", "refuse", "stop", "live"]), max_size=120))
def test_counters_and_indices_account_for_every_packet(steps: list[str], firmware: Callable[[str], Any]) -> None:
    ring = firmware("ring").PacketRing(CAPACITY)
    ring.set_samples(2)
    ring.start_live()
    number, live, promised = 0, True, 0
    sent: list[Any] = []
    for step in steps:
        if step == "fill":
            _fill(ring, number)
            number += 1
            promised += live
        elif step == "send" and ring.peek() is not None:
            sent.append(decode_data_packet(_send(ring)))
        elif step == "refuse":
            ring.peek()
        elif step == "stop":
            promised -= ring.waiting()
            live = False
            ring.stop()
        elif step == "live":
            promised -= ring.waiting()
            live = True
            ring.start_live()
    assert ring.sent == len(sent)
    assert len(sent) + ring.dropped + ring.waiting() == promised
    for old, new in itertools.pairwise(sent):
        assert new.first_index > old.first_index
        lost = new.first_index - old.first_index > 2
        assert (PacketFlags.GAP in new.flags) == lost
