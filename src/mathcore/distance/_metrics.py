"""The metrics by name: which kernel computes one, and with which options."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import euclidean as _euclidean
from mathcore._kernels import pairwise as _pairwise
from mathcore.distance import _arguments
from mathcore.distance._arguments import rows
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matmul

# Coordinates up to which differences are summed one by one: beyond, the product is faster ((1000, 1000, d) float64).
DIRECT = 16
# Differences up to which they are all the same: the product's preparations take 4 us.
FEW = 1 << 16

BLOCK = 1 << 16                          # distances of a block that NumPy walks several times: half of L2


class Pairs(NamedTuple):
    """What a metric is asked for: every row of x with every row of y, or, where out has one dimension, the pairs i < j
    of rows of x, which y is then too."""

    fn: str
    x: np.ndarray
    y: np.ndarray
    out: np.ndarray
    workers: int | None

    def floats(self):
        """The rows in the type of out."""
        x = rows(self.x, self.out.dtype)
        return x, x if self.y is self.x else rows(self.y, self.out.dtype)

    def weights(self, w):
        return None if w is None else _arguments.weights(w, self.x.shape[1], self.fn)

    def all_rows(self):
        """All rows, in float64 and in one piece: NumPy's sums depend on the layout."""
        return rows(self.x if self.out.ndim == 1 else np.vstack([self.x, self.y]), np.float64)

    def several(self, f):
        """f of the rows of x and of those of y, of the same rows once."""
        x = f(self.x)
        return x, x if self.y is self.x else f(self.y)

    def blocks(self, count, f):
        """f(i, last, first) -> distances of the rows i ... last of x to those from `first` of y on, some `count` at a
        time, to their places in out."""
        m, n = len(self.x), len(self.y)
        step = max(1, count // max(n, 1))
        for i in range(0, m, step):
            last = min(m, i + step)
            if self.out.ndim == 2:
                self.out[i:last] = f(i, last, 0)
                continue
            found = f(i, last, i)
            for row in range(i, last):
                at = row * (2 * n - row - 1) // 2
                self.out[at:at + n - 1 - row] = found[row - i, row - i + 1:]


# ------------------------------------------------------------------ coordinate by coordinate

def direct(pairs, op, form, w=None, rows=None, **numbers):
    """The kernel that sums over coordinates."""
    x, y = pairs.floats() if rows is None else rows
    d, dtype = x.shape[1], pairs.out.dtype
    used = np.ones(d, dtype) if w is None else np.ascontiguousarray(w, dtype)
    _pairwise.distances(op, form, x, y, used, pairs.out, pairs.workers, pairs.fn, weighted=w is not None, **numbers)


def square(pairs, form, w=None, rows=None):
    """Squares of differences: by products where these are faster and their numbers in range."""
    x, y = pairs.floats() if rows is None else rows
    few = x.shape[1] <= DIRECT or len(x) * len(y) * x.shape[1] <= FEW
    if w is not None or few or not in_range(x) or not (y is x or in_range(y)):
        direct(pairs, _pairwise.SQUARE, form, w, (x, y))
        if form == _pairwise.HALF:       # of rows of length 1 and a rounding
            np.minimum(pairs.out, 2, out=pairs.out)
    elif pairs.out.ndim == 2:
        _euclidean.distances(x, y, pairs.out, form, 0.0, pairs.workers, pairs.fn)
    else:
        def block(i, last, first):
            found = np.empty((last - i, len(x) - first), x.dtype)
            _euclidean.distances(x[i:last], x[first:], found, form, 0.0, pairs.workers, pairs.fn)
            return found

        pairs.blocks(1 << 20, block)


def in_range(x):
    """Whether squares of the numbers of `x` are ordinary numbers."""
    least, largest = _pairwise.extent(x)
    wide = x.dtype == np.float64
    return largest == 0 or least > (1e-120 if wide else 1e-15) and largest < (1e150 if wide else 1e15)


def euclidean(pairs, w=None):
    square(pairs, _pairwise.ROOT, pairs.weights(w))


def sqeuclidean(pairs, w=None):
    square(pairs, _pairwise.PLAIN, pairs.weights(w))


def seuclidean(pairs, V=None):
    n = pairs.x.shape[1]
    if V is None:
        variance = np.var(pairs.all_rows(), axis=0, ddof=1)
    else:
        variance = _validate.as_array(V, pairs.fn, "V")
        _validate.real_dtype(variance.dtype, pairs.fn, "V")
        if variance.ndim != 1:
            raise ValueError(f"{pairs.fn}: V is not a vector. Variance vector V must be one-dimensional.; got shape "
                             f"{variance.shape}")
        if len(variance) != n:
            raise ValueError(f"{pairs.fn}: V has the wrong length. Variance vector V must be of the same dimension as "
                             f"the vectors on which the distances are computed.; expected {n}, got {len(variance)}")
    with np.errstate(divide="ignore", invalid="ignore"):
        square(pairs, _pairwise.ROOT, 1 / variance.astype(np.float64))


def cityblock(pairs, w=None):
    direct(pairs, _pairwise.ABSOLUTE, _pairwise.PLAIN, pairs.weights(w))


def chebyshev(pairs, w=None):
    w = pairs.weights(w)
    found = pairs.floats()
    if w is not None:                    # a weight counts by being there
        found = tuple(np.ascontiguousarray(a[:, w > 0]) for a in found)
    direct(pairs, _pairwise.MAXIMUM, _pairwise.PLAIN, None, found)


def minkowski(pairs, p=2.0, w=None):
    p = _arguments.order(p, pairs.fn)
    if p == 1:
        cityblock(pairs, w)
    elif p == 2:
        euclidean(pairs, w)
    elif p == np.inf:
        chebyshev(pairs, w)
    else:
        direct(pairs, _pairwise.POWER, _pairwise.ROOT, pairs.weights(w), p=p)


def canberra(pairs, w=None):
    direct(pairs, _pairwise.CANBERRA, _pairwise.PLAIN, pairs.weights(w))


def braycurtis(pairs, w=None):
    direct(pairs, _pairwise.BRAYCURTIS, _pairwise.PLAIN, pairs.weights(w))


def hamming(pairs, w=None):
    w = pairs.weights(w)
    if pairs.x.dtype == bool and pairs.y.dtype == bool and w is None:
        truths(pairs, "hamming", w)
    else:
        direct(pairs, _pairwise.UNEQUAL, _pairwise.PLAIN, w, total=float(pairs.x.shape[1] if w is None else w.sum()))


# ------------------------------------------------------------------ rows made fit first

def unit_rows(x, w=None, centered=False):
    """Rows of length 1, weighted; about their means first if centered. In float64; rows of zeros become NaN."""
    x = rows(x, np.float64)
    out = np.empty_like(x)
    if w is None and x.shape[1] and _pairwise.unit_rows(x, out, centered):
        return out
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y, _ = scaled(x, 1)
        if centered:
            mean = y.mean(1, keepdims=True) if w is None else (y @ (w / w.sum()))[:, None]
            y, _ = scaled(y - mean, 1)
        if w is not None:
            y = y * np.sqrt(w)
        return y / np.sqrt(np.einsum("ij,ij->i", y, y))[:, None]


def cosine(pairs, w=None, centered=False):
    w = pairs.weights(w)
    if pairs.x.shape[1] == 0:
        pairs.out.fill(np.nan)
        return
    found = pairs.several(lambda x: rows(unit_rows(x, w, centered), pairs.out.dtype))
    square(pairs, _pairwise.HALF, None, found)


def correlation(pairs, w=None, centered=True):
    cosine(pairs, w, centered)


def jensenshannon(pairs, base=None):
    found = pairs.several(lambda x: probabilities(x, pairs.out.dtype))
    (x, bad_x), (y, bad_y) = found
    direct(pairs, _pairwise.JENSEN, _pairwise.PLAIN, None, (x, y), factor=0.5 / _arguments.log_base(base, pairs.fn))
    if not bad_x.any() and not bad_y.any():
        return
    if pairs.out.ndim == 2:
        pairs.out[bad_x] = np.inf
        pairs.out[:, bad_y] = np.inf
    else:
        i, j = np.triu_indices(len(x), 1)
        pairs.out[bad_x[i] | bad_x[j]] = np.inf


def probabilities(x, dtype):
    """(rows that sum to 1 without what is below the kernel's least, which of them are none: negative or without a
    sum)."""
    x = rows(x, dtype)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = x.sum(1, keepdims=True)
        p = x / total
    bad = (x < 0).any(1) | (total[:, 0] == 0)
    p[p < (2.0**-480 if dtype == np.float64 else 2.0**-60)] = 0
    return p, bad


def mahalanobis(pairs, VI=None):
    m, n = len(pairs.x), pairs.x.shape[1]
    both = pairs.out.ndim == 2
    if VI is None:
        count = m + len(pairs.y) if both else m
        if count <= n:
            raise ValueError(f"{pairs.fn}: VI is not given. The number of observations ({count}) is too small; the "
                             f"covariance matrix is singular. For observations with {n} dimensions, at least {n + 1} "
                             "observations are required.")
        inverse = np.linalg.inv(np.atleast_2d(np.cov(pairs.all_rows().T))).T
    else:
        inverse = _validate.as_array(VI, pairs.fn, "VI")
        _validate.real_dtype(inverse.dtype, pairs.fn, "VI")
        if inverse.shape != (n, n):
            raise ValueError(f"{pairs.fn}: VI has the wrong shape; expected {(n, n)}, got {inverse.shape}")
    inverse = rows(inverse, np.float64)
    x, y = pairs.several(lambda a: rows(a, np.float64))

    def block(i, last, first):
        with np.errstate(invalid="ignore", over="ignore"):
            delta = (x[i:last, None] - y[None, first:]).reshape(-1, n)
        with np.errstate(invalid="ignore", over="ignore"):
            found = np.sqrt(np.einsum("ij,ij->i", matmul(delta, inverse, workers=pairs.workers), delta))
        return found.reshape(last - i, -1)

    pairs.blocks(BLOCK // max(n, 1), block)


# ------------------------------------------------------------------ truth values

def _jaccard(n, a, b, both):
    union = a + b - both
    return (union - both) / np.where(union == 0, 1, union)


def _yule(n, a, b, both):
    half = (a - both) * (b - both)
    return 2 * half / np.where(half == 0, 1, both * (n - a - b + both) + half)


# the distance of n coordinates, a true in one row, b in the other, `both` in both
FORMULAS = {
    "hamming": lambda n, a, b, both: (a + b - 2 * both) / n,
    "jaccard": _jaccard,
    "dice": lambda n, a, b, both: (a + b - 2 * both) / (a + b),
    "rogerstanimoto": lambda n, a, b, both: 2 * (a + b - 2 * both) / (n + (a + b - 2 * both)),
    "russellrao": lambda n, a, b, both: (n - both) / n,
    "sokalsneath": lambda n, a, b, both: 2 * (a + b - 2 * both) / (both + 2 * (a + b - 2 * both)),
    "yule": _yule,
}


def truths(pairs, name, w=None):
    """By counts of what is true in both rows, a product. dice takes numbers as degrees of truth."""
    w = pairs.weights(w)
    d = pairs.x.shape[1]
    degrees = name == "dice" and not (pairs.x.dtype == bool and pairs.y.dtype == bool)
    dtype = np.float64 if degrees or w is not None or d >= 1 << 24 else np.float32     # float32 counts to 2^24

    def read(a):
        return np.ascontiguousarray(a if degrees else a != 0, dtype)

    x, y = pairs.several(read)
    n = float(d) if w is None else w.sum()
    a, b = (rows.sum(1, dtype=np.float64) if w is None else rows @ w for rows in (x, y))
    left = x if w is None else x * w

    def block(i, last, first):
        both = matmul(left[i:last], y[first:].T, workers=pairs.workers).astype(np.float64, copy=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            return FORMULAS[name](n, a[i:last, None], b[None, first:], both)

    pairs.blocks(BLOCK, block)


def _truths(name):
    def run(pairs, w=None):
        truths(pairs, name, w)

    return run


# ------------------------------------------------------------------ names

# Metrics of which two plain matrices without options go straight to the kernel, and up to how many columns.
PLAIN = {
    "euclidean": (_pairwise.SQUARE, _pairwise.ROOT, DIRECT), "sqeuclidean": (_pairwise.SQUARE, _pairwise.PLAIN, DIRECT),
    **{name: (op, _pairwise.PLAIN, 1 << 60) for name, op in (
        ("cityblock", _pairwise.ABSOLUTE), ("chebyshev", _pairwise.MAXIMUM), ("canberra", _pairwise.CANBERRA),
        ("braycurtis", _pairwise.BRAYCURTIS), ("hamming", _pairwise.UNEQUAL))},
}


class Metric(NamedTuple):
    name: str
    options: tuple
    run: Callable


METRICS = {
    name: Metric(name, options, run)
    for name, options, run in (
        ("braycurtis", ("w",), braycurtis), ("canberra", ("w",), canberra), ("chebyshev", ("w",), chebyshev),
        ("cityblock", ("w",), cityblock), ("correlation", ("w", "centered"), correlation), ("cosine", ("w",), cosine),
        ("euclidean", ("w",), euclidean), ("hamming", ("w",), hamming), ("jensenshannon", ("base",), jensenshannon),
        ("mahalanobis", ("VI",), mahalanobis), ("minkowski", ("p", "w"), minkowski), ("seuclidean", ("V",), seuclidean),
        ("sqeuclidean", ("w",), sqeuclidean),
        *((name, ("w",), _truths(name)) for name in FORMULAS if name != "hamming"),
    )
}

_MORE = {
    "chebyshev": "chebychev cheby cheb ch", "cityblock": "cblock cb c", "correlation": "co", "cosine": "cos",
    "euclidean": "euclid eu e", "hamming": "matching hamm ha h", "jaccard": "jacc ja j", "jensenshannon": "js",
    "mahalanobis": "mahal mah", "minkowski": "mi m pnorm", "seuclidean": "se s", "sqeuclidean": "sqe sqeuclid",
}
ALIASES = {alias: metric for name, metric in METRICS.items() for alias in (name, *_MORE.get(name, "").split())}
