"""A calibration, or the check of one, with a live sensor: the link played through guide or check, and the latest state
for whoever shows it. In a thread of its own for a window, in the caller's for the terminal. No drawing here.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from bartracker.calibration import Calibration
from bartracker.calibration.check import CalibrationCheck, CheckResult
from bartracker.calibration.gravity import ANYWHERE, Gravity
from bartracker.calibration.guide import CalibrationGuide, GuideMessage, GuideProgress
from bartracker.calibration.solver import SensorFit
from bartracker.errors import BartrackerError
from bartracker.links.link import Link, LinkNotice
from bartracker.links.sensor_link import SensorLink
from bartracker.samples import StampedBlock

LOG = logging.getLogger("bartracker.live")
LOG.addHandler(logging.NullHandler())

Stage: TypeAlias = Literal["connecting", "leading", "found", "keeping", "kept", "failed"]
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """Who the sensor is: `sensor_id` (hex), `chip` and `rate_hz`, each None if nobody has told."""

    sensor_id: str | None
    chip: str | None
    rate_hz: float | None


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """How far the check is: rest so far and rest needed, s; `elapsed_s` since the first sample."""

    still_s: float
    needed_s: float
    elapsed_s: float


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationState:
    """What a view shows. Equal `version`: nothing has changed.

    Attributes:
        checks: a calibration is checked, not made.
        stage: connecting; leading: the person is at work; found: `fit` or `result` is there, and for a fit somebody has
            to say whether it is kept; keeping; kept: it is, `kept` says where; failed: `error` says why.
        label: the sensor's name; remark: what its link said last.
        progress, said: the guide's, and all it has said so far.
        rest: the check's progress.
        fit, calibration: what was found, and the same with sensor, date and temperature.
        result: the check's verdict; calibrated_utc: when the calibration was made that was checked.
    """

    version: int
    checks: bool
    stage: Stage
    label: str
    remark: str = ""
    progress: GuideProgress | None = None
    said: tuple[GuideMessage, ...] = ()
    rest: CheckProgress | None = None
    fit: SensorFit | None = None
    calibration: Calibration | None = None
    result: CheckResult | None = None
    calibrated_utc: str | None = None
    kept: str = ""
    error: BartrackerError | None = None

    @property
    def ended(self) -> bool:
        """Nothing more will come by itself."""
        return self.stage in ("found", "kept", "failed")


class CalibrationSession:
    """One link played through one guide or check. `run` in the caller's thread, or `start` and `close`.

    Args:
        link: to the sensor, not connected yet, or a recording.
        connect: connects it and says who it is.
        gravity: where the sensor is; of no use to a check.
        keep: keeps a calibration while the sensor is still connected; says where in words.
        used: for a check, the calibration to hold the sensor against; None: this makes a calibration.
    """

    def __init__(
        self,
        link: Link,
        connect: Callable[[], Source],
        *,
        gravity: Gravity = ANYWHERE,
        keep: Callable[[Calibration, SensorFit], str] | None = None,
        used: Callable[[Source], Calibration] | None = None,
    ) -> None:
        self._link, self._connect, self._gravity = link, connect, gravity
        self._keep, self._used = keep, used
        self._changed = threading.Lock()
        self._state = CalibrationState(0, used is not None, "connecting", link.label)
        self._on_change: Callable[[CalibrationState], None] = lambda _: None
        self._decided, self._wanted, self._closing = threading.Event(), False, False
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> CalibrationState:
        """The latest; any thread may ask."""
        return self._state

    def start(self) -> None:
        """Run in a thread of its own; once."""
        self._thread = threading.Thread(target=self._run_safely, name="bartracker-calibration", daemon=True)
        self._thread.start()

    def keep(self) -> None:
        """Have what was found kept; from any thread."""
        self._decide(True)

    def close(self) -> None:
        """End, whatever it is doing; waits. Safe to call twice."""
        self._closing = True
        self._decide(False)
        # The link itself is closed by the thread that reads it.
        self._link.finish() if isinstance(self._link, SensorLink) else self._link.close()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def run(self, on_change: Callable[[CalibrationState], None] | None = None) -> CalibrationState:
        """To its end in the caller's thread; what is found is kept. Raises BartrackerError."""
        self._on_change = on_change or self._on_change
        self._decide(True)
        self._play()
        return self._state

    def _decide(self, wanted: bool) -> None:
        if not self._decided.is_set():
            self._wanted = wanted
            self._decided.set()

    def _run_safely(self) -> None:
        try:
            self._play()
        except BartrackerError as error:
            self._tell(stage="failed", error=error)
        except Exception as error:
            LOG.exception("the calibration stopped")
            problem = f"the calibration stopped: {type(error).__name__}: {' '.join(str(error).split())}"
            remedy = "a fault in bartracker; report it with what `bartracker check --bundle` collects"
            self._tell(stage="failed", error=BartrackerError(self._link.label, problem, remedy))

    def _play(self) -> None:
        try:
            source = self._connect()
            self._tell(stage="leading", label=self._link.label)
            if self._used is not None:
                self._check(source, self._used)
            else:
                self._calibrate(source)
        finally:
            self._link.close()

    def _calibrate(self, source: Source) -> None:
        guide = CalibrationGuide(self._gravity, source.rate_hz)
        self._tell(progress=guide.progress)
        try:
            self._lead(guide, source)
        except BartrackerError as error:
            if guide.fit is None:
                raise
            # What was found is found; only the sensor is out of reach.
            self._tell(remark=str(error))
        if guide.fit is None and not self._closing:
            self._found(guide.finish(), source)
        self._keep_if_wanted()

    def _lead(self, guide: CalibrationGuide, source: Source) -> None:
        for item in self._link.items():
            if isinstance(item, LinkNotice):
                self._tell(remark=item.text)
            elif guide.fit is None:
                said = (*self._state.said, *guide.push(item))
                if guide.fit is None:
                    self._tell(progress=guide.progress, said=said)
                else:
                    self._found(guide.fit, source, progress=guide.progress, said=said)
            # Until somebody has decided the stream goes on: the sensor stays at hand.
            if self._closing or (guide.fit is not None and self._decided.is_set()):
                break

    def _found(self, fit: SensorFit, source: Source, **told: object) -> None:
        self._tell(stage="found", fit=fit, calibration=self._signed(fit.calibration, source), **told)

    def _keep_if_wanted(self) -> None:
        self._decided.wait()
        made, fit = self._state.calibration, self._state.fit
        if self._wanted and self._keep is not None and made is not None and fit is not None:
            self._tell(stage="keeping")
            self._tell(stage="kept", kept=self._keep(made, fit))

    def _check(self, source: Source, used: Callable[[Source], Calibration]) -> None:
        calibration = used(source)
        check = CalibrationCheck(calibration, chip=source.chip, nominal_rate_hz=source.rate_hz)
        self._tell(calibrated_utc=calibration.made_utc)
        for item in self._link.items():
            if isinstance(item, StampedBlock):
                check.push(item)
                self._tell(rest=CheckProgress(check.still_s, check.settings.needed_s, check.elapsed_s))
            else:
                self._tell(remark=item.text)
            if self._closing or (check.enough and self._link.recording is None):
                break
        if not self._closing:
            self._tell(stage="found", result=check.result())

    def _signed(self, calibration: Calibration, source: Source) -> Calibration:
        """With the sensor, the date and the temperature."""
        status = self._link.health().status if isinstance(self._link, SensorLink) else None
        return replace(
            calibration,
            sensor_id=source.sensor_id,
            chip=source.chip,
            made_utc=self._link.metadata.started_utc or datetime.now(UTC).isoformat(timespec="seconds"),
            temperature_degc=status.temperature_degc if status else None,
        )

    def _tell(self, **changes: object) -> None:
        with self._changed:
            self._state = replace(self._state, version=self._state.version + 1, **changes)  # pyright: ignore[reportArgumentType]
        self._on_change(self._state)
