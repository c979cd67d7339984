"""From candidates and smoothed motion to `Rep`s and sets: numbers, pauses, summary. No flags of coaching here."""

from dataclasses import replace

import numpy as np

from bartracker.motion.track import SmoothedMotion
from bartracker.reps.measure import edge_sigma_s, measure_concentric
from bartracker.reps.pairing import Candidate
from bartracker.reps.settings import RepSettings
from bartracker.results import Flag, Order, Rep, SetSummary


def build_rep(
    motion: SmoothedMotion,
    candidate: Candidate,
    index: int,
    order: Order,
    announced_s: float | None,
    settings: RepSettings,
) -> Rep:
    """The rep of a candidate: what has not happened yet is None. Rest before the next rep is set by `with_rests`."""
    concentric, eccentric = candidate.concentric, candidate.eccentric
    numbers = measure_concentric(motion, concentric, settings)
    sigma = dict(numbers.sigma)
    values = dict(numbers.values)
    pause = None
    if eccentric is not None:
        start, end = (edge_sigma_s(motion, t, settings) for t in (eccentric.start_s, eccentric.end_s))
        sigma |= {
            "eccentric_start_s": start,
            "eccentric_end_s": end,
            "eccentric_duration_s": float(np.hypot(start, end)),
        }
        if order == "eccentric-first":
            pause = max(0.0, concentric.start_s - eccentric.end_s)
            sigma["turn_pause_s"] = float(np.hypot(end, sigma["concentric_start_s"]))
        else:
            pause = max(0.0, eccentric.start_s - concentric.end_s)
            sigma["turn_pause_s"] = float(np.hypot(start, sigma["concentric_end_s"]))
    eccentric_first = order == "eccentric-first"
    first = eccentric if eccentric_first and eccentric is not None else concentric
    second_end = concentric.end_s if eccentric_first else (eccentric.end_s if eccentric else None)
    inside = (motion.t_s >= concentric.start_s) & (motion.t_s < concentric.end_s)
    flags: list[Flag] = []
    clipped, lost = int((motion.clipped & inside).sum()), int((motion.lost & inside).sum())
    if clipped:
        flags.append(
            Flag("clipped", clipped, 0.0, None, "yes", f"{clipped} samples at the sensor's end stop while lifting")
        )
    if lost:
        flags.append(Flag("samples_lost", lost, 0.0, None, "yes", f"{lost} samples lost while lifting"))
    return Rep(
        index=index,
        kind=candidate.kind,
        start_s=first.start_s,
        turn_s=concentric.start_s if eccentric_first else concentric.end_s,
        end_s=second_end,
        concentric_start_s=concentric.start_s,
        concentric_end_s=concentric.end_s,
        eccentric_start_s=eccentric.start_s if eccentric else None,
        eccentric_end_s=eccentric.end_s if eccentric else None,
        concentric_duration_s=values["concentric_duration_s"],
        eccentric_duration_s=eccentric.duration_s if eccentric else None,
        turn_pause_s=pause,
        bottom_pause_s=pause if eccentric_first else None,
        top_pause_s=None if eccentric_first else pause,
        mean_velocity_mps=values["mean_velocity_mps"],
        mean_propulsive_velocity_mps=values["mean_propulsive_velocity_mps"],
        peak_velocity_mps=values["peak_velocity_mps"],
        time_to_peak_s=values["time_to_peak_s"],
        rom_m=values["rom_m"],
        horizontal_deviation_m=values["horizontal_deviation_m"],
        horizontal_drift_m=values["horizontal_drift_m"],
        announced_s=announced_s,
        sigma=sigma,
        flags=tuple(flags),
    )


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


def summarise(reps: list[Rep], start_points_m: list[tuple[float, float]]) -> SetSummary:
    """Averages over the full reps. start_points_m: horizontal start of each full rep's lifting phase, m; their net
    change is the trend.
    """
    full = [rep for rep in reps if rep.kind == "full"]
    velocities = [rep.mean_velocity_mps for rep in full if rep.mean_velocity_mps is not None]
    ranges = [rep.rom_m for rep in full if rep.rom_m is not None]
    loss_best = loss_first = trend = None
    if len(velocities) >= 2:
        loss_best = 1.0 - velocities[-1] / max(velocities)
        loss_first = 1.0 - velocities[-1] / velocities[0]
    if len(start_points_m) >= 3:
        points = np.array(start_points_m)
        number = np.arange(len(points), dtype=np.float64)
        slope = np.polyfit(number, points, 1)[0]
        trend = float(np.hypot(slope[0], slope[1]) * (len(points) - 1))
    return SetSummary(
        full_reps=len(full),
        partial_reps=sum(rep.kind == "partial" for rep in reps),
        failed_reps=sum(rep.kind == "failed" for rep in reps),
        mean_velocity_mps=float(np.mean(velocities)) if velocities else None,
        best_mean_velocity_mps=max(velocities) if velocities else None,
        rom_m=float(np.mean(ranges)) if ranges else None,
        velocity_loss_from_best=loss_best,
        velocity_loss_from_first=loss_first,
        drift_trend_m=trend,
    )
