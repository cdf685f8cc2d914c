"""Records and fault tables of the neighbours of mathcore.distance (see fault_rows.py)."""

import numpy as np

import mathcore
from mathcore import distance
from tests.fault_rows import Fault

X, Y = np.arange(12.0).reshape(4, 3), np.arange(15.0).reshape(5, 3)
HOLED = np.array([[1, 2, 3], [4, np.nan, 6]])
INFINITE = np.array([[1, 2, 3], [4, 5, np.inf]])


def _fault(what, args, error, arg, value, **options):
    return Fault(what, lambda: (tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args), dict(options)),
                 error, arg, value)


def _points(*rest, names=("x", "y"), finite=True):
    """Unfit points, metrics and options of what takes two matrices."""
    left, right = names
    return (
        _fault("a vector", (X[0], Y, *rest), ValueError, left, "(3,)"),
        _fault("three dimensions", (X, Y[None], *rest), ValueError, right, "(1, 5, 3)"),
        _fault("columns", (X, Y[:, :2], *rest), ValueError, right, "3 and 2"),
        _fault("complex", (X.astype(complex), Y, *rest), TypeError, left, "complex128"),
        _fault("text", (X, Y.astype(str), *rest), TypeError, right, "<U32"),
        _fault("unknown metric", (X, Y, *rest), ValueError, "metric", "'euclidean'", metric="euclidian"),
        _fault("metric a number", (X, Y, *rest), TypeError, "metric", "2", metric=2),
        _fault("option of another metric", (X, Y, *rest), TypeError, "euclidean", "'p'", p=3),
        _fault("negative weights", (X, Y, *rest), ValueError, "w[1]", "-1.0", metric="cityblock", w=[1.0, -1, 1]),
        _fault("workers", (X, Y, *rest), ValueError, "workers", "0", workers=0),
        *((_fault("NaN", (X, HOLED, *rest), ValueError, f"{right}[1]", "nan"),
           _fault("infinity", (INFINITE, Y, *rest), ValueError, f"{left}[1]", "infinity")) if finite else ()),
    )


NEIGHBORS = (
    (mathcore, "distance", (), True, False),
    (distance, "nearest_neighbors", (
        *_points(2),
        _fault("k beyond the points", (X, Y, 6), ValueError, "k", "6"),
        _fault("k beyond the others", (Y, Y, 5), ValueError, "k", "5", exclude_self=True),
        _fault("k below 0", (X, Y, -1), ValueError, "k", "-1"),
        _fault("k no whole number", (X, Y, 2.5), TypeError, "k", "2.5"),
    )),
    (distance, "nearest", (*_points(), _fault("no points", (X, Y[:0]), ValueError, "y", "(0, 3)"))),
    (distance, "radius_neighbors", (
        *_points(1.0),
        _fault("radius below 0", (X, Y, -1.0), ValueError, "radius", "-1.0"),
        _fault("radius NaN", (X, Y, np.nan), ValueError, "radius", "nan"),
        _fault("radius text", (X, Y, "1"), TypeError, "radius", "'1'"),
    )),
    (distance, "cdist_chunks", (
        *_points(names=("XA", "XB"), finite=False),
        _fault("memory 0", (X, Y), ValueError, "memory", "0", memory=0),
        _fault("memory text", (X, Y), TypeError, "memory", "'1 GB'", memory="1 GB"),
    )),
    (distance, "KNNResult", (), True, False),
    (distance, "RadiusResult", (), True, False),
)
