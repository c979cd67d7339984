"""Targets parse or say why not; flags hold reps against them with margin and certainty."""

from dataclasses import replace
from math import radians

import pytest

from bartracker.coaching import SetSoFar, Targets, Tempo, flagged, flagged_set
from bartracker.errors import BartrackerError
from bartracker.reps.summary import summarise
from bartracker.results import Mount, Order, Rep, RepSet

REP = Rep(
    index=1,
    kind="full",
    start_s=1.0,
    turn_s=4.0,
    end_s=5.0,
    concentric_start_s=4.0,
    concentric_end_s=5.0,
    eccentric_start_s=1.0,
    eccentric_end_s=3.0,
    concentric_duration_s=1.0,
    eccentric_duration_s=2.0,
    turn_pause_s=1.0,
    bottom_pause_s=1.0,
    top_pause_s=None,
    mean_velocity_mps=0.5,
    mean_propulsive_velocity_mps=0.5,
    peak_velocity_mps=0.9,
    time_to_peak_s=0.5,
    rom_m=0.5,
    horizontal_deviation_m=0.05,
    horizontal_drift_m=0.04,
    announced_s=5.2,
    sigma={"eccentric_duration_s": 0.1, "horizontal_drift_m": 0.03},
)


def codes(rep: Rep, targets: Targets) -> list[tuple[str, str]]:
    return [(flag.code, flag.verdict) for flag in flagged(rep, targets).flags]


@pytest.mark.parametrize(
    ("eccentric_s", "expected"),
    [
        (2.0, [("eccentric_fast", "yes")]),
        (2.45, [("eccentric_fast", "borderline")]),
        (2.55, []),
        (3.0, []),
        (3.45, []),
        (3.55, [("eccentric_slow", "borderline")]),
        (4.0, [("eccentric_slow", "yes")]),
    ],
)
def test_eccentric_tempo(eccentric_s: float, expected: list[tuple[str, str]]) -> None:
    targets = Targets(tempo=Tempo.parse("3-1-X-0"), eccentric_tolerance_s=0.5)
    assert codes(replace(REP, eccentric_duration_s=eccentric_s), targets) == expected


def test_horizontal_drift() -> None:
    assert codes(REP, Targets(horizontal_drift_limit_m=0.05)) == []
    assert codes(REP, Targets(horizontal_drift_limit_m=0.03)) == [("horizontal_drift", "borderline")]
    assert codes(replace(REP, horizontal_drift_m=0.10), Targets(horizontal_drift_limit_m=0.03)) == [
        ("horizontal_drift", "yes")
    ]


def test_what_is_not_known_is_not_flagged() -> None:
    unknown = replace(REP, eccentric_duration_s=None, horizontal_drift_m=None)
    assert codes(unknown, Targets(tempo=Tempo.parse("3-1-X-0"))) == []
    assert codes(replace(REP, kind="failed"), Targets(tempo=Tempo.parse("9-1-X-0"))) == []


def test_no_tempo_flags_no_tempo() -> None:
    assert codes(REP, Targets()) == []
    assert codes(REP, Targets(tempo=Tempo.parse("X-1-X-0"))) == []


def test_tempo_reads_back() -> None:
    assert str(Tempo.parse("3-1-x-0")) == "3-1-X-0"
    assert Tempo.parse("2.5-0-1-0").eccentric_s == 2.5


@pytest.mark.parametrize(
    "text", ["", "3", "3-1-X", "3-1-X-0-2", "3--X-0", "a-b-c-d", "-3-1-X-0", "99-1-X-0", "3-1-X-0;"]
)
def test_a_tempo_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BartrackerError, match="tempo"):
        Tempo.parse(text)


def test_limits_out_of_reason_are_refused() -> None:
    with pytest.raises(BartrackerError, match="tolerance"):
        Targets(eccentric_tolerance_s=0)
    with pytest.raises(BartrackerError, match="drift limit"):
        Targets(horizontal_drift_limit_m=float("nan"))


BAND = Targets(velocity_mps=(0.5, 0.75))
PAUSE = Targets(tempo=Tempo.parse("X-2-X-1"), pause_tolerance_s=0.5)
FIRST = SetSoFar(order="eccentric-first")
WITH_SIGMA = replace(
    REP,
    eccentric_rom_m=0.5,
    bar_tilt_rad=radians(6.0),
    sigma={
        "mean_velocity_mps": 0.02,
        "rom_m": 0.01,
        "eccentric_rom_m": 0.01,
        "turn_pause_s": 0.05,
        "bar_tilt_rad": radians(0.5),
    },
)


def raised(rep: Rep, targets: Targets, within: SetSoFar | None = None) -> list[tuple[str, str]]:
    return [(flag.code, flag.verdict) for flag in flagged(rep, targets, within).flags]


@pytest.mark.parametrize(
    ("pause_s", "expected"),
    [
        (0.1, [("pause_missed", "yes")]),
        (0.47, [("pause_missed", "borderline")]),
        (0.6, [("pause_short", "yes")]),
        (1.48, [("pause_short", "borderline")]),
        (1.6, []),
        (5.0, []),
    ],
)
def test_pause(pause_s: float, expected: list[tuple[str, str]]) -> None:
    rep = replace(WITH_SIGMA, turn_pause_s=pause_s, bar_tilt_rad=None)
    assert raised(rep, PAUSE, FIRST) == expected
    # At the turn of a concentric-first lift the bar is at the top: 1 s is meant there.
    assert ("pause_missed", "yes") not in raised(
        replace(rep, turn_pause_s=0.4), PAUSE, SetSoFar(order="concentric-first")
    )
    assert raised(rep, PAUSE) == []


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [
        (0.40, [("velocity_slow", "yes")]),
        (0.49, [("velocity_slow", "borderline")]),
        (0.6, []),
        (0.76, [("velocity_fast", "borderline")]),
        (0.9, [("velocity_fast", "yes")]),
    ],
)
def test_velocity_band(velocity: float, expected: list[tuple[str, str]]) -> None:
    assert raised(replace(WITH_SIGMA, mean_velocity_mps=velocity, bar_tilt_rad=None), BAND) == expected


def test_tilt_past_its_limit() -> None:
    assert raised(WITH_SIGMA, Targets()) == [("bar_tilt", "yes")]
    assert raised(WITH_SIGMA, Targets(bar_tilt_limit_rad=radians(5.7))) == [("bar_tilt", "borderline")]
    assert raised(WITH_SIGMA, Targets(bar_tilt_limit_rad=radians(7.0))) == []


def test_velocity_loss_counts_from_the_fastest_rep_before() -> None:
    targets = Targets(velocity_loss_limit=0.2)
    plain = replace(WITH_SIGMA, bar_tilt_rad=None)
    reps = [replace(plain, index=i, mean_velocity_mps=v) for i, v in enumerate((0.7, 0.8, 0.66, 0.63, 0.5), start=1)]
    found = [raised(rep, targets, SetSoFar(reps)) for rep in reps]
    assert found == [[], [], [], [("velocity_loss", "borderline")], [("velocity_loss", "yes")]]
    slow_partial = [replace(reps[0], kind="partial", mean_velocity_mps=2.0), reps[1]]
    assert raised(slow_partial[1], targets, SetSoFar(slow_partial)) == []


def others(rom_m: float = 0.5, lowered_m: float = 0.5, count: int = 4) -> list[Rep]:
    plain = replace(WITH_SIGMA, bar_tilt_rad=None, rom_m=rom_m, eccentric_rom_m=lowered_m)
    return [replace(plain, index=i) for i in range(1, count + 1)]


@pytest.mark.parametrize(
    ("order", "lowered_m", "rom_m", "expected"),
    [
        ("eccentric-first", 0.40, 0.40, [("depth_short", "yes")]),
        ("eccentric-first", 0.445, 0.445, [("depth_short", "borderline")]),
        ("eccentric-first", 0.46, 0.46, []),
        ("eccentric-first", 0.50, 0.40, [("lockout_short", "yes")]),
        ("concentric-first", 0.50, 0.40, [("lockout_short", "yes")]),
        ("concentric-first", 0.40, 0.50, [("depth_short", "yes")]),
        ("concentric-first", 0.48, 0.48, []),
    ],
)
def test_depth_and_lockout_against_the_lifters_own_range(
    order: Order, lowered_m: float, rom_m: float, expected: list[tuple[str, str]]
) -> None:
    rep = replace(others()[0], index=5, eccentric_rom_m=lowered_m, rom_m=rom_m)
    assert raised(rep, Targets(), SetSoFar([*others(), rep], order)) == expected
    assert raised(rep, Targets(), SetSoFar(others(count=1), order)) == []
    # The pull of a clean ends below the catch: its height tells no lock-out.
    assert raised(rep, Targets(), SetSoFar(others(), order, "clean")) == []


def test_a_partial_rep_is_held_against_depth_alone() -> None:
    partial = replace(WITH_SIGMA, kind="partial", eccentric_rom_m=0.25, rom_m=0.25, index=5)
    targets = Targets(velocity_mps=(1.0, 2.0))
    assert raised(partial, targets, SetSoFar(others(), "eccentric-first")) == [("depth_short", "yes")]


def test_every_rep_gets_its_tempo_and_zone() -> None:
    rep = flagged(replace(WITH_SIGMA, kind="failed"), Targets())
    assert (rep.tempo, rep.velocity_zone, rep.flags) == ("2-1-1-?", "accelerative strength", ())
    named = Targets(zone_bounds_mps=(0.4,), zone_names=("grinding", "moving"))
    assert flagged(WITH_SIGMA, named).velocity_zone == "moving"
    assert flagged(replace(WITH_SIGMA, mean_velocity_mps=0.4), named).velocity_zone == "moving"
    assert flagged(replace(WITH_SIGMA, mean_velocity_mps=None), named).velocity_zone is None


def whole(turn_range_rad: float | None = None, start_turns: tuple[float, ...] = (), **summary: object) -> RepSet:
    reps = tuple(
        replace(rep, start_turn_rad=turn, sigma={**rep.sigma, "start_turn_rad": 0.02})
        for rep, turn in zip(others(), start_turns or (None,) * 4, strict=True)
    )
    sums = replace(summarise(reps, []), sensor_turn_range_rad=turn_range_rad, **summary)
    return RepSet(1, "squat", 1.0, "eccentric-first", None, 0.0, 60.0, sums, reps)


def set_codes(rep_set: RepSet, mount: Mount | None = None) -> list[tuple[str, str]]:
    return [(flag.code, flag.verdict) for flag in flagged_set(rep_set, Targets(), mount).flags]


def test_a_sensor_that_slips_or_spins() -> None:
    sigma = {"sensor_turn_range_rad": 0.02, "drift_trend_m": 0.04}
    assert set_codes(whole(0.3, (0.0, 0.01, 0.02, 0.01), sigma=sigma)) == []
    slipped = whole(0.6, (0.0, 0.01, 0.5, 0.01), sigma=sigma)
    assert set_codes(slipped) == [("sensor_slipped", "yes")]
    assert set_codes(slipped, "sleeve") == []
    assert set_codes(whole(0.6, (0.0, 0.0, 0.36, 0.0), sigma=sigma)) == [("sensor_slipped", "borderline")]
    # What spins is told once.
    assert set_codes(whole(20.0, (0.0, 1.0, 2.0, 1.0), sigma=sigma)) == [("spinning_sleeve", "yes")]
    assert set_codes(whole(20.0, sigma=sigma), "sleeve") == []


def test_drift_trend_is_judged_only_where_it_is_known() -> None:
    assert set_codes(whole(drift_trend_m=0.3, sigma={"drift_trend_m": 0.04})) == [("drift_trend", "yes")]
    assert set_codes(whole(drift_trend_m=0.17, sigma={"drift_trend_m": 0.04})) == [("drift_trend", "borderline")]
    assert set_codes(whole(drift_trend_m=0.1, sigma={"drift_trend_m": 0.04})) == []
    assert set_codes(whole(drift_trend_m=0.9, sigma={"drift_trend_m": 0.5})) == []


def test_zones_count_full_reps() -> None:
    counts = flagged_set(whole(), Targets()).summary.velocity_zones
    assert counts["accelerative strength"] == 4
    assert sum(counts.values()) == 4
    assert list(counts) == list(Targets().zone_names)
