"""What is said before there are samples, and after a failure: words and choices, the same in window and terminal. No
drawing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bartracker.links.sensor_link import LinkState
from bartracker.live_state import LiveState
from bartracker.ui import wording

VIRTUAL_URI = "sim://squat?reps=5&load_kg=100&seed=1&tempo=3-1-X-0"


@dataclass(frozen=True, slots=True)
class Choice:
    """A key, what it does in words, and the source it opens: a URI, "" for the same again, None for a scan."""

    key: str
    words: str
    uri: str | None


@dataclass(frozen=True, slots=True)
class StartPage:
    """Title, text and choices. `failed`: it stands for an error."""

    title: str
    text: str
    choices: tuple[Choice, ...]
    failed: bool = False


_VIRTUAL = Choice("V", "lift with the virtual sensor: no hardware needed", VIRTUAL_URI)
_AGAIN = Choice("Enter", "try again", "")
_SCAN = Choice("N", "list the sensors that are near", None)


def start_page(
    state: LiveState, near: Sequence[tuple[str, str]] | None, scanning: bool, *, can_open: bool
) -> StartPage | None:
    """The page for a state, None once samples come. `near`: (name, URI) of the sensors a scan found, None before one.
    `can_open`: the choices can be carried out.
    """
    page = _page(state, near, scanning)
    if page is None or can_open:
        return page
    return StartPage(page.title, page.text, (), page.failed)


def _page(state: LiveState, near: Sequence[tuple[str, str]] | None, scanning: bool) -> StartPage | None:
    if len(state.motion) or any(each.reps for each in state.sets) or state.duration_s is not None:
        return None
    if scanning:
        return StartPage("Looking who is near", "This takes five seconds.", (_VIRTUAL,))
    if near is not None:
        return _near_page(near)
    if state.error is not None:
        return StartPage("That did not work", state.error, (_AGAIN, _SCAN, _VIRTUAL), failed=True)
    if state.link is None:
        return None
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
    choices = tuple(Choice(str(place), name, uri) for place, (name, uri) in enumerate(near[:4], start=1))
    return StartPage("Which sensor is on your bar?", "The strongest stands first.", (*choices, _SCAN, _VIRTUAL))
