"""Cues as samples, the player without a sound card, and the command that speaks."""

import io
import sys
import threading

import numpy as np
import pytest
from scripted_set import SCRIPT, HeldLink, ScriptedPipeline

from bartracker.coaching.cues import Cue, CueSettings
from bartracker.live import LiveSession
from bartracker.ui.sound.listener import CueListener
from bartracker.ui.sound.player import Bell, Loudspeaker, any_sound_device
from bartracker.ui.sound.speech import Voice, speech_command
from bartracker.ui.sound.tones import RATE_HZ, notes_of, tone

CUES = {
    "good": Cue(1, 0.0, "rep", level="good"),
    "watch": Cue(1, 0.0, "rep", level="watch"),
    "off": Cue(1, 0.0, "rep", level="off"),
    "stop": Cue(1, 0.0, "stop"),
    "beat": Cue(1, 0.0, "beat"),
    "strong": Cue(1, 0.0, "beat", strong=True),
}


def pitches(cue: Cue) -> list[float]:
    """The strongest frequency of each note, from its spectrum, Hz."""
    samples, found, at = tone(notes_of(cue)), [], 0
    for note in notes_of(cue):
        count = round(note.lasts_s * RATE_HZ)
        spectrum = np.abs(np.fft.rfft(samples[at : at + count], 1 << 17))
        found.append(float(spectrum.argmax() * RATE_HZ / (1 << 17)))
        at += count + round(note.rest_s * RATE_HZ)
    return found


def test_verdicts_are_told_apart_by_the_way_the_pitch_goes():
    good, watch, off = (pitches(CUES[name]) for name in ("good", "watch", "off"))
    assert good[0] < good[1]
    assert watch[0] == pytest.approx(watch[1], rel=0.01)
    assert off[0] > off[1]
    np.testing.assert_allclose(good, [659.3, 987.8], rtol=0.02)


@pytest.mark.parametrize("name", CUES)
def test_a_tone_stays_within_range_and_begins_and_ends_in_silence(name):
    samples = tone(notes_of(CUES[name]))
    assert 0.3 < np.abs(samples).max() <= 1.0
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 0.01
    assert len(samples) < RATE_HZ


def test_the_player_gives_the_tone_to_the_device_and_a_new_one_cuts_it():
    pytest.importorskip("miniaudio")
    player = Loudspeaker(device=False)
    try:
        player.play(CUES["stop"])
        first = player.left
        player.play(CUES["beat"])
        assert first > 20_000 > player.left
        taken = threading.Event()
        for _ in range(200):
            if player.left == 0:
                break
            taken.wait(0.01)
        assert player.left == 0
    finally:
        player.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asked on Linux only")
def test_a_computer_without_a_card_is_not_even_asked(tmp_path):
    assert not any_sound_device({}, tmp_path)
    assert any_sound_device({"PULSE_SERVER": "unix:/x"}, tmp_path)
    assert not any_sound_device({"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    (tmp_path / "card0").mkdir()
    assert any_sound_device({}, tmp_path)


def test_the_bell_rings_for_what_matters_and_only_in_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for name in ("good", "off", "beat", "stop"):
        Bell(terminal).play(CUES[name])
        Bell(file).play(CUES[name])
    assert terminal.getvalue() == "\a\a"
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("platform", "there", "begins"),
    [
        ("linux", {"espeak-ng", "espeak"}, ("espeak-ng", "-s")),
        ("linux", {"espeak"}, ("espeak", "-s")),
        ("linux", set(), None),
        ("darwin", {"say"}, ("say",)),
        ("win32", {"powershell"}, ("powershell", "-NoProfile")),
    ],
)
def test_the_command_that_speaks(platform, there, begins):
    command = speech_command(platform, lambda name: name if name in there else None)
    assert (None if command is None else command[: len(begins)]) == begins


def test_without_a_voice_nothing_is_said():
    voice = Voice(("/nonexistent/voice",))
    voice.say("0.52")
    assert not voice.available
    voice.hush()


def test_what_is_muted_is_raised_and_not_played():
    played = []

    class Recorder:
        def play(self, cue: Cue) -> None:
            played.append(cue)

        def close(self) -> None:
            """Nothing to do."""

    class Watched(LiveSession):
        """Lets a test wait until the listener has come back for more."""

        asked = 0

        def wait_newer(self, version, timeout_s):
            self.asked += 1
            return super().wait_newer(version, 0.01)

    session = Watched(HeldLink(12.0), ScriptedPipeline())
    session.hear(CueSettings(sounds=False))
    session.start()
    for thread in session.threads:
        thread.join(10.0)
    listener = CueListener(lambda: session, Recorder(), Voice(("/nonexistent/voice",)))
    listener.start()
    for _ in range(500):
        if session.asked > 2:
            break
        session.threads[0].join(0.0)
        threading.Event().wait(0.01)
    listener.close()
    session.close()
    assert session.asked > 2
    assert session.snapshot().cues
    assert played == []


def test_a_session_is_heard_rep_by_rep_tone_first_then_the_number():
    played, said, full = [], [], threading.Event()

    class Recorder:
        def play(self, cue: Cue) -> None:
            played.append(cue)
            if len(played) == len(SCRIPT):
                full.set()

        def close(self) -> None:
            played.append(None)

    class Spoken(Voice):
        def say(self, words: str) -> None:
            said.append(words)

    link = HeldLink(0.0, hold=True)
    session = LiveSession(link, ScriptedPipeline())
    session.hear(CueSettings(tone_s=0.0, speech_s=0.0))
    listener = CueListener(lambda: session, Recorder(), Spoken())
    listener.start()
    pipeline = ScriptedPipeline()
    for item in HeldLink().items():
        events = pipeline.push(item)
        session.take(events)
        if any(type(event).__name__ == "RepAnnounced" for event in events):
            count = len(said) + 1
            for _ in range(300):
                if len(said) >= count:
                    break
                full.wait(0.01) if not full.is_set() else threading.Event().wait(0.01)
    listener.close()
    session.close()
    assert [cue.level for cue in played[:-1]] == ["good", "good", "off", "watch", "off"]
    assert said == ["0.67", "0.59", "0.53", "0.48", "0.43"]
