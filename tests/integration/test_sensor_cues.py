"""Cues on the sensor itself: from the session's cue to the board's pins, through link, radio and firmware."""

import collections
import itertools
import threading

import pytest
from scripted_sensor import ScriptedSensor
from scripted_set import SCRIPT, HeldLink, ScriptedPipeline

from bartracker.cli.program import run
from bartracker.coaching.cues import SENSOR_CUES, Cue, CueSettings
from bartracker.links import LinkNotice
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.live import LiveSession
from bartracker.ui.sound.listener import CueListener
from bartracker.ui.sound.sensor import OUTPUTS, SensorPattern, pattern_of
from bartracker.ui.sound.speech import Voice
from bartracker.wire.commands import CueOutputs

LED, BUZZER = 19, 2  # of the M5StickC Plus2
SILENT = Voice(("/nonexistent/voice",))


def test_verdicts_are_told_apart_by_the_number_of_beats():
    reps = {level: pattern_of(Cue(1, 0.0, "rep", level=level)) for level in ("good", "watch", "off")}
    assert reps == {"good": SensorPattern(0), "watch": SensorPattern(1), "off": SensorPattern(2)}
    assert pattern_of(Cue(1, 0.0, "stop")) == SensorPattern(2, 3), "the alarm goes on"
    assert pattern_of(Cue(1, 0.0, "set")) == SensorPattern(3)
    assert pattern_of(Cue(1, 0.0, "link", level="good")) is not None
    assert pattern_of(Cue(1, 0.0, "link", level="off")) is None, "a lost sensor hears nothing"
    assert pattern_of(Cue(1, 0.0, "beat", strong=True)) is None
    assert set(OUTPUTS) == set(SENSOR_CUES) - {"off"}


@pytest.mark.parametrize(("kind", "pin", "other"), [("light", LED, BUZZER), ("sound", BUZZER, LED)])
def test_a_cue_reaches_the_pin_and_only_that_one(kind, pin, other):
    pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")
    uri = "sim://rest?seconds=4&seed=1&chip=mpu6886&board=m5stickc_plus2&rate_hz=100"
    link = SimLink(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)
    session = LiveSession(link, ScriptedPipeline())
    session.hear(CueSettings(sounds=False, sensor=kind))
    listener = CueListener(lambda: session, None, SILENT)
    link.connect()
    pins = link._sensor.board.pins = Noting()
    cued = False
    try:
        for item in link.items():
            if isinstance(item, LinkNotice) or item.stamp_s[0] < 1.0 or cued:
                continue
            pins.levels.clear()
            listener._to_sensor(session, Cue(1, 0.0, "stop"))
            cued = True
    finally:
        link.close()
    rises = [a < b for a, b in itertools.pairwise([0, *pins.levels[pin]])]
    assert sum(rises) == 9, "three short ones, three times"
    assert pins[pin] == 0
    assert not any(pins.levels[other])


class Noting(dict):
    """Pins, and every level that each was set to."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[int, list[int]] = collections.defaultdict(list)

    def __setitem__(self, pin: int, level: int) -> None:
        super().__setitem__(pin, level)
        self.levels[pin].append(level)


class Cueing(ScriptedSensor):
    """Notes which cues it was asked for; a slow sensor must hold nobody up."""

    def __init__(self) -> None:
        super().__init__()
        self.cues: list[tuple[CueOutputs, int, int]] = []

    def cue(self, outputs: CueOutputs, pattern: int, repeat: int = 1) -> None:
        self.cues.append((outputs, pattern, repeat))


@pytest.mark.parametrize("kind", SENSOR_CUES)
def test_the_sensor_follows_the_schedule_with_the_sound_off(kind):
    """One cue after each rep that is off, none for the others; nothing where it is switched off."""
    sensor = Cueing()
    session = LiveSession(sensor, ScriptedPipeline())
    session.hear(CueSettings(schedule="outside", sounds=False, sensor=kind, tone_s=0.0, speech_s=0.0))
    listener = CueListener(lambda: session, None, SILENT)
    listener.start()
    pipeline, heard = ScriptedPipeline(), 0
    for item in HeldLink().items():
        session.take(pipeline.push(item))
        if len(session.snapshot().cues) > heard:
            heard = len(session.snapshot().cues)
            for _ in range(500):
                if kind == "off" or len(sensor.cues) == heard:
                    break
                threading.Event().wait(0.01)
    listener.close()
    session.close()
    off = [(OUTPUTS[kind], 2, 1), (OUTPUTS[kind], 1, 1), (OUTPUTS[kind], 2, 1)] if kind != "off" else []
    assert len(SCRIPT) == 5
    assert sensor.cues == off


def test_a_recording_has_no_sensor_to_cue():
    LiveSession(HeldLink(), ScriptedPipeline()).cue_sensor(CueOutputs.LIGHT, 0)


def test_another_kind_is_refused_in_one_line(capsys):
    assert run(["live", "sim://squat", "--sensor-cues", "smell"]) == 2
    assert "give off, light, sound or shake" in capsys.readouterr().err.splitlines()[-1]
