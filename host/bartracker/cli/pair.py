"""`bartracker pair`: a sensor that serves this computer and no stranger's."""

import time
from typing import Annotated

import typer

from bartracker.cli import console
from bartracker.cli.options import WrongUseError

EXAMPLES = """\b
Examples:
  bartracker pair                                    the one sensor that is switched on serves paired computers only
  bartracker pair ble://bar-1 --another              on a paired computer: let a further one pair within a minute
  bartracker pair ble://bar-1 --off                  it serves everybody again, and forgets all computers
"""


def pair(
    sensor: Annotated[str, typer.Argument(metavar="SENSOR", help="ble://[NAME|ADDRESS].")] = "ble://",
    another: Annotated[bool, typer.Option("--another", help="Let a further computer pair within a minute.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Serve everybody again.")] = False,
) -> int:
    """Pair with a sensor: from then on it serves paired computers only, over an encrypted link.

    Off by default: a gym's shared sensor must just work. What it protects against, and what not: firmware/README.md.
    """
    import asyncio

    from bartracker.known_sensors import read_sensors
    from bartracker.links.pair_sensor import SensorPairing
    from bartracker.links.uri import parse_uri

    if another and off:
        raise WrongUseError("--another --off", "are two things", "give one of them")
    parsed = parse_uri(read_sensors().uri_of(sensor))
    if parsed.scheme != "ble" or parsed.parameters:
        raise WrongUseError(sensor, "cannot be paired with", "give a sensor: ble://[NAME|ADDRESS]")
    pairing = SensorPairing(parsed.place.strip("/") or None, given=sensor, now_s=time.monotonic)
    if off:
        asyncio.run(pairing.switch_off())
        console.say_result("the sensor serves everybody")
        return 0
    state = asyncio.run(pairing.take_another() if another else pairing.switch_on())
    if another:
        console.say_result(f"another computer can pair within {state.open_s} s: bartracker pair")
    else:
        console.say_result(f"paired; the sensor serves paired computers only ({state.hosts} of them)")
    return 0
