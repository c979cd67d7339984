"""What a person says of exercise and load while sets are lifted: of which sets it is said, and what the views show."""

from dataclasses import replace

import numpy as np
import pytest
from scripted_set import SCRIPT, finished_set

from bartracker.events import RepAnnounced, SetFinished, SetStarted
from bartracker.live_edits import edited_state, reach_of
from bartracker.live_state import LiveState, RecentMotion, StateBuilder
from bartracker.ui import wording

NEXT_S = 100.0


def motion_until(t_s: float) -> RecentMotion:
    one = np.array([t_s])
    return RecentMotion(one, one, one, one, one, one > 0)


def state_with(*, reps: int = 5, over: bool = False, told_kg: float | None = 100.0, ended: bool = False) -> LiveState:
    """A set of so many reps; over: looked at as a whole."""
    builder = StateBuilder("bar-1", "squat", told_kg)
    builder.mark_running()
    builder.apply([SetStarted(1, SCRIPT[0].start_s)])
    for script in SCRIPT[:reps]:
        rep = replace(script.rep(announced=True), mean_power_w=None if told_kg is None else 500.0)
        builder.apply([RepAnnounced(1, rep, script.trace())])
    if over:
        event = finished_set()
        builder.apply([SetFinished(replace(event.rep_set, load_kg=told_kg), event.traces)])
    if ended:
        builder.mark_ended(None)
    return replace(builder.build(1, None), motion=motion_until(60.0 if over else SCRIPT[reps - 1].end_s + 0.5))


def with_next_set(state: LiveState, reps: int) -> LiveState:
    """The same with a second set under way."""
    first = state.sets[0]
    moved = [
        replace(
            each,
            rep=replace(
                each.rep,
                start_s=each.rep.start_s + NEXT_S,
                concentric_start_s=each.rep.concentric_start_s + NEXT_S,
                concentric_end_s=each.rep.concentric_end_s + NEXT_S,
                mean_power_w=500.0,
            ),
        )
        for each in first.reps[:reps]
    ]
    second = replace(first, index=2, start_s=NEXT_S, reps=tuple(moved), result=None)
    return replace(state, sets=(first, second), motion=motion_until(NEXT_S + 30.0))


def test_in_a_set_a_load_is_said_of_it_and_of_what_follows():
    state = state_with(reps=2)
    reach = reach_of("load", state)
    assert reach.words == "from set 1 on"
    edits = [reach.edit("load", value=110.0)]
    now = edited_state(state, edits)
    assert wording.set_load(now.sets[-1], now) == now.load_kg == 110.0
    assert now.sets[0].reps[0].rep.mean_power_w == pytest.approx(550.0), "the pipeline was told 100 kg"
    later = edited_state(with_next_set(state_with(over=True), 1), edits)
    assert [wording.set_load(each, later) for each in later.sets] == [110.0, 110.0]


def test_at_rest_a_load_is_said_of_the_next_set():
    rest = state_with(over=True)
    reach = reach_of("load", rest)
    assert reach.words == "from the next set on"
    edits = [reach.edit("load", value=110.0)]
    assert wording.set_load(edited_state(rest, edits).sets[0], edited_state(rest, edits)) == 100.0
    begun = edited_state(with_next_set(rest, 0), edits)
    assert wording.set_load(begun.sets[-1], begun) == 110.0, "before its first rep"
    lifted = edited_state(with_next_set(rest, 2), edits)
    assert [wording.set_load(each, lifted) for each in lifted.sets] == [100.0, 110.0]
    assert lifted.sets[1].reps[0].rep.mean_power_w == pytest.approx(550.0)


def test_a_set_without_a_load_gets_the_one_that_is_said_at_rest_and_so_do_later_ones():
    rest = state_with(over=True, told_kg=None)
    reach = reach_of("load", rest)
    assert reach.words == "from set 1 on"
    lifted = edited_state(with_next_set(rest, 1), [reach.edit("load", value=80.0)])
    assert [wording.set_load(each, lifted) for each in lifted.sets] == [80.0, 80.0]


def test_a_past_set_that_was_chosen_is_corrected_alone():
    state = with_next_set(state_with(over=True), 1)
    reach = reach_of("load", state, state.sets[0])
    assert (reach.words, reach.onward) == ("for set 1 alone", False)
    made = edited_state(state, [reach.edit("load", value=90.0)])
    assert [wording.set_load(each, made) for each in made.sets] == [90.0, 100.0]
    assert made.load_kg == 100.0


def test_after_the_end_only_the_last_set_is_left_to_correct():
    assert reach_of("load", state_with(over=True, ended=True)).words == "for set 1 alone"


def test_before_the_first_set_it_is_said_of_all_that_come():
    state = replace(state_with(), sets=(), motion=motion_until(1.0))
    reach = reach_of("exercise", state)
    assert reach.words == "from the first set on"
    lifted = edited_state(state_with(over=True), [reach.edit("exercise", "bench")])
    assert wording.set_exercise(lifted.sets[0], lifted) == "Bench press"


def test_a_moment_gone_back_to_shows_what_held_then():
    rest = state_with(over=True)
    edits = [reach_of("load", rest).edit("load", value=110.0)]
    assert edited_state(replace(rest, motion=motion_until(20.0)), edits).load_kg == 100.0
