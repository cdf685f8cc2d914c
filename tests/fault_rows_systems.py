"""Fault tables of LU and of linear systems, as those of fault_rows.py. SYSTEMS holds what `ops.Name` takes, one row per
public name (ops.py imports this file, so the records are made there)."""

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import linalg
from tests.fault_rows import Fault, _bad_operands, _workers
from tests.fault_rows_nn import _option, _unfit


def _square():
    return (np.array([[4.0, 1, 2], [1, 5, 3], [0, 1, 6]]),)


def _system():
    return (*_square(), np.ones(3))


def _with(args, i, value, at):
    """args() with one element of the i-th replaced."""
    def make():
        found = args()
        found[i][at] = value
        return found, {}

    return make


def _not_finite(args, names, ats):
    """NaN and infinity in each named operand: refused, with value and place."""
    return tuple(
        Fault(f"{name} {value}", _with(args, i, value, at), ValueError, name,
              f"{value} at index {at if isinstance(at, tuple) else (at,)}")
        for i, (name, at) in enumerate(zip(names, ats, strict=True)) if name for value in (np.nan, np.inf, -np.inf))


def _shapes(make, *rows):
    """(what, shapes of the operands, argument, value): a ValueError each."""
    return tuple(Fault(what, lambda shapes=shapes: (make(*shapes), {}), ValueError, arg, value)
                 for what, shapes, arg, value in rows)


def _one(*shape):
    return (np.ones(shape),)


def _failures(args):
    return (_option(args, "on_failure", "ignore", ValueError), _option(args, "on_failure", None, ValueError),
            _option(args, "on_failure", True, ValueError))


def _structures(args):
    return tuple(_option(args, "assume_a", value, ValueError) for value in ("square", "POS", 1))


def _singular(name, *others):
    """A zero column: single, and as the second of three in a batch, which the message tells."""
    def one():
        a = np.ones((3, 3)) + np.eye(3)
        a[:, 2] = 0
        return (a, *others), {}

    def batch():
        a = np.ones((3, 3, 3)) + np.eye(3)
        a[1, :, 0] = 0
        return (a, *others), {}

    return (Fault("singular", one, LinAlgError, name, "ingular"), Fault("singular in a batch", batch, LinAlgError,
                                                                        "ingular", "[1]"))


_NOT_SQUARE = (
    ("a not square", ((2, 3),), "a ", "(2, 3)"),
    ("a a batch not square", ((4, 3, 2),), "a ", "(4, 3, 2)"),
)

LU = (
    *_shapes(lambda a: _one(*a), ("a a vector", ((3,),), "a ", "(3,)"), ("a 0-d", ((),), "a ", "()")),
    *_unfit(("a",), _square), *_not_finite(_square, ("a",), ((0, 1),)), *_workers(_square),
)
LU_FACTOR = LU

INV = (
    *_shapes(lambda a: _one(*a), *_NOT_SQUARE, ("a a vector", ((3,),), "a ", "3"), ("a no rows", ((0, 3),), "a ",
                                                                                   "(0, 3)")),
    *_unfit(("a",), _square), *_not_finite(_square, ("a",), ((2, 1),)), *_singular("a"),
    *_structures(_square), *_failures(_square), *_workers(_square),
)

DET = (
    *_shapes(lambda a: _one(*a), *_NOT_SQUARE, ("a a vector", ((3,),), "a ", "(3,)"), ("a 0-d", ((),), "a ", "()")),
    *_unfit(("a",), _square), *_not_finite(_square, ("a",), ((1, 1),)), *_workers(_square),
)

# numpy.linalg.slogdet, whose class of errors this is
SLOGDET = (
    *(Fault(what, lambda shape=shape: (_one(*shape), {}), LinAlgError, "a ", value)
      for what, (shape,), _, value in (*_NOT_SQUARE, ("a a vector", ((3,),), "", "(3,)"), ("a 0-d", ((),), "", "()"))),
    *_unfit(("a",), _square), *_workers(_square),
)

# of a and b; a square and b as long as a has rows
_TWO = (
    ("a not square", ((2, 3), (2,)), "a ", "(2, 3)"),
    ("a a vector", ((3,), (3,)), "a ", "3"),
    ("b too short", ((3, 3), (2,)), "b", "(2,)"),
    ("b too long", ((3, 3), (4, 2)), "b", "(4, 2)"),
    ("b empty", ((3, 3), (0, 2)), "b", "(0, 2)"),
    ("b transposed", ((3, 3), (2, 3)), "b", "(2, 3)"),
    ("batches", ((2, 3, 3), (4, 3, 1)), "batch dimensions", "(4,"),
)


def _plain(a, b):
    return np.ones(a), np.ones(b)


_SYSTEM = (*_shapes(_plain, *_TWO), *_unfit(("a", "b"), _system), *_workers(_system))
_FINITE = _not_finite(_system, ("a", "b"), ((1, 2), 1))

SOLVE = (*_SYSTEM, *_FINITE, *_singular("a", np.ones((3, 1))), *_structures(_system), *_failures(_system))
SOLVE_REPORT = (*_SYSTEM, *_FINITE)


def _transposes(args):
    return tuple(_option(args, "trans", value, ValueError) for value in (3, -1, "X", None))


SOLVE_TRIANGULAR = (
    *_SYSTEM, *_FINITE, *_transposes(_system), *_failures(_system),
    Fault("a 0 on the diagonal", lambda: ((np.diag([1.0, 0, 2]), np.ones(3)), {}), LinAlgError, "singular", "1"),
    Fault("a 0 on a diagonal of a batch", lambda: ((np.stack([np.eye(2), np.zeros((2, 2))]), np.ones((2, 1))), {}),
          LinAlgError, "singular", "[1]"),
)


def _factored(lu=(3, 3), piv=(0, 1, 2), b=(3,)):
    return (np.ones(lu), np.array(piv)), np.ones(b)


def _factors(what, error, arg, value, **parts):
    return Fault(what, lambda: (_factored(**parts), {}), error, arg, value)


def _unfit_factors():
    rows = []
    for what, bad, error, value in _bad_operands((3, 3)):
        rows.append(Fault(f"lu {what}", lambda bad=bad: (((bad(), np.arange(3)), np.ones(3)), {}), error, "lu", value))
        rows.append(Fault(f"b {what}", lambda bad=bad: ((_factored()[0], bad()), {}), error, "b", value))
    return tuple(rows)


LU_SOLVE = (
    Fault("no pair", lambda: ((5, np.ones(3)), {}), TypeError, "lu_and_piv", "int"),
    Fault("a triple", lambda: (((*_factored()[0], 1), np.ones(3)), {}), ValueError, "lu_and_piv", "3"),
    _factors("lu not square", ValueError, "lu", "(3, 2)", lu=(3, 2)),
    _factors("lu a vector", ValueError, "lu", "(3,)", lu=(3,)),
    _factors("piv too short", ValueError, "piv", "(2,)", piv=(0, 1)),
    _factors("piv a matrix", ValueError, "piv", "(1, 3)", piv=((0, 1, 2),)),
    _factors("piv past the end", ValueError, "piv", "7", piv=(0, 7, 2)),
    _factors("piv negative", ValueError, "piv", "-1", piv=(0, -1, 2)),
    _factors("piv of float", TypeError, "piv", "float64", piv=(0.0, 1, 2)),
    _factors("b too short", ValueError, "b", "(2,)", b=(2,)),
    _factors("b too long", ValueError, "b", "(4, 2)", b=(4, 2)),
    _factors("batches", ValueError, "batch dimensions", "(4,", lu=(2, 3, 3), piv=((0, 1, 2),) * 2, b=(4, 3, 1)),
    *_unfit_factors(), *_not_finite(_factored, (None, "b"), (None, 2)), *_transposes(_factored), *_workers(_factored),
)


# room, name, faults, returns, is_function: the fields of ops.Name
SYSTEMS = (
    (linalg, "det", DET, True, True),
    (linalg, "inv", INV, True, True),
    (linalg, "lu", LU, True, True),
    (linalg, "lu_factor", LU_FACTOR, True, True),
    (linalg, "lu_solve", LU_SOLVE, True, True),
    (linalg, "slogdet", SLOGDET, True, True),
    (linalg, "solve", SOLVE, True, True),
    (linalg, "solve_report", SOLVE_REPORT, True, True),
    (linalg, "solve_triangular", SOLVE_TRIANGULAR, True, True),
)
