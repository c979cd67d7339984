"""The sensor's errors from still poses and the turns between them, with their full covariance.

Method: Tedaldi, Pretto and Menegatti, "A robust and easy to implement method for IMU calibration without external
equipments", ICRA 2014: specific force at rest has the length of gravity, and the integrated rate carries its direction
from one pose to the next. Other than there both are fitted at once, with a prior of what chips are like (so that few
poses do), and the accelerometer's matrix is symmetric instead of triangular: both leave out the rotation of the sensor.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.calibration.gravity import Gravity
from bartracker.calibration.model import ACC_BIAS, ACC_MATRIX, GYR_BIAS, GYR_MATRIX, PARAMETERS, Calibration
from bartracker.calibration.poses import Pose, PoseSequence, Turn
from bartracker.calibration.rest_rates import RestRates, rest_rates
from bartracker.calibration.settings import SolverSettings
from bartracker.calibration.turning import Turns, stacked
from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray

# The unknowns: accelerometer bias at the last pose, its symmetric matrix less identity (xx, yy, zz, xy, xz, yz), drift
# of its bias over _DRIFT_S, the gyroscope's matrix less identity by rows, gravity.
_BIAS, _SYMMETRIC, _DRIFT, _GYR, _GRAVITY = slice(0, 3), slice(3, 9), slice(9, 12), slice(12, 21), 21
_UNKNOWNS: Final = 22
_DRIFT_S: Final = 100.0
_PLACES: Final = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
# Keeps the removal of rows that nothing else tells about solvable.
_RIDGE: Final = 1.0 + 1e-6
_TOLERANCE: Final = 1e-6
# A pose is blamed instead of a turn if that leaves so many times less.
_CLEARLY: Final = 2.0


def _symmetric_terms() -> FloatArray:
    """(9, 6): elements of a matrix, by rows, that each of the six unknowns stands for."""
    terms = np.zeros((3, 3, 6))
    for element, (i, j) in enumerate(_PLACES):
        terms[i, j, element] = terms[j, i, element] = 1.0
    return terms.reshape(9, 6)


_TERMS: Final = _symmetric_terms()
_GRID: Final = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if x or y or z], float)
DIRECTIONS: Final[FloatArray] = _GRID / np.sqrt((_GRID**2).sum(axis=1))[:, None]
"""(26, 3): sides, edges and corners of a cube, where a fit is judged."""


@dataclass(frozen=True, slots=True)
class SensorFit:
    """What the poses say.

    Attributes:
        calibration: of the moment of the last pose.
        acc_sigma_mps2: (26,) largest standard uncertainty of a calibrated force of 1 g, by `DIRECTIONS`; without that
            of gravity itself, which no pose can lessen.
        gyr_sigma: largest standard uncertainty of an element of the gyroscope's matrix.
        force_residual_mps2, turn_residual_rad: (P,), (T,) what is left over of the poses and turns that were used.
        chi_square: reduced; 1 where scatter is as expected.
        left_out: what was left out and why, in words.
        remarks: what the data do not support, in words.
    """

    calibration: Calibration
    acc_sigma_mps2: FloatArray
    gyr_sigma: float
    force_residual_mps2: FloatArray
    turn_residual_rad: FloatArray
    chi_square: float
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def weakest(self) -> FloatArray:
        """(3,) the direction that, pointing up, would help most."""
        return DIRECTIONS[int(np.argmax(self.acc_sigma_mps2))]


@dataclass(frozen=True, slots=True)
class _Problem:
    """Poses and turns as arrays. acc (P, 3), its sigma (P,) and time before the last pose (P,) in _DRIFT_S; sigma of a
    carried direction, rad (T,).
    """

    acc_mps2: FloatArray
    before: FloatArray
    acc_sigma: FloatArray
    turns: Turns
    turn_sigma: FloatArray
    gravity: Gravity
    settings: SolverSettings

    @staticmethod
    def of(
        poses: list[Pose], turns: list[tuple[int, int, Turn]], gravity: Gravity, settings: SolverSettings
    ) -> "_Problem":
        both = stacked(turns, poses)
        sigma = np.hypot([pose.acc_sigma_mps2 for pose in poses], settings.acc_floor_mps2)
        rest = np.hypot([pose.gyr_sigma_radps for pose in poses], settings.gyr_floor_radps)
        drifted = 0.5 * both.duration_s * np.hypot(rest[both.before], rest[both.after])
        tilted = np.hypot(sigma[both.before], sigma[both.after]) / gravity.value_mps2
        share = settings.turn_share * both.turned_rad
        noise = settings.gyr_density * np.sqrt(both.duration_s)
        turn_sigma = np.sqrt(drifted**2 + tilted**2 + share**2 + noise**2)
        before = (np.array([pose.t_s for pose in poses]) - poses[-1].t_s) / _DRIFT_S
        return _Problem(np.array([pose.acc_mps2 for pose in poses]), before, sigma, both, turn_sigma, gravity, settings)

    def force(self, unknowns: FloatArray) -> FloatArray:
        matrix = np.eye(3) + (_TERMS @ unknowns[_SYMMETRIC]).reshape(3, 3)
        bias = unknowns[_BIAS] + self.before[:, None] * unknowns[_DRIFT]
        return (self.acc_mps2 - bias) @ np.linalg.inv(matrix).T

    def residuals(self, unknowns: FloatArray) -> FloatArray:
        """(P + 3 T + 22,) in sigma: lengths, directions, prior."""
        force = self.force(unknowns)
        length = np.sqrt((force**2).sum(axis=1))
        up = force / length[:, None]
        inverse = _inverse(np.eye(3) + unknowns[_GYR].reshape(3, 3))
        carried = self.turns.carried(up[self.turns.before], inverse) if len(self.turns) else np.zeros((0, 3))
        turned = (carried - up[self.turns.after]) / self.turn_sigma[:, None]
        believed = unknowns.copy()
        believed[_GRAVITY] -= self.gravity.value_mps2
        lengths = (length - unknowns[_GRAVITY]) / self.acc_sigma
        return np.concatenate([lengths, turned.ravel(), believed / self.prior_sigma])

    @property
    def prior_sigma(self) -> FloatArray:
        """(22,) standard uncertainty of the unknowns before the fit."""
        settings = self.settings
        sigma = np.full(_UNKNOWNS, settings.acc_matrix)
        sigma[_BIAS], sigma[_DRIFT] = settings.acc_bias_mps2, settings.acc_drift_mps2
        sigma[_GYR], sigma[_GRAVITY] = settings.gyr_matrix, self.gravity.sigma_mps2
        return sigma

    def solved(self, start: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The unknowns, and the derivative of the residuals by them."""
        # Half a second to load, and only a calibration in the making needs it.
        from scipy.optimize import least_squares

        result = least_squares(
            self.residuals,
            start,
            x_scale=self.prior_sigma,
            xtol=_TOLERANCE,
            ftol=_TOLERANCE,
        )
        return np.asarray(result.x, dtype=np.float64), np.asarray(result.jac, dtype=np.float64)


def solve(sequence: PoseSequence, gravity: Gravity, settings: SolverSettings | None = None) -> SensorFit:
    """Fit bias, scale and cross-axis of both sensors.

    Poses and turns that contradict the others are left out one by one. What is refused is said by `shortcoming`.

    Raises:
        BartrackerError: fewer poses than unknowns could be told from, or poses that contradict each other.
    """
    settings = settings or SolverSettings()
    poses = list(sequence.poses)
    if len(poses) < settings.fewest_poses:
        problem = f"{len(poses)} still poses, {settings.fewest_poses} are the least"
        raise BartrackerError("calibration", problem, "lay the sensor on each of its sides and let go of it")
    turns = [(i, i + 1, turn) for i, turn in enumerate(sequence.turns) if turn is not None]
    numbers = list(range(1, len(poses) + 1))
    left_out: list[str] = []
    unknowns = np.zeros(_UNKNOWNS)
    unknowns[_GRAVITY] = gravity.value_mps2
    while True:
        problem = _Problem.of(poses, turns, gravity, settings)
        unknowns, jacobian = problem.solved(unknowns)
        wrong = _contradicting(problem, unknowns, jacobian)
        if wrong is None:
            return _fit(problem, unknowns, jacobian, rest_rates(poses, settings), tuple(left_out))
        kind, row = wrong
        if kind == "pose":
            left_out.append(f"pose {numbers[row]} was not still or was disturbed")
            turns = [(b - (b > row), a - (a > row), turn) for b, a, turn in turns if row not in (b, a)]
            del poses[row], numbers[row]
        else:
            before, after, _ = turns.pop(row)
            left_out.append(f"the turn from pose {numbers[before]} to {numbers[after]} does not fit")
        if len(left_out) > settings.most_left_out * len(sequence.poses) or len(poses) < settings.fewest_poses:
            text = f"poses contradict each other ({'; '.join(left_out[:3])})"
            raise BartrackerError("calibration", text, "begin again on a firm table, and let go of it each time")


def _contradicting(problem: _Problem, unknowns: FloatArray, jacobian: FloatArray) -> tuple[str, int] | None:
    """The pose (with the turns to and from it) or the turn whose removal makes the rest fit best; None: all fit.

    What the sum of squares loses by the removal of rows is known without another fit (deletion diagnostics: Cook and
    Weisberg, Residuals and Influence in Regression, 1982, chapter 3). A pose is blamed only where a turn alone does not
    explain it nearly as well.
    """
    residuals = problem.residuals(unknowns)
    leverage = jacobian @ _inverse(jacobian.T @ jacobian) @ jacobian.T
    poses, turns = len(problem.acc_mps2), len(problem.turns)
    total, measured = float((residuals**2).sum()), poses + 2 * turns
    turn_rows = [list(range(poses + 3 * turn, poses + 3 * turn + 3)) for turn in range(turns)]

    def gain(rows: list[int]) -> float:
        kept = np.eye(len(rows)) * _RIDGE - leverage[np.ix_(rows, rows)]
        return float(residuals[rows] @ np.linalg.solve(kept, residuals[rows]))

    def judged(kind: str, number: int, rows: list[int], free: int) -> tuple[float, float, str, int]:
        """What is left per free row without them, what each of theirs is worth, and who they are."""
        gained = gain(rows)
        return (total - gained) / max(1, measured - free), gained / free, kind, number

    by_turn = [judged("turn", turn, rows, 2) for turn, rows in enumerate(turn_rows)]
    by_pose: list[tuple[float, float, str, int]] = []
    for pose in range(poses):
        touched = np.flatnonzero((problem.turns.before == pose) | (problem.turns.after == pose)).tolist()
        rows = [pose, *(row for turn in touched for row in turn_rows[turn])]
        by_pose.append(judged("pose", pose, rows, 1 + 2 * len(touched)))
    best = min(by_pose)
    if by_turn and min(by_turn)[0] < _CLEARLY * best[0]:
        best = min(by_turn)
    return None if best[1] < problem.settings.outlier_sigma**2 else best[2:]


def _fit(
    problem: _Problem, unknowns: FloatArray, jacobian: FloatArray, rates: RestRates, left_out: tuple[str, ...]
) -> SensorFit:
    settings, poses, turns = problem.settings, len(problem.acc_mps2), len(problem.turns)
    residuals = problem.residuals(unknowns)
    # A carried direction has two free components of three. Priors fill up where the data say nothing.
    measured = poses + 2 * turns
    chi_square = float((residuals**2).sum()) / max(1, measured)
    information = jacobian.T @ jacobian / max(1.0, chi_square)
    # No scatter makes gravity better or less known than was told.
    told = 1.0 / problem.gravity.sigma_mps2**2
    information[_GRAVITY, _GRAVITY] += told * (1.0 - 1.0 / max(1.0, chi_square))
    covariance = _inverse(information)
    known_gravity = _inverse(information[:_GRAVITY, :_GRAVITY])
    to_elements = np.zeros((PARAMETERS, _UNKNOWNS))
    to_elements[ACC_BIAS, _BIAS] = np.eye(3)
    to_elements[ACC_MATRIX, _SYMMETRIC] = _TERMS
    to_elements[GYR_MATRIX, _GYR] = np.eye(9)
    full = to_elements @ covariance @ to_elements.T
    full[GYR_BIAS, GYR_BIAS] = rates.covariance
    calibration = Calibration(
        name="table",
        acc_matrix=np.eye(3) + (_TERMS @ unknowns[_SYMMETRIC]).reshape(3, 3),
        acc_bias_mps2=unknowns[_BIAS],
        gyr_matrix=np.eye(3) + unknowns[_GYR].reshape(3, 3),
        gyr_bias_radps=rates.bias_radps,
        gyr_per_acc=rates.per_acc,
        covariance=full,
        gravity_mps2=float(problem.gravity.value_mps2),
    )
    turned = residuals[poses : poses + 3 * turns].reshape(-1, 3) * problem.turn_sigma[:, None]
    remarks = list(rates.remarks)
    if problem.gravity.sigma_mps2 > settings.acc_floor_mps2:
        share = 100 * problem.gravity.sigma_mps2 / problem.gravity.value_mps2
        remarks.append(f"scale is known to {share:.2f} % only, gravity here being unknown; give --latitude")
    return SensorFit(
        calibration=calibration,
        acc_sigma_mps2=_force_sigma(known_gravity[:9, :9], problem.gravity.value_mps2),
        gyr_sigma=float(np.sqrt(np.diagonal(covariance)[_GYR].max())),
        force_residual_mps2=residuals[:poses] * problem.acc_sigma,
        turn_residual_rad=np.sqrt((turned**2).sum(axis=1)),
        chi_square=chi_square,
        left_out=left_out,
        remarks=tuple(remarks),
    )


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _force_sigma(covariance: FloatArray, gravity_mps2: float) -> FloatArray:
    """(26,) root of the largest variance of a calibrated force of 1 g along each of `DIRECTIONS`."""
    by_matrix = gravity_mps2 * np.einsum("ijk,dj->dik", _TERMS.reshape(3, 3, 6), DIRECTIONS)
    effect = np.concatenate([np.broadcast_to(np.eye(3), (len(DIRECTIONS), 3, 3)), by_matrix], axis=2)
    return np.sqrt(np.linalg.eigvalsh(effect @ covariance @ effect.transpose(0, 2, 1))[:, -1])


def shortcoming(fit: SensorFit, settings: SolverSettings | None = None) -> str | None:
    """Why a fit must not be used yet, in words; None: it may."""
    settings = settings or SolverSettings()
    if fit.chi_square > settings.worst_residual:
        return f"the poses scatter {fit.chi_square**0.5:.0f} times as much as a still sensor would"
    if fit.acc_sigma_mps2.max() > settings.worst_acc_mps2:
        return f"force is known to {fit.acc_sigma_mps2.max() / 9.81e-3:.1f} mg only"
    if fit.gyr_sigma > settings.worst_gyr_matrix:
        return f"the gyroscope's scale is known to {100 * fit.gyr_sigma:.2f} % only"
    return None
