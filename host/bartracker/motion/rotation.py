"""Quaternions (w, x, y, z) of rotations, as arrays (..., 4); a few for one at a time, as plain numbers, which costs a
tenth then. No filter and no physics here.
"""

from collections.abc import Sequence
from math import atan2, sqrt
from typing import Final, TypeAlias

import numpy as np

from bartracker.samples import FloatArray

Quaternion: TypeAlias = Sequence[float]
_SMALL_RAD: Final = 1e-9


def _matrix_terms() -> FloatArray:
    """(16, 9): the products of two quaternion elements, flat, into the elements of the rotation matrix, flat."""
    terms = np.zeros((4, 4, 3, 3))
    w, x, y, z = range(4)
    for i, (along, second, third) in enumerate(((x, y, z), (y, z, x), (z, x, y))):
        terms[w, w, i, i] = terms[along, along, i, i] = 1.0
        terms[second, second, i, i] = terms[third, third, i, i] = -1.0
    for i, j, k, sign in ((0, 1, z, -1), (0, 2, y, 1), (1, 0, z, 1), (1, 2, x, -1), (2, 0, y, -1), (2, 1, x, 1)):
        terms[1 + i, 1 + j, i, j] = 2.0
        terms[w, k, i, j] = 2.0 * sign
    return terms.reshape(16, 9)


def _product_terms() -> FloatArray:
    """(16, 4): the products of the elements of two quaternions, flat, into the elements of their product."""
    terms = np.zeros((4, 4, 4))
    terms[0, 0, 0] = 1.0
    for i in (1, 2, 3):
        j, k = i % 3 + 1, (i + 1) % 3 + 1
        terms[0, i, i] = terms[i, 0, i] = terms[i, j, k] = 1.0
        terms[i, i, 0] = terms[j, i, k] = -1.0
    return terms.reshape(16, 4)


_MATRIX_TERMS: Final = _matrix_terms()
_PRODUCT_TERMS: Final = _product_terms()
# The same by the first quaternion: (4, 16).
_PRODUCT_ROWS: Final = _PRODUCT_TERMS.reshape(4, 16)
_CONJUGATE: Final = np.array([1.0, -1.0, -1.0, -1.0])


def multiply(a: FloatArray, b: FloatArray) -> FloatArray:
    """Rotation b followed by rotation a, (..., 4)."""
    if a.ndim == 1:
        return np.asarray(b @ (a @ _PRODUCT_ROWS).reshape(4, 4), dtype=np.float64)
    products = a[..., :, None] * b[..., None, :]
    return np.asarray(products.reshape(*products.shape[:-2], 16) @ _PRODUCT_TERMS, dtype=np.float64)


def conjugate(q: FloatArray) -> FloatArray:
    """The rotation back, (..., 4)."""
    return q * _CONJUGATE


def from_rotation_vector(vector_rad: FloatArray) -> FloatArray:
    """Quaternion (..., 4) of a rotation by the length of vector_rad (..., 3) about it."""
    half = np.maximum(0.5 * np.sqrt((vector_rad**2).sum(axis=-1, keepdims=True)), _SMALL_RAD)
    return np.concatenate([np.cos(half), 0.5 * np.sin(half) / half * vector_rad], axis=-1)


def to_rotation_vector(q: FloatArray) -> FloatArray:
    """Rotation vector (..., 3), rad, the short way round, of unit quaternions (..., 4)."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.sqrt((q[..., 1:] ** 2).sum(axis=-1, keepdims=True))
    sine = np.maximum(sine, _SMALL_RAD)
    return np.asarray(2.0 * np.arctan2(sine, q[..., :1]) / sine * q[..., 1:], dtype=np.float64)


def apart_by(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation from b to a: the rotation back by b, followed by a."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw + ax * bx + ay * by + az * bz,
        ax * bw - aw * bx + az * by - ay * bz,
        ay * bw - aw * by + ax * bz - az * bx,
        az * bw - aw * bz + ay * bx - ax * by,
    )


def rotation_vector_of(q: Quaternion) -> tuple[float, float, float]:
    """Rotation vector, rad, the short way round, of one unit quaternion."""
    w, x, y, z = q
    sine = max(sqrt(x * x + y * y + z * z), _SMALL_RAD)
    angle = 2.0 * (atan2(sine, w) if w >= 0.0 else -atan2(sine, -w)) / sine
    return angle * x, angle * y, angle * z


def matrix(q: FloatArray) -> FloatArray:
    """Rotation matrices (N, 3, 3) of unit quaternions (N, 4)."""
    return ((q[:, :, None] * q[:, None, :]).reshape(-1, 16) @ _MATRIX_TERMS).reshape(-1, 3, 3)


def up_in_sensor(quat_ws: FloatArray) -> FloatArray:
    """The world's up axis (N, 3) in the sensor frame."""
    return matrix(quat_ws)[:, 2]
