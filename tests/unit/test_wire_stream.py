"""PacketStream: SI units, stamps, wrap-around, loss, resets; every oddity counted."""

from dataclasses import replace

import numpy as np
import pytest

from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, PacketFlags, PacketStream, SensorInfo, clip_flags, encode_data_packet

RATE_HZ = 100.0
INFO = SensorInfo(1, 16, 2000, 0.488e-3 * 9.80665, float(np.radians(0.07)), RATE_HZ)
COUNTS = np.arange(60, dtype=np.int16).reshape(10, 6)


def _raw(
    number: int,
    *,
    index0: int = 0,
    time0_us: int = 0,
    epoch: int = 0,
    flags: PacketFlags = PacketFlags.NONE,
    counts: np.ndarray = COUNTS,
) -> bytes:
    """Packet `number` of a stream of ten samples each."""
    return encode_data_packet(
        DataPacket(number, index0 + number * 10, time0_us + number * 100_000, counts, flags, epoch)
    )


def _push(stream: PacketStream, raw: bytes, arrival_s: float = 0.0) -> StampedBlock:
    block = stream.push(raw, arrival_s)
    assert block is not None
    return block


def test_counts_become_si_units_in_the_clip_frame() -> None:
    info = replace(INFO, axis_map=(-2, 1, 3))
    counts = np.array([[1, 2, 3, 4, 5, 6]], dtype=np.int16)
    block = _push(PacketStream(info), _raw(0, counts=counts), 12.5)
    np.testing.assert_array_equal(block.acc_mps2, np.array([[-2, 1, 3]]) * info.acc_mps2_per_count)
    np.testing.assert_array_equal(block.gyr_radps, np.array([[-5, 4, 6]]) * info.gyr_radps_per_count)
    assert block.arrival_s == 12.5


def test_only_the_first_sample_of_a_packet_is_stamped_and_time_begins_with_the_first() -> None:
    stream = PacketStream(INFO)
    blocks = [_push(stream, _raw(number, time0_us=5_000_000)) for number in range(3)]
    assert [block.stamp_s[0] for block in blocks] == [0.0, 0.1, 0.2]
    assert all(np.isnan(block.stamp_s[1:]).all() for block in blocks)
    np.testing.assert_array_equal(np.concatenate([block.sample_index for block in blocks]), np.arange(30))


def test_index_clock_and_counter_wrap() -> None:
    stream = PacketStream(INFO)
    first, time0 = 2**32 - 15, 2**32 - 150_000
    blocks = [
        _push(stream, encode_data_packet(DataPacket(0xFFFF + n, first + n * 10, time0 + n * 100_000, COUNTS)))
        for n in range(4)
    ]
    np.testing.assert_array_equal(np.concatenate([b.sample_index for b in blocks]), first + np.arange(40))
    assert [round(float(b.stamp_s[0]), 6) for b in blocks] == [0.0, 0.1, 0.2, 0.3]
    assert stream.statistics.lost_samples == stream.statistics.lost_packets == 0


def test_clock_is_unwrapped_across_an_outage_longer_than_its_period() -> None:
    stream = PacketStream(INFO)
    _push(stream, _raw(0))
    number = 2 * 3600 * 10
    # The chip runs 1 % slow.
    raw = encode_data_packet(DataPacket(number, number * 10, number * 101_000, COUNTS))
    block = _push(stream, raw)
    assert block.stamp_s[0] == pytest.approx(7272.0)
    assert stream.statistics.lost_samples == (number - 1) * 10


def test_lost_packets_and_samples_are_counted() -> None:
    stream = PacketStream(INFO)
    for number in (0, 1, 4, 5, 7):
        _push(stream, _raw(number))
    statistics = stream.statistics
    assert (statistics.packets, statistics.samples) == (5, 50)
    assert (statistics.lost_packets, statistics.lost_samples) == (3, 30)
    assert statistics.remarks() == ()


def test_duplicates_and_latecomers_are_dropped_and_counted() -> None:
    stream = PacketStream(INFO)
    results = [stream.push(_raw(number), 0.0) is not None for number in (0, 1, 1, 3, 2, 4)]
    assert results == [True, True, False, True, False, True]
    assert stream.statistics.late_packets == 2
    assert "2 packets came twice or too late" in stream.statistics.remarks()[0]


def test_backlog_sent_again_is_no_reset_however_old() -> None:
    stream = PacketStream(INFO)
    _push(stream, _raw(0))
    _push(stream, _raw(500))
    assert stream.push(_raw(3, flags=PacketFlags.BACKLOG), 0.0) is None
    assert (stream.statistics.resets, stream.statistics.late_packets) == (0, 1)


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_device_reset_is_noticed_and_the_recording_goes_on(epoch: int) -> None:
    stream = PacketStream(INFO)
    before = [_push(stream, _raw(number), number * 0.1) for number in range(50)]
    after = [_push(stream, _raw(number, epoch=epoch, time0_us=77), 10 + number * 0.1) for number in range(3)]
    assert stream.statistics.resets == 1
    assert "restarted once" in stream.statistics.remarks()[0]
    # 5.1 s passed on the host between the two packets.
    assert after[0].stamp_s[0] - before[-1].stamp_s[0] == pytest.approx(5.1)
    assert after[0].sample_index[0] - before[-1].sample_index[0] == 510
    assert after[1].stamp_s[0] - after[0].stamp_s[0] == pytest.approx(0.1)


def test_an_immediate_reset_is_told_by_the_epoch() -> None:
    stream = PacketStream(INFO)
    _push(stream, _raw(0))
    block = _push(stream, _raw(0, epoch=1), float("nan"))
    assert stream.statistics.resets == 1
    assert block.sample_index[0] > 10


@pytest.mark.parametrize(
    "packet",
    [
        DataPacket(2, 20, 900_000_000, COUNTS),
        DataPacket(2, 2**31, 200_000, COUNTS),
        DataPacket(2, 20, 100_000, COUNTS),
    ],
    ids=["clock far ahead", "index far ahead", "clock stands still"],
)
def test_index_and_clock_that_contradict_each_other_break_the_stream_but_not_its_order(packet: DataPacket) -> None:
    stream = PacketStream(INFO)
    blocks = [_push(stream, _raw(0), 0.0), _push(stream, _raw(1), 0.1)]
    blocks.append(_push(stream, encode_data_packet(packet), 0.2))
    assert stream.statistics.jumps == 1
    assert "contradicted each other once" in stream.statistics.remarks()[0]
    assert np.all(np.diff(np.concatenate([b.sample_index for b in blocks])) > 0)
    assert np.all(np.diff([b.stamp_s[0] for b in blocks]) > 0)
    assert blocks[2].sample_index[0] < 100


def test_a_packet_overlapping_the_last_is_an_error() -> None:
    stream = PacketStream(INFO)
    _push(stream, _raw(1))
    assert stream.push(_raw(1, index0=5), 0.0) is None
    assert stream.statistics.errors == {"overlap": 1}


def test_clipped_samples_are_marked_one_by_one() -> None:
    counts = COUNTS.copy()
    counts[3, 1] = -32768
    counts[5, 4] = 32767
    block = _push(PacketStream(INFO), _raw(0, counts=counts, flags=clip_flags(counts, INFO)))
    assert np.flatnonzero(block.acc_clipped).tolist() == [3]
    assert np.flatnonzero(block.gyr_clipped).tolist() == [5]
    assert clip_flags(counts, INFO) == PacketFlags.ACC_CLIPPED | PacketFlags.GYR_CLIPPED


def test_clipping_that_the_counts_do_not_show_marks_the_whole_packet() -> None:
    block = _push(PacketStream(INFO), _raw(0, flags=PacketFlags.ACC_CLIPPED))
    assert block.acc_clipped.all()
    assert not block.gyr_clipped.any()


def test_a_lower_end_stop_is_respected() -> None:
    block = _push(PacketStream(replace(INFO, acc_clip_count=30000)), _raw(0, counts=COUNTS + np.int16(29950)))
    assert np.flatnonzero(block.acc_clipped).tolist() == [8, 9]
    assert not block.gyr_clipped.any()


def test_new_info_changes_scale_from_there_on() -> None:
    stream = PacketStream(INFO)
    first = _push(stream, _raw(0))
    stream.use_info(replace(INFO, acc_range_g=8, acc_mps2_per_count=INFO.acc_mps2_per_count / 2))
    second = _push(stream, _raw(1))
    np.testing.assert_allclose(second.acc_mps2, first.acc_mps2 / 2)
    assert second.sample_index[0] == 10


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "length"),
        (b"\x11" * 13, "length"),
        (b"\x21" + _raw(0)[1:], "version"),
        (b"\x12" + _raw(0)[1:], "type"),
        (_raw(0)[:13] + b"\x01" + _raw(0)[14:], "encoding"),
        (_raw(0)[:12] + b"\x00\x00", "count"),
        (_raw(0)[:-1], "length"),
        (_raw(0) + b"\x00", "length"),
    ],
)
def test_bytes_that_are_no_packet_are_counted_by_reason(raw: bytes, reason: str) -> None:
    stream = PacketStream(INFO)
    assert stream.push(raw, 0.0) is None
    assert stream.statistics.errors == {reason: 1}
    assert f"1 packet could not be read and was dropped ({reason} 1)" in stream.statistics.remarks()[0]


def test_overflow_flags_are_counted() -> None:
    stream = PacketStream(INFO)
    _push(stream, _raw(0, flags=PacketFlags.FIFO_OVERFLOW))
    _push(stream, _raw(1))
    assert stream.statistics.fifo_overflows == 1
