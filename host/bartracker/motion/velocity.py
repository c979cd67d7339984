"""Velocity and position from world acceleration: Kalman filter, one step a hop, and its Rauch-Tung-Striebel smoother.

State of each world axis (6): position; velocity; bias of world acceleration (scale of gravity, tilt); for the vertical
axis also the accelerometer's bias in the sensor frame, which turns with the bar and so becomes observable. What is
known besides the acceleration: a still bar has velocity zero; it lies at few heights; it stays within reach. The axes
share one covariance recursion for the vertical and one for the horizontal. No attitude is estimated, no exercise known.
"""

from dataclasses import dataclass

import numpy as np

from bartracker.motion.settings import MotionSettings
from bartracker.samples import FloatArray, IntArray

# Which covariance (0 vertical, 1 horizontal) each world axis uses.
_KIND = np.array([1, 1, 0])

REST = "rest"
STATES = 6
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class HopIncrement:
    """Acceleration of one hop, integrated from the last sample of the hop before: everything the filter needs to cross
    it.

    times_s (N,) since that sample; delta_vel_mps, delta_pos_m (N, 3) of a bar that was at rest there; up_s, up_s2
    (N, 3) integral and double integral of the world's up axis seen in the sensor frame. From that sample up to each:
    square_acc (2, N) integral of squared acceleration per kind, m^2/s^3; turned_rad (N,) rotation; clipped, lost (N,)
    numbers of such samples; impact_mps (N,) velocity change beyond what arms can give.
    """

    times_s: FloatArray
    delta_vel_mps: FloatArray
    delta_pos_m: FloatArray
    up_s: FloatArray
    up_s2: FloatArray
    square_acc: FloatArray
    turned_rad: FloatArray
    clipped: IntArray
    lost: IntArray
    impact_mps: FloatArray


@dataclass(frozen=True, slots=True)
class StackedIncrements:
    """The first five arrays of M HopIncrements of equal length, (M, N) and (M, N, ...)."""

    times_s: FloatArray
    delta_vel_mps: FloatArray
    delta_pos_m: FloatArray
    up_s: FloatArray
    up_s2: FloatArray


def _process_noise(inc: HopIncrement, settings: MotionSettings) -> tuple[FloatArray, FloatArray]:
    """Variance that velocity has gained by each sample, and density of the bias walk up to it, (2, N) each."""
    tau = inc.times_s
    step = float(tau[0])
    velocity = np.square(settings.acc_density)[:, None] * tau
    velocity = velocity + (np.square(settings.dynamic_error) * settings.dynamic_correlation_s)[:, None] * inc.square_acc
    velocity = velocity + inc.clipped * (settings.clipped_excess_mps2 * step) ** 2
    velocity = velocity + (inc.lost * step * settings.lost_acc_mps2) ** 2
    velocity = velocity + (settings.impact_error * inc.impact_mps) ** 2
    turned = np.square(settings.bias_turn_mps2)[:, None] * inc.turned_rad**2
    return velocity, np.square(settings.bias_walk_mps2)[:, None] + turned / tau


class VelocityFilter:
    """Forward filter. `cross` returns the causal estimate of every sample in a hop; `update` uses what is known at its
    end.
    """

    def __init__(self, settings: MotionSettings, *, moving: bool) -> None:
        """A fresh segment; `moving`: nothing is known of its first velocity (a gap lies before it)."""
        self.settings = settings
        self.mean = np.zeros((3, STATES))
        # A recording starts with a bar at rest or nearly so; after a gap anything may be.
        vel = settings.segment_velocity_mps if moving else 0.1
        pos = settings.segment_position_m if moving else 0.01
        self.covariance = np.zeros((2, STATES, STATES))
        self.covariance[:, 0, 0] = pos**2
        self.covariance[:, 1, 1] = vel**2
        self.covariance[:, 2, 2] = np.square(settings.bias_sigma_mps2)
        # Tilt hides a sensor's bias from the horizontal axes: there it stays zero, with a trace of variance to keep
        # the smoother's matrices regular.
        sensor = np.array([settings.sensor_bias_sigma_mps2, _NOTHING])
        for axis in range(3, STATES):
            self.covariance[:, axis, axis] = sensor**2
        self.predicted_mean = self.mean
        self.predicted_covariance = self.covariance
        self.transition = np.zeros((2, STATES, STATES))
        self._heights_m: dict[str, list[float]] = {}
        self._was_still = False

    def going_on_from(self, mean: FloatArray, covariance: FloatArray) -> "VelocityFilter":
        """Another filter that stands where this one once stood; it knows the same rest heights."""
        other = VelocityFilter(self.settings, moving=True)
        other.mean, other.covariance = mean.copy(), covariance.copy()
        other._heights_m = {REST: list(self._heights_m.get(REST, []))}
        other._was_still = True
        return other

    def cross(self, inc: HopIncrement) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Velocity, position, and their standard uncertainties, (N, 3) each, at the samples of the hop; then stands at
        its last one.
        """
        tau = inc.times_s
        pos, vel, bias = self.mean[:, 0], self.mean[:, 1], self.mean[:, 2]
        sensor = self.mean[:, 3:].T
        velocity = vel + inc.delta_vel_mps - tau[:, None] * bias - inc.up_s @ sensor
        position = pos + tau[:, None] * vel + inc.delta_pos_m - 0.5 * tau[:, None] ** 2 * bias - inc.up_s2 @ sensor
        gained, walk = _process_noise(inc, self.settings)
        # Rows that give velocity and position at each sample from the state before the hop, (2 kinds, N, states).
        to_vel = np.zeros((2, len(tau), STATES))
        to_pos = np.zeros((2, len(tau), STATES))
        to_vel[:, :, 1] = 1.0
        to_vel[:, :, 2] = -tau
        to_vel[0, :, 3:] = -inc.up_s
        to_pos[:, :, 0] = 1.0
        to_pos[:, :, 1] = tau
        to_pos[:, :, 2] = -0.5 * tau**2
        to_pos[0, :, 3:] = -inc.up_s2
        var_v = ((to_vel @ self.covariance) * to_vel).sum(axis=2) + gained + walk * tau**3 / 3
        var_p = ((to_pos @ self.covariance) * to_pos).sum(axis=2) + gained * tau**2 / 3 + walk * tau**5 / 20
        dt = float(tau[-1])
        transition = np.zeros((2, STATES, STATES))
        transition[:, 0], transition[:, 1] = to_pos[:, -1], to_vel[:, -1]
        for state in range(2, STATES):
            transition[:, state, state] = 1.0
        noise = np.zeros((2, STATES, STATES))
        noise[:, :3, :3] = (gained[:, -1] / dt)[:, None, None] * np.array(
            [[dt**3 / 3, dt**2 / 2, 0.0], [dt**2 / 2, dt, 0.0], [0.0, 0.0, 0.0]]
        )
        noise[:, :3, :3] += walk[:, -1, None, None] * np.array(
            [
                [dt**5 / 20, dt**4 / 8, -(dt**3) / 6],
                [dt**4 / 8, dt**3 / 3, -(dt**2) / 2],
                [-(dt**3) / 6, -(dt**2) / 2, dt],
            ]
        )
        for axis in range(3, STATES):
            noise[0, axis, axis] = self.settings.sensor_bias_walk_mps2**2 * dt
        self.transition = transition
        mean = self.mean.copy()
        mean[:, 0], mean[:, 1] = position[-1], velocity[-1]
        self.mean = mean
        self.covariance = transition @ self.covariance @ np.swapaxes(transition, -1, -2) + noise
        self.predicted_mean, self.predicted_covariance = self.mean, self.covariance
        sigma_v = np.sqrt(np.maximum(var_v, 0.0))[_KIND].T
        sigma_p = np.sqrt(np.maximum(var_p, 0.0))[_KIND].T
        return velocity, position, sigma_v, sigma_p

    def update(self, duration_s: float, *, still: bool) -> None:
        """What is known at the node besides acceleration."""
        reach = np.array(self.settings.reach_m) ** 2 * (self.settings.reach_time_s / duration_s)
        self._measure(0, np.zeros(3), reach)
        if still:
            self._measure(1, np.zeros(3), np.full(2, self.settings.still_velocity_mps**2))
            if not self._was_still:
                self.meet(REST, self.settings.rest_height_m)
        self._was_still = still

    def meet(self, place: str, sigma_m: float) -> None:
        """The bar is at a place of which every visit has the same height, sigma_m: the first visit defines it.

        Rests may lie at several heights (rack, floor): one that fits none known is a new one.
        """
        height, variance = float(self.mean[2, 0]), float(self.covariance[0, 0, 0])
        heights = self._heights_m.setdefault(place, [])
        known = min(heights, key=lambda rest: abs(rest - height), default=None)
        far = known is not None and (known - height) ** 2 > self.settings.same_height_gate**2 * (variance + sigma_m**2)
        if known is None or far:
            if place == REST or known is None:
                heights.append(height)
            return
        column = self.covariance[0, :, 0]
        gain = column / (column[0] + sigma_m**2)
        mean, covariance = self.mean.copy(), self.covariance.copy()
        mean[2] += gain * (known - height)
        covariance[0] -= np.outer(gain, column)
        self.mean, self.covariance = mean, covariance

    def _measure(self, state: int, value: FloatArray, variance: FloatArray) -> None:
        column = self.covariance[:, :, state]
        gain = column / (column[:, state] + variance)[:, None]
        self.mean = self.mean + gain[_KIND] * (value - self.mean[:, state])[:, None]
        self.covariance = self.covariance - gain[:, :, None] * column[:, None, :]


@dataclass(frozen=True, slots=True)
class FilterTrack:
    """The forward pass over M hops, kept for smoothing: filtered and predicted states, transitions (M, 2, 6, 6)."""

    mean: FloatArray
    covariance: FloatArray
    predicted_mean: FloatArray
    predicted_covariance: FloatArray
    transition: FloatArray


@dataclass(frozen=True, slots=True)
class SmoothTrack:
    """Smoothed node states; gain (M, 2, 6, 6) links node j to node j + 1 and gives the covariance of any two nodes."""

    mean: FloatArray
    covariance: FloatArray
    gain: FloatArray

    def cross_covariance(self, first: int, second: int) -> FloatArray:
        """Covariance (2, 6, 6) of the states at two nodes, first <= second."""
        product = np.broadcast_to(np.eye(STATES), (2, STATES, STATES))
        for node in range(first, second):
            product = product @ self.gain[node]
        return product @ self.covariance[second]


def backward_gain(covariance: FloatArray, predicted_after: FloatArray, transition: FloatArray) -> FloatArray:
    """Gain (..., 6, 6) that carries what is learned at a node back to the one before, of that filtered covariance."""
    gain = np.swapaxes(np.linalg.solve(predicted_after, transition @ covariance), -1, -2)
    return np.asarray(gain, dtype=np.float64)


def smooth(track: FilterTrack) -> SmoothTrack:
    """Rauch-Tung-Striebel backward pass over one unbroken run of nodes."""
    gain = np.zeros_like(track.covariance)
    if len(gain) > 1:
        gain[:-1] = backward_gain(track.covariance[:-1], track.predicted_covariance[1:], track.transition[1:])
    mean = smooth_mean(track.mean, track.predicted_mean, gain[:, _KIND])
    covariance = track.covariance.copy()
    gain_t = np.swapaxes(gain, -1, -2)
    for node in range(len(mean) - 2, -1, -1):
        covariance[node] += gain[node] @ (covariance[node + 1] - track.predicted_covariance[node + 1]) @ gain_t[node]
    return SmoothTrack(mean, covariance, gain)


def smooth_mean(mean: FloatArray, predicted_mean: FloatArray, gain: FloatArray) -> FloatArray:
    """Smoothed states (M, axes, 6) from filtered and predicted ones and the backward gain of each axis."""
    smoothed = mean.copy()[..., None]
    correction = -predicted_mean[..., None]
    for node in range(len(smoothed) - 2, -1, -1):
        smoothed[node] += gain[node] @ (smoothed[node + 1] + correction[node + 1])
    return smoothed[..., 0]


def between_nodes(increments: StackedIncrements, nodes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Velocity and position (M, N, axes) at the samples of M hops from the M smoothed states (M, axes, 6).

    Each hop is integrated from the node before it and closed on its own node by a cubic, so that velocity stays the
    derivative of position; the first is integrated back from its own.
    """
    tau = increments.times_s[..., None]
    dt = tau[:, -1:]
    own_bias = nodes[:, None, :, 2]
    own_sensor = np.swapaxes(nodes[:, :, 3:], 1, 2)
    first_vel = nodes[0, :, 1] - (
        increments.delta_vel_mps[0, -1] - dt[0] * own_bias[0] - increments.up_s[0, -1:] @ own_sensor[0]
    )
    first_pos = nodes[0, :, 0] - (
        dt[0] * first_vel
        + increments.delta_pos_m[0, -1]
        - 0.5 * dt[0] ** 2 * own_bias[0]
        - increments.up_s2[0, -1:] @ own_sensor[0]
    )
    first = nodes[:1].copy()
    first[0, :, 0], first[0, :, 1] = first_pos[0], first_vel[0]
    before = np.concatenate([first, nodes[:-1]])
    pos, vel, bias = (before[:, None, :, state] for state in range(3))
    sensor = np.swapaxes(before[:, :, 3:], 1, 2)
    velocity = vel + increments.delta_vel_mps - tau * bias - increments.up_s @ sensor
    position = pos + tau * vel + increments.delta_pos_m - 0.5 * tau**2 * bias - increments.up_s2 @ sensor
    gap_p = nodes[:, None, :, 0] - position[:, -1:]
    gap_v = nodes[:, None, :, 1] - velocity[:, -1:]
    u = tau / dt
    position = position + gap_p * (3 * u**2 - 2 * u**3) + gap_v * dt * (u**3 - u**2)
    velocity = velocity + gap_p * (6 * u - 6 * u**2) / dt + gap_v * (3 * u**2 - 2 * u)
    return velocity, position
