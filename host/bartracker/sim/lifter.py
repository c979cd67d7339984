"""The virtual lifter: turns a plan into the bar's motion from the first still second to the last. The seven lifts are
made of the same few actions; their numbers stand in `exercises`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from bartracker.samples import FloatArray
from bartracker.sim.impact import Ground, Landing, dropped, lowered
from bartracker.sim.plan import RepPlan, SetPlan
from bartracker.sim.track import BarCharacter, BarMotion, Channel, Track, speed_profile

Interval: TypeAlias = tuple[float, float]
_AFTER_LANDING_S: Final = 1.1


@dataclass(frozen=True, slots=True)
class RepMark:
    """When the lifter did the two phases of a rep, s: brackets within which truth looks for the velocity peaks."""

    plan: RepPlan
    concentric: Interval
    eccentric: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A whole set: the bar's motion and the reps that were meant to be done."""

    motion: BarMotion
    marks: tuple[RepMark, ...]


def perform(plan: SetPlan, rng: np.random.Generator) -> Performance:
    """Let the lifter do a planned set."""
    lifter = _Lifter(plan, rng)
    before, rep, after = {
        "squat": (lifter.unrack, lifter.eccentric_first_rep, lifter.rerack),
        "bench": (lifter.unrack, lifter.eccentric_first_rep, lifter.rerack),
        "ohp": (lifter.unrack, lifter.concentric_first_rep, lifter.rerack),
        "deadlift": (lifter.get_ready, lifter.floor_rep, lifter.leave),
        "row": (lifter.pick_up, lifter.concentric_first_rep, lifter.set_down),
        "clean": (lifter.get_ready, lifter.olympic_rep, lifter.leave),
        "snatch": (lifter.get_ready, lifter.olympic_rep, lifter.leave),
    }[plan.exercise]
    return lifter.do(before, rep, after)


def _character(plan: SetPlan, rng: np.random.Generator) -> BarCharacter:
    return BarCharacter(
        sway_m=plan.model.sway_m * rng.uniform(0.7, 1.3),
        sway_rad=rng.uniform(0.004, 0.010),
        tremor_m=1e-5 * (1 + 2 * plan.intensity) * rng.uniform(0.5, 1.5),
        whip_hz=float(np.clip(12.0 - 6.5 * plan.intensity + rng.normal(0, 0.7), 5.0, 12.0)),
        whip_damping=rng.uniform(0.03, 0.07),
        sleeve_spin_radps=rng.uniform(0.2, 0.6),
    )


class _Lifter:
    """Acts along a running time `now_s`; every action moves it on."""

    def __init__(self, plan: SetPlan, rng: np.random.Generator) -> None:
        self._plan = plan
        self._rng = rng
        self._track = Track(_character(plan, rng), rng)
        self._marks: list[RepMark] = []
        self.now_s = rng.uniform(1.6, 2.8)
        self._held_since_s = 0.0
        self._top_m = 0.0
        bumper = plan.exercise in ("clean", "snatch")
        self._floor = Ground(
            contact_radps=rng.uniform(80, 120) if bumper else rng.uniform(140, 220),
            damping=rng.uniform(0.55, 0.80) if bumper else rng.uniform(0.65, 0.90),
            ring_per_mps=rng.uniform(15, 35) if bumper else rng.uniform(20, 50),
            ring_hz=rng.uniform(35, 80),
            ring_decay_s=rng.uniform(0.05, 0.12),
        )
        self._rack = Ground(
            contact_radps=rng.uniform(200, 300),
            damping=rng.uniform(0.6, 0.9),
            ring_per_mps=rng.uniform(40, 90),
            ring_hz=rng.uniform(50, 110),
            ring_decay_s=rng.uniform(0.03, 0.08),
        )

    def do(self, before: Callable[[], None], rep: Callable[[RepPlan], None], after: Callable[[], None]) -> Performance:
        before()
        for plan in self._plan.reps:
            rep(plan)
        after()
        self.now_s += self._rng.uniform(1.4, 2.2)
        return Performance(self._track.finish(self.now_s), tuple(self._marks))

    # Before and after the reps

    def grip(self) -> None:
        """Hands on the bar: it rolls and rocks a little where it lies."""
        rng = self._rng
        for _ in range(3):
            duration_s = rng.uniform(0.35, 0.7)
            self._track.bump(Channel.ROLL, self.now_s, duration_s, rng.normal(0, 0.05))
            self._track.bump(Channel.Y, self.now_s, duration_s, rng.normal(0, 0.006))
            self._track.bump(Channel.TILT, self.now_s, duration_s, rng.normal(0, 0.002))
            self._track.bump(Channel.YAW, self.now_s, duration_s, rng.normal(0, 0.004))
            self.now_s += rng.uniform(0.25, 0.5)
        self.now_s += rng.uniform(0.2, 0.5)

    def get_ready(self) -> None:
        """The bar lies on the floor; the plates roll a little while the lifter sets up."""
        self.grip()
        self._roll_on_floor(0.02)
        self.now_s += self._rng.uniform(0.3, 0.9)

    def unrack(self) -> None:
        rng = self._rng
        self.grip()
        self._held_since_s = self.now_s
        duration_s = rng.uniform(0.6, 0.9)
        self._go(Channel.Z, rng.uniform(0.045, 0.07), duration_s)
        self._go(Channel.TILT, rng.normal(0, 0.006), duration_s)
        self.now_s += duration_s
        if self._plan.exercise == "bench":
            self._go(Channel.Y, -rng.uniform(0.10, 0.22), duration_s + 0.2)
            self.now_s += duration_s + 0.2
        self.now_s += rng.uniform(0.2, 0.6)
        self._walk(-1.0)
        self.now_s += rng.uniform(0.8, 1.6)
        self._top_m = self._track.value[Channel.Z]

    def rerack(self) -> None:
        rng, track = self._rng, self._track
        self.now_s += rng.uniform(0.5, 1.0)
        self._walk(1.0)
        duration_s = rng.uniform(0.5, 0.8)
        for channel in (Channel.X, Channel.Y, Channel.ROLL, Channel.TILT, Channel.YAW):
            self._go(channel, -track.value[channel], duration_s)
        self.now_s += duration_s * 0.8
        landing = lowered(track.value[Channel.Z], rng.uniform(0.4, 0.7), rng.uniform(0.65, 0.85), self._rack)
        self._land(landing, self._rack)
        self.now_s += _AFTER_LANDING_S

    def pick_up(self) -> None:
        """Row: from the floor to hanging arms. Looks like a rep and is none."""
        rng = self._rng
        self.get_ready()
        self._held_since_s = self.now_s
        duration_s = rng.uniform(1.0, 1.5)
        self._go(Channel.Z, rng.uniform(0.35, 0.5), duration_s)
        self._go(Channel.ROLL, rng.normal(0, 0.1), duration_s)
        self.now_s += duration_s + rng.uniform(0.7, 1.4)
        self._top_m = self._track.value[Channel.Z]

    def set_down(self) -> None:
        self.now_s += self._rng.uniform(0.4, 1.0)
        self._lower_to_floor(self._rng.uniform(1.1, 1.6), self._rng.uniform(0.84, 0.95))
        self.now_s += _AFTER_LANDING_S

    def leave(self) -> None:
        """The bar stays on the floor."""
        self.now_s += self._rng.uniform(0.2, 0.6)

    # Reps

    def eccentric_first_rep(self, rep: RepPlan) -> None:
        """Squat, bench."""
        track = self._track
        depth = rep.rom_m * (rep.range_fraction if rep.kind == "partial" else 1.0)
        eccentric = self._phase(rep, Channel.Z, self._top_m - depth - track.value[Channel.Z], rep.eccentric_s)
        self._side_moves(rep, eccentric, down=True)
        self.now_s = eccentric[1] + rep.turn_s
        if rep.kind == "failed":
            concentric = self._fail(rep, track.value[Channel.Z])
            self.now_s += self._rng.uniform(0.8, 1.6)
            duration_s = self._rng.uniform(1.4, 2.2)
            self._go(Channel.Z, self._top_m - track.value[Channel.Z], duration_s)
            self._side_moves(rep, (self.now_s, self.now_s + duration_s), down=False)
            self.now_s += duration_s
        else:
            lockout = self._top_m + self._rng.normal(0, 0.002) - track.value[Channel.Z]
            concentric = self._phase(rep, Channel.Z, lockout, rep.concentric_s)
            self._side_moves(rep, concentric, down=False)
            self.now_s = concentric[1]
        self.now_s += max(0.05, rep.rest_s)
        self._marks.append(RepMark(rep, concentric, eccentric))

    def concentric_first_rep(self, rep: RepPlan) -> None:
        """Overhead press from the shoulders, row from hanging arms."""
        start_m = self._track.value[Channel.Z]
        if rep.kind == "failed":
            concentric = self._fail(rep, start_m)
            eccentric = (concentric[1], self.now_s)
        else:
            concentric = self._phase(rep, Channel.Z, rep.rom_m * rep.range_fraction, rep.concentric_s)
            self._side_moves(rep, concentric, down=False)
            self.now_s = concentric[1] + self._turn_s(rep)
            bottom = self._top_m + self._rng.normal(0, 0.003) - self._track.value[Channel.Z]
            eccentric = self._phase(rep, Channel.Z, bottom, rep.eccentric_s)
            self._side_moves(rep, eccentric, down=True)
            self.now_s = eccentric[1]
        self.now_s += rep.rest_s if self._plan.touch_and_go and rep.kind != "failed" else max(0.1, rep.rest_s)
        self._marks.append(RepMark(rep, concentric, eccentric))

    def floor_rep(self, rep: RepPlan) -> None:
        """Deadlift."""
        self._held_since_s = self.now_s
        if rep.kind == "failed":
            concentric = self._stall(rep)
            self.now_s = concentric[1] + self._rng.uniform(-0.05, 0.1)
        else:
            concentric = self._phase(rep, Channel.Z, rep.rom_m * rep.range_fraction, rep.concentric_s)
            self._side_moves(rep, concentric, down=False)
            self.now_s = concentric[1] + self._turn_s(rep)
        start_s = self.now_s
        self._lower_to_floor(rep.eccentric_s, self._rng.uniform(0.75, 0.92))
        if rep.kind != "failed":
            self._side_moves(rep, (start_s, self.now_s), down=True)
        self._marks.append(RepMark(rep, concentric, (start_s, self.now_s)))
        self._rest_on_floor(rep)

    def olympic_rep(self, rep: RepPlan) -> None:
        """Clean, snatch: pull, fall into the catch, recovery, hold, back to the floor."""
        rng, track = self._rng, self._track
        self._held_since_s = self.now_s
        fraction = rep.range_fraction if rep.kind == "partial" else 1.0
        if rep.kind == "failed":  # pulled high, but never caught
            fraction = rng.uniform(0.75, 0.92)
        pull_m = rep.rom_m * fraction
        profile = speed_profile(
            rep.concentric_s, self._plan.model.rise, self._plan.model.fall, 0.35, rng.uniform(0.3, 0.4), 0.12
        )
        concentric = self._phase(rep, Channel.Z, pull_m, rep.concentric_s, profile)
        track.bump(Channel.Y, self.now_s, 0.6 * rep.concentric_s, -0.5 * abs(rep.path_m))
        track.bump(Channel.Y, self.now_s + 0.5 * rep.concentric_s, 0.6 * rep.concentric_s, abs(rep.path_m))
        self._go(Channel.Y, rep.drift_m, rep.concentric_s)
        track.bump(Channel.ROLL, self.now_s, 0.8 * rep.concentric_s, rng.normal(0, 0.06))
        self.now_s = concentric[1]
        turned_rad = 0.0
        if rep.kind == "full":
            turned_rad = self._catch(rep)
        start_s = self.now_s
        if rep.kind != "partial" and (rep.kind == "failed" or rng.random() < 0.75):
            landing = dropped(track.value[Channel.Z], rng.uniform(0.03, 0.15), self._floor)
        else:
            landing = lowered(track.value[Channel.Z], rng.uniform(1.0, 1.5), rng.uniform(0.7, 0.85), self._floor)
        self._go(Channel.ROLL, -turned_rad, landing.descent_s)
        self._go(Channel.Y, -0.5 * track.value[Channel.Y], landing.descent_s)
        self._land(landing, self._floor)
        self._marks.append(RepMark(rep, concentric, (start_s, self.now_s)))
        self._rest_on_floor(rep)

    # Parts of reps

    def _phase(
        self, rep: RepPlan, channel: Channel, distance: float, duration_s: float, profile: FloatArray | None = None
    ) -> Interval:
        """Start one phase now; upward ones with the lift's profile and sticking region."""
        if profile is None:
            model = self._plan.model
            profile = (
                speed_profile(duration_s, model.rise, model.fall, rep.stick_depth, rep.stick_at, rep.stick_width)
                if distance > 0
                else speed_profile(duration_s, 2.0, self._rng.uniform(2.0, 2.4))
            )
        self._track.move(channel, self.now_s, distance, profile)
        return self.now_s, self.now_s + duration_s

    def _catch(self, rep: RepPlan) -> float:
        """Pull under, catch, stand up, hold; returns how far the bar has turned, rad."""
        rng = self._rng
        fall_m = rng.uniform(0.12, 0.28)
        fall_s = rng.uniform(0.34, 0.46)
        self._track.move(Channel.Z, self.now_s - 0.03, -fall_m, speed_profile(fall_s, 2.0, 1.6))
        turned_rad = rep.roll_rad
        self._track.move(Channel.ROLL, self.now_s - 0.1, turned_rad, speed_profile(rng.uniform(0.3, 0.45), 2.0, 2.0))
        self.now_s += fall_s + rng.uniform(0.15, 0.6)
        stand_s = rng.uniform(0.6, 1.3)
        rise_m = fall_m + rng.uniform(0.15, 0.35)
        self._track.move(Channel.Z, self.now_s, rise_m, speed_profile(stand_s, 2.0, 2.0, 0.3, 0.45))
        self.now_s += stand_s + rep.turn_s
        return turned_rad

    def _stall(self, rep: RepPlan) -> Interval:
        """An ascent that fades out below lock-out."""
        profile = speed_profile(rep.concentric_s, 2.0, 2.6)
        return self._phase(rep, Channel.Z, rep.rom_m * rep.range_fraction, rep.concentric_s, profile)

    def _fail(self, rep: RepPlan, bottom_m: float) -> Interval:
        """Stall, then sink back to where the ascent began."""
        concentric = self._stall(rep)
        self.now_s = concentric[1] + self._rng.uniform(-0.1, 0.1)
        back_s = self._rng.uniform(0.6, 1.0)
        self._go(Channel.Z, bottom_m - self._track.value[Channel.Z], back_s)
        self.now_s += back_s
        return concentric

    def _side_moves(self, rep: RepPlan, phase: Interval, *, down: bool) -> None:
        """What the path does besides up and down: the lift's own curve, the bar's roll, the lifter's drift."""
        rng, track = self._rng, self._track
        start_s, duration_s = phase[0], phase[1] - phase[0]
        track.move(Channel.ROLL, start_s, rep.roll_rad * (1 if down else -1), speed_profile(duration_s, 2.0, 2.0))
        if self._plan.exercise == "bench":
            curve = speed_profile(duration_s, 2.0, 2.2) if down else speed_profile(duration_s, 2.8, 2.0)
            track.move(Channel.Y, start_s, rep.path_m * (-1 if down else 1), curve)
        else:
            track.bump(Channel.Y, start_s, duration_s, rep.path_m * rng.normal(1.0, 0.1))
        if not down:
            track.move(Channel.Y, start_s, rep.drift_m, speed_profile(duration_s, 2.2, 2.0))
            track.move(Channel.Y, start_s + duration_s, -0.6 * rep.drift_m, speed_profile(0.5 + 0.5 * duration_s))
        track.bump(Channel.TILT, start_s, duration_s, rng.normal(0, 0.006))
        track.bump(Channel.YAW, start_s, duration_s, rng.normal(0, 0.006))

    def _turn_s(self, rep: RepPlan) -> float:
        """At the top of a concentric-first lift even a quick turn takes a moment."""
        return max(rep.turn_s, -0.1)

    def _lower_to_floor(self, duration_s: float, meeting: float) -> None:
        landing = lowered(self._track.value[Channel.Z], duration_s / meeting, meeting, self._floor)
        self._land(landing, self._floor)

    def _land(self, landing: Landing, ground: Ground) -> None:
        """Comes down from now on; afterwards it is the time of contact."""
        contact_s = self._track.land(self.now_s, landing, ground)
        self._track.hold(self._held_since_s, contact_s)
        self.now_s = contact_s

    def _rest_on_floor(self, rep: RepPlan) -> None:
        if self._plan.touch_and_go:
            self.now_s += max(0.02, rep.rest_s)
            return
        self.now_s += _AFTER_LANDING_S
        self._roll_on_floor(0.03)
        self.now_s += rep.rest_s

    def _roll_on_floor(self, size_m: float) -> None:
        """The plates roll; the shaft turns with them in part."""
        duration_s = self._rng.uniform(0.7, 1.2)
        distance_m = self._rng.normal(0, size_m) - 0.5 * self._track.value[Channel.Y]
        self._go(Channel.Y, distance_m, duration_s)
        self._go(Channel.ROLL, -distance_m / 0.225 * self._rng.uniform(0.2, 0.8), duration_s)
        self.now_s += duration_s

    def _walk(self, direction: float) -> None:
        """Steps away from (-1) or towards (+1) the rack: the bar bobs and sways."""
        rng = self._rng
        for step in range(self._plan.model.steps):
            duration_s = rng.uniform(0.5, 0.7)
            size = rng.uniform(0.08, 0.18) if step < 2 else rng.uniform(0.02, 0.05)
            side = 1.0 if step % 2 else -1.0
            self._go(Channel.Y, direction * size, 0.9 * duration_s)
            self._track.bump(Channel.Z, self.now_s, duration_s, rng.uniform(0.006, 0.02))
            self._track.bump(Channel.Z, self.now_s + 0.6 * duration_s, 0.35, -rng.uniform(0.002, 0.008))
            self._track.bump(Channel.X, self.now_s, 1.3 * duration_s, side * rng.uniform(0.005, 0.015))
            self._track.bump(Channel.TILT, self.now_s, 1.2 * duration_s, side * rng.uniform(0.005, 0.02))
            self._track.bump(Channel.YAW, self.now_s, 1.2 * duration_s, side * rng.uniform(0.0, 0.03))
            self.now_s += duration_s

    def _go(self, channel: Channel, distance: float, duration_s: float) -> None:
        """A plain movement from now on; does not move the time on."""
        self._track.move(channel, self.now_s, distance, speed_profile(duration_s))
