"""What a view may ask of its surroundings: other sources, and places to keep things. The command line provides it; a
view without one only shows its session.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bartracker.live import LiveSession
from bartracker.session_edits import Edit


class Surroundings(Protocol):
    """Calls that may take long (`near`, `keep_edits`) are made in a thread of their own."""

    @property
    def folder(self) -> Path:
        """Where pictures and pages go."""
        ...

    def open(self, uri: str) -> LiveSession:
        """A new session, not started; "": the source that was asked for at first. Raises BartrackerError."""
        ...

    def near(self) -> Sequence[tuple[str, str]]:
        """Name and URI of the sensors that can be heard, the strongest first; takes seconds. Raises BartrackerError."""
        ...

    def keep_edits(self, edits: tuple[Edit, ...]) -> None:
        """Keep corrections beside the recording, where there is one. Raises BartrackerError."""
        ...
