"""The second look: a whole set smoothed at once, with what its reps say about heights; every rep found, judged and
measured anew.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.events import RepTrace
from bartracker.motion.segments import segments_of, smooth_segment, still_around
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoothed_motion import SmoothedMotion, Visit
from bartracker.reps.assemble import build_rep, with_rests, with_start_turns
from bartracker.reps.bar_axis import learn_axis, sensor_turn_rad, up_at
from bartracker.reps.context import LiftContext
from bartracker.reps.exercise import guess_exercise
from bartracker.reps.heights import doubt_of_heights
from bartracker.reps.horizontal import Wander, as_wandered, wander_of
from bartracker.reps.measure import concentric_path
from bartracker.reps.pairing import ORDER_OF, Candidate, judged, order_of_first_movement
from bartracker.reps.phases import Phase, find_phases
from bartracker.reps.settings import RepSettings
from bartracker.reps.summary import summarise
from bartracker.results import Exercise, Order, Rep, RepSet
from bartracker.timebase import Hop


@dataclass(frozen=True, slots=True)
class WholeSet:
    """A refined set with the traces of its reps, in their order."""

    rep_set: RepSet
    traces: tuple[RepTrace, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    motion: list[SmoothedMotion]
    phases: list[Phase]
    order: Order | None
    candidates: list[Candidate]


def rest_starts_s(motion: SmoothedMotion) -> list[float]:
    """Moments at which the bar began to lie truly still."""
    begins = motion.resting[1:] & ~motion.resting[:-1]
    return motion.t_s[1:][begins].tolist()


def refine_set(
    hops: list[Hop],
    since_s: float,
    index: int,
    exercise: Exercise | None,
    context: LiftContext,
    announced: list[Rep],
    motion_settings: MotionSettings,
    settings: RepSettings,
) -> WholeSet | None:
    """The set within hops, reps beginning after since_s; None where there is none.

    exercise: as the user named it, or None to find out. context: load and mount. announced: reps as published live;
        their times of announcement are kept.
    """
    segments = segments_of(hops)
    order = ORDER_OF.get(exercise) if exercise else None
    found = _find(segments, (), since_s, order, motion_settings, settings)
    if found.order is None or not found.candidates:
        return None
    visits = _visits(found, settings)
    doubt = doubt_of_heights(found.motion, visits, settings)
    found = _find(segments, visits, since_s, found.order, motion_settings, settings, doubt)
    if found.order is None or not found.candidates:
        return None
    confidence = 1.0
    if exercise is None:
        exercise, confidence = guess_exercise(found.motion, found.phases, found.candidates, found.order, settings)
    reps: list[Rep] = []
    traces: list[RepTrace] = []
    starts: list[tuple[float, float]] = []
    spans = [(_piece(found.motion, c.concentric.start_s), c.span_s) for c in found.candidates if c.kind == "full"]
    axis = learn_axis(spans, context.numbers)
    for number, candidate in enumerate(found.candidates, start=1):
        motion = _piece(found.motion, candidate.concentric.start_s)
        announced_s = _announced_s(candidate, announced)
        rep = build_rep(motion, candidate, number, found.order, announced_s, settings, context, axis)
        reps.append(rep)
        traces.append(trace_of(motion, candidate.concentric))
        if rep.kind == "full":
            x, y = (float(np.interp(rep.concentric_start_s, motion.t_s, motion.pos_w_m[:, axis])) for axis in (0, 1))
            starts.append((x, y))
    wander = wander_of(
        [(_piece(found.motion, r.concentric_start_s), r.concentric_start_s) for r in reps if r.kind == "full"]
    )
    reps = as_wandered(with_rests(reps, found.order), wander)
    if context.mount != "sleeve":
        at_start = [(_piece(found.motion, rep.concentric_start_s), rep.concentric_start_s) for rep in reps]
        reps = with_start_turns(reps, [up_at(motion, t_s) for motion, t_s in at_start], context)
    end_s = reps[-1].end_s if reps[-1].end_s is not None else reps[-1].concentric_end_s
    sensor_turn = (
        None if axis is None else sensor_turn_rad(found.motion, (reps[0].start_s, end_s), axis, context.numbers)
    )
    rep_set = RepSet(
        index=index,
        exercise=exercise,
        exercise_confidence=confidence,
        order=found.order,
        load_kg=context.load_kg,
        start_s=reps[0].start_s,
        end_s=end_s,
        summary=summarise(reps, starts, traces, _trend_sigma_m(found, wander), sensor_turn),
        reps=tuple(reps),
    )
    return WholeSet(rep_set, tuple(traces))


def trace_of(motion: SmoothedMotion, concentric: Phase) -> RepTrace:
    """Path of a lifting phase for a picture."""
    t_s, path, sigma = concentric_path(motion, concentric)
    horizontal = path[:, :2]
    # The direction of most movement: the first right singular vector.
    direction = np.linalg.svd(horizontal, full_matrices=False)[2][0] if len(path) > 1 else np.array([1.0, 0.0])
    inside = (motion.t_s >= concentric.start_s) & (motion.t_s < concentric.end_s)
    return RepTrace(t_s, motion.vel_w_mps[inside, 2], path, sigma, horizontal @ direction)


def _find(
    segments: list[list[Hop]],
    visits: tuple[Visit, ...],
    since_s: float,
    order: Order | None,
    motion_settings: MotionSettings,
    settings: RepSettings,
    vertical_doubt: float = 1.0,
) -> _Found:
    motion = [
        smooth_segment(segment, motion_settings, moving=number > 0 or _moves(segment, motion_settings), visits=visits)
        for number, segment in enumerate(segments)
    ]
    if vertical_doubt != 1.0:
        motion = [piece.with_vertical_doubt(vertical_doubt) for piece in motion]
    phases = [
        phase
        for piece in motion
        for phase in find_phases(piece.t_s, piece.vel_w_mps[:, 2], settings)
        if phase.direction == "down" or _is_whole(phase, piece)
    ]
    phases = [phase for phase in phases if phase.start_s > since_s]
    order = order or order_of_first_movement(phases, settings)
    if order is None:
        return _Found(motion, phases, None, [])
    rests = [t for piece in motion for t in rest_starts_s(piece)]
    return _Found(motion, phases, order, judged(phases, order, rests, settings))


def _moves(segment: list[Hop], settings: MotionSettings) -> bool:
    """Whether the sensor is not still for the first half second: the samples may begin in mid-rep."""
    first_s = segment[0].t_s[0]
    return not bool(still_around([hop for hop in segment if hop.t_s[0] < first_s + 0.5], settings).any())


def _is_whole(phase: Phase, piece: SmoothedMotion) -> bool:
    """Whether a phase begins and ends within the piece; of one cut off by a gap or the recording's end nothing is
    known.
    """
    return piece.t_s[0] < phase.start_s and phase.end_s < piece.t_s[-1]


def _visits(found: _Found, settings: RepSettings) -> tuple[Visit, ...]:
    """Where a lifter's full reps start and end the bar is at the same height each time: lock-out, or where the pull
    starts.
    """
    full = [c for c in found.candidates if c.kind == "full" and c.eccentric is not None]
    if found.order == "eccentric-first":
        return tuple(Visit(c.concentric.end_s, "lock-out", settings.level_sigma_m) for c in full)
    return tuple(Visit(c.concentric.start_s, "start", settings.level_sigma_m) for c in full)


def _piece(motion: list[SmoothedMotion], t_s: float) -> SmoothedMotion:
    return next(piece for piece in motion if t_s <= piece.t_s[-1])


def _trend_sigma_m(found: _Found, wander: Wander | None) -> float | None:
    """Horizontal uncertainty of the way from the first full rep's start to the last's; None across a gap."""
    starts = [c.concentric.start_s for c in found.candidates if c.kind == "full"]
    if len(starts) < 2 or _piece(found.motion, starts[0]) is not _piece(found.motion, starts[-1]):
        return None
    stated = _piece(found.motion, starts[0]).displacement_sigma_m(starts[0], starts[-1])[1]
    return stated if wander is None else min(stated, wander.trend_sigma_m)


def _announced_s(candidate: Candidate, announced: list[Rep]) -> float | None:
    """When the rep that overlaps this lifting phase by more than half was announced."""
    for rep in announced:
        overlap = min(rep.concentric_end_s, candidate.concentric.end_s) - max(
            rep.concentric_start_s, candidate.concentric.start_s
        )
        if overlap > 0.5 * candidate.concentric.duration_s:
            return rep.announced_s
    return None
