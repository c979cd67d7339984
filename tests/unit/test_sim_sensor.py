"""The virtual IMU's counts, and the committed recordings of the virtual sensor."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bartracker.recording import read_recording
from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.sim import CHIP_SPECS, SimulatedSet, simulate_set
from bartracker.sim.imu import SensorErrors

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.fixture(scope="module")
def bench() -> SimulatedSet:
    return simulate_set("bench", reps=2, seed=4)


def test_same_seed_same_set_and_another_seed_another(bench: SimulatedSet) -> None:
    again, other = (simulate_set("bench", reps=2, seed=seed) for seed in (4, 5))
    np.testing.assert_array_equal(again.counts, bench.counts)
    assert again.reps == bench.reps
    assert other.reps != bench.reps
    shortest = min(len(other.counts), len(bench.counts))
    assert (other.counts[:shortest] != bench.counts[:shortest]).any(axis=1).all()


def test_another_sensor_leaves_the_lifters_set_as_it_was(bench: SimulatedSet) -> None:
    other = simulate_set("bench", reps=2, seed=4, chip="mpu6886", rate_hz=200)
    np.testing.assert_array_equal(other.truth.position_w_m, bench.truth.position_w_m)


def test_counts_depend_on_the_sample_number_alone(bench: SimulatedSet) -> None:
    pieces = [bench.imu.counts(first, 7) for first in (1500, 0, 1020, 7)]
    for first, piece in zip((1500, 0, 1020, 7), pieces, strict=True):
        assert np.abs(piece.astype(int) - bench.counts[first : first + 7]).max() <= 1
        np.testing.assert_array_equal(piece, bench.imu.counts(first, 7))


@pytest.mark.parametrize("chip", list(CHIP_SPECS))
def test_ideal_sensor_counts_are_truth_plus_data_sheet_noise(chip: str) -> None:
    simulated = simulate_set("squat", reps=2, seed=9, chip=chip, rate_hz=200, ideal_sensor=True)
    spec, still = CHIP_SPECS[chip], simulated.sample_t_s < 1.5
    acc = simulated.counts[still, :3] * spec.acc_mps2_per_count
    gyr = simulated.counts[still, 3:] * spec.gyr_radps_per_count
    assert np.linalg.norm(acc.mean(axis=0)) == pytest.approx(STANDARD_GRAVITY_MPS2, abs=0.005)
    assert np.abs(gyr.mean(axis=0)).max() < 5e-4
    for samples, density, quantum in (
        (acc, spec.acc_noise_mps2, spec.acc_mps2_per_count),
        (gyr, spec.gyr_noise_radps, spec.gyr_radps_per_count),
    ):
        expected = np.hypot(density * 100**0.5, quantum / 12**0.5)
        assert samples.std(axis=0) == pytest.approx(expected, rel=0.35)


def test_a_still_sensor_shows_its_errors(bench: SimulatedSet) -> None:
    imu, still = bench.imu, bench.sample_t_s < 1.5
    acc = bench.counts[still, :3].mean(axis=0) * imu.spec.acc_mps2_per_count
    true = imu.motion.specific_force_mps2(np.array([0.5]))[0]
    np.testing.assert_allclose(acc, imu.errors.acc_matrix @ true + imu.errors.acc_bias, atol=0.02)
    gyr = bench.counts[still, 3:].mean(axis=0) * imu.spec.gyr_radps_per_count
    np.testing.assert_allclose(gyr, imu.errors.gyr_bias, atol=2e-3)


def test_rate_is_off_by_at_most_two_per_cent() -> None:
    rates = [simulate_set("row", reps=1, seed=seed, rate_hz=50).imu.true_rate_hz for seed in range(6)]
    assert all(49 <= rate <= 51 for rate in rates)
    assert max(rates) - min(rates) > 0.3


def test_a_dropped_bar_clips_the_accelerometer() -> None:
    simulated = simulate_set("clean", reps=3, seed=16, load_kg=90, rate_hz=400)
    assert np.abs(simulated.counts[:, :3].astype(int)).max() == simulated.info.acc_clip_count


def test_hard_saturation_stays_at_the_end_stops(bench: SimulatedSet) -> None:
    errors = replace(SensorErrors.none(), acc_bias=np.array([1e3, -1e3, 0]), gyr_bias=np.array([0, 1e3, -1e3]))
    counts = replace(bench.imu, errors=errors).counts(0, 5)
    assert counts[:, [0, 4]].min() == 32767
    assert counts[:, [1, 5]].max() == -32767


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.btr")), ids=lambda path: path.stem)
def test_committed_recordings_are_whole_and_as_their_truth_says(path: Path) -> None:
    recording = read_recording(path)
    truth = json.loads(path.with_suffix(".truth.json").read_text())
    assert (recording.metadata.exercise, recording.metadata.load_kg) == (truth["exercise"], truth["load_kg"])
    assert (recording.metadata.source, recording.problems) == ("simulated", ())
    index = np.concatenate([block.sample_index for block in recording.blocks])
    assert len(index) + truth["lost_samples"] == truth["samples"] == index[-1] - index[0] + 1
    assert (truth["lost_samples"] > 0) == ("lost" in path.stem)
    first, last = recording.blocks[0], recording.blocks[-1]
    rate_hz = (last.sample_index[0] - first.sample_index[0]) / (last.stamp_s[0] - first.stamp_s[0])
    assert rate_hz == pytest.approx(truth["true_rate_hz"], rel=1e-3)
    assert recording.nominal_rate_hz is not None
    assert rate_hz == pytest.approx(recording.nominal_rate_hz, rel=0.021)
    assert 0 < truth["reps"][0]["t_start"] < truth["reps"][-1]["t_end"] < truth["duration_s"]


def test_committed_recordings_are_small_and_varied() -> None:
    truths = {path.name: json.loads(path.read_text()) for path in RECORDINGS.glob("*.truth.json")}
    assert {truth["exercise"] for truth in truths.values()} >= {
        "squat", "bench", "ohp", "deadlift", "row", "clean", "snatch"
    }  # fmt: skip
    kinds = {rep["kind"] for truth in truths.values() for rep in truth["reps"]}
    assert kinds == {"full", "partial", "failed"}
    assert any(truth["lost_samples"] for truth in truths.values())
    for path in RECORDINGS.glob("*.btr"):
        samples = truths[f"{path.stem}.truth.json"]["samples"]
        assert path.stat().st_size <= 17 * samples
        assert path.stat().st_size <= (150_000 if path.stem == "demo_squat" else 70_000)
