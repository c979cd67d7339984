"""Holds: halts of a held bar next to a lift, which the estimate takes for a slow part of the lift while its velocity is
wrong. Live alone: afterwards equal heights tell more.

A held bar sways, so a hold is no rest; and a slow lowering is as quiet as a hold. Therefore only quiet moments within
an upward phase count: no lifter slows to a crawl, rises so for a while, and calls it one lift.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from bartracker.motion.smoothed_motion import Visit
from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class Hold:
    """The bar was held from start_s to end_s."""

    start_s: float
    end_s: float


def find_holds(t_s: FloatArray, vel_z_mps: FloatArray, phases: list[Phase], settings: RepSettings) -> list[Hold]:
    """Holds in order of time within the upward ones of the phases found in t_s (N,), vertical velocity (N,): of each
    the last before its peak and the first after it.
    """
    width = max(2, round(settings.hold_s * (len(t_s) - 1) / max(float(t_s[-1] - t_s[0]), 1e-9)))
    half = width // 2
    if len(t_s) <= 2 * width:
        return []
    # A bar's whip swings several times within a hold; its lifter's hands do not.
    steady = uniform_filter1d(vel_z_mps, max(1, half))
    quiet = maximum_filter1d(steady, width) - minimum_filter1d(steady, width) < settings.hold_spread_mps
    quiet[:half] = quiet[len(quiet) - half :] = False
    holds: list[Hold] = []
    for phase in phases:
        if phase.direction != "up" or phase.peak_mps < settings.hold_beside_mps:
            continue
        crawls = quiet & (steady < settings.hold_share * phase.peak_mps) & (t_s > phase.start_s) & (t_s < phase.end_s)
        before, after = np.flatnonzero(crawls & (t_s < phase.peak_s)), np.flatnonzero(crawls & (t_s > phase.peak_s))
        holds += [
            Hold(float(t_s[at - half]), float(t_s[at + half])) for at in (*before[-1:].tolist(), *after[:1].tolist())
        ]
    return holds


def hold_visits(holds: list[Hold], settings: RepSettings) -> list[Visit]:
    """A hold as motion takes it: both its ends are at one height, a place of its own."""
    return [
        Visit(t_s, f"hold {number}", settings.hold_sigma_mps * (hold.end_s - hold.start_s) / np.sqrt(2.0))
        for number, hold in enumerate(holds)
        for t_s in (hold.start_s, hold.end_s)
    ]
