"""One set of each chip through sim://: the real firmware drives the chip's model, every sample arrives, the reps are
found and the recording replays to the bit. The LSM6DSOX is the chip of the other tests.
"""

from pathlib import Path

import numpy as np
import pytest

from bartracker.api import analyze, settings_for
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.pipeline import Pipeline
from bartracker.recording import Recording, read_recording
from bartracker.samples import StampedBlock
from bartracker.sim.chips import CHIP_NAMES

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

TITLES = {
    "lsm6dso": "LSM6DSO/DSOX",
    "bmi270": "BMI270",
    "icm42688p": "ICM-42688-P",
    "mpu6886": "MPU6886",
    "mpu6050": "MPU6050",
    "lsm6ds3trc": "LSM6DS3TR-C",
}


@pytest.mark.parametrize("chip", [name for name in CHIP_NAMES if name != "lsm6dsox"])
def test_a_set_of_every_chip_replays_to_the_bit(chip: str, tmp_path: Path) -> None:
    uri = f"sim://bench?reps=2&seed=1&chip={chip}"
    path = tmp_path / "set.btr"
    link = SimLink(parse_sim(uri, parse_uri(uri)), given=uri, keep_history=True, virtual_time=True)
    link.record_to(LinkRecorder(path))
    blocks: list[StampedBlock] = []
    try:
        info = link.connect()
        pipeline = Pipeline(settings_for(Recording(link.metadata, (), info.nominal_rate_hz)))
        for item in link.items():
            if isinstance(item, StampedBlock):
                blocks.append(item)
                pipeline.push(item)
        counters, history = link.counters, link.history
    finally:
        link.close()
    pipeline.finish()
    assert info.chip == TITLES[chip]
    assert (counters.lost, counters.overwritten) == (0, 0)
    acc = np.rint(np.concatenate([block.acc_mps2 for block in blocks]) / info.acc_mps2_per_count).astype(int)
    starts = np.flatnonzero((history[: len(history) - len(acc) + 1, :3] == acc[0]).all(axis=1))
    assert any(np.array_equal(history[at : at + len(acc), :3], acc) for at in starts)
    recording = read_recording(path)
    assert not recording.problems
    assert repr(analyze(recording)) == repr(pipeline.analysis())
    (found,) = pipeline.analysis().sets
    assert [each.kind for each in found.reps] == ["full", "full"]
    for rep, true in zip(found.reps, link.truth, strict=True):
        assert rep.concentric_start_s == pytest.approx(true.t_con0, abs=0.15)
