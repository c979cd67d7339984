"""A set summed up: averages, variation, likeness of its reps, rests."""

from dataclasses import replace

import numpy as np
import pytest
from scripted_set import REST_S, SCRIPT

from bartracker.reps.summary import summarise

REPS = [each.rep(announced=False) for each in SCRIPT]
TRACES = [each.trace() for each in SCRIPT]


def test_averages_rests_and_variation() -> None:
    summary = summarise(REPS, [(0.0, 0.0), (0.01, 0.0), (0.02, 0.0)], TRACES, 0.005, (0.4, 0.01))
    velocities = [rep.mean_velocity_mps for rep in REPS]
    assert summary.mean_velocity_cv == pytest.approx(np.std(velocities, ddof=1) / np.mean(velocities))
    assert summary.rom_cv == pytest.approx(0.0, abs=1e-12)
    assert summary.rest_between_reps_s == pytest.approx(REST_S)
    assert summary.duration_s == pytest.approx(REPS[-1].end_s - REPS[0].start_s)
    assert summary.drift_trend_m == pytest.approx(0.02)
    assert summary.sigma == {"drift_trend_m": 0.005, "sensor_turn_range_rad": 0.01}
    assert summary.time_under_tension_s is None  # the script does not tell it


def test_likeness_is_zero_for_the_same_rep_and_grows_with_difference() -> None:
    same = summarise(REPS[:3], [], [TRACES[0]] * 3)
    assert same.velocity_consistency_mps == pytest.approx(0.0, abs=1e-12)
    assert same.path_consistency_m == pytest.approx(0.0, abs=1e-12)
    scaled = [replace(TRACES[0], vel_z_mps=factor * TRACES[0].vel_z_mps) for factor in (0.9, 1.0, 1.1)]
    apart = summarise(REPS[:3], [], scaled)
    rms = float(
        np.sqrt(np.mean(np.square(np.interp(np.linspace(0, 1, 101), np.linspace(0, 1, 60), TRACES[0].vel_z_mps))))
    )
    assert apart.velocity_consistency_mps == pytest.approx(rms * np.sqrt(0.02 / 3), rel=1e-6)


def test_too_few_reps_say_nothing() -> None:
    summary = summarise(REPS[:2], [], TRACES[:2])
    assert (summary.mean_velocity_cv, summary.rom_cv, summary.velocity_consistency_mps) == (None, None, None)
    empty = summarise([], [])
    assert (empty.full_reps, empty.mean_velocity_mps, empty.duration_s, empty.rest_between_reps_s) == (
        0,
        None,
        None,
        None,
    )


def test_partial_and_failed_reps_count_in_no_average() -> None:
    slow = replace(REPS[1], kind="partial", mean_velocity_mps=0.01, rom_m=0.1)
    summary = summarise([REPS[0], slow, *REPS[2:]], [], TRACES)
    alone = summarise([REPS[0], *REPS[2:]], [], [TRACES[0], *TRACES[2:]])
    assert summary.mean_velocity_mps == alone.mean_velocity_mps
    assert summary.velocity_consistency_mps == alone.velocity_consistency_mps
    assert summary.partial_reps == 1
