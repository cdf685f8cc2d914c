"""Divergences between distributions of one family, in closed form.

A distribution is frozen, as those of `scipy.stats`: it has ``.dist.name``, ``.args``, ``.kwds``, or is told by its
parameters (``.mean`` and ``.cov``, ``.alpha``, ``.p``). Each divergence is a sum of terms that are never negative and
take differences of parameters first, so it is right where the two are nearly the same.
"""

import numpy as np

from mathcore import linalg

__all__ = ["is_distribution", "of_one", "of_two"]


def is_distribution(x):
    """Whether x is a frozen distribution; arrays and numbers are none."""
    return not isinstance(x, np.ndarray | list | tuple | float | int) and (
        callable(getattr(x, "logpdf", None)) or callable(getattr(x, "logpmf", None)))


def of_one(p, unit):
    """Its own entropy."""
    return np.asarray(p.entropy(), np.float64)[()] / unit


def of_two(fn, p, q, unit):
    """The divergence, or the cross-entropy, of two of one family."""
    for name, x in (("p", p), ("q", q)):
        if not is_distribution(x):
            raise TypeError(f"{fn}: {name} is no distribution beside one; expected both frozen, or arrays, got "
                            f"{type(x).__name__}")
    first, second = _family(p), _family(q)
    if first != second or first not in FAMILIES:
        raise ValueError(f"{fn}: p and q have no closed form; expected two of one family out of {', '.join(FAMILIES)}, "
                         f"got {first} and {second}")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = np.asarray(FAMILIES[first](fn, p, q), np.float64)
    if fn == "cross_entropy":
        value = value + p.entropy()
    return value[()] / unit


def _family(x):
    dist = getattr(x, "dist", None)
    if dist is not None and getattr(dist, "name", None):
        return dist.name
    if hasattr(x, "alpha"):
        return "dirichlet"
    if hasattr(x, "cov") and hasattr(x, "mean"):
        return "multivariate_normal"
    return "categorical" if hasattr(x, "p") and not hasattr(x, "n") else type(x).__name__


# ------------------------------------------------------------------ functions of small differences

_TERMS = np.array([2 / (2 * j + 3) for j in range(24)])         # of (2 artanh(s) - 2 s) / s^3, |s| <= 1/3


def excess(x):
    """x - log(1 + x) >= 0, accurate near 0: with s = x / (2 + x), log(1 + x) = 2 artanh(s), x - 2 s = s x."""
    x = np.asarray(x, np.float64)
    near = np.abs(x) <= 0.5
    y = np.where(near, x, 0.0)
    s = y / (2 + y)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.where(np.isposinf(x), np.inf, x - np.log1p(x))
    return np.where(near, s * y - s ** 3 * np.polynomial.polynomial.polyval(s * s, _TERMS), far)


def bregman(a, b, d):
    """a log(a / b) - a + b >= 0 for d = b - a: b for a = 0, inf for b = 0."""
    a, b, d = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (a, b, d)))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = np.where(np.abs(d) <= 0.5 * a, a * excess(d / a), a * np.log(a / b) + d)
    return np.where(a == 0, b, np.where(b == 0, np.inf, found))


def of_ratio(a, b, d):
    """a / b - 1 - log(a / b) >= 0 for d = a - b."""
    return bregman(b, a, d) / b


def exp_excess(t):
    """e^-t - 1 + t >= 0 for t >= 0, accurate near 0."""
    small = np.minimum(t, 1.0)
    series, term = np.zeros_like(small), small * small / 2
    for k in range(3, 22):               # 1 / 21! is below the rounding
        series = series + term
        term = -term * small / k
    return np.where(t <= 1, series, np.expm1(-t) + t)


# Stirling's series: log gamma(a) = (a - 1/2) log a - a + log(2 pi) / 2 + sum STIRLING[i] / a^(2i+1); from a = 16 on the
# first term left out, 1 / (156 a^13) at most, is below 2^-53 of what it is added to.
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_SHIFT = 16


def _stirling_rest(a, b, d):
    """What log gamma's Bregman divergence f(b) - f(a) - (b - a) f'(a) has beyond that of a log a - a, for a, b >= 16:
    half of of_ratio, and of a^-m, m odd, ((1 - v)^(m+1) - 1 + (m+1) v) / ((1 - v) a^m), v = d / b."""
    found, v = 0.5 * of_ratio(b, a, d), d / b
    for i, c in enumerate(STIRLING):
        m, total, binomial = 2 * i + 1, 0.0, (2 * i + 2) * 1.0
        for j in range(2, m + 2):
            binomial = binomial * (m + 2 - j) / j
            total = total + binomial * (-v) ** j
        found = found + c * total / ((1 - v) * a ** m)
    return found


def rest_of_gammaln(a, b, d):
    """The Bregman divergence of log gamma(a) - (a log a - a), for d = b - a: convex, so it is never negative."""
    a, b, d = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (a, b, d)))
    large = np.minimum(a, b) >= _SHIFT
    shift = np.where(large, 0.0, _SHIFT)
    found = _stirling_rest(a + shift, b + shift, d)
    # gamma(a + 16) = a (a+1) ... (a+15) gamma(a); -log has the Bregman divergence of_ratio
    lower = sum(of_ratio(b + i, a + i, d) for i in range(_SHIFT))
    lower = lower + bregman(b + shift, a + shift, -d) - bregman(b, a, -d)
    return np.where(large, found, found + lower)


# ------------------------------------------------------------------ families

def _parameters(x):
    """(shapes, loc, scale) of a frozen univariate distribution."""
    shapes, loc, scale = x.dist._parse_args(*x.args, **x.kwds)
    return [np.asarray(s, np.float64) for s in shapes], np.asarray(loc, np.float64), np.asarray(scale, np.float64)


def _same(fn, what, p, q):
    if not np.all(np.equal(p, q)):
        raise ValueError(f"{fn}: p and q have no closed form where {what} differs; expected the same, got {p} and {q}")


def _plain(fn, p, q):
    """Shapes and scales of two distributions that share their loc."""
    (sp, lp, cp), (sq, lq, cq) = _parameters(p), _parameters(q)
    _same(fn, "loc", lp, lq)
    return sp, cp, sq, cq


def _normal(dm, sp, sq):
    """Of normal distributions whose means are dm apart."""
    return 0.5 * of_ratio(sp ** 2, sq ** 2, (sp - sq) * (sp + sq)) + 0.5 * (dm / sq) ** 2


def _norm(fn, p, q):
    (_, mp, sp), (_, mq, sq) = _parameters(p), _parameters(q)
    return _normal(mp - mq, sp, sq)


def _lognorm(fn, p, q):
    (sp,), cp, (sq,), cq = _plain(fn, p, q)
    near = np.abs(cp - cq) <= 0.5 * cq
    return _normal(np.where(near, np.log1p((cp - cq) / cq), np.log(cp / cq)), sp, sq)


def _multivariate_normal(fn, p, q):
    """With L L^T = cov_q: eigenvalues of L^-1 (cov_p - cov_q) L^-T take the place of variances' ratios less 1."""
    (mp, cp), (mq, cq) = ((np.atleast_1d(np.asarray(x.mean, np.float64)), np.atleast_2d(np.asarray(x.cov, np.float64)))
                          for x in (p, q))
    if cp.shape != cq.shape:
        raise ValueError(f"{fn}: p and q have different dimensions; expected the same, got {cp.shape} and {cq.shape}")
    low = linalg.cholesky(cq, lower=True)
    half = linalg.solve_triangular(low, cp - cq, lower=True)
    e = linalg.eigvalsh(linalg.solve_triangular(low, np.ascontiguousarray(half.T), lower=True))
    z = linalg.solve_triangular(low, mp - mq, lower=True)
    return 0.5 * np.sum(excess(e)) + 0.5 * np.sum(z * z)


def _laplace(fn, p, q):
    (_, mp, bp), (_, mq, bq) = _parameters(p), _parameters(q)
    return of_ratio(bp, bq, bp - bq) + bp / bq * exp_excess(np.abs(mp - mq) / bp)


def _uniform(fn, p, q):
    (_, lp, wp), (_, lq, wq) = _parameters(p), _parameters(q)
    return np.where((lp >= lq) & (lp + wp <= lq + wq), np.log1p((wq - wp) / wp), np.inf)


def _expon(fn, p, q):
    (_, lp, sp), (_, lq, sq) = _parameters(p), _parameters(q)
    return np.where(lp >= lq, of_ratio(sp, sq, sp - sq) + (lp - lq) / sq, np.inf)


def _gamma(fn, p, q):
    """With the ratio r of scales: the Bregman divergence of x log x - x between q's shape and r times p's, and the rest
    of log gamma's."""
    (ap,), sp, (aq,), sq = _plain(fn, p, q)
    mean = ap * (sp / sq)
    return bregman(aq, mean, ((ap - aq) * sp + aq * (sp - sq)) / sq) + rest_of_gammaln(ap, aq, aq - ap)


def _of_shares(ap, aq):
    """Of Dirichlet distributions: the divergence of the mean shares, and the rest of log gamma's."""
    d, sp, sq = aq - ap, np.sum(ap, axis=-1), np.sum(aq, axis=-1)
    ds = np.sum(d, axis=-1)
    # q's alpha against p's, scaled to the same sum: a_p sq / sp - a_q = (a_p ds - sp d) / sp
    scaled = ap * (sq / sp)[..., None]
    means = np.sum(bregman(aq, scaled, (ap * ds[..., None] - sp[..., None] * d) / sp[..., None]), axis=-1)
    return means + (np.sum(rest_of_gammaln(ap, aq, d), axis=-1) - rest_of_gammaln(sp, sq, ds))


def _beta(fn, p, q):
    (ap, bp), cp, (aq, bq), cq = _plain(fn, p, q)
    _same(fn, "scale", cp, cq)
    ap, bp, aq, bq = np.broadcast_arrays(ap, bp, aq, bq)
    return _of_shares(np.stack([ap, bp], -1), np.stack([aq, bq], -1))


def _dirichlet(fn, p, q):
    ap, aq = np.asarray(p.alpha, np.float64), np.asarray(q.alpha, np.float64)
    if ap.shape != aq.shape:
        raise ValueError(f"{fn}: p and q have different numbers of shares; expected the same, got {ap.shape} and "
                         f"{aq.shape}")
    return _of_shares(ap, aq)


def _coin(p, q):
    return bregman(p, q, q - p) + bregman(1 - p, 1 - q, p - q)


def _bernoulli(fn, p, q):
    (p,), _, (q,), _ = _plain(fn, p, q)
    return _coin(p, q)


def _binom(fn, p, q):
    (n, p), _, (m, q), _ = _plain(fn, p, q)
    _same(fn, "n", n, m)
    return n * _coin(p, q)


def _geom(fn, p, q):
    (p,), _, (q,), _ = _plain(fn, p, q)
    return _coin(p, q) / p


def _poisson(fn, p, q):
    (p,), _, (q,), _ = _plain(fn, p, q)
    return bregman(p, q, q - p)


def _categorical(fn, p, q):
    p, q = (np.asarray(x.p, np.float64) for x in (p, q))
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"{fn}: p and q have different numbers of outcomes; expected the same, got {p.shape} and "
                         f"{q.shape}")
    return np.sum(bregman(p, q, q - p), axis=-1)


FAMILIES = {
    "norm": _norm, "multivariate_normal": _multivariate_normal, "lognorm": _lognorm, "laplace": _laplace,
    "uniform": _uniform, "expon": _expon, "gamma": _gamma, "beta": _beta, "dirichlet": _dirichlet,
    "bernoulli": _bernoulli, "categorical": _categorical, "binom": _binom, "geom": _geom, "poisson": _poisson,
}
