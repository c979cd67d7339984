"""Reading .btr files: cut anywhere, damaged anywhere, of another kind; always a recording with a remark or one clear
line.
"""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.recording import Recording, RecordingMetadata, RecordingWriter, decode_recording, read_recording
from bartracker.recording.format import HEADER_LENGTH, RecordKind, encode_header, encode_record
from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, SensorInfo, encode_data_packet, encode_info

INFO = SensorInfo(1, 16, 2000, 0.488e-3 * 9.80665, float(np.radians(0.07)), 100.0)
METADATA = RecordingMetadata(exercise="row", load_kg=60.0)
PACKETS = 6
SAMPLES = 3
PACKET_RECORD = 12 + 8 + 14 + 12 * SAMPLES


def packet(number: int) -> bytes:
    counts = np.full((SAMPLES, 6), number, dtype=np.int16)
    return encode_data_packet(DataPacket(number, number * SAMPLES, number * SAMPLES * 10_000, counts))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "set.btr"
    with RecordingWriter.create(path, METADATA, INFO, {"name": "none"}) as writer:
        for number in range(PACKETS):
            writer.append_packet(100 + number * 0.03, packet(number))
    return path.read_bytes()


@pytest.fixture(scope="module")
def packets_at(whole: bytes) -> list[int]:
    return [
        whole.index(encode_record(RecordKind.PACKET, struct.pack("<d", 100 + n * 0.03) + packet(n)))
        for n in range(PACKETS)
    ]


def levels(recording: Recording) -> list[int]:
    """Which packets came through: each holds its own number as counts."""
    return [round(float(block.acc_mps2[0, 0]) / INFO.acc_mps2_per_count) for block in recording.blocks]


def test_cut_at_any_byte_loses_at_most_the_last_packet_and_says_so(whole: bytes, packets_at: list[int]) -> None:
    for length in range(4, len(whole)):
        recording = decode_recording(whole[:length], "set.btr")
        complete = sum(at + PACKET_RECORD <= length for at in packets_at)
        assert levels(recording) == list(range(complete))
        assert any("no end mark" in problem for problem in recording.problems), length
        if length >= packets_at[0]:
            assert recording.metadata == METADATA
    assert decode_recording(whole, "set.btr").problems == ()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_too_short_to_know_the_kind(whole: bytes, length: int) -> None:
    with pytest.raises(BartrackerError, match="not a bartracker recording"):
        decode_recording(whole[:length], "set.btr")


def test_a_flipped_byte_costs_at_most_one_packet_and_is_said(whole: bytes) -> None:
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x5A
        recording = decode_recording(bytes(damaged), "set.btr")
        assert len(recording.blocks) >= PACKETS - 1
        assert recording.metadata == METADATA
        assert recording.problems
        for block, level in zip(recording.blocks, levels(recording), strict=True):
            assert (block.acc_mps2 == level * INFO.acc_mps2_per_count).all()


def test_damage_in_the_middle_is_skipped_and_shows_as_a_gap(whole: bytes, packets_at: list[int]) -> None:
    damaged = bytearray(whole)
    damaged[packets_at[1] + 20 : packets_at[3] + 5] = bytes(packets_at[3] - packets_at[1] - 15)
    recording = decode_recording(bytes(damaged), "set.btr")
    assert levels(recording) == [0, 4, 5]
    assert [int(block.sample_index[0]) for block in recording.blocks] == [0, 4 * SAMPLES, 5 * SAMPLES]
    assert f"One place in the file ({3 * PACKET_RECORD} bytes)" in recording.problems[0]


def test_foreign_bytes_between_records_cost_nothing(whole: bytes, packets_at: list[int]) -> None:
    at = packets_at[2]
    recording = decode_recording(whole[:at] + b"\xb7REC\xb7RECnoise" + whole[at:], "set.btr")
    assert levels(recording) == list(range(PACKETS))
    assert "(13 bytes)" in recording.problems[0]


def test_a_record_cut_out_without_a_trace_is_noticed(whole: bytes, packets_at: list[int]) -> None:
    recording = decode_recording(whole[: packets_at[2]] + whole[packets_at[3] :], "set.btr")
    assert levels(recording) == [0, 1, 3, 4, 5]
    assert "records were written" in recording.problems[0]


def test_bytes_after_the_end_mark_are_left_out(whole: bytes) -> None:
    recording = decode_recording(whole + whole[HEADER_LENGTH:], "set.btr")
    assert levels(recording) == list(range(PACKETS))
    assert "after the recording's end mark" in recording.problems[0]


def test_damaged_sensor_info_at_the_front_is_replaced_by_a_later_copy(whole: bytes) -> None:
    raw = encode_info(INFO)
    recording = decode_recording(whole.replace(raw, raw[:-1] + bytes([raw[-1] ^ 1]), 1), "set.btr")
    assert levels(recording) == list(range(PACKETS))
    assert any("a later copy was used" in problem for problem in recording.problems)


def test_without_any_sensor_info_packets_are_refused_in_words(whole: bytes) -> None:
    raw = encode_info(INFO)
    with pytest.raises(BartrackerError, match="the sensor info is lost"):
        decode_recording(whole.replace(raw, raw[:-1] + bytes([raw[-1] ^ 1])), "set.btr")


def _file(*records: tuple[RecordKind | int, bytes]) -> bytes:
    parts = [_any_record(kind, payload) for kind, payload in records]
    return encode_header() + b"".join(parts) + encode_record(RecordKind.END, struct.pack("<Q", len(parts)))


def _any_record(kind: int, payload: bytes) -> bytes:
    body = struct.pack("<BBH", kind, (kind + (len(payload) & 255) + (len(payload) >> 8)) & 255 ^ 0xA5, len(payload))
    return b"\xb7REC" + struct.pack("<I", zlib.crc32(body + payload)) + body + payload


def test_sensor_of_a_newer_protocol_is_refused_in_words() -> None:
    raw = bytearray(encode_info(INFO))
    raw[4] = 2
    with pytest.raises(BartrackerError, match=r"protocol version 2.*update the program"):
        decode_recording(_file((RecordKind.INFO, bytes(raw)), (RecordKind.PACKET, bytes(8) + packet(0))), "set.btr")


def test_records_of_a_newer_kind_are_left_out_with_a_remark() -> None:
    data = _file((RecordKind.INFO, encode_info(INFO)), (77, b"?"), (RecordKind.PACKET, bytes(8) + packet(0)))
    recording = decode_recording(data, "set.btr")
    assert len(recording) == SAMPLES
    assert "unknown kind were left out (1)" in recording.problems[0]


def test_new_sensor_info_in_the_middle_holds_from_there_on() -> None:
    other = SensorInfo(1, 8, 2000, INFO.acc_mps2_per_count / 2, INFO.gyr_radps_per_count, 100.0)
    data = _file(
        (RecordKind.INFO, encode_info(INFO)),
        (RecordKind.PACKET, bytes(8) + packet(2)),
        (RecordKind.INFO, encode_info(other)),
        (RecordKind.PACKET, bytes(8) + packet(4)),
    )
    recording = decode_recording(data, "set.btr")
    assert recording.problems == ()
    np.testing.assert_array_equal(recording.blocks[0].acc_mps2, recording.blocks[1].acc_mps2)


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        (RecordKind.METADATA, b"not json", "not JSON"),
        (RecordKind.METADATA, b"[" * 60_000, "not JSON"),
        (RecordKind.METADATA, b"[]", "not an object"),
        (RecordKind.METADATA, b'{"metadata": {"load_kg": -5}}', "a load of -5.0 kg"),
        (RecordKind.METADATA, b'{"metadata": {"load_kg": 1e999}}', "load_kg is not finite"),
        (RecordKind.METADATA, b'{"metadata": {"load_kg": true}}', "load_kg is not a number"),
        (RecordKind.METADATA, b'{"metadata": {"athlete": 7}}', "athlete is not text"),
        (RecordKind.METADATA, b'{"metadata": {"extra": {"a": 1}}}', "extra entries are not text"),
        (RecordKind.METADATA, b'{"nominal_rate_hz": 0}', "a rate of 0.0 Hz"),
        (RecordKind.CALIBRATION, b"\xff", "not JSON"),
        (RecordKind.EVENT, b"short", "too short for its time"),
        (RecordKind.EVENT, bytes(8) + b'{"code": "x"}', "without code or text"),
        (RecordKind.PACKET, b"short", "too short for its time"),
        (RecordKind.PACKET, bytes(8) + b"nonsense", "1 packet could not be read"),
        (RecordKind.SAMPLES, b"short", "without its header"),
        (RecordKind.SAMPLES, bytes(24), "do not fit its 0 samples"),
        (RecordKind.INFO, b"nonsense", "not a bartracker sensor"),
    ],
)
def test_intact_records_that_make_no_sense_are_said_and_cost_nothing_else(
    kind: RecordKind, payload: bytes, words: str
) -> None:
    info = (RecordKind.INFO, encode_info(INFO))
    data = _file(info, (kind, payload), (RecordKind.PACKET, bytes(8) + packet(1)))
    recording = decode_recording(data, "set.btr")
    assert levels(recording) == [1]
    assert len(recording.problems) == 1
    assert words in recording.problems[0]


def _samples(index: int, stamp_s: float) -> bytes:
    head = struct.pack("<dIBBHq", 0.0, 2, 2, 0, 0, index)
    return head + struct.pack("<2d12f2B", stamp_s, stamp_s + 0.01, *[1.0] * 12, 0, 0)


def test_imported_samples_whose_number_or_time_runs_backwards_are_left_out() -> None:
    data = _file(
        (RecordKind.SAMPLES, _samples(0, 0.0)),
        (RecordKind.SAMPLES, _samples(1, 5.0)),
        (RecordKind.SAMPLES, _samples(4, -1.0)),
        (RecordKind.SAMPLES, _samples(6, float("inf"))),
        (RecordKind.SAMPLES, _samples(2**63 - 2, 1.0)),
        (RecordKind.SAMPLES, _samples(8, 1.0)),
    )
    recording = decode_recording(data, "set.btr")
    assert [int(block.sample_index[0]) for block in recording.blocks] == [0, 8]
    assert "time stamps that are infinite or run backwards (1)" in recording.problems[0]
    assert "time stamps that run backwards (1)" in recording.problems[0]
    assert "sample numbers beyond counting (1)" in recording.problems[0]


def test_packets_and_imported_samples_do_not_mix() -> None:
    info, one = (RecordKind.INFO, encode_info(INFO)), (RecordKind.PACKET, bytes(8) + packet(0))
    imported = (RecordKind.SAMPLES, _samples(0, 0.0))
    recording = decode_recording(_file(info, one, imported), "set.btr")
    assert (len(recording), "imported samples among packets" in recording.problems[0]) == (SAMPLES, True)
    recording = decode_recording(_file(info, imported, one), "set.btr")
    assert (len(recording), "packets among imported samples" in recording.problems[0]) == (2, True)


def test_a_recording_without_samples_says_so(tmp_path: Path) -> None:
    RecordingWriter.create(tmp_path / "set.btr", METADATA, INFO).close()
    assert read_recording(tmp_path / "set.btr").problems == ("There are no samples in this recording.",)


def test_long_recordings_repeat_what_packets_need(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    with RecordingWriter.create(path, METADATA, INFO) as writer:
        for number in range(3000):
            writer.append_packet(0.0, packet(number))
    assert path.read_bytes().count(encode_info(INFO)) == 4
    assert read_recording(path).problems == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 a zip", "not a bartracker recording"),
        (b"t_s,acc_x_mps2\n" * 10, "not a bartracker recording"),
        (encode_header()[4:] + bytes(40), "not a bartracker recording"),
    ],
)
def test_other_kinds_of_file(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "set.btr"
    path.write_bytes(content)
    with pytest.raises(BartrackerError, match=words) as caught:
        read_recording(path)
    assert str(path) in str(caught.value)


def test_newer_format_version(tmp_path: Path, whole: bytes) -> None:
    head = whole[:8] + b"\x02" + whole[9:12]
    path = tmp_path / "set.btr"
    path.write_bytes(head + struct.pack("<I", zlib.crc32(head)) + whole[16:])
    with pytest.raises(BartrackerError, match=r"format version 2.*update the program"):
        read_recording(path)


def test_newer_minor_version_is_read(whole: bytes) -> None:
    head = whole[:9] + b"\x07" + whole[10:12]
    recording = decode_recording(head + struct.pack("<I", zlib.crc32(head)) + whole[16:], "set.btr")
    assert (levels(recording), recording.problems) == (list(range(PACKETS)), ())


def test_missing_folder_pipe_and_impossible_names(tmp_path: Path) -> None:
    with pytest.raises(BartrackerError, match="no such file"):
        read_recording(tmp_path / "missing.btr")
    with pytest.raises(BartrackerError, match="a folder"):
        read_recording(tmp_path)
    os.mkfifo(tmp_path / "pipe.btr")
    with pytest.raises(BartrackerError, match="not an ordinary file"):
        read_recording(tmp_path / "pipe.btr")
    with pytest.raises(BartrackerError, match="no file name"):
        read_recording("nul\0.btr")
    with pytest.raises(BartrackerError, match="could not be read"):
        read_recording(tmp_path / ("n" * 400))


def test_a_hostile_file_cannot_hold_the_reader_up(tmp_path: Path) -> None:
    """Half a million sync marks, each claiming 64 KB: summing them all would take minutes."""
    claim = b"\xb7REC" + bytes(4) + struct.pack("<BBH", 4, (4 + 510) & 255 ^ 0xA5, 0xFFFF)
    recording = decode_recording(encode_header() + claim * 500_000, "set.btr")
    assert any("given up" in problem for problem in recording.problems)


def test_blocks_hold_arrays_of_their_own(whole: bytes) -> None:
    block = decode_recording(whole, "set.btr").blocks[0]
    assert isinstance(block, StampedBlock)
    assert block.acc_mps2.flags.writeable
