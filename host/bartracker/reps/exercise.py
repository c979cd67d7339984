"""Which lift a set was, from its movements alone: each lift is a model of what its sets are like, and the confidence is
the share of the evidence that the likeliest one takes. Order comes from pairing.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.pairing import ORDER_OF, Candidate
from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Exercise, Order


@dataclass(frozen=True, slots=True)
class ExerciseTraits:
    """What sets of a lift are like over adult lifters; means with their spreads (1 sigma).

    range_m: median range. peak_mps: median peak velocity, at any load. walked_m: horizontal way from the last rest on
    floor or rack to the first rep. catch, floor: share of reps with a fall right after the pull, and with a knock at
    the end of the lowering. pick_up: chance that the bar is brought to its start from far below.
    """

    range_m: tuple[float, float]
    peak_mps: tuple[float, float]
    walked_m: tuple[float, float]
    catch: float
    floor: float
    pick_up: float


# Ranges of clean and snatch: 132 lifters pulled the bar to 59.5 and 73 % of their height at their heaviest (Ai, Bi and
# Liu, ISBS 2018), less 22 cm under the plates; what is lifted in training is lighter and goes 7 cm higher. The others
# are what gyms see; none was fitted to sets with known truth. A bench's unracking is one move over the chest, walking
# out with a squat or press two or three steps.
TRAITS: dict[Exercise, ExerciseTraits] = {
    "squat": ExerciseTraits((0.62, 0.10), (1.1, 0.5), (0.35, 0.18), 0.02, 0.02, 0.02),
    "bench": ExerciseTraits((0.37, 0.07), (0.9, 0.5), (0.15, 0.06), 0.02, 0.02, 0.05),
    "ohp": ExerciseTraits((0.50, 0.09), (1.0, 0.5), (0.35, 0.18), 0.05, 0.02, 0.05),
    "deadlift": ExerciseTraits((0.55, 0.08), (1.0, 0.5), (0.02, 0.05), 0.02, 0.8, 0.02),
    "row": ExerciseTraits((0.38, 0.08), (1.3, 0.5), (0.05, 0.15), 0.05, 0.05, 0.9),
    "clean": ExerciseTraits((0.86, 0.08), (1.9, 0.4), (0.02, 0.05), 0.9, 0.9, 0.02),
    "snatch": ExerciseTraits((1.09, 0.09), (2.1, 0.4), (0.02, 0.05), 0.9, 0.9, 0.02),
}
_IMPACT_MPS2 = 20.0


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
    walked = _walked(motion, start)
    scores: dict[Exercise, float] = {}
    for exercise, traits in TRAITS.items():
        if ORDER_OF[exercise] != order:
            continue
        score = _normal(range_m, *traits.range_m) + _normal(peak, *traits.peak_mps)
        if walked is not None:
            way_m, sigma_m = walked
            usual_m, spread_m = traits.walked_m
            # A way is never negative: what is wrong along either axis makes it longer.
            score += _normal(way_m, np.hypot(usual_m, np.sqrt(2.0) * sigma_m), np.hypot(spread_m, sigma_m))
        for seen, chance in ((catch, traits.catch), (floor, traits.floor), (float(pick_up), traits.pick_up)):
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


def _normal(value: float, mean: float, spread: float) -> float:
    """Logarithm of the normal density but for a constant."""
    return float(-0.5 * ((value - mean) / spread) ** 2 - np.log(spread))


def _walked(motion: list[SmoothedMotion], start_s: float) -> tuple[float, float] | None:
    """Horizontal way from the last true rest to the start of the first rep, m, and its standard uncertainty along
    either axis; None where no rest was seen.
    """
    piece = next(piece for piece in motion if start_s <= piece.t_s[-1])
    rested = piece.t_s[piece.resting & (piece.t_s < start_s)]
    if not len(rested):
        return None
    moments = [float(rested[-1]), start_s]
    x, y = (np.diff(np.interp(moments, piece.t_s, piece.pos_w_m[:, axis]))[0] for axis in (0, 1))
    return float(np.hypot(x, y)), piece.displacement_sigma_m(*moments)[1]
