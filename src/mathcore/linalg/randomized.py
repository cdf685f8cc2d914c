"""A matrix by its leading parts: randomized_svd, randomized_eigh, low_rank_approx."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.linalg import _parts
from mathcore.linalg._matrix import compute_dtype, matrices, signs
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matmul
from mathcore.linalg.predicates import is_symmetric

__all__ = ["low_rank_approx", "randomized_eigh", "randomized_svd"]


class SVDResult(NamedTuple):
    """The leading singular values, descending, with their vectors: NumPy's names."""

    U: np.ndarray
    S: np.ndarray
    Vh: np.ndarray


class EighResult(NamedTuple):
    """Eigenvalues with their vectors as columns: NumPy's names."""

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


class LowRankResult(NamedTuple):
    """A matrix of low rank, its distance from the one it stands for over that one's length, and its factors."""

    approximation: np.ndarray
    relative_error: float | np.ndarray
    U: np.ndarray
    S: np.ndarray
    Vh: np.ndarray


def _operand(a, k, fn, square=False):
    """`a` as finite matrices in the type that computes, and k, at most their rank."""
    array = matrices(a, fn, square=square, peer=False)
    return (array.astype(compute_dtype(array), copy=False),
            _validate.whole_number(k, fn, "k", low=0, high=min(array.shape[-2:])))


def passes(n_iter, k, shape, fn):
    """`n_iter`, or scikit-learn's number: more where few of many values are asked for."""
    if isinstance(n_iter, str) and n_iter == "auto":
        return 7 if k < 0.1 * min(shape) else 4
    if isinstance(n_iter, str):
        raise ValueError(f"{fn}: n_iter is not known; expected 'auto' or a whole number, got {n_iter!r}")
    return _validate.whole_number(n_iter, fn, "n_iter", low=0)


def _orthonormal(y, workers):
    return _parts.orthogonal_triangle(y, workers)[0]


def _in_range(y):
    """Whether the products of a matrix, of which y is one, are so far from overflow and underflow that none happens."""
    largest = np.abs(y).max(initial=0)
    room = np.ldexp(1.0, np.finfo(y.dtype).maxexp // 2)
    return largest == 0 or 1 / room < largest < room


def _range(a, size, n_iter, rng, workers):
    """(q, a, e): orthonormal columns near the leading left singular vectors of ``a * 2**e``, m >= n.

    Orthonormalized after every product: applied to ``a^T a`` at once, what is below sqrt(eps) of the largest is lost.
    """
    omega, e = rng.standard_normal((a.shape[-1], size), a.dtype), 0
    y = matmul(a, omega, workers=workers)
    if not _in_range(y):
        a, e = scaled(a, (-2, -1))
        y, e = matmul(a, omega, workers=workers), e[..., 0]
    for _ in range(n_iter):
        q = _orthonormal(matmul(a.swapaxes(-1, -2), _orthonormal(y, workers), workers=workers), workers)
        y = matmul(a, q, workers=workers)
    return _orthonormal(y, workers), a, e


def leading(a, k, n_oversamples, n_iter, rng, workers, fn):
    """What `randomized_svd` returns, of an array in the type that computes, but for the signs."""
    m, n = a.shape[-2:]
    if k == 0:
        batch = a.shape[:-2]
        return (np.empty(shape, a.dtype) for shape in ((*batch, m, 0), (*batch, 0), (*batch, 0, n)))
    if m < n:
        u, s, vh = leading(a.swapaxes(-1, -2), k, n_oversamples, n_iter, rng, workers, fn)
        return vh.swapaxes(-1, -2), s, u.swapaxes(-1, -2)
    q, a, e = _range(a, min(k + n_oversamples, n), n_iter, rng, workers)
    u, s, vh, of_s = _parts.svd(matmul(q.swapaxes(-1, -2), a, workers=workers), fn)
    with np.errstate(over="ignore", under="ignore"):
        s = np.ldexp(s[..., :k], of_s + e)
    return matmul(q, np.ascontiguousarray(u[..., :k]), workers=workers), s, vh[..., :k, :]


def _signed_svd(u, s, vh):
    if u.size:
        sign = signs(u)
        u, vh = u * sign, vh * sign.swapaxes(-1, -2)
    return u, s, vh


def randomized_svd(a, k, /, *, n_oversamples=10, n_iter="auto", rng=None, workers=None):
    """The k largest singular values of a matrix and their vectors, near the exact ones at a part of their cost.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; float32 and float64 are decomposed in their own type, integers in float64.
    k : int
        At most min(m, n).
    n_oversamples : int, default 10
        Columns sampled beyond k: more make small values among the k more exact.
    n_iter : int or "auto", default "auto"
        Power iterations, each a product with `a` and one with its transpose. "auto": 7 for k below a tenth of
        min(m, n), else 4, as in scikit-learn.
    rng : int, numpy.random.Generator or None, optional
        Seed or source of the random start; a batch shares it.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    SVDResult
        ``U`` (..., m, k), ``S`` (..., k) in descending order, ``Vh`` (..., k, n): ``a`` is near ``U * S @ Vh``. The
        element of largest size in each column of U is positive.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, a number that is out of range.
    TypeError
        Data that are not real numbers, numbers that are not whole.
    numpy.linalg.LinAlgError
        The singular value decomposition of the small matrix did not converge.

    See Also
    --------
    low_rank_approx : with the error of what is left out.

    Notes
    -----
    Subspace iteration from a random start, orthonormalized by `tsqr` after every product. With ``n_oversamples = k``
    the expected distance of `a` from the space that is sampled is at most
    ``(1 + 4 sqrt(2 min(m, n) / (k - 1)))^(1 / (2 n_iter + 1))`` times the first singular value left out, the smallest
    error there can be (Halko, Martinsson and Tropp, SIAM Review 53, 2011, theorem 1.2); rounding adds a few
    ``max(m, n) eps |a|``. The bits depend on the seed, not on the number of threads.
    Cost: ``4 (n_iter + 1) m n (k + n_oversamples)`` flops.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import randomized_svd
    >>> u, s, vh = randomized_svd(np.diag([3.0, 2.0, 1.0]), 2, rng=0)
    >>> s
    array([3., 2.])
    >>> np.abs(u.round(6))
    array([[1., 0.],
           [0., 1.],
           [0., 0.]])
    """
    fn = "randomized_svd"
    a, k = _operand(a, k, fn)
    n_oversamples = _validate.whole_number(n_oversamples, fn, "n_oversamples", low=0)
    n_iter = passes(n_iter, k, a.shape[-2:], fn)
    rng, workers = _validate.generator(rng, fn), _validate.check_workers(workers, fn)
    return SVDResult(*_signed_svd(*leading(a, k, n_oversamples, n_iter, rng, workers, fn)))


def randomized_eigh(a, k, /, *, n_oversamples=10, n_iter="auto", rng=None, workers=None):
    """The k eigenvalues of largest size of a symmetric matrix and their vectors, near the exact ones.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Real and symmetric up to rounding; float32 and float64 are decomposed in their own type, integers in float64.
    k : int
        At most n.
    n_oversamples, n_iter, rng, workers
        As in `randomized_svd`; an iteration is two products with `a`.

    Returns
    -------
    EighResult
        ``eigenvalues`` (..., k), the largest in absolute value first, and ``eigenvectors`` (..., n, k), the element of
        largest size in each column positive.

    Raises
    ------
    ValueError
        A matrix that is not square or not symmetric, infinite or NaN elements, a number that is out of range.
    TypeError
        Data that are not real numbers, numbers that are not whole.
    numpy.linalg.LinAlgError
        The eigenvalue decomposition of the small matrix did not converge.

    Notes
    -----
    Subspace iteration as in `randomized_svd`, then the eigenvalues in that subspace (Rayleigh and Ritz), whose error
    is the square of the vectors'. Pairs of eigenvalues of nearly one size and opposite signs are told apart.
    Cost: ``4 (n_iter + 1) n^2 (k + n_oversamples)`` flops.

    N. Halko, P. G. Martinsson and J. A. Tropp, SIAM Review 53 (2011) 217, section 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import randomized_eigh
    >>> w, v = randomized_eigh(np.diag([1.0, -3.0, 2.0]), 2, rng=0)
    >>> w
    array([-3.,  2.])
    """
    fn = "randomized_eigh"
    a, k = _operand(a, k, fn, square=True)
    n_oversamples = _validate.whole_number(n_oversamples, fn, "n_oversamples", low=0)
    n_iter = passes(n_iter, k, a.shape[-2:], fn)
    rng, workers = _validate.generator(rng, fn), _validate.check_workers(workers, fn)
    if not np.all(is_symmetric(a)):
        raise ValueError(f"{fn}: a is not symmetric; expected a matrix that equals its transpose up to rounding, "
                         f"got shape {a.shape}")
    if k == 0:
        return EighResult(np.empty((*a.shape[:-2], 0), a.dtype), np.empty((*a.shape[:-1], 0), a.dtype))
    q, a, e = _range(a, min(k + n_oversamples, a.shape[-1]), n_iter, rng, workers)
    w, v = _parts.eigh(matmul(q.swapaxes(-1, -2), matmul(a, q, workers=workers), workers=workers), fn)
    order = np.argsort(-np.abs(w), axis=-1, kind="stable")[..., :k]
    v = matmul(q, np.take_along_axis(v, order[..., None, :], -1), workers=workers)
    with np.errstate(over="ignore", under="ignore"):
        return EighResult(np.ldexp(np.take_along_axis(w, order, -1), e), v * signs(v))


def low_rank_approx(a, k, /, *, method="exact", rng=None, workers=None):
    """The matrix of rank k nearest to a matrix, and how near it is.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Real; float32 and float64 are decomposed in their own type, integers in float64.
    k : int
        At most min(m, n).
    method : {"exact", "randomized"}, default "exact"
        All singular values, or those of `randomized_svd`: faster for k far below min(m, n), and nearly as near.
    rng : int, numpy.random.Generator or None, optional
        Seed or source of the random start of "randomized".
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    LowRankResult
        ``approximation`` (..., m, n), ``U * S @ Vh``; ``relative_error``, ``|a - approximation| / |a|`` in the
        Frobenius norm, float or (...), 0 for a zero matrix; ``U`` (..., m, k), ``S`` (..., k) and ``Vh`` (..., k, n) as
        in `randomized_svd`.

    Raises
    ------
    ValueError
        Infinite or NaN elements, fewer than 2 dimensions, a `k` that is out of range, an unknown method.
    TypeError
        Data that are not real numbers, a `k` that is not whole.
    numpy.linalg.LinAlgError
        The singular value decomposition did not converge.

    Notes
    -----
    No matrix of rank k is nearer in the Frobenius or the spectral norm than that of the k largest singular values
    (Eckart and Young, Psychometrika 1, 1936); the rounding error is a few ``max(m, n) eps |a|``. The relative error is
    measured on the matrix, not derived from the singular values. Cost: O(m n min(m, n)); "randomized" as
    `randomized_svd`.

    Examples
    --------
    >>> from mathcore.linalg import low_rank_approx
    >>> result = low_rank_approx([[2.0, 0.0], [0.0, 1.0], [0.0, 2.0]], 1)
    >>> result.approximation.round(6)
    array([[0., 0.],
           [0., 1.],
           [0., 2.]])
    >>> print(f"{result.relative_error:.4f}")
    0.6667
    """
    fn = "low_rank_approx"
    a, k = _operand(a, k, fn)
    _validate.one_of(method, ("exact", "randomized"), fn, "method")
    rng, workers = _validate.generator(rng, fn), _validate.check_workers(workers, fn)
    y, e = scaled(a, (-2, -1))
    if method == "randomized":
        u, s, vh = leading(y, k, 10, passes("auto", k, a.shape[-2:], fn), rng, workers, fn)
    else:
        u, s, vh, of_s = _parts.svd(y, fn)
        u, s, vh = u[..., :k], np.ldexp(s[..., :k], of_s), vh[..., :k, :]
    u, s, vh = _signed_svd(u, s, vh)
    near = matmul(u * s[..., None, :], vh, workers=workers)
    error = _length(y - near) / np.where(_length(y) == 0, 1, _length(y))
    with np.errstate(over="ignore", under="ignore"):
        return LowRankResult(np.ldexp(near, e), error if error.ndim else float(error), u, np.ldexp(s, e[..., 0]), vh)


def _length(x):
    """Frobenius norm of matrices whose elements are about 1 in size or smaller."""
    return np.sqrt(np.square(x, dtype=np.float64).sum(axis=(-2, -1)))
