"""Any bytes open as a recording or are refused in one line; whatever was written comes back."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bartracker.errors import BartrackerError
from bartracker.recording import Recording, RecordingMetadata, RecordingWriter, decode_recording, read_recording
from bartracker.recording.format import RecordKind, encode_header, encode_record
from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, SensorInfo, encode_data_packet, encode_info

INFO = SensorInfo(1, 16, 2000, 0.0048, 0.0012, 100.0)
PACKET = encode_data_packet(DataPacket(0, 0, 0, np.zeros((2, 6), np.int16)))


def _width(flags: int) -> int:
    return (48 if flags & 1 else 24) + (8 if flags & 2 else 0) + (8 if flags & 4 else 0) + 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Headers of imported blocks whose length fits, so that their values are looked at.
BLOCKS = st.tuples(st.integers(1, 3), st.integers(0, 7), st.binary(min_size=8 + 8, max_size=8 + 8)).flatmap(
    lambda head: st.binary(min_size=head[0] * _width(head[1]), max_size=head[0] * _width(head[1])).map(
        lambda rest: head[2][:8] + struct.pack("<IBBH", head[0], head[1], 0, 0) + head[2][8:] + rest
    )
)
RECORDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(list(RecordKind)), st.binary(max_size=80)),
        st.tuples(st.just(RecordKind.SAMPLES), BLOCKS),
        st.just((RecordKind.INFO, encode_info(INFO))),
        st.just((RecordKind.PACKET, struct.pack("<d", 0.0) + PACKET)),
    ),
    max_size=8,
)


def _opened(data: bytes) -> Recording | BartrackerError:
    try:
        return decode_recording(data, "any.btr")
    except BartrackerError as error:
        return error


def _is_sane(opened: Recording | BartrackerError) -> bool:
    if isinstance(opened, BartrackerError):
        return "\n" not in str(opened)
    blocks = opened.blocks
    index = np.concatenate([np.zeros(0, np.int64), *(block.sample_index for block in blocks)])
    finite = all(np.isfinite(block.acc_mps2).all() and np.isfinite(block.gyr_radps).all() for block in blocks)
    return finite and bool(np.all(np.diff(index) > 0)) and all("\n" not in problem for problem in opened.problems)


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: encode_header() + rest)))
def test_any_bytes(data: bytes) -> None:
    assert _is_sane(_opened(data))


def test_a_signalling_nan_is_refused_without_a_warning() -> None:
    block = struct.pack("<dIBBHq", 0.0, 1, 0, 0, 0, 0) + bytes(20) + b"\x00\x00\x81\x7f" + b"\x00"
    opened = _opened(encode_header() + encode_record(RecordKind.SAMPLES, block))
    assert isinstance(opened, Recording)
    assert any("samples that are not finite (1)" in problem for problem in opened.problems)


@settings(deadline=None, max_examples=150)
@given(RECORDS, st.data())
def test_any_records_with_any_cut_and_any_damage(records: list[tuple[RecordKind, bytes]], data: st.DataObject) -> None:
    raw = bytearray(encode_header() + b"".join(encode_record(kind, payload) for kind, payload in records))
    assert _is_sane(_opened(bytes(raw)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    assert _is_sane(_opened(bytes(raw[: data.draw(st.integers(0, len(raw)))])))


@settings(deadline=None, max_examples=60)
@given(
    st.builds(
        RecordingMetadata,
        exercise=st.none() | TEXTS,
        load_kg=st.none() | st.floats(0, 1e6),
        athlete=st.none() | TEXTS,
        mount=st.none() | TEXTS,
        calibration=st.none() | TEXTS,
        started_utc=st.none() | TEXTS,
        source=st.none() | TEXTS,
        notes=st.none() | TEXTS,
        extra=st.dictionaries(TEXTS, TEXTS, max_size=3),
    ),
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 19)), max_size=6),
)
def test_packets_and_metadata_come_back(metadata: RecordingMetadata, packets: list[tuple[float, int]]) -> None:
    index = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.btr"
        with RecordingWriter.create(path, metadata, INFO) as writer:
            for number, (arrival_s, samples) in enumerate(packets):
                counts = np.full((samples, 6), number, dtype=np.int16)
                writer.append_packet(arrival_s, encode_data_packet(DataPacket(number, index, index * 10_000, counts)))
                index += samples
        recording = read_recording(path)
    assert recording.metadata == metadata
    assert [block.arrival_s for block in recording.blocks] == [arrival_s for arrival_s, _ in packets]
    assert len(recording) == index


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 2500).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.int64, n, elements=st.integers(1, 1000), fill=st.just(1)),
            hnp.arrays(np.float64, (n, 6), elements=st.floats(-1e300, 1e300), fill=st.just(0.5)),
            hnp.arrays(np.bool_, (n, 2)),
        )
    )
)
def test_imported_samples_come_back_to_the_bit(columns: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    steps, values, clipped = columns
    index = np.cumsum(steps)
    block = StampedBlock(index, index * 0.01, values[:, :3], values[:, 3:], clipped[:, 0], clipped[:, 1], float("nan"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.btr"
        with RecordingWriter.create(path, RecordingMetadata()) as writer:
            writer.append_samples(block)
        recording = read_recording(path)
    assert recording.problems == ()
    for name in ("sample_index", "stamp_s", "acc_mps2", "gyr_radps", "acc_clipped", "gyr_clipped"):
        again = np.concatenate([getattr(part, name) for part in recording.blocks])
        assert again.tobytes() == np.ascontiguousarray(getattr(block, name)).tobytes()
