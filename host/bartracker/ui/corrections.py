"""What a person may say of sets and reps, whatever view they say it in: the edit it makes, the question it is asked by,
and the answer. No keys and no drawing here.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bartracker.live_edits import reach_of
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.results import EXERCISES, Exercise
from bartracker.session_edits import Edit, EditKind, check_exercise
from bartracker.ui import quantities, wording
from bartracker.ui.preferences import Units

Asked: TypeAlias = Literal["exercise", "load", "athlete"]
"""What is typed as a line."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What is on screen when a correction is said. `shown`: the set; `rep`: the rep, and with it its set; `chosen`: a
    person chose them, they are not merely the newest.
    """

    state: LiveState
    shown: LiveSet | None
    rep: LiveRep | None
    chosen: bool = False

    @property
    def chosen_set(self) -> LiveSet | None:
        """The set that is meant by itself."""
        return self.shown if self.chosen else None


@dataclass(frozen=True, slots=True)
class Correction:
    """An edit, and what to answer when it has been made."""

    edit: Edit
    words: str


def newest(state: LiveState) -> Meant:
    """The newest set and rep."""
    shown = state.sets[-1] if state.sets else None
    return Meant(state, shown, shown.reps[-1] if shown is not None and shown.reps else None)


def question(asked: Asked, meant: Meant, units: Units) -> str:
    """What a line is typed for."""
    match asked:
        case "exercise":
            return f"Exercise {reach_of(asked, meant.state, meant.chosen_set).words} ({', '.join(EXERCISES)})"
        case "load":
            return f"Load in {units}, bar included, {reach_of(asked, meant.state, meant.chosen_set).words}"
        case _:
            return "Who lifts?"


def answered(asked: Asked, text: str, meant: Meant, units: Units) -> Correction | None:
    """What the line says; None where there is no rep to say it of. Raises BartrackerError for what cannot be."""
    match asked:
        case "exercise":
            return _exercise(text, meant)
        case "load":
            load_kg, reach = quantities.load_of(text, units), reach_of(asked, meant.state, meant.chosen_set)
            return Correction(reach.edit(asked, value=load_kg), f"{quantities.load(load_kg, units)} {reach.words}")
        case _:
            return _athlete(text.strip(), meant)


def corrected(kind: EditKind, meant: Meant) -> Correction | None:
    """A correction that needs no line, of the rep that is meant or of its set; None where there is no rep."""
    if meant.rep is None or meant.shown is None:
        return None
    number, index = meant.shown.index, meant.rep.rep.index
    value = None
    match kind:
        case "delete-rep":
            words = f"Rep {index} left out."
        case "delete-set":
            words = f"Set {number} left out."
        case "join-before":
            words = "Joined with the set before."
        case "split-here":
            words = f"A new set begins with what was rep {index}."
        case "warm-up":
            value = 0.0 if meant.shown.warm_up else 1.0
            words = f"Set {number} is {'a' if value else 'no'} warm-up."
        case _:
            raise ValueError(f"{kind} is asked for in a line")
    return Correction(Edit(kind, _within(meant.rep), "", value), words)


def _exercise(text: str, meant: Meant) -> Correction:
    shown, reach = meant.shown, reach_of("exercise", meant.state, meant.chosen_set)
    name = text.strip().lower()
    exercise: Exercise | None = next((each for each in EXERCISES if each == name), None)
    if exercise is not None and shown is not None and shown.result is not None and reach.at_s < shown.result.end_s:
        check_exercise(exercise, shown.result)
    return Correction(reach.edit("exercise", text=name), f"{wording.exercise(name)} {reach.words}")


def _athlete(name: str, meant: Meant) -> Correction | None:
    """From the set that was chosen on; from the next one where a set is over and none was chosen."""
    shown = meant.shown
    if shown is None or (shown.result is not None and not meant.chosen):
        motion = meant.state.motion
        at_s = float(motion.t_s[-1]) if len(motion) else 0.0
        return Correction(Edit("athlete", at_s, name), f"{name} lifts from the next set on")
    if meant.rep is None:
        return None
    return Correction(Edit("athlete", _within(meant.rep), name), f"{name} lifts from this set on")


def _within(rep: LiveRep) -> float:
    return 0.5 * (rep.rep.concentric_start_s + rep.rep.concentric_end_s)
