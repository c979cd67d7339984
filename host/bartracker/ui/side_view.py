"""The bar's path seen from the side: height against the horizontal direction the set's reps share. No drawing lives
here.

The world's heading is arbitrary but common to a set, so one axis serves all its reps: the horizontal direction along
which they moved most. Its sign is unknown until the bar's axis has been learned, and is chosen so that the first rep's
far point lies to the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bartracker.events import RepTrace
from bartracker.samples import FloatArray, IntArray

_MOST_DRAWN = 150


@dataclass(frozen=True, slots=True)
class SidePath:
    """One rep from the side, (N,) each from its start: times in s, sideways and height in cm, and the standard
    uncertainty of sideways in cm.
    """

    t_s: FloatArray
    sideways_cm: FloatArray
    height_cm: FloatArray
    sigma_sideways_cm: FloatArray


def side_paths(traces: Sequence[RepTrace]) -> tuple[SidePath, ...]:
    """Project the concentric phases of one set's reps on their common side view, in order; each is thinned to what can
    be seen.
    """
    axis = _common_axis(traces)
    return tuple(_side_path(trace, drawn_of(len(trace.t_s)), axis) for trace in traces)


def drawn_of(count: int) -> IntArray:
    """Which of the `count` samples of a lift to draw, first and last among them: it is smooth, and wide lines are slow
    to draw.
    """
    return np.linspace(0, count - 1, min(count, _MOST_DRAWN)).astype(np.int64)


def facing(path: SidePath, other: SidePath | None) -> SidePath:
    """The path turned so that it goes sideways the way the other does; as it is without one."""
    if other is None or not len(path.height_cm) or not len(other.height_cm):
        return path
    share = np.linspace(0.0, 1.0, 20)
    own, others = (np.interp(share, np.linspace(0.0, 1.0, len(x)), x) for x in (path.sideways_cm, other.sideways_cm))
    return path if own @ others >= 0.0 else replace(path, sideways_cm=-path.sideways_cm)


def _side_path(trace: RepTrace, drawn: IntArray, axis: FloatArray) -> SidePath:
    path_w_m, sigma_w_m = trace.path_w_m[drawn], trace.sigma_path_w_m[drawn]
    return SidePath(
        t_s=trace.t_s[drawn] - trace.t_s[:1],
        sideways_cm=100.0 * path_w_m[:, :2] @ axis,
        height_cm=100.0 * path_w_m[:, 2],
        sigma_sideways_cm=100.0 * np.sqrt(sigma_w_m[:, :2] ** 2 @ axis**2),
    )


def _common_axis(traces: Sequence[RepTrace]) -> FloatArray:
    """The unit vector (2,) of largest horizontal movement."""
    moved = [trace.path_w_m[:, :2] for trace in traces if len(trace.path_w_m)]
    if not moved:
        return np.array([1.0, 0.0])
    together = np.concatenate(moved)
    axis: FloatArray = np.linalg.eigh(together.T @ together)[1][:, 1]
    along = moved[0] @ axis
    return axis if along[np.argmax(np.abs(along))] >= 0.0 else -axis
