"""The snapshot: what each event does to it."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_set import SCRIPT, finished_set

from bartracker.events import MotionUpdate, Notice, RepAnnounced, RepRevised, SetFinished, SetStarted
from bartracker.live_state import StateBuilder, StateSettings


def motion(start: int, count: int, rate_hz: float = 100.0) -> MotionUpdate:
    t_s = np.arange(start, start + count) / rate_hz
    columns = np.stack((t_s, -t_s, 2 * t_s), axis=1)
    return MotionUpdate(t_s, columns, columns + 1, np.full_like(columns, 0.1), np.full_like(columns, 0.2), t_s < 1.0)


def built(*events, settings: StateSettings | None = None):
    builder = StateBuilder("label", None, None, settings)
    builder.apply(events)
    return builder.build(1, None)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 70), max_size=30), st.integers(20, 60))
def test_recent_motion_is_the_newest_samples_however_they_came(lengths, rows):
    starts = np.cumsum([0, *lengths])
    updates = [motion(int(start), length) for start, length in zip(starts, lengths, strict=False)]
    recent = built(*updates, settings=StateSettings(recent_s=1e6, recent_samples=rows)).motion
    total = int(starts[-1])
    expected = motion(max(0, total - rows), min(rows, total))
    np.testing.assert_array_equal(recent.t_s, expected.t_s)
    np.testing.assert_array_equal(recent.vel_z_mps, expected.vel_w_mps[:, 2])
    np.testing.assert_array_equal(recent.height_m, expected.pos_w_m[:, 2])
    np.testing.assert_array_equal(recent.resting, expected.resting)


def test_recent_motion_is_cut_by_time():
    recent = built(motion(0, 1000), settings=StateSettings(recent_s=2.0)).motion
    assert recent.t_s[0] == 7.99
    assert recent.t_s[-1] == 9.99


def test_a_snapshot_does_not_change_afterwards():
    builder = StateBuilder("label", None, None, StateSettings(recent_samples=50))
    builder.apply([motion(0, 50)])
    before = builder.build(1, None).motion
    kept = before.vel_z_mps.copy()
    builder.apply([motion(50, 500)])
    np.testing.assert_array_equal(before.vel_z_mps, kept)


def announced(number: int) -> RepAnnounced:
    return RepAnnounced(1, SCRIPT[number].rep(announced=True), SCRIPT[number].trace())


def test_the_summary_follows_the_reps():
    (shown,) = built(SetStarted(1, 3.0), announced(0), announced(1)).sets
    assert shown.summary.full_reps == 2
    expected = 1 - shown.reps[1].rep.mean_velocity_mps / shown.reps[0].rep.mean_velocity_mps
    assert shown.summary.velocity_loss_from_first == expected
    assert shown.result is None


def test_a_revised_rep_keeps_its_path():
    revised = replace(SCRIPT[0].rep(announced=True), kind="partial")
    (shown,) = built(announced(0), RepRevised(1, 1, revised, "turned back")).sets
    assert shown.reps[0].rep is revised
    assert shown.reps[0].trace is not None
    assert shown.summary.partial_reps == 1


def test_a_ghost_is_taken_back():
    (shown,) = built(announced(0), announced(1), RepRevised(1, 2, None, "re-rack")).sets
    assert [each.rep.index for each in shown.reps] == [1]
    assert shown.summary.full_reps == 1


def test_a_finished_set_replaces_what_was_announced():
    (shown,) = built(announced(0), announced(1), announced(2), finished_set(2)).sets
    assert shown.result is not None
    assert [each.final for each in shown.reps] == [True, True]


def test_sets_stay_apart():
    first = finished_set(2)
    second = SetFinished(replace(finished_set(3).rep_set, index=2), finished_set(3).traces)
    state = built(first, SetStarted(2, 50.0), second)
    assert [(each.index, len(each.reps)) for each in state.sets] == [(1, 2), (2, 3)]


def test_only_the_newest_notices_are_kept_and_all_are_counted():
    notices = [Notice(float(number), "code", f"notice {number}", "info") for number in range(9)]
    state = built(*notices, settings=StateSettings(notices=4))
    assert [each.text for each in state.notices] == [f"notice {number}" for number in range(5, 9)]
    assert state.notice_count == 9
