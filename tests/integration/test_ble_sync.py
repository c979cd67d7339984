"""Recordings that a sensor made by itself, fetched over a bad radio on virtual time: whole, verified, resumed where a
fetch broke off, and erased on the sensor only once the host has them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble_gym import QUICK, Gym

from bartracker.cli.program import run as bartracker
from bartracker.errors import BartrackerError
from bartracker.links.ble_scan import BleBackend
from bartracker.links.log_sync import FetchedRecording, LogSync, SyncSettings
from bartracker.recording import read_recording
from bartracker.samples import FloatArray
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.virtual_time import VirtualTimeLoop
from bartracker.sim.vm_ble import MemoryBle
from bartracker.wire import gatt
from bartracker.wire.commands import SetMode, encode_control
from bartracker.wire.status import SensorMode

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")


class Swing:
    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        swing = np.sin(t_s[:, None] * np.array([2.0, 3.0, 5.0]))
        return 10.0 * swing + np.array([0.0, 0.0, 9.81]), 3.0 * swing


def with_recordings(sensor: VirtualSensor, *seconds: float) -> None:
    """Let it record by itself, once for each number of seconds."""
    ble = MemoryBle()
    alone = VirtualSensor("xiao_esp32s3", "lsm6dsox", Swing(), ble, keep_history=True)
    alone.board.flash = sensor.board.flash
    alone.start()
    alone.run_for(0.5)
    ble.connect()
    for each in seconds:
        for mode in (SensorMode.RECORDING, SensorMode.IDLE):
            ble.write(gatt.CONTROL_UUID, encode_control(SetMode(mode), 1))
            alone.run_for(each if mode is SensorMode.RECORDING else 0.5)
    alone.stop()


class Place:
    """A sensor with recordings, an air, and a folder."""

    def __init__(self, folder: Path, **conditions: object) -> None:
        self.folder = folder
        self.loop = VirtualTimeLoop()
        self.air = VirtualAir(AirConditions(interval_s=0.03, **conditions), self.loop).__enter__()
        self.sensor = VirtualSensor("xiao_esp32s3", "lsm6dsox", Swing(), BumblePeripheral(self.air), clock=self.loop)
        self.taken: list[tuple[int, int, int]] = []

    def sync(self, *, fail_after: int | None = None, **options: object) -> tuple[FetchedRecording, ...]:
        self.taken = []

        def progress(*step: int) -> None:
            self.taken.append(step)
            if fail_after is not None and len(self.taken) > fail_after:
                raise KeyboardInterrupt

        settings = SyncSettings(link=replace(QUICK, find_s=5.0, reply_s=3.0))
        work = LogSync(
            None,
            self.folder,
            backend=virtual_backend(self.air),
            now_s=self.loop.time,
            progress=progress,
            settings=settings,
            **options,
        )
        return self.loop.run_until_complete(work.run())

    def close(self) -> None:
        self.sensor.stop()
        self.loop.finish()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    places: list[Place] = []

    def make(*seconds: float, **conditions: object) -> Place:
        places.append(Place(tmp_path, **conditions))
        with_recordings(places[-1].sensor, *seconds)
        places[-1].sensor.start()
        return places[-1]

    yield make
    for each in places:
        each.close()


def assert_whole(path: Path, seconds: float) -> None:
    recording = read_recording(path)
    assert not recording.problems
    index = np.concatenate([each.sample_index for each in recording.blocks])
    assert (np.diff(index) == 1).all()
    assert len(index) == pytest.approx(seconds * 208, rel=0.15)
    acc = np.concatenate([each.acc_mps2 for each in recording.blocks])
    assert np.abs(acc).max() > 5.0


def test_everything_is_fetched_over_a_bad_radio_and_then_erased(place: Callable[..., Place]) -> None:
    here = place(12.0, 5.0, loss=0.2, drops_s=(1.0,))
    first, second = here.sync()
    assert first.erased
    assert second.erased
    assert first.path is not None
    assert second.path is not None
    assert_whole(first.path, 12.0)
    assert_whole(second.path, 5.0)
    assert sorted(here.folder.iterdir()) == sorted([first.path, second.path])
    assert here.sync() == ()


def test_a_fetch_that_breaks_off_goes_on_where_it_was(place: Callable[..., Place]) -> None:
    here = place(20.0)
    with pytest.raises(KeyboardInterrupt):
        here.sync(fail_after=5)
    [part] = here.folder.iterdir()
    assert part.suffix == ".part"
    # A block that was damaged meanwhile, and one cut off, are fetched again.
    raw = bytearray(part.read_bytes())
    raw[4096 + 100] ^= 1
    part.write_bytes(raw[:-10])
    [fetched] = here.sync()
    assert len(here.taken) == fetched.blocks - (len(raw) // 4096 - 2)
    assert fetched.path is not None
    assert_whole(fetched.path, 20.0)


def test_what_is_safe_already_is_only_erased(place: Callable[..., Place]) -> None:
    here = place(5.0)
    [kept] = here.sync(keep=True)
    assert not kept.erased
    assert kept.path is not None
    before = kept.path.read_bytes()
    [fetched] = here.sync()
    assert here.taken == []
    assert fetched.erased
    assert kept.path.read_bytes() == before
    assert here.sync() == ()


def test_a_sensor_of_protocol_1_0_keeps_no_recordings(gym: Gym, tmp_path: Path) -> None:
    import asyncio
    import time

    gym.sensor()
    work = LogSync(None, tmp_path, backend=gym.backend, now_s=time.monotonic, settings=SyncSettings(link=QUICK))
    with pytest.raises(BartrackerError, match="its firmware keeps no recordings"):
        asyncio.run(work.run())


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with VirtualAir() as air:
        monkeypatch.setattr(BleBackend, "default", staticmethod(lambda: virtual_backend(air)))
        sensor = VirtualSensor("xiao_esp32s3", "lsm6dsox", Swing(), BumblePeripheral(air), clock="real")
        with_recordings(sensor, 4.0)
        sensor.start()
        try:
            assert bartracker(["sync", "--list"]) == 0
            assert capsys.readouterr().out == "recording 1: 3 blocks of 4 KB\n"
            assert bartracker(["sync", "--folder", str(tmp_path / "nowhere")]) == 1
            assert "its folder does not exist" in capsys.readouterr().err
            assert bartracker(["sync", "--folder", str(tmp_path)]) == 0
            [path] = tmp_path.iterdir()
            assert capsys.readouterr().out == f"{path}   erased on the sensor\n"
            assert_whole(path, 4.0)
            assert bartracker(["sync", "--folder", str(tmp_path)]) == 0
            assert "holds no recordings" in capsys.readouterr().err
        finally:
            sensor.stop()
