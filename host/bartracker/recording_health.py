"""Honest remarks on the samples themselves: loss, clipping, an accelerometer that cannot be right at rest. Pure; one
notice a kind and event.
"""

import numpy as np

from bartracker.calibration.settings import DOUBTFUL_GRAVITY_SHARE
from bartracker.events import Notice
from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, Gap
from bartracker.timebase import Hop

# Notices that an analysis does not repeat, since its gaps list them.
TOLD_BY_GAPS = ("samples_lost",)


class RecordingHealth:
    """Watches hops as they pass; `push` returns new remarks, `verdict` the closing ones."""

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._samples = self._clipped = 0
        self._rest_readings: list[float] = []
        self._least_dynamic = (np.inf, 0.0, 0.0)
        self._gaps_told = 0
        self._clipping_told = False
        self._gravity_told = False
        self._last_t_s = 0.0

    def push(self, hop: Hop, resting: BoolArray, gaps: list[Gap]) -> list[Notice]:
        self._last_t_s = float(hop.t_s[-1])
        self._samples += len(hop)
        notices: list[Notice] = []
        for gap in gaps[self._gaps_told :]:
            span = gap.to_s - gap.from_s
            text = f"{gap.lost_samples} samples lost from {gap.from_s:.2f} s on ({span:.2f} s)"
            notices.append(Notice(gap.from_s, "samples_lost", text, "warning"))
        self._gaps_told = len(gaps)
        clipped = int((hop.acc_clipped | hop.gyr_clipped).sum())
        self._clipped += clipped
        if clipped and not self._clipping_told:
            self._clipping_told = True
            text = "the sensor reached its end stop: velocity is uncertain until the bar rests again"
            notices.append(Notice(self._last_t_s, "clipped", text, "warning"))
        magnitude = np.sqrt((hop.acc_mps2**2).sum(axis=1))
        spread = float(magnitude.std())
        if spread < self._least_dynamic[0]:
            self._least_dynamic = (spread, float(magnitude.mean()), self._last_t_s)
        if resting.all():
            self._rest_readings.append(float(magnitude.mean()))
            if not self._gravity_told and len(self._rest_readings) >= 10:
                notices += self._gravity(float(np.median(self._rest_readings)), "at rest")
        return notices

    def verdict(self, gaps: list[Gap]) -> list[Notice]:
        """Closing remarks: totals of loss and clipping; gravity judged at the stillest moment if the bar never truly
        rested.
        """
        notices: list[Notice] = []
        lost = sum(gap.lost_samples for gap in gaps)
        if lost:
            share = 100 * lost / max(1, lost + self._samples)
            text = f"{lost} samples lost in {len(gaps)} gaps ({share:.1f} %)"
            notices.append(Notice(self._last_t_s, "loss_total", text, "warning"))
        if self._clipped:
            notices.append(
                Notice(self._last_t_s, "clipped_total", f"{self._clipped} samples at the sensor's end stop", "warning")
            )
        if not self._rest_readings and self._samples:
            text = "the bar never lay still: biases are guessed from the movement, uncertainties are larger"
            notices.append(Notice(self._last_t_s, "no_rest", text, "info"))
            if not self._gravity_told:
                notices += self._gravity(self._least_dynamic[1], "when stillest")
        return notices

    def _gravity(self, reading: float, when: str) -> list[Notice]:
        gravity = self._settings.gravity_mps2
        share = reading / gravity - 1
        if abs(share) < DOUBTFUL_GRAVITY_SHARE:
            return []
        self._gravity_told = True
        text = (
            f"doubtful accelerometer: it reads {reading:.2f} m/s^2 {when}, {100 * share:+.1f} % from gravity; "
            "if that is its scale, velocities are off by as much; calibrate it"
        )
        return [Notice(self._last_t_s, "doubtful_accelerometer", text, "warning")]
