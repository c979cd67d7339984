"""Slow lowerings without a halt: nothing in them is a rest, and every rep is found."""

import numpy as np

import bartracker
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.samples import StampedBlock
from bartracker.sim.session import SimulatedSet, simulate_set


def recorded(made: SimulatedSet) -> Recording:
    counts = made.counts.astype(np.float64)
    never = np.zeros(len(counts), dtype=bool)
    acc, gyr = counts[:, :3] * made.info.acc_mps2_per_count, counts[:, 3:] * made.info.gyr_radps_per_count
    block = StampedBlock(np.arange(len(counts)), made.sample_t_s, acc, gyr, never, never, float("nan"))
    return Recording(RecordingMetadata(exercise=made.wish.exercise), (block,), made.info.nominal_rate_hz)


def test_lowerings_of_five_seconds_are_no_rests() -> None:
    # With the stillness that the settings alone allow, three of the six reps were lost.
    made = simulate_set("squat", seed=1, reps=6, tempo="5-0-X-0")
    (rep_set,) = bartracker.analyze(recorded(made)).sets
    assert [rep.kind for rep in rep_set.reps] == ["full"] * 6
    for rep, true in zip(rep_set.reps, made.reps, strict=True):
        assert abs(rep.concentric_start_s - true.t_con0) < 0.15
        assert rep.mean_velocity_mps is not None
        assert abs(rep.mean_velocity_mps - true.mcv) < 0.03


def test_short_ranges_at_five_seconds_are_no_drift() -> None:
    # No faster than 9 cm/s at their peak: four of five reps of this bench were lost to a floor of 10 cm/s.
    made = simulate_set("bench", seed=700, rate_hz=200.0, tempo="5-2-5-2")
    (rep_set,) = bartracker.analyze(recorded(made)).sets
    assert [rep.kind for rep in rep_set.reps] == ["full"] * 5
