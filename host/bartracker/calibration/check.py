"""The check before training: is this sensor's calibration still true? A pure state machine, push(block), then a verdict
in words.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bartracker.calibration.data_sheet import STATED_NOISE
from bartracker.calibration.gravity import ANYWHERE
from bartracker.calibration.model import ACC_BIAS, ACC_MATRIX, IDENTITY, LATER_ACC_BIAS_MPS2, Calibration
from bartracker.calibration.poses import Pose, PoseCollector
from bartracker.calibration.settings import DOUBTFUL_GRAVITY_SHARE, CheckSettings
from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray, StampedBlock
from bartracker.timebase import Hop, TimeBase

Verdict: TypeAlias = Literal["good", "drifted", "damaged", "uncalibrated"]
WORDS: Final[dict[Verdict, str]] = {
    "good": "good",
    "drifted": "drifted, do it again: bartracker calibrate",
    "damaged": "sensor damaged, use another one",
    "uncalibrated": "not calibrated: bartracker calibrate",
}
_MG: Final = 9.80665e-3


@dataclass(frozen=True, slots=True)
class CheckResult:
    """verdict; reasons: a sentence with numbers each; force_mps2: |specific force| at rest by the calibration, of the
    pose that is furthest off, and how far off gravity; rate_radps (3,): what the gyroscope reads at rest by it.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    force_mps2: float
    force_off_mps2: float
    rate_radps: FloatArray


class CalibrationCheck:
    """Push blocks until `enough`, or as long as patience lasts; `result` judges."""

    def __init__(
        self,
        calibration: Calibration,
        *,
        chip: str | None = None,
        nominal_rate_hz: float | None = None,
        settings: CheckSettings | None = None,
    ) -> None:
        self.settings = settings or CheckSettings()
        self._calibration = calibration
        self._chip = chip
        self._timebase = TimeBase(nominal_rate_hz)
        self._collector = PoseCollector(self.settings.still)
        self._first_s: float | None = None
        self._now_s = 0.0
        self._rested_s = 0.0
        self._steps: list[FloatArray] = []
        self._period_s = 1.0

    @property
    def elapsed_s(self) -> float:
        """Since the first sample, s."""
        return self._now_s - (self._first_s or 0.0)

    @property
    def still_s(self) -> float:
        """How much rest there was, s."""
        return self._rested_s

    @property
    def enough(self) -> bool:
        """Whether there was rest enough, or patience has run out."""
        return self._rested_s >= self.settings.needed_s or self.elapsed_s >= self.settings.patience_s

    def push(self, block: StampedBlock) -> None:
        """Take the next samples."""
        for hop in self._timebase.push(block):
            self._take(hop)

    def _take(self, hop: Hop) -> None:
        self._first_s = float(hop.t_s[0]) if self._first_s is None else self._first_s
        self._now_s, self._period_s = float(hop.t_s[-1]), hop.period_s
        self._collector.push(hop)
        if self._collector.still_s:
            self._rested_s += len(hop) * hop.period_s
            self._steps.append(np.diff(np.concatenate([hop.acc_mps2, hop.gyr_radps], axis=1), axis=0))

    def result(self) -> CheckResult:
        """The verdict by the rests so far.

        Raises:
            BartrackerError: there was none.
        """
        for hop in self._timebase.flush():
            self._take(hop)
        poses = self._collector.sequence.poses
        if not poses:
            text = f"the sensor did not lie still in {self.elapsed_s:.0f} s"
            raise BartrackerError("check calibration", text, "lay it on a firm table or the floor and let go of it")
        return _judge(list(poses), self._calibration, self._noise_share(), self.settings)

    def _noise_share(self) -> float | None:
        """The largest noise of an axis as a multiple of the data sheet's; None: unknown chip."""
        stated = STATED_NOISE.get(self._chip or "")
        if stated is None or not self._steps:
            return None
        density = np.concatenate(self._steps).std(axis=0) * np.sqrt(self._period_s)
        # Differences of two samples, each with the noise of half the sampling rate as bandwidth: the factors cancel.
        return float((density / ([stated.acc_mps2] * 3 + [stated.gyr_radps] * 3)).max())


def _judge(poses: list[Pose], calibration: Calibration, noise: float | None, settings: CheckSettings) -> CheckResult:
    force, rate = calibration.corrected(
        np.array([pose.acc_mps2 for pose in poses]), np.array([pose.gyr_radps for pose in poses])
    )
    gravity = ANYWHERE.value_mps2 if calibration.gravity_mps2 is None else calibration.gravity_mps2
    lengths = np.sqrt((force**2).sum(axis=1))
    worst = int(np.argmax(np.abs(lengths - gravity)))
    length, off = float(lengths[worst]), float(lengths[worst] - gravity)
    spin = rate[np.argmax(np.abs(rate).max(axis=1))]
    largest_dps = float(np.degrees(np.abs(spin).max()))
    reasons = [
        f"at rest it reads {length:.3f} m/s^2, {off / _MG:+.1f} mg ({100 * off / gravity:+.2f} %) from gravity",
        f"at rest it turns by {largest_dps:.2f} deg/s",
    ]
    verdict: Verdict
    if (
        abs(off) > settings.damaged_share * gravity
        or np.abs(spin).max() > settings.damaged_rate_radps
        or (noise is not None and noise > settings.damaged_noise)
    ):
        verdict = "damaged"
    elif calibration is IDENTITY:
        verdict = "uncalibrated"
        if abs(off) > DOUBTFUL_GRAVITY_SHARE * gravity:
            reasons.append("doubtful accelerometer: if that is its scale, velocities are off by as much")
    elif abs(off) > settings.drifted_mps2 + 2 * _length_sigma_mps2(calibration, force[worst] / length, gravity):
        verdict = "drifted"
    else:
        verdict = "good"
    if noise is not None:
        reasons.append(f"its noise is {noise:.1f} times the data sheet's")
    if verdict == "good" and np.abs(spin).max() > settings.moved_radps:
        reasons.append("the gyroscope's bias has moved since; every rest mends that")
    return CheckResult(verdict, tuple(reasons), length, off, spin)


def _length_sigma_mps2(calibration: Calibration, up: FloatArray, gravity_mps2: float) -> float:
    """Standard uncertainty of the length of a calibrated force at rest that points along `up`, in a later session."""
    if calibration.covariance is None:
        return LATER_ACC_BIAS_MPS2
    by_matrix = gravity_mps2 * np.outer(up, up).ravel()
    effect = np.concatenate([up, by_matrix])
    part = slice(ACC_BIAS.start, ACC_MATRIX.stop)
    return float(np.sqrt(effect @ calibration.covariance[part, part] @ effect + LATER_ACC_BIAS_MPS2**2))
