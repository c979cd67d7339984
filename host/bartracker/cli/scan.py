"""`bartracker scan`: the sensors that can be heard."""

from typing import Annotated

import typer

from bartracker.cli import console

EXAMPLES = """\b
Examples:
  bartracker scan
  bartracker scan --seconds 15
"""


def scan(
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=120.0, help="How long to listen.")] = 5.0,
) -> int:
    """List the sensors that are switched on and near, strongest first; exits with 1 where there is none."""
    from bartracker.errors import BartrackerError
    from bartracker.known_sensors import read_sensors
    from bartracker.links.ble_scan import scan as listen

    book = read_sensors()
    found = listen(seconds)
    if not found:
        raise BartrackerError("scan", f"no sensor was heard in {seconds:g} s", "switch it on, bring it near, try again")
    for sensor in found:
        known = book.heard(sensor.name, sensor.address)
        given = f"   {known.name}" if known is not None and known.name else ""
        console.say_result(f"ble://{sensor.name}   {sensor.address}   {sensor.rssi_dbm} dBm{given}")
    return 0
