"""The virtual lifter does what was asked, and the rep table says what the dense truth shows."""

from typing import Any

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.sim import SIMULATED_EXERCISES, SimulatedSet, simulate_set
from bartracker.sim.truth import phase_window


def lift(exercise: str, **wish: Any) -> SimulatedSet:
    """A set by its truth alone: hardly any samples."""
    return simulate_set(exercise, **({"rate_hz": 25, "seed": 1} | wish))


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("exercise", list(SIMULATED_EXERCISES))
def test_every_lift_has_the_reps_ordered_and_a_consistent_table(exercise: str, seed: int) -> None:
    simulated = lift(exercise, reps=4, seed=seed)
    truth, model = simulated.truth, SIMULATED_EXERCISES[exercise]
    assert [rep.rep for rep in simulated.reps] == [1, 2, 3, 4]
    last_end = 1.5
    for rep in simulated.reps:
        assert rep.kind == "full"
        assert rep.valid
        assert last_end <= rep.t_start < rep.t_end
        last_end = rep.t_end - 0.01
        inside = (truth.t_s >= rep.t_con0) & (truth.t_s <= rep.t_con1)
        assert np.trapezoid(truth.velocity_w_mps[inside, 2], truth.t_s[inside]) == pytest.approx(rep.rom, abs=1e-3)
        assert rep.mcv == pytest.approx(rep.rom / rep.con_s)
        assert rep.pv == truth.velocity_w_mps[inside, 2].max()
        assert rep.mcv <= rep.mpv <= rep.pv
        assert 0 <= rep.hdrift <= rep.hdev + 1e-6 < 0.15
        assert 0.75 * model.rom_m[0] < rep.rom < 1.15 * model.rom_m[1]
        if model.eccentric_first:
            assert (rep.t_start, rep.t_turn, rep.t_end) == (rep.t_ecc0, rep.t_con0, rep.t_con1)
            assert rep.pause_s == pytest.approx(rep.t_con0 - rep.t_ecc1)
        else:
            assert (rep.t_start, rep.t_turn, rep.t_end) == (rep.t_con0, rep.t_con1, rep.t_ecc1)
            assert rep.pause_s == pytest.approx(rep.t_ecc0 - rep.t_con1)
        assert rep.pause_s > 0
    # The bar ends where it began (rack) or on the floor.
    assert abs(truth.position_w_m[-1, 2] - truth.position_w_m[0, 2]) < 0.03


@pytest.mark.parametrize("exercise", list(SIMULATED_EXERCISES))
def test_partial_and_failed_reps_happen_where_ordered(exercise: str) -> None:
    reps = lift(exercise, reps=4, partial=(2,), failed=(4,)).reps
    assert [rep.kind for rep in reps] == ["full", "partial", "full", "failed"]
    assert [rep.valid for rep in reps] == [True, False, True, False]
    assert reps[1].rom < 0.7 * reps[0].rom
    assert reps[3].rom < 0.97 * reps[0].rom


def test_load_and_fatigue_slow_the_lifter() -> None:
    light, heavy = (lift("squat", load_kg=load, velocity_loss=0.06) for load in (60, 170))
    assert light.reps[0].mcv > 1.5 * heavy.reps[0].mcv
    for simulated in (light, heavy):
        assert simulated.reps[4].mcv < 0.88 * simulated.reps[0].mcv


def test_heavy_ascent_has_a_sticking_region_and_a_light_one_has_none() -> None:
    def dips(load_kg: float) -> int:
        simulated = lift("bench", load_kg=load_kg, reps=3, touch_and_go=False)
        count = 0
        for rep in simulated.reps:
            t_s, speed = simulated.truth.t_s, simulated.truth.velocity_w_mps[:, 2]
            inside = speed[(t_s > rep.t_con0) & (t_s < rep.t_con1)]
            count += int(((inside[1:-1] < inside[:-2]) & (inside[1:-1] <= inside[2:]) & (inside[1:-1] > 0.1)).sum())
        return count

    assert dips(30) == 0
    assert dips(145) >= 2


def test_tempo_is_kept() -> None:
    squat = lift("squat", tempo="3-1-X-0", touch_and_go=None)
    for rep in squat.reps:
        assert rep.ecc_s == pytest.approx(3.0, rel=0.2)
        assert rep.pause_s == pytest.approx(1.0, abs=0.6)
    slow_up = lift("ohp", tempo="2-1-3-1")
    for rep in slow_up.reps:
        assert rep.con_s == pytest.approx(3.0, rel=0.2)


def test_touch_and_go_turns_at_once_and_a_pause_takes_time() -> None:
    quick, paused = (lift("bench", touch_and_go=choice) for choice in (True, False))
    assert max(rep.pause_s for rep in quick.reps) < 0.2 < min(rep.pause_s for rep in paused.reps)


def test_one_fast_eccentric_and_growing_drift() -> None:
    reps = lift("squat", seed=6, load_kg=140, tempo="3-1-X-1", fast_eccentric=(4,), forward_drift_m=0.07).reps
    eccentric_s = [rep.ecc_s for rep in reps]
    assert eccentric_s[3] < 0.35 * min(eccentric_s[:3])
    assert reps[4].hdrift > reps[0].hdrift + 0.03


def test_deadlift_and_clean_hit_the_floor() -> None:
    for exercise, least_mps2 in (("deadlift", 20.0), ("clean", 100.0)):
        simulated = lift(exercise, reps=2)
        assert simulated.truth.acceleration_w_mps2[:, 2].max() > least_mps2
        assert simulated.truth.position_w_m[:, 2].min() > -0.06


def bump(t_s: np.ndarray, from_s: float, to_s: float, peak_mps: float) -> np.ndarray:
    inside = (t_s > from_s) & (t_s < to_s)
    return np.where(inside, peak_mps * np.sin(np.pi * (t_s - from_s) / (to_s - from_s)), 0.0)


def test_phase_window_is_where_speed_passes_the_threshold() -> None:
    t_s = np.arange(0, 4, 0.01)
    start, end, peak = phase_window(t_s, bump(t_s, 1.0, 3.0, 1.0), (1.0, 3.0), 1)
    edge = 2 / np.pi * np.arcsin(0.05)
    assert (start, end) == (pytest.approx(1 + edge, abs=1e-4), pytest.approx(3 - edge, abs=1e-4))
    assert peak == pytest.approx(2.0)
    slow_start, _, _ = phase_window(t_s, -bump(t_s, 1.0, 3.0, 0.1), (1.0, 3.0), -1)
    assert slow_start == pytest.approx(1 + 2 / np.pi * np.arcsin(0.3), abs=1e-3)


@pytest.mark.parametrize(
    ("dip_s", "low_mps", "bridged"), [(0.08, 0.0, True), (0.08, -0.02, True), (0.08, -0.2, False), (0.3, 0.0, False)]
)
def test_short_dips_are_bridged_but_not_a_way_back(dip_s: float, low_mps: float, bridged: bool) -> None:
    t_s = np.arange(0, 5, 0.001)
    speed = np.where((t_s > 1) & (t_s < 3), 0.5, 0.0)
    speed[(t_s > 1.5) & (t_s < 1.5 + dip_s)] = low_mps
    speed[(t_s > 2.0) & (t_s < 2.5)] = 0.6
    start, end, _ = phase_window(t_s, speed, (1.0, 3.0), 1)
    assert start == pytest.approx(1.0 if bridged else 1.5 + dip_s, abs=0.002)
    assert end == pytest.approx(3.0, abs=0.002)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"exercise": "curl"}, "squat, bench, ohp"),
        ({"reps": 0}, "1 to 50"),
        ({"load_kg": 900.0}, "up to 200 kg"),
        ({"load_kg": float("nan")}, "up to 200 kg"),
        ({"tempo": "3-1-X"}, "3-1-X-0"),
        ({"tempo": "fast"}, "3-1-X-0"),
        ({"partial": (9,)}, "1 to 5"),
        ({"partial": (2,), "failed": (2,)}, "one of the two"),
        ({"forward_drift_m": 2.0}, "-0.3 to 0.3"),
        ({"velocity_loss": 0.9}, "0 to 0.3"),
        ({"chip": "bmi999"}, "lsm6dso, mpu6886"),
        ({"rate_hz": 5.0}, "25 to 1000"),
        ({"mount": "belt"}, "shaft or sleeve"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_bad_wishes_are_refused_with_what_is_valid(wish: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"exercise": "squat"} | wish
    with pytest.raises(BartrackerError) as refusal:
        simulate_set(arguments.pop("exercise"), **arguments)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
