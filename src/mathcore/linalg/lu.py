"""LU with partial pivoting: lu, lu_factor, lu_solve."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import lu as _lu
from mathcore._kernels import single as _single
from mathcore._kernels import small as _small
from mathcore._kernels import systems as _systems
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix

__all__ = ["lu", "lu_factor", "lu_solve"]


def factors(a, fn, overwrite, workers):
    """lu (..., m, n), pivots (..., k) and info (...) of an array that `_matrix.matrices` has let in."""
    *batch, m, n = a.shape
    dtype = _matrix.compute_dtype(a)
    pivots, info = np.empty((*batch, min(m, n)), np.int32), np.zeros(batch, np.int32)
    if m == n and _matrix.in_packs(a):
        lu = np.empty(a.shape, dtype)
        _small.lu(np.ascontiguousarray(a, dtype).reshape(-1, n, n), lu.reshape(-1, n, n), pivots.reshape(-1, n),
                  info.reshape(-1), workers, fn)
        return lu, pivots, info
    lu = _matrix.working_copy(a, dtype, overwrite=overwrite)
    if lu.size:
        _lu.factor_batch(lu.reshape(-1, m, n), pivots.reshape(-1, min(m, n)), info.reshape(-1), workers, fn)
    return lu, pivots, info


@differentiable
def lu_factor(a, overwrite_a=False, check_finite=True, *, workers=None):
    """LU factorisation with partial pivoting, in the compact form that `lu_solve` takes.

    Drop-in for `scipy.linalg.lu_factor`, with batches and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; complex and longdouble data are SciPy's.
    overwrite_a : bool, default False
        Whether `a` may be overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they come out as NaN in the factors.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    lu : ndarray, shape (..., m, n)
        U on and above the diagonal, L below it; the ones on L's diagonal are not stored.
    piv : ndarray of int32, shape (..., k), k = min(m, n)
        Row i was exchanged with row ``piv[i]``, for i = 0, 1, ... in turn.

    Raises
    ------
    ValueError
        Fewer than two dimensions; infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Warns
    -----
    scipy.linalg.LinAlgWarning
        A pivot is exactly zero: the matrix is singular, the factorisation is complete all the same.

    Notes
    -----
    Error: ``|P L U - a|`` at most ``c k eps |L| |U|`` with c near 1, whatever the matrix; |U| may exceed |a| by a
    growth factor that is nearly always below 10. The bits do not depend on the number of threads or the split of a
    batch. Cost: n² (m - n/3) flops for m >= n, in panels of 64 columns; the next panel is factored beside the update
    of the last. Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 3.4; S. Toledo, SIAM J.
    Matrix Anal. Appl. 18 (1997) 1065.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import lu_factor, lu_solve
    >>> factors = lu_factor([[1.0, 2.0], [4.0, 4.0]])
    >>> factors[0]
    array([[4.  , 4.  ],
           [0.25, 1.  ]])
    >>> lu_solve(factors, [3.0, 8.0])
    array([1., 1.])
    """
    fn = "lu_factor"
    if workers is None and (found := _single.lu(a, check_finite)) is not None:
        return found
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, check_finite=check_finite)
    if matrix is None:
        return _matrix.scipy_function(fn)(a, overwrite_a=overwrite_a, check_finite=check_finite)
    if matrix.size == 0:
        return np.empty(matrix.shape, _matrix.compute_dtype(matrix)), np.empty((*matrix.shape[:-2], 0), np.int32)
    lu, pivots, info = factors(matrix, fn, overwrite_a, workers)
    for item in np.argwhere(info > 0)[:20]:
        where = f" (batch element {', '.join(map(str, item))})" if len(item) else ""
        _matrix.ill_conditioned(f"Diagonal number {info[tuple(item)]} is exactly zero. Singular matrix.{where}")
    return lu, pivots


@differentiable
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False, *, workers=None):
    """LU factorisation with partial pivoting, ``a = P L U``.

    Drop-in for `scipy.linalg.lu`, with ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; complex and longdouble data are SciPy's.
    permute_l : bool, default False
        Return ``P L`` in place of P and L.
    overwrite_a : bool, default False
        Whether `a` may be overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they come out as NaN in the factors.
    p_indices : bool, default False
        Return the permutation as indices, ``a = L[P] @ U``.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    P : ndarray, shape (..., m, m), or (..., m) with `p_indices`
        Left out with `permute_l`.
    L : ndarray, shape (..., m, k), k = min(m, n)
        Unit lower triangular; with `permute_l` its rows in the order of those of `a`.
    U : ndarray, shape (..., k, n)
        Upper triangular.

    Raises
    ------
    ValueError
        Fewer than two dimensions; infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error, cost (n² (m - n/3) flops) and source as in `lu_factor`.

    Examples
    --------
    >>> from mathcore.linalg import lu
    >>> P, L, U = lu([[1.0, 2.0], [4.0, 4.0]])
    >>> P @ L @ U
    array([[1., 2.],
           [4., 4.]])
    >>> U
    array([[4., 4.],
           [0., 1.]])
    """
    fn = "lu"
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, check_finite=check_finite)
    if matrix is None:
        return _matrix.scipy_function(fn)(a, permute_l=permute_l, overwrite_a=overwrite_a, check_finite=check_finite,
                                          p_indices=p_indices)
    *batch, m, n = matrix.shape
    k, dtype = min(m, n), _matrix.compute_dtype(matrix)
    low, up = np.empty((*batch, m, k), dtype), np.empty((*batch, k, n), dtype)
    if matrix.size == 0:
        order = np.empty([*batch, 0] if p_indices else [*batch, 0, 0], np.int32 if p_indices else dtype)
        return (low, up) if permute_l else (order, low, up)
    compact, pivots, _ = factors(matrix, fn, overwrite_a, workers)
    order = np.empty((*batch, m), np.int32)
    _lu.unpack(compact.reshape(-1, m, n), pivots.reshape(-1, k), low.reshape(-1, m, k), up.reshape(-1, k, n),
               order.reshape(-1, m), permute_l)
    if permute_l:
        return low, up
    if p_indices:
        return order, low, up
    permutation = np.zeros((*batch, m, m), dtype)
    np.put_along_axis(permutation, order[..., None], 1, axis=-1)
    return permutation, low, up


def right_hand_side(b, n, fn, check_finite, shape, what, peer=True):
    """`b` as an array (..., n, k), and whether it was one vector; None where its type is the peer's."""
    b = _matrix.matrices(b, fn, "b", check_finite=check_finite, ndim=1, peer=peer)
    if b is None:
        return None, False
    vector = b.ndim == 1
    if vector:
        b = b[:, None]
    if b.shape[-2] != n:
        raise ValueError(f"{fn}: shapes of {what} {shape} and b {b.shape[:1] if vector else b.shape} are incompatible; "
                         f"expected b with {n} rows, got {b.shape[-2]}")
    return b, vector


@differentiable
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True, *, workers=None):
    """Solve ``a x = b`` with the factors from `lu_factor`.

    Drop-in for `scipy.linalg.lu_solve`, with ``workers=`` added.

    Parameters
    ----------
    lu_and_piv : tuple (lu, piv)
        As `lu_factor` returns it: lu of shape (..., n, n), piv of shape (..., n).
    b : array_like, shape (n,) or (..., n, k)
        Right-hand sides.
    trans : {0, 1, 2}, default 0
        1 and 2 solve ``aᵀ x = b``.
    overwrite_b : bool, default False
        Whether `b` may be overwritten.
    check_finite : bool, default True
        Whether to look for infs and NaNs in `b`.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray, shape of `b`
        x. A zero on U's diagonal gives inf or NaN, as in SciPy.

    Raises
    ------
    ValueError
        Shapes that do not fit, pivots out of range, an unknown `trans`.
    TypeError
        Data that are not numbers.

    Notes
    -----
    The backward error is that of `lu_factor` and twice n eps of substitution; unlike `solve` the answer is not checked.
    Cost: 2 n² k flops.

    Examples
    --------
    >>> from mathcore.linalg import lu_factor, lu_solve
    >>> lu_solve(lu_factor([[2.0, 1.0], [1.0, 3.0]]), [3.0, 5.0])
    array([0.8, 1.4])
    """
    fn = "lu_solve"
    if workers is None and not overwrite_b and (x := _single.lu_solve(lu_and_piv, b, trans, check_finite)) is not None:
        return x
    workers = _validate.check_workers(workers, fn)
    if not isinstance(lu_and_piv, tuple | list):
        raise TypeError(f"{fn}: lu_and_piv is no pair; expected (lu, piv) as lu_factor returns, "
                        f"got {type(lu_and_piv).__name__}")
    if len(lu_and_piv) != 2:
        raise ValueError(f"{fn}: lu_and_piv is no pair; expected (lu, piv) as lu_factor returns, "
                         f"got {len(lu_and_piv)} parts")
    if trans not in (0, 1, 2):
        raise ValueError(f"{fn}: trans is not known; expected 0, 1 or 2, got {trans!r}")
    lu, pivots = lu_and_piv
    matrix = _matrix.matrices(lu, fn, "lu_and_piv[0]", check_finite=False, square=True)
    if matrix is not None:
        n = matrix.shape[-1]
        rhs, vector = right_hand_side(b, n, fn, check_finite, matrix.shape, "lu")
    if matrix is None or rhs is None:
        return _matrix.scipy_function(fn)(lu_and_piv, b, trans=trans, overwrite_b=overwrite_b,
                                          check_finite=check_finite)
    pivots = _pivots(pivots, matrix.shape, fn)
    batch = _validate.broadcast_batch(matrix.shape[:-2], rhs.shape[:-2], fn)
    dtype = _matrix.compute_dtype(matrix, rhs)
    if 0 in batch or rhs.size == 0:
        x = np.empty((*batch, *rhs.shape[-2:]), dtype)
        return x[..., 0] if vector else x
    x = _matrix.working_copy(_matrix.spread(rhs, batch), dtype, overwrite=overwrite_b)
    matrix = _matrix.in_runs(_matrix.spread(matrix, batch), dtype)
    pivots = np.ascontiguousarray(_matrix.spread(pivots[..., None], batch))
    _systems.solve_factors(matrix.reshape(-1, n, n), pivots.reshape(-1, n), x.reshape(-1, *x.shape[-2:]), trans != 0,
                           workers, fn)
    return x[..., 0] if vector else x


def _pivots(pivots, shape, fn):
    pivots = np.asarray(pivots)
    if pivots.dtype.kind not in "iu" and pivots.size:
        raise TypeError(f"{fn}: lu_and_piv[1] has dtype {pivots.dtype}; expected integers")
    if pivots.shape[-1:] != shape[-1:] or pivots.shape[:-1] != shape[:-2]:
        raise ValueError(f"{fn}: lu_and_piv[1] has the wrong shape; expected {(*shape[:-2], shape[-1])}, "
                         f"got {pivots.shape}")
    if pivots.size and not (pivots.min() >= 0 and pivots.max() < shape[-1]):
        wrong = pivots.min() if pivots.min() < 0 else pivots.max()
        raise ValueError(f"{fn}: lu_and_piv[1] is out of range; expected 0 to {shape[-1] - 1}, got {wrong}")
    return pivots.astype(np.int32)
