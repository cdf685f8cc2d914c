"""Losses in longdouble, with the error that each documented operation may add: what tests/losses compares with.

Bounds are in units of eps, the spacing of numbers at 1, and first order: a rounding adds eps / 2, a logarithm or an
exponential at most eps (1 ULP), the difference x - m before an exponential |x - m| eps / 2 of its result.
"""

from typing import NamedTuple

import numpy as np

LONG = np.longdouble
BLOCK = 4096


class Bound(NamedTuple):
    """The exact value, and what a result may differ from it by."""

    value: np.ndarray
    error: np.ndarray


def ratio(got, bound):
    """max |got - exact| / allowed: above 1 it is wrong; inf where NaN or inf stand in other places."""
    got, exact = np.asarray(got), np.asarray(bound.value)
    assert got.shape == exact.shape, f"{got.shape} in place of {exact.shape}"
    plain = np.isfinite(exact)
    with np.errstate(invalid="ignore"):
        if not np.all(np.where(np.isnan(exact), np.isnan(got), got == exact)[~plain]):
            return np.inf
    if not np.all(np.isfinite(got[plain])):
        return np.inf
    off, allowed = np.abs(got[plain].astype(LONG) - exact[plain]), np.asarray(bound.error)[plain]
    with np.errstate(divide="ignore"):
        return float(np.max(np.divide(off, allowed, where=off > 0, out=np.zeros(off.shape, LONG)), initial=0))


def lane_eps(n, dtype):
    """A sum of n terms in lanes of 64 bytes: one rounding per term of a lane and per fold; blocks meet in double."""
    lanes = 64 // np.dtype(dtype).itemsize
    return (-(-min(n, BLOCK) // lanes) + lanes.bit_length() - 1 + -(-n // BLOCK)) / 2


def delivered(bound, compute, result):
    """After the rounding to a narrower type."""
    if compute == result:
        return bound
    info = np.finfo(result)
    return Bound(bound.value, bound.error + float(info.eps) / 2 * np.abs(bound.value) + float(info.smallest_subnormal))


# ------------------------------------------------------------------ cross-entropy

def targets(logits, labels, ignore_index=None):
    """Rows of probabilities for integer labels; zeros for an ignored row."""
    t = np.zeros(logits.shape, LONG)
    for i in np.ndindex(labels.shape):
        if labels[i] != ignore_index:
            t[(*i, int(labels[i]))] = 1
    return t


def cross_entropy(x, t, dtype, weight=None, smoothing=0.0, scale=1.0, ignored=None):
    """(losses, gradient) of rows x (..., n) and targets t of the same shape; dtype computes. Rows `ignored` give 0."""
    x, t, n, eps = x.astype(LONG), t.astype(LONG), x.shape[-1], float(np.finfo(dtype).eps)
    tiny = float(np.finfo(dtype).smallest_subnormal)
    w = np.ones(n, LONG) if weight is None else weight.astype(LONG)
    is_dense = smoothing != 0 or not np.isin(t, (0, 1)).all()
    t = w * ((1 - LONG(smoothing)) * t + LONG(smoothing) / n)
    most = x.max(axis=-1, keepdims=True)
    d = x - most
    e = np.exp(d)
    top = d == 0
    count, rest = top.sum(axis=-1, keepdims=True), np.where(top, 0, e).sum(axis=-1, keepdims=True)
    total = count + rest
    log = np.where(count == 1, np.log1p(rest), np.log(total))
    # of the rest of the sum, relative: the exponentials, their arguments, the sum
    finite = np.where(np.isfinite(d), d, 0)
    arguments = np.where(top, 0, e * -finite).sum(axis=-1, keepdims=True) / np.where(rest > 0, rest, 1) / 2
    of_rest = (2 + arguments + lane_eps(n, dtype)) * eps
    log_error = (eps + of_rest) * log + eps / 2 * rest / total + (n + 2) * tiny
    with np.errstate(invalid="ignore"):
        terms = np.where(t != 0, t * (log - d), 0)
    value = terms.sum(axis=-1)
    error = (t * (log_error + eps / 2 * (-finite + np.where(np.isfinite(d), log - d, 0)))).sum(axis=-1)
    error += eps * np.where(np.isfinite(value), value, 0)             # the weight, the last sum or rounding
    if is_dense:                                                      # n + 4 roundings of double
        error += (n + 4) * 2.0**-53 * np.where(np.isfinite(terms), terms, 0).sum(axis=-1)
    p, mass = e / total, t.sum(axis=-1, keepdims=True)
    gradient = scale * (np.where(np.isinf(d), 0, p * mass) - t)
    alone = (t != 0) & top & (count == 1) & (not is_dense)             # the label is the one largest term
    gradient = np.where(alone, -scale * mass * rest / total, gradient)  # 1 - p cancels in longdouble too
    p_error = (2 - finite / 2 + 2) * eps + of_rest * rest / total      # the exponential, its factor; the total
    g_error = scale * (np.where(np.isinf(d), 0, p) * p_error * mass + 2 * eps * np.abs(gradient / scale))
    if is_dense:
        g_error = g_error + scale * (n + 4) * 2.0**-53 * (p * mass + t)
    else:
        g_error = np.where(alone, scale * mass * rest / total * (of_rest + 3 * eps), g_error)
    g_error = g_error + (3 + scale * mass * np.where(alone, n, 1)) * tiny      # e^x below 2^-150 is 2^-150
    if ignored is not None:
        value, error, gradient, g_error = (np.where(ignored if a.ndim == ignored.ndim else ignored[..., None], 0, a)
                                           for a in (value, error, gradient, g_error))
    return Bound(value, error + (n + 2) * tiny), Bound(gradient, g_error)


def reduced(losses, divisor):
    """The sum in order in double, divided."""
    n = losses.value.size
    return Bound(losses.value.sum() / divisor,
                 losses.error.sum() / divisor + (n + 2) * 2.0**-53 * np.abs(losses.value).sum() / divisor)


def to_type(bound, result):
    """A scalar rounded to its type."""
    return Bound(bound.value, bound.error + float(np.finfo(result).eps) / 2 * np.abs(bound.value))


# ------------------------------------------------------------------ pairs

def _softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def pairs(kind, p, y, dtype, weight=1.0, positive=1.0, scale=1.0, delta=1.0):
    """(losses, gradient). Every term of a loss is positive or 0, so relative errors add up: 5 eps are exponential,
    logarithm, 1 + e, the target's complement, two factors and two sums; a difference of two slopes has their sum."""
    p, y, weight, positive = (np.asarray(a, LONG) for a in (p, y, weight, positive))
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).smallest_subnormal)
    if kind == "mse":
        value, up, down = (p - y)**2, np.zeros_like(p), 2 * (p - y)
    elif kind == "mae":
        value, up, down = np.abs(p - y), np.zeros_like(p), np.sign(p - y)
    elif kind == "huber":
        size = np.abs(p - y)
        value = np.where(size < delta, size**2 / 2, delta * (size - LONG(delta) / 2))
        up, down = np.zeros_like(p), np.clip(p - y, -delta, delta)
    elif kind == "hinge":                # the product's rounding beside 1
        margin = 1 - y * p
        value, up, down = np.maximum(margin, 0), np.zeros_like(p), np.where(margin > 0, -y, 0)
        return (Bound(weight * value, 5 * eps * weight * (1 + np.abs(y * p)) + 8 * tiny),
                Bound(scale * weight * down, 5 * eps * np.abs(scale * weight * down) + 8 * tiny))
    elif kind == "binary_cross_entropy":
        with np.errstate(divide="ignore", invalid="ignore"):
            value = -(np.where(y == 0, 0, y * np.log(p)) + np.where(y == 1, 0, (1 - y) * np.log1p(-p)))
            up, down = np.where(y == 0, 0, y / p), np.where(y == 1, 0, (1 - y) / (1 - p))
    else:
        value = y * positive * _softplus(-p) + (1 - y) * _softplus(p)
        e = np.exp(-np.abs(p))
        low, high = e / (1 + e), 1 / (1 + e)
        up, down = y * positive * np.where(p < 0, high, low), (1 - y) * np.where(p < 0, low, high)
    value, gradient = weight * value, scale * weight * (down - up)
    with np.errstate(invalid="ignore"):
        return (Bound(value, 5 * eps * np.abs(value) + (4 + weight * (2 + positive)) * tiny),
                Bound(gradient, 5 * eps * scale * weight * (np.abs(down) + np.abs(up))
                      + (4 + scale * weight * (2 + positive)) * tiny))


def pairs_reduced(losses, dtype, divisor):
    """Lanes over blocks, blocks in double."""
    total = np.abs(losses.value).sum()
    n = losses.value.size
    eps = float(np.finfo(dtype).eps)
    blocks = -(-n // BLOCK) + 2
    return Bound(losses.value.sum() / divisor,
                 (losses.error.sum() + (lane_eps(n, dtype) * eps + blocks * 2.0**-53) * total) / divisor)
