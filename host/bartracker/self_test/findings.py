"""What a self-test has found, and the report that is kept of it (`bartracker.self_test/1`, Markdown)."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["pass", "fail", "not available"]
FORMAT: Final = "bartracker.self_test/1"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, in words with its number, and what it was held against ('': nothing)."""

    name: str
    verdict: Verdict
    text: str
    limit: str = ""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """A finished self-test. sensor: its name; device_id hex; firmware 'x.y.z'; made_utc ISO 8601; program: version."""

    sensor: str
    device_id: str
    firmware: str
    made_utc: str
    program: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed; what was not available is no failure."""
        return all(each.verdict != "fail" for each in self.findings)

    @property
    def verdict(self) -> str:
        """All of it in one sentence."""
        failed = [each.name for each in self.findings if each.verdict == "fail"]
        missing = sum(each.verdict == "not available" for each in self.findings)
        unseen = f"; {missing} of {len(self.findings)} not available" if missing else ""
        return (f"failed: {', '.join(failed)}" if failed else "passed") + unseen

    def to_markdown(self) -> str:
        """The report: a heading, what was tested, a table. The same test gives the same text."""
        lines = [
            f"## Self-test of {_cell(self.sensor)}, {self.made_utc}",
            "",
            f"Format {FORMAT}. {self.verdict[:1].upper()}{self.verdict[1:]}.",
            "",
            f"Sensor {self.device_id}, firmware {self.firmware}, bartracker {_cell(self.program)}.",
            "",
            "| what | verdict | found | limit |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {_cell(each.name)} | {each.verdict} | {_cell(each.text)} | {_cell(each.limit)} |"
            for each in self.findings
        ]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """As text of a table, whatever a sensor calls itself."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
