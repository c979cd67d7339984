"""A bad radio and nothing missing: the real firmware, Bumble, bleak and the link on virtual time, with random loss and
outages; what was lost is fetched again by sample index while live data go on.
"""

from pathlib import Path

import numpy as np
import pytest

from bartracker.links import LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.repairs import Repairs
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.recording import read_recording
from bartracker.samples import StampedBlock

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

OUTAGES = "5..10,25..30"


def hear(uri: str, path: Path) -> tuple[SimLink, list[StampedBlock | LinkNotice]]:
    link = SimLink(parse_sim(uri, parse_uri(uri)), given=uri, keep_history=True, virtual_time=True)
    link.record_to(LinkRecorder(path))
    try:
        return link, list(link.items())
    finally:
        link.close()


def assert_same(first: list[StampedBlock], second: list[StampedBlock]) -> None:
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        for name in StampedBlock.__slots__:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fifth_lost_and_outages_of_five_seconds_leave_nothing_missing(seed: int, tmp_path: Path) -> None:
    uri = f"sim://squat?reps=3&seed={seed}&rate_hz=400&loss=0.2&outage={OUTAGES}"
    link, heard = hear(uri, tmp_path / "set.btr")
    live = [each for each in heard if isinstance(each, StampedBlock)]
    index = np.concatenate([each.sample_index for each in live])
    assert (np.diff(index) == 1).all()
    counters = link.counters
    assert (counters.lost, counters.overwritten) == (0, 0)
    assert counters.produced == counters.received + counters.unsent
    health = link.health()
    assert health.reconnects >= 1
    assert health.statistics.late_packets == 0
    # Every count is the chip's.
    info = link.connect()
    acc = np.concatenate([each.acc_mps2 for each in live]) / info.acc_mps2_per_count
    taken = link.history[:, :3]
    first = np.flatnonzero((taken[: len(taken) - len(acc) + 1] == np.rint(acc[0] @ info.axis_matrix)).all(axis=1))
    assert any((taken[at : at + len(acc)] == np.rint(acc @ info.axis_matrix)).all() for at in first)
    # The recording holds packets in the order in which they came; both ways of reading it give what was seen live.
    recording = read_recording(tmp_path / "set.btr")
    assert not recording.problems
    assert_same(live, list(recording.blocks))
    assert_same(live, list(read_recording(tmp_path / "set.btr", as_live=True).blocks))


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_lost_after_the_last_packet_is_fetched_too(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sensor says with its stop how far its samples go; no counter can tell."""
    ends: list[int] = []
    note_end = Repairs.note_end

    def noted(self: Repairs, end_index: int, rate_hz: float) -> None:
        ends.append(end_index - (self._end or 0))
        note_end(self, end_index, rate_hz)
        ends.append(end_index)

    monkeypatch.setattr(Repairs, "note_end", noted)
    _, heard = hear(f"sim://row?reps=1&seed={seed}&rate_hz=100&loss=0.2", tmp_path / "set.btr")
    index = np.concatenate([each.sample_index for each in heard if isinstance(each, StampedBlock)])
    missing, end = ends
    # A packet cut short by the stop at least, which only the stop's reply tells of.
    assert missing > 0
    assert index[-1] + 1 == end
    assert (np.diff(index) == 1).all()
    assert "missing" not in [each.code for each in heard if isinstance(each, LinkNotice)]


def test_what_cannot_be_fetched_at_the_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bartracker.links.repairs.Repairs.ask", lambda *_: None)
    _, heard = hear("sim://row?reps=1&seed=1&rate_hz=100&loss=0.2", tmp_path / "set.btr")
    index = np.concatenate([each.sample_index for each in heard if isinstance(each, StampedBlock)])
    [said] = [each for each in heard if isinstance(each, LinkNotice) and each.code == "missing"]
    inside = int(index[-1] - index[0]) + 1 - len(index)
    assert inside < int(said.text.split()[0]) <= inside + 200
    assert "could not be fetched" in said.text
    assert "missing" in [each.code for each in read_recording(tmp_path / "set.btr").events]


def test_a_run_on_virtual_time_is_the_same_every_time(tmp_path: Path) -> None:
    uri = "sim://row?reps=1&seed=3&rate_hz=100&loss=0.2&drop=5"
    files = [tmp_path / "first.btr", tmp_path / "second.btr"]
    first, second = ([each for each in hear(uri, file)[1] if isinstance(each, StampedBlock)] for file in files)
    assert_same(first, second)


def test_a_sensor_that_is_never_asked_again_shows_its_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same air without repairs: this is what the tests above would see if nothing was fetched."""
    monkeypatch.setattr("bartracker.links.repairs.Repairs.ask", lambda *_: None)
    link, _ = hear("sim://row?reps=1&seed=1&rate_hz=100&loss=0.2", tmp_path / "set.btr")
    assert link.counters.lost > 200
