"""`bartracker check`: what works on this machine, how to mend what doesn't, and a bundle for a bug report; `check
calibration` and `check noise`: a sensor (check_sensor.py); `check sensor`: its self-test (self_test.py).
"""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import bundle as bug_report
from bartracker.cli import console, findings
from bartracker.cli.calibrations import CalibrationOption
from bartracker.cli.options import WrongUseError

EXAMPLES = """\b
Examples:
  bartracker check
  bartracker check --bundle report.zip               versions and logs for a bug report
  bartracker check sensor --report sensor.md         a sensor's self-test, 70 s on a table
  bartracker check calibration                       20 s before training: is the sensor's calibration still true
  bartracker check calibration set.btr               by the rests in a recording
  bartracker check noise ble://bar-1 --minutes 60    Allan deviation of a sensor at rest
"""
_SIGNS = {"ok": "ok", "note": "note", "lacking": "LACKING"}


_SUBJECTS = ("machine", "sensor", "calibration", "noise")


def _complete_subject(incomplete: str) -> list[str]:
    return [name for name in _SUBJECTS if name.startswith(incomplete)]


def check(
    subject: Annotated[
        str,
        typer.Argument(metavar="[SUBJECT]", help=f"{console.join_words(_SUBJECTS)}.", autocompletion=_complete_subject),
    ] = "machine",
    sensor: Annotated[
        str, typer.Argument(metavar="[SENSOR]", help="ble://[NAME]; for calibration and noise also a recording.")
    ] = "ble://",
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="ZIP",
            readable=False,
            help="Collect findings, versions and logs, without personal paths.",
        ),
    ] = None,
    calibration: CalibrationOption = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", readable=False, help="For sensor: keep what was found (.md)."),
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=1.0, max=1440.0, help="For noise: how long to listen.")
    ] = 60.0,
) -> int:
    """Look at Python, libraries, display, Bluetooth, serial rights and locale, and say how to mend what is amiss.

    Exits 1 if something is missing that bartracker cannot work without, a calibration is not good, or a sensor fails.
    """
    if subject not in _SUBJECTS:
        raise WrongUseError(subject, "cannot be checked", f"give {console.join_words(_SUBJECTS)}")
    if report is not None and subject != "sensor":
        raise WrongUseError(f"--report {report}", f"is not for check {subject}", "give it to check sensor")
    if subject != "machine":
        if bundle is not None:
            raise WrongUseError(f"--bundle {bundle}", "is of the machine", "leave it out, or check nothing else")
        from bartracker.cli import check_sensor, self_test

        if subject == "sensor":
            return self_test.check_sensor(sensor, report)
        if subject == "calibration":
            return check_sensor.check_calibration(sensor, calibration)
        return check_sensor.check_noise(sensor, minutes)
    if bundle is not None and bundle.suffix.lower() != ".zip":
        raise WrongUseError(f"--bundle {bundle}", "is no .zip", "end the name in .zip")
    found = findings.look()
    for finding in found:
        console.say_result(f"{_SIGNS[finding.state]:8}{finding.name:11}{finding.text}")
        if finding.remedy:
            console.say_result(f"{'':19}mend: {finding.remedy}")
    if bundle is not None:
        names = bug_report.write_bundle(bundle, found)
        console.say_result(f"{bundle}: {', '.join(names)}; look through it before you send it")
    return int(any(finding.state == "lacking" for finding in found))
