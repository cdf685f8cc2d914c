"""Fault rows of linalg's leading parts: randomized decompositions, principal components, ratings."""

import numpy as np

from mathcore import linalg
from tests.fault_rows import _FLOATS_ONLY, Fault, _workers
from tests.fault_rows_spaces import INFINITE, NAN, SQUARE, TALL, TWO_RANKS, _call, _data, _finite, _option


def _counts(args, name, low=0):
    return (_option(args, name, low - 1, ValueError), _option(args, name, 1.5, TypeError),
            _option(args, name, "2", TypeError))


def _rng(args):
    return (_option(args, "rng", -1, ValueError), _option(args, "rng", "seed", TypeError),
            _option(args, "rng", 1.5, TypeError))


def _rank(a, most):
    """Of the argument k, which comes second."""
    return (_call("k too large", (a, most + 1), ValueError, "k", f"at most {most}, got {most + 1}"),
            _call("k below 0", (a, -1), ValueError, "k", "-1"), _call("k no number", (a, "2"), TypeError, "k", "'2'"),
            _call("k not whole", (a, 1.5), TypeError, "k", "1.5"))


_MATRIX = (*_data((SQUARE, 1), 0, "a", _FLOATS_ONLY), *_finite((SQUARE, 1), 0, "a"), *_rank(SQUARE, 2),
           _call("a a vector", (SQUARE[0], 1), ValueError, "a", "(2,)"), *_rng((SQUARE, 1)),
           *_workers(lambda: (SQUARE.copy(), 1)))

_ITERATION = (*_counts((SQUARE, 1), "n_oversamples"), _option((SQUARE, 1), "n_iter", -1, ValueError),
              _option((SQUARE, 1), "n_iter", 1.5, TypeError), _option((SQUARE, 1), "n_iter", "many", ValueError))

RANDOMIZED_SVD = (*_MATRIX, *_ITERATION)

RANDOMIZED_EIGH = (
    *_MATRIX, *_ITERATION,
    _call("not square", (TALL, 1), ValueError, "a", "(3, 2)"),
    _call("not symmetric", (np.array([[1.0, 2.0], [3.0, 4.0]]), 1), ValueError, "a", "(2, 2)"),
    _call("one of a batch not symmetric", (np.array([np.eye(2), np.triu(SQUARE)]), 1), ValueError, "a", "(2, 2, 2)"),
)

LOW_RANK_APPROX = (*_MATRIX, _option((SQUARE, 1), "method", "qr", ValueError),
                   _option((SQUARE, 1), "method", None, ValueError))

PCA = (
    *_data((TALL, 1), 0, "x", _FLOATS_ONLY),
    *(fault for solver in ("covariance", "full", "randomized") for fault in (
        _call(f"x infinite, {solver}", (INFINITE, 1), ValueError, "x", "(1, 0)", solver=solver),
        _call(f"x NaN, {solver}", (NAN, 1), ValueError, "x", "(0, 1)", solver=solver))),
    *(fault for fault in _rank(TALL, 2) if fault.what != "k not whole"),
    _call("k more than all of the variance", (TALL, 1.5), ValueError, "k", "1.5"),
    _call("k none of the variance", (TALL, 0.0), ValueError, "k", "0.0"),
    _call("k part of the variance, randomized", (TALL, 0.5), ValueError, "k", "0.5", solver="randomized"),
    _call("x a vector", (SQUARE[0], 1), ValueError, "x", "(2,)"),
    _call("x a batch", (TWO_RANKS, 1), ValueError, "x", "(2, 2, 2)"),
    _call("one sample", (SQUARE[:1], 1), ValueError, "x", "(1, 2)"),
    _call("no samples", (SQUARE[:0], 0), ValueError, "x", "(0, 2)"),
    _call("no variables", (SQUARE[:, :0], 0), ValueError, "x", "(2, 0)"),
    _option((TALL, 1), "solver", "arpack", ValueError), _option((TALL, 1), "solver", None, ValueError),
    *_rng((TALL, 1)), *_workers(lambda: (TALL.copy(), 1)),
)

_TRIPLETS = (np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0]))
_WHERE = "users", "items", "values"


def _triplets(what, at, bad, error, arg, value, **kwargs):
    """One of three vectors in another's place."""
    return Fault(what, lambda: ((tuple(bad if i == at else x.copy() for i, x in enumerate(_TRIPLETS)), 1),
                                dict(kwargs)), error, arg, value)


MATRIX_FACTORIZATION = (
    *_data((SQUARE, 1), 0, "ratings", _FLOATS_ONLY),
    _call("ratings a vector", (SQUARE[0], 1), ValueError, "ratings", "(2,)"),
    _call("ratings infinite", (INFINITE, 1), ValueError, "ratings", "inf"),
    _call("no ratings", (np.full((2, 2), np.nan), 1), ValueError, "ratings", "(2, 2)"),
    _call("no triplets", ((np.zeros(0, int), np.zeros(0, int), np.zeros(0)), 1), ValueError, "ratings", "(0, 0)"),
    Fault("two vectors", lambda: ((_TRIPLETS[:2], 1), {}), ValueError, "ratings", "2 parts"),
    *(_triplets(f"{_WHERE[i]} of another length", i, np.zeros(2, int), ValueError, "lengths of", "(2,)")
      for i in range(3)),
    *(_triplets(f"{_WHERE[i]} 2-d", i, np.zeros((3, 1), int), ValueError, _WHERE[i], "(3, 1)") for i in range(3)),
    *(_triplets(f"{_WHERE[i]} text", i, np.array(["a", "b", "c"]), TypeError, _WHERE[i], "<U1") for i in range(3)),
    *(_triplets(f"{_WHERE[i]} not whole", i, np.array([0, 1.5, 1]), TypeError, _WHERE[i], "float64") for i in range(2)),
    *(_triplets(f"{_WHERE[i]} below 0", i, np.array([0, 0, -1]), ValueError, _WHERE[i], "-1 at index (2,)")
      for i in range(2)),
    *(_triplets(f"{_WHERE[i]} beyond shape", i, np.array([0, 0, 2]), ValueError, _WHERE[i], "got 2 at index (2,)",
                shape=(2, 2)) for i in range(2)),
    _triplets("values NaN", 2, np.array([1, np.nan, 2]), ValueError, "values", "(1,)"),
    _triplets("values infinite", 2, np.array([1, 1, np.inf]), ValueError, "values", "(2,)"),
    _triplets("values complex", 2, np.ones(3, complex), TypeError, "values", "complex128"),
    _triplets("a pair twice", 0, np.array([0, 1, 1]), ValueError, "ratings", "user 1 and item 1"),
    *(Fault(f"shape={shape!r}", lambda shape=shape: ((_TRIPLETS, 1), {"shape": shape}), error, "shape", value)
      for shape, error, value in (((2,), ValueError, "(2,)"), (2, ValueError, "got 2"), ((2, -1), ValueError, "-1"),
                                  ((2, "2"), TypeError, "'2'"), ((1 << 31, 2), ValueError, "2147483648"))),
    _call("rank below 0", (SQUARE, -1), ValueError, "rank", "-1"),
    _call("rank not whole", (SQUARE, 1.5), TypeError, "rank", "1.5"),
    *_counts((SQUARE, 1), "n_iter", 1),
    *(fault for name in ("reg", "tol") for fault in (
        _option((SQUARE, 1), name, -1.0, ValueError), _option((SQUARE, 1), name, np.nan, ValueError),
        _option((SQUARE, 1), name, np.inf, ValueError), _option((SQUARE, 1), name, "small", TypeError))),
    _call("reg too small", (SQUARE, 5), np.linalg.LinAlgError, "reg", "got 0", reg=0, rng=0),
    _option((SQUARE, 1), "callback", 3, TypeError), *_rng((SQUARE, 1)), *_workers(lambda: (SQUARE.copy(), 1)),
)


def _model():
    return linalg.matrix_factorization(SQUARE, 1, rng=0)


def _recommend(what, args, error, arg, value):
    return Fault(what, lambda: ((_model(), *args), {}), error, arg, value)


RECOMMEND = (
    _call("no model", (SQUARE, 0, 1), TypeError, "model", "ndarray"),
    _recommend("user beyond", (2, 1), ValueError, "user", "2"),
    _recommend("user below 0", (-1, 1), ValueError, "user", "-1"),
    _recommend("user not whole", (0.5, 1), TypeError, "user", "0.5"),
    _recommend("k below 0", (0, -1), ValueError, "k", "-1"),
    _recommend("k not whole", (0, 1.5), TypeError, "k", "1.5"),
)

# the fields of ops.Name
LOWRANK = (
    *((linalg, name, faults) for name, faults in (
        ("randomized_svd", RANDOMIZED_SVD), ("randomized_eigh", RANDOMIZED_EIGH), ("low_rank_approx", LOW_RANK_APPROX),
        ("pca", PCA), ("matrix_factorization", MATRIX_FACTORIZATION), ("recommend", RECOMMEND))),
    *((linalg, name, (), True, False) for name in ("PCAResult", "RunningCovariance", "FactorizationResult")),
)
