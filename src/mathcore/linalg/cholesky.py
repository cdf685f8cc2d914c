"""Positive definite matrices: cholesky, cho_factor, cho_solve, and factors kept up to date by rank-k changes.

The compiled `matrix_factor` and `matrix_solve` take one plain array at once; everything else comes through `_factors`.
"""

import numpy as np

from mathcore import _validate
from mathcore._kernels import cholesky as _cholesky
from mathcore._kernels import small as _small
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix

__all__ = ["cho_factor", "cho_solve", "cholesky", "cholesky_downdate", "cholesky_update"]

_FAILURES = ("raise", "nan")
_NOT_POSITIVE = "{k}-th leading minor of the array is not positive definite"
_SOME_NOT_POSITIVE = "matrices {items} of the batch are not positive definite"


def _items(a, core):
    """`a` as one batch dimension over its last `core` axes; a copy only where the batch dimensions do not join."""
    return a.reshape((_matrix.batch_size(a.shape[:-core]), *a.shape[-core:]))


def _spread(a, batch, count):
    """The matrices `a`, repeated over `batch`, as `count` matrices; one matrix for all without a copy."""
    if a.ndim == 2:
        return np.broadcast_to(a, (count, *a.shape))
    return np.broadcast_to(a, batch + a.shape[-2:]).reshape(count, *a.shape[-2:])


def _in_rows(c, dtype):
    """Whether `c` is fit to be overwritten: the kernel writes upper triangles, row by row."""
    return c.dtype == dtype and c.flags.c_contiguous and c.flags.writeable and c.flags.aligned


def _factors(fn, a, lower, overwrite_a, check_finite, on_failure, workers, clean):
    """The factors of any array; None where SciPy must compute them."""
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, _FAILURES, fn, "on_failure")
    a = _matrix.matrices(np.atleast_2d(_validate.as_array(a, fn, "a")), fn, check_finite=check_finite, square=True)
    if a is None:
        return None
    dtype = _matrix.compute_dtype(a)
    if clean and a.size and _matrix.in_packs(a):        # the same bits
        c, info = np.empty(a.shape, dtype), np.zeros(a.shape[:-2], np.int32)
        _small.cholesky(_items(np.ascontiguousarray(a, dtype), 2), lower, _items(c, 2), info.reshape(-1), workers, fn)
        _matrix.tell_failures(info, fn, _NOT_POSITIVE, _SOME_NOT_POSITIVE, on_failure)
        c[info > 0] = np.nan
        return c
    rows = a.swapaxes(-1, -2) if lower else a
    if overwrite_a and _in_rows(rows, dtype):
        c = rows
    else:
        rows, c = _validate.ready(rows, dtype), np.empty(rows.shape, dtype)
    info = np.zeros(a.shape[:-2], np.int64)
    _cholesky.factor(_items(rows, 2), _items(c, 2), info.reshape(-1), clean, on_failure == "nan", workers, fn)
    _matrix.tell_failures(info, fn, _NOT_POSITIVE, _SOME_NOT_POSITIVE, on_failure)
    return c.swapaxes(-1, -2) if lower else c


@differentiable
def cholesky(a, lower=False, overwrite_a=False, check_finite=True, *, on_failure="raise", workers=None):
    """Cholesky factor of a symmetric positive definite matrix, ``A = U^T U`` or ``A = L L^T``.

    Drop-in for `scipy.linalg.cholesky`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Symmetric matrices; only the triangle that `lower` names is used. float32 stays float32, float16 is computed and
        returned as float32, integers become float64; complex and longdouble matrices are factored by SciPy.
    lower : bool, default False
        Whether to compute L instead of U.
    overwrite_a : bool, default False
        Whether `a` may be overwritten. It saves the copy of a C-ordered `a` (for L: a Fortran-ordered one).
    check_finite : bool, default True
        Whether to refuse infinities and NaN anywhere in `a`. Unchecked, a NaN in the triangle ends in NaN or an error.
    on_failure : {"raise", "nan"}, default "raise"
        With "nan", a matrix that is not positive definite has NaN for its factor; the others have theirs.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (..., n, n)
        The factor; its other triangle is zero.

    Raises
    ------
    LinAlgError
        A leading minor is not positive. `index` and `info` of the error tell the item and the minor's order.
    ValueError
        A matrix that is not square, infinities or NaN, an unknown `on_failure`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error: the factor is exact for a matrix that differs from A by at most ``(n + 1) eps |U|^T |U|``, each element.
    Cost: n^3 / 3 flops. The bits depend neither on threads nor on the layout of `a` nor on the rest of the batch.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 10.3.

    Examples
    --------
    >>> from mathcore.linalg import cholesky
    >>> cholesky([[4.0, 2.0], [2.0, 10.0]])
    array([[2., 1.],
           [0., 3.]])
    """
    if not overwrite_a and on_failure == "raise":
        c = _cholesky.matrix_factor(a, lower, True, check_finite, workers, "cholesky")
        if c is not None:
            return c
    c = _factors("cholesky", a, lower, overwrite_a, check_finite, on_failure, workers, True)
    if c is None:
        return _matrix.scipy_function("cholesky")(a, lower, overwrite_a, check_finite)
    return c


def cho_factor(a, lower=False, overwrite_a=False, check_finite=True, *, on_failure="raise", workers=None):
    """Cholesky factor for `cho_solve`: that of `cholesky`, with the other triangle of `a` left beside it.

    Drop-in for `scipy.linalg.cho_factor`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Symmetric matrices; only the triangle that `lower` names is used. Types as in `cholesky`.
    lower : bool, default False
        Whether to compute L instead of U.
    overwrite_a : bool, default False
        Whether `a` may be overwritten. It saves the copy of a C-ordered `a` (for L: a Fortran-ordered one).
    check_finite : bool, default True
        Whether to refuse infinities and NaN anywhere in `a`.
    on_failure : {"raise", "nan"}, default "raise"
        With "nan", a matrix that is not positive definite has NaN for its factor; the others have theirs.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    c : ndarray, shape (..., n, n)
        The factor in the triangle that `lower` names; the other one is that of `a`.
    lower : bool, or ndarray of bool for a batch
        As it was given.

    Raises
    ------
    LinAlgError
        A leading minor is not positive. `index` and `info` of the error tell the item and the minor's order.
    ValueError
        A matrix that is not square, infinities or NaN, an unknown `on_failure`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error and bits as those of `cholesky`. Cost: n^3 / 3 flops.
    Source: Golub and Van Loan, Matrix Computations, 4th ed., section 4.2.

    Examples
    --------
    >>> from mathcore.linalg import cho_factor, cho_solve
    >>> c, lower = cho_factor([[4.0, 2.0], [2.0, 10.0]])
    >>> c
    array([[2., 1.],
           [2., 3.]])
    >>> cho_solve((c, lower), [8.0, 22.0])
    array([1., 2.])
    """
    if not overwrite_a and on_failure == "raise":
        c = _cholesky.matrix_factor(a, lower, False, check_finite, workers, "cho_factor")
        if c is not None:
            return c, lower
    c = _factors("cho_factor", a, lower, overwrite_a, check_finite, on_failure, workers, False)
    if c is None:
        return _matrix.scipy_function("cho_factor")(a, lower, overwrite_a, check_finite)
    return c, lower if c.ndim == 2 else np.full(c.shape[:-2], bool(lower))


def _one_triangle(lower, fn):
    """The one truth value of `lower`, which `cho_factor` repeats for each item of a batch."""
    flags = np.asarray(lower)
    if flags.size and flags.any() != flags.all():
        raise ValueError(f"{fn}: lower differs between items; expected one triangle for all, got {flags.tolist()}")
    return bool(flags.any())


@differentiable
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True, *, workers=None):
    """Solution of ``A x = b`` from the factor of A that `cho_factor` or `cholesky` gave.

    Drop-in for `scipy.linalg.cho_solve`, with ``workers=`` added.

    Parameters
    ----------
    c_and_lower : tuple (c, lower)
        The factors, shape (..., n, n), and whether they are lower triangular. The other triangle is not read.
    b : array_like, shape (n,) or (..., n, m)
        Right-hand sides; batch dimensions broadcast.
    overwrite_b : bool, default False
        Whether `b` may be overwritten: the solution takes its place if `b` is C-ordered and of the result's type.
    check_finite : bool, default True
        Whether to refuse infinities and NaN in `c` and `b`.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (..., n) or (..., n, m)
        float32 if both operands are float16 or float32, else float64.

    Raises
    ------
    ValueError
        A factor that is not square, sizes that do not fit, infinities or NaN.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error: x is exact for a matrix that differs from A by at most ``3 n eps |U|^T |U|``, element by element.
    Cost: 2 n^2 m flops.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 10.4.

    Examples
    --------
    >>> from mathcore.linalg import cholesky, cho_solve
    >>> cho_solve((cholesky([[4.0, 2.0], [2.0, 10.0]]), False), [[8.0], [22.0]])
    array([[1.],
           [2.]])
    """
    fn = "cho_solve"
    c, lower = c_and_lower
    if not overwrite_b and (lower is False or lower is True):
        x = _cholesky.matrix_solve(c, b, lower, check_finite, workers, fn)
        if x is not None:
            return x
    workers = _validate.check_workers(workers, fn)
    lower = _one_triangle(lower, fn)
    factor, right = _validate.as_array(c, fn, "c"), _validate.as_array(b, fn, "b")
    _validate.at_least_dims(factor, 2, fn, "c")
    _validate.at_least_dims(right, 1, fn, "b")
    n, vector = factor.shape[-1], right.ndim == 1
    if n != factor.shape[-2]:
        raise ValueError(f"{fn}: c: The factored matrix c is not square; expected shape (..., n, n), "
                         f"got {factor.shape}")
    if right.shape[-1 if vector else -2] != n:
        raise ValueError(f"{fn}: b has incompatible dimensions ({factor.shape} and {right.shape}); "
                         f"expected {n} rows, got {right.shape[-1 if vector else -2]}")
    if not (_matrix.is_served(factor) and _matrix.is_served(right)):
        return _matrix.scipy_function(fn)((factor, lower), right, overwrite_b, check_finite)
    if check_finite:
        _matrix.check_finite_values(factor, fn, "c")
        _matrix.check_finite_values(right, fn, "b")
    dtype = _matrix.compute_dtype(factor, right)
    columns = right[:, None] if vector else right
    batch = _validate.broadcast_batch(factor.shape[:-2], columns.shape[:-2], fn)
    shape = batch + columns.shape[-2:]
    if overwrite_b and shape == columns.shape and _in_rows(columns, dtype):
        x = columns
    else:
        x = np.array(np.broadcast_to(columns, shape), dtype, order="C")
    count = _matrix.batch_size(batch)
    if x.size:
        _cholesky.solve(_spread(_validate.ready(factor, dtype), batch, count), _items(x, 2), lower, workers, fn)
    return x[..., 0] if vector else x


def _rotated(fn, c, x, lower, check_finite, workers, sign, on_failure="raise"):
    """The factors of A + x x^T (sign 1) or A - x x^T (-1)."""
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, _FAILURES, fn, "on_failure")
    c = _matrix.matrices(c, fn, "c", check_finite=check_finite, square=True)
    x = _matrix.matrices(x, fn, "x", check_finite=check_finite, ndim=1)
    if c is None or x is None:
        raise TypeError(f"{fn}: {'c' if c is None else 'x'} is not of a real type; expected float16, float32, float64 "
                        "or integers, got complex, longdouble or objects")
    rows = x[..., None, :] if x.ndim < c.ndim else x.swapaxes(-1, -2)
    _validate.same_length(c.shape[-1], rows.shape[-1], fn, "orders of c and lengths of x", c.shape, x.shape)
    batch = _validate.broadcast_batch(c.shape[:-2], rows.shape[:-2], fn, "batch dimensions of c and x")
    dtype = _matrix.compute_dtype(c, x)
    u = np.triu(c.swapaxes(-1, -2) if lower else c)
    u = np.array(np.broadcast_to(u, batch + u.shape[-2:]), dtype, order="C")
    rows = np.array(np.broadcast_to(rows, batch + rows.shape[-2:]), dtype, order="C")
    info = np.zeros(batch, np.int64)
    _cholesky.rotate(_items(u, 2), _items(rows, 2), info.reshape(-1), sign, on_failure == "nan", workers, fn)
    _matrix.tell_failures(info, fn, "{k}-th leading minor of the difference is not positive definite",
                          "differences {items} of the batch are not positive definite", on_failure)
    return u.swapaxes(-1, -2) if lower else u


def cholesky_update(c, x, *, lower=False, check_finite=True, workers=None):
    """Cholesky factor of ``A + x x^T`` from that of A, without A.

    Parameters
    ----------
    c : array_like, shape (..., n, n)
        Factor of A, ``A = c^T c``, or ``A = c c^T`` if `lower`. The other triangle is not read.
    x : array_like, shape (..., n) or (..., n, k)
        One vector, or k of them as columns: a matrix if it has as many dimensions as `c`. Batch dimensions broadcast.
    lower : bool, default False
        Whether `c` is lower triangular, and the result then.
    check_finite : bool, default True
        Whether to refuse infinities and NaN in `c` and `x`.
    workers : int, optional
        Threads for this call, over the batch; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (..., n, n)
        The new factor, its other triangle zero, its diagonal not negative. `c` is not changed.

    Raises
    ------
    ValueError
        A factor that is not square, lengths that differ, infinities or NaN.
    TypeError
        Data that are no real numbers.

    Notes
    -----
    A rotation for each row and vector, scaled so that no square overflows or vanishes. Error: the new factor is exact
    for a matrix that differs from ``A + x x^T`` by at most ``8 n k eps`` in units of its norm.
    Cost: 3 n^2 k flops.
    Source: Golub and Van Loan, Matrix Computations, 4th ed., section 6.5.4.

    Examples
    --------
    >>> from mathcore.linalg import cholesky_update
    >>> cholesky_update([[3.0, 0.0], [0.0, 1.0]], [4.0, 0.0])
    array([[5., 0.],
           [0., 1.]])
    """
    return _rotated("cholesky_update", c, x, lower, check_finite, workers, 1)


def cholesky_downdate(c, x, *, lower=False, check_finite=True, on_failure="raise", workers=None):
    """Cholesky factor of ``A - x x^T`` from that of A, without A.

    Parameters
    ----------
    c : array_like, shape (..., n, n)
        Factor of A, ``A = c^T c``, or ``A = c c^T`` if `lower`. The other triangle is not read.
    x : array_like, shape (..., n) or (..., n, k)
        One vector, or k of them as columns: a matrix if it has as many dimensions as `c`. Batch dimensions broadcast.
    lower : bool, default False
        Whether `c` is lower triangular, and the result then.
    check_finite : bool, default True
        Whether to refuse infinities and NaN in `c` and `x`.
    on_failure : {"raise", "nan"}, default "raise"
        With "nan", a difference that is not positive definite has NaN for its factor; the others have theirs.
    workers : int, optional
        Threads for this call, over the batch; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (..., n, n)
        The new factor, its other triangle zero. `c` is not changed.

    Raises
    ------
    LinAlgError
        ``A - x x^T`` is not positive definite. `index` and `info` of the error tell the item and the minor's order.
    ValueError
        A factor that is not square, lengths that differ, infinities or NaN, an unknown `on_failure`.
    TypeError
        Data that are no real numbers.

    Notes
    -----
    Hyperbolic rotations in mixed form. Error: the new factor is exact for a matrix that differs from ``A - x x^T`` by a
    multiple of ``n k eps`` in units of the norm of A, not of the difference: a difference nearly singular loses digits,
    whatever the method.
    Cost: 3 n^2 k flops.
    Source: Bojanczyk, Brent, Van Dooren, de Hoog, SIAM J. Sci. Stat. Comput. 8 (1987), 210-221.

    Examples
    --------
    >>> from mathcore.linalg import cholesky_downdate
    >>> cholesky_downdate([[5.0, 0.0], [0.0, 1.0]], [4.0, 0.0])
    array([[3., 0.],
           [0., 1.]])
    """
    return _rotated("cholesky_downdate", c, x, lower, check_finite, workers, -1, on_failure)
