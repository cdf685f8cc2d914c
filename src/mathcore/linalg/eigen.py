"""Eigenvalues: eigh, eigvalsh, eig, eigvals."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import eigen as _eigen
from mathcore._kernels import reduction as _reduction
from mathcore._kernels import single as _single
from mathcore._kernels import small as _small
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _matrix

__all__ = ["eig", "eigh", "eigvals", "eigvalsh"]

_MANY = 4                                # matrices that are worth a pack
_DRIVERS = {None, "ev", "evd", "evr", "evx", "gv", "gvd", "gvx"}


def decomposed(a, lower, vectors, workers, fn):
    """w (..., n), v (..., n, n) or None, and info (...) of symmetric matrices in the type that computes."""
    *batch, n, _ = a.shape
    w, info = np.empty((*batch, n), a.dtype), np.zeros(batch, np.int32)
    v = np.empty((*batch, n, n), a.dtype) if vectors else None
    if a.size == 0:
        return w, v, info
    flat = a.reshape(-1, n, n)
    out = w.reshape(-1, n), None if v is None else v.reshape(-1, n, n), info.reshape(-1)
    if n <= _small.LARGEST and len(flat) >= _MANY:       # the same bits
        _small.eigen(np.ascontiguousarray(flat), lower, *out, workers, fn)
    else:
        kernel = _eigen if n <= _eigen.LARGEST else _reduction
        kernel.eigen(_validate.ready(flat, a.dtype), lower, *out, workers, fn)
    bad = info < 0
    if bad.any():
        w[bad] = np.nan
        if vectors:
            v[bad] = np.nan
    return w, v, info


def _symmetric(a, lower, vectors, plain, check_finite, signs, on_failure, workers, fn):
    """(w, v), or None where SciPy must serve."""
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(on_failure, ("raise", "nan"), fn, "on_failure")
    _validate.one_of(signs, (None, "largest"), fn, "signs")
    matrix = _matrix.matrices(a, fn, check_finite=check_finite, square=True)
    if matrix is None or not plain:
        return None
    matrix = matrix.astype(_matrix.compute_dtype(matrix), copy=False)
    w, v, info = decomposed(matrix, bool(lower), vectors, workers, fn)
    if (info > 0).any():
        _matrix.tell_failures(info, fn, "a has eigenvalues that did not converge; expected them to within 50 steps "
                              "each, got none for number {at}",
                              "a has items whose eigenvalues did not converge: slice(s) {items}; expected 50 steps to "
                              "be enough", on_failure)
        w[info > 0] = np.nan
        if vectors:
            v[info > 0] = np.nan
    return w, v * _matrix.signs(v) if vectors and signs and v.size else v


def _spectrum(fn, a, b, vectors, lapack, lower, check_finite, signs, on_failure, workers):
    """What `eigh` and `eigvalsh` return. `lapack`: the options that are SciPy's."""
    type, subset_by_index, subset_by_value, driver = lapack
    plain = type == 1 and all(x is None for x in (b, subset_by_index, subset_by_value, driver))
    if plain and signs is None and on_failure == "raise" and workers is None:
        found = _single.eigen(a, lower, vectors, check_finite)
        if found is not None:
            return found if vectors else found[0]
    if driver not in _DRIVERS:
        raise ValueError(f'{fn}: "{driver}" is unknown. Possible values are "None", "ev", "evd", "evr", "evx", "gv", '
                         f'"gvd", "gvx"; expected one of them as driver, got {driver!r}')
    found = _symmetric(a, lower, vectors, plain, check_finite, signs, on_failure, workers, fn)
    if found is not None:
        return found if vectors else found[0]
    found = _matrix.scipy_function("eigh")(
        a, b, lower=lower, eigvals_only=not vectors, type=type, check_finite=check_finite,
        subset_by_index=subset_by_index, subset_by_value=subset_by_value, driver=driver)
    return (found[0], found[1] * _matrix.signs(found[1])) if vectors and signs else found


@differentiable
def eigh(a, b=None, *, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
         subset_by_index=None, subset_by_value=None, driver=None, signs=None, on_failure="raise", workers=None):
    """Eigenvalues and eigenvectors of a symmetric matrix.

    Drop-in for `scipy.linalg.eigh`, with ``signs=``, ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Only the triangle that `lower` names is read. Real; complex and longdouble data are SciPy's.
    b : array_like, shape (..., n, n), optional
        Positive definite, of the generalized problem ``a v = w b v``: SciPy's, as are the parameters `type`,
        `subset_by_index`, `subset_by_value` and `driver`.
    lower : bool, default True
        Read the lower triangle, else the upper one.
    eigvals_only : bool, default False
        Return the eigenvalues alone.
    overwrite_a, overwrite_b : bool, default False
        Allowed for SciPy's sake; `a` is not overwritten.
    type : {1, 2, 3}, default 1
        The generalized problem.
    check_finite : bool, default True
        Whether to look for infs and NaNs. Without it they give NaN.
    subset_by_index : (int, int), optional
        First and last of the eigenvalues that are asked for.
    subset_by_value : (float, float), optional
        The half-open interval of those.
    driver : str, optional
        The LAPACK driver.
    signs : {None, "largest"}, optional
        "largest": the largest component of each vector is positive. By default the signs come as they come, the same
        for the same matrix.
    on_failure : {"raise", "nan"}, default "raise"
        What an eigenvalue that does not converge does: an error that names the items of a batch, or NaN in those.
    workers : int, optional
        Threads for this call, which share the items of a batch; -1 for all usable.

    Returns
    -------
    w : ndarray, shape (..., n)
        Eigenvalues in rising order.
    v : ndarray, shape (..., n, n)
        Eigenvector i is ``v[..., :, i]``, of length 1. Left out with `eigvals_only`.

    Raises
    ------
    numpy.linalg.LinAlgError
        An eigenvalue did not converge; nobody has seen it. Its ``.index`` is the first such item.
    ValueError
        A matrix that is not square, infs or NaNs with `check_finite`, unknown options.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Error: every eigenvalue within ``c n eps |a|`` with c near 1, the vectors orthogonal to ``c n eps``. Householder's
    reduction, then implicit QL up to n = 32, beyond it divide and conquer; many small matrices go in the lanes of
    vectors. The bits do not depend on threads or the split of a batch.
    Cost: about 9 n^3 flops, 4/3 n^3 without vectors.
    Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 8.3.

    Examples
    --------
    >>> from mathcore.linalg import eigh
    >>> w, v = eigh([[2.0, 1.0], [1.0, 2.0]], signs="largest")
    >>> w.round(12)
    array([1., 3.])
    """
    return _spectrum("eigh", a, b, not eigvals_only, (type, subset_by_index, subset_by_value, driver), lower,
                     check_finite, signs, on_failure, workers)


@differentiable
def eigvalsh(a, b=None, *, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
             subset_by_index=None, subset_by_value=None, driver=None, on_failure="raise", workers=None):
    """Eigenvalues of a symmetric matrix.

    Drop-in for `scipy.linalg.eigvalsh`, with ``on_failure=`` and ``workers=`` added.

    Parameters
    ----------
    a, b, lower, overwrite_a, overwrite_b, type, check_finite, subset_by_index, subset_by_value, driver
        As in `eigh`.
    on_failure, workers
        As in `eigh`.

    Returns
    -------
    ndarray, shape (..., n)
        Eigenvalues in rising order.

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError, TypeError
        As in `eigh`.

    Notes
    -----
    Error: as in `eigh`, and the same bits up to n = 32. Cost: 4/3 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import eigvalsh
    >>> eigvalsh([[2.0, 1.0], [1.0, 2.0]]).round(12)
    array([1., 3.])
    """
    return _spectrum("eigvalsh", a, b, False, (type, subset_by_index, subset_by_value, driver), lower, check_finite,
                     None, on_failure, workers)


def eig(a, b=None, left=False, right=True, overwrite_a=False, overwrite_b=False, check_finite=True,
        homogeneous_eigvals=False):
    """Eigenvalues and eigenvectors of a square matrix: `scipy.linalg.eig` (LAPACK).

    Parameters
    ----------
    a : array_like, shape (..., n, n)
    b : array_like, shape (..., n, n), optional
        Of the generalized problem.
    left, right : bool
        Which vectors to return.
    overwrite_a, overwrite_b, check_finite, homogeneous_eigvals : bool
        As in SciPy.

    Returns
    -------
    w : ndarray of complex, shape (..., n)
        In no order.
    vl, vr : ndarray, shape (..., n, n)
        Left and right vectors in columns, as asked for.

    Raises
    ------
    ValueError
        A matrix that is not square, infs or NaNs with `check_finite`.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        The eigenvalues did not converge.

    Notes
    -----
    Error: the eigenvalues of a matrix within ``c n eps |a|`` of `a`. Cost: about 25 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import eig
    >>> w, v = eig([[4.0, 1.0], [2.0, 3.0]])
    >>> sorted(w.real.round(12).tolist())
    [2.0, 5.0]
    """
    _matrix.matrices(a, "eig", check_finite=check_finite, square=True)
    return _matrix.scipy_function("eig")(
        a, b, left=left, right=right, overwrite_a=overwrite_a, overwrite_b=overwrite_b, check_finite=check_finite,
        homogeneous_eigvals=homogeneous_eigvals)


def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    """Eigenvalues of a square matrix: `scipy.linalg.eigvals` (LAPACK).

    Parameters
    ----------
    a, b, overwrite_a, check_finite, homogeneous_eigvals
        As in `eig`.

    Returns
    -------
    ndarray of complex, shape (..., n)
        In no order.

    Raises
    ------
    ValueError, TypeError, numpy.linalg.LinAlgError
        As in `eig`.

    Notes
    -----
    Error: as in `eig`. Cost: about 10 n^3 flops.

    Examples
    --------
    >>> from mathcore.linalg import eigvals
    >>> sorted(eigvals([[4.0, 1.0], [2.0, 3.0]]).real.round(12).tolist())
    [2.0, 5.0]
    """
    _matrix.matrices(a, "eigvals", check_finite=check_finite, square=True)
    return _matrix.scipy_function("eigvals")(a, b, overwrite_a=overwrite_a, check_finite=check_finite,
                                             homogeneous_eigvals=homogeneous_eigvals)
