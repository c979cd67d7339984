"""What a person notes of a visit or of one of its sets: numbers of known kinds, and texts."""

import contextlib
import sqlite3
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.history.values import NOTE_KINDS

_LONGEST_TEXT: Final = 2000


def put_note(
    connection: sqlite3.Connection, session_id: int, kind: str, value: str, set_number: int | None, now_utc: str
) -> None:
    """Write a note, as `Library.note` says. Raises BartrackerError."""
    number, text = _note_value(kind, value)
    if connection.execute("SELECT 1 FROM session WHERE id = ?", (session_id,)).fetchone() is None:
        raise BartrackerError(f"session {session_id}", "is not in the library", "see bartracker history sessions")
    set_id = None if set_number is None else _set_of(connection, session_id, set_number)
    if number is not None:
        connection.execute(
            "DELETE FROM note WHERE session_id = ? AND set_id IS ? AND kind = ?", (session_id, set_id, kind)
        )
    connection.execute(
        "INSERT INTO note (session_id, set_id, kind, value, text, written_utc) VALUES (?, ?, ?, ?, ?, ?)",
        (session_id, set_id, kind, number, text, now_utc),
    )


def _note_value(kind: str, value: str) -> tuple[float | None, str]:
    if kind not in NOTE_KINDS:
        if kind != "text":
            known = ", ".join((*NOTE_KINDS, "text"))
            raise BartrackerError(f"note {kind!r}", "is not known", f"use one of {known}")
        return None, value[:_LONGEST_TEXT]
    meaning, least, largest = NOTE_KINDS[kind]
    number = float("nan")
    with contextlib.suppress(ValueError):
        number = float(value.replace(",", "."))
    if not least <= number <= largest:
        raise BartrackerError(f"{kind} {value!r}", "is out of range", f"give {meaning}, {least:g} to {largest:g}")
    return number, ""


def _set_of(connection: sqlite3.Connection, session_id: int, number: int) -> int:
    rows = connection.execute("SELECT id FROM lift_set WHERE session_id = ? ORDER BY started_s, id", (session_id,))
    ids = [row["id"] for row in rows.fetchall()]
    if not 1 <= number <= len(ids):
        raise BartrackerError(f"set {number}", f"is not in session {session_id}", f"it has {len(ids)} sets")
    return int(ids[number - 1])
