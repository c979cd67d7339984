"""Going to and fro in a recording while its analysis runs ahead: what is shown plays at its own speed through what has
been analysed, as it was known at each moment. Pure of threads: the clock's time is given, live.py holds a lock.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bartracker.coaching.cues import CueSettings
from bartracker.coaching.targets import Targets
from bartracker.events import Event, RepAnnounced
from bartracker.links.file_link import PlaybackSettings, checked_speed
from bartracker.links.link import PlaybackLink
from bartracker.live_cues import CueTrack
from bartracker.live_cursor import Cursor
from bartracker.live_history import History
from bartracker.live_state import LiveState, StateBuilder, StateSettings

# A moment gone to: its tempo phase is found again from so long before it, s.
_PHASE_LOOK_S = 10.0
# Going from rep to rep stops so long after each, s: its end is then on screen.
_AFTER_REP_S = 0.5
# A rep is before or after this moment if it is so far from it, s.
_SAME_S = 0.05


class Replay:
    """The link gives what it has as fast as the analysis takes it; its speed before that is the one shown.

    At infinite speed the newest is shown. A moment that has not been analysed yet is waited for, with the newest on
    screen meanwhile.
    """

    def __init__(self, link: PlaybackLink, settings: StateSettings) -> None:
        self._link = link
        self._settings = settings
        self._history = History()
        self._cursor = Cursor()
        self._cues = CueTrack(settings.cues)
        self._cued_s: float | None = None  # cues have been raised up to here
        self._sought_s: float | None = None
        self._speed, self._paused = link.speed, link.paused

    def begin(self) -> None:
        """Let the analysis run ahead."""
        self._link.paused, self._link.speed = False, math.inf

    def tell(self, exercise: str | None, targets: Targets) -> None:
        """What is lifted, and what is meant."""
        self._cues.tell(exercise, targets)

    def hear(self, settings: CueSettings) -> None:
        """Raise these cues from now on."""
        self._cues.hear(settings)

    def take(self, events: Sequence[Event], builder: StateBuilder, now_s: float) -> None:
        """What the analysis said, which `builder` has taken already."""
        before = self._history.span_s
        self._history.add(events, builder)
        span = self._history.span_s
        if span is None:
            return
        if before is None:
            self._cued_s = span[0]
            if self._paused or math.isfinite(self._speed):
                self._cursor.set(span[0], now_s)
        if self._sought_s is not None and span[1] >= self._sought_s:
            self._go(self._sought_s, now_s)

    def pause(self, paused: bool, builder: StateBuilder, now_s: float) -> None:
        """Hold what is shown, or go on."""
        self.advance(builder, now_s)
        self._paused = paused
        if paused and self._cursor.t_s is None and self._sought_s is None and builder.running:
            self._cursor.set(builder.head_s, now_s)

    def play_at(self, speed: float, builder: StateBuilder, now_s: float) -> None:
        """Show it so many times as fast as it was recorded; 0 or infinity: the newest. Raises BartrackerError for a
        speed that is not possible.
        """
        checked = checked_speed(speed, PlaybackSettings())
        self.advance(builder, now_s)
        self._speed = checked
        if math.isinf(self._speed) and not self._paused:
            self._cursor.set(None, now_s)
        elif self._cursor.t_s is None and self._sought_s is None and builder.running:
            self._cursor.set(builder.head_s, now_s)

    def seek(self, position_s: float, builder: StateBuilder, now_s: float) -> None:
        """Go to a moment, s since the recording's beginning."""
        span = self._history.span_s
        if span is None:
            return
        t_s = span[0] + min(max(position_s, 0.0), self._link.duration_s)
        if t_s <= span[1] or not builder.running:
            self._go(min(t_s, span[1]), now_s)
        else:
            self._sought_s = t_s
            self._cursor.set(None, now_s)

    def step_rep(self, steps: int, builder: StateBuilder, now_s: float) -> None:
        """Go to where the rep after (+1) or before (-1) this moment has just been lifted."""
        span, head_s = self._history.span_s, builder.head_s
        if span is None or head_s is None:
            return
        here_s = head_s if self._cursor.t_s is None else self._cursor.t_s
        ends = sorted(each.rep.concentric_end_s + _AFTER_REP_S for one in builder.sets for each in one.reps)
        later = [t_s for t_s in ends if t_s > here_s + _SAME_S]
        earlier = [t_s for t_s in ends if t_s < here_s - _SAME_S]
        chosen = later[:1] if steps > 0 else earlier[-1:]
        if chosen:
            self.seek(chosen[0] - span[0], builder, now_s)

    def advance(self, builder: StateBuilder, now_s: float) -> bool:
        """Bring what is shown up to the clock; returns whether it moved."""
        head_s = builder.head_s
        if head_s is None:
            return False
        speed = 0.0 if self._paused or math.isinf(self._speed) else self._speed
        moved = self._cursor.advance(now_s, speed, head_s, not builder.running)
        self._raise_cues(head_s if self._cursor.t_s is None else self._cursor.t_s)
        return moved

    @property
    def moving(self) -> bool:
        """Whether time alone changes what is shown."""
        return self._cursor.t_s is not None and not self._paused

    def shown(self, newest: LiveState) -> LiveState:
        """The state at the moment that is shown, of the newest one."""
        span, t_s = self._history.span_s, self._cursor.t_s
        # 0 until the file has been read.
        duration_s = self._link.duration_s or None
        state = replace(newest, paused=self._paused, speed=self._speed, duration_s=duration_s)
        if span is None:
            return replace(state, position_s=0.0, analysed_s=0.0)
        at_s = span[1] if t_s is None else t_s
        analysed_s = duration_s if newest.ended else span[1] - span[0]
        state = replace(
            state,
            position_s=at_s - span[0],
            analysed_s=analysed_s,
            cues=self._cues.cues,
            now=self._cues.now,
        )
        if t_s is None:
            return state
        notices, notice_count = self._history.notices_at(t_s)
        return replace(
            state,
            phase="running",
            motion=self._history.motion_at(t_s, self._settings.recent_s),
            sets=self._history.sets_at(t_s, newest.sets),
            notices=notices,
            notice_count=notice_count,
        )

    def _go(self, t_s: float, now_s: float) -> None:
        self._sought_s = None
        self._cued_s = None
        self._cursor.set(t_s, now_s)

    def _raise_cues(self, at_s: float) -> None:
        """Take what happened on the way to this moment; nothing of what was jumped over."""
        after_s, self._cued_s = self._cued_s, at_s
        if self._sought_s is not None:
            self._cued_s = None
        elif after_s is None or at_s < after_s:
            motion = self._history.motion_at(at_s, _PHASE_LOOK_S)
            # Going to and fro must be quick; 100 samples a second tell the phase.
            few = slice(None, None, max(1, round(len(motion) / (100.0 * _PHASE_LOOK_S))))
            self._cues.jump(motion.t_s[few], motion.vel_z_mps[few], motion.sigma_vel_z_mps[few])
        elif at_s > after_s:
            motion = self._history.motion_at(at_s, at_s - after_s)
            new = slice(int(np.searchsorted(motion.t_s, after_s, side="right")), None)
            self._cues.motion(motion.t_s[new], motion.vel_z_mps[new], motion.sigma_vel_z_mps[new])
            for t_s, event, sets in self._history.events_between(after_s, at_s):
                summary = (
                    next((one.summary for one in sets if one.index == event.set_index), None)
                    if isinstance(event, RepAnnounced)
                    else None
                )
                self._cues.event(t_s, event, summary)
