"""Solvers of the fits: generators of (step, objective, gradient's norm)."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import fit as _kernel
from mathcore._kernels import scatter as _scatter
from mathcore.linalg import cho_factor, cho_solve, lstsq

_BOUND = {"squared": 1.0, "logistic": 0.25, "softmax": 0.5}     # of the second derivative of a loss
_SAMPLE, _SAMPLE_LEAST = 8, 1000            # rows of a sample: for each column, and at least
_SAMPLE_STEPS, _LOOSE = 20, 0.1             # of its fit; the share of the gradient's norm where it ends
_WORTH = 4                                  # times the sample's rows: fewer are fitted from the start
_AFFORD = 10                                # d^2 / (n k): the sample's matrix costs as much as 20 steps


def _largest_curvature(o, x, weight, total, bound):
    """An estimate, 5 % on the safe side, of the largest eigenvalue of the objective's second derivative."""
    v = np.random.default_rng(0).standard_normal(x.shape[1] + 1)
    zeros, size = np.zeros(len(x), x.dtype), 0.0
    fit = _kernel.Fit(_kernel.KINDS["squared"], x, zeros, weight, 1, total, 0.0, 0.0, o.intercept, 0.0, v,
                      o.workers)
    for _ in range(20):
        v /= np.linalg.norm(v) or 1.0
        fit.evaluate(o.fn)
        before, size = size, float(np.linalg.norm(fit.gradient))
        v[:] = fit.gradient
        if abs(size - before) <= 0.01 * size:
            break
    return 1.05 * bound * size + o.alpha * (1 - o.l1_ratio) or 1.0


def _bursts(o, fit, advance, known=False):
    """`advance(first, count)` takes so many compiled steps and says how they ended; `known`: fit is evaluated."""
    if not known:
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
    """Newton's matrix for a class, with the penalty, factored. Its columns are centred, so that their means cost no
    digits; the last one is the intercept's."""

    def __init__(self, gram, center, k, alpha2, intercept, eps):
        d = len(center)
        width = d + intercept
        gram = gram[:width, :width].copy()
        diagonal = np.einsum("ii->i", gram)
        diagonal[:d] += alpha2
        self.scale = np.sqrt(np.where(diagonal > 0, diagonal, 1))
        gram /= self.scale[:, None] * self.scale
        noise = 8 * width * eps
        self.exact = True
        try:
            factor = cho_factor(gram)
            self.exact = bool(np.diag(factor[0]).min(initial=1.0) ** 2 > noise)
        except np.linalg.LinAlgError:
            self.exact = False
        if not self.exact:
            factor = cho_factor(gram + noise * np.eye(width))
        self.factor, self.center, self.k, self.intercept = factor, center, k, intercept

    @classmethod
    def of_rows(cls, o, fit, x, k, center):
        """At the fit's parameters, which are evaluated."""
        gram = np.triu(fit.hessian(center, o.fn)[0].astype(np.float64))
        return cls._finite(o, gram + np.triu(gram, 1).T, center, k, x.dtype)

    @classmethod
    def _finite(cls, o, gram, center, k, dtype):
        """None where the squares of the rows are beyond the type."""
        if not np.isfinite(gram).all():
            return None
        return cls(gram, center, k, o.alpha * (1 - o.l1_ratio), o.intercept, np.finfo(dtype).eps)

    @classmethod
    def of_covariance(cls, o, x, k, bound, sample):
        """A loss's bound times the covariance of rows without weights; where they are a sample, correlations shrink by
        the share of them that is chance."""
        m, d = x.shape
        center, gram = np.zeros(d), np.zeros((d + 1, d + 1))
        scatter, mean = np.empty((d, d)), np.empty(d)
        _scatter.mean_and_scatter(x, mean, scatter, o.workers, o.fn)
        if o.intercept:
            center = mean
        else:
            scatter += m * np.outer(mean, mean)
        if sample:
            size = np.sqrt(np.maximum(np.diag(scatter), np.finfo(float).tiny))
            correlation = scatter / (size[:, None] * size)
            squares = np.square(correlation).sum() - np.square(np.diag(correlation)).sum()
            scatter *= np.where(np.eye(d, dtype=bool), 1.0, 1 - min(1.0, d * (d - 1) / (m * squares or 1.0)))
        gram[:d, :d] = bound / m * scatter
        gram[d, d] = bound
        return cls._finite(o, gram, center, k, x.dtype)

    def step(self, gradient):
        d = len(self.center)
        right = gradient[:self.k * d].reshape(self.k, d)
        free = gradient[self.k * d:]
        out = np.zeros_like(gradient)
        out[:self.k * d], out[self.k * d:] = (a.ravel() for a in self.solve(right, free))
        return out

    def solve(self, right, free):
        """-1 times the inverse of the matrix, times rows of columns and intercepts."""
        d = len(self.center)
        if self.intercept:
            right = np.column_stack([right - free[:, None] * self.center, free])
        step = -cho_solve(self.factor, (right / self.scale).T).T / self.scale
        return step[:, :d], step[:, d] - step[:, :d] @ self.center if self.intercept else np.zeros(len(free))

    def inverse(self):
        d = len(self.center)
        unit = np.eye(d + 1)
        return -np.column_stack(self.solve(unit[:, :d], unit[:, d]))


def _center(o, x, weight):
    center = np.zeros(x.shape[1], x.dtype)
    if o.intercept:
        center[:] = x.mean(axis=0, dtype=np.float64) if weight is None else weight @ x / weight.sum()
    return center


def _newton(o, fit, x, k, weight, constant, slack):
    """Newton's steps, halved until the objective falls; the factor serves again while it still wins a factor of 20."""
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
            if constant and weight is None and x.shape[1]:
                curvature = _Curvature.of_covariance(o, x, k, 1.0, sample=False)
            else:
                center = _center(o, x, weight) if curvature is None else curvature.center
                curvature = _Curvature.of_rows(o, fit, x, k, center)
            if constant and (curvature is None or not curvature.exact):
                return "singular"
            if curvature is None:
                return "diverged"
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


def _begin(o, fit, kind, x, y, k, weight, slack, given):
    """A sample of the rows gives L-BFGS its first matrix and, where nothing is given, its first point: whether it is
    evaluated there."""
    n, d = x.shape
    rows = max(_SAMPLE * (d + 1), _SAMPLE_LEAST)
    if d == 0 or d * d > _AFFORD * n * k:
        return False
    if rows < n:                            # weights are in the draw; few rows serve all, whatever their weights
        draws = np.random.default_rng(0)
        sums = None if weight is None else np.cumsum(weight, dtype=np.float64)
        index = draws.integers(0, n, rows) if weight is None else np.searchsorted(sums, draws.random(rows) * sums[-1])
        index.sort()
        x, y = x[index], y[index]
    with np.errstate(all="ignore"):         # values that are not finite are named by the whole fit
        curvature = _Curvature.of_covariance(o, x, 1, 1 / k if k > 1 else _BOUND[kind], sample=True)
    if curvature is None:
        return False
    inverse = np.ascontiguousarray(curvature.inverse())
    fit.begin(inverse)
    if rows * _WORTH > n or given:
        return False
    start = fit.params.copy()
    sample = _kernel.Fit(_kernel.KINDS[kind], x, y, None, k, float(rows), 0.0, o.alpha, o.intercept, 0.0, start.copy(),
                         o.workers)
    sample.begin(inverse)
    zeros = sample.evaluate(o.fn)
    sample.tol = _LOOSE * sample.norm
    sample.quasi_newton(_SAMPLE_STEPS, slack, o.fn)
    fit.params[:] = sample.params
    if fit.evaluate(o.fn) < zeros:
        return True
    fit.params[:] = start
    return False


def steps(o, fit, kind, x, y, k, weight, total, given):
    slack = 10 * float(np.finfo(x.dtype).eps)
    if o.solver == "newton":
        return _newton(o, fit, x, k, weight, kind == "squared", slack)
    if o.solver == "lbfgs":
        known = _begin(o, fit, kind, x, y, k, weight, slack, given)
        return _bursts(o, fit, lambda first, count: fit.quasi_newton(count, slack, o.fn), known)
    rate = 0.001 if o.solver == "adam" else 1.0
    if o.rate is None and o.solver != "adam":
        curvature = _largest_curvature(o, x, weight, total, _BOUND[kind])
        if o.solver == "sgd":               # a batch's own curvature is that of all and a share of its longest row
            curvature += _BOUND[kind] * float(np.einsum("ij,ij->i", x, x).max() + 1) / min(o.batch or 32, len(x))
        rate = 1 / curvature
    if o.solver == "gd":
        return _bursts(o, fit, lambda first, count: fit.descend(o.rates(first, count, rate), o.momentum, o.fn))
    if o.solver == "fista":
        return _bursts(o, fit, lambda first, count: fit.accelerate(o.rates(first, count, rate), o.fn))
    return _epochs(o, fit, len(x), rate)


def least_squares(o, fit, x, y, weight, k):
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
