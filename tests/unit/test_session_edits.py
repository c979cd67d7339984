"""Corrections: pure edits over an analysis, undo, and the file beside the recording."""

import json
from dataclasses import replace

import pytest
from scripted_set import finished_set

from bartracker.edit_files import edited_json, edits_path, read_edits, write_edits
from bartracker.errors import BartrackerError
from bartracker.exchange.analysis_parse import parse_analysis
from bartracker.results import Analysis
from bartracker.session_edits import Edit, EditLog, carried, check_exercise, edited, unfitting_edits

SHIFT_S = 100.0


def shifted(rep, by_s):
    names = [name for name in type(rep).__slots__ if name.endswith("_s") and not name.endswith("duration_s")]
    moved = (
        "start_s",
        "turn_s",
        "end_s",
        "concentric_start_s",
        "concentric_end_s",
        "eccentric_start_s",
        "eccentric_end_s",
        "announced_s",
    )
    return replace(rep, **{name: getattr(rep, name) + by_s for name in names if name in moved})


@pytest.fixture
def analysis() -> Analysis:
    """Two sets of five reps with the same velocities, with power at 100 kg."""
    one = finished_set().rep_set
    one = replace(one, reps=tuple(replace(rep, mean_power_w=500.0, mean_force_n=1000.0) for rep in one.reps))
    reps = tuple(shifted(rep, SHIFT_S) for rep in one.reps)
    other = replace(
        one,
        index=2,
        start_s=one.start_s + SHIFT_S,
        end_s=one.end_s + SHIFT_S,
        reps=reps,
        rest_before_s=one.start_s + SHIFT_S - one.end_s,
    )
    return Analysis(100.0, (), (one, other))


def within(analysis: Analysis, set_index: int, rep_index: int) -> float:
    rep = analysis.sets[set_index - 1].reps[rep_index - 1]
    return 0.5 * (rep.concentric_start_s + rep.concentric_end_s)


def indices(analysis: Analysis) -> list[list[int]]:
    return [[rep.index for rep in each.reps] for each in analysis.sets]


def test_no_edit_is_the_same_object(analysis):
    assert edited(analysis, ()) is analysis


def test_a_deleted_rep_is_in_no_number_of_its_set(analysis):
    made = edited(analysis, [Edit("delete-rep", within(analysis, 1, 1))])
    assert indices(made) == [[1, 2, 3, 4], [1, 2, 3, 4, 5]]
    velocities = [rep.mean_velocity_mps for rep in analysis.sets[0].reps[1:]]
    assert made.sets[0].summary.mean_velocity_mps == pytest.approx(sum(velocities) / 4)
    assert made.sets[0].summary.best_mean_velocity_mps == max(velocities)
    assert made.sets[1].summary == analysis.sets[1].summary
    assert analysis.sets[0].summary.full_reps == 5, "what was found is untouched"


def test_the_last_rep_deleted_takes_its_set_along(analysis):
    edits = [Edit("delete-rep", within(analysis, 1, number)) for number in range(1, 6)]
    made = edited(analysis, edits)
    assert indices(made) == [[1, 2, 3, 4, 5]]
    assert made.sets[0].index == 1
    assert made.sets[0].rest_before_s is None


def test_join_and_split_are_each_other_s_undoing(analysis):
    join = Edit("join-before", within(analysis, 2, 3))
    joined = edited(analysis, [join])
    assert indices(joined) == [list(range(1, 11))]
    assert joined.sets[0].end_s == analysis.sets[1].reps[-1].end_s
    back = edited(analysis, [join, Edit("split-here", within(analysis, 2, 1))])
    assert indices(back) == indices(analysis)
    assert [each.summary.mean_velocity_mps for each in back.sets] == pytest.approx(
        [each.summary.mean_velocity_mps for each in analysis.sets]
    )
    assert back.sets[1].rest_before_s == pytest.approx(analysis.sets[1].rest_before_s)


def test_joining_the_first_set_and_splitting_at_a_first_rep_do_nothing(analysis):
    edits = [Edit("join-before", within(analysis, 1, 2)), Edit("split-here", within(analysis, 2, 1))]
    assert indices(edited(analysis, edits)) == indices(analysis)


def test_force_and_power_follow_a_corrected_load(analysis):
    made = edited(analysis, [Edit("load", within(analysis, 1, 2), value=120.0)])
    assert (made.sets[0].load_kg, made.sets[1].load_kg) == (120.0, 100.0)
    assert made.sets[0].reps[0].mean_power_w == pytest.approx(600.0)
    assert made.sets[0].summary.mean_power_w == pytest.approx(600.0)
    unknown = replace(analysis, sets=tuple(replace(each, load_kg=None) for each in analysis.sets))
    made = edited(unknown, [Edit("load", within(analysis, 1, 2), value=120.0)])
    assert made.sets[0].reps[0].mean_power_w is None


def loads(analysis: Analysis) -> list[float | None]:
    return [each.load_kg for each in analysis.sets]


def three_sets(analysis: Analysis) -> Analysis:
    one = analysis.sets[1]
    reps = tuple(shifted(rep, SHIFT_S) for rep in one.reps)
    return replace(analysis, sets=(*analysis.sets, replace(one, index=3, reps=reps)))


def test_a_load_said_onward_holds_until_another_and_a_set_s_own_wins(analysis):
    three = three_sets(analysis)
    first = Edit("load", within(three, 1, 5), value=110.0, onward=True)
    assert loads(edited(three, [first])) == [110.0, 110.0, 110.0]
    assert edited(three, [first]).sets[2].reps[0].mean_power_w == pytest.approx(550.0)
    own = Edit("load", within(three, 2, 1), value=90.0)
    assert loads(edited(three, [first, own])) == [110.0, 90.0, 110.0]
    assert loads(edited(three, [own, first])) == [110.0, 90.0, 110.0]
    later = Edit("load", within(three, 2, 1), value=120.0, onward=True)
    assert loads(edited(three, [first, later])) == loads(edited(three, [later, first])) == [110.0, 120.0, 120.0]
    assert loads(edited(three, [first, own, later])) == [110.0, 120.0, 120.0]
    assert loads(edited(three, [replace(first, value=130.0), replace(first, value=105.0)])) == [105.0] * 3


def test_what_is_said_between_sets_holds_from_the_next(analysis):
    between_s = analysis.sets[0].end_s + 10.0
    said = Edit("load", between_s, value=110.0, onward=True)
    assert loads(edited(analysis, [said])) == [100.0, 110.0]
    after = replace(said, at_s=1e6)
    assert loads(edited(analysis, [after])) == [100.0, 100.0]
    assert unfitting_edits([each.reps for each in analysis.sets], [said, after]) == ()
    assert carried([said, after], 1e7).load_kg == carried([said], between_s + 1.0).load_kg == 110.0
    assert carried([said], between_s).load_kg is None


def test_an_exercise_carries_to_sets_whose_phases_fit_it(analysis):
    lifted_first = analysis.sets[1]
    reps = tuple(
        replace(rep, start_s=rep.concentric_start_s, eccentric_start_s=rep.concentric_end_s)
        for rep in lifted_first.reps
    )
    mixed = replace(
        analysis,
        sets=(analysis.sets[0], replace(lifted_first, exercise="row", order="concentric-first", reps=reps)),
    )
    said = Edit("exercise", within(mixed, 1, 1), "bench", onward=True)
    assert [each.exercise for each in edited(analysis, [said]).sets] == ["bench", "bench"]
    assert [each.exercise for each in edited(mixed, [said]).sets] == ["bench", "row"]
    wrong = Edit("exercise", within(mixed, 2, 1), "bench")
    assert [each.exercise for each in edited(mixed, [wrong]).sets] == ["squat", "row"]
    assert unfitting_edits([each.reps for each in mixed.sets], [said, wrong]) == (wrong,)


def test_only_a_load_or_an_exercise_holds_onward():
    with pytest.raises(BartrackerError, match="onward"):
        Edit("delete-rep", 1.0, onward=True)


def test_warm_up_and_athlete_stand_in_the_sets(analysis):
    made = edited(
        analysis, [Edit("warm-up", within(analysis, 1, 1), value=1.0), Edit("athlete", within(analysis, 2, 1), "Ben")]
    )
    assert [(each.warm_up, each.athlete) for each in made.sets] == [(True, None), (False, "Ben")]
    back = parse_analysis(json.loads(edited_json(made, ())), "x")
    assert [(each.warm_up, each.athlete) for each in back.sets] == [(True, None), (False, "Ben")]


def test_an_edit_whose_rep_is_not_there_any_more_is_told(analysis):
    sets = [each.reps for each in analysis.sets]
    fits, lost = Edit("delete-rep", within(analysis, 1, 1)), Edit("warm-up", 9999.0, value=1.0)
    assert unfitting_edits(sets, [fits, lost, fits]) == (lost, fits), "a rep is deleted once"


def test_exercise_and_an_edit_that_meets_nothing(analysis):
    made = edited(analysis, [Edit("exercise", within(analysis, 2, 1), "bench"), Edit("delete-rep", 9999.0)])
    assert [each.exercise for each in made.sets] == ["squat", "bench"]
    assert indices(made) == indices(analysis)
    with pytest.raises(BartrackerError, match="--exercise deadlift"):
        check_exercise("deadlift", analysis.sets[0])
    check_exercise("bench", analysis.sets[0])


def test_values_that_cannot_be_are_refused():
    for kind, text, value in (("load", "", 0.0), ("load", "", None), ("exercise", "sqat", None), ("athlete", "", None)):
        with pytest.raises(BartrackerError):
            Edit(kind, 1.0, text, value)


def test_undo_and_redo_go_back_and_forth_and_a_new_edit_forgets_the_undone():
    a, b = Edit("delete-rep", 1.0), Edit("delete-set", 2.0)
    log = EditLog().with_edit(a).with_edit(b)
    assert log.undo().edits == (a,)
    assert log.undo().redo() == log
    assert log.undo().undo().undo().edits == ()
    assert log.undo().with_edit(b).undone == ()
    assert log.redo() is log


def test_edits_are_kept_beside_the_recording_and_come_back(tmp_path):
    edits = (
        Edit("delete-rep", 1.25),
        Edit("load", 2.0, value=102.5),
        Edit("load", 2.5, value=105.0, onward=True),
        Edit("athlete", 3.0, "Žofie"),
    )
    path = edits_path(tmp_path / "set.btr")
    assert path.name == "set.edits.json"
    assert read_edits(path) == ()
    write_edits(edits, path)
    assert read_edits(path) == edits
    write_edits((), path)
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"schema": "bartracker.edits/2", "edits": []}',
        '{"schema": "bartracker.edits/1"}',
        '{"schema": "bartracker.edits/1", "edits": [1]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "rm -rf", "at_s": 1}]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "load", "at_s": "1"}]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "load", "at_s": NaN, "value": 1}]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "load", "at_s": 1, "value": -5}]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "load", "at_s": 1, "value": 5, "onward": 1}]}',
        '{"schema": "bartracker.edits/1", "edits": [{"kind": "warm-up", "at_s": 1, "value": 1, "onward": true}]}',
    ],
)
def test_a_damaged_file_is_refused_in_words(tmp_path, text):
    path = tmp_path / "set.edits.json"
    path.write_text(text)
    with pytest.raises(BartrackerError):
        read_edits(path)


def test_the_json_export_is_corrected_and_carries_the_corrections(analysis):
    edits = (Edit("delete-rep", within(analysis, 1, 1)),)
    document = json.loads(edited_json(edited(analysis, edits), edits))
    assert document["edits"] == [{"kind": "delete-rep", "at_s": edits[0].at_s}]
    assert [len(each["reps"]) for each in document["sets"]] == [4, 5]
    assert parse_analysis(document, "x").sets[0].summary.full_reps == 4
