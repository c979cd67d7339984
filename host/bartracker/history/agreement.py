"""Agreement of two devices on the same reps: bias, limits of agreement and their intervals (Bland and Altman, Lancet
1986 and Stat. Methods Med. Res. 8, 1999). Pure.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray

_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """Differences are this sensor less the other device. `mean` and `difference` (N,) of each pair; `slope` of
    difference on mean with its interval: where it excludes zero, bias depends on size.
    """

    pairs: int
    bias: float
    bias_interval: tuple[float, float]
    sigma: float
    lower: float
    lower_interval: tuple[float, float]
    upper: float
    upper_interval: tuple[float, float]
    slope: float
    slope_interval: tuple[float, float]
    mean: FloatArray
    difference: FloatArray


def agreement(ours: FloatArray, theirs: FloatArray, confidence: float = 0.95) -> Agreement:
    """Bland-Altman of pairs (N,); those with NaN are left out. BartrackerError where fewer than five are left."""
    good = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[good], theirs[good]
    count = len(ours)
    if count < _FEWEST:
        raise BartrackerError("the comparison", f"{count} pairs of reps", f"at least {_FEWEST} are needed")
    difference, mean = ours - theirs, (ours + theirs) / 2
    bias, sigma = float(np.mean(difference)), float(np.std(difference, ddof=1))
    quantile = float(stdtrit(count - 1, 0.5 + confidence / 2))
    reach = 1.96 * sigma
    of_bias = quantile * sigma / np.sqrt(count)
    # Variance of bias + 1.96 s: s^2 (1/n + 1.96^2 / (2 (n - 1))).
    of_limit = quantile * sigma * np.sqrt(1.0 / count + 1.96**2 / (2.0 * (count - 1)))
    spread = float(np.sum((mean - mean.mean()) ** 2))
    slope = float(np.sum((mean - mean.mean()) * (difference - bias))) / spread if spread > 0 else 0.0
    rest = difference - bias - slope * (mean - mean.mean())
    of_slope = (
        float(stdtrit(count - 2, 0.5 + confidence / 2)) * np.sqrt(float(np.sum(rest**2)) / (count - 2) / spread)
        if spread > 0
        else np.inf
    )
    return Agreement(
        count,
        bias,
        _around(bias, of_bias),
        sigma,
        bias - reach,
        _around(bias - reach, of_limit),
        bias + reach,
        _around(bias + reach, of_limit),
        slope,
        _around(slope, of_slope),
        mean,
        difference,
    )


def _around(value: float, half: float) -> tuple[float, float]:
    return float(value - half), float(value + half)
