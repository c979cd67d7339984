"""A set in a few numbers: averages of its full reps, losses, trend, how alike the reps were. Definitions:
docs/metrics.md.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bartracker.events import RepTrace
from bartracker.results import Rep, SetSummary
from bartracker.samples import FloatArray

# A curve is compared at so many shares of its duration.
_SHARES = np.linspace(0.0, 1.0, 101)
# Spread and trend of fewer reps than this say nothing.
_FEWEST = 3


def summarise(
    reps: Sequence[Rep],
    start_points_m: Sequence[tuple[float, float]],
    traces: Sequence[RepTrace] = (),
    start_sigma_m: float | None = None,
    sensor_turn: tuple[float, float] | None = None,
) -> SetSummary:
    """Sum a set up.

    Args:
        reps: all reps of the set.
        start_points_m: horizontal start of each full rep's lifting phase, m; their net change is the trend.
        traces: of all reps, in their order; without them consistency is not known.
        start_sigma_m: standard uncertainty of the way from the first of these points to the last.
        sensor_turn: how far the sensor turned about the bar's axis over the set and its uncertainty, rad, where that
            axis is known.
    """
    full = [rep for rep in reps if rep.kind == "full"]
    velocities = _known(full, "mean_velocity_mps")
    loss_best = loss_first = trend = None
    if len(velocities) >= 2:
        loss_best = 1.0 - velocities[-1] / max(velocities)
        loss_first = 1.0 - velocities[-1] / velocities[0]
    if len(start_points_m) >= _FEWEST:
        points = np.array(start_points_m)
        number = np.arange(len(points), dtype=np.float64)
        slope = np.polyfit(number, points, 1)[0]
        trend = float(np.hypot(slope[0], slope[1]) * (len(points) - 1))
    shown = [trace for rep, trace in zip(reps, traces, strict=False) if rep.kind == "full" and len(trace.t_s) > 1]
    rests = [b.start_s - a.end_s for a, b in pairwise(reps) if a.end_s is not None]
    ends = [rep.end_s if rep.end_s is not None else rep.concentric_end_s for rep in reps]
    sigma: dict[str, float] = {}
    if trend is not None and start_sigma_m is not None:
        sigma["drift_trend_m"] = start_sigma_m
    if sensor_turn is not None:
        sigma["sensor_turn_range_rad"] = sensor_turn[1]
    tensions = _known(reps, "time_under_tension_s")
    return SetSummary(
        full_reps=len(full),
        partial_reps=sum(rep.kind == "partial" for rep in reps),
        failed_reps=sum(rep.kind == "failed" for rep in reps),
        mean_velocity_mps=_mean(velocities),
        best_mean_velocity_mps=max(velocities) if velocities else None,
        rom_m=_mean(_known(full, "rom_m")),
        velocity_loss_from_best=loss_best,
        velocity_loss_from_first=loss_first,
        drift_trend_m=trend,
        peak_velocity_mps=_mean(_known(full, "peak_velocity_mps")),
        concentric_duration_s=_mean(_known(full, "concentric_duration_s")),
        eccentric_duration_s=_mean(_known(full, "eccentric_duration_s")),
        mean_power_w=_mean(_known(full, "mean_power_w")),
        time_under_tension_s=sum(tensions) if reps and len(tensions) == len(reps) else None,
        duration_s=max(ends) - reps[0].start_s if reps else None,
        rest_between_reps_s=_mean(rests),
        mean_velocity_cv=_variation(velocities),
        rom_cv=_variation(_known(full, "rom_m")),
        velocity_consistency_mps=_distance_from_template([_over_time(t, t.vel_z_mps[:, None]) for t in shown]),
        path_consistency_m=_distance_from_template([_over_time(t, t.path_w_m) for t in shown]),
        sensor_turn_range_rad=sensor_turn[0] if sensor_turn else None,
        sigma=sigma,
    )


def _known(reps: Sequence[Rep], name: str) -> list[float]:
    values: list[float | None] = [getattr(rep, name) for rep in reps]
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _variation(values: Sequence[float]) -> float | None:
    """Coefficient of variation."""
    if len(values) < _FEWEST or np.mean(values) <= 0:
        return None
    return float(np.std(values, ddof=1) / np.mean(values))


def _over_time(trace: RepTrace, values: FloatArray) -> FloatArray:
    """Columns of a trace (N, C) at even shares of its duration."""
    share = (trace.t_s - trace.t_s[0]) / (trace.t_s[-1] - trace.t_s[0])
    columns: list[FloatArray] = [np.interp(_SHARES, share, values[:, axis]) for axis in range(values.shape[1])]
    return np.stack(columns, axis=1)


def _distance_from_template(curves: list[FloatArray]) -> float | None:
    """RMS distance of curves (S, C) from their mean."""
    if len(curves) < _FEWEST:
        return None
    each: FloatArray = np.stack(curves)
    distance: FloatArray = each - np.mean(each, axis=0)
    return float(np.sqrt(np.mean(np.square(distance)) * distance.shape[-1]))
