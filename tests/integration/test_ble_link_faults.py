"""A link when something goes wrong in the set: lost, silent, restarted, faulty, closed; every loss counted, every
fault in words, the recording whole.
"""

import resource
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble_gym import PATIENCE_S, QUICK, Gym, Heard, assert_exact, assert_same_blocks, blocks, listen
from fake_sensor import INFO

from bartracker.api import analyze, settings_for
from bartracker.errors import BartrackerError
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LinkState
from bartracker.live import LiveSession
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording, RecordingMetadata, read_recording
from bartracker.sim import simulate_set
from bartracker.wire.commands import Heartbeat, Start, Stop
from bartracker.wire.status import SensorFault


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
    heard = listen(link, lambda heard: heard.codes.count("streaming") >= 2 and heard.index[-1] > 4000)
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
    sensor = gym.sensor()
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
    # A sensor of protocol 1.0 is asked for nothing that it does not know.
    assert {type(each) for each in sensor.commands} <= {Heartbeat, Start, Stop}
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
