"""The whole pipeline on the committed recordings: reps as in their truth, live as replayed, whatever the chunking."""

import json
import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bartracker
from bartracker.api import settings_for
from bartracker.coaching import parse_book
from bartracker.errors import BartrackerError
from bartracker.events import Event, MotionUpdate, Notice, RepAnnounced, SetFinished
from bartracker.exchange import analysis_to_json
from bartracker.pipeline import Pipeline
from bartracker.recording.recording import Recording
from bartracker.reps.context import NumberSettings
from bartracker.results import Analysis, Rep, RepSet
from bartracker.samples import StampedBlock

RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.btr"))
SHORT = next(path for path in RECORDINGS if path.stem.startswith("squat"))


def run(recording: Recording, blocks: tuple[StampedBlock, ...] | None = None) -> tuple[Pipeline, list[Event]]:
    pipeline = Pipeline(settings_for(recording))
    events = [event for block in blocks or recording.blocks for event in pipeline.push(block)]
    return pipeline, [*events, *pipeline.finish()]


def truth_of(path: Path) -> list[dict[str, float | str]]:
    return json.loads(path.with_suffix("").with_suffix(".truth.json").read_text())["reps"]


def overlap(rep: Rep, true: dict[str, float | str]) -> float:
    start, end = float(true["t_con0"]), float(true["t_con1"])
    common = min(rep.concentric_end_s, end) - max(rep.concentric_start_s, start)
    return common / (max(rep.concentric_end_s, end) - min(rep.concentric_start_s, start))


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda path: path.stem)
def played(request: pytest.FixtureRequest) -> tuple[Path, Pipeline, list[Event]]:
    recording = bartracker.read(request.param)
    return request.param, *run(recording)


def test_every_full_rep_is_found_and_no_other(played: tuple[Path, Pipeline, list[Event]]) -> None:
    path, pipeline, _ = played
    truth = [rep for rep in truth_of(path) if rep["kind"] == "full"]
    found = [rep for rep_set in pipeline.analysis().sets for rep in rep_set.reps if rep.kind == "full"]
    assert len(found) == len(truth)
    for rep, true in zip(found, truth, strict=True):
        assert overlap(rep, true) > 0.7
        assert rep.mean_velocity_mps == pytest.approx(true["mcv"], abs=0.04)
        assert rep.peak_velocity_mps == pytest.approx(true["pv"], abs=0.09)
        assert rep.rom_m == pytest.approx(true["rom"], abs=0.07)


def test_announced_soon_after_the_lift_from_past_samples_alone(played: tuple[Path, Pipeline, list[Event]]) -> None:
    _, pipeline, events = played
    announced = [event.rep for event in events if isinstance(event, RepAnnounced)]
    assert announced
    late = [rep.announced_s - rep.concentric_end_s for rep in announced if rep.announced_s is not None]
    assert len(late) == len(announced)
    assert 0 < np.median(late) < 0.3
    live = [rep for rep_set in pipeline.analysis(as_live=True).sets for rep in rep_set.reps]
    assert live == announced


def test_numbers_are_complete_and_every_uncertainty_positive(played: tuple[Path, Pipeline, list[Event]]) -> None:
    _, pipeline, _ = played
    for rep_set in pipeline.analysis().sets:
        assert rep_set.start_s < rep_set.end_s
        for number, rep in enumerate(rep_set.reps, start=1):
            assert rep.index == number
            assert all(value > 0 and np.isfinite(value) for value in rep.sigma.values())
            assert {"mean_velocity_mps", "peak_velocity_mps", "rom_m", "eccentric_duration_s"} <= set(rep.sigma)
            missing = {f.name for f in fields(rep) if getattr(rep, f.name) is None} - {"announced_s"}
            assert missing <= excused(rep, rep_set)
            assert rep.sticking is not None


def excused(rep: Rep, rep_set: RepSet) -> set[str]:
    """What need not be known of a rep, and what says so."""
    codes = {flag.code for flag in rep.flags}
    missing: set[str] = set()
    if "last_of_set" in codes:
        missing |= {"top_pause_s", "bottom_pause_s"}
    if "axis_unknown" in codes:
        missing |= {"bar_tilt_rad", "bar_rotation_rad"}
    missing |= {name for name in Rep.__slots__ if name.startswith("middle_")}  # the sensor's place was not told
    if rep_set.load_kg is None:
        missing |= {"mean_force_n", "peak_force_n", "mean_power_w", "peak_power_w"}
    if not rep.sticking:
        missing |= {name for name in Rep.__slots__ if name.startswith("sticking_")}
    if rep.turn_pause_s is not None and rep.turn_pause_s < NumberSettings().least_pause_s:
        missing.add("pause_stillness_mps")
    if rep_set.exercise == "snatch":  # the one set on a sleeve
        missing |= {"bar_rotation_rad", "start_turn_rad"}
    return missing


def test_announced_reps_hold_what_is_known_by_then(played: tuple[Path, Pipeline, list[Event]]) -> None:
    _, pipeline, _ = played
    for rep_set in pipeline.analysis(as_live=True).sets:
        for rep in rep_set.reps:
            assert (rep.smoothness_sparc or 0.0) < 0
            assert rep.tempo is not None
            assert rep.velocity_zone is not None
            returned = rep.eccentric_end_s is not None
            for name in ("eccentric_mean_velocity_mps", "eccentric_rom_m", "time_under_tension_s", "isometric_hold_s"):
                assert (getattr(rep, name) is not None) == returned


def test_numbers_agree_with_one_another(played: tuple[Path, Pipeline, list[Event]]) -> None:
    path, pipeline, _ = played
    truth = {rep["rep"]: rep for rep in truth_of(path)}
    assert truth
    for rep_set in pipeline.analysis().sets:
        for rep in rep_set.reps:
            assert rep.eccentric_rom_m is not None
            assert rep.eccentric_rom_m == pytest.approx(
                (rep.eccentric_mean_velocity_mps or 0.0) * (rep.eccentric_duration_s or 0.0)
            )
            assert rep.time_under_tension_s == pytest.approx((rep.end_s or 0.0) - rep.start_s)
            assert (rep.isometric_hold_s or 0.0) <= (rep.turn_pause_s or 0.0) + 0.02
            assert (rep.eccentric_peak_velocity_mps or 0.0) > (rep.eccentric_mean_velocity_mps or 0.0)
            assert rep.eccentric_start_s is not None
            matching = [t for t in truth.values() if overlap(rep, t) > 0.7]
            if matching:
                tension_s = float(matching[0]["t_end"]) - float(matching[0]["t_start"])
                assert rep.time_under_tension_s == pytest.approx(tension_s, abs=0.5)
            if rep_set.load_kg is not None:
                weight = 9.80665 * rep_set.load_kg
                assert rep.mean_force_n == pytest.approx(weight, rel=0.02)
                assert rep.mean_power_w == pytest.approx(weight * (rep.mean_velocity_mps or 0.0), rel=0.02)
                assert (rep.peak_power_w or 0.0) > (rep.mean_power_w or 0.0)


def test_targets_of_the_exercise_found_are_used() -> None:
    recording = bartracker.read(SHORT)
    book = parse_book({"squat": {"velocity_mps": [2.0, 3.0]}, "bench": {"velocity_mps": [0.01, 3.0]}}, "book")
    found = bartracker.analyze(recording, exercise="auto", targets=book).sets[0]
    assert found.exercise == "squat"
    assert all("velocity_slow" in [flag.code for flag in rep.flags] for rep in found.reps if rep.kind == "full")


def same_events(one: list[Event], other: list[Event]) -> None:
    """Equal to the bit; motion compared as a whole, for updates come a push at a time."""

    def motion(events: list[Event]) -> list[bytes]:
        updates = [event for event in events if isinstance(event, MotionUpdate)]
        return [np.concatenate([getattr(u, f.name) for u in updates]).tobytes() for f in fields(MotionUpdate)]

    def rest(events: list[Event]) -> list[str]:
        return [repr(event) for event in events if not isinstance(event, MotionUpdate | SetFinished | RepAnnounced)]

    assert motion(one) == motion(other)
    assert rest(one) == rest(other)
    assert [e.rep for e in one if isinstance(e, RepAnnounced)] == [e.rep for e in other if isinstance(e, RepAnnounced)]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 400), min_size=1, max_size=40), st.integers(0, 10**6))
def test_chunking_changes_no_bit(sizes: list[int], seed: int) -> None:
    recording = bartracker.read(SHORT)
    whole = joined(recording.blocks)
    cuts = np.cumsum(np.resize(np.random.default_rng(seed).permutation(sizes), len(whole)))
    cuts = cuts[cuts < len(whole)]
    expected_pipeline, expected = reference()
    pipeline, events = run(recording, tuple(split(whole, cuts)))
    same_events(expected, events)
    assert analysis_to_json(pipeline.analysis()) == analysis_to_json(expected_pipeline.analysis())
    assert analysis_to_json(pipeline.analysis(as_live=True)) == analysis_to_json(
        expected_pipeline.analysis(as_live=True)
    )


_REFERENCE: list[tuple[Pipeline, list[Event]]] = []


def reference() -> tuple[Pipeline, list[Event]]:
    if not _REFERENCE:
        _REFERENCE.append(run(bartracker.read(SHORT)))
    return _REFERENCE[0]


def joined(blocks: tuple[StampedBlock, ...]) -> StampedBlock:
    names = [f.name for f in fields(StampedBlock) if f.name != "arrival_s"]
    return StampedBlock(**{n: np.concatenate([getattr(b, n) for b in blocks]) for n in names}, arrival_s=float("nan"))


def split(block: StampedBlock, cuts: np.ndarray) -> list[StampedBlock]:
    names = [f.name for f in fields(StampedBlock) if f.name != "arrival_s"]
    edges = [0, *cuts.tolist(), len(block)]
    return [
        StampedBlock(**{n: getattr(block, n)[a:b] for n in names}, arrival_s=float("nan")) for a, b in pairwise(edges)
    ]


@pytest.mark.parametrize("share", [0.35, 0.6, 0.85])
def test_a_recording_cut_short_announces_the_same_reps(share: float) -> None:
    recording = bartracker.read(SHORT)
    _, events = reference()
    whole = joined(recording.blocks)
    cut = int(share * len(whole))
    part, _ = run(recording, (split(whole, np.array([cut]))[0],))
    until = [e for e in events if isinstance(e, MotionUpdate) and e.t_s[-1] <= part_end(part)]
    end = until[-1].t_s[-1]
    expected = [e.rep for e in events if isinstance(e, RepAnnounced) and (e.rep.announced_s or 0) <= end]
    announced = [rep for rep_set in part.analysis(as_live=True).sets for rep in rep_set.reps]
    assert announced[: len(expected)] == expected
    assert share < 0.5 or expected


def part_end(pipeline: Pipeline) -> float:
    return max(rep_set.end_s for rep_set in pipeline.analysis().sets) if pipeline.analysis().sets else 0.0


def test_a_named_exercise_wins_and_an_unknown_one_is_refused() -> None:
    recording = bartracker.read(SHORT)
    assert bartracker.analyze(recording, exercise="bench", load_kg=80).sets[0].exercise == "bench"
    with pytest.raises(BartrackerError, match="use auto or one of squat"):
        bartracker.analyze(recording, exercise="curl")  # type: ignore[arg-type]


@pytest.mark.parametrize("load_kg", [0.0, -20.0, 1001.0, float("nan"), float("inf")])
def test_what_is_no_load_is_refused_and_a_recorded_one_is_not_used(load_kg: float) -> None:
    recording = bartracker.read(SHORT)
    with pytest.raises(BartrackerError, match="is no load"):
        settings_for(recording, load_kg=load_kg)
    recorded = replace(recording, metadata=replace(recording.metadata, load_kg=load_kg))
    assert settings_for(recorded).load_kg is None
    assert settings_for(recorded, load_kg=1000.0).load_kg == 1000.0


def test_a_recording_without_samples_is_refused() -> None:
    empty = replace(bartracker.read(SHORT), blocks=())
    with pytest.raises(BartrackerError, match="holds no samples"):
        bartracker.analyze(empty)


def test_stillness_holds_no_set() -> None:
    recording = bartracker.read(SHORT)
    rest = joined(recording.blocks)
    still = split(rest, np.array([120]))[0]
    assert bartracker.analyze(replace(recording, blocks=(still,))).sets == ()


def test_loss_is_said() -> None:
    path = next(p for p in RECORDINGS if "lost" in p.stem)
    pipeline, events = run(bartracker.read(path))
    told = [event.code for event in events if isinstance(event, Notice)]
    assert told.count("samples_lost") == len(pipeline.analysis().gaps) > 0
    assert "loss_total" in told


def test_records_are_flat() -> None:
    pipeline, _ = reference()
    analysis: Analysis = pipeline.analysis()
    records = analysis.to_records()
    assert len(records) == sum(len(s.reps) for s in analysis.sets)
    assert all(isinstance(v, int | float | str | None) for record in records for v in record.values())


class HeldExecutor(Executor):
    """Does what it is given only when told."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[object], Callable[[], object]]] = []

    def submit(self, fn, /, *args, **kwargs):
        future: Future[object] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def do(self) -> None:
        for future, work in self.waiting:
            future.set_result(work())
        self.waiting.clear()


def test_a_second_look_done_elsewhere_holds_nothing_up_and_finds_the_same() -> None:
    recording = bartracker.read(SHORT)
    lifted = joined(recording.blocks)
    count = 6000
    later = np.arange(1, count + 1)
    still = StampedBlock(
        sample_index=lifted.sample_index[-1] + later,
        stamp_s=np.full(count, np.nan),
        acc_mps2=np.resize(lifted.acc_mps2[:20], (count, 3)),
        gyr_radps=np.resize(lifted.gyr_radps[:20], (count, 3)),
        acc_clipped=np.zeros(count, dtype=bool),
        gyr_clipped=np.zeros(count, dtype=bool),
        arrival_s=float("nan"),
    )
    *most, last = split(still, np.array([count - 19]))
    at_once, _ = run(recording, (lifted, *most, last))
    elsewhere, held = Pipeline(settings_for(recording)), HeldExecutor()
    elsewhere.refine_in(held)
    events = [event for block in (lifted, *most) for event in elsewhere.push(block)]
    assert not any(isinstance(event, SetFinished) for event in events)
    assert any(isinstance(event, MotionUpdate) for event in elsewhere.push(last))
    held.do()
    more = elsewhere.push(replace_index(last, 19))
    assert [type(event) for event in more if isinstance(event, SetFinished)] == [SetFinished]
    elsewhere.refine_in(Immediately())
    elsewhere.finish()
    assert analysis_to_json(elsewhere.analysis(as_live=True)) == analysis_to_json(at_once.analysis(as_live=True))
    assert elsewhere.analysis().sets == at_once.analysis().sets


def test_motion_is_told_before_reps_are_looked_for_in_it() -> None:
    """A view draws the motion of a hop while the pipeline still looks for reps: each hop's comes by itself, first."""
    recording = bartracker.read(SHORT)
    pipeline = Pipeline(settings_for(recording))
    steps = [events for block in recording.blocks for events in pipeline.steps(block)]
    assert any(isinstance(event, RepAnnounced) for events in steps for event in events)
    for events in steps:
        moving = [isinstance(event, MotionUpdate) for event in events]
        assert moving == [True] or not any(moving)
    for before, events in pairwise(steps):
        for event in events:
            if isinstance(event, RepAnnounced):
                (motion,) = before
                assert isinstance(motion, MotionUpdate)
                assert motion.t_s[-1] == event.rep.announced_s


def test_what_was_looked_at_elsewhere_is_the_same_to_the_bit() -> None:
    """A set travels to another process as bytes: its samples must be laid out there as they are here."""
    recording = bartracker.read(SHORT)

    class Elsewhere(Executor):
        def submit(self, fn: Callable[..., object], /, *args: object, **kwargs: object) -> "Future[object]":
            future: Future[object] = Future()
            future.set_result(pickle.loads(pickle.dumps(fn))())  # noqa: S301
            return future

    here, there = Pipeline(settings_for(recording)), Pipeline(settings_for(recording))
    there.refine_in(Elsewhere())
    for block in recording.blocks:
        here.push(block)
        there.push(block)
    here.finish()
    there.finish()
    assert analysis_to_json(here.analysis()) == analysis_to_json(there.analysis())


def test_the_rest_between_two_sets_is_told() -> None:
    recording = bartracker.read(SHORT)
    lifted = joined(recording.blocks)
    count = 6000
    still = replace(
        lifted,
        sample_index=lifted.sample_index[-1] + np.arange(1, count + 1),
        stamp_s=np.full(count, np.nan),
        acc_mps2=np.resize(lifted.acc_mps2[:20], (count, 3)),
        gyr_radps=np.resize(lifted.gyr_radps[:20], (count, 3)),
        acc_clipped=np.zeros(count, dtype=bool),
        gyr_clipped=np.zeros(count, dtype=bool),
    )
    later = int(still.sample_index[-1] - lifted.sample_index[0]) + 1
    again = replace(replace_index(lifted, later), stamp_s=np.full(len(lifted), np.nan))
    pipeline, _ = run(recording, (lifted, still, again))
    for first, second in (pipeline.analysis().sets, pipeline.analysis(as_live=True).sets):
        assert first.rest_before_s is None
        assert second.rest_before_s == pytest.approx(second.start_s - first.end_s)
        assert second.rest_before_s > 60


def replace_index(block: StampedBlock, later: int) -> StampedBlock:
    return replace(block, sample_index=block.sample_index + later)


class Immediately(Executor):
    def submit(self, fn, /, *args, **kwargs):
        future: Future[object] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
