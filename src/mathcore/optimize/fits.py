"""Linear models fitted whole: the loop over steps is compiled and reads the data once a step."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult

from mathcore import _validate
from mathcore._kernels import descent as _descent
from mathcore.linalg import cho_factor, cho_solve, lstsq

__all__ = ["fit_linear", "fit_logistic", "fit_softmax"]

_SOLVERS = ("auto", "gd", "lbfgs", "newton", "sgd", "adam")
_BOUND = {"squared": 1.0, "logistic": 0.25, "softmax": 0.5}     # of the second derivative of a loss
_FEW = 64                                   # columns up to which Newton's Gram matrix costs less than L-BFGS's steps
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


# ------------------------------------------------------------------ arguments

def _data(x, y, fn, names, dims):
    """x as rows of unit stride in the type that computes, y as an array of as many rows; both finite."""
    x, y = _validate.as_array(x, fn, names[0]), _validate.as_array(y, fn, names[1])
    _validate.exact_dims(x, 2, fn, names[0])
    if y.ndim not in dims:
        raise ValueError(f"{fn}: {names[1]} has the wrong number of dimensions; expected "
                         f"{' or '.join(map(str, dims))}, got shape {y.shape}")
    _validate.same_length(len(x), len(y), fn, f"rows of {names[0]} and {names[1]}", x.shape, y.shape)
    if len(x) == 0:
        raise ValueError(f"{fn}: {names[0]} has no rows; expected at least one, got shape {x.shape}")
    compute = _validate.COMPUTE[_validate.real_dtype(x.dtype, fn, names[0])]
    _validate.real_dtype(y.dtype, fn, names[1])
    x = _validate.ready(x, compute)
    if x.shape[1] and x.strides[1] != x.itemsize or x.strides[0] < 0:
        x = np.ascontiguousarray(x)
    _finite(x, fn, names[0])
    _finite(y, fn, names[1])
    return x, y


def _finite(a, fn, name):
    total = a.sum(dtype=np.float64)         # one pass; what it cannot tell is looked for
    if not np.isfinite(total) and (bad := np.argwhere(~np.isfinite(a))).size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"{fn}: {name}{list(where)} is not finite; expected finite values, got {a[where]}")


def _classes(y, n_classes, fn, name):
    """Classes as int64, each within 0 ... n_classes - 1, two of them at least present."""
    whole = y.astype(np.int64)
    if y.dtype.kind == "f" and (bad := np.flatnonzero(whole != y)).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is no class; expected a whole number, got {y[bad[0]]}")
    n_classes = max(int(whole.max()) + 1, 2) if n_classes is None else n_classes
    if (bad := np.flatnonzero((whole < 0) | (whole >= n_classes))).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is outside the classes; expected 0 to {n_classes - 1}, "
                         f"got {whole[bad[0]]}")
    if (whole == whole[0]).all():
        raise ValueError(f"{fn}: {name} holds one class; expected at least two, got only {whole[0]}")
    return whole, n_classes


def _weights(given, n, fn, name):
    if given is None:
        return None
    w = _validate.as_array(given, fn, name)
    _validate.real_dtype(w.dtype, fn, name)
    if w.shape != (n,):
        raise ValueError(f"{fn}: {name} has the wrong shape; expected ({n},), got {w.shape}")
    if (bad := np.flatnonzero(~((w >= 0) & np.isfinite(w)))).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is no weight; expected finite and not negative, got {w[bad[0]]}")
    if not w.any():
        raise ValueError(f"{fn}: {name} are all 0; expected a positive sum, got 0")
    return w.astype(np.float64)


class _Options:
    """The options that the three fits share, checked."""

    def __init__(self, fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter, tol,
                 rng, callback, every, patience, workers):
        self.fn = fn
        self.alpha = _validate.real_number(alpha, fn, "alpha", low=0, high=np.finfo(float).max)
        self.l1_ratio = _validate.real_number(l1_ratio, fn, "l1_ratio", low=0, high=1)
        if not isinstance(fit_intercept, bool | np.bool_):
            raise TypeError(f"{fn}: fit_intercept is no bool; expected True or False, got {fit_intercept!r}")
        self.intercept = bool(fit_intercept)
        self.solver = _validate.one_of(solver, _SOLVERS, fn, "solver")
        self.rate = learning_rate
        if learning_rate is not None and not callable(learning_rate):
            self.rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=np.finfo(float).max)
        self.momentum = _validate.real_number(momentum, fn, "momentum", low=0, high=1)
        self.batch = None if batch_size is None else _validate.whole_number(batch_size, fn, "batch_size", low=1)
        self.max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=0)
        self.tol = None if tol is None else _validate.real_number(tol, fn, "tol", low=0)
        self.rng = rng
        if callback is not None and not callable(callback):
            raise TypeError(f"{fn}: callback is not callable; expected a function of the result so far, "
                            f"got {callback!r}")
        self.callback = callback
        self.every = None if every is None else _validate.whole_number(every, fn, "every", low=1)
        self.patience = None if patience is None else _validate.whole_number(patience, fn, "patience", low=1)
        self.workers = _validate.check_workers(workers, fn)

    def choose(self, kind, width):
        """The solver, by name; those options that it does not have are refused."""
        alpha1 = self.alpha * self.l1_ratio
        if self.solver == "auto":
            self.solver = "gd" if alpha1 else "newton" if kind == "squared" or kind == "logistic" and width <= _FEW \
                else "lbfgs"
        if alpha1 and self.solver in ("lbfgs", "newton"):
            raise ValueError(f"{self.fn}: solver {self.solver!r} has no L1 penalty; expected 'gd', 'sgd' or 'adam', or "
                             f"l1_ratio=0, got l1_ratio={self.l1_ratio}")
        if self.solver == "newton" and kind == "softmax":
            raise ValueError(f"{self.fn}: solver 'newton' is for one score a row; expected 'lbfgs', got 'newton'")
        if self.every is None:
            self.every = 10 if self.solver in ("gd", "lbfgs") else 1

    def rates(self, first, count, default):
        """Learning rates of steps first ... first + count - 1."""
        if not callable(self.rate):
            return np.full(count, default if self.rate is None else self.rate)
        rates = np.array([self.rate(i) for i in range(first, first + count)], float)
        if (bad := np.flatnonzero(~((rates > 0) & np.isfinite(rates)))).size:
            raise ValueError(f"{self.fn}: learning_rate({first + bad[0]}) is no rate; expected a positive number, "
                             f"got {rates[bad[0]]}")
        return rates


# ------------------------------------------------------------------ solvers: generators of (step, objective, norm)

def _largest_curvature(x, weight, total, intercept, alpha2, bound, workers):
    """An estimate, 5 % on the safe side, of the largest eigenvalue of the objective's second derivative."""
    v = np.random.default_rng(0).standard_normal(x.shape[1] + 1)
    zeros, size = np.zeros(len(x), x.dtype), 0.0
    fit = _descent.Fit(_descent.KINDS["squared"], x, zeros, weight, 1, total, 0.0, 0.0, intercept, 0.0, v, workers)
    for _ in range(20):
        v /= np.linalg.norm(v) or 1.0
        fit.evaluate("fit")
        before, size = size, float(np.linalg.norm(fit.gradient))
        v[:] = fit.gradient
        if abs(size - before) <= 0.01 * size:
            break
    return 1.05 * bound * size + alpha2 or 1.0


def _bursts(o, fit, advance):
    """`advance(first, count)` takes so many compiled steps and says how they ended."""
    fit.evaluate(o.fn)
    yield 0, fit.fun, fit.norm
    while np.isfinite(fit.norm):
        first = fit.steps
        stop = advance(first, min(o.every, o.max_iter - first))
        if stop == "diverged":
            return stop
        if fit.steps > first:
            if stop == "converged":         # in the midst of a burst, where the objective is not computed
                fit.evaluate(o.fn)
            yield fit.steps, fit.fun, fit.norm
        if stop != "running":
            return stop
        if fit.steps >= o.max_iter:
            return "max_iter"
    return "diverged"


class _Curvature:
    """Newton's matrix at one point, factored; columns centred, so that their means cost no digits."""

    def __init__(self, o, fit, x, k, center):
        gram = fit.hessian(center, o.fn)[0].astype(np.float64)
        width = len(center) + o.intercept
        gram = np.triu(gram)[:width, :width]
        diagonal = np.einsum("ii->i", gram)
        diagonal[:len(center)] += o.alpha * (1 - o.l1_ratio)
        self.scale = np.sqrt(np.where(diagonal > 0, diagonal, 1))
        gram /= self.scale[:, None] * self.scale
        noise = 8 * width * np.finfo(x.dtype).eps
        self.exact = True
        try:
            factor = cho_factor(gram + np.triu(gram, 1).T)
            self.exact = bool(np.diag(factor[0]).min(initial=1.0) ** 2 > noise)
        except np.linalg.LinAlgError:
            self.exact = False
        if not self.exact:
            factor = cho_factor(gram + np.triu(gram, 1).T + noise * np.eye(width))
        self.factor, self.center, self.k, self.intercept = factor, center, k, o.intercept

    def step(self, gradient):
        d = len(self.center)
        right = gradient[:self.k * d].reshape(self.k, d)
        free = gradient[self.k * d:]
        if self.intercept:
            right = np.column_stack([right - free[:, None] * self.center, free])
        step = -cho_solve(self.factor, (right / self.scale).T).T / self.scale
        out = np.zeros_like(gradient)
        out[:self.k * d] = step[:, :d].ravel()
        if self.intercept:
            out[self.k * d:] = step[:, d] - step[:, :d] @ self.center
        return out


def _newton(o, fit, x, k, weight, constant, slack):
    """Newton's steps, halved until the objective falls; the factor serves again while it still wins a factor of 20."""
    center = np.zeros(x.shape[1], x.dtype)
    if o.intercept:
        center[:] = x.mean(axis=0, dtype=np.float64) if weight is None else weight @ x / weight.sum()
    curvature, before = None, np.inf
    fit.evaluate(o.fn)
    yield 0, fit.fun, fit.norm
    rows = len(x) if weight is None else np.count_nonzero(weight)
    if constant and not o.alpha and rows - o.intercept < x.shape[1]:
        return "singular"                # for certain; rounding may hide it from the factor
    for step in range(1, o.max_iter + 1):
        if fit.norm <= o.tol or not np.isfinite(fit.norm):
            break
        if curvature is None or not constant and fit.norm > before / 20:
            curvature = _Curvature(o, fit, x, k, center)
            if constant and not curvature.exact:
                return "singular"
        elif constant and fit.norm > before / 2:
            return "stalled"
        move, start, fun, before = curvature.step(fit.gradient), fit.params.copy(), fit.fun, fit.norm
        slope = move @ fit.gradient
        for halvings in range(40):
            fit.params[:] = start + 0.5**halvings * move
            if fit.evaluate(o.fn) <= fun + 1e-4 * 0.5**halvings * slope + slack * abs(fun):
                break
        else:
            fit.params[:] = start
            fit.evaluate(o.fn)
            return "stalled"
        fit.steps = step
        yield step, fit.fun, fit.norm
    return "converged" if fit.norm <= o.tol else "max_iter" if np.isfinite(fit.norm) else "diverged"


def _epochs(o, fit, n, default_rate):
    batch = min(o.batch or 32, n)
    batches = -(-n // batch)
    seed = int(_validate.generator(o.rng, o.fn).integers(0, 1 << 63))
    fit.prepare(o.solver == "adam", batch, o.momentum, seed)
    fit.evaluate(o.fn)
    yield 0, fit.fun, fit.norm
    last = fit.params.copy()
    for epoch in range(1, o.max_iter + 1):
        decayed = default_rate / np.sqrt(epoch)
        fit.epoch(o.rates((epoch - 1) * batches, batches, decayed), o.fn)
        if epoch % o.every and epoch != o.max_iter:
            continue
        fit.evaluate(o.fn)
        if not np.isfinite(fit.fun) or not np.isfinite(fit.norm):
            fit.params[:] = last
            return "diverged"
        last[:] = fit.params
        yield epoch, fit.fun, fit.norm
        if fit.norm <= o.tol:
            return "converged"
    return "max_iter"


def _steps(o, fit, kind, x, k, weight, total):
    slack = 10 * float(np.finfo(x.dtype).eps)
    alpha2 = o.alpha * (1 - o.l1_ratio)
    if o.solver == "newton":
        return _newton(o, fit, x, k, weight, kind == "squared", slack)
    if o.solver == "lbfgs":
        return _bursts(o, fit, lambda first, count: fit.quasi_newton(count, slack, o.fn))
    rate = 0.001 if o.solver == "adam" else 1.0
    if o.rate is None and o.solver != "adam":
        curvature = _largest_curvature(x, weight, total, o.intercept, alpha2, _BOUND[kind], o.workers)
        if o.solver == "sgd":               # a batch's own curvature is that of all and a share of its longest row
            curvature += _BOUND[kind] * float(np.einsum("ij,ij->i", x, x).max() + 1) / min(o.batch or 32, len(x))
        rate = 1 / curvature
    if o.solver == "gd":
        return _bursts(o, fit, lambda first, count: fit.descend(o.rates(first, count, rate), o.momentum, o.fn))
    return _epochs(o, fit, len(x), rate)


# ------------------------------------------------------------------ the run

def _start(init, k, d, intercept, fn):
    """Parameters to begin with: zeros, or (coef, intercept)."""
    params = np.zeros(k * (d + 1))
    if init is None:
        return params
    try:
        coef, free = init
    except (TypeError, ValueError):
        raise TypeError(f"{fn}: init is no pair; expected (coef, intercept), got {type(init).__name__}") from None
    for name, value, size, at in (("coef", coef, k * d, 0), ("intercept", free, k, k * d)):
        value = _validate.as_array(value, fn, f"init {name}")
        if value.size != size:
            raise ValueError(f"{fn}: init {name} has the wrong size; expected {size}, got shape {value.shape}")
        _finite(value, fn, f"init {name}")
        params[at:at + size] = value.ravel()
    if not intercept:
        params[k * d:] = 0
    return params


def _result(fit, k, d, flat, dtype):
    coef, free = fit.params[:k * d].reshape(k, d).astype(dtype), fit.params[k * d:].astype(dtype)
    return OptimizeResult(coef=coef[0] if flat else coef, intercept=free[0] if flat else free, fun=fit.fun,
                          jac=fit.norm, nit=int(fit.steps))


def _least_squares(o, fit, x, y, weight, k):
    """The shortest solution where the normal equations have no digits left, by the singular values of the rows."""
    root = np.ones(len(x)) if weight is None else np.sqrt(weight.astype(np.float64))
    mean = [np.average(a, axis=0, weights=root**2) if o.intercept else np.zeros(a.shape[1:]) for a in (x, y)]
    rounding = max(x.shape) * float(np.finfo(x.dtype).eps)      # NumPy's: singular values of centred rows are not exact
    coef = lstsq((x - mean[0]) * root[:, None], (y - mean[1]) * root[:, None], cond=rounding)[0].T
    fit.params[:coef.size] = coef.ravel()
    if o.intercept:
        fit.params[coef.size:] = mean[1] - coef @ mean[0]
    fit.evaluate(o.fn)
    return "stalled"


def _fit(o, kind, x, y, weight, k, init, flat):
    n, d = x.shape
    o.choose(kind, k * (d + 1))
    if o.tol is None:
        o.tol = 1e-8 if x.dtype == np.float64 else 1e-5
    total = float(n if weight is None else weight.sum())
    weight = None if weight is None else weight.astype(x.dtype)
    y = np.ascontiguousarray(y, x.dtype)
    fit = _descent.Fit(_descent.KINDS[kind], x, y, weight, k, total, o.alpha * o.l1_ratio,
                       o.alpha * (1 - o.l1_ratio), o.intercept, o.tol, _start(init, k, d, o.intercept, o.fn), o.workers)
    rows, stop, steps = [], "max_iter", _steps(o, fit, kind, x, k, weight, total)
    best, best_row = np.inf, 0
    while True:
        try:
            rows.append(next(steps))
        except StopIteration as end:
            stop = end.value
            break
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
        stop = _least_squares(o, fit, x, y.reshape(n, k), weight, k)
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
    solver : {"auto", "gd", "lbfgs", "newton", "sgd", "adam"}, optional
        Full-batch descent, L-BFGS, normal equations by Cholesky's factor, or mini-batches. "auto": the equations; with
        an L1 penalty "gd".
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
        Steps from one row of the trace to the next. Default 10 for "gd" and "lbfgs", else 1.
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
    o = _Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter, tol, rng,
                 callback, every, patience, workers)
    x, y = _data(x, y, fn, ("x", "y"), (1, 2))
    weight = _weights(sample_weight, len(x), fn, "sample_weight")
    if y.ndim == 2 and y.shape[1] == 0:
        raise ValueError(f"{fn}: y has no targets; expected at least one, got shape {y.shape}")
    return _fit(o, "squared", x, y, weight, 1 if y.ndim == 1 else y.shape[1], init, y.ndim == 1)


def _class_weights(weight, class_weight, classes, n_classes, fn):
    class_weight = _weights(class_weight, n_classes, fn, "class_weight")
    if class_weight is None:
        return weight
    return class_weight[classes] if weight is None else weight * class_weight[classes]


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
    class_weight : array_like, shape (2,), optional
        Factor of the weight of the rows of each class.
    alpha, l1_ratio, fit_intercept, sample_weight, solver, learning_rate, momentum, batch_size, max_iter, tol, init, \
rng, callback, every, patience, workers
        As in `fit_linear`; "newton" is iteratively reweighted least squares, "auto" takes it up to 64 columns,
        L-BFGS beyond.

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
    Separable data have no minimum without a penalty: the fit ends by `tol` or `max_iter` and says so. Cost as of
    `fit_linear`, and one exponential a row.

    Examples
    --------
    >>> from mathcore.optimize import fit_logistic
    >>> fit = fit_logistic([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    >>> fit.coef.round(4), float(fit.intercept.round(4))
    (array([0.9082]), -1.3623)
    """
    fn = "fit_logistic"
    o = _Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter, tol, rng,
                 callback, every, patience, workers)
    x, y = _data(x, y, fn, ("x", "y"), (1,))
    classes, _ = _classes(y, 2, fn, "y")
    weight = _class_weights(_weights(sample_weight, len(x), fn, "sample_weight"), class_weight, classes, 2, fn)
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
    class_weight : array_like, shape (n_classes,), optional
        Factor of the weight of the rows of each class.
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
    Cost of a step: 4 n d n_classes operations and one reading of x.

    Examples
    --------
    >>> from mathcore.optimize import fit_softmax
    >>> fit = fit_softmax([[0.0], [1.0], [2.0]], [0, 1, 2], alpha=0.1)
    >>> (fit.coef[2] - fit.coef[0]).round(3)
    array([2.568])
    """
    fn = "fit_softmax"
    o = _Options(fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter, tol, rng,
                 callback, every, patience, workers)
    if n_classes is not None:
        n_classes = _validate.whole_number(n_classes, fn, "n_classes", low=2)
    x, y = _data(x, labels, fn, ("x", "labels"), (1,))
    classes, k = _classes(y, n_classes, fn, "labels")
    weight = _class_weights(_weights(sample_weight, len(x), fn, "sample_weight"), class_weight, classes, k, fn)
    return _fit(o, "softmax", x, classes, weight, k, init, False)
