"""Where a view stands in a recording that has been played at least so far: follows the newest sample, or plays on from
a chosen moment behind it. Pure: the clock's time is given.
"""


class Cursor:
    """A moment of the recording's own clock, s; None while the newest is shown."""

    def __init__(self) -> None:
        self._t_s: float | None = None
        self._moved_s = 0.0

    @property
    def t_s(self) -> float | None:
        """The moment shown, None: the newest."""
        return self._t_s

    def set(self, t_s: float | None, now_s: float) -> None:
        """Show this moment, at the clock's now_s."""
        self._t_s, self._moved_s = t_s, now_s

    def advance(self, now_s: float, speed: float, head_s: float, ended: bool) -> bool:
        """Bring the moment up to the clock's now_s; speed 0 while paused. Once it reaches the newest of an ended
        recording it follows again. Returns whether it moved.
        """
        if self._t_s is None:
            return False
        step_s, self._moved_s = (now_s - self._moved_s) * speed, now_s
        if step_s <= 0.0:
            return False
        self._t_s = min(self._t_s + step_s, head_s)
        if ended and self._t_s >= head_s:
            self._t_s = None
        return True
