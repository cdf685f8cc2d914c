"""One eigenpair by repeated products or solves: power_iteration, inverse_iteration, rayleigh_quotient."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import iterative as _iterative
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _iteration
from mathcore.linalg._iteration import EigenIteration, Trace
from mathcore.linalg._matrix import compute_dtype, in_runs, matrices
from mathcore.linalg._scale import scaled
from mathcore.linalg.lu import factors
from mathcore.linalg.matmul import matmul, matvec
from mathcore.linalg.vectors import vecdot

__all__ = ["inverse_iteration", "power_iteration", "rayleigh_quotient"]

# Steps of one call of the kernel: what their part of the trace takes is no matter, and calls are few.
_STEPS = 1024

_LARGEST = float(np.finfo(np.float64).max)


@differentiable
def rayleigh_quotient(a, v, /):
    """The Rayleigh quotient ``v^T A v / v^T v``: the number that comes closest to being an eigenvalue for v.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; integers become float64.
    v : array_like, shape (..., n)
        Vectors; no zero vector.

    Returns
    -------
    ndarray or scalar, shape (...)
        The number c that makes ``|A v - c v|`` smallest.

    Raises
    ------
    ValueError
        A matrix that is not square, lengths that differ, infinite or NaN elements, a zero vector.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    For a symmetric matrix, the error of the quotient is the square of the error of the vector. Vectors are scaled by
    powers of two, so their length is no matter. Rounding error: a few ``n eps |A|``. Cost: 2 n^2 flops a vector.

    Golub and Van Loan, Matrix Computations, section 8.2.3.

    Examples
    --------
    >>> from mathcore.linalg import rayleigh_quotient
    >>> rayleigh_quotient([[2.0, 1.0], [1.0, 2.0]], [[1.0, 1.0], [1.0, 0.0]])
    array([3., 2.])
    """
    fn = "rayleigh_quotient"
    a, v = matrices(a, fn, square=True, peer=False), matrices(v, fn, "v", ndim=1, peer=False)
    dtype = compute_dtype(a, v)
    _validate.same_length(a.shape[-1], v.shape[-1], fn, "sizes of a and v", a.shape, v.shape)
    _validate.broadcast_batch(a.shape[:-2], v.shape[:-1], fn)
    zero = ~v.any(axis=-1)
    if zero.any():
        at = tuple(int(i) for i in np.argwhere(zero)[0])
        raise ValueError(f"{fn}: v is a zero vector; expected a direction, got zeros{f' at index {at}' if at else ''}")
    v, (a, e) = scaled(v.astype(dtype), -1)[0], scaled(a.astype(dtype, copy=False), (-2, -1))
    # several vectors, one matrix: it is read once for all
    y = matmul(v.reshape(-1, len(a)), a.T).reshape(v.shape) if a.ndim == 2 and v.ndim > 1 else matvec(a, v)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(vecdot(v, y) / vecdot(v, v), e[..., 0, 0])[()]


def power_iteration(a, /, *, n=None, v0=None, shift=0.0, tol=None, max_iter=1000, callback=None, rng=0, workers=None):
    """The eigenvalue of largest size and its vector, by ``v <- A v / |A v|``.

    Parameters
    ----------
    a : array_like, shape (n, n), or callable
        Real; integers become float64. A callable takes a vector v and returns ``A v``.
    n : int, optional
        The size of the vectors that a callable takes.
    v0 : array_like, shape (n,), optional
        Where to start; not zero. Default: normal random numbers.
    shift : float, default 0
        Iterate with ``A - shift I``: it converges to the eigenvalue farthest from `shift`.
    tol : float, optional
        Converged where ``|A v - value v| <= tol |value|``. Default: ``max(16, 4 sqrt(n)) eps``.
    max_iter : int, default 1000
        The largest number of products with `a`, at least 1.
    callback : callable, optional
        ``callback(step, value, vector)`` after each step, steps counted from 1; the iteration ends if it returns True.
    rng : {None, int, Generator}, default 0
        Seed or generator for a random start.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    value : float
        The Rayleigh quotient of `vector`.
    vector : ndarray, shape (n,)
        Of length 1, its component of largest size positive.
    n_iter : int
        Products with `a`.
    converged : bool
        If not, value and vector are those of the last step.
    stop : str
        Why it ended: "converged", "max_iter", "callback", or "breakdown": ``(A - shift I) v`` is zero, v is an
        eigenvector of `shift`, and what others there are was not found out.
    trace : Trace
        Arrays `step`, `value`, `residual`, `change`; ``print(result.trace)`` shows a table.

    Raises
    ------
    ValueError
        A matrix that is not square or is empty, infinite or NaN elements, a `v0` of the wrong shape or zero, options
        out of range, a callable that returns another shape.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    The error of the vector falls by ``|l2 / l1|`` a step (eigenvalues less the shift, by size), that of the value for
    a symmetric matrix by its square. With ``l2 = -l1`` there is no convergence, with a defective `l1` it is slow: the
    result says so. A start without any part along the eigenvector finds another one, until rounding errors bring that
    part in. An eigenvalue of a symmetric matrix is within `residual` of `value`. Rounding errors are some
    ``n eps (|A| + |shift|)``; the bits do not depend on the number of threads. Of a matrix that equals its transpose
    only a triangle is read.
    Cost: 2 n^2 flops a step.

    Golub and Van Loan, Matrix Computations, section 7.3.1.

    Examples
    --------
    >>> from mathcore.linalg import power_iteration
    >>> result = power_iteration([[4.0, 1.0], [2.0, 3.0]], v0=[1.0, 0.0])
    >>> print(f"{result.value:.6f}", result.vector.round(6), result.converged)
    5.000000 [0.707107 0.707107] True
    >>> print(power_iteration([[4.0, 1.0], [2.0, 3.0]], v0=[1.0, 0.0], max_iter=3).trace)
     step        eigenvalue    residual      change
        1                 4    2.00e+00         nan
        2                 5    1.00e+00    1.00e+00
        3       5.076923077    3.85e-01    7.69e-02
    """
    fn = "power_iteration"
    shift = _validate.real_number(shift, fn, "shift", low=-_LARGEST, high=_LARGEST)
    max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=1)
    callback, workers = _iteration.check_callback(callback, fn), _validate.check_workers(workers, fn)
    if callable(a):
        dtype = np.float64 if v0 is None else compute_dtype(_validate.as_array(v0, fn, "v0"))
        apply, n, dtype = _iteration.operator(a, n, dtype, workers, fn)
        tol, v = _iteration.tolerance(tol, n, dtype, fn), _iteration.start(v0, (n,), dtype, rng, fn)
        return _result(*_run(_applied_steps(apply, v, shift, tol), v, max_iter, callback))
    _iteration.no_size(n, fn)
    a = _iteration.square_matrix(a, fn)
    tol, v = _iteration.tolerance(tol, len(a), a.dtype, fn), _iteration.start(v0, a.shape[:1], a.dtype, rng, fn)
    a, symmetric, e = in_runs(a, a.dtype), _iteration.is_mirrored(a), 0
    for last in (False, True):
        w = v.copy()
        steps = _compiled_steps(a, None, w, np.ldexp(shift, -e), tol, 0.0, symmetric, workers, fn)
        found = _run(steps, w, max_iter, callback, e)
        if found[1] != "out of range" or last:
            break
        a, e = scaled(a, (0, 1))                    # squares of its elements are not: once more, scaled
        e = int(e[0, 0])
    return _result(*found)


def _compiled_steps(a, lu, v, shift, tol, scale, symmetric, workers, fn):
    """steps(count, started) -> (records (value, residual) of the steps taken, why it stopped); moves `v`."""
    y, pivots = np.empty_like(v), None
    if lu is not None:
        lu, pivots = lu

    def steps(count, started):
        trace = np.empty((count, 2))
        taken, stop = _iterative.iterate(a, lu, pivots, v, y, trace, shift, tol, scale, started, symmetric, workers, fn)
        return trace[:taken], stop
    return steps


def _applied_steps(apply, v, shift, tol):
    """The same for a callable, in NumPy."""
    y = np.zeros_like(v)

    def steps(count, started):
        records = []
        for step in range(count):
            if started or step:
                w, _ = scaled(y - v.dtype.type(shift) * v, 0)
                if not w.any():
                    return np.reshape(records, (-1, 2)), "breakdown"
                v[:] = w / np.linalg.norm(w)
            y[:] = apply(v[:, None])[:, 0]
            value = float(v @ y / (v @ v))
            r, e = scaled(y - v.dtype.type(value) * v, 0)
            records.append((value, float(np.ldexp(np.linalg.norm(r), e[0]))))
            if records[-1][1] <= tol * abs(value):
                return np.array(records), "converged"
        return np.array(records), "max_iter"
    return steps


def _run(steps, v, max_iter, callback, e=0):
    """(records, stop, v) of up to `max_iter` steps; one at a time where `callback` wants to see them."""
    records, taken, stop = [], 0, "max_iter"
    while taken < max_iter and stop == "max_iter":
        found, stop = steps(1 if callback else min(_STEPS, max_iter - taken), taken > 0)
        found = np.ldexp(found, e)
        records.append(found)
        taken += len(found)
        if callback and len(found) and stop != "out of range" \
                and callback(taken, float(found[-1, 0]), _iteration.signed(v)) and stop == "max_iter":
            stop = "callback"
    return np.concatenate(records), stop, v


def _result(records, stop, v):
    stop = "breakdown" if stop == "out of range" else stop
    trace = Trace(records[:, 0], records[:, 1])
    return EigenIteration(float(trace.value[-1]), _iteration.signed(v), len(records), stop == "converged", stop, trace)


def inverse_iteration(a, /, *, shift=0.0, update_shift=False, v0=None, tol=None, max_iter=1000, callback=None, rng=0,
                      workers=None):
    """The eigenvalue closest to a shift and its vector, by solving ``(A - shift I) w = v``, ``v <- w / |w|``.

    Parameters
    ----------
    a : array_like, shape (n, n)
        Real; integers become float64.
    shift : float, default 0
        What the eigenvalue is to be close to.
    update_shift : bool, default False
        Rayleigh quotient iteration: from the second step on, the shift is the last step's value. It converges in a few
        steps, to an eigenvalue that the start decides.
    v0 : array_like, shape (n,), optional
        Where to start; not zero. Default: normal random numbers.
    tol : float, optional
        Converged where ``|A v - value v| <= tol |A|``, in the Frobenius norm of A. Default: ``max(16, 4 sqrt(n)) eps``.
    max_iter : int, default 1000
        The largest number of steps, at least 1; the first measures `v0`.
    callback : callable, optional
        ``callback(step, value, vector)`` after each step, steps counted from 1; the iteration ends if it returns True.
    rng : {None, int, Generator}, default 0
        Seed or generator for a random start.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    value, vector, n_iter, converged, stop, trace
        As of `power_iteration`.

    Raises
    ------
    ValueError
        A matrix that is not square or is empty, infinite or NaN elements, a `v0` of the wrong shape or zero, options
        out of range.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    ``A - shift I`` is factored once, with `update_shift` at every step. A shift that is an eigenvalue makes it
    singular: a pivot that is 0 becomes ``eps |A|``, and the first solve gives the vector. The error falls by the ratio
    of the distances of the closest and the next eigenvalue from the shift; with `update_shift` it is squared at each
    step, for a symmetric matrix cubed. Rounding errors are some ``n eps (|A| + |shift|)``: with a shift far beyond
    ``|A|`` the default `tol` is out of reach. Cost: 2/3 n^3 flops a factorization, 4 n^2 a step.

    Golub and Van Loan, Matrix Computations, sections 7.6.1 and 8.2.3.

    Examples
    --------
    >>> from mathcore.linalg import inverse_iteration
    >>> result = inverse_iteration([[4.0, 1.0], [2.0, 3.0]], shift=1.5)
    >>> print(f"{result.value:.6f}", result.vector.round(6), result.converged)
    2.000000 [-0.447214  0.894427] True
    """
    fn = "inverse_iteration"
    shift = _validate.real_number(shift, fn, "shift", low=-_LARGEST, high=_LARGEST)
    max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=1)
    callback, workers = _iteration.check_callback(callback, fn), _validate.check_workers(workers, fn)
    a = _iteration.square_matrix(a, fn)
    tol, v = _iteration.tolerance(tol, len(a), a.dtype, fn), _iteration.start(v0, a.shape[:1], a.dtype, rng, fn)
    e, size, room = 0, _frobenius(a), np.ldexp(1.0, np.finfo(a.dtype).maxexp // 4)
    if not 1 / room < size < room:
        a, e = scaled(a, (0, 1))
        e, size = int(e[0, 0]), _frobenius(a)
    a, symmetric = in_runs(a, a.dtype), _iteration.is_mirrored(a)

    def steps_with(shift):
        lu = _shifted_factors(a, shift, size, workers, fn)
        return _compiled_steps(a, lu, v, shift, tol, size, symmetric, workers, fn)

    steps = steps_with(np.ldexp(shift, -e))
    if _iteration.flag(update_shift, fn, "update_shift"):
        steps = _with_new_shifts(steps_with, steps)
    return _result(*_run(steps, v, max_iter, callback, e))


def _frobenius(a):
    """Root of the sum of squares of the elements, which may overflow."""
    flat = a.ravel(order="K")
    with np.errstate(over="ignore", under="ignore"):
        return float(np.sqrt(vecdot(flat, flat)))


def _with_new_shifts(steps_with, first):
    """Steps of which each takes its shift from the value of the one before."""
    now = [first]

    def steps(count, started):
        records, stop = now[0](1, started)
        if len(records) and stop == "max_iter":
            now[0] = steps_with(records[-1, 0])
        return records, stop
    return steps


def _shifted_factors(a, shift, size, workers, fn):
    """LU of ``a - shift I``, with what stands for a pivot of 0."""
    b = a.copy()
    diagonal = np.einsum("ii->i", b)
    diagonal -= a.dtype.type(shift)
    lu, pivots, _ = factors(b, fn, True, workers)
    diagonal = np.einsum("ii->i", lu)
    least = np.finfo(a.dtype).eps * max(size, abs(shift)) or 1
    diagonal[np.abs(diagonal) < least * np.finfo(a.dtype).eps] = least
    return lu, pivots
