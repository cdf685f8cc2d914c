"""What other rooms ask of a matrix, each task behind one function: singular values and eigenvalues, triangles,
estimates."""

import numpy as np
from numpy.linalg import LinAlgError
from numpy.linalg import svd as _numpy_svd

from mathcore.linalg._scale import scaled
from mathcore.linalg.cholesky import cholesky
from mathcore.linalg.eigen import decomposed as symmetric_decomposed
from mathcore.linalg.qr import factors
from mathcore.linalg.svd import decomposed
from mathcore.linalg.systems import GENERAL, solved


def svd(a, fn, *, full_matrices=False):
    """(u, s, vh, e) of finite matrices, whose singular values are s * 2**e: out there they may overflow."""
    y, e = scaled(a, (-2, -1))
    # a matrix without elements: NumPy's identities
    u, s, vh = decomposed(y, full_matrices, True, None, fn) if y.size else _numpy_svd(y, full_matrices=full_matrices)
    return u, s, vh, e[..., 0]


def eigh(a, fn):
    """(w, v): eigenvalues, ascending, and eigenvectors of finite symmetric matrices, whose lower triangles are read."""
    w, v, info = symmetric_decomposed(a, True, True, None, fn)
    if info.any():
        raise LinAlgError(f"{fn}: eigenvalues did not converge")
    return w, v


def singular_values(a, fn):
    """(s, e) as in `svd`; NaN for matrices that are not finite."""
    y, e = scaled(a, (-2, -1))
    finite = np.isfinite(y).all(axis=(-2, -1), keepdims=True)
    plain = np.where(finite, y, 0)
    s = decomposed(plain, False, False, None, fn)[1] if y.size else _numpy_svd(plain, compute_uv=False)
    return np.where(finite[..., 0], s, np.nan), e[..., 0]


def triangle(a, workers=None):
    """R of ``a = Q R``, without Q."""
    return factors(a, "r", False, workers, "qr")[0][..., :min(a.shape[-2:]), :]


def orthogonal_triangle(a, workers=None):
    """(Q, R) of ``a = Q R`` with as many columns in Q as `a` has."""
    return factors(a, "economic", False, workers, "qr")


def cholesky_triangle(g, workers=None):
    """Upper R with ``R^T R = g``, of symmetric matrices; NaN for items that are not positive definite."""
    return cholesky(g, check_finite=False, on_failure="nan", workers=workers)


def reciprocal_condition(a, norm):
    """Estimate of ``1 / (||a|| ||a^-1||)`` of one square matrix in the 1-norm ("1") or the infinity norm ("I")."""
    a = np.ascontiguousarray(a if norm == "1" else a.T)
    found = solved(a, np.zeros((len(a), 1), a.dtype), GENERAL, 1, "rcond")
    return 0.0 if found.info > 0 else float(found.rcond)


def solution(a, b, rtol, fn):
    """x with a x = b (..., n) of square matrices whose smallest singular value is surely above rtol of the largest, by
    LU; None for others."""
    n = a.shape[-1]
    if a.shape[-2] != n or not a.size or not b.size:
        return None
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-1])
    a = np.ascontiguousarray(np.broadcast_to(a, (*batch, n, n)))
    found = solved(a, np.ascontiguousarray(np.broadcast_to(b, (*batch, n)))[..., None], GENERAL, None, fn)
    # n times the ratio of singular values is at least rcond, of which the estimate is within a factor of 3
    return found.x[..., 0] if not found.info.any() and (found.rcond > 3 * n * rtol).all() else None


def has_cholesky(a):
    """Whether one symmetric matrix is positive definite."""
    return not np.isnan(cholesky(a, check_finite=False, on_failure="nan")).any()
