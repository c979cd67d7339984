"""The device's clock against the host's, from exchanges of four time stamps. Pure: no radio, no clock of its own.

Each exchange proves an interval in which the offset lies; the estimate is the middle of what all of them prove, so it
is never off by more than half the shortest round trip and the drift; the skew is a robust line through the best ones.
Results of a set never depend on it: it serves latency and placing in time.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.samples import FloatArray

_WRAP: Final = 1 << 32
_US_PER_S: Final = 1e6


@dataclass(frozen=True, slots=True)
class ClockFitSettings:
    """Parameters of the fit.

    Attributes:
        exchanges: newest ones kept, 8..256; at one in 2 s, 64 are two minutes: long enough to see a drift of 10 ppm
            through a few ms of jitter, short enough to follow a warming crystal.
        rtt_factor, rtt_allowance_s: exchanges with a round trip up to factor times the shortest plus this count for
            the line; slower ones have waited somewhere, which side is unknown.
        longest_rtt_s: slower ones say nothing.
        largest_skew: two crystals differ by less than this share (data sheets: 2 x 50 ppm and temperature).
        slack_s: intervals may miss each other by this before the device's clock counts as restarted.
    """

    exchanges: int = 64
    rtt_factor: float = 1.5
    rtt_allowance_s: float = 0.002
    longest_rtt_s: float = 2.0
    largest_skew: float = 200e-6
    slack_s: float = 0.05


@dataclass(frozen=True, slots=True)
class ClockEstimate:
    """Where the device's clock stands now.

    Attributes:
        device_us: a device time, unwrapped, us.
        host_s: the host's time at that moment, s.
        half_width_s: the true one is within this of it.
        skew: by which share the host's clock is faster than the device's; 0 while not known.
        skew_half_width: the true one is within this of it.
        shortest_rtt_s: shortest round trip seen.
        exchanges: how many were used.
    """

    device_us: int
    host_s: float
    half_width_s: float
    skew: float
    skew_half_width: float
    shortest_rtt_s: float
    exchanges: int

    def to_host_s(self, device_us: int) -> float:
        """Host time of a device time, u32 us as in a packet, within 35 min of the estimate."""
        return self.host_s + _signed(device_us - self.device_us) / _US_PER_S * (1 + self.skew)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Device time and host time between which the offset (host minus device, s) lies."""

    device_us: int
    lowest_s: float
    highest_s: float

    @property
    def rtt_s(self) -> float:
        return self.highest_s - self.lowest_s


class ClockFit:
    """Add exchanges as they come; `estimate` is the newest result, None before the first."""

    def __init__(self, settings: ClockFitSettings | None = None) -> None:
        self._settings = settings or ClockFitSettings()
        self._exchanges: deque[_Exchange] = deque(maxlen=self._settings.exchanges)
        self._last_host_s = 0.0
        self.estimate: ClockEstimate | None = None
        self.refused = 0
        self.restarts = 0

    def restart(self) -> None:
        """Forget everything: another device, or its clock began anew."""
        self._exchanges.clear()
        self.estimate = None

    def add(self, t1_s: float, t2_us: int, t3_us: int, t4_s: float) -> ClockEstimate | None:
        """One exchange: sent by the host at t1, received and answered by the device at t2 and t3 (u32 us, wrapping),
        answer received at t4. Impossible ones are refused and counted; the newest estimate is returned.

        One that contradicts those before means that the device's clock began anew; so does the fit.
        """
        held_s = _signed(t3_us - t2_us) / _US_PER_S
        rtt_s = t4_s - t1_s - held_s
        if not (math.isfinite(rtt_s) and held_s >= 0 and 0 <= rtt_s <= self._settings.longest_rtt_s):
            self.refused += 1
            return self.estimate
        device_us = self._unwrapped(t2_us, t1_s)
        new = _Exchange(device_us, t1_s - device_us / _US_PER_S, t4_s - held_s - device_us / _US_PER_S)
        if self._contradicts(new):
            self.restart()
            self.restarts += 1
            device_us = t2_us
            new = _Exchange(device_us, t1_s - device_us / _US_PER_S, t4_s - held_s - device_us / _US_PER_S)
        self._exchanges.append(new)
        self._last_host_s = t1_s
        self.estimate = self._fit()
        return self.estimate

    def _unwrapped(self, device_us: int, host_s: float) -> int:
        if not self._exchanges:
            return device_us
        expected_us = self._exchanges[-1].device_us + round((host_s - self._last_host_s) * _US_PER_S)
        return expected_us + _signed(device_us - expected_us)

    def _contradicts(self, new: _Exchange) -> bool:
        if not self._exchanges:
            return False
        last = self._exchanges[-1]
        drift_s = abs(new.device_us - last.device_us) / _US_PER_S * self._settings.largest_skew
        slack_s = self._settings.slack_s + drift_s
        return new.lowest_s > last.highest_s + slack_s or new.highest_s < last.lowest_s - slack_s

    def _fit(self) -> ClockEstimate:
        newest_us = self._exchanges[-1].device_us
        ages = np.array([(each.device_us - newest_us) / _US_PER_S for each in self._exchanges])
        lowest = np.array([each.lowest_s for each in self._exchanges])
        highest = np.array([each.highest_s for each in self._exchanges])
        rtt = highest - lowest
        best = rtt <= rtt.min() * self._settings.rtt_factor + self._settings.rtt_allowance_s
        middle = (lowest + highest) / 2
        skew, skew_half_width = self._skew(ages[best], middle[best], rtt[best])
        # What every exchange proves of the offset now, the slow ones too.
        stray = skew_half_width * np.abs(ages)
        low = float((lowest - skew * ages - stray).max())
        high = float((highest - skew * ages + stray).min())
        if low <= high:
            # The middle of what is proven is never off by more than half the shortest round trip (and the drift).
            offset = (low + high) / 2
            half_width = (high - low) / 2
        else:
            offset = float(np.median(middle[best] - skew * ages[best]))
            half_width = float(rtt.min()) / 2 + (low - high)
        return ClockEstimate(
            device_us=newest_us,
            host_s=newest_us / _US_PER_S + offset,
            half_width_s=half_width,
            skew=skew,
            skew_half_width=skew_half_width,
            shortest_rtt_s=float(rtt.min()),
            exchanges=int(best.sum()),
        )

    def _skew(self, ages_s: FloatArray, offset_s: FloatArray, rtt_s: FloatArray) -> tuple[float, float]:
        """Median slope of all pairs and how far off it can be; 0 and the crystals' tolerance while that is better."""
        prior = self._settings.largest_skew
        span_s = float(np.ptp(ages_s))
        proven = 2 * float(rtt_s.max()) / span_s if span_s > 0 else math.inf
        if proven >= prior:
            return 0.0, prior
        first, second = np.triu_indices(len(ages_s), 1)
        apart = ages_s[second] - ages_s[first]
        far = apart >= span_s / 2
        slopes = (offset_s[second] - offset_s[first])[far] / apart[far]
        return float(np.clip(np.median(slopes), -prior, prior)), proven


def _signed(difference: int) -> int:
    """A difference of two 32-bit clocks as the nearest signed number."""
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2
