"""Targets parse or say why not; flags hold reps against them with margin and certainty."""

from dataclasses import replace

import pytest

from bartracker.coaching import Targets, Tempo, flagged
from bartracker.errors import BartrackerError
from bartracker.results import Rep

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
