"""The tones of the cues, as samples. Pure. Told apart by pitch and by number, not by timbre: a gym is loud."""

from dataclasses import dataclass

import numpy as np

from bartracker.coaching.cues import Cue
from bartracker.coaching.verdict import Level
from bartracker.samples import FloatArray

RATE_HZ = 44_100
_FADE_S = 0.006  # an abrupt end would click
_LEVEL = 0.6


@dataclass(frozen=True, slots=True)
class Note:
    """A pitch, Hz, for so long, s; then so long nothing."""

    pitch_hz: float
    lasts_s: float
    rest_s: float = 0.03


_REP: dict[Level, tuple[Note, ...]] = {
    "good": (Note(659.3, 0.09), Note(987.8, 0.13)),
    "watch": (Note(659.3, 0.10), Note(659.3, 0.10)),
    "off": (Note(392.0, 0.11), Note(261.6, 0.16)),
}
_STOP = (Note(880.0, 0.16, 0.08),) * 4
_SET = (Note(523.3, 0.10), Note(659.3, 0.10), Note(784.0, 0.18))
_LINK = (Note(330.0, 0.25, 0.1), Note(330.0, 0.25))
_BEAT, _STRONG_BEAT = (Note(880.0, 0.04, 0.0),), (Note(1318.5, 0.07, 0.0),)


def notes_of(cue: Cue) -> tuple[Note, ...]:
    """The notes of a cue."""
    match cue.kind:
        case "rep":
            return _REP[cue.level or "good"]
        case "stop":
            return _STOP
        case "set":
            return _SET
        case "link":
            return _LINK
        case "beat":
            return _STRONG_BEAT if cue.strong else _BEAT


def tone(notes: tuple[Note, ...], rate_hz: int = RATE_HZ) -> FloatArray:
    """Samples (N,) within -1..1."""
    parts: list[FloatArray] = []
    for note in notes:
        t_s = np.arange(round(note.lasts_s * rate_hz)) / rate_hz
        fade = np.minimum(1.0, np.minimum(t_s, t_s[-1] - t_s) / _FADE_S)
        # A second partial carries further through noise than a pure tone.
        wave = np.sin(2 * np.pi * note.pitch_hz * t_s) + 0.3 * np.sin(4 * np.pi * note.pitch_hz * t_s)
        parts += [_LEVEL * fade * wave / 1.3, np.zeros(round(note.rest_s * rate_hz))]
    return np.concatenate(parts)
