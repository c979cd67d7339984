"""Rotations hold their algebra: vectors, quaternions and matrices tell the same."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from bartracker.motion.rotation import (
    apart_by,
    conjugate,
    from_rotation_vector,
    matrix,
    multiply,
    rotation_vector_of,
    to_rotation_vector,
)

VECTORS = arrays(np.float64, (4, 3), elements=st.floats(-1.7, 1.7, allow_subnormal=False))
SOME = settings(deadline=None, max_examples=50)


@SOME
@given(VECTORS)
def test_a_rotation_vector_comes_back(vector_rad: np.ndarray) -> None:
    assert np.allclose(to_rotation_vector(from_rotation_vector(vector_rad)), vector_rad, atol=1e-9)


@SOME
@given(VECTORS)
def test_the_matrix_is_that_of_an_independent_library(vector_rad: np.ndarray) -> None:
    quat = from_rotation_vector(vector_rad)
    assert np.allclose(matrix(quat), Rotation.from_rotvec(vector_rad).as_matrix(), atol=1e-12)
    assert np.allclose(np.linalg.norm(quat, axis=1), 1.0, atol=1e-12)


@SOME
@given(VECTORS, VECTORS)
def test_a_product_turns_by_its_second_factor_first(a_rad: np.ndarray, b_rad: np.ndarray) -> None:
    a, b = from_rotation_vector(a_rad), from_rotation_vector(b_rad)
    assert np.allclose(matrix(multiply(a, b)), matrix(a) @ matrix(b), atol=1e-12)
    assert np.allclose(multiply(a, conjugate(a)), [1.0, 0.0, 0.0, 0.0], atol=1e-12)


@SOME
@given(VECTORS, VECTORS)
def test_one_at_a_time_is_as_many_at_once(a_rad: np.ndarray, b_rad: np.ndarray) -> None:
    a, b = from_rotation_vector(a_rad), from_rotation_vector(b_rad)
    assert np.allclose(multiply(a[0], b), multiply(np.repeat(a[:1], len(b), axis=0), b), atol=1e-12)
    apart = apart_by(a[0].tolist(), b[0].tolist())
    assert np.allclose(apart, multiply(a, conjugate(b))[0], atol=1e-12)
    for sign in (1.0, -1.0):
        vector = rotation_vector_of((sign * np.array(apart)).tolist())
        assert np.allclose(from_rotation_vector(np.array(vector)) * np.sign(apart[0]), apart, atol=1e-9)


def test_both_signs_are_one_rotation_and_the_short_way_is_taken() -> None:
    quat = from_rotation_vector(np.array([[0.0, 0.0, 1.5 * np.pi]]))
    assert np.allclose(to_rotation_vector(quat), [[0.0, 0.0, -0.5 * np.pi]])
    assert np.allclose(to_rotation_vector(-quat), to_rotation_vector(quat))
