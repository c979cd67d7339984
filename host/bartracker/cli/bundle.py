"""The zip for a bug report: findings, versions and logs, with no personal paths or names in them."""

import getpass
import importlib.metadata
import platform
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from bartracker.cli import log
from bartracker.cli.findings import Finding

# Shorter user or host names would also hit ordinary words.
_MIN_NAME_LENGTH = 3


def write_bundle(path: Path, findings: Sequence[Finding]) -> list[str]:
    """Write the zip; returns the names within. Raises BartrackerError where it can't be written."""
    from bartracker.exchange.files import atomic_write

    parts = {"check.txt": "\n".join(as_text(finding) for finding in findings), "versions.txt": _versions()}
    for file in log.files():
        parts[f"logs/{file.name}"] = file.read_text(encoding="utf-8", errors="backslashreplace")
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, anonymous(text) + "\n")
    return list(parts)


def as_text(finding: Finding) -> str:
    """One plain line of a finding."""
    mend = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.state:8} {finding.name:10} {finding.text}{mend}"


def anonymous(text: str) -> str:
    """`text` without this user's home folder, user name and host name."""
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    for name, stand_in in ((_user(), "<user>"), (platform.node(), "<host>")):
        if len(name) >= _MIN_NAME_LENGTH:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", stand_in, text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _versions() -> str:
    lines = {f"{item.name} {item.version}" for item in importlib.metadata.distributions()}
    return "\n".join(sorted(lines, key=str.lower))
