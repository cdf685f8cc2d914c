"""Fault tables of eigenvalues and singular values, as those of fault_rows.py. EIGEN holds what `ops.Name` takes."""

import numpy as np

from mathcore import linalg
from tests.fault_rows import _workers
from tests.fault_rows_nn import _option, _unfit
from tests.fault_rows_systems import _NOT_SQUARE, _not_finite, _one, _shapes


def _symmetric():
    return (np.array([[4.0, 1, 2], [1, 5, 3], [2, 3, 6]]),)


_VECTORS = (("a a vector", ((3,),), "a ", "(3,)"), ("a 0-d", ((),), "a ", "()"))
_GENERAL = (
    *_shapes(lambda a: _one(*a), *_NOT_SQUARE, *_VECTORS), *_unfit(("a",), _symmetric),
    *_not_finite(_symmetric, ("a",), ((2, 1),)),
)
_SYMMETRIC = (
    *_GENERAL, *_workers(_symmetric), _option(_symmetric, "driver", "qr", ValueError),
    *(_option(_symmetric, "on_failure", value, ValueError) for value in ("ignore", None, True)),
)
EIGH = (*_SYMMETRIC, *(_option(_symmetric, "signs", value, ValueError) for value in ("first", True)))
_SINGULAR = (
    *_shapes(lambda a: _one(*a), *_VECTORS), *_unfit(("a",), _symmetric), *_not_finite(_symmetric, ("a",), ((0, 1),)),
    *_workers(_symmetric),
)
SVD = (
    *_SINGULAR, _option(_symmetric, "lapack_driver", "gesvdx", ValueError),
    _option(_symmetric, "lapack_driver", 1, TypeError),
    *(_option(_symmetric, "signs", value, ValueError) for value in ("first", True)),
)

# room, name, faults, returns, is_function: the fields of ops.Name
EIGEN = (
    (linalg, "eig", _GENERAL, True, True),
    (linalg, "eigh", EIGH, True, True),
    (linalg, "eigvals", _GENERAL, True, True),
    (linalg, "eigvalsh", _SYMMETRIC, True, True),
    (linalg, "svd", SVD, True, True),
    (linalg, "svdvals", _SINGULAR, True, True),
)
