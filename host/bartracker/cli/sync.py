"""`bartracker sync`: recordings that a sensor has made by itself, fetched into .btr files, and put into the recording
of the set that they belong to.
"""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import console

EXAMPLES = """\b
Examples:
  bartracker sync
  bartracker sync bartracker-4f2a --folder sets
  bartracker sync --list
  bartracker sync --into sets/squat.btr              what an outage kept from it: sets/squat-whole.btr
  bartracker sync --into squat.btr --with fetched.btr   without a sensor
"""


def sync(
    sensor: Annotated[
        str | None, typer.Argument(metavar="[SENSOR]", help="Name or address; the only one there is if not given.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", readable=False, help="Where the .btr files go; else here, or beside SET."
        ),
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Say what is there and fetch nothing.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the recordings on the sensor.")] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="SET.btr",
            readable=False,
            help="Put what belongs to this set into a copy of it, SET-whole.btr; the files themselves stay.",
        ),
    ] = None,
    fetched_before: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FILE", readable=False, help="With --into: a fetched recording; no sensor."),
    ] = None,
) -> int:
    """Fetch the recordings a sensor made by itself; each is erased there once its file is whole and verified."""
    from bartracker.recording import read_recording

    if into is None and fetched_before:
        raise typer.BadParameter("--with is for --into: bartracker sync --into SET.btr --with FILE")
    if into is not None:
        if list_only:
            raise typer.BadParameter("--list fetches nothing that could be put --into a set")
        read_recording(into)  # before anything is fetched and erased
    paths = fetched_before or _fetch(sensor, _folder(folder, into, list_only), keep)
    return 0 if into is None else _merge(into, paths)


def _folder(folder: Path | None, into: Path | None, list_only: bool) -> Path | None:
    if list_only:
        return None
    return folder or (Path() if into is None else into.parent)


def _fetch(sensor: str | None, folder: Path | None, keep: bool) -> list[Path]:
    """Where the recordings are now. Raises BartrackerError."""
    import asyncio
    import time

    from bartracker.links.log_sync import LogSync

    wanted = None if sensor is None else sensor.removeprefix("ble://") or None
    fetched = asyncio.run(LogSync(wanted, folder, keep=keep, now_s=time.monotonic).run())
    for each in fetched:
        if each.path is None:
            console.say_result(f"recording {each.session}: {each.blocks} blocks of 4 KB")
        else:
            console.say_result(f"{each.path}   {'erased on the sensor' if each.erased else 'still on the sensor'}")
    if not fetched:
        console.say_remark("sync", "the sensor holds no recordings")
    return [each.path for each in fetched if each.path is not None]


def _merge(into: Path, paths: list[Path]) -> int:
    from bartracker.recording import merge_recordings

    merged = merge_recordings(into, paths)
    if merged is None:
        console.say_remark(str(into), "nothing of what was fetched is missing in it")
        return 0
    console.say_result(f"{merged.path}   {merged.added} samples put in, {merged.missing} missing")
    return 0
