"""Which lift a set was, from its movements alone; a first version by plain evidence, with a confidence. Order comes
from pairing.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.track import SmoothedMotion
from bartracker.reps.pairing import Candidate
from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Exercise, Order


@dataclass(frozen=True, slots=True)
class ExerciseTraits:
    """Typical values of a lift: median range (m) and its spread, peak velocity (m/s) and its spread, shares of reps
    that show a catch (a fall right after the pull) and a contact with the floor at the end of the lowering, chance of
    a pick-up before the set,
    and of steps (a walk-out)."""

    range_m: tuple[float, float]
    peak_mps: tuple[float, float]
    catch: float
    floor: float
    pick_up: float
    steps: float


TRAITS: dict[Exercise, ExerciseTraits] = {
    "squat": ExerciseTraits((0.58, 0.12), (1.1, 0.5), 0.02, 0.02, 0.02, 0.9),
    "bench": ExerciseTraits((0.35, 0.08), (0.9, 0.5), 0.02, 0.02, 0.05, 0.15),
    "ohp": ExerciseTraits((0.52, 0.10), (1.0, 0.5), 0.05, 0.02, 0.05, 0.9),
    "deadlift": ExerciseTraits((0.55, 0.10), (1.0, 0.5), 0.02, 0.9, 0.02, 0.1),
    "row": ExerciseTraits((0.42, 0.10), (1.3, 0.5), 0.05, 0.05, 0.9, 0.1),
    "clean": ExerciseTraits((0.80, 0.12), (1.9, 0.4), 0.9, 0.9, 0.02, 0.1),
    "snatch": ExerciseTraits((1.05, 0.15), (2.1, 0.4), 0.9, 0.9, 0.02, 0.1),
}
_ECCENTRIC_FIRST = ("squat", "bench")
_IMPACT_MPS2 = 20.0
_STEP_SPEED_MPS = 0.25


def guess_exercise(
    motion: list[SmoothedMotion], phases: list[Phase], candidates: list[Candidate], order: Order, settings: RepSettings
) -> tuple[Exercise, float]:
    """Most likely lift of the order found, and its share of the evidence; "other" with confidence 0 where there is no
    full rep.
    """
    full = [c for c in candidates if c.kind == "full" and c.eccentric is not None]
    if not full:
        return "other", 0.0
    range_m = float(np.median([c.concentric.range_m for c in full]))
    peak = float(np.median([c.concentric.peak_mps for c in full]))
    catch = float(np.mean([_caught(c, phases, settings) for c in full]))
    floor = float(np.mean([_impact_after(motion, c) for c in full]))
    lowering = full[0].eccentric
    start = lowering.start_s if lowering and order == "eccentric-first" else full[0].concentric.start_s
    pick_up = any(p.direction == "up" and p.end_s < start and p.range_m > 0.5 * range_m for p in phases)
    steps = _stepped(motion, start)
    scores: dict[Exercise, float] = {}
    for exercise, traits in TRAITS.items():
        if (exercise in _ECCENTRIC_FIRST) != (order == "eccentric-first"):
            continue
        score = -0.5 * ((range_m - traits.range_m[0]) / traits.range_m[1]) ** 2 - np.log(traits.range_m[1])
        score -= 0.5 * ((peak - traits.peak_mps[0]) / traits.peak_mps[1]) ** 2 + np.log(traits.peak_mps[1])
        for seen, chance in (
            (catch, traits.catch),
            (floor, traits.floor),
            (float(pick_up), traits.pick_up),
            (float(steps), traits.steps),
        ):
            score += seen * np.log(chance) + (1 - seen) * np.log(1 - chance)
        scores[exercise] = float(score)
    best = max(scores, key=lambda name: scores[name])
    weights = np.exp(np.array(list(scores.values())) - scores[best])
    return best, float(1.0 / weights.sum())


def _caught(candidate: Candidate, phases: list[Phase], settings: RepSettings) -> bool:
    """A fall after the pull that is not yet the return to the floor."""
    pull, back = candidate.concentric, candidate.eccentric
    return back is not None and any(
        p.direction == "down" and pull.end_s <= p.start_s < min(back.start_s, pull.end_s + settings.catch_within_s)
        for p in phases
    )


def _impact_after(motion: list[SmoothedMotion], candidate: Candidate) -> bool:
    """The lowering ends with a knock."""
    end = candidate.eccentric.end_s if candidate.eccentric else candidate.concentric.end_s
    for piece in motion:
        near = (piece.t_s > end - 0.15) & (piece.t_s < end + 0.25)
        if near.any():
            acc = piece.acc_w_mps2[near]
            return bool(np.sqrt((np.diff(acc, axis=0) ** 2).sum(axis=1)).max(initial=0.0) > _IMPACT_MPS2)
    return False


def _stepped(motion: list[SmoothedMotion], before_s: float) -> bool:
    """Horizontal movement as of steps before the first rep."""
    for piece in motion:
        near = (piece.t_s > before_s - 12.0) & (piece.t_s < before_s - 0.3)
        if near.any():
            speed = np.hypot(piece.vel_w_mps[near, 0], piece.vel_w_mps[near, 1])
            return float(np.quantile(speed, 0.97)) > _STEP_SPEED_MPS
    return False
