"""The metrics by name: which kernel computes one, and with which options."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mathcore._kernels import euclidean as _euclidean
from mathcore._kernels import pairwise as _pairwise
from mathcore.distance import _arguments
from mathcore.distance._arguments import rows
from mathcore.distance.truths import FORMULAS, NOTHING, exact_cases, summed_cases
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matmul

# Coordinates up to which differences are summed one by one: beyond, the product is faster ((1000, 1000, d) float64).
DIRECT = 16
# Numbers of y up to which they are all the same: the product's preparations take 4 us. (Nothing is decided by x, whose
# rows have the same bits wherever they stand.)
FEW = 1 << 13

BLOCK = 1 << 16                          # coordinates of a block that NumPy walks several times: half of L2
COUNTS = 1 << 14                         # distances of a block of which some eight arrays live at once: 1 MB


def several(pair, f):
    """f of both of a pair, of the same once."""
    x = f(pair[0])
    return x, x if pair[1] is pair[0] else f(pair[1])


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
        return self.several(lambda a: rows(a, self.out.dtype))

    def weights(self, w):
        return None if w is None else _arguments.weights(w, self.x.shape[1], self.fn)

    def all_rows(self):
        """All rows, in float64 and in one piece: NumPy's sums depend on the layout."""
        return rows(self.x if self.out.ndim == 1 else np.vstack([self.x, self.y]), np.float64)

    def several(self, f):
        """f of the rows of x and of those of y, of the same rows once."""
        return several((self.x, self.y), f)

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
    if w is not None and form == _pairwise.ROOT and not w.all():       # 0 times a power of what is infinite is NaN
        x, y = several((x, y), lambda a: np.ascontiguousarray(a[:, w != 0]))
        w = w[w != 0]
        d = x.shape[1]
    if w is not None and dtype == np.float32 and not _arguments.fits_float32(w):
        wide = pairs._replace(out=np.empty(pairs.out.shape))
        direct(wide, op, form, w, several((x, y), lambda a: np.ascontiguousarray(a, np.float64)), **numbers)
        with np.errstate(over="ignore", under="ignore"):
            pairs.out[...] = wide.out
        return
    used = np.ones(d, dtype) if w is None else np.ascontiguousarray(w, dtype)
    _pairwise.distances(op, form, x, y, used, pairs.out, pairs.workers, pairs.fn, weighted=w is not None, **numbers)


def square(pairs, form, w=None, rows=None):
    """Squares of differences: by products where these are faster and most numbers in range."""
    x, y = pairs.floats() if rows is None else rows
    if w is not None or x.shape[1] <= DIRECT or y.size <= FEW or not in_range(y):
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


def default_variances(x):
    """Of the coordinates of the rows of x, where the caller gives none."""
    return np.var(x, axis=0, ddof=1)


def default_inverse(x, fn):
    """The inverse of the covariance of the rows of x, where the caller gives none."""
    count, d = x.shape
    if count <= d:
        raise ValueError(f"{fn}: VI is not given. The number of observations ({count}) is too small; the covariance "
                         f"matrix is singular. For observations with {d} dimensions, at least {d + 1} observations are "
                         "required.")
    try:
        return np.linalg.inv(np.atleast_2d(np.cov(x.T))).T.copy() if d else np.empty((0, 0))
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError(f"{fn}: VI is not given and the covariance of the points is singular; expected "
                                    f"points that span {d} dimensions, got some that do not") from None


def seuclidean(pairs, V=None):
    variance = default_variances(pairs.all_rows()) if V is None else \
        _arguments.variances(V, pairs.x.shape[1], pairs.fn)
    with np.errstate(divide="ignore", over="ignore"):
        square(pairs, _pairwise.ROOT, 1 / variance)


def cityblock(pairs, w=None):
    direct(pairs, _pairwise.ABSOLUTE, _pairwise.PLAIN, pairs.weights(w))


def chebyshev(pairs, w=None):
    w = pairs.weights(w)
    found = pairs.floats()
    if w is not None:                    # a weight counts by being there
        found = several(found, lambda a: np.ascontiguousarray(a[:, w > 0]))
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

def unit_rows(x, w=None, centered=False, workers=None, fn="cdist"):
    """Rows of length 1, weighted; about their means first if centered. In float64; rows of zeros become NaN."""
    x = rows(x, np.float64)
    if w is not None:
        if not w.all():                  # what counts for nothing must not scale the rest
            x, w = np.ascontiguousarray(x[:, w > 0]), w[w > 0]
        if x.shape[1]:
            with np.errstate(invalid="ignore", over="ignore"):
                x, _ = scaled(x, 1)
                if centered:             # about the first number: a constant row leaves exact zeros
                    x = x - x[:, :1]
                    x, _ = scaled(x - (x * (w / w.sum())).sum(1, keepdims=True), 1)
                x, centered = x * np.sqrt(w), False
    if x.shape[1] == 0:
        return np.full((len(x), 1), np.nan)
    out = np.empty_like(x)
    _pairwise.unit_rows(x, out, centered, workers, fn)
    return out


def cosine(pairs, w=None, centered=False):
    w = pairs.weights(w)
    if pairs.x.shape[1] == 0:
        pairs.out.fill(np.nan)
        return
    found = pairs.several(lambda x: rows(unit_rows(x, w, centered, pairs.workers, pairs.fn), pairs.out.dtype))
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


def summable(x):
    """Rows whose sums, and one over them, are numbers: those of x, where need be over powers of two."""
    least, largest = _pairwise.extent(x)
    info = np.finfo(x.dtype)
    good = least > 4 * float(info.tiny) and largest < float(info.max) / (x.shape[-1] + 1)
    return x if good else scaled(x, -1)[0]


def probabilities(x, dtype):
    """(rows that sum to 1 without what is below the kernel's least, which of them are none: negative or without a
    sum)."""
    x = summable(rows(x, dtype))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = x.sum(1, keepdims=True)
        p = x / total
    bad = (x < 0).any(1) | (total[:, 0] == 0)
    p[p < (2.0**-480 if dtype == np.float64 else 2.0**-60)] = 0
    return p, bad


def mahalanobis(pairs, VI=None):
    n = pairs.x.shape[1]
    inverse = default_inverse(pairs.all_rows(), pairs.fn) if VI is None else \
        _arguments.inverse_covariance(VI, n, pairs.fn)
    if n == 0:
        pairs.out.fill(0)
        return
    x, y = pairs.several(lambda a: rows(a, np.float64))

    def block(i, last, first):
        with np.errstate(invalid="ignore", over="ignore"):
            delta = (x[i:last, None] - y[None, first:]).reshape(-1, n)
        with np.errstate(invalid="ignore", over="ignore"):
            found = np.sqrt(np.einsum("ij,ij->i", matmul(delta, inverse, workers=pairs.workers), delta))
        return found.reshape(last - i, -1)

    pairs.blocks(BLOCK // max(n, 1), block)


# ------------------------------------------------------------------ truth values

def truths(pairs, name, w=None):
    """By counts of what is true in both rows, a product. dice takes numbers as degrees of truth."""
    w = None if w is None else scaled(pairs.weights(w), 0)[0]         # products of two counts stay numbers
    d = pairs.x.shape[1]
    degrees = name == "dice" and not (pairs.x.dtype == bool and pairs.y.dtype == bool)
    dtype = np.float64 if degrees or w is not None or d >= 1 << 24 else np.float32     # float32 counts to 2^24

    def read(a):
        return np.ascontiguousarray(a if degrees else a != 0, dtype)

    x, y = pairs.several(read)
    if w is None:
        a, b = several((x, y), lambda rows: rows.sum(1, dtype=np.float64))
        left, right = (x,), (y,)
    else:                                # four sums of their own: what does not occur counts exactly 0
        left, right = (x * w, (1 - x) * w), (y, 1 - y)

    def block(i, last, first):
        found = [matmul(p[i:last], q[first:].T, workers=pairs.workers).astype(np.float64, copy=False)
                 for p in left for q in right]
        counts = summed_cases(*found) if w is not None else \
            exact_cases(float(d), a[i:last, None], b[None, first:], found[0])
        numerator, denominator = FORMULAS[name](*counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = numerator / denominator
        return np.where(numerator == 0, 0, found) if name in NOTHING else found

    pairs.blocks(COUNTS, block)


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
