"""Distributions: logarithms of densities composed of functions that have rules, so of any order and in every parameter;
tails and quantiles by the density, in x, loc and scale, and in shapes where there is a closed form."""

import numpy as np

from mathcore import special
from mathcore._kernels.tape import Elementwise, is_traced
from mathcore.autodiff._dispatch import FUNCTIONS

_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def _sc():
    import scipy.special

    return scipy.special


def _log(z):
    """At 0 of a number so small that its powers are 0, 1 or as good as infinite."""
    return np.log(np.where(z > 0, z, 1e-300))


def _log_t(z, n):
    gammaln = _sc().gammaln
    return gammaln((n + 1) / 2) - gammaln(n / 2) - 0.5 * np.log(np.pi * n) - (n + 1) / 2 * np.log1p(z * z / n)


def _log_f(z, n, d):
    a, b = n / 2, d / 2
    return (a - 1) * _log(z) + a * np.log(n) + b * np.log(d) - (a + b) * np.log(n * z + d) - _sc().betaln(a, b)


def _log_gamma(z, a):
    return (a - 1) * _log(z) - z - _sc().gammaln(a)


def _log_binom(k, n, p):
    gammaln = _sc().gammaln
    return (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + _sc().xlogy(k, p) + _sc().xlog1py(n - k, -p))


def _log_nbinom(k, n, p):
    gammaln = _sc().gammaln
    return gammaln(n + k) - gammaln(n) - gammaln(k + 1) + n * np.log(p) + _sc().xlog1py(k, -p)


# log density of z inside the support
LOG_DENSITY = {
    "norm": lambda z: -0.5 * z * z - _LOG_ROOT_2PI,
    "uniform": lambda z: 0.0 * z,
    "expon": lambda z: -z,
    "lognorm": lambda z, s: -0.5 * (np.log(z) / s) ** 2 - np.log(s * z) - _LOG_ROOT_2PI,
    "laplace": lambda z: -np.abs(z) - np.log(2),
    "logistic": lambda z: -z - 2 * special.softplus(-z),
    "cauchy": lambda z: -np.log(np.pi) - np.log1p(z * z),
    "weibull_min": lambda z, c: np.log(c) + (c - 1) * np.log(z) - z ** c,
    "gamma": _log_gamma,
    "chi2": lambda z, n: _log_gamma(z / 2, n / 2) - np.log(2),
    "beta": lambda z, a, b: (a - 1) * _log(z) + (b - 1) * _log(1 - z) - _sc().betaln(a, b),
    "t": _log_t,
    "f": _log_f,
    "bernoulli": lambda k, p: _sc().xlogy(k, p) + _sc().xlog1py(1 - k, -p),
    "geom": lambda k, p: np.log(p) + _sc().xlog1py(k - 1, -p),
    "poisson": lambda k, mu: _sc().xlogy(k, mu) - mu - _sc().gammaln(k + 1),
    "binom": _log_binom,
    "nbinom": _log_nbinom,
}

# lower tail of z, and quantile of q, where they are composed of functions that have rules
TAIL = {
    "lognorm": lambda z, s: _sc().ndtr(np.log(z) / s),
    "weibull_min": lambda z, c: -np.expm1(-(z ** c)),
    "geom": lambda k, p: -np.expm1(k * np.log1p(-p)),
}
QUANTILE = {
    "lognorm": lambda q, s: np.exp(s * _sc().ndtri(q)),
    "weibull_min": lambda q, c: (-np.log1p(-q)) ** (1 / c),
}


def _log_density(dist, z, shapes):
    """-inf outside the support, where the formula sees a number from inside."""
    if dist.name not in LOG_DENSITY:
        raise TypeError(f"{dist.name}: its parameters are whole numbers; expected arguments that are not traced")
    low, high = dist._support(*shapes)
    inside = (z >= low) & (z <= high)
    middle = np.where(np.isfinite(low), np.where(np.isfinite(high), (low + high) / 2, low + 1.0), 0.0)
    return np.where(inside, LOG_DENSITY[dist.name](np.where(inside, z, middle), *shapes), -np.inf)


def _by_density(dist, method, z, shapes):
    """A tail or quantile of z by a rule in z alone."""
    if any(map(is_traced, shapes)):
        closed = QUANTILE.get(dist.name) if method in ("ppf", "isf") else TAIL.get(dist.name)
        if closed is None:
            raise TypeError(f"{dist.name}.{method}: no derivative in the shapes of this tail is known; expected plain "
                            "numbers for them, or a rule of yours (custom_rule)")
        if method in ("ppf", "isf"):
            return closed(1 - z if method == "isf" else z, *shapes)
        lower = closed(z, *shapes)
        value = 1 - lower if method in ("sf", "logsf") else lower
        return np.log(value) if method.startswith("log") else value

    def function(v):
        return getattr(dist, method)(v, *shapes)

    def partial(v, out):
        if method in ("ppf", "isf"):
            slope = np.exp(-_log_density(dist, out, shapes))
            return slope if method == "ppf" else -slope
        sign = -1.0 if method in ("sf", "logsf") else 1.0
        log = _log_density(dist, v, shapes)
        return sign * np.exp(log - out if method.startswith("log") else log)

    if dist.discrete:                    # steps: flat but for the shapes
        raise TypeError(f"{dist.name}.{method}: no derivative is known; expected plain numbers, or traced ones in pmf "
                        "and logpmf")
    return Elementwise(f"{dist.name}.{method}", function, partial)(z)


def distribution(dist, method, x, shapes, loc, scale):
    """What Distribution.unusual asks for: method is its number."""
    word = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")[method]
    if word in ("ppf", "isf"):
        return _by_density(dist, word, x, shapes) * scale + loc
    z = (x - loc) / scale
    if word in ("pdf", "logpdf"):
        log = _log_density(dist, z, shapes)
        if not dist.discrete:
            log = log - np.log(scale)
        return log if word == "logpdf" else np.exp(log)
    return _by_density(dist, word, z, shapes)


def multivariate_normal(x, mean, cov):
    """logpdf, of a matrix cov."""
    d = np.shape(cov)[-1]
    away = x if mean is None else x - mean
    weighed = np.sum(away * np.linalg.solve(cov, away[..., np.newaxis])[..., 0], axis=-1)
    return -0.5 * (weighed + np.linalg.slogdet(cov)[1]) - d * _LOG_ROOT_2PI


FUNCTIONS["distribution"] = distribution
FUNCTIONS["multivariate_normal"] = multivariate_normal
