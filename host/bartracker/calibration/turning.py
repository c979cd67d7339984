"""Many turns integrated at once: what rates say of how gravity moved in the sensor's frame. No estimating here."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.calibration.poses import Pose, Turn
from bartracker.samples import FloatArray, IntArray

_CONING: Final = 1.0 / 12.0
# Samples are put together to steps about so long, s: what a matrix near identity does to the order of small rotations
# within one is of third order.
_STEP_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Turns:
    """T turns, padded to one length with stillness.

    before, after: (T,) numbers of the poses each leads from and to. step_rad: (T, N, 3) rotation vectors of short steps
    by the measured rates less what the two poses read at rest. turned_rad: (T,) sum of them; duration_s: (T,).
    """

    before: IntArray
    after: IntArray
    step_rad: FloatArray
    turned_rad: FloatArray
    duration_s: FloatArray

    def __len__(self) -> int:
        return len(self.before)

    def carried(self, up: FloatArray, inverse_matrix: FloatArray) -> FloatArray:
        """(T, 3) where the turns bring the directions `up` (T, 3), sensor frame; inverse_matrix (3, 3) makes true
        angles of measured ones.

        Steps are multiplied pairwise, in as many rounds as their number has binary digits.
        """
        from scipy.spatial.transform import Rotation

        rotation = Rotation.from_rotvec((self.step_rad @ inverse_matrix.T).reshape(-1, 3))
        for _ in range(self.step_rad.shape[1].bit_length() - 1):
            rotation = rotation[0::2] * rotation[1::2]
        return rotation.inv().apply(up)


def stacked(turns: list[tuple[int, int, Turn]], poses: list[Pose]) -> Turns:
    """`turns` with the numbers of the poses they lead from and to. What a pose reads at rest counts as the bias of its
    side of the turn, which also takes out drift and most of a g-sensitivity.
    """
    steps: list[FloatArray] = []
    for before, after, turn in turns:
        count = len(turn.gyr_radps)
        share = ((np.arange(count) + 0.5) / count)[:, None]
        rest = (1 - share) * poses[before].gyr_radps + share * poses[after].gyr_radps
        steps.append(_steps((turn.gyr_radps - rest) * turn.period_s, max(1, round(_STEP_S / turn.period_s))))
    longest = max((len(step) for step in steps), default=1)
    padded = np.zeros((len(turns), 1 << max(0, longest - 1).bit_length(), 3))
    for row, step in enumerate(steps):
        padded[row, : len(step)] = step
    return Turns(
        before=np.array([before for before, _, _ in turns], dtype=np.int64),
        after=np.array([after for _, after, _ in turns], dtype=np.int64),
        step_rad=padded,
        turned_rad=np.sqrt((padded**2).sum(axis=2)).sum(axis=1),
        duration_s=np.array([turn.duration_s for _, _, turn in turns], dtype=np.float64),
    )


def _steps(angle_rad: FloatArray, each: int) -> FloatArray:
    """(M, 3) rotation vectors of `each` samples together; the coning term takes two neighbours as parts of one smooth
    motion.
    """
    from scipy.spatial.transform import Rotation

    angle = np.zeros((-(-len(angle_rad) // each) * each, 3))
    angle[: len(angle_rad)] = angle_rad
    angle[1:] += _CONING * np.cross(angle[:-1], angle[1:])
    rows = angle.reshape(-1, each, 3)
    rotation = Rotation.from_rotvec(rows[:, 0])
    for sample in range(1, each):
        rotation = rotation * Rotation.from_rotvec(rows[:, sample])
    return rotation.as_rotvec()
