"""Sentences about a page, the same in terminal, report and window."""

from bartracker.history.pages import LiftPage


def headline(page: LiftPage) -> str:
    """The latest e1RM in one line, or why there is none."""
    found = page.estimates
    if page.refusal or found is None:
        return f"no 1RM estimated: {page.refusal}"
    low, high = found.interval_kg[-1]
    own = "the lifter's own" if found.mvt_sigma_mps == 0 else f"usual, ± {found.mvt_sigma_mps:g} between lifters"
    return (
        f"estimated 1RM {found.e1rm_kg[-1]:.1f} kg, 95 % between {low:.1f} and {high:.1f} kg "
        f"(mean velocity at 1RM {found.mvt_mps:g} m/s, {own})"
    )


def readiness_text(page: LiftPage) -> str:
    """The latest visit's warm-up against ordinary days in one line."""
    today = page.readiness
    if today is None or today.verdict == "unknown":
        return "readiness: too few visits before to say"
    how = {"below": "below", "ordinary": "within", "above": "above"}[today.verdict]
    return (
        f"readiness, latest warm-up: {today.difference_mps:+.3f} ± {today.sigma_mps:.3f} m/s, {how} ordinary days "
        f"(± {today.ordinary_sigma_mps:.3f} m/s over {today.days}); slower by more than matters: "
        f"{100 * today.probability_slower:.0f} %"
    )


def trend_text(page: LiftPage) -> str:
    """Strength over the last six weeks in one line."""
    trend = page.trend
    if trend is None:
        return "trend: too few visits in six weeks to say"
    low, high = (100 * (trend.change + side * 1.96 * trend.sigma) for side in (-1.0, 1.0))
    clear = "" if low > 0 or high < 0 else ": no clear trend"
    return f"last six weeks {100 * trend.change:+.1f} %, 95 % between {low:+.1f} and {high:+.1f} %{clear}"
