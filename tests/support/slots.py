"""Sensors whose firmware lies in slots: packages of the real firmware, changed where a test wants it, a file system
with one of them, and an update of it over a virtual radio on virtual time.
"""

import asyncio
import functools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from ble_gym import QUICK

from bartracker.firmware_files import firmware_dir
from bartracker.flashing.package import board_files, build_package
from bartracker.links.update_transfer import UpdateReport, UpdateSettings, UpdateTransfer
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.drive import Drive
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.virtual_time import VirtualTimeLoop
from bartracker.wire.update import FirmwarePackage, UpdateAbout

SETTINGS = UpdateSettings(link=replace(QUICK, find_s=5.0, reply_s=5.0, connect_s=5.0))
NEW = "9.8.7"


class Still:
    """Lies on a table."""

    def sample(self, t_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tile([0.0, 0.0, 9.81], (len(t_s), 1)), np.zeros((len(t_s), 3))


@functools.cache
def package(version: str = "", file: str = "", code: str = "") -> FirmwarePackage:
    """The firmware for the VM, of another version, or with `code` put at the end of one of its files."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "firmware"
        shutil.copytree(firmware_dir(), source)
        init = source / "bartracker_fw" / "__init__.py"
        if version:
            lines = [line for line in init.read_text().splitlines() if not line.startswith("VERSION")]
            init.write_text("\n".join([*lines, f"VERSION = ({version.replace('.', ', ')})\n"]))
        if file:
            path = source / "bartracker_fw" / file
            path.write_text(path.read_text() + "\n" + code + "\n")
        return build_package(source, "")


def put_on(folder: Path, firmware: FirmwarePackage) -> Path:
    """Make a folder the file system of a flashed board."""
    for path, data in board_files(firmware_dir(), firmware).items():
        place = folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def put_by_hand(folder: Path) -> Path:
    """Make a folder the file system of a board on which `mip` has put the firmware."""
    shutil.copytree(firmware_dir() / "bartracker_fw", folder / "bartracker_fw")
    for name in ("boot.py", "main.py"):
        shutil.copy(firmware_dir() / name, folder)
    return folder


@dataclass
class Bench:
    """A sensor with a file system, on an air; `update` is the host's side."""

    folder: Path
    loop: VirtualTimeLoop
    air: VirtualAir
    sensor: VirtualSensor
    said: list[str] = field(default_factory=list)
    there: list[int] = field(default_factory=list)
    on_say: Callable[[str], object] | None = None

    @staticmethod
    def make(folder: Path, *, seed: int = 0, battery_mv: int = 3900, **conditions: object) -> "Bench":
        loop = VirtualTimeLoop()
        air = VirtualAir(AirConditions(interval_s=0.03, seed=seed, **conditions), loop).__enter__()
        sensor = VirtualSensor(
            "xiao_esp32s3",
            "lsm6dsox",
            Still(),
            BumblePeripheral(air),
            clock=loop,
            battery_mv=battery_mv,
            drive=Drive(folder),
        )
        return Bench(folder, loop, air, sensor)

    @property
    def drive(self) -> Drive:
        drive = self.sensor.board.drive
        assert drive is not None
        return drive

    @property
    def slot(self) -> str:
        """The one number that says which slot is used."""
        return self.sensor.board.nvs.get("bartracker/slot", "i0")

    def transfer(
        self,
        firmware: FirmwarePackage,
        on_progress: Callable[[int, int], object] | None = None,
        settings: UpdateSettings = SETTINGS,
    ) -> UpdateTransfer:
        def build(about: UpdateAbout) -> FirmwarePackage:
            return firmware

        def progress(there: int, whole: int) -> None:
            self.there.append(there)
            if on_progress is not None:
                on_progress(there, whole)

        return UpdateTransfer(
            None,
            build,
            backend=virtual_backend(self.air),
            settings=settings,
            now_s=self.loop.time,
            say=self._say,
            progress=progress,
        )

    def update(self, firmware: FirmwarePackage, **options: object) -> UpdateReport:
        if not self.sensor.running:
            self.sensor.start()
        return self.loop.run_until_complete(self.transfer(firmware, **options).run())

    def _say(self, text: str) -> None:
        self.said.append(text)
        if self.on_say is not None:
            self.on_say(text)

    def restart(self, cut_after: int | None = None) -> None:
        """Off and on again; from now on the power lasts for so many bytes, names and settings."""
        self.sensor.stop()
        self.drive.cut_after = cut_after
        self.drive.written = 0
        self.sensor.start()

    def flash_again(self, firmware: FirmwarePackage, cut_after: int) -> None:
        """As new, with this firmware; the power lasts for so many bytes, names and settings."""
        self.sensor.stop()
        for name in ("bartracker_a", "bartracker_b"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        put_on(self.folder, firmware)
        self.sensor.board.nvs.pop("bartracker/slot", None)
        self.restart(cut_after)

    async def switch_on_again(self) -> None:
        """Whenever the power has gone, it is back after a while, for good."""
        while True:
            await asyncio.sleep(0.5)
            if not self.sensor.running:
                self.restart()

    def close(self) -> None:
        self.sensor.stop()
        self.loop.finish()
