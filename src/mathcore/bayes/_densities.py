"""Log densities without the cancellation of large log-gammas.

Each gamma function is Stirling's term, x log x - x, times what is left, whose logarithm is small; the terms of a
density add up to deviances, of which none is negative and each is computed from a difference (Loader, Fast and
accurate computation of binomial probabilities, 2000). At counts of 1e12 log-gammas lose 1e-3, these 1e-11.
"""

import numpy as np

_HALF_LOG_2PI = 0.91893853320467274178
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
_LARGE = 12.0                            # from here on eight terms leave 1e-17


def _remainder(x):
    """log gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x >= _LARGE."""
    square = 1 / (x * x)
    total = square * _STIRLING[-1]
    for coefficient in _STIRLING[-2:0:-1]:
        total += coefficient
        total *= square
    return (total + _STIRLING[0]) / x


def _rest(x, of_small, half):
    """Stirling's series for large x plus half log x, `of_small` below."""
    x = np.asarray(x, np.float64)
    small = x < _LARGE
    if small.all():
        return of_small(x)
    some = small.any()
    big = np.maximum(x, _LARGE) if some else x
    found = np.asarray(_remainder(big) + (half * np.log(big) + _HALF_LOG_2PI))
    if some:
        found[small] = of_small(x[small])
    return found


def _gamma_rest_of_small(x):
    from scipy.special import gammaln

    return gammaln(x) - x * np.log(x) + x


def _factorial_rest_of_small(x):
    from scipy.special import gammaln, xlogy

    return gammaln(x + 1) - xlogy(x, x) + x


def gamma_rest(x):
    """log gamma(x) - (x log x - x), x > 0."""
    return _rest(x, _gamma_rest_of_small, -0.5)


def factorial_rest(x):
    """log x! - (x log x - x), x >= 0."""
    return _rest(x, _factorial_rest_of_small, 0.5)


def deviance(x, m, d):
    """x log(x / m) - d, d = x - m told by the caller; 0 for x = m = 0."""
    from scipy.special import xlogy

    both = np.add(x, m)
    v = np.divide(d, both, out=np.zeros(np.broadcast_shapes(both.shape, np.shape(d))), where=both > 0)
    far = np.abs(v) >= 0.1
    some = far.any()
    u = np.where(far, 0.0, v) if some else v
    square = u * u
    total = square * (1 / 19)
    for j in range(8, 0, -1):            # 0.1^18 / 21 is the term left out
        total += 1 / (2 * j + 1)
        total *= square
    found = np.asarray(d * u + 2 * x * u * total)
    if some:
        x, m, d = (np.broadcast_to(a, far.shape)[far] for a in (x, m, d))
        found[far] = xlogy(x, x / m) - d
    return found


def _same_dims(a, b):
    """Axes of length 1 before those of the array that has fewer."""
    ndim = max(a.ndim, b.ndim)
    return a.reshape((1,) * (ndim - a.ndim) + a.shape), b.reshape((1,) * (ndim - b.ndim) + b.shape)


def log_polya(alpha, x):
    """log pmf of counts x (..., k) under the Dirichlet-multinomial with alpha (..., k)."""
    # categories first: loops of length k inside, beside sums that repeat there, take three times as long
    x, alpha = (np.ascontiguousarray(np.moveaxis(a, -1, 0)) for a in _same_dims(x, alpha))
    n, total = x.sum(axis=0), alpha.sum(axis=0)
    share = (alpha + x) / (total + n)
    d = x * (total / (total + n)) - alpha * (n / (total + n))
    each = (gamma_rest(alpha + x) - gamma_rest(alpha) - factorial_rest(x)
            - deviance(x, n * share, d) - deviance(alpha, total * share, -d))
    return each.sum(axis=0) + (factorial_rest(n) + gamma_rest(total) - gamma_rest(total + n))


def log_negative_binomial(shape, rate, count, exposure):
    """log pmf of a Poisson count whose rate times `exposure` is its mean, the rate gamma(shape, rate)."""
    near, far = exposure / (rate + exposure), rate / (rate + exposure)
    d = count * far - shape * near
    return (gamma_rest(shape + count) - gamma_rest(shape) - factorial_rest(count)
            - deviance(count, (shape + count) * near, d) - deviance(shape, (shape + count) * far, -d))


def log_student(x, half, location, square):
    """log pdf of location + sqrt(square) t with 2 half degrees of freedom."""
    ratio = half * np.log1p(0.5 / half) + 0.5 * np.log(half + 0.5) - 0.5 + gamma_rest(half + 0.5) - gamma_rest(half)
    return ratio - 0.5 * np.log(2 * np.pi * half * square) - (half + 0.5) * np.log1p(
        (x - location)**2 / (2 * half * square))


def log_normal(x, mean, variance):
    """log pdf of a normal distribution."""
    return -0.5 * ((x - mean)**2 / variance + np.log(2 * np.pi * variance))


def log_beta(x, a, b):
    """log pdf of a beta distribution; -inf outside 0 ... 1."""
    from scipy.special import betaln, xlog1py, xlogy

    x, a, b = np.broadcast_arrays(x, a, b)
    inside, edge = (x > 0) & (x < 1), (x == 0) | (x == 1)
    t = np.where(inside, x, 0.5)
    n, d = a + b, a * (1 - t) - b * t
    value = (gamma_rest(n) - gamma_rest(a) - gamma_rest(b) - deviance(a, n * t, d) - deviance(b, n * (1 - t), -d)
             - np.log(t) - np.log1p(-t))
    t = np.where(edge, x, 0.0)
    ends = xlogy(a - 1, t) + xlog1py(b - 1, -t) - betaln(a, b)
    return np.where(inside, value, np.where(edge, ends, np.where(np.isnan(x), np.nan, -np.inf)))


def log_gamma(x, shape, rate):
    """log pdf of a gamma distribution; -inf below 0."""
    x, shape, rate = np.broadcast_arrays(x, shape, rate)
    inside = (x > 0) & (x < np.inf)
    t = np.where(inside, x, 1.0)
    value = -deviance(shape, rate * t, shape - rate * t) - np.log(t) - gamma_rest(shape)
    start = np.where(shape > 1, -np.inf, np.where(shape < 1, np.inf, np.log(rate)))
    return np.where(inside, value, np.where(x == 0, start, np.where(np.isnan(x), np.nan, -np.inf)))


def log_inverse_gamma(x, alpha, beta):
    """log pdf of 1 / gamma(alpha, rate=beta); -inf at and below 0."""
    x, alpha, beta = np.broadcast_arrays(x, alpha, beta)
    inside = (x > 0) & (x < np.inf)
    t = np.where(inside, x, 1.0)
    value = -deviance(alpha, beta / t, alpha - beta / t) - np.log(t) - gamma_rest(alpha)
    return np.where(inside, value, np.where(np.isnan(x), np.nan, -np.inf))


def log_dirichlet(p, alpha):
    """log pdf at points p (..., k) of the simplex."""
    from scipy.special import gammaln, xlogy

    total = alpha.sum(axis=-1, keepdims=True)
    inside = (p > 0).all(axis=-1)
    t = np.where(inside[..., None], p, 1 / p.shape[-1])
    each = -deviance(alpha, total * t, alpha - total * t) - np.log(t) - gamma_rest(alpha)
    value = each.sum(axis=-1) + gamma_rest(total[..., 0])
    if inside.all():
        return value
    ends = xlogy(alpha - 1, p).sum(axis=-1) - gammaln(alpha).sum(axis=-1) + gammaln(total[..., 0])
    return np.where(inside, value, ends)
