"""Truncated Taylor arithmetic: values that carry the coefficients of a power series in one parameter t.

A series of order n is an array with the coefficients a_0 ... a_n as its first axis. Arithmetic and the elementary
functions have recurrences of their own; every other function follows from its derivative: (n + 1) y_{n+1} is
coefficient n of y' = (dy/dx) x'.
"""

import itertools

import numpy as np

from mathcore._kernels import series as _series
from mathcore._kernels import tape
from mathcore._kernels.tape import Elementwise, Traced
from mathcore.autodiff._dispatch import aligned, forward, shape_of


class Series(tape.Trace):
    """The trace of a computation with series."""

    def __init__(self, order):
        self.order = order

    def variable(self, coefficients):
        """A traced value from its series."""
        x = self.constant(coefficients[0])
        x.tangent = coefficients
        return x

    def series_of(self, x, value):
        """Coefficients of an operand, None for a constant."""
        return x.tangent if type(x) is Traced and x.owner is self else None

    def record(self, p, args, values, options, out):
        found = [self.series_of(x, v) for x, v in zip(args, values, strict=True)]
        if all(x is None for x in found):
            return self.constant(out)
        y = self.result(p, found, values, options or {}, out)
        return self.constant(out) if y is None else self.variable(y)

    def result(self, p, found, values, options, out):
        n = self.order + 1
        if type(p) is Elementwise:
            rule = RECURRENCES.get(p.name)
            if rule is not None:
                shape = shape_of(out)
                return rule(out, *(v if x is None else spread(x, shape) for x, v in zip(found, values, strict=True)))
        elif p.linear == "together":
            y = forward(p, found, values, options, out, n)
            rest = [v if x is None else np.zeros(shape_of(v)) for x, v in zip(found, values, strict=True)]
            return joined([out], y[1:]) if any(np.ndim(r) or r != 0 for r in rest) else y
        elif p.linear == "each":
            return product(p, found, values, options, n)
        return by_rule(p, found, values, options, out, self.order)


def joined(first, rest):
    return np.concatenate([np.reshape(np.stack(first), (len(first), *shape_of(rest)[1:])), rest])


def spread(x, shape):
    """Coefficients of an operand as it is broadcast beside others."""
    x = aligned(x, np.ndim(x) - 1, len(shape))
    return x if shape_of(x)[1:] == tuple(shape) else np.broadcast_to(x, (shape_of(x)[0], *shape))


def product(p, found, values, options, n):
    """A product of operands: the sum over all orders that add up."""
    ranges = [range(n) if x is not None else (0,) for x in found]
    terms = [[] for _ in range(n)]
    for orders in itertools.product(*ranges):
        if sum(orders) < n:
            operands = [v if x is None else x[i] for x, v, i in zip(found, values, orders, strict=True)]
            terms[sum(orders)].append(p(*operands, **options))
    return np.stack([sum(t[1:], start=t[0]) for t in terms])


def by_rule(p, found, values, options, out, order):
    """One order after the other, from the rule of the first derivative: series in, their slopes out."""
    y, shape = [out], shape_of(out)
    for k in range(order):
        inner = Series(k)
        operands = [v if x is None else inner.variable(x[:k + 1]) for x, v in zip(found, values, strict=True)]
        so_far = inner.variable(np.stack(y))
        total = None
        for i, x in enumerate(found):
            if x is None:
                continue
            weights = np.arange(1.0, k + 2).reshape((-1,) + (1,) * (np.ndim(x) - 1))
            speed = inner.variable(weights * x[1:k + 2])
            if type(p) is Elementwise:
                slope = p.partials[i]
                part = slope * speed if isinstance(slope, int) else slope(*operands, so_far) * speed
            else:
                part = p.jvp_of(i)(speed, so_far, *operands, **options)
            total = part if total is None else total + part
        last = total.tangent[k] if type(total) is Traced and total.owner is inner and total.tangent is not None else \
            (total if k == 0 else np.zeros(shape))
        y.append(np.broadcast_to(last, shape) / (k + 1) if shape else last / (k + 1))
        inner.closed = True
    return np.stack(y)


# ------------------------------------------------------------------ recurrences of the operands' coefficients

def flat(*xs):
    """Series as the kernels take them, (n + 1, m) in float64; None where one is traced itself, or of another type."""
    if all(type(x) is np.ndarray and x.dtype == np.float64 for x in xs):
        return [np.ascontiguousarray(x).reshape(len(x), -1) for x in xs]
    return None


def firsts(*values):
    """Coefficients of order 0 for the kernels."""
    return [np.ascontiguousarray(v, dtype=np.float64).reshape(-1) for v in values]


def is_series(x, out):
    return np.ndim(x) == np.ndim(out) + 1


def times(x, y, k):
    """sum of x_j y_{k-j} for j = 0 ... k."""
    return np.sum(x[:k + 1] * y[k::-1], axis=0)


def derived(x):
    """j x_j, without the constant."""
    return np.arange(1.0, len(x)).reshape((-1,) + (1,) * (np.ndim(x) - 1)) * x[1:]


def _add(out, x, y):
    if is_series(x, out) and is_series(y, out):
        return x + y
    series, other = (x, out) if is_series(x, out) else (y, out)
    return joined([other], series[1:])


def _subtract(out, x, y):
    if is_series(x, out) and is_series(y, out):
        return x - y
    return joined([out], x[1:]) if is_series(x, out) else joined([out], -y[1:])


def _multiply(out, x, y):
    if not (is_series(x, out) and is_series(y, out)):
        return joined([out], (x * y)[1:])
    if (rows := flat(x, y)) is not None:
        return _series.times(*rows).reshape(x.shape)
    return np.stack([out, *(times(x, y, k) for k in range(1, len(x)))])


def _divide(out, x, y):
    if not is_series(y, out):
        return joined([out], (x / y)[1:])
    if is_series(x, out) and (rows := flat(x, y)) is not None:
        return _series.divided(*rows).reshape(x.shape)
    c = [out]
    for k in range(1, len(y)):
        so_far = np.stack(c)
        inner = np.sum(so_far * np.flip(y[1:k + 1], 0), axis=0)
        c.append(((x[k] if is_series(x, out) else 0.0) - inner) / y[0])
    return np.stack(c)


def _exp(out, x):
    if (rows := flat(x)) is not None:
        return _series.exponential(*rows, *firsts(out)).reshape(x.shape)
    d, c = derived(x), [out]
    for k in range(1, len(x)):
        c.append(np.sum(d[:k] * np.stack(c[::-1]), axis=0) / k)
    return np.stack(c)


def _log(out, x):
    """x y' = x'."""
    if (rows := flat(x)) is not None:
        return _series.logarithm(*rows, *firsts(out)).reshape(x.shape)
    d, c, speeds = derived(x), [out], []
    for k in range(1, len(x)):
        inner = np.sum(np.stack(speeds[::-1]) * x[1:k], axis=0) if speeds else 0.0
        speeds.append((d[k - 1] - inner) / x[0])
        c.append(speeds[-1] / k)
    return np.stack(c)


def _pair(sign, f, g):
    """s' = c x', c' = sign s x'."""
    def rule(out, x, first=True):
        starts = (out, g(x[0])) if first else (f(x[0]), out)
        if (rows := flat(x)) is not None:
            return _series.pair(*rows, *firsts(*starts), sign)[0 if first else 1].reshape(x.shape)
        d = derived(x)
        s, c = ([start] for start in starts)
        for k in range(1, len(x)):
            s, c = [*s, np.sum(d[:k] * np.stack(c[::-1]), axis=0) / k], \
                [*c, sign * np.sum(d[:k] * np.stack(s[::-1]), axis=0) / k]
        return np.stack(s if first else c)
    return rule


def _tangent(sign):
    """y' = (1 + sign y^2) x'."""
    def rule(out, x):
        if (rows := flat(x)) is not None:
            return _series.tangent(*rows, *firsts(out), sign).reshape(x.shape)
        d, c, squares = derived(x), [out], []
        for k in range(1, len(x)):
            y = np.stack(c)
            squares.append(sign * np.sum(y * np.flip(y, 0), axis=0) + (1.0 if k == 1 else 0.0))
            c.append(np.sum(d[:k] * np.stack(squares[::-1]), axis=0) / k)
        return np.stack(c)
    return rule


def _power(out, x, y):
    """x y' = p y x'; whole powers by multiplication, which x = 0 does not hurt."""
    if is_series(y, out):
        base = x if is_series(x, out) else joined([np.broadcast_to(x, shape_of(out))], np.zeros_like(y[1:]))
        return _exp(out, _multiply(y[0] * np.log(base[0]), y, _log(np.log(base[0]), base)))
    if isinstance(y, int | float) and y == int(y) and 0 <= y <= 64:
        return _whole_power(x, int(y))
    if np.ndim(y) == 0 and not tape.is_traced(y) and (rows := flat(x)) is not None:
        return _series.raised(*rows, *firsts(out), float(y)).reshape(x.shape)
    d, c = derived(x), [out]
    for k in range(1, len(x)):
        j = np.arange(1.0, k + 1).reshape((-1,) + (1,) * (np.ndim(x) - 1))
        weight = y - (k - j) / j         # (p j - (k - j)) x_j y_{k-j}, with j x_j at hand
        c.append(np.sum(weight * d[:k] * np.stack(c[::-1]), axis=0) / (k * x[0]))
    return np.stack(c)


def _whole_power(x, p):
    result = None
    while p:
        if p % 2:
            result = x if result is None else _multiply(result[0] * x[0], result, x)
        p //= 2
        x = _multiply(x[0] * x[0], x, x) if p else x
    return joined([np.ones_like(x[0])], np.zeros_like(x[1:])) if result is None else result


_sines, _hyperbolic = _pair(-1.0, np.sin, np.cos), _pair(1.0, np.sinh, np.cosh)
RECURRENCES = {
    "add": _add, "subtract": _subtract, "negative": lambda out, x: -x, "multiply": _multiply, "divide": _divide,
    "square": lambda out, x: _multiply(out, x, x), "reciprocal": lambda out, x: _divide(out, 1.0, x), "exp": _exp,
    "log": _log, "power": _power, "float_power": _power, "sqrt": lambda out, x: _power(out, x, 0.5), "sin": _sines,
    "cos": lambda out, x: _sines(out, x, False), "sinh": _hyperbolic, "cosh": lambda out, x: _hyperbolic(out, x, False),
    "tan": _tangent(1.0), "tanh": _tangent(-1.0), "positive": lambda out, x: x,
    "absolute": lambda out, x: np.sign(x[0]) * x,
}
