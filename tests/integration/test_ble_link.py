"""The link to a sensor, through unmodified bleak and a real Bluetooth stack (Bumble) to a sensor in plain Python:
every sample exact, every loss counted, every fault in words.
"""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from fake_sensor import INFO, FakeSensor, counts_of, other_version

from bartracker.api import analyze, settings_for
from bartracker.errors import BartrackerError
from bartracker.links import LinkNotice
from bartracker.links.ble_link import BleLink
from bartracker.links.ble_scan import BleBackend, scan
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LinkState, SensorLink, SensorLinkSettings, SensorWishes
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording, RecordingMetadata, read_recording
from bartracker.samples import StampedBlock
from bartracker.sim import simulate_set
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.wire import encode_info
from bartracker.wire.messages import Heartbeat, SensorFault, Start, Stop

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


@pytest.fixture
def gym_with() -> Iterator[Callable[..., Gym]]:
    gyms: list[Gym] = []

    def make(**conditions: object) -> Gym:
        air = VirtualAir(AirConditions(**conditions)).__enter__()
        gyms.append(Gym(air, virtual_backend(air)))
        return gyms[-1]

    yield make
    for gym in gyms:
        for each in reversed(gym.open):
            each.close() if isinstance(each, BleLink) else each.__exit__()
        gym.air.close()


@pytest.fixture
def gym(gym_with: Callable[..., Gym]) -> Gym:
    return gym_with()


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


def test_a_connection_lost_in_the_set_is_found_again_and_nothing_is_missing(gym: Gym, tmp_path: Path) -> None:
    """The sensor's ring holds what was sampled in between; the same recording goes on."""
    sensor = gym.sensor(ring=400)
    link = gym.link()
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    dropped: list[float] = []

    def drop_once(heard: Heard) -> None:
        if len(heard.blocks) == 15 and not dropped:
            dropped.append(time.monotonic())
            gym.air.drop_all()

    heard = listen(link, lambda heard: dropped != [] and len(heard.blocks) > 60, drop_once)
    link.close()
    assert_exact(heard)
    assert (np.diff(heard.index) == 1).all()
    assert_same_blocks(path, heard)
    assert heard.codes == ["streaming", "lost", "reconnecting", "streaming"]
    recorded = read_recording(path)
    assert [each.code for each in recorded.events] == heard.codes[1:]
    assert recorded.events[0].text == "the connection to bar-1 was lost"
    assert recorded.events[0].arrival_s - dropped[0] < 1.0
    assert link.health().reconnects == 1
    first, again = [each for each in sensor.commands if isinstance(each, Start)]
    assert first == Start()
    assert again.from_index in heard.index


def test_an_outage_longer_than_the_ring_is_counted_to_the_sample(gym_with: Callable[..., Gym], tmp_path: Path) -> None:
    gym = gym_with(supervision_s=0.3, outages_s=((1.0, 2.5),))
    gym.sensor(ring=20)
    link = gym.link(settings=replace(QUICK, find_s=0.5))
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    heard = listen(link, lambda heard: heard.codes.count("streaming") == 2 and heard.index[-1] > 4000)
    link.close()
    assert_exact(heard)
    statistics = link.health().statistics
    span = int(heard.index[-1] - heard.index[0]) + 1
    assert statistics.lost_samples > 0
    assert statistics.samples + statistics.lost_samples == span
    assert_same_blocks(path, heard)
    assert "lost" in heard.codes
    assert "reconnecting" in heard.codes


def test_lost_packets_are_counted(gym_with: Callable[..., Gym], tmp_path: Path) -> None:
    gym = gym_with(loss=0.1, seed=3)
    gym.sensor()
    link = gym.link()
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    heard = listen(link, blocks(120))
    link.close()
    assert_exact(heard)
    statistics = link.health().statistics
    assert statistics.samples + statistics.lost_samples == int(heard.index[-1] - heard.index[0]) + 1
    assert statistics.lost_samples == 19 * statistics.lost_packets
    assert 3 <= statistics.lost_packets <= 30
    assert_same_blocks(path, heard)


def test_a_slow_radio_delays_and_loses_nothing(gym_with: Callable[..., Gym]) -> None:
    """The sensor makes more in one burst than its stack can hold: it is refused, and tries again."""
    gym = gym_with(interval_s=0.04, packets_per_event=3, pool_packets=3)
    sensor = gym.sensor(speed=6.0, burst_s=1.2)
    heard = listen(gym.link(), blocks(80))
    assert_exact(heard)
    assert (np.diff(heard.index) == 1).all()
    assert sensor.retries > 0


def test_silence_is_said_within_a_second_and_so_is_its_end(gym: Gym) -> None:
    sensor = gym.sensor()
    silent_at: list[float] = []
    said_at: list[float] = []

    def hush(heard: Heard) -> None:
        if len(heard.blocks) == 10 and not silent_at:
            sensor.silent = True
            silent_at.append(time.monotonic())
        if "lost" in heard.codes and not said_at:
            said_at.append(time.monotonic())
            sensor.silent = False

    heard = listen(gym.link(), lambda heard: heard.codes.count("streaming") == 2, hush)
    assert said_at[0] - silent_at[0] < 1.0
    assert heard.codes == ["streaming", "lost", "streaming"]
    assert heard.notices[2].text == "data come from bar-1 again"


def test_a_stalled_connection_is_made_anew(gym: Gym) -> None:
    sensor = gym.sensor(ring=1000)

    def hush(heard: Heard) -> None:
        sensor.silent = len(heard.blocks) >= 10 and "reconnecting" not in heard.codes

    link = gym.link(settings=replace(QUICK, stall_s=0.6))
    heard = listen(link, lambda heard: heard.codes.count("streaming") == 2 and len(heard.blocks) > 30, hush)
    assert (np.diff(heard.index) == 1).all()
    assert link.health().reconnects == 1


def test_a_sensor_that_sends_nothing_is_given_up(gym: Gym) -> None:
    gym.sensor(silent=True)
    link = gym.link(settings=replace(QUICK, stall_s=0.3, silence_s=0.1, fruitless=2))
    with pytest.raises(BartrackerError, match="it was connected 2 times and sent nothing"):
        listen(link, blocks(1))


def test_a_restart_of_the_sensor_is_noticed(gym: Gym, tmp_path: Path) -> None:
    sensor = gym.sensor()
    link = gym.link()
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    done: list[bool] = []

    def restart_once(heard: Heard) -> None:
        if len(heard.blocks) == 10 and not done:
            done.append(True)
            sensor.restart()
            gym.air.drop_all()

    heard = listen(link, lambda heard: "restarted" in heard.codes and len(heard.blocks) > 30, restart_once)
    link.close()
    assert link.health().statistics.resets == 1
    assert (np.diff(heard.index) > 0).all()
    assert len(read_recording(path).blocks) == len(heard.blocks)


def test_a_sensor_that_does_not_come_back(gym: Gym, tmp_path: Path) -> None:
    sensor = gym.sensor()
    link = gym.link(settings=replace(QUICK, reconnect_s=0.6, find_s=0.2))
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    seen: list[Heard] = []

    def switch_off_once(heard: Heard) -> None:
        seen[:] = [heard]
        if len(heard.blocks) == 10 and sensor.on:
            sensor.switch_off()
            gym.air.drop_all()

    with pytest.raises(BartrackerError, match=r"bar-1 .* was lost and not found again within 0\.6 s") as caught:
        listen(link, lambda _: False, switch_off_once)
    assert link.health().state is LinkState.FAILED
    assert "what was recorded is whole" in str(caught.value)
    recorded = read_recording(path)
    assert not recorded.problems
    assert len(recorded.blocks) == len(seen[0].blocks) >= 10
    assert recorded.events[-1].code == "failed"


def test_a_fault_that_the_sensor_reports(gym: Gym) -> None:
    sensor = gym.sensor()

    def break_it(heard: Heard) -> None:
        if len(heard.blocks) == 5:
            sensor.fault = SensorFault.IMU_SILENT

    heard = listen(gym.link(), lambda heard: "fault" in heard.codes, break_it)
    assert heard.notices[-1].text == "bar-1 reports a fault: its motion chip does not answer"


def test_closing_at_any_time(gym: Gym) -> None:
    closed = gym.link()
    closed.close()
    assert list(closed.items()) == []
    with pytest.raises(BartrackerError, match="the link is closed"):
        closed.connect()
    gym.sensor()
    connected = gym.link()
    connected.connect()
    connected.close()
    connected.close()
    assert list(connected.items()) == []
    assert connected.health().state is LinkState.ENDED


def test_closing_while_searching(gym: Gym) -> None:
    link = gym.link(settings=replace(QUICK, find_s=60.0))
    refused: list[BartrackerError] = []

    def connect() -> None:
        try:
            link.connect()
        except BartrackerError as error:
            refused.append(error)

    searching = threading.Thread(target=connect)
    searching.start()
    link.close()
    searching.join(PATIENCE_S)
    assert "closed" in refused[0].problem
    assert link.health().state is LinkState.ENDED


def test_a_program_that_is_too_slow_is_said_and_the_recording_has_everything(gym: Gym, tmp_path: Path) -> None:
    sensor = gym.sensor()
    link = gym.link(settings=replace(QUICK, queue_packets=5))
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))

    def dawdle(heard: Heard) -> None:
        if len(heard.blocks) == 5:
            due, ends = sensor.produced + 25 * 19, time.monotonic() + PATIENCE_S
            while sensor.produced < due and time.monotonic() < ends:
                threading.Event().wait(0.01)

    heard = listen(link, lambda heard: "slow" in heard.codes and len(heard.blocks) > 20, dawdle)
    link.close()
    assert_exact(heard)
    assert link.health().statistics.lost_samples > 0
    recorded = read_recording(path)
    assert (np.diff(np.concatenate([each.sample_index for each in recorded.blocks])) == 1).all()
    assert "slow" in [each.code for each in recorded.events]


def test_a_full_disk_stops_the_recording_and_nothing_else(gym: Gym, tmp_path: Path) -> None:
    gym.sensor()
    link = gym.link()
    path = tmp_path / "set.btr"
    recorder = LinkRecorder(path)
    link.record_to(recorder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(heard: Heard) -> None:
        """The disk is full from the 10th block to the 20th."""
        if len(heard.blocks) == 10:
            resource.setrlimit(resource.RLIMIT_FSIZE, (recorder.size_bytes, limits[1]))
        elif len(heard.blocks) == 20:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    try:
        heard = listen(link, blocks(40), fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    link.close()
    assert_exact(heard)
    assert (np.diff(heard.index) == 1).all()
    assert heard.codes == ["streaming", "unrecorded", "recorded"]
    assert "the disk is full" in heard.notices[1].text
    recorded = read_recording(path)
    assert not recorded.problems
    assert 5 <= recorder.unrecorded_packets <= 20
    assert len(recorded.blocks) == len(heard.blocks) - recorder.unrecorded_packets


def test_a_recording_that_cannot_be_made_is_refused_before_the_sensor_is_searched(tmp_path: Path) -> None:
    (tmp_path / "set.btr").write_bytes(b"precious")
    with pytest.raises(BartrackerError, match="a file of this name is already there"):
        LinkRecorder(tmp_path / "set.btr")
    with pytest.raises(BartrackerError, match="its folder does not exist"):
        LinkRecorder(tmp_path / "nowhere" / "set.btr")
    assert (tmp_path / "set.btr").read_bytes() == b"precious"


def test_a_live_session_over_bluetooth(gym: Gym, tmp_path: Path) -> None:
    """A whole set through the threads of the program: the same analysis live and from the recording."""
    simulated = simulate_set("row", reps=2, seed=5, rate_hz=100.0)
    samples = len(simulated.counts)
    gym.sensor(
        info=replace(simulated.info, device_id=INFO.device_id, ring_packets=64),
        counts=lambda index: simulated.counts[np.minimum(index, samples - 1)],
        speed=8.0,
    )
    link = gym.link(metadata=RecordingMetadata(exercise="row", load_kg=60.0))
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    info = link.connect()
    pipeline = Pipeline(settings_for(Recording(link.metadata, (), info.nominal_rate_hz)))
    session = LiveSession(link, pipeline)
    session.start()
    state = session.snapshot()
    while not state.motion.t_s.size or state.motion.t_s[-1] < samples / 100:
        newer = session.wait_newer(state.version, PATIENCE_S)
        assert newer.version > state.version
        state = newer
    session.close()
    assert session.failure is None
    assert session.snapshot().phase == "finished"
    recorded = read_recording(path)
    assert repr(analyze(recorded)) == repr(pipeline.analysis())
    assert len(pipeline.analysis().sets[0].reps) == 2
