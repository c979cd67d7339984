"""`bartracker check sensor`: a sensor's self-test, and the report that is kept of it."""

from datetime import UTC, datetime
from pathlib import Path

from bartracker.cli import console, findings
from bartracker.cli.calibrate import opened
from bartracker.cli.options import WrongUseError


def check_sensor(sensor: str, report: Path | None) -> int:
    """Test a sensor that lies still; 0 if nothing failed. Raises BartrackerError."""
    from bartracker.exchange.files import atomic_write, checked_target
    from bartracker.links.sensor_link import WorkableLink
    from bartracker.self_test import run_self_test

    if report is not None:
        if report.suffix.lower() != ".md":
            raise WrongUseError(f"--report {report}", "is no .md", "end the name in .md")
        checked_target(report)
    link = opened(sensor)
    try:
        if not isinstance(link, WorkableLink):
            raise WrongUseError(sensor, "is a recording", "give a sensor: ble://[NAME]")
        test = run_self_test(
            link,
            lambda text: console.say_remark(link.label, text),
            made_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            program=findings.version_of("bartracker") or "unknown",
        )
    finally:
        link.close()
    for each in test.findings:
        limit = f"  (limit: {each.limit})" if each.limit else ""
        console.say_result(f"{each.verdict:14}{each.name:21}{each.text}{limit}")
    console.say_result(f"{test.sensor}: {test.verdict}")
    if report is not None:
        with atomic_write(report) as file:
            file.write(test.to_markdown().encode())
        console.say_result(f"-> {report}; please attach it to docs/verified-on-hardware.md")
    return int(not test.passed)
