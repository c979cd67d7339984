"""The error of bytes that are not protocol v1. `reason` is the short word under which streams count it."""

from bartracker.errors import BartrackerError


class WireError(BartrackerError):
    """Bytes from a sensor that cannot be used; `reason` is one of the words listed in docs/protocol.md."""

    def __init__(self, reason: str, given: str, problem: str, remedy: str = "") -> None:
        self.reason = reason
        super().__init__(given, problem, remedy)
