"""People of the library: found by name or number, added, counted. SQL of the table `athlete` alone; the caller holds
the transaction.
"""

import sqlite3
import unicodedata
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.history.values import Athlete

_ATHLETES: Final = """
SELECT athlete.id, athlete.name,
    (SELECT count(*) FROM session WHERE athlete_id = athlete.id) AS sessions,
    count(lift_set.id) AS sets,
    coalesce(sum(full_reps + partial_reps + failed_reps), 0) AS reps,
    min(lift_set.started_s) AS first_s, max(lift_set.started_s) AS last_s
FROM athlete LEFT JOIN lift_set ON lift_set.athlete_id = athlete.id
"""
_LONGEST_NAME: Final = 100


def everyone(connection: sqlite3.Connection) -> list[Athlete]:
    """All people, by name."""
    rows = connection.execute(f"{_ATHLETES} GROUP BY athlete.id ORDER BY name_key, athlete.id").fetchall()
    return [Athlete(**dict(row)) for row in rows]


def one(connection: sqlite3.Connection, given: str) -> Athlete:
    """The one person of that name or with that number ("#3"). BartrackerError where there is nobody or several."""
    found = _found(connection, given)
    if len(found) == 1:
        return found[0]
    raise _nobody(given, found)


def one_or_new(connection: sqlite3.Connection, given: str, now_utc: str) -> tuple[int, bool]:
    """Number of the one person of that name, and whether they were added just now. Raises BartrackerError."""
    found = _found(connection, given)
    if len(found) == 1:
        return found[0].id, False
    if found or given.startswith("#"):
        raise _nobody(given, found)
    return add(connection, given, now_utc), True


def add(connection: sqlite3.Connection, name: str, now_utc: str) -> int:
    """Number of a new person, whatever others are called. BartrackerError for what is no name."""
    shown = " ".join(name.split())
    if not shown or len(shown) > _LONGEST_NAME or shown.startswith("#") or not shown.isprintable():
        raise BartrackerError(f"athlete {name[:50]!r}", "is no name", f"give up to {_LONGEST_NAME} letters, no # first")
    row = connection.execute(
        "INSERT INTO athlete (name, name_key, created_utc) VALUES (?, ?, ?) RETURNING id", (shown, _key(shown), now_utc)
    ).fetchone()
    return int(row[0])


def _found(connection: sqlite3.Connection, given: str) -> list[Athlete]:
    number = given.removeprefix("#")
    if given.startswith("#") and number.isascii() and number.isdigit():
        where, value = "athlete.id = ?", str(int(number) % 2**63)
    else:
        where, value = "name_key = ?", _key(given)
    rows = connection.execute(f"{_ATHLETES} WHERE {where} GROUP BY athlete.id", (value,)).fetchall()
    return [Athlete(**dict(row)) for row in rows]


def _nobody(given: str, found: list[Athlete]) -> BartrackerError:
    if not found:
        return BartrackerError(f"athlete {given!r}", "is not in the library", "see bartracker history athletes")
    ways = " or ".join(f"'#{person.id}'" for person in found)
    return BartrackerError(f"athlete {given!r}", f"is the name of {len(found)} people", f"name one by number: {ways}")


def _key(name: str) -> str:
    """What makes two spellings one name."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
