"""Packets that come late, twice or never: whatever the order of arrival, samples come out in theirs, once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.links.repairs import RepairHabits, Repairs
from bartracker.samples import StampedBlock
from bartracker.wire import (
    DataPacket,
    PacketFlags,
    RepairedStream,
    RepairSettings,
    SensorInfo,
    decode_data_packet,
    encode_data_packet,
)

INFO = SensorInfo(1, 16, 2000, 0.0047856, 0.0012217, 100.0, protocol_minor=1)
SAMPLES = 5
START = 2**32 - 37  # the index wraps soon
PERIOD_S = SAMPLES / 100.0


def raw(number: int, *, again: bool = False) -> bytes:
    index = START + SAMPLES * number
    counts = np.full((SAMPLES, 6), number % 30000, np.int16)
    flags = PacketFlags.BACKLOG if again else PacketFlags.NONE
    return encode_data_packet(DataPacket(number + 65530, index, 10_000 * (index - START), counts, flags, 1))


def push_all(arrivals: list[tuple[int, float, bool]], *, complete: bool = False) -> tuple[list[int], RepairedStream]:
    """Packet numbers in the order in which they come out."""
    stream = RepairedStream(INFO, RepairSettings(hold_s=1.0, complete=complete))
    blocks: list[StampedBlock] = []
    for number, arrival_s, again in arrivals:
        blocks += stream.push(raw(number, again=again), arrival_s)
    blocks += stream.flush()
    index = np.concatenate([block.sample_index for block in blocks]) if blocks else np.zeros(0)
    assert (np.diff(index) > 0).all()
    numbers = [round(float(block.acc_mps2[0, 0]) / INFO.acc_mps2_per_count) for block in blocks]
    assert [int(block.sample_index[0] - START) // SAMPLES for block in blocks] == numbers
    return numbers, stream


@st.composite
def journeys(draw: st.DrawFn) -> list[tuple[int, float, bool]]:
    """A stream in which some packets are lost at first, and some of these come later, some of them twice."""
    count = draw(st.integers(2, 60))
    lost = draw(st.sets(st.integers(1, count - 1), max_size=count // 2))
    arrivals = [(number * PERIOD_S, number, False) for number in range(count) if number not in lost]
    for number in lost:
        delays_s = draw(st.lists(st.floats(0.06, 4.0), max_size=2))
        arrivals += [(number * PERIOD_S + delay_s, number, True) for delay_s in delays_s]
    return [(number, arrival_s, again) for arrival_s, number, again in sorted(arrivals)]


@settings(deadline=None, max_examples=150)
@given(arrivals=journeys())
def test_all_that_came_is_there_once_and_in_order(arrivals: list[tuple[int, float, bool]]) -> None:
    came = sorted({number for number, *_ in arrivals})
    complete, stream = push_all(arrivals, complete=True)
    assert complete == came
    statistics = stream.statistics
    assert statistics.packets + statistics.repeated_packets == len(arrivals)
    assert statistics.samples + statistics.lost_samples == SAMPLES * (came[-1] - came[0] + 1)
    live, stream = push_all(arrivals)
    assert live == [number for number in came if number in set(live)]
    statistics = stream.statistics
    assert statistics.packets + statistics.late_packets + statistics.repeated_packets == len(arrivals)
    # What came within the time that is waited is never left out.
    early = {number for number, arrival_s, _ in arrivals if arrival_s - number * PERIOD_S < 0.9}
    assert early <= set(live)


@settings(deadline=None, max_examples=60)
@given(arrivals=journeys(), cut=st.integers(0, 200))
def test_nothing_waits_longer_than_it_may(arrivals: list[tuple[int, float, bool]], cut: int) -> None:
    """At any moment all that is older than the time that is waited has come out."""
    stream = RepairedStream(INFO, RepairSettings(hold_s=1.0, longest_step_s=60.0))
    out: list[int] = []
    for number, arrival_s, again in arrivals[:cut]:
        blocks = stream.push(raw(number, again=again), arrival_s)
        out += [int(block.sample_index[0] - START) // SAMPLES for block in blocks]
        due = {n for n, at_s, _ in arrivals[:cut] if at_s < arrival_s - 1.0 - PERIOD_S}
        missed = stream.statistics.late_packets
        assert len(due - set(out)) <= missed


def test_a_sensor_that_cannot_send_again_is_not_waited_for() -> None:
    stream = RepairedStream(SensorInfo(1, 16, 2000, 0.0047856, 0.0012217, 100.0))
    assert len(stream.push(raw(0), 0.0)) == 1
    assert len(stream.push(raw(5), 0.25)) == 1
    assert stream.statistics.lost_samples == 4 * SAMPLES


def test_samples_that_never_were_in_a_packet_are_not_waited_for() -> None:
    """The counter goes on where the index jumps: the chip ran over, nothing was lost on the way."""
    stream = RepairedStream(INFO)
    first = decode_data_packet(raw(0))
    stream.push(raw(0), 0.0)
    later = DataPacket(first.counter + 1, first.first_index + 500, 5_000_000, first.counts, PacketFlags.GAP, 1)
    assert len(stream.push(encode_data_packet(later), 5.0)) == 1
    assert stream.statistics.lost_samples == 495


def test_a_restart_of_the_sensor_gives_up_what_was_waited_for() -> None:
    stream = RepairedStream(INFO)
    stream.push(raw(0), 0.0)
    assert stream.push(raw(3), 0.15) == ()
    counts = np.zeros((SAMPLES, 6), np.int16)
    blocks = stream.push(encode_data_packet(DataPacket(0, 0, 0, counts, PacketFlags.NONE, 2)), 0.9)
    assert len(blocks) == 2
    assert stream.statistics.resets == 1


def test_another_mtu_alone_gives_nothing_up() -> None:
    stream = RepairedStream(INFO)
    stream.push(raw(0), 0.0)
    assert stream.push(raw(2), 0.1) == ()
    same = SensorInfo(1, 16, 2000, 0.0047856, 0.0012217, 100.0, protocol_minor=1, att_mtu=185)
    assert stream.use_info(same) == ()
    assert len(stream.push(raw(1, again=True), 0.2)) == 2


@settings(deadline=None, max_examples=150)
@given(arrivals=journeys(), answers=st.integers(0, 2**32))
def test_holes_are_asked_for_until_they_are_filled_or_gone(
    arrivals: list[tuple[int, float, bool]], answers: int
) -> None:
    repairs = Repairs(RepairHabits(again_s=0.1, most_tries=3))
    came: set[int] = set()
    for number, arrival_s, again in arrivals:
        repairs.note(decode_data_packet(raw(number, again=again)), 100.0)
        came.add(number)
        fetch = repairs.ask(arrival_s)
        if fetch is None:
            continue
        for first, samples in fetch.spans:
            offset = (first - START) % 2**32
            asked = range(offset // SAMPLES, (offset + samples) // SAMPLES)
            assert offset % SAMPLES == samples % SAMPLES == 0
            assert not came & set(asked)
            assert max(asked) < max(came)
        assert repairs.ask(arrival_s) is None or len(fetch.spans) == 4
        repairs.settle(fetch, answers & 15)
        answers >>= 4
    for later_s in range(100):
        fetch = repairs.ask(1e6 + later_s)
        if fetch is not None:
            repairs.settle(fetch, 0)
    assert not repairs.open


def test_a_new_connection_goes_on_at_the_first_hole() -> None:
    repairs = Repairs()
    assert repairs.resume_index is None
    for number in (0, 1, 3, 4):
        repairs.note(decode_data_packet(raw(number)), 100.0)
    assert repairs.resume_index == (START + 2 * SAMPLES) % 2**32
    repairs.note(decode_data_packet(raw(2, again=True)), 100.0)
    assert repairs.resume_index == (START + 5 * SAMPLES) % 2**32
