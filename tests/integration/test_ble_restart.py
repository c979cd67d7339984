"""A sensor that restarts in a set, on virtual time: the real firmware, its watchdog, the power; the program notices,
says why, and the set goes on. And cues that the program asks for.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble_gym import QUICK
from slots import Bench, put_by_hand

from bartracker.links import LinkNotice
from bartracker.links.ble_link import BleLink
from bartracker.links.link_recorder import LinkRecorder
from bartracker.recording import read_recording
from bartracker.samples import StampedBlock
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.virtual_time import VirtualTimeRunner
from bartracker.wire.commands import CueOutputs

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

SETTINGS = replace(QUICK, find_s=5.0, reply_s=3.0, connect_s=5.0)
LED = 21


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A sensor whose board starts again by itself after a reset."""
    folder = tmp_path / "drive"
    folder.mkdir()
    here = Bench.make(put_by_hand(folder), battery_mv=3350)
    here.sensor.start()
    yield here
    here.close()


def link_to(here: Bench) -> BleLink:
    return BleLink(
        settings=SETTINGS,
        backend=virtual_backend(here.air),
        now_s=here.loop.time,
        runner=VirtualTimeRunner(here.loop),
    )


def hang(here: Bench) -> None:
    here.sensor.stall(9.0)


def lose_power(here: Bench) -> None:
    here.restart()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (hang, "restarted in the set because its firmware hung and the watchdog ended that"),
        (lose_power, "because its power was cut or sank (battery 3.35 V before: charge it)"),
    ],
)
def test_a_restart_in_the_set_is_said_with_its_cause(
    harm: Callable[[Bench], None], words: str, bench: Bench, tmp_path: Path
) -> None:
    link = link_to(bench)
    link.record_to(LinkRecorder(tmp_path / "set.btr"))
    blocks: list[StampedBlock] = []
    notices: list[LinkNotice] = []
    done = False
    for item in link.items():
        if isinstance(item, StampedBlock):
            blocks.append(item)
        else:
            notices.append(item)
        if len(blocks) == 30 and not done:
            done = True
            harm(bench)
        if len(blocks) == 60:
            link.finish()
    link.close()
    texts = [each.text for each in notices if each.code == "restarted"]
    assert any(words in text for text in texts)
    assert any("is an estimate" in text for text in texts)
    assert link.health().statistics.resets == 1
    index = np.concatenate([each.sample_index for each in blocks])
    assert (np.diff(index) > 0).all()
    recording = read_recording(tmp_path / "set.btr")
    assert words in " ".join(each.text for each in recording.events)


def test_a_cue_is_played_while_the_stream_goes_on(bench: Bench) -> None:
    link = link_to(bench)
    link.cue(CueOutputs.LIGHT, 0)  # Not connected yet: left out.
    blocks = 0
    lit: list[int] = []
    for item in link.items():
        if not isinstance(item, StampedBlock):
            continue
        blocks += 1
        lit.append(bench.sensor.board.pins[LED] == 0)
        if blocks == 10:
            link.cue(CueOutputs.LIGHT | CueOutputs.SOUND | CueOutputs.SHAKE, 0, 2)
            # This board has no buzzer: refused by the sensor, which harms nothing.
            link.cue(CueOutputs.SOUND, 0)
        if blocks == 40:
            link.finish()
    link.close()
    assert not any(lit[:10])
    # Twice 0.3 s of every 0.5 s; a block comes every 91 ms.
    assert 4 <= sum(lit) <= 9
    assert link.health().statistics.lost_samples == 0
