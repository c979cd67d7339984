"""Horizontal uncertainty from how the starts of a set's reps wander."""

from dataclasses import replace

import numpy as np
import pytest
from known_motion import known_motion
from scripted_set import SCRIPT

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.horizontal import as_wandered, wander_of

STARTS_S = (2.0, 6.0, 10.0, 14.0)


def wandering(step_m: float) -> SmoothedMotion:
    """Motion whose starts lie this far apart, to and fro, along x and y."""
    t_s = np.arange(0.0, 20.0, 0.01)
    motion = known_motion(t_s, np.zeros_like(t_s), sigma_mps=0.05)
    position = motion.pos_w_m.copy()
    position[:, :2] = np.interp(t_s, STARTS_S, step_m * np.array([0.0, 1.0, 0.0, 1.0]))[:, None]
    return replace(motion, pos_w_m=position)


def test_starts_that_agree_narrow_the_uncertainty_and_starts_that_do_not_widen_it() -> None:
    stated = wandering(0.0).displacement_sigma_m(2.0, 6.0)[1]
    for step_m in (0.01, 0.05, 0.3):
        motion = wandering(step_m)
        wander = wander_of([(motion, t_s) for t_s in STARTS_S])
        assert wander is not None
        assert wander.scale == pytest.approx(step_m / stated, rel=0.01)
        assert wander.trend_sigma_m == pytest.approx(step_m * np.sqrt(3), rel=0.01)
        assert wander.within_rep == pytest.approx(np.sqrt(wander.scale) if wander.scale < 1 else wander.scale)


def test_too_few_starts_or_a_gap_tell_nothing() -> None:
    motion = wandering(0.02)
    assert wander_of([(motion, 2.0), (motion, 6.0)]) is None
    assert wander_of([(motion, 2.0), (motion, 6.0), (wandering(0.02), 10.0)]) is None


def test_only_horizontal_uncertainties_change() -> None:
    rep = SCRIPT[0].rep(announced=False)
    sigma = {"horizontal_drift_m": 0.2, "horizontal_deviation_m": 0.1, "rom_m": 0.01}
    motion = wandering(0.01)
    wander = wander_of([(motion, t_s) for t_s in STARTS_S])
    assert wander is not None
    (changed,) = as_wandered([replace(rep, sigma=sigma)], wander)
    factor = wander.within_rep
    assert changed.sigma == pytest.approx(
        {**sigma, "horizontal_drift_m": 0.2 * factor, "horizontal_deviation_m": 0.1 * factor}
    )
    assert as_wandered([rep], None) == [rep]
