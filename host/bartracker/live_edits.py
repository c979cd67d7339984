"""A person's corrections over the sets of a snapshot, while they are lifted and afterwards. Values only."""

from collections.abc import Sequence
from dataclasses import replace

from bartracker.live_state import LiveRep, LiveSet
from bartracker.reps.summary import summarise
from bartracker.results import Rep, RepSet, SetSummary
from bartracker.session_edits import Edit, EditedSet, edited_sets, with_load


def edited_live_sets(sets: Sequence[LiveSet], edits: Sequence[Edit]) -> tuple[LiveSet, ...]:
    """The sets as corrected, numbered anew; the same objects where nothing was corrected in them."""
    if not edits:
        return tuple(sets)
    groups = edited_sets([[each.rep for each in one.reps] for one in sets], edits)
    made: list[LiveSet] = []
    for group in groups:
        if group.members:
            made.append(_rebuilt(group, sets, len(made) + 1))
    # A set that has just begun has no rep yet.
    made += [replace(each, index=len(made) + 1) for each in sets[-1:] if not each.reps]
    return tuple(made)


def _rebuilt(group: EditedSet, sets: Sequence[LiveSet], index: int) -> LiveSet:
    source = sets[group.members[0][0]]
    as_found = not group.touched and group.load_kg is None and group.exercise is None
    if as_found and index == source.index:
        same = (source.warm_up, source.athlete) == (group.warm_up, group.athlete)
        return source if same else replace(source, warm_up=group.warm_up, athlete=group.athlete)
    members = [sets[place].reps[number] for place, number in group.members]
    results = [sets[place].result for place, _ in group.members]
    old_kg = source.result.load_kg if source.result else None
    new_kg = old_kg if group.load_kg is None else group.load_kg
    reps = tuple(
        replace(each, rep=replace(with_load(each.rep, old_kg, new_kg), index=count))
        for count, each in enumerate(members, start=1)
    )
    plain = tuple(each.rep for each in reps)
    summary = _summary(reps) if group.touched or new_kg != old_kg else source.summary
    result = None if source.result is None or None in results else _result(source.result, group, index, plain, summary)
    return LiveSet(index, plain[0].start_s, reps, summary, result, group.warm_up, group.athlete)


def _summary(reps: Sequence[LiveRep]) -> SetSummary:
    traces = [each.trace for each in reps if each.trace is not None]
    return summarise([each.rep for each in reps], [], traces if len(traces) == len(reps) else ())


def _result(found: RepSet, group: EditedSet, index: int, reps: tuple[Rep, ...], summary: SetSummary) -> RepSet:
    return replace(
        found,
        index=index,
        exercise=group.exercise or found.exercise,
        exercise_confidence=1.0 if group.exercise else found.exercise_confidence,
        load_kg=found.load_kg if group.load_kg is None else group.load_kg,
        start_s=reps[0].start_s,
        end_s=max(rep.end_s or rep.concentric_end_s for rep in reps),
        summary=summary,
        reps=reps,
        flags=() if group.touched else found.flags,
    )
