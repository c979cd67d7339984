"""How far heights and vertical velocities may be wrong, as the set itself shows it.

Between two lock-outs (or two starts from below) a lifter's bar comes back to one height. What the estimate makes of the
way between them, before it is told so, is its error. Motion's own uncertainty must allow for the worst sensor and is
mostly too wide; what it states beside is the accelerometer's scale, of which heights that return tell nothing.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bartracker.motion.smoothed_motion import SmoothedMotion, Visit
from bartracker.reps.settings import RepSettings


def doubt_of_heights(motion: Sequence[SmoothedMotion], visits: Sequence[Visit], settings: RepSettings) -> float:
    """How many times as wide as stated the uncertainty of heights should be, 1 at most.

    motion: pieces of a set, smoothed without these visits. A way across a gap or a true rest tells nothing: there
    velocity and height were known anew.
    """
    squares = [settings.level_evidence]
    for one, following in pairwise(visit.t_s for visit in visits):
        piece = next(piece for piece in motion if one <= piece.t_s[-1])
        between = (piece.t_s >= one) & (piece.t_s <= following)
        if following > piece.t_s[-1] or bool(piece.resting[between].any()):
            continue
        way_m = float(np.diff(np.interp([one, following], piece.t_s, piece.pos_w_m[:, 2]))[0])
        stated_m = piece.displacement_sigma_m(one, following)[0]
        squares.append(way_m**2 / (stated_m**2 + 2.0 * settings.level_sigma_m**2))
    doubt = float(np.sqrt(sum(squares) / (settings.level_evidence + len(squares) - 1)))
    return min(1.0, max(settings.least_doubt, doubt))
