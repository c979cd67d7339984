"""From candidates and smoothed motion to `Rep`s: phases, pauses, numbers. Sets are summed up in summary.py; flags of
coaching are raised elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.bar_axis import BarAxis, learn_axis, start_turns_rad, tilt_and_rotation
from bartracker.reps.context import LiftContext
from bartracker.reps.effort import force_and_power, smoothness_sparc, sticking_region
from bartracker.reps.measure import Numbers, measure_concentric, measure_eccentric, measure_pause
from bartracker.reps.middle import measure_middle
from bartracker.reps.pairing import Candidate
from bartracker.reps.phases import Phase
from bartracker.reps.settings import RepSettings
from bartracker.results import Flag, Order, Rep
from bartracker.samples import FloatArray

# What becomes known when the return has ended; with_return keeps all else as it was announced.
_OF_THE_RETURN = (
    "end_s",
    "eccentric_start_s",
    "eccentric_end_s",
    "eccentric_duration_s",
    "eccentric_mean_velocity_mps",
    "eccentric_peak_velocity_mps",
    "eccentric_rom_m",
    "turn_pause_s",
    "bottom_pause_s",
    "top_pause_s",
    "time_under_tension_s",
    "pause_stillness_mps",
    "isometric_hold_s",
)


def build_rep(
    motion: SmoothedMotion,
    candidate: Candidate,
    index: int,
    order: Order,
    announced_s: float | None,
    settings: RepSettings,
    context: LiftContext | None = None,
    axis: BarAxis | None = None,
) -> Rep:
    """The rep of a candidate: what has not happened yet is None. Rest before the next rep is set by `with_rests`.

    axis: the bar's in the sensor frame, None where it is not known.
    """
    context = context or LiftContext()
    concentric, eccentric = candidate.concentric, candidate.eccentric
    eccentric_first = order == "eccentric-first"
    first = eccentric if eccentric_first and eccentric is not None else concentric
    lifting = measure_concentric(motion, concentric, settings)
    values, sigma = dict(lifting.values), dict(lifting.sigma)
    if eccentric is not None:
        lowering = measure_eccentric(motion, eccentric, settings)
        values |= lowering.values
        sigma |= lowering.sigma
        before, after = (eccentric, concentric) if eccentric_first else (concentric, eccentric)
        values |= _pause(motion, before, after, sigma, order, context)
    values |= _effort(motion, concentric, sigma, context)
    flags = _doubts(motion, concentric)
    if axis is None:
        flags.append(
            Flag("axis_unknown", None, None, None, "yes", "the bar rolled too little to show its axis: no tilt known")
        )
    else:
        tilt, tilt_sigma = tilt_and_rotation(motion, concentric, axis, context.numbers)
        if context.mount == "sleeve":
            del tilt["bar_rotation_rad"], tilt_sigma["bar_rotation_rad"]
        values |= tilt
        sigma |= tilt_sigma
    middle, unknown = _middle(motion, concentric, axis, context, lifting)
    values |= middle.values
    sigma |= middle.sigma
    flags += unknown
    region = sticking_region(motion, concentric, context.numbers)
    rep = Rep(
        index=index,
        kind=candidate.kind,
        start_s=first.start_s,
        turn_s=concentric.start_s if eccentric_first else concentric.end_s,
        end_s=concentric.end_s if eccentric_first else None,
        concentric_start_s=concentric.start_s,
        concentric_end_s=concentric.end_s,
        eccentric_start_s=None,
        eccentric_end_s=None,
        concentric_duration_s=None,
        eccentric_duration_s=None,
        turn_pause_s=None,
        bottom_pause_s=None,
        top_pause_s=None,
        mean_velocity_mps=None,
        mean_propulsive_velocity_mps=None,
        peak_velocity_mps=None,
        time_to_peak_s=None,
        rom_m=None,
        horizontal_deviation_m=None,
        horizontal_drift_m=None,
        announced_s=announced_s,
        sticking=region is not None,
        flags=tuple(flags),
    )
    if region is not None:
        sigma["sticking_velocity_mps"] = region.sigma_mps
        values |= {
            "sticking_start_s": region.start_s,
            "sticking_lowest_s": region.lowest_s,
            "sticking_end_s": region.end_s,
            "sticking_velocity_mps": region.velocity_mps,
            "sticking_height_share": region.height_share,
        }
    return replace(rep, sigma=sigma, **values)


def axis_of_rep(motion: SmoothedMotion, candidate: Candidate, context: LiftContext) -> BarAxis | None:
    """The bar's axis as far as one rep shows it."""
    phases = [phase for phase in (candidate.concentric, candidate.eccentric) if phase is not None]
    span = (min(phase.start_s for phase in phases), max(phase.end_s for phase in phases))
    return learn_axis([(motion, span)], context.numbers)


def with_return(rep: Rep, whole: Rep) -> Rep:
    """The rep as announced, completed by what `whole`, the same rep with its return, says of the return."""
    later = {name: getattr(whole, name) for name in _OF_THE_RETURN}
    return replace(rep, sigma={**whole.sigma, **rep.sigma}, **later)


def with_rests(reps: list[Rep], order: Order) -> list[Rep]:
    """Fill in the pause that lies between a rep and the next (at the top in eccentric-first lifts, else at the
    bottom).
    """
    name, where = ("top_pause_s", "top") if order == "eccentric-first" else ("bottom_pause_s", "bottom")
    filled: list[Rep] = []
    for number, rep in enumerate(reps):
        following = reps[number + 1] if number + 1 < len(reps) else None
        if following is None or rep.end_s is None:
            last = Flag(
                "last_of_set", None, None, None, "yes", f"no rep followed: the pause at the {where} is not known"
            )
            filled.append(replace(rep, flags=(*rep.flags, last)))
        else:
            filled.append(replace(rep, **{name: max(0.0, following.start_s - rep.end_s)}))
    return filled


def with_start_turns(reps: list[Rep], ups_s: Sequence[FloatArray], context: LiftContext) -> list[Rep]:
    """Fill in how far the sensor sits turned from where it usually sits at the start of the lift. ups_s: world's up
    axis (3,) in the sensor frame at each rep's concentric start. Fewer than three reps show no usual place.
    """
    if len(reps) < 3:
        return reps
    sigma = context.numbers.attitude_sigma_rad
    return [
        replace(rep, start_turn_rad=turn, sigma={**rep.sigma, "start_turn_rad": sigma})
        for rep, turn in zip(reps, start_turns_rad(ups_s), strict=True)
    ]


def _pause(
    motion: SmoothedMotion, before: Phase, after: Phase, sigma: dict[str, float], order: Order, context: LiftContext
) -> dict[str, float | None]:
    """What lies between the two phases; sigma gains their uncertainties."""
    first, second = ("concentric", "eccentric") if order == "concentric-first" else ("eccentric", "concentric")
    pause = max(0.0, after.start_s - before.end_s)
    held = measure_pause(motion, before.end_s, after.start_s, context.numbers)
    sigma |= held.sigma
    sigma["turn_pause_s"] = float(np.hypot(sigma[f"{first}_end_s"], sigma[f"{second}_start_s"]))
    sigma["isometric_hold_s"] = sigma["turn_pause_s"]
    sigma["time_under_tension_s"] = float(np.hypot(sigma[f"{first}_start_s"], sigma[f"{second}_end_s"]))
    return {
        **held.values,
        "end_s": after.end_s,
        "turn_pause_s": pause,
        "bottom_pause_s" if order == "eccentric-first" else "top_pause_s": pause,
        "time_under_tension_s": after.end_s - before.start_s,
    }


def _middle(
    motion: SmoothedMotion, concentric: Phase, axis: BarAxis | None, context: LiftContext, of_sensor: Numbers
) -> tuple[Numbers, list[Flag]]:
    """Numbers of the bar's middle where the sensor's distance from it is told, and what says why there are none."""
    distance_m, nothing = context.sensor_from_middle_m, Numbers({}, {})
    if distance_m is None:
        return nothing, []
    why = "the bar's axis is not known: nothing is known of the bar's middle"
    if axis is not None:
        numbers = measure_middle(motion, concentric, axis, distance_m, context.numbers, of_sensor)
        if numbers.values:
            return numbers, []
        why = "the sensor sits askew, none of its axes along the bar: nothing is known of the bar's middle"
    return nothing, [Flag("middle_unknown", None, None, None, "yes", why)]


def _effort(
    motion: SmoothedMotion, concentric: Phase, sigma: dict[str, float], context: LiftContext
) -> dict[str, float | None]:
    values: dict[str, float | None] = {"smoothness_sparc": smoothness_sparc(motion, concentric, context.numbers)}
    if context.load_kg is not None:
        effort, effort_sigma = force_and_power(motion, concentric, context.load_kg, context.numbers)
        values |= effort
        sigma |= effort_sigma
    return values


def _doubts(motion: SmoothedMotion, concentric: Phase) -> list[Flag]:
    """What makes the lifting phase's numbers doubtful."""
    inside = (motion.t_s >= concentric.start_s) & (motion.t_s < concentric.end_s)
    flags: list[Flag] = []
    clipped, lost = int((motion.clipped & inside).sum()), int((motion.lost & inside).sum())
    if clipped:
        flags.append(
            Flag("clipped", clipped, 0.0, None, "yes", f"{clipped} samples at the sensor's end stop while lifting")
        )
    if lost:
        flags.append(Flag("samples_lost", lost, 0.0, None, "yes", f"{lost} samples lost while lifting"))
    return flags
