"""Products of matrices: matmul, matvec, vecmat, gram, linear, multi_dot.

The compiled `product` takes exact native arrays at once; everything else comes through `general_product`.
"""

import numpy as np

from mathcore import _validate
from mathcore._kernels import matmul as _matmul
from mathcore._kernels.tape import differentiable

__all__ = ["gram", "linear", "matmul", "matvec", "multi_dot", "vecmat"]

_ACTIVATIONS = tuple(_matmul.ACTIVATIONS)


# NumPy's functions of the same names: they serve what the kernels do not (complex, longdouble, object, bool).
_NUMPY = {name: getattr(np, name, None) for name in ("matmul", "matvec", "vecmat", "vecdot")}


def _numpy_function(name):
    if _NUMPY[name] is None:             # NumPy before 2.2
        raise TypeError(f"{name}: only real data is served with NumPy {np.__version__}; "
                        "expected float16, float32, float64 or integers, or a newer NumPy")
    return _NUMPY[name]


def _result_shape(a, b, vectors, fn):
    """Shape of the result by NumPy's rules, and how many of its axes are not batch axes."""
    row, column = vectors & 1 or a.ndim == 1, vectors & 2 or b.ndim == 1
    _validate.at_least_dims(a, 1, fn, "x1")
    _validate.at_least_dims(b, 1, fn, "x2")
    if vectors == 1:
        _validate.at_least_dims(b, 2, fn, "x2")
    elif vectors == 2:
        _validate.at_least_dims(a, 2, fn, "x1")
    _validate.same_length(a.shape[-1], b.shape[-1] if column else b.shape[-2], fn,
                          f"x1.shape[-1] and x2.shape[{-1 if column else -2}]", a.shape, b.shape)
    batch = _validate.broadcast_batch(a.shape[:-1] if row else a.shape[:-2],
                                      b.shape[:-1] if column else b.shape[:-2], fn)
    core = (() if row else a.shape[-2:-1]) + (() if column else b.shape[-1:])
    return batch + core, len(core)


def general_product(fn, x1, x2, out, workers, vectors, *, dtype=None, axis=-1, ufunc=None, peer=None):
    """Any operands of `matmul`, `matvec`, `vecmat`, `vecdot`: checked, converted, computed, cast into `out`.

    `fn` is the name in error texts, `peer` NumPy's function for what the kernels do not serve (default: `fn`'s).
    """
    peer = peer or fn
    workers = _validate.check_workers(workers, fn)
    options = dict(ufunc or {})
    if dtype is not None:
        options["dtype"] = dtype
    if axis != -1:
        options["axis"] = axis
    if ufunc or any(_validate.overrides_ufuncs(x) for x in (x1, x2, out)):
        return _numpy_function(peer)(x1, x2, out=out, **options)
    a, b = _validate.as_array(x1, fn, "x1"), _validate.as_array(x2, fn, "x2")
    result = np.result_type(a, b) if dtype is None else np.dtype(dtype)
    if result not in _validate.COMPUTE:
        return _numpy_function(peer)(a, b, out=out, **options)
    if dtype is not None and not (np.can_cast(a, result, "same_kind") and np.can_cast(b, result, "same_kind")):
        raise TypeError(f"{fn}: dtype={result} does not hold the operands; expected a type that {a.dtype} "
                        f"and {b.dtype} cast to within their kind")
    if axis != -1:
        a = np.moveaxis(a, _validate.check_axis(axis, a, fn, "x1"), -1)
        b = np.moveaxis(b, _validate.check_axis(axis, b, fn, "x2"), -1)
    shape, core = _result_shape(a, b, vectors, fn)
    if out is not None:
        out = _validate.check_out(out, shape, result, fn, core)
    compute = _validate.COMPUTE[result]
    a, b = _validate.ready(a, compute), _validate.ready(b, compute)
    if out is not None and (c := _matmul.product(a, b, out, workers, vectors, fn)) is not None:
        return c
    c = _matmul.product(a, b, None, workers, vectors, fn)
    return _validate.deliver(c, out, result)


def matmul(x1, x2, /, out=None, *, dtype=None, workers=None, **kwargs):
    """Matrix product of two arrays, over leading batch dimensions.

    Drop-in for `numpy.matmul`: same promotion of 1-d operands, broadcasting, result types and errors.

    Parameters
    ----------
    x1 : array_like, shape (..., m, k) or (k,)
    x2 : array_like, shape (..., k, n) or (k,)
        Any strides; transposed views cost no copy. float32 and float64 run in the kernels, float16 in float32, integers
        exactly modulo their width; other types are NumPy's.
    out : ndarray, shape (..., m, n), optional
        Receives the result. It may overlap an input: the result is as if that had been copied first.
    dtype : data-type, optional
        Type of the computation and the result; ``dtype=numpy.int64`` makes products of int8, int16 and int32 matrices
        accumulate in int64.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.
    **kwargs
        NumPy's remaining ufunc options (``axes``, ``casting``, ...); with them NumPy computes.

    Returns
    -------
    ndarray or scalar
        ``C[i, j] = sum_p x1[i, p] * x2[p, j]``.

    Raises
    ------
    ValueError
        Shapes that do not fit, a 0-d operand, an `out` that does not fit or is read-only.
    TypeError
        Data that are not numbers, an `out` whose type cannot hold the result.
    MemoryError
        Result or workspace (at most 8 MB per thread) cannot be allocated.

    Notes
    -----
    Each element is one chain of fused multiply-adds over k in blocks of 512, never split over threads; a product with
    one column is summed in the order of `vecdot`. So the bits do not depend on the number of threads, the layout, or
    how the rows of `x1` or a batch are split, and are the same with AVX2 and AVX-512.
    Error at most ``(512 + k/512) eps (|x1| |x2|)[i, j]``, for k up to 512 at most ``k eps (|x1| |x2|)[i, j]``.
    Cost: 2 m n k flops.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import matmul
    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]])
    array([[17.],
           [39.]])
    >>> a = np.full((2, 2), 100, dtype=np.int8)
    >>> matmul(a, a, dtype=np.int64)
    array([[20000, 20000],
           [20000, 20000]])
    """
    if dtype is None and not kwargs:
        r = _matmul.product(x1, x2, out, workers)
        if r is not None:
            return r
    return general_product("matmul", x1, x2, out, workers, 0, dtype=dtype, ufunc=kwargs)


def matvec(x1, x2, /, out=None, *, dtype=None, workers=None, **kwargs):
    """Matrix-vector product, over leading batch dimensions of both.

    Drop-in for `numpy.matvec` (NumPy 2.2).

    Parameters
    ----------
    x1 : array_like, shape (..., m, k)
    x2 : array_like, shape (..., k)
        Unlike `matmul`, a 2-d `x2` is a batch of vectors.
    out : ndarray, shape (..., m), optional
    dtype, workers, **kwargs
        As in `matmul`.

    Returns
    -------
    ndarray, shape (..., m)
        ``y[i] = sum_p x1[i, p] * x2[p]``, in the order of `vecdot`: row i has the bits of ``vecdot(x1[i], x2)``.

    Raises
    ------
    ValueError, TypeError, MemoryError
        As in `matmul`.

    Notes
    -----
    Error as in `vecdot`. Cost: 2 m k flops, bound by reading `x1`.

    Examples
    --------
    >>> from mathcore.linalg import matvec
    >>> matvec([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0])
    array([17., 39.])
    """
    if dtype is None and not kwargs:
        r = _matmul.product(x1, x2, out, workers, 2, "matvec")
        if r is not None:
            return r
    return general_product("matvec", x1, x2, out, workers, 2, dtype=dtype, ufunc=kwargs)


def vecmat(x1, x2, /, out=None, *, dtype=None, workers=None, **kwargs):
    """Vector-matrix product, over leading batch dimensions of both.

    Drop-in for `numpy.vecmat` (NumPy 2.2).

    Parameters
    ----------
    x1 : array_like, shape (..., k)
        Complex `x1` is conjugated (NumPy computes complex data).
    x2 : array_like, shape (..., k, n)
    out : ndarray, shape (..., n), optional
    dtype, workers, **kwargs
        As in `matmul`.

    Returns
    -------
    ndarray, shape (..., n)
        ``y[j] = sum_p x1[p] * x2[p, j]``: the bits of that row of the matrix product.

    Raises
    ------
    ValueError, TypeError, MemoryError
        As in `matmul`.

    Notes
    -----
    Error as in `matmul`. Cost: 2 k n flops, bound by reading `x2`.

    Examples
    --------
    >>> from mathcore.linalg import vecmat
    >>> vecmat([5.0, 6.0], [[1.0, 2.0], [3.0, 4.0]])
    array([23., 34.])
    """
    if dtype is None and not kwargs:
        r = _matmul.product(x1, x2, out, workers, 1, "vecmat")
        if r is not None:
            return r
    return general_product("vecmat", x1, x2, out, workers, 1, dtype=dtype, ufunc=kwargs)


def _float_operand(x, fn, arg, ndim):
    a = _validate.as_array(x, fn, arg)
    _validate.real_dtype(a.dtype, fn, arg)
    _validate.at_least_dims(a, ndim, fn, arg)
    return a


def _writable_rows(out, compute, *inputs):
    """`out` itself where a kernel may write straight into it, else None."""
    if out is None or out.dtype != compute or not _matmul.is_plain(out):
        return None
    return None if any(np.may_share_memory(out, x) for x in inputs if x is not None) else out


@differentiable
def gram(x, /, *, out=None, workers=None):
    """Gram matrix ``xᵀ x`` of the columns of a matrix, by half the work of a product.

    Parameters
    ----------
    x : array_like, shape (..., n, d)
        n observations of d variables. Real; integers become float64.
    out : ndarray, shape (..., d, d), optional
        Receives the result.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray, shape (..., d, d)
        Exactly symmetric, with the bits of ``matmul(x.T, x)``.

    Raises
    ------
    ValueError, TypeError, MemoryError
        As in `matmul`; complex data is a TypeError.

    Notes
    -----
    Tiles on and above the diagonal are computed, the rest is mirrored: n d² flops. Error as in `matmul` with k = n.

    Examples
    --------
    >>> from mathcore.linalg import gram
    >>> gram([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    array([[35., 44.],
           [44., 56.]])
    """
    workers = _validate.check_workers(workers, "gram")
    a = _float_operand(x, "gram", "x", 2)
    result = _validate.real_dtype(a.dtype, "gram", "x")
    d = a.shape[-1]
    if out is not None:
        out = _validate.check_out(out, (*a.shape[:-2], d, d), result, "gram")
    a = _validate.ready(a, _validate.COMPUTE[result])
    if a.ndim > 2 or d == 1:
        c = _matmul.product(a.swapaxes(-1, -2), a, _writable_rows(out, a.dtype, a), workers, 0, "gram")
        return _validate.deliver(c, out, result)
    c = _writable_rows(out, a.dtype, a)
    if c is None:
        c = np.empty((d, d), a.dtype)
    if d:
        _matmul.gram(a, c, workers)
    return _validate.deliver(c, out, result)


@differentiable
def linear(x, w, b=None, /, *, activation=None, out=None, workers=None):
    """Dense layer ``act(x wᵀ + b)`` in one pass over the result.

    Parameters
    ----------
    x : array_like, shape (..., k)
        Inputs, one per row.
    w : array_like, shape (n, k)
        Weights, one row per output.
    b : array_like, shape (n,), optional
        Bias.
    activation : {None, "relu", "sigmoid", "tanh"}, optional
        Applied to each tile of the result while it is in the nearest cache.
    out : ndarray, shape (..., n), optional
        Receives the result.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray, shape (..., n)
        Of the operands' floating result type; integers become float64.

    Raises
    ------
    ValueError
        Shapes that do not fit, an unknown activation.
    TypeError
        Complex data, data that are not numbers.

    Notes
    -----
    Without bias and activation the bits are those of ``matmul(x, w.T)``; any split of the rows of `x` gives the same.
    NaN passes through every activation. Error before the activation: that of `matmul` plus one rounding.
    Cost: 2 k n flops per row.

    Examples
    --------
    >>> from mathcore.linalg import linear
    >>> linear([[1.0, 2.0]], [[1.0, 1.0], [-1.0, -1.0]], [0.5, 0.5], activation="relu")
    array([[3.5, 0. ]])
    """
    return layer("linear", x, w, b, activation, out, workers)


def layer(fn, x, w, b, activation, out, workers):
    """`linear` under the name of the function that was called."""
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(activation, _ACTIVATIONS, fn, "activation")
    x, w = _float_operand(x, fn, "x", 1), _float_operand(w, fn, "w", 2)
    operands = [x, w]
    _validate.exact_dims(w, 2, fn, "w")
    _validate.same_length(x.shape[-1], w.shape[1], fn, "x.shape[-1] and w.shape[1]", x.shape, w.shape)
    if b is not None:
        b = _float_operand(b, fn, "b", 1)
        _validate.exact_dims(b, 1, fn, "b")
        _validate.same_length(b.shape[0], w.shape[0], fn, "b.shape[0] and w.shape[0]", b.shape, w.shape)
        operands.append(b)
    result = _validate.real_dtype(np.result_type(*operands), fn, "x")
    compute = _validate.COMPUTE[result]
    shape = (*x.shape[:-1], w.shape[0])
    if out is not None:
        out = _validate.check_out(out, shape, result, fn)
    x, w = _validate.ready(x, compute), _validate.ready(w, compute)
    if b is not None:
        b = np.ascontiguousarray(_validate.ready(b, compute))
    c = _writable_rows(out, compute, x, w, b)
    if c is None or not c.flags.c_contiguous:
        c = np.empty(shape, compute)
    if c.size:
        rows = c.reshape(-1, w.shape[0])
        _matmul.linear(x.reshape(rows.shape[0], w.shape[1]), w, b, rows, _matmul.ACTIVATIONS[activation], workers, fn)
    return _validate.deliver(c, out, result)


def _chain_order(sizes):
    """Where to split each chain of matrices i ... j: split[i][j], by dynamic programming over the flops."""
    n = len(sizes) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][s] + cost[s + 1][j] + sizes[i] * sizes[s + 1] * sizes[j + 1], s) for s in range(i, j)
            )
    return split


@differentiable
def multi_dot(arrays, *, out=None, workers=None):
    """Product of a chain of matrices, in the order of fewest flops.

    Drop-in for `numpy.linalg.multi_dot`, with ``workers=`` added.

    Parameters
    ----------
    arrays : sequence of array_like
        At least two; 2-d, except that the first may be a row vector and the last a column vector (1-d).
    out : ndarray, optional
        Receives the result.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray or scalar
        ``arrays[0] @ arrays[1] @ ...``.

    Raises
    ------
    ValueError
        Fewer than two arrays, shapes that do not fit.
    numpy.linalg.LinAlgError
        An array with the wrong number of dimensions.
    TypeError, MemoryError
        As in `matmul`.

    Notes
    -----
    The order is found by dynamic programming, O(len(arrays)³); Cormen, Leiserson, Rivest and Stein,
    Introduction to Algorithms, section 15.2.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import multi_dot
    >>> multi_dot([np.ones((10, 100)), np.ones((100, 5)), np.ones((5, 50))]).shape
    (10, 50)
    """
    fn = "multi_dot"
    workers = _validate.check_workers(workers, fn)
    arrays = [_validate.as_array(a, fn, f"arrays[{i}]") for i, a in enumerate(arrays)]
    if len(arrays) < 2:
        raise ValueError(f"{fn}: arrays is too short; expected at least two arrays, got {len(arrays)}")
    for i, a in enumerate(arrays):
        allowed = (1, 2) if i in (0, len(arrays) - 1) else (2,)
        if a.ndim not in allowed:
            raise np.linalg.LinAlgError(f"{fn}: arrays[{i}] has the wrong number of dimensions; expected "
                                        f"{' or '.join(map(str, allowed))}, got shape {a.shape}")
    first, last = arrays[0].ndim == 1, arrays[-1].ndim == 1
    matrices = [*arrays]
    if first:
        matrices[0] = arrays[0][None, :]
    if last:
        matrices[-1] = arrays[-1][:, None]
    for i in range(len(matrices) - 1):
        _validate.same_length(matrices[i].shape[1], matrices[i + 1].shape[0], fn,
                              f"inner sizes of arrays[{i}] and arrays[{i + 1}]", arrays[i].shape, arrays[i + 1].shape)
    sizes = [matrices[0].shape[0], *(m.shape[1] for m in matrices)]
    if out is not None:
        shape = ([] if first else sizes[:1]) + ([] if last else sizes[-1:])
        out = _validate.check_out(out, tuple(shape), np.result_type(*arrays), fn)
    split = _chain_order(sizes)

    def chain(i, j):
        if i == j:
            return arrays[i]
        s = split[i][j]
        into = out if (i, j) == (0, len(arrays) - 1) else None
        return general_product(fn, chain(i, s), chain(s + 1, j), into, workers, 0, peer="matmul")

    return chain(0, len(arrays) - 1)
