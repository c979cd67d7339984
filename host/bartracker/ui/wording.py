"""How reps, sets, link and remarks are worded on screen: one place, so that window and terminal say the same. How
quantities are written is quantities.py's; no drawing lives here.
"""

from dataclasses import dataclass

from bartracker.coaching import tempo_of
from bartracker.coaching.metrics import UNKNOWN
from bartracker.coaching.phase_clock import PhaseNow
from bartracker.coaching.verdict import Level, level_of
from bartracker.links.sensor_link import LinkHealth, LinkState
from bartracker.live_state import LiveSet, LiveState
from bartracker.results import Flag, Rep, RepSet, SetSummary
from bartracker.ui.quantities import (
    Units,
    centimetres,
    clock,
    load,
    percent,
    seconds,
    speed,
    velocity,
    velocity_with_sigma,
    with_unit,
)

_ALL_S = 1.0  # a recording analysed to so near its end counts as whole
LOW_BATTERY_PERCENT = 15
REST_FROM_S = 10.0  # the bar at rest between two reps is no rest between sets

_EXERCISE_NAMES = {
    "squat": "Squat",
    "bench": "Bench press",
    "ohp": "Overhead press",
    "deadlift": "Deadlift",
    "row": "Barbell row",
    "clean": "Clean",
    "snatch": "Snatch",
    "other": "Lift",
}

REP_COLUMNS = ("Rep", "Kind", "Mean m/s", "Peak m/s", "ROM cm", "Lowering s", "Pause s", "Tempo", "Remarks")
SHAPES: dict[Level, str] = {"good": "●", "watch": "▲", "off": "■"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of a rep at a glance: `level` picks colour and shape, `text` says why."""

    level: Level
    text: str


def place_in_recording(state: LiveState) -> str:
    """ "0:12 / 1:00:00 · analysed to 8:20": where a recording stands; the last part until all of it is analysed."""
    position_s, duration_s = state.position_s or 0.0, state.duration_s or 0.0
    words = f"{clock(position_s)} / {clock(duration_s)}"
    ahead = state.analysed_s is not None and state.analysed_s < duration_s - _ALL_S
    return f"{words} · analysed to {clock(state.analysed_s or 0.0)}" if ahead else words


def exercise(name: str | None) -> str:
    """The exercise as a lifter says it; None is still to be found out."""
    return "Finding the lift" if name is None else _EXERCISE_NAMES.get(name, name)


def tempo(rep: Rep) -> str:
    """Eccentric - bottom pause - concentric - top pause in whole seconds; X as fast as possible, ? not known yet."""
    return tempo_of(rep)


def remarks(rep: Rep) -> str:
    """The rep's flags as sentences in one line; a borderline one says so. Flags that only explain a missing number are
    left out.
    """
    return "; ".join(
        f"{flag.text} (borderline)" if flag.verdict == "borderline" else flag.text for flag in _remarkable(rep)
    )


def verdict(rep: Rep) -> Verdict:
    """The level and what to say of it."""
    level, text = level_of(rep), remarks(rep)
    if rep.kind != "full":
        return Verdict(level, f"{rep.kind.capitalize()} rep" + (f": {text}" if text else ""))
    return Verdict(level, capital(text) if text else "Good rep")


def rep_row(rep: Rep) -> tuple[str, ...]:
    """One row of the rep table, in the order of REP_COLUMNS."""
    return (
        str(rep.index),
        rep.kind,
        velocity_with_sigma(rep.mean_velocity_mps, rep.sigma.get("mean_velocity_mps")),
        velocity(rep.peak_velocity_mps),
        centimetres(rep.rom_m),
        seconds(rep.eccentric_duration_s),
        seconds(rep.turn_pause_s),
        tempo(rep),
        remarks(rep),
    )


def rep_line(set_index: int, rep: Rep) -> str:
    """A rep in one plain line, for where nothing can be drawn."""
    mean = velocity_with_sigma(rep.mean_velocity_mps, rep.sigma.get("mean_velocity_mps"))
    parts = [
        f"set {set_index} rep {rep.index}",
        f"mean {mean} m/s",
        f"peak {velocity(rep.peak_velocity_mps)} m/s",
        f"range {centimetres(rep.rom_m)} cm",
        f"tempo {tempo(rep)}",
        verdict(rep).text,
    ]
    return "  ".join(parts)


def summary_line(shown: LiveSet, state: LiveState, units: Units = "kg") -> str:
    """A finished set in one plain line."""
    summary = shown.summary
    title = " ".join(part for part in (set_exercise(shown, state), load(set_load(shown, state), units)) if part)
    reps = f"{summary.full_reps} rep{'' if summary.full_reps == 1 else 's'}{_others(summary)}"
    line = (
        f"Set {shown.index}: {title}, {reps}, mean {velocity(summary.mean_velocity_mps)} m/s, "
        f"best {velocity(summary.best_mean_velocity_mps)} m/s, {velocity_loss(summary)}"
    )
    return "; ".join([line, *set_remarks(shown.result)])


def set_remarks(result: RepSet | None) -> list[str]:
    """The flags of a whole set as sentences; a borderline one says so."""
    flags = () if result is None else result.flags
    return [f"{flag.text} (borderline)" if flag.verdict == "borderline" else flag.text for flag in flags]


def rep_count(summary: SetSummary) -> str:
    """ "5", "4 + 1 partial": full reps first, the others named."""
    return f"{summary.full_reps}{_others(summary)}"


def velocity_loss(summary: SetSummary) -> str:
    """Both losses, each with what it is a loss from."""
    best, first = (
        percent(summary.velocity_loss_from_best),
        percent(summary.velocity_loss_from_first),
    )
    return f"velocity loss {best} from best, {first} from first"


def velocity_loss_pair(summary: SetSummary) -> str:
    """Both losses as two numbers, from best and from first: "18 % / 12 %"."""
    if summary.velocity_loss_from_best is None and summary.velocity_loss_from_first is None:
        return UNKNOWN
    return f"{percent(summary.velocity_loss_from_best)} / {percent(summary.velocity_loss_from_first)}"


def evenness(summary: SetSummary) -> str:
    """How alike the reps' velocities were: their coefficient of variation, "± 6 %"."""
    return UNKNOWN if summary.mean_velocity_cv is None else f"± {percent(summary.mean_velocity_cv)}"


def set_number(shown: LiveSet) -> str:
    """ "2", and "2, done" once it is over."""
    return str(shown.index) if shown.result is None else f"{shown.index}, done"


def set_values(shown: LiveSet | None) -> tuple[str, ...]:
    """Set number, reps, mean velocity, best and both velocity losses, as the header of a set shows them."""
    if shown is None:
        return (UNKNOWN,) * 5
    summary = shown.summary
    return (
        set_number(shown),
        rep_count(summary),
        with_unit(velocity(summary.mean_velocity_mps), "m/s"),
        with_unit(velocity(summary.best_mean_velocity_mps), "m/s"),
        velocity_loss_pair(summary),
    )


def rest_s(state: LiveState) -> float | None:
    """How long the bar has been left alone since the last rep, s; None while a set is lifted and before the first."""
    last = next((each for each in reversed(state.sets) if each.reps), None)
    if last is None or not len(state.motion):
        return None
    rep = last.reps[-1].rep
    since = float(state.motion.t_s[-1]) - (rep.end_s or rep.concentric_end_s)
    return since if since >= REST_FROM_S or last.result is not None else None


def alarm(state: LiveState) -> tuple[str, str] | None:
    """What must be seen at once, in words with a next step, and its severity; None where all is well."""
    if state.error is not None:
        return state.error, "error"
    link = state.link
    if link is None or state.ended:
        return None
    if link.state in (LinkState.LOST, LinkState.RECONNECTING):
        return "The sensor is lost. Bring it near; it is searched for, and the set goes on when it is back.", "error"
    battery = None if link.status is None else link.status.battery_percent
    if battery is not None and battery <= LOW_BATTERY_PERCENT:
        return f"The sensor's battery is at {battery} %. Charge it after this set.", "warning"
    return None


def searching(state: LiveState) -> bool:
    """Whether a sensor is still being looked for or connected."""
    link = state.link
    return not state.ended and link is not None and link.state in (LinkState.SEARCHING, LinkState.CONNECTING)


def phase(now: PhaseNow | None) -> str:
    """The tempo phase as it is said."""
    words = {"eccentric": "Down", "bottom": "Hold", "concentric": "Up", "top": "Hold"}
    return "" if now is None else words[now.phase]


def notice(shown: LiveSet | None, state: LiveState, units: Units = "kg") -> tuple[str, str]:
    """The one remark to show now and its severity ("info", "warning", "error"): an error before all, then what was
    said last.
    """
    if state.error is not None:
        return state.error, "error"
    newest = state.notices[-1] if state.notices else None
    if shown is not None and shown.result is not None and (newest is None or newest.t_s <= shown.result.end_s):
        return summary_line(shown, state, units), "info"
    if newest is not None:
        return f"{clock(newest.t_s)}  {newest.text}", newest.severity
    if state.phase == "running" and not any(each.reps for each in state.sets):
        return ("Searching for the sensor." if searching(state) else "Watching for the first rep."), "info"
    if state.phase == "finished" and not any(each.reps for each in state.sets):
        ended = "The recording has ended; no reps were found in it." if state.link is None else "No rep was found."
        return ended, "info"
    return "", "info"


def set_exercise(shown: LiveSet | None, state: LiveState) -> str:
    """What is being lifted; a guess says how sure it is."""
    result = None if shown is None else shown.result
    if shown is None or result is None:
        return exercise(shown.exercise if shown is not None and shown.exercise is not None else state.exercise)
    name = exercise(result.exercise)
    return name if result.exercise_confidence >= 1.0 else f"{name} ({percent(result.exercise_confidence)} sure)"


def set_load(shown: LiveSet | None, state: LiveState) -> float | None:
    """The load on the bar, kg."""
    if shown is not None and shown.result is not None:
        return shown.result.load_kg
    return shown.load_kg if shown is not None and shown.load_kg is not None else state.load_kg


def link_line(state: LiveState) -> str:
    """Where the samples come from and what that source is doing."""
    if state.phase == "failed":
        doing = "stopped"
    elif state.phase == "finished":
        doing = "ended"
    elif state.phase == "waiting":
        doing = "not started"
    elif state.paused:
        doing = "paused"
    elif state.link is not None:
        doing = sensor_link(state.link)
    else:
        doing = "live" if state.speed is None else f"playing {speed(state.speed)}"
    return f"{_shortened(state.label, 36)} · {doing}"


def sensor_link(health: LinkHealth) -> str:
    """How the link to a sensor is doing: state, battery, samples lost."""
    parts = [health.state.value]
    if health.status is not None and health.status.battery_percent is not None:
        parts.append(f"battery {health.status.battery_percent} %")
    parts.append(f"{health.statistics.lost_samples} lost")
    return ", ".join(parts)


def encodable(text: str, encoding: str) -> str:
    """The text as an output of that encoding can take it: what it lacks is spelt in ASCII."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        for character, plain in (("±", "+/-"), ("–", "-"), ("×", "x"), ("·", "-"), ("…", "...")):
            text = text.replace(character, plain)
        return text.encode("ascii", "replace").decode("ascii")
    return text


def _shortened(text: str, most: int) -> str:
    """The text with its middle left out where it is longer than `most` characters."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def _others(summary: SetSummary) -> str:
    counts = (("partial", summary.partial_reps), ("failed", summary.failed_reps))
    return "".join(f" + {count} {kind}" for kind, count in counts if count)


def _remarkable(rep: Rep) -> list[Flag]:
    return [flag for flag in rep.flags if flag.value is not None]


def capital(text: str) -> str:
    """With a capital letter at the beginning."""
    return text[:1].upper() + text[1:]
