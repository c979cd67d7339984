"""Flags of a rep: where it misses its targets or the lifter's own range, by how much and how surely. Pure; thresholds
are `Targets`, meanings docs/metrics.md. Flags of a whole set are raised in set_flags.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import degrees
from typing import Literal

import numpy as np

from bartracker.coaching.targets import Targets, zone_of
from bartracker.coaching.tempo import tempo_of
from bartracker.results import Exercise, Flag, Order, Rep

# A pause shorter than this share of its target is none.
_MISSED_SHARE = 0.25
# The usual range is the median of at least so many full reps.
_FEWEST_REPS = 2
# The pull ends below the catch: its height says nothing on depth or lock-out.
_CAUGHT = ("clean", "snatch")


@dataclass(frozen=True, slots=True)
class SetSoFar:
    """What a rep is held against besides its targets: the set's reps, all of them or those before it."""

    reps: Sequence[Rep] = ()
    order: Order | None = None
    exercise: Exercise | None = None


def flagged(rep: Rep, targets: Targets, within: SetSoFar | None = None) -> Rep:
    """The rep with its tempo and zone, and the flags that its numbers raise added to those it has. Failed reps are held
    against no target, partial ones against depth and lock-out alone.
    """
    within = within or SetSoFar()
    rep = replace(rep, tempo=tempo_of(rep), velocity_zone=zone_of(rep.mean_velocity_mps, targets))
    if rep.kind == "failed":
        return rep
    raised = _range(rep, targets, within)
    if rep.kind == "full":
        raised = [
            _eccentric(rep, targets),
            _pause(rep, targets, within),
            *raised,
            _drift(rep, targets),
            _tilt(rep, targets),
            _velocity(rep, targets),
            _velocity_loss(rep, targets, within),
        ]
    return replace(rep, flags=(*rep.flags, *(flag for flag in raised if flag is not None)))


def held_against(
    code: str, side: Literal["above", "below"], value: float, threshold: float, sigma: float | None, text: str
) -> Flag | None:
    """The flag of a value that lies above or below its threshold; None where it does not, or where its uncertainty is
    not known.
    """
    beyond = value - threshold if side == "above" else threshold - value
    if sigma is None or not beyond > 0:
        return None
    # Within one standard uncertainty of the threshold nobody can tell.
    return Flag(code, value, threshold, sigma, "yes" if beyond > sigma else "borderline", text)


def _eccentric(rep: Rep, targets: Targets) -> Flag | None:
    target = targets.tempo.eccentric_s if targets.tempo else None
    value, sigma = rep.eccentric_duration_s, rep.sigma.get("eccentric_duration_s")
    if target is None or value is None:
        return None
    tolerance = targets.eccentric_tolerance_s
    text = f"lowered in {value:.1f} s, {'faster' if value < target else 'slower'} than {target:g} s"
    fast = held_against("eccentric_fast", "below", value, target - tolerance, sigma, text)
    return fast or held_against("eccentric_slow", "above", value, target + tolerance, sigma, text)


def _pause(rep: Rep, targets: Targets, within: SetSoFar) -> Flag | None:
    if targets.tempo is None or within.order is None:
        return None
    target = targets.tempo.bottom_s if within.order == "eccentric-first" else targets.tempo.top_s
    value, sigma = rep.turn_pause_s, rep.sigma.get("turn_pause_s")
    if not target or value is None:
        return None
    missed = held_against(
        "pause_missed", "below", value, _MISSED_SHARE * target, sigma, f"no pause, {target:g} s were meant"
    )
    text = f"paused {value:.1f} s, shorter than {target:g} s"
    return missed or held_against("pause_short", "below", value, target - targets.pause_tolerance_s, sigma, text)


def _range(rep: Rep, targets: Targets, within: SetSoFar) -> list[Flag | None]:
    """Depth and lock-out, held against the set's own full reps."""
    if within.order is None or within.exercise in _CAUGHT:
        return []
    full = [other for other in within.reps if other.kind == "full"]
    if within.order == "concentric-first":
        return [
            _short("lockout_short", rep, "rom_m", full, targets.lockout_tolerance_m),
            _short("depth_short", rep, "eccentric_rom_m", full, targets.depth_tolerance_m),
        ]
    # The lifting is known far better than the lowering: it tells that range is lacking, the lowering only at which end.
    lifted, lowered = _lacking(rep, "rom_m", full), _lacking(rep, "eccentric_rom_m", full)
    if lifted is not None and lowered is not None and lowered < 0.5 * lifted:
        return [_short("lockout_short", rep, "rom_m", full, targets.lockout_tolerance_m)]
    return [_short("depth_short", rep, "rom_m", full, targets.depth_tolerance_m)]


def _lacking(rep: Rep, name: str, full: Sequence[Rep]) -> float | None:
    """By how much a range falls short of the median of the set's full reps, m; None where there are too few."""
    value: float | None = getattr(rep, name)
    known: list[float] = [getattr(other, name) for other in full if getattr(other, name) is not None]
    return None if value is None or len(known) < _FEWEST_REPS else float(np.median(known)) - value


def _short(code: str, rep: Rep, name: str, full: Sequence[Rep], tolerance_m: float) -> Flag | None:
    """A range shorter than usual; value and threshold are what is lacking, m."""
    lacking = _lacking(rep, name, full)
    if lacking is None:
        return None
    end = "depth" if code == "depth_short" else "lock-out"
    text = f"{100 * lacking:.0f} cm short of the usual {end}"
    return held_against(code, "above", lacking, tolerance_m, rep.sigma.get(name), text)


def _drift(rep: Rep, targets: Targets) -> Flag | None:
    value, limit = rep.horizontal_drift_m, targets.horizontal_drift_limit_m
    if value is None:
        return None
    text = f"bar ended {100 * value:.0f} cm off the vertical, limit {100 * limit:.0f} cm"
    return held_against("horizontal_drift", "above", value, limit, rep.sigma.get("horizontal_drift_m"), text)


def _tilt(rep: Rep, targets: Targets) -> Flag | None:
    value, limit = rep.bar_tilt_rad, targets.bar_tilt_limit_rad
    if value is None:
        return None
    text = f"bar tilted by {degrees(value):.0f}°, limit {degrees(limit):.0f}°"
    return held_against("bar_tilt", "above", value, limit, rep.sigma.get("bar_tilt_rad"), text)


def _velocity(rep: Rep, targets: Targets) -> Flag | None:
    value, sigma = rep.mean_velocity_mps, rep.sigma.get("mean_velocity_mps")
    if targets.velocity_mps is None or value is None:
        return None
    low, high = targets.velocity_mps
    text = f"{value:.2f} m/s, {low:g} to {high:g} were meant"
    slow = held_against("velocity_slow", "below", value, low, sigma, text)
    return slow or held_against("velocity_fast", "above", value, high, sigma, text)


def _velocity_loss(rep: Rep, targets: Targets, within: SetSoFar) -> Flag | None:
    """Loss from the fastest full rep up to this one."""
    limit, value, sigma = targets.velocity_loss_limit, rep.mean_velocity_mps, rep.sigma.get("mean_velocity_mps")
    earlier = [other for other in within.reps if other.kind == "full" and other.index < rep.index]
    known = [(other.mean_velocity_mps, other) for other in earlier if other.mean_velocity_mps is not None]
    if limit is None or value is None or sigma is None or not known:
        return None
    best, fastest = max(known, key=lambda each: each[0])
    loss = 1.0 - value / best
    best_sigma = fastest.sigma.get("mean_velocity_mps")
    loss_sigma = None if best_sigma is None else float(np.hypot(sigma, best_sigma * value / best)) / best
    text = f"{100 * loss:.0f} % slower than the fastest rep, limit {100 * limit:.0f} %"
    return held_against("velocity_loss", "above", loss, limit, loss_sigma, text)
