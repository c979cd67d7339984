"""A lift that nobody named: which it was, and what is not announced before that can be known."""

from dataclasses import fields, replace

import numpy as np
import pytest

import bartracker
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.reps.pairing import ORDER_OF
from bartracker.results import Analysis, Exercise
from bartracker.samples import StampedBlock
from bartracker.sim.session import SimulatedSet, simulate_set


def recorded(made: SimulatedSet) -> Recording:
    """The samples as a link that loses nothing would bring them, and nothing told of them."""
    counts = made.counts.astype(np.float64)
    clipped = np.abs(counts).reshape(-1, 2, 3).max(axis=2) >= made.info.acc_clip_count
    acc, gyr = counts[:, :3] * made.info.acc_mps2_per_count, counts[:, 3:] * made.info.gyr_radps_per_count
    index = np.arange(len(counts))
    block = StampedBlock(index, made.sample_t_s, acc, gyr, clipped[:, 0], clipped[:, 1], float("nan"))
    return Recording(RecordingMetadata(), (block,), made.info.nominal_rate_hz)


def cut(recording: Recording, from_s: float, to_s: float) -> Recording:
    """What of the recording lies within [from_s, to_s)."""
    (block,) = recording.blocks
    kept = (block.stamp_s >= from_s) & (block.stamp_s < to_s)
    arrays = {f.name: getattr(block, f.name)[kept] for f in fields(StampedBlock) if f.name != "arrival_s"}
    return replace(recording, blocks=(replace(block, **arrays),))


def starts_s(analysis: Analysis) -> list[float]:
    return [rep.concentric_start_s for rep_set in analysis.sets for rep in rep_set.reps]


@pytest.mark.parametrize(("exercise", "seed"), [("bench", 502), ("squat", 501), ("ohp", 500), ("clean", 502)])
def test_the_lift_is_found_with_its_order(exercise: Exercise, seed: int) -> None:
    (rep_set,) = bartracker.analyze(recorded(simulate_set(exercise, seed=seed, reps=3))).sets
    assert (rep_set.exercise, rep_set.order) == (exercise, ORDER_OF[exercise])
    assert 0.5 < rep_set.exercise_confidence < 1.0
    assert len(rep_set.reps) == 3


@pytest.mark.parametrize("exercise", ["row", "deadlift"])
def test_picking_the_bar_up_is_not_announced_before_it_can_be_told_from_a_lift(exercise: Exercise) -> None:
    # The pick-up of every row was announced as a rep.
    made = simulate_set(exercise, seed=500, reps=3)
    (rep_set,) = bartracker.analyze(recorded(made), as_live=True).sets
    assert [rep.concentric_start_s for rep in rep_set.reps] == pytest.approx([t.t_con0 for t in made.reps], abs=0.15)


def test_one_deadlift_is_announced_while_it_is_lowered() -> None:
    made = simulate_set("deadlift", seed=3, reps=1)
    (rep_set,) = bartracker.analyze(recorded(made), as_live=True).sets
    (rep,), (true,) = rep_set.reps, made.reps
    assert true.t_ecc0 < (rep.announced_s or 0.0) < true.t_ecc1


def test_a_recording_of_the_walk_out_alone_holds_no_rep() -> None:
    made = simulate_set("squat", seed=3, reps=1)
    walk_out = cut(recorded(made), 0.0, made.reps[0].t_start - 0.3)
    assert bartracker.analyze(walk_out).sets == bartracker.analyze(walk_out, exercise="squat").sets == ()


def test_a_recording_that_starts_or_ends_in_mid_rep() -> None:
    made = simulate_set("squat", seed=3, reps=3)
    whole, (first, second, third) = recorded(made), made.reps
    late = bartracker.analyze(cut(whole, 0.5 * (first.t_con0 + first.t_con1), np.inf), exercise="squat")
    early = bartracker.analyze(cut(whole, 0.0, 0.5 * (third.t_con0 + third.t_con1)), exercise="squat")
    # Before it was known that a recording may start moving, both later reps had failed, at half their speed.
    for analysis, expected in ((late, (second, third)), (early, (first, second))):
        (rep_set,) = analysis.sets
        assert [rep.kind for rep in rep_set.reps] == ["full", "full"]
        for rep, true in zip(rep_set.reps, expected, strict=True):
            assert rep.concentric_start_s == pytest.approx(true.t_con0, abs=0.15)
            assert rep.mean_velocity_mps == pytest.approx(true.mcv, abs=0.03)


def test_what_the_second_look_changed_is_told() -> None:
    made = simulate_set("squat", seed=3, reps=3)
    recording = cut(recorded(made), 0.5 * (made.reps[0].t_con0 + made.reps[0].t_con1), np.inf)
    analysis = bartracker.analyze(recording, exercise="squat")
    live = bartracker.analyze(recording, exercise="squat", as_live=True)
    assert [rep.kind for rep in live.sets[0].reps] != [rep.kind for rep in analysis.sets[0].reps]
    (told,) = [text for text in analysis.notices if "looked at as a whole" in text]
    assert "was full, announced as partial" in told
    assert not [text for text in live.notices if "looked at as a whole" in text]


def test_the_wrong_lift_named_of_the_right_order_finds_the_same_reps() -> None:
    squats = recorded(simulate_set("squat", seed=3, reps=2))
    right, wrong = (bartracker.analyze(squats, exercise=name) for name in ("squat", "bench"))
    assert starts_s(right) == starts_s(wrong)
    assert [rep_set.exercise for rep_set in wrong.sets] == ["bench"]


def test_a_lift_of_the_other_order_pairs_each_lift_with_the_wrong_lowering() -> None:
    made = simulate_set("squat", seed=3, reps=3)
    (rep_set,) = bartracker.analyze(recorded(made), exercise="deadlift").sets
    assert rep_set.order == "concentric-first"
    # The last lift has no lowering after it; velocities are those of the lifts all the same.
    assert [rep.concentric_start_s for rep in rep_set.reps] == pytest.approx(
        [true.t_con0 for true in made.reps[:2]], abs=0.1
    )
    for rep, true in zip(rep_set.reps, made.reps, strict=False):
        assert rep.mean_velocity_mps == pytest.approx(true.mcv, abs=0.03)


def test_a_deadlift_held_for_more_than_a_minute_is_one_rep() -> None:
    # The set was over after 45 s, and the lift in it without a return was no rep.
    made = simulate_set("deadlift", seed=3, reps=1, tempo="2-0-X-30")
    (block,), (true,) = recorded(made).blocks, made.reps
    hold = np.flatnonzero((block.stamp_s > true.t_con1 + 4.0) & (block.stamp_s < true.t_con1 + 26.0))
    order = np.r_[0 : hold[0], hold, hold[::-1], hold, hold[-1] + 1 : len(block)]
    arrays = {name: getattr(block, name)[order] for name in ("acc_mps2", "gyr_radps", "acc_clipped", "gyr_clipped")}
    period_s = float(np.median(np.diff(block.stamp_s)))
    index = np.arange(len(order))
    long = replace(block, sample_index=index, stamp_s=block.stamp_s[0] + period_s * index, **arrays)
    recording = replace(recorded(made), blocks=(long,))
    for as_live in (False, True):
        (rep_set,) = bartracker.analyze(recording, exercise="deadlift", as_live=as_live).sets
        (rep,) = rep_set.reps
        assert rep.mean_velocity_mps == pytest.approx(true.mcv, abs=0.05)
        assert as_live or (rep.turn_pause_s or 0.0) > 60


def test_fifty_reps_in_one_set() -> None:
    made = simulate_set("bench", seed=3, reps=50, tempo="1-0-X-0", load_kg=40, velocity_loss=0.0)
    (rep_set,) = bartracker.analyze(recorded(made), exercise="bench").sets
    assert [rep.kind for rep in rep_set.reps] == ["full"] * 50


def test_a_bar_held_for_half_a_minute_between_two_reps() -> None:
    made = simulate_set("squat", seed=3, reps=2, tempo="2-0-X-30")
    (rep_set,) = bartracker.analyze(recorded(made), exercise="squat").sets
    assert [rep.kind for rep in rep_set.reps] == ["full", "full"]
    for rep, true in zip(rep_set.reps, made.reps, strict=True):
        assert rep.mean_velocity_mps == pytest.approx(true.mcv, abs=0.03)
    assert rep_set.reps[0].top_pause_s == pytest.approx(30.0, abs=1.0)
