"""Vectors: vecdot, outer, normalize, angle, project."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import matmul as _matmul
from mathcore._kernels import norms as _norms
from mathcore._kernels.tape import differentiable
from mathcore.linalg._matrix import check_finite_values
from mathcore.linalg._parts import svd
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import general_product, matvec, vecmat

__all__ = ["angle", "normalize", "outer", "project", "vecdot"]


def vecdot(x1, x2, /, out=None, *, axis=-1, workers=None, **kwargs):
    """Dot products of the vectors along one axis, with broadcasting over the others.

    Drop-in for `numpy.vecdot` and `numpy.linalg.vecdot`, with ``workers=`` added.

    Parameters
    ----------
    x1, x2 : array_like, shape (..., k)
        Vectors along `axis`; the other dimensions broadcast. Complex `x1` is conjugated (NumPy computes complex data).
    out : ndarray, optional
        Receives the result.
    axis : int, default -1
        The axis of both arrays that is summed over.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.
    **kwargs
        NumPy's remaining ufunc options (``axes``, ``keepdims``, ``dtype``, ...); with them NumPy computes.

    Returns
    -------
    ndarray or scalar
        ``sum_p x1[..., p] * x2[..., p]``, of the operands' result type (float32 stays float32).

    Raises
    ------
    ValueError
        Lengths that differ, batch dimensions that do not broadcast, an `out` that does not fit.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Term p goes to virtual lane ``p % 64`` (float32) or ``p % 32`` (float64) by a fused multiply-add; lanes are folded
    by halves after every 4096 terms and those blocks added in turn. The order does not depend on threads, layout or
    instruction set, so neither do the bits. Error at most ``(k/64 + 8) eps sum |x1 x2|`` for k up to 4096.
    Cost: 2k flops per pair, bound by reading memory.

    Examples
    --------
    >>> from mathcore.linalg import vecdot
    >>> vecdot([3.5, 1.2, -0.8], [12, 3, 2])
    np.float64(44.0)
    """
    if axis == -1 and not kwargs:
        r = _matmul.product(x1, x2, out, workers, 3, "vecdot")
        if r is not None:
            return r
    return general_product("vecdot", x1, x2, out, workers, 3, axis=axis, ufunc=kwargs)


@differentiable
def outer(x1, x2, /, *, out=None):
    """Outer product of two vectors.

    Drop-in for `numpy.linalg.outer`, with ``out=`` added. One multiplication per element written: bound by memory, so
    NumPy's own loop does the work.

    Parameters
    ----------
    x1 : array_like, shape (m,)
    x2 : array_like, shape (n,)
    out : ndarray, shape (m, n), optional
        Receives the result.

    Returns
    -------
    ndarray, shape (m, n)
        ``x1[i] * x2[j]``, exactly rounded.

    Raises
    ------
    ValueError
        An argument that is not one-dimensional, an `out` that does not fit.
    TypeError
        Data that are not numbers.

    Examples
    --------
    >>> from mathcore.linalg import outer
    >>> outer([1.0, 2.0], [3.0, 4.0, 5.0])
    array([[ 3.,  4.,  5.],
           [ 6.,  8., 10.]])
    """
    a, b = _validate.as_array(x1, "outer", "x1"), _validate.as_array(x2, "outer", "x2")
    _validate.one_dimensional(a, "outer", "x1")
    _validate.one_dimensional(b, "outer", "x2")
    if out is not None:
        out = _validate.check_out(out, (a.size, b.size), np.result_type(a, b), "outer")
    return np.multiply(a[:, None], b[None, :], out=out)


def _real_vectors(fn, names, arrays, axis):
    """Real arrays in one type that the kernels compute with, each with its vectors along the last axis."""
    found = [_validate.as_array(x, fn, arg) for x, arg in zip(arrays, names, strict=True)]
    dtypes = [_validate.real_dtype(a.dtype, fn, arg) for a, arg in zip(found, names, strict=True)]
    compute = _validate.COMPUTE[np.result_type(*dtypes)]
    for i, (a, arg) in enumerate(zip(found, names, strict=True)):
        _validate.at_least_dims(a, 1, fn, arg)
        found[i] = _validate.ready(np.moveaxis(a, _validate.check_axis(axis, a, fn, arg), -1), compute)
    return found


def lengths(x):
    """2-norms of the vectors along the last axis, which is kept. Of scaled vectors: nothing here overflows."""
    return np.sqrt(vecdot(x, x))[..., None]


@differentiable
def normalize(x, /, *, ord=2, axis=-1):
    """Vectors divided by their lengths.

    Parameters
    ----------
    x : array_like
        Vectors along `axis`. Real; integers become float64.
    ord : float, default 2
        The norm ``(sum |x|^ord)^(1/ord)``, from 1 to infinity.
    axis : int, default -1
        The axis that the vectors lie along.

    Returns
    -------
    ndarray
        Of the shape of `x`. A vector of zeros has no direction and stays as it is; one with an infinite or NaN
        element becomes NaN.

    Raises
    ------
    ValueError
        An `ord` below 1, an `axis` out of range (`numpy.exceptions.AxisError`), a 0-d `x`.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Norms are those of `norm`. Vectors whose norm is out of range are scaled by a power of two first, which is exact:
    nothing overflows, and ``normalize(2**k * x)`` has the bits of ``normalize(x)``. Relative error of an element at
    most ``(k/128 + 6) eps`` for ord=2 and vectors of length k up to 4096. Cost: 3k flops for ord=2, bound by memory.

    Examples
    --------
    >>> from mathcore.linalg import normalize
    >>> normalize([3.0, 4.0])
    array([0.6, 0.8])
    >>> normalize([[3e200, 4e200], [1.0, 3.0]], ord=1)
    array([[0.42857143, 0.57142857],
           [0.25      , 0.75      ]])

    Similarity of documents: the cosines of their term vectors, which count how often each word occurs.

    >>> from mathcore.linalg import matmul
    >>> documents = ["the cat chased the mouse", "the mouse fled from the cat", "rain fell on the quiet harbour"]
    >>> words = sorted(set(" ".join(documents).split()))
    >>> unit = normalize([[text.split().count(word) for word in words] for text in documents])
    >>> matmul(unit, unit.T).round(2)
    array([[1.  , 0.8 , 0.31],
           [0.8 , 1.  , 0.29],
           [0.31, 0.29, 1.  ]])
    """
    if axis == -1 and type(ord) in (int, float) and ord >= 1:
        found = _norms.unit_rows(x, ord)
        if found is not None and found[1]:
            return found[0]
    ord = _validate.real_number(ord, "normalize", "ord", low=1)
    a, = _real_vectors("normalize", ("x",), (x,), axis)
    rows = np.ascontiguousarray(a)
    out, good = _norms.unit_rows(rows, ord) or (rows.copy(), True)
    if not good:                         # norms out of range, infinities, NaN
        out, _ = _norms.unit_rows(scaled(rows, -1)[0], ord)
        out[~np.isfinite(rows).all(axis=-1)] = np.nan
    return np.moveaxis(out, -1, axis)


@differentiable
def angle(u, v, /, *, axis=-1):
    """Angle between two vectors, in radians.

    Parameters
    ----------
    u, v : array_like
        Vectors along `axis`; the other dimensions broadcast. Real; integers become float64.
    axis : int, default -1
        The axis of both arrays that the vectors lie along.

    Returns
    -------
    ndarray or scalar
        From 0 to pi; NaN where a vector is zero, infinite or NaN: no angle is defined there.

    Raises
    ------
    ValueError
        Lengths that differ, batch dimensions that do not broadcast, an `axis` out of range
        (`numpy.exceptions.AxisError`).
    TypeError
        Data that are not real numbers.

    Notes
    -----
    ``2 atan2(|u |v| - v |u||, |u |v| + v |u||)``, which is right for vectors that are nearly parallel or nearly
    opposite, where the arc cosine of the normalized product loses half of the digits. Absolute error at most
    ``(k/64 + 10) eps`` for vectors of length k up to 4096. Lengths do not matter: both vectors are scaled by powers of
    two. Cost: 12k flops.

    W. Kahan, How Futile are Mindless Assessments of Roundoff in Floating-Point Computation?, 2006, section 12.

    Examples
    --------
    >>> from mathcore.linalg import angle
    >>> angle([1.0, 0.0], [0.0, 2.0])
    np.float64(1.5707963267948966)
    >>> angle([1.0, 0.0], [1.0, 1e-8])
    np.float64(1e-08)
    """
    a, b = _real_vectors("angle", ("u", "v"), (u, v), axis)
    _validate.same_length(a.shape[-1], b.shape[-1], "angle", "lengths of u and v", np.shape(u), np.shape(v))
    _validate.broadcast_batch(a.shape[:-1], b.shape[:-1], "angle")
    (a, _), (b, _) = scaled(a, -1), scaled(b, -1)
    length_a, length_b = lengths(a), lengths(b)
    a, b = a * length_b, b * length_a
    with np.errstate(invalid="ignore"):
        (below, e), (above, f) = scaled(a - b, -1), scaled(a + b, -1)   # either may be tiny beside the other
        result = 2 * np.arctan2(np.ldexp(lengths(below), e), np.ldexp(lengths(above), f))
    known = np.isfinite(length_a * length_b) & (length_a * length_b > 0)
    return np.where(known, result, result.dtype.type(np.nan))[..., 0][()]


@differentiable
def project(u, onto, /, *, axis=-1):
    """Orthogonal projection of vectors onto a line or onto the span of a matrix's columns.

    Parameters
    ----------
    u : array_like
        Vectors of length k along `axis`. Real; integers become float64.
    onto : array_like, shape (k,) or (..., k, n)
        One vector: the line through it. A matrix: the space that its columns span, which need not be independent. Its
        leading dimensions broadcast with those of `u`.
    axis : int, default -1
        The axis of `u` and of the result that the vectors lie along.

    Returns
    -------
    ndarray
        The point of that space which is nearest to `u`; zeros where the space holds nothing but 0.

    Raises
    ------
    ValueError
        Lengths that differ, batch dimensions that do not broadcast, an infinite or NaN element in a matrix, an `axis`
        out of range (`numpy.exceptions.AxisError`).
    TypeError
        Data that are not real numbers.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    ``v (v.u / v.v)`` for a vector v; ``U U^T u`` for a matrix, with its left singular vectors U. There, columns are
    scaled by powers of two, and singular values below ``max(k, n) eps`` of the largest count as 0. Error: a few
    ``max(k, n) eps |u|`` where the columns are well-conditioned, more by their condition number else.
    Cost: 4k flops for a vector, O(k n min(k, n)) for a matrix.

    Examples
    --------
    >>> from mathcore.linalg import project
    >>> project([3.0, 4.0], [1.0, 1.0])
    array([3.5, 3.5])
    >>> project([1.0, 2.0, 3.0], [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    array([1., 2., 0.])
    """
    fn = "project"
    a, = _real_vectors(fn, ("u",), (u,), axis)
    space, = _real_vectors(fn, ("onto",), (onto,), -1)
    k = space.shape[0] if space.ndim == 1 else space.shape[-2]
    _validate.same_length(a.shape[-1], k, fn, "lengths of u and of the vectors in onto", np.shape(u), space.shape)
    compute = np.result_type(a, space)
    (a, e), (space, _) = scaled(a.astype(compute), -1), scaled(space.astype(compute), -min(space.ndim, 2))
    if space.ndim == 1:
        square = vecdot(space, space)
        result = space * (vecdot(a, space) / (square if square != 0 else 1))[..., None]
    else:
        _validate.broadcast_batch(a.shape[:-1], space.shape[:-2], fn)
        check_finite_values(space, fn, "onto")
        left, s, _, _ = svd(space, fn)
        cut = s.max(axis=-1, keepdims=True, initial=0) * max(space.shape[-2:]) * np.finfo(compute).eps
        result = matvec(left, np.where(s > cut, vecmat(a, left), 0))
    return np.moveaxis(np.ldexp(result, e), -1, axis)
