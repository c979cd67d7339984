"""RecordingWriter: what is written is there, and what cannot be written costs nothing that was."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.recording import RecordingMetadata, RecordingWriter, read_recording
from bartracker.recording.contents import HeadRecord
from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, SensorInfo, encode_data_packet

INFO = SensorInfo(1, 16, 2000, 0.488e-3 * 9.80665, float(np.radians(0.07)), 100.0)
METADATA = RecordingMetadata(
    exercise="squat",
    load_kg=102.5,
    athlete="Åsa",
    mount="sleeve",
    notes="двойной",
    sensor_from_middle_m=-0.62,
    extra={"rack": "3"},
)


def packet(number: int, samples: int = 19) -> bytes:
    counts = np.random.default_rng(number).integers(-20000, 20000, (samples, 6)).astype(np.int16)
    return encode_data_packet(DataPacket(number, number * samples, number * samples * 10_000, counts))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """As good as a full disk: writing beyond `size` bytes fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_round_trip_of_everything(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    calibration = {"name": "table", "acc_bias_mps2": [0.1, -0.2, 0.0]}
    with RecordingWriter.create(path, METADATA, INFO, calibration) as writer:
        for number in range(3):
            writer.append_packet(7.5 + number * 0.19, packet(number))
        writer.append_event(8.0, "link-lost", "The sensor was out of reach for 2 s.")
        writer.append_packet(9.0, packet(5))
    recording = read_recording(path)
    assert recording.problems == ()
    assert recording.metadata == METADATA
    assert recording.calibration_parameters == calibration
    assert (recording.nominal_rate_hz, recording.chip, recording.path) == (100.0, "LSM6DSO/DSOX", path)
    assert [block.arrival_s for block in recording.blocks] == [7.5, 7.69, 7.88, 9.0]
    assert [int(block.sample_index[0]) for block in recording.blocks] == [0, 19, 38, 95]
    (event,) = recording.events
    assert (event.arrival_s, event.code, event.text) == (8.0, "link-lost", "The sensor was out of reach for 2 s.")


def test_at_most_16_bytes_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    with RecordingWriter.create(path, METADATA, INFO) as writer:
        for number in range(500):
            writer.append_packet(number * 0.19, packet(number))
    assert path.stat().st_size <= 16 * 19 * 500


def test_the_last_metadata_wins(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    with RecordingWriter.create(path, METADATA, nominal_rate_hz=50.0, chip="foreign") as writer:
        writer.amend(RecordingMetadata(exercise="bench"))
    recording = read_recording(path)
    assert recording.metadata == RecordingMetadata(exercise="bench")
    assert (recording.nominal_rate_hz, recording.chip) == (50.0, "foreign")


def test_every_packet_is_in_the_file_before_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    writer = RecordingWriter.create(path, METADATA, INFO)
    for number in range(3):
        writer.append_packet(0.0, packet(number))
        recording = read_recording(path)
        assert len(recording.blocks) == number + 1
        assert "cut off" in recording.problems[0]
        assert path.stat().st_size == writer.size_bytes
    writer.close()
    writer.close()
    assert read_recording(path).problems == ()
    with pytest.raises(BartrackerError, match="closed"):
        writer.append_packet(0.0, packet(9))


def test_a_killed_program_loses_nothing_it_had_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    code = (
        "import os, sys; from bartracker.recording import *; from bartracker.wire import *; import numpy as np\n"
        "info = SensorInfo(1, 16, 2000, 0.0048, 0.0012, 100.0)\n"
        "writer = RecordingWriter.create(sys.argv[1], RecordingMetadata(), info)\n"
        "for n in range(5): writer.append_packet(0.0, encode_data_packet("
        "DataPacket(n, n * 19, n * 190000, np.zeros((19, 6), np.int16))))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=os.environ | {"PYTHONPATH": _host()}, check=False
    )
    assert done.returncode == -9
    assert len(read_recording(path)) == 95


def _host() -> str:
    import bartracker

    return str(Path(str(bartracker.__file__)).parents[1])


def _block(samples: int, *, double: bool = False, stamps: bool = True, holes: bool = False) -> StampedBlock:
    rng = np.random.default_rng(samples)
    values = rng.normal(size=(samples, 6)) * 10
    if not double:
        values = values.astype(np.float32).astype(np.float64)
    index = np.arange(samples) * (3 if holes else 1) + 1000
    stamp_s = np.cumsum(rng.uniform(0.001, 0.02, samples)) if stamps else np.full(samples, np.nan)
    stamp_s[samples // 2] = np.nan
    return StampedBlock(
        index, stamp_s, values[:, :3], values[:, 3:], rng.random(samples) < 0.1, rng.random(samples) < 0.1, 4.25
    )


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("stamps", [False, True])
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("samples", [1, 19, 5000])
def test_imported_samples_come_back_to_the_bit(
    tmp_path: Path, samples: int, holes: bool, stamps: bool, double: bool
) -> None:
    block = _block(samples, double=double, stamps=stamps, holes=holes)
    path = tmp_path / "imported.btr"
    with RecordingWriter.create(path, METADATA) as writer:
        writer.append_samples(block)
    recording = read_recording(path)
    assert recording.problems == ()
    for name in ("sample_index", "stamp_s", "acc_mps2", "gyr_radps", "acc_clipped", "gyr_clipped"):
        again = np.concatenate([getattr(part, name) for part in recording.blocks])
        np.testing.assert_array_equal(again, getattr(block, name))
    assert {part.arrival_s for part in recording.blocks} == {4.25}


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    path.write_text("precious")
    with pytest.raises(BartrackerError, match="already there"):
        RecordingWriter.create(path, METADATA)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/such/folder.btr", "folder does not exist"),
        (".", "folder"),
        ("nul\0.btr", "no file name"),
        ("n" * 400, "not be written"),
    ],
)
def test_places_that_cannot_be_written(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(BartrackerError, match=words) as caught:
        RecordingWriter.create(tmp_path / name, METADATA)
    assert "\n" not in str(caught.value)


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """A folder in which this process may do nothing, even when the tests run as root."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)


def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "locked" / "set.btr"
    path.parent.mkdir()
    with without_rights(path.parent), pytest.raises(BartrackerError, match="permission to write it is missing"):
        RecordingWriter.create(path, METADATA)
    path.write_bytes(b"")
    with without_rights(path.parent), pytest.raises(BartrackerError, match="permission to read it is missing"):
        read_recording(path)


def test_metadata_that_cannot_be_written_leave_no_file(tmp_path: Path) -> None:
    for metadata in (RecordingMetadata(load_kg=float("nan")), RecordingMetadata(notes="x" * 70_000)):
        with pytest.raises(BartrackerError, match="cannot be written"):
            RecordingWriter.create(tmp_path / "set.btr", metadata)
    assert list(tmp_path.iterdir()) == []


def test_samples_no_sensor_gives_are_refused(tmp_path: Path) -> None:
    good = _block(10)
    bad = StampedBlock(
        good.sample_index[::-1], good.stamp_s, good.acc_mps2, good.gyr_radps, good.acc_clipped, good.gyr_clipped, 0.0
    )
    with RecordingWriter.create(tmp_path / "set.btr", METADATA) as writer:
        with pytest.raises(BartrackerError, match="sample numbers that do not rise"):
            writer.append_samples(bad)
        writer.append_samples(good)
    assert len(read_recording(tmp_path / "set.btr")) == 10


@pytest.mark.parametrize("room", [5, 11, 13, 100, 261])
def test_full_disk_is_said_and_costs_only_the_packet_that_did_not_fit(tmp_path: Path, room: int) -> None:
    path = tmp_path / "set.btr"
    writer = RecordingWriter.create(path, METADATA, INFO)
    writer.append_packet(0.0, packet(0))
    whole = path.stat().st_size
    with file_size_limit(whole + room), pytest.raises(BartrackerError, match="the disk is full"):
        writer.append_packet(0.2, packet(1))
    assert path.stat().st_size == whole
    assert len(read_recording(path)) == 19
    # Room was made: the very packet can be written again, and nothing is missing.
    writer.append_packet(0.2, packet(1))
    writer.close()
    recording = read_recording(path)
    assert (len(recording), recording.problems) == (38, ())


def test_full_disk_at_the_beginning_leaves_no_file(tmp_path: Path) -> None:
    with file_size_limit(20), pytest.raises(BartrackerError, match="the disk is full"):
        RecordingWriter.create(tmp_path / "set.btr", METADATA, INFO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_device() -> None:
    writer = RecordingWriter(FileIO("/dev/full", "wb"), "set.btr", HeadRecord(METADATA), {})
    with pytest.raises(BartrackerError, match=r"set\.btr: the disk is full"):
        writer.append_packet(0.0, packet(0))
    with pytest.raises(BartrackerError, match="the disk is full"):
        writer.close()


def test_full_disk_on_closing_keeps_all_packets(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    writer = RecordingWriter.create(path, METADATA, INFO)
    writer.append_packet(0.0, packet(0))
    with file_size_limit(path.stat().st_size + 3), pytest.raises(BartrackerError, match="the disk is full"):
        writer.close()
    recording = read_recording(path)
    assert len(recording) == 19
    assert "no end mark" in recording.problems[0]
