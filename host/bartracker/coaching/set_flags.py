"""Flags of a whole set, and every rep of it held against all the others. Pure; thresholds are `Targets`, meanings
docs/metrics.md.
"""

from collections import Counter
from dataclasses import replace
from math import degrees, tau

from bartracker.coaching.flags import SetSoFar, flagged, held_against
from bartracker.coaching.targets import Targets
from bartracker.results import Flag, Mount, RepSet


def flagged_set(rep_set: RepSet, targets: Targets, mount: Mount | None = None) -> RepSet:
    """The set over: its reps flagged, its own flags raised, its full reps counted by velocity zone. mount: where the
    sensor sits as told, None if not told.
    """
    within = SetSoFar(rep_set.reps, rep_set.order, rep_set.exercise)
    reps = tuple(flagged(rep, targets, within) for rep in rep_set.reps)
    zones = Counter(rep.velocity_zone for rep in reps if rep.kind == "full" and rep.velocity_zone is not None)
    counts = {name: zones[name] for name in targets.zone_names}
    raised = [_trend(rep_set, targets)]
    if mount != "sleeve":
        raised += [_slipped(rep_set, targets), _spins(rep_set, targets)]
    return replace(
        rep_set,
        reps=reps,
        summary=replace(rep_set.summary, velocity_zones=counts),
        flags=(*rep_set.flags, *(flag for flag in raised if flag is not None)),
    )


def _trend(rep_set: RepSet, targets: Targets) -> Flag | None:
    value, limit = rep_set.summary.drift_trend_m, targets.drift_trend_limit_m
    sigma = rep_set.summary.sigma.get("drift_trend_m")
    # Over a long set without rest the way along the floor is lost altogether: nothing can be said.
    if value is None or sigma is None or sigma > limit:
        return None
    text = f"the bar moved {100 * value:.0f} cm over the set, limit {100 * limit:.0f} cm"
    return held_against("drift_trend", "above", value, limit, sigma, text)


def _slipped(rep_set: RepSet, targets: Targets) -> Flag | None:
    turned = [(rep.start_turn_rad, rep) for rep in rep_set.reps if rep.start_turn_rad is not None]
    if not turned or _spins(rep_set, targets) is not None:
        return None
    value, rep = max(turned, key=lambda each: each[0])
    sigma, limit = rep.sigma.get("start_turn_rad"), targets.sensor_slip_limit_rad
    text = f"the sensor sat {degrees(value):.0f}° turned at rep {rep.index}: tighten it, or move it off the sleeve"
    return held_against("sensor_slipped", "above", value, limit, sigma, text)


def _spins(rep_set: RepSet, targets: Targets) -> Flag | None:
    value, limit = rep_set.summary.sensor_turn_range_rad, tau * targets.sleeve_turns_limit
    if value is None:
        return None
    text = f"the sensor turned {value / tau:.1f} times about the bar: it sits on the sleeve, move it to the shaft"
    return held_against(
        "spinning_sleeve", "above", value, limit, rep_set.summary.sigma.get("sensor_turn_range_rad"), text
    )
