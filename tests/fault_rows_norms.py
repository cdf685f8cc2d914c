"""Records and fault tables of mathcore.linalg's norms (see fault_rows.py)."""

import numpy as np
from numpy.exceptions import AxisError

from mathcore import linalg
from tests.fault_rows import Fault, _bad_operands

V, M, T = np.array([3.0, 4.0]), np.ones((2, 3)), np.ones((2, 3, 4))


def _fault(what, a, error, arg, value, **options):
    return Fault(what, lambda: ((np.copy(a),), dict(options)), error, arg, value)


def _data(arg, shape):
    return tuple(Fault(what, lambda bad=bad: ((bad(),), {}), error, arg, value)
                 for what, bad, error, value in _bad_operands(shape))


def _not_finite():
    for what, value in (("NaN", np.nan), ("infinite", np.inf)):
        bad = T.copy()
        bad[1, 0, 2] = value
        for options in ({}, {"axis": 1}, {"axis": (0, 2), "ord": 1}, {"axis": 0, "ord": 3}, {"axis": 1, "ord": -np.inf},
                        {"axis": 2, "ord": 0}, {"axis": 2, "ord": -1}, {"axis": (1, 2), "ord": -1},
                        {"axis": (1, 2), "ord": 2}):
            yield _fault(f"{what}, {options}", bad, ValueError, "infs or NaNs", "(1, 0, 2)", **options)
        yield _fault(f"{what} complex", bad.astype(complex), ValueError, "infs or NaNs", "(1, 0, 2)")
        yield _fault(f"{what} of a matrix", bad[1], ValueError, "infs or NaNs", "(0, 2)", ord=1)
        yield _fault(f"{what} of a vector", bad[1, 0], ValueError, "infs or NaNs", "(2,)")


def _orders(arg, of_vector, of_matrix):
    return (
        *(_fault(f"order {bad} of vectors", V, ValueError, "Invalid norm order", repr(bad), ord=bad, **of_vector)
          for bad in ("fro", "nuc", "two")),
        _fault("an order of vectors that is none", V, TypeError, "ord", "[2]", ord=[2], **of_vector),
        _fault("a complex order of vectors", V, TypeError, "ord", "1j", ord=1j, **of_vector),
        *(_fault(f"order {bad} of matrices", M, ValueError, "Invalid norm order", repr(bad), ord=bad, **of_matrix)
          for bad in (0, 3, "two", "inf")),
        _fault("least of no elements", V[:0], ValueError, "minimum", "zero-size", ord=-np.inf, **of_vector),
    )


NORM = (
    *_data("a", (2, 3)), *_not_finite(), *_orders("a", {}, {}),
    _fault("axis out of range", M, AxisError, "axis 2", "(2, 3)", axis=2),
    _fault("axes out of range", T, AxisError, "axis -4", "(2, 3, 4)", axis=(0, -4)),
    _fault("axis twice", T, ValueError, "Duplicate axes", "(0, -3)", axis=(0, -3)),
    _fault("three axes", T, ValueError, "Improper number of dimensions", "3", axis=(0, 1, 2)),
    _fault("three dimensions", T, ValueError, "Improper number of dimensions", "3", ord=1),
    _fault("no dimensions", 3.0, ValueError, "Improper number of dimensions", "0", ord=1),
    _fault("axis text", M, TypeError, "'axis' must be", "'rows'", axis="rows"),
    _fault("axis a list", M, TypeError, "'axis' must be", "[0, 1]", axis=[0, 1]),
)
VECTOR_NORM = (
    *_data("x", (2, 3)),
    *(f for f in _orders("x", {"axis": -1}, {"axis": -1}) if "matrices" not in f.what),
    _fault("axis out of range", M, AxisError, "axis 2", "(2, 3)", axis=2),
    _fault("axis twice", T, ValueError, "Duplicate axes", "(0, 1, 0)", axis=(0, 1, 0)),
    _fault("axis text", M, TypeError, "'axis' must be", "'rows'", axis="rows"),
)
MATRIX_NORM = (
    *_data("x", (2, 3)),
    *(f for f in _orders("x", {}, {}) if "matrices" in f.what),
    _fault("a vector", V, AxisError, "axis -2", "(2,)"),
    _fault("least of no elements", M[:, :0], ValueError, "minimum", "zero-size", ord=-1),
)

# the fields of ops.Name
NORMS = tuple((linalg, name, faults) for name, faults in (
    ("norm", NORM), ("vector_norm", VECTOR_NORM), ("matrix_norm", MATRIX_NORM)))
