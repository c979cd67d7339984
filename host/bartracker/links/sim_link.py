"""A virtual set as a source: the real firmware in a virtual sensor, on a bar that the virtual lifter moves, through a
real Bluetooth stack to the link that a real sensor has. Only bleak's backend differs.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bartracker.errors import BartrackerError
from bartracker.links.ble_link import BleLink
from bartracker.links.link import LinkItem, LinkNotice
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import LastWork, LinkHealth, SensorLinkSettings, SensorWishes
from bartracker.links.sim_memory import read_memory, write_memory
from bartracker.links.sim_uri import SimWish
from bartracker.recording import RecordingMetadata
from bartracker.samples import FloatArray
from bartracker.sim.handling import HandlingWish, handle
from bartracker.sim.kinematics import SensorMotion
from bartracker.sim.resting import RestWish, rest
from bartracker.sim.session import lift_set
from bartracker.sim.truth import RepTruth, dense_truth
from bartracker.wire import SensorInfo
from bartracker.wire.commands import CueOutputs

if TYPE_CHECKING:
    from bartracker.sim.chips.catalogue import Chip

LOG = logging.getLogger("bartracker.links")

_LEAD_IN_S = 0.3
_LEAD_OUT_S = 0.5
_SUPERVISION_S = 2.0
_TIMES = ("t_start", "t_turn", "t_end", "t_con0", "t_con1", "t_ecc0", "t_ecc1", "t_pv")


@dataclass(frozen=True, slots=True)
class SimCounters:
    """What became of the chip's samples: produced = received + lost + `unsent`, those before the start of streaming and
    after its end. `overwritten`: lost already in the chip, before the firmware had read them.
    """

    produced: int
    received: int
    lost: int
    unsent: int
    overwritten: int


class _LiftedSource:
    """The set as the chip feels it: still until `start_s` on the sensor's clock, then the lift, then still."""

    def __init__(self, motion: SensorMotion) -> None:
        self._motion = motion
        self.start_s = np.inf

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        t_s = np.clip(t_s - self.start_s, 0.0, self._motion.duration_s)
        return self._motion.specific_force_mps2(t_s), self._motion.rate_radps(t_s)


class SimLink:
    """A `SensorLink` to a virtual sensor. The set begins with the first sample received and the link ends with it."""

    def __init__(
        self,
        wish: SimWish,
        *,
        given: str,
        metadata: RecordingMetadata | None = None,
        settings: SensorLinkSettings | None = None,
        keep_history: bool = False,
        virtual_time: bool = False,
    ) -> None:
        """`keep_history`: the chip keeps all its samples for comparison; see `history`. `virtual_time`: as fast as the
        computer can and the same each time, for tests and benchmarks; everything is then to be called in one thread.
        """
        self._virtual_time = virtual_time
        self._wish = wish
        self._given = given
        self._keep_history = keep_history
        lift = wish.lift
        if isinstance(lift, RestWish):
            self._lifted, self._motion = None, rest(lift, seed=wish.seed)
            told = RecordingMetadata(notes=f"a virtual sensor at rest, seed {wish.seed}")
        elif isinstance(lift, HandlingWish):
            self._lifted, self._motion = None, handle(lift, seed=wish.seed).motion
            told = RecordingMetadata(notes=f"calibrated by a {lift.user} virtual user, seed {wish.seed}")
        else:
            self._lifted = lift_set(lift, seed=wish.seed, mount=wish.mount)
            self._motion, load_kg = self._lifted.motion, self._lifted.load_kg
            told = RecordingMetadata(
                lift.exercise, load_kg, mount=wish.mount, notes=f"virtual lifter, seed {wish.seed}"
            )
        self._source = _LiftedSource(self._motion)
        self._settings = settings or _hurried(wish.speed)
        known = metadata or RecordingMetadata()
        self._metadata = replace(
            known,
            exercise=known.exercise or told.exercise,
            load_kg=told.load_kg if known.load_kg is None else known.load_kg,
            mount=known.mount or told.mount,
            source="simulated",
            notes=known.notes or told.notes,
        )
        self._recorder: LinkRecorder | None = None
        self._last_work: LastWork | None = None
        self._open = ExitStack()
        self._opening = threading.Lock()
        self._closed = False
        self._link: BleLink | None = None

    @property
    def label(self) -> str:
        """What is simulated."""
        lift = self._wish.lift
        if isinstance(lift, RestWish):
            return "virtual sensor at rest"
        return f"virtual {lift.user} user" if isinstance(lift, HandlingWish) else f"virtual {lift.exercise}"

    @property
    def metadata(self) -> RecordingMetadata:
        """The set; once connected, with the time."""
        return self._link.metadata if self._link else self._metadata

    @property
    def recording(self) -> None:
        """A sensor is no recording."""
        return

    @property
    def kept_calibration(self) -> bytes | None:
        """As `BleLink.kept_calibration`."""
        return None if self._link is None else self._link.kept_calibration

    def record_to(self, recorder: LinkRecorder) -> None:
        """Record everything received. Before `connect`."""
        self._recorder = recorder

    def tell(self, code: str, text: str) -> None:
        """As `BleLink.tell`."""
        if self._link is not None:
            self._link.tell(code, text)

    def cue(self, outputs: CueOutputs, pattern: int, repeat: int = 1) -> None:
        """Have the sensor play a pattern; as `BleLink.cue`."""
        if self._link is not None:
            self._link.cue(outputs, pattern, repeat)

    def before_end(self, work: LastWork) -> None:
        """Do this with the connection once streaming has ended. Before `connect`."""
        self._last_work = work

    def connect(self) -> SensorInfo:
        """Switch the virtual sensor on and connect to it. Raises BartrackerError."""
        with self._opening:
            if self._closed and self._link is None:
                raise BartrackerError(self._given, "the link is closed", "open it again")
            if self._link is None:
                self._link = self._switch_on()
        try:
            return self._link.connect()
        except BartrackerError:
            self._check_firmware()
            raise

    def _check_firmware(self) -> None:
        """Raises BartrackerError if the firmware has ended: that is the cause of whatever else went wrong."""
        try:
            self._sensor.check()
        except BartrackerError as error:
            LOG.info("the firmware ended: %s", error.problem)
            lines = error.problem.strip().splitlines()
            raise BartrackerError(
                self._given,
                f"the virtual sensor's firmware failed: {lines[-1] if lines else error.problem}",
                "a fault in bartracker; report it with what `bartracker check --bundle` collects",
            ) from error

    def _switch_off(self) -> None:
        try:
            self._sensor.stop()
        except BartrackerError as error:
            LOG.info("the firmware had ended: %s", error.problem)

    def _switch_on(self) -> BleLink:
        try:
            from bartracker.sim.air import AirConditions, VirtualAir
            from bartracker.sim.bleak_backend import virtual_backend
            from bartracker.sim.peripheral import BumblePeripheral
            from bartracker.sim.virtual_sensor import VirtualSensor
            from bartracker.sim.virtual_time import VirtualTimeLoop, VirtualTimeRunner
        except ImportError as error:
            raise BartrackerError(
                self._given, f"the simulator's package {error.name} is missing", "pip install bartracker[sim]"
            ) from error
        wish = self._wish
        loop = VirtualTimeLoop() if self._virtual_time else None
        self._loop = loop
        if loop is not None:
            self._open.callback(loop.finish)
        air = VirtualAir(
            AirConditions(
                interval_s=wish.interval_s / wish.speed,
                loss=wish.loss,
                supervision_s=_SUPERVISION_S / wish.speed,
                outages_s=tuple((from_s / wish.speed, to_s / wish.speed) for from_s, to_s in wish.outages_s),
                drops_s=tuple(at_s / wish.speed for at_s in wish.drops_s),
                mtu=wish.mtu,
                seed=wish.seed,
            ),
            loop,
        )
        self._open.enter_context(air)
        self._sensor = VirtualSensor(
            wish.board,
            wish.chip,
            self._source,
            BumblePeripheral(air),
            clock=loop or "real",
            speed=wish.speed,
            seed=wish.seed,
            keep_history=self._keep_history,
        )
        if wish.memory:
            read_memory(wish.memory, self._sensor.board.nvs)
            self._open.callback(write_memory, wish.memory, self._sensor.board.nvs)
        self._sensor.start()
        self._open.callback(self._switch_off)
        link = BleLink(
            given=self._given,
            wishes=SensorWishes(rate_hz=wish.rate_hz),
            metadata=self._metadata,
            settings=self._settings,
            backend=virtual_backend(air),
            now_s=self._now_s,
            runner=None if loop is None else VirtualTimeRunner(loop),
        )
        if self._recorder is not None:
            link.record_to(self._recorder)
        if self._last_work is not None:
            link.before_end(self._last_work)
        self._open.callback(link.close)
        return link

    def _now_s(self) -> float:
        """The host's clock, as fast as the sensor's."""
        if self._loop is not None:
            return self._loop.time()
        return time.monotonic() * self._wish.speed

    def items(self) -> Iterator[LinkItem]:
        """Blocks and notices until the set is over. Raises BartrackerError, that of a firmware that failed too."""
        if self._closed and self._link is None:
            return
        self.connect()
        link = self._link
        assert link is not None
        for item in link.items():
            if isinstance(item, LinkNotice):
                self._check_firmware()
            elif not np.isfinite(self._source.start_s):
                self._source.start_s = self._sensor.now_s + _LEAD_IN_S
            elif self._sensor.now_s > self._source.start_s + self._motion.duration_s + _LEAD_OUT_S:
                link.finish()
            yield item

    def finish(self) -> None:
        """Ask for an orderly end before the set is over."""
        self._closed = True
        if self._link is not None:
            self._link.finish()

    def close(self) -> None:
        """End, and switch everything off."""
        self.finish()
        with self._opening:
            self._open.close()

    def health(self) -> LinkHealth:
        """How the link is doing."""
        if self._link is not None:
            return self._link.health()
        return BleLink(given=self._given).health()

    @property
    def counters(self) -> SimCounters:
        """What became of the samples so far."""
        link = self._link
        if link is None:
            return SimCounters(0, 0, 0, 0, 0)
        statistics, chip = link.health().statistics, self._sensor.counters
        known = statistics.samples + statistics.lost_samples
        return SimCounters(
            chip.produced, statistics.samples, statistics.lost_samples, chip.produced - known, chip.overwritten
        )

    @property
    def history(self) -> NDArray[np.int16]:
        """(N, 6) counts of all samples that the chip has taken, if they are kept."""
        return self._sensor.chip.produced.counts()

    @property
    def chip(self) -> "Chip":
        """The chip's model, once connected: for making it misbehave."""
        return self._sensor.chip

    @property
    def true_rate_hz(self) -> float:
        """How fast the chip really samples, off from what it says by its oscillator's error."""
        return self._sensor.chip.true_rate_hz

    @property
    def truth(self) -> tuple[RepTruth, ...]:
        """What really happened, rep by rep; times on the recording's clock, as well as the link knows the sensor's
        clock (a few ms). Raises BartrackerError before the set has begun.
        """
        first_s = self._first_sample_s()
        if first_s is None or not np.isfinite(self._source.start_s):
            raise BartrackerError(self._given, "the set has not begun", "ask again when samples have come")
        later_s = float(self._source.start_s) - first_s
        rows = self._lifted.rep_table(dense_truth(self._motion)) if self._lifted else ()
        return tuple(replace(row, **{name: getattr(row, name) + later_s for name in _TIMES}) for row in rows)

    def _first_sample_s(self) -> float | None:
        """When the recording's clock began, on the sensor's true clock; None before it is known."""
        clock = self._link.health().clock if self._link else None
        if self._link is None or clock is None or self._link.first_device_us is None:
            return None
        return clock.to_host_s(self._link.first_device_us) - (self._now_s() - self._sensor.now_s)

    @property
    def recording_now_s(self) -> float | None:
        """This moment on the recording's clock, for measuring how late a sample is; None before it is known."""
        first_s = self._first_sample_s()
        return None if first_s is None else self._sensor.now_s - first_s


def _hurried(speed: float) -> SensorLinkSettings:
    """The link's own habits; those that go by its clock, or by the sensor's, are hurried as these are."""
    usual = SensorLinkSettings()
    return replace(
        usual,
        settle_s=0.3,
        mtu_wait_s=usual.mtu_wait_s * speed,
        heartbeat_s=usual.heartbeat_s / max(1.0, speed),
        silence_s=usual.silence_s * speed,
        stall_s=usual.stall_s * speed,
        reconnect_s=usual.reconnect_s * speed,
        drain_s=usual.drain_s * speed,
        longest_drain_s=usual.longest_drain_s * speed,
    )
