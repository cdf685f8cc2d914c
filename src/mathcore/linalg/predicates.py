"""Yes or no about a matrix: is_symmetric, is_orthogonal, is_positive_definite.

Tolerances are relative and in units of eps of the type that computes; with rtol=0 the property has to hold exactly.
"""

import numpy as np

from mathcore import _validate
from mathcore.linalg import _parts
from mathcore.linalg._matrix import compute_dtype, matrices
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import gram

__all__ = ["is_orthogonal", "is_positive_definite", "is_symmetric"]


def _real(a, fn):
    array = matrices(a, fn, check_finite=False, peer=False)
    return array.astype(compute_dtype(array), copy=False)


def _tolerance(rtol, default, dtype, fn):
    if rtol is None:
        return default * float(np.finfo(dtype).eps)
    return _validate.real_number(rtol, fn, "rtol", low=0)


def _told(answer):
    return answer if np.ndim(answer) else bool(answer)


def _symmetric(a, rtol):
    """Mask of the items that are symmetric."""
    if a.shape[-1] != a.shape[-2]:
        return np.zeros(a.shape[:-2], bool)
    y, _ = scaled(a, (-2, -1))
    t = y.swapaxes(-1, -2)
    largest = np.abs(y).max(axis=(-2, -1), keepdims=True, initial=0)
    with np.errstate(invalid="ignore"):
        near = np.abs(y - t) <= rtol * np.where(np.isfinite(largest), largest, 0)
    return ((y == t) | near).all(axis=(-2, -1))


def is_symmetric(a, /, *, rtol=None):
    """Whether a matrix equals its transpose.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; integers become float64.
    rtol : float, optional
        Differences up to this part of the largest element count as 0. Default: ``n eps``, the rounding of a product
        ``x.T @ x`` of n rows. With 0, equality.

    Returns
    -------
    bool or ndarray of bool
        False where the matrix is not square, or has a NaN, or an infinity without its like.

    Raises
    ------
    ValueError
        Fewer than 2 dimensions, an `rtol` below 0.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The differences have no rounding error that matters. Cost: O(n^2).

    Examples
    --------
    >>> from mathcore.linalg import is_symmetric
    >>> is_symmetric([[1.0, 2.0], [2.0, 3.0]])
    True
    >>> is_symmetric([[1.0, 2.0], [2.1, 3.0]])
    False
    """
    a = _real(a, "is_symmetric")
    return _told(_symmetric(a, _tolerance(rtol, max(a.shape[-1], 1), a.dtype, "is_symmetric")))


def is_orthogonal(a, /, *, rtol=None):
    """Whether the columns of a matrix are orthonormal; a square matrix is then orthogonal.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; integers become float64.
    rtol : float, optional
        How far an element of ``a.T @ a`` may be from that of the identity. Default: ``10 m eps``; the Q of a good QR
        factorization is within it.

    Returns
    -------
    bool or ndarray of bool
        False where m < n, or an element is NaN or infinite.

    Raises
    ------
    ValueError
        Fewer than 2 dimensions, an `rtol` below 0.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The error of an element of the product is at most ``m eps``. Cost: m n^2 flops.

    Examples
    --------
    >>> from mathcore.linalg import is_orthogonal
    >>> is_orthogonal([[0.6, -0.8], [0.8, 0.6]])
    True
    >>> is_orthogonal([[1.0, 1.0], [0.0, 1.0]])
    False
    """
    a = _real(a, "is_orthogonal")
    m, n = a.shape[-2:]
    rtol = _tolerance(rtol, 10 * max(m, 1), a.dtype, "is_orthogonal")
    if m < n:
        return _told(np.zeros(a.shape[:-2], bool))
    with np.errstate(all="ignore"):
        return _told((np.abs(gram(a) - np.eye(n, dtype=a.dtype)) <= rtol).all(axis=(-2, -1)))


def is_positive_definite(a, /, *, rtol=None):
    """Whether a matrix is symmetric and positive definite: whether it has a Cholesky factor.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; integers become float64.
    rtol : float, optional
        How symmetric the matrix has to be, as in `is_symmetric`.

    Returns
    -------
    bool or ndarray of bool
        False where the matrix is not symmetric; True for n = 0.

    Raises
    ------
    ValueError
        Fewer than 2 dimensions, an `rtol` below 0.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The factorization succeeds if the smallest eigenvalue is above some ``n^2 eps`` of the largest and fails if it is
    below minus that; in between, rounding errors decide (Higham, Accuracy and Stability of Numerical Algorithms,
    theorem 10.7). Cost: 1/3 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import is_positive_definite
    >>> is_positive_definite([[2.0, 1.0], [1.0, 2.0]])
    True
    >>> is_positive_definite([[1.0, 2.0], [2.0, 1.0]])
    False
    """
    fn = "is_positive_definite"
    a = _real(a, fn)
    symmetric = _symmetric(a, _tolerance(rtol, max(a.shape[-1], 1), a.dtype, fn))
    good = np.asarray(symmetric & np.isfinite(a).all(axis=(-2, -1)))
    for i in np.argwhere(good) if a.shape[-1] else ():
        good[tuple(i)] = _parts.has_cholesky(a[tuple(i)])
    return _told(good[()])
