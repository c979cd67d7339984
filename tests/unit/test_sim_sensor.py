"""The virtual IMU's counts, the packets they travel in, and the committed recordings made of them."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.recording import read_recording
from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.sim import CHIP_SPECS, SimulatedSet, simulate_set, truth_document, write_recording
from bartracker.sim.imu import SensorErrors
from bartracker.sim.session import AirSettings
from bartracker.wire import PacketStream, decode_data_packet

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "recordings"


@pytest.fixture(scope="module")
def bench() -> SimulatedSet:
    return simulate_set("bench", reps=2, seed=4)


def test_same_seed_same_set_and_another_seed_another(bench: SimulatedSet) -> None:
    again, other = (simulate_set("bench", reps=2, seed=seed) for seed in (4, 5))
    assert again.packets == bench.packets
    assert again.reps == bench.reps
    assert other.reps != bench.reps
    assert len({packet.raw for packet in other.packets} & {packet.raw for packet in bench.packets}) == 0


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


def test_errors_are_as_the_truth_file_says(bench: SimulatedSet) -> None:
    imu, still = bench.imu, bench.sample_t_s < 1.5
    document = truth_document(bench)["sensor"]
    assert isinstance(document, dict)
    acc = bench.counts[still, :3].mean(axis=0) * imu.spec.acc_mps2_per_count
    true = imu.motion.specific_force_mps2(np.array([0.5]))[0]
    np.testing.assert_allclose(acc, document["acc_matrix"] @ true + document["acc_bias_mps2"], atol=0.02)
    gyr = bench.counts[still, 3:].mean(axis=0) * imu.spec.gyr_radps_per_count
    np.testing.assert_allclose(gyr, document["gyr_bias_radps"], atol=2e-3)


def test_rate_is_off_by_at_most_two_per_cent_and_stamps_tell_it() -> None:
    rates = []
    for seed in range(6):
        simulated = simulate_set("row", reps=1, seed=seed, rate_hz=50)
        stream = PacketStream(simulated.info)
        blocks = [stream.push(packet.raw, packet.arrival_s) for packet in simulated.packets]
        stamps = [(block.sample_index[0], block.stamp_s[0]) for block in blocks if block is not None]
        (first, start_s), (last, end_s) = stamps[0], stamps[-1]
        rates.append((last - first) / (end_s - start_s))
        assert rates[-1] == pytest.approx(simulated.imu.true_rate_hz, rel=1e-3)
    assert all(49 <= rate <= 51 for rate in rates)
    assert max(rates) - min(rates) > 0.3


def test_a_dropped_bar_clips_the_accelerometer_and_says_so() -> None:
    simulated = simulate_set("clean", reps=3, seed=16, load_kg=90, rate_hz=400)
    assert np.abs(simulated.counts[:, :3].astype(int)).max() == simulated.info.acc_clip_count
    assert any(decode_data_packet(packet.raw).flags for packet in simulated.packets)


def test_hard_saturation_stays_at_the_end_stops(bench: SimulatedSet) -> None:
    errors = replace(SensorErrors.none(), acc_bias=np.array([1e3, -1e3, 0]), gyr_bias=np.array([0, 1e3, -1e3]))
    counts = replace(bench.imu, errors=errors).counts(0, 5)
    assert counts[:, [0, 4]].min() == 32767
    assert counts[:, [1, 5]].max() == -32767


def test_packets_carry_every_sample_and_arrive_after_it(bench: SimulatedSet) -> None:
    stream = PacketStream(bench.info)
    indices, arrival = [], 0.0
    for packet in bench.packets:
        block = stream.push(packet.raw, packet.arrival_s)
        assert block is not None
        indices.append(block.sample_index)
        assert packet.arrival_s >= max(arrival, bench.sample_t_s[block.sample_index[-1]])
        arrival = packet.arrival_s
        assert block.stamp_s[0] == pytest.approx(bench.sample_t_s[block.sample_index[0]], abs=0.003)
    np.testing.assert_array_equal(np.concatenate(indices), np.arange(len(bench.counts)))
    assert stream.statistics.lost_samples == 0


def test_lost_bursts_are_lost_and_counted() -> None:
    simulated = simulate_set("row", reps=3, seed=1, air=AirSettings(loss_bursts=3))
    stream = PacketStream(simulated.info)
    for packet in simulated.packets:
        stream.push(packet.raw, packet.arrival_s)
    assert stream.statistics.lost_samples == simulated.lost.sum() > 0
    assert stream.statistics.samples == len(simulated.counts) - simulated.lost.sum()
    assert truth_document(simulated)["lost_samples"] == simulated.lost.sum()


def test_recording_holds_the_set(bench: SimulatedSet, tmp_path: Path) -> None:
    path = tmp_path / "bench.btr"
    write_recording(bench, path)
    recording = read_recording(path)
    assert (recording.metadata.exercise, recording.metadata.load_kg) == ("bench", bench.load_kg)
    assert (recording.metadata.mount, recording.problems) == ("shaft", ())
    assert recording.chip == "LSM6DSO/DSOX"
    counts = np.concatenate([block.acc_mps2 for block in recording.blocks]) / bench.info.acc_mps2_per_count
    np.testing.assert_allclose(counts, bench.counts[:, :3], atol=1e-6)
    with pytest.raises(BartrackerError):
        write_recording(bench, path)


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_recordings", ROOT / "benchmarks" / "make_recordings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_committed_recordings_are_what_the_simulator_makes(tmp_path: Path) -> None:
    """Twice on one machine the same bytes; as committed, perhaps on another machine, the same within one count."""
    make = maker()
    assert {path.stem for path in RECORDINGS.glob("*.btr")} >= set(make.RECORDINGS)
    for name in make.RECORDINGS:
        for folder in (tmp_path / "first", tmp_path / "second"):
            folder.mkdir(exist_ok=True)
            make.make(name, folder)
        for suffix in (".btr", ".truth.json"):
            first, second = (tmp_path / folder / (name + suffix) for folder in ("first", "second"))
            assert first.read_bytes() == second.read_bytes(), name
        made, committed = (read_recording(folder / f"{name}.btr") for folder in (tmp_path / "first", RECORDINGS))
        assert made.metadata == committed.metadata
        for ours, theirs in zip(made.blocks, committed.blocks, strict=True):
            np.testing.assert_array_equal(ours.sample_index, theirs.sample_index)
            np.testing.assert_allclose(ours.acc_mps2, theirs.acc_mps2, atol=0.006)
            np.testing.assert_allclose(ours.gyr_radps, theirs.gyr_radps, atol=0.0015)
        truths = [
            json.loads((folder / f"{name}.truth.json").read_text()) for folder in (tmp_path / "first", RECORDINGS)
        ]
        for ours, theirs in zip(truths[0]["reps"], truths[1]["reps"], strict=True):
            assert ours == pytest.approx(theirs, abs=2e-6)


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
        assert path.stat().st_size <= 16 * samples
        assert path.stat().st_size <= (150_000 if path.stem == "demo_squat" else 60_000)
