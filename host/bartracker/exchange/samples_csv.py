"""CSV files of samples: reading in pieces, and writing. The columns stand in docs/formats.md."""

import csv
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.exchange.assemble import assemble
from bartracker.exchange.columns import collect
from bartracker.exchange.files import atomic_write, checked_file
from bartracker.exchange.raw_samples import LARGEST_SAMPLE_COUNT, RawSamples
from bartracker.recording.files import os_problem
from bartracker.recording.recording import Recording
from bartracker.samples import FloatArray

COLUMNS = ("t_s", "acc_x_mps2", "acc_y_mps2", "acc_z_mps2", "gyr_x_radps", "gyr_y_radps", "gyr_z_radps")
SEQUENCE_COLUMN = "seq"
STAMPED_COLUMN = "stamped"

_PIECE_CHARACTERS = 4_000_000
_LONGEST_LINE = 65_536
_ROWS_A_WRITE = 20_000
_UNIT_HINTS = (
    (re.compile(r"^acc.*[^a-z]m?g\b", re.IGNORECASE), "acceleration in g: multiply by 9.80665"),
    (re.compile(r"^gyr.*(dps|deg)", re.IGNORECASE), "angular rate in deg/s: multiply by 0.0174533"),
    (re.compile(r"^t(ime)?[_ (\[]*(ms|us|ns|milli|micro)", re.IGNORECASE), "time in parts of a second: convert to s"),
)


def read_csv(path: str | Path) -> Recording:
    """The recording in a CSV file with the columns COLUMNS in any order, optional seq and stamped; other columns are
    ignored.

    Raises BartrackerError naming column, line and remedy for anything missing, unreadable, not in SI units or out of
    order.
    """
    file = checked_file(path)
    given = str(path)
    try:
        with file.open(encoding="utf-8-sig") as stream:
            header = stream.readline(_LONGEST_LINE)
            names = _column_names(header, given)
            wanted = [*COLUMNS, *(name for name in (SEQUENCE_COLUMN, STAMPED_COLUMN) if name in names)]
            places = [names.index(name) for name in wanted]
            values = _numbers(stream, given, names, places)
    except UnicodeDecodeError:
        raise BartrackerError(given, "is no text file", "name a CSV in UTF-8, or the .btr or .npz itself") from None
    except OSError as error:
        raise os_problem(given, error, "read") from None
    columns = dict(zip(wanted, values.T, strict=True))
    sequence = columns.get(SEQUENCE_COLUMN)
    stamped = columns.get(STAMPED_COLUMN)
    if sequence is not None and not np.array_equal(sequence, np.rint(sequence)):
        raise BartrackerError(given, "seq holds numbers that are not whole", "count samples in whole numbers")
    return assemble(
        RawSamples(
            path=file,
            t_s=values[:, 0].copy(),
            acc_mps2=values[:, 1:4].copy(),
            gyr_radps=values[:, 4:7].copy(),
            sequence=None if sequence is None else sequence.astype(np.int64),
            stamped=None if stamped is None else stamped != 0.0,
        )
    )


def _column_names(header: str, given: str) -> list[str]:
    wanted = ",".join(COLUMNS)
    try:
        names = [name.strip() for name in next(csv.reader([header or ","]))]
    except csv.Error:
        raise BartrackerError(given, "has no readable header line", f"begin with {wanted}") from None
    missing = [name for name in COLUMNS if name not in names]
    if not missing:
        repeated = sorted({name for name in names if name and names.count(name) > 1})
        if repeated:
            raise BartrackerError(given, f"has column {repeated[0]} twice", "leave one of them out")
        return names
    for mark, words in ((";", "semicolons"), ("\t", "tabs")):
        if header.count(mark) >= 6:
            raise BartrackerError(
                given,
                f"its columns are parted by {words}",
                "save it with commas between columns and points in numbers",
            )
    hints = [f"{name[:40]} is {words}" for name in names for pattern, words in _UNIT_HINTS if pattern.search(name)]
    if _is_number(names[0] if names else ""):
        raise BartrackerError(given, "has no header line", f"begin with {wanted}")
    problem = f"lacks column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    if hints:
        raise BartrackerError(given, f"{problem} ({hints[0]})", f"convert and name the columns {wanted}")
    raise BartrackerError(given, problem, f"name the columns {wanted}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _pieces(stream: TextIO, given: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Text in pieces of whole lines, each with the number of its first line."""
    line, carried = first_line, ""
    while text := stream.read(_PIECE_CHARACTERS):
        whole, newline, rest = (carried + text).rpartition("\n")
        if newline:
            yield line, whole + newline
            line += whole.count("\n") + 1
        if len(rest) > _LONGEST_LINE:
            raise BartrackerError(given, f"line {line} is endless", "check that it is a CSV file")
        carried = rest
    if carried:
        yield line, carried


def _numbers(stream: TextIO, given: str, names: list[str], places: list[int]) -> FloatArray:
    """(N, len(places)) numbers of the wanted columns; BartrackerError naming line and column of the first cell that is
    none.
    """
    parts: list[FloatArray] = []
    rows = 0
    for line, text in _pieces(stream, given, 2):
        if not text.strip():
            continue
        quoted = '"' in text
        try:
            part = np.loadtxt(
                io.StringIO(text),
                delimiter=",",
                usecols=places,
                comments=None,
                quotechar='"' if quoted else None,
                ndmin=2,
                dtype=np.float64,
            )
        except (ValueError, OverflowError):
            fault = _first_bad_cell(given, text, line, names, places)
            raise fault or BartrackerError(
                given, f"does not read from line {line} on", "write plain numbers with points"
            ) from None
        even = not quoted and text.count(",") == len(part) * (len(names) - 1)
        if not even or not np.isfinite(part).all():
            fault = _first_bad_cell(given, text, line, names, places)
            if fault is not None:
                raise fault
        rows += len(part)
        if rows > LARGEST_SAMPLE_COUNT:
            raise BartrackerError(given, f"holds more than {LARGEST_SAMPLE_COUNT} rows", "split it into sessions")
        parts.append(part)
    if not parts:
        raise BartrackerError(given, "holds a header but no samples", "record or export it again")
    return np.concatenate(parts)


def _first_bad_cell(
    given: str, text: str, first_line: int, names: list[str], places: list[int]
) -> BartrackerError | None:
    """The refusal of the first row of another length than the header or first wanted cell that is no finite number."""
    reader = csv.reader(io.StringIO(text))
    try:
        for row in reader:
            line = first_line + reader.line_num - 1
            if not row:
                continue
            if len(row) != len(names):
                remedy = (
                    "write points in numbers, not commas" if len(row) > len(names) else "complete or remove that line"
                )
                return BartrackerError(given, f"line {line} has {len(row)} cells, the header {len(names)}", remedy)
            for place in places:
                cell = row[place].strip()
                where = f"line {line}, column {names[place]}:"
                if "," in cell:
                    return BartrackerError(
                        given, f"{where} {cell[:40]!r} has a decimal comma", "write points in numbers"
                    )
                if not cell or not _is_number(cell):
                    return BartrackerError(
                        given, f"{where} {cell[:40]!r} is no number", "leave out rows without measurement"
                    )
                if not math.isfinite(float(cell)):
                    return BartrackerError(
                        given, f"{where} {cell[:40]!r} is no measurement", "leave out such rows; they count as lost"
                    )
    except csv.Error as error:
        return BartrackerError(given, f"line {first_line + reader.line_num}: {error}", "check that it is a CSV file")
    return None


def write_samples_csv(recording: Recording, path: str | Path) -> None:
    """Write a recording's samples: COLUMNS, seq and, where some times are drawn between stamps, stamped. Numbers are
    written in full:
    `read_csv` gives the same bits. Raises BartrackerError if it cannot be written.
    """
    samples = collect(recording, str(path))
    names = [*COLUMNS, SEQUENCE_COLUMN]
    all_stamped = bool(samples.stamped.all())
    if not all_stamped:
        names.append(STAMPED_COLUMN)
    with atomic_write(path) as stream:
        stream.write((",".join(names) + "\n").encode())
        for start in range(0, len(samples.t_s), _ROWS_A_WRITE):
            rows = slice(start, start + _ROWS_A_WRITE)
            columns: list[list[str]] = [
                list(map(repr, values[rows].tolist()))
                for values in (samples.t_s, *samples.acc_mps2.T, *samples.gyr_radps.T, samples.sample_index)
            ]
            if not all_stamped:
                columns.append(list(map(str, samples.stamped[rows].astype(np.int64).tolist())))
            stream.write(("\n".join(map(",".join, zip(*columns, strict=True))) + "\n").encode())
