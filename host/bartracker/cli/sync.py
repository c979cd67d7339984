"""`bartracker sync`: recordings that a sensor has made by itself, fetched into .btr files."""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console

EXAMPLES = """\b
Examples:
  bartracker sync
  bartracker sync bartracker-4f2a --folder sets
  bartracker sync --list
"""


def sync(
    sensor: Annotated[
        str | None, typer.Argument(metavar="[SENSOR]", help="Name or address; the only one there is if not given.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", readable=False, help="Where the .btr files go.")
    ] = Path(),
    list_only: Annotated[bool, typer.Option("--list", help="Say what is there and fetch nothing.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the recordings on the sensor.")] = False,
) -> int:
    """Fetch the recordings a sensor made by itself; each is erased there once its file is whole and verified."""
    import asyncio
    import time

    from bartracker.links.log_sync import LogSync

    wanted = None if sensor is None else sensor.removeprefix("ble://") or None
    work = LogSync(wanted, None if list_only else folder, keep=keep, now_s=time.monotonic)
    fetched = asyncio.run(work.run())
    for each in fetched:
        if each.path is None:
            console.say_result(f"recording {each.session}: {each.blocks} blocks of 4 KB")
        else:
            console.say_result(f"{each.path}   {'erased on the sensor' if each.erased else 'still on the sensor'}")
    if not fetched:
        console.say_remark("sync", "the sensor holds no recordings")
    return 0
