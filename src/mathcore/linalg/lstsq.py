"""Least squares and the pseudo-inverse: lstsq, pinv."""

from typing import NamedTuple

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import _validate
from mathcore._kernels import triangular as _triangular
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _parts
from mathcore.linalg._matrix import compute_dtype, matrices, scipy_function
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import gram, matmul
from mathcore.linalg.vectors import vecdot

__all__ = ["lstsq", "pinv"]

_DRIVERS = ("gelsd", "gelsy", "gelss")

# Rows per column from which a few passes over `a` cost less than a copy of it, with `b` beside, in fresh memory.
_TALL = 8


class LstsqResult(NamedTuple):
    """What `lstsq` returns: SciPy's tuple, its parts named."""

    x: np.ndarray
    residues: np.ndarray
    rank: int | np.ndarray
    s: np.ndarray | None


@differentiable
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None, *,
          weights=None, ridge=0.0, workers=None):
    """Least-squares solution of ``a x = b``: the x of smallest ``|a x - b|``, and among several the shortest.

    Drop-in for `scipy.linalg.lstsq`, with ``weights=``, ``ridge=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        float32 and float64 are solved in their own type, integers in float64; complex data are SciPy's.
    b : array_like, shape (m,) or (..., m, k)
        Right-hand sides.
    cond : float, optional
        Singular values up to this part of the largest count as 0. Default, and if below 0: eps.
    overwrite_a, overwrite_b : bool, default False
        Allow SciPy, where it solves, to use the memory of `a` and `b`.
    check_finite : bool, default True
        Whether infinite and NaN elements are looked for. Without, they make the solution NaN and the rank 0.
    lapack_driver : {None, "gelsd", "gelsy", "gelss"}, optional
        With "gelsy", SciPy returns no residues and no singular values, and so does this function; the algorithm is the
        same for all.
    weights : array_like, shape (m,) or (..., m), optional
        Of the rows, at least 0: minimizes ``sum_i weights[i] (a x - b)[i]^2``.
    ridge : float, default 0
        Minimizes ``|a x - b|^2 + ridge |x|^2``.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    x : ndarray, shape (n,) or (..., n, k)
    residues : ndarray, shape () or (..., k) or (0,)
        ``|a x - b|^2`` of each right-hand side, weighted; empty unless m > n and the rank is n. In a batch of which
        only some items have rank n, NaN for the others.
    rank : int or ndarray of int
        Number of singular values of `a` (of its weighted rows) that count.
    s : ndarray, shape (..., min(m, n)), or None
        Those singular values, in descending order.

    Raises
    ------
    ValueError
        Shapes that do not fit, infinite or NaN elements, an unknown driver, weights or a ridge below 0.
    TypeError
        Data that are not numbers; complex data with weights or a ridge.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    QR of ``[a b]``, without Q; the singular values of R give rank and conditioning. Full rank: a triangular solve.
    Else, or with a ridge: the singular value decomposition of R. For m < n the same with the transpose. For m >= 8 n, R
    of `a` alone and two rounds of ``R^T R x = a^T b``, up to a condition number of ``eps^(-1/3)`` (Bjorck, Linear
    Algebra Appl. 88/89, 1987: the error is no larger); up to 32, R is the Cholesky factor of ``a^T a``, and the error
    of `s` up to 16 times that of reflections. The error of x is that of a matrix changed by a few ``m n eps |a|``
    (Higham, Accuracy and Stability of Numerical Algorithms, theorem 20.3).
    ``lstsq(2**j * a, 2**i * b)`` neither overflows nor loses digits where the result is representable.
    Cost: 2 m n (n + k) flops for m much larger than n.

    Golub and Van Loan, Matrix Computations, sections 5.3 and 5.5; for the ridge, 6.1.4.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import lstsq
    >>> x, residues, rank, s = lstsq([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [1.0, 2.0, 2.0])
    >>> x.round(6)
    array([0.666667, 0.5     ])
    >>> print(f"{residues:.6f}", rank)
    0.166667 2
    """
    fn = "lstsq"
    workers = _validate.check_workers(workers, fn)
    ridge = _validate.real_number(ridge, fn, "ridge", low=0, high=np.finfo(np.float64).max)
    if lapack_driver is not None and lapack_driver not in _DRIVERS:
        raise ValueError(f'{fn}: lapack_driver is not known: LAPACK driver "{lapack_driver}" is not found; expected '
                         f"one of {_DRIVERS}, got {lapack_driver!r}")
    a1, b1 = (matrices(x, fn, arg, check_finite=check_finite, ndim=ndim) for x, arg, ndim in ((a, "a", 2), (b, "b", 1)))
    if a1 is None or b1 is None:
        if weights is not None or ridge:
            raise TypeError(f"{fn}: weights and ridge are for real data; expected float32, float64 or integers")
        return LstsqResult(*scipy_function(fn)(a, b, cond, overwrite_a, overwrite_b, check_finite, lapack_driver))
    dtype = compute_dtype(a1, b1)
    cond = -1.0 if cond is None else _validate.real_number(cond, fn, "cond")
    cond = float(np.finfo(dtype).eps) if cond < 0 else cond            # LAPACK's rule
    rows = b1[:, None] if b1.ndim == 1 else b1
    if rows.shape[-2] != a1.shape[-2]:
        raise ValueError(f"{fn}: Shape mismatch: a and b should have the same number of rows; expected "
                         f"{a1.shape[-2]}, got {rows.shape[-2]} (shapes {a1.shape} and {b1.shape})")
    roots = _roots(weights, a1.shape[-2], dtype, fn)
    batch = _validate.broadcast_batch(a1.shape[:-2], rows.shape[:-2], fn)
    if roots is not None:
        batch = _validate.broadcast_batch(batch, roots.shape[:-2], fn, "batch dimensions of a and weights")
    a1, rows = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (a1, rows))
    found = _solve(a1, rows, roots, dtype, cond, np.sqrt(ridge), workers)
    return _as_scipy(found, a1.shape, b1.ndim == 1, lapack_driver == "gelsy")


def _roots(weights, m, dtype, fn):
    """Square roots of the weights, as a column; None without weights."""
    if weights is None:
        return None
    w = matrices(weights, fn, "weights", ndim=1, peer=False)
    _validate.same_length(w.shape[-1], m, fn, "numbers of weights and of rows of a", w.shape, (m,))
    if (w < 0).any():
        at = tuple(int(i) for i in np.argwhere(w < 0)[0])
        raise ValueError(f"{fn}: weights has a negative element; expected at least 0, got {w[at]} at index {at}")
    return np.sqrt(w.astype(np.float64)).astype(dtype)[..., None]


def _solve(a, b, roots, dtype, cond, root, workers):
    """(x, |a x - b|^2, rank, s) of each item of the batch; `root` is that of the ridge. Items that are out of a safe
    range, or came out of it, are solved again, scaled."""
    batch = a.shape[:-2]
    found, safe = _found(a, b, roots, dtype, cond, np.full(batch, root, dtype), workers)
    if safe.all():
        return found
    (a, of_a), (b, of_b) = _scaled_unless(safe, a.astype(dtype)), _scaled_unless(safe, b.astype(dtype))
    if roots is not None:
        roots, of_roots = _scaled_unless(safe, np.broadcast_to(roots, (*batch, *roots.shape[-2:])))
        of_a, of_b = of_a + of_roots, of_b + of_roots
    (x, squares, rank, s), _ = _found(a, b, roots, dtype, cond, np.ldexp(root, -of_a).astype(dtype), workers)
    with np.errstate(over="ignore"):                # what overflows is infinite
        return (np.ldexp(x, (of_b - of_a)[..., None, None]), np.ldexp(squares, 2 * of_b[..., None]), rank,
                np.ldexp(s, of_a[..., None]))


def _in_range(*parts):
    """Mask of the items whose largest element is so far from overflow and underflow that neither has happened on the
    way to it, nor will on the way from it."""
    largest = np.max([np.abs(x).max(axis=(-2, -1), initial=0) for x in parts], axis=0)
    room = np.ldexp(1.0, np.finfo(parts[0].dtype).maxexp // 4)
    return np.asarray((largest > 1 / room) & (largest < room))


def _scaled_unless(mask, x):
    """`scaled` for the items that are not in the mask; those in it keep their bits."""
    y, e = scaled(x, (-2, -1))
    return np.where(mask[..., None, None], x, y), np.where(mask, 0, e[..., 0, 0])


def _gram_triangle(a, workers):
    return _parts.cholesky_triangle(gram(a, workers=workers), workers)


def _orthogonal_triangle(a, workers):
    return _parts.triangle(a, workers)


# How to get R, and the part of the largest singular value that the smallest has to be. In a^T a the small ones lose the
# condition number, up to 32 here, times what reflections lose of the largest.
_SHORT_WAYS = ((_gram_triangle, lambda eps: 1 / 32), (_orthogonal_triangle, lambda eps: eps ** (1 / 3)))


def _found(a, b, roots, dtype, cond, root, workers, ways=_SHORT_WAYS):
    """What `_solve` looks for, and a mask of the items in range, for which it holds. Unscaled."""
    m, n = a.shape[-2:]
    if not ways or m < _TALL * n or n == 0 or roots is not None or root.any():
        return _by_factors(a, b, roots, dtype, cond, root, workers)
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    *found, safe, good = _by_seminormal_equations(a, b, *ways[0], cond, workers)
    if not good.any():
        return _found(a, b, None, dtype, cond, root, workers, ways[1:])
    if not good.all():
        rest, others = _found(a[~good], b[~good], None, dtype, cond, root[~good], workers, ways[1:])
        for part, other in zip((*found, safe), (*rest, others), strict=True):
            part[~good] = other
    return found, safe


def _by_seminormal_equations(a, b, triangle, least, cond, workers):
    """x, |a x - b|^2, rank, s; the items in range; those so well-conditioned that one correction makes up for what
    ``R^T R x = a^T b`` loses. Of others the values are of no use."""
    r = triangle(a, workers)
    s, e = _parts.singular_values(r, "lstsq")
    safe = np.asarray(_in_range(r) & _in_range(b))
    good = np.asarray(safe & (s[..., -1] > max(cond, least(float(np.finfo(a.dtype).eps))) * s[..., 0]))
    r = np.where(good[..., None, None], r, np.eye(r.shape[-1], dtype=r.dtype))
    x, rest = 0, b
    for _ in range(2 if good.any() else 0):
        y = _substituted(r.swapaxes(-1, -2), matmul(a.swapaxes(-1, -2), rest, workers=workers), True, workers)
        step = _substituted(r, y, False, workers)
        x, rest = x + step, rest - matmul(a, step, workers=workers)
    return x, _squares(rest), np.full(good.shape, a.shape[-1]), np.ldexp(s, e), safe, good


def _by_factors(a, b, roots, dtype, cond, root, workers):
    """What `_found` returns, by QR of ``[a b]``."""
    q, t, c, rest = _reduced(a, b, roots, dtype, workers)
    y, rank, s = _solve_triangle(t, c, q is not None, cond, root, workers)
    squares = _squares(rest)
    if root.any():
        squares = squares + _squares(c - matmul(t, y, workers=workers))
    return (y if q is None else matmul(q, y, workers=workers), squares, rank, s), _in_range(t) & _in_range(c, rest)


def _squares(x):
    """Sum of the squares of each column."""
    columns = x.swapaxes(-1, -2)
    return vecdot(columns, columns)


def _reduced(a, b, roots, dtype, workers):
    """(q, t, c, rest): t is triangular with the singular values of `a`, and ``|a x - b|^2 = |t y - c|^2 + |rest|^2``
    with y = x, or x = q y for matrices that are wider than high. Rows are multiplied by `roots` first."""
    (m, n), k = a.shape[-2:], b.shape[-1]
    ab = np.empty((*a.shape[:-1], n + k), dtype)
    ab[..., :n], ab[..., n:] = a, b
    if roots is not None:
        ab *= roots
    if n <= m and k <= n:
        r = _parts.triangle(ab, workers)
        return None, r[..., :n, :n], r[..., :n, n:], r[..., n:, n:]
    a, b = ab[..., :n], ab[..., n:]
    if m < n:
        q, r = _parts.orthogonal_triangle(a.swapaxes(-1, -2), workers)
        return q, r.swapaxes(-1, -2), b, b[..., :0, :]
    q, r = _parts.orthogonal_triangle(a, workers)  # cheaper than as many more columns
    c = matmul(q.swapaxes(-1, -2), b, workers=workers)
    return None, r, c, b - matmul(q, c, workers=workers)


def _solve_triangle(t, c, lower, cond, root, workers):
    """(y, rank, s): the shortest y of smallest ``|t y - c|^2 + root^2 |y|^2`` for triangular t."""
    s, e = _parts.singular_values(t, "lstsq")
    counts = s > cond * s[..., :1]
    rank = counts.sum(axis=-1)
    full = (rank == t.shape[-1]) & (root == 0)
    y = np.full(c.shape, np.nan, c.dtype)
    y[full] = _substituted(t[full], c[full], lower, workers)
    other = ~full & np.isfinite(t).all(axis=(-2, -1))
    if other.any():
        u, d, vh, of_d = _parts.svd(t[other], "lstsq")
        y[other] = _filtered(u, np.ldexp(d, of_d), vh, c[other], counts[other], root[other, None])
    return y, rank, np.ldexp(s, e)


def _substituted(t, c, lower, workers):
    """The solution of ``t y = c`` for triangular t with no zero on the diagonal."""
    n, k = c.shape[-2:]
    y, info = np.array(c, order="C"), np.zeros(t.shape[:-2], np.int32)
    if y.size:
        _triangular.solve_batch(t.reshape(-1, n, n), y.reshape(-1, n, k), info.reshape(-1), lower, False, workers,
                                "lstsq")
    return y


def _filtered(u, s, vh, c, counts, root):
    """The solution by singular values: part i of c over s_i + root^2 / s_i, or 0 where s_i does not count."""
    h = np.hypot(s, root)
    h = np.where(h == 0, 1, h)
    with np.errstate(over="ignore"):                # out of range: solved again, scaled
        factors = np.where(counts, s / h / h, 0)
    y = matmul(vh.swapaxes(-1, -2), factors[..., None] * matmul(u.swapaxes(-1, -2), c))
    return np.where(np.isfinite(c).all(axis=-2, keepdims=True), y, y.dtype.type(np.nan))


def _as_scipy(found, shape, vector, gelsy):
    """SciPy's tuple: residues where they say something, a vector for a vector, an int for a single matrix."""
    x, residues, rank, s = found
    (m, n), full = shape[-2:], rank == shape[-1]
    gelsy = gelsy and m > 0 < n                     # SciPy comes to its driver for elements only
    if gelsy or m <= n > 0 or not (full.any() or full.size == 0):
        residues = np.empty((*shape[:-2], 0), x.dtype)
    else:
        residues = np.where(full[..., None], residues, residues.dtype.type(np.nan))
        residues = residues[..., 0][()] if vector else residues
    return LstsqResult(x[..., 0] if vector else x, residues, rank if rank.ndim else int(rank), None if gelsy else s)


@differentiable
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    """Pseudo-inverse of a matrix (Moore and Penrose), by its singular values.

    Drop-in for `scipy.linalg.pinv`.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        float32 and float64 are decomposed in their own type, integers in float64; complex data are SciPy's.
    atol, rtol : float, optional
        Singular values up to ``atol + rtol * the largest`` count as 0. Default: 0 and ``max(m, n) eps``.
    return_rank : bool, default False
        Whether to return the number of those that count, too.
    check_finite : bool, default True
        Whether infinite and NaN elements are looked for. Without, they give a LinAlgError.

    Returns
    -------
    B : ndarray, shape (..., n, m)
    rank : int or ndarray of int
        With `return_rank`.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, an `atol` or `rtol` below 0.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    The error is a few ``max(m, n) eps |B|`` times the condition number. The matrix is scaled by a power of two first:
    ``pinv(2**k * a)`` has the bits of ``pinv(a)``, times ``2**-k``. Cost: O(m n min(m, n)).

    R. Penrose, A generalized inverse for matrices, 1955; Golub and Van Loan, Matrix Computations, section 5.5.2.

    Examples
    --------
    >>> from mathcore.linalg import pinv
    >>> pinv([[2.0, 0.0], [0.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  , 0.  ],
           [0.  , 0.  , 0.25]])
    """
    fn = "pinv"
    for value, arg in ((atol, "atol"), (rtol, "rtol")):
        if value is not None and _validate.real_number(value, fn, arg) < 0:
            raise ValueError(f"{fn}: {arg} is below 0: atol and rtol values must be positive; expected at least 0, "
                             f"got {value!r}")
    a1 = matrices(a, fn, check_finite=check_finite)
    if a1 is None:
        return scipy_function(fn)(a, atol=atol, rtol=rtol, return_rank=return_rank, check_finite=check_finite)
    a1 = a1.astype(compute_dtype(a1))
    if not (check_finite or np.isfinite(a1).all()):
        raise LinAlgError(f"{fn}: SVD did not converge; expected finite numbers, got infs or NaNs")
    u, s, vh, e = _parts.svd(a1, fn)
    part = max(a1.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else rtol
    counts = s > np.ldexp(0.0 if atol is None else float(atol), -e) + s.max(axis=-1, keepdims=True, initial=0) * part
    inverse = matmul(vh.swapaxes(-1, -2) * np.where(counts, 1 / np.where(counts, s, 1), 0)[..., None, :],
                     u.swapaxes(-1, -2))
    inverse = np.ldexp(inverse, -e[..., None])
    return (inverse, counts.sum(axis=-1)) if return_rank else inverse
