"""Golden recordings: tests/golden/recording_v1*.btr must read identically forever, whatever becomes of the format.

`python tests/golden/test_recording_golden.py` (with host/ on the path) wrote them; it refuses to overwrite them.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bartracker.recording import Recording, RecordingMetadata, RecordingWriter, read_recording
from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, PacketFlags, SensorInfo, encode_data_packet
from bartracker.wire.status import SensorFault, SensorState, Status, encode_status
from bartracker.wire.time_sync import TimeSyncReply, encode_time_sync_reply

FOLDER = Path(__file__).parent
NAMES = ("recording_v1", "recording_v1_imported")


def _described(recording: Recording) -> dict[str, Any]:
    """Everything a recording says, in JSON; floats keep all their bits."""
    metadata = {name: getattr(recording.metadata, name) for name in RecordingMetadata.__slots__}
    blocks = [
        {
            name: getattr(block, name).tolist() if name != "arrival_s" else block.arrival_s
            for name in StampedBlock.__slots__
        }
        for block in recording.blocks
    ]
    described: dict[str, Any] = {
        "metadata": metadata,
        "nominal_rate_hz": recording.nominal_rate_hz,
        "chip": recording.chip,
        "problems": list(recording.problems),
        "calibration_parameters": recording.calibration_parameters,
        "events": [[event.arrival_s, event.code, event.text] for event in recording.events],
        "blocks": blocks,
    }
    return json.loads(json.dumps(described))


def _same(a: Any, b: Any) -> bool:
    """Equal, with NaN equal to NaN."""
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("name", NAMES)
def test_reads_as_it_always_did(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    described = _described(read_recording(FOLDER / f"{name}.btr"))
    since_added = described["metadata"].keys() - expected["metadata"].keys()
    assert all(described["metadata"].pop(key) is None for key in since_added)
    assert _same(described, expected)


@pytest.mark.parametrize("name", NAMES)
def test_is_still_written_like_this(name: str, tmp_path: Path) -> None:
    """Version 1 writers give these very bytes; a change that fails here needs a new version number."""
    _write(name, tmp_path)
    assert (tmp_path / f"{name}.btr").read_bytes() == (FOLDER / f"{name}.btr").read_bytes()


def _write(name: str, folder: Path) -> None:
    if name == "recording_v1":
        _write_packets(folder / f"{name}.btr")
    else:
        _write_imported(folder / f"{name}.btr")


def _write_packets(path: Path) -> None:
    """Two seconds at 50 Hz: wraps of index and clock, a lost packet, clipping, a duplicate, a reset, a link fault."""
    info = SensorInfo(1, 16, 2000, 0.004785645, 0.0012217305, 50.0, axis_map=(2, -1, 3), boot_count=7)
    index0, time0_us = 2**32 - 20, 2**32 - 500_000
    metadata = RecordingMetadata(
        exercise="deadlift", load_kg=142.5, athlete="Zoë", mount="shaft", calibration="table", extra={"rack": "2"}
    )
    calibration = {"name": "table", "acc_bias_mps2": [0.01, -0.02, 0.03]}
    status = Status(SensorState.STREAMING, 3900, 70, SensorFault.NONE, 0, 50, 5, 0, 0, 50.5, 21.0, 0)
    with RecordingWriter.create(path, RecordingMetadata(exercise="squat"), info, calibration) as writer:
        for number in range(10):
            counts = (np.arange(60, dtype=np.int32).reshape(10, 6) * (number + 3) * 37 - 9000).astype(np.int16)
            flags, epoch, index, time_us = PacketFlags.NONE, 3, index0 + number * 10, time0_us + number * 199_000
            if number == 2:
                counts[4, 2] = 32767
                flags = PacketFlags.ACC_CLIPPED
            if number == 4:
                writer.append_event(1000.9, "link-lost", "The sensor was out of reach for 0.2 s.")
                continue
            if number >= 8:
                epoch, index, time_us = 0, (number - 8) * 10, 1234 + (number - 8) * 199_000
            raw = encode_data_packet(DataPacket(number, index, time_us, counts, flags, epoch))
            writer.append_packet(1000 + number * 0.2, raw)
            if number == 5:
                writer.append_packet(1000 + number * 0.2, raw)
                writer.append_status(1001.0, encode_status(status))
                sync = TimeSyncReply(1, 1_000_000, 2_000_000, 2_000_100)
                writer.append_time_sync(1001.05, encode_time_sync_reply(sync))
        writer.amend(metadata)


def _write_imported(path: Path) -> None:
    """Samples of another maker: every layout of a block (float32 or float64, stamps or none, holes or none)."""
    with RecordingWriter.create(
        path, RecordingMetadata(source="other.csv"), nominal_rate_hz=100.0, chip="foreign"
    ) as writer:
        index0 = 0
        for layout in range(8):
            steps = np.array([1, 3, 1, 1]) if layout & 4 else np.ones(4, dtype=np.int64)
            index = index0 + np.cumsum(steps)
            index0 = int(index[-1]) + 1
            stamp_s = index * 0.01 if layout & 2 else np.full(4, np.nan)
            values = (np.arange(24).reshape(4, 6) + index0) / (10 if layout & 1 else 16)
            clipped = index % 3 == 0
            writer.append_samples(
                StampedBlock(index, stamp_s, values[:, :3], values[:, 3:], clipped, ~clipped, layout * 0.04)
            )


if __name__ == "__main__":
    for recording_name in NAMES:
        _write(recording_name, FOLDER)
        text = json.dumps(_described(read_recording(FOLDER / f"{recording_name}.btr")), ensure_ascii=False, indent=1)
        (FOLDER / f"{recording_name}.json").write_text(text + "\n", encoding="utf-8")
