"""All that a recording has shown so far, so that a view can go back in it: motion in compact columns, and the sets and
notices as they stood after each change. Kept for recordings only: a live sensor's memory stays flat.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.events import Event, MotionUpdate, Notice
from bartracker.live_state import LiveSet, RecentMotion, StateBuilder

_FIRST_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class _Moment:
    sets: tuple[LiveSet, ...]
    notices: tuple[Notice, ...]


class History:
    """Motion and changes in order of time. Not thread-safe: live.py holds its lock around it.

    A sample takes 29 bytes: an hour at 400 Hz is 42 MB.
    """

    def __init__(self) -> None:
        self._t_s = np.empty(_FIRST_ROWS)
        self._values = np.empty((4, _FIRST_ROWS), dtype=np.float32)
        self._resting = np.zeros(_FIRST_ROWS, dtype=np.bool_)
        self._rows = 0
        self._times: list[float] = []
        self._moments: list[_Moment] = []

    @property
    def span_s(self) -> tuple[float, float] | None:
        """First and last time, None while there is nothing."""
        return (float(self._t_s[0]), float(self._t_s[self._rows - 1])) if self._rows else None

    def add(self, events: Sequence[Event], builder: StateBuilder) -> None:
        """Take what the pipeline said, which `builder` has taken already."""
        changed = False
        for event in events:
            if isinstance(event, MotionUpdate):
                self._add_motion(event)
            else:
                changed = True
        span = self.span_s
        if changed:
            self._times.append(span[1] if span else float("-inf"))
            self._moments.append(_Moment(builder.sets, builder.notices))

    def motion_at(self, t_s: float, recent_s: float) -> RecentMotion:
        """The motion of the last recent_s before t_s."""
        first, last = np.searchsorted(self._t_s[: self._rows], (t_s - recent_s, t_s + 1e-9))
        part = slice(int(first), int(last))
        vel, height, sigma_vel, sigma_height = self._values[:, part].astype(np.float64)
        return RecentMotion(self._t_s[part].copy(), vel, height, sigma_vel, sigma_height, self._resting[part].copy())

    def sets_at(self, t_s: float, newest: Sequence[LiveSet]) -> tuple[LiveSet, ...]:
        """The sets as they stood then; one that was over by then as it reads now, since its second look came later."""
        over = {each.index: each for each in newest if each.result is not None and each.result.end_s <= t_s}
        moment = self._moment(t_s)
        shown = [over.pop(each.index, each) for each in (moment.sets if moment else ())]
        return tuple(sorted([*shown, *over.values()], key=lambda each: each.index))

    def notices_at(self, t_s: float) -> tuple[Notice, ...]:
        """The newest notices then."""
        moment = self._moment(t_s)
        return moment.notices if moment else ()

    def _moment(self, t_s: float) -> _Moment | None:
        place = bisect_right(self._times, t_s)
        return self._moments[place - 1] if place else None

    def _add_motion(self, update: MotionUpdate) -> None:
        count = len(update.t_s)
        needed = self._rows + count
        if needed > len(self._t_s):
            more = max(needed, 2 * len(self._t_s)) - self._rows
            self._t_s = np.concatenate((self._t_s[: self._rows], np.empty(more)))
            self._resting = np.concatenate((self._resting[: self._rows], np.zeros(more, dtype=np.bool_)))
            kept = self._values[:, : self._rows]
            self._values = np.concatenate((kept, np.empty((4, more), dtype=np.float32)), axis=1)
        place = slice(self._rows, needed)
        self._t_s[place] = update.t_s
        self._values[0, place] = update.vel_w_mps[:, 2]
        self._values[1, place] = update.pos_w_m[:, 2]
        self._values[2, place] = update.sigma_vel_w_mps[:, 2]
        self._values[3, place] = update.sigma_pos_w_m[:, 2]
        self._resting[place] = update.resting
        self._rows = needed
