"""Taylor series of functions written in plain NumPy, and what they are worth away from their centre."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels.tape import Traced
from mathcore.autodiff import _run
from mathcore.autodiff._dispatch import lifted, shape_of
from mathcore.autodiff.derivatives import value_and_grad
from mathcore.autodiff.jacobians import hessian
from mathcore.autodiff.jet import Series

__all__ = ["QuadraticModel", "quadratic_model", "radius_estimate", "remainder_estimate", "taylor_coefficients",
           "taylor_polynomial"]


def _order(order, fn):
    order = _validate.whole_number(order, fn, "order")
    if order < 0:
        raise ValueError(f"{fn}: order is negative; expected 0, 1, 2, ..., got {order}")
    return order


def taylor_coefficients(f, x0, order, *, direction=None):
    """Coefficients a_0 ... a_n of f(x0 + t) = sum a_k t^k: exact, by arithmetic with truncated series.

    Parameters
    ----------
    f : callable
        Of one array or number, written in NumPy; analytic at `x0`.
    x0 : float or ndarray
        The centre; floating.
    order : int
        n.
    direction : ndarray, optional
        Shape of `x0`: the series of f(x0 + t direction). Default: ones, which for a function of each element is the
        series of each.

    Returns
    -------
    ndarray
        Shape (order + 1,) + f(x0).shape: ``a_k = f^(k)(x0) / k!``, not the derivative itself.

    Raises
    ------
    TypeError
        `f` cannot be called or has no rule, `x0` is not floating, `order` is no integer.
    ValueError
        A negative order, a direction of another shape.

    Notes
    -----
    Error: rounding only: a few eps for each order, of the sum of the absolute terms. Cost: O(n^2) operations for each
    elementary function (arithmetic, exp, log, powers, sqrt, trigonometric and hyperbolic functions, matrix products),
    where nested differentiation doubles with every order; O(n^3) for functions that only have a rule of their first
    derivative. A. Griewank and A. Walther, "Evaluating Derivatives" (2008), chapter 13.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import taylor_coefficients
    >>> taylor_coefficients(lambda x: np.exp(np.sin(x)), 0.0, 4) * [1, 1, 2, 6, 24]
    array([ 1.,  1.,  1.,  0., -3.])
    """
    fn = "taylor_coefficients"
    _run.function(f, fn)
    n = _order(order, fn)
    x0 = _run.leaf(x0, fn, "x0")
    if direction is None:
        direction = np.ones(shape_of(x0))
    elif np.shape(direction) != shape_of(x0):
        raise ValueError(f"{fn}: direction has the wrong shape; expected {shape_of(x0)}, got {np.shape(direction)}")
    return _series(f, x0, np.asarray(direction, dtype=float), n, fn)


def _series(f, x0, direction, n, fn):
    trace = Series(n)
    try:
        start = np.stack([x0, direction] + [np.zeros(shape_of(x0))] * (n - 1)) if n else np.stack([x0])
        with np.errstate(all="ignore"):
            result = f(trace.variable(start))
        if isinstance(result, tuple | list | dict):
            raise TypeError(f"{fn}: f returned {type(result).__name__}; expected one number or array")
        result = lifted(result)
        if type(result) is not Traced or result.owner is not trace or result.tangent is None:
            value = _run.content_of(result, trace)
            _run.real_leaf(value, fn, "no real numbers")
            return np.concatenate([np.asarray(value, dtype=float)[None], np.zeros((n, *shape_of(value)))])
        found = result.tangent
        return found if type(found) is Traced else np.array(found)
    finally:
        trace.closed = True


def taylor_polynomial(f, x0, order):
    """The Taylor polynomial of a function of one number, as NumPy's Polynomial of x itself.

    Parameters
    ----------
    f : callable
        Of a number, returns a number; analytic at `x0`.
    x0 : float
        The centre.
    order : int
        The degree.

    Returns
    -------
    numpy.polynomial.Polynomial
        ``p(x) = sum a_k (x - x0)^k``; its ``coef`` are the a_k, its domain is [x0 - 1, x0 + 1].

    Raises
    ------
    TypeError, ValueError
        As `taylor_coefficients`; an `x0` or a result that is no single number.

    Notes
    -----
    Error of the coefficients and cost: `taylor_coefficients`; of the polynomial: `remainder_estimate`.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import taylor_polynomial
    >>> p = taylor_polynomial(np.sin, 0.0, 5)
    >>> print(f"{p(0.5):.6f} {np.sin(0.5):.6f}")
    0.479427 0.479426
    """
    fn = "taylor_polynomial"
    a = _of_number(f, x0, order, fn)
    x0 = float(np.asarray(x0))
    return np.polynomial.Polynomial(a, domain=[x0 - 1, x0 + 1], window=[-1, 1], symbol="x")


def _of_number(f, x0, order, fn):
    _run.function(f, fn)
    n = _order(order, fn)
    x0 = _run.leaf(x0, fn, "x0")
    if shape_of(x0) != ():
        raise ValueError(f"{fn}: x0 is an array of shape {shape_of(x0)}; expected one number")
    a = _series(f, x0, np.ones(()), n, fn)
    if np.ndim(a) != 1:
        raise ValueError(f"{fn}: f returned an array of shape {np.shape(a)[1:]}; expected one number")
    return a


def radius_estimate(coefficients, /):
    """Estimate of a power series' radius of convergence, from how fast its last coefficients grow.

    Parameters
    ----------
    coefficients : array_like, shape (n + 1,)
        a_0 ... a_n, as from `taylor_coefficients`; ten or more.

    Returns
    -------
    float
        The radius; inf where nothing but zeros stands behind the first half (a polynomial).

    Raises
    ------
    ValueError
        Not one dimension, or fewer than 4 coefficients.
    TypeError
        Not real numbers.

    Notes
    -----
    A line through log |a_k| of the second half, zeros left out: its slope is -log R (the root test). Error: of a series
    with one singularity on the circle a few percent at n = 20; an entire function (exp, sin) has R = inf, of which n
    coefficients show about n / e. Cost: O(n).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import radius_estimate, taylor_coefficients
    >>> round(radius_estimate(taylor_coefficients(lambda x: 1 / (2 - x), 0.0, 20)), 6)
    2.0
    """
    fn = "radius_estimate"
    a = _validate.as_array(coefficients, fn, "coefficients")
    _validate.real_dtype(a.dtype, fn, "coefficients")
    if a.ndim != 1 or a.size < 4:
        raise ValueError(f"{fn}: coefficients are too few or no vector; expected shape (n + 1,) with n of at least 3, "
                         f"got shape {a.shape}")
    k = np.flatnonzero(a)
    k = k[k >= a.size // 2]
    if k.size < 2:
        return float("inf")
    slope = np.polynomial.polynomial.polyfit(k.astype(float), np.log(np.abs(a[k].astype(float))), 1)[1]
    return float(np.exp(-slope))


def remainder_estimate(f, x0, order, x, /):
    """Estimate of f(x) - p(x), what the Taylor polynomial of the given order leaves.

    Parameters
    ----------
    f : callable
        Of a number; analytic between `x0` and `x`.
    x0 : float
        The centre.
    order : int
        Degree of p.
    x : float or ndarray
        Where p stands for f.

    Returns
    -------
    float or ndarray
        Shape of `x`; with sign. inf beyond the estimated radius of convergence.

    Raises
    ------
    TypeError, ValueError
        As `taylor_polynomial`; an `x` that is not real.

    Notes
    -----
    The next eight terms of the series, and behind them a geometric series of the ratio that the terms show. Error: no
    bound; inside half of the radius of convergence a few percent. Cost: a series of order + 8.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import remainder_estimate, taylor_polynomial
    >>> p = taylor_polynomial(np.exp, 0.0, 3)
    >>> print(f"{remainder_estimate(np.exp, 0.0, 3, 1.0):.6f} {np.e - p(1.0):.6f}")
    0.051620 0.051615
    """
    fn, more = "remainder_estimate", 8
    n = _order(order, fn)
    a = _of_number(f, x0, n + more, fn)
    points = _validate.as_array(x, fn, "x")
    _validate.real_dtype(points.dtype, fn, "x")
    h = points.astype(float) - float(np.asarray(x0))
    k = np.arange(n + 1, n + more + 1)
    terms = a[n + 1:].reshape((-1,) + (1,) * h.ndim) * h ** k.reshape((-1,) + (1,) * h.ndim)
    size = np.abs(terms)
    first, last = np.max(size[:more // 2], axis=0), np.max(size[more // 2:], axis=0)
    with np.errstate(all="ignore"):
        ratio = np.where(first > 0, last / first, 0.0) ** (2 / more)      # of one term to the next
        tail = np.where(ratio < 1, last * ratio / (1 - ratio), np.inf)
    return np.where(np.isinf(tail), np.inf, np.sum(terms, axis=0) + np.sign(terms[-1]) * tail)[()]


class QuadraticModel(NamedTuple):
    """``m(x) = value + gradient . d + d . hessian d / 2`` with d = x - x0; calling it gives m(x)."""

    x0: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray

    def __call__(self, x):
        d = np.ravel(np.asarray(x, dtype=float) - self.x0)
        n = d.size
        return float(self.value + np.ravel(self.gradient) @ d + d @ np.reshape(self.hessian, (n, n)) @ d / 2)


def quadratic_model(f, x0):
    """The second-order Taylor model of a function of many numbers.

    Parameters
    ----------
    f : callable
        Of one array, returns one number.
    x0 : float or ndarray
        The centre; floating.

    Returns
    -------
    QuadraticModel
        ``x0, value, gradient, hessian``, exact; called with x it gives m(x).

    Raises
    ------
    TypeError, ValueError
        As `mathcore.autodiff.grad`.

    Notes
    -----
    Error: rounding; that of m(x) as a model of f is of the order |x - x0|^3. Cost: one Hessian.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import quadratic_model
    >>> m = quadratic_model(lambda x: np.exp(x[0]) * x[1], np.array([0.0, 1.0]))
    >>> m.value, m.gradient
    (np.float64(1.0), array([1., 1.]))
    >>> round(m([0.1, 1.0]), 6)
    1.105
    """
    fn = "quadratic_model"
    _run.function(f, fn)
    x0 = _run.leaf(x0, fn, "x0")
    value, gradient = value_and_grad(f)(x0)
    return QuadraticModel(x0, value, gradient, hessian(f)(x0))
