"""Overlapping Allan deviation of a sensor at rest, and what it says of noise. Pure arrays; no sensor, no file."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray

# sigma of flicker noise at its flat part over the bias instability: sqrt(2 ln 2 / pi).
_FLAT: Final = 0.664
_PER_DECADE: Final = 8
# At the longest time this many averages are compared, below it a deviation says little.
_FEWEST_AVERAGES: Final = 9
_WHITE_S: Final = (0.05, 1.0)
_SHORTEST_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class AllanDeviation:
    """tau_s (M,) averaging times; deviation (M, C) of each channel, in its unit."""

    tau_s: FloatArray
    deviation: FloatArray

    @property
    def white_density(self) -> FloatArray:
        """(C,) noise density, unit per root Hz, by the averaging times below 1 s, where white noise rules."""
        white = (self.tau_s >= _WHITE_S[0]) & (self.tau_s <= _WHITE_S[1])
        density = self.deviation[white] * np.sqrt(self.tau_s[white])[:, None]
        return np.exp(np.log(np.maximum(density, 1e-300)).mean(axis=0))

    @property
    def one_sided_density(self) -> FloatArray:
        """(C,) the same as data sheets state it: RMS noise by the root of its bandwidth; root 2 times as large."""
        return np.sqrt(2.0) * self.white_density

    @property
    def instability(self) -> FloatArray:
        """(C,) bias instability: the lowest deviation over 0.664; an upper bound where the curve still falls."""
        return self.deviation.min(axis=0) / _FLAT

    @property
    def instability_tau_s(self) -> FloatArray:
        """(C,) averaging time of the lowest deviation, s."""
        return self.tau_s[self.deviation.argmin(axis=0)]


def allan_deviation(values: FloatArray, period_s: float) -> AllanDeviation:
    """Overlapping Allan deviation of (N, C) samples `period_s` apart.

    Source: IEEE Std 1554-2005, annex D; N. El-Sheimy, H. Hou, X. Niu, IEEE Trans. Instrum. Meas. 57 (2008) 140.
    Averaging times are eight a decade, up to a ninth of the recording. Raises BartrackerError below one minute.
    """
    count = len(values)
    if count * period_s < _SHORTEST_S:
        text = f"{count * period_s:.0f} s of rest are too short for an Allan deviation"
        raise BartrackerError("noise", text, "record an hour at rest, ten minutes at least")
    largest = count // _FEWEST_AVERAGES
    steps = np.unique(np.round(10 ** np.arange(0, np.log10(largest), 1 / _PER_DECADE)).astype(np.int64))
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values - values.mean(axis=0), axis=0)])
    rows: list[FloatArray] = []
    for step in steps.tolist():
        second = total[2 * step :] - 2 * total[step:-step] + total[: -2 * step]
        rows.append(np.sqrt((second**2).mean(axis=0) / 2) / step)
    tau_s: FloatArray = np.asarray(steps * period_s, dtype=np.float64)
    return AllanDeviation(tau_s, np.array(rows))
