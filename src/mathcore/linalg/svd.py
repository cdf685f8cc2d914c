"""The singular value decomposition: svd, svdvals."""

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import _validate
from mathcore._kernels import reduction as _reduction
from mathcore._kernels import single as _single
from mathcore._kernels import small as _small
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix
from mathcore.linalg.matmul import matmul
from mathcore.linalg.qr import factors, nearly_factors
from mathcore.linalg.triangular import solve_triangular

__all__ = ["svd", "svdvals"]

_TALL = 2.0                              # rows for each column, from which a QR first wins
_PACKED = {4: _small.LARGEST, 8: _small.SVD_LARGEST}     # by bytes of an element: beyond, a reduction wins


def _by_reduction(a, full_matrices, vectors, workers, fn):
    """(u, s, vh) of matrices (..., m, n), m >= n, by divide and conquer; by QR iteration where that gives up."""
    *batch, m, n = a.shape
    flat = _validate.ready(a.reshape(-1, m, n), a.dtype)
    s, info = np.empty((len(flat), n), a.dtype), np.empty(len(flat), np.int32)
    shapes = ((m, m if full_matrices else n), (n, n))
    u, vh = (np.empty((len(flat), *shape), a.dtype) if vectors else None for shape in shapes)
    _reduction.svd(flat, u, s, vh, info, workers, fn)
    for i in np.flatnonzero(info):
        found = _by_iteration(flat[i], full_matrices, vectors, fn)
        s[i] = found[1]
        if vectors:
            u[i], vh[i] = found[::2]
    return tuple(None if x is None else x.reshape(*batch, *x.shape[1:]) for x in (u, s, vh))


def _by_iteration(a, full_matrices, vectors, fn):
    try:
        found = _matrix.scipy_function("svd")(a, full_matrices=full_matrices, compute_uv=vectors, check_finite=False,
                                              lapack_driver="gesvd")
    except LinAlgError as error:
        raise LinAlgError(f"{fn}: a has singular values that did not converge, by divide and conquer or by QR "
                          f"iteration ({error})") from None
    return found if vectors else (None, found, None)


def _in_packs(a, vectors, workers, fn):
    """Many small ones; those with singular values near zero are reduced: their vectors are orthogonal there too."""
    *batch, m, n = a.shape
    k, flat = min(m, n), np.ascontiguousarray(a).reshape(-1, m, n)
    s, info = np.empty((len(flat), k), a.dtype), np.empty(len(flat), np.int32)
    u, vh = (np.empty((len(flat), *shape), a.dtype) if vectors else None for shape in ((m, k), (k, n)))
    _small.svd(flat, u, s, vh, info, workers, fn)
    again = np.flatnonzero(info)
    if len(again):
        found = _by_reduction(flat[again] if m >= n else flat[again].swapaxes(1, 2), False, vectors, workers, fn)
        s[again] = found[1]
        if vectors:
            u[again], vh[again] = found[::2] if m >= n else (x.swapaxes(1, 2) for x in found[::-2])
    return tuple(None if x is None else x.reshape(*batch, *x.shape[1:]) for x in (u, s, vh))


def decomposed(a, full_matrices, vectors, workers, fn):
    """(u, s, vh), or (None, s, None), of finite matrices in the type that computes."""
    m, n = a.shape[-2:]
    square = m == n or not (full_matrices and vectors)
    if square and _matrix.in_packs(a, _PACKED[a.itemsize]):
        return _in_packs(a, vectors, workers, fn)
    if m < n:
        u, s, vh = decomposed(a.swapaxes(-1, -2), full_matrices, vectors, workers, fn)
        return (vh.swapaxes(-1, -2), s, u.swapaxes(-1, -2)) if vectors else (None, s, None)
    if m < _TALL * n or not square:
        return _by_reduction(a, full_matrices, vectors, workers, fn)
    if not vectors:
        return _by_reduction(factors(a, "r", False, workers, fn)[0][..., :n, :], False, False, workers, fn)
    q, rest, r = nearly_factors(a, workers, fn)
    u, s, vh = decomposed(r, False, True, workers, fn)
    return matmul(q, u if rest is None else solve_triangular(rest, u, workers=workers), workers=workers), s, vh


@differentiable
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd", *,
        signs=None, workers=None):
    """Singular value decomposition, ``a = u diag(s) vh``.

    Drop-in for `scipy.linalg.svd`, with batches, ``signs=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; complex and longdouble data are SciPy's.
    full_matrices : bool, default True
        u (m, m) and vh (n, n), else their first k = min(m, n) columns and rows.
    compute_uv : bool, default True
        Without it only the singular values are returned.
    overwrite_a : bool, default False
        Allowed for SciPy's sake; nothing is overwritten.
    check_finite : bool, default True
        Allowed for SciPy's sake: infs and NaNs are always refused.
    lapack_driver : {"gesdd", "gesvd"}, default "gesdd"
        "gesvd" is SciPy's. Where divide and conquer does not converge, QR iteration takes its place by itself.
    signs : {None, "largest"}, optional
        "largest": the largest component of each column of u is positive.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    u : ndarray, shape (..., m, m) or (..., m, k)
    s : ndarray, shape (..., k)
        Not negative, the largest first.
    vh : ndarray, shape (..., n, n) or (..., k, n)

    Raises
    ------
    numpy.linalg.LinAlgError
        The singular values did not converge.
    ValueError
        Fewer than two dimensions, infs or NaNs, an unknown driver.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error: every singular value within ``c max(m, n) eps`` of the largest, c near 1; u and vh orthogonal to that. Up to
    22 rows and columns (32 in float32) by one-sided Jacobi rotations, many matrices in the lanes of vectors; larger
    ones by Householder's reduction to bidiagonal form and divide and conquer, tall and wide ones through a QR
    factorisation first. The bits depend neither on threads nor on the split of a batch.
    Cost: 4 m n^2 + 22 n^3 flops.
    Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 8.6.

    Examples
    --------
    >>> from mathcore.linalg import svd
    >>> u, s, vh = svd([[3.0, 0.0], [4.0, 5.0]])
    >>> (s**2).round(12)
    array([45.,  5.])
    """
    if workers is None and signs is None and lapack_driver == "gesdd":
        found = _single.svd(a, full_matrices, compute_uv, True)
        if found is not None:
            return found if compute_uv else found[1]
    return _svd(a, full_matrices, compute_uv, check_finite, lapack_driver, signs, workers, "svd")


def _svd(a, full_matrices, compute_uv, check_finite, lapack_driver, signs, workers, fn):
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(signs, (None, "largest"), fn, "signs")
    if not isinstance(lapack_driver, str):
        raise TypeError(f"{fn}: lapack_driver must be a string; expected 'gesdd' or 'gesvd', got {lapack_driver!r}")
    if lapack_driver not in ("gesdd", "gesvd"):
        raise ValueError(f'{fn}: lapack_driver must be "gesdd" or "gesvd", not "{lapack_driver}"; expected one of '
                         f"these, got {lapack_driver!r}")
    matrix = _matrix.matrices(a, fn, check_finite=check_finite)
    if matrix is None or matrix.size == 0 or lapack_driver == "gesvd" \
            or compute_uv and full_matrices and max(matrix.shape[-2:])**2 >= 2**31:      # beyond LAPACK: SciPy's error
        found = _matrix.scipy_function("svd")(a, full_matrices=full_matrices, compute_uv=compute_uv,
                                              check_finite=check_finite, lapack_driver=lapack_driver)
        if not compute_uv or signs is None or found[0].size == 0:
            return found
        u, s, vh = found
    else:
        matrix = matrix.astype(_matrix.compute_dtype(matrix), copy=False)
        if not check_finite:             # nothing else notices, and LAPACK may go on for ever
            _matrix.check_finite_values(matrix, fn, "a")
        u, s, vh = decomposed(matrix, bool(full_matrices), bool(compute_uv), workers, fn)
        if not compute_uv:
            return s
    if signs is None:
        return u, s, vh
    k = s.shape[-1]
    turn = _matrix.signs(u[..., :k])
    u, vh = u.copy(), vh.copy()
    u[..., :k] *= turn
    vh[..., :k, :] *= turn.swapaxes(-1, -2)
    return u, s, vh


@differentiable
def svdvals(a, overwrite_a=False, check_finite=True, *, workers=None):
    """Singular values.

    Drop-in for `scipy.linalg.svdvals`, with batches and ``workers=`` added.

    Parameters
    ----------
    a, overwrite_a, check_finite, workers
        As in `svd`.

    Returns
    -------
    ndarray, shape (..., k), k = min(m, n)
        Not negative, the largest first.

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError, TypeError
        As in `svd`.

    Notes
    -----
    Error as in `svd`. Cost: 2 m n^2 + 2 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import svdvals
    >>> (svdvals([[3.0, 0.0], [4.0, 5.0]])**2).round(12)
    array([45.,  5.])
    """
    return _svd(a, True, False, check_finite, "gesdd", None, workers, "svdvals")
