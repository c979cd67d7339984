"""What to do next after a set, in plain words: the most important first. Pure; what is said follows from flags, targets
and losses alone.
"""

from collections import Counter

from bartracker.coaching.targets import Targets
from bartracker.results import RepSet

# A flag on fewer than this share of the reps is chance.
_OFTEN = 0.3
_MOST = 3
_BY_CODE = {
    "eccentric_fast": "Lower more slowly",
    "eccentric_slow": "Lower a little faster",
    "pause_missed": "Hold the pause",
    "pause_short": "Hold the pause longer",
    "depth_short": "Go down to your usual depth on every rep",
    "lockout_short": "Lock every rep out",
    "horizontal_drift": "Keep the bar over its start on the way up",
    "bar_tilt": "Push evenly with both sides: the bar tilts",
    "drift_trend": "Stand in one place: the bar wanders over the set",
    "sensor_slipped": "Tighten the sensor before the next set",
    "spinning_sleeve": "Move the sensor from the sleeve to the shaft",
    "samples_lost": "Bring the computer nearer: samples were lost",
    "clipped": "Put the bar down more gently, or set a larger range: the sensor was driven past its range",
}


def advice(done: RepSet, targets: Targets) -> tuple[str, ...]:
    """At most three things to do, the most important first; "Same again" where nothing is amiss."""
    said = [*_effort(done, targets), *_technique(done, targets)]
    return tuple(said[:_MOST]) or ("Same again.",)


def _effort(done: RepSet, targets: Targets) -> list[str]:
    summary, said = done.summary, list[str]()
    if summary.failed_reps:
        said.append("Take less load, or end a rep earlier: a rep failed.")
    loss, limit = summary.velocity_loss_from_best, targets.velocity_loss_limit
    if limit is not None and loss is not None and loss > limit:
        said.append(f"End the set sooner: {100 * loss:.0f} % slower at the end, {100 * limit:.0f} % is the limit.")
    mean, band = summary.mean_velocity_mps, targets.velocity_mps
    if band is not None and mean is not None and mean < band[0]:
        said.append(f"Take less load: {mean:.2f} m/s on average, {band[0]:g} to {band[1]:g} were meant.")
    elif band is not None and mean is not None and mean > band[1]:
        said.append(f"Take more load: {mean:.2f} m/s on average, {band[0]:g} to {band[1]:g} were meant.")
    return said


def _technique(done: RepSet, targets: Targets) -> list[str]:
    counts = Counter(code for rep in done.reps for code in {flag.code for flag in rep.flags if flag.verdict == "yes"})
    of_set = [flag.code for flag in done.flags if flag.verdict == "yes"]
    said = [f"{_BY_CODE[code]}." for code in of_set if code in _BY_CODE]
    for code, count in counts.most_common():
        if code in _BY_CODE and (count >= _OFTEN * len(done.reps) or len(done.reps) < 4):
            said.append(f"{_BY_CODE[code]}{_meant(code, targets)}: {count} of {len(done.reps)} reps.")
    rare = [code for code, count in counts.items() if code in _BY_CODE and count < _OFTEN * len(done.reps)]
    if rare and not said:
        rep = next(each for each in done.reps if any(flag.code == rare[0] for flag in each.flags))
        said.append(f"{_BY_CODE[rare[0]]}{_meant(rare[0], targets)}, as in the other reps: not so in rep {rep.index}.")
    return said


def _meant(code: str, targets: Targets) -> str:
    if targets.tempo is not None and code.startswith("eccentric") and targets.tempo.eccentric_s is not None:
        return f", {targets.tempo.eccentric_s:g} s are meant"
    return ""
