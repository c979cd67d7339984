"""How far the horizontal path may be wrong, as the set itself shows it.

A lifter starts each rep from about the same place, so what the estimate wanders from one start to the next is mostly
its error. Motion's own uncertainty takes the tilt that an unknown bias mimics for fresh in every rep and is often far
too wide, after impacts too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.results import Rep

_HORIZONTAL = ("horizontal_deviation_m", "horizontal_drift_m")
# Starts that agree to the bit say no more than that the estimate is good.
_LEAST_SCALE = 0.01
_LEAST_M = 0.002


@dataclass(frozen=True, slots=True)
class Wander:
    """What the starts of a set's full reps show.

    scale: how large errors are beside the uncertainty that motion states. trend_sigma_m: of the way from the first
    start to the last.
    """

    scale: float
    trend_sigma_m: float

    @property
    def within_rep(self) -> float:
        """The factor for a path within one rep. An error that every rep repeats (a bias that rolls with the bar) leaves
        the starts where they are: half of what they take away, in the logarithm, is not believed.
        """
        return float(np.sqrt(self.scale)) if self.scale < 1.0 else self.scale


def wander_of(starts: Sequence[tuple[SmoothedMotion, float]]) -> Wander | None:
    """From each full rep's piece of motion and the start of its lift, s; None below two ways from start to start, and
    across a gap.
    """
    if len(starts) < 3 or any(motion is not starts[0][0] for motion, _ in starts):
        return None
    motion = starts[0][0]
    moments = [t_s for _, t_s in starts]
    points = np.array([np.interp(moments, motion.t_s, motion.pos_w_m[:, axis]) for axis in (0, 1)]).T
    way_m = np.diff(points, axis=0)
    stated_m = np.array([motion.displacement_sigma_m(one, following)[1] for one, following in pairwise(moments)])
    scale = float(np.sqrt(np.mean((way_m / stated_m[:, None]) ** 2)))
    return Wander(max(scale, _LEAST_SCALE), max(float(np.sqrt(np.mean(way_m**2) * len(way_m))), _LEAST_M))


def as_wandered(reps: Sequence[Rep], wander: Wander | None) -> list[Rep]:
    """The reps with the horizontal uncertainties that the set shows."""
    if wander is None:
        return list(reps)
    return [
        replace(
            rep,
            sigma={
                name: value * wander.within_rep if name in _HORIZONTAL else value for name, value in rep.sigma.items()
            },
        )
        for rep in reps
    ]
