"""A virtual sensor to be updated: the project's firmware put by hand into a file system that lives as long as the
update, on a radio of its own.
"""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.firmware_files import firmware_dir
from bartracker.links.ble_scan import BleBackend
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import SourceUri
from bartracker.samples import FloatArray
from bartracker.sim.resting import RestWish, rest


class _Lying:
    """A sensor that lies on a table for ever."""

    def __init__(self, seed: int) -> None:
        self._motion = rest(RestWish(1.0), seed=seed)

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        t_s = np.clip(t_s, 0.0, self._motion.duration_s)
        return self._motion.specific_force_mps2(t_s), self._motion.rate_radps(t_s)


@contextmanager
def updatable_sensor(uri: str, source: SourceUri) -> Generator[BleBackend]:
    """The sensor of a sim:// URI (board, chip, seed, loss, drops, interval, MTU and speed of it), while inside. Raises
    BartrackerError where the simulator is not installed, and if the firmware fell over.
    """
    wish = parse_sim(uri, source)
    try:
        from bartracker.sim.air import AirConditions, VirtualAir
        from bartracker.sim.bleak_backend import virtual_backend
        from bartracker.sim.drive import Drive
        from bartracker.sim.peripheral import BumblePeripheral
        from bartracker.sim.virtual_sensor import VirtualSensor
    except ImportError as error:
        raise BartrackerError(
            uri, f"the simulator's package {error.name} is missing", "pip install bartracker[sim]"
        ) from error
    conditions = AirConditions(
        interval_s=wish.interval_s / wish.speed, loss=wish.loss, drops_s=wish.drops_s, mtu=wish.mtu, seed=wish.seed
    )
    with tempfile.TemporaryDirectory(prefix="bartracker-") as folder, VirtualAir(conditions) as air:
        drive = Path(folder)
        shutil.copytree(firmware_dir() / "bartracker_fw", drive / "bartracker_fw")
        for name in ("boot.py", "main.py"):
            shutil.copy(firmware_dir() / name, drive)
        sensor = VirtualSensor(
            wish.board,
            wish.chip,
            _Lying(wish.seed),
            BumblePeripheral(air),
            clock="real",
            speed=wish.speed,
            seed=wish.seed,
            drive=Drive(drive),
        )
        sensor.start()
        try:
            yield virtual_backend(air)
        finally:
            sensor.stop()
