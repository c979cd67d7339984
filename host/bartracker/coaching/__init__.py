"""What the numbers mean for this lifter: targets and flags. Numbers are measured in reps/, shown in ui/."""

from bartracker.coaching.flags import flagged
from bartracker.coaching.targets import Targets, Tempo

__all__ = ["Targets", "Tempo", "flagged"]
