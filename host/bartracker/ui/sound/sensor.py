"""Cues on the sensor itself: its light, its buzzer or its motor, by patterns that are told apart by their number of
beats.
"""

from dataclasses import dataclass
from typing import Final

from bartracker.coaching.cues import Cue, SensorCues
from bartracker.coaching.verdict import Level
from bartracker.wire.commands import CueOutputs

OUTPUTS: Final[dict[SensorCues, CueOutputs]] = {
    "light": CueOutputs.LIGHT,
    "sound": CueOutputs.SOUND,
    "shake": CueOutputs.SHAKE,
}


@dataclass(frozen=True, slots=True)
class SensorPattern:
    """As the protocol's cue: `pattern` 0 one long, 1 two short, 2 three short, 3 long and short; so many times."""

    pattern: int
    repeat: int = 1


_REP: Final[dict[Level, SensorPattern]] = {"good": SensorPattern(0), "watch": SensorPattern(1), "off": SensorPattern(2)}


def pattern_of(cue: Cue) -> SensorPattern | None:
    """What the sensor plays for a cue. None for the metronome, whose beats are shorter than any pattern, and for a lost
    sensor, which hears nothing.
    """
    match cue.kind:
        case "rep":
            return _REP[cue.level or "good"]
        case "stop":
            return SensorPattern(2, 3)
        case "set":
            return SensorPattern(3)
        case "link":
            return SensorPattern(0) if cue.level == "good" else None
        case "beat":
            return None
