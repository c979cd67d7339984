"""FileLink: pacing, controls, notices; on a clock that only the test moves."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.links import FileLink, LinkNotice, PlaybackLink, open_link
from bartracker.recording import RecordedEvent, Recording, RecordingMetadata, RecordingWriter
from bartracker.samples import StampedBlock
from bartracker.wire import DataPacket, SensorInfo, encode_data_packet


class TestClock:
    """Waiting is instant and moves the clock; `at` lets something happen while the link waits."""

    __test__ = False

    def __init__(self) -> None:
        self.now = 1000.0
        self._plans: list[tuple[float, Callable[[], None]]] = []

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        self._plans.append((1000.0 + time_s, action))
        self._plans.sort(key=lambda plan: plan[0])

    def now_s(self) -> float:
        return self.now

    def wait(self, condition: threading.Condition, timeout_s: float | None) -> None:
        wake = float("inf") if timeout_s is None else self.now + timeout_s
        if self._plans and self._plans[0][0] <= wake:
            self.now, action = self._plans.pop(0)
            action()
            return
        assert timeout_s is not None, "the link waits for ever and nobody would wake it"
        self.now = wake


def block(number: int, *, arrival_s: float = float("nan"), stamped: bool = True) -> StampedBlock:
    """Ten samples at 100 Hz."""
    index = np.arange(number * 10, number * 10 + 10)
    stamp_s = np.full(10, np.nan)
    if stamped:
        stamp_s[0] = index[0] * 0.01
    no = np.zeros(10, dtype=np.bool_)
    return StampedBlock(index, stamp_s, np.zeros((10, 3)), np.zeros((10, 3)), no, no, arrival_s)


def recording(*blocks: StampedBlock, **more: object) -> Recording:
    return Recording(RecordingMetadata(), blocks, 100.0, **more)


def times(link: FileLink, clock: TestClock) -> list[float]:
    """When each block came, s since the first look."""
    return [round(clock.now - 1000.0, 6) for item in link.items() if isinstance(item, StampedBlock)]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0, 16.0])
def test_blocks_come_when_they_had_arrived_divided_by_the_speed(clock: TestClock, speed: float) -> None:
    blocks = [block(n, arrival_s=50 + arrival) for n, arrival in enumerate([0.1, 0.25, 0.25, 0.4])]
    link = FileLink(recording(*blocks), "x", speed=speed, clock=clock)
    assert link.duration_s == pytest.approx(0.3)
    assert times(link, clock) == pytest.approx([0.0, 0.15 / speed, 0.15 / speed, 0.3 / speed])
    assert link.position_s == pytest.approx(0.3)


def test_without_arrival_times_the_stamps_pace(clock: TestClock) -> None:
    link = FileLink(recording(block(0), block(1), block(5)), "x", clock=clock)
    assert times(link, clock) == pytest.approx([0.0, 0.1, 0.5])


def test_a_host_clock_that_jumped_is_not_believed(clock: TestClock) -> None:
    blocks = [block(0, arrival_s=0.0), block(1, arrival_s=0.1), block(2, arrival_s=1e300)]
    assert times(FileLink(recording(*blocks), "x", clock=clock), clock) == pytest.approx([0.0, 0.1, 0.2])


def test_arrivals_that_run_backwards_do_not_stop_the_playback(clock: TestClock) -> None:
    blocks = [block(n, arrival_s=arrival) for n, arrival in enumerate([0.0, 0.3, 0.1, 0.4])]
    assert times(FileLink(recording(*blocks), "x", clock=clock), clock) == pytest.approx([0.0, 0.3, 0.3, 0.4])


def test_no_times_at_all_play_at_once(clock: TestClock) -> None:
    link = FileLink(recording(block(0, stamped=False), block(1, stamped=False)), "x", clock=clock)
    assert times(link, clock) == [0.0, 0.0]


def test_as_fast_as_possible_never_waits(clock: TestClock) -> None:
    link = FileLink(recording(*(block(n) for n in range(100))), "x", speed=0, clock=clock)
    assert times(link, clock) == [0.0] * 100
    assert link.position_s == link.duration_s == pytest.approx(9.9)


def test_pause_holds_position_and_blocks(clock: TestClock) -> None:
    link = FileLink(recording(*(block(n) for n in range(5))), "x", clock=clock)
    seen: list[float] = []

    def pause() -> None:
        link.paused = True

    def go_on() -> None:
        seen.append(link.position_s)
        link.paused = False

    clock.at(0.15, pause)
    clock.at(60.15, go_on)
    assert times(link, clock) == pytest.approx([0.0, 0.1, 60.2, 60.3, 60.4])
    assert seen == pytest.approx([0.15])
    assert not link.paused


def test_pause_also_holds_the_fastest_playback(clock: TestClock) -> None:
    link = FileLink(recording(block(0), block(1)), "x", speed=0, clock=clock)
    link.paused = True
    clock.at(5.0, lambda: setattr(link, "paused", False))
    assert times(link, clock) == [5.0, 5.0]


def test_speed_can_change_between_two_blocks(clock: TestClock) -> None:
    link = FileLink(recording(block(0), block(100), block(200)), "x", clock=clock)
    clock.at(5.0, lambda: setattr(link, "speed", 10))
    assert times(link, clock) == pytest.approx([0.0, 5.5, 6.5])
    link.speed = 0
    assert link.speed == float("inf")


@pytest.mark.parametrize("speed", [0.2, 17, -1, float("nan")])
def test_impossible_speeds_are_refused_in_words(speed: float) -> None:
    link = FileLink(recording(), "x")
    with pytest.raises(BartrackerError, match=r"choose 0\.25 to 16, or 0"):
        link.speed = speed
    assert link.speed == 1.0


def test_close_ends_a_waiting_and_a_paused_link(clock: TestClock) -> None:
    link = FileLink(recording(block(0), block(1000)), "x", clock=clock)
    clock.at(3.0, link.close)
    assert times(link, clock) == [0.0]
    link.close()
    paused = FileLink(recording(block(0)), "x", clock=clock)
    paused.paused = True
    clock.at(6.0, paused.close)
    assert times(paused, clock) == []


def test_a_slow_consumer_does_not_slow_the_playback_down_but_is_not_flooded(clock: TestClock) -> None:
    link = FileLink(recording(*(block(n) for n in range(200))), "x", clock=clock)
    came: list[float] = []
    for item in link.items():
        assert isinstance(item, StampedBlock)
        came.append(clock.now - 1000.0)
        if len(came) == 2:
            clock.now += 0.35  # less than what is caught up
        if len(came) == 20:
            clock.now += 100.0  # the laptop slept
    assert came[5:19] == pytest.approx([n * 0.1 for n in range(5, 19)])
    # Of the hundred seconds half a second of the recording was played, the rest was a pause.
    assert came[20:25] == pytest.approx([101.9] * 5)
    assert came[25] == pytest.approx(102.0)


def test_controls_work_from_another_thread_on_the_real_clock() -> None:
    link = FileLink(recording(block(0), block(10**7)), "x")
    items = link.items()
    assert isinstance(next(items), StampedBlock)
    left: list[object] = []
    thread = threading.Thread(target=lambda: left.extend(items))
    thread.start()
    link.paused = True
    link.speed = 2
    link.close()
    thread.join(10)
    assert not thread.is_alive()
    assert left == []


def test_problems_come_first_and_link_faults_in_their_places(clock: TestClock) -> None:
    events = (
        RecordedEvent(float("nan"), "import", "No idea when."),
        RecordedEvent(100.15, "link-lost", "Gone."),
        RecordedEvent(101.0, "link-back", "Back."),
    )
    blocks = [block(n, arrival_s=100 + n * 0.1) for n in range(3)]
    link = FileLink(recording(*blocks, problems=("Damaged.",), events=events), "x", clock=clock)
    items = [item.text if isinstance(item, LinkNotice) else int(item.sample_index[0]) for item in link.items()]
    assert items == ["Damaged.", "No idea when.", 0, 10, "Gone.", 20, "Back."]
    notices = [item for item in link.items() if isinstance(item, LinkNotice)]
    assert [(notice.code, notice.severity) for notice in notices] == [
        ("damage", "warning"),
        ("import", "warning"),
        ("link-lost", "warning"),
        ("link-back", "warning"),
    ]
    assert notices[2].t_s == pytest.approx(0.15)


def test_an_empty_recording_plays_to_its_end(clock: TestClock) -> None:
    link = FileLink(recording(problems=("There are no samples.",)), "x", clock=clock)
    assert len(list(link.items())) == 1
    assert link.duration_s == link.position_s == 0.0


def test_a_file_plays_the_very_blocks_that_reading_gives(tmp_path: Path, clock: TestClock) -> None:
    path = tmp_path / "set.btr"
    info = SensorInfo(1, 16, 2000, 0.0048, 0.0012, 100.0)
    with RecordingWriter.create(path, RecordingMetadata(exercise="row"), info) as writer:
        for number in range(5):
            counts = np.full((10, 6), number, dtype=np.int16)
            raw = encode_data_packet(DataPacket(number, number * 10, number * 100_000, counts))
            writer.append_packet(7 + number * 0.1, raw)
    link = open_link(f"file://{path}?speed=2", clock=clock)
    assert (link.label, link.metadata.exercise) == ("set.btr", "row")
    assert link.recording is not None
    assert tuple(link.items()) == link.recording.blocks
    assert clock.now - 1000.0 == pytest.approx(0.2)


def test_a_file_that_is_read_later_is_read_once_and_by_whoever_needs_it(clock):
    read: list[str] = []

    def reading() -> Recording:
        read.append("now")
        return recording(block(0), block(1))

    link = FileLink(reading, "x", clock=clock, speed=0)
    assert (link.recording, link.duration_s, read) == (None, 0.0, [])
    assert isinstance(link, PlaybackLink)
    assert read == [], "asking what it is must not read it"
    assert len(tuple(link.items())) == 2
    assert link.load() is link.recording
    assert read == ["now"]
    assert link.duration_s == pytest.approx(0.1)


def test_a_file_that_cannot_be_read_says_so_to_everybody(clock):
    def refusing() -> Recording:
        raise BartrackerError("x", "is damaged", "copy it again")

    link = FileLink(refusing, "x", clock=clock)
    for ask in (link.load, link.load, lambda: tuple(link.items())):
        with pytest.raises(BartrackerError, match="is damaged"):
            ask()


def test_a_file_that_is_not_there_is_refused_before_it_is_to_be_read(tmp_path):
    with pytest.raises(BartrackerError, match=r"none\.btr"):
        open_link(str(tmp_path / "none.btr"), read_later=True)
