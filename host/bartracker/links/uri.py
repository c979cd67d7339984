"""URIs of sources: scheme, place and parameters, checked. No source is opened here."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from bartracker.errors import BartrackerError

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_WINDOWS_DRIVE: Final = re.compile(r"/[A-Za-z]:[/\\]")


class UriError(BartrackerError):
    """A URI that is wrong in itself, whatever is or is not at its place."""


@dataclass(frozen=True, slots=True)
class SourceUri:
    """`scheme` in lower case; `place` decoded; `parameters` by name, decoded, each given once."""

    scheme: str
    place: str
    parameters: dict[str, str]


def parse_uri(uri: str) -> SourceUri:
    """Take a URI apart; text without `scheme://` is the path of a file, as it stands. Raises UriError."""
    match = _SCHEME.fullmatch(uri)
    if match is None:
        return SourceUri("file", uri, {})
    scheme, rest = match.group(1).lower(), match.group(2)
    place, _, query = rest.partition("?")
    parameters: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        name = unquote(name)
        if not equals or not name:
            raise UriError(uri, f"the parameter '{part}' is not NAME=VALUE", "write for example ?speed=4")
        if name in parameters:
            raise UriError(uri, f"the parameter '{name}' is given twice", "give it once")
        parameters[name] = unquote(value)
    return SourceUri(scheme, unquote(place), parameters)


def file_path(uri: str, place: str) -> Path:
    """The path a file URI names: file://set.btr, file:///home/me/set.btr, file:///C:/set.btr. Raises UriError."""
    place = place.removeprefix("localhost") if place.startswith("localhost/") else place
    if _WINDOWS_DRIVE.match(place):
        place = place[1:]
    if not place:
        raise UriError(uri, "it names no file", "write file://PATH")
    return Path(place)


def check_parameters(uri: str, parameters: dict[str, str], known: tuple[str, ...]) -> None:
    """Raises UriError for a parameter that this source does not know, naming those it does."""
    for name in parameters:
        if name not in known:
            raise UriError(uri, f"the parameter '{name}' is unknown", f"known here: {', '.join(known)}")
