"""How quiet the sensor is at rest, learned as samples come, so that a slow lift is not taken for a rest.

What passes for stillness in `MotionSettings` must hold for the noisiest chip; most are quieter, and with them a bar
that creeps in steady hands passes too. A recording knows better: its quietest rests show the sensor's own noise.
"""

from bisect import insort
from collections import deque
from dataclasses import replace

import numpy as np

from bartracker.motion.settings import MotionSettings
from bartracker.motion.stillness import hop_moments, is_still
from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray
from bartracker.timebase import Hop


class Quietness:
    """`motion` are the settings with the stillness of the quietest rests so far; as given until there have been enough
    of them, and where the sensor is no quieter than they expect.
    """

    def __init__(self, motion: MotionSettings, settings: RepSettings) -> None:
        self.motion = self._given = motion
        self._settings = settings
        self._moments: deque[FloatArray] = deque()
        self._acc_mps2: list[float] = []
        self._gyr_radps: list[float] = []

    def push(self, hop: Hop) -> None:
        """Take the next hop."""
        if hop.starts_segment:
            self._moments.clear()
        window = max(1, round(self._given.still_window_s / (hop.period_s * len(hop))))
        self._moments.append(hop_moments(hop))
        while len(self._moments) > window:
            self._moments.popleft()
        moments: FloatArray = np.stack(self._moments).sum(axis=0)
        if len(self._moments) < window or not is_still(moments, self._given):
            return
        mean = moments[1:] / moments[0]
        variance = np.maximum(mean[6:] - mean[:6] ** 2, 0.0)
        insort(self._acc_mps2, float(np.sqrt(variance[:3].sum())))
        insort(self._gyr_radps, float(np.sqrt(variance[3:].sum())))
        if len(self._acc_mps2) < self._settings.rest_windows:
            return
        floor, times = int(self._settings.rest_floor_share * len(self._acc_mps2)), self._settings.rest_noise_times
        self.motion = replace(
            self._given,
            still_acc_mps2=min(self._given.still_acc_mps2, times * self._acc_mps2[floor]),
            still_gyr_radps=min(self._given.still_gyr_radps, times * self._gyr_radps[floor]),
        )
