"""Rows over the root of a covariance: what a Gaussian update is made of."""

import numpy as np
from scipy.linalg import blas, lapack

from bartracker.samples import FloatArray


def whitened(covariance: FloatArray, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cholesky factor L (K, K) of a covariance, lower, and L^-1 rows (K, N).

    Raises:
        FloatingPointError: the covariance is not positive definite.
    """
    factor, failed = lapack.dpotrf(covariance, lower=1)
    if failed:
        raise FloatingPointError(f"a covariance is not positive definite ({failed})")
    return factor, np.asarray(blas.dtrsm(1.0, factor, rows, lower=1), dtype=np.float64)
