"""The state of motion as samples come: a Kalman filter, one step a hop, from the past alone. What it knows is what the
smoother knows (smoother.py).
"""

import numpy as np

from bartracker.motion.calibrated import CalibratedOrNot
from bartracker.motion.model import (
    ACC_BIAS,
    ACTING,
    CENTRE,
    COLUMNS,
    NODE_STATES,
    POS,
    STATES,
    TILT,
    VEL,
    HopIntegrals,
    HopModels,
)
from bartracker.motion.places import REST
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoother import Prior, first_prior
from bartracker.motion.whitening import whitened
from bartracker.samples import FloatArray

_AXES = np.arange(3)
_AS_MEASURED = np.eye(1, COLUMNS)[0]
_LEAN, _STILL = slice(3, 5), slice(5, 8)


class MotionFilter:
    """Forward filter. `cross` returns the causal estimate of every sample in a hop; `update` uses what is known at its
    end.

    mean (34,), covariance (34, 34): the state at the last node for a sensor as bought; known_mean, known_covariance:
    the same, weighed by how calibrated the sensor seems to be.
    """

    def __init__(self, settings: MotionSettings, *, moving: bool) -> None:
        """A fresh segment; `moving`: nothing is known of its first velocity (a gap lies before it)."""
        self.settings = settings
        prior = first_prior(settings, moving=moving)
        self.mean, self.covariance = prior.mean, prior.covariance
        self._calibrated_or_not = CalibratedOrNot(settings, NODE_STATES + ACC_BIAS.start)
        self.known_mean, self.known_covariance = self._calibrated_or_not.weighed(self.mean, self.covariance)
        # Of each rest's place, and how unsure the bar's height was when it first came to it.
        self._heights_m: list[float] = []
        self._height_variance: list[float] = []
        self._was_still = False
        # What is known at every node, in rows: reach (3), lean (2), stillness (3).
        vertical, horizontal = settings.online_reach_m
        self._rows = np.zeros((8, STATES))
        self._rows[_AXES, _AXES], self._rows[_AXES, NODE_STATES + CENTRE.start + _AXES] = 1.0, -1.0
        self._rows[_LEAN, TILT] = np.eye(2)
        self._rows[_STILL, VEL] = np.eye(3)
        self._target = np.zeros(8)
        # Of one look as long as its time; what holds at every node counts for the share of a hop.
        self._look_variance = np.array(
            [horizontal**2 * settings.reach_time_s] * 2
            + [vertical**2 * settings.reach_time_s]
            + [settings.online_lean_sigma_rad**2 * settings.lean_time_s] * 2
        )
        self._still_variance = np.full(3, settings.still_velocity_mps**2)
        self._per_state = np.zeros((2, 0, 3, ACTING.stop))

    @property
    def prior(self) -> Prior:
        """What is known now, for whoever goes on from here."""
        return Prior(self.mean, self.covariance, {REST: list(self._heights_m)})

    def cross(self, model: HopModels, integrals: HopIntegrals) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Velocity, position, and their standard uncertainties, (N, 3) each, at the samples of one hop; then stands at
        its last one.
        """
        since = integrals.since_s[:, None]
        mean = self.known_mean
        weights = _AS_MEASURED.copy()
        weights[1:] = mean[ACTING]
        gained_v, gained_p = (integrals.integrals.reshape(-1, COLUMNS) @ weights).reshape(2, -1, 3)
        velocity = mean[VEL] + gained_v
        position = mean[POS] + since * mean[VEL] + gained_p
        rows = self._rows_per_state(integrals.since_s)
        rows[:, :, :, ACTING] = integrals.integrals[:, :, :, 1:]
        flat = rows.reshape(-1, ACTING.stop)
        spread = flat @ self.known_covariance[: ACTING.stop, : ACTING.stop]
        variance = np.einsum("ij,ij->i", spread, flat).reshape(2, -1, 3)
        variance[0] += integrals.vel_variance
        variance[1] += integrals.vel_variance * (since**2 / 3)
        sigma = np.sqrt(np.maximum(variance, 0.0))
        self._predict(model)
        return velocity, position, sigma[0], sigma[1]

    def _rows_per_state(self, since_s: FloatArray) -> FloatArray:
        """(2, N, 3, 19): velocity and position at the samples per position and velocity before."""
        if self._per_state.shape[1] != len(since_s):
            self._per_state = np.zeros((2, len(since_s), 3, ACTING.stop))
            self._per_state[0, :, _AXES, 3 + _AXES] = self._per_state[1, :, _AXES, _AXES] = 1.0
        self._per_state[1, :, _AXES, 3 + _AXES] = since_s
        return self._per_state

    def _predict(self, model: HopModels) -> None:
        """Constants stay; only what belongs to the node changes."""
        across = model.across[0]
        moved = across @ self.covariance
        node = moved @ across.T
        duration = float(model.duration_s[0])
        gained = model.vel_variance[0]
        # Of position, of both, of velocity; along the diagonals of the flat matrix.
        flat = node.reshape(-1)
        flat[0:21:10] += gained * (duration**2 / 3)
        flat[3:24:10] += gained * (duration / 2)
        flat[27:48:10] += gained * (duration / 2)
        flat[30:51:10] += gained
        flat[60:71:10] += model.tilt_variance[0] + self.settings.online_tilt_walk**2 * duration
        flat[80] += model.bias_variance[0]
        covariance = self.covariance.copy()
        covariance[:NODE_STATES, NODE_STATES:] = moved[:, NODE_STATES:]
        covariance[NODE_STATES:, :NODE_STATES] = moved[:, NODE_STATES:].T
        covariance[:NODE_STATES, :NODE_STATES] = node
        mean = self.mean.copy()
        mean[:NODE_STATES] = across @ self.mean + model.offset[0]
        self.mean, self.covariance = mean, covariance

    def update(self, model: HopModels, *, still: bool) -> None:
        """What is known at the node besides acceleration and rate."""
        count = 8 if still else 5
        self._rows[_LEAN, NODE_STATES:] = model.tilt_effect[0]
        self._target[_LEAN] = model.tilt_offset[0]
        variance = self._look_variance / model.duration_s[0]
        if still:
            variance = np.concatenate([variance, self._still_variance])
        self._measure(self._rows[:count], self._target[:count], variance)
        if still and not self._was_still:
            self._rest()
        self._was_still = still
        self.known_mean, self.known_covariance = self._calibrated_or_not.weighed(self.mean, self.covariance)

    def _rest(self) -> None:
        """The bar has come to rest: at one of the heights known, or at a new one."""
        height, variance = float(self.mean[2]), float(self.covariance[2, 2])
        sigma, known = self.settings.rest_height_m, self._heights_m
        place = min(range(len(known)), key=lambda at: abs(known[at] - height), default=None)
        if place is None or (known[place] - height) ** 2 > self.settings.same_height_gate**2 * (variance + sigma**2):
            known.append(height)
            self._height_variance.append(variance)
            return
        row = np.zeros((1, STATES))
        row[0, 2] = 1.0
        self._measure(row, np.array([known[place]]), np.array([sigma**2]))
        # A height is known no better than the place that it is taken from.
        self.covariance[2, 2] = max(float(self.covariance[2, 2]), self._height_variance[place])

    def _measure(self, rows: FloatArray, target: FloatArray, variance: FloatArray) -> None:
        # Side by side: rows of the covariance, and how far the mean is off.
        known = np.empty((len(rows), STATES + 1))
        np.matmul(rows, self.covariance, out=known[:, :STATES])
        np.subtract(target, rows @ self.mean, out=known[:, STATES])
        innovation = known[:, :STATES] @ rows.T
        innovation.reshape(-1)[:: len(rows) + 1] += variance
        _, gain = whitened(innovation, known)
        gain, off = gain[:, :STATES], gain[:, STATES]
        self.mean = self.mean + off @ gain
        self.covariance = self.covariance - gain.T @ gain
