"""Cells of tables that people and programs write: delimiters, decimal commas, units, times. Nothing of reps here."""

import csv
import io
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file
from bartracker.recording.files import os_problem

_LARGEST_BYTES: Final = 200_000_000
_TIMES: Final = (
    "%m/%d/%Y, %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
)


def read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a text table, whichever of , ; and tab parts its cells. Raises BartrackerError."""
    given = str(path)
    try:
        if checked_file(path).stat().st_size > _LARGEST_BYTES:
            raise BartrackerError(given, "is too large for a table of reps", "split it by year")
        raw = path.read_bytes()
    except OSError as error:
        raise os_problem(given, error, "read") from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    if "\0" in text:
        raise BartrackerError(given, "is no text table", "export it as CSV")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise BartrackerError(given, f"is no CSV ({error})", "export it as CSV") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise BartrackerError(given, "has no header and rows", "export a table with one row a rep")
    return [cell.strip() for cell in rows[0]], rows[1:]


def number(cell: str) -> float | None:
    """A number with decimal point or comma, whatever unit follows it; None for an empty cell, NaN for anything else."""
    text = cell.strip().replace("\u00a0", "").replace("\u2212", "-")
    if not text or text in ("-", "–", "null", "NaN", "undefined", "N/A"):
        return None
    match = re.fullmatch(r"([-+]?\d[\d.,']*)\s*[a-zA-Z/²%°]*", text)
    if match is None:
        return math.nan
    digits = match[1].replace("'", "")
    if "," in digits and "." in digits:
        thousands = "," if digits.rindex(",") < digits.rindex(".") else "."
        digits = digits.replace(thousands, "")
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return math.nan


def moment(cell: str) -> float | None:
    """Seconds since 1970 of a date and time; UTC where it names no zone. None for what is none."""
    text = cell.strip()
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
        for form in _TIMES:
            try:
                parsed = datetime.strptime(text, form)
                break
            except ValueError:
                continue
    if parsed is None:
        return None
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError, OSError):
        return None


def clock_seconds(cell: str) -> float | None:
    """Seconds of hh:mm:ss; None for anything else."""
    match = re.fullmatch(r"(\d+):([0-5]?\d):([0-5]?\d)", cell.strip())
    return None if match is None else 3600.0 * int(match[1]) + 60.0 * int(match[2]) + int(match[3])
