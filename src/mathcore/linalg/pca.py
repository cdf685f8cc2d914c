"""Principal components of data in memory or on disk: pca, PCAResult, RunningCovariance."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from mathcore import _validate
from mathcore._kernels import scatter as _scatter
from mathcore.linalg import _parts
from mathcore.linalg._matrix import check_finite_values, compute_dtype, matrices, signs
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import linear, matmul, matvec
from mathcore.linalg.randomized import leading, passes

__all__ = ["PCAResult", "RunningCovariance", "pca"]

_SOLVERS = ("auto", "covariance", "full", "randomized")

# Elements read and elements centred at a time; whole blocks of the kernel, so that neither layout nor type of the data
# shows in the bits.
_PIECE, _SMALL_PIECE = 1 << 23, 1 << 18
_ROWS = 512


def _pieces(x, elements):
    """Slices of the rows of x."""
    rows = max(1, elements // max(1, x.shape[1]) // _ROWS) * _ROWS
    return (slice(start, start + rows) for start in range(0, len(x), rows))


@dataclass(frozen=True, eq=False)
class PCAResult:
    """Principal components, as `pca` and `RunningCovariance.pca` return them.

    Attributes
    ----------
    components : ndarray, shape (k, d)
        Orthonormal rows, the direction of largest variance first; the largest element of each is positive.
    explained_variance : ndarray, shape (k,)
        Variance of the scores of each component.
    explained_variance_ratio : ndarray, shape (k,)
        The same as parts of the variance of all variables together.
    singular_values : ndarray, shape (k,)
        Of the centred data.
    mean : ndarray, shape (d,)
        What is subtracted from the variables; 0 with ``center=False``.
    scale : ndarray, shape (d,), or None
        What they are divided by then, with ``scale=True``.
    n_samples : int
    noise_variance : float
        Mean variance of the directions left out (Tipping and Bishop, 1999); 0 where there are none.
    whiten : bool
        Whether scores have variance 1.
    solver : str
        How they were found.
    scores : ndarray, shape (n, k), or None
        Of the data themselves, with ``scores=True``.

    Examples
    --------
    >>> from mathcore.linalg import pca
    >>> found = pca([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], 1)
    >>> found.components.round(4)
    array([[0.7071, 0.7071]])
    >>> found.inverse_transform(found.transform([[5.0, 5.0]])).round(4)
    array([[5., 5.]])
    """

    components: np.ndarray
    explained_variance: np.ndarray
    explained_variance_ratio: np.ndarray
    singular_values: np.ndarray
    mean: np.ndarray
    scale: np.ndarray | None
    n_samples: int
    noise_variance: float
    whiten: bool
    solver: str
    scores: np.ndarray | None = field(default=None, repr=False)

    def _deviations(self):
        """Of the scores before whitening; 0 where they are rounding."""
        variance = self.explained_variance
        least = max(self.n_samples, self.mean.size) * np.finfo(variance.dtype).eps * variance.max(initial=0)
        return np.where(variance > least, np.sqrt(variance), 0)

    def _weights(self):
        """(k, d), whose rows multiply centred data."""
        weights = self.components if self.scale is None else self.components / self.scale
        if self.whiten:
            deviations = self._deviations()
            weights = weights * np.where(deviations > 0, 1 / np.where(deviations > 0, deviations, 1), 0)[:, None]
        return weights

    def _operand(self, x, width, fn, arg):
        x = matrices(x, fn, arg, peer=False)
        _validate.exact_dims(x, 2, fn, arg)
        _validate.same_length(x.shape[1], width, fn, f"columns of {arg} and of the data", x.shape, (width,))
        return x, self.mean.dtype

    def transform(self, x, /, *, workers=None):
        """Scores of data, shape (n, d): their coordinates (n, k) along the components."""
        fn = "PCAResult.transform"
        x, dtype = self._operand(x, self.mean.size, fn, "x")
        return _projected(self, x, dtype, _validate.check_workers(workers, fn))

    def inverse_transform(self, scores, /, *, workers=None):
        """Data (n, d) that have these scores (n, k), and none along the directions left out."""
        fn = "PCAResult.inverse_transform"
        scores, dtype = self._operand(scores, len(self.components), fn, "scores")
        scores = scores.astype(dtype, copy=False)
        if self.whiten:
            scores = scores * self._deviations()
        x = matmul(scores, self.components, workers=_validate.check_workers(workers, fn))
        return (x if self.scale is None else x * self.scale) + self.mean


def _projected(found, x, dtype, workers):
    """``(x - mean) weights^T``; the mean is taken off the product where it is too small beside the scores to cost
    digits."""
    weights = found._weights()
    out = np.empty((len(x), len(weights)), dtype)
    spread = np.where(found.whiten, 1, np.sqrt(found.explained_variance))
    if (np.abs(weights) @ np.abs(found.mean) <= 8 * spread).all():
        offset = -matvec(weights, found.mean)
        for at in _pieces(x, _PIECE):
            linear(x[at].astype(dtype, copy=False), weights, offset, out=out[at], workers=workers)
    else:
        for at in _pieces(x, _SMALL_PIECE):
            linear(np.subtract(x[at], found.mean, dtype=dtype), weights, out=out[at], workers=workers)
    return out


class RunningCovariance:
    """Mean and covariance of rows that come in parts, from one reader or from several, and their principal components.

    Attributes
    ----------
    n_samples : int
        Rows so far.
    mean : ndarray of float64, shape (d,), or None before the first row
    scatter : ndarray of float64, shape (d, d), or None before the first row
        ``(x - mean)^T (x - mean)`` of all rows x.

    Notes
    -----
    Parts join by the formula of Chan, Golub and LeVeque (Amer. Statist. 37, 1983), blocks of 512 rows within a part
    too: any split of the rows gives the same result but for rounding, a part of ``sqrt(n) eps`` of the variances and
    ``eps |mean| / deviation``. float32 rows are multiplied in float32 and added in float64. Columns that are constant
    have variance 0 exactly.

    Examples
    --------
    >>> from mathcore.linalg import RunningCovariance
    >>> first, second = RunningCovariance(), RunningCovariance()
    >>> _ = first.update([[1.0, 2.0], [3.0, 4.0]])
    >>> _ = second.update([[5.0, 9.0]])
    >>> first.merge(second).covariance()
    array([[ 4.,  7.],
           [ 7., 13.]])
    """

    def __init__(self):
        self.n_samples, self.mean, self.scatter, self.dtype = 0, None, None, None

    def update(self, x, /, *, workers=None):
        """Add rows, shape (n, d), n >= 0; returns itself."""
        fn = "RunningCovariance.update"
        x = matrices(x, fn, "x", check_finite=False, peer=False)
        _validate.exact_dims(x, 2, fn, "x")
        workers = _validate.check_workers(workers, fn)
        self._check_width(x.shape[1], fn)
        more = _summary(x, workers, fn)
        if more.n_samples and not np.isfinite(more.scatter).all():
            raise ValueError(f"{fn}: x is out of range; expected elements whose squares are numbers of its type, "
                             f"got {np.abs(x).max():g}")
        return self._add(more)

    def merge(self, other, /):
        """Add the rows of another summary; returns itself."""
        fn = "RunningCovariance.merge"
        if not isinstance(other, RunningCovariance):
            raise TypeError(f"{fn}: other is no summary; expected a RunningCovariance, got {type(other).__name__}")
        if other.mean is not None:
            self._check_width(other.mean.size, fn)
        return self._add(other)

    def _check_width(self, width, fn):
        if self.mean is not None and width != self.mean.size:
            raise ValueError(f"{fn}: x has another number of columns than before; expected {self.mean.size}, "
                             f"got {width}")

    def _add(self, other):
        if other.n_samples == 0:
            return self
        if self.n_samples == 0:
            self.mean, self.scatter, self.dtype = other.mean.copy(), other.scatter.copy(), other.dtype
        else:
            weight = other.n_samples / (self.n_samples + other.n_samples)
            delta = other.mean - self.mean
            self.mean = self.mean + weight * delta
            self.scatter = self.scatter + other.scatter + self.n_samples * weight * np.outer(delta, delta)
            self.dtype = np.result_type(self.dtype, other.dtype)
        self.n_samples += other.n_samples
        return self

    def covariance(self, *, ddof=1):
        """The scatter matrix over ``n_samples - ddof``, shape (d, d)."""
        ddof = _validate.whole_number(ddof, "RunningCovariance.covariance", "ddof", low=0)
        if self.n_samples <= ddof:
            raise ValueError(f"RunningCovariance.covariance: there are too few rows; expected more than {ddof}, "
                             f"got {self.n_samples}")
        return self.scatter / (self.n_samples - ddof)

    def pca(self, k=None, /, *, whiten=False, center=True, scale=False):
        """Principal components of the rows so far, as `pca` with ``solver="covariance"`` finds them."""
        fn = "RunningCovariance.pca"
        _check_size((self.n_samples, 0 if self.mean is None else self.mean.size), fn, center)
        k = _wanted(k, min(self.n_samples, self.mean.size), fn)
        return _by_covariance(self, k, (whiten, center, scale), fn)


def _summary(x, workers, fn):
    """The summary of rows x, a piece at a time."""
    total, dtype, d = RunningCovariance(), compute_dtype(x), x.shape[1]
    for at in _pieces(x, _PIECE):
        rows = x[at].astype(dtype, copy=False)
        one = RunningCovariance()
        one.n_samples, one.mean, one.scatter, one.dtype = len(rows), np.empty(d), np.empty((d, d)), dtype
        if d:
            rows = rows if rows.strides[1] == rows.itemsize else np.ascontiguousarray(rows)
            _scatter.mean_and_scatter(_validate.ready(rows, dtype), one.mean, one.scatter, workers, fn)
        if not np.isfinite(one.mean).all():
            check_finite_values(x, fn, "x")
        total._add(one)
    return total


def _check_size(shape, fn, center):
    """Rows enough for a variance, and columns."""
    n, d = shape
    if n < 1 + bool(center):
        raise ValueError(f"{fn}: x has too few rows; expected at least {1 + bool(center)}, got shape {shape}")
    if d == 0:
        raise ValueError(f"{fn}: x has no columns; expected at least 1, got shape {shape}")


def _wanted(k, most, fn):
    """k as a number of components, or as the part of the variance that they are to explain."""
    if k is None:
        return most
    if isinstance(k, float | np.floating):
        return _validate.real_number(k, fn, "k", above=0, high=1)
    return _validate.whole_number(k, fn, "k", low=0, high=most)


def _enough(ratio, part):
    """How many of the components explain more than `part` of the variance: scikit-learn's rule."""
    return min(len(ratio), int(np.searchsorted(np.cumsum(ratio), part, side="right")) + 1)


def _finished(vectors, variance, total, k, mean, deviations, shape, options, dtype, solver):
    """The result of directions (columns) and their variances, descending, of which the first k, or that part of the
    variance, are kept. `total` is the variance of all."""
    whiten, center, _ = options
    most = min(shape)
    ratio = variance / total if total > 0 else np.zeros_like(variance)
    k = _enough(ratio, k) if isinstance(k, float) else k
    rest = total - variance[:k].sum() if len(variance) < most else variance[k:].sum()
    vectors = vectors[:, :k]
    if k:
        vectors = vectors * signs(vectors)
    with np.errstate(over="ignore", under="ignore"):
        return PCAResult(
            components=np.ascontiguousarray(vectors.T, dtype), explained_variance=variance[:k].astype(dtype),
            explained_variance_ratio=ratio[:k].astype(dtype), mean=mean.astype(dtype),
            singular_values=np.sqrt(variance[:k] * (shape[0] - bool(center))).astype(dtype),
            scale=None if deviations is None else deviations.astype(dtype), n_samples=shape[0],
            noise_variance=max(0.0, float(rest)) / (most - k) if k < most else 0.0, whiten=bool(whiten), solver=solver)


def _by_covariance(summary, k, options, fn):
    _, center, scale = options
    n, mean = summary.n_samples, summary.mean
    covariance, deviations = summary.scatter / (n - bool(center)), None
    if not center:
        covariance, mean = covariance + np.outer(mean, mean), np.zeros_like(mean)
    if scale:
        deviations = _unless_zero(np.sqrt(np.diagonal(covariance)))
        covariance = covariance / deviations / deviations[:, None]
    w, v = _parts.eigh(covariance, fn)
    shape = (n, mean.size)
    w, v = np.maximum(w[::-1], 0)[:min(shape)], v[:, ::-1]
    return _finished(v, w, np.trace(covariance), k, mean, deviations, shape, options, summary.dtype, "covariance")


def _unless_zero(deviations):
    """A constant variable is left as it is."""
    return np.where(deviations == 0, 1, deviations)


def _by_factors(y, mean, squares, k, solver, options, rng, workers, fn):
    """By the singular values of the centred data y, all or the leading ones."""
    _, center, scale = options
    freedom, deviations = len(y) - bool(center), None
    if scale:
        deviations = _unless_zero(np.sqrt(squares / freedom))
        y /= deviations.astype(y.dtype)
        squares = squares / deviations**2
    if solver == "randomized":
        if isinstance(k, float):
            raise ValueError(f"{fn}: k is a part of the variance, which solver='randomized' does not know; expected "
                             f"a whole number, got {k!r}")
        _, s, vh = leading(y, k, 10, passes("auto", k, y.shape, fn), rng, workers, fn)
    else:
        _, s, vh, e = _parts.svd(y, fn)
        s = np.ldexp(s, e)
    return _finished(vh.T.astype(np.float64), s.astype(np.float64) ** 2 / freedom, squares.sum() / freedom, k, mean,
                     deviations, y.shape, options, y.dtype, solver)


def _chosen(solver, shape, k):
    """scikit-learn's choice."""
    if solver != "auto":
        return solver
    n, d = shape
    if d <= 1000 and n >= 10 * d:
        return "covariance"
    if max(shape) > 500 and not isinstance(k, float) and 1 <= k < 0.8 * min(shape):
        return "randomized"
    return "full"


def pca(x, k=None, /, *, solver="auto", whiten=False, center=True, scale=False, scores=False, rng=None, workers=None):
    """Principal components: the directions along which data vary most.

    Parameters
    ----------
    x : array_like, shape (n, d)
        n samples of d variables. Real; float32 and float64 are decomposed in their own type, integers in float64. A
        `numpy.memmap` is read in blocks of rows by "covariance".
    k : int or float, optional
        How many components, at most min(n, d), the default; or, between 0 and 1, the part of the variance that they
        are to explain.
    solver : {"auto", "covariance", "full", "randomized"}, default "auto"
        Eigenvalues of the covariance matrix, for many more samples than variables; singular values of the data; the
        leading ones of these, by `randomized_svd`. "auto" chooses as scikit-learn does.
    whiten : bool, default False
        Whether scores have variance 1.
    center : bool, default True
        Whether the mean is subtracted; without, variances are about 0 and over n.
    scale : bool, default False
        Whether each variable is divided by its standard deviation (the components are then those of the correlation
        matrix). Constant variables are not.
    scores : bool, default False
        Whether to keep the scores of `x` in the result; ``result.transform`` gives them too.
    rng : int, numpy.random.Generator or None, optional
        Seed or source of the random start of "randomized".
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    PCAResult
        With ``components`` (k, d), ``explained_variance``, ``transform(x)`` and more; signs are scikit-learn's.

    Raises
    ------
    ValueError
        Infinite or NaN elements, another number of dimensions than 2, fewer than 2 samples, no variables, a `k` that is
        out of range or, for "randomized", no whole number, an unknown solver.
    TypeError
        Data that are not real numbers.
    numpy.linalg.LinAlgError
        The decomposition did not converge.

    See Also
    --------
    RunningCovariance : data that come in parts.

    Notes
    -----
    "covariance" reads the data once: blocks of rows are centred in cache and their Gram matrices added (see
    `RunningCovariance`); it costs n d^2 + O(d^3) flops. The error of a variance is a few ``sqrt(n) eps`` of the largest
    one, so directions of less than sqrt(eps) of the largest deviation are lost; "full" keeps those down to eps and
    costs O(n d min(n, d)). "randomized" costs and errs as `randomized_svd`. The bits do not depend on the number of
    threads.

    I. T. Jolliffe, Principal Component Analysis, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import pca
    >>> x = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> found = pca(x, scores=True)
    >>> found.components
    array([[1., 0.],
           [0., 1.]])
    >>> found.explained_variance_ratio
    array([0.8, 0.2])
    >>> found.scores[:, 0]
    array([ 2., -2.,  0.,  0.])
    """
    fn = "pca"
    x = matrices(x, fn, "x", check_finite=False, peer=False)
    _validate.exact_dims(x, 2, fn, "x")
    _check_size(x.shape, fn, center)
    _validate.one_of(solver, _SOLVERS, fn, "solver")
    k = _wanted(k, min(x.shape), fn)
    rng, workers = _validate.generator(rng, fn), _validate.check_workers(workers, fn)
    solver, dtype = _chosen(solver, x.shape, k), compute_dtype(x)
    decompose = partial(_decomposed, k=k, solver=solver, options=(whiten, center, scale), rng=rng, workers=workers,
                        fn=fn)
    if (found := decompose(x, dtype)) is None:
        y, e = scaled(x.astype(dtype), (0, 1))
        found = _unscaled(decompose(y, dtype, anyway=True), int(e[0, 0]))
    return replace(found, scores=_projected(found, x, dtype, workers)) if scores else found


def _decomposed(x, dtype, *, k, solver, options, rng, workers, fn, anyway=False):
    """The result; None where squares are near overflow or underflow, but for `anyway`."""
    if solver == "covariance":
        summary = _summary(x, workers, fn)
        total = np.trace(summary.scatter)
        return _by_covariance(summary, k, options, fn) if anyway or _in_range(total, dtype) else None
    if x.dtype.kind == "f":
        check_finite_values(x, fn, "x")
    mean, y = _centred(x, dtype, options[1])
    with np.errstate(over="ignore", under="ignore"):
        squares = np.square(y, dtype=np.float64).sum(axis=0)
    if not (anyway or _in_range(squares.sum(), dtype)):
        return None
    return _by_factors(y, mean, squares, k, solver, options, rng, workers, fn)


def _in_range(total, dtype):
    room = np.ldexp(1.0, np.finfo(dtype).maxexp // 2)
    return 1 / room < total < room


def _unscaled(found, e):
    """The result of data ``2**e`` times as large."""
    powers = {"mean": e, "scale": e} if found.scale is not None else \
        {"mean": e, "singular_values": e, "explained_variance": 2 * e, "noise_variance": 2 * e}
    with np.errstate(over="ignore", under="ignore"):
        return replace(found, **{name: np.ldexp(getattr(found, name), power)[()] for name, power in powers.items()})


def _centred(x, dtype, center):
    """(mean, x without it), or 0 and a copy. From the first row on: equal elements have exactly themselves."""
    if not center:
        return np.zeros(x.shape[1]), x.astype(dtype)
    with np.errstate(over="ignore"):
        y = np.subtract(x, x[0], dtype=dtype)
        mean = y.mean(axis=0, dtype=np.float64)
        y -= mean.astype(dtype)
    return mean + x[0], y
