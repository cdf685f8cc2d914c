"""Records and fault tables of similarity, kernel matrices and their pictures (see fault_rows.py)."""

import numpy as np
import scipy.sparse

from mathcore import distance, plot
from tests.fault_rows import Fault

X, Y = np.arange(6.0).reshape(3, 2), np.ones((4, 2))


def _fault(what, args, error, arg, value, **options):
    return Fault(what, lambda: (args, dict(options)), error, arg, value)


def _read_only(shape):
    out = np.zeros(shape)
    out.flags.writeable = False
    return out


ROWS = (
    _fault("a vector", (X[0],), ValueError, "X", "(2,)"),
    _fault("three dimensions", (X[None], Y), ValueError, "X", "(1, 3, 2)"),
    _fault("a number", (1.5,), ValueError, "X", "0D"),
    _fault("Y a vector", (X, Y[0]), ValueError, "Y", "(2,)"),
    _fault("columns", (X, np.ones((4, 3))), ValueError, "Y.shape[1]", "3"),
    _fault("no rows", (X[:0],), ValueError, "X", "(0, 2)"),
    _fault("no columns", (X, Y[:, :0]), ValueError, "Y", "(4, 0)"),
    _fault("NaN", (X * np.nan,), ValueError, "X", "nan"),
    _fault("infinite", (X, np.full((4, 2), np.inf)), ValueError, "Y", "inf"),
    _fault("complex", (X * 1j,), TypeError, "X", "complex128"),
    _fault("long doubles", (X, Y.astype(np.longdouble)), TypeError, "Y", str(np.dtype(np.longdouble))),
    _fault("text", (np.full((3, 2), "a"),), TypeError, "X", "<U1"),
    _fault("objects", (X.astype(object),), TypeError, "X", "object"),
    _fault("masked elements", (np.ma.masked_less(X, 2),), TypeError, "X", "masked"),
    _fault("ragged", ([[1.0], [1.0, 2.0]],), ValueError, "X", "inhomogeneous"),
    _fault("sparse NaN", (scipy.sparse.csr_array(np.array([[np.nan, 1.0]])),), ValueError, "X", "nan"),
    _fault("sparse, of other columns", (scipy.sparse.csr_array(X), np.ones((4, 3))), ValueError, "Y.shape[1]", "3"),
    _fault("out no array", (X, Y), TypeError, "out", "list", out=[[0.0] * 4] * 3),
    _fault("out of another shape", (X, Y), ValueError, "out", "(4, 3)", out=np.zeros((4, 3))),
    _fault("out of whole numbers", (X, Y), TypeError, "out", "int64", out=np.zeros((3, 4), np.int64)),
    _fault("out read-only", (X, Y), ValueError, "out", "read-only", out=_read_only((3, 4))),
    _fault("out in one place", (X, Y), ValueError, "out", "overlapping",
           out=np.lib.stride_tricks.as_strided(np.zeros(4), (3, 4), (0, 8))),
    _fault("workers", (X, Y), ValueError, "workers", "0", workers=0),
    _fault("workers a float", (X, Y), TypeError, "workers", "1.5", workers=1.5),
)
SPARSE_OUT = _fault("out for a sparse result", (scipy.sparse.csr_array(X), None, False), ValueError, "out", "ndarray",
                    out=np.zeros((3, 3)))


def _numbers(name, *, low=None, above=None):
    """What is no fit coefficient."""
    below = -1 if above is None else above
    return (
        *((_fault(f"{name} {below}", (X, Y), ValueError, name, str(below), **{name: below}),)
          if low is not None or above is not None else ()),
        _fault(f"{name} NaN", (X, Y), ValueError, name, "nan", **{name: np.nan}),
        _fault(f"{name} infinite", (X, Y), ValueError, name, "inf", **{name: np.inf}),
        _fault(f"{name} text", (X, Y), TypeError, name, "'a'", **{name: "a"}),
        _fault(f"{name} true", (X, Y), TypeError, name, "True", **{name: True}),
    )


GAMMA, COEF0 = _numbers("gamma", low=0), _numbers("coef0")

SIMILARITY = (
    (distance, "cosine_similarity", (*ROWS, SPARSE_OUT)),
    (distance, "linear_kernel", (*ROWS, SPARSE_OUT)),
    (distance, "polynomial_kernel", (
        *ROWS, *GAMMA, *COEF0, *_numbers("degree", low=1),
        _fault("degree below 1", (X, Y), ValueError, "degree", "0.5", degree=0.5))),
    (distance, "sigmoid_kernel", (*ROWS, *GAMMA, *COEF0)),
    (distance, "rbf_kernel", (*ROWS, *GAMMA)),
    (distance, "laplacian_kernel", (*ROWS, *_numbers("gamma", above=0))),
    (distance, "TermCounts", (), False, False),
    (distance, "term_counts", (
        _fault("one string", ("the cat",), TypeError, "documents", "'the cat'"),
        _fault("bytes", (b"the cat",), TypeError, "documents", "bytes"),
        _fault("a number", (3,), TypeError, "documents", "int"),
        _fault("None among them", (["the cat", None],), TypeError, "documents[1]", "None"),
        _fault("bytes among them", ([b"the cat"],), TypeError, "documents[0]", "bytes"),
        _fault("a word as vocabulary", (["the cat"],), TypeError, "vocabulary", "'cat'", vocabulary="cat"),
        _fault("a number in the vocabulary", (["the cat"],), TypeError, "vocabulary[1]", "5", vocabulary=["cat", 5]),
        _fault("a term twice", (["the cat"],), ValueError, "vocabulary", "'cat'", vocabulary=["cat", "the", "cat"]),
        _fault("no pattern", (["the cat"],), TypeError, "token_pattern", "None", token_pattern=None),
        _fault("no regular expression", (["the cat"],), ValueError, "token_pattern", "'('", token_pattern="("),
        _fault("several groups", (["the cat"],), ValueError, "token_pattern", "(b)", token_pattern="(a)(b)"),
    )),
    (distance, "jaccard_similarity", (
        _fault("a number", (3, {3}), TypeError, "a", "int"),
        _fault("None", ({3}, None), TypeError, "b", "NoneType"),
        _fault("lists in a list", ({3}, [[3]]), TypeError, "b", "unhashable"),
    )),
    (distance, "hamming_distance", (
        _fault("lengths", ("karolin", "kath"), ValueError, "b", "7 and 4"),
        _fault("a number", (10, "10"), TypeError, "a", "int"),
        _fault("a set", ([1, 2], {1, 2}), TypeError, "b", "set"),
        _fault("a matrix", (np.ones((2, 2)), [1, 2]), TypeError, "a", "(2, 2)"),
        _fault("a string and a list", ("ab", ["a", "b"]), TypeError, "b", "list"),
        _fault("a string and bytes", (b"ab", "ab"), TypeError, "b", "bytes"),
    )),
    (plot, "unit_balls", (
        _fault("zero", ([0.0, 0.0],), ValueError, "vector", "[0. 0.]"),
        _fault("three numbers", ([1.0, 2.0, 3.0],), ValueError, "vector", "[1. 2. 3.]"),
        _fault("NaN", ([1.0, np.nan],), ValueError, "vector", "nan"),
        _fault("an order below 1", ([1.0, 2.0],), ValueError, "orders", "0.5", orders=(0.5,)),
    )),
)
