"""The rows of one matrix that are nearest to those of another: the k nearest, the nearest, those within a radius; and
distances in blocks of rows, where all of them would not fit in memory."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import kmeans as _kmeans
from mathcore._kernels import neighbors as _kernel
from mathcore._kernels.finite import all_finite
from mathcore.distance import _arguments, _metrics, matrices
from mathcore.distance.matrices import cdist

__all__ = ["KNNResult", "RadiusResult", "cdist_chunks", "nearest", "nearest_neighbors", "radius_neighbors"]

_BLOCK_BYTES = 1 << 25                   # of distances, two blocks at a time, where a metric has no search of its own
_FOUND_BYTES = 1 << 26                   # of room for what some rows find; each search packs y once
_MOST_CENTRES = 2**24 - 1                # k-means' search counts these in float32: no queues, ten times as fast for few
_MOST_POINTS = 2**31 - 1                 # the search counts them in 32 bits


class KNNResult(NamedTuple):
    """The k nearest rows of y for each row of x, the nearest first."""

    distances: np.ndarray
    indices: np.ndarray


class RadiusResult(NamedTuple):
    """The rows of y within a radius of each row of x: those of row i stand at offsets[i] to offsets[i + 1]."""

    distances: np.ndarray
    indices: np.ndarray
    offsets: np.ndarray


# ------------------------------------------------------------------ what all of them ask

def _matrices(x, y, metric, fn, left, right):
    """x and y as matrices of equally many columns."""
    x, y = matrices._points(x, fn, left, metric), matrices._points(y, fn, right, metric)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{fn}: {right} does not fit. {left} and {right} must have the same number of columns; got "
                         f"{x.shape[1]} and {y.shape[1]}")
    return x, y


def _points(x, y, metric, fn):
    """x and y as matrices of finite numbers; for a caller's own metric as they came."""
    x, y = _matrices(x, y, metric, fn, "x", "y")
    if callable(metric):
        return x, y
    dtype = _arguments.float_type((x, y), fn, ("x", "y"))
    found = []
    for a, arg in ((x, "x"), (y, "y")):
        wide = _arguments.rows(a, dtype)
        if not all_finite(wide):
            row = int(np.argmax(~np.isfinite(wide).all(axis=1)))
            raise ValueError(f"{fn}: {arg}[{row}] holds NaN or infinity; {arg} must be finite, check for nan or inf "
                             "values")
        found.append(a if a.dtype == bool else wide)
    return found[0], found[1] if y is not x else found[0]


def _resolved(metric, x, y, options, fn):
    """(name, options) of a metric, with what SciPy takes from all of the data; None for a function."""
    function, name = matrices._function(metric, fn)
    if function is not None:
        return None, options
    metric = _metrics.ALIASES[name]
    options = matrices._options(metric, options, fn)
    matrices.check_options(fn, metric.name, options, x.shape[1])
    if "w" in options:
        options["w"] = _arguments.weights(options["w"], x.shape[1], fn)
    if metric.name in ("seuclidean", "mahalanobis"):
        matrices._prepare(fn, metric.name, x, y, options)
    return metric.name, options


def _euclidean_rows(name, x, y, options, workers, fn):
    """(x, y, power, factor): rows whose euclidean distance d gives the metric as factor d^power; None where none do."""
    plain = options.get("w") is None
    if x.shape[1] == 0 or x.dtype == bool or y.dtype == bool or len(y) > _MOST_POINTS:
        return None
    if plain and (name == "euclidean" or name == "minkowski" and options.get("p", 2) == 2):
        return x, y, 1, 1.0
    if plain and name == "sqeuclidean":
        return x, y, 2, 1.0
    if plain and name in ("cosine", "correlation"):
        centered = options.get("centered", name == "correlation")
        x, y = (_metrics.unit_rows(a, None, centered, workers, fn) for a in (x, y))
        return (x, y, 2, 0.5) if all_finite(x) and all_finite(y) else None
    return None


def _as_metric(squares, scale, power, factor, dtype):
    """Distances from squared ones, each times scale^2."""
    if power == 2:
        with np.errstate(over="ignore"):
            found = squares / scale / scale * factor
    else:
        found = np.sqrt(squares, out=squares)
        if scale != 1:
            found /= scale
    return found.astype(dtype, copy=False)


def _result_type(x, y):
    return np.dtype(np.float32) if x.dtype == y.dtype == np.float32 else np.dtype(np.float64)


def _blocks(x, y, metric, options, workers, memory):
    """(first, distances of the rows from there on to y), as many as fit."""
    rows = max(1, memory // (8 * max(len(y), 1)))
    for first in range(0, len(x), rows):
        yield first, cdist(x[first:first + rows], y, metric, workers=workers, **options)


# ------------------------------------------------------------------ the k nearest

def _nearest(x, y, k, metric, exclude_self, workers, options, fn):
    workers = _validate.check_workers(workers, fn)
    x, y = _points(x, y, metric, fn)
    k = _validate.whole_number(k, fn, "k", low=0, high=max(len(y) - bool(exclude_self), 0))
    name, options = _resolved(metric, x, y, options, fn)
    dtype = _result_type(x, y)
    fit = _euclidean_rows(name, x, y, options, workers, fn) if k else None
    if fit is not None and len(x):
        squares, indices, _, scale = _kernel.search(fit[0], fit[1], k, 0.0, 0 if exclude_self else -1, workers, fn)
        return KNNResult(_as_metric(squares, scale, fit[2], fit[3], dtype), indices)
    found, indices = np.empty((len(x), k)), np.empty((len(x), k), np.int64)
    if k:
        for first, block in _blocks(x, y, metric, options, workers, _BLOCK_BYTES):
            last = first + len(block)
            _kernel.smallest(block, first, bool(exclude_self), found[first:last], indices[first:last], workers, fn)
    return KNNResult(found.astype(dtype, copy=False), indices)


def nearest_neighbors(x, y, /, k, metric="euclidean", *, exclude_self=False, workers=None, **kwargs):
    """The k rows of y nearest to each row of x.

    Parameters
    ----------
    x : array_like, shape (m, d)
        Points that ask. Real and finite; integers and bool become float64.
    y : array_like, shape (n, d)
        Points that are searched.
    k : int
        How many, at most n (n - 1 with `exclude_self`).
    metric : str or callable, default "euclidean"
        As in `cdist`.
    exclude_self : bool, default False
        Row i of y is no neighbour of row i of x: for x and y the same points.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Options of the metric, as in `cdist`.

    Returns
    -------
    KNNResult
        ``distances`` (m, k), rising in each row, float32 for float32 data, else float64; ``indices`` (m, k), int64.
        Equal distances are in the order of their indices.

    Raises
    ------
    ValueError
        k out of range, NaN or infinity, numbers of columns that differ, an unknown metric.
    TypeError
        Data that are not real numbers, options that the metric does not take.

    Notes
    -----
    euclidean, sqeuclidean, cosine and correlation: certified. Products of the centred rows in float32 give every
    squared distance with a bound on its error, ``(min(d, 512) + d/512 + 24) 2^-24 (|x|^2 + |y|^2)``; those that the
    bound cannot exclude are computed again from float64 differences of the rows as they came, and ranked by these. So
    float64 data are searched at the speed of float32, the neighbours are those of exact arithmetic but for distances
    that agree to (d/16 + 6) eps, and neither threads nor the instruction set show in the answer. The m n distances are
    never stored: memory O(n d + m k).

    Data in clusters far narrower than their distances (2^-12 of them) leave the bound little to exclude: the answer is
    the same, at the cost of a difference for each point of the cluster.

    Other metrics: `cdist` in blocks of at most 64 MB, then a selection; NaN distances (rows of zeros under cosine) come
    last.

    Cost: O(m n d).

    References
    ----------
    Yu, Huang, Austin, Xiao, Biros, "Performance optimization for the k-nearest neighbors kernel on x86 architectures",
    SC 2015: selection fused into the product.

    Examples
    --------
    >>> from mathcore.distance import nearest_neighbors
    >>> y = [[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]
    >>> found = nearest_neighbors([[3.0, 3.0]], y, 2)
    >>> found.indices
    array([[1, 0]])
    >>> found.distances.round(3)
    array([[1.   , 4.243]])
    """
    return _nearest(x, y, k, metric, exclude_self, workers, kwargs, "nearest_neighbors")


def nearest(x, y, /, metric="euclidean", *, workers=None, **kwargs):
    """The row of y nearest to each row of x.

    Parameters
    ----------
    x : array_like, shape (m, d)
        Points that ask. Real and finite; integers and bool become float64.
    y : array_like, shape (n, d)
        Points that are searched; at least one.
    metric : str or callable, default "euclidean"
        As in `cdist`.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Options of the metric, as in `cdist`.

    Returns
    -------
    ndarray of int64, shape (m,)
        Of equally near rows the first.

    Raises
    ------
    ValueError
        No rows in y, NaN or infinity, numbers of columns that differ, an unknown metric.
    TypeError
        Data that are not real numbers, options that the metric does not take.

    See Also
    --------
    nearest_neighbors : Several, with their distances; accuracy and cost.

    Examples
    --------
    >>> from mathcore.distance import nearest
    >>> nearest([[1.0], [8.0], [5.0]], [[0.0], [10.0]])
    array([0, 1, 0])
    """
    fn = "nearest"
    workers = _validate.check_workers(workers, fn)
    x, y = _points(x, y, metric, fn)
    if not len(y):
        raise ValueError(f"{fn}: y has no rows; expected at least one, got shape {y.shape}")
    name, options = _resolved(metric, x, y, kwargs, fn)
    fit = _euclidean_rows(name, x, y, options, workers, fn) if len(y) <= min(len(x), _MOST_CENTRES) else None
    if fit is None:
        return _nearest(x, y, 1, metric, False, workers, kwargs, fn).indices[:, 0]
    labels = np.empty(len(x), np.int32)
    _kmeans.assign(fit[0], fit[1], labels, workers, fn)
    return labels.astype(np.int64)


# ------------------------------------------------------------------ within a radius

def radius_neighbors(x, y, /, radius, metric="euclidean", *, exclude_self=False, workers=None, **kwargs):
    """The rows of y within a distance of each row of x.

    Parameters
    ----------
    x : array_like, shape (m, d)
        Points that ask. Real and finite; integers and bool become float64.
    y : array_like, shape (n, d)
        Points that are searched.
    radius : float
        The largest distance that counts; not negative.
    metric : str or callable, default "euclidean"
        As in `cdist`.
    exclude_self : bool, default False
        Row i of y is no neighbour of row i of x: for x and y the same points.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Options of the metric, as in `cdist`.

    Returns
    -------
    RadiusResult
        ``distances`` and ``indices`` of all neighbours, those of row i at ``offsets[i]:offsets[i + 1]``, rising in
        distance, equal ones in the order of their indices; ``offsets`` has m + 1 elements. The three are the parts of a
        CSR matrix (m, n): ``csr_array((distances, indices, offsets), shape=(m, n))``.

    Raises
    ------
    ValueError
        A negative radius, NaN or infinity, numbers of columns that differ, an unknown metric.
    TypeError
        Data that are not real numbers, options that the metric does not take.

    See Also
    --------
    nearest_neighbors : How the search is certified.

    Notes
    -----
    Decided by float64 distances for the metrics that `nearest_neighbors` certifies, by those of `cdist` for others.
    Memory: the result and blocks of at most 64 MB. Cost: O(m n d).

    Examples
    --------
    >>> from mathcore.distance import radius_neighbors
    >>> found = radius_neighbors([[0.0], [9.0]], [[0.0], [2.0], [8.5], [20.0]], 3)
    >>> found.indices
    array([0, 1, 2])
    >>> found.offsets
    array([0, 2, 3])
    """
    fn = "radius_neighbors"
    workers = _validate.check_workers(workers, fn)
    x, y = _points(x, y, metric, fn)
    radius = _validate.real_number(radius, fn, "radius", low=0)
    name, options = _resolved(metric, x, y, kwargs, fn)
    fit = _euclidean_rows(name, x, y, options, workers, fn) if len(y) else None
    search = _within_of_rows if fit is not None else _within_of_metric
    distances, indices, numbers = [], [], [np.zeros(1, np.int64)]
    for found in search(x, y, radius, metric, options, fit, bool(exclude_self), workers):
        for part, whole in zip(found, (distances, indices, numbers), strict=True):
            whole.append(part)
    dtype = _result_type(x, y)
    return RadiusResult(np.concatenate([np.empty(0), *distances]).astype(dtype, copy=False),
                        np.concatenate([np.empty(0, np.int64), *indices]), np.cumsum(np.concatenate(numbers)))


def _within_of_rows(x, y, radius, metric, options, fit, exclude_self, workers):
    """(distances, indices, their number in each row) of some rows after the other, by the search."""
    left, right, power, factor = fit
    # a little farther, where rounding decides: what is found is compared with the radius itself
    reach = np.nextafter((radius if power == 1 else np.sqrt(radius / factor)) * (1 + 1e-15), np.inf)
    rows = max(1, _FOUND_BYTES // (16 * len(y)))
    for first in range(0, len(x), rows):
        squares, indices, number, scale = _kernel.search(left[first:first + rows], right, None, reach,
                                                         first if exclude_self else -1, workers, "radius_neighbors")
        row = np.repeat(np.arange(len(number)), number)
        place = row * len(y) + np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
        distances = _as_metric(squares.ravel()[place], scale, power, factor, np.float64)
        within = distances <= radius
        yield distances[within], indices.ravel()[place[within]], np.bincount(row[within], minlength=len(number))


def _within_of_metric(x, y, radius, metric, options, fit, exclude_self, workers):
    for first, block in _blocks(x, y, metric, options, workers, _BLOCK_BYTES):
        there = block <= radius
        if exclude_self:
            own = np.arange(first, min(first + len(block), len(y)))
            there[own - first, own] = False
        row, indices = np.nonzero(there)
        distances = block[there].astype(np.float64, copy=False)
        order = np.lexsort((indices, distances, row))
        yield distances[order], indices[order], there.sum(axis=1)


# ------------------------------------------------------------------ in blocks

def cdist_chunks(XA, XB, metric="euclidean", *, memory=1 << 26, workers=None, **kwargs):  # noqa: N803 - cdist's names
    """`cdist` in blocks of rows, for results that do not fit in memory.

    Parameters
    ----------
    XA : array_like, shape (m, d)
        Points, as in `cdist`.
    XB : array_like, shape (n, d)
    metric : str or callable, default "euclidean"
        As in `cdist`.
    memory : int, default 2^26
        Bytes that a block may take, 8 for each distance; at least one row comes at a time.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Options of the metric, as in `cdist`. What it takes from the data (variances of seuclidean, the covariance of
        mahalanobis) is taken from all of them, not from a block.

    Returns
    -------
    iterator of (int, ndarray)
        The number of a block's first row, and the block: ``cdist(XA[first:first + rows], XB)``.

    Raises
    ------
    ValueError
        As `cdist`, and for less than one byte; before the first block.
    TypeError
        As `cdist`.

    Notes
    -----
    Values are those of `cdist` but for the last digits: euclidean distances, cosine and correlation move each block's
    points towards their own centre. Cost: O(m n d) in all.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.distance import cdist_chunks
    >>> x = np.arange(6.0).reshape(6, 1)
    >>> for first, block in cdist_chunks(x, x, memory=100):
    ...     print(first, block.max())
    0 5.0
    2 3.0
    4 5.0
    """
    fn = "cdist_chunks"
    memory = _validate.whole_number(memory, fn, "memory", low=1)
    workers = _validate.check_workers(workers, fn)
    xa, xb = _matrices(XA, XB, metric, fn, "XA", "XB")
    if not callable(metric):
        _arguments.float_type((xa, xb), fn, ("XA", "XB"))
    _, options = _resolved(metric, xa, xb, kwargs, fn)
    return _blocks(xa, xb, metric, options, workers, memory)
