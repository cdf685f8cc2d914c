"""Ratings with missing entries, factored: matrix_factorization, recommend."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import _validate
from mathcore._kernels import ratings as _ratings
from mathcore.linalg._matrix import check_finite_values, compute_dtype, matrices
from mathcore.linalg.matmul import matvec
from mathcore.linalg.vectors import vecdot

__all__ = ["FactorizationResult", "matrix_factorization", "recommend"]


class Recommendation(NamedTuple):
    """Items in descending order of their predicted ratings."""

    items: np.ndarray
    scores: np.ndarray


class Ratings(NamedTuple):
    """Those of user u are number ``starts[u]`` ... ``starts[u + 1] - 1``, in the order of their items."""

    starts: np.ndarray
    items: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class FactorizationResult:
    """Users and items as vectors, as `matrix_factorization` returns them: a model of all ratings.

    Attributes
    ----------
    user_factors, item_factors : ndarray, shapes (n_users, rank) and (n_items, rank)
    user_bias, item_bias : ndarray, shapes (n_users,) and (n_items,)
        0 without biases, and for who has no ratings.
    mean : float
        Of all ratings; 0 without biases.
    n_iter : int
        Sweeps made.
    converged : bool
        Whether the last of them changed the error by less than `tol`.
    trace : ndarray of float64, shape (n_iter,)
        Root mean square error over the known ratings after each sweep.
    known : Ratings
        These, less `mean`, by user.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import matrix_factorization
    >>> model = matrix_factorization([[5.0, 4.0, np.nan], [4.0, 3.0, 2.0]], 1, reg=0.01, rng=0)
    >>> print(f"{model.predict(0, 2):.1f}")
    3.2
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: np.ndarray
    item_bias: np.ndarray
    mean: float
    n_iter: int
    converged: bool
    trace: np.ndarray
    known: Ratings = field(repr=False)

    def predict(self, user, item, /):
        """``mean + user_bias[user] + item_bias[item] + user_factors[user] . item_factors[item]``, for numbers or arrays
        of them, which broadcast."""
        fn = "FactorizationResult.predict"
        user = _numbers(user, len(self.user_bias), fn, "user")
        item = _numbers(item, len(self.item_bias), fn, "item")
        dots = vecdot(self.user_factors[user], self.item_factors[item])
        return (dots + self.user_bias[user] + self.item_bias[item] + self.user_bias.dtype.type(self.mean))[()]

    def recommend(self, user, k, /, *, exclude_seen=True):
        """The k best items for a user: see `mathcore.linalg.recommend`."""
        return recommend(self, user, k, exclude_seen=exclude_seen)


_MOST = (1 << 31) - 1                   # users or items


def _numbers(x, count, fn, arg):
    """Whole numbers from 0 to count - 1."""
    a = _validate.as_array(x, fn, arg)
    if a.dtype.kind not in "iu" and a.size:
        raise TypeError(f"{fn}: {arg} has dtype {a.dtype}; expected whole numbers")
    outside = (a < 0) | (a >= count)
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"{fn}: {arg} is out of range; expected 0 to {count - 1}, got {a[at]} at index {at}")
    return a.astype(np.int64)


def recommend(model, user, k, /, *, exclude_seen=True):
    """The k items that a model of ratings expects a user to like best.

    Parameters
    ----------
    model : FactorizationResult
        From `matrix_factorization`.
    user : int
    k : int
        How many items; fewer come where the user has rated all others.
    exclude_seen : bool, default True
        Leave out what the user has rated.

    Returns
    -------
    Recommendation
        ``items`` (k,), the best first, of equals the lower number; ``scores`` (k,), their predicted ratings.

    Raises
    ------
    ValueError
        A user that there is not, a `k` below 0.
    TypeError
        A model of another kind, numbers that are not whole.

    Notes
    -----
    Error: that of the model. Cost: 2 n_items rank flops and a partial sort.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import matrix_factorization, recommend
    >>> ratings = [[5.0, 1.0, np.nan, np.nan], [5.0, 1.0, 1.0, 5.0], [1.0, 5.0, 5.0, 1.0]]
    >>> model = matrix_factorization(ratings, 1, rng=0)
    >>> recommend(model, 0, 1).items
    array([3])
    """
    fn = "recommend"
    if not isinstance(model, FactorizationResult):
        raise TypeError(f"{fn}: model is no factorization; expected a FactorizationResult, got {type(model).__name__}")
    user = _validate.whole_number(user, fn, "user", low=0, high=len(model.user_bias) - 1)
    k = _validate.whole_number(k, fn, "k", low=0)
    scores = matvec(model.item_factors, model.user_factors[user]) + model.item_bias
    scores = scores + scores.dtype.type(model.user_bias[user] + model.mean)
    candidates = np.ones(len(scores), bool)
    if exclude_seen:
        starts = model.known.starts
        candidates[model.known.items[starts[user]:starts[user + 1]]] = False
    items = np.flatnonzero(candidates)
    if 0 < k < len(items):               # with all that equal the last: the lower numbers among them are kept
        least = np.partition(scores[items], len(items) - k)[len(items) - k]
        items = items[scores[items] >= least]
    best = items[np.argsort(-scores[items], kind="stable")[:k]]
    return Recommendation(best, scores[best])


# ------------------------------------------------------------------ ratings in

def _triplets(ratings, shape, fn):
    """(users, items, values, shape) of any form of ratings."""
    if isinstance(ratings, tuple):
        return _given(ratings, shape, fn)
    if hasattr(ratings, "tocoo"):
        sparse = ratings.tocoo()
        return _given((sparse.row, sparse.col, sparse.data), sparse.shape, fn)
    dense = matrices(ratings, fn, "ratings", check_finite=False, peer=False)
    _validate.exact_dims(dense, 2, fn, "ratings")
    users, items = np.nonzero(~np.isnan(dense))
    values = dense[users, items]
    if dense.dtype.kind == "f":
        check_finite_values(values, fn, "ratings")
    return users, items, values, dense.shape


def _given(parts, shape, fn):
    """Triplets, checked."""
    if len(parts) != 3:
        raise ValueError(f"{fn}: ratings is a tuple of another length; expected (users, items, values), "
                         f"got {len(parts)} parts")
    if shape is None:
        limits = (_MOST, _MOST)
    elif not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"{fn}: shape is no pair; expected (n_users, n_items), got {shape!r}")
    else:
        limits = tuple(_validate.whole_number(n, fn, "shape", low=0, high=_MOST) for n in shape)
    users, items = (_numbers(x, n, fn, arg) for x, n, arg in zip(parts, limits, ("users", "items"), strict=False))
    values = matrices(parts[2], fn, "values", ndim=1, peer=False)
    for a, name in ((values, "values"), (users, "users"), (items, "items")):
        _validate.one_dimensional(a, fn, name)
        _validate.same_length(a.size, values.size, fn, f"lengths of {name} and values", a.shape, values.shape)
    return users, items, values, tuple(int(a.max(initial=-1)) + 1 for a in (users, items)) if shape is None else limits


def _both_ways(users, items, values, shape, fn):
    """Ratings by user and by item; a pair that comes twice is refused."""
    from scipy.sparse import coo_array

    pairs = coo_array((values, (users, items)), shape=shape)
    pairs.has_canonical_format = True    # no sums of duplicates
    by_user = pairs.tocsc().tocsr()      # each turn leaves the indices in order
    same = by_user.indices[1:] == by_user.indices[:-1]
    if same.any():
        user = np.repeat(np.arange(shape[0]), np.diff(by_user.indptr))
        twice = np.flatnonzero(same & (user[1:] == user[:-1]))
        if len(twice):
            raise ValueError(f"{fn}: ratings has a pair twice; expected one rating of each, "
                             f"got user {user[twice[0]]} and item {by_user.indices[twice[0]]} again")
    return tuple(Ratings(x.indptr.astype(np.int64), x.indices.astype(np.int32, copy=False), x.data)
                 for x in (by_user, by_user.tocsc()))


# ------------------------------------------------------------------ sweeps

def matrix_factorization(ratings, rank, /, *, reg=0.05, biases=True, n_iter=20, tol=1e-3, shape=None, rng=None,
                         callback=None, workers=None):
    """Factors of users and items whose products are near the known ratings: alternating least squares.

    Parameters
    ----------
    ratings : array_like, shape (n_users, n_items), or (users, items, values), or sparse array
        A dense array has NaN where a rating is missing. A tuple holds three vectors of one length; a sparse array of
        `scipy.sparse` the known ratings, stored zeros among them. Values are real; float32 stays float32, integers
        become float64.
    rank : int
        Factors of each user and item, at least 0; with 0 there are biases only.
    reg : float, default 0.05
        Weight of the squares of factors and biases, for each rating that they are to explain.
    biases : bool, default True
        Whether the model has a mean, and for each user and each item a number of its own, beside the product.
    n_iter : int, default 20
        Sweeps at most; in each all users are solved for, then all items.
    tol : float, default 1e-3
        The sweeps end when one changes the root mean square error by less than this part.
    shape : tuple of int, optional
        ``(n_users, n_items)`` of triplets. Default: up to the largest that come.
    rng : int, numpy.random.Generator or None, optional
        Seed or source of the items' first factors.
    callback : callable, optional
        Called as ``callback(sweep, error)`` after each sweep, the first is 1.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    FactorizationResult
        With ``user_factors``, ``item_factors``, ``predict(user, item)``, ``recommend(user, k)`` and more.

    Raises
    ------
    ValueError
        Infinite ratings, NaN among triplets, vectors of different lengths, numbers of users or items out of `shape`, a
        pair that comes twice, no ratings; numbers that are out of range.
    TypeError
        Ratings that are not real numbers; users, items or numbers that are not whole.
    numpy.linalg.LinAlgError
        Normal equations that are not positive definite: too small a `reg` for a user or item of fewer ratings than
        unknowns.

    See Also
    --------
    recommend : the best items for a user.

    Notes
    -----
    Minimizes the sum over known ratings r of user u and item i of
    ``(r - mean - b_u - c_i - p_u . q_i)^2 + reg (|p_u|^2 + b_u^2 + |q_i|^2 + c_i^2)`` (Zhou, Wilkinson, Schreiber and
    Pan, AAIM 2008; biases as Koren, Bell and Volinsky, Computer 42, 2009). Each user's part is a ridge regression,
    solved by Cholesky's method; no sweep makes the sum larger, but which of its minima is found depends on `rng`. The
    error of each solution is a few ``rank eps`` times the condition number of its normal equations. The bits do not
    depend on the number of threads.
    Cost of a sweep: 2 ratings (rank + 1)^2 + (users + items) rank^3 / 3 flops.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import matrix_factorization
    >>> users, items = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 2, 1])
    >>> model = matrix_factorization((users, items, [5.0, 3.0, 4.0, 1.0, 2.0]), 1, rng=0)
    >>> model.user_factors.shape, model.item_factors.shape
    ((3, 1), (3, 1))
    >>> print(f"{model.trace[-1]:.1f}")
    0.1
    """
    fn = "matrix_factorization"
    users, items, values, shape = _triplets(ratings, shape, fn)
    rank, n_iter = _validate.whole_number(rank, fn, "rank", low=0), _validate.whole_number(n_iter, fn, "n_iter", low=1)
    reg, tol = (_validate.real_number(x, fn, arg, low=0, high=np.finfo(np.float64).max)
                for x, arg in ((reg, "reg"), (tol, "tol")))
    if callback is not None and not callable(callback):
        raise TypeError(f"{fn}: callback is not callable; expected a function, got {callback!r}")
    rng, workers = _validate.generator(rng, fn), _validate.check_workers(workers, fn)
    if values.size == 0:
        raise ValueError(f"{fn}: ratings has no known rating; expected at least 1, got shape {shape}")
    dtype = compute_dtype(values)
    mean = float(values.mean(dtype=np.float64)) if biases else 0.0
    sides = _both_ways(users, items, np.subtract(values, mean, dtype=np.float64).astype(dtype), shape, fn)
    own = [np.zeros((n, rank + 1), dtype) for n in shape]
    own[1][:, :rank] = rng.standard_normal((shape[1], rank)) / np.sqrt(max(rank, 1))
    trace, converged = _sweeps(sides, own, bool(biases), reg, n_iter, tol, callback, workers, fn)
    return FactorizationResult(*(np.ascontiguousarray(x[:, :rank]) for x in own), *(x[:, rank].copy() for x in own),
                               mean, len(trace), converged, np.array(trace), sides[0])


def _sweeps(sides, own, biases, reg, n_iter, tol, callback, workers, fn):
    """(root mean square error after each sweep, whether they converged); `own` is written."""
    trace = []
    for sweep in range(1, n_iter + 1):
        for side, (who, known) in enumerate(zip(("user", "item"), sides, strict=True)):
            squares = np.empty(len(own[side]))
            _ratings.solve(known.starts, known.items, known.values, own[1 - side], own[side], biases, reg, side == 1,
                           squares, workers, fn)
            if (squares < 0).any():
                raise LinAlgError(f"{fn}: reg is too small for {who} {int(np.flatnonzero(squares < 0)[0])}, whose "
                                  f"normal equations are not positive definite; expected a larger one, got {reg:g}")
        trace.append(float(np.sqrt(squares.sum() / len(sides[1].values))))
        if callback is not None:
            callback(sweep, trace[-1])
        if sweep > 1 and abs(trace[-2] - trace[-1]) <= tol * trace[-2]:
            return trace, True
    return trace, False
