"""What is heard of a session: the tempo phase the bar is in and the cues that events raise, in order of time."""

from bartracker.coaching.cues import Cue, CueMaker, CueSettings
from bartracker.coaching.phase_clock import PhaseClock, PhaseNow, usual_order
from bartracker.coaching.targets import Targets
from bartracker.events import Event, Notice, RepAnnounced, SetFinished
from bartracker.links.sensor_link import LinkState
from bartracker.results import Order, SetSummary
from bartracker.samples import FloatArray


class CueTrack:
    """Takes motion and events as they come, keeps the newest cues. Not thread-safe."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._cues: list[Cue] = []
        self._settings = CueSettings()
        self.tell(None, Targets())

    @property
    def now(self) -> PhaseNow | None:
        """The tempo phase at the newest sample, None while no rep is under way."""
        return self._clock.now

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The newest, oldest first."""
        return tuple(self._cues)

    def tell(self, exercise: str | None, targets: Targets) -> None:
        """What is lifted, and what is meant."""
        self._order: Order = usual_order(exercise)
        self._clock = PhaseClock(self._order)
        self._maker = CueMaker(self._settings, targets.tempo, targets.velocity_loss_limit)

    def hear(self, settings: CueSettings) -> None:
        """Raise these cues from now on."""
        self._settings = settings
        self._maker.use(settings)

    def jump(self, t_s: FloatArray, vel_z_mps: FloatArray, sigma_mps: FloatArray) -> None:
        """Go on elsewhere, without a sound: after this motion, (N,) each as `motion` takes them."""
        self._maker.jump()
        self._clock = PhaseClock(self._order)
        self._clock.push(t_s, vel_z_mps, sigma_mps)

    def motion(self, t_s: FloatArray, vel_z_mps: FloatArray, sigma_mps: FloatArray) -> None:
        """Take samples: times s, vertical velocity and its standard uncertainty m/s, (N,)."""
        self._clock.push(t_s, vel_z_mps, sigma_mps)
        self._sound(self._maker.phase(self._clock.now))

    def event(self, t_s: float, event: Event, so_far: SetSummary | None = None) -> None:
        """Take what happened at t_s; of an announced rep, `so_far` sums its set up."""
        match event:
            case RepAnnounced() if so_far is not None:
                self._sound(self._maker.rep(t_s, event.set_index, event.rep, so_far))
            case SetFinished():
                self._sound(self._maker.set_over(t_s, event.rep_set.summary.full_reps))
            case Notice() if event.code in (LinkState.LOST, LinkState.STREAMING):
                self._sound(self._maker.link(t_s, event.code == LinkState.LOST))
            case _:
                pass

    def _sound(self, cues: tuple[Cue, ...]) -> None:
        self._cues = [*self._cues, *cues][-self._kept :]
