"""What the numbers mean for this lifter: targets and flags. Numbers are measured in reps/, shown in ui/. The
load-velocity profile (profile.py) is imported by name: it needs SciPy, the pipeline does not.
"""

from bartracker.coaching.flags import SetSoFar, flagged
from bartracker.coaching.set_flags import flagged_set
from bartracker.coaching.target_book import TargetBook, parse_book, targets_for
from bartracker.coaching.targets import Targets
from bartracker.coaching.tempo import Tempo, tempo_of

__all__ = [
    "SetSoFar",
    "TargetBook",
    "Targets",
    "Tempo",
    "flagged",
    "flagged_set",
    "parse_book",
    "targets_for",
    "tempo_of",
]
