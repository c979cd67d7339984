"""Pairing over a real Bluetooth stack: who is not paired gets nothing, who is gets all, also after a restart."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from bleak import BleakClient
from bleak.exc import BleakError, BleakGATTProtocolError

from bartracker.cli.program import run as bartracker
from bartracker.errors import BartrackerError
from bartracker.links.ble_errors import bluetooth_problem, not_paired
from bartracker.links.ble_link import BleLink
from bartracker.links.ble_scan import BleBackend, find
from bartracker.links.pair_sensor import PairSettings, SensorPairing
from bartracker.links.sensor_link import SensorLinkSettings
from bartracker.samples import FloatArray, StampedBlock
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.virtual_time import VirtualTimeLoop, VirtualTimeRunner
from bartracker.wire import gatt
from bartracker.wire.pairing import PairingState

BUTTON = 0
SETTINGS = SensorLinkSettings(settle_s=0.2, find_s=2.0)


class Lying:
    """A sensor at rest."""

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.tile([0.0, 0.0, 9.81], (len(t_s), 1)), np.zeros((len(t_s), 3))


class Gym:
    """One sensor and one computer on virtual time."""

    def __init__(self, loop: VirtualTimeLoop, air: VirtualAir) -> None:
        self.loop, self.air = loop, air
        self.backend = virtual_backend(air)
        self.sensor = VirtualSensor("xiao_esp32s3", "lsm6dso", Lying(), BumblePeripheral(air), clock=loop)
        self.sensor.start()

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def pairing(self) -> SensorPairing:
        settings = PairSettings(link=SETTINGS)
        return SensorPairing(None, given="pair", now_s=self.loop.time, backend=self.backend, settings=settings)

    def stream(self) -> int:
        """Samples that a link gets in a short while."""
        link = BleLink(
            settings=SETTINGS, backend=self.backend, now_s=self.loop.time, runner=VirtualTimeRunner(self.loop)
        )
        samples = 0
        for item in link.items():
            samples += len(item.stamp_s) if isinstance(item, StampedBlock) else 0
            if samples > 100:
                link.finish()
        return samples

    def be_another(self) -> None:
        self.run(self.air.become_another("C1:BA:00:00:00:99"))

    def hold_button(self, seconds: float) -> None:
        self.sensor.board.pressed.add(BUTTON)
        self.pause(seconds)
        self.sensor.board.pressed.remove(BUTTON)

    def restart_sensor(self) -> None:
        self.sensor.stop()
        self.sensor.start()

    def pause(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))


@pytest.fixture
def gym() -> Iterator[Gym]:
    loop = VirtualTimeLoop()
    try:
        with VirtualAir(AirConditions(), loop) as air:
            made = Gym(loop, air)
            yield made
            made.sensor.stop()
    finally:
        loop.finish()


async def tried(gym: Gym, *, pairs: bool = False) -> tuple[list[BaseException | None], bool]:
    """What a stranger with any program gets for each thing he may try, and whether he was put out."""
    found = await find(None, "test", find_s=2.0, settle_s=0.2, backend=gym.backend)
    client = BleakClient(found.device, lambda _: gone.set(), backend=gym.backend.client)
    await client.connect()
    got: list[bytes] = []
    gone = asyncio.Event()
    results: list[BaseException | None] = []
    try:
        if pairs:
            await client.pair()
        await client.start_notify(gatt.DATA_UUID, lambda _, raw: got.append(bytes(raw)))
        await client.start_notify(gatt.CONTROL_UUID, lambda _, raw: got.append(bytes(raw)))
        for attempt in (
            lambda: client.read_gatt_char(gatt.INFO_UUID),
            lambda: client.read_gatt_char(gatt.STATUS_UUID),
            lambda: client.write_gatt_char(gatt.CONTROL_UUID, bytes([1, 1, 255, 255, 255, 255]), response=True),
            lambda: client.write_gatt_char(gatt.CONTROL_UUID, bytes([2, 2]), response=True),
        ):
            try:
                await attempt()
            except BleakError as error:
                results.append(error)
            else:
                results.append(None)
        await asyncio.sleep(1.0)
    except BleakError as error:
        results.append(error)
    put_out = gone.is_set()
    await client.disconnect()
    assert got == [], "a stranger was answered"
    return results, put_out


def test_off_by_default_and_then_only_for_the_paired(gym: Gym) -> None:
    assert gym.stream() > 100
    assert "bartracker/pairing" not in gym.sensor.board.nvs

    state = gym.run(gym.pairing().switch_on())
    assert (state.on, state.wanted, state.hosts) == (True, True, 1)
    assert gym.stream() > 100

    gym.restart_sensor()
    assert gym.stream() > 100, "the bond is lost over a restart"
    gym.pause(70.0)  # the window is closed by now

    gym.be_another()
    refused, _ = gym.run(tried(gym))
    assert len(refused) == 4
    assert all(isinstance(each, BleakGATTProtocolError) and not_paired(each) for each in refused), refused
    assert "paired" in str(bluetooth_problem("sensor", refused[0]))
    with pytest.raises(BartrackerError, match="serves only computers that are paired"):
        gym.stream()
    # He pairs all the same: without a bond he is put out at once, and not remembered.
    _, put_out = gym.run(tried(gym, pairs=True))
    assert put_out
    gym.pause(2.0)
    with pytest.raises(BartrackerError):
        gym.run(gym.pairing().take_another())
    gym.restart_sensor()
    with pytest.raises(BartrackerError):
        gym.stream()


def test_a_further_one_on_the_first_ones_word_and_off_again(gym: Gym) -> None:
    gym.run(gym.pairing().switch_on())
    gym.pause(70.0)
    state = gym.run(gym.pairing().take_another())
    assert state.open_s > 0
    gym.be_another()
    state = gym.run(gym.pairing().switch_on())
    assert state == PairingState(True, True, 2, state.open_s)
    assert gym.stream() > 100
    state = gym.run(gym.pairing().switch_off())
    assert (state.on, state.hosts) == (False, 0)
    gym.be_another()
    assert gym.stream() > 100


def test_the_button_opens_and_forgets(gym: Gym) -> None:
    gym.run(gym.pairing().switch_on())
    gym.pause(70.0)
    gym.be_another()
    gym.hold_button(1.1)
    with pytest.raises(BartrackerError):
        gym.run(gym.pairing().switch_on())
    gym.hold_button(3.2)
    state = gym.run(gym.pairing().switch_on())
    assert (state.on, state.hosts) == (True, 2)
    assert gym.stream() > 100
    gym.pause(70.0)
    gym.be_another()
    gym.hold_button(8.5)
    gym.pause(70.0)
    with pytest.raises(BartrackerError):
        gym.stream()
    gym.hold_button(11.5)
    gym.pause(5.0)
    assert gym.stream() > 100
    assert gym.sensor.board.nvs["bartracker/bonds"] == ""


def test_the_command_line(gym: Gym, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(BleBackend, "default", lambda: gym.backend)
    monkeypatch.setattr("asyncio.run", gym.run)

    def said(*words: str, code: int = 0) -> str:
        assert bartracker(["pair", *words]) == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return captured.err if code else captured.out

    assert "give one of them" in said("--another", "--off", code=2)
    assert "give a sensor: ble://" in said("sim://rest", code=2)
    assert "switch pairing on first" in said("--another", code=1)
    assert said() == "paired; the sensor serves paired computers only (1 of them)\n"
    assert said() == "paired; the sensor serves paired computers only (1 of them)\n"
    gym.pause(70.0)
    gym.be_another()
    for words in ((), ("--another",), ("--off",)):
        assert "paired" in said(*words, code=1)
    assert gym.sensor.board.nvs["bartracker/pairing"] == "i1"
    gym.hold_button(3.2)
    assert said("ble://") == "paired; the sensor serves paired computers only (2 of them)\n"
    assert said("--another").startswith("another computer can pair within 6")
    assert said("--off") == "the sensor serves everybody\n"
    gym.be_another()
    assert gym.stream() > 100
