"""Every fault of a sensor from the command line: one clear line, a defined exit code, and a recording that is whole.

The computer's Bluetooth is a virtual air (ble://), the sensor one in plain Python or the firmware in its VM (sim://).
"""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason
from fake_sensor import INFO, FakeSensor, other_version

from bartracker.cli.program import run
from bartracker.links import sensor_uri, sim_link
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.ble_scan import BleBackend
from bartracker.links.sensor_link import SensorLinkSettings
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording, read_recording
from bartracker.samples import StampedBlock
from bartracker.sim import virtual_sensor
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.chips.catalogue import make_chip
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.vm_clock import RealClock
from bartracker.wire import encode_info
from bartracker.wire.status import SensorFault

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

Air = Callable[..., VirtualAir]
Reason = BleakBluetoothNotAvailableReason
QUICK = partial(
    SensorLinkSettings, find_s=0.5, settle_s=0.15, reply_s=1.0, mtu_wait_s=0.3, retry_s=0.05, longest_retry_s=0.2,
    reconnect_s=0.6,
)  # fmt: skip
SPEED = 6
LIMIT_S = 60
LOST = r"the connection to \S+ was lost$|nothing has come from \S+ for \d"


class Told:
    """What one command said and left behind in its folder."""

    def __init__(self, folder: Path, code: int, err: str) -> None:
        self.code = code
        self.lines = err.splitlines()
        self.errors = [line for line in self.lines if line.startswith("bartracker: ")]
        self._folder = folder
        assert "Traceback" not in err, err
        assert all("Error" not in line for line in self.lines), err

    @property
    def refusal(self) -> str:
        """Its only line, of a command that failed before anything streamed and left nothing behind."""
        assert len(self.lines) == 1, self.lines
        assert self.errors == self.lines
        assert not list(self._folder.glob("set.*")), "a recording or analysis of nothing"
        given, _, rest = self.lines[0].removeprefix("bartracker: ").partition(": ")
        assert given
        assert "; " in rest, "what is wrong; what to do"
        return self.lines[0]

    @property
    def said(self) -> list[str]:
        """What was said of the sensor while it streamed."""
        return [line.removeprefix("sensor: ") for line in self.lines if line.startswith("sensor: ")]

    @property
    def samples(self) -> tuple[int, int]:
        """Received and lost, as the summary says."""
        (found,) = re.findall(r"samples: .*?(\d+) received, (\d+) lost -> .*set\.btr$", "\n".join(self.lines), re.M)
        return int(found[0]), int(found[1])

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the packets showed, as the analysis says it."""
        analysis = json.loads((self._folder / "set.json").read_text())
        return tuple(each for each in analysis["notices"] if "could not be read" in each)

    def whole(self) -> Recording:
        """The recording, which is whole and holds what the summary says; the analysis was written as well."""
        recording = read_recording(self._folder / "set.btr")
        assert recording.problems == self.remarks
        index = np.concatenate([block.sample_index for block in recording.blocks])
        assert (len(index), int(index[-1] - index[0]) + 1 - len(index)) == self.samples
        analysis = json.loads((self._folder / "set.json").read_text())
        assert analysis["schema"] == "bartracker.analysis/1"
        replayed = self._folder / "replayed.json"
        assert run(["replay", str(self._folder / "set.btr"), "--headless", "--json", str(replayed)]) == 0
        assert json.loads(replayed.read_text()) == analysis
        return recording


@pytest.fixture
def bartracker(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sensor_uri, "SensorLinkSettings", QUICK)

    def command(*args: str) -> Told:
        code = run(args)
        return Told(tmp_path, code, capsys.readouterr().err)

    return command


@pytest.fixture
def live(bartracker: Callable[..., Told]) -> Callable[[str], Told]:
    return lambda uri: bartracker("live", uri, "--headless", "--record", "set.btr", "--json", "set.json")


@pytest.fixture
def air(monkeypatch: pytest.MonkeyPatch) -> Iterator[Air]:
    """Puts a virtual air behind bleak as the computer's own Bluetooth."""
    with ExitStack() as stack:

        def make(**conditions: object) -> VirtualAir:
            made = stack.enter_context(VirtualAir(AirConditions(**conditions)))
            backend = virtual_backend(made)
            monkeypatch.setattr(BleBackend, "default", lambda: backend)
            return made

        yield make


@pytest.fixture
def sensor() -> Iterator[Callable[..., FakeSensor]]:
    with ExitStack() as stack:
        yield lambda air, name="bar-1", **how: stack.enter_context(
            FakeSensor(BumblePeripheral(air), name=name, **{"speed": 5.0, **how})
        )


@pytest.fixture
def in_set(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Have something done when the pipeline has taken so many blocks."""
    steps = Pipeline.steps

    def arrange(blocks: int, do: Callable[[], object]) -> None:
        left = [blocks]

        def stepped(pipeline: Pipeline, block: StampedBlock):
            left[0] -= 1
            if left[0] == 0:
                do()
            return steps(pipeline, block)

        monkeypatch.setattr(Pipeline, "steps", stepped)

    return arrange


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> list[virtual_sensor.VirtualSensor]:
    """The virtual sensors that sim:// switches on from here on."""
    made: list[virtual_sensor.VirtualSensor] = []

    class Noted(virtual_sensor.VirtualSensor):
        def start(self) -> None:
            made.append(self)
            super().start()

    def spend(clock: RealClock, us: int) -> None:
        """Bus transfers take no time of their own here; what a test lets the firmware lose does."""
        if us >= 1_000_000:
            threading.Event().wait(us / 1e6 / SPEED)

    monkeypatch.setattr(virtual_sensor, "VirtualSensor", Noted)
    monkeypatch.setattr(RealClock, "spend", spend)
    return made


class BrokenScanner(BaseBleakScanner):
    """A computer whose Bluetooth does not work."""

    reason = Reason.UNKNOWN

    def __init__(self, callback: object, uuids: list[str], *_: object, **__: object) -> None:
        super().__init__(None, uuids)

    async def start(self) -> None:
        raise BleakBluetoothNotAvailableError("not available", self.reason)

    async def stop(self) -> None:
        raise AssertionError("never started")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.NO_BLUETOOTH, "Bluetooth: this computer has no Bluetooth adapter; plug one in"),
        (Reason.POWERED_OFF, "Bluetooth: Bluetooth is switched off; switch it on"),
        (Reason.DENIED_BY_USER, "Bluetooth: the program may not use Bluetooth; allow it"),
    ],
)
def test_bluetooth_cannot_be_used(
    reason: Reason, words: str, bartracker: Callable[..., Told], live: Callable[[str], Told],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    broken = type("Broken", (BrokenScanner,), {"reason": reason})
    monkeypatch.setattr(BleBackend, "default", lambda: BleBackend(broken))
    for told in (bartracker("scan"), live("ble://"), bartracker("record", "set.btr", "--json", "set.json")):
        assert words in told.refusal
        assert told.code == 1


def test_no_sensor(air: Air, bartracker: Callable[..., Told], live: Callable[[str], Told]) -> None:
    air()
    told = live("ble://?find_s=0.2")
    assert (told.code, "ble://?find_s=0.2: no sensor was found; switch the sensor on" in told.refusal) == (1, True)
    told = bartracker("scan", "--seconds", "0.5")
    assert (told.code, "scan: no sensor was heard in 0.5 s; switch it on" in told.refusal) == (1, True)


def test_two_sensors(
    air: Air, sensor: Callable[..., FakeSensor], live: Callable[[str], Told], capsys: pytest.CaptureFixture[str]
) -> None:
    around = air()
    sensor(around, "bar-1")
    sensor(around, "bar-2")
    told = live("ble://")
    assert told.code == 1
    assert "ble://: 2 sensors were found: bar-" in told.refusal
    assert "name one: ble://bar-" in told.refusal
    told = live("ble://bar-3")
    assert told.code == 1
    assert "ble://bar-3: this sensor was not found, but " in told.refusal
    assert run(["scan", "--seconds", "0.5"]) == 0
    heard = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in heard) == ["ble://bar-1", "ble://bar-2"]


@pytest.mark.parametrize(
    ("how", "conditions", "words"),
    [
        ({"info_raw": other_version(encode_info(INFO), 2)}, {}, "protocol version 2.0, .*; update the program"),
        ({"info_raw": other_version(encode_info(INFO), 0)}, {}, "protocol version 0.0, .*; flash the sensor"),
        ({"services": False}, {}, "its firmware is not one this program knows; flash the sensor again"),
        ({}, {"mtu": 40}, r"packets of 40 bytes \(MTU\), 65 are needed at 200 Hz; choose a lower rate"),
        ({"answers": False}, {}, "the sensor does not answer; move closer"),
    ],
    ids=["newer", "older", "foreign", "mtu", "mute"],
)
def test_a_sensor_that_does_not_fit(
    how: dict[str, object], conditions: dict[str, object], words: str, air: Air, sensor: Callable[..., FakeSensor],
    live: Callable[[str], Told],
) -> None:  # fmt: skip
    sensor(air(**conditions), **how)
    # A command is only needed, and only missed, where something is asked of the sensor.
    told = live("ble://?rate_hz=100" if "answers" in how else "ble://bar-1")
    assert re.match(rf"bartracker: bar-1 \(C0:BA:00:00:01:01\): .*{words}", told.refusal), told.refusal
    assert told.code == 1


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("ble://?rate_hz=fast", "rate_hz=fast is not a number; write for example rate_hz=200"),
        ("ble://?colour=red", "colour"),
        ("sim://curl", "curl"),
        ("sim://squat?reps=0", "reps=0 is not possible; give a whole number from 1 to 50"),
        ("usb://bar-1", "usb"),
    ],
)
def test_a_wrong_uri(uri: str, words: str, live: Callable[[str], Told]) -> None:
    told = live(uri)
    assert told.code == 2
    assert words in told.refusal


@pytest.mark.parametrize(
    ("fault", "value", "words"),
    [("silent", True, "its motion chip does not answer"), ("who_am_i", 0x55, "its motion chip is not one it knows")],
)
def test_no_motion_chip(
    fault: str, value: object, words: str, live: Callable[[str], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*args: object, **options: object):
        chip = make_chip(*args, **options)
        setattr(chip.faults, fault, value)
        return chip

    monkeypatch.setattr(virtual_sensor, "make_chip", faulty)
    told = live("sim://row?reps=1")
    assert told.code == 1
    assert f"): {words}; check its wiring" in told.refusal


def test_a_motion_chip_that_goes_away_in_the_set_and_comes_back(
    live: Callable[[str], Told],
    in_set: Callable[[int, Callable[[], object]], None],
    virtual: list[virtual_sensor.VirtualSensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_status = SensorInbox.on_status

    def mended_when_told(inbox: SensorInbox, arrival_s: float, raw: bytes) -> None:
        on_status(inbox, arrival_s, raw)
        if inbox.status is not None and inbox.status.fault is SensorFault.IMU_SILENT:
            virtual[0].chip.faults.silent = False

    monkeypatch.setattr(SensorInbox, "on_status", mended_when_told)
    in_set(20, lambda: setattr(virtual[0].chip.faults, "silent", True))
    told = live(f"sim://row?reps=1&seed=1&rate_hz=100&speed={SPEED}")
    assert (told.code, told.errors) == (0, [])
    assert any(re.search(r"reports a fault: its motion chip does not answer$", line) for line in told.said), told.said
    assert told.samples[1] > 0
    assert "fault" in [event.code for event in told.whole().events]


def test_a_motion_chip_whose_buffer_runs_over(
    live: Callable[[str], Told],
    in_set: Callable[[int, Callable[[], object]], None],
    virtual: list[virtual_sensor.VirtualSensor],
) -> None:
    in_set(20, lambda: virtual[0].stall(3.5))
    told = live(f"sim://row?reps=1&seed=1&rate_hz=100&speed={SPEED}")
    assert (told.code, told.errors) == (0, [])
    assert any("its motion chip's buffer ran over before" in line for line in told.lines), told.lines
    assert told.samples[1] > 50
    told.whole()


def test_a_sensor_lost_in_the_set_that_does_not_come_back(
    air: Air,
    sensor: Callable[..., FakeSensor],
    live: Callable[[str], Told],
    in_set: Callable[[int, Callable[[], object]], None],
) -> None:
    around = air()
    lost = sensor(around)

    def switch_off() -> None:
        lost.switch_off()
        around.drop_all()

    in_set(15, switch_off)
    told = live("ble://bar-1")
    assert told.code == 1
    (line,) = told.errors
    assert line.startswith("bartracker: bar-1 (C0:BA:00:00:01:01): it was lost and not found again within 0.6 s")
    assert line.endswith("see to its battery and start again; what was recorded is whole")
    assert told.said == ["bar-1 is connected", "the connection to bar-1 was lost", "searching for bar-1 again"]
    recording = told.whole()
    assert [event.code for event in recording.events] == ["lost", "reconnecting", "failed"]


@pytest.mark.parametrize("fault", ["drop=8", "outage=6..11"])
def test_a_sensor_lost_in_the_set_that_comes_back(fault: str, live: Callable[[str], Told]) -> None:
    told = live(f"sim://row?reps=1&seed=3&rate_hz=100&speed={SPEED}&{fault}")
    assert (told.code, told.errors) == (0, [])
    assert re.match(LOST, told.said[1])
    assert re.match(r"\S+ is connected again$", told.said[-1]), told.said
    recording = told.whole()
    assert {"lost", "reconnecting", "streaming"} <= {event.code for event in recording.events}


def test_a_tenth_of_the_packets_lost_and_fetched_again(live: Callable[[str], Told]) -> None:
    told = live(f"sim://row?reps=1&seed=2&rate_hz=100&speed={SPEED}&loss=0.1")
    assert (told.code, told.errors) == (0, [])
    received, lost = told.samples
    assert lost < 0.02 * received
    assert len(told.whole()) >= received


def test_a_firmware_that_hangs_in_the_set(
    live: Callable[[str], Told],
    in_set: Callable[[int, Callable[[], object]], None],
    virtual: list[virtual_sensor.VirtualSensor],
) -> None:
    in_set(15, lambda: virtual[0].stall(9.0))
    told = live(f"sim://row?reps=1&rate_hz=100&speed={SPEED}")
    assert told.code == 1
    (line,) = told.errors
    assert "firmware failed: the watchdog was not fed in time and reset the board; " in line
    told.whole()


def test_a_sensor_without_power_in_the_set(
    live: Callable[[str], Told],
    in_set: Callable[[int, Callable[[], object]], None],
    virtual: list[virtual_sensor.VirtualSensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sim_link, "SensorLinkSettings", partial(QUICK, stall_s=1.0))
    in_set(15, lambda: virtual[0].stop())
    told = live(f"sim://row?reps=1&rate_hz=100&speed={SPEED}")
    assert told.code == 1
    (line,) = told.errors
    assert "it was lost and not found again" in line
    assert re.match(LOST, told.said[1])
    told.whole()


def test_ctrl_c_in_the_set_keeps_every_packet(
    air: Air,
    sensor: Callable[..., FakeSensor],
    bartracker: Callable[..., Told],
    in_set: Callable[[int, Callable[[], object]], None],
) -> None:
    streaming = sensor(air())
    in_set(15, lambda: signal.raise_signal(signal.SIGINT))
    told = bartracker("record", "set.btr", "--json", "set.json")
    assert (told.code, told.errors) == (130, [])
    assert not streaming.streaming
    assert told.said == ["bar-1 is connected"]
    assert told.samples[1] == 0
    told.whole()


def test_a_packet_that_cannot_be_read_is_remarked_live_and_replayed_alike(
    air: Air,
    sensor: Callable[..., FakeSensor],
    bartracker: Callable[..., Told],
    in_set: Callable[[int, Callable[[], object]], None],
) -> None:
    sensor(air(), garbage=b"\xff\x00nonsense")
    in_set(25, lambda: signal.raise_signal(signal.SIGINT))
    told = bartracker("record", "set.btr", "--json", "set.json")
    assert (told.code, told.errors) == (130, [])
    (remark,) = told.remarks
    assert remark.startswith("1 packet could not be read and was dropped")
    assert len([line for line in told.lines if remark in line]) == 1, "said once"
    told.whole()


def test_a_second_ctrl_c_breaks_off(
    air: Air,
    sensor: Callable[..., FakeSensor],
    bartracker: Callable[..., Told],
    in_set: Callable[[int, Callable[[], object]], None],
    tmp_path: Path,
) -> None:
    sensor(air())

    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    in_set(15, twice)
    told = bartracker("record", "set.btr", "--json", "set.json")
    assert (told.code, told.errors) == (130, [])
    recording = read_recording(tmp_path / "set.btr")
    assert (recording.problems, len(recording) >= told.samples[0] > 0) == ((), True)
    assert json.loads((tmp_path / "set.json").read_text())["schema"] == "bartracker.analysis/1"


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_the_program_ended_from_outside(ended_by: signal.Signals, tmp_path: Path) -> None:
    """The whole program in a process of its own, recording a virtual set."""
    path = tmp_path / "set.btr"
    command = [sys.executable, "-m", "bartracker", "record", str(path), f"sim://row?reps=5&rate_hz=100&speed={SPEED}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "is connected" in process.stderr.readline()
        while path.stat().st_size < 20 * 200:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
            assert process.returncode is None
        process.send_signal(ended_by)
        _, err = process.communicate(timeout=LIMIT_S)
    recording = read_recording(path)
    assert len(recording) >= 200
    if ended_by is signal.SIGINT:
        assert (process.returncode, recording.problems) == (130, ())
        assert f"{len(recording)} received, " in err
        assert "Traceback" not in err
    else:
        assert ["cut off" in problem for problem in recording.problems] == [True]
