"""From phases to rep candidates: which lowering belongs to which lifting, and what is no rep at all. Numbers are
measured elsewhere.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Exercise, Order, RepKind

ORDER_OF: dict[Exercise, Order] = {
    "squat": "eccentric-first",
    "bench": "eccentric-first",
    "ohp": "concentric-first",
    "deadlift": "concentric-first",
    "row": "concentric-first",
    "clean": "concentric-first",
    "snatch": "concentric-first",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lifting phase with the lowering that belongs to it (None while it has not happened) and what became of the
    two.
    """

    concentric: Phase
    eccentric: Phase | None
    kind: RepKind = "full"

    @property
    def range_m(self) -> float:
        """Range by which partial reps are told: how far the bar went, m."""
        return max(self.concentric.range_m, self.eccentric.range_m if self.eccentric else 0.0)


def order_of_first_movement(phases: list[Phase], settings: RepSettings) -> Order | None:
    """The order of a lift by its first large movement: down first or up first; None before there is one."""
    ranges = [phase.range_m for phase in phases]
    if not ranges or max(ranges) < 1.5 * settings.smallest_range_m:
        return None
    usual = float(np.quantile(ranges, 0.9))
    first = next(phase for phase in phases if phase.range_m >= 0.5 * usual)
    return "concentric-first" if first.direction == "up" else "eccentric-first"


def pair(phases: list[Phase], order: Order, rests_s: list[float], settings: RepSettings) -> list[Candidate]:
    """Candidates in order of time. rests_s: moments at which the bar began to lie truly still, on floor or rack."""
    if order == "eccentric-first":
        return _eccentric_first(phases, settings)
    return _concentric_first(phases, rests_s, settings)


def _eccentric_first(phases: list[Phase], settings: RepSettings) -> list[Candidate]:
    candidates: list[Candidate] = []
    large = [p for p in phases if p.range_m >= settings.smallest_range_m and p.duration_s >= settings.shortest_lift_s]
    for lowering, lifting in pairwise(large):
        if lowering.direction != "down" or lifting.direction != "up":
            continue
        if lifting.start_s - lowering.end_s > settings.longest_turn_s:
            continue
        if lifting.range_m > lowering.range_m / settings.matching_range:
            continue  # the bar rises far more than it sank: unracking, or a spotter's lift after a failure
        stopped_short = lifting.range_m < settings.matching_range * lowering.range_m
        candidates.append(Candidate(lifting, lowering, "failed" if stopped_short else "full"))
    return candidates


def _concentric_first(phases: list[Phase], rests_s: list[float], settings: RepSettings) -> list[Candidate]:
    candidates: list[Candidate] = []
    lifting: Phase | None = None
    height = risen = 0.0
    caught = False
    rests = np.array(rests_s)
    for phase in phases:
        bounce = phase.direction == "up" and phase.duration_s < settings.shortest_lift_s
        small = phase.range_m < settings.smallest_range_m or bounce
        if lifting is not None and bool(((rests > lifting.end_s) & (rests < phase.start_s)).any()):
            lifting, caught = None, False  # it lies on floor or rack: whatever it did, the rep is over
        if phase.direction == "up":
            if small:
                continue
            if lifting is not None and caught:
                height += phase.range_m  # the recovery from the catch
                risen = max(risen, height)
                continue
            # A rise before the last one was followed by a return leaves that one unpaired: it was a pick-up.
            lifting, height, risen = phase, phase.range_m, phase.range_m
            candidates.append(Candidate(phase, None))
        elif lifting is not None and (not small or _is_catch(lifting, phase, settings)):
            height -= phase.range_m
            returned = (
                height <= (1 - settings.returned_share) * risen or phase.range_m > settings.returned_share * risen
            )
            caught = not returned and (caught or _is_catch(lifting, phase, settings))
            if returned:
                candidates[-1] = replace(candidates[-1], eccentric=phase)
                lifting, caught = None, False
    return candidates


def _is_catch(pull: Phase, fall: Phase, settings: RepSettings) -> bool:
    """A fall right after a fast pull is the catch of a clean or snatch."""
    return pull.peak_mps > settings.pull_peak_mps and fall.start_s - pull.end_s < settings.catch_within_s


def judged(candidates: list[Candidate], settings: RepSettings) -> list[Candidate]:
    """Kinds by the set's median range. Candidates without a return are left out: picking the bar up is no rep."""
    paired = [c for c in candidates if c.eccentric is not None]
    if not paired:
        return []
    usual = float(np.median([c.range_m for c in paired if c.kind == "full"] or [c.range_m for c in paired]))
    return [
        replace(c, kind="partial") if c.kind == "full" and c.range_m < settings.partial_share * usual else c
        for c in paired
    ]
