"""Norms of vectors and matrices: norm, vector_norm, matrix_norm."""

import math

import numpy as np
from numpy.linalg import matrix_norm as _numpy_matrix_norm
from numpy.linalg import norm as _numpy_norm
from numpy.linalg import vector_norm as _numpy_vector_norm

from mathcore import _validate
from mathcore._kernels import norms as _norms
from mathcore._kernels import single as _single
from mathcore._kernels.finite import all_finite
from mathcore.linalg._matrix import check_finite_values
from mathcore.linalg._parts import singular_values
from mathcore.linalg.svd import decomposed

__all__ = ["matrix_norm", "norm", "vector_norm"]

_OF_MATRICES = (None, "fro", "f", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    """Norm of a vector or a matrix, or of many.

    Drop-in for `scipy.linalg.norm` and `numpy.linalg.norm`.

    Parameters
    ----------
    a : array_like
        Real or complex; integers become float64.
    ord : {None, number, inf, -inf, "fro", "nuc"}, optional
        The norm (see Notes). None: the root of the sum of all squares.
    axis : {None, int, pair of ints}, optional
        An integer: the axis that vectors lie along. Two: rows and columns of matrices. None: `a` is a vector or a
        matrix, or with ``ord=None`` of any dimension.
    keepdims : bool, default False
        Leave the axes normed over, with length 1.
    check_finite : bool, default True
        Refuse infinities and NaN. It costs nothing: only a norm that is not finite has its array looked at.

    Returns
    -------
    scalar or ndarray
        float32 for float32, float16 for float16, else float64.

    Raises
    ------
    ValueError
        An order that vectors or matrices have not, more than two axes, or dimensions where there is an order, an axis
        given twice or out of range (`numpy.exceptions.AxisError`), an infinity or NaN, the least of no elements.
    TypeError
        Data that are not numbers, an `axis` or `ord` that is none.

    Notes
    -----
    =====  ============================  ==========================
    ord    matrices                      vectors
    =====  ============================  ==========================
    None   Frobenius norm                2-norm
    'fro'  Frobenius norm
    'nuc'  sum of singular values
    inf    greatest sum |a| of a row     greatest |a|
    -inf   least sum |a| of a row        least |a|
    0                                    number of elements not 0
    1      greatest sum |a| of a column  sum |a|
    -1     least sum |a| of a column     as below
    2      greatest singular value       root of the sum of squares
    -2     least singular value          as below
    p                                    (sum |a|^p)^(1/p)
    =====  ============================  ==========================

    Nothing overflows or vanishes whose norm is a number: squares are summed as they are, and where that sum leaves the
    range, again of elements scaled by a power of two; powers are those of ratios to the greatest element (p > 0) or
    the least one. So ``norm(2**k * a)`` is ``2**k * norm(a)``, bit for bit while squares that vanish are none that
    decide a rounding.

    Sums are in float64, in blocks of 4096 terms, each in 32 lanes, blocks by pairs: relative error at most
    ``(n/64 + 4) eps`` for the first 4096 terms, half of it for ord=2, and ``eps/2`` more each time that n doubles. Of
    float32, where eight squares are summed before they are widened, at most 2.5 eps for ord=2 and 1 eps for ord=1, of
    any length. For other p that error over ``|p|`` and ``(3 + 3 log n) eps / |p|`` more. The bits do not depend on
    threads, instruction set (with FMA) or, along one axis, layout; over several axes elements are taken in the order
    of memory. Cost: one pass of 2n flops, bound by memory; other p three passes; singular values 2 m n^2 flops.

    Examples
    --------
    >>> from mathcore.linalg import norm
    >>> norm([3.0, 4.0])
    np.float64(5.0)
    >>> norm([1e200, 1e200])
    np.float64(1.414213562373095e+200)
    >>> norm([[1.0, -2.0], [3.0, 4.0]], 1)
    np.float64(6.0)
    >>> norm([[3.0, 4.0], [6.0, 8.0]], axis=1)
    array([ 5., 10.])
    """
    found = _norms.quick(a, ord, axis, keepdims, check_finite, False)
    return _general(a, ord, axis, keepdims, check_finite, "norm", "a") if found is None else found


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Norm of vectors, or of all elements of an array as one vector.

    As the array API and `numpy.linalg.vector_norm` have it.

    Parameters
    ----------
    x : array_like
        Real or complex; integers become float64.
    axis : {None, int, tuple of ints}, optional
        The axis or axes over which to take norms; None: all.
    keepdims : bool, default False
        Leave those axes, with length 1.
    ord : number or inf, default 2
        The norm of `norm` for vectors.

    Returns
    -------
    scalar or ndarray

    Raises
    ------
    ValueError
        An order that is none for vectors, an axis given twice or out of range (`numpy.exceptions.AxisError`), the least
        of no elements.
    TypeError
        Data that are not numbers, an `axis` or `ord` that is none.

    Notes
    -----
    Formulas, errors and cost (2n flops) as in `norm`. Infinities give infinity, NaN gives NaN.

    Examples
    --------
    >>> from mathcore.linalg import vector_norm
    >>> vector_norm([[1.0, 2.0], [2.0, 4.0]])
    np.float64(5.0)
    >>> vector_norm([[3.0, -4.0], [6.0, 8.0]], axis=-1, ord=1)
    array([ 7., 14.])
    """
    found = _norms.quick(x, ord, axis, keepdims, False, True)
    if found is not None:
        return found
    if axis is None:
        axis = tuple(range(np.ndim(x)))
    return _general(x, 2 if ord is None else ord, axis, keepdims, False, "vector_norm", "x")


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """Norm of matrices.

    As the array API and `numpy.linalg.matrix_norm` have it.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Real or complex; integers become float64.
    keepdims : bool, default False
        Leave the last two axes, with length 1.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf}, default "fro"
        The norm of `norm` for matrices.

    Returns
    -------
    scalar or ndarray, shape (...)

    Raises
    ------
    ValueError
        An order that matrices have not, fewer than two dimensions (`numpy.exceptions.AxisError`), the least of no
        elements.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        Singular values did not converge.

    Notes
    -----
    Formulas, errors and cost (2 m n flops) as in `norm`. Infinities give infinity or NaN, NaN gives NaN; singular
    values of what is not finite are NaN.

    Examples
    --------
    >>> from mathcore.linalg import matrix_norm
    >>> matrix_norm([[1.0, 2.0], [2.0, 4.0]])
    np.float64(5.0)
    >>> matrix_norm([[[1.0, 2.0], [2.0, 4.0]], [[3.0, 0.0], [0.0, 2.0]]], ord=2).round(12)
    array([5., 3.])
    """
    if type(x) is np.ndarray and x.ndim == 2:
        found = _norms.quick(x, ord, None, keepdims, False, False)
        if found is not None:
            return found
    return _general(x, ord, (-2, -1), keepdims, False, "matrix_norm", "x")


# ------------------------------------------------------------------ the general door

def _general(a, ord, axis, keepdims, check_finite, fn, arg):
    if type(a) is np.ndarray:
        found = _at_once(a, ord, axis, keepdims, fn)
        if found is not None:
            return found
    elif _validate.overrides_ufuncs(a):
        return _by_numpy(a, ord, axis, keepdims, fn)
    given, a = a, _validate.as_array(a, fn, arg)
    if a is not given:                   # a list of numbers: perhaps a plain array now
        found = _norms.quick(a, ord, axis, keepdims, check_finite, fn == "vector_norm")
        if found is not None:
            return found
    if a.dtype.kind == "O":
        return _by_numpy(a, ord, axis, keepdims, fn)
    axes = _axes(axis, a, fn, arg)
    if (ord is not None or axis is not None) and len(axes) not in (1, 2) and fn == "norm":
        raise ValueError(f"{fn}: {arg} has too many dimensions for an order. Improper number of dimensions to norm; "
                         f"expected one or two, got {len(axes)} (ord={ord!r}, shape {a.shape})")
    of_matrix = len(axes) == 2 and fn != "vector_norm"
    order = _order_of_matrix(ord, fn) if of_matrix and ord is not None else _order(ord, fn)
    if check_finite and a.dtype.kind in "fc" and (_hides(order, of_matrix) or a.dtype.kind == "c"):
        check_finite_values(a, fn, arg)
    if not a.size or a.dtype.char in "gG" or a.dtype.kind == "c" and of_matrix and order in (2, -2, "nuc"):
        try:
            return _of_peer(a, order, axes, keepdims, of_matrix)
        except ValueError as error:
            if a.size:
                raise
            raise ValueError(f"{fn}: {arg} has no elements ({error}); expected at least one, "
                             f"got shape {a.shape}") from error
    result = np.dtype(np.float64) if a.dtype.kind in "biu" else a.real.dtype.newbyteorder("=")
    values = _sizes(a, order, len(axes) == a.ndim) if a.dtype.kind == "c" else a
    values = values.astype(np.float32 if result == np.float16 else result, copy=False)
    found = _of_matrices(values, order, axes, fn) if of_matrix else _along(values, axes, order)
    if check_finite and a.dtype.kind == "f" and not np.isfinite(found).all():
        check_finite_values(a, fn, arg)
    with np.errstate(over="ignore"):
        found = np.asarray(found).astype(result, copy=False)
    return np.expand_dims(found, axes) if keepdims else found[()]


def _by_numpy(a, ord, axis, keepdims, fn):
    """NumPy's function, by its dispatch where `a` brings arithmetic of its own."""
    if fn == "norm":
        return _numpy_norm(a, ord, axis, keepdims)
    if fn == "vector_norm":
        return _numpy_vector_norm(a, axis=axis, keepdims=keepdims, ord=ord)
    return _numpy_matrix_norm(a, keepdims=keepdims, ord=ord)


def _at_once(a, ord, axis, keepdims, fn):
    """Small calls that need no words: of integers, and singular values of one small matrix; else None."""
    if a.dtype.kind in "biu":
        return _norms.quick(a.astype(np.float64), ord, axis, keepdims, False, fn == "vector_norm")
    if fn == "vector_norm" or a.ndim != 2 or keepdims or axis not in (None, (0, 1), (-2, -1)) \
            or not (ord == "nuc" if isinstance(ord, str) else ord in (2, -2)):
        return None
    found = _single.svd(a, False, False, True)
    if found is None:
        return None
    return found[1].sum() if ord == "nuc" else found[1][0 if ord == 2 else -1]


def _axes(axis, a, fn, arg):
    """The axes normed over, from 0 on."""
    if axis is None:
        return tuple(range(a.ndim))
    if not isinstance(axis, tuple):
        try:
            axis = (int(axis),)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{fn}: axis is of another kind. 'axis' must be None, an integer or a tuple of integers; "
                            f"expected one of these, got {axis!r}") from error
    axes = tuple(_validate.check_axis(k, a, fn, arg) % a.ndim for k in axis)
    if len(set(axes)) != len(axes):
        raise ValueError(f"{fn}: axis names one twice. Duplicate axes given; expected different ones, got {axis!r}")
    return axes


def _order(ord, fn):
    """An order of vectors as the kernel takes it."""
    if ord is None:
        return None
    if isinstance(ord, str):
        raise ValueError(f"{fn}: ord is not known. Invalid norm order '{ord}' for vectors; expected None or a number, "
                         f"got {ord!r}")
    try:
        return float(ord)
    except OverflowError:                # a Python integer: as good as infinite
        return math.copysign(math.inf, ord > 0 or -1)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{fn}: ord is no norm order; expected None or a real number, got {ord!r}") from error


def _order_of_matrix(ord, fn):
    for known in _OF_MATRICES:
        if isinstance(ord, str) == isinstance(known, str) and ord == known:
            return None if known in ("fro", "f") else known
    raise ValueError(f"{fn}: ord is not known. Invalid norm order for matrices; expected one of 'fro', 'nuc', 1, -1, "
                     f"2, -2, inf, -inf, got {ord!r}")


def _hides(order, of_matrix):
    """Whether a norm may be finite where an element is not."""
    if of_matrix:
        return order not in (None, 1, math.inf)
    return order is not None and not order > 0


def _of_peer(a, order, axes, keepdims, of_matrix):
    """What NumPy computes: no elements, extended precision, singular values of complex matrices."""
    if of_matrix or len(axes) == 1:
        return _numpy_norm(a, order, axes if of_matrix else axes[0], keepdims)
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    length = math.prod(a.shape[k] for k in axes)
    flat = a.transpose(axes + rest).reshape(length, *(a.shape[k] for k in rest))
    found = _numpy_norm(flat, order, 0)
    return np.expand_dims(found, axes) if keepdims else found


def _sizes(a, order, whole):
    """|a| of complex numbers; for a sum of all squares, their parts."""
    if whole and order in (None, 2) and (a.flags.c_contiguous or a.flags.f_contiguous) and a.dtype.isnative:
        return a.ravel(order="K").view(a.real.dtype).reshape(a.shape[:-1] + (-1,)) if a.ndim else np.abs(a)
    return np.abs(a)


def _along(a, axes, order):
    """Norms over some axes; over several, in the order of memory, so that nothing is copied."""
    by_stride = sorted(range(a.ndim), key=lambda k: -abs(a.strides[k]))
    places = [by_stride.index(k) for k in axes]
    first, last = min(places, default=0), max(places, default=-1) + 1
    if last - first != len(axes):        # others lie between them
        by_stride = [k for k in by_stride if k not in axes] + [k for k in by_stride if k in axes]
        first, last = a.ndim - len(axes), a.ndim
    rest = by_stride[:first] + by_stride[last:]
    x = a.transpose(by_stride)
    x = x.reshape(math.prod(x.shape[:first]), math.prod(x.shape[first:last]), math.prod(x.shape[last:]))
    found = _norms.slices(_validate.ready(x, x.dtype), order)
    return found.reshape([a.shape[k] for k in rest]).transpose(np.argsort(rest))


def _of_matrices(a, order, axes, fn):
    if order is None:
        return _along(a, axes, None)
    row, column = axes
    if order in (2, -2, "nuc"):
        s, e = _singular_values(np.moveaxis(a, axes, (-2, -1)), fn)
        with np.errstate(over="ignore"):
            return np.ldexp(s.sum(axis=-1) if order == "nuc" else s[..., 0 if order == 2 else -1], e)
    summed, left = (row, column) if abs(order) == 1 else (column, row)
    sums = _along(a, (summed,), 1.0)
    return _along(sums, (left - (left > summed),), math.copysign(math.inf, order))


def _singular_values(a, fn):
    """(s, e): singular values s * 2**e, NaN where a matrix is not finite."""
    largest = _along(a, tuple(range(a.ndim)), math.inf)
    safe = np.finfo(a.dtype).max ** 0.25
    if 1 / safe < largest < safe and all_finite(a) is not False:
        return decomposed(a, False, False, None, fn)[1], 0
    s, e = singular_values(a, fn)
    return s, e[..., 0]
