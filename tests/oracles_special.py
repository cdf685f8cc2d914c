"""References of mathcore.special in longdouble, and errors in units in the last place (ULP) of the result's type.

Each reference is the textbook formula, in the branch that does not cancel. longdouble has 11 bits more than float64 on
x86-64 and as many as it has elsewhere; LONG_EPS says how many, and what the reference itself may be off is allowed for.
"""

import math

import numpy as np

from tests.oracles import LONG_EPS

LONG = np.longdouble


# ------------------------------------------------------------------ functions of each element

def expit(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def logit(p):
    near = np.abs(p - 0.5) < 0.25                       # there the logarithm of the quotient cancels
    return np.where(near, np.log1p((2 * p - 1) / (1 - p)), np.log(p / (1 - p)))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def log_expit(x):
    return -softplus(-x)


def relu(x):
    return np.maximum(x, 0)


def silu(x):
    return np.where(np.isneginf(x), 0, x * expit(x))


def gelu_tanh_argument(x):
    """2 z of x / 2 (1 + tanh z) = x expit(2 z); past 100 the result is x, or 0 in any type."""
    x = np.clip(x, -100, 100)
    return 2 * np.sqrt(2 / (4 * np.arctan(LONG(1)))) * (x + LONG("0.044715") * x**3)


def gelu_tanh(x):
    return np.where(np.isneginf(x), 0, x * expit(gelu_tanh_argument(x)))


def _erfc(z):
    """Of longdoubles, as good as the C library's for doubles: at z's upper half, then a step along the tangent."""
    high = z.astype(np.float64)
    value = np.array([math.erfc(h) for h in high.ravel()]).reshape(high.shape)
    slope = -2 / np.sqrt(4 * np.arctan(LONG(1))) * np.exp(-high.astype(LONG) ** 2)
    return np.where(np.isfinite(z), value + slope * (z - high), value)


def gelu(x):
    return np.where(np.isneginf(x), 0, x * _erfc(-x / np.sqrt(LONG(2))) / 2)


def _zero_wins(x, y, log):
    return np.where((x == 0) & ~np.isnan(y), 0, x * log)


def entr(x):
    return np.where(x < 0, -np.inf, -_zero_wins(x, x, np.log(x)))


def xlogy(x, y):
    return _zero_wins(x, y, np.log(y))


def xlog1py(x, y):
    return _zero_wins(x, y, np.log1p(y))


def rel_entr(x, y):
    near = np.abs(x - y) < y / 2
    v = x * np.where(near, np.log1p((x - y) / y), np.log(x) - np.log(y))
    v = np.select([(x > 0) & (y > 0), (x == 0) & (y >= 0)], [v, 0], np.inf)
    return np.where(np.isnan(x) | np.isnan(y), np.nan, v)


def kl_div(x, y):
    v = rel_entr(x, y)
    return np.where(np.isposinf(v), v, v - x + y)


def kl_scale(x, y):
    """The largest of the three terms that are added, of which the first may be negative."""
    return np.maximum(np.maximum(np.abs(rel_entr(x, y)), np.abs(x)), np.abs(y))


# ------------------------------------------------------------------ rows, along the last axis

def parts(x):
    """m, how many terms equal it, the rest of the sum of exp(x - m), for finite rows."""
    m = x.max(axis=-1, keepdims=True)
    e = np.exp(x - m)
    count = (x == m).sum(axis=-1, keepdims=True)
    return m, count, np.where(x == m, 0, e).sum(axis=-1, keepdims=True)


def softmax(x):
    m, count, rest = parts(x)
    return np.exp(x - m) / (count + rest)


def log_sum(x):
    """log(count + rest) that keeps a small rest."""
    _, count, rest = parts(x)
    return np.log1p(count - 1 + rest)


def log_softmax(x):
    return (x - x.max(axis=-1, keepdims=True)) - log_sum(x)


def logsumexp(x):
    return (x.max(axis=-1, keepdims=True) + log_sum(x))[..., 0]


# ------------------------------------------------------------------ ULP

def ulp(x, dtype):
    """The distance between numbers of `dtype` around the longdouble x; that of subnormals at least."""
    info = np.finfo(dtype)
    exponent = np.frexp(np.where(np.isfinite(x), x, 0))[1]
    return np.ldexp(LONG(1), np.maximum(exponent - info.nmant - 1, info.minexp - info.nmant))


def _bounded(x, dtype):
    """inf as the number that would follow the largest: a result that overflows one ULP early is off by one ULP."""
    top = np.ldexp(LONG(1), np.finfo(dtype).maxexp)
    return np.where(np.isnan(x), 0, np.clip(x, -top, top))


def error_in_ulp(got, exact, scale=None):
    """|got - exact| in ULP of |exact|, or of `scale`; inf where NaN or a true inf stand in other places."""
    got = np.asarray(got)
    dtype, exact = got.dtype, np.asarray(exact, LONG)
    special = ~np.isfinite(exact)
    same = np.where(np.isnan(exact), np.isnan(got), got == exact)
    bounded = _bounded(exact, dtype)
    # an overflowing scale: its largest power of two
    unit = ulp(bounded if scale is None else _bounded(np.asarray(scale, LONG), dtype), dtype)
    error = np.abs(_bounded(got.astype(LONG), dtype) - bounded) / unit
    error = np.where(np.isnan(got) & ~np.isnan(exact), np.inf, error)
    return np.where(special, np.where(same, 0, np.inf), error).astype(np.float64)


def reference_ulp(dtype):
    """What the reference may be off, in ULP of `dtype`: eight operations of longdouble, each a unit or two."""
    return 16 * LONG_EPS / float(np.finfo(dtype).eps)
