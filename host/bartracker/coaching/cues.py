"""What a lifter hears, and when: a state machine from reps, phases and the link's state to cues. Pure: nothing sounds
here, and time is the stream's own.

One cue at a time: while one lasts, a more urgent one cuts it short and any other is left out. The same thing is always
said in the same words.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from bartracker.coaching.metrics import UNKNOWN, metric_of
from bartracker.coaching.phase_clock import PhaseNow, TempoPhase, target_s
from bartracker.coaching.tempo import Tempo
from bartracker.coaching.verdict import Level, level_of
from bartracker.results import Rep, SetSummary

CueKind: TypeAlias = Literal["rep", "set", "stop", "link", "beat"]
SensorCues: TypeAlias = Literal["off", "light", "sound", "shake"]
Schedule: TypeAlias = Literal["every", "nth", "after", "outside", "near-limit"]

SCHEDULES: tuple[Schedule, ...] = ("every", "nth", "after", "outside", "near-limit")
SENSOR_CUES: tuple[SensorCues, ...] = ("off", "light", "sound", "shake")
STOP_WORDS = "Stop the set"
SET_WORDS = "Set done"
LINK_LOST_WORDS = "Sensor lost"
LINK_BACK_WORDS = "Sensor back"
_PHASE_WORDS: dict[TempoPhase, str] = {"eccentric": "Down", "bottom": "Hold", "concentric": "Up", "top": "Hold"}
_URGENCY: dict[CueKind, int] = {"beat": 0, "rep": 1, "set": 1, "link": 2, "stop": 3}


@dataclass(frozen=True, slots=True)
class CueSettings:
    """What is to be heard.

    Attributes:
        schedule: of rep cues. every: each rep; nth: each `every_nth`; after: none but the set's own at its end;
            outside: only reps whose verdict is not good; near-limit: only from `near_share` of the velocity loss limit
            on.
        every_nth: 2 to 10.
        near_share: share of the loss limit, 0.3-0.9.
        metric: key of the number that is spoken.
        sounds: whether anything is heard at all; cues are raised all the same, for eyes.
        sensor: what of the sensor itself plays them: nothing, its light, its buzzer, its motor.
        metronome: beats of the tempo target.
        speaks: whether the number is spoken after the tone.
        tone_s, speech_s: how long a tone and a spoken number take, s; so long nothing else of the same urgency sounds.
        beat_s: length of a beat, s.
    """

    schedule: Schedule = "every"
    every_nth: int = 3
    near_share: float = 0.6
    metric: str = "mv"
    sounds: bool = True
    sensor: SensorCues = "off"
    metronome: bool = False
    speaks: bool = True
    tone_s: float = 0.25
    speech_s: float = 1.4
    beat_s: float = 0.08


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to be heard at `t_s` of the stream. `level`: of the rep's tone; `words`: to be spoken, "" for none;
    `strong`: a beat at which a phase begins.
    """

    number: int
    t_s: float
    kind: CueKind
    words: str = ""
    level: Level | None = None
    strong: bool = False


class CueMaker:
    """Takes what happens in the order in which it happens; each call returns the cues it raises."""

    def __init__(
        self, settings: CueSettings | None = None, tempo: Tempo | None = None, loss_limit: float | None = None
    ) -> None:
        self._settings = settings or CueSettings()
        self._tempo = tempo
        self._loss_limit = loss_limit
        self._number = 0
        self._busy_until_s = float("-inf")
        self._urgency = 0
        self._stopped_set: int | None = None
        self._beat_phase: PhaseNow | None = None
        self._beats = 0
        self._link_lost = False

    @property
    def settings(self) -> CueSettings:
        """What is to be heard."""
        return self._settings

    def use(self, settings: CueSettings) -> None:
        """Sound like this from now on."""
        self._settings = settings

    def jump(self) -> None:
        """Time goes on elsewhere, before or after: nothing sounds any more, and nothing was said of it yet."""
        self._busy_until_s, self._urgency = float("-inf"), 0
        self._stopped_set, self._beat_phase, self._beats = None, None, 0

    def rep(self, t_s: float, set_index: int, rep: Rep, so_far: SetSummary) -> tuple[Cue, ...]:
        """A rep has been announced; `so_far` sums its set up, this rep included."""
        loss = so_far.velocity_loss_from_best
        limit = self._loss_limit
        if limit is not None and loss is not None and loss > limit and self._stopped_set != set_index:
            self._stopped_set = set_index
            return self._sound(t_s, Cue(0, t_s, "stop", STOP_WORDS), self._settings.speech_s)
        level = level_of(rep)
        if not self._scheduled(rep, level, loss):
            return ()
        text = metric_of(self._settings.metric).text(rep) if self._settings.speaks else ""
        words = "" if text == UNKNOWN else text
        return self._sound(
            t_s, Cue(0, t_s, "rep", words, level), self._settings.tone_s + (self._settings.speech_s if words else 0.0)
        )

    def set_over(self, t_s: float, reps: int) -> tuple[Cue, ...]:
        """A set of so many full reps has been looked at as a whole."""
        words = f"{SET_WORDS}, {reps} rep{'' if reps == 1 else 's'}" if self._settings.speaks else ""
        return self._sound(t_s, Cue(0, t_s, "set", words), self._settings.speech_s)

    def link(self, t_s: float, lost: bool) -> tuple[Cue, ...]:
        """The link to the sensor is lost, or there."""
        if lost == self._link_lost:
            return ()
        self._link_lost = lost
        words = LINK_LOST_WORDS if lost else LINK_BACK_WORDS
        return self._sound(t_s, Cue(0, t_s, "link", words, "off" if lost else "good"), self._settings.speech_s)

    def phase(self, now: PhaseNow | None) -> tuple[Cue, ...]:
        """The phase at the newest sample: beats of the metronome that are due."""
        if not self._settings.metronome or self._tempo is None or now is None:
            return ()
        before = self._beat_phase
        if before is None or (before.phase, before.since_s) != (now.phase, now.since_s):
            self._beat_phase, self._beats = now, 0
        target = target_s(self._tempo, now.phase)
        due = 1 if target is None or target <= 0 else int(min(now.elapsed_s, target)) + 1
        if target is not None and target <= 0:
            return ()
        if self._beats >= due:
            return ()
        self._beats = due
        words = _PHASE_WORDS[now.phase] if due == 1 else ""
        return self._sound(now.t_s, Cue(0, now.t_s, "beat", words, strong=due == 1), self._settings.beat_s)

    def _scheduled(self, rep: Rep, level: Level, loss: float | None) -> bool:
        match self._settings.schedule:
            case "every":
                return True
            case "nth":
                return rep.index % max(2, self._settings.every_nth) == 0
            case "after":
                return False
            case "outside":
                return level != "good"
            case "near-limit":
                limit = self._loss_limit
                return limit is not None and loss is not None and loss >= self._settings.near_share * limit

    def _sound(self, t_s: float, cue: Cue, length_s: float) -> tuple[Cue, ...]:
        urgency = _URGENCY[cue.kind]
        if t_s < self._busy_until_s and urgency <= self._urgency:
            return ()
        self._number += 1
        self._busy_until_s, self._urgency = t_s + length_s, urgency
        return (replace(cue, number=self._number),)
