"""The state of motion as samples come: a Kalman filter, one step a hop, from the past alone. What it knows is what the
smoother knows (smoother.py).
"""

import numpy as np

from bartracker.motion.model import BIAS_Z, CENTRE, NODE_STATES, POS, TILT, VEL, HopIntegrals, HopModels, of_columns
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoother import REST, Prior, first_prior
from bartracker.samples import FloatArray

_STATES = NODE_STATES + CENTRE.stop
_ERRORS = slice(NODE_STATES, NODE_STATES + 9)
_SHAPE = np.array([[1 / 3, 1 / 2], [1 / 2, 1.0]])


class MotionFilter:
    """Forward filter. `cross` returns the causal estimate of every sample in a hop; `update` uses what is known at its
    end.
    """

    def __init__(self, settings: MotionSettings, *, moving: bool) -> None:
        """A fresh segment; `moving`: nothing is known of its first velocity (a gap lies before it)."""
        self.settings = settings
        prior = first_prior(settings, moving=moving)
        self.mean, self.covariance = prior.mean, prior.covariance
        self._heights_m: list[float] = []
        self._was_still = False

    @property
    def prior(self) -> Prior:
        """What is known now, for whoever goes on from here."""
        return Prior(self.mean, self.covariance, {REST: list(self._heights_m)})

    @property
    def tilt_rad(self) -> FloatArray:
        """(2,) tilt of the first attitude about the world's x and y."""
        return self.mean[TILT]

    def cross(self, model: HopModels, integrals: HopIntegrals) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Velocity, position, and their standard uncertainties, (N, 3) each, at the samples of one hop; then stands at
        its last one.
        """
        since = integrals.since_s
        state, constants = self.mean[:NODE_STATES], self.mean[NODE_STATES:]
        velocity = state[VEL] + of_columns(integrals.once, state[TILT], constants)
        position = state[POS] + since[:, None] * state[VEL] + of_columns(integrals.twice, state[TILT], constants)
        velocity[:, 2] -= since * state[BIAS_Z]
        position[:, 2] -= 0.5 * since**2 * state[BIAS_Z]
        gained = integrals.vel_variance
        rows = np.zeros((2, len(since), 3, _STATES))
        axes = np.arange(3)
        rows[0, :, axes, 3 + axes] = rows[1, :, axes, axes] = 1.0
        rows[1, :, axes, 3 + axes] = since
        for kind, columns in enumerate((integrals.once, integrals.twice)):
            rows[kind, :, :, TILT] = columns[:, :, 1:3]
            rows[kind, :, :, _ERRORS] = columns[:, :, 3:]
        rows[0, :, 2, BIAS_Z] = -since
        rows[1, :, 2, BIAS_Z] = -0.5 * since**2
        variance = ((rows @ self.covariance) * rows).sum(axis=-1)
        sigma_v = np.sqrt(np.maximum(variance[0] + gained, 0.0))
        sigma_p = np.sqrt(np.maximum(variance[1] + gained * since[:, None] ** 2 / 3, 0.0))
        self._predict(model)
        return velocity, position, sigma_v, sigma_p

    def _predict(self, model: HopModels) -> None:
        transition = np.eye(_STATES)
        transition[:NODE_STATES, :NODE_STATES] = model.transition[0]
        transition[:NODE_STATES, NODE_STATES:] = model.effect[0]
        mean = transition @ self.mean
        mean[:NODE_STATES] += model.offset[0]
        covariance = transition @ self.covariance @ transition.T
        duration = float(model.duration_s[0])
        scale = np.array([[duration**2, duration], [duration, 1.0]]) * _SHAPE
        for axis in range(3):
            covariance[axis : axis + 4 : 3, axis : axis + 4 : 3] += model.vel_variance[0, axis] * scale
        covariance[6, 6] += model.tilt_variance[0]
        covariance[7, 7] += model.tilt_variance[0]
        covariance[BIAS_Z, BIAS_Z] += model.bias_variance[0]
        self.mean, self.covariance = mean, covariance

    def update(self, model: HopModels, *, still: bool) -> None:
        """What is known at the node besides acceleration and rate."""
        settings, duration = self.settings, float(model.duration_s[0])
        vertical, horizontal = settings.online_reach_m
        count = 8 if still else 5
        rows, target, variance = np.zeros((count, _STATES)), np.zeros(count), np.empty(count)
        for axis, reach in ((0, horizontal), (1, horizontal), (2, vertical)):
            rows[axis, axis], rows[axis, NODE_STATES + CENTRE.start + axis] = 1.0, -1.0
            variance[axis] = reach**2 * settings.reach_time_s / duration
        rows[3:5, NODE_STATES:] = model.tilt_effect[0]
        rows[3, 6] = rows[4, 7] = 1.0
        target[3:5] = model.tilt_offset[0]
        variance[3:5] = settings.online_lean_sigma_rad**2 * settings.lean_time_s / duration
        if still:
            rows[[5, 6, 7], [3, 4, 5]] = 1.0
            variance[5:] = settings.still_velocity_mps**2
        self._measure(rows, target, variance)
        if still and not self._was_still:
            self._rest()
        self._was_still = still

    def _rest(self) -> None:
        """The bar has come to rest: at one of the heights known, or at a new one."""
        height, variance = float(self.mean[2]), float(self.covariance[2, 2])
        sigma = self.settings.rest_height_m
        known = min(self._heights_m, key=lambda rest: abs(rest - height), default=None)
        if known is None or (known - height) ** 2 > self.settings.same_height_gate**2 * (variance + sigma**2):
            self._heights_m.append(height)
            return
        row = np.zeros((1, _STATES))
        row[0, 2] = 1.0
        self._measure(row, np.array([known]), np.array([sigma**2]))

    def _measure(self, rows: FloatArray, target: FloatArray, variance: FloatArray) -> None:
        cross = rows @ self.covariance
        gain = np.linalg.solve(cross @ rows.T + np.diag(variance), cross).T
        self.mean = self.mean + gain @ (target - rows @ self.mean)
        covariance = self.covariance - gain @ cross
        self.covariance = 0.5 * (covariance + covariance.T)
