"""From phases to rep candidates: which lowering belongs to which lifting, and what is no rep at all. Numbers are
measured elsewhere.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Exercise, Order, RepKind

_GRAVITY_MPS2 = 9.81

ORDER_OF: dict[Exercise, Order] = {
    "squat": "eccentric-first",
    "bench": "eccentric-first",
    "ohp": "concentric-first",
    "deadlift": "concentric-first",
    "row": "concentric-first",
    "clean": "concentric-first",
    "snatch": "concentric-first",
}

FROM_THE_FLOOR: frozenset[Exercise] = frozenset(("deadlift", "clean", "snatch"))


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

    @property
    def span_s(self) -> tuple[float, float]:
        """From the start of its first phase to the end of its last."""
        phases = [p for p in (self.concentric, self.eccentric) if p is not None]
        return min(p.start_s for p in phases), max(p.end_s for p in phases)


@dataclass(frozen=True, slots=True)
class Usual:
    """What a full rep of the set is like: range, m, and peak velocity of the lift, m/s."""

    range_m: float
    peak_mps: float

    def smallest_m(self, settings: RepSettings) -> float:
        """A partial or failed rep among such reps may be as short as this."""
        lesser = max(settings.lesser_range_m, settings.lesser_share * self.range_m)
        return min(lesser, settings.smallest_range_m)


def order_of_first_movement(phases: list[Phase], settings: RepSettings) -> Order | None:
    """The order of a lift by its first large movement: down first or up first; None before there is one. Large is what
    could be one half of a pair with the others: unracking, and what drift makes of holding the bar, are not.
    """
    ranges = [phase.range_m for phase in phases]
    if not ranges or max(ranges) < 1.5 * settings.smallest_range_m:
        return None
    usual = float(np.quantile(ranges, 0.9))
    first = next(phase for phase in phases if phase.range_m >= settings.matching_range * usual)
    return "concentric-first" if first.direction == "up" else "eccentric-first"


def pair(
    phases: list[Phase],
    order: Order,
    rests_s: list[float],
    settings: RepSettings,
    smallest_range_m: float | None = None,
) -> list[Candidate]:
    """Candidates in order of time. rests_s: moments at which the bar began to lie truly still, on floor or rack.
    smallest_range_m: that of the settings if None.
    """
    smallest = settings.smallest_range_m if smallest_range_m is None else smallest_range_m
    large = [p for p in without_crawls(phases, settings) if is_movement(p, smallest, settings)]
    if order == "eccentric-first":
        return _eccentric_first(large, settings)
    return _concentric_first(phases, large, rests_s, settings)


def without_crawls(phases: list[Phase], settings: RepSettings) -> list[Phase]:
    """The phases but for those that run into a far faster one of their direction: a bar held before or after a lift,
    its velocity being wrong by a little.
    """
    kept: list[Phase] = []
    for phase in phases:
        beside = [
            other
            for other in phases
            if other.direction == phase.direction
            and abs(other.peak_mps) * settings.hold_share > abs(phase.peak_mps)
            and max(other.start_s - phase.end_s, phase.start_s - other.end_s) < settings.bridged_dip_s
        ]
        if not beside:
            kept.append(phase)
    return kept


def is_movement(phase: Phase, smallest_range_m: float, settings: RepSettings) -> bool:
    """Whether a phase is large enough to belong to a rep, and a rise is no bounce."""
    if phase.direction == "down":
        return phase.range_m >= smallest_range_m
    thrown_s = settings.thrown_times * phase.peak_mps / _GRAVITY_MPS2
    return phase.range_m >= smallest_range_m and phase.duration_s >= max(settings.shortest_lift_s, thrown_s)


def with_lesser(
    candidates: list[Candidate],
    phases: list[Phase],
    order: Order,
    rests_s: list[float],
    usual: Usual,
    settings: RepSettings,
) -> list[Candidate]:
    """The candidates and, between and after them, those too small to be told from steps until the set's full reps are
    known.
    """
    smallest = usual.smallest_m(settings)
    if smallest >= settings.smallest_range_m:
        return candidates
    found = list(candidates)
    for number, candidate in enumerate(candidates):
        if candidate.eccentric is None:
            continue
        until = candidates[number + 1].span_s[0] if number + 1 < len(candidates) else np.inf
        between = [p for p in phases if p.start_s >= candidate.span_s[1] and p.end_s <= until]
        found += [
            lesser for lesser in pair(between, order, rests_s, settings, smallest) if counts(lesser, usual, settings)
        ]
    return sorted(found, key=lambda candidate: candidate.concentric.start_s)


def _eccentric_first(large: list[Phase], settings: RepSettings) -> list[Candidate]:
    candidates: list[Candidate] = []
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


def _concentric_first(
    phases: list[Phase], large: list[Phase], rests_s: list[float], settings: RepSettings
) -> list[Candidate]:
    candidates: list[Candidate] = []
    lifting: Phase | None = None
    height = risen = 0.0
    caught = False
    rests = np.array(rests_s)
    for phase in phases:
        small = phase not in large
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


def usual_of(candidates: list[Candidate]) -> Usual | None:
    """Medians of the full candidates, of all where none is full; None where there is none."""
    full = [c for c in candidates if c.kind == "full"] or candidates
    if not full:
        return None
    return Usual(float(np.median([c.range_m for c in full])), float(np.median([c.concentric.peak_mps for c in full])))


def judged(phases: list[Phase], order: Order, rests_s: list[float], settings: RepSettings) -> list[Candidate]:
    """The reps of a whole set with their kinds by what is usual in it. What has no return is left out: picking the bar
    up is no rep.
    """
    candidates = [c for c in pair(phases, order, rests_s, settings) if c.eccentric is not None]
    usual = usual_of(candidates)
    if usual is None:
        return []
    candidates = with_lesser(candidates, phases, order, rests_s, usual, settings)
    return [
        replace(c, kind=kind_of(c, order, usual, settings))
        for c in candidates
        if c.eccentric is not None and counts(c, usual, settings)
    ]


def counts(candidate: Candidate, usual: Usual, settings: RepSettings) -> bool:
    """Whether a short movement is fast enough for a partial or failed rep among such reps; else it is swaying, steps
    or drift.
    """
    fast = candidate.concentric.peak_mps >= settings.lesser_peak_share * usual.peak_mps
    return fast or candidate.concentric.range_m >= settings.partial_share * usual.range_m


def kind_of(candidate: Candidate, order: Order, usual: Usual, settings: RepSettings, sigma_m: float = 0.0) -> RepKind:
    """What became of a lift, held against the usual one. sigma_m: uncertainty of its range; the benefit of doubt
    belongs to a full rep.
    """
    if candidate.kind != "full" or candidate.range_m + sigma_m >= settings.partial_share * usual.range_m:
        return candidate.kind
    # A lift cut short on purpose is as fast as ever; one that fails is slow. After a lowering their ranges tell.
    slow = candidate.concentric.peak_mps < settings.failed_peak_share * usual.peak_mps
    return "failed" if order == "concentric-first" and slow else "partial"
