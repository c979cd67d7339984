"""A sensor on a moving rigid bar: its pose, velocity, specific force and angular rate, exact by the bar's spline.
No sensor errors here.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.sim.track import BarMotion, Channel

MountPlace: TypeAlias = Literal["shaft", "sleeve"]
_HALF_LENGTH_M: Final = 1.1
_WHIP_AT_MIDDLE: Final = -0.15


@dataclass(frozen=True, slots=True, eq=False)
class Mount:
    """Where and how the sensor sits.

    Attributes:
        place: on the shaft, or on the sleeve, which turns on its own.
        offset_m: (3,) from the bar's middle in the bar's frame (x along the bar), m.
        rotation_bs: (3, 3) orthogonal; turns sensor axes into bar axes.
    """

    place: MountPlace
    offset_m: FloatArray
    rotation_bs: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SensorMotion:
    """What the sensor does at any time; world frame x along the bar at rest, y forward, z up."""

    bar: BarMotion
    mount: Mount

    @property
    def duration_s(self) -> float:
        return self.bar.duration_s

    def position_w_m(self, t_s: FloatArray) -> FloatArray:
        """(N, 3) m of the sensor point, without whip and ringing."""
        pose = self.bar.pose.at(t_s)
        return pose[:, :3] + _turn(self._rotation_wb(pose), self.mount.offset_m)

    def velocity_w_mps(self, t_s: FloatArray) -> FloatArray:
        """(N, 3) m/s of the sensor point, without whip and ringing."""
        pose, pose_dot = self.bar.pose.at(t_s), self.bar.pose.at(t_s, 1)
        turned = np.cross(_body_rate(self._angles(pose), self._angles(pose_dot)), self.mount.offset_m)
        return pose_dot[:, :3] + _turn(self._rotation_wb(pose), turned)

    def acceleration_w_mps2(self, t_s: FloatArray) -> FloatArray:
        """(N, 3) m/s^2 of the sensor point, without whip and ringing."""
        pose, pose_dot, pose_ddot = (self.bar.pose.at(t_s, order) for order in (0, 1, 2))
        angles, rates, accs = self._angles(pose), self._angles(pose_dot), self._angles(pose_ddot)
        rate = _body_rate(angles, rates)
        turned = np.cross(_body_acc(angles, rates, accs), self.mount.offset_m)
        turned += np.cross(rate, np.cross(rate, self.mount.offset_m))
        return pose_ddot[:, :3] + _turn(self._rotation_wb(pose), turned)

    def rotation_ws(self, t_s: FloatArray) -> FloatArray:
        """(N, 3, 3) rotation from sensor to world axes."""
        return self._rotation_wb(self.bar.pose.at(t_s)) @ self.mount.rotation_bs

    def specific_force_mps2(self, t_s: FloatArray) -> FloatArray:
        """(N, 3) m/s^2 in the sensor frame, what an ideal accelerometer feels: whip and ringing included."""
        acc_w = self.acceleration_w_mps2(t_s)
        shaken = self.bar.structure.at(t_s, 2)
        gain = _WHIP_AT_MIDDLE + (float(self.mount.offset_m[0]) / _HALF_LENGTH_M) ** 2
        acc_w[:, 2] += STANDARD_GRAVITY_MPS2 + gain * shaken[:, 0] + shaken[:, 1]
        acc_w[:, 1] += shaken[:, 2]
        return np.einsum("nij,ni->nj", self.rotation_ws(t_s), acc_w)

    def rate_radps(self, t_s: FloatArray) -> FloatArray:
        """(N, 3) rad/s in the sensor frame, what an ideal gyroscope feels."""
        pose, pose_dot = self.bar.pose.at(t_s), self.bar.pose.at(t_s, 1)
        return _body_rate(self._angles(pose), self._angles(pose_dot)) @ self.mount.rotation_bs

    def _angles(self, pose: FloatArray) -> FloatArray:
        """(N, 3) roll, tilt, yaw of the part the sensor sits on, or their derivatives."""
        roll = Channel.SLEEVE_ROLL if self.mount.place == "sleeve" else Channel.ROLL
        return pose[:, [roll, Channel.TILT, Channel.YAW]]

    def _rotation_wb(self, pose: FloatArray) -> FloatArray:
        sin, cos = np.sin(self._angles(pose)).T, np.cos(self._angles(pose)).T
        rows = [
            [cos[2] * cos[1], cos[2] * sin[1] * sin[0] - sin[2] * cos[0], cos[2] * sin[1] * cos[0] + sin[2] * sin[0]],
            [sin[2] * cos[1], sin[2] * sin[1] * sin[0] + cos[2] * cos[0], sin[2] * sin[1] * cos[0] - cos[2] * sin[0]],
            [-sin[1], cos[1] * sin[0], cos[1] * cos[0]],
        ]
        return np.moveaxis(np.array(rows), 2, 0)


def _turn(rotation: FloatArray, vector: FloatArray) -> FloatArray:
    """Rotate one vector (3,), or a vector of each time (N, 3), by (N, 3, 3)."""
    return rotation @ vector if vector.ndim == 1 else np.einsum("nij,nj->ni", rotation, vector)


def _body_rate(angles: FloatArray, rates: FloatArray) -> FloatArray:
    """(N, 3) angular rate in the bar's frame of the rotation Rz(yaw) Ry(tilt) Rx(roll)."""
    (sin_roll, sin_tilt, _), (cos_roll, cos_tilt, _) = np.sin(angles).T, np.cos(angles).T
    roll, tilt, yaw = rates.T
    return np.column_stack(
        [
            roll - yaw * sin_tilt,
            tilt * cos_roll + yaw * cos_tilt * sin_roll,
            yaw * cos_tilt * cos_roll - tilt * sin_roll,
        ]
    )


def _body_acc(angles: FloatArray, rates: FloatArray, accs: FloatArray) -> FloatArray:
    """(N, 3) derivative of `_body_rate`."""
    (sin_roll, sin_tilt, _), (cos_roll, cos_tilt, _) = np.sin(angles).T, np.cos(angles).T
    roll, tilt, yaw = rates.T
    roll2, tilt2, yaw2 = accs.T
    return np.column_stack(
        [
            roll2 - yaw2 * sin_tilt - yaw * tilt * cos_tilt,
            tilt2 * cos_roll
            - tilt * roll * sin_roll
            + yaw2 * cos_tilt * sin_roll
            - yaw * tilt * sin_tilt * sin_roll
            + yaw * roll * cos_tilt * cos_roll,
            yaw2 * cos_tilt * cos_roll
            - yaw * tilt * sin_tilt * cos_roll
            - yaw * roll * cos_tilt * sin_roll
            - tilt2 * sin_roll
            - tilt * roll * cos_roll,
        ]
    )
