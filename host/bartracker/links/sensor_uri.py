"""From the URI of a live sensor, real or virtual, to its link; nothing is searched for yet."""

import math
from typing import TypeVar

from bartracker.links.ble_link import BleLink
from bartracker.links.sensor_link import SensorLink, SensorLinkSettings, SensorWishes
from bartracker.links.uri import SourceUri, UriError, check_parameters
from bartracker.recording import RecordingMetadata

_Number = TypeVar("_Number", int, float)
_BLE_PARAMETERS = ("rate_hz", "acc_range_g", "gyr_range_dps", "find_s")


def open_sensor(uri: str, source: SourceUri, metadata: RecordingMetadata | None) -> SensorLink:
    """The link to a ble:// or sim:// sensor. Raises UriError."""
    if source.scheme == "sim":
        from bartracker.links.sim_link import SimLink
        from bartracker.links.sim_uri import parse_sim

        return SimLink(parse_sim(uri, source), given=uri, metadata=metadata)
    check_parameters(uri, source.parameters, _BLE_PARAMETERS)
    wishes = SensorWishes(
        rate_hz=_number(uri, source, "rate_hz", float),
        acc_range_g=_number(uri, source, "acc_range_g", int),
        gyr_range_dps=_number(uri, source, "gyr_range_dps", int),
    )
    find_s = _number(uri, source, "find_s", float)
    settings = SensorLinkSettings() if find_s is None else SensorLinkSettings(find_s=find_s)
    wanted = source.place.strip("/") or None
    return BleLink(wanted, given=uri, wishes=wishes, metadata=metadata, settings=settings)


def _number(uri: str, source: SourceUri, name: str, kind: type[_Number]) -> _Number | None:
    text = source.parameters.get(name)
    if text is None:
        return None
    try:
        number = kind(text)
    except ValueError as error:
        what = "a whole number" if kind is int else "a number"
        raise UriError(uri, f"{name}={text} is not {what}", "write for example rate_hz=200") from error
    if not (math.isfinite(number) and 0 < number < 65536):
        raise UriError(uri, f"{name}={text} is not possible", "give a positive number")
    return number
