"""Vector spaces: gram_schmidt, orth, null_space, is_independent, basis, coordinates, change_of_basis,
linear_combination.

Vectors are the columns of a matrix. A batch whose items have different ranks would have a ragged result and is refused.
"""

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import _validate
from mathcore._kernels.tape import differentiable
from mathcore.linalg import _parts
from mathcore.linalg._matrix import compute_dtype, matrices, scipy_function
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matvec, vecmat
from mathcore.linalg.vectors import lengths

__all__ = ["basis", "change_of_basis", "coordinates", "gram_schmidt", "is_independent", "linear_combination",
           "null_space", "orth"]


def _real(a, fn, arg="a", ndim=2):
    """`a` as finite real matrices (or vectors: ndim=1) in the type that computes."""
    array = matrices(a, fn, arg, ndim=ndim, peer=False)
    return array.astype(compute_dtype(array), copy=False)


def _columns(vectors, fn, arg="vectors"):
    """A matrix as it is; a list or tuple of vectors as the columns of one."""
    if isinstance(vectors, list | tuple) and vectors:
        found = [_validate.as_array(v, fn, f"{arg}[{i}]") for i, v in enumerate(vectors)]
        for i, v in enumerate(found):
            _validate.one_dimensional(v, fn, f"{arg}[{i}]")
            _validate.same_length(found[0].size, v.size, fn, f"lengths of {arg}[0] and {arg}[{i}]",
                                  found[0].shape, v.shape)
        vectors = np.stack(found, axis=-1)
    return _real(vectors, fn, arg)


def _tolerance(rtol, a, fn):
    """`rtol`, or the default that covers the rounding of orthogonalizing: 8 max(m, n) eps."""
    if rtol is None:
        return 8 * max(a.shape[-2:]) * float(np.finfo(a.dtype).eps)
    return _validate.real_number(rtol, fn, "rtol", low=0)


def _one_rank(kept, fn):
    """The rank that all items share, from their masks of vectors kept; without items, the largest there can be."""
    ranks = kept.sum(axis=-1)
    if ranks.size == 0:
        return kept.shape[-1]
    if ranks.min() != ranks.max():
        raise ValueError(f"{fn}: the matrices have different ranks, and so their results different shapes; expected "
                         f"one rank in a batch, got {ranks.min()} to {ranks.max()}")
    return int(ranks.max())


def _take_columns(a, kept, rank):
    """The `rank` columns of each matrix that its mask keeps, in their order."""
    at = np.argsort(~kept, axis=-1, kind="stable")[..., :rank]
    return np.take_along_axis(a, at[..., None, :], axis=-1)


def _orthonormal(a, method, rtol):
    """(q, kept): each column of `a` less its part in the span of those before it, normalized; or zeros, and False in
    `kept`, where less than rtol of it is left."""
    w = np.ascontiguousarray(scaled(a, -2)[0].swapaxes(-1, -2))     # vectors are rows here
    q, kept = np.zeros_like(w), np.zeros(w.shape[:-1], bool)
    before = lengths(w)
    for j in range(w.shape[-2]):
        v, done = w[..., j, :], q[..., :j, :]
        for _ in range(2 if method == "cgs2" else 0):
            v = v - vecmat(matvec(done, v), done)
        left = lengths(v)
        enough = left > rtol * before[..., j, :]
        kept[..., j] = enough[..., 0]
        q[..., j, :] = np.where(enough, v / np.where(enough, left, 1), 0)
        if method == "mgs":
            rest = w[..., j + 1:, :]
            rest -= matvec(rest, q[..., j, :])[..., None] * q[..., j, None, :]
    return q.swapaxes(-1, -2), kept


def gram_schmidt(a, /, *, method="cgs2", rtol=None):
    """Orthonormal columns with the span of those of a matrix, made one after the other.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        The vectors are its columns. Real; integers become float64.
    method : {"cgs2", "mgs"}, default "cgs2"
        Classical Gram-Schmidt, each vector orthogonalized twice; or modified Gram-Schmidt, as textbooks have it.
    rtol : float, optional
        A column of which less than this part is left, when the span of the columns before it is taken away, depends on
        them and is dropped. Default: ``8 max(m, n) eps``.

    Returns
    -------
    ndarray, shape (..., m, r)
        One column for each independent column of `a`: the first j of those span what the first j here span.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, an unknown `method`, an `rtol` below 0; a batch of matrices
        of different ranks.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    With "cgs2" the error of orthogonality is at most a few ``max(m, n) eps`` for any matrix (Giraud, Langou, Rozloznik
    and van den Eshof, Numer. Math. 101, 2005), with "mgs" it grows with the condition number (Bjorck, BIT 7, 1967).
    ``gram_schmidt(2**k * a)`` has the bits of ``gram_schmidt(a)``. Cost: 4 m n^2 flops, half of that for "mgs".

    Examples
    --------
    >>> from mathcore.linalg import gram_schmidt
    >>> gram_schmidt([[3.0, 1.0], [4.0, 2.0]])
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])
    >>> gram_schmidt([[3.0, 6.0], [4.0, 8.0]])
    array([[0.6],
           [0.8]])
    """
    _validate.one_of(method, ("cgs2", "mgs"), "gram_schmidt", "method")
    a = _real(a, "gram_schmidt")
    q, kept = _orthonormal(a, method, _tolerance(rtol, a, "gram_schmidt"))
    return _take_columns(q, kept, _one_rank(kept, "gram_schmidt"))


def basis(a, /, *, rtol=None):
    """Columns of a matrix that form a basis of its column space: each that does not depend on those before it.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; integers become float64.
    rtol : float, optional
        As in `gram_schmidt`.

    Returns
    -------
    ndarray, shape (..., m, r)
        The columns, unchanged and in their order: those of the pivots of `row_reduce`.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, an `rtol` below 0; a batch of matrices of different ranks.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Dependence is judged by orthogonalization twice over, as in `gram_schmidt`, whose error of some ``max(m, n) eps`` of
    a column's length is what `rtol` covers. Cost: 4 m n^2 flops.

    Examples
    --------
    >>> from mathcore.linalg import basis
    >>> basis([[1.0, 2.0, 0.0], [2.0, 4.0, 1.0]])
    array([[1., 0.],
           [2., 1.]])
    """
    a = _real(a, "basis")
    _, kept = _orthonormal(a, "cgs2", _tolerance(rtol, a, "basis"))
    return _take_columns(a, kept, _one_rank(kept, "basis"))


def is_independent(vectors, /, *, rtol=None):
    """Whether vectors are linearly independent.

    Parameters
    ----------
    vectors : array_like, shape (..., k, n), or list or tuple of n vectors
        An array holds the vectors as its columns; a list or tuple holds vectors of length k.
    rtol : float, optional
        Singular values below this part of the largest count as 0. Default: ``8 max(k, n) eps``.

    Returns
    -------
    bool or ndarray of bool
        True for no vectors.

    Raises
    ------
    ValueError
        Infinite or NaN elements, vectors of different lengths, fewer than 2 dimensions, an `rtol` below 0.
    TypeError
        Data that are not real numbers.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    Columns are scaled by powers of two first, since length has no part in independence. The singular values have an
    error of a few ``max(k, n) eps`` of the largest. Cost: O(k n min(k, n)).

    Examples
    --------
    >>> from mathcore.linalg import is_independent
    >>> is_independent([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    True
    >>> is_independent([[1.0, 2.0], [2.0, 4.0]])
    False
    """
    a = _columns(vectors, "is_independent")
    rtol = _tolerance(rtol, a, "is_independent")
    k, n = a.shape[-2:]
    if n > k:
        result = np.zeros(a.shape[:-2], bool)
    else:
        s, _ = _parts.singular_values(scaled(a, -2)[0], "is_independent")
        result = (s > rtol * s.max(axis=-1, keepdims=True, initial=0)).all(axis=-1)
    return result if result.ndim else bool(result)


@differentiable
def linear_combination(coefficients, vectors, /):
    """The sum of vectors, each times its coefficient.

    Parameters
    ----------
    coefficients : array_like, shape (..., n)
    vectors : array_like, shape (..., k, n), or list or tuple of n vectors
        An array holds the vectors as its columns; a list or tuple holds vectors of length k.

    Returns
    -------
    ndarray, shape (..., k)
        ``sum_j coefficients[..., j] vectors[..., :, j]``.

    Raises
    ------
    ValueError
        Another number of coefficients than vectors, vectors of different lengths, infinite or NaN elements in them.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Error as in `matvec`. Cost: 2 k n flops.

    Examples
    --------
    >>> from mathcore.linalg import linear_combination
    >>> linear_combination([2.0, 3.0], ([1.0, 0.0, 1.0], [0.0, 1.0, 1.0]))
    array([2., 3., 5.])
    """
    return _combination(coefficients, vectors, "linear_combination", "coefficients", "vectors")


def _combination(coefficients, vectors, fn, arg, vectors_arg):
    c, a = _real(coefficients, fn, arg, 1), _columns(vectors, fn, vectors_arg)
    _validate.same_length(c.shape[-1], a.shape[-1], fn, f"numbers of {arg} and {vectors_arg}", c.shape, a.shape)
    _validate.broadcast_batch(c.shape[:-1], a.shape[:-2], fn)
    return matvec(a, c)


def coordinates(x, basis, /, *, rtol=None):
    """Coordinates of vectors in a basis: the coefficients of their linear combination.

    Parameters
    ----------
    x : array_like, shape (..., k)
        Real; integers become float64.
    basis : array_like, shape (..., k, n), or list or tuple of n vectors
        An array holds the basis as its columns; a list or tuple holds vectors of length k. With n < k it is the basis
        of a subspace, which has to hold `x`.
    rtol : float, optional
        Singular values of the basis below this part of the largest count as 0, and so does a distance from the space
        below this part of ``|x| + |basis| |coordinates|``. Default: ``8 max(k, n) eps``.

    Returns
    -------
    ndarray, shape (..., n)
        c with ``linear_combination(c, basis) = x``.

    Raises
    ------
    ValueError
        Lengths that differ, infinite or NaN elements, an `rtol` below 0.
    TypeError
        Data that are not real numbers.
    numpy.linalg.LinAlgError
        The basis is linearly dependent, or a vector is not in its span.

    Notes
    -----
    The columns scaled by powers of two: a square basis that is far from dependent by LU, any other by the singular
    value decomposition and one step of refinement.
    The relative error of the result is a few ``max(k, n) eps`` times the condition number of the basis.
    Cost: O(k n^2).

    Examples
    --------
    >>> from mathcore.linalg import coordinates
    >>> coordinates([3.0, 2.0], ([1.0, 0.0], [1.0, 1.0]))
    array([1., 2.])
    """
    return _coordinates(x, basis, rtol, "coordinates", "basis")


def _coordinates(x, basis, rtol, fn, basis_arg):
    v, b = _real(x, fn, "x", 1), _columns(basis, fn, basis_arg)
    _validate.same_length(v.shape[-1], b.shape[-2], fn, f"lengths of x and of the vectors in {basis_arg}", v.shape,
                          b.shape)
    _validate.broadcast_batch(v.shape[:-1], b.shape[:-2], fn)
    rtol = _tolerance(rtol, b, fn)
    dtype = np.result_type(v, b)
    (v, e), (b, columns) = scaled(v.astype(dtype), -1), scaled(b.astype(dtype), -2)
    if (c := _parts.solution(b, v, rtol, fn)) is not None:
        return np.ldexp(c, e - columns[..., 0, :])
    left, s, right, unit = _parts.svd(b, fn)
    s = np.ldexp(s, unit)
    if b.shape[-1] > b.shape[-2] or not (s > rtol * s.max(axis=-1, keepdims=True, initial=0)).all():
        raise LinAlgError(f"{fn}: {basis_arg} is linearly dependent; expected independent vectors, got shape {b.shape}")
    c = vecmat(vecmat(v, left) / s, right)
    c = c + vecmat(vecmat(v - matvec(b, c), left) / s, right)
    size = lengths(v) + np.sqrt((b * b).sum(axis=(-2, -1)))[..., None] * lengths(c)
    outside = (lengths(v - matvec(b, c)) > rtol * size)[..., 0]
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise LinAlgError(f"{fn}: x is not in the span of {basis_arg}; expected a vector of that space, "
                          f"got another{f' at index {at}' if at else ''}")
    return np.ldexp(c, e - columns[..., 0, :])


def change_of_basis(x, source, target, /, *, rtol=None):
    """Coordinates in one basis, from coordinates in another.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Coordinates in the basis `source`.
    source, target : array_like, shape (..., k, n), or list or tuple of n vectors
        An array holds a basis as its columns; a list or tuple holds vectors of length k.
    rtol : float, optional
        As in `coordinates`.

    Returns
    -------
    ndarray, shape (..., n)
        Coordinates of the same vector in the basis `target`.

    Raises
    ------
    ValueError, TypeError
        As in `coordinates`.
    numpy.linalg.LinAlgError
        `target` is linearly dependent, or a vector is not in its span.

    Notes
    -----
    ``coordinates(linear_combination(x, source), target)``, with the error and the cost of these: O(k n^2).

    Examples
    --------
    >>> from mathcore.linalg import change_of_basis
    >>> change_of_basis([1.0, 2.0], ([1.0, 0.0], [1.0, 1.0]), ([0.0, 1.0], [1.0, 0.0]))
    array([2., 3.])
    """
    fn = "change_of_basis"
    return _coordinates(_combination(x, source, fn, "x", "source"), target, rtol, fn, "target")


def orth(A, rcond=None):
    """Orthonormal basis of the column space of a matrix.

    Drop-in for `scipy.linalg.orth`.

    Parameters
    ----------
    A : array_like, shape (..., m, n)
        float32 and float64 are decomposed in their own type, integers in float64; complex data are SciPy's.
    rcond : float, optional
        Singular values up to this part of the largest count as 0. Default: ``max(m, n) eps``.

    Returns
    -------
    ndarray, shape (..., m, r)
        The left singular vectors of the r other singular values, the largest first.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions; a batch of matrices of different ranks.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    The error of orthogonality is a few ``max(m, n) eps``. The rank is that of `matrix_rank`. Cost: O(m n min(m, n)).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import orth
    >>> np.abs(orth([[2.0, 0.0, 0.0], [0.0, 5.0, 0.0]]))
    array([[0., 1.],
           [1., 0.]])
    """
    a = matrices(A, "orth", "A")
    if a is None:
        return scipy_function("orth")(A, rcond)
    u, s, _, _ = _parts.svd(a.astype(compute_dtype(a)), "orth")
    return u[..., :_one_rank(_significant(s, rcond, a.shape, "orth"), "orth")]


def _significant(s, rcond, shape, fn):
    """Mask of the singular values that count."""
    rcond = np.finfo(s.dtype).eps * max(shape[-2:]) if rcond is None else _validate.real_number(rcond, fn, "rcond")
    return s > s.max(axis=-1, keepdims=True, initial=0) * s.dtype.type(rcond)


def null_space(A, rcond=None, *, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    """Orthonormal basis of the null space of a matrix: of all x with ``A x = 0``.

    Drop-in for `scipy.linalg.null_space`.

    Parameters
    ----------
    A : array_like, shape (..., m, n)
        float32 and float64 are decomposed in their own type, integers in float64; complex data are SciPy's.
    rcond : float, optional
        Singular values up to this part of the largest count as 0. Default: ``max(m, n) eps``.
    overwrite_a : bool, default False
        Allows SciPy, where it decomposes, to use the memory of `A`.
    check_finite : bool, default True
        Whether infinite and NaN elements are looked for. Without, they give a LinAlgError.
    lapack_driver : {"gesdd", "gesvd"}, default "gesdd"
        LAPACK's algorithm; "gesvd" is SciPy's function.

    Returns
    -------
    ndarray, shape (..., n, n - r)
        r is the rank of the matrix.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, an unknown `lapack_driver`; a batch of matrices of different
        ranks.
    TypeError
        Data that are not numbers.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    A tall matrix is reduced to its triangle R first, which has the same null space: no m by m factor is formed. The
    error is ``|A x| <= a few max(m, n) eps |A|`` for the columns x of the result. Cost: O(m n min(m, n)).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import null_space
    >>> np.abs(null_space([[1.0, 1.0], [1.0, 1.0]])).round(8)
    array([[0.70710678],
           [0.70710678]])
    """
    fn = "null_space"
    _validate.one_of(lapack_driver, ("gesdd", "gesvd"), fn, "lapack_driver")
    a = matrices(A, fn, "A", check_finite=check_finite)
    if a is None or lapack_driver == "gesvd":
        return scipy_function(fn)(A, rcond, overwrite_a=overwrite_a, check_finite=check_finite,
                                  lapack_driver=lapack_driver)
    m, n = a.shape[-2:]
    a = scaled(a.astype(compute_dtype(a)), (-2, -1))[0]
    if not (check_finite or np.isfinite(a).all()):
        raise LinAlgError(f"{fn}: SVD did not converge; expected finite numbers, got infs or NaNs")
    _, s, vh, _ = _parts.svd(_parts.triangle(a) if m > n else a, fn, full_matrices=m < n)
    rank = _one_rank(_significant(s, rcond, a.shape, fn), fn)
    return vh[..., rank:, :].swapaxes(-1, -2)
