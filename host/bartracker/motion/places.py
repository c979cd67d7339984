"""Which contacts of the bar (rests on rack or floor, lock-outs and starts of reps) are at one place: decided by their
heights as known without any place, before the smoother is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray

REST: Final = "rest"
# Information on a height of which nothing is known, 1/m^2.
_ANYWHERE: Final = 1e-2


@dataclass(frozen=True, slots=True)
class Contact:
    """At this node (0 is the one before the first hop) the bar is at some place of this kind, sigma_m; of which one,
    its height decides.
    """

    node: int
    kind: str
    sigma_m: float


def shared_places(
    contacts: Sequence[Contact],
    mean_m: FloatArray,
    covariance_m2: FloatArray,
    known_m: Mapping[str, Sequence[float]],
    settings: MotionSettings,
) -> tuple[list[tuple[float, float]], list[tuple[Contact, int]]]:
    """Places as (height m, information 1/m^2) and the place of each contact, one after the other by time, each held
    against the places known by then. mean_m (K,), covariance_m2 (K, K): heights of the contacts without any place;
    known_m: heights of the places known before, by kind.
    """
    mean, covariance = mean_m.copy(), covariance_m2
    gate = settings.same_height_gate**2
    doubtful = _doubtful(contacts, mean_m, covariance_m2, known_m.get(REST, ()), settings)
    heights: list[tuple[float, float]] = []
    first: list[tuple[str, int | None, float]] = []
    chosen: list[tuple[Contact, int]] = []
    for kind, known in known_m.items():
        for height in known:
            heights.append((height, 1.0 / settings.rest_height_m**2))
            first.append((kind, None, height))
    for index, contact in enumerate(contacts):
        best: tuple[float, int, FloatArray, float, float] | None = None
        for place, (kind, anchor, height) in enumerate(first):
            if kind != contact.kind:
                continue
            change = np.zeros(len(contacts))
            change[index] = 1.0
            target = height
            if anchor is not None:
                change[anchor] -= 1.0
                target = 0.0
            gained: FloatArray = covariance @ change
            distance = target - float(change @ mean)
            variance = float(change @ gained) + contact.sigma_m**2
            if best is None or abs(distance) < abs(best[3]):
                best = (distance**2 / variance, place, gained, distance, variance)
        if best is not None and best[0] <= gate and not doubtful[index]:
            _, place, gained, distance, variance = best
            mean = np.add(mean, gained * (distance / variance))
            covariance = np.subtract(covariance, np.outer(gained, gained) / variance)
        else:
            place = len(heights)
            heights.append((0.0, _ANYWHERE))
            first.append((contact.kind, index, 0.0))
        chosen.append((contact, place))
    return heights, chosen


def _doubtful(
    contacts: Sequence[Contact],
    mean_m: FloatArray,
    covariance_m2: FloatArray,
    known_m: Sequence[float],
    settings: MotionSettings,
) -> BoolArray:
    """Rests (K,) that could be at a place known before, while another rest, surely not at the same height, could be so
    as well: a squat set down on the pins, then racked. Nothing tells which of the two it is.
    """
    gate, tolerance = settings.same_height_gate**2, 2.0 * settings.rest_height_m**2
    rests = np.array([contact.kind == REST for contact in contacts], dtype=np.bool_)
    variance: FloatArray = np.diagonal(covariance_m2)
    spread: FloatArray = variance[:, None] + variance - 2.0 * covariance_m2 + tolerance
    fits: BoolArray = (mean_m[:, None] - mean_m) ** 2 <= gate * spread
    known = np.asarray(known_m, dtype=np.float64)
    fits_known: BoolArray = (mean_m[:, None] - known) ** 2 <= gate * (variance[:, None] + tolerance)
    result = np.zeros(len(contacts), np.bool_)
    for one, other in np.argwhere(np.triu(~fits, 1) & rests & rests[:, None]):
        earlier = fits[one, :one] & fits[other, :one] & rests[:one]
        if bool(earlier.any() or (fits_known[one] & fits_known[other]).any()):
            result[[one, other]] = True
    return result
