"""Fault tables of the QR family, as those of fault_rows.py. QR holds what `ops.Name` takes, one row per public name
(ops.py imports this file, so the records are made there)."""

import numpy as np

from mathcore import linalg
from tests.fault_rows import Fault, _workers
from tests.fault_rows_nn import _option, _unfit


def _matrix():
    return (np.array([[4.0, 1], [1, 5], [0, 1]]),)


def _pair():
    return (*_matrix(), np.ones((2, 3)))


def _with(args, i, value, at):
    """args() with one element of the i-th replaced."""
    def make():
        found = args()
        found[i][at] = value
        return found, {}

    return make


def _not_finite(args, i, name):
    return tuple(Fault(f"{name} {value}", _with(args, i, value, (1, 1)), ValueError, name, f"{value} at index (1, 1)")
                 for value in (np.nan, np.inf, -np.inf))


def _flags(args, *names):
    return tuple(_option(args, name, value, TypeError) for name in names for value in ({}, "yes", 1.5))


def _shape(what, make, arg, value, **kwargs):
    return Fault(what, lambda: (make(), kwargs), ValueError, arg, value)


_VECTOR = _shape("a a vector", lambda: (np.ones(3),), "a ", "(3,)")
_SCALAR = _shape("a 0-d", lambda: (np.ones(()),), "a ", "()")

_QR = (
    _VECTOR, _SCALAR, *_unfit(("a",), _matrix), *_not_finite(_matrix, 0, "a"),
    *(_option(_matrix, "mode", value, ValueError) for value in ("econ", "complete", None, 1)),
    *(_option(_matrix, "lwork", value, ValueError, str(value)) for value in (0, 1, -2)),
    _option(_matrix, "lwork", 2.5, TypeError),
    *_flags(_matrix, "overwrite_a", "pivoting", "check_finite"), *_workers(_matrix),
)

_QR_MULTIPLY = (
    *_unfit(("a", "c"), _pair), *_not_finite(_pair, 0, "a"), *_not_finite(_pair, 1, "c"),
    *(_option(_pair, "mode", value, ValueError) for value in ("both", "economic", None)),
    _shape("c too narrow", lambda: (*_matrix(), np.ones((2, 2))), "c ", "2"),
    _shape("c too high", lambda: (*_matrix(), np.ones((3, 1))), "c ", "3", mode="left"),
    _shape("c a vector too long", lambda: (*_matrix(), np.ones(4)), "c ", "4"),
    _shape("c too low to be overwritten", lambda: (*_matrix(), np.ones((2, 1))), "c ", "2", mode="left",
           overwrite_c=True),
    _shape("batches", lambda: (np.ones((2, 3, 2)), np.ones((4, 1, 3))), "batch", "(4,)"),
    *_flags(_pair, "pivoting", "conjugate", "overwrite_a", "overwrite_c"), *_workers(_pair),
)

_TSQR = (
    _VECTOR, _SCALAR, *_unfit(("a",), _matrix),
    _shape("a wide", lambda: (np.ones((2, 3)),), "a ", "(2, 3)"),
    _shape("a a batch of wide ones", lambda: (np.ones((5, 2, 3)),), "a ", "(5, 2, 3)"),
    Fault("a complex", lambda: ((np.ones((3, 2), complex),), {}), TypeError, "a ", "complex128"),
    *(_option(_matrix, "mode", value, ValueError) for value in ("full", "raw", None)), *_workers(_matrix),
)

QR = (
    (linalg, "qr", _QR),
    (linalg, "qr_multiply", _QR_MULTIPLY),
    (linalg, "tsqr", _TSQR),
)
