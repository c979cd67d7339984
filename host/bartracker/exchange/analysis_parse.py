"""JSON values of bartracker.analysis/1 back into an Analysis, each checked: types, ranges, names. No files here."""

import math
from collections.abc import Mapping
from typing import Literal, TypeVar, cast, get_args

from bartracker.errors import BartrackerError
from bartracker.results import EXERCISES, Analysis, Flag, Order, Rep, RepKind, RepSet, SetSummary
from bartracker.samples import Gap

_Word = TypeVar("_Word", bound=str)
_REMEDY = "analyse the recording again"
_ORDERS: tuple[Order, ...] = get_args(Order)
_KINDS: tuple[RepKind, ...] = get_args(RepKind)
# Numbers that were added within version 1: a file may lack them.
REP_MORE = (
    "sticking_start_s",
    "sticking_lowest_s",
    "sticking_end_s",
    "sticking_velocity_mps",
    "sticking_height_share",
    "eccentric_mean_velocity_mps",
    "eccentric_peak_velocity_mps",
    "eccentric_rom_m",
    "time_under_tension_s",
    "pause_stillness_mps",
    "isometric_hold_s",
    "smoothness_sparc",
    "mean_force_n",
    "peak_force_n",
    "mean_power_w",
    "peak_power_w",
    "bar_tilt_rad",
    "bar_rotation_rad",
    "start_turn_rad",
    "middle_rom_m",
    "middle_mean_velocity_mps",
    "middle_horizontal_deviation_m",
    "middle_horizontal_drift_m",
)
_SUMMARY_MORE = (
    "peak_velocity_mps",
    "concentric_duration_s",
    "eccentric_duration_s",
    "mean_power_w",
    "time_under_tension_s",
    "duration_s",
    "rest_between_reps_s",
    "mean_velocity_cv",
    "rom_cv",
    "velocity_consistency_mps",
    "path_consistency_m",
    "sensor_turn_range_rad",
)
_VERDICTS: tuple[Literal["yes", "borderline"], ...] = ("yes", "borderline")


def parse_analysis(document: object, given: str) -> Analysis:
    """The Analysis that `document`, parsed JSON, holds; unknown keys are ignored. BartrackerError naming `given` and
    the key.
    """
    top = _Node(document, given, "the file")
    schema = top.value.get("schema")
    if not isinstance(schema, str) or not schema.startswith("bartracker.analysis/"):
        raise BartrackerError(given, "is no bartracker analysis", "name a .json that bartracker wrote")
    if schema != "bartracker.analysis/1":
        raise BartrackerError(given, f"is of version {schema[:40]!r}; this program reads 1", "update bartracker")
    as_live = top.value.get("as_live", False) is True
    lost = [_whole(value) for value in top.items("gap_lost_samples", optional=True)]
    gaps: list[Gap] = []
    for place, pair in enumerate(top.items("gaps")):
        bounds = cast("list[object]", pair) if isinstance(pair, list) else []
        ends = [_number(value) for value in bounds]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise top.refusal("gaps", "is no pair of times")
        gaps.append(Gap(ends[0], ends[1], (lost[place] if place < len(lost) else None) or 0))
    notices = top.items("notices", optional=True)
    return Analysis(
        sample_rate_hz=top.number("sample_rate_hz"),
        gaps=tuple(gaps),
        sets=tuple(_set(_Node(value, given, "a set"), as_live=as_live) for value in top.items("sets")),
        notices=tuple(str(notice) for notice in notices),
        as_live=as_live,
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Node:
    """One JSON object with the words to refuse what it lacks."""

    def __init__(self, value: object, given: str, what: str) -> None:
        if not isinstance(value, dict):
            raise BartrackerError(given, f"{what} is no JSON object", _REMEDY)
        self.value = cast("Mapping[str, object]", value)
        self.given = given
        self.what = what

    def refusal(self, name: str, problem: str) -> BartrackerError:
        return BartrackerError(self.given, f"{name!r} in {self.what} {problem}", _REMEDY)

    def items(self, name: str, *, optional: bool = False) -> list[object]:
        value = self.value.get(name, [] if optional else None)
        if not isinstance(value, list):
            raise self.refusal(name, "is no list")
        return cast("list[object]", value)

    def number(self, name: str) -> float:
        number = _number(self.value.get(name))
        if number is None:
            raise self.refusal(name, "is no number")
        return number

    def number_or_none(self, name: str) -> float | None:
        return None if self.value.get(name) is None else self.number(name)

    def whole(self, name: str) -> int:
        number = _whole(self.value.get(name))
        if number is None:
            raise self.refusal(name, "is no whole number")
        return number

    def text(self, name: str) -> str:
        value = self.value.get(name, "")
        if not isinstance(value, str):
            raise self.refusal(name, "is no text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.text(name)

    def truth_or_none(self, name: str) -> bool | None:
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.refusal(name, "is neither true nor false")
        return value

    def part(self, name: str) -> "_Node":
        """The object of that name; an empty one where it is missing."""
        return _Node(self.value.get(name, {}), self.given, name)

    def sigmas(self) -> dict[str, float]:
        sigma = self.part("sigma")
        if any(sigma.number(name) <= 0 for name in sigma.value):
            raise self.refusal("sigma", "holds a value that is not above zero")
        return {name: sigma.number(name) for name in sigma.value}

    def flags(self) -> tuple[Flag, ...]:
        return tuple(_flag(_Node(value, self.given, "a flag")) for value in self.items("flags", optional=True))

    def one_of(self, name: str, words: tuple[_Word, ...]) -> _Word:
        value = self.value.get(name)
        for word in words:
            if word == value:
                return word
        raise self.refusal(name, f"is none of {', '.join(words)}")


def _set(node: _Node, *, as_live: bool) -> RepSet:
    given = node.given
    return RepSet(
        index=node.whole("index"),
        exercise=node.one_of("exercise", EXERCISES),
        exercise_confidence=node.number("exercise_confidence"),
        order=node.one_of("order", _ORDERS),
        load_kg=node.number_or_none("load_kg"),
        start_s=node.number("start_s"),
        end_s=node.number("end_s"),
        summary=_summary(_Node(node.value.get("summary"), given, "summary")),
        reps=tuple(_rep(_Node(value, given, "a rep"), as_live=as_live) for value in node.items("reps")),
        rest_before_s=node.number_or_none("rest_before_s"),
        flags=node.flags(),
        warm_up=node.truth_or_none("warm_up") or False,
        athlete=node.text_or_none("athlete"),
    )


def _summary(node: _Node) -> SetSummary:
    zones = node.part("velocity_zones")
    return SetSummary(
        full_reps=node.whole("full_reps"),
        partial_reps=node.whole("partial_reps"),
        failed_reps=node.whole("failed_reps"),
        mean_velocity_mps=node.number_or_none("mean_velocity_mps"),
        best_mean_velocity_mps=node.number_or_none("best_mean_velocity_mps"),
        rom_m=node.number_or_none("rom_m"),
        velocity_loss_from_best=node.number_or_none("velocity_loss_from_best"),
        velocity_loss_from_first=node.number_or_none("velocity_loss_from_first"),
        drift_trend_m=node.number_or_none("drift_trend_m"),
        velocity_zones={name: zones.whole(name) for name in zones.value},
        sigma=node.sigmas(),
        **{name: node.number_or_none(name) for name in _SUMMARY_MORE},
    )


def _rep(node: _Node, *, as_live: bool) -> Rep:
    later = node.number_or_none if as_live else node.number
    return Rep(
        index=node.whole("index"),
        kind=node.one_of("kind", _KINDS),
        start_s=node.number("start_s"),
        turn_s=node.number("turn_s"),
        end_s=later("end_s"),
        concentric_start_s=node.number("concentric_start_s"),
        concentric_end_s=node.number("concentric_end_s"),
        eccentric_start_s=later("eccentric_start_s"),
        eccentric_end_s=later("eccentric_end_s"),
        concentric_duration_s=node.number_or_none("concentric_duration_s"),
        eccentric_duration_s=node.number_or_none("eccentric_duration_s"),
        turn_pause_s=node.number_or_none("turn_pause_s"),
        bottom_pause_s=node.number_or_none("bottom_pause_s"),
        top_pause_s=node.number_or_none("top_pause_s"),
        mean_velocity_mps=node.number_or_none("mean_velocity_mps"),
        mean_propulsive_velocity_mps=node.number_or_none("mean_propulsive_velocity_mps"),
        peak_velocity_mps=node.number_or_none("peak_velocity_mps"),
        time_to_peak_s=node.number_or_none("time_to_peak_s"),
        rom_m=node.number_or_none("rom_m"),
        horizontal_deviation_m=node.number_or_none("horizontal_deviation_m"),
        horizontal_drift_m=node.number_or_none("horizontal_drift_m"),
        announced_s=node.number_or_none("announced_s"),
        sigma=node.sigmas(),
        flags=node.flags(),
        tempo=node.text_or_none("tempo"),
        velocity_zone=node.text_or_none("velocity_zone"),
        sticking=node.truth_or_none("sticking"),
        **{name: node.number_or_none(name) for name in REP_MORE},
    )


def _flag(node: _Node) -> Flag:
    return Flag(
        code=node.text("code"),
        value=node.number_or_none("value"),
        threshold=node.number_or_none("threshold"),
        sigma=node.number_or_none("sigma"),
        verdict=node.one_of("verdict", _VERDICTS),
        text=node.text("text"),
    )
