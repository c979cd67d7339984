"""Which movements make a rep, told as lists of (direction, start, range)."""

import pytest

from bartracker.reps.pairing import judged, order_of_first_movement, pair
from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Order

SETTINGS = RepSettings()


def up(start_s: float, range_m: float, duration_s: float = 1.0, peak_mps: float | None = None) -> Phase:
    peak = peak_mps if peak_mps is not None else 1.6 * range_m / duration_s
    return Phase("up", start_s, start_s + duration_s, start_s + duration_s / 2, peak, range_m)


def down(start_s: float, range_m: float, duration_s: float = 1.0) -> Phase:
    return Phase("down", start_s, start_s + duration_s, start_s + duration_s / 2, -1.6 * range_m / duration_s, -range_m)


def kinds(phases: list[Phase], order: Order, rests_s: list[float] | None = None) -> list[tuple[str, float]]:
    return [(c.kind, c.concentric.start_s) for c in judged(phases, order, rests_s or [], SETTINGS)]


def test_squats_are_down_then_up() -> None:
    phases = [up(1, 0.05), down(5, 0.6), up(6, 0.6), down(9, 0.6), up(10.1, 0.59), down(15, 0.06)]
    assert order_of_first_movement(phases, SETTINGS) == "eccentric-first"
    assert kinds(phases, "eccentric-first") == [("full", 6), ("full", 10.1)]


def test_a_drifting_walk_out_does_not_set_the_order() -> None:
    phases = [up(1, 0.17), down(5, 0.6), up(6, 0.6)]
    assert order_of_first_movement(phases, SETTINGS) == "eccentric-first"


def test_holding_the_bar_with_a_drifting_velocity_does_not_set_the_order() -> None:
    # Half of what the lowering is, but no half of a pair with it.
    assert order_of_first_movement([up(1, 0.165), down(5, 0.34)], SETTINGS) == "eccentric-first"


def test_deadlifts_are_up_then_down() -> None:
    phases = [up(1, 0.5), down(2.5, 0.5), up(5, 0.5), down(6.5, 0.5)]
    assert order_of_first_movement(phases, SETTINGS) == "concentric-first"
    assert kinds(phases, "concentric-first") == [("full", 1), ("full", 5)]


def test_picking_up_and_setting_down_a_row_are_no_reps() -> None:
    phases = [up(1, 0.45), up(4, 0.4), down(5.1, 0.4), up(7, 0.4), down(8.1, 0.4), down(11, 0.45)]
    assert kinds(phases, "concentric-first") == [("full", 4), ("full", 7)]


def test_catch_and_recovery_belong_to_the_rep() -> None:
    one = [up(1, 0.8, 0.7, 2.0), down(1.75, 0.25, 0.3), up(2.3, 0.4), down(5, 0.95, 0.5)]
    two = [up(11, 0.8, 0.7, 2.0), down(11.75, 0.06, 0.2), up(12.3, 0.3), down(15, 1.0, 0.5)]
    found = pair(one + two, "concentric-first", [], SETTINGS)
    assert [c.concentric.start_s for c in found] == [1, 11]
    assert [c.eccentric.start_s for c in found if c.eccentric] == [5, 15]


def test_a_rest_ends_whatever_came_before_it() -> None:
    phases = [up(1, 0.8, 0.7, 2.0), down(1.75, 0.25, 0.3), up(2.3, 0.4), up(10, 0.8, 0.7, 2.0), down(12, 0.8, 0.5)]
    found = pair(phases, "concentric-first", [8.0], SETTINGS)
    assert [(c.concentric.start_s, c.eccentric is not None) for c in found] == [(1, False), (10, True)]


def test_bounces_are_no_reps() -> None:
    phases = [up(1, 1.0, 0.8, 2.2), down(3, 1.0, 0.5), up(3.5, 0.15, 0.08), down(3.6, 0.15, 0.08)]
    assert kinds(phases, "concentric-first") == [("full", 1)]


def test_a_thrown_rise_is_a_bounce_however_high() -> None:
    # 1.8 m/s upward at the floor rises 17 cm within 0.18 s; arms would need more than gravity to lift and stop it so.
    phases = [up(1, 0.8, 0.7, 2.0), down(3, 0.8, 0.5), up(3.5, 0.2, 0.2, 1.8), down(3.7, 0.2, 0.2)]
    assert kinds(phases, "concentric-first") == [("full", 1)]
    assert pair([up(3.5, 0.1, 0.2, 0.9)], "concentric-first", [], SETTINGS)


def test_a_rep_cut_short_to_8_cm_is_seen_once_the_set_is_known() -> None:
    rows = [up(1, 0.3, 0.5), down(1.6, 0.3), up(3, 0.3, 0.5), down(3.6, 0.3), up(5, 0.08, 0.18), down(5.3, 0.08)]
    assert kinds(rows, "concentric-first") == [("full", 1), ("full", 3), ("partial", 5)]
    benches = [down(1, 0.3), up(2.1, 0.3, 0.5), down(3, 0.08), up(4.1, 0.08, 0.2)]
    assert kinds(benches, "eccentric-first") == [("full", 2.1), ("partial", 4.1)]
    # As small but slow it is swaying, and beside squats of 60 cm it may be a step.
    assert kinds([*rows[:4], up(5, 0.08), down(6.3, 0.08)], "concentric-first") == [("full", 1), ("full", 3)]
    squats = [down(1, 0.6), up(2.1, 0.6), down(4, 0.08, 0.3), up(4.4, 0.08, 0.2)]
    assert kinds(squats, "eccentric-first") == [("full", 2.1)]


def test_a_short_slow_pull_has_failed_and_a_short_fast_one_is_partial() -> None:
    pulls = [up(1, 0.5), down(2.5, 0.5), up(5, 0.5), down(6.5, 0.5)]
    assert kinds([*pulls, up(9, 0.2), down(10.5, 0.2)], "concentric-first")[-1] == ("failed", 9)
    assert kinds([*pulls, up(9, 0.2, 0.4), down(10.5, 0.2)], "concentric-first")[-1] == ("partial", 9)


def test_what_creeps_into_a_lift_is_no_lift_of_its_own() -> None:
    creeping = up(0, 0.14, 2.0, 0.11)
    pull = up(2.02, 0.8, 0.7, 2.0)
    found = pair([creeping, pull, down(4, 0.8)], "concentric-first", [], SETTINGS)
    assert [c.concentric for c in found] == [pull]
    assert len(pair([creeping, down(4, 0.14)], "concentric-first", [], SETTINGS)) == 1


@pytest.mark.parametrize("order", ["eccentric-first", "concentric-first"])
def test_partial_reps_fall_short_of_the_sets_own_range(order: Order) -> None:
    phases: list[Phase] = []
    for start, range_m, duration_s in ((1.0, 0.6, 1.0), (5.0, 0.6, 1.0), (9.0, 0.3, 0.6), (13.0, 0.6, 1.0)):
        first, second = (down, up) if order == "eccentric-first" else (up, down)
        phases += [first(start, range_m, duration_s), second(start + 1.2, range_m, duration_s)]
    assert [kind for kind, _ in kinds(phases, order)] == ["full", "full", "partial", "full"]


def test_an_ascent_that_stops_is_failed_and_the_spotters_lift_no_rep() -> None:
    phases = [down(1, 0.6), up(2.2, 0.6), down(5, 0.6), up(6.2, 0.25), down(7.5, 0.2), up(9, 0.6)]
    assert kinds(phases, "eccentric-first") == [("full", 2.2), ("failed", 6.2)]


def test_nothing_in_nothing_out() -> None:
    assert order_of_first_movement([], SETTINGS) is None
    for order in ("eccentric-first", "concentric-first"):
        assert judged([], order, [], SETTINGS) == []
        assert judged([up(1, 0.5)], order, [], SETTINGS) == []
