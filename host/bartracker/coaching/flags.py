"""Flags: where a rep misses its targets, by how much and how surely. Pure; thresholds are `Targets`, meanings
docs/metrics.md.
"""

from dataclasses import replace
from typing import Literal

from bartracker.coaching.targets import Targets
from bartracker.results import Flag, Rep


def flagged(rep: Rep, targets: Targets) -> Rep:
    """The rep with the flags that its numbers raise added to those it has. Failed reps are held against no target."""
    if rep.kind == "failed":
        return rep
    flags = [*rep.flags]
    flags += _eccentric(rep, targets)
    flags += _drift(rep, targets)
    return replace(rep, flags=tuple(flags))


def _eccentric(rep: Rep, targets: Targets) -> list[Flag]:
    target = targets.tempo.eccentric_s if targets.tempo else None
    value, sigma = rep.eccentric_duration_s, rep.sigma.get("eccentric_duration_s")
    if target is None or value is None or sigma is None:
        return []
    for code, threshold, beyond, word in (
        (
            "eccentric_fast",
            target - targets.eccentric_tolerance_s,
            target - targets.eccentric_tolerance_s - value,
            "faster",
        ),
        (
            "eccentric_slow",
            target + targets.eccentric_tolerance_s,
            value - target - targets.eccentric_tolerance_s,
            "slower",
        ),
    ):
        if beyond > 0:
            return [
                Flag(
                    code,
                    value,
                    threshold,
                    sigma,
                    _verdict(beyond, sigma),
                    f"lowered in {value:.1f} s, {word} than {target:g} s",
                )
            ]
    return []


def _drift(rep: Rep, targets: Targets) -> list[Flag]:
    value, sigma = rep.horizontal_drift_m, rep.sigma.get("horizontal_drift_m")
    beyond = (value or 0.0) - targets.horizontal_drift_limit_m
    if value is None or sigma is None or beyond <= 0:
        return []
    limit_cm = 100 * targets.horizontal_drift_limit_m
    text = f"bar ended {100 * value:.0f} cm off the vertical, limit {limit_cm:.0f} cm"
    return [Flag("horizontal_drift", value, targets.horizontal_drift_limit_m, sigma, _verdict(beyond, sigma), text)]


def _verdict(beyond: float, sigma: float) -> Literal["yes", "borderline"]:
    """Within one standard uncertainty of the threshold nobody can tell."""
    return "yes" if beyond > sigma else "borderline"
