"""Descent that knows curvature: Newton, Gauss-Newton, and L-BFGS, which learns it from the gradients it passes."""

from collections import deque

import numpy as np

from mathcore import _validate
from mathcore._kernels.finite import all_finite
from mathcore.linalg.cholesky import cho_factor, cho_solve
from mathcore.linalg.lstsq import lstsq
from mathcore.linalg.vectors import vecdot
from mathcore.optimize._objective import Objective, Residuals, start
from mathcore.optimize.line_search import Line, backtracked, interpolated
from mathcore.optimize.result import DIVERGED, NO_STEP, Run, norm

__all__ = ["gauss_newton", "lbfgs", "newton"]


def _run(objective, max_iter, tol, callback):
    fn = objective.fn
    return Run(objective, max_iter=_validate.whole_number(max_iter, fn, "max_iter", low=0), callback=callback,
               tol=_validate.real_number(tol, fn, "tol", low=0))


def _follow(run, x, direction_at):
    """Steps along ``direction_at(run)`` with Armijo's condition, full steps first; None where there is no direction."""
    done = run.start(x)
    while not done:
        direction = direction_at(run)
        if direction is None:
            run.stop(DIVERGED, f"Diverged: the Hessian is not finite after step {run.nit}.")
            break
        line = Line(run.objective, run.x, run.fun, run.jac, direction.reshape(run.x.shape))
        point = backtracked(line) if line.origin.slope < 0 else None
        if run.is_no_gain(point):
            run.stop(NO_STEP, f"No step along the direction lowers f(x): its gradient's norm is {norm(run.jac):.3g}.")
            break
        done = run.to(point.x, point.step, (point.fun, point.jac))
    return run.result()


def newton(fun, x0, /, *, jac=None, hess=None, max_iter=100, tol=1e-6, callback=None):
    """Newton's method: the minimum of the quadratic model, ``x <- x - t H^-1 gradient``.

    Parameters
    ----------
    fun, x0, jac, tol, callback
        As of `gradient_descent`.
    hess : callable or None
        ``hess(x)``, the (n, n) matrix of second derivatives for n elements of x; None: exact, of the NumPy
        code of `fun` or `jac`, or central differences of the gradient.
    max_iter : int, default 100
        The largest number of steps; 0 returns the start.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`; status 2 where no step lowers the value, as rounding brings about where `tol` is out
        of reach.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`; a Hessian of another shape.

    Notes
    -----
    Where H is not positive definite, the smallest of a row of multiples of I that makes it so is added
    (Nocedal and Wright, Numerical Optimization, algorithm 3.3). t is the first of 1, 1/2, 1/4 ... that meets Armijo's
    condition. Near a minimum with positive curvature the error is squared at each step. Error of differences: where
    the gradient is one too, a Hessian has some 5 digits in float64, and next to none in float32.
    Cost: a Hessian and n^3 / 3 flops a step.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der, rosen_hess
    >>> from mathcore.optimize import newton
    >>> result = newton(rosen, [-1.2, 1.0], jac=rosen_der, hess=rosen_hess)
    >>> result.x.round(6), result.nit < 30
    (array([1., 1.]), True)
    """
    fn = "newton"
    x = start(x0, fn)
    if hess is not None and not callable(hess):
        raise TypeError(f"{fn}: hess cannot be called; expected a function of x or None, got {hess!r}")
    objective = Objective(fun, jac, x, fn)
    run = _run(objective, max_iter, tol, callback)
    return _follow(run, x, lambda run: _downhill(objective.hessian(hess, run.x), run.jac.reshape(-1)))


def _downhill(h, g):
    """``-(H + shift I)^-1 g`` with the first shift that makes H positive definite; None for infinities and NaN."""
    if not all_finite(h):
        return None
    least, size = float(np.diagonal(h).min()), float(np.abs(h).max()) or 1.0
    shift = 0.0 if least > 0 else 1e-3 * size - least
    while True:
        try:
            shifted = h + h.dtype.type(shift) * np.eye(len(h), dtype=h.dtype)
            return -cho_solve(cho_factor(shifted), g)
        except np.linalg.LinAlgError:
            shift = max(10 * shift, 1e-3 * size)       # beyond n * size no matrix fails


def gauss_newton(fun, x0, /, *, jac=None, max_iter=100, tol=1e-6, callback=None):
    """Nonlinear least squares: minimize ``|r(x)|^2 / 2`` by solving ``J step = -r`` in the least-squares sense.

    Parameters
    ----------
    fun : callable
        ``fun(x)``, the residuals r, shape (m,).
    x0, tol, callback
        As of `gradient_descent`.
    jac : callable, bool or None
        ``jac(x)``, the Jacobian of r, shape (m, n) for n elements of x; True: `fun` returns ``(r, J)``; None: exact, of
        the NumPy code of `fun`, or, where that leaves NumPy, as False: central differences.
    max_iter : int, default 100
        The largest number of steps; 0 returns the start.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`, with ``fun = |r|^2 / 2`` and ``jac = J^T r``; status 2 where no step lowers the value.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`; residuals that are no vector, a Jacobian of another shape.

    Notes
    -----
    Fast where residuals are small or nearly linear; a Jacobian without full rank gives the shortest step. Steps are
    halved until Armijo's condition holds. Nocedal and Wright, Numerical Optimization, section 10.3.
    Cost: one least-squares solution of (m, n), some 2 m n^2 flops, a step.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.optimize import gauss_newton
    >>> t = np.linspace(0, 1, 20)
    >>> y = 2 * np.exp(-3 * t)
    >>> result = gauss_newton(lambda p: p[0] * np.exp(p[1] * t) - y, [1.0, -1.0])
    >>> result.x.round(6)
    array([ 2., -3.])
    """
    fn = "gauss_newton"
    x = start(x0, fn)
    residuals = Residuals(fun, jac, x, fn)
    run = _run(residuals, max_iter, tol, callback)
    return _follow(run, x, lambda run: lstsq(residuals.j, -residuals.r)[0])


def lbfgs(fun, x0, /, *, jac=None, history=10, max_iter=1000, tol=1e-6, callback=None):
    """Limited-memory BFGS: curvature along the last few steps stands for the Hessian.

    Parameters
    ----------
    fun, x0, jac, max_iter, tol, callback
        As of `gradient_descent`.
    history : int, default 10
        Steps that are remembered, at least 1.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`; status 2 where no step lowers the value, as rounding brings about where `tol` is out
        of reach.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    Steps meet the strong Wolfe conditions with c1 = 1e-4 and c2 = 0.9; the first trial is 1, at the beginning
    ``1 / |gradient|``. Where the search fails, memory is dropped once. Nocedal and Wright, Numerical Optimization,
    algorithms 7.4 and 7.5. Cost: little more than one value and gradient, and 4 `history` n flops, a step; memory for
    2 `history` vectors.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der
    >>> from mathcore.optimize import lbfgs
    >>> result = lbfgs(rosen, [-1.2, 1.0], jac=rosen_der)
    >>> result.x.round(6), result.success
    (array([1., 1.]), True)
    """
    fn = "lbfgs"
    x = start(x0, fn)
    run = _run(Objective(fun, jac, x, fn), max_iter, tol, callback)
    pairs = deque(maxlen=_validate.whole_number(history, fn, "history", low=1))
    done = run.start(x)
    while not done:
        direction = _two_loops(pairs, -run.jac.reshape(-1)).reshape(x.shape)
        line = Line(run.objective, run.x, run.fun, run.jac, direction)
        point, good = None, False
        if line.origin.slope < 0:
            point, good = interpolated(line, step=1.0 if pairs else min(1.0, 1 / norm(run.jac)))
        if not good and pairs:
            pairs.clear()
            continue
        if run.is_no_gain(point):
            run.stop(NO_STEP, f"No step along the gradient lowers f(x): its norm is {norm(run.jac):.3g}.")
            break
        s, y = (point.x - run.x).reshape(-1), (point.jac - run.jac).reshape(-1)
        curved = vecdot(s, y)
        if curved > np.finfo(x.dtype).eps * vecdot(y, y):
            pairs.append((s, y, curved))
        done = run.to(point.x, point.step, (point.fun, point.jac))
    return run.result()


def _two_loops(pairs, q):
    """The inverse Hessian that the pairs (step, change of the gradient, their product) stand for, times q."""
    factors = []
    for s, y, curved in reversed(pairs):
        factors.append(vecdot(s, q) / curved)
        q = q - factors[-1] * y
    if pairs:
        _, y, curved = pairs[-1]
        q = q * (curved / vecdot(y, y))
    for (s, y, curved), factor in zip(pairs, reversed(factors), strict=True):
        q = q + (factor - vecdot(y, q) / curved) * s
    return q
