"""What the phone page shows of a state, as plain values ready for JSON, in the words of the views. Pure."""

from bartracker.coaching.advice import advice
from bartracker.coaching.metrics import Metric
from bartracker.coaching.verdict import level_of
from bartracker.live_state import LiveSet, LiveState
from bartracker.ui import quantities, wording
from bartracker.ui.bar_scale import bar_scale

MOST_BARS = 20


def phone_content(state: LiveState, metric: Metric, units: quantities.Units = "kg") -> dict[str, object]:
    """Big number, verdict, bars with band and limit, phase, link, alarm, the newest cue; after a set its mean in place
    of the last rep, and what to do next.
    """
    shown = state.sets[-1] if state.sets else None
    rep = shown.reps[-1].rep if shown is not None and shown.reps else None
    verdict = None if rep is None else wording.verdict(rep)
    alarm = wording.alarm(state)
    rest = wording.rest_s(state)
    loss = None if shown is None else shown.summary.velocity_loss_from_best
    cue = state.cues[-1] if state.cues else None
    over = None if shown is None or not shown.reps else shown.result
    scale = bar_scale([each.rep for each in shown.reps] if shown is not None else (), metric, state.targets)
    bars: list[dict[str, object]] = []
    for each in shown.reps[-MOST_BARS:] if shown is not None else ():
        level = level_of(each.rep)
        value, text = metric.value(each.rep), metric.text(each.rep)
        bars.append({"n": each.rep.index, "v": value, "text": text, "level": level, "shape": wording.SHAPES[level]})
    told: dict[str, object] = {
        "metric": metric.name,
        "number": wording.UNKNOWN if rep is None else metric.text(rep),
        "sigma": "" if rep is None else metric.uncertainty(rep),
        "level": None if verdict is None else verdict.level,
        "shape": "" if verdict is None else wording.SHAPES[verdict.level],
        "verdict": "Watching for the first rep." if verdict is None else verdict.text,
        "next": [],
    }
    if verdict is None and wording.searching(state):
        told["verdict"] = "Searching for the sensor."
    if shown is not None and over is not None:
        summary = shown.summary
        told |= {
            "metric": f"Set {shown.index} done: mean velocity",
            "number": quantities.velocity(summary.mean_velocity_mps),
            "sigma": f"m/s, {summary.full_reps} reps, best {quantities.velocity(summary.best_mean_velocity_mps)}",
            "level": None,
            "shape": "",
            "verdict": "Next",
            "next": [*advice(over, state.targets), *wording.set_remarks(over)],
        }
    return told | {
        "title": " ".join(filter(None, _title(shown, state, units))),
        "unit": metric.unit,
        "link": wording.link_line(state),
        "set": wording.UNKNOWN if shown is None else wording.set_number(shown),
        "reps": wording.UNKNOWN if shown is None else wording.rep_count(shown.summary),
        "loss": quantities.percent(loss),
        "rest": "" if rest is None else quantities.clock(rest),
        "phase": "" if over is not None else wording.phase(state.now),
        "seconds": "" if state.now is None else quantities.seconds(state.now.elapsed_s),
        "bars": bars,
        "top": scale.top,
        "band": None if scale.band is None else list(scale.band),
        "limit": scale.limit,
        "alarm": None if alarm is None else {"text": alarm[0], "severity": alarm[1]},
        "cue": None if cue is None or cue.kind == "beat" else {"n": cue.number, "kind": cue.kind, "level": cue.level},
        "ended": state.ended,
    }


def _title(shown: LiveSet | None, state: LiveState, units: quantities.Units) -> tuple[str, ...]:
    athlete = state.athlete if shown is None or shown.athlete is None else shown.athlete
    warm_up = "warm-up" if shown is not None and shown.warm_up else ""
    return (
        wording.set_exercise(shown, state),
        quantities.load(wording.set_load(shown, state), units),
        warm_up,
        athlete or "",
    )
