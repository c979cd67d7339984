"""What is said before there are samples, after a failure, and of a sensor that is new here: words and choices. No
drawing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from bartracker.errors import BartrackerError
from bartracker.links.sensor_link import LinkState
from bartracker.live_state import LiveState
from bartracker.ui import wording
from bartracker.ui.sources import SensorAtHand

VIRTUAL_URI = "sim://squat?reps=5&load_kg=100&seed=1&tempo=3-1-X-0"

Act: TypeAlias = Literal[
    "open",
    "scan",
    "take-name",
    "skip-name",
    "ask-name",
    "calibrate",
    "begin",
    "check",
    "later",
    "close",
    "keep",
    "leave",
    "again",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """A key, what it does in words, and what that is; `uri`: of the source that is opened, "" for the same again."""

    key: str
    words: str
    act: Act
    uri: str = ""


@dataclass(frozen=True, slots=True)
class StartPage:
    """Title, text and choices. `failed`: it stands for an error. `asks`: what a line is typed for, from `typed` on."""

    title: str
    text: str
    choices: tuple[Choice, ...]
    failed: bool = False
    asks: str = ""
    typed: str = ""


_VIRTUAL = Choice("V", "lift with the virtual sensor: no hardware needed", "open", VIRTUAL_URI)
_AGAIN = Choice("Enter", "try again", "open")
_SCAN = Choice("N", "list the sensors that are near", "scan")
_OTHERS = Choice("N", "another sensor: list those that are near", "scan")
_CLOSE = Choice("Esc", "back to the set", "close")
_CALIBRATE = Choice("C", "calibrate it: three minutes on a table", "calibrate")


def start_page(
    state: LiveState, near: Sequence[tuple[str, str]] | None, scanning: bool, *, can_open: bool
) -> StartPage | None:
    """The page for a state, None once samples come. `near`: (name, URI) of the sensors a scan found, None before one.
    `can_open`: the choices can be carried out.
    """
    page = _page(state, near, scanning)
    if page is None or can_open:
        return page
    return replace(page, choices=())


def naming_page(sensor: SensorAtHand) -> StartPage:
    """A sensor is to get a name."""
    text = (
        "It is kept on this computer and shown wherever the sensor is. "
        "Something you can tell apart in the gym: the rack, the bar, a colour."
    )
    choices = (Choice("Enter", "call it this", "take-name"), Choice("Esc", "not now", "skip-name"))
    title = "What shall this sensor be called?" if sensor.new else f"A new name for {sensor.label}"
    return StartPage(title, text, choices, asks="Name of the sensor", typed="" if sensor.new else sensor.label)


def offer_page(sensor: SensorAtHand) -> StartPage:
    """A sensor without a calibration, first seen."""
    text = (
        "Calibrating halves the error of velocities. It takes three minutes on a table, once; you are led step by "
        "step. Without it everything works, only less certain."
    )
    later = Choice("Enter", "later: begin with the first set", "later")
    return StartPage(f"Calibrate {sensor.label} now?", text, (_CALIBRATE, later))


def place_page(latitude_deg: float | None) -> StartPage:
    """Before a calibration: gravity there sets the accelerometer's scale. `latitude_deg`: as told before."""
    text = (
        "Gravity sets the scale of what is measured, and differs by half a percent between equator and poles. With "
        "your latitude, to a degree, the scale is known to 0.01 %; left empty, to 0.15 %."
    )
    choices = (Choice("Enter", "begin", "begin"), Choice("Esc", "not now", "close"))
    typed = "" if latitude_deg is None else f"{latitude_deg:g}"
    return StartPage("Where are you?", text, choices, asks="Latitude in degrees, for example 48.1", typed=typed)


def latitude_of(text: str) -> float | None:
    """A latitude as a person types it, degrees: "48.1", "48,1 N", "33.9s"; None where nothing was typed. Raises
    BartrackerError.
    """
    said = text.strip().replace(",", ".").replace("°", " ")
    if not said:
        return None
    south = said[-1:] in "sS"
    try:
        degrees = float(said.rstrip("nNsS "))
    except ValueError:
        raise BartrackerError(f"latitude {text.strip()[:20]!r}", "is no number", "write for example 48.1") from None
    if not abs(degrees) <= 90.0:
        raise BartrackerError(f"latitude {degrees:g}", "is on no map", "give degrees from -90 to 90")
    return -degrees if south else degrees


def sensor_page(sensor: SensorAtHand | None) -> StartPage:
    """What can be done with the sensor between sets."""
    if sensor is None:
        text = (
            "What is shown comes from a recording or from the virtual sensor. A sensor of your own is found from here."
        )
        return StartPage("Sensor", text, (replace(_OTHERS, words=_SCAN.words), _CLOSE))
    calibrated = sensor.calibrated_utc
    text = f"Calibrated {calibrated[:10]}." if calibrated else "Not calibrated: velocities are less certain."
    check = Choice("K", "check its calibration: 20 seconds at rest", "check")
    again = replace(_CALIBRATE, words="calibrate it again: three minutes on a table") if calibrated else _CALIBRATE
    name = Choice("A", "another name", "ask-name")
    return StartPage(sensor.label, text, (name, again, *((check,) if calibrated else ()), _OTHERS, _CLOSE))


def refused_page(page: StartPage, problem: str, typed: str) -> StartPage:
    """The same page with what was wrong about the line that was typed."""
    return replace(page, text=problem, failed=True, typed=typed)


def scan_failed_page(problem: str) -> StartPage:
    """Nobody could be looked for."""
    return StartPage(
        "Sensors cannot be looked for", problem, (replace(_SCAN, words="look again"), _VIRTUAL), failed=True
    )


def _page(state: LiveState, near: Sequence[tuple[str, str]] | None, scanning: bool) -> StartPage | None:
    if scanning:
        return StartPage("Looking who is near", "This takes five seconds.", (_VIRTUAL,))
    if near is not None:
        return _near_page(near)
    if len(state.motion) or any(each.reps for each in state.sets) or state.duration_s is not None:
        return None
    if state.error is not None:
        return StartPage("That did not work", state.error, (_AGAIN, _SCAN, _VIRTUAL), failed=True)
    if state.link is None:
        reading = state.speed is not None and not state.ended
        return StartPage("Opening the recording", f"{state.label} is being read.", ()) if reading else None
    if state.link.state is LinkState.SEARCHING:
        text = (
            "Switch the sensor on and bring it near. It is found by itself; if there are several, choose one. "
            "A new board gets its firmware with: bartracker flash"
        )
        return StartPage("Looking for your sensor", text, (_SCAN, _VIRTUAL))
    if state.link.state is LinkState.CONNECTING:
        return StartPage("Connecting", f"{wording.capital(state.link.words)}. This takes a few seconds.", (_VIRTUAL,))
    return None


def _near_page(near: Sequence[tuple[str, str]]) -> StartPage:
    if not near:
        text = (
            "No sensor was heard. Switch it on, bring it near, and look again. "
            "A sensor in use by another computer cannot be seen."
        )
        return StartPage("Nobody is near", text, (_SCAN, _VIRTUAL))
    choices = tuple(Choice(str(place), name, "open", uri) for place, (name, uri) in enumerate(near[:4], start=1))
    again = replace(_SCAN, words="look again")
    return StartPage("Which sensor is on your bar?", "The strongest stands first.", (*choices, again, _VIRTUAL))
