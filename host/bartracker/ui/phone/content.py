"""What the phone page shows of a state, as plain values ready for JSON, in the words of the views. Pure."""

from bartracker.coaching.metrics import Metric
from bartracker.coaching.verdict import level_of
from bartracker.live_state import LiveState
from bartracker.ui import wording

MOST_BARS = 20


def phone_content(state: LiveState, metric: Metric, units: wording.Units = "kg") -> dict[str, object]:
    """Big number, verdict, bars, phase, alarm and the newest cue."""
    shown = state.sets[-1] if state.sets else None
    rep = shown.reps[-1].rep if shown is not None and shown.reps else None
    verdict = None if rep is None else wording.verdict(rep)
    alarm = wording.alarm(state)
    rest = wording.rest_s(state)
    loss = None if shown is None else shown.summary.velocity_loss_from_best
    cue = state.cues[-1] if state.cues else None
    bars: list[dict[str, object]] = []
    for each in shown.reps[-MOST_BARS:] if shown is not None else ():
        level = level_of(each.rep)
        value, text = metric.value(each.rep), metric.text(each.rep)
        bars.append({"n": each.rep.index, "v": value, "text": text, "level": level, "shape": wording.SHAPES[level]})
    return {
        "title": f"{wording.set_exercise(shown, state)} {wording.load(wording.set_load(shown, state), units)}".strip(),
        "metric": metric.name,
        "unit": metric.unit,
        "number": wording.UNKNOWN if rep is None else metric.text(rep),
        "sigma": "" if rep is None else metric.uncertainty(rep),
        "level": None if verdict is None else verdict.level,
        "shape": "" if verdict is None else wording.SHAPES[verdict.level],
        "verdict": "Watching for the first rep." if verdict is None else verdict.text,
        "set": wording.UNKNOWN if shown is None else wording.set_number(shown),
        "reps": wording.UNKNOWN if shown is None else wording.rep_count(shown.summary),
        "loss": wording.percent(loss),
        "rest": "" if rest is None else wording.clock(rest),
        "phase": wording.phase(state.now),
        "seconds": "" if state.now is None else wording.seconds(state.now.elapsed_s),
        "bars": bars,
        "band": list(state.targets.velocity_mps) if metric.key == "mv" and state.targets.velocity_mps else None,
        "alarm": None if alarm is None else {"text": alarm[0], "severity": alarm[1]},
        "cue": None if cue is None or cue.kind == "beat" else {"n": cue.number, "kind": cue.kind, "level": cue.level},
        "ended": state.ended,
    }
