"""What the second look at a set changed in what had been announced, in sentences for a person."""

from collections.abc import Sequence

from bartracker.results import Rep

# Numbers within so many of their announced standard uncertainties were announced rightly.
_SIGMAS = 2.0


def revisions(announced: Sequence[Rep], refined: Sequence[Rep]) -> list[str]:
    """One sentence for each announced rep that was none, reads otherwise, or was found only afterwards. Reps are the
    same where `announced_s` is; announced: as published; refined: of the whole set.
    """
    kept = {rep.announced_s: rep for rep in refined if rep.announced_s is not None}
    told: list[str] = []
    for rep in announced:
        now = None if rep.announced_s is None else kept.get(rep.announced_s)
        if now is None:
            told.append(f"the rep announced as {rep.index} was none")
            continue
        if now.kind != rep.kind:
            told.append(f"rep {now.index} was {now.kind}, announced as {rep.kind}")
        told += _velocity(rep, now)
    told += [f"rep {rep.index} was found only now" for rep in refined if rep.announced_s is None]
    return told


def _velocity(rep: Rep, now: Rep) -> list[str]:
    before, after, sigma = rep.mean_velocity_mps, now.mean_velocity_mps, rep.sigma.get("mean_velocity_mps")
    if before is None or after is None or sigma is None or abs(after - before) <= _SIGMAS * sigma:
        return []
    return [f"rep {now.index} had {after:.2f} m/s, announced as {before:.2f}"]
