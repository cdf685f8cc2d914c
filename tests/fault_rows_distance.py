"""Records and fault tables of mathcore.distance's matrices and pairs (see fault_rows.py)."""

import numpy as np

from mathcore import distance
from tests.fault_rows import Fault

X, Y = np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 1.0], [5.0, 3.0, 4.0]]), np.array([[1.0, 1.0, 1.0], [3.0, 0.5, 2.0]])
U, V = np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.0])
TRUE, OTHER = U > 0, V > 1


def _fault(what, args, error, arg, value, **options):
    return Fault(what, lambda: (tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args), dict(options)),
                 error, arg, value)


def _weights(args, **more):
    return (
        _fault("weights negative", args, ValueError, "w[1]", "-1.0", w=np.array([1.0, -1.0, 1.0]), **more),
        _fault("weights too few", args, ValueError, "w", "2 vs. 3", w=np.ones(2), **more),
        _fault("weights a matrix", args, ValueError, "w", "(3, 1)", w=np.ones((3, 1)), **more),
        _fault("weights text", args, TypeError, "w", "<U1", w=np.array(list("abc")), **more),
        _fault("weights complex", args, TypeError, "w", "complex128", w=np.ones(3, complex), **more),
    )


def _matrices(args, names, out_shape):
    rest = args[1:]
    frozen = np.empty(out_shape)
    frozen.flags.writeable = False
    return (
        _fault("text", (args[0].astype(str), *rest), TypeError, names[0], "<U"),
        _fault("complex", (args[0].astype(complex), *rest), TypeError, names[0], "complex128"),
        _fault("objects", (args[0].astype(object), *rest), TypeError, names[0], "object"),
        _fault("masked", (np.ma.masked_less(args[0], 1), *rest), TypeError, names[0], "masked"),
        _fault("a vector", (U, *rest), ValueError, names[0], "(3,)"),
        _fault("ragged", ([[1, 2], [3]], *rest), ValueError, names[0], "inhomogeneous"),
        _fault("metric", args, ValueError, "metric", "cityblok; did you mean 'cityblock'", metric="cityblok"),
        _fault("metric a number", args, TypeError, "metric", "2", metric=2),
        _fault("options", args, TypeError, "kwargs", "'p'", metric="euclidean", p=3),
        _fault("p 0", args, ValueError, "p", "0", metric="minkowski", p=0),
        _fault("p text", args, TypeError, "p", "'2'", metric="minkowski", p="2"),
        _fault("V too short", args, ValueError, "V", "2", metric="seuclidean", V=np.ones(2)),
        _fault("V a matrix", args, ValueError, "V", "(3, 3)", metric="seuclidean", V=np.eye(3)),
        _fault("VI", args, ValueError, "VI", "(2, 2)", metric="mahalanobis", VI=np.eye(2)),
        _fault("points too few", (args[0][:1], *(a[:1] for a in rest)), ValueError, "VI", f"({len(args)})",
               metric="mahalanobis"),
        _fault("base", args, ValueError, "base", "0", metric="jensenshannon", base=0),
        _fault("base 1", args, ValueError, "base", "1", metric="jensenshannon", base=1),
        _fault("out shape", args, ValueError, "out", "(1, 1)", out=np.empty((1, 1))),
        _fault("out integers", args, ValueError, "out", "int64", out=np.empty(out_shape, np.int64)),
        _fault("out strides", args, ValueError, "out", "strides", out=np.empty((*out_shape, 2))[..., 0]),
        _fault("out read-only", args, ValueError, "out", "writeable=False", out=frozen),
        _fault("out a list", args, TypeError, "out", "list", out=[[0.0]]),
        _fault("workers 0", args, ValueError, "workers", "0", workers=0),
        _fault("workers text", args, TypeError, "workers", "'2'", workers="2"),
        *_weights(args, metric="cityblock"),
    )


def _vectors(args=(U, V), weights=True):
    u, v = args[:2]
    rest = args[2:]
    return (
        _fault("lengths", (u, v[:2], *rest), ValueError, "v", "(3,) (2,)"),
        _fault("a matrix", (np.ones((3, 1)), v, *rest), ValueError, "u", "(3, 1)"),
        _fault("a number", (u, 1.0, *rest), ValueError, "v", "()"),
        _fault("dates", (u, np.zeros(3, "M8[D]"), *rest), TypeError, "v", "datetime64[D]"),
        _fault("masked", (u, np.ma.masked_less(v, 2), *rest), TypeError, "v", "masked"),
        *(_weights(args) if weights else ()),
    )


_TEXT = (_fault("text", (np.array(list("abc")), V), TypeError, "u", "<U1"),)
_COMPLEX = (_fault("complex", (U.astype(complex), V), TypeError, "u", "complex128"),)
_FACTS = tuple(_fault(r.what, r.make()[0], r.error, r.arg, r.value, **r.make()[1]) for r in _vectors((TRUE, OTHER))
               if r.what != "masked") + (_fault("text", (np.array(list("abc")), OTHER), TypeError, "u", "<U1"),
                                         _fault("complex", (U * 1j, OTHER), TypeError, "u", "complex128"))

DISTANCE = (
    (distance, "cdist", (
        *_matrices((X, Y), ("XA", "XB"), (3, 2)),
        _fault("columns", (X, Y[:, :2]), ValueError, "XB", "3 and 2"),
        _fault("XB a vector", (X, U), ValueError, "XB", "(3,)"),
    )),
    (distance, "pdist", _matrices((X,), ("X",), (3,))),
    (distance, "squareform", (
        _fault("length", (np.ones(4),), ValueError, "X", "4"),
        _fault("not square", (np.ones((2, 3)),), ValueError, "X", "(2, 3)"),
        _fault("not symmetric", (np.array([[0.0, 1.0], [2.0, 0.0]]),), ValueError, "X", "symmetric"),
        _fault("diagonal", (np.eye(2),), ValueError, "X", "1.0"),
        _fault("three dimensions", (np.ones((1, 1, 1)),), ValueError, "X", "(1, 1, 1)"),
        _fault("force a vector", (np.zeros((2, 2)), "tomatrix"), ValueError, "X", "(2, 2)"),
        _fault("force a matrix", (np.ones(3), "tovector"), ValueError, "X", "(3,)"),
        _fault("force a number", (np.ones(3), 1), TypeError, "force", "1"),
    )),
    *((distance, name, _vectors() + _TEXT) for name in
      ("braycurtis", "canberra", "chebyshev", "cityblock", "euclidean", "sqeuclidean")),
    (distance, "hamming", _vectors()),
    *((distance, name, _vectors() + _TEXT + _COMPLEX) for name in ("correlation", "cosine")),
    (distance, "minkowski", (
        *_vectors(), *_TEXT,
        _fault("p 0", (U, V), ValueError, "p", "0", p=0),
        _fault("p NaN", (U, V), ValueError, "p", "nan", p=np.nan),
        _fault("p text", (U, V), TypeError, "p", "'2'", p="2"),
    )),
    (distance, "seuclidean", (
        *_vectors((U, V, np.ones(3)), False),
        _fault("V too short", (U, V, np.ones(2)), TypeError, "V", "2"),
        _fault("V a matrix", (U, V, np.eye(3)), ValueError, "V", "(3, 3)"),
    )),
    (distance, "mahalanobis", (
        *_vectors((U, V, np.eye(3)), False),
        _fault("VI", (U, V, np.eye(2)), ValueError, "VI", "(2, 2)"),
        _fault("VI text", (U, V, np.full((3, 3), "a")), TypeError, "VI", "<U1"),
    )),
    (distance, "jensenshannon", (
        _fault("shapes", (U, V[:2]), ValueError, "p and q", "(3,) and (2,)"),
        _fault("a number", (U, 1.0), ValueError, "q", "()"),
        _fault("text", (np.array(list("abc")), V), TypeError, "p", "<U1"),
        _fault("complex", (U, V * 1j), TypeError, "q", "complex128"),
        _fault("base", (U, V), ValueError, "base", "-2", base=-2),
        _fault("base 1", (U, V), ValueError, "base", "1.0", base=1.0),
        _fault("base text", (U, V), TypeError, "base", "'e'", base="e"),
        _fault("axis", (U, V), np.exceptions.AxisError, "axis", "1", axis=1),
    )),
    *((distance, name, _FACTS) for name in ("dice", "jaccard", "rogerstanimoto", "russellrao", "yule")),
    (distance, "sokalsneath", (
        *_FACTS, _fault("nothing true", (TRUE & False, OTHER & False), ValueError, "u and v", "0"))),
    *((distance, name, ()) for name in ("directed_hausdorff", "is_valid_dm", "is_valid_y", "num_obs_dm", "num_obs_y")),
)
