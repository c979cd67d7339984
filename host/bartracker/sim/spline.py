"""Uniform quintic B-splines: smooth motion with exact derivatives at any instant. Knows nothing of bars or lifters."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from bartracker.samples import FloatArray

_ORDER: Final = 6
# Row i: the polynomial (constant term first) by which control point i weighs, times 120.
_BASIS: Final = (
    (1.0, -5.0, 10.0, -10.0, 5.0, -1.0),
    (26.0, -50.0, 20.0, 20.0, -20.0, 5.0),
    (66.0, 0.0, -60.0, 0.0, 30.0, -10.0),
    (26.0, 50.0, 20.0, -20.0, -20.0, 10.0),
    (1.0, 5.0, 10.0, 10.0, 5.0, -5.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class QuinticSpline:
    """Curve with four continuous derivatives near its control points (M, C), spaced `step_s` from t = 0, s.

    Before the first and after the last control point it stands still at their values.
    """

    control: FloatArray
    step_s: float

    @property
    def duration_s(self) -> float:
        return (len(self.control) - 1) * self.step_s

    def at(self, t_s: FloatArray, derivative: int = 0) -> FloatArray:
        """(N, C) values, or their derivative of order 1 or 2, at the times (N,) s."""
        place = t_s / self.step_s
        whole = np.floor(place)
        fraction = place - whole
        powers = fraction[:, None] ** np.arange(_ORDER)
        weights = powers @ _weights(derivative).T / self.step_s**derivative
        first = whole.astype(np.int64) - 2
        last = len(self.control) - 1
        value = np.zeros((len(t_s), self.control.shape[1]))
        for i in range(_ORDER):
            value += weights[:, i, None] * self.control[np.clip(first + i, 0, last)]
        return value


@cache
def _weights(derivative: int) -> FloatArray:
    """(6, 6) rows: polynomial coefficients of each control point's weight after `derivative` differentiations."""
    basis = np.array(_BASIS) / 120.0
    for _ in range(derivative):
        basis = np.hstack([basis[:, 1:] * np.arange(1, _ORDER), np.zeros((_ORDER, 1))])
    return basis
