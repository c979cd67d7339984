"""The link to a sensor, through unmodified bleak and a real Bluetooth stack (Bumble) to a sensor in plain Python:
every sample exact, every loss counted, every fault in words.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble_gym import QUICK, Gym, assert_exact, assert_same_blocks, blocks, listen
from fake_sensor import INFO, other_version

from bartracker.errors import BartrackerError
from bartracker.links.ble_scan import scan
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LinkState, SensorLink, SensorWishes
from bartracker.recording import RecordingMetadata, read_recording
from bartracker.wire import encode_info
from bartracker.wire.commands import Heartbeat, Start, Stop


def test_every_sample_arrives_exactly_and_is_recorded_first(gym: Gym, tmp_path: Path) -> None:
    sensor = gym.sensor()
    link = gym.link(metadata=RecordingMetadata(exercise="squat", load_kg=100.0))
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    info = link.connect()
    assert isinstance(link, SensorLink)
    assert (info.nominal_rate_hz, info.att_mtu, link.label) == (200.0, 247, "bar-1")
    heard = listen(link, blocks(40))
    link.close()
    assert_exact(heard)
    assert (np.diff(heard.index) == 1).all()
    assert_same_blocks(path, heard)
    recorded = read_recording(path)
    assert recorded.metadata == link.metadata
    assert recorded.metadata.source == "bar-1 (C0:BA:00:00:01:01)"
    assert recorded.chip == "LSM6DSO/DSOX"
    health = link.health()
    assert health.state is LinkState.ENDED
    assert (health.statistics.lost_samples, health.reconnects) == (0, 0)
    assert health.status is not None
    assert health.status.battery_percent == 71
    assert sensor.commands[:2] == [Heartbeat(10), Start()]
    assert isinstance(sensor.commands[-1], Stop)
    assert heard.codes == ["streaming"]


def test_the_clock_is_known_within_the_round_trip(gym: Gym) -> None:
    sensor = gym.sensor(speed=1.0)
    link = gym.link()
    listen(link, lambda heard: len(heard.blocks) >= 15)
    clock = link.health().clock
    assert clock is not None
    assert abs(clock.to_host_s(0) - sensor.origin_s) <= clock.half_width_s
    assert clock.half_width_s < 0.1


def test_heartbeats_keep_coming(gym: Gym) -> None:
    sensor = gym.sensor(speed=1.0)
    listen(gym.link(settings=replace(QUICK, heartbeat_s=0.1)), blocks(12))
    assert sum(isinstance(each, Heartbeat) for each in sensor.commands) >= 5


def test_the_sensor_stops_when_no_heartbeat_comes(gym: Gym) -> None:
    sensor = gym.sensor(speed=1.0)
    settings = replace(QUICK, heartbeat_timeout_s=1, heartbeat_s=60.0, stall_s=60.0)
    heard = listen(gym.link(settings=settings), lambda heard: "lost" in heard.codes)
    assert not sensor.streaming
    assert "nothing has come from bar-1" in heard.notices[-1].text


def test_rate_and_ranges_are_set_before_streaming(gym: Gym) -> None:
    gym.sensor()
    link = gym.link(wishes=SensorWishes(rate_hz=400.0))
    assert link.connect().nominal_rate_hz == 400.0
    heard = listen(link, blocks(10))
    stamps = np.array([each.stamp_s[0] for each in heard.blocks])
    np.testing.assert_allclose(np.diff(stamps), 19 / 400, atol=2e-6)


def test_a_rate_that_the_sensor_refuses(gym: Gym) -> None:
    gym.sensor()
    with pytest.raises(BartrackerError, match=r"bar-1 .*refused SetRate: the value is outside what the sensor accepts"):
        gym.link(wishes=SensorWishes(rate_hz=5000.0)).connect()


@pytest.mark.parametrize(
    ("major", "words"),
    [(2, "version 2.0, this program version 1; update the program"), (0, "version 0.0.*flash the sensor")],
)
def test_another_protocol_version(gym: Gym, major: int, words: str, tmp_path: Path) -> None:
    gym.sensor(info_raw=other_version(encode_info(INFO), major))
    link = gym.link()
    link.record_to(LinkRecorder(tmp_path / "set.btr"))
    with pytest.raises(BartrackerError, match=words) as caught:
        link.connect()
    assert "\n" not in str(caught.value)
    assert link.health().state is LinkState.FAILED
    assert not (tmp_path / "set.btr").exists()
    with pytest.raises(BartrackerError, match=words):
        next(link.items())


def test_a_firmware_without_our_characteristics(gym: Gym) -> None:
    gym.sensor(services=False)
    with pytest.raises(BartrackerError, match="its firmware is not one this program knows; flash the sensor again"):
        gym.link().connect()


def test_small_packets_still_carry_everything(gym_with: Callable[..., Gym]) -> None:
    gym = gym_with(mtu=100)
    gym.sensor()
    heard = listen(gym.link(), blocks(60))
    assert {len(each) for each in heard.blocks} == {6}
    assert_exact(heard)


def test_an_mtu_that_is_too_small(gym_with: Callable[..., Gym]) -> None:
    gym = gym_with(mtu=40)
    gym.sensor()
    with pytest.raises(BartrackerError, match=r"packets of 40 bytes \(MTU\), 65 are needed at 200 Hz"):
        gym.link().connect()


def test_scan_lists_every_sensor(gym: Gym) -> None:
    gym.sensor("bar-1")
    gym.sensor("bar-2")
    found = scan(0.3, gym.backend)
    assert sorted(each.name for each in found) == ["bar-1", "bar-2"]
    assert all(each.rssi_dbm < 0 for each in found)


def test_two_sensors_and_no_name(gym: Gym) -> None:
    gym.sensor("bar-1")
    gym.sensor("bar-2")
    with pytest.raises(BartrackerError, match=r"2 sensors were found: .*name one: ble://bar-") as caught:
        gym.link(given="ble://").connect()
    assert "bar-1 (C0:BA:00:00:01:01)" in str(caught.value)
    assert "bar-2 (C0:BA:00:00:01:02)" in str(caught.value)


@pytest.mark.parametrize("wanted", ["bar-2", "BAR-2", "C0:BA:00:00:01:02", "c0:ba:00:00:01:02"])
def test_chosen_by_name_or_address(gym: Gym, wanted: str) -> None:
    gym.sensor("bar-1")
    gym.sensor("bar-2", info=replace(INFO, device_id=b"THISONE."))
    assert gym.link(wanted).connect().device_id == b"THISONE."


def test_two_of_the_same_name(gym: Gym) -> None:
    gym.sensor("bar-1")
    gym.sensor("bar-1")
    with pytest.raises(BartrackerError, match=r"2 sensors of this name were found: .*name one: ble://C0:BA:00:00:01:0"):
        gym.link("bar-1").connect()


def test_no_sensor(gym: Gym) -> None:
    settings = replace(QUICK, find_s=0.2)
    with pytest.raises(BartrackerError, match="ble://: no sensor was found; switch the sensor on"):
        gym.link(settings=settings).connect()
    gym.sensor("bar-1")
    with pytest.raises(BartrackerError, match=r"ble://bar-7: this sensor was not found, but bar-1 \(C0:.*\)"):
        gym.link("bar-7", given="ble://bar-7", settings=replace(QUICK, find_s=0.4)).connect()
