"""Numbers made anew from the raw recordings, and a report of what changed by it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.exchange.reading import read
from bartracker.history.analysing import analyse, made_by
from bartracker.history.corrections import edits_of_source
from bartracker.history.library import Library
from bartracker.history.rows import stored_analysis
from bartracker.results import Analysis, Rep


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose numbers may be made anew."""

    source_id: int
    name: str
    file: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a new analysis of one recording changed. Reps are one where their lifting windows overlap by half.

    `mean_velocity_rms_mps`: of the differences over these reps, m/s; None where there are none. `problem`: why the old
    numbers stay.
    """

    name: str
    old_maker: str
    new_maker: str
    reps_before: int = 0
    reps_after: int = 0
    reps_same: int = 0
    mean_velocity_rms_mps: float | None = None
    mean_velocity_largest_mps: float | None = None
    rom_rms_m: float | None = None
    problem: str = ""


def due(library: Library, *, everything: bool = False, athlete_id: int | None = None) -> list[Due]:
    """Recordings whose numbers another version made; all recordings with `everything`."""
    with library.database.reading() as connection:
        rows = connection.execute(
            "SELECT source.id AS source_id, source.name, source.file, made_by FROM source "
            "JOIN analysis ON source_id = source.id WHERE kind = 'recording' AND (? OR made_by <> ?) "
            "AND (? IS NULL OR athlete_id = ?) ORDER BY source.id",
            (everything, made_by(), athlete_id, athlete_id),
        ).fetchall()
    return [Due(**dict(row)) for row in rows]


def reanalyse(
    library: Library, items: Sequence[Due], progress: Callable[[Sequence[Due]], Iterable[Due]] = iter
) -> list[Change]:
    """Make the numbers of these recordings anew, one transaction each; what cannot be read keeps its old numbers."""
    changes: list[Change] = []
    for item in progress(items):
        try:
            changes.append(_one(library, item))
        except BartrackerError as error:
            changes.append(Change(item.name, item.made_by, item.made_by, problem=str(error)))
    return changes


def _one(library: Library, item: Due) -> Change:
    path = library.folder / item.file
    if not path.is_file():
        raise BartrackerError(
            str(path), "this recording was deleted", "its numbers stay as they are; a backup may have it"
        )
    with library.database.reading() as connection:
        told = connection.execute("SELECT * FROM source WHERE id = ?", (item.source_id,)).fetchone()
        edits = edits_of_source(connection, item.source_id)
    if told is None:
        raise BartrackerError(item.name, "was erased meanwhile", "")
    analysed = analyse(read(path), told["told_exercise"], told["told_load_kg"], edits)
    with library.database.writing() as connection:
        source = connection.execute(
            "SELECT source.*, made_by FROM source JOIN analysis ON source_id = source.id WHERE source.id = ?",
            (item.source_id,),
        ).fetchone()
        if source is None:
            raise BartrackerError(item.name, "was erased meanwhile", "")
        before = stored_analysis(connection, item.source_id)
        library.put_numbers(connection, item.source_id, analysed)
    return _difference(item.name, source["made_by"], before, analysed.made_by, analysed.analysis)


def _difference(name: str, old_maker: str, before: Analysis, new_maker: str, after: Analysis) -> Change:
    old = [rep for rep_set in before.sets for rep in rep_set.reps]
    new = [rep for rep_set in after.sets for rep in rep_set.reps]
    pairs = [(one, other) for one in old for other in new if _overlap(one, other) >= 0.5]
    velocity = _differences(pairs, "mean_velocity_mps")
    rom = _differences(pairs, "rom_m")
    return Change(
        name,
        old_maker,
        new_maker,
        len(old),
        len(new),
        len(pairs),
        _rms(velocity),
        max(map(abs, velocity), default=None),
        _rms(rom),
    )


def _overlap(one: Rep, other: Rep) -> float:
    common = min(one.concentric_end_s, other.concentric_end_s) - max(one.concentric_start_s, other.concentric_start_s)
    spans = one.concentric_end_s - one.concentric_start_s + other.concentric_end_s - other.concentric_start_s
    return max(common, 0.0) / max(spans - max(common, 0.0), 1e-9)


def _differences(pairs: list[tuple[Rep, Rep]], name: str) -> list[float]:
    values = [(getattr(one, name), getattr(other, name)) for one, other in pairs]
    return [after - before for before, after in values if before is not None and after is not None]


def _rms(values: list[float]) -> float | None:
    return float(np.sqrt(np.mean(np.square(values)))) if values else None
