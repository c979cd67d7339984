"""What the bars of a set's reps are held against: axis, target band, the slowest that the velocity loss limit allows,
the best rep. The same for window, terminal and phone; no drawing lives here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bartracker.coaching.metrics import MEAN_VELOCITY, Metric
from bartracker.coaching.targets import Targets
from bartracker.results import Rep


@dataclass(frozen=True, slots=True)
class BarScale:
    """What the bars' axis shows, in the metric's unit. band: lowest and highest wanted; limit: the slowest allowed by
    the loss limit; best: place of the best rep.
    """

    top: float
    band: tuple[float, float] | None
    limit: float | None
    best: int | None


def bar_scale(reps: Sequence[Rep], metric: Metric, targets: Targets) -> BarScale:
    """Axis, band, limit and best for these reps; band and limit are of mean velocity alone."""
    values = [metric.value(rep) for rep in reps]
    full = [
        (value, place)
        for place, (rep, value) in enumerate(zip(reps, values, strict=True))
        if value is not None and rep.kind == "full"
    ]
    fastest = max(full, default=None)
    of_velocity = metric is MEAN_VELOCITY
    band = targets.velocity_mps if of_velocity else None
    limit = None
    if of_velocity and targets.velocity_loss_limit is not None and fastest is not None:
        limit = fastest[0] * (1.0 - targets.velocity_loss_limit)
    known = [value for value in values if value is not None]
    top = max([*known, band[1] if band else 0.0, 1e-9])
    best = fastest[1] if fastest is not None and metric.unit == "m/s" and len(full) > 1 else None
    return BarScale(1.22 * top, band, limit, best)
