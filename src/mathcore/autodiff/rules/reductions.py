"""Sums, means, products, extremes, and what runs along an axis."""

import operator

import numpy as np

from mathcore._kernels.tape import Primitive, Traced, primal
from mathcore.autodiff._dispatch import METHODS, UFUNCS, handles, into, lifted, plain


def axes_of(axis, ndim):
    """Axes counted from the front, all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(operator.index(i) % ndim for i in (axis if isinstance(axis, tuple | list) else (axis,)))


def count(x, axes):
    return int(np.prod([np.shape(x)[i] for i in axes]))


def _with_axes(g, x, axes, keepdims):
    """A reduced array with its axes of length 1 again."""
    if keepdims or not np.ndim(x):
        return g
    return np.reshape(g, [1 if i in axes else n for i, n in enumerate(x.shape)])


def _shifted(tangents, values, options):
    return SUM(tangents[0], axes=tuple(i + 1 for i in options["axes"]), keepdims=options["keepdims"])


def _summed(g, out, x, axes, keepdims):
    if type(g) is float:                 # the same for all of x
        return g
    return np.broadcast_to(_with_axes(g, x, axes, keepdims), x.shape)


SUM = Primitive("sum", lambda x, axes, keepdims: np.add.reduce(x, axis=axes, keepdims=keepdims), (_summed,), light=True,
                linear="together", batched=_shifted)


def _chosen(x, where, otherwise):
    return x if where is True else np.where(where, x, otherwise)


@handles(np.sum)
def sum_(a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True):
    a = lifted(a)
    result = SUM(_chosen(a, where, 0.0), axes=axes_of(axis, a.ndim), keepdims=bool(keepdims))
    result = result if dtype is None else result.astype(dtype)
    if initial is not np._NoValue and (isinstance(initial, Traced) or initial != 0):
        result = result + initial
    return into(out, result)


METHODS["sum"] = sum_


@handles(np.mean, method="mean")
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    a = lifted(a)
    axes = axes_of(axis, a.ndim)
    n = count(a, axes) if where is True else np.sum(np.broadcast_to(where, a.shape), axis=axes, keepdims=bool(keepdims))
    result = sum_(a, axis, keepdims=keepdims, where=where) / n
    return into(out, result if dtype is None else result.astype(dtype))


@handles(np.var, method="var")
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    a, axes = lifted(a), axes_of(axis, np.ndim(a))
    ddof = ddof if correction is None else correction
    n = count(a, axes) if where is True else np.sum(np.broadcast_to(where, a.shape), axis=axes, keepdims=bool(keepdims))
    middle = np.mean(a, axis=axes, keepdims=True, where=where) if mean is None else mean
    squares = sum_(np.square(_chosen(a - middle, where, 0.0)), axes, keepdims=keepdims)
    return into(out, squares / np.maximum(n - ddof, 0))


@handles(np.std, method="std")
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **kwargs):
    return into(out, np.sqrt(var(a, axis, ddof=ddof, keepdims=keepdims, **kwargs)))


@handles(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = lifted(a)
    if weights is None:
        weights = np.ones(a.shape if axis is None else np.shape(a)[axis])
    weights = lifted(weights)
    if np.ndim(weights) != np.ndim(a):
        weights = np.reshape(weights, [np.size(weights) if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))])
    total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)
    result = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (result, total) if returned else result


# ------------------------------------------------------------------ products: halves times halves, exact at 0

@handles(np.prod, method="prod")
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    a = _chosen(lifted(a), where, 1.0)
    axes = axes_of(axis, a.ndim)
    x = np.moveaxis(a, axes, range(len(axes)))
    x = np.reshape(x, (-1, *x.shape[len(axes):]))
    if len(x) == 0:
        x = np.ones((1, *x.shape[1:]))
    while len(x) > 1:
        half = len(x) // 2
        odd = x[2 * half:]
        x = x[:half] * x[half:2 * half]
        x = np.concatenate([x, odd]) if len(odd) else x
    result = _with_axes(x[0], a, axes, False) if keepdims else x[0]
    if initial is not np._NoValue and not (isinstance(initial, int) and initial == 1):
        result = result * initial
    return into(out, result)


@handles(np.cumprod, method="cumprod")
def cumprod(a, axis=None, dtype=None, out=None):
    """Doubling steps: after each, element i holds the product of the 2, 4, 8 ... elements that end there."""
    a = np.ravel(a) if axis is None else np.moveaxis(a, axis, 0)
    step = 1
    while step < len(a):
        a = np.concatenate([a[:step], a[step:] * a[:-step]])
        step *= 2
    return into(out, a if axis is None else np.moveaxis(a, 0, axis))


CUMSUM = Primitive("cumsum", lambda x, axis: np.cumsum(x, axis=axis),
                   (lambda g, out, x, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis),), light=True,
                   linear="together", batched=lambda ts, values, options: np.cumsum(ts[0], options["axis"] + 1))


@handles(np.cumsum, method="cumsum")
def cumsum(a, axis=None, dtype=None, out=None):
    a = lifted(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return into(out, CUMSUM(a, axis=axis % a.ndim))


def _cumulative(running, first):
    """The array API's functions, which may begin with what stands before the first element."""
    def rule(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        result = running(x, axis)
        if include_initial:
            shape = [1 if i == (axis or 0) % result.ndim else n for i, n in enumerate(result.shape)]
            result = np.concatenate([np.full(shape, first), result], axis or 0)
        return into(out, result)
    return rule


handles(np.cumulative_sum)(_cumulative(cumsum, 0.0))
handles(np.cumulative_prod)(_cumulative(cumprod, 1.0))

# ------------------------------------------------------------------ extremes: equals share the slope

def _shares(out, x, axes, keepdims):
    """The weights of the elements in the extreme: constants."""
    x, out = primal(x), primal(out)
    equal = np.equal(x, out if keepdims or not np.ndim(x) else np.expand_dims(out, axes))
    return equal / np.sum(equal, axis=axes, keepdims=True)


def _extreme(reduce, name):
    def vjp(g, out, x, axes, keepdims):
        return _with_axes(g, x, axes, keepdims) * _shares(out, x, axes, keepdims)

    def jvp(t, out, x, axes, keepdims):
        behind = tuple(i - np.ndim(x) for i in axes)         # from the back: directions may stand in front
        return np.sum(t * _shares(out, x, axes, keepdims), axis=behind, keepdims=keepdims)

    p = Primitive(name, lambda x, axes, keepdims: reduce(x, axis=axes, keepdims=keepdims), (vjp,), (jvp,), masks=True,
                  batched=lambda k, t, values, options: jvp(t, reduce(primal(values[0]), axis=options["axes"], keepdims=
                                                                     options["keepdims"]), *values, **options))

    def rule(a, axis=None, out=None, keepdims=False, initial=None, where=True):
        a = lifted(a)
        if where is not True:
            a = np.where(where, a, initial)
        result = p(a, axes=axes_of(axis, a.ndim), keepdims=bool(keepdims))
        if initial is not None and initial is not np._NoValue:
            result = (np.maximum if name == "max" else np.minimum)(result, initial)
        return into(out, result)
    return rule


max_, min_ = _extreme(np.maximum.reduce, "max"), _extreme(np.minimum.reduce, "min")
handles(np.max, np.amax, method="max")(max_)
handles(np.min, np.amin, method="min")(min_)


@handles(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return into(out, max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims))


def _running(accumulate):
    def rule(x, axis=0, dtype=None, out=None):
        """Each element's extreme so far is one of the elements: the first that reached it."""
        value = primal(x)
        best = accumulate(value, axis=axis)
        along = [-1 if i == axis % value.ndim else 1 for i in range(value.ndim)]
        places = np.where(value == best, np.arange(value.shape[axis]).reshape(along), 0)
        return into(out, np.take_along_axis(x, np.maximum.accumulate(places, axis=axis), axis))
    return rule


def _over(rule):
    """A ufunc's reduce: along the first axis where none is named."""
    return lambda a, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True: rule(
        a, axis, out=out, keepdims=keepdims, where=where,
        **({} if initial is np._NoValue else {"initial": initial}))


UFUNCS.update({
    (np.add, "reduce"): _over(sum_), (np.multiply, "reduce"): _over(prod), (np.maximum, "reduce"): _over(max_),
    (np.minimum, "reduce"): _over(min_),
    (np.add, "accumulate"): lambda a, axis=0, dtype=None, out=None: cumsum(a, axis),
    (np.multiply, "accumulate"): lambda a, axis=0, dtype=None, out=None: cumprod(a, axis),
    (np.maximum, "accumulate"): _running(np.maximum.accumulate),
    (np.minimum, "accumulate"): _running(np.minimum.accumulate),
    (np.logical_and, "reduce"): plain(np.logical_and.reduce), (np.logical_or, "reduce"): plain(np.logical_or.reduce),
})


def outer_of_ufunc(ufunc, a, b, **kwargs):
    a, b = lifted(a), lifted(b)
    return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)


UFUNCS["outer"] = outer_of_ufunc


def log_sum_exp(a, axis=0, dtype=None, out=None, keepdims=False, **kwargs):
    top = np.max(primal(a), axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis)


UFUNCS[np.logaddexp, "reduce"] = log_sum_exp

# ------------------------------------------------------------------ where there are NaNs


def _without_nan(function, otherwise):
    def rule(a, axis=None, *args, **kwargs):
        a = lifted(a)
        return function(np.where(np.isnan(primal(a)), otherwise, a), axis, *args, **kwargs)
    return rule


handles(np.nansum)(_without_nan(sum_, 0.0))
handles(np.nanprod)(_without_nan(prod, 1.0))
handles(np.nanmax)(_without_nan(max_, -np.inf))
handles(np.nanmin)(_without_nan(min_, np.inf))
handles(np.nancumsum)(_without_nan(cumsum, 0.0))
handles(np.nancumprod)(_without_nan(cumprod, 1.0))
for _nan, _all in ((np.nanmean, mean), (np.nanvar, var), (np.nanstd, std)):
    handles(_nan)(lambda a, axis=None, *args, _all=_all, **kwargs: _all(
        np.where(np.isnan(primal(a)), 0.0, a), axis, *args, where=~np.isnan(primal(a)), **kwargs))

# ------------------------------------------------------------------ order statistics


@handles(np.quantile)
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, **kwargs):
    if method != "linear":
        raise TypeError(f"quantile: no derivative is known for method {method!r}; expected 'linear' for a traced value")
    a, q = lifted(a), np.asarray(primal(q), dtype=np.float64)
    axes = axes_of(axis, a.ndim)
    x = np.moveaxis(a, axes, range(len(axes)))
    x = np.sort(np.reshape(x, (-1, *x.shape[len(axes):])), axis=0)
    place = q * (len(x) - 1)
    low = np.floor(place).astype(int)
    part = (place - low).reshape(q.shape + (1,) * (x.ndim - 1))
    below, above = x[low], x[np.minimum(low + 1, len(x) - 1)]
    result = below + (above - below) * part
    if keepdims:
        result = np.reshape(result, q.shape + tuple(1 if i in axes else n for i, n in enumerate(a.shape)))
    return into(out, result)


@handles(np.percentile)
def percentile(a, q, *args, **kwargs):
    return quantile(a, np.asarray(primal(q), dtype=np.float64) / 100, *args, **kwargs)


@handles(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile(a, 0.5, axis, out, keepdims=keepdims)


# ------------------------------------------------------------------ along an axis

@handles(np.diff)
def diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    a = lifted(a)
    ends = [x if x is np._NoValue else np.broadcast_to(x, [1 if i == axis % a.ndim else m for i, m in enumerate(
        a.shape)]) if np.ndim(x) == 0 else x for x in (prepend, append)]
    joined = [x for x in (ends[0], a, ends[1]) if x is not np._NoValue]
    a = np.concatenate(joined, axis) if len(joined) > 1 else a
    for _ in range(n):
        a = np.moveaxis(a, axis, 0)
        a = np.moveaxis(a[1:] - a[:-1], 0, axis)
    return a


@handles(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    parts = [to_begin, diff(np.ravel(ary)), to_end]
    return np.concatenate([np.ravel(p) for p in parts if p is not None])


@handles(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    if edge_order != 1 or any(np.ndim(v) for v in varargs):
        raise TypeError("gradient: no derivative is known for edge_order=2 or spacing by coordinates; expected uniform "
                        "spacing for a traced value")
    axes = axes_of(axis, f.ndim)
    steps = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    found = []
    for i, h in zip(axes, steps, strict=True):
        x = np.moveaxis(f, i, 0)
        x = np.concatenate([x[1:2] - x[:1], (x[2:] - x[:-2]) / 2, x[-1:] - x[-2:-1]]) / h
        found.append(np.moveaxis(x, 0, i))
    return found[0] if len(found) == 1 else tuple(found)


@handles(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(lifted(y), axis, -1)
    if x is not None:
        dx = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(dx * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)


@handles(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        raise TypeError("interp: no derivative is known with a period; expected none for a traced value")
    xp, fp, value = lifted(xp), lifted(fp), primal(x)
    points = primal(xp)
    i = np.clip(np.searchsorted(points, value, side="right") - 1, 0, len(points) - 2)
    xp, fp = np.asarray(xp) if not isinstance(xp, Traced) else xp, np.asarray(fp) if not isinstance(fp, Traced) else fp
    inner = fp[i] + (x - xp[i]) * ((fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i]))
    inner = np.where(value < points[0], fp[0] if left is None else left, inner)
    return np.where(value > points[-1], fp[-1] if right is None else right, inner)


@handles(np.vander)
def vander(x, N=None, increasing=False):  # noqa: N803  NumPy's name
    n = len(x) if N is None else N
    powers = np.stack([x ** k for k in range(n)], axis=-1)
    return powers if increasing else np.flip(powers, -1)


@handles(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    x = np.moveaxis(arr, axis, -1)
    rows = [func1d(row, *args, **kwargs) for row in np.reshape(x, (-1, x.shape[-1]))]
    found = np.stack(rows)
    found = np.reshape(found, x.shape[:-1] + found.shape[1:])
    return found if found.ndim < x.ndim else np.moveaxis(found, range(x.ndim - 1, found.ndim),
                                                         range(axis % x.ndim, axis % x.ndim + found.ndim - x.ndim + 1))


@handles(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if fweights is not None or aweights is not None:
        raise TypeError("cov: no derivative is known with weights; expected none for a traced value")
    def rows(z):
        z = np.atleast_2d(z)
        return z if rowvar or z.shape[0] == 1 else z.T
    x = rows(m) if y is None else np.concatenate([rows(m), rows(y)])
    ddof = (0 if bias else 1) if ddof is None else ddof
    x = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(np.matmul(x, x.T) / (x.shape[1] - ddof))


@handles(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    d = np.sqrt(np.diagonal(c))
    return c / d[:, None] / d
