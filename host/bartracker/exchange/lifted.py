"""Sets as other programs know them: loads, velocities and little else. What every table of reps is read into and
written from. No format lives here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiftedRep:
    """One full rep of a table. None is not known. `peak_share`: where in the range the velocity peaked, 0 to 1."""

    mean_velocity_mps: float | None
    peak_velocity_mps: float | None = None
    rom_m: float | None = None
    concentric_duration_s: float | None = None
    peak_share: float | None = None


@dataclass(frozen=True, slots=True)
class LiftedSet:
    """One set of a table. `exercise` is one of EXERCISES, `exercise_named` what the table calls it. `day` counts the
    table's visits from 0; `started_s` is the visit's start, s since 1970, as far as the table tells it.
    """

    exercise: str
    exercise_named: str
    load_kg: float | None
    started_s: float | None
    day: int
    rpe: float | None
    tags: str
    reps: tuple[LiftedRep, ...]
    rest_s: float | None = None


_WORDS = {
    "squat": ("squat", "kniebeuge", "sentadilla", "agachamento", "accosciata"),
    "bench": ("bench", "bankdr", "press de banca", "press banca", "développé couché", "supino", "panca"),
    "deadlift": ("deadlift", "kreuzheben", "peso muerto", "soulevé de terre", "levantamento terra", "stacco"),
    "ohp": ("overhead", "ohp", "military press", "schulterdr", "press militar", "développé militaire"),
    "row": ("row", "rudern", "remo", "rowing", "rematore"),
    "clean": ("clean", "umsetzen", "cargada", "épaulé", "girata"),
    "snatch": ("snatch", "reißen", "arrancada", "arraché", "strappo"),
}


def exercise_of(named: str) -> str:
    """The exercise that a table's name for it means; "other" where that is not plain."""
    low = named.casefold()
    if low in _WORDS:
        return low
    found = [exercise for exercise, words in _WORDS.items() if any(word.casefold() in low for word in words)]
    return found[0] if len(found) == 1 else "other"
