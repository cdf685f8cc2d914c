"""describe, cov, corrcoef: descriptions of data, as SciPy and NumPy give them."""

import math
import warnings
from typing import NamedTuple

import numpy as np
from numpy import cov as _numpy_cov

from mathcore import _validate
from mathcore._kernels import moments as _moments

__all__ = ["corrcoef", "cov", "describe"]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_EPS = {dtype: float(np.finfo(dtype).eps) for dtype in _FLOATS}
_POLICIES = ("propagate", "raise", "omit")
_PLAIN_FLOATS = 1e-75, 1e75             # variances whose powers neither overflow nor vanish


class DescribeResult(NamedTuple):
    """What `describe` returns.

    Attributes
    ----------
    nobs : int
        Number of observations.
    minmax : tuple
        Least and greatest.
    mean, variance, skewness, kurtosis : scalar or ndarray
    """

    nobs: int
    minmax: tuple
    mean: float
    variance: float
    skewness: float
    kurtosis: float


def describe(a, axis=0, ddof=1, bias=True, nan_policy="propagate"):
    """Number, extremes, mean, variance, skewness and kurtosis of data, in one pass over memory.

    Parameters
    ----------
    a : array_like
        Real data.
    axis : int or None, optional
        Axis along which observations lie; None: all of `a`.
    ddof : int, optional
        The variance divides by ``n - ddof``.
    bias : bool, optional
        If False, skewness and kurtosis are corrected for their bias.
    nan_policy : {"propagate", "raise", "omit"}, optional
        What NaN does: it becomes the result, a ValueError, or is left out.

    Returns
    -------
    DescribeResult
        ``(nobs, minmax, mean, variance, skewness, kurtosis)``, the kurtosis being 0 for a normal distribution. Float32
        for float32 data; extremes are of the type of `a`.

    Raises
    ------
    ValueError
        No elements, NaN under "raise", an unknown policy.
    numpy.exceptions.AxisError
        An axis that `a` lacks.
    TypeError
        Data that are no numbers.

    Warns
    -----
    RuntimeWarning
        Data so near to each other that their differences have lost their digits.

    Notes
    -----
    Blocks of 2048 numbers, less one of their own, are read twice, the second time from cache; their moments are merged
    in a tree (P. Pebay, SAND2008-6212, 2008). Error: some ``log2(n) + 64`` eps of the moment, for a mean of 1e8
    deviations too. Cost: about 14 n flops. The bits do not depend on the number of threads. float16, longdouble,
    complex and masked data, and NaN that is left out, go to `scipy.stats.describe`.

    Examples
    --------
    >>> from mathcore.stats import describe
    >>> describe([1.0, 2.0, 3.0, 6.0]).variance
    np.float64(4.666666666666667)
    >>> describe([[1, 2], [3, 4]]).mean
    array([2., 3.])
    """
    if nan_policy not in _POLICIES:
        raise ValueError(f"describe: nan_policy is not known. nan_policy must be one of {_POLICIES}; "
                         f"got {nan_policy!r}")
    if not (type(a) is np.ndarray and a.ndim == 1 and a.dtype in _FLOATS and a.flags.carray and a.size
            and axis in (0, -1, None)):
        return _describe_any(a, axis, ddof, bias, nan_policy)
    n, shift, _, mean, m2, m3, m4, low, high = _moments.vector_moments(a, None, "describe")
    mean += shift
    if not _PLAIN_FLOATS[0] < m2 < _PLAIN_FLOATS[1] or n < 4 or n == ddof:
        return _describe_any(a, axis, ddof, bias, nan_policy)
    variance, m2, m3, m4 = m2 / (n - ddof), m2 / n, m3 / n, m4 / n
    skewness, kurtosis = math.nan, math.nan
    eps = _EPS[a.dtype]
    if m2 > (eps * mean) * (eps * mean):
        skewness, kurtosis = m3 / (m2 * math.sqrt(m2)), m4 / (m2 * m2)
        if not bias:
            skewness *= math.sqrt((n - 1.0) * n) / (n - 2.0)
            kurtosis = ((n * n - 1.0) * kurtosis - 3 * (n - 1.0) ** 2) / (n - 2) / (n - 3) + 3
    if max(high - mean, mean - low) < 10 * eps * abs(mean):
        _warn_of_lost_digits()
    real = a.dtype.type
    return DescribeResult(np.int64(n), (real(low), real(high)), real(mean), real(variance), real(skewness),
                          real(kurtosis - 3))


def _warn_of_lost_digits():
    warnings.warn("Precision loss occurred in moment calculation due to catastrophic cancellation. This occurs when "
                  "the data are nearly identical. Results may be unreliable.", RuntimeWarning, stacklevel=4)


def _slices(x, axis):
    """(outer, n, inner), whether the result's axes come in reverse: views of x where its order allows."""
    reverse = x.flags.f_contiguous and not x.flags.c_contiguous
    if reverse:
        x, axis = x.T, x.ndim - 1 - axis
    shape = x.shape
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1:])
    return np.ascontiguousarray(x).reshape(outer, shape[axis], inner), (*shape[:axis], *shape[axis + 1:]), reverse


def _moments_along(x, axis, weights, workers, fn):
    """Moments of a float32 or float64 array: shift and (8, ...) of the remaining shape."""
    slices, shape, reverse = _slices(x, axis)
    shift = slices[:, 0].astype(np.float64)
    shift[~np.isfinite(shift)] = 0
    out = np.empty((*shift.shape, _moments.FIELDS))
    if out.size:
        _moments.moments(slices, weights, shift, out, workers, fn)
    shift, out = shift.reshape(shape), np.moveaxis(out, -1, 0).reshape(_moments.FIELDS, *shape)
    return (shift.T, np.stack([field.T for field in out])) if reverse else (shift, out)


def _describe_any(a, axis, ddof, bias, nan_policy):
    masked = isinstance(a, np.ma.MaskedArray)
    x = np.atleast_1d(np.asanyarray(a) if masked else _validate.as_array(a, "describe", "a"))
    if axis is None:
        x, axis = x.ravel(), 0
    axis = _validate.check_axis(axis, x, "describe", "a") % x.ndim
    if x.size == 0:
        raise ValueError(f"describe: a is empty. The input must not be empty.; expected elements, got shape {x.shape}")
    real = x.dtype.newbyteorder("=")
    if masked or not (real in _FLOATS or real.kind in "iu"):
        return _of_scipy(x, axis, ddof, bias, nan_policy)
    dtype = real if real in _FLOATS else np.dtype(np.float64)
    x = _validate.ready(x, real)
    values = x.astype(dtype, copy=False)
    shift, (_, mean, _, m2, m3, m4, low, high) = _moments_along(values, axis, None, None, "describe")
    mean = mean + shift
    if nan_policy != "propagate" and np.isnan(low).any():
        if nan_policy == "raise":
            raise ValueError("describe: a has NaN. The input contains nan values; expected none under "
                             "nan_policy='raise', got nan")
        return _of_scipy(x, axis, ddof, bias, nan_policy)
    if not np.isfinite(mean).all():      # the mean of infinities is theirs, though no difference from it is a number
        with np.errstate(invalid="ignore"):
            mean = np.mean(values, axis=axis, dtype=np.float64)
    if x.dtype.kind in "iu":             # whole numbers beyond 2^53 keep their digits
        low, high = x.min(axis=axis), x.max(axis=axis)
    return _result(values.shape[axis], (low, high), mean, (m2, m3, m4), dtype, ddof, bias, x.dtype)


def _result(n, extremes, mean, sums, dtype, ddof, bias, kind):
    variance = sums[0] / np.float64(n - ddof)
    m2, m3, m4 = (np.asarray(s) / n for s in sums)
    eps = _EPS[dtype]
    with np.errstate(all="ignore"):
        zero = m2 <= np.square(eps * mean)
        skewness, kurtosis = m3 / m2**1.5, m4 / m2**2
        if not bias and n > 2:
            skewness = skewness * (np.sqrt((n - 1.0) * n) / (n - 2.0))
        if not bias and n > 3:
            kurtosis = ((n**2 - 1.0) * kurtosis - 3 * (n - 1.0) ** 2) / (n - 2) / (n - 3) + 3
        near = np.maximum(extremes[1] - mean, mean - extremes[0]) < 10 * eps * np.abs(mean)
    if n > 1 and np.any(near):
        _warn_of_lost_digits()
    skewness, kurtosis = np.where(zero, np.nan, skewness), np.where(zero, np.nan, kurtosis - 3)
    low, high = (np.asarray(e).astype(kind)[()] for e in extremes)
    mean, variance, skewness, kurtosis = (np.asarray(e).astype(dtype)[()] for e in (mean, variance, skewness, kurtosis))
    return DescribeResult(np.int64(n), (low, high), mean, variance, skewness, kurtosis)


def _of_scipy(x, axis, ddof, bias, nan_policy):
    # where it is itself, whatever stands in scipy.stats
    from scipy.stats._stats_py import describe as peer

    return DescribeResult(*peer(x, axis, ddof, bias, nan_policy))


# ------------------------------------------------------------------ covariance

def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Covariance matrix of variables, from their observations.

    Parameters
    ----------
    m : array_like, shape (d, n) or (n,)
        A variable in each row, an observation in each column.
    y : array_like, optional
        More variables, in the form of `m`.
    rowvar : bool, optional
        If False, variables stand in columns.
    bias : bool, optional
        Divide by n instead of n - 1.
    ddof : int, optional
        Divide by ``n - ddof``, whatever `bias` says.
    fweights : array_like of int, shape (n,), optional
        How often each observation counts.
    aweights : array_like, shape (n,), optional
        Weight of each observation.
    dtype : data-type, optional
        Of the result, at least float64 unless said here.

    Returns
    -------
    ndarray, shape (d, d); of no dimension where there is one variable
        Exactly symmetric.

    Raises
    ------
    ValueError
        More than two dimensions, a `ddof` that is no whole number, negative weights.
    TypeError
        Weights `fweights` that are no whole numbers; data that are no numbers.
    RuntimeError
        Weights that are no vector, or do not fit the observations.

    Warns
    -----
    RuntimeWarning
        No degrees of freedom are left.

    Notes
    -----
    Blocks of observations are centred in cache, and their Gram matrices added: d^2 n flops, half the work of a
    product. Error: ``gamma_n |x - mean| |x - mean|^T``, with means from differences to the first observation, so that
    a large mean costs no digits. Complex data, float16 and longdouble go to `numpy.cov`.

    Examples
    --------
    >>> from mathcore.stats import cov
    >>> cov([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if y is ddof is fweights is aweights is dtype is None and bias is False:
        c = _moments.small_cov(m, rowvar, 1)
        if c is not None:
            return c
    return _cov(m, y, rowvar, bias, ddof, fweights, aweights, dtype, "cov", ("m", "y"))


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Matrix of Pearson's correlation coefficients of variables, from their observations.

    Parameters
    ----------
    x : array_like, shape (d, n) or (n,)
        A variable in each row, an observation in each column.
    y : array_like, optional
        More variables, in the form of `x`.
    rowvar : bool, optional
        If False, variables stand in columns.
    dtype : data-type, optional
        Of the result, at least float64 unless said here.

    Returns
    -------
    ndarray, shape (d, d); a scalar where there is one variable
        ``c_ij / sqrt(c_ii c_jj)`` for the covariance matrix c, cut to -1 ... 1.

    Raises
    ------
    ValueError
        More than two dimensions.
    TypeError
        Data that are no numbers.

    Warns
    -----
    RuntimeWarning
        A variable is constant; its coefficients are NaN.

    Notes
    -----
    Error and cost as in `cov`.

    Examples
    --------
    >>> from mathcore.stats import corrcoef
    >>> corrcoef([0.0, 1.0, 2.0], [4.0, 2.0, 0.0])
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    c = _moments.small_cov(x, rowvar, 1) if y is dtype is None else None
    if c is None:
        c = _cov(x, y, rowvar, False, None, None, None, dtype, "corrcoef", ("x", "y"))
    if c.ndim == 0:
        return c / c
    if c.dtype == np.float64 and _moments.correlations(c):
        return c
    deviation = np.sqrt(np.diag(c).real)
    c /= deviation[:, None]
    c /= deviation[None, :]
    np.clip(c.real, -1, 1, out=c.real)
    if np.iscomplexobj(c):
        np.clip(c.imag, -1, 1, out=c.imag)
    return c


def _cov(m, y, rowvar, bias, ddof, fweights, aweights, dtype, fn, names):
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"{fn}: ddof is no whole number. ddof must be integer; got {ddof!r}")
    arrays = [_validate.as_array(a, fn, name) for a, name in zip((m, y), names, strict=True) if a is not None]
    for a, name in zip(arrays, names, strict=False):
        if a.ndim > 2:
            raise ValueError(f"{fn}: {name} has more than 2 dimensions; got shape {a.shape}")
    result = np.dtype(np.result_type(*arrays, np.float64) if dtype is None else dtype)
    variables = arrays[0].shape[0 if rowvar or arrays[0].ndim == 1 else 1] if arrays[0].ndim > 1 else 1
    if variables == 0:
        return np.array([]).reshape(0, 0)
    if result not in _FLOATS or any(a.dtype.kind not in "biuf" or a.size == 0 for a in arrays):
        return _numpy_cov(m, y, rowvar, bias, ddof, fweights, aweights, dtype=dtype)
    x = _joined(arrays, rowvar, result)
    ddof = (1 if bias == 0 else 0) if ddof is None else ddof
    n = x.shape[1]
    w = _observation_weights(fweights, aweights, n, fn)
    factor = n - ddof
    if w is not None:
        total = w.sum()
        if total == 0:
            raise ZeroDivisionError(f"{fn}: weights sum to zero, can't be normalized; got {total}")
        if ddof == 0:
            factor = total
        else:
            factor = total - ddof * (1 if aweights is None else (w * np.asarray(aweights, float)).sum() / total)
    if factor <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=4)
        factor = 0.0
    c = _products(x, w, fn)
    c *= np.true_divide(1, factor)
    return c.squeeze()


def _joined(arrays, rowvar, dtype):
    """All variables as rows (d, n); a view of one array where its type is right."""
    rows = []
    for i, a in enumerate(arrays):
        a = np.atleast_2d(_validate.ready(a, dtype))
        rows.append(a.T if not rowvar and (a.shape[0] != 1 if i else arrays[0].ndim != 1) else a)
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


def _observation_weights(fweights, aweights, n, fn):
    """The product of both, or None; NumPy's conditions in NumPy's words."""
    w = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        v = np.asarray(given, dtype=float)
        if name == "fweights" and not np.all(v == np.around(v)):
            raise TypeError(f"{fn}: fweights must be integer; got {v[v != np.around(v)][0]}")
        if v.ndim > 1:
            raise RuntimeError(f"{fn}: {name} has too many dimensions. cannot handle multidimensional {name}; "
                               f"got shape {v.shape}")
        if v.shape[0] != n:
            raise RuntimeError(f"{fn}: {name} does not fit. incompatible numbers of samples and {name}; "
                               f"expected {n}, got {v.shape[0]}")
        if (v < 0).any():
            raise ValueError(f"{fn}: {name} cannot be negative; got {v[v < 0][0]}")
        w = v if w is None else w * v
    return w


def _products(x, w, fn):
    """The scatter matrix (d, d) of rows x (d, n), n > 0."""
    d, n = x.shape
    if w is not None:
        centred = x - x[:, :1]
        centred -= (centred @ w.astype(x.dtype) / x.dtype.type(w.sum()))[:, None]
        centred *= np.sqrt(w)
        from mathcore.linalg import gram  # a fifth of the room's time to load

        return gram(centred.T)
    in_rows = x.strides[0] != x.itemsize or x.strides[1] == x.itemsize or x.strides[1] < 0
    x = x if in_rows else x.T           # else observations lie in rows
    x = x if x.strides[1] == x.itemsize and x.strides[0] >= 0 else np.ascontiguousarray(x)
    c = np.empty((d, d), x.dtype)
    _moments.scatter_matrix(x, in_rows, c, None, fn)
    return c
