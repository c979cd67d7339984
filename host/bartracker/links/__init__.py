"""Sources of samples behind one interface, chosen by URI. Bytes are wire's, files are recording's and exchange's.

Sensors are loaded when they are asked for: `sensor_link` says what they look like, `ble_scan.scan` finds them.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file
from bartracker.exchange.reading import read
from bartracker.links.file_link import FileLink, PacingClock, PlaybackSettings, checked_speed
from bartracker.links.link import Link, LinkItem, LinkNotice, PlaybackLink
from bartracker.links.uri import UriError, check_parameters, file_path, parse_uri
from bartracker.recording.recording import Recording, RecordingMetadata

__all__ = ["FileLink", "Link", "LinkItem", "LinkNotice", "PlaybackLink", "UriError", "open_link"]


def open_link(
    uri: str,
    *,
    reader: Callable[[str | Path], Recording] = read,
    clock: PacingClock | None = None,
    metadata: RecordingMetadata | None = None,
    read_later: bool = False,
) -> Link:
    """The source that `uri` names: ble://[NAME|ADDRESS], sim://EXERCISE?reps=5, file://PATH?speed=4, or a file's path.

    A file is read at once, or by the link's own thread (`read_later`); a sensor is searched for by its `connect`, and
    `metadata` is what the user says of the set. `reader` opens files and `clock` paces them; tests bring their own.
    Raises UriError for a URI that is wrong in itself, and BartrackerError for a file that cannot be used.
    """
    parsed = parse_uri(uri)
    if parsed.scheme in ("ble", "sim"):
        # What a sensor needs is loaded only where there is one.
        from bartracker.links.sensor_uri import open_sensor

        return open_sensor(uri, parsed, metadata)
    if parsed.scheme != "file":
        raise UriError(uri, f"the scheme {parsed.scheme}:// is unknown", "use ble://, sim://, file://PATH or a path")
    check_parameters(uri, parsed.parameters, ("speed",))
    path = file_path(uri, parsed.place)
    speed = _speed(uri, parsed.parameters.get("speed", "1"))
    if read_later:
        checked_file(path)
    recording = partial(reader, path) if read_later else reader(path)
    return FileLink(recording, path.name or str(path), path=path, speed=speed, clock=clock)


def _speed(uri: str, text: str) -> float:
    try:
        return checked_speed(math.inf if text == "max" else float(text), PlaybackSettings())
    except BartrackerError as error:
        raise UriError(uri, f"speed={text} is not possible", error.remedy) from error
    except ValueError as error:
        raise UriError(uri, f"speed={text} is not a number", "write for example ?speed=4, or speed=max") from error
