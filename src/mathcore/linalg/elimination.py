"""Elimination by hand, step by step: row_reduce."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.linalg._matrix import compute_dtype, matrices
from mathcore.linalg._scale import scaled

__all__ = ["row_reduce"]


class Step(NamedTuple):
    """One row operation and the matrix after it. Rows and columns are numbered from 0; `text` counts from 1, as
    textbooks do."""

    operation: str                  # "start", "scale all", "swap", "subtract", "clear" (of column `row`) or "scale"
    row: int
    other: int
    factor: float
    matrix: np.ndarray

    @property
    def text(self):
        row, other, factor = f"R{self.row + 1}", f"R{self.other + 1}", _number(abs(self.factor))
        times = other if factor == "1" else f"{factor} {other}"
        return {
            "start": "start",
            "scale all": f"all rows / {factor}",
            "swap": f"swap {row} and {other}",
            "subtract": f"{row} <- {row} {'+' if self.factor < 0 else '-'} {times}",
            "clear": f"no pivot in column {self.row + 1}: what is left there counts as 0",
            "scale": f"{row} <- {row} / {_number(self.factor)}",
        }[self.operation]

    def __str__(self):
        cells = [[_number(x) for x in row] for row in self.matrix.tolist()]
        width = max((len(cell) for row in cells for cell in row), default=0)
        return "\n".join([self.text, *("  [ " + "  ".join(c.rjust(width) for c in row) + " ]" for row in cells)])


def _number(x):
    return f"{x + 0.0:.6g}"          # -0 is printed as 0


class Steps(tuple):
    """The steps of an elimination; printed, each with the matrix after it."""

    __slots__ = ()

    def __str__(self):
        return "\n".join(map(str, self))


class RowReduceResult(NamedTuple):
    """What `row_reduce` returns."""

    rref: np.ndarray
    pivots: np.ndarray
    rank: int | np.ndarray
    steps: Steps | None


def row_reduce(a, /, *, rtol=None, return_steps=False):
    """Reduced row echelon form, by Gauss-Jordan elimination with partial pivoting.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; integers become float64. For a system of equations, the right-hand side is the last column.
    rtol : float, optional
        A column in which nothing larger than this part of its largest element is left has no pivot. Default:
        ``max(m, n) eps``.
    return_steps : bool, default False
        Whether to record each row operation; of a single matrix.

    Returns
    -------
    rref : ndarray, shape (..., m, n)
        Pivots are exactly 1, what stands above and below them exactly 0.
    pivots : ndarray of int, shape (r,) or (..., min(m, n))
        The columns of the pivots; in a batch, filled up with -1.
    rank : int or ndarray of int
        The number of pivots.
    steps : tuple or None
        The row operations, downwards to the echelon form and then upwards. Each has `operation`, `row`, `other`,
        `factor` and the `matrix` after it; ``print(result.steps)`` shows them as on paper, rows counted from 1.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, an `rtol` below 0, `return_steps` for a batch.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    For teaching, and for small matrices: a loop over columns in Python. Rounding errors in a column are some ``m eps``
    of its largest element, which `rtol` has to cover; where the rank is in doubt, `matrix_rank` tells it better, and
    systems are solved by `solve`. Cost: m n r flops. Strang, Introduction to Linear Algebra, section 3.2; Golub and
    Van Loan, Matrix Computations, section 3.4, for pivoting.

    Examples
    --------
    >>> from mathcore.linalg import row_reduce
    >>> result = row_reduce([[1.0, 2.0, 5.0], [2.0, 2.0, 6.0]], return_steps=True)
    >>> result.rref
    array([[1., 0., 1.],
           [0., 1., 2.]])
    >>> print(result.steps)
    start
      [ 1  2  5 ]
      [ 2  2  6 ]
    swap R1 and R2
      [ 2  2  6 ]
      [ 1  2  5 ]
    R2 <- R2 - 0.5 R1
      [ 2  2  6 ]
      [ 0  1  2 ]
    R1 <- R1 - 2 R2
      [ 2  0  2 ]
      [ 0  1  2 ]
    R1 <- R1 / 2
      [ 1  0  1 ]
      [ 0  1  2 ]
    """
    fn = "row_reduce"
    array = matrices(a, fn, peer=False)
    if return_steps and array.ndim > 2:
        raise ValueError(f"{fn}: return_steps is for a single matrix; expected 2 dimensions, got shape {array.shape}")
    w = array.astype(compute_dtype(array))
    m, n = w.shape[-2:]
    rtol = max(m, n) * float(np.finfo(w.dtype).eps) if rtol is None else _validate.real_number(rtol, fn, "rtol", low=0)
    if w.ndim == 2:
        steps = [] if return_steps else None
        pivots = np.array(_reduce(w, rtol, steps), np.intp)
        return RowReduceResult(w, pivots, len(pivots), Steps(steps) if return_steps else None)
    pivots = np.full((*w.shape[:-2], min(m, n)), -1, np.intp)
    for i in np.ndindex(w.shape[:-2]):
        found = _reduce(w[i], rtol, None)
        pivots[i][:len(found)] = found
    return RowReduceResult(w, pivots, (pivots >= 0).sum(axis=-1), None)


def _reduce(w, rtol, steps):
    """Reduce one matrix in place; returns its pivot columns. Appends to `steps` unless that is None."""
    def tell(operation, row=0, other=0, factor=0.0):
        if steps is not None:
            steps.append(Step(operation, row, other, float(factor), w.copy()))

    def subtract(r, j, first, last):
        """Rows first ... last less that multiple of row r which makes their column j zero; at once if nobody looks."""
        for i in [slice(i, i + 1) for i in range(first, last)] if steps is not None else [slice(first, last)]:
            factors = w[i, j:j + 1] / w[r, j]
            if factors.any():
                w[i] -= factors * w[r]
                w[i, j] = 0
                tell("subtract", i.start, r, factors[0, 0])

    tell("start")
    y, e = scaled(w, (0, 1))
    if abs(e[0, 0]) > np.finfo(w.dtype).maxexp // 2:            # products of two elements may leave the range
        w[...] = y
        tell("scale all", factor=np.ldexp(1.0, e[0, 0]))
    cut, pivots = rtol * np.abs(w).max(axis=0, initial=0), []
    for j in range(w.shape[1] if w.shape[0] else 0):
        r = len(pivots)
        if r == w.shape[0]:
            break
        p = r + int(np.argmax(np.abs(w[r:, j])))
        if np.abs(w[p, j]) <= cut[j]:
            if w[r:, j].any():
                w[r:, j] = 0
                tell("clear", j)
            continue
        if p != r:
            w[[r, p]] = w[[p, r]]
            tell("swap", r, p)
        subtract(r, j, r + 1, w.shape[0])
        pivots.append(j)
    for r, j in reversed(list(enumerate(pivots))):
        if (pivot := w[r, j].copy()) != 1:
            w[r] /= pivot
            w[r, j] = 1
            tell("scale", r, factor=pivot)
        subtract(r, j, 0, r)
    w += 0.0                                                    # -0 becomes 0
    return pivots
