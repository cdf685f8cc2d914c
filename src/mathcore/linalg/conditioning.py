"""How far a matrix is from a singular one: matrix_rank, cond, rcond."""

import numpy as np
from numpy.linalg import LinAlgError
from numpy.linalg import cond as _numpy_cond
from numpy.linalg import matrix_rank as _numpy_matrix_rank

from mathcore import _validate
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _parts
from mathcore.linalg._matrix import compute_dtype, is_served, matrices
from mathcore.linalg._scale import scaled

__all__ = ["cond", "matrix_rank", "rcond"]


def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """Rank of a matrix: the number of its singular values that are not small.

    Drop-in for `numpy.linalg.matrix_rank`.

    Parameters
    ----------
    A : array_like, shape (..., m, n) or (n,)
        A vector has rank 1, or 0 if it is zero. Complex data are NumPy's.
    tol : float or array_like, optional
        Singular values up to this count as 0.
    hermitian : bool, default False
        `A` is symmetric: the sizes of its eigenvalues are its singular values, and NumPy computes these.
    rtol : float or array_like, optional
        Singular values up to this part of the largest count as 0. Default: ``max(m, n) eps``.

    Returns
    -------
    int or ndarray of int

    Raises
    ------
    ValueError
        Both `tol` and `rtol`.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        Infinite or NaN elements, or the singular value decomposition did not converge.

    Notes
    -----
    The error of the singular values is a few ``max(m, n) eps`` of the largest. Nothing overflows: the matrix is scaled
    by a power of two. Cost: O(m n min(m, n)). Golub and Van Loan, Matrix Computations, section 5.4.1.

    Examples
    --------
    >>> from mathcore.linalg import matrix_rank
    >>> int(matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    fn = "matrix_rank"
    if tol is not None and rtol is not None:
        raise ValueError(f"{fn}: `tol` and `rtol` can't be both set; expected one of them, got tol={tol!r} and "
                         f"rtol={rtol!r}")
    a = _validate.as_array(A, fn, "A")
    if a.ndim < 2:
        return int(not all(a.ravel() == 0))
    if hermitian or not is_served(a):
        return _numpy_matrix_rank(a, tol, hermitian, rtol=rtol)
    a = a.astype(compute_dtype(a))
    s, e = _parts.singular_values(a, fn)
    if np.isnan(s).any():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise LinAlgError(f"{fn}: SVD did not converge; expected finite numbers in A, got {a[at]} at index {at}")
    if tol is None:
        part = max(a.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else np.asarray(rtol)[..., None]
        cut = s.max(axis=-1, keepdims=True, initial=0) * part
    else:
        with np.errstate(over="ignore"):
            s, cut = np.ldexp(s, e), np.asarray(tol)[..., None]
    return np.count_nonzero(s > cut, axis=-1)


_NORMS = (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc")


@differentiable
def cond(x, p=None):
    """Condition number of a matrix: its norm times that of its inverse.

    Drop-in for `numpy.linalg.cond`.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Square unless `p` is None, 2 or -2. Complex data are NumPy's.
    p : {None, 1, -1, 2, -2, inf, -inf, "fro", "nuc"}, optional
        The norm. None and 2: the largest singular value over the smallest; -2: the inverse of that.

    Returns
    -------
    scalar or ndarray
        At least 1 (-1, -2, -inf: at most); infinite for a singular matrix, NaN where `x` has a NaN.

    Raises
    ------
    ValueError
        An unknown `p`.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        A matrix without elements, fewer than 2 dimensions, or not square for a norm that asks for it.

    Notes
    -----
    With 2-norms the relative error is a few ``max(m, n) eps`` times the condition number, and the matrix is scaled by a
    power of two, so that nothing overflows; other norms form the inverse (NumPy's). Cost: O(m n min(m, n)).

    Examples
    --------
    >>> from mathcore.linalg import cond
    >>> float(cond([[1.0, 0.0], [0.0, 1e-3]]))
    1000.0
    """
    fn = "cond"
    if not any(p is known or (p == known and not isinstance(p, bool)) for known in _NORMS):
        raise ValueError(f"{fn}: p is not known. Invalid norm order for matrices; expected one of {_NORMS}, got {p!r}")
    a = _validate.as_array(x, fn, "x")
    if a.ndim < 2:
        raise LinAlgError(f"{fn}: x has too few dimensions. Array must be at least two-dimensional; expected a matrix, "
                          f"got shape {a.shape}")
    if 0 in a.shape[-2:]:
        raise LinAlgError(f"{fn}: x is empty. cond is not defined on empty arrays; expected elements, "
                          f"got shape {a.shape}")
    if p not in (None, 2, -2) and a.shape[-1] != a.shape[-2]:
        raise LinAlgError(f"{fn}: x is not square. Last 2 dimensions of the array must be square; expected shape "
                          f"(..., n, n) with p={p!r}, got {a.shape}")
    if p not in (None, 2, -2) or not is_served(a):
        return _numpy_cond(a.astype(np.float32) if a.dtype == np.float16 else a, p)
    s, _ = _parts.singular_values(a.astype(compute_dtype(a)), fn)
    with np.errstate(all="ignore"):
        result = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.where(np.isnan(result) & ~np.isnan(a).any(axis=(-2, -1)), result.dtype.type(np.inf), result)[()]


def rcond(a, /, *, ord=1):
    """Reciprocal condition number of a square matrix, ``1 / (|a| |a^-1|)``, estimated from its LU factorization.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; integers become float64.
    ord : {1, inf}, default 1
        The norm.

    Returns
    -------
    scalar or ndarray
        From 0 (singular) to 1; 1 for n = 0. Below about eps the matrix is singular to working precision.

    Raises
    ------
    ValueError
        A matrix that is not square, infinite or NaN elements, an unknown `ord`.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The norm of the inverse is estimated from below by a few solves with the factors, O(n^2): the result is at least
    the true value up to rounding errors and rarely above three times it (Higham, Accuracy and Stability of Numerical
    Algorithms, chapter 15). Cost with the factorization: 2/3 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import rcond
    >>> float(rcond([[1.0, 0.0], [0.0, 0.25]]))
    0.25
    """
    fn = "rcond"
    norm = {1: "1", np.inf: "I"}[_validate.one_of(ord, (1, np.inf), fn, "ord")]
    array = matrices(a, fn, square=True, peer=False)
    y, _ = scaled(array.astype(compute_dtype(array)), (-2, -1))
    result = np.ones(y.shape[:-2], y.dtype)
    for i in np.ndindex(result.shape if y.shape[-1] else (0,)):
        result[i] = _parts.reciprocal_condition(y[i], norm)
    return result[()]
