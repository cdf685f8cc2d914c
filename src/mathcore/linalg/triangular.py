"""Triangular systems: solve_triangular."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import single as _single
from mathcore._kernels import triangular as _triangular
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix
from mathcore.linalg.lu import right_hand_side

__all__ = ["solve_triangular"]

_TRANS = {0: False, 1: True, 2: True, "N": False, "T": True, "C": True}


@differentiable
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True, *,
                     on_failure="raise", workers=None):
    """Solve ``a x = b`` for a triangular matrix.

    Drop-in for `scipy.linalg.solve_triangular`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Only the triangle that `lower` names is read. Real; complex and longdouble data are SciPy's.
    b : array_like, shape (n,) or (..., n, k)
        Right-hand sides.
    trans : {0, 1, 2, "N", "T", "C"}, default 0
        1 and 2 solve ``aᵀ x = b``.
    lower : bool, default False
        Read the lower triangle in place of the upper one.
    unit_diagonal : bool, default False
        Take the diagonal as ones, without reading it.
    overwrite_b : bool, default False
        Whether `b` may be overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs.
    on_failure : {"raise", "nan"}, default "raise"
        What a zero on the diagonal does: an error that names the items of a batch, or NaN in those items alone.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray, shape of `b`
        x, of the operands' floating type.

    Raises
    ------
    numpy.linalg.LinAlgError
        A zero on the diagonal. Its ``.index`` is the first failing item, its ``.info`` 1 + the row, for each item.
    ValueError
        Shapes that do not fit, an unknown `trans` or `on_failure`, infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    The backward error of each column is at most ``n eps |a|``, component by component. Cost: n² k flops.
    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), section 8.1.

    Examples
    --------
    >>> from mathcore.linalg import solve_triangular
    >>> solve_triangular([[2.0, 1.0], [0.0, 4.0]], [4.0, 8.0])
    array([1., 2.])
    """
    fn = "solve_triangular"
    workers = workers if workers is None else _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, ("raise", "nan"), fn, "on_failure")
    if not isinstance(trans, int | np.integer | str) or trans not in _TRANS:
        raise ValueError(f"{fn}: trans is not known; expected one of 0, 1, 2, 'N', 'T', 'C', got {trans!r}")
    if workers is None and not overwrite_b:
        x = _single.solve_triangular(a, b, _TRANS[trans], lower, unit_diagonal, check_finite)
        if x is not None:
            return x
    matrix = _matrix.matrices(a, fn, check_finite=check_finite, square=True)
    if matrix is not None:
        n = matrix.shape[-1]
        rhs, vector = right_hand_side(b, n, fn, check_finite, matrix.shape, "a")
    if matrix is None or rhs is None:
        return _matrix.scipy_function(fn)(a, b, trans=trans, lower=lower, unit_diagonal=unit_diagonal,
                                          overwrite_b=overwrite_b, check_finite=check_finite)
    batch = _validate.broadcast_batch(matrix.shape[:-2], rhs.shape[:-2], fn)
    dtype = _matrix.compute_dtype(matrix, rhs)
    x = _matrix.working_copy(_matrix.spread(rhs, batch), dtype, overwrite=overwrite_b)
    if x.size:
        matrix = _matrix.in_runs(_matrix.spread(matrix, batch), dtype)
        if _TRANS[trans]:
            matrix, lower = matrix.swapaxes(-1, -2), not lower
        info = np.zeros(batch, np.int32)
        _triangular.solve_batch(matrix.reshape(-1, n, n), x.reshape(-1, *x.shape[-2:]), info.reshape(-1), bool(lower),
                                bool(unit_diagonal), workers, fn)
        if not info.any():
            return x[..., 0] if vector else x
        _matrix.tell_failures(info, fn,
                              "a is singular: singular matrix: resolution failed at diagonal {at}; "
                              "expected no zero on the diagonal, got one in row {at}",
                              "a is singular: slice(s) {items} are singular; expected no zero on the diagonals",
                              on_failure)
        x[info > 0] = np.nan
    return x[..., 0] if vector else x
