"""How unsure heights, velocities and mean velocities are said to be."""

from dataclasses import replace

import numpy as np
import pytest
from known_motion import known_motion, up_phase

from bartracker.motion.model import CONSTANTS, NODE_STATES
from bartracker.motion.smoothed_motion import SmoothedMotion, Visit
from bartracker.reps.heights import doubt_of_heights
from bartracker.reps.measure import measure_concentric
from bartracker.reps.phases import find_phases
from bartracker.reps.settings import RepSettings
from bartracker.samples import FloatArray

SETTINGS = RepSettings()
LOCK_OUTS_S = (2.0, 6.0, 10.0, 14.0, 18.0)
VISITS = [Visit(t_s, "lock-out", 0.02) for t_s in LOCK_OUTS_S]


def returning(miss_m: float, sigma_m: float) -> SmoothedMotion:
    """Motion that comes back to its lock-outs but for miss_m, to and fro, and states sigma_m of each moment."""
    t_s = np.arange(0.0, 20.0, 0.01)
    motion = known_motion(t_s, np.zeros_like(t_s), sigma_mps=sigma_m)
    position = motion.pos_w_m.copy()
    position[:, 2] = np.interp(t_s, LOCK_OUTS_S, miss_m * np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    return replace(motion, pos_w_m=position)


def test_heights_that_return_narrow_the_uncertainty() -> None:
    expected = np.hypot(np.sqrt(2.0) * 0.2, np.sqrt(2.0) * SETTINGS.level_sigma_m)
    doubt = doubt_of_heights([returning(0.03, 0.2)], VISITS, SETTINGS)
    share = (0.03 / expected) ** 2
    assert doubt == pytest.approx(np.sqrt((1.0 + 4.0 * share) / 5.0), rel=1e-6)
    assert doubt < 0.5
    # One way says little, many the most that is believed.
    assert doubt < doubt_of_heights([returning(0.03, 0.2)], VISITS[:2], SETTINGS) < 1.0
    many = [Visit(float(t_s), "lock-out", 0.02) for t_s in np.arange(2.0, 18.0, 0.2)]
    assert doubt_of_heights([returning(0.0, 0.2)], many, SETTINGS) == SETTINGS.least_doubt


def test_heights_that_do_not_return_leave_it_as_stated() -> None:
    assert doubt_of_heights([returning(0.5, 0.05)], VISITS, SETTINGS) == 1.0


def test_a_rest_or_a_gap_between_and_no_visit_tell_nothing() -> None:
    motion = returning(0.0, 0.2)
    assert doubt_of_heights([motion], [], SETTINGS) == 1.0
    rested = replace(motion, resting=(motion.t_s % 4.0 > 3.0))
    assert doubt_of_heights([rested], VISITS, SETTINGS) == 1.0
    # The second piece begins between two visits: nothing of the way across is known.
    halves = [returning(0.5, 0.05), returning(0.5, 0.05)]
    first = replace(halves[0], t_s=halves[0].t_s - 16.0)
    assert doubt_of_heights([first, halves[1]], [VISITS[0], VISITS[4]], SETTINGS) == 1.0


def lift(t_s: FloatArray, offset_mps: float) -> FloatArray:
    """Half a metre up in a second, between halts, velocity being wrong by a constant."""
    u = np.clip(t_s - 1.0, 0.0, 1.0)
    return 0.5 * 30.0 * u**2 * (1.0 - u) ** 2 + offset_mps


def test_a_mean_velocity_is_as_unsure_as_a_wrong_velocity_makes_it() -> None:
    # Range and duration both move when velocity is off; from the range alone it was stated far too wide.
    t_s = np.arange(0.0, 3.0, 0.0025)
    sigma_mps = 0.01

    def mean(offset_mps: float) -> float:
        (up,) = [p for p in find_phases(t_s, lift(t_s, offset_mps), SETTINGS) if p.direction == "up"]
        return up.range_m / up.duration_s

    moved_mps = (mean(sigma_mps) - mean(-sigma_mps)) / 2
    motion = known_motion(t_s, lift(t_s, 0.0), sigma_mps=1e-5)
    per_border = np.zeros((len(motion.node_t_s), NODE_STATES, CONSTANTS))
    per_border[:, 5, 0] = sigma_mps
    per_border[:, 2, 0] = sigma_mps * motion.node_t_s
    motion = replace(motion, nodes=replace(motion.nodes, per_border=per_border))
    (up,) = find_phases(t_s, motion.vel_w_mps[:, 2], SETTINGS)
    stated = measure_concentric(motion, up, replace(SETTINGS, bound_share=0.0)).sigma
    assert stated["rom_m"] == pytest.approx(sigma_mps * up.duration_s, rel=0.1)
    assert stated["mean_velocity_mps"] == pytest.approx(abs(moved_mps), rel=0.25)
    assert stated["mean_velocity_mps"] < 0.7 * stated["rom_m"] / up.duration_s


def test_a_narrowed_motion_keeps_what_is_of_scale_and_whip() -> None:
    t_s = np.arange(0.0, 3.0, 0.01)
    motion = replace(known_motion(t_s, lift(t_s, 0.0), sigma_mps=0.01), dynamic_scale=0.02)
    narrowed = motion.with_vertical_doubt(0.3)
    up = up_phase(motion, 1.0, 2.0)
    before, after = (measure_concentric(m, up, SETTINGS).sigma for m in (motion, narrowed))
    assert 0.02 * up.range_m < after["rom_m"] < before["rom_m"]
    assert after["horizontal_drift_m"] == before["horizontal_drift_m"]
    assert np.array_equal(narrowed.vel_w_mps, motion.vel_w_mps)
