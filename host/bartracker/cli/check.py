"""`bartracker check`: what works on this machine, how to mend what doesn't, and a bundle for a bug report."""

from pathlib import Path
from typing import Annotated

import typer

from bartracker.cli import bundle as bug_report
from bartracker.cli import console, findings
from bartracker.cli.options import WrongUseError

EXAMPLES = """\b
Examples:
  bartracker check
  bartracker check --bundle report.zip               versions and logs for a bug report
"""
_SIGNS = {"ok": "ok", "note": "note", "lacking": "LACKING"}


def check(
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="ZIP",
            readable=False,
            help="Collect findings, versions and logs, without personal paths.",
        ),
    ] = None,
) -> int:
    """Look at Python, libraries, display, Bluetooth, serial rights and locale, and say how to mend what is amiss.

    Exits 1 if something is missing that bartracker cannot work without.
    """
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
