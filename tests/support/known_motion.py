"""Smoothed motion whose every number is known, for tests of what is measured from it."""

import numpy as np

from bartracker.motion.model import CONSTANTS, NODE_STATES
from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.motion.smoother import SmoothTrack
from bartracker.reps.phases import Phase
from bartracker.samples import FloatArray

NODE_EVERY = 5


def known_motion(
    t_s: FloatArray, vel_z_mps: FloatArray, *, quat_ws: FloatArray | None = None, sigma_mps: float = 0.005
) -> SmoothedMotion:
    """Vertical motion (N,) with attitude (N, 4), level where not given; node errors are independent."""
    count = len(t_s)
    zeros = np.zeros((count, 3))
    velocity = zeros.copy()
    velocity[:, 2] = vel_z_mps
    position = zeros.copy()
    position[:, 2] = np.concatenate([[0.0], np.cumsum(np.diff(t_s) * (vel_z_mps[1:] + vel_z_mps[:-1]) / 2)])
    acceleration = zeros.copy()
    acceleration[:, 2] = np.gradient(vel_z_mps, t_s)
    level = np.tile([1.0, 0.0, 0.0, 0.0], (count, 1))
    nodes = t_s[NODE_EVERY - 1 :: NODE_EVERY]
    covariance = np.tile(np.eye(NODE_STATES) * sigma_mps**2, (len(nodes), 1, 1))
    never = np.zeros(count, dtype=bool)
    return SmoothedMotion(
        sample_index=np.arange(count),
        t_s=t_s,
        period_s=float(t_s[1] - t_s[0]),
        dynamic_scale=0.0,
        quat_ws=level if quat_ws is None else quat_ws,
        acc_w_mps2=acceleration,
        vel_w_mps=velocity,
        pos_w_m=position,
        sigma_vel_w_mps=np.full((count, 3), sigma_mps),
        sigma_pos_w_m=np.full((count, 3), sigma_mps),
        sigma_tilt_rad=np.zeros(count),
        resting=never,
        lost=never,
        clipped=never,
        node_t_s=nodes,
        nodes=SmoothTrack(
            nodes=np.zeros((len(nodes), NODE_STATES)),
            constants=np.zeros(CONSTANTS),
            constants_covariance=np.eye(CONSTANTS),
            own_covariance=covariance,
            backward=np.zeros_like(covariance[1:]),
            per_border=np.zeros((len(nodes), NODE_STATES, CONSTANTS)),
            border_covariance=np.eye(CONSTANTS),
        ),
    )


def up_phase(motion: SmoothedMotion, start_s: float, end_s: float) -> Phase:
    """The stretch of the motion as a lifting phase."""
    inside = (motion.t_s >= start_s) & (motion.t_s < end_s)
    t_s, vel_z = motion.t_s[inside], motion.vel_w_mps[inside, 2]
    peak = int(vel_z.argmax())
    risen = float(np.trapezoid(vel_z, t_s))
    return Phase("up", start_s, end_s, float(t_s[peak]), float(vel_z[peak]), risen)
