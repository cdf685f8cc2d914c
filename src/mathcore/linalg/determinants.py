"""Determinants: det, slogdet."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import lu as _lu
from mathcore._kernels import single as _single
from mathcore._kernels import small as _small
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix
from mathcore.linalg.lu import factors

__all__ = ["det", "slogdet"]

_NUMPY_SLOGDET = getattr(np.linalg, "_linalg", np.linalg).slogdet    # its own, whoever stands for it in np.linalg


def _determinants(a, fn, workers):
    """mantissa and exponent of each."""
    lu, pivots, _ = factors(a, fn, False, workers)
    mantissa, exponent = np.ones(a.shape[:-2]), np.zeros(a.shape[:-2], np.int64)
    n = a.shape[-1]
    if lu.size:
        _lu.determinants(lu.reshape(-1, n, n), pivots.reshape(-1, n), mantissa.reshape(-1), exponent.reshape(-1))
    return mantissa, exponent


@differentiable
def det(a, overwrite_a=False, check_finite=True, *, workers=None):
    """Determinant of a matrix.

    Drop-in for `scipy.linalg.det`, with ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; complex and longdouble data are SciPy's.
    overwrite_a : bool, default False
        Allowed for SciPy's sake; nothing is overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    float64 or ndarray of float64, shape (...)
        In float64 for float32 data too, whose products soon leave float32's range. 1 for n = 0.

    Raises
    ------
    ValueError
        A matrix that is not square, infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    The product of the pivots, as mantissa and power of two: it overflows only where the determinant does (`slogdet`
    never). It is the determinant of a matrix within the error of `lu_factor`. Cost: 2/3 n³ flops.

    Examples
    --------
    >>> from mathcore.linalg import det
    >>> det([[1.0, 2.0], [3.0, 4.0]])
    np.float64(-2.0)
    """
    fn = "det"
    if workers is None and (found := _single.det(a, check_finite)) is not None:
        return found
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, check_finite=check_finite, square=True)
    if matrix is None:
        return _matrix.scipy_function(fn)(a, overwrite_a=overwrite_a, check_finite=check_finite)
    if _matrix.in_packs(matrix):
        found = np.empty(matrix.shape[:-2])
        wide = np.ascontiguousarray(matrix, np.float64)
        _small.det(wide.reshape(-1, *matrix.shape[-2:]), found.reshape(-1), workers, fn)
        return found[()]
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(*_determinants(matrix, fn, workers))


class SlogdetResult(NamedTuple):
    """numpy.linalg's names: the sign (-1, 0, 1) and the logarithm of the absolute value."""

    sign: np.ndarray
    logabsdet: np.ndarray


@differentiable
def slogdet(a, /, *, workers=None):
    """Sign and natural logarithm of the absolute value of a determinant.

    Drop-in for `numpy.linalg.slogdet`, with ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; complex data are NumPy's.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    SlogdetResult
        A named tuple (sign, logabsdet) of arrays of shape (...); (0, -inf) for a singular matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        Fewer than two dimensions, a matrix that is not square.
    ValueError
        `workers` out of range.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error: that of `lu_factor`'s pivots, each of relative error about eps times the growth, and one rounding of the
    logarithm. Cost: 2/3 n³ flops.

    Examples
    --------
    >>> from mathcore.linalg import slogdet
    >>> sign, logabsdet = slogdet([[1e200, 0.0], [0.0, -1e200]])      # -1e400
    >>> float(sign), round(float(logabsdet), 10)
    (-1.0, 921.0340371976)
    """
    fn = "slogdet"
    if workers is None and (found := _single.slogdet(a)) is not None:
        return SlogdetResult(*found)
    workers = _validate.check_workers(workers, fn)
    try:
        matrix = _matrix.matrices(a, fn, check_finite=False, square=True)
    except ValueError as error:          # NumPy's class for shapes
        words = "is not square. Last 2 dimensions of the array must be square;"
        raise np.linalg.LinAlgError(str(error).replace("is not square;", words)) from None
    if matrix is None:
        return SlogdetResult(*_NUMPY_SLOGDET(a))
    dtype = _matrix.compute_dtype(matrix)
    if _matrix.in_packs(matrix):
        found = SlogdetResult(np.empty(matrix.shape[:-2], dtype), np.empty(matrix.shape[:-2], dtype))
        _small.slogdet(np.ascontiguousarray(matrix, dtype).reshape(-1, *matrix.shape[-2:]), found.sign.reshape(-1),
                       found.logabsdet.reshape(-1), workers, fn)
        return SlogdetResult(found.sign[()], found.logabsdet[()])
    mantissa, exponent = _determinants(matrix, fn, workers)
    sign = np.sign(mantissa)
    _lu.log_determinants(mantissa, exponent)
    return SlogdetResult(sign.astype(dtype)[()], mantissa.astype(dtype)[()])
