"""A person's corrections of a recording within the library: kept with its source, and applied whenever its numbers are
made anew. Sets of another athlete on the same bar count as theirs.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bartracker.edit_files import edits_of_list, edits_to_list
from bartracker.errors import BartrackerError
from bartracker.history import people
from bartracker.results import Analysis
from bartracker.session_edits import Edit

_NOBODY: Final = "#0"
"""Stands where the name of someone who was erased stood; no person has this number."""


def edits_text(edits: tuple[Edit, ...]) -> str:
    """As the column `source.edits` holds them."""
    return json.dumps(edits_to_list(edits), ensure_ascii=False)


def edits_of_source(connection: sqlite3.Connection, source_id: int) -> tuple[Edit, ...]:
    """The corrections that a source was kept with. Raises BartrackerError where they cannot be read."""
    row = connection.execute("SELECT name, edits FROM source WHERE id = ?", (source_id,)).fetchone()
    return () if row is None else _edits(row)


def put_edits(connection: sqlite3.Connection, source_id: int, edits: tuple[Edit, ...]) -> None:
    """Keep these corrections with a source, in place of those it had."""
    connection.execute("UPDATE source SET edits = ? WHERE id = ?", (edits_text(edits), source_id))


def others_of(
    connection: sqlite3.Connection, analysis: Analysis, number_of: Callable[[str], int]
) -> dict[str, int | None]:
    """Numbers of the athletes named in the sets of an analysis; `number_of` finds or adds one, and raises
    BartrackerError for nobody: their sets are then left out.
    """
    found: dict[str, int | None] = {}
    for name in dict.fromkeys(each.athlete for each in analysis.sets if each.athlete is not None):
        try:
            found[name] = number_of(name)
        except BartrackerError:
            if name != _NOBODY:
                raise
            found[name] = None
    return found


def forget_name(connection: sqlite3.Connection, athlete_id: int) -> int:
    """Take someone's name out of the corrections of other people's recordings. In how many it stood."""
    rows = connection.execute(
        "SELECT id, name, edits FROM source WHERE athlete_id <> ? AND edits <> '[]'", (athlete_id,)
    ).fetchall()
    count = 0
    for row in rows:
        edits = _edits(row)
        named = [each for each in edits if each.kind == "athlete" and _is(connection, each.text, athlete_id)]
        if named:
            count += 1
            put_edits(connection, row["id"], tuple(replace(e, text=_NOBODY) if e in named else e for e in edits))
    return count


def _is(connection: sqlite3.Connection, name: str, athlete_id: int) -> bool:
    try:
        return people.one(connection, name).id == athlete_id
    except BartrackerError:
        return False


def _edits(row: sqlite3.Row) -> tuple[Edit, ...]:
    given = f"corrections of {row['name']} in the library"
    try:
        rows: object = json.loads(row["edits"])
    except ValueError:
        raise BartrackerError(given, "are damaged", "add the recording again with its corrections") from None
    return edits_of_list(rows, given)
