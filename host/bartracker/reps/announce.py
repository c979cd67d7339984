"""Reps as they happen: announced when the lifting phase has ended, completed when the return has. Past samples alone.

The whole-set look (whole_set.py) follows later and may revise. Runs once a hop; smooths the recent past only when the
online velocity has just swung back from a peak.
"""

from dataclasses import dataclass, replace

import numpy as np

from bartracker.events import Event, RepAnnounced, RepRevised, SetStarted
from bartracker.motion.online import HopMotion, OnlineMotion
from bartracker.motion.places import REST
from bartracker.motion.smoothed_motion import SmoothedMotion, Visit
from bartracker.reps.assemble import axis_of_rep, build_rep, with_return
from bartracker.reps.context import LiftContext
from bartracker.reps.holds import Hold, find_holds, hold_visits
from bartracker.reps.pairing import (
    FROM_THE_FLOOR,
    ORDER_OF,
    Candidate,
    Usual,
    counts,
    is_movement,
    kind_of,
    order_of_first_movement,
    pair,
    with_lesser,
    without_crawls,
)
from bartracker.reps.phases import Phase, find_phases
from bartracker.reps.settings import RepSettings
from bartracker.reps.whole_set import trace_of
from bartracker.results import Exercise, Order, Rep, RepKind
from bartracker.samples import BoolArray, FloatArray


@dataclass(slots=True)
class _Swing:
    """Zigzag of online vertical velocity: drift hardly touches it, so it tells when to look."""

    low: float = 0.0
    high: float = 0.0
    looking_since_s: float | None = None

    def take(self, t_s: float, vel_z_mps: float, settings: RepSettings) -> None:
        swing = settings.slowest_peak_mps
        self.high, self.low = max(self.high, vel_z_mps), min(self.low, vel_z_mps)
        turned_down = self.high - vel_z_mps > max(swing, settings.swing_back_share * (self.high - self.low))
        turned_up = vel_z_mps - self.low > max(swing, settings.swing_back_share * (self.high - self.low))
        if turned_down or turned_up:
            self.high = self.low = vel_z_mps
            self.looking_since_s = t_s


class RepAnnouncer:
    """State of the open set. `announced` are its reps as they were published, from past samples alone, never touched
    again; `reps` are the same with what has happened since.
    """

    def __init__(self, exercise: Exercise | None, settings: RepSettings, context: LiftContext | None = None) -> None:
        self.settings = settings
        self.context = context or LiftContext()
        self.exercise = exercise
        self.set_index = 1
        self.reps: list[Rep] = []
        self.announced: list[Rep] = []
        self._named_order: Order | None = ORDER_OF.get(exercise) if exercise else None
        self._order: Order | None = self._named_order
        self._swing = _Swing()
        self._since_s = -np.inf
        self._hops = 0

    @property
    def order(self) -> Order | None:
        return self._order

    def begin_next_set(self, since_s: float) -> None:
        """The set is over; what starts before since_s belongs to it."""
        self.set_index += 1
        self.reps = []
        self.announced = []
        self._order = self._named_order
        self._since_s = since_s

    def push(self, hop: HopMotion, online: OnlineMotion) -> list[Event]:
        now = float(hop.t_s[-1])
        self._swing.take(now, float(hop.vel_w_mps[-1, 2]), self.settings)
        self._hops += 1
        looking = self._swing.looking_since_s
        if looking is None or self._hops % 2:
            return []
        if now - looking > self.settings.look_for_s:
            self._swing.looking_since_s = None
            return []
        return self._look(now, online)

    def _look(self, now: float, online: OnlineMotion) -> list[Event]:
        since = max(now - self.settings.recent_s, self._since_s)
        settled = now - self.settings.settle_s
        t_s, vel_z_mps, resting = online.vertical_since(since)
        phases = find_phases(t_s, vel_z_mps, self.settings)
        held = find_holds(t_s, vel_z_mps, phases, self.settings)
        if held:
            phases = self._phases_of(online.smoothed_since(since, hold_visits(held, self.settings)))
        phases = without_crawls(phases, self.settings)
        phases = [p for p in phases if p.end_s <= settled and p.start_s > self._since_s]
        if self._named_order is None and not self.reps:
            large = any(phase.range_m >= self.settings.order_range_m for phase in phases)
            self._order = order_of_first_movement(phases, self.settings) if large else None
        if self._order is None:
            return []
        rests = t_s[1:][resting[1:] & ~resting[:-1]].tolist()
        candidates = pair(phases, self._order, rests, self.settings)
        usual = self._usual()
        if usual is not None:
            candidates = with_lesser(candidates, phases, self._order, rests, usual, self.settings)
        events: list[Event] = []
        last_end = self.reps[-1].concentric_end_s if self.reps else -np.inf
        for candidate in candidates:
            begins = candidate.concentric.peak_s > last_end
            if begins and self._may_be_pick_up(candidate, candidates, t_s, vel_z_mps, resting):
                continue
            if not begins and not self._completes_last(candidate):
                continue
            motion, candidate = self._seen_again(candidate, online, since, held)
            if candidate.concentric.end_s > settled or not self._is_lift(candidate):
                continue  # in better motion it still goes on, or is none
            if begins and 0.5 * (candidate.concentric.start_s + candidate.concentric.end_s) < last_end:
                continue  # in better motion it is the last rep once more
            if begins:
                events += self._announce(motion, candidate, now)
                last_end = candidate.concentric.end_s
            else:
                events.append(self._complete(motion, candidate))
        return events

    def _phases_of(self, motion: SmoothedMotion) -> list[Phase]:
        return find_phases(motion.t_s, motion.vel_w_mps[:, 2], self.settings)

    def _is_lift(self, candidate: Candidate) -> bool:
        usual = self._usual()
        if usual is None:
            return is_movement(candidate.concentric, self.settings.smallest_range_m, self.settings)
        large = is_movement(candidate.concentric, usual.smallest_m(self.settings), self.settings)
        return large and counts(candidate, usual, self.settings)

    def _usual(self) -> Usual | None:
        """What full reps of the set so far are like, as far as their return is over."""
        full = [rep for rep in self.reps if rep.kind == "full" and rep.eccentric_end_s is not None]
        ranges = sorted(rep.rom_m for rep in full if rep.rom_m)
        peaks = sorted(rep.peak_velocity_mps for rep in full if rep.peak_velocity_mps)
        if not ranges or not peaks:
            return None
        return Usual(ranges[(len(ranges) - 1) // 2], peaks[(len(peaks) - 1) // 2])

    def _visits(self, candidate: Candidate) -> list[Visit]:
        """Moments of the recent past at which the bar was at one height: lock-outs, or starts of the lift."""
        sigma = self.settings.level_sigma_m
        if self._order == "eccentric-first":
            if candidate.kind != "full" or candidate.eccentric is None:
                return []
            moments = [rep.concentric_end_s for rep in self.reps if rep.kind == "full"]
            moments += [candidate.eccentric.start_s, candidate.concentric.end_s]
        else:
            # A new lift has begun: the bar is where the others began, whether or not their return was seen.
            moments = [rep.concentric_start_s for rep in self.reps] + [candidate.concentric.start_s]
            if self.exercise in FROM_THE_FLOOR:
                return [Visit(t_s, REST, sigma) for t_s in moments]
        return [Visit(t_s, "level", sigma) for t_s in moments] if len(moments) > 1 else []

    def _lock_outs(self, motion: SmoothedMotion, candidate: Candidate) -> list[Visit]:
        """The same of the ends of lifts from below, where so little is known of this one's range that it is likelier to
        have ended where the others did than where motion sees it.
        """
        lift = candidate.concentric
        unsure = motion.displacement_sigma_m(lift.start_s, lift.end_s)[0] > self.settings.unsure_range_m
        if self._order == "eccentric-first" or not unsure:
            return []
        moments = [rep.concentric_end_s for rep in self.reps if rep.kind == "full"]
        return [Visit(t_s, "lock-out", self.settings.lock_out_sigma_m) for t_s in (*moments, lift.end_s)]

    def _seen_again(
        self, candidate: Candidate, online: OnlineMotion, since: float, held: list[Hold]
    ) -> tuple[SmoothedMotion, Candidate]:
        """Better motion, and the candidate with its phases as they are in it."""
        visits = [*self._visits(candidate), *hold_visits(held, self.settings)]
        motion, candidate = self._with_visits(candidate, online, since, visits)
        if not held:
            # Motion that knows more may still take the moment before a lift for a part of it.
            held = find_holds(motion.t_s, motion.vel_w_mps[:, 2], self._phases_of(motion), self.settings)
            if held:
                visits += hold_visits(held, self.settings)
                motion, candidate = self._with_visits(candidate, online, since, visits)
        lock_outs = self._lock_outs(motion, candidate)
        if lock_outs:
            motion, candidate = self._with_visits(candidate, online, since, [*visits, *lock_outs])
        return motion, candidate

    def _with_visits(
        self, candidate: Candidate, online: OnlineMotion, since: float, visits: list[Visit]
    ) -> tuple[SmoothedMotion, Candidate]:
        motion = online.smoothed_since(since, visits)
        phases = self._phases_of(motion)

        def same(phase: Phase) -> Phase:
            alike = [p for p in phases if p.direction == phase.direction and p.start_s <= phase.peak_s < p.end_s]
            return alike[0] if alike else phase

        eccentric = candidate.eccentric
        return motion, replace(
            candidate, concentric=same(candidate.concentric), eccentric=None if eccentric is None else same(eccentric)
        )

    def _may_be_pick_up(
        self,
        candidate: Candidate,
        candidates: list[Candidate],
        t_s: FloatArray,
        vel_z_mps: FloatArray,
        resting: BoolArray,
    ) -> bool:
        """The first rise after true rest only brings a row to its start, unless the bar is put back after it: then
        each rep is lifted from the floor.
        """
        lift, named = candidate.concentric, self.exercise
        if self._order != "concentric-first" or named not in (None, "row") or self.reps:
            return False
        rested = t_s[resting & (t_s < lift.start_s)]
        if not len(rested) or any(rested[-1] < c.concentric.start_s < lift.start_s for c in candidates):
            return False
        if bool(resting[t_s > lift.end_s].any()):
            return False
        if named == "row":
            return True
        soon = lift.start_s - float(rested[-1]) < self.settings.pick_up_within_s
        after = t_s > lift.end_s
        height_m = np.cumsum(vel_z_mps[after]) * (t_s[-1] - t_s[0]) / max(1, len(t_s) - 1)
        returned = bool((height_m < -self.settings.returned_share * lift.range_m).any())
        return soon and lift.peak_mps < self.settings.pick_up_peak_mps and not returned

    def _announce(self, motion: SmoothedMotion, candidate: Candidate, now: float) -> list[Event]:
        kind = self._kind(candidate, motion)
        assert self._order is not None
        # A return seen in the same look was not part of what is announced: numbers are those of the lifting phase.
        known = candidate if self._order == "eccentric-first" else replace(candidate, eccentric=None)
        known = replace(known, kind=kind)
        axis = axis_of_rep(motion, known, self.context)
        rep = build_rep(motion, known, len(self.reps) + 1, self._order, now, self.settings, self.context, axis)
        events: list[Event] = [] if self.reps else [SetStarted(self.set_index, rep.start_s)]
        self.reps.append(rep)
        self.announced.append(rep)
        return [*events, RepAnnounced(self.set_index, rep, trace_of(motion, candidate.concentric))]

    def _kind(self, candidate: Candidate, motion: SmoothedMotion) -> RepKind:
        """Held against the set so far where there is one: online, the range of one lowering alone says little."""
        lifting, lowering, usual = candidate.concentric, candidate.eccentric, self._usual()
        assert self._order is not None
        if self._order == "eccentric-first" and lowering is not None:
            sigma, _ = motion.displacement_sigma_m(lowering.start_s, lifting.end_s)
            short = lifting.range_m + sigma < self.settings.matching_range * lowering.range_m
            candidate = replace(candidate, kind="failed" if short else "full")
        if usual is None:
            return candidate.kind
        if lifting.range_m >= self.settings.partial_share * usual.range_m:
            return "full"
        sigma, _ = motion.displacement_sigma_m(lifting.start_s, lifting.end_s)
        lifted = replace(candidate, eccentric=None)
        return kind_of(lifted, self._order, usual, self.settings, sigma)

    def _completes_last(self, candidate: Candidate) -> bool:
        last = self.reps[-1] if self.reps else None
        return (
            last is not None
            and last.eccentric_end_s is None
            and candidate.eccentric is not None
            and candidate.concentric.start_s < last.concentric_end_s
            and candidate.concentric.end_s > last.concentric_start_s
        )

    def _complete(self, motion: SmoothedMotion, candidate: Candidate) -> RepRevised:
        last, order = self.reps[-1], self._order
        assert order is not None
        whole = build_rep(motion, candidate, last.index, order, last.announced_s, self.settings, self.context)
        # The lifting phase stays as announced; only the return is new.
        rep = with_return(last, whole)
        self.reps[-1] = rep
        return RepRevised(self.set_index, rep.index, rep, "the return has ended")
