"""Where a command shows what it does: `--view` and `--headless`, and whether there is a display."""

from typing import Annotated

import typer

from bartracker.cli import console
from bartracker.cli.options import WrongUseError

VIEWS = ("auto", "window", "terminal")


def _complete_view(incomplete: str) -> list[str]:
    return [view for view in VIEWS if view.startswith(incomplete)]


ViewOption = Annotated[
    str,
    typer.Option(
        "--view",
        metavar="KIND",
        help="window, terminal, or auto: the window where there is a display.",
        autocompletion=_complete_view,
    ),
]


def check_view(view: str, headless: bool) -> None:
    """Raises WrongUseError for a view there is none of, or one that nothing is to be shown in."""
    if view not in VIEWS:
        raise WrongUseError(f"--view {view}", "there is no such view", f"give {console.join_words(VIEWS)}")
    if headless and view != "auto":
        raise WrongUseError(f"--headless --view {view}", "contradict each other", "give one of them")


def chosen_view(view: str) -> str:
    """window or terminal; why it is the terminal is said where nobody chose."""
    if view != "auto":
        return view
    from bartracker.ui.window import display_available

    reason = display_available()
    if reason is None:
        return "window"
    console.say_remark("bartracker", f"shown in the terminal, {reason}")
    return "terminal"
