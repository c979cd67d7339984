"""How good strength over months is: virtual lifters' years, true 1RM and threshold known.

    python benchmarks/training_year.py [--sets N] [--lifters N] [--first SEED] [--error SET REP STATED] [--hard]

A year of sets through the pipeline would take days. So N virtual sets of each lift, light to heavy, go through the real
pipeline; the error of mean velocity that they show (common to a set, of each rep, and the uncertainty stated with it)
is then put on every rep of the years. --error takes it as given, in m/s, and skips the pipeline. --hard: days scatter
by 0.04 instead of 0.025 m/s, and strength changes by 1 to 4 % in six weeks instead of 3 to 7 %.

Estimates are those that a page showed at the time: each uses the sets up to its day alone. Threshold "told": the
lifter's own is known; "not told": the usual one with its scatter between lifters.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from accuracy import as_recorded, overlap
from bartracker.history.analysing import analyse
from bartracker.history.readiness import readiness
from bartracker.history.strength import change, estimates, track_strength, with_part
from bartracker.history.visits import Visits
from bartracker.samples import FloatArray
from bartracker.sim.exercises import SIMULATED_EXERCISES
from bartracker.sim.session import simulate_set
from bartracker.sim.training_year import MVT_OF_LIFTERS, TrainingYear, VelocityError, YearSettings, train_a_year

BLOCK_DAYS = 42
LOOKED_AT = (84, 168, 252, 364)
FEWEST_VISITS = 6


@dataclass(frozen=True, slots=True)
class Learned:
    """The error of mean velocity as the pipeline makes it: reps found of how many, bias, and its parts, m/s."""

    found: int
    reps: int
    bias_mps: float
    error: VelocityError


def learn_error(sets: int) -> Learned:
    """Virtual sets through the real pipeline, from 50 to 90 % of the lifter's best."""
    errors: list[list[float]] = []
    stated: list[float] = []
    reps = 0
    plan = [(lift, i) for lift in MVT_OF_LIFTERS for i in range(sets)]
    for lift, i in progress(plan, "pipeline", console=Console(stderr=True)):
        share = 0.5 + 0.4 * i / max(1, sets - 1)
        load = 2.5 * round(share * SIMULATED_EXERCISES[lift].one_rm_kg / 2.5)
        made = simulate_set(lift, reps=4, seed=7000 + i, load_kg=load, rate_hz=(100, 200)[i % 2])
        full = [rep for one in analyse(as_recorded(made)).analysis.sets for rep in one.reps if rep.kind == "full"]
        mine: list[float] = []
        for true in made.reps:
            reps += 1
            window = {"t_con0": true.t_con0, "t_con1": true.t_con1}
            near = [rep for rep in full if overlap(rep, window) >= 0.5 and rep.mean_velocity_mps is not None]
            if near and near[0].mean_velocity_mps is not None:
                mine.append(near[0].mean_velocity_mps - true.mcv)
                stated.append(near[0].sigma["mean_velocity_mps"])
        errors.append(mine)
    known = [np.array(one) for one in errors if len(one) > 1]
    within = float(np.mean([one.var(ddof=1) for one in known]))
    between = float(np.mean([one.mean() ** 2 - within / len(one) for one in known]))
    every = np.concatenate(known)
    error = VelocityError(float(np.sqrt(max(between, 0.0))), float(np.sqrt(within)), float(np.median(stated)))
    return Learned(len(stated), reps, float(every.mean()), error)


def visits_until(year: TrainingYear, until: int) -> Visits:
    """The best rep of each load of each day before a day."""
    best: dict[int, dict[float, float]] = {}
    for one in year.sets:
        if one.day < until:
            loads = best.setdefault(one.day, {})
            loads[one.load_kg] = max(loads.get(one.load_kg, 0.0), float(one.velocity_mps.max()))
    rows = np.array([(day, load, loads[load]) for day, loads in best.items() for load in sorted(loads)])
    first = np.searchsorted(rows[:, 0], [*best, 100_000])
    sigma = np.full(len(rows), year.sets[0].stated_sigma_mps)
    return Visits(np.array([*best], dtype=np.float64), np.arange(len(best)), first, rows[:, 1], rows[:, 2], sigma)


def warm_up_of(year: TrainingYear, day: int) -> Visits:
    """The best rep of each load of a day's warm-up: the sets before its first one at the heaviest load."""
    done = [one for one in year.sets if one.day == day]
    heaviest = max(one.load_kg for one in done)
    first = next(one.number for one in done if one.load_kg == heaviest)
    return visits_until(replace(year, sets=tuple(one for one in done if one.number < max(first, 1))), day + 1)


@dataclass(slots=True)
class Score:
    """What became of one lift's lifters."""

    errors: list[float]
    inside_told: list[bool]
    inside: list[bool]
    half_width: list[float]
    signs: list[tuple[float, bool, bool]]
    alarms: list[bool]
    hits: list[bool]

    @classmethod
    def empty(cls) -> "Score":
        return cls([], [], [], [], [], [], [])

    def add(self, year: TrainingYear) -> None:
        for until in LOOKED_AT:
            self._strength(year, until)
        for start in range(0, len(year.one_rm_kg) - BLOCK_DAYS + 1, BLOCK_DAYS):
            self._trend(year, start)
        days = sorted({one.day for one in year.sets})
        # What the filter knows before a visit comes from the visits before it alone.
        track = track_strength(visits_until(year, days[-1] + 1), year.exercise)
        if track is not None:
            for visit in range(FEWEST_VISITS, len(days)):
                seen = with_part(track, visit, warm_up_of(year, days[visit]))
                below = readiness(seen, visit).verdict == "below"
                (self.hits if year.bad[days[visit]] else self.alarms).append(below)

    def _strength(self, year: TrainingYear, until: int) -> None:
        track = track_strength(visits_until(year, until), year.exercise)
        if track is None:
            return
        true = float(year.one_rm_kg[int(track.visits.day[-1])])
        told, not_told = estimates(track, year.exercise, year.mvt_mps), estimates(track, year.exercise)
        if told is None or not_told is None:
            return
        self.errors.append(float(told.e1rm_kg[-1]) / true - 1.0)
        self.inside_told.append(within(told.interval_kg[-1], true))
        self.inside.append(within(not_told.interval_kg[-1], true))
        self.half_width.append(float(np.diff(not_told.interval_kg[-1])[0]) / 2 / true)

    def _trend(self, year: TrainingYear, start: int) -> None:
        visits = visits_until(year, start + BLOCK_DAYS)
        track = track_strength(visits, year.exercise)
        first = int(np.count_nonzero(visits.day < start))
        if track is None or len(visits) - first < 2:
            return
        found, sigma = change(track, first, len(visits) - 1)
        true = year.one_rm_kg[int(visits.day[-1])] / year.one_rm_kg[int(visits.day[first])] - 1.0
        self.signs.append((abs(float(true)), bool(found * true > 0), abs(found) > 1.96 * sigma))


def within(interval: FloatArray, true: float) -> bool:
    return bool(interval[0] <= true <= interval[1])


def cells(score: Score) -> list[str]:
    error = np.array(score.errors)
    known = error[np.isfinite(error)]
    size, right, clear = (np.array(column) for column in zip(*score.signs, strict=True))
    return [
        str(len(error)),
        f"{100 * np.sqrt(np.mean(known**2)):.1f} / {100 * np.median(np.abs(known)):.1f} / "
        f"{100 * np.quantile(np.abs(known), 0.95):.1f}",
        f"{100 * np.mean(score.inside_told):.0f}",
        f"{100 * np.mean(score.inside):.0f}",
        f"{100 * np.nanmean(score.half_width):.0f}",
        f"{100 * np.mean(right):.1f} of {len(right)}",
        f"{100 * np.mean(right[size >= 0.02]):.1f}",
        f"{100 * np.mean(right[clear]):.1f} of {np.count_nonzero(clear)}",
        f"{100 * np.mean(score.alarms):.1f} of {len(score.alarms)}",
        f"{100 * np.mean(score.hits):.0f} of {len(score.hits)}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=6, help="virtual sets of each lift through the pipeline")
    parser.add_argument("--lifters", type=int, default=50, help="lifters of each lift")
    parser.add_argument("--first", type=int, default=10_000, metavar="SEED", help="seed of the first")
    parser.add_argument("--error", type=float, nargs=3, metavar=("SET", "REP", "STATED"), help="m/s, given")
    parser.add_argument("--hard", action="store_true", help="unsteady lifters who change little")
    args = parser.parse_args()
    console = Console(width=240)
    if args.error:
        error = VelocityError(*args.error)
    else:
        learned = learn_error(args.sets)
        error = learned.error
        console.print(f"pipeline: {learned.found} of {learned.reps} reps found, bias {learned.bias_mps:+.4f} m/s")
    console.print(
        f"error of mean velocity: {error.set_sigma_mps:.4f} of a set, {error.rep_sigma_mps:.4f} of a rep, "
        f"stated {error.stated_sigma_mps:.4f} m/s"
    )
    settings = YearSettings(error=error)
    if args.hard:
        settings = replace(settings, day_sigma_mps=0.04, block_change=(0.01, 0.04))
    scores = {lift: Score.empty() for lift in (*MVT_OF_LIFTERS, "all")}
    plan = [(lift, args.first + i) for lift in MVT_OF_LIFTERS for i in range(args.lifters)]
    for lift, seed in progress(plan, "years", console=Console(stderr=True)):
        year = train_a_year(lift, seed, settings)
        scores[lift].add(year)
        scores["all"].add(year)
    table = Table(title=f"{args.lifters} lifters a lift, 52 weeks; per cent", box=box.MARKDOWN)
    for heading in (
        "lift",
        "estimates",
        "e1RM error, threshold told: RMS / median / 95 %",
        "in interval, told",
        "in interval, not told",
        "half-width, not told",
        "trend of 6 weeks right",
        "where it is 2 % or more",
        "where said to be clear",
        "false alarms",
        "bad days found",
    ):
        table.add_column(heading)
    for lift, score in scores.items():
        table.add_row(lift, *cells(score))
    console.print(table)


if __name__ == "__main__":
    main()
