"""What to think of a rep at a glance: good, watch or off. One rule for window, terminal, phone and sound."""

from typing import Literal, TypeAlias

from bartracker.results import Rep

Level: TypeAlias = Literal["good", "watch", "off"]


def level_of(rep: Rep) -> Level:
    """Off: failed, partial or surely past a target; watch: perhaps past one, or measured with doubt (samples lost,
    clipped). Flags that only explain a missing number say nothing of the rep.
    """
    if rep.kind != "full" or any(flag.verdict == "yes" and flag.sigma is not None for flag in rep.flags):
        return "off"
    return "watch" if any(flag.value is not None for flag in rep.flags) else "good"
