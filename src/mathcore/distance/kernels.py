"""Kernel matrices of all pairs of rows, with scikit-learn's names."""

import numpy as np

from mathcore import _validate, special
from mathcore._kernels import euclidean as _euclidean
from mathcore._kernels import matmul as _matmul
from mathcore._kernels import pairwise as _pairwise
from mathcore._kernels.tape import differentiable
from mathcore.distance import _metrics
from mathcore.distance._operands import dense, is_sparse, operands, room, sparse_product
from mathcore.linalg.matmul import matmul

__all__ = ["laplacian_kernel", "linear_kernel", "polynomial_kernel", "rbf_kernel", "sigmoid_kernel"]

SPARSE_BLOCK = 1 << 22                   # numbers of sparse rows that are made dense at a time: 32 MB of float64
MOST_WHOLE = 32                          # powers up to this by multiplication: NumPy's take 20 ns an element
MAX = np.finfo(np.float64).max
NARROW = 1e-30, 1e30                     # coefficients beside which float32's products keep their range


def _coefficient(value, pair, fn, **bounds):
    """gamma: a number, 1 over the number of features where it is None."""
    return 1.0 / pair.x.shape[1] if value is None else _validate.real_number(value, fn, "gamma", high=MAX, **bounds)


def _fit(pair, *coefficients):
    """The rows in a type that holds such coefficients and what they are multiplied with."""
    if pair.dtype == np.float64 or all(NARROW[0] <= abs(c) <= NARROW[1] or c == 0 for c in coefficients):
        return pair
    x = pair.x.astype(np.float64)
    return pair._replace(x=x, y=x if pair.y is pair.x else pair.y.astype(np.float64), dtype=np.dtype(np.float64))


def _of_product(pair, k, gamma, coef0, form, function, workers, fn, degree=1):
    """k = function(gamma x y^T + coef0): the kernel's form of that, and of sparse products the function in place."""
    if gamma == 0:                       # 0 times a product that overflows is 0 here
        k.fill(coef0 if form == "tanh" else np.power(coef0, degree))
        if form == "tanh":
            function(k)
        return
    if not pair.is_sparse:
        _euclidean.distances(pair.x, pair.y, k, _euclidean.FORMS[form], gamma, workers, fn, coef0=coef0, degree=degree)
        return
    k[...] = sparse_product(pair, True, k, workers, fn)
    k *= gamma
    k += coef0
    function(k)


def _of_distances(pair, k, kernel):
    """kernel(x, y, k), of sparse rows some at a time, made dense."""
    if not pair.is_sparse:
        kernel(pair.x, pair.y, k)
        return
    step = max(1, SPARSE_BLOCK // pair.x.shape[1])
    for i in range(0, len(k), step):
        x = dense(pair.x, i, i + step)
        for j in range(0, k.shape[1], step):
            kernel(x, dense(pair.y, j, j + step), k[i:i + step, j:j + step])


@differentiable
def linear_kernel(X, Y=None, dense_output=True, *, out=None, workers=None):  # noqa: N803 - scikit-learn's names
    """Dot products of all pairs of rows.

    Drop-in for `sklearn.metrics.pairwise.linear_kernel`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it: half of the work, and a symmetric result.
    dense_output : bool, default True
        Whether the result of two sparse matrices is dense.
    out : ndarray, shape (m, n), optional
        Receives a dense result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray or sparse matrix, shape (m, n)
        ``K[i, j] = x_i . y_j``; float32 for float32 and float16 data, else float64.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, an `out` that does not fit.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Accuracy and cost of `mathcore.linalg.matmul`; of two sparse matrices as many flops as their rows have columns in
    common.

    Examples
    --------
    >>> from mathcore.distance import linear_kernel
    >>> linear_kernel([[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [1, 1, 0]])
    array([[0., 0.],
           [1., 2.]])
    """
    fn = "linear_kernel"
    workers = _validate.check_workers(workers, fn)
    pair = operands(X, Y, fn)
    if pair.is_sparse:
        k = sparse_product(pair, dense_output, out, workers, fn)
        return k if is_sparse(k) else _validate.deliver(k, out, pair.dtype)
    k = room(out, pair, fn)
    if pair.x is pair.y:
        _matmul.gram(pair.x.T, k, workers)
    else:
        matmul(pair.x, pair.y.T, out=k, workers=workers)
    return _validate.deliver(k, out, pair.dtype)


@differentiable
def polynomial_kernel(X, Y=None, degree=3, gamma=None, coef0=1, *, out=None, workers=None):  # noqa: N803
    """Polynomial kernel of all pairs of rows, ``(gamma x.y + coef0)^degree``.

    Drop-in for `sklearn.metrics.pairwise.polynomial_kernel`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it: half of the work, and a symmetric result.
    degree : float, default 3
        At least 1. Negative numbers have a power of whole degree only: NaN else.
    gamma : float, optional
        Not negative; 1 / d without it.
    coef0 : float, default 1
    out : ndarray, shape (m, n), optional
        Receives the result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (m, n)
        float32 for float32 and float16 data, else float64.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, a degree below 1, a negative gamma.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Made in one pass over the tiles of the product; powers of whole degree up to 32 by multiplication. With
    ``t = gamma x.y + coef0`` and its error ``e <= (d + 3) eps (gamma |x|.|y| + |coef0|)``, the error is about
    ``degree |t|^(degree - 1) e + 2 log2(degree) eps |t|^degree``.

    Examples
    --------
    >>> from mathcore.distance import polynomial_kernel
    >>> polynomial_kernel([[0, 0], [1, 1]], [[1, 0], [1, 3]], degree=2)
    array([[1.  , 1.  ],
           [2.25, 9.  ]])
    """
    fn = "polynomial_kernel"
    workers = _validate.check_workers(workers, fn)
    degree = _validate.real_number(degree, fn, "degree", low=1, high=MAX)
    coef0 = _validate.real_number(coef0, fn, "coef0", low=-MAX, high=MAX)
    pair = operands(X, Y, fn)
    gamma = _coefficient(gamma, pair, fn, low=0)
    result, pair = pair.dtype, _fit(pair, gamma, coef0)
    k = room(out, pair, fn)
    whole = degree <= MOST_WHOLE and degree == int(degree)

    def power(k):
        return np.power(k, degree, out=k)

    _of_product(pair, k, gamma, coef0, "powers", power, workers, fn, int(degree) if whole else 1)
    if not whole and not pair.is_sparse:
        power(k)
    return _validate.deliver(k, out, result)


@differentiable
def sigmoid_kernel(X, Y=None, gamma=None, coef0=1, *, out=None, workers=None):  # noqa: N803 - scikit-learn's names
    """Sigmoid kernel of all pairs of rows, ``tanh(gamma x.y + coef0)``.

    Drop-in for `sklearn.metrics.pairwise.sigmoid_kernel`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it: half of the work, and a symmetric result.
    gamma : float, optional
        Not negative; 1 / d without it.
    coef0 : float, default 1
    out : ndarray, shape (m, n), optional
        Receives the result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (m, n)
        float32 for float32 and float16 data, else float64.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, a negative gamma.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Absolute error at most ``(d + 3) eps (gamma |x|.|y| + |coef0|) + 2 eps``, for d up to 512. The matrix need not be
    positive semidefinite.

    Examples
    --------
    >>> from mathcore.distance import sigmoid_kernel
    >>> sigmoid_kernel([[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [1, 1, 0]], coef0=0).round(4)
    array([[0.    , 0.    ],
           [0.3215, 0.5828]])
    """
    fn = "sigmoid_kernel"
    workers = _validate.check_workers(workers, fn)
    coef0 = _validate.real_number(coef0, fn, "coef0", low=-MAX, high=MAX)
    pair = operands(X, Y, fn)
    gamma = _coefficient(gamma, pair, fn, low=0)
    result, pair = pair.dtype, _fit(pair, gamma, coef0)
    k = room(out, pair, fn)
    _of_product(pair, k, gamma, coef0, "tanh", lambda k: special.tanh(k, out=k, workers=workers), workers, fn)
    return _validate.deliver(k, out, result)


@differentiable
def rbf_kernel(X, Y=None, gamma=None, *, out=None, workers=None):  # noqa: N803 - scikit-learn's names
    """Gaussian kernel of all pairs of rows, ``exp(-gamma |x - y|^2)``.

    Drop-in for `sklearn.metrics.pairwise.rbf_kernel`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it.
    gamma : float, optional
        Not negative; 1 / d without it.
    out : ndarray, shape (m, n), optional
        Receives the result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (m, n)
        float32 for float32 and float16 data, else float64. Of X alone: 1 on the diagonal, and
        symmetric where X is dense.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, a negative gamma.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Squared distances and their exponential are made in one pass over the tiles of the product, by direct differences
    where the product cancels and where d is 16 or less (see `cdist`). Relative error of a squared distance s at most
    ``16 (d + 5) eps``, of the kernel about ``gamma s`` times as much. Rows of sparse matrices are made dense, 32 MB at
    a time. Cost: 2 m n d flops.

    Examples
    --------
    >>> from mathcore.distance import rbf_kernel
    >>> rbf_kernel([[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [1, 1, 0]]).round(4)
    array([[0.7165, 0.5134],
           [0.5134, 0.7165]])
    """
    fn = "rbf_kernel"
    workers = _validate.check_workers(workers, fn)
    pair = operands(X, Y, fn)
    gamma = _coefficient(gamma, pair, fn, low=0)
    result, pair = pair.dtype, _fit(pair, gamma)
    k = room(out, pair, fn)

    def kernel(x, y, k):
        if x.shape[1] > _metrics.DIRECT:
            _euclidean.distances(x, y, k, _euclidean.FORMS["rbf"], gamma, workers, fn)
        else:
            ones = np.ones(x.shape[1], x.dtype)
            _pairwise.distances(_pairwise.SQUARE, _pairwise.RBF, x, y, ones, k, workers, fn, factor=gamma)

    if gamma == 0:                       # 0 times a distance that overflows is 0 here
        k.fill(1)
    else:
        _of_distances(pair, k, kernel)
    return _validate.deliver(k, out, result)


@differentiable
def laplacian_kernel(X, Y=None, gamma=None, *, out=None, workers=None):  # noqa: N803 - scikit-learn's names
    """Laplacian kernel of all pairs of rows, ``exp(-gamma sum |x - y|)``.

    Drop-in for `sklearn.metrics.pairwise.laplacian_kernel`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it.
    gamma : float, optional
        More than 0; 1 / d without it.
    out : ndarray, shape (m, n), optional
        Receives the result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (m, n)
        float32 for float32 and float16 data, else float64. Of X alone: symmetric, and exactly 1 on the diagonal.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, a gamma of 0 or less.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Relative error of the sum s at most ``(256 + d/256 + 1) eps``, of the kernel about ``gamma s`` times as much. Rows
    of sparse matrices are made dense, 32 MB at a time.

    Examples
    --------
    >>> from mathcore.distance import laplacian_kernel
    >>> laplacian_kernel([[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [1, 1, 0]]).round(4)
    array([[0.7165, 0.5134],
           [0.5134, 0.7165]])
    """
    fn = "laplacian_kernel"
    workers = _validate.check_workers(workers, fn)
    pair = operands(X, Y, fn)
    gamma = _coefficient(gamma, pair, fn, above=0)
    result, pair = pair.dtype, _fit(pair, gamma)
    k = room(out, pair, fn)
    ones = np.ones(pair.x.shape[1], pair.dtype)
    _of_distances(pair, k, lambda x, y, k: _pairwise.distances(
        _pairwise.ABSOLUTE, _pairwise.RBF, x, y, ones, k, workers, fn, factor=gamma))
    return _validate.deliver(k, out, result)
