"""What the iterations for eigenvalues share: their arguments, their trace, what they return."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import iterative as _iterative
from mathcore.linalg._matrix import check_finite_values, compute_dtype, in_runs, matrices, signs
from mathcore.linalg.matmul import matmul
from mathcore.linalg.vectors import normalize


class Trace(NamedTuple):
    """What happened, one row a step; printed as a table. With k eigenvalues, `value` and `residual` are (steps, k)."""

    value: np.ndarray               # the estimate of the eigenvalue
    residual: np.ndarray            # |A v - value v|

    @property
    def step(self):
        return np.arange(1, len(self.value) + 1)

    @property
    def change(self):
        """The largest change of an estimate since the step before; NaN at the first."""
        moved = np.abs(np.diff(self.value, axis=0))
        return np.concatenate([np.full(min(len(self.value), 1), np.nan), _largest(moved)])

    def __str__(self):
        lines = [f"{'step':>5}  {'eigenvalue':>16}  {'residual':>10}  {'change':>10}"]
        first = self.value if self.value.ndim == 1 else self.value[:, 0]
        for row in zip(self.step, first, _largest(self.residual), self.change, strict=False):
            lines.append("{:5d}  {:>16}  {:10.2e}  {:10.2e}".format(row[0], f"{row[1]:.10g}", *row[2:]))
        return "\n".join(lines)


def _largest(x):
    return x if x.ndim == 1 else x.max(axis=1, initial=0)


class EigenIteration(NamedTuple):
    """What an iteration for one eigenpair returns."""

    value: float
    vector: np.ndarray
    n_iter: int
    converged: bool
    stop: str                       # "converged", "max_iter", "callback" or "breakdown"
    trace: Trace


class EigenIterations(NamedTuple):
    """What an iteration for several eigenpairs returns."""

    values: np.ndarray
    vectors: np.ndarray
    n_iter: int
    converged: bool
    stop: str
    trace: Trace


# ------------------------------------------------------------------ arguments

def square_matrix(a, fn, arg="a"):
    """One real, finite, square matrix with at least one row, in the type that computes."""
    array = matrices(a, fn, arg, square=True, peer=False)
    _validate.exact_dims(array, 2, fn, arg)
    if array.size == 0:
        raise ValueError(f"{fn}: {arg} is empty; expected at least one row, got shape {array.shape}")
    return _validate.ready(array, compute_dtype(array))


def is_mirrored(a):
    """Whether a matrix equals its transpose exactly: what a product with the triangle alone may take for granted."""
    return bool(_iterative.is_mirrored(in_runs(a, a.dtype), None))


def no_size(n, fn):
    """A matrix brings its own."""
    if n is not None:
        raise ValueError(f"{fn}: n is the size of a callable; expected None with a matrix, got {n!r}")


def operator(a, n, dtype, workers, fn):
    """(apply, n, dtype): apply(x (n, k)) -> A x, for a matrix or for a callable of vectors."""
    if not callable(a):
        no_size(n, fn)
        a = square_matrix(a, fn)
        return lambda x: matmul(a, x, workers=workers), len(a), a.dtype
    if n is None:
        raise ValueError(f"{fn}: n is missing; expected the size of the vectors that a takes, got None")
    n = _validate.whole_number(n, fn, "n", low=1)

    def apply(x):
        return np.stack([_applied(a, column, fn) for column in x.T], axis=1).astype(dtype, copy=False)
    return apply, n, np.dtype(dtype)


def _applied(a, v, fn):
    y = _validate.as_array(a(v.copy()), fn, "a(v)")
    _validate.real_dtype(y.dtype, fn, "a(v)")
    if y.shape != v.shape:
        raise ValueError(f"{fn}: a(v) has another shape than v; expected {v.shape}, got shape {y.shape}")
    if y.dtype.kind == "f":
        check_finite_values(y, fn, "a(v)")
    return y


def start(v0, shape, dtype, rng, fn):
    """`v0`, or normal random numbers; columns of length 1."""
    if v0 is None:
        v = _validate.generator(rng, fn).standard_normal(shape, dtype=np.float64)
    else:
        v = matrices(v0, fn, "v0", ndim=1, peer=False)
        if v.shape != shape:
            raise ValueError(f"{fn}: v0 has the wrong shape; expected {shape}, got shape {v.shape}")
        if not v.any():
            raise ValueError(f"{fn}: v0 is zero; expected a vector with a direction, got zeros of shape {v.shape}")
    return normalize(v.astype(dtype), axis=0)


def tolerance(tol, n, dtype, fn):
    """`tol`, or what rounding allows: 4 sqrt(n) eps, and at least 16 eps."""
    if tol is None:
        return max(16.0, 4 * n**0.5) * float(np.finfo(dtype).eps)
    return _validate.real_number(tol, fn, "tol", low=0)


def check_callback(callback, fn):
    if callback is not None and not callable(callback):
        raise TypeError(f"{fn}: callback is not callable; expected a function (step, value, vector), got {callback!r}")
    return callback


def flag(value, fn, arg):
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{fn}: {arg} is no bool; expected True or False, got {value!r}")
    return bool(value)


def signed(v):
    """Vectors (columns) with their component of largest size positive: the sign of an eigenvector is anyone's."""
    return v * signs(v, axis=0)
