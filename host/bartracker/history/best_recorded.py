"""Which kept recording holds a person's fastest rep of a lift at a load. The numbers are the library's; whoever wants
the rep's path reads the recording.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.history.corrections import edits_of_source
from bartracker.history.library import Library
from bartracker.history.values import Athlete
from bartracker.session_edits import Edit

SAME_LOAD_KG: Final = 0.26
"""Loads so near each other are the same, kg: half of the smallest step of most gyms, and rounding."""

_FASTEST: Final = """
SELECT source.id AS source_id, source.file, source.told_exercise, source.told_load_kg, lift_set.started_s,
       rep.concentric_start_s
FROM lift_set
JOIN rep ON rep.set_id = lift_set.id
JOIN analysis ON analysis.id = lift_set.analysis_id
JOIN source ON source.id = analysis.source_id
WHERE lift_set.athlete_id = ? AND lift_set.exercise = ? AND abs(lift_set.load_kg - ?) <= ?
  AND rep.kind = 'full' AND rep.mean_velocity_mps IS NOT NULL AND source.kind = 'recording'
ORDER BY rep.mean_velocity_mps DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class RecordedRep:
    """A rep in a kept recording: the file, when its set was lifted (ISO 8601 date, UTC), what the recording was told to
    be, the corrections it was kept with, and when the rep's lifting phase began, s.
    """

    path: Path
    date: str
    told_exercise: str | None
    told_load_kg: float | None
    edits: tuple[Edit, ...]
    concentric_start_s: float


def best_recorded_rep(library: Library, person: Athlete, exercise: str, load_kg: float) -> RecordedRep:
    """The fastest full rep, by mean velocity, of those whose recordings are still there.

    Raises:
        BartrackerError: there is none.
    """
    with library.database.reading() as connection:
        for row in connection.execute(_FASTEST, (person.id, exercise, load_kg, SAME_LOAD_KG)).fetchall():
            path = library.folder / row["file"]
            if path.is_file():
                return RecordedRep(
                    path,
                    datetime.fromtimestamp(row["started_s"], UTC).date().isoformat(),
                    row["told_exercise"],
                    row["told_load_kg"],
                    edits_of_source(connection, row["source_id"]),
                    row["concentric_start_s"],
                )
    raise BartrackerError(
        person.name,
        f"has no recorded rep of {exercise} at {load_kg:g} kg in the library",
        "keep one with bartracker history add FILE, or name a recording: --ghost FILE",
    )
