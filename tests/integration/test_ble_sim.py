"""sim:// end to end: the firmware's own files in the VM, the chip model, Bumble, bleak, the link, the recording."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bartracker.api import analyze, settings_for
from bartracker.errors import BartrackerError
from bartracker.links import LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import SensorLinkSettings
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording, read_recording
from bartracker.samples import StampedBlock
from bartracker.sim.vm import MicroPythonVm

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

# In real time, as a program outside of this one runs it.
SPEED = 4


@pytest.fixture
def links() -> Iterator[list[SimLink]]:
    opened: list[SimLink] = []
    yield opened
    for link in opened:
        link.close()


def open_sim(links: list[SimLink], uri: str, settings: SensorLinkSettings | None = None) -> SimLink:
    wish = parse_sim(uri, parse_uri(uri))
    links.append(SimLink(wish, given=uri, keep_history=True, settings=settings, virtual_time=True))
    return links[-1]


def counts(blocks: tuple[StampedBlock, ...], link: SimLink) -> np.ndarray:
    """(N, 6) as the chip had sampled them."""
    info = link.connect()
    acc = np.concatenate([each.acc_mps2 for each in blocks]) / info.acc_mps2_per_count
    gyr = np.concatenate([each.gyr_radps for each in blocks]) / info.gyr_radps_per_count
    return np.rint(np.hstack([acc @ info.axis_matrix, gyr @ info.axis_matrix])).astype(np.int16)


def assert_every_sample_is_the_chips(recording: Recording, link: SimLink) -> None:
    """Every packet stands in the chip's own history as it is, one after the other, as far apart as its index says
    unless the chip itself ran over.
    """
    taken, at, last = link.history, -1, None
    for block in recording.blocks:
        got = counts((block,), link)
        places = np.flatnonzero((taken[: len(taken) - len(got) + 1] == got[0]).all(axis=1))
        found = [int(place) for place in places if place > at and (taken[place : place + len(got)] == got).all()]
        assert found, f"the packet with sample {block.sample_index[0]} is not one of the chip's"
        if last is not None and not link.counters.overwritten:
            assert at + block.sample_index[0] - last in found
            at += int(block.sample_index[0] - last)
        else:
            at = found[0]
        last = block.sample_index[0]


def test_live_and_replay_give_the_same_bits_and_nothing_is_lost(links: list[SimLink], tmp_path: Path) -> None:
    link = open_sim(links, "sim://bench?reps=2&seed=1&rate_hz=200")
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    info = link.connect()
    assert info.chip == "LSM6DSO/DSOX"
    pipeline = Pipeline(settings_for(Recording(link.metadata, (), info.nominal_rate_hz)))
    for item in link.items():
        if isinstance(item, StampedBlock):
            pipeline.push(item)
    link.close()
    pipeline.finish()
    recording = read_recording(path)
    assert not recording.problems
    assert recording.metadata == link.metadata
    assert recording.metadata.exercise == "bench"
    assert repr(analyze(recording)) == repr(pipeline.analysis())
    counters = link.counters
    assert (counters.lost, counters.overwritten) == (0, 0)
    assert counters.received == len(recording) > 1000
    assert counters.produced == counters.received + counters.unsent
    assert_every_sample_is_the_chips(recording, link)
    (found,) = pipeline.analysis().sets
    assert [each.kind for each in found.reps] == ["full", "full"]
    for rep, true in zip(found.reps, link.truth, strict=True):
        assert rep.concentric_start_s == pytest.approx(true.t_con0, abs=0.15)


def test_lost_packets_and_what_a_dropped_connection_held_up_are_fetched(links: list[SimLink], tmp_path: Path) -> None:
    uri = "sim://row?reps=1&seed=2&rate_hz=100&loss=0.1&drop=8"
    link = open_sim(links, uri)
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    heard = list(link.items())
    link.close()
    recording = read_recording(path)
    assert not recording.problems
    codes = [each.code for each in heard if isinstance(each, LinkNotice)]
    assert codes[:4] == ["streaming", "lost", "reconnecting", "streaming"]
    assert [each.code for each in recording.events][:3] == codes[1:4]
    counters = link.counters
    index = np.concatenate([each.sample_index for each in recording.blocks])
    assert counters.lost == 0
    assert counters.received == index[-1] - index[0] + 1
    assert_every_sample_is_the_chips(recording, link)


def test_an_outage_of_five_seconds(links: list[SimLink], tmp_path: Path) -> None:
    link = open_sim(links, "sim://row?reps=1&seed=3&rate_hz=100&outage=6..11")
    path = tmp_path / "set.btr"
    link.record_to(LinkRecorder(path))
    heard = list(link.items())
    link.close()
    recording = read_recording(path)
    assert not recording.problems
    assert len(recording.blocks) == sum(isinstance(each, StampedBlock) for each in heard)
    index = np.concatenate([each.sample_index for each in recording.blocks])
    assert link.counters.received + link.counters.lost == index[-1] - index[0] + 1
    assert_every_sample_is_the_chips(recording, link)
    assert "reconnecting" in [each.code for each in recording.events]


def test_a_host_that_is_killed_in_the_set_leaves_a_recording_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "set.btr"
    code = (
        "import sys\n"
        "from bartracker.links import open_link\n"
        "from bartracker.links.link_recorder import LinkRecorder\n"
        f"link = open_link('sim://row?reps=1&seed=1&rate_hz=100&speed={SPEED}')\n"
        "link.record_to(LinkRecorder(sys.argv[1]))\n"
        "for number, _ in enumerate(link.items()):\n"
        "    print(number, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        seen = next(line for line in host.stdout if line == "30\n")
        host.kill()
    recording = read_recording(path)
    assert len(recording.blocks) >= int(seen)
    assert ["cut off" in each for each in recording.problems] == [True]


def test_a_firmware_that_falls_over_is_one_line(links: list[SimLink], monkeypatch: pytest.MonkeyPatch) -> None:
    run = MicroPythonVm.run
    monkeypatch.setattr(MicroPythonVm, "run", lambda vm, _: run(vm, "raise ValueError('no luck')\n"))
    link = open_sim(links, "sim://row?reps=1", settings=SensorLinkSettings(find_s=1.0))
    with pytest.raises(BartrackerError, match="virtual sensor's firmware failed: ValueError: no luck") as caught:
        link.connect()
    assert "\n" not in str(caught.value)
