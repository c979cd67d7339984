"""Opening any recording by what it holds, whatever its name. The formats themselves live in recording/ and in this
room's readers.
"""

from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file
from bartracker.exchange.npz import read_npz
from bartracker.exchange.samples_csv import COLUMNS, read_csv
from bartracker.recording import read_recording
from bartracker.recording.files import os_problem
from bartracker.recording.format import MAGIC
from bartracker.recording.recording import Recording

_KINDS = "name a recording (.btr, .npz or .csv)"


def read(path: str | Path) -> Recording:
    """The recording in a .btr, .npz or .csv file, told apart by content first and name second.

    Raises BartrackerError, one line, for whatever is missing, empty, a folder, not permitted, damaged or of another
    kind.
    """
    file = checked_file(path)
    suffix = file.suffix.lower()
    try:
        with file.open("rb") as stream:
            start = stream.read(512)
    except OSError as error:
        raise os_problem(str(path), error, "read") from None
    if start.startswith(MAGIC):
        return read_recording(path)
    if start.startswith(b"PK"):
        return read_npz(path)
    if suffix == ".npz":
        raise BartrackerError(str(path), "is no .npz file (its content is of another kind)", "export it again")
    first_line = start.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    if suffix == ".csv" or (COLUMNS[0].encode() in first_line and b"," in first_line):
        return read_csv(path)
    if suffix == ".btr":
        return read_recording(path)
    if b'"bartracker.analysis/' in start:
        raise BartrackerError(str(path), "is an analysis, not a recording", _KINDS)
    raise BartrackerError(str(path), "is of a kind bartracker does not know", _KINDS)
