"""Styles of the terminal view on dark and light ground, and the frame that its parts share."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from bartracker.coaching.verdict import Level
from bartracker.ui.preferences import ThemeName


@dataclass(frozen=True, slots=True)
class Ink:
    """Styles for a ground: up, down: phases; muted, edge: what only has to be there; band: ground of the target band;
    levels: verdicts, which always have a shape as well.
    """

    up: str
    down: str
    muted: str
    edge: str
    band: str
    levels: Mapping[Level, str]

    @property
    def severities(self) -> Mapping[str, str]:
        """Of remarks."""
        return {"info": self.muted, "warning": self.levels["watch"], "error": f"bold {self.levels['off']}"}


INKS: Mapping[ThemeName, Ink] = {
    "dark": Ink(
        "#56b4e9",
        "#e69f00",
        "grey66",
        "grey42",
        "on #16342c",
        {"good": "#1fbf92", "watch": "#f0e442", "off": "#f2703a"},
    ),
    "light": Ink(
        "#0072b2",
        "#a86200",
        "grey39",
        "grey62",
        "on #cfe9df",
        {"good": "#00785a", "watch": "#7d6500", "off": "#bf4400"},
    ),
}


def panel(content: RenderableType, title: str, ink: Ink) -> Panel:
    """Content in a frame with a title."""
    return Panel(content, title=f"[{ink.muted}]{title}[/]", title_align="left", border_style=ink.edge, padding=(0, 1))


def one_line(text: Text) -> Text:
    """The text, cut with an ellipsis where it is too long for its line."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
