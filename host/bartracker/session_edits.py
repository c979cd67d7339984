"""What a person corrects of a session afterwards: a list of edits over what the analysis found, never a change of it.

Edits name a rep by a moment within its lifting phase, so that they still fit when the recording is analysed anew. Pure:
no files here (`edit_files` keeps them).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from bartracker.coaching.phase_clock import usual_order
from bartracker.errors import BartrackerError
from bartracker.reps.summary import summarise
from bartracker.results import EXERCISES, Analysis, Exercise, Flag, Rep, RepSet

EditKind: TypeAlias = Literal[
    "delete-rep", "delete-set", "join-before", "split-here", "exercise", "load", "warm-up", "athlete"
]
EDIT_KINDS: tuple[EditKind, ...] = get_args(EditKind)
CARRIED_KINDS: tuple[EditKind, ...] = ("exercise", "load")
"""Kinds that may hold onward; "athlete" always does."""
LONGEST_NAME = 80
HEAVIEST_KG = 1000.0
_OF_LOAD = ("mean_force_n", "peak_force_n", "mean_power_w", "peak_power_w")


@dataclass(frozen=True, slots=True)
class Edit:
    """One correction. `at_s` lies within the lifting phase of the rep that is meant, or of any rep of the set.

    delete-rep, delete-set: it was none. join-before: its set goes on from the one before. split-here: a new set begins
    with this rep. exercise: `text`; load: `value`, kg; warm-up: `value` 1 or 0; athlete: `text`, from this set on.

    `onward`: a load or exercise holds for later sets too, until another one is said onward; `at_s` may then be any
    moment, and the first set whose last lift ends after it is meant. A set's own correction wins over what carries on.

    Raises:
        BartrackerError: a value that cannot be.
    """

    kind: EditKind
    at_s: float
    text: str = ""
    value: float | None = None
    onward: bool = False

    def __post_init__(self) -> None:
        if self.onward and self.kind not in CARRIED_KINDS:
            remedy = f"leave onward to {', '.join(CARRIED_KINDS)}"
            raise BartrackerError(f"edit {self.kind}", "cannot hold onward", remedy)
        if self.kind == "exercise" and self.text not in EXERCISES:
            raise BartrackerError(f"exercise {self.text!r}", "is not known", f"use one of {', '.join(EXERCISES)}")
        if self.kind == "load" and not (self.value is not None and 0 < self.value <= HEAVIEST_KG):
            raise BartrackerError(
                f"load {self.value if self.value is not None else '?'}",
                "is no load",
                f"give kilograms above 0 and up to {HEAVIEST_KG:g}",
            )
        if self.kind == "athlete" and not 0 < len(self.text) <= LONGEST_NAME:
            raise BartrackerError(
                f"name of {len(self.text)} characters", "is no name", f"give 1 to {LONGEST_NAME} characters"
            )


@dataclass(frozen=True, slots=True)
class EditLog:
    """Edits in the order in which they were made, and those taken back that can be made again."""

    edits: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()

    def with_edit(self, edit: Edit) -> "EditLog":
        """One more; what was taken back before is gone for good."""
        return EditLog((*self.edits, edit))

    def undo(self) -> "EditLog":
        """Without the newest; the same where there is none."""
        return EditLog(self.edits[:-1], (*self.undone, self.edits[-1])) if self.edits else self

    def redo(self) -> "EditLog":
        """With what was taken back last."""
        return EditLog((*self.edits, self.undone[-1]), self.undone[:-1]) if self.undone else self


@dataclass(frozen=True, slots=True)
class EditedSet:
    """A set after the edits: `members` are (place of the set, place of the rep) in what was edited. None: as found.
    `touched`: its reps are not those of one set as found.
    """

    members: tuple[tuple[int, int], ...]
    touched: bool = False
    exercise: Exercise | None = None
    load_kg: float | None = None
    warm_up: bool = False
    athlete: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What a person said that holds at some moment; None: nothing was said."""

    exercise: Exercise | None = None
    load_kg: float | None = None
    athlete: str | None = None


def edited_sets(sets: Sequence[Sequence[Rep]], edits: Sequence[Edit]) -> tuple[EditedSet, ...]:
    """What the edits make of sets, each given by its reps. An edit whose rep is not there changes nothing; sets without
    reps stay while they were so from the beginning.
    """
    return _changed(sets, edits)[0]


def unfitting_edits(sets: Sequence[Sequence[Rep]], edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Those that change nothing, because no lift is there any more or the lift named has its phases the other way."""
    return _changed(sets, edits)[1]


def carried(edits: Sequence[Edit], before_s: float) -> Carried:
    """What was said onward of moments before this one; of what was said last where two moments are the same."""
    said: dict[str, Edit] = {}
    for edit in edits:
        if (edit.onward or edit.kind == "athlete") and edit.at_s < before_s:
            latest = said.get(edit.kind)
            if latest is None or edit.at_s >= latest.at_s:
                said[edit.kind] = edit
    exercise, load, athlete = (said.get(kind) for kind in ("exercise", "load", "athlete"))
    return Carried(
        None if exercise is None else _exercise(exercise),
        None if load is None else load.value,
        None if athlete is None else athlete.text,
    )


def edited(analysis: Analysis, edits: Sequence[Edit]) -> Analysis:
    """The analysis as corrected: sets and reps numbered anew, summaries of changed sets made anew. The same object
    where there is nothing to correct.
    """
    if not edits:
        return analysis
    sets: list[RepSet] = []
    for group in edited_sets([each.reps for each in analysis.sets], edits):
        sets.append(_rebuilt(group, analysis.sets, len(sets) + 1, sets[-1] if sets else None))
    return replace(analysis, sets=tuple(sets))


def with_load(rep: Rep, old_kg: float | None, new_kg: float | None) -> Rep:
    """The rep with force and power for another load: both are proportional to it, and unknown without it."""
    if old_kg == new_kg:
        return rep
    factor = new_kg / old_kg if old_kg and new_kg else None
    changes: dict[str, float | None] = {}
    sigma = dict(rep.sigma)
    for name in _OF_LOAD:
        value: float | None = getattr(rep, name)
        changes[name] = None if factor is None or value is None else value * factor
        if name in sigma:
            known = sigma.pop(name)
            if factor is not None:
                sigma[name] = known * factor
    return replace(rep, **changes, sigma=sigma)


def check_exercise(exercise: Exercise, found: RepSet) -> None:
    """Raises BartrackerError where a set cannot be that lift without being analysed anew."""
    if exercise != "other" and usual_order(exercise) != found.order:
        first = "lowered" if found.order == "eccentric-first" else "lifted"
        raise BartrackerError(
            f"exercise {exercise}",
            f"does not fit: the reps were measured as {first} first",
            f"analyse the recording again with --exercise {exercise}",
        )


def _found(groups: Sequence[EditedSet], sets: Sequence[Sequence[Rep]], at_s: float) -> tuple[int, int] | None:
    """Group and place in it of the rep whose lifting phase holds that moment."""
    for number, group in enumerate(groups):
        for place, (set_place, rep_place) in enumerate(group.members):
            rep = sets[set_place][rep_place]
            if rep.concentric_start_s <= at_s < rep.concentric_end_s:
                return number, place
    return None


def _changed(sets: Sequence[Sequence[Rep]], edits: Sequence[Edit]) -> tuple[tuple[EditedSet, ...], tuple[Edit, ...]]:
    groups = [EditedSet(tuple((place, number) for number in range(len(reps)))) for place, reps in enumerate(sets)]
    missed: list[Edit] = []
    for edit in edits:
        if edit.kind == "athlete":
            continue
        found = _found(groups, sets, edit.at_s)
        if found is not None and (edit.kind != "exercise" or _fits(_exercise(edit), _reps(groups[found[0]], sets))):
            _change(groups, found, edit)
        elif found is not None or not edit.onward:
            missed.append(edit)
    return tuple(_with_carried(each, _reps(each, sets), edits) for each in groups), tuple(missed)


def _change(groups: list[EditedSet], found: tuple[int, int], edit: Edit) -> None:
    number, place = found
    group = groups[number]
    match edit.kind:
        case "delete-rep":
            rest = group.members[:place] + group.members[place + 1 :]
            if rest:
                groups[number] = replace(group, members=rest, touched=True)
            else:
                del groups[number]
        case "delete-set":
            del groups[number]
        case "join-before":
            if number > 0:
                before = groups[number - 1]
                groups[number - 1] = replace(before, members=before.members + group.members, touched=True)
                del groups[number]
        case "split-here":
            if place > 0:
                first = replace(group, members=group.members[:place], touched=True)
                groups[number : number + 1] = [first, replace(group, members=group.members[place:], touched=True)]
        case "exercise":
            groups[number] = replace(group, exercise=_exercise(edit))
        case "load":
            groups[number] = replace(group, load_kg=edit.value)
        case "warm-up":
            groups[number] = replace(group, warm_up=bool(edit.value))
        case "athlete":
            raise AssertionError("athletes are counted by time")


def _with_carried(group: EditedSet, reps: Sequence[Rep], edits: Sequence[Edit]) -> EditedSet:
    """With what was said before the end of the set's last lift and holds onward, where the set has no own."""
    if not reps:
        return group
    said = carried(edits, reps[-1].concentric_end_s)
    fits = said.exercise is not None and _fits(said.exercise, reps)
    return replace(
        group,
        exercise=said.exercise if group.exercise is None and fits else group.exercise,
        load_kg=said.load_kg if group.load_kg is None else group.load_kg,
        athlete=said.athlete,
    )


def _reps(group: EditedSet, sets: Sequence[Sequence[Rep]]) -> list[Rep]:
    return [sets[place][number] for place, number in group.members]


def _exercise(edit: Edit) -> Exercise:
    return next(each for each in EXERCISES if each == edit.text)


def _fits(exercise: Exercise, reps: Sequence[Rep]) -> bool:
    """Whether the phases of these reps come in the order of that lift."""
    lowered_first = reps[0].start_s < reps[0].concentric_start_s
    return exercise == "other" or (usual_order(exercise) == "eccentric-first") == lowered_first


def _rebuilt(group: EditedSet, found: Sequence[RepSet], index: int, before: RepSet | None) -> RepSet:
    source = found[group.members[0][0]] if group.members else found[min(index, len(found)) - 1]
    new_load = source.load_kg if group.load_kg is None else group.load_kg
    reps = tuple(
        replace(with_load(found[place].reps[number], found[place].load_kg, new_load), index=count)
        for count, (place, number) in enumerate(group.members, start=1)
    )
    exercise = group.exercise or source.exercise
    start_s = reps[0].start_s if reps else source.start_s
    flags: tuple[Flag, ...] = () if group.touched else source.flags
    summary = source.summary
    if group.touched or new_load != source.load_kg:
        made = summarise(reps, [])
        zones = Counter(rep.velocity_zone for rep in reps if rep.kind == "full" and rep.velocity_zone is not None)
        counts = {name: zones[name] for name in source.summary.velocity_zones}
        summary = replace(made, velocity_zones=counts)
        if not group.touched:
            # The load changes power alone.
            summary = replace(source.summary, mean_power_w=made.mean_power_w)
    return replace(
        source,
        index=index,
        exercise=exercise,
        exercise_confidence=1.0 if group.exercise else source.exercise_confidence,
        load_kg=new_load,
        start_s=start_s,
        end_s=max((rep.end_s or rep.concentric_end_s for rep in reps), default=source.end_s)
        if group.touched
        else source.end_s,
        summary=summary,
        reps=reps,
        rest_before_s=None if before is None else max(0.0, start_s - before.end_s),
        flags=flags,
        warm_up=group.warm_up,
        athlete=group.athlete,
    )
