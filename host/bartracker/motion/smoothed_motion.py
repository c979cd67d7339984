"""Smoothed motion of an unbroken stretch, from past and future of every sample: velocity and position between the nodes
of its hops, with what is sure of them. How stretches are found is segments.py's and online.py's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bartracker.motion.attitude import at_samples
from bartracker.motion.model import POS, TILT, VEL, HopIntegrals, HopModels, column_weights, of_columns
from bartracker.motion.places import REST, Contact
from bartracker.motion.ringing import quick_sigma, without_ringing
from bartracker.motion.rotation import from_rotation_vector, multiply
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoother import Prior, SmoothTrack, smooth
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Visit:
    """The bar is at a place whose height is the same at every visit (lock-out, floor), sigma_m; what reps add to
    motion.
    """

    t_s: float
    place: str
    sigma_m: float


@dataclass(frozen=True, slots=True)
class SmoothedMotion:
    """Smoothed motion of one unbroken stretch, samples (N, ...), with the node states behind it.

    node_t_s (M + 1,) and nodes give covariances between any two moments; dynamic_scale is the part of every velocity
    and displacement that may be wrong besides.
    """

    sample_index: IntArray
    t_s: FloatArray
    period_s: float
    dynamic_scale: float
    quat_ws: FloatArray
    acc_w_mps2: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    sigma_tilt_rad: FloatArray
    resting: BoolArray
    lost: BoolArray
    clipped: BoolArray
    node_t_s: FloatArray
    nodes: SmoothTrack

    def __len__(self) -> int:
        return len(self.t_s)

    def displacement_sigma_m(self, from_s: float, to_s: float) -> tuple[float, float]:
        """Standard uncertainty of the vertical and of each horizontal displacement between two moments, m."""
        way = np.array([np.diff(np.interp([from_s, to_s], self.t_s, self.pos_w_m[:, axis]))[0] for axis in range(3)])
        scale = self.dynamic_scale * way
        variance = self.nodes.change_variance(*self._nodes(from_s, to_s))[POS] + scale**2
        x, y, z = np.sqrt(np.maximum(variance, 1e-10))
        return float(z), float(np.hypot(x, y) / np.sqrt(2.0))

    def rise_covariance(self, from_s: float, to_s: float) -> FloatArray:
        """(3, 3) of the height gained between two moments and of vertical velocity at both, dynamic_scale left out."""
        return self.nodes.vertical_covariance(*self._nodes(from_s, to_s))

    def with_vertical_doubt(self, times: float) -> "SmoothedMotion":
        """The same motion, so many times as unsure of heights and vertical velocities; dynamic_scale and what is quick
        stay.
        """
        nodes = self.nodes.with_vertical_doubt(times)
        change = (times**2 - 1.0) * self.nodes.covariance()[:, [5, 2], [5, 2]]
        sigma_vel, sigma_pos = self.sigma_vel_w_mps.copy(), self.sigma_pos_w_m.copy()
        for column, sigma in enumerate((sigma_vel, sigma_pos)):
            gained: FloatArray = np.interp(self.t_s, self.node_t_s, change[:, column])
            sigma[:, 2] = np.sqrt(np.maximum(sigma[:, 2] ** 2 + gained, 1e-8))
        return replace(self, nodes=nodes, sigma_vel_w_mps=sigma_vel, sigma_pos_w_m=sigma_pos)

    def velocity_change_sigma_mps(self, from_s: float, to_s: float) -> float:
        """Standard uncertainty of the change of vertical velocity between two moments, m/s."""
        variance = self.nodes.change_variance(*self._nodes(from_s, to_s))[VEL]
        return float(np.sqrt(max(float(variance[2]), 1e-8)))

    def _nodes(self, from_s: float, to_s: float) -> tuple[int, int]:
        """The nodes nearest two moments, two different ones."""
        first, second = sorted(int(np.abs(self.node_t_s - t_s).argmin()) for t_s in (from_s, to_s))
        if first == second:
            second = min(first + 1, len(self.node_t_s) - 1)
            first = max(0, second - 1)
        return first, second


@dataclass(frozen=True, slots=True)
class Stretch:
    """Unbroken hops with their models, ready to be smoothed; quat_ws (N, 4) is the attitude that tilts refer to."""

    hops: list[Hop]
    quat_ws: FloatArray
    models: HopModels
    integrals: HopIntegrals
    still: BoolArray
    prior: Prior

    def smoothed(self, visits: Sequence[Visit], settings: MotionSettings) -> SmoothedMotion:
        """Its motion, with the bar at known places at these visits."""
        hops = self.hops
        track = smooth(self.models, self.still, self._contacts(visits, settings), self.prior, settings)
        velocity, position = between_nodes(self.integrals, track.nodes, track.constants)
        t_s = np.concatenate([hop.t_s for hop in hops])
        node_t_s = np.concatenate([hops[0].t_s[:1] - hops[0].period_s, [hop.t_s[-1] for hop in hops]])
        tilt = at_times(t_s, node_t_s, track.nodes[:, TILT])
        gyr = np.concatenate([hop.gyr_radps for hop in hops])
        weights = at_times(t_s, node_t_s, column_weights(track.nodes, track.constants))
        acceleration = of_columns(self.integrals.columns, weights)
        velocity[:, 2], ringing = without_ringing(velocity[:, 2], acceleration, hops[-1].period_s, settings)
        variance = np.diagonal(track.covariance(), axis1=1, axis2=2)
        sigma = at_times(t_s, node_t_s, np.sqrt(np.maximum(variance, 0.0)))
        sigma_vel = np.hypot(sigma[:, VEL], settings.dynamic_scale * velocity)
        quick = quick_sigma(velocity[:, 2], hops[-1].period_s, settings)
        sigma_vel[:, 2] = np.sqrt(sigma_vel[:, 2] ** 2 + quick**2 + (0.5 * ringing) ** 2)
        return SmoothedMotion(
            sample_index=np.concatenate([hop.sample_index for hop in hops]),
            t_s=t_s,
            period_s=hops[-1].period_s,
            dynamic_scale=settings.dynamic_scale,
            quat_ws=at_samples(tilt_by(tilt, self.quat_ws), gyr, hops[-1].period_s, settings),
            acc_w_mps2=acceleration,
            vel_w_mps=velocity,
            pos_w_m=position,
            sigma_vel_w_mps=sigma_vel,
            sigma_pos_w_m=sigma[:, POS],
            sigma_tilt_rad=np.hypot(sigma[:, 6], sigma[:, 7]),
            resting=per_sample(hops, self.still),
            lost=np.concatenate([hop.lost for hop in hops]),
            clipped=np.concatenate([hop.acc_clipped | hop.gyr_clipped for hop in hops]),
            node_t_s=node_t_s,
            nodes=track,
        )

    def _contacts(self, visits: Sequence[Visit], settings: MotionSettings) -> list[Contact]:
        begins = self.still & ~np.concatenate([[False], self.still[:-1]])
        contacts = [Contact(int(hop) + 1, REST, settings.rest_height_m) for hop in np.flatnonzero(begins)]
        node_t_s = np.array([hop.t_s[-1] for hop in self.hops])
        contacts += [
            Contact(int(np.abs(node_t_s - visit.t_s).argmin()) + 1, visit.place, visit.sigma_m)
            for visit in visits
            if self.hops[0].t_s[0] <= visit.t_s <= node_t_s[-1]
        ]
        return sorted(contacts, key=lambda contact: contact.node)


def between_nodes(integrals: HopIntegrals, nodes: FloatArray, constants: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Velocity and position (N, 3) at the samples of M hops from the states of their M + 1 nodes.

    Each hop is integrated from the node before it and closed on its own node by a cubic, so that velocity stays the
    derivative of position.
    """
    ends, since = integrals.ends, integrals.since_s[:, None]
    lengths = np.diff(ends, prepend=0)

    def spread(values: FloatArray) -> FloatArray:
        return np.repeat(values, lengths, axis=0)

    before = spread(nodes[:-1])
    weights = spread(column_weights(nodes[:-1], constants))
    velocity = before[:, VEL] + of_columns(integrals.integrals[0], weights)
    position = before[:, POS] + since * before[:, VEL] + of_columns(integrals.integrals[1], weights)
    gap_p = spread(nodes[1:, POS] - position[ends - 1])
    gap_v = spread(nodes[1:, VEL] - velocity[ends - 1])
    duration = spread(since[ends - 1])
    u = since / duration
    position += gap_p * (3 * u**2 - 2 * u**3) + gap_v * duration * (u**3 - u**2)
    velocity += gap_p * (6 * u - 6 * u**2) / duration + gap_v * (3 * u**2 - 2 * u)
    return velocity, position


def tilt_by(tilt_rad: FloatArray, quat_ws: FloatArray) -> FloatArray:
    """Attitude (N, 4) tilted further by (N, 2) or (2,) about the world's x and y."""
    vector = np.zeros((*tilt_rad.shape[:-1], 3))
    vector[..., :2] = tilt_rad
    return multiply(from_rotation_vector(vector), quat_ws)


def at_times(t_s: FloatArray, node_t_s: FloatArray, values: FloatArray) -> FloatArray:
    """Columns of (M + 1, K) between nodes, linearly."""
    return np.stack([np.interp(t_s, node_t_s, values[:, column]) for column in range(values.shape[1])], axis=1)


def per_sample(hops: list[Hop], values: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """What is known of each hop, (M, ...), at all its samples."""
    return np.repeat(values, [len(hop) for hop in hops], axis=0)
