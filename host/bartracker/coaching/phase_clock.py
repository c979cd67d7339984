"""Which phase of the tempo the bar is in at this moment, from online velocity alone. Pure; a guide while lifting, never
a number of a rep: those are measured in reps/.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bartracker.coaching.tempo import Tempo
from bartracker.results import Exercise, Order
from bartracker.samples import FloatArray

TempoPhase: TypeAlias = Literal["eccentric", "bottom", "concentric", "top"]
TEMPO_PHASES: tuple[TempoPhase, ...] = ("eccentric", "bottom", "concentric", "top")
_LOWERED_FIRST = ("squat", "bench")


@dataclass(frozen=True, slots=True)
class PhaseSettings:
    """When the bar counts as moving.

    Attributes:
        start_mps: a movement has begun beyond this speed, m/s (0.06-0.15); slower drift of the online velocity is none.
        still_mps: it began, and ends, at this speed, m/s (0.02-0.06): the 3 cm/s of the definition of a phase, and a
            little more for what online velocity drifts.
        still_sigmas, start_sigmas: the same in standard uncertainties of the online velocity, which drifts; what is
            larger holds.
        most_sigma_mps: an uncertainty beyond this counts as this, m/s: a lift must still show.
        longest_pause_s: a pause longer than this is no part of a rep any more, s (3-15).
    """

    start_mps: float = 0.10
    still_mps: float = 0.04
    still_sigmas: float = 1.8
    start_sigmas: float = 2.5
    most_sigma_mps: float = 0.08
    longest_pause_s: float = 8.0


@dataclass(frozen=True, slots=True)
class PhaseNow:
    """The phase at `t_s`: since when, and how long the phases of this rep before it took, s."""

    phase: TempoPhase
    since_s: float
    t_s: float
    done_s: dict[TempoPhase, float] = field(default_factory=dict[TempoPhase, float])

    @property
    def elapsed_s(self) -> float:
        """How long it has lasted."""
        return max(0.0, self.t_s - self.since_s)


def usual_order(exercise: Exercise | str | None) -> Order:
    """What comes first in a lift; a lift that is not known is taken for one that is lowered first."""
    return "eccentric-first" if exercise is None or exercise in _LOWERED_FIRST else "concentric-first"


def target_s(tempo: Tempo, phase: TempoPhase) -> float | None:
    """How long a phase is meant to be, s; None: as fast as possible."""
    return {
        "eccentric": tempo.eccentric_s,
        "bottom": tempo.bottom_s,
        "concentric": tempo.concentric_s,
        "top": tempo.top_s,
    }[phase]


class PhaseClock:
    """Takes online vertical velocity sample by sample; `now` says the phase, None while no rep is under way. How the
    samples are cut into blocks changes nothing.
    """

    def __init__(self, order: Order = "eccentric-first", settings: PhaseSettings | None = None) -> None:
        self._settings = settings or PhaseSettings()
        self._first: TempoPhase = "eccentric" if order == "eccentric-first" else "concentric"
        self._phase: TempoPhase | None = None
        self._since_s = 0.0
        self._slow_s = 0.0  # when the bar was last slower than still_mps
        self._t_s = 0.0
        self._done: dict[TempoPhase, float] = {}

    @property
    def now(self) -> PhaseNow | None:
        """The phase at the last sample."""
        return None if self._phase is None else PhaseNow(self._phase, self._since_s, self._t_s, dict(self._done))

    def push(self, t_s: FloatArray, vel_z_mps: FloatArray, sigma_mps: FloatArray) -> tuple[PhaseNow, ...]:
        """Take samples: times (N,) s, vertical velocity and its standard uncertainty (N,) m/s. Returns the phases that
        began in them, in order.
        """
        begun: list[PhaseNow] = []
        for at_s, velocity, sigma in zip(t_s.tolist(), vel_z_mps.tolist(), sigma_mps.tolist(), strict=True):
            self._t_s = at_s
            if self._take(at_s, velocity, sigma) and (now := self.now) is not None:
                begun.append(now)
        return tuple(begun)

    def _take(self, at_s: float, velocity: float, sigma: float) -> bool:
        """Returns whether a phase began."""
        settings = self._settings
        sigma = min(sigma, settings.most_sigma_mps)
        if abs(velocity) < max(settings.still_mps, settings.still_sigmas * sigma):
            self._slow_s = at_s
            if self._phase in ("eccentric", "concentric"):
                return self._enter("bottom" if self._phase == "eccentric" else "top", at_s)
            if self._phase is not None and at_s - self._since_s > settings.longest_pause_s:
                self._phase, self._done = None, {}
            return False
        moving: TempoPhase = "concentric" if velocity > 0 else "eccentric"
        if abs(velocity) < max(settings.start_mps, settings.start_sigmas * sigma) or moving == self._phase:
            return False
        return self._enter(moving, max(self._slow_s, self._since_s))

    def _enter(self, phase: TempoPhase, since_s: float) -> bool:
        if self._phase is not None:
            self._done[self._phase] = since_s - self._since_s
        if phase == self._first:
            self._done = {}
        self._phase, self._since_s = phase, since_s
        return True
