"""All hops of a stretch at once: least squares over every node and the constants, in one banded solve.

Nodes form a chain, so their normal equations are block-tridiagonal; the few unknowns that touch all nodes (the sensor's
errors, the middle of the reach, the heights of places) stand in a border (Schur complement). The result is that of a
Kalman smoother, with the covariance of any two nodes. What is known besides the samples: a still bar has velocity
zero; a bar stays within reach; contacts with one place have one height. No rep is known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded

from bartracker.motion.calibrated import CalibratedOrNot, acc_error_sigma
from bartracker.motion.model import (
    ACC_BIAS,
    ACC_MATRIX,
    BIAS_Z,
    CENTRE,
    CONSTANTS,
    GYR_BIAS,
    GYR_DELAY,
    GYR_MATRIX,
    NODE_STATES,
    POS,
    STATES,
    TILT,
    VEL,
    HopModels,
)
from bartracker.motion.places import Contact, shared_places
from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray, IntArray

_BAND: Final = 2 * NODE_STATES


@dataclass(frozen=True, slots=True)
class Prior:
    """State at the node before the first hop, and the constants: mean (34,) and covariance (34, 34); heights_m of the
    places known, by kind.
    """

    mean: FloatArray
    covariance: FloatArray
    heights_m: dict[str, list[float]]


def first_prior(settings: MotionSettings, *, moving: bool) -> Prior:
    """A fresh segment; `moving`: nothing is known of its first velocity (a gap lies before it)."""
    deviation = np.empty(STATES)
    deviation[POS] = settings.segment_position_m if moving else settings.start_position_m
    deviation[VEL] = settings.segment_velocity_mps if moving else settings.start_velocity_mps
    deviation[TILT] = settings.tilt_sigma_rad
    deviation[BIAS_Z] = settings.bias_sigma_mps2
    constants = deviation[NODE_STATES:]
    constants[: ACC_MATRIX.stop] = acc_error_sigma(settings)
    constants[GYR_DELAY] = settings.gyr_delay_s
    constants[GYR_BIAS] = settings.gyr_bias_radps
    constants[GYR_MATRIX] = settings.gyr_scale
    constants[CENTRE] = settings.centre_sigma_m
    return Prior(np.zeros(STATES), np.diag(deviation**2), {})


@dataclass(frozen=True, slots=True)
class SmoothTrack:
    """Smoothed nodes (M + 1, 9) and constants (25,), with covariances: of the constants, (25, 25), and what gives those
    of the nodes.
    """

    nodes: FloatArray
    constants: FloatArray
    constants_covariance: FloatArray
    own_covariance: FloatArray
    backward: FloatArray
    per_border: FloatArray
    border_covariance: FloatArray

    def covariance(self) -> FloatArray:
        """(M + 1, 9, 9) of each node."""
        return self.own_covariance + self.per_border @ self.border_covariance @ np.swapaxes(self.per_border, 1, 2)

    def change_variance(self, first: int, second: int) -> FloatArray:
        """(9,) variance of what changed from one node to a later one: displacement, change of velocity, ..."""
        cross = self._own_between(first, second)
        own = self.own_covariance[first] + self.own_covariance[second] - cross - cross.T
        change = self.per_border[second] - self.per_border[first]
        total = np.diagonal(own) + ((change @ self.border_covariance) * change).sum(axis=1)
        return np.asarray(np.maximum(total, 0.0), dtype=np.float64)

    def vertical_covariance(self, first: int, second: int) -> FloatArray:
        """(3, 3) of the height gained from one node to a later one, and of vertical velocity at both."""
        height, velocity = POS.start + 2, VEL.start + 2
        of_both = np.zeros((3, 2, NODE_STATES))
        of_both[0, :, height] = -1.0, 1.0
        of_both[1, 0, velocity] = of_both[2, 1, velocity] = 1.0
        cross = self._own_between(first, second)
        own = np.block([[self.own_covariance[first], cross], [cross.T, self.own_covariance[second]]])
        flat = of_both.reshape(3, -1)
        per_border = of_both[:, 0] @ self.per_border[first] + of_both[:, 1] @ self.per_border[second]
        return np.asarray(flat @ own @ flat.T + per_border @ self.border_covariance @ per_border.T, dtype=np.float64)

    def _own_between(self, first: int, second: int) -> FloatArray:
        """(9, 9) covariance of a node with a later one for a known border."""
        product = np.eye(NODE_STATES)
        for node in range(first, second):
            product = -product @ self.backward[node].T
        return np.asarray(product @ self.own_covariance[second], dtype=np.float64)

    def with_vertical_doubt(self, times: float) -> "SmoothTrack":
        """The same nodes, so many times as unsure of height, vertical velocity and its bias."""
        scale = np.ones(NODE_STATES)
        scale[[POS.start + 2, VEL.start + 2, BIAS_Z]] = times
        return replace(
            self,
            own_covariance=self.own_covariance * np.outer(scale, scale),
            backward=self.backward * np.outer(1.0 / scale, scale),
            per_border=self.per_border * scale[:, None],
        )


class _Equations:
    """Normal equations: banded for the nodes, dense for the border, and their coupling."""

    def __init__(self, models: HopModels, still: BoolArray, prior: Prior, settings: MotionSettings) -> None:
        count = len(models)
        self.settings = settings
        self.band = np.zeros((_BAND, NODE_STATES * (count + 1)))
        self.coupling = np.zeros((count + 1, NODE_STATES, CONSTANTS))
        self.right = np.zeros((count + 1, NODE_STATES))
        self.border = np.zeros((CONSTANTS, CONSTANTS))
        self.border_right = np.zeros(CONSTANTS)
        self._take_prior(prior)
        self._take_models(models)
        self._take_reach(models, still)
        self._take_lean(models)
        weight = 1.0 / settings.still_velocity_mps**2
        for axis in (3, 4, 5):
            self.band[0, axis + NODE_STATES * (1 + np.flatnonzero(still))] += weight

    def _take_prior(self, prior: Prior) -> None:
        information = np.linalg.inv(prior.covariance)
        right = information @ prior.mean
        for column in range(NODE_STATES):
            self.band[: NODE_STATES - column, column] += information[column:NODE_STATES, column]
        self.coupling[0] += information[:NODE_STATES, NODE_STATES:]
        self.right[0] += right[:NODE_STATES]
        self.border += information[NODE_STATES:, NODE_STATES:]
        self.border_right += right[NODE_STATES:]

    def _take_models(self, models: HopModels) -> None:
        """Residual of a hop: node - transition @ node before - effect @ constants - offset."""
        count, duration = len(models), models.duration_s
        information = np.zeros((count, NODE_STATES, NODE_STATES))
        for axis in range(3):
            variance = models.vel_variance[:, axis]
            information[:, axis, axis] = 12.0 / (variance * duration**2)
            information[:, axis, 3 + axis] = information[:, 3 + axis, axis] = -6.0 / (variance * duration)
            information[:, 3 + axis, 3 + axis] = 4.0 / variance
        information[:, 6, 6] = information[:, 7, 7] = 1.0 / models.tilt_variance
        information[:, BIAS_Z, BIAS_Z] = 1.0 / models.bias_variance
        back = np.swapaxes(models.transition, 1, 2) @ information
        diagonal = np.zeros((count + 1, NODE_STATES, NODE_STATES))
        diagonal[:-1] += back @ models.transition
        diagonal[1:] += information
        lower = -np.swapaxes(back, 1, 2)
        for column in range(NODE_STATES):
            for row in range(column, NODE_STATES):
                self.band[row - column, column::NODE_STATES] += diagonal[:, row, column]
            for row in range(NODE_STATES):
                self.band[NODE_STATES + row - column, column : NODE_STATES * count : NODE_STATES] += lower[
                    :, row, column
                ]
        self.coupling[:-1] += back @ models.effect
        self.coupling[1:] -= information @ models.effect
        weighed = (information @ models.offset[:, :, None])[:, :, 0]
        self.right[:-1] -= (back @ models.offset[:, :, None])[:, :, 0]
        self.right[1:] += weighed
        flat = models.effect.reshape(-1, CONSTANTS)
        self.border += flat.T @ (information @ models.effect).reshape(-1, CONSTANTS)
        self.border_right -= flat.T @ weighed.reshape(-1)

    def _take_reach(self, models: HopModels, still: BoolArray) -> None:
        vertical, horizontal = self.settings.reach_m
        look = models.duration_s / self.settings.reach_time_s
        since_rest = np.minimum(_from_rest_s(models.duration_s, still) / self.settings.reach_rest_s, 1.0)
        for axis, weight in (
            (0, look / horizontal**2),
            (1, look / horizontal**2),
            (2, look / vertical**2 * since_rest),
        ):
            centre = CENTRE.start + axis
            self.band[0, NODE_STATES + axis :: NODE_STATES] += weight
            self.coupling[1:, axis, centre] -= weight
            self.border[centre, centre] += weight.sum()

    def _take_lean(self, models: HopModels) -> None:
        weight = models.duration_s / (self.settings.lean_sigma_rad**2 * self.settings.lean_time_s)
        for row in (0, 1):
            effect, offset = models.tilt_effect[:, row], models.tilt_offset[:, row]
            weighed = weight[:, None] * effect
            self.band[0, NODE_STATES + 6 + row :: NODE_STATES] += weight
            self.coupling[1:, 6 + row] += weighed
            self.right[1:, 6 + row] += weight * offset
            self.border += effect.T @ weighed
            self.border_right += weighed.T @ offset


def _from_rest_s(duration_s: FloatArray, still: BoolArray) -> FloatArray:
    """Time (M,) from each hop's end to the nearest rest; infinite without any."""
    end_s = np.cumsum(duration_s)
    rest_s = np.concatenate([[-np.inf], end_s[still], [np.inf]])
    after = np.searchsorted(rest_s, end_s)
    return np.minimum(end_s - rest_s[after - 1], rest_s[after] - end_s)


@dataclass(frozen=True, slots=True)
class _Solution:
    factor: FloatArray
    nodes: FloatArray
    per_border: FloatArray
    border: FloatArray
    border_covariance: FloatArray


def smooth(
    models: HopModels,
    still: BoolArray,
    contacts: Sequence[Contact],
    prior: Prior,
    settings: MotionSettings,
) -> SmoothTrack:
    """The most likely motion through M hops; still (M,) at their ends."""
    equations = _Equations(models, still, prior, settings)
    # Where the bar is at a contact is asked without contacts first: that decides which of them share a place.
    heights, places = _places(equations, contacts, prior) if contacts else ([], [])
    solution = _solve(equations, [contact for contact, _ in places], [place for _, place in places], heights)
    own, backward = _node_covariances(solution.factor, len(models) + 1)
    border, covariance = CalibratedOrNot(settings, ACC_BIAS.start).weighed(solution.border, solution.border_covariance)
    return SmoothTrack(
        nodes=solution.nodes - solution.per_border @ (border - solution.border),
        constants=border[:CONSTANTS],
        constants_covariance=covariance[:CONSTANTS, :CONSTANTS],
        own_covariance=own,
        backward=backward,
        per_border=-solution.per_border,
        border_covariance=covariance,
    )


def tilted(models: HopModels, still: BoolArray, prior: Prior, settings: MotionSettings) -> FloatArray:
    """Tilt (M + 1, 2) of the first attitude at each node, rad, from what needs no places."""
    return _solve(_Equations(models, still, prior, settings), [], [], []).nodes[:, TILT]


def vertical_nodes(
    duration: FloatArray,
    variance: FloatArray,
    offset: FloatArray,
    still: BoolArray,
    prior: Prior,
    settings: MotionSettings,
) -> FloatArray:
    """Height, vertical velocity and bias (M + 1, 3) alone, for a quick look: tilts and the sensor's errors are taken as
    known; offset (M, 2) is what they leave of each hop's change of height and velocity, variance (M,) the latter's.
    """
    count = len(duration)
    band = np.zeros((4, 2 * count + 2))
    # Right side, and what a bias adds to it.
    right = np.zeros((count + 1, 2, 2))
    pp, pv, vv = 12.0 / (variance * duration**2), -6.0 / (variance * duration), 4.0 / variance
    band[0, 2::2] += pp
    band[0, 3::2] += vv
    band[1, 2::2] += pv
    bp, bv = pp * duration + pv, pv * duration + vv
    band[0, 0:-2:2] += pp
    band[0, 1:-2:2] += duration * bp + bv
    band[1, 0:-2:2] += bp
    band[2, 0:-2:2] -= pp
    band[3, 0:-2:2] -= pv
    band[1, 1:-2:2] -= bp
    band[2, 1:-2:2] -= bv
    offsets = np.stack([offset, np.stack([-0.5 * duration**2, -duration], axis=1)], axis=2)
    weighed_p = pp[:, None] * offsets[:, 0] + pv[:, None] * offsets[:, 1]
    weighed_v = pv[:, None] * offsets[:, 0] + vv[:, None] * offsets[:, 1]
    right[1:, 0] += weighed_p
    right[1:, 1] += weighed_v
    right[:-1, 0] -= weighed_p
    right[:-1, 1] -= duration[:, None] * weighed_p + weighed_v
    border = float((offsets[:, 0, 1] * weighed_p[:, 1] + offsets[:, 1, 1] * weighed_v[:, 1]).sum())
    border_right = float((offsets[:, 0, 1] * weighed_p[:, 0] + offsets[:, 1, 1] * weighed_v[:, 0]).sum())
    at = [2, 5]
    information = np.linalg.inv(prior.covariance[np.ix_(at, at)])
    band[0, :2] += np.diagonal(information)
    band[1, 0] += information[1, 0]
    right[0, :, 0] += information @ prior.mean[at]
    band[0, 2::2] += duration / (settings.online_reach_m[0] ** 2 * settings.reach_time_s)
    centre = prior.mean[NODE_STATES + CENTRE.start + 2]
    right[1:, 0, 0] += centre * duration / (settings.online_reach_m[0] ** 2 * settings.reach_time_s)
    band[0, 3::2] += still / settings.still_velocity_mps**2
    solved = cho_solve_banded((cholesky_banded(band, lower=True, check_finite=False), True), right.reshape(-1, 2))
    nodes, per_bias = solved[:, 0], solved[:, 1]
    coupled = right.reshape(-1, 2)[:, 1]
    bias = (coupled @ nodes - border_right) / (border + 1.0 / settings.quick_bias_sigma_mps2**2 - coupled @ per_bias)
    result = np.empty((count + 1, 3))
    result[:, :2] = (nodes + per_bias * bias).reshape(-1, 2)
    result[:, 2] = bias
    return result


def _solve(
    equations: _Equations, contacts: Sequence[Contact], place_of: Sequence[int], heights: Sequence[tuple[float, float]]
) -> _Solution:
    """heights: what is known of each place's height before, (mean m, information 1/m^2)."""
    size = CONSTANTS + len(heights)
    count = len(equations.right)
    band = equations.band
    border = np.zeros((size, size))
    border[:CONSTANTS, :CONSTANTS] = equations.border
    border_right = np.concatenate([equations.border_right, [mean * weight for mean, weight in heights]])
    coupling = np.zeros((count, NODE_STATES, size))
    coupling[:, :, :CONSTANTS] = equations.coupling
    for place, (_, weight) in enumerate(heights):
        border[CONSTANTS + place, CONSTANTS + place] += weight
    if contacts:
        band = band.copy()
    for contact, place in zip(contacts, place_of, strict=True):
        weight = 1.0 / contact.sigma_m**2
        band[0, NODE_STATES * contact.node + 2] += weight
        coupling[contact.node, 2, CONSTANTS + place] -= weight
        border[CONSTANTS + place, CONSTANTS + place] += weight
    flat = coupling.reshape(-1, size)
    factor = cholesky_banded(band, lower=True, check_finite=False)
    right = np.concatenate([equations.right.reshape(-1, 1), flat], axis=1)
    solved = cho_solve_banded((factor, True), right, check_finite=False)
    covariance = np.linalg.inv(border - flat.T @ solved[:, 1:])
    unknown = covariance @ (border_right - flat.T @ solved[:, 0])
    nodes = solved[:, 0] - solved[:, 1:] @ unknown
    return _Solution(
        factor,
        nodes.reshape(count, NODE_STATES),
        solved[:, 1:].reshape(count, NODE_STATES, size),
        unknown,
        0.5 * (covariance + covariance.T),
    )


def _places(
    equations: _Equations, contacts: Sequence[Contact], prior: Prior
) -> tuple[list[tuple[float, float]], list[tuple[Contact, int]]]:
    """Which contacts share a place, by where they are without any."""
    free = _solve(equations, [], [], [])
    rows: IntArray = np.array([NODE_STATES * contact.node + 2 for contact in contacts])
    unit = np.zeros((free.nodes.size, len(rows)))
    unit[rows, np.arange(len(rows))] = 1.0
    per_border = free.per_border.reshape(-1, CONSTANTS)[rows]
    own = cho_solve_banded((free.factor, True), unit, check_finite=False)[rows]
    covariance: FloatArray = own + per_border @ free.border_covariance @ per_border.T
    return shared_places(contacts, free.nodes.reshape(-1)[rows], covariance, prior.heights_m, equations.settings)


def _node_covariances(factor: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Covariance blocks (M + 1, 9, 9) of the nodes for a known border, and the matrices (M, 9, 9) that carry them from
    a node to the one before: cov(k, k + 1) = -backward_k.T @ cov(k + 1, k + 1).
    """
    lower = np.zeros((count, NODE_STATES, NODE_STATES))
    below = np.zeros((count - 1, NODE_STATES, NODE_STATES))
    for column in range(NODE_STATES):
        for row in range(column, NODE_STATES):
            lower[:, row, column] = factor[row - column, column::NODE_STATES]
        for row in range(NODE_STATES):
            stop = NODE_STATES * (count - 1)
            below[:, row, column] = factor[NODE_STATES + row - column, column:stop:NODE_STATES]
    inverse = np.linalg.inv(lower)
    covariance = np.swapaxes(inverse, 1, 2) @ inverse
    backward = below @ inverse[:-1]
    forward = np.swapaxes(backward, 1, 2)
    for node in range(count - 2, -1, -1):
        covariance[node] += forward[node] @ covariance[node + 1] @ backward[node]
    return covariance, backward
