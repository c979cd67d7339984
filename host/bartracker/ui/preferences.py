"""How a person likes the views: metric, units, theme, layout, sound. Kept in a small file of the user's; whatever in it
cannot be used falls back to the usual.
"""

import json
import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal, TypeAlias, cast

from bartracker.coaching.cues import SCHEDULES, SENSOR_CUES, Schedule, SensorCues
from bartracker.coaching.metrics import METRICS
from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write
from bartracker.ui.quantities import Units

LOG = logging.getLogger("bartracker.window")

ThemeName: TypeAlias = Literal["dark", "light"]
ZOOMS = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
_LARGEST_BYTES = 100_000
_LARGEST_PX = 20_000


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is remembered.

    Attributes:
        metric: key of the huge number.
        units: of loads.
        theme: dark or light.
        zoom: one of ZOOMS, times what the window's size gives.
        width, height: of the window, px.
        full_screen: whether it fills the screen.
        big: the number and the bars alone.
        schedule, every_nth: when a rep is heard.
        sound, speech, metronome: what is heard.
        sensor_cues: what of the sensor itself plays the cues.
        latitude_deg: where calibrations are made; None: not told.
    """

    metric: str = "mv"
    units: Units = "kg"
    theme: ThemeName = "dark"
    zoom: float = 1.0
    width: int = 1280
    height: int = 720
    full_screen: bool = False
    big: bool = False
    schedule: Schedule = "every"
    every_nth: int = 3
    sound: bool = True
    speech: bool = True
    metronome: bool = False
    sensor_cues: SensorCues = "off"
    latitude_deg: float | None = None


_ALLOWED: dict[str, Callable[[object], bool]] = {
    "metric": lambda value: value in [metric.key for metric in METRICS],
    "units": lambda value: value in ("kg", "lb"),
    "theme": lambda value: value in ("dark", "light"),
    "zoom": lambda value: value in ZOOMS,
    "width": lambda value: _is_between(value, 320, _LARGEST_PX),
    "height": lambda value: _is_between(value, 240, _LARGEST_PX),
    "every_nth": lambda value: _is_between(value, 2, 10),
    "schedule": lambda value: value in SCHEDULES,
    "sensor_cues": lambda value: value in SENSOR_CUES,
    "latitude_deg": lambda value: value is None or (isinstance(value, int | float) and abs(value) <= 90),
}


def usual_path() -> Path:
    """Where the user's preferences lie; the file need not exist."""
    from platformdirs import user_config_path

    return user_config_path("bartracker", appauthor=False) / "views.json"


def read_preferences(path: Path) -> Preferences:
    """What the file says, as far as it can be used."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return Preferences()
        document: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Preferences()
    if not isinstance(document, dict):
        return Preferences()
    values = cast("dict[str, object]", document)
    usable = {each.name: values[each.name] for each in fields(Preferences) if _usable(each.name, values)}
    return replace(Preferences(), **cast("dict[str, int]", usable))


def write_preferences(preferences: Preferences, path: Path) -> None:
    """Keep them; a disk that takes nothing is noted in the log, as it must not end a session."""
    text = json.dumps(asdict(preferences), indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as stream:
            stream.write(text.encode())
    except (OSError, BartrackerError) as error:
        LOG.warning("preferences were not kept: %s", error)


def _usable(name: str, values: dict[str, object]) -> bool:
    if name not in values:
        return False
    value = values[name]
    if name in _ALLOWED:
        return not isinstance(value, bool) and _ALLOWED[name](value)
    return isinstance(value, bool)


def _is_between(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and math.isfinite(value) and least <= value <= most
