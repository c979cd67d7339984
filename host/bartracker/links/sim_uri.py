"""What sim://EXERCISE?... asks for: its parameters, read and checked. Nothing is simulated here."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from bartracker.errors import BartrackerError
from bartracker.links.uri import SourceUri, UriError, check_parameters
from bartracker.sim.boards import BOARD_NAMES, USUAL_BOARD
from bartracker.sim.chips.catalogue import CHIP_NAMES
from bartracker.sim.handling import USERS, HandlingWish
from bartracker.sim.kinematics import MountPlace
from bartracker.sim.plan import SetWish, Tempo
from bartracker.sim.resting import RestWish

_FASTEST: Final = 20.0
_CALIBRATE: Final = "calibrate"
_REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class SimWish:
    """A virtual set, the sensor that measures it, and the radio between.

    Attributes:
        lift: what the lifter does, how somebody calibrates the sensor, or how long it rests; `mount`: where the sensor
            sits; `seed`: everything left open is drawn from it.
        chip, board: names of the virtual hardware; rate_hz: sampling rate to set.
        loss: share of notifications lost; outages_s: from and to, s; drops_s: when the connection is lost, s; all
            times since the first connection, of the radio's clock.
        interval_s: connection interval; mtu: largest MTU of the sensor.
        speed: times as fast as real time; for tests and benchmarks.
        memory: file that holds what the sensor remembers from one run to the next; "": it remembers nothing.
    """

    lift: SetWish | HandlingWish | RestWish
    mount: MountPlace = "shaft"
    seed: int = 0
    chip: str = "lsm6dsox"
    board: str = "xiao_esp32s3"
    rate_hz: float = 200.0
    loss: float = 0.0
    outages_s: tuple[tuple[float, float], ...] = ()
    drops_s: tuple[float, ...] = ()
    interval_s: float = 0.03
    mtu: int = 247
    speed: float = 1.0
    memory: str = ""


def parse_sim(uri: str, source: SourceUri) -> SimWish:
    """Read a sim:// URI. Raises UriError naming what would be valid."""
    check_parameters(uri, source.parameters, tuple(_READERS))
    values: dict[str, Any] = {}
    for name, text in source.parameters.items():
        read, form = _READERS[name]
        try:
            values[name] = read(text)
        except ValueError as error:
            if isinstance(error, BartrackerError):
                raise UriError(uri, f"{name}={text} {error.problem}", error.remedy) from error
            raise UriError(uri, f"{name}={text} is not possible", f"give {form}") from error
    lifter = {name: values.pop(name) for name in tuple(values) if name in SetWish.__slots__}
    if "chip" in values:
        values.setdefault("board", USUAL_BOARD[values["chip"]])
    if "outage" in values:
        values["outages_s"] = values.pop("outage")
    if "drop" in values:
        values["drops_s"] = values.pop("drop")
    if "interval_ms" in values:
        values["interval_s"] = values.pop("interval_ms") / 1000
    place = source.place.strip("/")
    handled, resting = place == _CALIBRATE, place == _REST
    if handled and lifter:
        raise UriError(uri, f"{next(iter(lifter))} means nothing to a calibration", f"give user={'|'.join(USERS)}")
    if resting and lifter:
        raise UriError(uri, f"{next(iter(lifter))} means nothing to a sensor at rest", "give seconds=120")
    if not resting and "seconds" in values:
        raise UriError(uri, f"seconds={values['seconds']:g} is for sim://{_REST}", "leave it out")
    if not handled and "user" in values:
        raise UriError(uri, f"user={values['user']} is for sim://{_CALIBRATE}", "leave it out")
    lift: SetWish | HandlingWish | RestWish
    try:
        if handled:
            lift = HandlingWish(values.pop("user", "careful"))
        elif resting:
            lift = RestWish(values.pop("seconds", RestWish().seconds))
        else:
            lift = SetWish(place, **lifter)
    except BartrackerError as error:
        raise UriError(uri, f"{error.given} {error.problem}", error.remedy) from error
    return replace(SimWish(lift), **values)


def _whole(lowest: int, highest: int) -> tuple[Callable[[str], int], str]:
    def read(text: str) -> int:
        return int(_within(int(text), lowest, highest))

    return read, f"a whole number from {lowest} to {highest}"


def _number(lowest: float, highest: float, unit: str = "") -> tuple[Callable[[str], float], str]:
    def read(text: str) -> float:
        return _within(float(text), lowest, highest)

    return read, f"{lowest:g} to {highest:g}{unit}"


def _choice(*names: str) -> tuple[Callable[[str], str], str]:
    def read(text: str) -> str:
        if text.lower() not in names:
            raise ValueError(text)
        return text.lower()

    return read, f"one of {', '.join(names)}"


def _within(value: float, lowest: float, highest: float) -> float:
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise ValueError(value)
    return value


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError(text)
    return text.lower() == "yes"


def _rep_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _times_s(text: str) -> tuple[float, ...]:
    return tuple(_within(float(part), 0.0, 3600.0) for part in text.split(","))


def _spans_s(text: str) -> tuple[tuple[float, float], ...]:
    spans: list[tuple[float, float]] = []
    for part in text.split(","):
        first, dots, last = part.partition("..")
        from_s, to_s = _within(float(first), 0.0, 3600.0), _within(float(last), 0.0, 3600.0)
        if not dots or to_s <= from_s:
            raise ValueError(part)
        spans.append((from_s, to_s))
    return tuple(spans)


_READERS: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "reps": _whole(1, 50),
    "load_kg": _number(1, 600, " kg"),
    "seed": _whole(0, 2**31 - 1),
    "tempo": (Tempo.parse, "a tempo such as 3-1-X-0"),
    "touch_and_go": (_yes_or_no, "yes or no"),
    "partial": (_rep_numbers, "numbers of reps, such as 2 or 2,4"),
    "failed": (_rep_numbers, "numbers of reps, such as 5"),
    "fast_eccentric": (_rep_numbers, "numbers of reps, such as 3"),
    "forward_drift_m": _number(-0.3, 0.3, " m"),
    "velocity_loss": _number(0, 0.3),
    "user": _choice(*USERS),
    "seconds": _number(1, 86400, " s"),
    "mount": _choice("shaft", "sleeve"),
    "chip": _choice(*CHIP_NAMES),
    "board": _choice(*BOARD_NAMES),
    "rate_hz": _number(25, 1000, " Hz"),
    "loss": _number(0, 0.9, ", the share of packets lost"),
    "outage": (_spans_s, "from..to in seconds, such as 10..15, several with commas"),
    "drop": (_times_s, "seconds, such as 12 or 12,20"),
    "interval_ms": _number(0, 500, " ms"),
    "mtu": _whole(23, 517),
    "speed": _number(0.25, _FASTEST),
    "memory": (str, "a file's path"),
}
