"""Fault tables of the Cholesky functions, as those of fault_rows.py. CHOLESKY holds what `ops.Name` takes."""

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import linalg
from tests.fault_rows import Fault, _bad_operands, _workers
from tests.fault_rows_nn import _option, _unfit

_NAN = np.array([[4.0, np.nan], [2.0, 9.0]])
_INDEFINITE = np.array([[4.0, 6.0], [6.0, 4.0]])


def _good():
    return np.array([[4.0, 2.0], [2.0, 9.0]])


def _one(*args, **kwargs):
    return lambda: (args, kwargs)


FACTORING = (
    *_unfit(("a",), lambda: (_good(),)),
    *_workers(lambda: ((_good(),), {})),
    Fault("not square", _one(np.ones((2, 3))), ValueError, "a is not square", "(2, 3)"),
    Fault("a vector", _one(np.ones(3)), ValueError, "a is not square", "(1, 3)"),
    Fault("NaN", _one(_NAN), ValueError, "a array must not contain infs or NaNs", "nan at index (0, 1)"),
    Fault("indefinite", _one(_INDEFINITE), LinAlgError, "array", "2-th leading minor of the array is not positive"),
    Fault("indefinite, lower", _one(_INDEFINITE, True), LinAlgError, "array", "2-th leading minor"),
    Fault("zero", _one(np.zeros((3, 3))), LinAlgError, "array", "1-th leading minor"),
    Fault("unchecked NaN", _one(_NAN, check_finite=False), LinAlgError, "array", "2-th leading minor"),
    Fault("some of a batch", _one(np.stack([_good(), _INDEFINITE, _good(), -_good()])), LinAlgError, "matrices",
          "[1, 3]"),
    _option(lambda: (_good(),), "on_failure", "ignore", ValueError),
)


def _solving(c, b, lower=False):
    return lambda: (((c, lower), b), {})


def _bad_systems():
    rows = []
    for what, bad, error, value in _bad_operands((2, 2)):
        rows.append(Fault(f"c {what}", lambda bad=bad: (((bad(), False), np.ones(2)), {}), error, "c", value))
        rows.append(Fault(f"b {what}", lambda bad=bad: (((_good(), False), bad()), {}), error, "b", value))
    return tuple(rows)


CHO_SOLVE = (
    *_bad_systems(),
    *_workers(lambda: (((_good(), False), np.ones(2)), {})),
    Fault("c a vector", _solving(np.ones(2), np.ones(2)), ValueError, "c", "(2,)"),
    Fault("c not square", _solving(np.ones((2, 3)), np.ones(2)), ValueError, "matrix c is not square", "(2, 3)"),
    Fault("b too long", _solving(_good(), np.ones(3)), ValueError, "b has incompatible dimensions", "got 3"),
    Fault("b 0-d", _solving(_good(), 1.0), ValueError, "b", "()"),
    Fault("NaN in c", _solving(_NAN, np.ones(2)), ValueError, "c array must not contain", "nan at index (0, 1)"),
    Fault("infinity in b", _solving(_good(), np.array([1, np.inf])), ValueError, "b array must not contain", "(1,)"),
    Fault("batches", _solving(np.ones((2, 2, 2)), np.ones((3, 2, 1))), ValueError, "batch dimensions", "(2,) and (3,)"),
    Fault("two triangles", _solving(np.stack([_good()] * 2), np.ones(2), lower=np.array([True, False])), ValueError,
          "lower", "[True, False]"),
)


def _change(c=None, x=None):
    return lambda: ((_good() if c is None else c, np.ones(2) if x is None else x), {})


CHOLESKY_UPDATE = (
    *_unfit(("c", "x"), lambda: (_good(), np.ones((2, 2)))),
    *_workers(_change()),
    Fault("c not square", _change(np.ones((2, 3))), ValueError, "c is not square", "(2, 3)"),
    Fault("c a vector", _change(np.ones(2)), ValueError, "c", "(2,)"),
    Fault("x 0-d", _change(x=np.array(1.0)), ValueError, "x", "()"),
    Fault("x too long", _change(x=np.ones(3)), ValueError, "x", "2 and 3"),
    Fault("x of rows", _change(x=np.ones((3, 2))), ValueError, "x", "2 and 3"),
    Fault("NaN in c", _change(_NAN), ValueError, "c array must not contain", "nan"),
    Fault("NaN in x", _change(x=np.array([1, np.nan])), ValueError, "x array must not contain", "(1,)"),
    Fault("complex c", _change(_good() * 1j), TypeError, "c", "complex"),
    Fault("complex x", _change(x=np.ones(2) * 1j), TypeError, "x", "complex"),
    Fault("batches", _change(np.ones((2, 2, 2)), np.ones((3, 2, 1))), ValueError, "batch dimensions", "(2,) and (3,)"),
)

CHOLESKY_DOWNDATE = (
    *CHOLESKY_UPDATE,
    Fault("too much", _one(np.eye(2), np.array([0.0, 1.0])), LinAlgError, "difference", "2-th leading minor"),
    Fault("too much of a batch", _one(np.eye(2), np.array([[0.5, 0.0], [0.0, 1.5]])[:, :, None]), LinAlgError,
          "differences", "[1]"),
    _option(lambda: (np.eye(2), np.zeros(2)), "on_failure", "ignore", ValueError),
)

# room, name, faults: the fields of ops.Name
CHOLESKY = (
    (linalg, "cholesky", FACTORING),
    (linalg, "cho_factor", FACTORING),
    (linalg, "cho_solve", CHO_SOLVE),
    (linalg, "cholesky_update", CHOLESKY_UPDATE),
    (linalg, "cholesky_downdate", CHOLESKY_DOWNDATE),
)
