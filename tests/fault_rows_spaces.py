"""Fault rows of linalg's vectors, spaces, predicates, least squares and elimination."""

import numpy as np

from mathcore import linalg
from tests.fault_rows import _FLOATS_ONLY, Fault, _bad_operands, _workers

SQUARE = np.array([[2.0, 1.0], [1.0, 3.0]])
TALL = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
INFINITE = np.array([[1.0, 2.0], [np.inf, 4.0]])
NAN = np.array([[1.0, np.nan], [3.0, 4.0]])
TWO_RANKS = np.array([np.eye(2), np.ones((2, 2))])


def _call(what, args, error, arg, value, **kwargs):
    return Fault(what, lambda: (tuple(np.copy(x) if isinstance(x, np.ndarray) else x for x in args), dict(kwargs)),
                 error, arg, value)


def _option(args, name, value, error, shown=None):
    """A keyword with a value that is not taken."""
    return _call(f"{name}={value!r}", args, error, name, repr(value) if shown is None else shown, **{name: value})


def _data(args, at, arg, extra=()):
    """Argument number `at` made of data that no function takes."""
    return tuple(
        Fault(f"{arg} {what}", lambda bad=bad: ((*args[:at], bad(), *args[at + 1:]), {}), error, arg, value)
        for what, bad, error, value in (*_bad_operands((2, 2)), *extra))


def _finite(args, at, arg):
    return tuple(_call(f"{arg} {what}", (*args[:at], bad, *args[at + 1:]), ValueError, arg, index)
                 for what, bad, index in (("infinite", INFINITE, "(1, 0)"), ("NaN", NAN, "(0, 1)")))


def _tolerance(args, name="rtol"):
    return (_option(args, name, -1.0, ValueError), _option(args, name, "small", TypeError),
            _option(args, name, np.nan, ValueError))


V = np.array([1.0, 2.0])

NORMALIZE = (
    *_data((V,), 0, "x", _FLOATS_ONLY),
    _call("x 0-d", (2.0,), ValueError, "x", "()"),
    _option((V,), "ord", 0.5, ValueError), _option((V,), "ord", np.nan, ValueError),
    _option((V,), "ord", "fro", TypeError), _option((V,), "ord", None, TypeError),
    _call("axis out of range", (V,), np.exceptions.AxisError, "axis", "1", axis=1),
)

ANGLE = (
    *_data((V, V), 0, "u", _FLOATS_ONLY), *_data((V, V), 1, "v", _FLOATS_ONLY),
    _call("v 0-d", (V, 2.0), ValueError, "v", "()"),
    _call("lengths", (V, np.ones(3)), ValueError, "u and v", "3"),
    _call("batches", (np.ones((2, 2)), np.ones((3, 2))), ValueError, "batch dimensions", "(3,)"),
    _call("axis out of range", (V, V), np.exceptions.AxisError, "axis", "-2", axis=-2),
)

PROJECT = (
    *_data((V, V), 0, "u", _FLOATS_ONLY), *_data((V, SQUARE), 1, "onto", _FLOATS_ONLY),
    _call("onto 0-d", (V, 2.0), ValueError, "onto", "()"),
    _call("lengths", (np.ones(3), SQUARE), ValueError, "u", "3"),
    _call("batches", (np.ones((2, 2)), np.ones((3, 2, 1))), ValueError, "batch dimensions", "(3,)"),
    _call("onto infinite", (V, INFINITE), ValueError, "onto", "(1, 0)"),
    _call("axis out of range", (V, V), np.exceptions.AxisError, "axis", "2", axis=2),
)

_MATRIX = (*_data((SQUARE,), 0, "a", _FLOATS_ONLY), _call("a a vector", (V,), ValueError, "a", "(2,)"))

GRAM_SCHMIDT = (
    *_MATRIX, *_finite((SQUARE,), 0, "a"), *_tolerance((SQUARE,)),
    _option((SQUARE,), "method", "qr", ValueError), _option((SQUARE,), "method", None, ValueError),
    _call("two ranks", (TWO_RANKS,), ValueError, "ranks", "1 to 2"),
)

BASIS = (*_MATRIX, *_finite((SQUARE,), 0, "a"), *_tolerance((SQUARE,)),
         _call("two ranks", (TWO_RANKS,), ValueError, "ranks", "1 to 2"))

_LISTS = (
    _call("vectors of two lengths", ([V, np.ones(3)],), ValueError, "vectors[1]", "3"),
    _call("a list of matrices", ([SQUARE],), ValueError, "vectors[0]", "(2, 2)"),
    _call("a list of text", ([["a", "b"]],), TypeError, "vectors[0]", "<U1"),
    _call("an empty list", ([],), ValueError, "vectors", "(0,)"),
)

IS_INDEPENDENT = (*_data((SQUARE,), 0, "vectors", _FLOATS_ONLY), *_finite((SQUARE,), 0, "vectors"), *_LISTS,
                  _call("a vector", (V,), ValueError, "vectors", "(2,)"), *_tolerance((SQUARE,)))

LINEAR_COMBINATION = (
    *_data((V, SQUARE), 0, "coefficients", _FLOATS_ONLY), *_data((V, SQUARE), 1, "vectors", _FLOATS_ONLY),
    *_finite((V, SQUARE), 1, "vectors"), *_finite((SQUARE, SQUARE), 0, "coefficients"),
    _call("coefficients 0-d", (2.0, SQUARE), ValueError, "coefficients", "()"),
    _call("numbers", (np.ones(3), SQUARE), ValueError, "coefficients and vectors", "3"),
    _call("batches", (np.ones((2, 2)), np.ones((3, 2, 2))), ValueError, "batch dimensions", "(3,)"),
)

COORDINATES = (
    *_data((V, SQUARE), 0, "x", _FLOATS_ONLY), *_data((V, SQUARE), 1, "basis", _FLOATS_ONLY),
    *_finite((V, SQUARE), 1, "basis"), *_finite((SQUARE, SQUARE), 0, "x"), *_tolerance((V, SQUARE)),
    _call("lengths", (np.ones(3), SQUARE), ValueError, "x", "3"),
    _call("batches", (np.ones((2, 2)), np.ones((3, 2, 2))), ValueError, "batch dimensions", "(3,)"),
    _call("dependent", (V, np.ones((2, 2))), np.linalg.LinAlgError, "basis", "(2, 2)"),
    _call("more vectors than dimensions", (V, np.ones((2, 3))), np.linalg.LinAlgError, "basis", "(2, 3)"),
    _call("outside", (np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]]), TALL), np.linalg.LinAlgError, "span", "(1,)"),
)

CHANGE_OF_BASIS = (
    *_data((V, SQUARE, SQUARE), 0, "x", _FLOATS_ONLY), *_data((V, SQUARE, SQUARE), 1, "source", _FLOATS_ONLY),
    *_data((V, SQUARE, SQUARE), 2, "target", _FLOATS_ONLY), *_tolerance((V, SQUARE, SQUARE)),
    _call("numbers", (np.ones(3), SQUARE, SQUARE), ValueError, "x and source", "3"),
    _call("lengths", (V, SQUARE, TALL), ValueError, "target", "3"),
    _call("dependent", (V, SQUARE, np.ones((2, 2))), np.linalg.LinAlgError, "target", "(2, 2)"),
)

ORTH = (
    *_data((SQUARE,), 0, "A"), *_finite((SQUARE,), 0, "A"), _call("a vector", (V,), ValueError, "A", "(2,)"),
    _option((SQUARE,), "rcond", "small", TypeError), _call("two ranks", (TWO_RANKS,), ValueError, "ranks", "1 to 2"),
)

NULL_SPACE = (
    *ORTH, _option((SQUARE,), "lapack_driver", "gelsd", ValueError),
    *(_call(f"{what}, unchecked", (bad,), np.linalg.LinAlgError, "SVD", "NaNs", check_finite=False)
      for what, bad in (("infinite", INFINITE), ("NaN", NAN))),
)

MATRIX_RANK = (
    *_data((SQUARE,), 0, "A"),
    *(_call(what, (bad,), np.linalg.LinAlgError, "A", index)
      for what, bad, index in (("infinite", INFINITE, "(1, 0)"), ("NaN", NAN, "(0, 1)"))),
    _call("tol and rtol", (SQUARE,), ValueError, "rtol", "0.25", tol=0.5, rtol=0.25),
)

COND = (
    *_data((SQUARE,), 0, "x"),
    _call("a vector", (V,), np.linalg.LinAlgError, "x", "(2,)"),
    _call("empty", (np.ones((0, 0)),), np.linalg.LinAlgError, "x", "(0, 0)"),
    _call("not square", (TALL,), np.linalg.LinAlgError, "x", "(3, 2)", p=1),
    _option((SQUARE,), "p", 3, ValueError), _option((SQUARE,), "p", "l2", ValueError),
    _option((SQUARE,), "p", True, ValueError),
)

RCOND = (*_MATRIX, *_finite((SQUARE,), 0, "a"), _call("not square", (TALL,), ValueError, "a", "(3, 2)"),
         _option((SQUARE,), "ord", 2, ValueError), _option((SQUARE,), "ord", "1", ValueError))

PREDICATE = (*_MATRIX, *_tolerance((SQUARE,)))

ROW_REDUCE = (*_MATRIX, *_finite((SQUARE,), 0, "a"), *_tolerance((SQUARE,)),
              _call("steps of a batch", (TWO_RANKS,), ValueError, "return_steps", "(2, 2, 2)", return_steps=True))

_B = np.ones(3)


def _weights(what, weights, error, value):
    return _call(f"weights {what}", (TALL, _B), error, "weights", value, weights=weights)


LSTSQ = (
    *_data((TALL, _B), 0, "a"), *_data((TALL, _B), 1, "b"), *_finite((SQUARE, V), 0, "a"),
    *_finite((SQUARE, SQUARE), 1, "b"),
    _call("a a vector", (V, V), ValueError, "a", "(2,)"), _call("b 0-d", (SQUARE, 1.0), ValueError, "b", "()"),
    _call("rows", (TALL, V), ValueError, "a and b", "(2,)"),
    _call("batches", (np.ones((2, 3, 2)), np.ones((5, 3, 1))), ValueError, "batch dimensions", "(5,)"),
    _option((TALL, _B), "cond", "small", TypeError), _option((TALL, _B), "cond", np.nan, ValueError),
    _option((TALL, _B), "lapack_driver", "gesdd", ValueError),
    _option((TALL, _B), "ridge", -1.0, ValueError), _option((TALL, _B), "ridge", np.inf, ValueError),
    _option((TALL, _B), "ridge", "1", TypeError),
    _call("ridge of complex data", (TALL + 0j, _B), TypeError, "ridge", "float64", ridge=1.0),
    _weights("of another number", V, ValueError, "(2,)"), _weights("0-d", 1.0, ValueError, "()"),
    _weights("below 0", np.array([1.0, -1.0, 1.0]), ValueError, "(1,)"),
    _weights("infinite", np.array([1.0, np.inf, 1.0]), ValueError, "(1,)"),
    _weights("NaN", np.array([1.0, 1.0, np.nan]), ValueError, "(2,)"),
    _weights("complex", np.ones(3, complex), TypeError, "complex128"),
    *(Fault(f"weights {what}", lambda bad=bad: ((TALL, _B), {"weights": bad()}), error, "weights", value)
      for what, bad, error, value in _bad_operands((3,))),
    *_workers(lambda: (TALL.copy(), _B.copy())),
)

PINV = (
    *_data((SQUARE,), 0, "a"), *_finite((SQUARE,), 0, "a"), _call("a vector", (V,), ValueError, "a", "(2,)"),
    *_tolerance((SQUARE,), "atol"), *_tolerance((SQUARE,), "rtol"),
    *(_call(f"{what}, unchecked", (bad,), np.linalg.LinAlgError, "SVD", "NaNs", check_finite=False)
      for what, bad in (("infinite", INFINITE), ("NaN", NAN))),
)


# the fields of ops.Name
SPACES = tuple((linalg, name, faults) for name, faults in (
    ("normalize", NORMALIZE), ("angle", ANGLE), ("project", PROJECT), ("gram_schmidt", GRAM_SCHMIDT), ("basis", BASIS),
    ("is_independent", IS_INDEPENDENT), ("linear_combination", LINEAR_COMBINATION), ("coordinates", COORDINATES),
    ("change_of_basis", CHANGE_OF_BASIS), ("orth", ORTH), ("null_space", NULL_SPACE), ("matrix_rank", MATRIX_RANK),
    ("cond", COND), ("rcond", RCOND), ("is_symmetric", PREDICATE), ("is_orthogonal", PREDICATE),
    ("is_positive_definite", PREDICATE), ("row_reduce", ROW_REDUCE), ("lstsq", LSTSQ), ("pinv", PINV),
))
