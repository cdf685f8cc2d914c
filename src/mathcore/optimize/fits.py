"""Linear models fitted whole: the loop over steps is compiled and reads the data once a step."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult

from mathcore import _validate
from mathcore._kernels import fit as _kernel
from mathcore.optimize import _fit_arguments as _arguments
from mathcore.optimize import _fit_solvers as _solvers

__all__ = ["fit_linear", "fit_logistic", "fit_softmax"]

_STOPS = {                                  # stop -> status, success, message
    "converged": (0, True, "the gradient's norm is at most tol"),
    "stalled": (0, True, "the objective is at its rounding: no step lowers it"),
    "max_iter": (1, False, "max_iter steps done, the gradient's norm is above tol"),
    "diverged": (2, False, "diverged: the last finite parameters are returned; take a smaller learning rate"),
    "callback": (3, False, "the callback stopped the fit"),
    "patience": (4, True, "no better objective for `patience` rows of the trace"),
}


class FitTrace(NamedTuple):
    """What happened, a row every so many steps; printed as a table."""

    step: np.ndarray
    fun: np.ndarray                         # the objective
    norm: np.ndarray                        # of its gradient

    def __str__(self):
        lines = [f"{'step':>6}  {'objective':>16}  {'gradient':>10}"]
        lines += [f"{s:6d}  {f:16.10g}  {g:10.2e}" for s, f, g in zip(*self, strict=True)]
        return "\n".join(lines)


def _result(fit, k, d, flat, dtype):
    coef, free = fit.params[:k * d].reshape(k, d).astype(dtype), fit.params[k * d:].astype(dtype)
    return OptimizeResult(coef=coef[0] if flat else coef, intercept=free[0] if flat else free, fun=fit.fun,
                          jac=fit.norm, nit=int(fit.steps))


def _fit(o, kind, x, y, weight, k, init, flat):
    n, d = x.shape
    o.choose(kind)
    if o.tol is None:
        o.tol = 1e-8 if x.dtype == np.float64 else 1e-5
    total = float(n if weight is None else weight.sum())
    weight = None if weight is None else weight.astype(x.dtype)
    y = np.ascontiguousarray(y, x.dtype)
    fit = _kernel.Fit(_kernel.KINDS[kind], x, y, weight, k, total, o.alpha * o.l1_ratio,
                      o.alpha * (1 - o.l1_ratio), o.intercept, o.tol,
                      _arguments.start(init, k, d, o.intercept, o.fn), o.workers)
    rows, stop, steps = [], "max_iter", _solvers.steps(o, fit, kind, x, y, k, weight, total, init is not None)
    best, best_row = np.inf, 0
    while True:
        try:
            rows.append(next(steps))
        except StopIteration as end:
            stop = end.value
            break
        if len(rows) == 1 and not np.isfinite(rows[0]).all():
            _arguments.finite(x, o.fn, "x")
        if rows[-1][1] < best:
            best, best_row = rows[-1][1], len(rows)
        if o.patience is not None and len(rows) - best_row >= o.patience:
            stop = "patience"
            break
        if o.callback is not None:
            try:
                o.callback(_result(fit, k, d, flat, x.dtype))
            except StopIteration:
                stop = "callback"
                break
    if stop == "singular":
        stop = _solvers.least_squares(o, fit, x, y.reshape(n, k), weight, k)
    if stop == "diverged":
        fit.evaluate(o.fn)                  # at the last finite parameters
    result = _result(fit, k, d, flat, x.dtype)
    status, success, message = _STOPS[stop]
    if stop == "max_iter" and kind != "squared" and not o.alpha:
        message += "; separable data have no minimum without a penalty"
    steps, funs, norms = zip(*rows, strict=True)
    result.update(status=status, success=success, message=message, solver=o.solver,
                  trace=FitTrace(np.array(steps), np.array(funs), np.array(norms)))
    return result


def fit_linear(x, y, /, *, alpha=0.0, l1_ratio=0.0, fit_intercept=True, sample_weight=None, solver="auto",
               learning_rate=None, momentum=0.0, batch_size=None, max_iter=1000, tol=None, init=None, rng=None,
               callback=None, every=None, patience=None, workers=None):
    """Linear regression: least squares, ridge, lasso, elastic net.

    ``sum_i weight_i |y_i - coef x_i - intercept|^2 / (2 sum_i weight_i)
    + alpha (l1_ratio |coef|_1 + (1 - l1_ratio) / 2 |coef|_2^2)``

    Parameters
    ----------
    x : array_like, shape (n, d)
        float32 stays float32; rows of unit stride are not copied.
    y : array_like, shape (n,) or (n, targets)
    alpha, l1_ratio : float, optional
        Strength of the penalty and its L1 share; the intercept has none.
    fit_intercept : bool, optional
    sample_weight : array_like, shape (n,), optional
    solver : {"auto", "gd", "fista", "lbfgs", "newton", "sgd", "adam"}, optional
        Full-batch descent, the same with Nesterov's momentum, L-BFGS, normal equations by Cholesky's factor, or
        mini-batches. "auto": the equations; with an L1 penalty "fista". Options of other solvers are refused.
    learning_rate : float or callable, optional
        A number, or a function of the step (from 0). Default: 1 / (largest curvature), divided by
        ``sqrt(epoch)`` in "sgd"; 0.001 for "adam".
    momentum : float, optional
        Of "gd" and "sgd": ``v = momentum v - rate g``.
    batch_size : int, optional
        Rows of a mini-batch. Default 32.
    max_iter : int, optional
        Steps, or epochs of mini-batches.
    tol : float, optional
        Norm of the gradient to stop at. Default 1e-8, 1e-5 for float32.
    init : (coef, intercept), optional
        Where to begin. Default: zeros.
    rng : int or Generator, optional
        Order of the rows in mini-batches.
    callback : callable, optional
        Called with the result so far at each row of the trace; StopIteration ends the fit.
    every : int, optional
        Steps from one row of the trace to the next. Default 10 for "gd", "fista" and "lbfgs", else 1.
    patience : int, optional
        Rows of the trace without a better objective after which the fit ends.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scipy.optimize.OptimizeResult
        coef (d,) or (targets, d), intercept, fun, jac (the gradient's norm), nit, success, status (0 converged,
        1 max_iter, 2 diverged, 3 callback, 4 patience), message, solver, trace.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows, values that are not finite, options out of range.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The bits do not depend on the number of threads. Normal equations are centred and refined against the residual;
    where they are singular the shortest solution comes from `mathcore.linalg.lstsq`. Cost of a step: 4 n d
    operations and one reading of x; of the equations n d^2.

    Examples
    --------
    >>> from mathcore.optimize import fit_linear
    >>> fit = fit_linear([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> fit.coef.round(6), float(fit.intercept.round(6))
    (array([2.]), 1.0)
    """
    fn = "fit_linear"
    o = _arguments.Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter,
                           tol, rng, callback, every, patience, workers)
    x, y = _arguments.data(x, y, fn, ("x", "y"), (1, 2))
    weight = _arguments.weights(sample_weight, len(x), fn, "sample_weight")
    if y.ndim == 2 and y.shape[1] == 0:
        raise ValueError(f"{fn}: y has no targets; expected at least one, got shape {y.shape}")
    return _fit(o, "squared", x, y, weight, 1 if y.ndim == 1 else y.shape[1], init, y.ndim == 1)


def fit_logistic(x, y, /, *, alpha=0.0, l1_ratio=0.0, fit_intercept=True, sample_weight=None, class_weight=None,
                 solver="auto", learning_rate=None, momentum=0.0, batch_size=None, max_iter=1000, tol=None, init=None,
                 rng=None, callback=None, every=None, patience=None, workers=None):
    """Logistic regression of two classes.

    ``sum_i weight_i log(1 + exp(-s_i z_i)) / sum_i weight_i + penalty``, ``z_i = coef x_i + intercept``,
    ``s_i = 2 y_i - 1``, the penalty of `fit_linear`

    Parameters
    ----------
    x : array_like, shape (n, d)
    y : array_like, shape (n,)
        0 and 1, or bool.
    class_weight : array_like, shape (2,), or "balanced", optional
        Factor of the weight of the rows of each class; "balanced": n / (2 rows of the class).
    alpha, l1_ratio, fit_intercept, sample_weight, solver, learning_rate, momentum, batch_size, max_iter, tol, init, \
rng, callback, every, patience, workers
        As in `fit_linear`; "auto" takes L-BFGS, "newton" is iteratively reweighted least squares.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `fit_linear`, with coef (d,).

    Raises
    ------
    ValueError
        As in `fit_linear`; a label that is neither 0 nor 1 (named with its index), labels of one class.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Separable data have no minimum without a penalty: the fit ends by `tol` or `max_iter` and says so. L-BFGS begins
    with the inverse of a sample's second derivative and, unless `init` is given, where a sample's own fit ends. Cost
    as of `fit_linear`, and one exponential a row.

    Examples
    --------
    >>> from mathcore.optimize import fit_logistic
    >>> fit = fit_logistic([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    >>> fit.coef.round(4), float(fit.intercept.round(4))
    (array([0.9082]), -1.3623)
    """
    fn = "fit_logistic"
    o = _arguments.Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter,
                           tol, rng, callback, every, patience, workers)
    x, y = _arguments.data(x, y, fn, ("x", "y"), (1,))
    classes, _ = _arguments.classes(y, 2, fn, "y")
    weight = _arguments.weights(sample_weight, len(x), fn, "sample_weight")
    weight = _arguments.class_weights(weight, class_weight, classes, 2, fn)
    return _fit(o, "logistic", x, classes, weight, 1, init, True)


def fit_softmax(x, labels, /, *, alpha=0.0, l1_ratio=0.0, fit_intercept=True, sample_weight=None, n_classes=None,
                class_weight=None, solver="auto", learning_rate=None, momentum=0.0, batch_size=None, max_iter=1000,
                tol=None, init=None, rng=None, callback=None, every=None, patience=None, workers=None):
    """Softmax regression: logistic regression of several classes.

    ``-sum_i weight_i log softmax(coef x_i + intercept)_(labels_i) / sum_i weight_i + penalty``,
    the penalty of `fit_linear`

    Parameters
    ----------
    x : array_like, shape (n, d)
    labels : array_like of int, shape (n,)
        0 ... n_classes - 1.
    n_classes : int, optional
        Default: the largest label and 1.
    class_weight : array_like, shape (n_classes,), or "balanced", optional
        Factor of the weight of the rows of each class; "balanced": n / (n_classes rows of the class).
    alpha, l1_ratio, fit_intercept, sample_weight, solver, learning_rate, momentum, batch_size, max_iter, tol, init, \
rng, callback, every, patience, workers
        As in `fit_linear`; "auto" takes L-BFGS, "newton" is refused.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `fit_linear`, with coef (n_classes, d) and intercept (n_classes,).

    Raises
    ------
    ValueError
        As in `fit_linear`; a label outside the classes (named with its index), labels of one class.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    L-BFGS begins as in `fit_logistic`. Cost of a step: 4 n d n_classes operations and one reading of x.

    Examples
    --------
    >>> from mathcore.optimize import fit_softmax
    >>> fit = fit_softmax([[0.0], [1.0], [2.0]], [0, 1, 2], alpha=0.1)
    >>> (fit.coef[2] - fit.coef[0]).round(3)
    array([2.568])
    """
    fn = "fit_softmax"
    o = _arguments.Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter,
                           tol, rng, callback, every, patience, workers)
    if n_classes is not None:
        n_classes = _validate.whole_number(n_classes, fn, "n_classes", low=2)
    x, y = _arguments.data(x, labels, fn, ("x", "labels"), (1,))
    classes, k = _arguments.classes(y, n_classes, fn, "labels")
    weight = _arguments.weights(sample_weight, len(x), fn, "sample_weight")
    weight = _arguments.class_weights(weight, class_weight, classes, k, fn)
    return _fit(o, "softmax", x, classes, weight, k, init, False)
