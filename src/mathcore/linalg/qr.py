"""QR: qr, qr_multiply, tsqr."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import qr as _qr
from mathcore._kernels import small as _small
from mathcore._kernels import tall as _tall
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix

__all__ = ["qr", "qr_multiply", "tsqr"]


class QRResult(NamedTuple):
    """Q with orthonormal columns and R upper triangular; Q is None where only R was asked for."""

    Q: np.ndarray | None
    R: np.ndarray


def _check_lwork(lwork, n, fn):
    if lwork not in (None, -1) and _validate.whole_number(lwork, fn, "lwork") < max(1, n):
        raise ValueError(f"{fn}: lwork is too small; expected None, -1 or at least {max(1, n)}, got {lwork}")


def _check_flags(fn, **flags):
    for arg, value in flags.items():
        if not isinstance(value, bool | np.bool_ | int):
            raise TypeError(f"{fn}: {arg} is no truth value; expected True or False, got {value!r}")


def _empty(shape, dtype, mode, pivoting):
    """The factors of matrices without elements: Q is an identity."""
    *batch, m, n = shape
    k = min(m, n)
    rows, columns = (k, k) if mode in ("economic", "raw") else (m, m)
    r = np.empty((*batch, rows, n), dtype)
    q = np.broadcast_to(np.eye(m, columns, dtype=dtype), (*batch, m, columns)).copy()
    rest = (r, np.broadcast_to(np.arange(n, dtype=np.int32), (*batch, n)).copy()) if pivoting else (r,)
    if mode == "r":
        return rest
    if mode == "raw":
        return ((np.empty(shape, dtype), np.zeros((*batch, k), dtype)), *rest)
    return (q, *rest)


def factors(a, mode, pivoting, workers, fn):
    """What `qr` returns, of an array that `_matrix.matrices` has let in."""
    dtype = _matrix.compute_dtype(a)
    *batch, m, n = a.shape
    k = min(m, n)
    if a.size == 0:
        return _empty(a.shape, dtype, mode, pivoting)
    a = _validate.ready(a, dtype).reshape(-1, m, n)
    count = len(a)
    r = np.empty((count, m if mode in ("full", "r") else k, n), dtype)
    q = np.empty((count, m, {"full": m, "economic": k, "raw": n}[mode]), dtype) if mode != "r" else None
    tau = np.empty((count, k), dtype) if mode == "raw" else None
    pivots = np.empty((count, n), np.int32) if pivoting else None
    if mode != "raw" and not pivoting and m == n <= _qr.IN_PACKS:
        _small.qr(np.ascontiguousarray(a), np.empty_like(r) if q is None else q, r, workers, fn)
    elif mode in ("economic", "r") and not pivoting and _tall.is_tall(m, n):
        _tall.factor_batch(a if a.strides[-1] == a.itemsize else np.ascontiguousarray(a), q, r, workers, fn)
    else:
        _qr.factor_batch(a, _qr.MODES[mode], q if mode != "r" else r, r, tau, pivots, workers, fn)

    def shaped(x):
        return x.reshape(*batch, *x.shape[1:])

    rest = (shaped(r), shaped(pivots)) if pivoting else (shaped(r),)
    if mode == "r":
        return rest
    return ((shaped(q), shaped(tau)), *rest) if mode == "raw" else (shaped(q), *rest)


def nearly_factors(a, workers, fn):
    """(q, rest, r) with ``a = (q rest^-1) r``, the economic factors of `factors`: a product with Q goes over q once
    where what multiplies it is small enough to be divided by `rest` first. None: the identity."""
    *batch, m, n = a.shape
    if not _tall.is_tall(m, n):
        q, r = factors(a, "economic", False, workers, fn)
        return q, None, r
    dtype = _matrix.compute_dtype(a)
    a = _validate.ready(a, dtype).reshape(-1, m, n)
    q, rest, r = np.empty(a.shape, dtype), *np.empty((2, len(a), n, n), dtype)
    _tall.factor_batch(a if a.strides[-1] == a.itemsize else np.ascontiguousarray(a), q, r, workers, fn, rest)
    return tuple(x.reshape(*batch, *x.shape[1:]) for x in (q, rest, r))


@differentiable
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True, *, workers=None):
    """QR factorisation, ``a = Q R`` with Q orthogonal and R upper triangular.

    Drop-in for `scipy.linalg.qr`, with ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; complex and longdouble data are SciPy's.
    overwrite_a : bool, default False
        Accepted for SciPy's sake: `a` is copied as it is read, and never written.
    lwork : int, optional
        Accepted for SciPy's sake; -1 or at least n.
    mode : {"full", "economic", "r", "raw"}, default "full"
        All m columns of Q; the first k = min(m, n); R alone; or the reflections as LAPACK's xGEQRF leaves them. "qr"
        is an old word for "full".
    pivoting : bool, default False
        Factor ``a[:, P]``, with the columns in an order that makes the diagonal of R non-increasing.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they come out as NaN.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    Q : ndarray, shape (..., m, m) or (..., m, k)
        Left out for mode "r"; for "raw" the tuple ``(qr, tau)`` of shapes (..., m, n) and (..., k).
    R : ndarray, shape (..., m, n); (..., k, n) for "economic" and "raw"
        Mode "r" gives a tuple of it for a single matrix, the array itself for a batch, as in SciPy.
    P : ndarray of int32, shape (..., n)
        With `pivoting` only.

    Raises
    ------
    ValueError
        Fewer than two dimensions; infs or NaNs with `check_finite`; an unknown mode; an `lwork` that is too small.
    TypeError
        Data that are not numbers, a flag that is neither True nor False.

    See Also
    --------
    tsqr : the fast way for tall matrices, told apart.

    Notes
    -----
    Householder reflections with LAPACK's signs, in blocks; with `pivoting` those of xGEQP3. Matrices at least 8 times
    as tall as wide are factored as in `tsqr` where the reflections themselves are not asked for; signs then differ from
    LAPACK's only for condition numbers near 1e8 and above.
    Error: ``|a - Q R|`` and ``|Q^T Q - I|`` are a small multiple (about 1, at most 8 where tested) of ``m eps |a|`` and
    ``m eps``. The bits do not depend on the number of threads, the layout or the split of a batch.
    Cost: 2 n² (m - n/3) flops for R when m >= n, and as much for the economic Q.
    Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), sections 5.2 and 5.4; R. Schreiber and C. F. Van
    Loan, SIAM J. Sci. Stat. Comput. 10 (1989) 53; Z. Drmac and Z. Bujanovic, ACM Trans. Math. Softw. 35 (2008) 12.

    Examples
    --------
    >>> from mathcore.linalg import qr
    >>> q, r = qr([[3.0, 5.0], [4.0, 10.0]])
    >>> q
    array([[-0.6, -0.8],
           [-0.8,  0.6]])
    >>> r
    array([[ -5., -11.],
           [  0.,   2.]])
    """
    fn = "qr"
    if workers is None and pivoting is False and overwrite_a is False and lwork is None \
            and (found := _qr.factor_matrix(a, mode, check_finite)) is not None:
        return found
    _check_flags(fn, overwrite_a=overwrite_a, pivoting=pivoting, check_finite=check_finite)
    if mode not in ("full", "qr", "r", "economic", "raw"):
        raise ValueError(f"{fn}: mode is not known. Mode argument should be one of ['full', 'r', 'economic', 'raw']; "
                         f"expected one of these, got {mode!r}")
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, check_finite=check_finite)
    if matrix is None:
        return _matrix.scipy_function(fn)(a, overwrite_a=overwrite_a, lwork=lwork, mode=mode, pivoting=pivoting,
                                          check_finite=check_finite)
    if not pivoting:
        _check_lwork(lwork, matrix.shape[-1], fn)
    found = factors(matrix, "full" if mode == "qr" else mode, bool(pivoting), workers, fn)
    return found[0] if len(found) == 1 and matrix.ndim > 2 else found


def _columns(c, a, mode, overwrite_c, fn):
    """`c` as columns (..., rows, p) that Q or Q^T multiplies from the left."""
    m, n = a.shape[-2:]
    c = c if c.ndim > 1 else c[:, None] if mode == "left" else c[None]
    c = c if mode == "left" else c.swapaxes(-1, -2)
    rows = m if mode == "right" or overwrite_c else min(m, n)
    if c.shape[-2] != rows:
        product, what = ("Q @ c", "rows") if mode == "left" else ("c @ Q", "columns")
        raise ValueError(f"{fn}: c does not fit. Array shapes are not compatible for {product} operation; "
                         f"expected {rows} {what} for a of shape {a.shape}, got {c.shape[-2]}")
    return c


def _multiplied(a, c, batch, pivoting, mode, workers, fn):
    """Q c ("left") or Q^T c with all m rows, R, and with `pivoting` P."""
    (raw, tau), *rest = factors(a, "raw", pivoting, workers, fn)
    dtype = _matrix.compute_dtype(a, c)
    out = np.zeros((*batch, a.shape[-2], c.shape[-1]), dtype)
    out[..., :c.shape[-2], :] = c
    if out.size and raw.size:
        raw, tau = (np.ascontiguousarray(np.broadcast_to(x, (*batch, *x.shape[a.ndim - 2:])), dtype)
                    for x in (raw, tau))
        _qr.multiply_q(raw.reshape(-1, *raw.shape[-2:]), tau.reshape(-1, tau.shape[-1]),
                       out.reshape(-1, *out.shape[-2:]), mode == "right", workers, fn)
    return (out, *rest)


def qr_multiply(a, c, mode="right", pivoting=False, conjugate=False, overwrite_a=False, overwrite_c=False, *,
                workers=None):
    """The product of a matrix with the Q of another's QR factorisation, without Q itself.

    Drop-in for `scipy.linalg.qr_multiply`, with ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        The matrix to be factored. Real; complex and longdouble data are SciPy's.
    c : array_like, shape (..., k, p) or (k,) for "left", (..., p, m) or (m,) for "right"; k = min(m, n)
        What Q multiplies; batch dimensions broadcast with those of `a`.
    mode : {"right", "left"}, default "right"
        ``c @ Q`` or ``Q @ c``.
    pivoting : bool, default False
        Factor with column pivoting, see `qr`.
    conjugate : bool, default False
        Accepted for SciPy's sake: a real Q is its own conjugate.
    overwrite_a : bool, default False
        Accepted for SciPy's sake: `a` is never written.
    overwrite_c : bool, default False
        As in SciPy, `c` then has m rows for "left", and Q all its columns; `c` is never written.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    CQ : ndarray, shape (..., m, p) or (m,) for "left", (..., p, k) or (k,) for "right"
    R : ndarray, shape (..., k, n)
    P : ndarray of int32, shape (..., n)
        With `pivoting` only.

    Raises
    ------
    ValueError
        Shapes that do not fit; infs or NaNs; an unknown mode.
    TypeError
        Data that are not numbers, a flag that is neither True nor False.

    Notes
    -----
    Error: that of `qr`, and ``m eps |c|`` for the product. Cost: that of `qr` in mode "raw", and 4 m k p flops at most.
    Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 5.2.

    Examples
    --------
    >>> from mathcore.linalg import qr_multiply
    >>> qc, r = qr_multiply([[3.0, 5.0], [4.0, 10.0]], [1.0, 0.0], "left")
    >>> qc
    array([-0.6, -0.8])
    """
    fn = "qr_multiply"
    _check_flags(fn, pivoting=pivoting, conjugate=conjugate, overwrite_a=overwrite_a, overwrite_c=overwrite_c)
    if mode not in ("left", "right"):
        raise ValueError(f"{fn}: mode is not known. Mode argument can only be 'left' or 'right' but not {mode!r}; "
                         f"expected one of these, got {mode!r}")
    workers = _validate.check_workers(workers, fn)
    left, right = _validate.as_array(a, fn, "a"), _validate.as_array(c, fn, "c")
    if not _matrix.is_served(left) or not _matrix.is_served(right):
        return _matrix.scipy_function(fn)(a, c, mode=mode, pivoting=pivoting, conjugate=conjugate,
                                          overwrite_a=overwrite_a, overwrite_c=overwrite_c)
    left = _matrix.matrices(np.atleast_2d(left), fn)
    right = _matrix.matrices(right, fn, "c", ndim=1)
    columns = _columns(right, left, mode, overwrite_c, fn)
    batch = _validate.broadcast_batch(left.shape[:-2], columns.shape[:-2], fn)
    found, *rest = _multiplied(left, columns, batch, bool(pivoting), mode, workers, fn)
    if right.size == 0:
        found = np.empty((*batch, *right.shape[-2:]), found.dtype)      # SciPy's shape
    elif mode == "right":
        found = found[..., :min(left.shape[-2:]), :].swapaxes(-1, -2)
    if right.ndim == 1 and right.size:
        found = found[..., 0] if mode == "left" else found[..., 0, :]
    return (found, *(np.broadcast_to(x, (*batch, *x.shape[left.ndim - 2:])) if batch else x for x in rest))


def tsqr(a, /, *, mode="economic", workers=None):
    """QR factorisation of matrices at least as tall as wide, fast where they are much taller.

    Parameters
    ----------
    a : array_like, shape (..., m, n), m >= n
        Real numbers.
    mode : {"economic", "r"}, default "economic"
        Q and R, or R alone.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    QRResult
        ``Q``, shape (..., m, n), None for mode "r"; ``R``, shape (..., n, n). What is infinite or NaN comes out as NaN.

    Raises
    ------
    ValueError
        Fewer than two dimensions; fewer rows than columns; an unknown mode.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    For m >= 8 n, n <= 512: the Cholesky factor of ``a^T a`` (summed in float64 for float32 too), twice, in three passes
    over memory. It is accepted only if the first factor has left ``|Q^T Q - I| <= 0.1``, which holds up to a condition
    number near 1e8; else, and for other shapes, Householder reflections, on blocks of rows that stay in cache.
    Error: as that of `qr`, and with the certificate R has LAPACK's signs. The bits do not depend on the number of
    threads.
    Cost: 4 m n² flops, 3 m n² for R alone.
    Source: T. Fukaya and others, CholeskyQR2 (2014); Y. Yamamoto and others, ETNA 44 (2015) 306; J. Demmel and others,
    SIAM J. Sci. Comput. 34 (2012) A206; for the signs G. Ballard and others, Reconstructing Householder vectors from
    TSQR (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import tsqr
    >>> result = tsqr(np.ones((10_000, 1)))
    >>> result.R
    array([[-100.]])
    >>> result.Q.shape
    (10000, 1)
    """
    fn = "tsqr"
    _validate.one_of(mode, ("economic", "r"), fn, "mode")
    workers = _validate.check_workers(workers, fn)
    matrix = _matrix.matrices(a, fn, check_finite=False, peer=False)
    m, n = matrix.shape[-2:]
    if m < n:
        raise ValueError(f"{fn}: a is wider than tall; expected shape (..., m, n) with m >= n, "
                         f"got shape {matrix.shape}")
    if mode == "economic":
        return QRResult(*factors(matrix, mode, False, workers, fn))
    return QRResult(None, factors(matrix, mode, False, workers, fn)[0][..., :n, :])
