"""All that the analysis of a recording has said so far, so that a view can go to and fro in it: motion in compact
columns, events, and the sets and notices as they stood after each. Kept for recordings only: a live sensor's memory
stays flat.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.events import Event, MotionUpdate, Notice, SetFinished
from bartracker.live_state import LiveSet, RecentMotion, StateBuilder
from bartracker.results import RepSet

_FIRST_ROWS = 1 << 16
OVER_AFTER_S = 3.0
"""A set that is known to be over is shown so once its last rep has been read, s."""


@dataclass(frozen=True, slots=True)
class _Moment:
    events: tuple[Event, ...]
    sets: tuple[LiveSet, ...]
    notices: tuple[Notice, ...]
    notice_count: int


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
        self._finished: list[SetFinished] = []

    @property
    def span_s(self) -> tuple[float, float] | None:
        """First and last time, None while there is nothing."""
        return (float(self._t_s[0]), float(self._t_s[self._rows - 1])) if self._rows else None

    def add(self, events: Sequence[Event], builder: StateBuilder) -> None:
        """Take what the pipeline said, which `builder` has taken already."""
        for event in events:
            if isinstance(event, MotionUpdate):
                self._add_motion(event)
        self._finished += [event for event in events if isinstance(event, SetFinished)]
        others = tuple(event for event in events if not isinstance(event, MotionUpdate))
        span = self.span_s
        if others:
            self._times.append(span[1] if span else float("-inf"))
            self._moments.append(_Moment(others, builder.sets, builder.notices, builder.notice_count))

    def motion_at(self, t_s: float, recent_s: float) -> RecentMotion:
        """The motion of the last recent_s before t_s."""
        first, last = np.searchsorted(self._t_s[: self._rows], (t_s - recent_s, t_s + 1e-9))
        part = slice(int(first), int(last))
        vel, height, sigma_vel, sigma_height = self._values[:, part].astype(np.float64)
        return RecentMotion(self._t_s[part].copy(), vel, height, sigma_vel, sigma_height, self._resting[part].copy())

    def sets_at(self, t_s: float, newest: Sequence[LiveSet]) -> tuple[LiveSet, ...]:
        """The sets as they stood then; one that was over by then as it reads now, since its second look came later."""
        over = {each.index: each for each in newest if each.result is not None and _over_at_s(each.result) <= t_s}
        moment = self._moment(t_s)
        shown = [over.pop(each.index, each) for each in (moment.sets if moment else ())]
        return tuple(sorted([*shown, *over.values()], key=lambda each: each.index))

    def notices_at(self, t_s: float) -> tuple[tuple[Notice, ...], int]:
        """The newest notices then, and how many there had been."""
        moment = self._moment(t_s)
        return (moment.notices, moment.notice_count) if moment else ((), 0)

    def events_between(self, after_s: float, until_s: float) -> list[tuple[float, Event, tuple[LiveSet, ...]]]:
        """What happened after one moment, up to and with another, and the sets as they then stood; the end of a set
        where `sets_at` begins to show it.
        """
        first, last = (bisect_right(self._times, t_s) for t_s in (after_s, until_s))
        happened: list[tuple[float, Event, tuple[LiveSet, ...]]] = [
            (self._times[place], event, self._moments[place].sets)
            for place in range(first, last)
            for event in self._moments[place].events
            if not isinstance(event, SetFinished)
        ]
        happened += [
            (t_s, event, ()) for event in self._finished if after_s < (t_s := _over_at_s(event.rep_set)) <= until_s
        ]
        return sorted(happened, key=lambda each: each[0])

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


def _over_at_s(result: RepSet) -> float:
    """When a set whose second look is known is shown as over."""
    return result.end_s + OVER_AFTER_S
