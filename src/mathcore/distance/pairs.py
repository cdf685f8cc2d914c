"""Distances of two vectors of numbers. Plain vectors of one float type go straight to the kernel."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import pairwise as _pairwise
from mathcore.distance import _arguments
from mathcore.distance._metrics import summable, unit_rows

__all__ = ["braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "euclidean", "hamming",
           "jensenshannon", "mahalanobis", "minkowski", "seuclidean", "sqeuclidean"]

_SQUARE, _ABSOLUTE, _MAXIMUM, _CANBERRA = _pairwise.SQUARE, _pairwise.ABSOLUTE, _pairwise.MAXIMUM, _pairwise.CANBERRA
_BRAYCURTIS, _POWER, _UNEQUAL = _pairwise.BRAYCURTIS, _pairwise.POWER, _pairwise.UNEQUAL
_PLAIN, _ROOT, _HALF = _pairwise.PLAIN, _pairwise.ROOT, _pairwise.HALF

_PARAMETERS = """
    Drop-in for `scipy.spatial.distance.{name}`; float32 vectors give a float32 distance.

    Parameters
    ----------
    u, v : array_like, shape (n,)
        Real; integers and bool become float64.
{more}
    Returns
    -------
    numpy.float64, or numpy.float32 for float32 vectors

    Raises
    ------
    ValueError
        Vectors of different lengths or with another number of dimensions{bad}.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    {notes} Sums run in lanes of 64 bytes: relative error at most ``(n/8 + 8) eps``, eps = 2^-53 (n/16 and 2^-24 in
    float32). Cost: O(n).

    Examples
    --------
    >>> from mathcore.distance import {name}
    >>> {example}
    """

_WEIGHTS = """    w : array_like, shape (n,), optional
        Weights, not negative.
"""


def _document(summary, notes, example, more=_WEIGHTS, bad=", negative weights"):
    def fill(function):
        function.__doc__ = summary + "\n" + _PARAMETERS.format(name=function.__name__, notes=notes, example=example,
                                                               more=more, bad=bad)
        return function

    return fill


def _vectors(fn, u, v):
    """Two vectors of one float type; None for complex numbers and more than double precision, which are SciPy's."""
    u, v = _arguments.vector(u, fn, "u"), _arguments.vector(v, fn, "v")
    if len(u) != len(v):
        raise ValueError(f"{fn}: v does not fit. The 1d arrays must have equal lengths.; operands could not be "
                         f"broadcast together with shapes {u.shape} {v.shape}")
    if any(_arguments.is_wide(a) or a.dtype.kind == "c" for a in (u, v)):
        return None
    dtype = _arguments.float_type((u, v), fn, "uv")
    return _arguments.rows(u, dtype), _arguments.rows(v, dtype)


def _general(fn, op, form, u, v, w, p=2.0):
    """Anything that the kernel did not take as it is."""
    found = _vectors(fn, u, v)
    if found is None:
        options = {} if w is None else {"w": w}
        if fn == "minkowski":
            options["p"] = p
        return _arguments.peer(fn)(u, v, **options)
    u, v = found
    if w is not None:
        w = _arguments.weights(w, len(u), fn)
        narrow = u.dtype == np.float32
        if op == _MAXIMUM or form == _ROOT:         # there, what counts for nothing must not scale the rest
            u, v, w = u[w > 0], v[w > 0], None if op == _MAXIMUM else w[w > 0]
        if narrow and w is not None and not _arguments.fits_float32(w):
            return _narrow(_general(fn, op, form, u.astype(np.float64), v.astype(np.float64), w, p))
        w = None if w is None else w.astype(u.dtype, copy=False)
    if len(u):
        return _pairwise.pair(op, form, u, v, w, p)
    return u.dtype.type(np.nan if op in (_BRAYCURTIS, _UNEQUAL) else 0)


def _narrow(distance):
    with np.errstate(over="ignore", under="ignore"):
        return np.float32(distance)


@_document("The Euclidean distance of two vectors.", "``sqrt(sum w (u - v)^2)``; it neither overflows nor vanishes "
           "where the distance is a number.", "euclidean([1e200, 0.0], [0.0, 0.0])\n    np.float64(1e+200)")
def euclidean(u, v, w=None):
    found = _pairwise.pair(_SQUARE, _ROOT, u, v, w, 2.0)
    return _general("euclidean", _SQUARE, _ROOT, u, v, w) if found is None else found


@_document("The squared Euclidean distance of two vectors.", "``sum w (u - v)^2``.",
           "sqeuclidean([1.0, 2.0], [4.0, 6.0])\n    np.float64(25.0)")
def sqeuclidean(u, v, w=None):
    found = _pairwise.pair(_SQUARE, _PLAIN, u, v, w, 2.0)
    return _general("sqeuclidean", _SQUARE, _PLAIN, u, v, w) if found is None else found


@_document("The city block (Manhattan) distance of two vectors.", "``sum w |u - v|``.",
           "cityblock([1.0, 2.0], [4.0, 6.0])\n    np.float64(7.0)")
def cityblock(u, v, w=None):
    found = _pairwise.pair(_ABSOLUTE, _PLAIN, u, v, w, 2.0)
    return _general("cityblock", _ABSOLUTE, _PLAIN, u, v, w) if found is None else found


@_document("The Chebyshev distance of two vectors.", "``max |u - v|`` where w > 0; NaN where a difference is.",
           "chebyshev([1.0, 2.0], [4.0, 6.0])\n    np.float64(4.0)")
def chebyshev(u, v, w=None):
    found = _pairwise.pair(_MAXIMUM, _PLAIN, u, v, None, 2.0) if w is None else None
    return _general("chebyshev", _MAXIMUM, _PLAIN, u, v, w) if found is None else found


_ORDER = """    p : float, default 2
        The order, above 0; infinity gives `chebyshev`.
"""


@_document("The Minkowski distance of two vectors.", "``(sum w |u - v|^p)^(1/p)``; it neither overflows nor vanishes "
           "where the distance is a number. p to 16 in steps of 1/2 by products and roots, others by exp and log.",
           "minkowski([1.0, 2.0], [4.0, 6.0], p=1)\n    np.float64(7.0)", _ORDER + _WEIGHTS,
           ", negative weights, p <= 0")
def minkowski(u, v, p=2, w=None):
    p = _arguments.order(p, "minkowski")
    if p == 2 or p == 1 or p == np.inf:
        op, form = {2: (_SQUARE, _ROOT), 1: (_ABSOLUTE, _PLAIN)}.get(p, (_MAXIMUM, _PLAIN))
    else:
        op, form = _POWER, _ROOT
    found = None if w is not None and op == _MAXIMUM else _pairwise.pair(op, form, u, v, w, p)
    return _general("minkowski", op, form, u, v, w, p) if found is None else found


@_document("The Canberra distance of two vectors.", "``sum w |u - v| / (|u| + |v|)``, 0 / 0 counted as 0.",
           "canberra([1.0, 0.0], [3.0, 0.0])\n    np.float64(0.5)")
def canberra(u, v, w=None):
    found = _pairwise.pair(_CANBERRA, _PLAIN, u, v, w, 2.0)
    return _general("canberra", _CANBERRA, _PLAIN, u, v, w) if found is None else found


@_document("The Bray-Curtis distance of two vectors.", "``sum w |u - v| / sum w |u + v|``, NaN where both are 0.",
           "braycurtis([1.0, 0.0], [3.0, 0.0])\n    np.float64(0.5)")
def braycurtis(u, v, w=None):
    found = _pairwise.pair(_BRAYCURTIS, _PLAIN, u, v, w, 2.0)
    return _general("braycurtis", _BRAYCURTIS, _PLAIN, u, v, w) if found is None else found


@_document("The share of coordinates in which two vectors differ.", "``sum w (u != v) / sum w``; of letters or words "
           "too.", "hamming([1, 0, 2, 3], [1, 1, 2, 3])\n    np.float64(0.25)\n    "
                   ">>> hamming(list(\"karolin\"), list(\"kathrin\")) * 7\n    np.float64(3.0)")
def hamming(u, v, w=None):
    found = _pairwise.pair(_UNEQUAL, _PLAIN, u, v, w, 2.0)
    if found is not None:
        return found
    u, v = (x if isinstance(x, np.ma.MaskedArray) else np.asarray(x) for x in (u, v))
    if u.dtype.kind in "USO" and u.shape == v.shape and u.ndim == 1:    # words, letters, anything that can be unequal
        u, v = np.asarray(u != v, np.float64), np.zeros(len(u))
    return _general("hamming", _UNEQUAL, _PLAIN, u, v, w)


_VARIANCES = """    V : array_like, shape (n,)
        Variances of the coordinates.
"""


@_document("The Euclidean distance of two vectors, each coordinate by its spread.", "``sqrt(sum (u - v)^2 / V)``.",
           "seuclidean([1.0, 2.0], [4.0, 6.0], [9.0, 4.0])\n    np.float64(2.23606797749979)", _VARIANCES, "")
def seuclidean(u, v, V):
    found = _pairwise.seuclidean(u, v, V)
    if found is not None:
        return found
    V = _arguments.vector(V, "seuclidean", "V")
    pair = _vectors("seuclidean", u, v)
    if V.shape != np.shape(u) or V.shape != np.shape(v):
        raise TypeError(f"seuclidean: V has the wrong length. V must be a 1-D array of the same dimension as u and v.; "
                        f"got {len(V)}")
    if pair is None:
        return _arguments.peer("seuclidean")(u, v, V)
    V = _arguments.variances(V, len(V), "seuclidean")
    found = _pairwise.seuclidean(*(_arguments.rows(a, np.float64) for a in pair), V) if len(V) else 0
    return pair[0].dtype.type(found) if pair[0].dtype == np.float64 else _narrow(found)


_INVERSE = """    VI : array_like, shape (n, n)
        The inverse of the covariance matrix.
"""


@_document("The Mahalanobis distance of two vectors.", "``sqrt((u - v) VI (u - v))``, NaN where that is negative.",
           "mahalanobis([1.0, 0.0], [0.0, 0.0], [[4.0, 0.0], [0.0, 1.0]])\n    np.float64(2.0)", _INVERSE, "")
def mahalanobis(u, v, VI):
    found = _pairwise.mahalanobis(u, v, VI)
    if found is not None:
        return found
    pair = _vectors("mahalanobis", u, v)
    if pair is None:
        return _arguments.peer("mahalanobis")(u, v, VI)
    u, v = pair
    inverse = np.atleast_2d(_validate.as_array(VI, "mahalanobis", "VI"))
    _validate.real_dtype(inverse.dtype, "mahalanobis", "VI")
    if inverse.shape != (len(u), len(u)):
        raise ValueError(f"mahalanobis: VI has the wrong shape. shapes {inverse.shape} and {u.shape} not aligned; "
                         f"expected {(len(u), len(u))}")
    delta = u.astype(np.float64) - v
    with np.errstate(invalid="ignore"):
        return u.dtype.type(np.sqrt(delta @ inverse.astype(np.float64, copy=False) @ delta))


def _angle(fn, u, v, w, centered):
    found = _pairwise.angle(u, v, bool(centered)) if w is None else None
    if found is not None:
        return found
    for x, arg in ((u, "u"), (v, "v")):
        if np.iscomplexobj(x):
            raise TypeError(f"{fn}: {arg} is complex. `u` and `v` must be real.; got {np.asarray(x).dtype}")
    pair = _vectors(fn, u, v)
    if pair is None:
        return _arguments.peer(fn)(u, v, w, **({"centered": centered} if fn == "correlation" else {}))
    u, v = pair
    w = None if w is None else _arguments.weights(w, len(u), fn)
    if not len(u):
        return u.dtype.type(np.nan)
    found = _pairwise.angle(u, v, bool(centered)) if w is None else None
    if found is not None:
        return found
    x, y = (unit_rows(a[None], w, centered, None, fn)[0] for a in (u, v))
    return u.dtype.type(_pairwise.pair(_SQUARE, _HALF, x, y, None, 2.0))


_COSINE = ("With û and v̂ of length 1, ``|û - v̂|^2 / 2 = 1 - û v̂``: exactly 0 for equal vectors, accurate near it; NaN "
           "for {}.")


@_document("The cosine distance of two vectors, one less the cosine of their angle.",
           _COSINE.format("a vector of zeros"), "cosine([1.0, 0.0], [1.0, 1.0]).round(6)\n    np.float64(0.292893)")
def cosine(u, v, w=None):
    return _angle("cosine", u, v, w, False)


_CENTERED = """    centered : bool, default True
        Whether the means are subtracted.
"""


@_document("The correlation distance of two vectors, one less their correlation.", "`cosine` of the vectors less their "
           "means. " + _COSINE.format("a constant vector"), "correlation([1.0, 0.0, 1.0], [1.0, 1.0, 0.0]).round(6)"
                                                             "\n    np.float64(1.5)", _WEIGHTS + _CENTERED)
def correlation(u, v, w=None, centered=True):
    return _angle("correlation", u, v, w, centered)


def jensenshannon(p, q, base=None, *, axis=0, keepdims=False):
    """The Jensen-Shannon distance of two distributions: the root of the divergence.

    Drop-in for `scipy.spatial.distance.jensenshannon`; float32 data give a float32 distance.

    Parameters
    ----------
    p, q : array_like
        Probabilities along `axis`, each divided by its sum first; their shapes broadcast.
    base : float, optional
        Of the logarithm; natural without it.
    axis : int, default 0
    keepdims : bool, default False
        Whether `axis` stays, with length 1.

    Returns
    -------
    numpy.float64 or ndarray, float32 for float32 data

    Raises
    ------
    ValueError
        Shapes that do not fit, an `axis` out of range, a base that is 1 or not positive.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    ``sqrt((sum p log(p / m) + sum q log(q / m)) / 2)``, m = (p + q) / 2. Each term is worked out without cancellation,
    so distances of near distributions have all their digits; 0 for equal ones. Infinite for negative numbers, NaN for a
    sum of 0. Probabilities below 2^-480 (float32: 2^-60) count as 0. Cost: O(n), one division and two logarithms by it.

    Examples
    --------
    >>> from mathcore.distance import jensenshannon
    >>> jensenshannon([1.0, 0.0], [0.0, 1.0], base=2)
    np.float64(1.0)
    """
    fn = "jensenshannon"
    factor = 0.5 / _arguments.log_base(base, fn)
    found = _pairwise.jensen(p, q, factor) if axis == 0 or axis == -1 else None
    if found is not None and not keepdims:
        return found
    p, q = _validate.as_array(p, fn, "p"), _validate.as_array(q, fn, "q")
    _validate.at_least_dims(p, 1, fn, "p")
    _validate.at_least_dims(q, 1, fn, "q")
    if _arguments.is_wide(p) or _arguments.is_wide(q):
        return _arguments.peer(fn)(p, q, base, axis=axis, keepdims=keepdims)
    dtype = _arguments.float_type((p, q), fn, "pq")
    shape = _validate.broadcast_batch(p.shape, q.shape, fn, "shapes of p and q")
    axis = _validate.check_axis(axis, np.broadcast_to(p, shape), fn, "p")
    rows = [_arguments.rows(np.moveaxis(np.broadcast_to(a, shape), axis, -1), dtype) for a in (p, q)]
    out = np.empty(rows[0].shape[:-1], dtype)
    rows = [summable(a) if a.size else a for a in rows]
    n = max(1, rows[0].shape[-1])
    _pairwise.jensen_rows(*(a.reshape(-1, a.shape[-1]) if a.size else np.zeros((out.size, n), dtype) for a in rows),
                          out.reshape(-1), factor)
    if keepdims:
        return np.expand_dims(out, axis)
    return out if out.ndim else out[()]
