"""Any packet survives the wire; any bytes become a packet or a counted error; index and time always rise."""

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bartracker.wire import (
    DataPacket,
    PacketFlags,
    PacketStream,
    SensorInfo,
    WireError,
    decode_data_packet,
    decode_info,
    encode_data_packet,
    encode_info,
)
from bartracker.wire.commands import decode_control
from bartracker.wire.replies import decode_control_reply
from bartracker.wire.status import decode_status
from bartracker.wire.time_sync import decode_time_sync_reply, decode_time_sync_request

INFO = SensorInfo(1, 16, 2000, 0.488e-3 * 9.80665, float(np.radians(0.07)), 208.0)
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
COUNTS = st.integers(1, 41).flatmap(lambda n: hnp.arrays(np.int16, (n, 6)))
FLAGS = st.integers(0, 31).map(PacketFlags)
PACKETS = st.builds(DataPacket, U16, U32, U32, COUNTS, FLAGS, st.integers(0, 3))
BYTES = st.one_of(st.binary(max_size=520), st.binary(max_size=60).map(lambda rest: b"\x11" + rest))


@settings(deadline=None, max_examples=100)
@given(PACKETS)
def test_data_round_trip(packet: DataPacket) -> None:
    raw = encode_data_packet(packet)
    assert len(raw) == 14 + 12 * len(packet.counts)
    again = decode_data_packet(raw)
    np.testing.assert_array_equal(again.counts, packet.counts)
    assert encode_data_packet(again) == raw
    assert (again.counter, again.first_index, again.device_time_us, again.flags, again.epoch) == (
        packet.counter,
        packet.first_index,
        packet.device_time_us,
        packet.flags,
        packet.epoch,
    )


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 255),
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)),
    st.binary(min_size=8, max_size=8),
    st.floats(1, 10_000, width=32),
    st.sampled_from([(1, 2, 3), (-1, -2, 3), (2, 3, 1), (-2, 1, 3), (3, -2, 1)]),
    U16,
)
def test_info_round_trip(
    chip_id: int, firmware: tuple[int, int, int], device_id: bytes, rate: float, axes: tuple[int, int, int], boots: int
) -> None:
    info = SensorInfo(
        chip_id, 16, 2000, 0.0048, 0.0012, rate, axis_map=axes, firmware=firmware, boot_count=boots, device_id=device_id
    )
    assert decode_info(encode_info(info)) == info


@settings(deadline=None, max_examples=200)
@given(BYTES)
def test_any_bytes_decode_or_raise_wire_error(raw: bytes) -> None:
    for decode in (
        decode_data_packet,
        decode_info,
        decode_control,
        decode_control_reply,
        decode_status,
        decode_time_sync_request,
        decode_time_sync_reply,
    ):
        error = _refusal(decode, raw)
        assert error is None or (error.reason and "\n" not in str(error))


def _refusal(decode: Callable[[bytes], object], raw: bytes) -> WireError | None:
    try:
        decode(raw)
    except WireError as error:
        return error
    return None


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.one_of(BYTES, PACKETS.map(encode_data_packet)), st.floats(allow_nan=True)), max_size=20),
)
def test_any_stream_is_counted_in_full_and_rises(pushes: list[tuple[bytes, float]]) -> None:
    stream = PacketStream(INFO)
    blocks = [block for raw, arrival_s in pushes if (block := stream.push(raw, arrival_s)) is not None]
    statistics = stream.statistics
    assert len(blocks) == statistics.packets
    assert sum(map(len, blocks)) == statistics.samples
    assert len(pushes) == statistics.packets + statistics.late_packets + sum(statistics.errors.values())
    index = np.concatenate([[-1], *(block.sample_index for block in blocks)])
    assert np.all(np.diff(index) > 0)
    stamps = np.array([block.stamp_s[0] for block in blocks])
    assert np.all(np.isfinite(stamps))
    assert np.all(np.diff(stamps) > 0)
    assert all(np.isfinite(block.acc_mps2).all() and np.isfinite(block.gyr_radps).all() for block in blocks)
    assert all("\n" not in remark for remark in statistics.remarks())


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(1, 19), min_size=1, max_size=30), U32, U32, st.sets(st.integers(1, 29)))
def test_loss_is_counted_exactly_for_any_packing(sizes: list[int], index: int, time_us: int, lost: set[int]) -> None:
    """Packets of any sizes, some lost: samples delivered and lost are all that were sent up to the last delivered."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    kept = [number for number in range(len(sizes)) if number not in lost]
    stream = PacketStream(INFO)
    for number in kept:
        start = int(starts[number])
        counts = np.full((sizes[number], 6), number, dtype=np.int16)
        packet = DataPacket(number, index + start, time_us + round(start / 208.0 * 1e6), counts)
        block = stream.push(encode_data_packet(packet), number * 0.1)
        assert block is not None
        assert block.sample_index[0] - index == start
        assert abs(block.stamp_s[0] - start / 208.0) < 1e-5
    statistics = stream.statistics
    assert statistics.samples + statistics.lost_samples == int(starts[kept[-1] + 1])
    assert statistics.packets + statistics.lost_packets == kept[-1] + 1
