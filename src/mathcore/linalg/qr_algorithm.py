"""All eigenvalues by repeated QR factorizations, as it is taught: qr_algorithm."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.linalg import _iteration
from mathcore.linalg._iteration import Trace
from mathcore.linalg._parts import orthogonal_triangle
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matmul

__all__ = ["qr_algorithm"]

# Steps without a deflation after which a shift is made up: some matrices stand still under every other.
_PATIENCE = 10


class QRAlgorithmResult(NamedTuple):
    """What `qr_algorithm` returns."""

    values: np.ndarray
    q: np.ndarray
    t: np.ndarray
    n_iter: int
    converged: bool
    stop: str
    trace: Trace


def qr_algorithm(a, /, *, shifts=True, tol=None, max_iter=None, callback=None, workers=None):
    """All eigenvalues of a matrix by the QR algorithm: ``A = Q R``, ``A <- R Q``, until A is triangular.

    Parameters
    ----------
    a : array_like, shape (n, n)
        Real; integers become float64.
    shifts : bool, default True
        Factor ``A - s I`` with s close to an eigenvalue. Without, the algorithm is the textbook's first one, which
        is slow, and stands still where eigenvalues are of one size.
    tol : float, optional
        What is left of a row, of length up to ``tol |A|``, counts as 0. Default: ``max(16, 4 sqrt(n)) eps``.
    max_iter : int, optional
        The largest number of factorizations, at least 1. Default: 30 n, without shifts 1000 n.
    callback : callable, optional
        ``callback(step, value, t)`` after each step, with the last element of the diagonal that is not done; the
        algorithm ends if it returns True.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    values : ndarray, shape (n,)
        In descending order, complex where there are complex pairs. If not converged, what the diagonal blocks give.
    q : ndarray, shape (n, n)
        Orthogonal. The eigenvectors of a symmetric matrix, in the order of `values`; else the Schur vectors.
    t : ndarray, shape (n, n)
        ``q^T a q``: diagonal for a symmetric matrix; else upper triangular, but for blocks of 2 x 2 that are complex
        pairs.
    n_iter : int
    converged : bool
    stop : str
        Why it ended: "converged", "max_iter" or "callback".
    trace : Trace
        Arrays `step`, `value` (of the row at hand), `residual` (what is left of that row) and `change`;
        ``print(result.trace)`` shows a table.

    Raises
    ------
    ValueError
        A matrix that is not square or is empty, infinite or NaN elements, options out of range.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    For teaching: the matrix is not brought to Hessenberg form first. The shift is the eigenvalue of the last 2 x 2
    block that is closest to its corner (Wilkinson's); for a complex pair, both at once in real arithmetic. Rows that
    are done are left alone. The error of q and t is that of a matrix changed by a few ``n eps |A|`` a step.
    Cost: some 10 n^3 flops a step, and 2 to 3 steps an eigenvalue with shifts: O(n^4). `numpy.linalg.eig` takes
    25 n^3 in all.

    Golub and Van Loan, Matrix Computations, sections 7.3.3, 7.5 and 8.3.

    Examples
    --------
    >>> from mathcore.linalg import qr_algorithm
    >>> qr_algorithm([[4.0, 1.0], [2.0, 3.0]]).values.round(8)
    array([5., 2.])
    >>> qr_algorithm([[0.0, -1.0], [1.0, 0.0]]).values.round(8)
    array([0.+1.j, 0.-1.j])
    """
    fn = "qr_algorithm"
    shifts = _iteration.flag(shifts, fn, "shifts")
    callback, workers = _iteration.check_callback(callback, fn), _validate.check_workers(workers, fn)
    a = _iteration.square_matrix(a, fn)
    n = len(a)
    limit = (30 if shifts else 1000) * n if max_iter is None else max_iter
    limit = _validate.whole_number(limit, fn, "max_iter", low=1)
    tol = _iteration.tolerance(tol, n, a.dtype, fn)
    y, e = scaled(a, (0, 1))
    e, symmetric = int(e[0, 0]), _iteration.is_mirrored(a)
    t, q, ends, records, stop = _iterated(y, symmetric, shifts, tol, limit, callback, e, workers)
    values, q, t = _sorted(t, q, ends, symmetric)
    trace = np.ldexp(np.reshape(records, (-1, 2)), e)
    parts = values.view(a.dtype)                    # of complex numbers, two each
    parts[:] = np.ldexp(parts, e)
    return QRAlgorithmResult(values, q, np.ldexp(t, e), len(records), stop == "converged", stop,
                             Trace(trace[:, 0], trace[:, 1]))


def _iterated(a, symmetric, shifts, tol, limit, callback, e, workers):
    """(t, q, block sizes from the last row up, records, why it stopped): t = q^T a q."""
    t, q, m = a.copy(), np.eye(len(a), dtype=a.dtype), len(a)
    cut, ends, records, waited, stop = tol * float(np.linalg.norm(a)), [], [], 0, "max_iter"
    while True:
        done = _done(t, m, cut)
        while done:
            ends.append(done)
            t[m - done:m, :m - done] = 0
            if symmetric:
                t[:m - done, m - done:m] = 0
            m, waited = m - done, 0
            done = _done(t, m, cut)
        if m == 0:
            return t, q, ends, records, "converged"
        if len(records) == limit or stop == "callback":
            return t, q, ends, records, stop
        _step(t, q, m, shifts, waited, symmetric, workers)
        waited += 1
        records.append((float(t[m - 1, m - 1]), float(np.linalg.norm(t[m - 1, :m - 1]))))
        if callback and callback(len(records), float(np.ldexp(records[-1][0], e)), np.ldexp(t, e)):
            stop = "callback"


def _done(t, m, cut):
    """How many rows of the active block, m high, are done: 1, 2 for a complex pair, or 0."""
    if m and np.linalg.norm(t[m - 1, :m - 1]) <= cut:
        return 1
    if m > 1 and np.linalg.norm(t[m - 2:m, :m - 2]) <= cut and np.iscomplexobj(_pair(t[m - 2:m, m - 2:m])):
        return 2
    return 0


def _pair(b):
    """The eigenvalues of a 2 x 2 matrix, the one closest to its corner first."""
    values = np.linalg.eigvals(b)
    return values[np.argsort(np.abs(values - b[1, 1]), kind="stable")]


def _step(t, q, m, shifts, waited, symmetric, workers):
    """One similarity by the Q of the shifted active block, in place."""
    active, one = t[:m, :m], np.eye(m, dtype=t.dtype)
    shift = _pair(active[-2:, -2:])
    if not shifts:
        shifted = active
    elif waited % _PATIENCE == _PATIENCE - 1:
        shifted = active - (active[-1, -1] + np.linalg.norm(active[-1, :-1])) * one
    elif np.iscomplexobj(shift):
        shifted = (matmul(active, active, workers=workers) - t.dtype.type(2 * shift[0].real) * active
                   + t.dtype.type(abs(shift[0]) ** 2) * one)
    else:
        shifted = active - t.dtype.type(shift[0]) * one
    u = orthogonal_triangle(shifted, workers)[0]
    t[:, :m] = matmul(t[:, :m], u, workers=workers)
    t[:m] = matmul(u.T, t[:m], workers=workers)
    if symmetric:
        t[...] = (t + t.T) / 2
    q[:, :m] = matmul(q[:, :m], u, workers=workers)


def _sorted(t, q, ends, symmetric):
    """(values, q, t), those of a symmetric matrix in the order of the values."""
    sizes = [1] * (len(t) - sum(ends)) + ends[::-1]
    found, at = [], 0
    for size in sizes:
        found.extend(np.linalg.eigvals(t[at:at + size, at:at + size]))
        at += size
    values = np.array(found)
    order = np.lexsort((-values.imag, -values.real))
    if symmetric:
        q, t = _iteration.signed(q[:, order]), t[np.ix_(order, order)]
    return values[order], q, t
