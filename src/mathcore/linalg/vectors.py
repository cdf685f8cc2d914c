"""Products of vectors: vecdot, outer."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import matmul as _matmul
from mathcore.linalg.matmul import general_product

__all__ = ["outer", "vecdot"]


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
