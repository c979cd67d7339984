"""Sources of samples behind one interface, chosen by URI. Bytes are wire's, files are recording's and exchange's."""

import math
from collections.abc import Callable
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.exchange.reading import read
from bartracker.links.file_link import FileLink, PacingClock, PlaybackSettings, checked_speed
from bartracker.links.link import Link, LinkItem, LinkNotice, PlaybackLink
from bartracker.links.uri import UriError, check_parameters, file_path, parse_uri
from bartracker.recording.recording import Recording

__all__ = ["FileLink", "Link", "LinkItem", "LinkNotice", "PlaybackLink", "UriError", "open_link"]


def open_link(uri: str, *, reader: Callable[[str | Path], Recording] = read, clock: PacingClock | None = None) -> Link:
    """The source that `uri` names: file://PATH?speed=4, or the bare path of a file. The file is read at once.

    `reader` opens files and `clock` paces them; tests bring their own. Raises UriError for a URI that is wrong in
    itself, and BartrackerError for a file that cannot be used.
    """
    parsed = parse_uri(uri)
    if parsed.scheme in ("ble", "sim"):
        raise UriError(uri, f"{parsed.scheme}:// arrives with the sensor; not in this version", "use file://PATH")
    if parsed.scheme != "file":
        raise UriError(uri, f"the scheme {parsed.scheme}:// is unknown", "use file://PATH or a path")
    check_parameters(uri, parsed.parameters, ("speed",))
    path = file_path(uri, parsed.place)
    speed = _speed(uri, parsed.parameters.get("speed", "1"))
    return FileLink(reader(path), path.name or str(path), speed=speed, clock=clock)


def _speed(uri: str, text: str) -> float:
    try:
        return checked_speed(math.inf if text == "max" else float(text), PlaybackSettings())
    except BartrackerError as error:
        raise UriError(uri, f"speed={text} is not possible", error.remedy) from error
    except ValueError as error:
        raise UriError(uri, f"speed={text} is not a number", "write for example ?speed=4, or speed=max") from error
