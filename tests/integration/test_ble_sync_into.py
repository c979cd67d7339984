"""An outage longer than the ring: the sensor records the rest of the set by itself, and `bartracker sync --into` puts
it into a copy of the set's recording. The real firmware on virtual time; every sample is the chip's.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble_gym import QUICK

from bartracker.cli.program import run as bartracker
from bartracker.links import LinkNotice
from bartracker.links.ble_link import BleLink
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.log_sync import LogSync, SyncSettings
from bartracker.links.sensor_link import SensorWishes
from bartracker.recording import RecordingMetadata, RecordingWriter, merge_recordings, read_recording
from bartracker.samples import FloatArray, StampedBlock
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.virtual_time import VirtualTimeLoop, VirtualTimeRunner
from bartracker.wire import SensorInfo, encode_data_packet
from bartracker.wire.data import DataPacket

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

SETTINGS = replace(QUICK, find_s=5.0, reply_s=3.0, connect_s=5.0, reconnect_s=60.0)


class Swing:
    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        swing = np.sin(t_s[:, None] * np.array([2.0, 3.0, 5.0]))
        return 10.0 * swing + np.array([0.0, 0.0, 9.81]), 3.0 * swing


def indices(path: Path) -> np.ndarray:
    return np.concatenate([each.sample_index for each in read_recording(path).blocks])


def test_what_an_outage_kept_from_a_set_is_put_into_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop = VirtualTimeLoop()
    path = tmp_path / "set.btr"
    with VirtualAir(AirConditions(interval_s=0.03, loss=0.05, outages_s=((6.0, 28.0),), seed=2), loop) as air:
        sensor = VirtualSensor(
            "xiao_esp32s3", "lsm6dsox", Swing(), BumblePeripheral(air), clock=loop, keep_history=True
        )
        sensor.start()
        link = BleLink(
            settings=SETTINGS,
            wishes=SensorWishes(rate_hz=400.0),
            backend=virtual_backend(air),
            now_s=loop.time,
            runner=VirtualTimeRunner(loop),
        )
        link.record_to(LinkRecorder(path))
        said: list[str] = []
        for item in link.items():
            if isinstance(item, LinkNotice):
                said.append(item.code)
            elif loop.time() > 34.0:
                link.finish()
        link.close()
        assert isinstance(item, StampedBlock | LinkNotice)
        sync = LogSync(
            None,
            tmp_path,
            backend=virtual_backend(air),
            now_s=loop.time,
            settings=SyncSettings(link=replace(QUICK, find_s=5.0, reply_s=3.0)),
        )
        [fetched] = loop.run_until_complete(sync.run())
        history = sensor.chip.produced.counts()
        sensor.stop()
    loop.finish()
    before = indices(path)
    lost = int(before[-1] - before[0]) + 1 - len(before)
    # More than a ring holds was lost, and said.
    assert lost > 5 * 416
    assert "missing" in said
    raw = path.read_bytes()
    assert fetched.path is not None

    assert bartracker(["sync", "--into", str(path), "--with", str(fetched.path)]) == 0
    whole = tmp_path / "set-whole.btr"
    assert capsys.readouterr().out == f"{whole}   {lost} samples put in, 0 missing\n"
    # The set itself is as it was; the copy has all of it, every count the chip's, and says where it comes from.
    assert path.read_bytes() == raw
    recording = read_recording(whole)
    assert "came too late for the live view and were put in place" in " ".join(recording.problems)
    index = indices(whole)
    assert (np.diff(index) == 1).all()
    assert (index[0], index[-1]) == (before[0], before[-1])
    info = link.connect()
    acc = np.rint(np.concatenate([each.acc_mps2 for each in recording.blocks]) / info.acc_mps2_per_count).astype(int)
    at = np.flatnonzero((history[: len(history) - len(acc) + 1, :3] == acc[0]).all(axis=1))
    assert any((history[start : start + len(acc), :3] == acc).all() for start in at)
    assert recording.events[-1].code == "merged"
    # As it was seen live, nothing has changed.
    live, copied = (read_recording(each, as_live=True).blocks for each in (path, whole))
    assert np.array_equal(*(np.concatenate([each.sample_index for each in blocks]) for blocks in (live, copied)))
    # Once more adds nothing.
    assert merge_recordings(whole, [fetched.path]) is None
    assert bartracker(["sync", "--into", str(whole), "--with", str(fetched.path)]) == 0
    assert "nothing of what was fetched is missing in it" in capsys.readouterr().err


INFO = SensorInfo(1, 16, 2000, 0.005, 0.001, 100.0, boot_count=7, device_id=bytes(8), protocol_minor=1)


def written(path: Path, firsts: range | list[int], info: SensorInfo = INFO) -> Path:
    """A recording of packets of ten samples, each the number of its sample."""
    with RecordingWriter.create(path, RecordingMetadata(), info) as writer:
        for number, first in enumerate(firsts):
            first_index = first % 2**32
            counts = np.tile((np.arange(first, first + 10) % 1000)[:, None], (1, 6)).astype(np.int16)
            packet = DataPacket(
                first // 10 & 0xFFFF, first_index, first * 10_000 % 2**32, counts, epoch=info.boot_count & 3
            )
            writer.append_packet(float(number), encode_data_packet(packet))
    return path


@pytest.mark.parametrize(
    "info",
    [
        replace(INFO, boot_count=8),
        replace(INFO, device_id=bytes(7) + b"x"),
        replace(INFO, nominal_rate_hz=200.0),
        replace(INFO, acc_mps2_per_count=0.0025, acc_range_g=8),
    ],
    ids=["another start", "another sensor", "another rate", "another range"],
)
def test_a_recording_of_something_else_is_left_out(info: SensorInfo, tmp_path: Path) -> None:
    mine = written(tmp_path / "set.btr", [0, 10, 40, 50])
    theirs = written(tmp_path / "theirs.btr", [20, 30], info)
    assert merge_recordings(mine, [theirs]) is None
    assert not (tmp_path / "set-whole.btr").exists()


def test_another_time_is_left_out_and_the_end_is_taken(tmp_path: Path) -> None:
    """Indices that wrap; the sensor that went on alone after the host had gone."""
    begin = 2**32 - 100
    mine = written(tmp_path / "set.btr", range(begin, begin + 50, 10))
    later = written(tmp_path / "later.btr", range(begin + 500, begin + 600, 10))
    on = written(tmp_path / "on.btr", range(begin + 30, begin + 200, 10))
    earlier = written(tmp_path / "earlier.btr", range(begin - 100, begin + 20, 10))
    assert merge_recordings(mine, [later]) is None
    merged = merge_recordings(mine, [later, on, earlier])
    assert merged is not None
    assert (merged.added, merged.missing, merged.used) == (150, 0, (on,))
    index = indices(merged.path)
    assert (np.diff(index) == 1).all()
    assert len(index) == 200
    again = merge_recordings(mine, [on])
    assert again is not None
    assert again.path.name == "set-whole-2.btr"


@pytest.mark.parametrize("arguments", [["--with", "x.btr"], ["--list", "--into", "x.btr"]])
def test_wrong_use(arguments: list[str]) -> None:
    assert bartracker(["sync", *arguments]) == 2


def test_a_set_that_is_not_there_is_said_before_anything_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert bartracker(["sync", "--into", "nowhere.btr"]) == 1
    assert "there is no such file" in capsys.readouterr().err
