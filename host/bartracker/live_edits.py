"""A person's corrections over a snapshot, while sets are lifted and afterwards. Values only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.reps.summary import summarise
from bartracker.results import Rep, RepSet, SetSummary
from bartracker.session_edits import Edit, EditedSet, EditKind, carried, edited_sets, with_load


@dataclass(frozen=True, slots=True)
class Reach:
    """What a load or an exercise that a person says now is said of: the moment and way of its edit, and in words."""

    at_s: float
    onward: bool
    words: str

    def edit(self, kind: EditKind, text: str = "", value: float | None = None) -> Edit:
        """The edit. Raises BartrackerError for a value that cannot be."""
        return Edit(kind, self.at_s, text, value, self.onward)


def reach_of(kind: EditKind, state: LiveState, chosen: LiveSet | None = None) -> Reach:
    """Of which sets an exercise or load is said now.

    A set that was chosen: of that set alone. Otherwise of what is on the bar: from the set that is lifted on, or from
    the next one where the last is over; from the last one on if that had none yet. After the end: of the last set.
    """
    last = state.sets[-1] if state.sets else None
    meant = chosen or last
    if meant is not None and meant.reps and (chosen is not None or state.ended):
        return Reach(_within(meant), onward=False, words=f"for set {meant.index} alone")
    now_s = float(state.motion.t_s[-1]) if len(state.motion) else 0.0
    if last is None or not last.reps:
        return Reach(now_s, onward=True, words="from this set on" if last is not None else "from the first set on")
    unknown = last.result is not None and (
        last.result.load_kg is None if kind == "load" else last.result.exercise_confidence < 1.0
    )
    if last.result is None or unknown:
        return Reach(_within(last), onward=True, words=f"from set {last.index} on")
    return Reach(now_s, onward=True, words="from the next set on")


def edited_state(state: LiveState, edits: Sequence[Edit]) -> LiveState:
    """The state with its sets as corrected and with what is on the bar now."""
    if not edits:
        return state
    now = carried(edits, math.nextafter(state.motion.t_s[-1], math.inf) if len(state.motion) else math.inf)
    return replace(
        state,
        sets=edited_live_sets(state.sets, edits, state.load_kg),
        exercise=now.exercise or state.exercise,
        load_kg=state.load_kg if now.load_kg is None else now.load_kg,
        edits=len(edits),
    )


def edited_live_sets(
    sets: Sequence[LiveSet], edits: Sequence[Edit], told_kg: float | None = None
) -> tuple[LiveSet, ...]:
    """The sets as corrected, numbered anew; the same objects where nothing was corrected in them. `told_kg`: the load
    by which force and power of a set that is not over were made.
    """
    if not edits:
        return tuple(sets)
    groups = edited_sets([[each.rep for each in one.reps] for one in sets], edits)
    made: list[LiveSet] = []
    for group in groups:
        if group.members:
            made.append(_rebuilt(group, sets, len(made) + 1, told_kg))
    # A set that has just begun has no rep yet.
    athlete = carried(edits, math.inf).athlete
    made += [replace(each, index=len(made) + 1, athlete=athlete) for each in sets[-1:] if not each.reps]
    return tuple(made)


def _within(shown: LiveSet) -> float:
    rep = shown.reps[-1].rep
    return 0.5 * (rep.concentric_start_s + rep.concentric_end_s)


def _rebuilt(group: EditedSet, sets: Sequence[LiveSet], index: int, told_kg: float | None) -> LiveSet:
    source = sets[group.members[0][0]]
    as_found = not group.touched and group.load_kg is None and group.exercise is None
    if as_found and index == source.index:
        same = (source.warm_up, source.athlete) == (group.warm_up, group.athlete)
        return source if same else replace(source, warm_up=group.warm_up, athlete=group.athlete)
    members = [sets[place].reps[number] for place, number in group.members]
    results = [sets[place].result for place, _ in group.members]
    old_kg = source.result.load_kg if source.result else told_kg
    new_kg = old_kg if group.load_kg is None else group.load_kg
    reps = tuple(
        replace(each, rep=replace(with_load(each.rep, old_kg, new_kg), index=count))
        for count, each in enumerate(members, start=1)
    )
    plain = tuple(each.rep for each in reps)
    summary = _summary(reps) if group.touched or new_kg != old_kg else source.summary
    result = None if source.result is None or None in results else _result(source.result, group, index, plain, summary)
    return LiveSet(
        index,
        plain[0].start_s,
        reps,
        summary,
        result,
        group.warm_up,
        group.athlete,
        group.exercise,
        group.load_kg,
    )


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
        warm_up=group.warm_up,
        athlete=group.athlete,
    )
