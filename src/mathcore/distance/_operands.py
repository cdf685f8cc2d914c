"""Two matrices of rows, dense or sparse, as scikit-learn takes them, and the array that their result goes to."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import sparse as _sparse
from mathcore._kernels.finite import all_finite
from mathcore._kernels.matmul import is_plain
from mathcore.distance import _arguments


class Operands(NamedTuple):
    """x (m, d) and y (n, d), which is x where there is one matrix only: arrays in one piece or CSR, of `dtype`."""

    x: object
    y: object
    dtype: np.dtype

    @property
    def shape(self):
        """Of a matrix of all pairs."""
        return self.x.shape[0], self.y.shape[0]

    @property
    def is_sparse(self):
        return is_sparse(self.x) or is_sparse(self.y)


def is_sparse(x):
    """Whether `x` is one of SciPy's sparse matrices or arrays, which bring this conversion to the format used here."""
    return hasattr(x, "tocsr")


def operands(X, Y, fn, *, sparse=True):  # noqa: N803 - scikit-learn's names
    """X and Y, X twice where Y is None, checked, in one type: float32 where both are that or narrower, else float64."""
    pair = {"X": X} if Y is None or Y is X else {"X": X, "Y": Y}
    found = [_rows(a, fn, arg, sparse) for arg, a in pair.items()]
    dtype = _arguments.float_type(found, fn, pair)
    x, y = found[0], found[-1]
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{fn}: Y does not fit. Incompatible dimension for X and Y matrices: X.shape[1] == "
                         f"{x.shape[1]} while Y.shape[1] == {y.shape[1]}")
    found = [_ready(a, dtype, fn, arg) for arg, a in zip(pair, found, strict=True)]
    return Operands(found[0], found[-1], dtype)


def _rows(x, fn, arg, sparse):
    """`x` with rows and columns, one of each at least."""
    a = x if sparse and is_sparse(x) else _validate.as_array(x, fn, arg)
    if a.ndim != 2:
        raise ValueError(f"{fn}: {arg} has the wrong number of dimensions. Expected 2D array, got {a.ndim}D array "
                         f"instead (shape {a.shape}). Reshape your data either using array.reshape(-1, 1) if your data "
                         "has a single feature or array.reshape(1, -1) if it contains a single sample.")
    for n, what in zip(a.shape, ("sample", "feature"), strict=True):
        if n == 0:
            raise ValueError(f"{fn}: {arg} is empty. Found array with 0 {what}(s) (shape={a.shape}) while a minimum of "
                             "1 is required.")
    return a


def _ready(a, dtype, fn, arg):
    if not is_sparse(a):
        a = _arguments.rows(a, dtype)
        _check_finite(a, a.ravel(), fn, arg)
        return a
    a = a.tocsr().astype(dtype, copy=False)
    a = type(a)((a.data, a.indices, a.indptr), shape=a.shape)   # checks and conversions leave the caller's as it is
    try:
        a.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{fn}: {arg} is no valid sparse matrix ({error}); expected indices within its shape, got "
                         f"shape {a.shape}") from error
    _check_finite(a, a.data, fn, arg)
    return a


def _check_finite(a, values, fn, arg):
    if not all_finite(values):
        bad = values[np.argmin(np.isfinite(values))]
        word = "NaN" if np.isnan(bad) else f"infinity or a value too large for {a.dtype!r}"
        raise ValueError(f"{fn}: {arg} is not finite. Input contains {word}.; got {bad}")


def dense(a, first, last):
    """Rows of `a` as an array."""
    return np.ascontiguousarray(a[first:last].toarray()) if is_sparse(a) else a[first:last]


def room(out, pair, fn):
    """The array to compute a matrix of all pairs in: `out` itself where that is fit and apart from what is read."""
    if out is None:
        return np.empty(pair.shape, pair.dtype)
    out = _validate.check_out(out, pair.shape, pair.dtype, fn)
    apart = not any(np.may_share_memory(out, a.data if is_sparse(a) else a) for a in (pair.x, pair.y))
    return out if apart and out.dtype == pair.dtype and is_plain(out) else np.empty(pair.shape, pair.dtype)


def sparse_product(pair, dense_output, out, workers, fn, limit=np.inf):
    """x y^T within [-limit, limit] where one is sparse: itself sparse where both are and dense_output is not asked for.

    Two sparse ones meet in compiled code that adds to the rows of a dense result; SciPy's product, made sparse first,
    takes ten times as long.
    """
    if is_sparse(pair.x) and is_sparse(pair.y):
        if dense_output:
            found = room(out, pair, fn)
            transposed = pair.y.T.tocsr()
            index = np.result_type(pair.x.indices, transposed.indices)
            left, right = ((a.indptr.astype(index, copy=False), a.indices.astype(index, copy=False), a.data)
                           for a in (pair.x, transposed))
            _sparse.product(*left, *right, found, limit, workers, fn)
            return found
        if out is not None:
            raise ValueError(f"{fn}: out is given for a sparse result; expected none or dense_output=True, got "
                             f"{type(out).__name__}")
    elif out is not None:
        _validate.check_out(out, pair.shape, pair.dtype, fn)
    found = pair.x @ pair.y.T
    if limit < np.inf:
        values = found.data if is_sparse(found) else found
        np.clip(values, -limit, limit, out=values)
    return found
