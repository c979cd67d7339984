"""An air with sensors in plain Python and links through unmodified bleak; what a link tells, gathered and compared."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fake_sensor import INFO, FakeSensor, counts_of

from bartracker.links import LinkNotice
from bartracker.links.ble_link import BleLink
from bartracker.links.ble_scan import BleBackend
from bartracker.links.sensor_link import SensorLinkSettings
from bartracker.recording import read_recording
from bartracker.samples import StampedBlock
from bartracker.sim.air import VirtualAir
from bartracker.sim.peripheral import BumblePeripheral

QUICK = SensorLinkSettings(
    find_s=3.0,
    settle_s=0.15,
    reply_s=1.0,
    mtu_wait_s=0.3,
    silence_s=0.3,
    stall_s=2.0,
    retry_s=0.05,
    longest_retry_s=0.2,
    heartbeat_s=0.3,
    sync_s=0.2,
    drain_s=0.1,
)
SPEED = 5.0
PATIENCE_S = 20.0


@dataclass
class Gym:
    """An air with sensors; what is made here ends with the test."""

    air: VirtualAir
    backend: BleBackend
    open: list[object] = field(default_factory=list)

    def sensor(self, name: str = "bar-1", **options: object) -> FakeSensor:
        sensor = FakeSensor(BumblePeripheral(self.air), name=name, **{"speed": SPEED, **options})
        self.open.append(sensor)
        return sensor.__enter__()

    def link(self, wanted: str | None = None, settings: SensorLinkSettings = QUICK, **options: object) -> BleLink:
        link = BleLink(wanted, settings=settings, backend=self.backend, **options)
        self.open.append(link)
        return link


@dataclass
class Heard:
    blocks: list[StampedBlock] = field(default_factory=list)
    notices: list[LinkNotice] = field(default_factory=list)

    @property
    def index(self) -> np.ndarray:
        return np.concatenate([each.sample_index for each in self.blocks])

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.notices]


def listen(link: BleLink, enough: Callable[[Heard], bool], then: Callable[[Heard], None] | None = None) -> Heard:
    """Read the link until `enough`, then finish it and read what is left; `then` is called once a block."""
    heard = Heard()
    ends = time.monotonic() + PATIENCE_S
    finished = False
    for item in link.items():
        if isinstance(item, StampedBlock):
            heard.blocks.append(item)
        else:
            heard.notices.append(item)
        if then is not None:
            then(heard)
        if not finished and enough(heard):
            finished = True
            link.finish()
        assert time.monotonic() < ends, f"still waiting; heard {heard.codes}, {len(heard.blocks)} blocks"
    return heard


def blocks(number: int) -> Callable[[Heard], bool]:
    return lambda heard: len(heard.blocks) >= number


def assert_exact(heard: Heard) -> None:
    """Each sample that came is the one its index says."""
    index = heard.index
    assert (np.diff(index) > 0).all()
    counts = counts_of(index)
    acc = np.concatenate([each.acc_mps2 for each in heard.blocks])
    gyr = np.concatenate([each.gyr_radps for each in heard.blocks])
    np.testing.assert_array_equal(np.rint(acc / INFO.acc_mps2_per_count), counts[:, :3])
    np.testing.assert_array_equal(np.rint(gyr / INFO.gyr_radps_per_count), counts[:, 3:])


def assert_same_blocks(path: Path, heard: Heard) -> None:
    """The recording gives what was seen live, to the bit."""
    recorded = read_recording(path)
    assert not recorded.problems
    assert len(recorded.blocks) == len(heard.blocks)
    for a, b in zip(recorded.blocks, heard.blocks, strict=True):
        for name in StampedBlock.__slots__:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
