"""What the library tells of people, visits and sources, as plain values. No database here."""

from dataclasses import dataclass
from typing import Final

from bartracker.results import Analysis
from bartracker.samples import FloatArray
from bartracker.session_edits import Edit

NOTE_KINDS: Final[dict[str, tuple[str, float, float]]] = {
    "sleep": ("hours slept the night before", 0.0, 24.0),
    "caffeine": ("caffeine before training, mg", 0.0, 2000.0),
    "stress": ("stress, 1 none to 10 most", 1.0, 10.0),
    "soreness": ("soreness, 1 none to 10 most", 1.0, 10.0),
    "rpe": ("rating of perceived exertion of a set or the session, 1 to 10", 1.0, 10.0),
    "bodyweight": ("body mass, kg", 20.0, 400.0),
}
"""What can be noted as a number: its meaning, least and largest value. Anything else is text."""

CURVE_POINTS: Final = 32
"""A rep's velocity is kept at so many even shares of its concentric duration."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis with the velocity curves (CURVE_POINTS,) of its reps, m/s, by set and rep number, its maker, and the
    corrections it has been through.
    """

    analysis: Analysis
    curves_mps: dict[tuple[int, int], FloatArray]
    made_by: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Athlete:
    """A person. Names need not be unique; `id` is. Numbers of what the library holds of them."""

    id: int
    name: str
    sessions: int
    sets: int
    reps: int
    first_s: float | None
    last_s: float | None


@dataclass(frozen=True, slots=True)
class Session:
    """One visit: sets of one athlete with no pause longer than SESSION_GAP_S. Times in s since 1970. `time_doubt` says
    why its time may be wrong. `notes`: numbers by kind, `texts` the rest.
    """

    id: int
    athlete_id: int
    started_s: float
    time_doubt: str
    exercises: tuple[str, ...]
    sets: int
    reps: int
    volume_kg: float
    notes: dict[str, float]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What came of putting one file in: `twin` names the source that holds the same content; then nothing was done, but
    for corrections that differed: `corrected`.
    """

    source_id: int
    session_ids: tuple[int, ...]
    athlete: Athlete
    sets: int
    reps: int
    twin: str = ""
    remarks: tuple[str, ...] = ()
    corrected: bool = False
