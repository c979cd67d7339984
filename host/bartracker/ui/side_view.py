"""The bar's path seen from the side: height against the horizontal direction the set's reps share. No drawing lives
here.

The world's heading is arbitrary but common to a set, so one axis serves all its reps: the horizontal direction along
which they moved most. Its sign is unknown until the bar's axis has been learned, and is chosen so that the first rep's
far point lies to the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.events import RepTrace
from bartracker.samples import FloatArray


@dataclass(frozen=True, slots=True)
class SidePath:
    """One rep from the side, all (N,) in cm from its start: sideways, height, and the standard uncertainty of
    sideways.
    """

    sideways_cm: FloatArray
    height_cm: FloatArray
    sigma_sideways_cm: FloatArray


def side_paths(traces: Sequence[RepTrace]) -> tuple[SidePath, ...]:
    """Project the concentric phases of one set's reps on their common side view, in order."""
    axis = _common_axis(traces)
    return tuple(
        SidePath(
            sideways_cm=100.0 * trace.path_w_m[:, :2] @ axis,
            height_cm=100.0 * trace.path_w_m[:, 2],
            sigma_sideways_cm=100.0 * np.sqrt(trace.sigma_path_w_m[:, :2] ** 2 @ axis**2),
        )
        for trace in traces
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
