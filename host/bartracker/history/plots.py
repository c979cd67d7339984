"""The charts of report and comparison, drawn from pages; every number is the page's."""

from datetime import date
from typing import Final

import numpy as np

from bartracker.history.agreement import Agreement
from bartracker.history.pages import LiftPage, since
from bartracker.history.svg import COLOURS, Chart, span_of
from bartracker.history.visits import DAY_S
from bartracker.samples import FloatArray

_POINTS_DAYS: Final = 42.0
# Charts with a dot a set show so much; more is a cloud.
_DOTS_DAYS: Final = 540.0
_EPOCH: Final = date(1970, 1, 1)


def strength_plot(page: LiftPage) -> str | None:
    """e1RM over time with its interval."""
    if page.track is None or page.estimates is None or page.refusal:
        return None
    day, found = page.track.visits.day, page.estimates
    estimate = found.e1rm_kg.tolist()
    low, high = found.interval_kg[:, 0].tolist(), found.interval_kg[:, 1].tolist()
    # The first weeks' intervals are wide: the range follows the later ones.
    later = slice(min(6, len(estimate) - 1), None)
    chart = Chart(
        "Estimated 1RM", _days(day), span_of(estimate[later], low[later], high[later]), time=True, y_unit="kg"
    )
    chart.band(day.tolist(), low, high)
    chart.line(day.tolist(), estimate)
    return chart.text()


def profile_plot(page: LiftPage) -> str | None:
    """Velocity against load: points of the last six weeks, today's line, the threshold."""
    if page.track is None:
        return None
    track, visits = page.track, page.track.visits
    first = int(np.count_nonzero(visits.day < visits.day[-1] - _POINTS_DAYS))
    rows = slice(int(visits.first[first]), None)
    load, velocity = visits.load_kg[rows], visits.velocity_mps[rows]
    top = float(load.max()) * 1.1
    if page.estimates is not None and not page.refusal:
        top = max(top, float(page.estimates.interval_kg[-1, 1]))
    grid = np.linspace(float(load.min()) * 0.9, top, 40)
    seen = np.column_stack((np.ones(40), -grid / track.reference_kg, np.zeros(40)))
    line = seen @ track.state[-1]
    sigma = np.sqrt(np.einsum("ni,ij,nj->n", seen, track.covariance[-1], seen))
    chart = Chart(
        "Velocity against load, last six weeks",
        (float(grid[0]), top),
        (0.0, float(velocity.max()) * 1.1),
        y_unit="m/s",
        x_unit="kg",
    )
    chart.band(grid.tolist(), (line - 1.96 * sigma).tolist(), (line + 1.96 * sigma).tolist())
    shown = line > 0
    chart.line(grid[shown].tolist(), line[shown].tolist())
    chart.points(load.tolist(), velocity.tolist(), COLOURS[1])
    if page.estimates is not None:
        chart.level(page.estimates.mvt_mps, "mean velocity at 1RM")
    return chart.text()


def fixed_loads_plot(page: LiftPage) -> str | None:
    """Velocity at the loads lifted most: sets as dots, an ordinary day as lines."""
    if page.track is None or not page.fixed_loads:
        return None
    visits, day = page.track.visits, page.track.visits.day
    day = np.where(day >= day[-1] - _DOTS_DAYS, day, np.nan)
    loads = page.fixed_loads
    of_visit = np.repeat(day, np.diff(visits.first))
    dots = [np.isclose(visits.load_kg, one.load_kg) for one in loads]
    spans = [visits.velocity_mps[rows].tolist() for rows in dots]
    low, high = span_of(*spans)
    chart = Chart(
        "Velocity at fixed loads",
        _days(day[np.isfinite(day)]),
        (low, high + 0.12 * (high - low)),
        time=True,
        y_unit="m/s",
    )
    for one, rows, colour in zip(loads, dots, COLOURS, strict=False):
        chart.points(of_visit[rows].tolist(), visits.velocity_mps[rows].tolist(), colour, 1.8)
        chart.line(day.tolist(), one.velocity_mps.tolist(), colour)
    chart.key([(f"{one.load_kg:g} kg", colour) for one, colour in zip(loads, COLOURS, strict=False)])
    return chart.text()


def volume_plot(page: LiftPage) -> str:
    """Load times reps of each week."""
    weeks = page.weeks[-104:]
    start = [float((week.start - _EPOCH).days) for week in weeks]
    volume = [week.volume_kg for week in weeks]
    shown = (start[0] - 1.0, start[-1] + 8.0)
    chart = Chart("Volume a week", shown, span_of(volume, zero=True), time=True, y_unit="kg", height=170)
    chart.bars(start, volume, 7.0)
    return chart.text()


def loss_plot(page: LiftPage) -> str | None:
    """Velocity loss of every set."""
    table = since(page.table, float(page.table.started_s[-1]) - _DOTS_DAYS * DAY_S)
    loss = 100.0 * table.velocity_loss_from_best
    if not np.isfinite(loss).any():
        return None
    day = table.started_s / DAY_S
    top = max(45.0, float(np.nanmax(loss)) * 1.05)
    chart = Chart("Velocity loss of each set", _days(day), (0.0, top), time=True, y_unit="%", height=170)
    chart.points(day.tolist(), loss.tolist(), COLOURS[0], 1.8)
    chart.level(20.0, "20 %: strength")
    chart.level(40.0, "40 %: size")
    return chart.text()


def likeness_plot(page: LiftPage) -> str | None:
    """Distance of each set from the lifter's template rep."""
    if page.likeness is None:
        return None
    at = dict(zip(page.table.id.tolist(), (page.table.started_s / DAY_S).tolist(), strict=True))
    day = np.array([at[number] for number in page.likeness.set_id.tolist()])
    distance = page.likeness.distance_mps
    shown = span_of(distance.tolist(), zero=True)
    chart = Chart("Distance from your own template rep", _days(day), shown, time=True, y_unit="m/s", height=170)
    chart.points(day.tolist(), distance.tolist(), COLOURS[2], 1.8)
    return chart.text()


def bland_altman(found: Agreement, name: str, unit: str) -> str:
    """Difference against mean of two devices, with bias and limits of agreement."""
    difference, mean = found.difference.tolist(), found.mean.tolist()
    y = span_of(difference, [found.lower_interval[0], found.upper_interval[1], 0.0])
    x = span_of(mean)
    chart = Chart(f"{name}: this sensor less the other", x, y, y_unit=unit, x_unit=f"mean of both, {unit}", height=260)
    for low, high in (found.lower_interval, found.bias_interval, found.upper_interval):
        chart.band(list(x), [low, low], [high, high], COLOURS[1])
    chart.points(mean, difference)
    chart.level(found.upper, f"upper limit {found.upper:+.3f}")
    chart.level(found.bias, f"bias {found.bias:+.3f}")
    chart.level(found.lower, f"lower limit {found.lower:+.3f}")
    return chart.text()


def _days(day: FloatArray) -> tuple[float, float]:
    first, last = float(day.min()), float(day.max())
    return first - 1.0, max(last, first + 7.0) + 1.0
