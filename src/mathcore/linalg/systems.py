"""Linear systems: solve, inv, solve_report."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import cholesky as _cholesky
from mathcore._kernels import single as _single
from mathcore._kernels import small as _small
from mathcore._kernels import systems as _systems
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix
from mathcore.linalg.lu import right_hand_side
from mathcore.linalg.matmul import matmul
from mathcore.linalg.qr import qr
from mathcore.linalg.triangular import solve_triangular

__all__ = ["inv", "solve", "solve_report"]

GENERAL, _LOWER, _UPPER, _DEFINITE = 0, 1, 2, 3
_HANDED_ON = ("diagonal", "tridiagonal", "banded")      # O(n) work, where SciPy's loops are as good as any
_SYMMETRIC = ("symmetric", "sym", "hermitian", "her")
_POSITIVE = ("positive definite", "pos")
_BANDS = {"upper triangular": (0, None), "lower triangular": (None, 0), "diagonal": (0, 0), "tridiagonal": (1, 1)}
_STRUCTURES = {None, "general", "gen", "upper triangular", "lower triangular", *_HANDED_ON, *_SYMMETRIC, *_POSITIVE}


def _structure(assume_a, fn):
    if not isinstance(assume_a, str | None) or assume_a not in _STRUCTURES:
        raise ValueError(f"{fn}: assume_a: {assume_a} is not a recognized matrix structure; expected one of "
                         f"{', '.join(map(repr, sorted(_STRUCTURES - {None})))} or None, got {assume_a!r}")
    return assume_a


def _as_told(a, assume_a, lower):
    """The matrix that the told structure makes of `a`: what it does not read is zero, or mirrored."""
    if assume_a in _SYMMETRIC + _POSITIVE:
        triangle = np.tril(a) if lower else np.triu(a)
        other = triangle.swapaxes(-1, -2)
        return triangle + (np.triu(other, 1) if lower else np.tril(other, -1))
    below, above = _BANDS.get(assume_a, (None, None))       # diagonals kept; None: all
    a = a if below is None else np.triu(a, -below)
    return a if above is None else np.tril(a, above)


def _kind(a, assume_a, transposed=False):
    """How to factor: told, or seen. A look at one row and column excludes nearly all; only then the rest is read."""
    if assume_a in ("upper triangular", "lower triangular"):
        return _UPPER if (assume_a == "upper triangular") != bool(transposed) else _LOWER
    if assume_a in _POSITIVE:
        return _DEFINITE
    if assume_a is None and a.ndim == 2 and a.shape[0] > _SMALL:
        if not a[1:, 0].any() and not np.tril(a, -1).any():
            return _UPPER
        if not a[0, 1:].any() and not np.triu(a, 1).any():
            return _LOWER
        if np.array_equal(a[0], a[:, 0]) and (np.diagonal(a) > 0).all() and np.array_equal(a, a.T):
            return _DEFINITE
    return GENERAL


def _is_narrow(a, assume_a):
    """Diagonal or tridiagonal, which SciPy's O(n) loops serve."""
    return assume_a is None and a.ndim == 2 and a.shape[0] > 64 and not a[2:, 0].any() and not a[0, 2:].any() \
        and not np.tril(a, -2).any() and not np.triu(a, 2).any()


def _items(found):
    """How a batch's items are named: their index in it, counted flat as SciPy does for one leading dimension."""
    return [int(i[0]) if len(i) == 1 else tuple(map(int, i)) for i in np.argwhere(found)] if found.ndim else [0]


def _warn_of(below, rcond, poor, fn, stacklevel):
    """SciPy's warning of matrices that are singular to working precision, ours of answers that stayed wrong."""
    if below.any():
        texts = [f"slice {item} has rcond = {rcond[item if rcond.ndim else ()]:.17g}" for item in _items(below)]
        _matrix.ill_conditioned(f"{fn}: An ill-conditioned matrix detected: {', '.join(texts)}.", stacklevel)
    elif poor.any():
        _matrix.ill_conditioned(f"{fn}: the answer for slice(s) {_items(poor)} has a backward error far above the "
                                "rounding of its data; expected to be well below 1e-13 (float64) or 1e-5 (float32)",
                                stacklevel)


_NOT_DEFINITE = ("a is not positive definite (its leading minor of order {k} is not positive); expected a positive "
                 "definite matrix. A singular matrix detected: slice(s) [0] are singular.",
                 "a has items that are not positive definite; expected positive definite matrices. "
                 "A singular matrix detected: slice(s) {items} are singular.")
_SINGULAR = ("a is exactly singular (pivot {at} is zero); expected a nonsingular matrix. "
             "A singular matrix detected: slice(s) [0] are singular.",
             "a has exactly singular items; expected nonsingular matrices. "
             "A singular matrix detected: slice(s) {items} are singular.")


def _outcome(info, rcond, a, assume_a, fn, on_failure):
    """Errors first; then which items are singular to working precision, if that is to be told."""
    _matrix.tell_failures(info, fn, *(_NOT_DEFINITE if assume_a in _POSITIVE else _SINGULAR), on_failure)
    below = (info == 0) & (rcond < np.finfo(a.dtype).eps) & (on_failure == "raise")
    return below & np.isfinite(a).all(axis=(-1, -2)) if below.any() else below


def _by_qr(a, b):
    """x, its backward error and rcond: a second way for the few systems whose growth spoils elimination, the factors of
    which say nothing of the condition either. Refined, since what is stable by norms need not be so row by row."""
    q, r = qr(a)

    def divided(b):
        return solve_triangular(r, matmul(q.T, b), check_finite=False, on_failure="nan")

    rcond = solved(r, np.zeros_like(b), _UPPER, 1, "solve").rcond
    x = divided(b)
    error = _systems.backward_error(a, x, b)
    for _ in range(3):
        other = x + divided(b - matmul(a, x))
        lower = _systems.backward_error(a, other, b)
        if not lower < error:
            break
        x, error = other, lower
    return x, error, rcond


_SMALL = _small.LARGEST                  # structure is looked for beyond


class Solved(NamedTuple):
    """What the kernel says of a batch of systems."""

    x: np.ndarray
    info: np.ndarray
    rcond: np.ndarray
    backward_error: np.ndarray
    lu: np.ndarray


def solved(a, b, kind, workers, fn):
    """a (..., n, n) and b (..., n, k) in one piece and one type."""
    *batch, n, k = b.shape
    x, lu = np.empty_like(b), np.empty_like(a) if kind in (GENERAL, _DEFINITE) else None
    info, rcond, error = np.zeros(batch, np.int32), np.ones(batch), np.zeros(batch)
    pivots = np.empty((*batch, n), np.int32) if kind == GENERAL else None
    if x.size:
        flat = None if lu is None else lu.reshape(-1, n, n)
        _systems.solve(a.reshape(-1, n, n), flat, pivots, b.reshape(-1, n, k), x.reshape(-1, n, k),
                       info.reshape(-1), rcond.reshape(-1), error.reshape(-1), kind, workers, fn)
        limit = _systems.backward_error_bound(n, x.dtype.itemsize)
        for item in map(tuple, np.argwhere((info == 0) & ~(error <= limit))):
            if kind == GENERAL and np.isfinite(a[item]).all() and np.isfinite(b[item]).all():
                x[item], error[item], rcond[item] = _by_qr(a[item], b[item])
    return Solved(x, info, rcond, error, lu)


def _solved_in_packs(a, b, workers, fn):
    """`solved` for many small systems; those whose first answer is not good go the other way."""
    *batch, n, k = b.shape
    a, b = a.reshape(-1, n, n), b.reshape(-1, n, k)
    x, info = np.empty_like(b), np.zeros(len(b), np.int32)
    error, rcond = np.zeros(len(b), b.dtype), np.ones(len(b), b.dtype)
    if x.size:
        _small.solve(a, b, False, x, info, error, rcond, workers, fn)
        limit = _systems.backward_error_bound(n, x.dtype.itemsize)
        if not error.max() <= limit:     # a few of 10 000, by number: masks would take as long as the kernel
            again = np.flatnonzero(~(error <= limit))
            again = again[info[again] == 0]
            more = solved(a[again], b[again], GENERAL, workers, fn)
            x[again], rcond[again], error[again] = more.x, more.rcond, more.backward_error
    return Solved(x.reshape(*batch, n, k), info.reshape(batch), rcond.reshape(batch), error.reshape(batch), None)


def _solved_as_seen(a, b, workers, fn):
    """`solved`, each item by its structure."""
    *batch, n, k = b.shape
    kinds = np.array([_kind(item, None) for item in a.reshape(-1, n, n)], int).reshape(batch)
    if (kinds == GENERAL).all():
        return solved(a, b, GENERAL, workers, fn)
    whole = Solved(np.empty_like(b), np.zeros(batch, np.int32), np.ones(batch), np.zeros(batch), None)
    for kind in (_LOWER, _UPPER, _DEFINITE, GENERAL):
        these = kinds == kind
        if not these.any():
            continue
        found = solved(a[these], b[these], kind, workers, fn)
        whole.x[these], whole.info[these] = found.x, found.info
        whole.rcond[these], whole.backward_error[these] = found.rcond, found.backward_error
        if kind == _DEFINITE:            # some may only have looked so
            kinds[these & (whole.info > 0)] = GENERAL
    return whole


@differentiable
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None,
          transposed=False, *, on_failure="raise", workers=None):
    """Solve ``a x = b``, and check the answer.

    Drop-in for `scipy.linalg.solve`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; complex and longdouble data are SciPy's.
    b : array_like, shape (n,) or (..., n, k)
        Right-hand sides; a 1-d `b` is one vector, whatever the batch of `a`.
    lower : bool, default False
        With a symmetric or positive definite `assume_a`: which triangle is read.
    overwrite_a, overwrite_b : bool, default False
        Allowed for SciPy's sake; nothing is overwritten, since the answer is checked against both.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they come out as NaN.
    assume_a : str, optional
        "general", "upper triangular", "lower triangular", "symmetric", "hermitian", "positive definite", "diagonal",
        "tridiagonal", "banded", or short "gen", "sym", "her", "pos". None: triangular, tridiagonal and positive
        definite matrices are recognised.
    transposed : bool, default False
        Solve ``aᵀ x = b``.
    on_failure : {"raise", "nan"}, default "raise"
        What a singular matrix does: an error that names the items of a batch, or NaN in those items alone. With "nan"
        there is no warning of ill-conditioned ones either.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (n,) or (..., n, k)
        x, of the operands' floating type.

    Raises
    ------
    numpy.linalg.LinAlgError
        A pivot is exactly zero, or a matrix said to be positive definite is not. Its ``.index`` is the first failing
        item, its ``.info`` has 1 + the pivot of each item, 0 for good ones.
    ValueError
        Shapes that do not fit, an unknown `assume_a` or `on_failure`, infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Warns
    -----
    scipy.linalg.LinAlgWarning
        The estimate of the reciprocal condition number is below eps; or, beyond SciPy, the answer stays wrong.

    Notes
    -----
    The backward error ``max |b - a x|_i / (|a| |x| + |b|)_i`` is measured, O(n²), and above 8 u
    (u = eps / 2; n / 32 u for n > 256) refined up to three times; where growth spoils elimination altogether
    (Wilkinson's matrix of order 100), QR solves the system. Each of up to 8 right-hand sides is measured,
    of more one combination for each of 8 groups.
    Cost: 2/3 n³ + 2 n² k flops and about 14 n² for the check and the condition.
    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), chapters 9, 12 and 15.

    Examples
    --------
    >>> from mathcore.linalg import solve
    >>> solve([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])
    array([0.8, 1.4])
    >>> solve([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]], [1.0, 2.0], on_failure="nan")
    array([[ 1.,  2.],
           [nan, nan]])
    """
    fn = "solve"
    if assume_a is None and workers is None and not transposed and on_failure == "raise" \
            and (x := _single.solve(a, b, check_finite)) is not None:
        return x
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, ("raise", "nan"), fn, "on_failure")
    _structure(assume_a, fn)
    matrix = _matrix.matrices(np.atleast_2d(_validate.as_array(a, fn, "a")), fn, check_finite=check_finite,
                              square=True)
    given = np.atleast_1d(_validate.as_array(b, fn, "b"))
    if matrix is not None and matrix.shape == (1, 1) and given.shape[-2:][0] != 1:
        return _divided(matrix, given, check_finite, on_failure, fn)
    if matrix is not None:
        rhs, vector = right_hand_side(given, matrix.shape[-1], fn, check_finite, matrix.shape, "a")
    if matrix is None or rhs is None:
        return _matrix.scipy_function(fn)(a, b, lower=lower, overwrite_a=overwrite_a, overwrite_b=overwrite_b,
                                          check_finite=check_finite, assume_a=assume_a, transposed=transposed)
    x = _handed_on(matrix, rhs, assume_a, transposed, fn)
    if x is None:
        x = _solve(matrix, rhs, lower, assume_a, transposed, on_failure, workers, fn)
    return x[..., 0] if vector else x


def _handed_on(a, b, assume_a, transposed, fn):
    """SciPy's answer for a narrow band; None for others, and where it fails: then the general way has the words."""
    if not (assume_a in _HANDED_ON and a.shape[-1] > 1 or _is_narrow(a, assume_a)):
        return None
    dtype = _matrix.compute_dtype(a, b)
    try:
        return _matrix.scipy_function(fn)(_validate.ready(a, dtype), _validate.ready(b, dtype), check_finite=False,
                                          assume_a=assume_a, transposed=transposed)
    except np.linalg.LinAlgError:
        return None


def _divided(a, b, check_finite, on_failure, fn):
    """A matrix of one number fits right-hand sides of any shape, as in SciPy."""
    rhs = _matrix.matrices(b, fn, "b", check_finite=check_finite, ndim=1)
    if rhs is None:
        return _matrix.scipy_function(fn)(a, b, check_finite=check_finite)
    _matrix.tell_failures(np.array(a[0, 0] == 0, np.int32), fn, *_SINGULAR, on_failure)
    dtype = _matrix.compute_dtype(a, rhs)
    with np.errstate(all="ignore"):
        return rhs.astype(dtype) / (a.astype(dtype)[0, 0] or dtype.type(np.nan))


def _solve(a, b, lower, assume_a, transposed, on_failure, workers, fn):
    """Arrays of any served type, b with columns."""
    batch = _validate.broadcast_batch(a.shape[:-2], b.shape[:-2], fn)
    dtype = _matrix.compute_dtype(a, b)
    a = _as_told(a, assume_a, lower)
    if transposed:
        a = a.swapaxes(-1, -2)
    n = a.shape[-1]
    a = np.ascontiguousarray(_matrix.spread(a, batch), dtype)
    b = np.ascontiguousarray(_matrix.spread(b, batch), dtype)
    if a.size == 0 or b.size == 0:
        return np.empty_like(b)
    if assume_a is not None or n <= _SMALL:
        kind = _kind(a, assume_a, transposed)
        in_packs = kind == GENERAL and _matrix.in_packs(a)
        found = _solved_in_packs(a, b, workers, fn) if in_packs else solved(a, b, kind, workers, fn)
    else:
        found = _solved_as_seen(a, b, workers, fn)
    limit = _systems.backward_error_bound(n, dtype.itemsize)
    if not found.info.any() and found.rcond.min() >= np.finfo(dtype).eps and found.backward_error.max() <= limit:
        return found.x
    below = _outcome(found.info, found.rcond, a, assume_a, fn, on_failure)
    if on_failure == "nan":
        found.x[found.info > 0] = np.nan
    else:
        poor = ~(found.backward_error <= limit)
        _warn_of(below, found.rcond, (found.info == 0) & (found.rcond >= np.finfo(dtype).eps) & poor, fn, stacklevel=5)
    return found.x


@differentiable
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False, on_failure="raise", workers=None):
    """Inverse of a matrix.

    Drop-in for `scipy.linalg.inv`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real; complex and longdouble data are SciPy's.
    overwrite_a : bool, default False
        Allowed for SciPy's sake; nothing is overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they come out as NaN.
    assume_a : str, optional
        As in `solve`. None: triangular matrices are recognised.
    lower : bool, default False
        With a symmetric or positive definite `assume_a`: which triangle is read.
    on_failure : {"raise", "nan"}, default "raise"
        What a singular matrix does: an error that names the items of a batch, or NaN in those items alone, without the
        warning of ill-conditioned ones.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray, shape (..., n, n)

    Raises
    ------
    numpy.linalg.LinAlgError
        A pivot is exactly zero; ``.index`` and ``.info`` as in `solve`.
    ValueError
        A matrix that is not square, an unknown `assume_a` or `on_failure`, infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Warns
    -----
    scipy.linalg.LinAlgWarning
        The reciprocal condition number is below eps.

    Notes
    -----
    Error: ``|I - a inv(a)|`` at most ``c n eps |a| |inv(a)|``. To solve a system, `solve` is three times cheaper and
    more accurate. Cost: 2 n³ flops.
    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 14.

    Examples
    --------
    >>> from mathcore.linalg import inv
    >>> inv([[1.0, 2.0], [3.0, 4.0]])
    array([[-2. ,  1. ],
           [ 1.5, -0.5]])
    """
    fn = "inv"
    if assume_a is None and workers is None and on_failure == "raise" \
            and (x := _single.inverse(a, check_finite)) is not None:
        return x
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, ("raise", "nan"), fn, "on_failure")
    _structure(assume_a, fn)
    matrix = _matrix.matrices(a, fn, check_finite=check_finite, square=True)
    if matrix is None:
        return _matrix.scipy_function(fn)(a, overwrite_a=overwrite_a, check_finite=check_finite, assume_a=assume_a,
                                          lower=lower)
    dtype = _matrix.compute_dtype(matrix)
    matrix = np.ascontiguousarray(_as_told(matrix, assume_a, lower), dtype)
    x, info, rcond = np.empty_like(matrix), np.zeros(matrix.shape[:-2], np.int32), np.ones(matrix.shape[:-2])
    kind = _kind(matrix, assume_a)
    kind = GENERAL if kind == _DEFINITE else kind
    if kind == GENERAL and _matrix.in_packs(matrix):
        rcond = rcond.astype(dtype)
        _small.inv(matrix.reshape(-1, *x.shape[-2:]), x.reshape(-1, *x.shape[-2:]), info.reshape(-1), rcond.reshape(-1),
                   workers, fn)
    elif x.size:
        lu = np.empty_like(matrix).reshape(-1, *x.shape[-2:]) if kind == GENERAL else None
        pivots = np.empty(matrix.shape[:-1], np.int32) if kind == GENERAL else None
        _systems.inverse(matrix.reshape(-1, *x.shape[-2:]), lu, pivots, x.reshape(-1, *x.shape[-2:]), info.reshape(-1),
                         rcond.reshape(-1), kind, workers, fn)
    if assume_a in _POSITIVE:
        info = np.maximum(info, _not_definite(matrix, workers, fn))
    below = _outcome(info, rcond, matrix, assume_a, fn, on_failure)
    x[info > 0] = np.nan
    _warn_of(below, rcond, np.zeros(info.shape, bool), fn, stacklevel=4)
    return x


def _not_definite(a, workers, fn):
    """Of each item the order of the first leading minor that is not positive, or 0."""
    n = a.shape[-1]
    info = np.zeros(a.shape[:-2], np.int64)
    if a.size:
        _cholesky.factor(a.reshape(-1, n, n), np.empty_like(a).reshape(-1, n, n), info.reshape(-1), False, False,
                         workers, fn)
    return info


class SolveReport(NamedTuple):
    """What `solve_report` found; arrays of shape (...) beside x."""

    x: np.ndarray
    residual: np.ndarray
    backward_error: np.ndarray
    rcond: np.ndarray
    growth: np.ndarray


def solve_report(a, b, /, *, workers=None):
    """Solve ``a x = b`` and say how good the answer is, without warnings.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real.
    b : array_like, shape (n,) or (..., n, k)
        Right-hand sides.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    SolveReport
        A named tuple of

        * ``x``: the solution, as from `solve`; NaN for an exactly singular item;
        * ``residual``: the largest ``|b - a x|``;
        * ``backward_error``: the largest ``|b - a x|_i / (|a| |x| + |b|)_i``: by how much, relatively, the data would
          have to change for x to be exact;
        * ``rcond``: estimate of the reciprocal condition number; x may be wrong by about ``backward_error / rcond``;
        * ``growth``: largest element of U over the largest of `a`.

    Raises
    ------
    ValueError
        Shapes that do not fit, infs or NaNs.
    TypeError
        Complex data, data that are not numbers.

    Notes
    -----
    Error, method, cost (2/3 n³ flops, 14 n² for the report) and source as in `solve`.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import solve_report
    >>> report = solve_report([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])
    >>> report.x
    array([0.8, 1.4])
    >>> bool(report.backward_error < 1e-15), round(float(report.rcond), 3), float(report.growth)
    (True, 0.312, 0.8333333333333334)
    """
    fn = "solve_report"
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, square=True, peer=False)
    rhs, vector = right_hand_side(b, matrix.shape[-1], fn, True, matrix.shape, "a", peer=False)
    batch = _validate.broadcast_batch(matrix.shape[:-2], rhs.shape[:-2], fn)
    dtype = _matrix.compute_dtype(matrix, rhs)
    matrix = np.ascontiguousarray(_matrix.spread(matrix, batch), dtype)
    rhs = np.ascontiguousarray(_matrix.spread(rhs, batch), dtype)
    found = solved(matrix, rhs, GENERAL, workers, fn)
    found.x[found.info > 0] = np.nan
    found.rcond[found.info > 0] = 0
    found.backward_error[found.info > 0] = np.nan
    with np.errstate(all="ignore"):
        residual = np.abs(rhs - matmul(matrix, found.x)).max(axis=(-1, -2), initial=0)
        growth = np.abs(np.triu(found.lu)).max(axis=(-1, -2), initial=0) / np.abs(matrix).max(axis=(-1, -2), initial=0)
    x = found.x[..., 0] if vector else found.x
    return SolveReport(x, residual, found.backward_error[()], found.rcond[()], growth)
