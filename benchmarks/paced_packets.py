"""Packets of a virtual sensor at 400 Hz, recorded on virtual time and played again when the host had received them:
what a sensor's link would give, without the virtual sensor's own work beside what is measured.
"""

import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bartracker import read
from bartracker.links import FileLink, LinkItem
from bartracker.recording.recording import Recording
from bartracker.samples import StampedBlock

RATE_HZ = 400
SQUATS = f"sim://squat?reps=5&seed=6&rate_hz={RATE_HZ}&load_kg=140&tempo=3-1-X-1"
REST_S = 70.0


class SensorLike:
    """A recording's packets, each when the host had received it, as a sensor gives them; notes when that was."""

    def __init__(self, recording: Recording, speed: float) -> None:
        self._link = FileLink(recording, "bar-1", speed=speed)
        self.label, self.metadata, self.recording = "bar-1", recording.metadata, None
        self.first_s, self.last_s, self.arrived_s = array("d"), array("d"), array("d")
        self._recording = recording

    def items(self) -> Iterator[LinkItem]:
        for item in self._link.items():
            if isinstance(item, StampedBlock):
                self.first_s.append(float(item.stamp_s[0]))
                self.last_s.append(last_s(item, self._recording))
                self.arrived_s.append(time.perf_counter())
            yield item

    def close(self) -> None:
        self._link.close()


def record_squats(path: Path) -> None:
    """A set through the whole sensor on virtual time: packets come as a real one's would."""
    from bartracker.links.link_recorder import LinkRecorder
    from bartracker.links.sim_link import SimLink
    from bartracker.links.sim_uri import parse_sim
    from bartracker.links.uri import parse_uri

    link = SimLink(parse_sim(SQUATS, parse_uri(SQUATS)), given=SQUATS, virtual_time=True)
    link.record_to(LinkRecorder(path))
    for _ in link.items():
        pass
    link.close()


def recorded_squats() -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "squats.btr"
        # In a process of its own: the VM's memory would stand among what is measured.
        subprocess.run([sys.executable, __file__, str(path)], check=True)
        return read(path)


def with_rests(recording: Recording, until_s: float) -> Recording:
    """Sets with rests between them: the recording over and over, stamps and sample numbers going on, the bar lying as
    it did at first in between.
    """
    first, last = recording.blocks[0], recording.blocks[-1]
    period_s = _period_s(recording)
    still = _still(recording, round(REST_S / period_s))
    index, stamp_s = int(first.sample_index[0]), float(first.stamp_s[0])
    counts = int(last.sample_index[-1]) - index + 1
    span_s = last_s(last, recording) - stamp_s + period_s
    turn_counts = counts + sum(len(block) for block in still)
    turn_s = span_s + sum(len(block) for block in still) * period_s
    blocks = [
        _moved(block, turn * turn_counts, turn * turn_s)
        for turn in range(max(1, int(np.ceil(until_s / turn_s))))
        for block in (*recording.blocks, *(_moved(each, counts, span_s) for each in still))
    ]
    return replace(recording, blocks=tuple(blocks), events=())


def _still(recording: Recording, samples: int) -> list[StampedBlock]:
    """The first packet over and over, each after the one before."""
    one = recording.blocks[0]
    span_s = len(one) * _period_s(recording)
    return [_moved(one, turn * len(one), turn * span_s) for turn in range(samples // len(one))]


def _moved(block: StampedBlock, samples: int, seconds: float) -> StampedBlock:
    return replace(
        block,
        sample_index=block.sample_index + samples,
        stamp_s=block.stamp_s + seconds,
        arrival_s=block.arrival_s + seconds,
    )


def _period_s(recording: Recording) -> float:
    index = np.concatenate([block.sample_index[:1] for block in recording.blocks])
    stamps = np.array([block.stamp_s[0] for block in recording.blocks])
    known = np.isfinite(stamps)
    return float(np.polyfit(index[known], stamps[known], 1)[0])


def last_s(block: StampedBlock, recording: Recording) -> float:
    """When its last sample was taken; a block may be stamped at its first one only."""
    return float(block.stamp_s[0]) + (len(block) - 1) / (recording.nominal_rate_hz or RATE_HZ)


if __name__ == "__main__":
    record_squats(Path(sys.argv[1]))
