"""For the firmware's tests: its pure modules under CPython, the VM, and a virtual sensor with a central in memory."""

import importlib
import json
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bartracker.firmware_files import firmware_dir
from bartracker.samples import FloatArray
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.vm import MicroPythonVm
from bartracker.sim.vm_ble import MemoryBle
from bartracker.sim.vm_clock import VirtualClock
from bartracker.sim.vm_devices import BoardState, VmDevices
from bartracker.wire import DataPacket, SensorInfo, decode_data_packet, decode_info, gatt
from bartracker.wire.commands import ControlCommand, Heartbeat, SetRate, Start, encode_control
from bartracker.wire.replies import ControlResult, decode_control_reply
from bartracker.wire.status import Status, decode_status


class Swing:
    """A motion that is different at every sample, on every axis."""

    def __init__(self, acc_mps2: float = 20.0, gyr_radps: float = 5.0) -> None:
        self.acc_mps2 = acc_mps2
        self.gyr_radps = gyr_radps

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        phase = t_s[:, None] * np.array([2.1, 3.3, 4.7]) + np.array([0.0, 1.0, 2.0])
        acc = self.acc_mps2 * np.sin(phase) + np.array([0.0, 0.0, 9.81])
        return acc, self.gyr_radps * np.cos(1.3 * phase)


def _const(value: int) -> int:
    return value


@pytest.fixture(scope="session")
def firmware() -> Callable[[str], Any]:
    """Import one of the firmware's pure modules under CPython, by its name after `bartracker_fw.`."""
    stub = types.ModuleType("micropython")
    stub.__dict__["const"] = _const
    sys.modules.setdefault("micropython", stub)
    folder = str(firmware_dir())
    if folder not in sys.path:
        sys.path.append(folder)
    return lambda name: importlib.import_module(f"bartracker_fw.{name}")


@pytest.fixture(scope="session")
def in_vm() -> Callable[[str], Any]:
    """Run a program in MicroPython that prints one line of JSON; returns its value."""

    def run(code: str) -> Any:
        clock = VirtualClock()
        clock.run_until(0, lambda: False)
        devices = VmDevices(BoardState((6, 5), bytes(6)), clock, [], MemoryBle())
        return json.loads(MicroPythonVm(devices).run("import json\n" + code))

    return run


class Rig:
    """A virtual sensor and the host's side of the conversation."""

    def __init__(self, chip: str, rate_hz: float | None = None, **options: Any) -> None:
        board = options.pop("board", "xiao_esp32s3")
        source = options.pop("source", None) or Swing()
        self.ble = MemoryBle()
        self.sensor = VirtualSensor(board, chip, source, self.ble, keep_history=True, **options)
        self.rate_hz = rate_hz
        self._reference = 0

    def boot(self, seconds: float = 0.5) -> None:
        """Switch on and let it start."""
        self.sensor.start()
        self.run(seconds)

    def run(self, seconds: float) -> None:
        self.sensor.run_for(seconds)

    def connect(self, mtu: int = 247) -> None:
        self.ble.connect(mtu)
        self.run(0.15)

    def command(self, command: ControlCommand) -> ControlResult:
        """Write a command and wait for its reply."""
        self._reference = (self._reference + 1) & 0xFF
        return self.write(encode_control(command, self._reference))

    def write(self, raw: bytes) -> ControlResult:
        """Write any bytes to control and wait for the reply to them."""
        before = len(self.ble.received(gatt.CONTROL_UUID))
        self.ble.write(gatt.CONTROL_UUID, raw)
        self.run(0.4)
        replies = self.ble.received(gatt.CONTROL_UUID)[before:]
        assert len(replies) == 1
        reply = decode_control_reply(replies[0])
        assert reply.reference == (raw[1] if len(raw) > 1 else 0)
        assert reply.opcode == (raw[0] & 0x7F if raw else 0)
        return reply.result

    def stream(self, heartbeat_s: int = 255) -> None:
        """Boot, connect, set the rate and start."""
        self.boot()
        self.connect()
        assert self.command(Heartbeat(heartbeat_s)) is ControlResult.DONE
        if self.rate_hz is not None:
            assert self.command(SetRate(self.rate_hz)) is ControlResult.DONE
        assert self.command(Start()) is ControlResult.DONE

    @property
    def info(self) -> SensorInfo:
        return decode_info(self.ble.values[self.ble.handle(gatt.INFO_UUID)])

    @property
    def status(self) -> Status:
        return decode_status(self.ble.values[self.ble.handle(gatt.STATUS_UUID)])

    def packets(self) -> list[DataPacket]:
        return [decode_data_packet(raw) for raw in self.ble.received(gatt.DATA_UUID)]

    def assert_exact(self, packets: list[DataPacket], missing: int = 0) -> None:
        """What came is what the chip put into its FIFO, in order; `missing` samples of it are lost, as the index says.

        The last samples may still be on the device.
        """
        history = self.sensor.chip.produced.counts()
        first = packets[0].first_index
        got = np.concatenate([packet.counts for packet in packets])
        index = np.concatenate([p.first_index - first + np.arange(len(p.counts)) for p in packets])
        assert index[-1] - len(got) + 1 == missing
        starts = np.flatnonzero((history[: len(history) - 3] == got[0]).all(axis=1))
        assert any(np.array_equal(history[s + index], got) for s in starts if s + index[-1] < len(history))


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    """Make rigs; all are switched off at the end."""
    rigs: list[Rig] = []

    def make(chip: str = "lsm6dso", rate_hz: float | None = None, **options: Any) -> Rig:
        rigs.append(Rig(chip, rate_hz, **options))
        return rigs[-1]

    yield make
    for made in rigs:
        if made.sensor.running:
            made.sensor.stop()


@pytest.fixture(scope="session")
def golden() -> list[dict[str, Any]]:
    """The vectors of wire protocol v1."""
    path = Path(__file__).parents[1] / "golden" / "wire_v1.json"
    return json.loads(path.read_text(encoding="utf-8"))["vectors"]
