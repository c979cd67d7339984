"""When a recording was made, as far as that can be believed. Clocks stand still, jump and are never set."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bartracker.recording.recording import Recording

SESSION_GAP_S: Final = 3 * 3600.0
"""Recordings of one lifter that lie nearer than this belong to one visit."""
_EARLIEST_S: Final = datetime(2010, 1, 1, tzinfo=UTC).timestamp()
_AHEAD_S: Final = 24 * 3600.0
_BACK_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Started:
    """A recording's start, s since 1970, why it may be wrong, and remarks for the user."""

    at_s: float
    doubt: str
    remarks: tuple[str, ...]


def recording_time(recording: Recording, told_s: float | None, file_s: float, now_s: float) -> Started:
    """What the user said, else what the recording says, else its file's time."""
    if told_s is not None:
        return Started(told_s, "", ())
    text = recording.metadata.started_utc
    said_s = parse_utc(text) if text else None
    if said_s is None:
        return _doubted(min(file_s, now_s), "no time is recorded; the file's own was taken")
    if said_s < _EARLIEST_S:
        return _doubted(said_s, f"the recorded time is {text}: that clock had not been set")
    if said_s > now_s + _AHEAD_S:
        return _doubted(said_s, f"the recorded time, {text}, lies in the future of this computer's clock")
    return Started(said_s, "", ())


def _doubted(at_s: float, doubt: str) -> Started:
    return Started(at_s, doubt, (f"{doubt}; give --at to mend it",))


def clock_set_back(connection: sqlite3.Connection, now_s: float) -> tuple[str, ...]:
    """A remark where this computer's clock stands before the last thing it wrote."""
    last = connection.execute("SELECT max(added_utc) FROM source").fetchone()[0]
    last_s = parse_utc(last) if last else None
    if last_s is None or now_s >= last_s - _BACK_S:
        return ()
    return (f"this computer's clock was set back: the library was last written {last}",)


def parse_utc(text: str) -> float | None:
    """Seconds since 1970 of an ISO time (UTC where it names no zone); None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
