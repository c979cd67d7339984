"""What this computer knows of its sensors by their device ids: the names people gave them and where they were heard.
Kept in a small file beside the views' preferences; whatever in it cannot be used is left out.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final, cast

from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write
from bartracker.recording.files import os_problem

SCHEMA: Final = "bartracker.sensors/1"
LONGEST_NAME: Final = 40
_LARGEST_BYTES: Final = 1_000_000
_BLE: Final = "ble://"


@dataclass(frozen=True, slots=True)
class KnownSensor:
    """A sensor that was connected before.

    Attributes:
        sensor_id: device id, hex; name: what a person calls it, "" for none.
        advertised, address: how it was heard last; the address is this computer's view of it.
        calibration_offered: a calibration was offered; it is not offered again by itself.
    """

    sensor_id: str
    name: str = ""
    advertised: str = ""
    address: str = ""
    calibration_offered: bool = False

    @property
    def label(self) -> str:
        """What to call it."""
        return self.name or self.advertised or self.sensor_id


@dataclass(frozen=True, slots=True)
class SensorBook:
    """The sensors that are known, in no order that means anything."""

    sensors: tuple[KnownSensor, ...] = ()

    def of(self, sensor_id: str) -> KnownSensor | None:
        """The sensor with this id."""
        return next((each for each in self.sensors if each.sensor_id == sensor_id), None)

    def heard(self, advertised: str, address: str) -> KnownSensor | None:
        """The one that is heard like this: by address, else by a name that only one goes by."""
        by_address = [each for each in self.sensors if address and each.address.casefold() == address.casefold()]
        by_name = [each for each in self.sensors if advertised and each.advertised == advertised]
        return next((found[0] for found in (by_address, by_name) if len(found) == 1), None)

    def called(self, name: str) -> KnownSensor | None:
        """The one that a person has given this name; upper and lower case are the same."""
        return next((each for each in self.sensors if each.name and each.name.casefold() == name.casefold()), None)

    def with_sensor(self, sensor: KnownSensor) -> "SensorBook":
        """The same with this one's entry, new or in place of the old."""
        return SensorBook((*(each for each in self.sensors if each.sensor_id != sensor.sensor_id), sensor))

    def named(self, sensor_id: str, text: str) -> "SensorBook":
        """The same with a sensor renamed. Raises BartrackerError for a name that cannot be used."""
        name = " ".join(text.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable() or "/" in name or "?" in name:
            remedy = f"give up to {LONGEST_NAME} letters and digits, without / and ?"
            raise BartrackerError(f"name {text.strip()[:LONGEST_NAME]!r}", "cannot be used", remedy)
        other = self.called(name)
        if other is not None and other.sensor_id != sensor_id:
            raise BartrackerError(f"name {name!r}", "another sensor of yours has it", "choose another name")
        return self.with_sensor(replace(self.of(sensor_id) or KnownSensor(sensor_id), name=name))

    def uri_of(self, uri: str) -> str:
        """ble://NAME with a name that a person gave as one that the link understands; any other URI as it is."""
        place, mark, rest = uri.removeprefix(_BLE).partition("?")
        known = self.called(place) if uri.startswith(_BLE) and place else None
        reached = "" if known is None else known.address or known.advertised
        return f"{_BLE}{reached}{mark}{rest}" if reached else uri


def usual_path() -> Path:
    """Where the book lies; the file need not exist."""
    from platformdirs import user_config_path

    return user_config_path("bartracker", appauthor=False) / "sensors.json"


def read_sensors(path: Path | None = None) -> SensorBook:
    """What the file says, as far as it can be used."""
    book = SensorBook()
    for sensor in map(_sensor_of, _entries(path or usual_path()) or ()):
        book = book if sensor is None else book.with_sensor(sensor)
    return book


def write_sensors(book: SensorBook, path: Path | None = None) -> None:
    """Keep it; a file that is damaged, or of a version that is not known here, is put aside first. Raises
    BartrackerError.
    """
    path = path or usual_path()
    document = {"schema": SCHEMA, "sensors": [asdict(each) for each in book.sensors]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and _entries(path) is None:
            path.replace(path.with_name(f"{path.name}.unread"))
    except OSError as error:
        raise os_problem(str(path), error, "written") from None
    with atomic_write(path) as stream:
        stream.write((json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def _entries(path: Path) -> list[object] | None:
    """The entries in the file as they stand; None where it is no such file."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None
        document: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    values = cast("dict[str, object]", document) if isinstance(document, dict) else {}
    entries = values.get("sensors")
    if values.get("schema") != SCHEMA or not isinstance(entries, list):
        return None
    return cast("list[object]", entries)


def _sensor_of(entry: object) -> KnownSensor | None:
    values = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
    usable = {
        each.name: values[each.name]
        for each in fields(KnownSensor)
        if isinstance(values.get(each.name), bool if each.name == "calibration_offered" else str)
    }
    texts = [value for value in usable.values() if isinstance(value, str)]
    if not usable.get("sensor_id") or not all(text.isprintable() and len(text) <= 64 for text in texts):
        return None
    return KnownSensor(**cast("dict[str, str]", usable))  # pyright: ignore[reportArgumentType]
